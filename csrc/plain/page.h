/* page.h: reference-counted arenas of result rows.  Plain C.
 *
 * A page holds whole rows, growing from its front, and the bytes of their text
 * and blob cells, growing from its back.  It is at most CRM_PAGE_SIZE bytes,
 * unless one row alone needs more: then the page holds that row only.  A page
 * never moves, so a cell may point into it.
 *
 * A row is packed: a word of 8 bytes for each of its `ncols` cells (the number;
 * of text and blobs where the bytes are, counted back from the end of the page,
 * and how many), then a byte for each (tag and flags), filled up to a whole
 * word.  A row that is open is written in its place, behind the finished ones.
 *
 * A page of rows that were not read (crm_present_keys) has `ncols` 0 and a word
 * for each row.
 *
 * Reference counts are not atomic: they are touched while the page is private
 * to the thread that fills it, and afterwards only with the GIL held.
 */
#ifndef CRM_PAGE_H
#define CRM_PAGE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cell.h"

/* One surviving object keeps a page, so that a page is small; and large enough
 * that filling it takes far longer than having it mapped. */
#define CRM_PAGE_SIZE (60 * 1024)

typedef struct crm_page {
    uint32_t refs;
    uint32_t ncols;
    uint32_t nrows;
    uint32_t cap;  /* bytes usable for cells and data together */
    uint32_t back; /* bytes used at the back */
    uint32_t row_words;
    union {
        struct crm_page_cache *home; /* where it goes at the end; NULL: freed */
        struct crm_page *next;       /* of a list of free pages */
    } link;
    uint64_t words[];
} crm_page;

/* Free pages of full size, kept because giving a result's pages back to the
 * system and taking them again for the next costs a third of the time of
 * reading 100,000 rows.  When more come back than that without a result having
 * been read in between, the cache is emptied: what a very large result took is
 * given back.  Results take pages without the GIL: who finds another thread at
 * it does without, so that nobody waits (in a child forked meanwhile for ever).
 * All of it 0 is an empty one. */
#define CRM_PAGE_CACHE 256

typedef struct crm_page_cache {
    crm_page *free;
    uint32_t count;
    uint32_t returned; /* since one was taken */
    atomic_int busy;   /* a thread is at it */
} crm_page_cache;

/* Frees the pages in it.  No page that has it as its home may be alive. */
void crm_page_cache_clear(crm_page_cache *cache);

/* Words of a packed row: at least one, so that a page holds fewer rows than the
 * 16 bits of a crm_state count. */
static inline uint32_t
crm_row_words(uint32_t ncols)
{
    return ncols == 0 ? 1 : ncols + (ncols + 7) / 8;
}

/* Where the back begins to grow from. */
static inline const char *
crm_page_end(const crm_page *page)
{
    return (const char *)page->words + page->cap;
}

/* Row `row` of a page: borrowed, for crm_page_cell(). */
static inline const uint64_t *
crm_page_row(const crm_page *page, uint32_t row)
{
    return page->words + (size_t)row * page->row_words;
}

static inline crm_tag
crm_page_tag(const crm_page *page, const uint64_t *row, uint32_t col)
{
    return ((const uint8_t *)(row + page->ncols))[col] & 0x3f;
}

/* The byte of a cell's tag and flags, as it is in a row. */
#define CRM_PAGE_BYTE(tag, flags) ((tag) | (flags) << 6)

static inline uint8_t
crm_page_byte(const crm_page *page, const uint64_t *row, uint32_t col)
{
    return ((const uint8_t *)(row + page->ncols))[col];
}

/* A cell of a row; its bytes are the page's. */
static inline crm_cell
crm_page_cell(const crm_page *page, const uint64_t *row, uint32_t col)
{
    uint8_t byte = crm_page_byte(page, row, col);
    crm_cell cell = {.tag = byte & 0x3f, .flags = byte >> 6};
    if (crm_tag_has_bytes(cell.tag)) {
        cell.len = (uint32_t)(row[col] >> 32);
        cell.u.p = crm_page_end(page) - (uint32_t)row[col];
    }
    else {
        cell.u.i = (int64_t)row[col];
    }
    return cell;
}

static inline crm_page *
crm_page_ref(crm_page *page)
{
    page->refs++;
    return page;
}

/* Bytes for cells and data in a page that is not for one large row. */
#define CRM_PAGE_ROOM (CRM_PAGE_SIZE - sizeof(crm_page))

