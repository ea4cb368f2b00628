/* decode.c: see decode.h. */
#include "decode.h"

#include <string.h>

/* Days from 0001-01-01 to 2000-01-01, where PostgreSQL counts from. */
#define EPOCH_DAYS   730119
#define EPOCH_MICROS (INT64_C(730119) * 86400 * 1000000)

static uint16_t
get16(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;
    return (uint16_t)(b[0] << 8 | b[1]);
}

static uint32_t
get32(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 |
           b[3];
}

static uint64_t
get64(const char *p)
{
    return (uint64_t)get32(p) << 32 | get32(p + 4);
}

/* ---- types ------------------------------------------------------------ */

/* Built-in types by OID (PostgreSQL's pg_type.dat), sorted. */
static const crm_pg_type built_in[] = {
    {16, CRM_PG_BOOL, 0},        {17, CRM_PG_BYTEA, 0},
    {18, CRM_PG_TEXT, 0},        {19, CRM_PG_TEXT, 0},
    {20, CRM_PG_INT8, 0},        {21, CRM_PG_INT2, 0},
    {23, CRM_PG_INT4, 0},        {25, CRM_PG_TEXT, 0},
    {26, CRM_PG_OID, 0},         {114, CRM_PG_JSON, 0},
    {142, CRM_PG_TEXT, 0},       {700, CRM_PG_FLOAT4, 0},
    {701, CRM_PG_FLOAT8, 0},     {705, CRM_PG_TEXT, 0},
    {1042, CRM_PG_TEXT, 0},      {1043, CRM_PG_TEXT, 0},
    {1082, CRM_PG_DATE, 0},      {1083, CRM_PG_TIME, 0},
    {1114, CRM_PG_TIMESTAMP, 0}, {1184, CRM_PG_TIMESTAMPTZ, 0},
    {1700, CRM_PG_NUMERIC, 0},   {2275, CRM_PG_TEXT, 0},
    {2278, CRM_PG_TEXT, 0},      {2950, CRM_PG_UUID, 0},
    {3802, CRM_PG_JSONB, 0},
};

static const crm_pg_type *
search(const crm_pg_type *items, size_t count, uint32_t oid)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (items[middle].oid == oid) {
            return &items[middle];
        }
        if (items[middle].oid < oid) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    return NULL;
}

crm_pg_type
crm_pg_type_find(const crm_pg_types *types, uint32_t oid)
{
    const crm_pg_type *found =
        search(built_in, sizeof(built_in) / sizeof(built_in[0]), oid);
    if (found == NULL && types->count != 0) {
        found = search(types->items, types->count, oid);
    }
    return found != NULL ? *found : (crm_pg_type){oid, CRM_PG_UNKNOWN, 0};
}

/* ---- numeric ---------------------------------------------------------- */

enum {
    NUMERIC_POSITIVE = 0x0000,
    NUMERIC_NEGATIVE = 0x4000,
    NUMERIC_NAN = 0xC000,
    NUMERIC_INFINITY = 0xD000,
    NUMERIC_MINUS_INFINITY = 0xF000,
};

/* Four decimal digits of a base-10000 digit. */
static char *
put_group(char *to, unsigned group)
{
    to[0] = (char)('0' + group / 1000);
    to[1] = (char)('0' + group / 100 % 10);
    to[2] = (char)('0' + group / 10 % 10);
    to[3] = (char)('0' + group % 10);
    return to + 4;
}

/* Decimal text of a numeric: `ndigits` digits to the base 10000, the first of
 * which counts 10000^weight, and `scale` digits after the point. */
static int
decode_numeric(const char *bytes, size_t len, crm_rows *rows, uint32_t col)
{
    if (len < 8) {
        return CRM_PG_BROKEN;
    }
    int ndigits = (int)get16(bytes);
    int weight = (int16_t)get16(bytes + 2);
    unsigned sign = get16(bytes + 4);
    int scale = get16(bytes + 6);
    if (len != 8 + 2 * (size_t)ndigits || scale > 16383) {
        return CRM_PG_BROKEN;
    }
    const char *word = sign == NUMERIC_NAN              ? "NaN"
                       : sign == NUMERIC_INFINITY       ? "Infinity"
                       : sign == NUMERIC_MINUS_INFINITY ? "-Infinity"
                                                        : NULL;
    if (word != NULL) {
        return crm_rows_put(rows, col, CRM_NUMERIC, word, strlen(word)) < 0
                   ? CRM_PG_NOMEM
                   : CRM_PG_OK;
    }
    if (sign != NUMERIC_POSITIVE && sign != NUMERIC_NEGATIVE) {
        return CRM_PG_BROKEN;
    }
    const char *digits = bytes + 8;
    for (int i = 0; i < ndigits; i++) {
        if (get16(digits + 2 * i) > 9999) {
            return CRM_PG_BROKEN;
        }
    }
    size_t groups_before = weight >= 0 ? (size_t)weight + 1 : 1;
    size_t groups_after = ((size_t)scale + 3) / 4;
    size_t room = 1 + 4 * groups_before + 1 + 4 * groups_after;
    char small[128];
    char *text = small;
    if (room > sizeof(small)) {
        text = crm_rows_bytes(rows, room);
        if (text == NULL) {
            return CRM_PG_NOMEM;
        }
    }
    char *p = text;
    if (sign == NUMERIC_NEGATIVE) {
        *p++ = '-';
    }
    char *first = p;
    for (int i = 0; i <= weight || i == 0; i++) {
        int at = weight >= 0 ? i : -1;
        p = put_group(p, at >= 0 && at < ndigits ? get16(digits + 2 * at) : 0);
    }
    /* without leading zeros, but for one */
    char *keep = first;
    while (keep < p - 1 && *keep == '0') {
        keep++;
    }
    memmove(first, keep, (size_t)(p - keep));
    p -= keep - first;
    if (scale > 0) {
        *p++ = '.';
        char *end = p + scale;
        for (int i = weight + 1; p < end; i++) {
            p = put_group(p, i >= 0 && i < ndigits ? get16(digits + 2 * i) : 0);
        }
        p = end;
    }
    size_t count = (size_t)(p - text);
    if (text == small) {
        return crm_rows_put(rows, col, CRM_NUMERIC, text, count) < 0
                   ? CRM_PG_NOMEM
                   : CRM_PG_OK;
    }
    crm_cell *cell = &rows->current[col];
    cell->tag = CRM_NUMERIC;
    cell->flags = CRM_CELL_ASCII;
    cell->len = (uint32_t)count;
    cell->u.p = text;
    return CRM_PG_OK;
}

