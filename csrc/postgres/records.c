/* records.c: records on their way back to the server.
 *
 * A record without a type of its own is no parameter.  It goes as an expression
 * in which each of its values is one: ROW($1,$2), and an array of such as
 * ARRAY[ROW($1),ROW($2)].
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pg_driver.h"
#include "wire.h"

enum {
    TEXT_OID = 25,
    UNKNOWN_OID = 705,
    RECORD_OID = 2249,
    RECORD_ARRAY_OID = 2287,
};

#define MAX_PARAMETERS 65535
#define MAX_DEPTH      100

bool
crm_pg_is_record(Oid type)
{
    return type == RECORD_OID || type == RECORD_ARRAY_OID;
}

static void
record_free(crm_pg_record *self)
{
    free(self->sql);
    free(self->types);
    free(self->values);
    free(self->lengths);
    free(self->formats);
}

/* Room for the parameters of a record of so many bytes: CRM_PG_OK or
 * CRM_PG_NOMEM, and is to be freed in both cases. */
static int
record_init(crm_pg_record *self, size_t len)
{
    size_t most = len / 8 + 1; /* type and length of each are eight bytes */
    if (most > MAX_PARAMETERS) {
        most = MAX_PARAMETERS;
    }
    *self = (crm_pg_record){
        .most = (int)most,
        .types = malloc(most * sizeof(Oid)),
        .values = malloc(most * sizeof(char *)),
        .lengths = malloc(most * sizeof(int)),
        .formats = malloc(most * sizeof(int)),
    };
    return self->types != NULL && self->values != NULL &&
                   self->lengths != NULL && self->formats != NULL
               ? CRM_PG_OK
               : CRM_PG_NOMEM;
}

/* Goes on with the SQL: CRM_PG_OK or CRM_PG_NOMEM. */
static int
put(crm_pg_record *self, const char *text)
{
    size_t len = strlen(text);
    if (crm_pg_make_room(&self->sql, &self->cap, self->len + len + 1) < 0) {
        return CRM_PG_NOMEM;
    }
    memcpy(self->sql + self->len, text, len + 1);
    self->len += len;
    return CRM_PG_OK;
}

/* Adds a parameter, NULL for a length of -1. */
static int
add_parameter(crm_pg_record *self, Oid type, const char *bytes, int length)
{
    char name[16];
    int at = self->count;
    if (at == self->most) {
        return CRM_PG_BROKEN;
    }
    self->count++;
    self->types[at] =
        type == UNKNOWN_OID || crm_pg_is_record(type) ? TEXT_OID : type;
    self->values[at] = length < 0 ? NULL : bytes;
    self->lengths[at] = length;
    self->formats[at] = 1;
    snprintf(name, sizeof(name), "$%d", at + 1);
    return put(self, name);
}

static int add_value(crm_pg_record *self, Oid type, const char *bytes,
                     size_t len, int depth);

/* Adds a record, whose bytes are the number of fields, then of each the type,
 * the length, the value. */
static int
add_record(crm_pg_record *self, const char *bytes, size_t len, int depth)
{
    const char *end = bytes + len;
    if (len < 4) {
        return CRM_PG_BROKEN;
    }
    uint32_t count = crm_pg_get32(bytes);
    bytes += 4;
    int status = put(self, "ROW(");
    for (uint32_t i = 0; i < count && status == CRM_PG_OK; i++) {
        if (end - bytes < 8) {
            return CRM_PG_BROKEN;
        }
        Oid type = crm_pg_get32(bytes);
        int length = (int)crm_pg_get32(bytes + 4);
        bytes += 8;
        if (length < -1 || length > end - bytes) {
            return CRM_PG_BROKEN;
        }
        if (i > 0) {
            status = put(self, ",");
        }
        if (status == CRM_PG_OK) {
            status = length < 0
                         ? add_parameter(self, type, NULL, -1)
                         : add_value(self, type, bytes, (size_t)length, depth);
        }
        bytes += length < 0 ? 0 : length;
    }
    if (status == CRM_PG_OK) {
        status = put(self, ")");
    }
    return status == CRM_PG_OK && bytes != end ? CRM_PG_BROKEN : status;
}

/* Adds an array of records: dimensions, a flag, the type of the elements, the
 * size and lower bound of each dimension, then of each element the length and
 * the record. */