/* Bytes of the finished rows without those at the back. */
static inline size_t
crm_page_front(const crm_page *page)
{
    return (size_t)page->nrows * page->row_words * sizeof(uint64_t);
}

/* Drops one reference; the page goes with the last, to its home if it has one.
 * NULL is allowed. */
void crm_page_unref(crm_page *page);

/* Objects by integer keys that lie close together: rows of these keys need not
 * be read.  An object's lowest bit is left to its owner. */
typedef struct {
    int64_t first;
    uint64_t count;
    uint64_t room;   /* its owner's: `objects` may be as many */
    void *objects[]; /* of key first + i, or NULL */
} crm_present_keys;

/* A result being filled: a growing array of pages, each owned once.  Pages
 * start small and grow, so that a result of one row costs one small page. */
typedef struct {
    crm_page **pages;
    size_t npages;
    size_t cap;
    uint32_t ncols;
    uint32_t next_size;        /* bytes of the next page */
    uint64_t nrows;            /* finished rows in all pages */
    uint64_t *current;         /* the open row, in the last page, or NULL */
    uint8_t *tags;             /* its tags and flags */
    char *front;               /* where it ends */
    char *back;                /* where its bytes begin */
    char *end;                 /* where its page ends */
    crm_present_keys *present; /* borrowed, or NULL: all rows are read */
    uint32_t present_col;      /* where their key is */
    uint32_t present_run;      /* neighbours with such keys that came last */
    uint32_t present_least;    /* so many are read before one is not */
    crm_page_cache *home;      /* borrowed: of its full pages, or NULL */
} crm_rows;

void crm_rows_init(crm_rows *rows, uint32_t ncols);
/* Drops the pages and forgets them; the object can be used again. */
void crm_rows_clear(crm_rows *rows);
/* The page that rows are appended to, of a result that has one. */
static inline crm_page *
crm_rows_last(crm_rows *rows)
{
    return rows->pages[rows->npages - 1];
}

/* What crm_rows_begin and crm_rows_bytes do when a page is full: adds a page;
 * moves the open row with its bytes to a new one with room for `len` bytes
 * more.  0, or -1 when memory is out. */
int crm_rows_next_page(crm_rows *rows);
int crm_rows_move_open(crm_rows *rows, size_t len);

/* Makes the row behind the finished ones of a page the open one. */
static inline void
crm_rows_open(crm_rows *rows, crm_page *page)
{
    rows->current = page->words + (size_t)page->nrows * page->row_words;
    rows->tags = (uint8_t *)(rows->current + page->ncols);
    rows->front = (char *)(rows->current + page->row_words);
    rows->end = (char *)page->words + page->cap;
    rows->back = rows->end - page->back;
}

/* Opens a row of `ncols` NULL cells: 0, or -1 when memory is out. */
static inline int
crm_rows_begin(crm_rows *rows)
{
    crm_page *page = rows->npages == 0 ? NULL : crm_rows_last(rows);
    if (page == NULL || page->ncols != rows->ncols ||
        page->cap - crm_page_front(page) - page->back <
            page->row_words * sizeof(uint64_t) ||
        (page->cap > CRM_PAGE_ROOM && page->nrows != 0)) {
        if (crm_rows_next_page(rows) < 0) {
            return -1;
        }
        page = crm_rows_last(rows);
    }
    crm_rows_open(rows, page);
    memset(rows->current, 0, page->row_words * sizeof(uint64_t));
    return 0;
}

/* Writes a cell of the open row that has no bytes: `word` is u.i of a cell, or
 * what is in its place. */
static inline void
crm_rows_set(crm_rows *rows, uint32_t col, crm_tag tag, unsigned flags,
             uint64_t word)
{
    rows->current[col] = word;
    rows->tags[col] = (uint8_t)CRM_PAGE_BYTE(tag, flags);
}

/* A cell of the open row as it is so far; its bytes are the page's until more
 * are added. */
static inline crm_cell
crm_rows_cell(crm_rows *rows, uint32_t col)
{
    return crm_page_cell(crm_rows_last(rows), rows->current, col);
}

/* From now on rows with one of these keys are not read. */
void crm_rows_set_present(crm_rows *rows, crm_present_keys *present,
                          uint32_t col);
/* What crm_rows_skip does with a row that has to have a page of another kind.
 */
