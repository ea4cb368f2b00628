/* page.c: arenas of result rows.  See page.h. */
#include "page.h"

#include <stdlib.h>
#include <string.h>

/* The first page of a result; each further one is four times as large until
 * CRM_PAGE_SIZE.  Small enough for the allocator's per-thread cache. */
#define FIRST_PAGE 1024

/* Bytes for cells and data in a page that is not for one large row. */
#define PAGE_ROOM (CRM_PAGE_SIZE - sizeof(crm_page))

/* A row number fits a crm_state's 16 bits. */
#define MAX_ROWS 65535

static inline char *
page_end(crm_page *page)
{
    return (char *)page->cells + page->cap;
}

static inline size_t
page_front(const crm_page *page)
{
    return (size_t)page->nrows * page->ncols * sizeof(crm_cell);
}

/* True if `cell` points at bytes of its page. */
static inline int
has_bytes(const crm_cell *cell)
{
    switch (cell->tag) {
        case CRM_TEXT:
        case CRM_BLOB:
        case CRM_UUID:
        case CRM_NUMERIC:
        case CRM_JSON:
            return 1;
        default:
            return 0;
    }
}

static crm_page *
page_new(uint32_t ncols, size_t cap)
{
    if (cap > UINT32_MAX) {
        return NULL;
    }
    crm_page *page = malloc(sizeof(crm_page) + cap);
    if (page == NULL) {
        return NULL;
    }
    page->refs = 1;
    page->ncols = ncols;
    page->nrows = 0;
    page->cap = (uint32_t)cap;
    page->back = 0;
    page->reserved = 0;
    page->link.home = NULL;
    return page;
}

/* Puts a page into a list of free ones; frees it if the list is long. */
static void
keep_page(crm_page **list, uint32_t *count, crm_page *page)
{
#ifndef CRM_DEBUG /* a kept page would hide a use after its end */
    if (*count < CRM_PAGE_CACHE) {
        page->link.next = *list;
        *list = page;
        (*count)++;
        return;
    }
#else
    (void)list;
    (void)count;
#endif
    free(page);
}

void
crm_page_unref(crm_page *page)
{
    if (page == NULL || --page->refs != 0) {
        return;
    }
    crm_page_cache *home = page->link.home;
    if (home == NULL) {
        free(page);
    }
    else {
        keep_page(&home->free, &home->count, page);
    }
}

void
crm_page_cache_clear(crm_page_cache *cache)
{
    while (cache->free != NULL) {
        crm_page *page = cache->free;
        cache->free = page->link.next;
        free(page);
    }
    cache->count = 0;
}

void
crm_rows_borrow(crm_rows *rows, crm_page_cache *cache)
{
    rows->cache = cache;
    rows->spare = cache->free;
    rows->nspare = cache->count;
    *cache = (crm_page_cache){0};
}

void
crm_rows_give_back(crm_rows *rows)
{
    crm_page_cache *cache = rows->cache;
    if (cache != NULL && cache->free == NULL) {
        *cache = (crm_page_cache){rows->spare, rows->nspare};
    }
    else {
        while (rows->spare != NULL) {
            crm_page *page = rows->spare;
            rows->spare = page->link.next;
            keep_page(&cache->free, &cache->count, page);
        }
    }
    rows->spare = NULL;
    rows->nspare = 0;
}

void
crm_rows_init(crm_rows *rows, uint32_t ncols)
{
    *rows = (crm_rows){.ncols = ncols, .next_size = FIRST_PAGE};
}

void
crm_rows_clear(crm_rows *rows)
{
    for (size_t i = 0; i < rows->npages; i++) {
        crm_page_unref(rows->pages[i]);
    }
    free(rows->pages);
    crm_rows_init(rows, rows->ncols);
}

/* An empty page with room for `need` bytes, of the size that is next. */
static crm_page *
take_page(crm_rows *rows, size_t need)
{
    size_t room = rows->next_size - sizeof(crm_page);
    while (room < need && rows->next_size < CRM_PAGE_SIZE) {
        rows->next_size = rows->next_size * 4 < CRM_PAGE_SIZE
                              ? rows->next_size * 4
                              : CRM_PAGE_SIZE;
        room = rows->next_size - sizeof(crm_page);
    }
    if (need > room) {
        return page_new(rows->ncols, need);
    }
    crm_page *page = rows->spare;
    if (room < PAGE_ROOM || page == NULL) {
        page = page_new(rows->ncols, room);
    }
    else {
        rows->spare = page->link.next;
        rows->nspare--;
        page->refs = 1;
        page->ncols = rows->ncols;
        page->nrows = page->back = 0;
    }
    if (page != NULL) {
        page->link.home = room < PAGE_ROOM ? NULL : rows->cache;
    }
    return page;
}

