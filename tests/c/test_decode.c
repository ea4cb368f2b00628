/* PostgreSQL's binary formats: values that are known, and bytes that are
 * anything (through the fuzzer's own checks). */
#include "../fuzz/fuzz_decode.c"

#include <stdio.h>

/* A numeric: digits to the base 10000. */
static void
check_numeric(const char *bytes, size_t len, const char *text)
{
    crm_pg_decoder decoder = {.zone = -1};
    crm_rows rows;
    crm_rows_init(&rows, 1);
    CHECK(crm_rows_begin(&rows) == 0);
    crm_pg_type type = crm_pg_type_find(&decoder.types, 1700);
    CHECK(crm_pg_decode(&decoder, &type, bytes, len, &rows, 0) == CRM_PG_OK);
    crm_cell cell = crm_rows_cell(&rows, 0);
    CHECK(cell.tag == CRM_NUMERIC && cell.len == strlen(text));
    CHECK(memcmp(cell.u.p, text, cell.len) == 0);
    crm_rows_abandon(&rows);
    crm_rows_clear(&rows);
    crm_pg_decoder_clear(&decoder);
}

static void
check_status(uint32_t oid, const char *bytes, size_t len, int expected)
{
    crm_pg_decoder decoder = {.zone = -1};
    crm_rows rows;
    crm_rows_init(&rows, 1);
    CHECK(crm_rows_begin(&rows) == 0);
    crm_pg_type type = crm_pg_type_find(&decoder.types, oid);
    CHECK(crm_pg_decode(&decoder, &type, bytes, len, &rows, 0) == expected);
    crm_rows_abandon(&rows);
    crm_rows_clear(&rows);
    crm_pg_decoder_clear(&decoder);
}

int
main(void)
{
#define NUMERIC(bytes, text) check_numeric(bytes, sizeof(bytes) - 1, text)
    NUMERIC("\0\0\0\0\0\0\0\0", "0");
    NUMERIC("\0\0\0\0\0\0\0\2", "0.00");
    NUMERIC("\0\1\0\1\0\0\0\0\0\1", "10000");
    NUMERIC("\0\1\xff\xff\x40\0\0\5\x13\x88", "-0.50000");
    NUMERIC("\0\2\0\0\0\0\0\1\0\x0c\x07\xd0", "12.2");
    NUMERIC("\0\1\xff\xfe\0\0\0\6\0\x64", "0.000001");
    NUMERIC("\0\0\0\0\xc0\0\0\0", "NaN");
    NUMERIC("\0\0\0\0\xf0\0\0\0", "-Infinity");
#define STATUS(oid, bytes, status) \
    check_status(oid, bytes, sizeof(bytes) - 1, status)
    STATUS(1700, "\0\1\0\0\0\0\0\0\x27\x10", CRM_PG_BROKEN); /* digit 10000 */
    STATUS(1700, "\0\2\0\0\0\0\0\0\0\1", CRM_PG_BROKEN);     /* one missing */
    STATUS(1082, "\x7f\xff\xff\xff", CRM_PG_TOO_LATE);
    STATUS(1082, "\x80\0\0\0", CRM_PG_TOO_EARLY);
    STATUS(1114, "\x7f\xff\xff\xff\xff\xff\xff\xff", CRM_PG_TOO_LATE);
    STATUS(1114, "\x80\0\0\0\0\0\0\0", CRM_PG_TOO_EARLY);
    STATUS(1083, "\0\0\0\x14\x1d\xd7\x60\0", CRM_PG_HOUR_24);
    STATUS(23, "\0\0\0", CRM_PG_BROKEN);
    /* an array of 2^31 elements, in no bytes */
    STATUS(1007, "\0\0\0\1\0\0\0\0\0\0\0\x17\x7f\xff\xff\xff\0\0\0\1",
           CRM_PG_BROKEN);
    STATUS(1007, "\0\0\0\7\0\0\0\0\0\0\0\x17", CRM_PG_BROKEN);

    unsigned seed = 1;
    for (int round = 0; round < 100000; round++) {
        uint8_t data[64];
        size_t len = next_random(&seed) % sizeof(data);
        for (size_t i = 0; i < len; i++) {
            unsigned r = next_random(&seed);
            /* mostly what lengths and counts are made of */
            data[i] = (uint8_t)(r % 3 == 0 ? r >> 8 : r >> 8 & 3);
        }
        LLVMFuzzerTestOneInput(data, len);
    }
    puts("ok");
    return 0;
}