static int
add_array(crm_pg_record *self, const char *bytes, size_t len, int depth)
{
    const char *end = bytes + len;
    if (len < 12) {
        return CRM_PG_BROKEN;
    }
    uint32_t ndim = crm_pg_get32(bytes);
    if (ndim > CRM_MAX_DIMS || len - 12 < ndim * 8 ||
        crm_pg_get32(bytes + 8) != RECORD_OID) {
        return CRM_PG_BROKEN;
    }
    const char *sizes = bytes + 12;
    bytes = sizes + ndim * 8;
    if (ndim == 0) {
        return bytes == end ? put(self, "'{}'::record[]") : CRM_PG_BROKEN;
    }
    /* how many elements are within one bracket of each dimension */
    uint64_t within[CRM_MAX_DIMS], count = 1;
    for (uint32_t dim = ndim; dim-- > 0;) {
        count *= crm_pg_get32(sizes + dim * 8);
        if (count == 0 || count > (size_t)(end - bytes) / 4) {
            return CRM_PG_BROKEN;
        }
        within[dim] = count;
    }
    int status = put(self, "ARRAY");
    for (uint64_t i = 0; i < count && status == CRM_PG_OK; i++) {
        if (end - bytes < 4) {
            return CRM_PG_BROKEN;
        }
        int length = (int)crm_pg_get32(bytes);
        bytes += 4;
        if (length < -1 || length > end - bytes) {
            return CRM_PG_BROKEN;
        }
        if (i > 0) {
            status = put(self, ",");
        }
        for (uint32_t dim = 0; dim < ndim && status == CRM_PG_OK; dim++) {
            status = i % within[dim] == 0 ? put(self, "[") : CRM_PG_OK;
        }
        if (status == CRM_PG_OK) {
            status = length < 0 ? put(self, "NULL::record")
                                : add_value(self, RECORD_OID, bytes,
                                            (size_t)length, depth);
        }
        for (uint32_t dim = 0; dim < ndim && status == CRM_PG_OK; dim++) {
            status = (i + 1) % within[dim] == 0 ? put(self, "]") : CRM_PG_OK;
        }
        bytes += length < 0 ? 0 : length;
    }
    return status == CRM_PG_OK && bytes != end ? CRM_PG_BROKEN : status;
}

/* Adds a value within `depth` others: CRM_PG_OK, CRM_PG_NOMEM, or CRM_PG_BROKEN
 * also for what no statement has the parameters for. */
static int
add_value(crm_pg_record *self, Oid type, const char *bytes, size_t len,
          int depth)
{
    if (depth == MAX_DEPTH) {
        return CRM_PG_BROKEN;
    }
    switch (type) {
        case RECORD_OID:
            return add_record(self, bytes, len, depth + 1);
        case RECORD_ARRAY_OID:
            return add_array(self, bytes, len, depth + 1);
        default:
            return add_parameter(self, type, bytes, (int)len);
    }
}

void
crm_pg_records_free(crm_pg_record *records, int count)
{
    for (int i = 0; records != NULL && i < count; i++) {
        record_free(&records[i]);
    }
    free(records);
}

crm_pg_record *
crm_pg_records_new(const PGresult *result, int col, int first, int count,
                   crm_error *err)
{
    crm_pg_record *records = calloc((size_t)count, sizeof(*records));
    int status = records == NULL ? CRM_PG_NOMEM : CRM_PG_OK;
    for (int i = 0; status == CRM_PG_OK && i < count; i++) {
        if (PQgetisnull(result, first + i, col)) {
            continue;
        }
        size_t len = (size_t)PQgetlength(result, first + i, col);
        status = record_init(&records[i], len);
        if (status == CRM_PG_OK) {
            status = put(&records[i], "SELECT ");
        }
        if (status == CRM_PG_OK) {
            status = add_value(&records[i], PQftype(result, col),
                               PQgetvalue(result, first + i, col), len, 0);
        }
        if (status == CRM_PG_OK) {
            status = put(&records[i], "::text");
        }
    }
    if (status == CRM_PG_OK) {
        return records;
    }
    crm_pg_records_free(records, count);
    (void)(status == CRM_PG_NOMEM ? crm_pg_no_memory(err)
                                  : crm_pg_broken(err, result, col));
    return NULL;
}
