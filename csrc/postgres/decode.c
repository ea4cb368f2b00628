/* decode.c: see decode.h. */
#include "decode.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compound.h"
#include "wire.h"

/* Days from 0001-01-01 to 2000-01-01, where PostgreSQL counts from. */
#define EPOCH_DAYS   730119
#define EPOCH_MICROS (INT64_C(730119) * 86400 * 1000000)

#define CHAR_OID 18
#define VOID_OID 2278

/* ---- types ------------------------------------------------------------ */

/* Built-in types by OID (PostgreSQL's pg_type.dat), sorted. */
static const crm_pg_type built_in[] = {
    {16, CRM_PG_BOOL, 0},            /* bool */
    {17, CRM_PG_BYTEA, 0},           /* bytea */
    {18, CRM_PG_TEXT, 0},            /* char */
    {19, CRM_PG_TEXT, 0},            /* name */
    {20, CRM_PG_INT8, 0},            /* int8 */
    {21, CRM_PG_INT2, 0},            /* int2 */
    {23, CRM_PG_INT4, 0},            /* int4 */
    {25, CRM_PG_TEXT, 0},            /* text */
    {26, CRM_PG_OID, 0},             /* oid */
    {114, CRM_PG_JSON, 0},           /* json */
    {142, CRM_PG_TEXT, 0},           /* xml */
    {143, CRM_PG_ARRAY, 142},        /* _xml */
    {199, CRM_PG_ARRAY, 114},        /* _json */
    {650, CRM_PG_INET, 0},           /* cidr */
    {651, CRM_PG_ARRAY, 650},        /* _cidr */
    {700, CRM_PG_FLOAT4, 0},         /* float4 */
    {701, CRM_PG_FLOAT8, 0},         /* float8 */
    {705, CRM_PG_TEXT, 0},           /* unknown */
    {774, CRM_PG_MACADDR, 0},        /* macaddr8 */
    {775, CRM_PG_ARRAY, 774},        /* _macaddr8 */
    {829, CRM_PG_MACADDR, 0},        /* macaddr */
    {869, CRM_PG_INET, 0},           /* inet */
    {1000, CRM_PG_ARRAY, 16},        /* _bool */
    {1001, CRM_PG_ARRAY, 17},        /* _bytea */
    {1002, CRM_PG_ARRAY, 18},        /* _char */
    {1003, CRM_PG_ARRAY, 19},        /* _name */
    {1005, CRM_PG_ARRAY, 21},        /* _int2 */
    {1007, CRM_PG_ARRAY, 23},        /* _int4 */
    {1009, CRM_PG_ARRAY, 25},        /* _text */
    {1011, CRM_PG_ARRAY, 28},        /* _xid */
    {1014, CRM_PG_ARRAY, 1042},      /* _bpchar */
    {1015, CRM_PG_ARRAY, 1043},      /* _varchar */
    {1016, CRM_PG_ARRAY, 20},        /* _int8 */
    {1021, CRM_PG_ARRAY, 700},       /* _float4 */
    {1022, CRM_PG_ARRAY, 701},       /* _float8 */
    {1028, CRM_PG_ARRAY, 26},        /* _oid */
    {1040, CRM_PG_ARRAY, 829},       /* _macaddr */
    {1041, CRM_PG_ARRAY, 869},       /* _inet */
    {1042, CRM_PG_TEXT, 0},          /* bpchar */
    {1043, CRM_PG_TEXT, 0},          /* varchar */
    {1082, CRM_PG_DATE, 0},          /* date */
    {1083, CRM_PG_TIME, 0},          /* time */
    {1114, CRM_PG_TIMESTAMP, 0},     /* timestamp */
    {1115, CRM_PG_ARRAY, 1114},      /* _timestamp */
    {1182, CRM_PG_ARRAY, 1082},      /* _date */
    {1183, CRM_PG_ARRAY, 1083},      /* _time */
    {1184, CRM_PG_TIMESTAMPTZ, 0},   /* timestamptz */
    {1185, CRM_PG_ARRAY, 1184},      /* _timestamptz */
    {1186, CRM_PG_INTERVAL, 0},      /* interval */
    {1187, CRM_PG_ARRAY, 1186},      /* _interval */
    {1231, CRM_PG_ARRAY, 1700},      /* _numeric */
    {1263, CRM_PG_ARRAY, 2275},      /* _cstring */
    {1266, CRM_PG_TIMETZ, 0},        /* timetz */
    {1270, CRM_PG_ARRAY, 1266},      /* _timetz */
    {1560, CRM_PG_BIT, 0},           /* bit */
    {1561, CRM_PG_ARRAY, 1560},      /* _bit */
    {1562, CRM_PG_BIT, 0},           /* varbit */
    {1563, CRM_PG_ARRAY, 1562},      /* _varbit */
    {1700, CRM_PG_NUMERIC, 0},       /* numeric */
    {2275, CRM_PG_TEXT, 0},          /* cstring */
    {2278, CRM_PG_TEXT, 0},          /* void */
    {2287, CRM_PG_ARRAY, 2249},      /* _record */
    {2950, CRM_PG_UUID, 0},          /* uuid */
    {2951, CRM_PG_ARRAY, 2950},      /* _uuid */
    {3802, CRM_PG_JSONB, 0},         /* jsonb */
    {3807, CRM_PG_ARRAY, 3802},      /* _jsonb */
    {3904, CRM_PG_RANGE, 23},        /* int4range */
    {3905, CRM_PG_ARRAY, 3904},      /* _int4range */
    {3906, CRM_PG_RANGE, 1700},      /* numrange */
    {3907, CRM_PG_ARRAY, 3906},      /* _numrange */
    {3908, CRM_PG_RANGE, 1114},      /* tsrange */
    {3909, CRM_PG_ARRAY, 3908},      /* _tsrange */
    {3910, CRM_PG_RANGE, 1184},      /* tstzrange */
    {3911, CRM_PG_ARRAY, 3910},      /* _tstzrange */
    {3912, CRM_PG_RANGE, 1082},      /* daterange */
    {3913, CRM_PG_ARRAY, 3912},      /* _daterange */
    {3926, CRM_PG_RANGE, 20},        /* int8range */
    {3927, CRM_PG_ARRAY, 3926},      /* _int8range */
    {4451, CRM_PG_MULTIRANGE, 3904}, /* int4multirange */
    {4532, CRM_PG_MULTIRANGE, 3906}, /* nummultirange */
    {4533, CRM_PG_MULTIRANGE, 3908}, /* tsmultirange */
    {4534, CRM_PG_MULTIRANGE, 3910}, /* tstzmultirange */
    {4535, CRM_PG_MULTIRANGE, 3912}, /* datemultirange */
    {4536, CRM_PG_MULTIRANGE, 3926}, /* int8multirange */
    {6150, CRM_PG_ARRAY, 4451},      /* _int4multirange */
    {6151, CRM_PG_ARRAY, 4532},      /* _nummultirange */
    {6152, CRM_PG_ARRAY, 4533},      /* _tsmultirange */
    {6153, CRM_PG_ARRAY, 4534},      /* _tstzmultirange */
    {6155, CRM_PG_ARRAY, 4535},      /* _datemultirange */
    {6157, CRM_PG_ARRAY, 4536},      /* _int8multirange */
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

int
crm_pg_type_add(crm_pg_types *types, crm_pg_type type)
{
    size_t at = 0;
    while (at < types->count && types->items[at].oid < type.oid) {
        at++;
    }
    if (at < types->count && types->items[at].oid == type.oid) {
        types->items[at] = type;
        return 0;
    }
    crm_pg_type *items =
        realloc(types->items, (types->count + 1) * sizeof(*items));
    if (items == NULL) {
        return -1;
    }
    memmove(items + at + 1, items + at, (types->count - at) * sizeof(*items));
    items[at] = type;
    types->items = items;
    types->count++;
    return 0;
}

void
crm_pg_decoder_clear(crm_pg_decoder *decoder)
{
    free(decoder->types.items);
    free(decoder->scratch);
    free(decoder->block);
    *decoder = (crm_pg_decoder){0};
}

int
crm_pg_make_room(char **buffer, size_t *cap, size_t need)
{
    if (need <= *cap) {
        return CRM_PG_OK;
    }
    size_t wanted = need < 256 ? 256 : need + need / 2;
    char *moved = realloc(*buffer, wanted);
    if (moved == NULL) {
        return CRM_PG_NOMEM;
    }
    *buffer = moved;
    *cap = wanted;
    return CRM_PG_OK;
}

/* Room for the text of a value, NULL when memory is out. */
static char *
scratch(crm_pg_decoder *decoder, size_t len)
{
    return crm_pg_make_room(&decoder->scratch, &decoder->scratch_cap, len) ==
                   CRM_PG_OK
               ? decoder->scratch
               : NULL;
}

/* ---- values of one piece ---------------------------------------------- */

static int
set_int(crm_cell *cell, crm_tag tag, int64_t value)
{
    cell->tag = (uint8_t)tag;
    cell->u.i = value;
    return CRM_PG_OK;
}

static int
set_double(crm_cell *cell, double value)
{
    cell->tag = CRM_DOUBLE;
    cell->u.d = value;
    return CRM_PG_OK;
}

static int
set_bytes(crm_cell *cell, crm_tag tag, const char *bytes, size_t len)
{
    cell->tag = (uint8_t)tag;
    cell->len = (uint32_t)len;
    cell->u.p = bytes;
    return CRM_PG_OK;
}

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
decode_numeric(crm_pg_decoder *decoder, const char *bytes, size_t len,
               crm_cell *cell)
{
    if (len < 8) {
        return CRM_PG_BROKEN;
    }
    int ndigits = (int)crm_pg_get16(bytes);
    int weight = (int16_t)crm_pg_get16(bytes + 2);
    unsigned sign = crm_pg_get16(bytes + 4);
    int scale = crm_pg_get16(bytes + 6);
    if (len != 8 + 2 * (size_t)ndigits || scale > 16383) {
        return CRM_PG_BROKEN;
    }
    const char *word = sign == NUMERIC_NAN              ? "NaN"
                       : sign == NUMERIC_INFINITY       ? "Infinity"
                       : sign == NUMERIC_MINUS_INFINITY ? "-Infinity"
                                                        : NULL;
    if (word != NULL) {
        return set_bytes(cell, CRM_NUMERIC, word, strlen(word));
    }
    if (sign != NUMERIC_POSITIVE && sign != NUMERIC_NEGATIVE) {
        return CRM_PG_BROKEN;
    }
    const char *digits = bytes + 8;
    for (int i = 0; i < ndigits; i++) {
        if (crm_pg_get16(digits + 2 * i) > 9999) {
            return CRM_PG_BROKEN;
        }
    }
    size_t groups_before = weight >= 0 ? (size_t)weight + 1 : 1;
    size_t groups_after = ((size_t)scale + 3) / 4;
    char *text = scratch(decoder, 2 + 4 * (groups_before + groups_after));
    if (text == NULL) {
        return CRM_PG_NOMEM;
    }
    char *p = text;
    if (sign == NUMERIC_NEGATIVE) {
        *p++ = '-';
    }
    char *first = p;
    for (int i = 0; i <= weight || i == 0; i++) {
        int at = weight >= 0 ? i : -1;
        p = put_group(
            p, at >= 0 && at < ndigits ? crm_pg_get16(digits + 2 * at) : 0);
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
            p = put_group(
                p, i >= 0 && i < ndigits ? crm_pg_get16(digits + 2 * i) : 0);
        }
        p = end;
    }
    return set_bytes(cell, CRM_NUMERIC, text, (size_t)(p - text));
}

