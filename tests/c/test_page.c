/* Rows of every shape survive pages: what is put in is read back. */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plain/page.h"
#include "plain/poison.h"
#include "check.h"

/* Length of the text of row `row`, column `col`. */
static size_t
length_of(size_t row, size_t col, size_t longest)
{
    unsigned state = (unsigned)(row * 31 + col * 7 + 1);
    return next_random(&state) % (longest + 1);
}

static char
byte_of(size_t row, size_t col)
{
    return (char)('a' + (row + col) % 26);
}

static void
fill(crm_rows *rows, size_t nrows, size_t longest)
{
    char *text = malloc(longest + 1);
    CHECK(text != NULL);
    for (size_t r = 0; r < nrows; r++) {
        CHECK(crm_rows_begin(rows) == 0);
        for (uint32_t c = 0; c < rows->ncols; c++) {
            switch (c % 3) {
                case 0:
                    crm_rows_set(rows, c, CRM_INT64, 0, r * 1000 + c);
                    break;
                case 1: {
                    size_t len = length_of(r, c, longest);
                    memset(text, byte_of(r, c), len);
                    CHECK(crm_rows_put(rows, c, CRM_TEXT, text, len) == 0);
                    break;
                }
                default:
                    break; /* NULL */
            }
        }
        crm_rows_end(rows);
    }
    free(text);
}

static void
verify(const crm_rows *rows, size_t nrows, size_t longest)
{
    CHECK(rows->nrows == nrows);
    size_t r = 0;
    for (size_t p = 0; p < rows->npages; p++) {
        crm_page *page = rows->pages[p];
        CHECK(page->refs == 1 && page->nrows > 0 && page->nrows <= UINT16_MAX);
        CHECK(sizeof(crm_page) + page->cap <= CRM_PAGE_SIZE ||
              page->nrows == 1);
        for (uint32_t i = 0; i < page->nrows; i++, r++) {
            const uint64_t *row = crm_page_row(page, i);
            for (uint32_t c = 0; c < rows->ncols; c++) {
                crm_cell cell = crm_page_cell(page, row, c);
                CHECK(crm_page_tag(page, row, c) == cell.tag);
                if (c % 3 == 0) {
                    CHECK(cell.tag == CRM_INT64);
                    CHECK(cell.u.i == (int64_t)(r * 1000 + c));
                }
                else if (c % 3 == 1) {
                    CHECK(cell.tag == CRM_TEXT);
                    CHECK(cell.flags == CRM_CELL_ASCII);
                    CHECK(cell.len == length_of(r, c, longest));
                    for (uint32_t k = 0; k < cell.len; k++) {
                        CHECK(cell.u.p[k] == byte_of(r, c));
                    }
                }
                else {
                    CHECK(cell.tag == CRM_NULL && cell.len == 0);
                }
            }
        }
    }
    CHECK(r == nrows);
}

static void
test_shapes(void)
{
    static const struct {
        uint32_t ncols;
        size_t nrows, longest;
    } shapes[] = {
        {1, 1, 0},       {1, 200000, 0}, {5, 1, 10},     {5, 10000, 30},
        {3, 40, 5000},   {9, 30, 70000}, {2, 5, 300000}, {2000, 3, 10},
        {2000, 2, 2000}, {6000, 2, 0},   {2, 1000, 200},
    };
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        crm_rows rows;
        crm_rows_init(&rows, shapes[i].ncols);
        for (int again = 0; again < 2; again++) {
            fill(&rows, shapes[i].nrows, shapes[i].longest);
            verify(&rows, shapes[i].nrows, shapes[i].longest);
            crm_rows_trim(&rows);
            verify(&rows, shapes[i].nrows, shapes[i].longest);
            crm_rows_clear(&rows);
            CHECK(rows.npages == 0 && rows.nrows == 0);
        }
    }
}

/* A small result costs a small page. */
static void
test_one_row_is_small(void)
{
    crm_rows rows;
    crm_rows_init(&rows, 5);
    fill(&rows, 1, 20);
    crm_rows_trim(&rows);
    CHECK(rows.npages == 1 && rows.pages[0]->cap < 6 * 8 + 64);
    crm_page *page = crm_page_ref(rows.pages[0]);
    crm_rows_clear(&rows);
    CHECK(page->refs == 1);
    CHECK(crm_page_cell(page, crm_page_row(page, 0), 0).tag == CRM_INT64);
    crm_page_unref(page);
    crm_page_unref(NULL);
}

