/* Rows of random cells: what was put into pages is found in them, also after
 * the rows are gone and only one page is held. */
#include "plain/page.h"

#include <string.h>

#include "../c/check.h"

static const uint8_t *data;
static size_t left;

static unsigned
next(void)
{
    if (left == 0) {
        return 0;
    }
    left--;
    return *data++;
}

static char bytes[300000], expected[300000], pattern[300000 + 128];

/* The bytes of cell `col` of row `row`, made up from their place.  They are
 * copied: made one by one they took nearly all of the time. */
static void
fill(char *to, size_t len, uint64_t row, uint32_t col, unsigned high)
{
    if (pattern[1] == 0) {
        for (size_t i = 0; i < sizeof(pattern); i++) {
            pattern[i] = (char)(i & 0x7f);
        }
    }
    memcpy(to, pattern + ((row * 31 + col * 7) & 0x7f), len);
    if (high && len > 0) {
        to[len / 2] = (char)0xc3;
        if (len > 1) {
            to[len / 2 + (len / 2 + 1 < len ? 1 : -1)] = (char)0xa9;
        }
    }
}

/* Bytes that the long values of one input may have together.  One input in
 * eight may fill four pages, the others get as far as small ones: copying is
 * what takes the time, and shows nothing new the thousandth time. */
static const size_t long_bytes[8] = {1 << 18, 1 << 16, 1 << 13, 1 << 13,
                                     1 << 12, 1 << 12, 1 << 11, 1 << 11};
static size_t long_left;

/* What was put into the cells of finished rows, in their order. */
static crm_cell wanted[1 << 16];
static size_t nwanted;

static void
check_cell(const crm_cell *cell, uint64_t row, uint32_t col, size_t at)
{
    CHECK(at < nwanted);
    CHECK(cell->tag == wanted[at].tag);
    if (!crm_tag_has_bytes(cell->tag)) {
        CHECK(cell->flags == wanted[at].flags);
        CHECK(cell->tag == CRM_NULL || cell->u.i == wanted[at].u.i);
        return;
    }
    CHECK(cell->len == wanted[at].len);
    CHECK(cell->len <= sizeof(bytes));
    fill(expected, cell->len, row, col, cell->tag == CRM_BLOB);
    CHECK(memcmp(cell->u.p, expected, cell->len) == 0);
    CHECK(
        cell->flags ==
        (cell->tag == CRM_BLOB || cell->tag == CRM_UUID ? 0 : CRM_CELL_ASCII));
}

static void
check_page(crm_page *page, uint64_t first)
{
    for (uint32_t row = 0; row < page->nrows; row++) {
        const uint64_t *cells = crm_page_row(page, row);
        for (uint32_t col = 0; col < page->ncols; col++) {
            crm_cell cell = crm_page_cell(page, cells, col);
            check_cell(&cell, first + row, col,
                       (first + row) * page->ncols + col);
        }
    }
}

/* UTF-8 as RFC 3629 says, written differently. */
static int
utf8(const uint8_t *p, size_t len)
{
    size_t i = 0;
    while (i < len) {
        uint32_t c = p[i];
        size_t more = c < 0x80             ? 0
                      : (c & 0xe0) == 0xc0 ? 1
                      : (c & 0xf0) == 0xe0 ? 2
                      : (c & 0xf8) == 0xf0 ? 3
                                           : 9;
        if (more == 9 || len - i <= more) {
            return 0;
        }
        c &= more == 0 ? 0x7f : 0x3f >> more;
        for (size_t k = 1; k <= more; k++) {
            if ((p[i + k] & 0xc0) != 0x80) {
                return 0;
            }
            c = c << 6 | (p[i + k] & 0x3f);
        }
        static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
        if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
            return 0;
        }
        i += more + 1;
    }
    return 1;
}

static void
check_text(const uint8_t *given, size_t size)
{
    char *text = malloc(size + 1), *copy = malloc(size + 1);
    CHECK(text != NULL && copy != NULL);
    memcpy(text, given, size);
    CHECK(crm_is_utf8(text, size) == utf8(given, size));
    int ascii = 1;
    for (size_t i = 0; i < size; i++) {
        ascii &= given[i] < 0x80;
    }
    CHECK(crm_copy_text(copy, text, size) == ascii);
    CHECK(memcmp(copy, text, size) == 0);
    free(text);
    free(copy);
}

static void
put_row(crm_rows *rows, uint64_t row)
{
    CHECK(crm_rows_begin(rows) == 0);
    for (uint32_t col = 0; col < rows->ncols; col++) {
        unsigned kind = next();
        size_t len = kind >> 3;
        if (kind % 8 == 5) {
            len *= 97;
        }
        else if (kind % 32 == 6) {
            len *= 9000;
        }
        if (len >= 97) {
            len = len < long_left ? len : long_left;
            long_left -= len;
        }
        switch (kind % 4) {
            case 0:
                break;
            case 1: {
                static const uint8_t numbers[] = {
                    CRM_INT64, CRM_DOUBLE, CRM_BOOL,      CRM_DATE,
                    CRM_TIME,  CRM_INT64,  CRM_TIMESTAMP, CRM_NULL};
                crm_rows_set(rows, col, numbers[kind >> 5], kind >> 3 & 3,
                             (row * 100 + col) * (kind & 4 ? ~0ull : 1));
                break;
            }
            default: {
                static const uint8_t texts[] = {CRM_TEXT, CRM_NUMERIC, CRM_JSON,
                                                CRM_UUID};
                crm_tag tag = kind % 4 == 3 ? CRM_BLOB : texts[kind >> 6];
                fill(bytes, len, row, col, tag == CRM_BLOB);
                CHECK(crm_rows_put(rows, col, tag, bytes, len) == 0);
            }
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *given, size_t size)
{
    check_text(given, size);
    data = given;
    left = size;
    nwanted = 0;
    crm_page_cache cache = {0};
    crm_rows rows;
    unsigned options = next();
    long_left = long_bytes[options >> 3 & 7];
    crm_rows_init(&rows, 1 + next() % 40);
    if (options & 1) {
        rows.home = &cache;
    }
    uint64_t row = 0;
    while (left > 0) {
        put_row(&rows, row);
        if (options & 2 && next() % 5 == 0) {
            crm_rows_abandon(&rows);
            continue;
        }
        CHECK(nwanted + rows.ncols <= sizeof(wanted) / sizeof(wanted[0]));
        for (uint32_t col = 0; col < rows.ncols; col++) {
            wanted[nwanted++] = crm_rows_cell(&rows, col);
        }
        crm_rows_end(&rows);
        row++;
    }
    if (options & 4) {
        crm_rows_trim(&rows);
    }
    CHECK(rows.nrows == row);
    uint64_t first = 0, kept_first = 0;
    crm_page *kept = NULL;
    for (size_t i = 0; i < rows.npages; i++) {
        check_page(rows.pages[i], first);
        if (i == rows.npages / 2) {
            kept = crm_page_ref(rows.pages[i]);
            kept_first = first;
        }
        first += rows.pages[i]->nrows;
    }
    CHECK(first == row);
    crm_rows_clear(&rows);
    if (kept != NULL) {
        check_page(kept, kept_first);
        crm_page_unref(kept);
    }
    crm_page_cache_clear(&cache);
    return 0;
}