/* Takes an empty page out of the result again, without its home. */
static void
drop_page(crm_rows *rows, crm_page *page)
{
    if (page->link.home != NULL) {
        keep_page(&rows->spare, &rows->nspare, page);
    }
    else {
        free(page);
    }
}

/* The page that rows are appended to. */
static inline crm_page *
last_page(crm_rows *rows)
{
    return rows->pages[rows->npages - 1];
}

/* Appends an empty page with room for at least `need` bytes, or NULL. */
static crm_page *
add_page(crm_rows *rows, size_t need)
{
    if (rows->npages == rows->cap) {
        size_t cap = rows->cap == 0 ? 4 : rows->cap * 2;
        crm_page **pages = realloc(rows->pages, cap * sizeof(*pages));
        if (pages == NULL) {
            return NULL;
        }
        rows->pages = pages;
        rows->cap = cap;
    }
    crm_page *page = take_page(rows, need);
    if (page == NULL) {
        return NULL;
    }
    rows->next_size = rows->next_size * 4 < CRM_PAGE_SIZE ? rows->next_size * 4
                                                          : CRM_PAGE_SIZE;
    rows->pages[rows->npages++] = page;
    return page;
}

/* Copies a row and its `bytes` bytes, which begin at `from`, into `page`; the
 * bytes go to the back.  Returns the row there. */
static crm_cell *
copy_row(crm_page *page, const crm_cell *row, const char *from, size_t bytes)
{
    crm_cell *to = crm_page_row(page, page->nrows);
    memcpy(to, row, page->ncols * sizeof(crm_cell));
    page->back += (uint32_t)bytes;
    char *base = page_end(page) - page->back;
    if (bytes != 0) {
        memcpy(base, from, bytes);
    }
    for (uint32_t i = 0; i < page->ncols; i++) {
        if (has_bytes(&to[i])) {
            to[i].u.p = base + (to[i].u.p - from);
        }
    }
    return to;
}

/* An exact copy of a page in an allocation of its size, or NULL. */
static crm_page *
compact(crm_page *page)
{
    size_t front = page_front(page);
    /* Cells first: their alignment sets where the bytes begin. */
    crm_page *copy = page_new(page->ncols, front + page->back);
    if (copy == NULL) {
        return NULL;
    }
    const char *from = page_end(page) - page->back;
    char *to = page_end(copy) - page->back;
    if (front != 0) {
        memcpy(copy->cells, page->cells, front);
    }
    if (page->back != 0) {
        memcpy(to, from, page->back);
    }
    copy->nrows = page->nrows;
    copy->back = page->back;
    size_t ncells = (size_t)copy->nrows * copy->ncols;
    for (size_t i = 0; i < ncells; i++) {
        if (has_bytes(&copy->cells[i])) {
            copy->cells[i].u.p = to + (copy->cells[i].u.p - from);
        }
    }
    return copy;
}

void
crm_rows_trim(crm_rows *rows)
{
    if (rows->npages == 0 || rows->current != NULL) {
        return;
    }
    crm_page *page = last_page(rows);
    if (page->nrows == 0) {
        crm_page_unref(page);
        rows->npages--;
        return;
    }
    size_t used = page_front(page) + page->back;
    if (page->cap - used < page->cap / 4) {
        return;
    }
    crm_page *copy = compact(page);
    if (copy != NULL) {
        crm_page_unref(page);
        rows->pages[rows->npages - 1] = copy;
    }
}

/* Moves the open row to a new page with `len` more bytes of room; -1 when
 * memory is out. */
static int
move_open_row(crm_rows *rows, size_t len)
{
    crm_page *old = last_page(rows);
    size_t row_size = rows->ncols * sizeof(crm_cell);
    size_t row_bytes = old->back - rows->row_back;
    size_t need = row_size + row_bytes + len;
    if (old->nrows == 0 && need > PAGE_ROOM) {
        /* A row that outgrew a page of its own: leave room for its other
         * columns, or each of them would copy it again. */
        need += need / 2;
        need = need > UINT32_MAX ? row_size + row_bytes + len : need;
    }
    crm_page *page = add_page(rows, need);
    if (page == NULL) {
        return -1;
    }
    rows->current =
        copy_row(page, rows->current, page_end(old) - old->back, row_bytes);
    old->back = rows->row_back;
    rows->row_back = 0;
    if (old->nrows == 0) {
        drop_page(rows, old);
        rows->pages[rows->npages - 2] = page;
        rows->npages--;
    }
    return 0;
}

