/* statement.c: PostgreSQL statements: parameters, runs, and rows into pages. */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pg_driver.h"

#define MAX_PARAMS 65535

/* ---- statements ------------------------------------------------------- */

int
crm_pg_prepare(crm_conn *conn, const char *sql, size_t len, crm_stmt **out,
               crm_error *err)
{
    *out = NULL;
    if (memchr(sql, '\0', len) != NULL) {
        return crm_pg_fail(err, CRM_E_PROGRAMMING,
                           "the query contains a null character");
    }
    crm_stmt *stmt = calloc(1, sizeof(*stmt));
    char *copy = malloc(len + 1);
    if (stmt == NULL || copy == NULL) {
        free(stmt);
        free(copy);
        return crm_pg_no_memory(err);
    }
    memcpy(copy, sql, len);
    copy[len] = '\0';
    stmt->conn = conn;
    stmt->sql = copy;
    stmt->changes = -1;
    stmt->next = conn->statements;
    if (stmt->next != NULL) {
        stmt->next->prev = stmt;
    }
    conn->statements = stmt;
    *out = stmt;
    return CRM_OK;
}

static void
free_params(crm_stmt *stmt)
{
    free(stmt->types);
    free(stmt->values);
    free(stmt->lengths);
    free(stmt->formats);
    free(stmt->numbers);
    stmt->types = NULL;
    stmt->values = NULL;
    stmt->lengths = stmt->formats = NULL;
    stmt->numbers = NULL;
    stmt->nparams = 0;
}

/* The server's copy goes with the next statement. */
static void
forget_name(crm_stmt *stmt)
{
    if (stmt->name != 0) {
        crm_pg_later(stmt->conn, "DEALLOCATE crm_%llu",
                     (unsigned long long)stmt->name);
        stmt->name = 0;
    }
}

void
crm_pg_finalize(crm_stmt *stmt)
{
    if (stmt == NULL) {
        return;
    }
    forget_name(stmt);
    if (stmt->prev != NULL) {
        stmt->prev->next = stmt->next;
    }
    else {
        stmt->conn->statements = stmt->next;
    }
    if (stmt->next != NULL) {
        stmt->next->prev = stmt->prev;
    }
    PQclear(stmt->result);
    PQclear(stmt->columns);
    free(stmt->column_types);
    free_params(stmt);
    free(stmt->sql);
    free(stmt);
}

size_t
crm_pg_param_count(crm_stmt *stmt)
{
    return stmt->nparams;
}

size_t
crm_pg_column_count(crm_stmt *stmt)
{
    return stmt->columns == NULL ? 0 : (size_t)PQnfields(stmt->columns);
}

const char *
crm_pg_column_name(crm_stmt *stmt, size_t column)
{
    return PQfname(stmt->columns, (int)column);
}

int64_t
crm_pg_changes(crm_stmt *stmt)
{
    return stmt->changes;
}

void
crm_pg_reset_stmt(crm_stmt *stmt)
{
    PQclear(stmt->result);
    stmt->result = NULL;
    stmt->running = false;
}

/* ---- sending ---------------------------------------------------------- */

static int
set_param_count(crm_stmt *stmt, size_t count, crm_error *err)
{
    if (count > MAX_PARAMS) {
        return crm_pg_fail(err, CRM_E_OPERATIONAL,
                           "number of parameters must be between 0 and %d",
                           MAX_PARAMS);
    }
    free_params(stmt);
    stmt->types = calloc(count + 1, sizeof(*stmt->types));
    stmt->values = calloc(count + 1, sizeof(*stmt->values));
    stmt->lengths = calloc(count + 1, sizeof(*stmt->lengths));
    stmt->formats = calloc(count + 1, sizeof(*stmt->formats));
    stmt->numbers = calloc(count + 1, sizeof(*stmt->numbers));
    if (stmt->types == NULL || stmt->values == NULL || stmt->lengths == NULL ||
        stmt->formats == NULL || stmt->numbers == NULL) {
        free_params(stmt);
        return crm_pg_no_memory(err);
    }
    stmt->nparams = count;
    return CRM_OK;
}