/* Microseconds since 2000 as microseconds since year 1. */
static int
from_epoch(const char *bytes, int64_t *micros)
{
    int64_t value = (int64_t)crm_pg_get64(bytes);
    /* 10000-01-01 and 0001-01-01 */
    if (value >= INT64_C(252455616000000000)) {
        return CRM_PG_TOO_LATE;
    }
    if (value < -EPOCH_MICROS) {
        return CRM_PG_TOO_EARLY;
    }
    *micros = value + EPOCH_MICROS;
    return CRM_PG_OK;
}

static int
decode_date(const char *bytes, crm_cell *cell)
{
    int64_t days = (int64_t)(int32_t)crm_pg_get32(bytes) + EPOCH_DAYS;
    return days > 3652058 ? CRM_PG_TOO_LATE
           : days < 0     ? CRM_PG_TOO_EARLY
                          : set_int(cell, CRM_DATE, days);
}

static int
decode_time(const char *bytes, crm_cell *cell)
{
    int64_t micros = (int64_t)crm_pg_get64(bytes);
    if (micros < 0 || micros > INT64_C(86400000000)) {
        return CRM_PG_BROKEN;
    }
    return micros == INT64_C(86400000000) ? CRM_PG_HOUR_24
                                          : set_int(cell, CRM_TIME, micros);
}

