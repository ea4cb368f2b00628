/* cell.h: a raw database value, the same for every driver.  Plain C.
 *
 * A cell is 16 bytes; the rows of pages keep it in 9 (page.h).  Text and blob
 * bytes live elsewhere: in the page of the row (results) or in a buffer of the
 * caller (parameters); a cell never owns them.
 */
#ifndef CRM_CELL_H
#define CRM_CELL_H

#include <stdint.h>

typedef enum {
    CRM_NULL = 0,
    CRM_INT64,
    CRM_DOUBLE,
    CRM_TEXT, /* UTF-8 */
    CRM_BLOB,
    /* Typed forms that a driver with typed wire formats fills. */
    CRM_BOOL,      /* i: 0 or 1 */
    CRM_DATE,      /* i: days since 0001-01-01 (proleptic Gregorian) */
    CRM_TIME,      /* i: microseconds since midnight */
    CRM_TIMESTAMP, /* i: microseconds since 0001-01-01 00:00:00 */
    CRM_UUID,      /* p: 16 bytes, big endian */
    CRM_NUMERIC,   /* p: decimal text, ASCII */
    CRM_JSON,      /* p: JSON text, UTF-8 */
} crm_tag;

/* True of the tags whose value is bytes at p. */
static inline int
crm_tag_has_bytes(unsigned tag)
{
    const unsigned tags = 1u << CRM_TEXT | 1u << CRM_BLOB | 1u << CRM_UUID |
                          1u << CRM_NUMERIC | 1u << CRM_JSON;
    return tags >> tag & 1;
}

/* Two bits: a packed row (page.h) has no room for more. */
enum {
    CRM_CELL_ASCII = 1, /* text: every byte < 0x80 */
    CRM_CELL_UTC = 2,   /* timestamp: a moment, in UTC */
};

typedef struct {
    uint8_t tag;   /* crm_tag */
    uint8_t flags; /* CRM_CELL_* */
    uint16_t reserved;
    uint32_t len; /* bytes at p; TEXT, BLOB, UUID, NUMERIC, JSON */
    union {
        int64_t i;
        double d;
        const char *p;
    } u;
} crm_cell;

_Static_assert(sizeof(crm_cell) == 16, "a cell is 16 bytes");

#endif /* CRM_CELL_H */
