/* reading.c: results into pages.  See pg_driver.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pg_driver.h"

/* Rows whose values the server turns into text at a time. */
#define TEXT_ROWS 1000

/* Types within each other: an array of multiranges of ranges of numbers. */
#define MOST_TYPES 8

enum {
    TEXT_OID = 25,
    TEXT_ARRAY_OID = 1009,
    RECORD_OID = 2249,
    FIRST_NORMAL_OID = 16384,
};

static bool
same_columns(const PGresult *a, const PGresult *b)
{
    int count = PQnfields(a);
    if (b == NULL || count != PQnfields(b)) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (PQftype(a, i) != PQftype(b, i) ||
            strcmp(PQfname(a, i), PQfname(b, i)) != 0) {
            return false;
        }
    }
    return true;
}

/* Whether to have an array of texts made of a type: elements that are built in
 * are read one by one, as other drivers do. */
static bool
is_array_of_built_in(crm_pg_type type)
{
    return type.kind == CRM_PG_ARRAY && type.elem < FIRST_NORMAL_OID &&
           type.elem != RECORD_OID;
}

/* True if the type and those inside of it can be decoded.  A server may say of
 * a type that it is inside of itself. */
static bool
is_known(const crm_pg_types *types, crm_pg_type type)
{
    for (int depth = 0; type.kind >= CRM_PG_ARRAY; depth++) {
        if (depth == MOST_TYPES) {
            return false;
        }
        type = crm_pg_type_find(types, type.elem);
    }
    return type.kind != CRM_PG_UNKNOWN;
}

int
crm_pg_learn_columns(crm_stmt *stmt, const PGresult *result, crm_error *err)
{
    crm_conn *conn = stmt->conn;
    if (same_columns(result, stmt->columns)) {
        return CRM_OK;
    }
    if (crm_pg_learn_types(conn, result, err) < 0) {
        return CRM_FAIL;
    }
    int count = PQnfields(result);
    PGresult *columns = PQcopyResult(result, PG_COPYRES_ATTRS);
    crm_pg_type *types = calloc((size_t)count + 1, sizeof(*types));
    if (columns == NULL || types == NULL) {
        PQclear(columns);
        free(types);
        return crm_pg_no_memory(err);
    }
    stmt->unknown = false;
    for (int i = 0; i < count; i++) {
        types[i] = crm_pg_type_find(&conn->decoder.types, PQftype(columns, i));
        if (!is_known(&conn->decoder.types, types[i])) {
            types[i].elem = is_array_of_built_in(types[i]) ? TEXT_OID : 0;
            types[i].kind = CRM_PG_UNKNOWN;
            stmt->unknown = true;
        }
    }
    PQclear(stmt->columns);
    free(stmt->column_types);
    stmt->columns = columns;
    stmt->columns_of = 0;
    stmt->column_types = types;
    return CRM_OK;
}

/* The zone of the session, for aware timestamps. */
static int
learn_zone(crm_stmt *stmt, int ncols, crm_error *err)
{
    crm_conn *conn = stmt->conn;
    bool needed = false;
    for (int i = 0; i < ncols; i++) {
        uint8_t kind = stmt->column_types[i].kind;
        needed |= kind == CRM_PG_TIMESTAMPTZ || kind >= CRM_PG_ARRAY;
    }
    const char *name = needed ? PQparameterStatus(conn->pg, "TimeZone") : NULL;
    if (name != NULL && strcmp(name, conn->zone) != 0) {
        int32_t zone = conn->host->zone(conn->host->ctx, name);
        if (zone == CRM_NO_ZONE) {
            return crm_pg_no_memory(err);
        }
        snprintf(conn->zone, sizeof(conn->zone), "%s", name);
        conn->decoder.zone = zone;
    }
    return CRM_OK;
}