static int
set_made(crm_pg_decoder *decoder, crm_cell *cell, crm_tag tag, const void *made,
         size_t len)
{
    char *text = scratch(decoder, len);
    if (text == NULL) {
        return CRM_PG_NOMEM;
    }
    memcpy(text, made, len);
    return set_bytes(cell, tag, text, len);
}

static int
decode_timestamptz(crm_pg_decoder *decoder, const char *bytes, crm_cell *cell)
{
    int64_t micros;
    int status = from_epoch(bytes, &micros);
    if (status < 0) {
        return status;
    }
    if (decoder->zone < 0) {
        cell->flags = CRM_CELL_UTC;
        return set_int(cell, CRM_TIMESTAMP, micros);
    }
    crm_zoned moment = {micros, decoder->zone, 0};
    return set_made(decoder, cell, CRM_MOMENT, &moment, sizeof(moment));
}

static int
decode_timetz(crm_pg_decoder *decoder, const char *bytes, crm_cell *cell)
{
    /* the server counts seconds west of UTC */
    int32_t west = (int32_t)crm_pg_get32(bytes + 8);
    crm_cell clock = {0};
    int status = decode_time(bytes, &clock);
    if (status < 0) {
        return status;
    }
    if (west <= -86400 || west >= 86400) {
        return CRM_PG_BROKEN;
    }
    crm_zoned time = {clock.u.i, -west, 0};
    return set_made(decoder, cell, CRM_TIMETZ, &time, sizeof(time));
}

