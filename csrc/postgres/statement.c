/* statement.c: PostgreSQL statements: parameters and runs. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pg_driver.h"

#define MAX_PARAMS 65535

/* ---- statements ------------------------------------------------------- */

crm_stmt *
crm_pg_new_stmt(crm_conn *conn, const char *sql, size_t len)
{
    crm_stmt *stmt = calloc(1, sizeof(*stmt));
    char *copy = malloc(len + 1);
    if (stmt == NULL || copy == NULL) {
        free(stmt);
        free(copy);
        return NULL;
    }
    memcpy(copy, sql, len);
    copy[len] = '\0';
    stmt->conn = conn;
    stmt->sql = copy;
    stmt->changes = -1;
    return stmt;
}

int
crm_pg_prepare(crm_conn *conn, const char *sql, size_t len, crm_stmt **out,
               crm_error *err)
{
    *out = NULL;
    if (memchr(sql, '\0', len) != NULL) {
        return crm_fail(err, CRM_E_PROGRAMMING,
                        "the query contains a null character");
    }
    crm_stmt *stmt = crm_pg_new_stmt(conn, sql, len);
    if (stmt == NULL) {
        return crm_pg_no_memory(err);
    }
    const char *standard =
        PQparameterStatus(conn->pg, "standard_conforming_strings");
    if (memchr(sql, '\\', len) == NULL || standard == NULL ||
        strcmp(standard, "off") != 0) {
        stmt->several = crm_pg_scan(stmt, stmt->sql) != NULL;
    } /* else nothing is known: quotes in strings may not end them */
    crm_link_add(&conn->statements, &stmt->link);
    *out = stmt;
    return CRM_OK;
}

static void
free_params(crm_stmt *stmt)
{
    free(stmt->values);
    free(stmt->lengths);
    free(stmt->formats);
    free(stmt->many_types);
    free(stmt->numbers);
    stmt->values = NULL;
    stmt->lengths = stmt->formats = NULL;
    stmt->many_types = NULL;
    stmt->numbers = NULL;
    stmt->room = 0;
}

/* The server's copies go with the next statement. */
static void
forget_names(crm_stmt *stmt)
{
    for (int i = 0; i <= CRM_PG_ARRAYS; i++) {
        if (stmt->names[i] != 0) {
            crm_pg_later(stmt->conn, false, "DEALLOCATE crm_%llu",
                         (unsigned long long)stmt->names[i]);
            stmt->names[i] = 0;
        }
    }
}