static int
broken(const PGresult *result, int col, int status, crm_error *err)
{
    const char *why = status == CRM_PG_TOO_LATE    ? "large (after year 10K)"
                      : status == CRM_PG_TOO_EARLY ? "small (before year 1)"
                                                   : NULL;
    if (why != NULL) {
        return crm_fail(err, CRM_E_DATA,
                        "column \"%s\": date or timestamp too %s",
                        PQfname(result, col), why);
    }
    if (status == CRM_PG_TOO_LONG) {
        return crm_fail(err, CRM_E_DATA,
                        "column \"%s\": interval too large: days must have "
                        "magnitude <= 999999999",
                        PQfname(result, col));
    }
    if (status == CRM_PG_HOUR_24) {
        return crm_fail(err, CRM_E_DATA,
                        "column \"%s\": can't parse time '24:00:00': hour "
                        "must be in 0..23",
                        PQfname(result, col));
    }
    return crm_pg_broken(err, result, col);
}

static int
read_row(crm_stmt *stmt, const PGresult *result, int row, int ncols,
         PGresult ***texts, int text_row, crm_rows *rows, crm_error *err)
{
    if (crm_rows_begin(rows) < 0) {
        return crm_pg_no_memory(err);
    }
    for (int col = 0; col < ncols; col++) {
        int len = PQgetlength(result, row, col);
        if (len == 0 && PQgetisnull(result, row, col)) {
            continue; /* the row begins with NULLs */
        }
        int status;
        static const crm_pg_type text = {TEXT_OID, CRM_PG_TEXT, 0};
        static const crm_pg_type array = {TEXT_ARRAY_OID, CRM_PG_ARRAY,
                                          TEXT_OID};
        const crm_pg_type *type = &stmt->column_types[col];
        const char *bytes = PQgetvalue(result, row, col);
        if (type->kind == CRM_PG_UNKNOWN) {
            const PGresult *made = texts[col][text_row];
            type = type->elem != 0 ? &array : &text;
            bytes = PQgetvalue(made, 0, 0);
            len = PQgetlength(made, 0, 0);
        }
        status = crm_pg_decode(&stmt->conn->decoder, type, bytes, (size_t)len,
                               rows, (uint32_t)col);
        if (status != CRM_PG_OK) {
            crm_rows_abandon(rows);
            return status == CRM_PG_NOMEM ? crm_pg_no_memory(err)
                                          : broken(result, col, status, err);
        }
    }
    crm_rows_end(rows);
    return CRM_OK;
}

/* As crm_pg_read, for some rows with columns that the server makes text of. */
static int
read_texts(crm_stmt *stmt, const PGresult *result, int first, int count,
           int ncols, crm_rows *rows, crm_error *err)
{
    PGresult ***texts = calloc((size_t)ncols, sizeof(*texts));
    int status = CRM_OK;
    if (texts == NULL) {
        return crm_pg_no_memory(err);
    }
    for (int col = 0; col < ncols && status == CRM_OK; col++) {
        if (stmt->column_types[col].kind == CRM_PG_UNKNOWN) {
            bool array = stmt->column_types[col].elem != 0;
            texts[col] =
                crm_pg_texts(stmt->conn, result, col, array, first, count, err);
            status = texts[col] == NULL ? CRM_FAIL : CRM_OK;
        }
    }
    for (int i = 0; i < count && status == CRM_OK; i++) {
        status = read_row(stmt, result, first + i, ncols, texts, i, rows, err);
    }
    for (int col = 0; col < ncols; col++) {
        crm_pg_free_texts(texts[col], count);
    }
    free(texts);
    return status;
}

int
crm_pg_read(crm_stmt *stmt, const PGresult *result, int first, int count,
            crm_rows *rows, crm_error *err)
{
    int ncols = PQnfields(result);
    if (rows->npages == 0) {
        rows->ncols = (uint32_t)ncols;
    }
    else if (count > 0 && rows->ncols != (uint32_t)ncols) {
        return crm_fail(err, CRM_E_INTERNAL,
                        "the server sent rows of %u columns, then of %d",
                        rows->ncols, ncols);
    }
    if (learn_zone(stmt, ncols, err) < 0) {
        return CRM_FAIL;
    }
    int end = first + count;
    while (first < end) {
        if (!stmt->unknown) {
            if (read_row(stmt, result, first, ncols, NULL, 0, rows, err) < 0) {
                return CRM_FAIL;
            }
            first++;
            continue;
        }
        int some = end - first < TEXT_ROWS ? end - first : TEXT_ROWS;
        if (read_texts(stmt, result, first, some, ncols, rows, err) < 0) {
            return CRM_FAIL;
        }
        first += some;
    }
    return CRM_OK;
}