static int
decode_interval(crm_pg_decoder *decoder, const char *bytes, crm_cell *cell)
{
    int32_t months = (int32_t)crm_pg_get32(bytes + 12);
    int64_t days = (int32_t)crm_pg_get32(bytes + 8);
    days += months / 12 * INT64_C(365) + months % 12 * 30;
    crm_interval interval = {(int64_t)crm_pg_get64(bytes), days};
    int64_t whole = days + interval.micros / INT64_C(86400000000);
    if (interval.micros % INT64_C(86400000000) < 0) {
        whole--;
    }
    if (whole < -999999999 || whole > 999999999) {
        return CRM_PG_TOO_LONG;
    }
    return set_made(decoder, cell, CRM_INTERVAL, &interval, sizeof(interval));
}

/* The longest run of zeros among the words of an IPv6 address, of those the
 * first, at *at: 0 if no two words follow each other. */
static unsigned
longest_zeros(const unsigned *words, unsigned *at)
{
    unsigned best = 1;
    for (unsigned i = 0; i < 8; i++) {
        unsigned n = 0;
        while (i + n < 8 && words[i + n] == 0) {
            n++;
        }
        if (n > best) {
            best = n;
            *at = i;
        }
        i += n;
    }
    return best > 1 ? best : 0;
}

/* Writes an IPv6 address as the server does: its longest run of zeros as ::,
 * and IPv4 addresses in it with dots.  The end of the text. */
static char *
put_ipv6(char *p, const unsigned char *b)
{
    unsigned words[8], at = 0;
    for (unsigned i = 0; i < 8; i++) {
        words[i] = (unsigned)b[2 * i] << 8 | b[2 * i + 1];
    }
    unsigned zeros = longest_zeros(words, &at);
    bool dotted = at == 0 && (zeros == 6 || (zeros == 5 && words[5] == 0xffff));
    for (unsigned i = 0; i < (dotted ? 6 : 8);) {
        if (zeros > 0 && i == at) {
            p += sprintf(p, "::");
            i += zeros;
            continue;
        }
        p += sprintf(p, i == 0 || i == at + zeros ? "%x" : ":%x", words[i]);
        i++;
    }
    if (dotted) {
        const char *before = zeros == 5 ? ":" : "";
        p += sprintf(p, "%s%u.%u.%u.%u", before, b[12], b[13], b[14], b[15]);
    }
    return p;
}