int crm_rows_skip_next_page(crm_rows *rows, void **place);

/* Adds the row of a key without its cells, if that is in rows->present: 1, 0 if
 * the row is to be read, -1 when memory is out.  What stands for the row is the
 * address of its object in rows->present. */
static inline int
crm_rows_skip(crm_rows *rows, int64_t key)
{
    crm_present_keys *present = rows->present;
    uint64_t at = (uint64_t)key - (uint64_t)present->first;
    if (at >= present->count || present->objects[at] == NULL) {
        rows->present_run = 0;
        return 0;
    }
    crm_page *page = crm_rows_last(rows);
    if (page->ncols != 0 ||
        page->cap - crm_page_front(page) < sizeof(uint64_t)) {
        return crm_rows_skip_next_page(rows, &present->objects[at]);
    }
    page->words[page->nrows++] = (uint64_t)(uintptr_t)&present->objects[at];
    rows->nrows++;
    return 1;
}

/* Space for `len` bytes belonging to the open row; NULL when memory is out
 * (or len is over UINT32_MAX).  The open row may move. */
static inline char *
crm_rows_bytes(crm_rows *rows, size_t len)
{
    if (len > UINT32_MAX) {
        return NULL;
    }
    if ((size_t)(rows->back - rows->front) < len &&
        crm_rows_move_open(rows, len) < 0) {
        return NULL;
    }
    return rows->back -= len;
}

/* Copies bytes that do not overlap: true if all of them are below 0x80.  What
 * is no whole step at the end is copied with some of what was copied before. */
static inline int
crm_copy_text(char *to, const char *from, size_t len)
{
    uint64_t seen = 0, word, other;
    if (len > 16) {
        const char *last = from + len - 16;
        char *to_last = to + len - 16;
        for (; from < last; from += 16, to += 16) {
            memcpy(&word, from, 8);
            memcpy(&other, from + 8, 8);
            seen |= word | other;
            memcpy(to, &word, 8);
            memcpy(to + 8, &other, 8);
        }
        from = last;
        to = to_last;
        len = 16;
    }
    if (len >= 8) {
        memcpy(&word, from, 8);
        memcpy(&other, from + len - 8, 8);
        seen |= word | other;
        memcpy(to, &word, 8);
        memcpy(to + len - 8, &other, 8);
    }
    else {
        for (size_t i = 0; i < len; i++) {
            seen |= (unsigned char)from[i];
            to[i] = from[i];
        }
    }
    return (seen & UINT64_C(0x8080808080808080)) == 0;
}

/* Copies bytes into column `col` of the open row, with the ASCII flag if they
 * are a text of such: 0, or -1 when memory is out. */
static inline int
crm_rows_put(crm_rows *rows, uint32_t col, crm_tag tag, const char *bytes,
             size_t len)
{
    char *to = crm_rows_bytes(rows, len);
    if (to == NULL) {
        return -1;
    }
    unsigned flags = 0;
    if (tag != CRM_BLOB && tag != CRM_UUID) {
        flags = crm_copy_text(to, bytes, len) ? CRM_CELL_ASCII : 0;
    }
    else if (len != 0) {
        memcpy(to, bytes, len);
    }
    crm_rows_set(rows, col, tag, flags,
                 (uint64_t)len << 32 | (uint32_t)(rows->end - to));
    return 0;
}

/* Whether a text of the open row has the ASCII flag. */
static inline int
crm_rows_is_ascii(const crm_rows *rows, uint32_t col)
{
    return (rows->tags[col] >> 6 & CRM_CELL_ASCII) != 0;
}

/* Ends the open row. */
static inline void
crm_rows_end(crm_rows *rows)
{
    crm_page *page = crm_rows_last(rows);
    page->nrows++;
    page->back = (uint32_t)(rows->end - rows->back);
    rows->nrows++;
    rows->current = NULL;
}

/* Forgets the open row, if there is one. */
static inline void
crm_rows_abandon(crm_rows *rows)
{
    rows->current = NULL;
}

/* Gives back what the last page does not use.  Nothing points into it yet; no
 * row is open.  Never fails: without memory the page stays as it is. */
void crm_rows_trim(crm_rows *rows);

/* True if the bytes are UTF-8 as Python's strict decoder takes it. */
int crm_is_utf8(const char *bytes, size_t len);

#endif /* CRM_PAGE_H */
