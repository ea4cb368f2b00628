/* Records without a type as queries for their text: whatever the server sends,
 * what is made of it stays within its bytes, and names each parameter once and
 * in order.  The first byte says whether it is one record or an array. */
#include <string.h>

#include "postgres/pg_driver.h"
#include "../c/check.h"

/* The one value that the result has, instead of libpq's. */
static struct {
    char *bytes;
    int len;
    Oid type;
} cell;

int
PQgetisnull(const PGresult *result, int row, int col)
{
    (void)result, (void)col;
    return row == 1;
}

int
PQgetlength(const PGresult *result, int row, int col)
{
    (void)result, (void)row, (void)col;
    return cell.len;
}

char *
PQgetvalue(const PGresult *result, int row, int col)
{
    (void)result, (void)row, (void)col;
    return cell.bytes;
}

Oid
PQftype(const PGresult *result, int col)
{
    (void)result, (void)col;
    return cell.type;
}

int
crm_pg_no_memory(crm_error *err)
{
    err->cls = CRM_E_MEMORY;
    return CRM_FAIL;
}

int
crm_pg_broken(crm_error *err, const PGresult *result, int col)
{
    (void)result, (void)col;
    err->cls = CRM_E_DATA;
    return CRM_FAIL;
}

static void
check(const crm_pg_record *record)
{
    const char *at = record->sql, *end = cell.bytes + cell.len;
    CHECK(strncmp(at, "SELECT ", 7) == 0);
    CHECK(strlen(at) == record->len && record->len < record->cap);
    CHECK(record->count <= record->most);
    int brackets = 0;
    for (int next = 1; *at != '\0'; at++) {
        brackets += (*at == '(' || *at == '[') - (*at == ')' || *at == ']');
        CHECK(brackets >= 0);
        if (*at == '$') {
            CHECK(next <= record->count && atoi(at + 1) == next);
            next++;
        }
    }
    CHECK(brackets == 0 && strcmp(at - 6, "::text") == 0);
    for (int i = 0; i < record->count; i++) {
        const char *value = record->values[i];
        int length = record->lengths[i];
        CHECK(record->formats[i] == 1 && !crm_pg_is_record(record->types[i]));
        CHECK((value == NULL) == (length < 0));
        CHECK(value == NULL || (value >= cell.bytes && length <= end - value));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    /* of exactly this size, so that a byte read too far is seen */
    cell.len = (int)size - 1;
    cell.type = data[0] & 1 ? 2287 : 2249; /* record[], record */
    cell.bytes = malloc(size - 1);
    CHECK(size == 1 || cell.bytes != NULL);
    memcpy(cell.bytes, data + 1, size - 1);
    crm_error err = {0};
    crm_pg_record *records = crm_pg_records_new(NULL, 0, 0, 2, &err);
    if (records != NULL) {
        check(&records[0]);
        CHECK(records[1].sql == NULL);
        crm_pg_records_free(records, 2);
    }
    else {
        CHECK(err.cls == CRM_E_DATA);
    }
    free(cell.bytes);
    return 0;
}