void
crm_pg_finalize(crm_stmt *stmt)
{
    if (stmt == NULL) {
        return;
    }
    crm_pg_reset_stmt(stmt);
    forget_names(stmt);
    crm_pg_finalize(stmt->guard);
    crm_link_remove(&stmt->conn->statements, &stmt->link);
    PQclear(stmt->columns);
    free(stmt->column_types);
    free_params(stmt);
    free(stmt->types);
    free(stmt->inferred);
    free(stmt->arrays);
    free(stmt->sql);
    free(stmt);
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

bool
crm_pg_column_type(crm_stmt *stmt, size_t column, crm_column_type *type)
{
    if (column >= crm_pg_column_count(stmt)) {
        return false;
    }
    type->type = PQftype(stmt->columns, (int)column);
    type->size = PQfsize(stmt->columns, (int)column);
    type->modifier = PQfmod(stmt->columns, (int)column);
    return true;
}

int64_t
crm_pg_changes(crm_stmt *stmt)
{
    return stmt->changes;
}

void
crm_pg_reset_stmt(crm_stmt *stmt)
{
    crm_conn *conn = stmt->conn;
    PQclear(stmt->result);
    stmt->result = NULL;
    if (stmt->cursor != 0) {
        if (stmt->cursor_in == 0 || stmt->cursor_in == conn->transaction) {
            crm_pg_later(conn, stmt->cursor_in != 0, "CLOSE crm_cursor_%llu",
                         (unsigned long long)stmt->cursor);
        }
        stmt->cursor = 0;
    }
}

/* ---- parameters ------------------------------------------------------- */

int
crm_pg_reserve(crm_stmt *stmt, size_t width, size_t rows, crm_error *err)
{
    if (width > MAX_PARAMS) {
        return crm_fail(err, CRM_E_OPERATIONAL,
                        "number of parameters must be between 0 and %d",
                        MAX_PARAMS);
    }
    if (stmt->types == NULL || width != stmt->nparams) {
        forget_names(stmt);
        free(stmt->types);
        free(stmt->inferred);
        stmt->inferred = NULL;
        stmt->nparams = 0;
        stmt->types = calloc(width + 1, sizeof(*stmt->types));
        if (stmt->types == NULL) {
            return crm_pg_no_memory(err);
        }
        stmt->nparams = width;
    }
    size_t need = width * rows + 1;
    if (need <= stmt->room) {
        return CRM_OK;
    }
    free_params(stmt);
    stmt->values = calloc(need, sizeof(*stmt->values));
    stmt->lengths = calloc(need, sizeof(*stmt->lengths));
    stmt->formats = calloc(need, sizeof(*stmt->formats));
    stmt->many_types = calloc(need, sizeof(*stmt->many_types));
    stmt->numbers = calloc(need, sizeof(*stmt->numbers));
    if (stmt->values == NULL || stmt->lengths == NULL ||
        stmt->formats == NULL || stmt->many_types == NULL ||
        stmt->numbers == NULL) {
        free_params(stmt);
        return crm_pg_no_memory(err);
    }
    stmt->room = need;
    return CRM_OK;
}

int
crm_pg_declare(crm_stmt *stmt, const crm_cell *cells, crm_error *err)
{
    for (size_t i = 0; i < stmt->nparams; i++) {
        if (cells[i].len > INT_MAX) {
            return crm_fail(err, CRM_E_DATA, "a parameter is too large");
        }
        if (!crm_pg_type_takes(stmt, stmt->types[i], &cells[i])) {
            stmt->types[i] = crm_pg_wanted_type(stmt, &cells[i]);
            forget_names(stmt);
        }
    }
    return CRM_OK;
}

int
crm_pg_bind(crm_stmt *stmt, const crm_cell *cells, size_t count, crm_error *err)
{
    stmt->as_literals = stmt->conn->as_literals;
    return crm_pg_bind_row(stmt, cells, count, err);
}

int
crm_pg_bind_row(crm_stmt *stmt, const crm_cell *cells, size_t count,
                crm_error *err)
{
    crm_pg_reset_stmt(stmt);
    stmt->changes = -1;
    stmt->cells = cells;
    if (crm_pg_reserve(stmt, count, 1, err) < 0 ||
        crm_pg_declare(stmt, cells, err) < 0) {
        return CRM_FAIL;
    }
    return crm_pg_encode(stmt, cells, 0, err);
}

/* ---- running ---------------------------------------------------------- */

/* One sending of a statement with what goes before it. */
typedef struct {
    bool pipeline;
    int before;  /* statements sent before it */
    bool parsed; /* its Parse was among them, the last */
    bool named;  /* a prepared statement was run */
} sending;

static int
send_params(crm_stmt *stmt, const char *sql)
{
    return PQsendQueryParams(stmt->conn->pg, sql, (int)stmt->nparams,
                             stmt->types, stmt->values, stmt->lengths,
                             stmt->formats, 1);
}

void
crm_pg_name(char name[CRM_PG_NAME], uint64_t number)
{
    char digits[20], *first = digits + sizeof(digits);
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    size_t count = (size_t)(digits + sizeof(digits) - first);
    memcpy(name, "crm_", 4);
    memcpy(name + 4, first, count);
    name[4 + count] = '\0';
}

/* Sends the statement, prepared if it is used often. */
static int
send_plain(crm_stmt *stmt, sending *to, crm_error *err)
{
    crm_conn *conn = stmt->conn;
    PGconn *pg = conn->pg;
    char name[CRM_PG_NAME];
    bool parse = stmt->names[0] == 0 && conn->prepare_threshold >= 0 &&
                 stmt->uses >= (uint32_t)conn->prepare_threshold;
    to->pipeline = parse || crm_pg_has_pending(conn);
    if (stmt->uses != UINT32_MAX) {
        stmt->uses++;
    }
    if (to->pipeline &&
        (!PQenterPipelineMode(pg) || !crm_pg_send_pending(conn, &to->before))) {
        return crm_pg_conn_error(err, pg);
    }
    if (parse) {
        stmt->names[0] = ++conn->last_name;
    }
    to->named = stmt->names[0] != 0;
    crm_pg_name(name, stmt->names[0]);
    if (parse) {
        if (!PQsendPrepare(pg, name, stmt->sql, (int)stmt->nparams,
                           stmt->types)) {
            return crm_pg_conn_error(err, pg);
        }
        to->before++;
        to->parsed = true;
    }
    int sent = to->named ? PQsendQueryPrepared(pg, name, (int)stmt->nparams,
                                               stmt->values, stmt->lengths,
                                               stmt->formats, 1)
                         : send_params(stmt, stmt->sql);
    return sent && (!to->pipeline || PQpipelineSync(pg))
               ? CRM_OK
               : crm_pg_conn_error(err, pg);
}

/* Declares a cursor and fetches its first rows. */
static int
send_cursor(crm_stmt *stmt, size_t max_rows, sending *to, crm_error *err)
{
    crm_conn *conn = stmt->conn;
    PGconn *pg = conn->pg;
    bool inside =
        conn->begin_pending || PQtransactionStatus(pg) == PQTRANS_INTRANS;
    uint64_t number = ++conn->last_name;
    size_t room = strlen(stmt->sql) + 96;
    char *sql = malloc(room);
    char fetch[96];
    if (sql == NULL) {
        return crm_pg_no_memory(err);
    }
    snprintf(sql, room, "DECLARE crm_cursor_%llu NO SCROLL CURSOR %s FOR %s",
             (unsigned long long)number, inside ? "" : "WITH HOLD", stmt->sql);
    snprintf(fetch, sizeof(fetch), "FETCH FORWARD %zu FROM crm_cursor_%llu",
             max_rows, (unsigned long long)number);
    to->pipeline = true;
    int sent = PQenterPipelineMode(pg) &&
               crm_pg_send_pending(conn, &to->before) &&
               send_params(stmt, sql) &&
               PQsendQueryParams(pg, fetch, 0, NULL, NULL, NULL, NULL, 1) &&
               PQpipelineSync(pg);
    to->before++;
    free(sql);
    stmt->cursor = number;
    stmt->cursor_in = inside ? conn->transaction : 0;
    return sent ? CRM_OK : crm_pg_conn_error(err, pg);
}

/* Several statements at once, as the simple protocol takes them: what they
 * return comes as text. */
static int
send_several(crm_stmt *stmt, crm_error *err)
{
    crm_conn *conn = stmt->conn;
    if (crm_pg_begin_now(conn, err) < 0 ||
        crm_pg_exec(conn, stmt->sql, err) < 0) {
        return CRM_FAIL;
    }
    stmt->result = PQmakeEmptyPGresult(conn->pg, PGRES_COMMAND_OK);
    return stmt->result == NULL ? crm_pg_no_memory(err) : CRM_OK;
}

static void
clear_names(crm_stmt *stmt)
{
    memset(stmt->names, 0, sizeof(stmt->names));
    if (stmt->guard != NULL) {
        clear_names(stmt->guard);
    }
}

bool
crm_pg_renew(crm_stmt *stmt, const crm_error *err)
{
    if (strcmp(err->name, "26000") == 0) {
        clear_names(stmt); /* the server has none of them */
        return true;
    }
    if (strcmp(err->name, "0A000") == 0 &&
        strstr(err->message, "cached plan") != NULL) {
        forget_names(stmt);
        return true;
    }
    return false;
}

void
crm_pg_start_again(crm_conn *conn, bool begin)
{
    crm_error ignored;
    crm_pg_rollback(conn, &ignored);
    conn->begin_pending = begin;
}

void
crm_pg_note_said(crm_conn *conn, PGresult *result)
{
    const char *tag = PQcmdStatus(result);
    size_t len = strlen(tag), most = sizeof(conn->said) - 1;
    len = len < most ? len : most;
    memcpy(conn->said, tag, len);
    conn->said[len] = '\0';
    if (strcmp(conn->said, "DEALLOCATE ALL") == 0 ||
        strcmp(conn->said, "DISCARD ALL") == 0) {
        for (crm_link *at = conn->statements; at != NULL; at = at->next) {
            clear_names((crm_stmt *)at);
        }
    }
}

/* Declares no types after an error that may be of those: a NULL, which is of
 * any, would be sent as what was refused. */
static void
forget_types(crm_stmt *stmt, const crm_error *err)
{
    if (strncmp(err->name, "42", 2) == 0 || strcmp(err->name, "22P02") == 0 ||
        strcmp(err->name, "22007") == 0) {
        memset(stmt->types, 0, stmt->nparams * sizeof(*stmt->types));
        forget_names(stmt);
    }
}

/* Sends the bound statement and takes its result. */
static int
start(crm_stmt *stmt, size_t max_rows, crm_error *err)
{
    crm_conn *conn = stmt->conn;
    if (stmt->several && stmt->nparams == 0) {
        return send_several(stmt, err);
    }
    bool outside = PQtransactionStatus(conn->pg) == PQTRANS_IDLE;
    bool begin = conn->begin_pending;
    bool cursor = max_rows != SIZE_MAX && stmt->reads;
    for (;;) {
        sending sent = {0};
        int status = cursor ? send_cursor(stmt, max_rows, &sent, err)
                            : send_plain(stmt, &sent, err);
        if (status < 0) {
            stmt->cursor = 0;
            return CRM_FAIL;
        }
        if (crm_pg_collect(conn, sent.pipeline, &sent.before, &stmt->result,
                           err) == CRM_OK) {
            return CRM_OK;
        }
        stmt->cursor = 0;
        if (sent.parsed && sent.before > 0) {
            stmt->names[0] = 0; /* the server has none of this name */
        }
        if (!sent.named || !crm_pg_renew(stmt, err)) {
            forget_types(stmt, err);
            return CRM_FAIL;
        }
        if (!outside) {
            return CRM_FAIL; /* its transaction has failed */
        }
        crm_pg_start_again(conn, begin);
        outside = false;
        stmt->uses = 0;
    }
}

int
crm_pg_ask(crm_stmt *stmt, crm_error *err)
{
    if (crm_pg_bind(stmt, NULL, 0, err) < 0 || start(stmt, SIZE_MAX, err) < 0) {
        return CRM_FAIL;
    }
    PGresult *result = stmt->result;
    int yes = PQntuples(result) == 1 && PQnfields(result) == 1 &&
              PQgetlength(result, 0, 0) == 1 &&
              PQgetvalue(result, 0, 0)[0] == 1;
    crm_pg_reset_stmt(stmt);
    return yes;
}

/* Fetches more rows from the cursor. */
static int
fetch_more(crm_stmt *stmt, size_t max_rows, crm_error *err)
{
    crm_conn *conn = stmt->conn;
    char sql[96];
    snprintf(sql, sizeof(sql), "FETCH FORWARD %zu FROM crm_cursor_%llu",
             max_rows, (unsigned long long)stmt->cursor);
    if (!PQsendQueryParams(conn->pg, sql, 0, NULL, NULL, NULL, NULL, 1)) {
        return crm_pg_conn_error(err, conn->pg);
    }
    return crm_pg_collect_one(conn, &stmt->result, err);
}

int
crm_pg_fetch(crm_stmt *stmt, crm_rows *rows, size_t max_rows, crm_error *err)
{
    if (stmt->result == NULL) {
        bool more = stmt->cursor != 0;
        int status =
            more ? fetch_more(stmt, max_rows, err) : start(stmt, max_rows, err);
        if (status < 0) {
            if (more) {
                stmt->cursor = 0;
            }
            return CRM_FAIL;
        }
        stmt->next_row = 0;
        crm_pg_note_said(stmt->conn, stmt->result);
        const char *count = PQcmdTuples(stmt->result);
        stmt->changes =
            stmt->cursor != 0 || *count == '\0' ? -1 : strtoll(count, NULL, 10);
        uint64_t name = stmt->cursor != 0 ? 0 : stmt->names[0];
        if (name == 0 || name != stmt->columns_of ||
            PQnfields(stmt->result) != PQnfields(stmt->columns)) {
            if (crm_pg_learn_columns(stmt, stmt->result, err) < 0) {
                crm_pg_reset_stmt(stmt);
                return CRM_FAIL;
            }
            stmt->columns_of = name;
        }
    }
    int total = PQnfields(stmt->result) == 0 ? 0 : PQntuples(stmt->result);
    int left = total - stmt->next_row;
    int some = max_rows < (size_t)left ? (int)max_rows : left;
    if (crm_pg_read(stmt, stmt->result, stmt->next_row, some, rows, err) < 0) {
        crm_pg_reset_stmt(stmt);
        return CRM_FAIL;
    }
    stmt->next_row += some;
    if (stmt->next_row < total) {
        return CRM_MORE;
    }
    if (stmt->cursor != 0 && (size_t)total >= max_rows) {
        PQclear(stmt->result);
        stmt->result = NULL;
        return CRM_MORE;
    }
    crm_pg_reset_stmt(stmt);
    return CRM_DONE;
}

/* What the server says of the statement, in *result, which the caller owns. */
static int
ask_about(crm_stmt *stmt, PGresult **result, crm_error *err)
{
    crm_conn *conn = stmt->conn;
    PGconn *pg = conn->pg;
    int before = 0;
    *result = NULL;
    if (!PQenterPipelineMode(pg)) {
        return crm_pg_conn_error(err, pg);
    }
    if (!crm_pg_send_pending(conn, &before) ||
        !PQsendPrepare(pg, "", stmt->sql, (int)stmt->nparams, stmt->types) ||
        !PQsendDescribePrepared(pg, "") || !PQpipelineSync(pg)) {
        return crm_pg_conn_error(err, pg);
    }
    before++;
    return crm_pg_collect(conn, true, &before, result, err);
}

int
crm_pg_infer(crm_stmt *stmt, crm_error *err)
{
    PGresult *result;
    if (ask_about(stmt, &result, err) < 0) {
        return CRM_FAIL;
    }
    Oid *types = calloc(stmt->nparams + 1, sizeof(*types));
    for (size_t i = 0; types != NULL && i < stmt->nparams; i++) {
        types[i] = PQparamtype(result, (int)i);
    }
    PQclear(result);
    free(stmt->inferred);
    stmt->inferred = types;
    return types == NULL ? crm_pg_no_memory(err) : CRM_OK;
}

int
crm_pg_describe(crm_stmt *stmt, crm_error *err)
{
    PGresult *result;
    if (ask_about(stmt, &result, err) < 0) {
        return CRM_FAIL;
    }
    int status = crm_pg_learn_columns(stmt, result, err);
    PQclear(result);
    return status;
}
