/* page.h: reference-counted arenas of result rows.  Plain C.
 *
 * A page holds whole rows of `ncols` cells, growing from its front, and the
 * bytes of their text and blob cells, growing from its back.  It is at most
 * CRM_PAGE_SIZE bytes, unless one row alone needs more: then the page holds
 * that row only.  A page never moves, so a cell may point into it.
 *
 * Reference counts are not atomic: they are touched while the page is private
 * to the thread that fills it, and afterwards only with the GIL held.
 */
#ifndef CRM_PAGE_H
#define CRM_PAGE_H

#include <stddef.h>
#include <stdint.h>

#include "cell.h"

/* Under glibc's mmap threshold, so that freed pages are reused, not faulted
 * in again; see DESIGN.md. */
#define CRM_PAGE_SIZE (60 * 1024)

typedef struct crm_page {
    uint32_t refs;
    uint32_t ncols;
    uint32_t nrows;
    uint32_t cap;  /* bytes usable for cells and data together */
    uint32_t back; /* bytes used at the back */
    uint32_t reserved;
    union {
        struct crm_page_cache *home; /* where it goes at the end; NULL: freed */
        struct crm_page *next;       /* of a list of free pages */
    } link;
    crm_cell cells[];
} crm_page;

/* Free pages of full size, kept because giving a large result back to the
 * system and taking it again for the next costs more than filling it (2,300
 * page faults, a quarter of the time, for 100,000 rows).  Touched with the GIL
 * only; a result borrows all of it while it is filled without the GIL. */
#define CRM_PAGE_CACHE 256

typedef struct crm_page_cache {
    crm_page *free;
    uint32_t count;
} crm_page_cache;

/* Frees the pages in it.  No page that has it as its home may be alive. */
void crm_page_cache_clear(crm_page_cache *cache);

/* Row `row` of a page: borrowed, `ncols` cells. */
static inline crm_cell *
crm_page_row(crm_page *page, uint32_t row)
{
    return page->cells + (size_t)row * page->ncols;
}

static inline crm_page *
crm_page_ref(crm_page *page)
{
    page->refs++;
    return page;
}

/* Drops one reference; the page goes with the last, to its home if it has one,
 * so that the GIL is needed then.  NULL is allowed. */
void crm_page_unref(crm_page *page);

/* A result being filled: a growing array of pages, each owned once.  Pages
 * start small and grow, so that a result of one row costs one small page. */
typedef struct {
    crm_page **pages;
    size_t npages;
    size_t cap;
    uint32_t ncols;
    uint32_t next_size;    /* bytes of the next page */
    uint64_t nrows;        /* finished rows in all pages */
    crm_cell *current;     /* the open row, or NULL */
    uint32_t row_back;     /* page->back where the open row began */
    crm_page_cache *cache; /* home of its full pages, or NULL */
    crm_page *spare;       /* pages borrowed from there */
    uint32_t nspare;
} crm_rows;

void crm_rows_init(crm_rows *rows, uint32_t ncols);
/* Drops the pages and forgets them; the object can be used again. */
void crm_rows_clear(crm_rows *rows);
/* Opens a row of `ncols` NULL cells; NULL when memory is out.  The pointer is
 * valid until the next crm_rows_bytes or crm_rows_put call (which may move the
 * open row to a new page): use rows->current. */
crm_cell *crm_rows_begin(crm_rows *rows);
/* Space for `len` bytes belonging to the open row; NULL when memory is out
 * (or len is over UINT32_MAX).  Earlier cells of the open row stay right. */
char *crm_rows_bytes(crm_rows *rows, size_t len);
/* Copies text or blob bytes into column `col` of the open row and sets its tag,
 * length and ASCII flag.  0, or -1 when memory is out. */
int crm_rows_put(crm_rows *rows, uint32_t col, crm_tag tag, const char *bytes,
                 size_t len);
/* Ends the open row. */
void crm_rows_end(crm_rows *rows);
/* Forgets the open row. */
void crm_rows_abandon(crm_rows *rows);
/* Borrows the free pages of a cache for the filling that follows, and gives the
 * rest back.  With the GIL; in between none is needed. */
void crm_rows_borrow(crm_rows *rows, crm_page_cache *cache);
void crm_rows_give_back(crm_rows *rows);
/* Gives back what the last page does not use.  Nothing points into it yet; no
 * row is open.  Never fails: without memory the page stays as it is.  With the
 * GIL if the rows borrowed from a cache. */
void crm_rows_trim(crm_rows *rows);

/* True if all bytes are below 0x80, found while copying them. */
int crm_copy_text(char *to, const char *from, size_t len);
/* True if the bytes are UTF-8 as Python's strict decoder takes it. */
int crm_is_utf8(const char *bytes, size_t len);

#endif /* CRM_PAGE_H */