/* An address of bytes family (2: IPv4, 3: IPv6), bits, is_cidr, length. */
static int
decode_inet(crm_pg_decoder *decoder, const char *bytes, size_t len,
            crm_cell *cell)
{
    const unsigned char *b = (const unsigned char *)bytes;
    if (len < 4 || (b[0] != 2 && b[0] != 3)) {
        return CRM_PG_BROKEN;
    }
    unsigned size = b[0] == 2 ? 4 : 16;
    unsigned bits = b[1];
    if (b[3] != size || len != 4 + size || bits > size * 8) {
        return CRM_PG_BROKEN;
    }
    char *text = scratch(decoder, 64);
    if (text == NULL) {
        return CRM_PG_NOMEM;
    }
    char *p = text;
    if (size == 4) {
        p += sprintf(p, "%u.%u.%u.%u", b[4], b[5], b[6], b[7]);
    }
    else {
        p = put_ipv6(p, b + 4);
    }
    uint8_t flags = b[2] != 0         ? CRM_INET_NETWORK
                    : bits < size * 8 ? CRM_INET_INTERFACE
                                      : CRM_INET_ADDRESS;
    if (flags != CRM_INET_ADDRESS) {
        p += sprintf(p, "/%u", bits);
    }
    size_t text_len = (size_t)(p - text);
    if (decoder->inet_as_text) {
        return set_bytes(cell, CRM_TEXT, text, text_len);
    }
    cell->flags = flags;
    return set_bytes(cell, CRM_INET, text, text_len);
}

static int
decode_macaddr(crm_pg_decoder *decoder, const char *bytes, size_t len,
               crm_cell *cell)
{
    char *text = len == 6 || len == 8 ? scratch(decoder, 3 * 8 + 1) : NULL;
    if (text == NULL) {
        return len == 6 || len == 8 ? CRM_PG_NOMEM : CRM_PG_BROKEN;
    }
    for (size_t i = 0; i < len; i++) {
        sprintf(text + 3 * i, "%02x:", (unsigned char)bytes[i]);
    }
    return set_bytes(cell, CRM_TEXT, text, 3 * len - 1);
}

static int
decode_bit(crm_pg_decoder *decoder, const char *bytes, size_t len,
           crm_cell *cell)
{
    if (len < 4) {
        return CRM_PG_BROKEN;
    }
    uint32_t count = crm_pg_get32(bytes);
    if (count > INT32_MAX || len - 4 != ((size_t)count + 7) / 8) {
        return CRM_PG_BROKEN;
    }
    char *text = scratch(decoder, count + 1u);
    if (text == NULL) {
        return CRM_PG_NOMEM;
    }
    for (uint32_t i = 0; i < count; i++) {
        unsigned byte = (unsigned char)bytes[4 + i / 8];
        text[i] = byte >> (7 - i % 8) & 1 ? '1' : '0';
    }
    return set_bytes(cell, CRM_TEXT, text, count);
}

static double
float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* The float4 of these bits as the server writes it in decimal: the shortest
 * number that no other float4 is as near to.  0.1 is 0.1 and not
 * 0.10000000149011612. */
static double
shortest(uint32_t bits)
{
    double value = float_of(bits);
    /* (neither NaN nor infinite, and no whole number: those are exact) */
    int whole = value > -1e6 && value < 1e6 && value == (int32_t)value;
    if (value - value != 0.0 || whole) {
        return value;
    }
    double below = (value + float_of(bits - 1)) / 2;
    double above = (value + float_of(bits + 1)) / 2;
    if (above - above != 0.0) {
        above = value + (value - below); /* the largest of all */
    }
    for (int digits = 1; digits <= FLT_DECIMAL_DIG; digits++) {
        char text[32];
        snprintf(text, sizeof(text), "%.*g", digits, value);
        double rounded = strtod(text, NULL);
        if (value < 0 ? rounded < below && rounded > above
                      : rounded > below && rounded < above) {
            return rounded;
        }
    }
    return value;
}

#define NEED(size)            \
    if (len != (size)) {      \
        return CRM_PG_BROKEN; \
    }