/* A row that is given up leaves nothing behind. */
static void
test_abandon(void)
{
    crm_rows rows;
    crm_rows_init(&rows, 2);
    fill(&rows, 3, 50);
    CHECK(crm_rows_begin(&rows) == 0);
    CHECK(crm_rows_put(&rows, 1, CRM_TEXT, "gone", 4) == 0);
    crm_rows_abandon(&rows);
    crm_rows_abandon(&rows);
    verify(&rows, 3, 50);
    /* also when it had moved to a page of its own */
    char *large = calloc(1, 100000);
    CHECK(large != NULL && crm_rows_begin(&rows) == 0);
    CHECK(crm_rows_put(&rows, 1, CRM_BLOB, large, 100000) == 0);
    crm_rows_abandon(&rows);
    crm_rows_trim(&rows);
    verify(&rows, 3, 50);
    CHECK(crm_rows_begin(&rows) == 0);
    CHECK(crm_rows_bytes(&rows, (size_t)UINT32_MAX + 1) == NULL);
    crm_rows_abandon(&rows);
    free(large);
    crm_rows_clear(&rows);
}

/* Rows of keys whose objects are there are not read: what stands for each row
 * is its place or its cells, in order, whatever the kinds of its neighbours. */
static void
test_skip(size_t nrows, size_t period, size_t share)
{
    crm_present_keys *present =
        calloc(1, sizeof(*present) + nrows * sizeof(void *));
    CHECK(present != NULL);
    present->first = -100;
    present->count = nrows;
    for (size_t i = 0; i < nrows; i++) {
        present->objects[i] = i % period < share ? &present->objects[i] : NULL;
    }
    crm_rows rows;
    crm_rows_init(&rows, 2);
    size_t skipped = 0;
    for (size_t i = 0; i < nrows + 10; i++) {
        if (i == 10) {
            crm_rows_set_present(&rows, present, 0);
        }
        int64_t key = (int64_t)i - 110;
        if (i >= 10) {
            int status = crm_rows_skip(&rows, key);
            CHECK(status >= 0);
            skipped += (size_t)status;
            if (status == 1) {
                CHECK(present->objects[i - 10] != NULL);
                continue;
            }
        }
        CHECK(crm_rows_begin(&rows) == 0);
        crm_rows_set(&rows, 0, CRM_INT64, 0, (uint64_t)key);
        crm_rows_end(&rows);
    }
    crm_rows_trim(&rows);
    CHECK(rows.nrows == nrows + 10);
    CHECK(share < period || skipped == nrows);
    CHECK(share > 0 || skipped == 0);
    size_t r = 0;
    for (size_t p = 0; p < rows.npages; p++) {
        crm_page *page = rows.pages[p];
        CHECK(page->nrows > 0);
        for (uint32_t i = 0; i < page->nrows; i++, r++) {
            const uint64_t *row = crm_page_row(page, i);
            if (page->ncols == 0) {
                CHECK(r >= 10 &&
                      row[0] == (uint64_t)(uintptr_t)&present->objects[r - 10]);
            }
            else {
                CHECK(crm_page_cell(page, row, 0).u.i == (int64_t)r - 110);
            }
        }
    }
    CHECK(r == rows.nrows);
    /* rows of both kinds in turn do not take a page each */
    CHECK(rows.npages < 40 + nrows / 400);
    crm_rows_clear(&rows);
    free(present);
}

static uint32_t
count_free(const crm_page_cache *cache)
{
    uint32_t count = 0;
    for (crm_page *p = cache->free; p != NULL; p = p->link.next) {
        count++;
    }
    CHECK(count == cache->count);
    return count;
}

/* A result of that many rows is read and dropped; the pages it had. */
static size_t
read_and_drop(crm_page_cache *cache, size_t nrows, size_t longest)
{
    crm_rows rows;
    crm_rows_init(&rows, 3);
    rows.home = cache;
    fill(&rows, nrows, longest);
    verify(&rows, nrows, longest);
    size_t npages = rows.npages;
    crm_rows_clear(&rows);
    return npages;
}