/* ---- values ----------------------------------------------------------- */

static int
put_bytes(crm_rows *rows, uint32_t col, crm_tag tag, const char *bytes,
          size_t len)
{
    return crm_rows_put(rows, col, tag, bytes, len) < 0 ? CRM_PG_NOMEM
                                                        : CRM_PG_OK;
}

static int
put_int(crm_rows *rows, uint32_t col, crm_tag tag, int64_t value)
{
    rows->current[col].tag = (uint8_t)tag;
    rows->current[col].u.i = value;
    return CRM_PG_OK;
}

static int
put_double(crm_rows *rows, uint32_t col, double value)
{
    rows->current[col].tag = CRM_DOUBLE;
    rows->current[col].u.d = value;
    return CRM_PG_OK;
}

/* Microseconds since 2000 as microseconds since year 1.  What does not fit
 * (infinity, too) stays so far out that nothing takes it for a moment. */
static int64_t
from_epoch(int64_t micros)
{
    return micros > INT64_MAX - EPOCH_MICROS ? INT64_MAX
                                             : micros + EPOCH_MICROS;
}

static int64_t
days_from_epoch(int32_t days)
{
    return days == INT32_MAX   ? INT64_MAX
           : days == INT32_MIN ? INT64_MIN
                               : (int64_t)days + EPOCH_DAYS;
}

#define NEED(size)            \
    if (len != (size)) {      \
        return CRM_PG_BROKEN; \
    }

int
crm_pg_decode(const crm_pg_type *type, const char *bytes, size_t len,
              crm_rows *rows, uint32_t col)
{
    switch ((crm_pg_kind)type->kind) {
        case CRM_PG_BOOL:
            NEED(1);
            return put_int(rows, col, CRM_BOOL, bytes[0] != 0);
        case CRM_PG_INT2:
            NEED(2);
            return put_int(rows, col, CRM_INT64, (int16_t)get16(bytes));
        case CRM_PG_INT4:
            NEED(4);
            return put_int(rows, col, CRM_INT64, (int32_t)get32(bytes));
        case CRM_PG_INT8:
            NEED(8);
            return put_int(rows, col, CRM_INT64, (int64_t)get64(bytes));
        case CRM_PG_OID:
            NEED(4);
            return put_int(rows, col, CRM_INT64, get32(bytes));
        case CRM_PG_FLOAT4: {
            NEED(4);
            uint32_t bits = get32(bytes);
            float value;
            memcpy(&value, &bits, sizeof(value));
            return put_double(rows, col, value);
        }
        case CRM_PG_FLOAT8: {
            NEED(8);
            uint64_t bits = get64(bytes);
            double value;
            memcpy(&value, &bits, sizeof(value));
            return put_double(rows, col, value);
        }
        case CRM_PG_NUMERIC:
            return decode_numeric(bytes, len, rows, col);
        case CRM_PG_BYTEA:
            return put_bytes(rows, col, CRM_BLOB, bytes, len);
        case CRM_PG_TEXT:
            return put_bytes(rows, col, CRM_TEXT, bytes, len);
        case CRM_PG_JSON:
            return put_bytes(rows, col, CRM_JSON, bytes, len);
        case CRM_PG_JSONB:
            if (len < 1 || bytes[0] != 1) { /* version */
                return CRM_PG_BROKEN;
            }
            return put_bytes(rows, col, CRM_JSON, bytes + 1, len - 1);
        case CRM_PG_DATE:
            NEED(4);
            return put_int(rows, col, CRM_DATE,
                           days_from_epoch((int32_t)get32(bytes)));
        case CRM_PG_TIME:
            NEED(8);
            return put_int(rows, col, CRM_TIME, (int64_t)get64(bytes));
        case CRM_PG_TIMESTAMP:
            NEED(8);
            return put_int(rows, col, CRM_TIMESTAMP,
                           from_epoch((int64_t)get64(bytes)));
        case CRM_PG_TIMESTAMPTZ:
            NEED(8);
            rows->current[col].flags = CRM_CELL_UTC;
            return put_int(rows, col, CRM_TIMESTAMP,
                           from_epoch((int64_t)get64(bytes)));
        case CRM_PG_UUID:
            NEED(16);
            return put_bytes(rows, col, CRM_UUID, bytes, len);
        case CRM_PG_TIMETZ:
        case CRM_PG_INTERVAL:
        case CRM_PG_UNKNOWN:
            break;
    }
    return CRM_PG_BROKEN;
}