int
crm_pg_scalar(crm_pg_decoder *decoder, const crm_pg_type *type,
              const char *bytes, size_t len, crm_cell *cell)
{
    switch ((crm_pg_kind)type->kind) {
        case CRM_PG_BOOL:
            NEED(1);
            return set_int(cell, CRM_BOOL, bytes[0] != 0);
        case CRM_PG_INT2:
            NEED(2);
            return set_int(cell, CRM_INT64, (int16_t)crm_pg_get16(bytes));
        case CRM_PG_INT4:
            NEED(4);
            return set_int(cell, CRM_INT64, (int32_t)crm_pg_get32(bytes));
        case CRM_PG_INT8:
            NEED(8);
            return set_int(cell, CRM_INT64, (int64_t)crm_pg_get64(bytes));
        case CRM_PG_OID:
            NEED(4);
            return set_int(cell, CRM_INT64, crm_pg_get32(bytes));
        case CRM_PG_FLOAT4:
            NEED(4);
            return set_double(cell, decoder->follows == CRM_PG_AS_ASYNCPG
                                        ? float_of(crm_pg_get32(bytes))
                                        : shortest(crm_pg_get32(bytes)));
        case CRM_PG_FLOAT8: {
            NEED(8);
            uint64_t bits = crm_pg_get64(bytes);
            double value;
            memcpy(&value, &bits, sizeof(value));
            return set_double(cell, value);
        }
        case CRM_PG_NUMERIC:
            return decode_numeric(decoder, bytes, len, cell);
        case CRM_PG_BYTEA:
            if (decoder->follows == CRM_PG_AS_PSYCOPG2) {
                cell->flags = CRM_CELL_VIEW;
            }
            return set_bytes(cell, CRM_BLOB, bytes, len);
        case CRM_PG_TEXT:
            if (type->oid == VOID_OID &&
                decoder->follows == CRM_PG_AS_ASYNCPG) {
                return set_int(cell, CRM_NULL, 0);
            }
            if (type->oid == CHAR_OID && len == 1 && *bytes == '\0') {
                len = 0; /* how an empty "char" is sent */
            }
            return set_bytes(cell, CRM_TEXT, bytes, len);
        case CRM_PG_JSON:
            return set_bytes(cell, CRM_JSON, bytes, len);
        case CRM_PG_JSONB:
            if (len < 1 || bytes[0] != 1) { /* version */
                return CRM_PG_BROKEN;
            }
            return set_bytes(cell, CRM_JSON, bytes + 1, len - 1);
        case CRM_PG_DATE:
            NEED(4);
            return decode_date(bytes, cell);
        case CRM_PG_TIME:
            NEED(8);
            return decode_time(bytes, cell);
        case CRM_PG_TIMETZ:
            NEED(12);
            return decode_timetz(decoder, bytes, cell);
        case CRM_PG_TIMESTAMP: {
            int64_t micros;
            NEED(8);
            int status = from_epoch(bytes, &micros);
            return status < 0 ? status : set_int(cell, CRM_TIMESTAMP, micros);
        }
        case CRM_PG_TIMESTAMPTZ:
            NEED(8);
            return decode_timestamptz(decoder, bytes, cell);
        case CRM_PG_INTERVAL:
            NEED(16);
            return decode_interval(decoder, bytes, cell);
        case CRM_PG_UUID:
            NEED(16);
            return set_bytes(cell, CRM_UUID, bytes, len);
        case CRM_PG_INET:
            return decode_inet(decoder, bytes, len, cell);
        case CRM_PG_MACADDR:
            return decode_macaddr(decoder, bytes, len, cell);
        case CRM_PG_BIT:
            return decode_bit(decoder, bytes, len, cell);
        default:
            return CRM_PG_BROKEN;
    }
}

int
crm_pg_decode(crm_pg_decoder *decoder, const crm_pg_type *type,
              const char *bytes, size_t len, crm_rows *rows, uint32_t col)
{
    crm_cell cell = {0};
    int status;
    if (type->kind < CRM_PG_HSTORE) {
        status = crm_pg_scalar(decoder, type, bytes, len, &cell);
    }
    else {
        status = crm_pg_compound(decoder, type, bytes, len, &cell);
    }
    if (status < 0) {
        return status;
    }
    if (!crm_tag_has_bytes(cell.tag)) {
        crm_rows_set(rows, col, cell.tag, cell.flags, (uint64_t)cell.u.i);
        return CRM_PG_OK;
    }
    if (crm_rows_put(rows, col, cell.tag, cell.u.p, cell.len) < 0) {
        return CRM_PG_NOMEM;
    }
    if (cell.tag == CRM_INET || cell.tag == CRM_BLOB) {
        crm_rows_set(rows, col, cell.tag, cell.flags, rows->current[col]);
    }
    return CRM_PG_OK;
}