int
crm_pg_bind(crm_stmt *stmt, const crm_cell *cells, size_t count, crm_error *err)
{
    crm_pg_reset_stmt(stmt);
    stmt->changes = -1;
    stmt->cells = cells;
    if ((count != stmt->nparams || stmt->types == NULL) &&
        set_param_count(stmt, count, err) < 0) {
        return CRM_FAIL;
    }
    for (size_t i = 0; i < count; i++) {
        if (cells[i].len > INT_MAX) {
            return crm_pg_fail(err, CRM_E_DATA, "a parameter is too large");
        }
        Oid wanted = crm_pg_type_of(&cells[i]);
        if (!crm_pg_type_takes(stmt->types[i], wanted)) {
            stmt->types[i] = wanted;
            forget_name(stmt);
        }
    }
    return crm_pg_encode(stmt, cells, err);
}

/* Sends what has been waiting, each as a statement of the open pipeline;
 * counts them. */
static int
send_pending(crm_conn *conn, int *extra)
{
    while (conn->pending != NULL) {
        crm_pg_text *text = conn->pending;
        if (!PQsendQueryParams(conn->pg, text->sql, 0, NULL, NULL, NULL, NULL,
                               0)) {
            return -1;
        }
        (*extra)++;
        conn->pending = text->next;
        free(text);
    }
    if (conn->begin_pending) {
        if (!PQsendQueryParams(conn->pg, conn->begin_sql, 0, NULL, NULL, NULL,
                               NULL, 0)) {
            return -1;
        }
        (*extra)++;
        conn->begin_pending = false;
    }
    return 0;
}

static int
send_statement(crm_stmt *stmt, const char *name)
{
    PGconn *pg = stmt->conn->pg;
    int count = (int)stmt->nparams;
    return name != NULL ? PQsendQueryPrepared(pg, name, count, stmt->values,
                                              stmt->lengths, stmt->formats, 1)
                        : PQsendQueryParams(pg, stmt->sql, count, stmt->types,
                                            stmt->values, stmt->lengths,
                                            stmt->formats, 1);
}

/* Sends the bound statement with all that goes before it. */
static int
send(crm_stmt *stmt, crm_error *err)
{
    crm_conn *conn = stmt->conn;
    PGconn *pg = conn->pg;
    char name[32];
    bool parse = stmt->name == 0 && conn->prepare_threshold >= 0 &&
                 stmt->uses >= (uint32_t)conn->prepare_threshold;
    if (parse) {
        stmt->name = ++conn->last_name;
    }
    snprintf(name, sizeof(name), "crm_%llu", (unsigned long long)stmt->name);
    const char *named = stmt->name == 0 ? NULL : name;
    if (stmt->uses != UINT32_MAX) {
        stmt->uses++;
    }
    stmt->extra = -1;
    if (!parse && !conn->begin_pending && conn->pending == NULL) {
        if (!send_statement(stmt, named)) {
            return crm_pg_conn_error(err, pg);
        }
        stmt->running = true;
        return CRM_OK;
    }
    stmt->extra = 0;
    if (!PQenterPipelineMode(pg)) {
        return crm_pg_conn_error(err, pg);
    }
    stmt->running = true;
    if (send_pending(conn, &stmt->extra) < 0) {
        return crm_pg_conn_error(err, pg);
    }
    if (parse) {
        if (!PQsendPrepare(pg, name, stmt->sql, (int)stmt->nparams,
                           stmt->types)) {
            return crm_pg_conn_error(err, pg);
        }
        stmt->extra++;
    }
    if (!send_statement(stmt, named) || !PQpipelineSync(pg)) {
        return crm_pg_conn_error(err, pg);
    }
    return CRM_OK;
}

/* ---- results ---------------------------------------------------------- */

/* Takes the results of what was sent: the statement's goes to stmt->result.
 * The first error of all is the run's. */
