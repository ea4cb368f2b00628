/* page.c: arenas of result rows.  See page.h. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "page.h"

#include "poison.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The first page of a result; each further one is four times as large until
 * CRM_PAGE_SIZE.  Small enough for the allocator's per-thread cache. */
#define FIRST_PAGE 1024

/* Rows in turn whose objects are there, before they are not read. */
#define FIRST_RUN 64

/* ---- pages ------------------------------------------------------------ */

/* Full pages are the system's, not the allocator's: among smaller things in a
 * heap they would keep it from shrinking, and a result that was read and
 * dropped would never be given back.  In a debug build the allocator's, which
 * knows where they end. */
#if defined(MAP_ANONYMOUS) && !defined(CRM_DEBUG)

static crm_page *
map_page(void)
{
    void *page = mmap(NULL, CRM_PAGE_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? NULL : page;
}

static void
unmap_page(crm_page *page)
{
    if (munmap(page, CRM_PAGE_SIZE) < 0) {
        /* A hole too many in the address space: that place is lost, but not the
         * memory behind it. */
        (void)madvise(page, CRM_PAGE_SIZE, MADV_DONTNEED);
    }
}

#else

static crm_page *
map_page(void)
{
    return malloc(CRM_PAGE_SIZE);
}

static void
unmap_page(crm_page *page)
{
    free(page);
}

#endif

/* A full page is one with exactly this room; one of the allocator's that has to
 * stand for it has less, or more if that is too little. */
static inline int
is_mapped(const crm_page *page)
{
    return page->cap == CRM_PAGE_ROOM;
}

/* A page with room for `cap` bytes, or for a little less but for `need`. */
static crm_page *
page_new(uint32_t ncols, size_t need, size_t cap)
{
    if (cap > UINT32_MAX) {
        return NULL;
    }
    crm_page *page = NULL;
    if (cap == CRM_PAGE_ROOM) {
        page = map_page();
        if (page == NULL && need > cap - sizeof(uint64_t)) {
            cap += sizeof(uint64_t);
        }
        else if (page == NULL) {
            cap -= sizeof(uint64_t);
        }
    }
    if (page == NULL) {
        page = malloc(sizeof(crm_page) + cap);
    }
    if (page == NULL) {
        return NULL;
    }
    page->refs = 1;
    page->ncols = ncols;
    page->nrows = 0;
    page->cap = (uint32_t)cap;
    page->back = 0;
    page->row_words = crm_row_words(ncols);
    page->link.home = NULL;
    return page;
}

static void
page_free(crm_page *page)
{
    if (is_mapped(page)) {
        unmap_page(page);
    }
    else {
        free(page);
    }
}

/* The cache is this thread's until release(), or false: done without. */
static inline int
hold(crm_page_cache *cache)
{
    return !atomic_exchange_explicit(&cache->busy, 1, memory_order_acquire);
}

static inline void
release(crm_page_cache *cache)
{
    atomic_store_explicit(&cache->busy, 0, memory_order_release);
}

/* All pages of a cache that is held. */
static crm_page *
take_all(crm_page_cache *cache)
{
    crm_page *all = cache->free;
    cache->free = NULL;
    cache->count = 0;
    return all;
}

/* A free page is closed but for its place in the list. */
static void
close_page(crm_page *page)
{
    crm_close_memory(page, CRM_PAGE_SIZE, &page->link);
}

static void
open_page(crm_page *page)
{
    crm_open_memory(page, CRM_PAGE_SIZE);
}

static void
free_all(crm_page *page)
{
    while (page != NULL) {
        crm_page *next = page->link.next;
        open_page(page);
        page_free(page);
        page = next;
    }
}

/* A full page comes back: it is kept, unless more come back than are ever kept.
 * Then they were of a result that the cache is no help to, and all go. */
static void
keep_page(crm_page_cache *cache, crm_page *page)
{
    if (!is_mapped(page) || !hold(cache)) {
        page_free(page);
        return;
    }
    page->link.next = NULL;
    cache->returned++;
    if (cache->returned > CRM_PAGE_CACHE) {
        page->link.next = take_all(cache);
    }
    else if (cache->count < CRM_PAGE_CACHE) {
        page->link.next = cache->free;
        close_page(page);
        cache->free = page;
        cache->count++;
        page = NULL;
    }
    release(cache);
    free_all(page);
}

/* A page of a cache, or NULL: it has none. */
static crm_page *
kept_page(crm_page_cache *cache)
{
    if (!hold(cache)) {
        return NULL;
    }
    crm_page *page = cache->free;
    if (page != NULL) {
        cache->free = page->link.next;
        cache->count--;
        open_page(page);
    }
    cache->returned = 0;
    release(cache);
    return page;
}

void
crm_page_unref(crm_page *page)
{
    if (page == NULL || --page->refs != 0) {
        return;
    }
    crm_page_cache *home = page->link.home;
    if (home == NULL) {
        page_free(page);
    }
    else {
        keep_page(home, page);
    }
}

void
crm_page_cache_clear(crm_page_cache *cache)
{
    if (hold(cache)) {
        crm_page *all = take_all(cache);
        release(cache);
        free_all(all);
    }
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
        return page_new(rows->ncols, need, need);
    }
    crm_page *page = NULL;
    if (room >= CRM_PAGE_ROOM && rows->home != NULL) {
        page = kept_page(rows->home);
    }
    if (page == NULL) {
        page = page_new(rows->ncols, need, room);
    }
    else {
        page->refs = 1;
        page->ncols = rows->ncols;
        page->row_words = crm_row_words(rows->ncols);
        page->nrows = page->back = 0;
    }
    if (page != NULL) {
        page->link.home = room < CRM_PAGE_ROOM ? NULL : rows->home;
    }
    return page;
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

/* An exact copy of a page in an allocation of its size, or NULL. */
static crm_page *
compact(const crm_page *page)
{
    size_t front = crm_page_front(page), used = front + page->back;
    crm_page *copy = page_new(page->ncols, used, used);
    if (copy == NULL) {
        return NULL;
    }
    /* Rows say where bytes are as seen from the end. */
    memcpy(copy->words, page->words, front);
    memcpy((char *)copy->words + copy->cap - page->back,
           crm_page_end(page) - page->back, page->back);
    copy->row_words = page->row_words;
    copy->nrows = page->nrows;
    copy->back = page->back;
    return copy;
}

void
crm_rows_trim(crm_rows *rows)
{
    if (rows->npages == 0 || rows->current != NULL) {
        return;
    }
    crm_page *page = crm_rows_last(rows);
    if (page->nrows == 0) {
        crm_page_unref(page);
        rows->npages--;
        return;
    }
    size_t used = crm_page_front(page) + page->back;
    if (page->cap - used < page->cap / 4) {
        return;
    }
    crm_page *copy = compact(page);
    if (copy != NULL) {
        crm_page_unref(page);
        rows->pages[rows->npages - 1] = copy;
    }
}

int
crm_rows_move_open(crm_rows *rows, size_t len)
{
    crm_page *old = crm_rows_last(rows);
    const uint64_t *row = rows->current;
    const char *bytes = rows->back;
    size_t row_size = old->row_words * sizeof(uint64_t);
    size_t row_bytes = (size_t)(rows->end - rows->back) - old->back;
    size_t need = row_size + row_bytes + len;
    if (old->nrows == 0 && need > CRM_PAGE_ROOM) {
        /* A row that outgrew a page of its own: leave room for its other
         * columns, or each of them would copy it again. */
        need += need / 2;
        need = need > UINT32_MAX ? row_size + row_bytes + len : need;
    }
    crm_page *page = add_page(rows, need);
    if (page == NULL) {
        return -1;
    }
    crm_rows_open(rows, page);
    memcpy(rows->current, row, row_size);
    rows->back -= row_bytes;
    memcpy(rows->back, bytes, row_bytes);
    for (uint32_t i = 0; i < rows->ncols; i++) {
        if (crm_tag_has_bytes(crm_page_tag(page, rows->current, i))) {
            rows->current[i] -= old->back; /* as seen from the end */
        }
    }
    if (old->nrows == 0) {
        crm_page_unref(old);
        rows->pages[rows->npages - 2] = page;
        rows->npages--;
    }
    return 0;
}

int
crm_rows_next_page(crm_rows *rows)
{
    if (rows->npages > 0 && crm_rows_last(rows)->cap > CRM_PAGE_ROOM) {
        crm_rows_trim(rows);
    }
    size_t row_size = crm_row_words(rows->ncols) * sizeof(uint64_t);
    return add_page(rows, row_size) == NULL ? -1 : 0;
}

void
crm_rows_set_present(crm_rows *rows, crm_present_keys *present, uint32_t col)
{
    rows->present = present;
    rows->present_col = col;
    rows->present_run = rows->present_least = FIRST_RUN;
}

int
crm_rows_skip_next_page(crm_rows *rows, void **place)
{
    if (crm_rows_last(rows)->ncols != 0) {
        if (rows->present_run < rows->present_least) {
            rows->present_run++;
            return 0;
        }
        /* Rows of both kinds in turn would leave all pages nearly empty. */
        if (rows->present_least < UINT32_MAX / 2) {
            rows->present_least *= 2;
        }
    }
    crm_page *page = add_page(rows, sizeof(uint64_t));
    if (page == NULL) {
        return -1;
    }
    page->ncols = 0;
    page->row_words = 1;
    page->words[page->nrows++] = (uint64_t)(uintptr_t)place;
    rows->nrows++;
    return 1;
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
