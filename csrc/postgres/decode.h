/* decode.h: PostgreSQL's binary formats of values into cells.  Plain C, without
 * libpq, so that it can be tested and fuzzed alone.
 *
 * The formats are those of the types' send functions (PostgreSQL's
 * src/backend/utils/adt); the bytes come from the server and are not trusted:
 * whatever they are, decoding stays inside of them.
 */
#ifndef CRM_PG_DECODE_H
#define CRM_PG_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plain/cell.h"
#include "plain/page.h"

/* How the bytes of a type are read. */
typedef enum {
    CRM_PG_UNKNOWN = 0, /* not known: the server has to turn it into text */
    CRM_PG_TEXT,        /* the bytes are the text */
    CRM_PG_BOOL,
    CRM_PG_INT2,
    CRM_PG_INT4,
    CRM_PG_INT8,
    CRM_PG_OID,
    CRM_PG_FLOAT4,
    CRM_PG_FLOAT8,
    CRM_PG_NUMERIC,
    CRM_PG_BYTEA,
    CRM_PG_DATE,
    CRM_PG_TIME,
    CRM_PG_TIMETZ,
    CRM_PG_TIMESTAMP,
    CRM_PG_TIMESTAMPTZ,
    CRM_PG_INTERVAL,
    CRM_PG_UUID,
    CRM_PG_JSON,
    CRM_PG_JSONB,
    CRM_PG_INET,
    CRM_PG_MACADDR,
    CRM_PG_BIT,
    CRM_PG_HSTORE,
    CRM_PG_ARRAY,
    CRM_PG_RANGE,
    CRM_PG_MULTIRANGE,
} crm_pg_kind;

typedef struct {
    uint32_t oid;
    uint8_t kind;  /* crm_pg_kind */
    uint32_t elem; /* type of the elements, 0 if it has none */
} crm_pg_type;

/* Types that are not built in, sorted by OID; a connection learns them. */
typedef struct {
    crm_pg_type *items; /* owned, malloc */
    size_t count;
} crm_pg_types;

/* What is known of a type; kind CRM_PG_UNKNOWN if nothing is. */
crm_pg_type crm_pg_type_find(const crm_pg_types *types, uint32_t oid);

/* Adds a type, or replaces what is known of it; -1 when memory is out. */
int crm_pg_type_add(crm_pg_types *types, crm_pg_type type);

/* The driver whose values are made, where they are not the same. */
typedef enum {
    CRM_PG_AS_PSYCOPG = 0,
    CRM_PG_AS_PSYCOPG2, /* bytes are views, numbers of parameters literals */
    CRM_PG_AS_ASYNCPG,  /* a float4 is what its bits are, void is None */
} crm_pg_follows;

/* Where values are put together; zeroed to begin with. */
typedef struct {
    crm_pg_types types;
    uint8_t follows;   /* crm_pg_follows */
    int32_t zone;      /* of the session, for timestamptz; negative: UTC */
    bool inet_as_text; /* addresses of networks are their text */
    char *scratch;     /* owned: text of one value */
    size_t scratch_cap;
    char *block; /* owned: a compound value */
    size_t block_len, block_cap;
} crm_pg_decoder;

void crm_pg_decoder_clear(crm_pg_decoder *decoder);

enum {
    CRM_PG_OK = 0,
    CRM_PG_BROKEN = -1, /* the bytes are not of this type */
    CRM_PG_NOMEM = -2,
    /* right for the server, but nothing that Python's datetime can hold */
    CRM_PG_TOO_LATE = -3,
    CRM_PG_TOO_EARLY = -4,
    CRM_PG_HOUR_24 = -5,
    CRM_PG_TOO_LONG = -6,
};

/* Reads a value (not NULL) into column `col` of the open row of `rows`. */
int crm_pg_decode(crm_pg_decoder *decoder, const crm_pg_type *type,
                  const char *bytes, size_t len, crm_rows *rows, uint32_t col);

/* The same for a value that is no compound one, into a zeroed cell; its bytes
 * are within `bytes`, or the scratch. */
int crm_pg_scalar(crm_pg_decoder *decoder, const crm_pg_type *type,
                  const char *bytes, size_t len, crm_cell *cell);

/* Makes an owned buffer hold `need` bytes; CRM_PG_NOMEM leaves it as it is. */
int crm_pg_make_room(char **buffer, size_t *cap, size_t need);

#endif /* CRM_PG_DECODE_H */