/* True if another row can begin in a page. */
static inline int
has_room(const crm_page *page, size_t size)
{
    return page->cap - page_front(page) - page->back >= size &&
           page->nrows < MAX_ROWS &&
           (page->cap <= PAGE_ROOM || page->nrows == 0);
}

crm_cell *
crm_rows_begin(crm_rows *rows)
{
    size_t size = rows->ncols * sizeof(crm_cell);
    crm_page *page = rows->npages == 0 ? NULL : last_page(rows);
    if (page == NULL || !has_room(page, size)) {
        if (page != NULL && page->cap > PAGE_ROOM) {
            crm_rows_trim(rows);
        }
        page = add_page(rows, size);
        if (page == NULL) {
            return NULL;
        }
    }
    rows->current = crm_page_row(page, page->nrows);
    rows->row_back = page->back;
    memset(rows->current, 0, size);
    return rows->current;
}

char *
crm_rows_bytes(crm_rows *rows, size_t len)
{
    if (len > UINT32_MAX) {
        return NULL;
    }
    crm_page *page = last_page(rows);
    size_t used =
        page_front(page) + rows->ncols * sizeof(crm_cell) + page->back;
    if (page->cap - used < len) {
        if (move_open_row(rows, len) < 0) {
            return NULL;
        }
        page = last_page(rows);
    }
    page->back += (uint32_t)len;
    return page_end(page) - page->back;
}

int
crm_copy_text(char *to, const char *from, size_t len)
{
    const uint64_t high = UINT64_C(0x8080808080808080);
    uint64_t seen = 0;
    size_t i = 0;
    for (; i + 8 <= len; i += 8) {
        uint64_t word;
        memcpy(&word, from + i, 8);
        seen |= word;
        memcpy(to + i, &word, 8);
    }
    unsigned char rest = 0;
    for (; i < len; i++) {
        rest |= (unsigned char)from[i];
        to[i] = from[i];
    }
    return (seen & high) == 0 && rest < 0x80;
}

int
crm_is_utf8(const char *bytes, size_t len)
{
    const unsigned char *p = (const unsigned char *)bytes;
    const unsigned char *end = p + len;
    while (p < end) {
        unsigned char c = *p++;
        if (c < 0x80) {
            continue;
        }
        /* What the second byte may be keeps out overlong forms, surrogates and
         * what is above U+10FFFF. */
        unsigned char low = 0x80, high = 0xBF;
        int more;
        if (c >= 0xC2 && c <= 0xDF) {
            more = 1;
        }
        else if (c >= 0xE0 && c <= 0xEF) {
            more = 2;
            low = c == 0xE0 ? 0xA0 : 0x80;
            high = c == 0xED ? 0x9F : 0xBF;
        }
        else if (c >= 0xF0 && c <= 0xF4) {
            more = 3;
            low = c == 0xF0 ? 0x90 : 0x80;
            high = c == 0xF4 ? 0x8F : 0xBF;
        }
        else {
            return 0;
        }
        if (end - p < more || p[0] < low || p[0] > high) {
            return 0;
        }
        for (int i = 1; i < more; i++) {
            if (p[i] < 0x80 || p[i] > 0xBF) {
                return 0;
            }
        }
        p += more;
    }
    return 1;
}

int
crm_rows_put(crm_rows *rows, uint32_t col, crm_tag tag, const char *bytes,
             size_t len)
{
    char *to = crm_rows_bytes(rows, len);
    if (to == NULL) {
        return -1;
    }
    crm_cell *cell = &rows->current[col];
    cell->tag = (uint8_t)tag;
    cell->len = (uint32_t)len;
    cell->u.p = to;
    if (tag == CRM_BLOB || tag == CRM_UUID) {
        cell->flags = 0;
        if (len != 0) {
            memcpy(to, bytes, len);
        }
    }
    else {
        cell->flags = crm_copy_text(to, bytes, len) ? CRM_CELL_ASCII : 0;
    }
    return 0;
}

void
crm_rows_end(crm_rows *rows)
{
    last_page(rows)->nrows++;
    rows->nrows++;
    rows->current = NULL;
}

void
crm_rows_abandon(crm_rows *rows)
{
    if (rows->current != NULL) {
        last_page(rows)->back = rows->row_back;
        rows->current = NULL;
    }
}
