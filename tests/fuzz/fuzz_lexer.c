/* SQL looked over for its end and its kind: what is found lies in the text, and
 * a comment before it changes nothing. */
#include <string.h>

#include "postgres/pg_driver.h"
#include "../c/check.h"

static const char *
scan(crm_stmt *stmt, const char *sql)
{
    *stmt = (crm_stmt){0};
    const char *rest = crm_pg_scan(stmt, sql);
    size_t len = strlen(sql);
    for (const char *at = crm_pg_next_param(sql, sql + len); at < sql + len;
         at = crm_pg_next_param(at + 1, sql + len)) {
        const char *type;
        size_t type_len;
        const char *after = crm_pg_skip_param(at, &type, &type_len);
        CHECK(after == NULL || (after > at && after <= sql + len));
        CHECK(after == NULL || type == NULL ||
              (type > at && type_len > 0 && type + type_len <= after));
    }
    CHECK(rest == NULL || (rest > sql && rest < sql + len));
    if (stmt->values_to != 0) {
        CHECK(stmt->kind == CRM_PG_INSERT);
        CHECK(stmt->values_word < stmt->values_from);
        CHECK(stmt->values_from < stmt->values_to && stmt->values_to <= len);
        CHECK(sql[stmt->values_from] == '(' && sql[stmt->values_to - 1] == ')');
    }
    return rest;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char before[] = " /* ; '/* $$ */ ( */-- insert \"\n";
    const size_t shift = sizeof(before) - 1;
    crm_stmt stmt, again;
    /* of exactly this size, so that a byte read too far is seen */
    char *sql = malloc(size + 1), *longer = malloc(shift + size + 1);
    CHECK(sql != NULL && longer != NULL);
    memcpy(sql, data, size);
    sql[size] = '\0';
    memcpy(longer, before, shift);
    memcpy(longer + shift, sql, size + 1);
    const char *rest = scan(&stmt, sql);
    const char *longer_rest = scan(&again, longer);
    CHECK((rest == NULL) == (longer_rest == NULL));
    CHECK(rest == NULL || rest - sql == longer_rest - longer - (long)shift);
    CHECK(stmt.kind == again.kind && stmt.reads == again.reads);
    CHECK((stmt.values_to == 0) == (again.values_to == 0));
    if (stmt.values_to != 0) {
        CHECK(stmt.values_from + shift == again.values_from);
        CHECK(stmt.values_to + shift == again.values_to);
    }
    if (rest != NULL) {
        /* what comes after the first statement has no part in it */
        sql[rest - sql] = '\0';
        CHECK(scan(&again, sql) == NULL);
        CHECK(stmt.kind == again.kind && stmt.reads == again.reads);
        CHECK(stmt.values_from == again.values_from);
        CHECK(stmt.values_to == again.values_to);
    }
    free(sql);
    free(longer);
    return 0;
}
