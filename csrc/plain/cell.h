/* cell.h: a raw database value, the same for every driver.  Plain C.
 *
 * A cell is 16 bytes; the rows of pages keep it in 9 (page.h).  Text and blob
 * bytes live elsewhere: in the page of the row (results) or in a buffer of the
 * caller (parameters); a cell never owns them.
 */
#ifndef CRM_CELL_H
#define CRM_CELL_H

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    CRM_NULL = 0,
    CRM_INT64,
    CRM_DOUBLE,
    CRM_TEXT, /* UTF-8 */
    CRM_BLOB,
    /* Typed forms that a driver with typed wire formats fills. */
    CRM_BOOL,       /* i: 0 or 1 */
    CRM_DATE,       /* i: days since 0001-01-01 (proleptic Gregorian) */
    CRM_TIME,       /* i: microseconds since midnight */
    CRM_TIMESTAMP,  /* i: microseconds since 0001-01-01 00:00:00 */
    CRM_UUID,       /* p: 16 bytes, big endian */
    CRM_NUMERIC,    /* p: decimal text, ASCII */
    CRM_JSON,       /* p: JSON text, UTF-8 */
    CRM_INTERVAL,   /* p: crm_interval */
    CRM_TIMETZ,     /* p: crm_zoned: microseconds since midnight, offset */
    CRM_MOMENT,     /* p: crm_zoned: as TIMESTAMP in UTC, number of its zone */
    CRM_INET,       /* p: address text; flags: crm_inet_kind */
    CRM_ARRAY,      /* p: crm_nested with its cells, by rows */
    CRM_RANGE,      /* p: crm_nested with two cells: lower, upper bound */
    CRM_MULTIRANGE, /* p: crm_nested with a RANGE cell each */
    CRM_MAP,        /* p: crm_nested with cells key, value, key, value … */
    CRM_LIST,       /* parameters: p: crm_elements and the text of an array */
} crm_tag;

/* True of the tags whose value is bytes at p. */
static inline int
crm_tag_has_bytes(unsigned tag)
{
    const unsigned tags =
        1u << CRM_TEXT | 1u << CRM_BLOB | 1u << CRM_UUID | 1u << CRM_NUMERIC |
        1u << CRM_JSON | 1u << CRM_INTERVAL | 1u << CRM_TIMETZ |
        1u << CRM_MOMENT | 1u << CRM_INET | 1u << CRM_ARRAY | 1u << CRM_RANGE |
        1u << CRM_MULTIRANGE | 1u << CRM_MAP | 1u << CRM_LIST;
    return tags >> tag & 1;
}

/* Two bits: a packed row (page.h) has no room for more. */
enum {
    CRM_CELL_ASCII = 1, /* text: every byte < 0x80 */
    CRM_CELL_UTC = 2,   /* timestamp: a moment, in UTC */
    CRM_CELL_VIEW = 1,  /* blob: a memoryview where no type says otherwise */
};

typedef struct {
    uint8_t tag;      /* crm_tag */
    uint8_t flags;    /* CRM_CELL_* */
    uint16_t as_text; /* parameters: the server cannot infer the type of text or
                         NULL here */
    uint32_t len;     /* bytes at p, see crm_tag_has_bytes */
    union {
        int64_t i;
        double d;
        const char *p;
    } u;
} crm_cell;

/* Whether a NUMERIC's text is that of a whole number that 64 bits hold, which
 * as a literal is an integer. */
static inline bool
crm_is_integer(const crm_cell *cell, int64_t *value)
{
    bool sign = cell->len > 0 && cell->u.p[0] == '-';
    uint32_t digits = cell->len - sign;
    uint64_t sum = 0;
    for (uint32_t i = sign; i < cell->len; i++) {
        if (cell->u.p[i] < '0' || cell->u.p[i] > '9' || digits > 19) {
            return false;
        }
        sum = sum * 10 + (uint64_t)(cell->u.p[i] - '0');
    }
    if (digits == 0 || sum > (uint64_t)INT64_MAX + sign) {
        return false;
    }
    *value = sign ? (int64_t)(0 - sum) : (int64_t)sum;
    return true;
}

/* The bytes of an INTERVAL: a month counts 30 days, twelve of them 365. */
typedef struct {
    int64_t micros;
    int64_t days;
} crm_interval;

/* The bytes of a TIMETZ or MOMENT. */
typedef struct {
    int64_t micros;
    int32_t zone; /* TIMETZ: seconds east of UTC; MOMENT: see crm_host */
    int32_t reserved;
} crm_zoned;

/* What an INET cell is: the flags. */
typedef enum {
    CRM_INET_ADDRESS = 0,
    CRM_INET_INTERFACE, /* an address with the bits of its network */
    CRM_INET_NETWORK,
} crm_inet_kind;

enum {
    CRM_MAX_DIMS = 6
};

/* What stands before the cells of a compound value, at no particular alignment.
 * In the cells u.i takes the place of u.p: bytes from the start of this one, of
 * the outermost compound value. */
typedef struct {
    uint32_t count; /* cells */
    uint32_t ndim;  /* ARRAY: 0 if it is empty; RANGE: crm_range_flags */
    uint32_t dims[CRM_MAX_DIMS];
} crm_nested;

typedef enum {
    CRM_RANGE_EMPTY = 1,
    CRM_RANGE_LOWER_INC = 2,
    CRM_RANGE_UPPER_INC = 4,
} crm_range_flags;

/* Of what classes the elements of a list are that no column's type stands for:
 * bits, in the order of their names in Python. */
typedef enum {
    CRM_OF_DECIMAL = 1 << 0,
    CRM_OF_ADDRESS = 1 << 1,
    CRM_OF_NETWORK = 1 << 2,
    CRM_OF_UUID = 1 << 3,
    CRM_OF_BOOL = 1 << 4,
    CRM_OF_BYTES = 1 << 5,
    CRM_OF_DATE = 1 << 6,
    CRM_OF_TIMESTAMP = 1 << 7,
    CRM_OF_TIMESTAMPTZ = 1 << 8,
    CRM_OF_FLOAT = 1 << 9,
    CRM_OF_INT = 1 << 10,
    CRM_OF_STR = 1 << 11,
    CRM_OF_TIME = 1 << 12,
    CRM_OF_TIMETZ = 1 << 13,
    CRM_OF_INTERVAL = 1 << 14,
} crm_list_class;

/* The least type of numbers that holds each of a list's as a literal is read:
 * 1.5 is a decimal, whichever its class. */
typedef enum {
    CRM_HOLDS_INT32 = 0,
    CRM_HOLDS_INT64,
    CRM_HOLDS_NUMERIC,
    CRM_HOLDS_DOUBLE, /* some are not finite */
} crm_list_number;

/* What stands before the text of a LIST, at no particular alignment; a NUL is
 * behind that. */
typedef struct {
    uint32_t classes; /* crm_list_class; 0: no elements but NULL */
    uint32_t number;  /* crm_list_number */
} crm_elements;

_Static_assert(sizeof(crm_cell) == 16, "a cell is 16 bytes");

#endif /* CRM_CELL_H */