/* Pages come back to the cache they were borrowed from, up to its limit. */
static void
test_cache(void)
{
    crm_page_cache cache = {0};
    for (int round = 0; round < 3; round++) {
        size_t npages = read_and_drop(&cache, 50000, 100);
        CHECK(npages > 20 && npages < CRM_PAGE_CACHE);
        /* but the small ones it began with and the last */
        CHECK(count_free(&cache) + 6 > npages);
    }
    /* more than it holds: all go back to the system */
    CHECK(read_and_drop(&cache, 250000, 100) > CRM_PAGE_CACHE);
    CHECK(count_free(&cache) == 0);
    (void)read_and_drop(&cache, 50000, 100);
    /* two results at once: neither does without what the other leaves */
    crm_rows rows, others;
    crm_rows_init(&rows, 3);
    crm_rows_init(&others, 3);
    rows.home = others.home = &cache;
    uint32_t before = count_free(&cache);
    fill(&others, 5000, 100);
    fill(&rows, 5000, 100);
    CHECK(count_free(&cache) + rows.npages + others.npages < before + 8);
    crm_rows_trim(&others);
    verify(&others, 5000, 100);
    crm_rows_clear(&others);
    verify(&rows, 5000, 100);
    crm_rows_clear(&rows);
    CHECK(count_free(&cache) <= CRM_PAGE_CACHE);
    /* somebody else is at it: nobody waits */
    uint32_t left = count_free(&cache);
    cache.busy = 1;
    (void)read_and_drop(&cache, 5000, 100);
    cache.busy = 0;
    CHECK(count_free(&cache) == left);
    /* large rows move through spare pages */
    (void)read_and_drop(&cache, 200, 90000);
    crm_page_cache_clear(&cache);
    CHECK(cache.free == NULL && cache.count == 0);
}

/* What is written to a page after its end is seen where something looks. */
static void
test_free_pages_are_closed(void)
{
    crm_page_cache cache = {0};
    (void)read_and_drop(&cache, 5000, 100);
    crm_page *page = cache.free;
    CHECK(page != NULL);
#ifdef __SANITIZE_ADDRESS__
    char *bytes = (char *)page, *link = (char *)&page->link;
    for (size_t i = 0; i < CRM_PAGE_SIZE; i++) {
        int closed = bytes + i < link || bytes + i >= link + sizeof(page->link);
        CHECK(__asan_address_is_poisoned(bytes + i) == closed);
    }
    pid_t child = fork();
    if (child == 0) {
        (void)freopen("/dev/null", "w", stderr);
        page->words[100] = 1;
        _exit(0);
    }
    int status = 0;
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status != 0);
    /* who takes it may write all over it */
    crm_rows rows;
    crm_rows_init(&rows, 3);
    rows.home = &cache;
    fill(&rows, 5000, 100);
    CHECK(cache.free != page);
    CHECK(__asan_region_is_poisoned(page, CRM_PAGE_SIZE) == NULL);
    crm_rows_clear(&rows);
#endif
    crm_page_cache_clear(&cache);
}

static void
test_text(void)
{
    char from[40], to[40];
    for (size_t len = 0; len <= 33; len++) {
        memset(from, 'x', sizeof(from));
        CHECK(crm_copy_text(to, from, len));
        CHECK(memcmp(from, to, len) == 0);
        for (size_t at = 0; at < len; at++) {
            from[at] = (char)0x80;
            CHECK(!crm_copy_text(to, from, len));
            CHECK(memcmp(from, to, len) == 0);
            from[at] = 'x';
        }
    }
}

static void
test_utf8(void)
{
    static const char *const good[] = {
        "",
        "plain",
        "\xC3\xA9",
        "\xC2\x80",
        "\xE0\xA0\x80",
        "\xED\x9F\xBF",
        "\xEE\x80\x80",
        "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80",
        "\xF4\x8F\xBF\xBF",
        "a\xF0\x9F\x90\xA6z",
    };
    static const char *const bad[] = {
        "\x80",
        "\xC3",
        "\xC0\x80",
        "\xC1\xBF",
        "\xE0\x9F\xBF",
        "\xE2\x82",
        "\xED\xA0\x80",
        "\xED\xBF\xBF",
        "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80",
        "\xF0\x9F\x90",
        "\xFF",
        "a\xE9z",
        "\xE2\x28\xA1",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        CHECK(crm_is_utf8(good[i], strlen(good[i])));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK(!crm_is_utf8(bad[i], strlen(bad[i])));
    }
}

int
main(void)
{
    test_shapes();
    test_one_row_is_small();
    test_abandon();
    static const size_t shares[][2] = {{1, 1},   {1, 0},      {2, 1},
                                       {70, 69}, {1000, 900}, {100, 65}};
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
        test_skip(50000, shares[i][0], shares[i][1]);
    }
    test_cache();
    test_free_pages_are_closed();
    test_text();
    test_utf8();
    return 0;
}