static int
collect(crm_stmt *stmt, crm_error *err)
{
    crm_conn *conn = stmt->conn;
    PGconn *pg = conn->pg;
    int before = stmt->extra; /* results to come before the statement's */
    bool pipeline = before >= 0;
    PGresult *kept = NULL;
    PGresult *failed = NULL;
    for (;;) {
        PGresult *result = PQgetResult(pg);
        if (result == NULL) {
            if (!pipeline || PQstatus(pg) == CONNECTION_BAD) {
                break;
            }
            before--; /* each statement of a pipeline ends with one */
            continue;
        }
        switch (PQresultStatus(result)) {
            case PGRES_PIPELINE_SYNC:
                PQclear(result);
                goto end;
            case PGRES_PIPELINE_ABORTED:
                PQclear(result);
                break;
            case PGRES_COMMAND_OK:
            case PGRES_TUPLES_OK:
            case PGRES_EMPTY_QUERY:
                if (before > 0) {
                    PQclear(result);
                }
                else {
                    PQclear(kept);
                    kept = result;
                }
                break;
            case PGRES_COPY_IN:
                PQputCopyEnd(pg, "COPY is not supported here");
                PQclear(result);
                break;
            case PGRES_COPY_OUT: {
                char *buffer;
                while (PQgetCopyData(pg, &buffer, 0) > 0) {
                    PQfreemem(buffer);
                }
                PQclear(result);
                break;
            }
            default:
                if (failed == NULL) {
                    failed = result;
                }
                else {
                    PQclear(result);
                }
                break;
        }
    }
end:
    if (pipeline) {
        PQexitPipelineMode(pg);
    }
    stmt->running = false;
    if (failed != NULL) {
        PQclear(kept);
        stmt->name = 0;
        return crm_pg_result_error(err, conn, failed);
    }
    if (kept == NULL) {
        return crm_pg_conn_error(err, pg);
    }
    stmt->result = kept;
    stmt->next_row = 0;
    return CRM_OK;
}

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

/* Learns the columns of the result, unless they are those of the last one. */
static int
describe(crm_stmt *stmt, crm_error *err)
{
    if (same_columns(stmt->result, stmt->columns)) {
        return CRM_OK;
    }
    int count = PQnfields(stmt->result);
    PGresult *columns = PQcopyResult(stmt->result, PG_COPYRES_ATTRS);
    crm_pg_type *types = calloc((size_t)count + 1, sizeof(*types));
    if (columns == NULL || types == NULL) {
        PQclear(columns);
        free(types);
        return crm_pg_no_memory(err);
    }
    for (int i = 0; i < count; i++) {
        types[i] = crm_pg_type_find(&stmt->conn->types, PQftype(columns, i));
    }
    PQclear(stmt->columns);
    free(stmt->column_types);
    stmt->columns = columns;
    stmt->column_types = types;
    return CRM_OK;
}

static int
read_row(crm_stmt *stmt, int row, int ncols, crm_rows *rows, crm_error *err)
{
    PGresult *result = stmt->result;
    if (crm_rows_begin(rows) == NULL) {
        return crm_pg_no_memory(err);
    }
    for (int col = 0; col < ncols; col++) {
        int len = PQgetlength(result, row, col);
        if (len == 0 && PQgetisnull(result, row, col)) {
            continue; /* the row begins with NULLs */
        }
        int status = crm_pg_decode(&stmt->column_types[col],
                                   PQgetvalue(result, row, col), (size_t)len,
                                   rows, (uint32_t)col);
        if (status != CRM_PG_OK) {
            crm_rows_abandon(rows);
            if (status == CRM_PG_NOMEM) {
                return crm_pg_no_memory(err);
            }
            return crm_pg_fail(err, CRM_E_NOT_SUPPORTED,
                               "column \"%s\" of type %u cannot be read",
                               PQfname(result, col), PQftype(result, col));
        }
    }
    crm_rows_end(rows);
    return CRM_OK;
}

static void
set_changes(crm_stmt *stmt)
{
    const char *count = PQcmdTuples(stmt->result);
    stmt->changes = *count == '\0' ? -1 : strtoll(count, NULL, 10);
}

int
crm_pg_fetch(crm_stmt *stmt, crm_rows *rows, size_t max_rows, crm_error *err)
{
    if (stmt->result == NULL) {
        if ((!stmt->running && send(stmt, err) < 0) || collect(stmt, err) < 0) {
            return CRM_FAIL;
        }
        set_changes(stmt);
        if (describe(stmt, err) < 0) {
            crm_pg_reset_stmt(stmt);
            return CRM_FAIL;
        }
    }
    int ncols = PQnfields(stmt->result);
    if (rows->npages == 0) {
        rows->ncols = (uint32_t)ncols;
    }
    int total = ncols == 0 ? 0 : PQntuples(stmt->result);
    for (size_t count = 0; stmt->next_row < total; count++) {
        if (count == max_rows) {
            return CRM_MORE;
        }
        if (read_row(stmt, stmt->next_row, ncols, rows, err) < 0) {
            crm_pg_reset_stmt(stmt);
            return CRM_FAIL;
        }
        stmt->next_row++;
    }
    crm_pg_reset_stmt(stmt);
    return CRM_DONE;
}
