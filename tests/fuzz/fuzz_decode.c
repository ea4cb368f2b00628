/* PostgreSQL's binary formats: whatever the bytes are, decoding stays inside of
 * them, and a compound value that was made can be walked through. */
#include "postgres/decode.h"

#include <stdlib.h>
#include <string.h>

#include "../c/check.h"

/* Every kind there is, by a type that has it. */
static const uint32_t types[] = {
    16,   17,   20,   21,   23,   25,   26,   114,  700,  701,  869,   829,
    1082, 1083, 1114, 1184, 1186, 1266, 1560, 1700, 2950, 3802, 1007,  1009,
    1231, 1187, 1185, 1041, 3904, 3906, 3910, 4451, 4532, 3905, 90000,
};

static void
walk(const char *base, size_t len, const crm_cell *cell, int depth)
{
    CHECK(depth < 16);
    if (!crm_tag_has_bytes(cell->tag)) {
        return;
    }
    CHECK(cell->u.i >= 0 && (size_t)cell->u.i + cell->len <= len);
    if (cell->tag < CRM_ARRAY) {
        return;
    }
    crm_nested header;
    CHECK(cell->len >= sizeof(header));
    memcpy(&header, base + cell->u.i, sizeof(header));
    CHECK(sizeof(header) + (size_t)header.count * sizeof(crm_cell) <=
          cell->len);
    if (cell->tag == CRM_ARRAY) {
        uint64_t count = header.ndim == 0 ? 0 : 1;
        CHECK(header.ndim <= CRM_MAX_DIMS);
        for (uint32_t i = 0; i < header.ndim; i++) {
            count *= header.dims[i];
        }
        CHECK(count == header.count);
    }
    for (uint32_t i = 0; i < header.count; i++) {
        crm_cell inner;
        memcpy(&inner, base + cell->u.i + sizeof(header) + i * sizeof(inner),
               sizeof(inner));
        walk(base, len, &inner, depth + 1);
    }
}

static uint64_t
big_endian(const char *bytes, size_t len)
{
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++) {
        value = value << 8 | (uint8_t)bytes[i];
    }
    return value;
}

/* The digit of a numeric that counts 10^place. */
static unsigned
digit(const char *bytes, int place)
{
    static const unsigned powers[] = {1, 10, 100, 1000};
    int count = (int)big_endian(bytes, 2);
    int weight = (int16_t)big_endian(bytes + 2, 2);
    int group = place >= 0 ? place / 4 : -((3 - place) / 4);
    int at = weight - group;
    unsigned value =
        at < 0 || at >= count ? 0 : (unsigned)big_endian(bytes + 8 + 2 * at, 2);
    return value / powers[place - 4 * group] % 10;
}

/* The text of a numeric has every digit in its place. */
static void
check_digits(const crm_cell *cell, const char *bytes)
{
    const char *p = cell->u.p, *end = p + cell->len;
    unsigned sign = (unsigned)big_endian(bytes + 4, 2);
    int scale = (int)big_endian(bytes + 6, 2);
    if (sign >= 0xc000) {
        CHECK((cell->len == 3 && memcmp(p, "NaN", 3) == 0) ||
              (cell->len == 8 && memcmp(p, "Infinity", 8) == 0) ||
              (cell->len == 9 && memcmp(p, "-Infinity", 9) == 0));
        return;
    }
    CHECK((sign == 0x4000) == (*p == '-'));
    p += *p == '-';
    int whole = (int)(end - p) - (scale > 0 ? scale + 1 : 0);
    CHECK(whole > 0 && (whole == 1 || *p != '0'));
    int weight = (int16_t)big_endian(bytes + 2, 2);
    for (int place = whole; place < 4 * (weight + 1); place++) {
        CHECK(digit(bytes, place) == 0);
    }
    for (int place = whole - 1; place >= -scale; place--) {
        if (place == -1) {
            CHECK(*p++ == '.');
        }
        CHECK((unsigned)(*p++ - '0') == digit(bytes, place));
    }
    CHECK(p == end);
}

/* A value of one piece is what its bytes say. */
static void
check_value(const crm_pg_type *type, const char *bytes, size_t len,
            const crm_cell *cell)
{
    static const int64_t day = INT64_C(86400000000);
    int64_t number = (int64_t)big_endian(bytes, len < 8 ? len : 8);
    switch (type->kind) {
        case CRM_PG_INT2:
            CHECK(cell->tag == CRM_INT64 && cell->u.i == (int16_t)number);
            break;
        case CRM_PG_INT4:
            CHECK(cell->tag == CRM_INT64 && cell->u.i == (int32_t)number);
            break;
        case CRM_PG_INT8:
        case CRM_PG_OID:
            CHECK(cell->tag == CRM_INT64 && cell->u.i == number);
            break;
        case CRM_PG_NUMERIC:
            CHECK(cell->tag == CRM_NUMERIC);
            check_digits(cell, bytes);
            break;
        case CRM_PG_DATE:
            CHECK(cell->tag == CRM_DATE && cell->u.i >= 0);
            CHECK(cell->u.i < 3652059 && cell->u.i - 730119 == (int32_t)number);
            break;
        case CRM_PG_TIME:
            CHECK(cell->tag == CRM_TIME && cell->u.i == number);
            CHECK(number >= 0 && number < day);
            break;
        case CRM_PG_TIMESTAMP:
            CHECK(cell->tag == CRM_TIMESTAMP && cell->u.i >= 0);
            CHECK(cell->u.i < 3652059 * day);
            CHECK(cell->u.i - 730119 * day == number);
            break;
        case CRM_PG_JSON:
        case CRM_PG_JSONB: {
            size_t version = type->kind == CRM_PG_JSONB;
            CHECK(cell->tag == CRM_JSON && cell->len == len - version);
            CHECK(memcmp(cell->u.p, bytes + version, cell->len) == 0);
            break;
        }
        default:
            break;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    crm_pg_decoder decoder = {.zone = -1};
    crm_rows rows;
    crm_rows_init(&rows, 1);
    CHECK(crm_pg_type_add(&decoder.types,
                          (crm_pg_type){90000, CRM_PG_HSTORE, 0}) == 0);
    if (size > 0) {
        decoder.zone = data[0] & 1 ? 0 : -1;
        crm_pg_type type = crm_pg_type_find(
            &decoder.types, types[data[0] / 2 % (sizeof(types) / 4)]);
        /* an allocation of its own, so that reading beyond it is seen */
        char *bytes = malloc(size);
        CHECK(bytes != NULL && type.kind != CRM_PG_UNKNOWN);
        memcpy(bytes, data + 1, size - 1);
        CHECK(crm_rows_begin(&rows) == 0);
        bytes = realloc(bytes, size == 1 ? 1 : size - 1);
        int status = crm_pg_decode(&decoder, &type, bytes, size - 1, &rows, 0);
        if (status == CRM_PG_OK) {
            crm_cell cell = crm_rows_cell(&rows, 0);
            check_value(&type, bytes, size - 1, &cell);
            if (cell.tag >= CRM_ARRAY && crm_tag_has_bytes(cell.tag)) {
                crm_cell outer;
                CHECK(cell.len >= sizeof(outer));
                memcpy(&outer, cell.u.p, sizeof(outer));
                CHECK(outer.tag == cell.tag);
                walk(cell.u.p, cell.len, &outer, 0);
            }
            crm_rows_end(&rows);
        }
        else {
            crm_rows_abandon(&rows);
        }
        free(bytes);
    }
    crm_rows_clear(&rows);
    crm_pg_decoder_clear(&decoder);
    return 0;
}
