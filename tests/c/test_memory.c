/* Every allocation of the plain-C parts fails once: no crash, no leak, and what
 * was there before is still there. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <stdlib.h>
#include <sys/mman.h>

static long allowed = -1; /* allocations that succeed; -1: all */

static int
fails(void)
{
    if (allowed < 0) {
        return 0;
    }
    return allowed-- == 0 ? (allowed = 0, 1) : 0;
}

static void *
test_malloc(size_t size)
{
    return fails() ? NULL : malloc(size);
}

static void *
test_calloc(size_t count, size_t size)
{
    return fails() ? NULL : calloc(count, size);
}

static void *
test_realloc(void *p, size_t size)
{
    return fails() ? NULL : realloc(p, size);
}

static int unmapped; /* nothing can be mapped: pages are the allocator's */

static void *
test_mmap(void *at, size_t size, int prot, int flags, int file, off_t from)
{
    return unmapped ? MAP_FAILED : mmap(at, size, prot, flags, file, from);
}

#define mmap    test_mmap
#define malloc  test_malloc
#define calloc  test_calloc
#define realloc test_realloc
/* clang-format off */
#undef _DEFAULT_SOURCE
#include "plain/page.c"
#include "plain/identity.c"
#include "plain/ptrset.c"
/* clang-format on */
#undef mmap
#undef malloc
#undef calloc
#undef realloc

#include "check.h"

static char bytes[200000];

/* One row of three values; 0, or -1 when memory is out. */
static int
add_row(crm_rows *rows, size_t len)
{
    if (crm_rows_begin(rows) < 0) {
        return -1;
    }
    if (crm_rows_put(rows, 0, CRM_TEXT, bytes, 5) < 0 ||
        crm_rows_put(rows, 1, CRM_BLOB, bytes, len) < 0 ||
        crm_rows_put(rows, 2, CRM_TEXT, bytes, len / 2) < 0) {
        crm_rows_abandon(rows);
        return -1;
    }
    crm_rows_end(rows);
    return 0;
}

static int
rows_case(void)
{
    int status = 0;
    uint64_t added = 0;
    crm_rows rows;
    crm_rows_init(&rows, 3);
    for (size_t i = 0; i < 60 && status == 0; i++) {
        status = add_row(&rows, i % 10 == 9 ? 70000 : i * 50);
        added += status == 0;
    }
    crm_rows_trim(&rows);
    CHECK(rows.nrows == added);
    uint64_t seen = 0;
    for (size_t p = 0; p < rows.npages; p++) {
        for (uint32_t r = 0; r < rows.pages[p]->nrows; r++, seen++) {
            const uint64_t *row = crm_page_row(rows.pages[p], r);
            crm_cell first = crm_page_cell(rows.pages[p], row, 0);
            crm_cell large = crm_page_cell(rows.pages[p], row, 1);
            crm_cell last = crm_page_cell(rows.pages[p], row, 2);
            CHECK(first.len == 5 && large.len / 2 == last.len);
            CHECK(memcmp(large.u.p, bytes, large.len) == 0);
        }
    }
    CHECK(seen == added);
    crm_rows_clear(&rows);
    return status;
}

/* Rows of all sizes about that of a page are read back when no page can be
 * mapped, also after what is not used was given back. */
static void
test_unmapped(void)
{
    unmapped = 1;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)(i * 31 >> 3);
    }
    for (size_t len = CRM_PAGE_ROOM - 40; len < CRM_PAGE_ROOM + 10; len++) {
        for (size_t first = 0; first <= len; first += len / 3) {
            crm_rows rows;
            crm_rows_init(&rows, 2);
            CHECK(crm_rows_begin(&rows) == 0);
            CHECK(crm_rows_put(&rows, 0, CRM_BLOB, bytes, first) == 0);
            CHECK(crm_rows_put(&rows, 1, CRM_BLOB, bytes + first,
                               len - first) == 0);
            crm_rows_end(&rows);
            crm_rows_trim(&rows);
            crm_page *page = crm_rows_last(&rows);
            const uint64_t *row = crm_page_row(page, 0);
            crm_cell one = crm_page_cell(page, row, 0);
            crm_cell two = crm_page_cell(page, row, 1);
            CHECK(one.len == first && memcmp(one.u.p, bytes, first) == 0);
            CHECK(two.len == len - first);
            CHECK(memcmp(two.u.p, bytes + first, two.len) == 0);
            crm_rows_clear(&rows);
        }
    }
    unmapped = 0;
}

static int
identity_case(void)
{
    crm_identity *map = crm_identity_new(NULL, NULL);
    if (map == NULL) {
        return -1;
    }
    int status = crm_identity_reserve(map, 20, true);
    size_t count = 0;
    for (int i = 0; i < 200 && status == 0; i++) {
        crm_key key = i % 2 ? (crm_key){.is_int = true, .u.i = i}
                            : (crm_key){.hash = 7, .u.p = &bytes[i]};
        void *before;
        status = crm_identity_put(map, &key, &bytes[i], &before);
        count += status == 0;
    }
    CHECK(crm_identity_len(map) == count);
    for (size_t i = 0; i < count; i++) {
        crm_key key = i % 2 ? (crm_key){.is_int = true, .u.i = (int64_t)i}
                            : (crm_key){.hash = 7, .u.p = &bytes[i]};
        CHECK(crm_identity_remove(map, &key, &bytes[i]));
    }
    crm_identity_free(map);
    return status;
}

static int
ptrset_case(void)
{
    crm_ptrset set;
    crm_ptrset_init(&set);
    int status = 1;
    size_t count = 0;
    for (size_t i = 0; i < 300 && status == 1; i++) {
        status = crm_ptrset_add(&set, &bytes[i]);
        count += status == 1;
    }
    CHECK(set.count == count);
    for (size_t i = 0; i < count; i++) {
        CHECK(crm_ptrset_remove(&set, &bytes[i]));
    }
    crm_ptrset_free(&set);
    return status == 1 ? 0 : -1;
}

int
main(void)
{
    static int (*const cases[])(void) = {rows_case, identity_case, ptrset_case};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        long n = 0;
        int status;
        do {
            allowed = n++;
            status = cases[i]();
        } while (status < 0);
        CHECK(n > 3);
        allowed = -1;
    }
    test_unmapped();
    return 0;
}
