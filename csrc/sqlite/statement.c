/* statement.c: SQLite statements: prepare, bind, and rows into pages. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite_driver.h"

/* Where the first token of the SQL begins; NULL if there is only white space
 * and comments. */
static const char *
first_token(const char *sql)
{
    for (;;) {
        switch (*sql) {
            case '\0':
                return NULL;
            case ' ':
            case '\t':
            case '\f':
            case '\n':
            case '\r':
                sql++;
                break;
            case '-':
                if (sql[1] != '-') {
                    return sql;
                }
                sql = strchr(sql, '\n');
                if (sql == NULL) {
                    return NULL;
                }
                break;
            case '/':
                if (sql[1] != '*') {
                    return sql;
                }
                sql = strstr(sql + 2, "*/");
                if (sql == NULL) {
                    return NULL;
                }
                sql += 2;
                break;
            default:
                return sql;
        }
    }
}

static bool
starts_dml(const char *token)
{
    return sqlite3_strnicmp(token, "insert", 6) == 0 ||
           sqlite3_strnicmp(token, "update", 6) == 0 ||
           sqlite3_strnicmp(token, "delete", 6) == 0 ||
           sqlite3_strnicmp(token, "replace", 7) == 0;
}

int
crm_sqlite_prepare(crm_conn *conn, const char *sql, size_t len, crm_stmt **out,
                   crm_error *err)
{
    *out = NULL;
    if (len > (size_t)sqlite3_limit(conn->db, SQLITE_LIMIT_SQL_LENGTH, -1)) {
        return crm_fail(err, CRM_E_DATA, "query string is too large");
    }
    if (memchr(sql, '\0', len) != NULL) {
        return crm_fail(err, CRM_E_PROGRAMMING,
                        "the query contains a null character");
    }
    sqlite3_stmt *prepared = NULL;
    const char *tail;
    /* With its NUL, so that SQLite need not copy it. */
    int rc = sqlite3_prepare_v3(conn->db, sql, (int)len + 1,
                                SQLITE_PREPARE_PERSISTENT, &prepared, &tail);
    /* a planner that knows values of indexes (SQLITE_ENABLE_STAT4) compares */
    if (crm_sqlite_raised(conn, err) < 0) {
        sqlite3_finalize(prepared);
        return CRM_FAIL;
    }
    if (rc != SQLITE_OK) {
        return crm_sqlite_error(err, conn->db, rc);
    }
    if (first_token(tail) != NULL) {
        sqlite3_finalize(prepared);
        return crm_fail(err, CRM_E_PROGRAMMING,
                        "You can only execute one statement at a time.");
    }
    crm_stmt *stmt = calloc(1, sizeof(*stmt));
    if (stmt == NULL) {
        sqlite3_finalize(prepared);
        return crm_sqlite_code(err, SQLITE_NOMEM);
    }
    const char *token = first_token(sql);
    stmt->conn = conn;
    stmt->stmt = prepared;
    stmt->is_dml = token != NULL && starts_dml(token);
    stmt->changes = -1;
    crm_link_add(&conn->statements, &stmt->link);
    *out = stmt;
    return CRM_OK;
}

void
crm_sqlite_finalize(crm_stmt *stmt)
{
    if (stmt == NULL) {
        return;
    }
    crm_link_remove(&stmt->conn->statements, &stmt->link);
    sqlite3_finalize(stmt->stmt);
    free(stmt);
}

size_t
crm_sqlite_column_count(crm_stmt *stmt)
{
    return (size_t)sqlite3_column_count(stmt->stmt);
}

const char *
crm_sqlite_column_name(crm_stmt *stmt, size_t column)
{
    return sqlite3_column_name(stmt->stmt, (int)column);
}

void
crm_sqlite_reset_stmt(crm_stmt *stmt)
{
    if (stmt->started) {
        sqlite3_reset(stmt->stmt);
        stmt->started = false;
    }
}

static int
bind_cell(sqlite3_stmt *stmt, int i, const crm_cell *cell)
{
    switch (cell->tag) {
        case CRM_NULL:
            return sqlite3_bind_null(stmt, i);
        case CRM_INT64:
        case CRM_BOOL:
            return sqlite3_bind_int64(stmt, i, cell->u.i);
        case CRM_DOUBLE:
            return sqlite3_bind_double(stmt, i, cell->u.d);
        case CRM_TEXT:
        case CRM_NUMERIC:
        case CRM_JSON:
            return sqlite3_bind_text(stmt, i, cell->u.p, (int)cell->len,
                                     SQLITE_STATIC);
        case CRM_BLOB:
        case CRM_UUID:
            return sqlite3_bind_blob(stmt, i, cell->u.p, (int)cell->len,
                                     SQLITE_STATIC);
        default:
            return SQLITE_MISMATCH;
    }
}

int
crm_sqlite_bind(crm_stmt *stmt, const crm_cell *cells, size_t count,
                crm_error *err)
{
    crm_sqlite_reset_stmt(stmt);
    stmt->changes = -1;
    size_t wanted = (size_t)sqlite3_bind_parameter_count(stmt->stmt);
    if (wanted != count) {
        return crm_fail(
            err, CRM_E_PROGRAMMING,
            "Incorrect number of bindings supplied. The current statement "
            "uses %zu, and there are %zu supplied.",
            wanted, count);
    }
    for (size_t i = 0; i < count; i++) {
        if (cells[i].len > INT_MAX) {
            return crm_sqlite_code(err, SQLITE_TOOBIG);
        }
        int rc = bind_cell(stmt->stmt, (int)i + 1, &cells[i]);
        if (rc != SQLITE_OK) {
            return crm_sqlite_error(err, stmt->conn->db, rc);
        }
    }
    return CRM_OK;
}

/* Text of a file that is not UTF-8: the standard library's words, cut where it
 * cuts them, with every byte above 0x7f replaced. */
static int
fail_utf8(crm_stmt *stmt, int col, const char *text, crm_error *err)
{
    char plain[199];
    const char *name = sqlite3_column_name(stmt->stmt, col);
    snprintf(plain, sizeof(plain),
             "Could not decode to UTF-8 column '%s' with text '%s'",
             name == NULL ? "<unknown column name>" : name, text);
    char shown[sizeof(plain) * 3];
    char *to = shown;
    for (const char *p = plain; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x80) {
            *to++ = *p;
        }
        else {
            memcpy(to, "\xEF\xBF\xBD", 3);
            to += 3;
        }
    }
    *to = '\0';
    return crm_fail(err, CRM_E_OPERATIONAL, "%s", shown);
}

/* Whether the statement's row need not be read; then it is added. */
static int
skip_row(crm_stmt *stmt, crm_rows *rows)
{
    sqlite3_value *key =
        sqlite3_column_value(stmt->stmt, (int)rows->present_col);
    return sqlite3_value_type(key) == SQLITE_INTEGER
               ? crm_rows_skip(rows, sqlite3_value_int64(key))
               : 0;
}

/* Copies a value into column `col` of the open row, which is NULL so far. */
static inline int
read_value(crm_stmt *stmt, sqlite3_value *value, uint32_t col, crm_rows *rows,
           crm_error *err)
{
    switch (sqlite3_value_type(value)) {
        case SQLITE_INTEGER:
            crm_rows_set(rows, col, CRM_INT64, 0,
                         (uint64_t)sqlite3_value_int64(value));
            return CRM_OK;
        case SQLITE_FLOAT: {
            double number = sqlite3_value_double(value);
            uint64_t word;
            memcpy(&word, &number, sizeof(word));
            crm_rows_set(rows, col, CRM_DOUBLE, 0, word);
            return CRM_OK;
        }
        case SQLITE_TEXT: {
            const char *text = (const char *)sqlite3_value_text(value);
            size_t len = (size_t)sqlite3_value_bytes(value);
            if (text == NULL ||
                crm_rows_put(rows, col, CRM_TEXT, text, len) < 0) {
                return crm_sqlite_code(err, SQLITE_NOMEM);
            }
            return crm_rows_is_ascii(rows, col) || crm_is_utf8(text, len)
                       ? CRM_OK
                       : fail_utf8(stmt, (int)col, text, err);
        }
        case SQLITE_BLOB: {
            const char *blob = sqlite3_value_blob(value);
            size_t len = (size_t)sqlite3_value_bytes(value);
            if ((blob == NULL && len != 0) ||
                crm_rows_put(rows, col, CRM_BLOB, blob, len) < 0) {
                return crm_sqlite_code(err, SQLITE_NOMEM);
            }
            return CRM_OK;
        }
        default:
            return CRM_OK;
    }
}

/* Where a value of the statement's row is. */
static inline const char *
place_of(crm_stmt *stmt, int col)
{
    return (const char *)sqlite3_column_value(stmt->stmt, col);
}

/* How far apart the values of the statement's row are, if all are as far from
 * each other; else 0.  Asking SQLite for a value costs four times what copying
 * it does, and it keeps those of a row in an array, though it does not promise
 * to. */
static ptrdiff_t
measure_step(crm_stmt *stmt, int ncols)
{
    if (ncols < 3) {
        return 0;
    }
    const char *first = place_of(stmt, 0);
    ptrdiff_t step = place_of(stmt, 1) - first;
    for (int col = 2; col < ncols; col++) {
        if (place_of(stmt, col) - first != step * col) {
            return 0;
        }
    }
    return step;
}

/* Copies the statement's row to the end of `rows`.  `step` is how far apart the
 * values of an earlier one were: those of this one are if the outermost are. */
static int
read_row(crm_stmt *stmt, int ncols, ptrdiff_t step, crm_rows *rows,
         crm_error *err)
{
    if (rows->present != NULL) {
        int skipped = skip_row(stmt, rows);
        if (skipped != 0) {
            return skipped > 0 ? CRM_OK : crm_sqlite_code(err, SQLITE_NOMEM);
        }
    }
    if (crm_rows_begin(rows) < 0) {
        return crm_sqlite_code(err, SQLITE_NOMEM);
    }
    int status = CRM_OK;
    const char *first = step == 0 ? NULL : place_of(stmt, 0);
    if (step != 0 && place_of(stmt, ncols - 1) - first != step * (ncols - 1)) {
        step = 0;
    }
    for (int col = 0; col < ncols && status == CRM_OK; col++) {
        sqlite3_value *value =
            step == 0 ? sqlite3_column_value(stmt->stmt, col)
                      : (sqlite3_value *)(uintptr_t)(first + step * col);
        status = read_value(stmt, value, (uint32_t)col, rows, err);
    }
    if (status < 0) {
        crm_rows_abandon(rows);
        return status;
    }
    crm_rows_end(rows);
    return CRM_OK;
}

static int64_t
total_changes(sqlite3 *db)
{
#if SQLITE_VERSION_NUMBER >= 3037000
    return sqlite3_changes64(db);
#else
    return sqlite3_changes(db);
#endif
}

int
crm_sqlite_fetch(crm_stmt *stmt, crm_rows *rows, size_t max_rows,
                 crm_error *err)
{
    crm_conn *conn = stmt->conn;
    if (stmt->stmt == NULL) {
        return CRM_DONE;
    }
    if (!stmt->started) {
        if (stmt->is_dml && crm_sqlite_begin_now(conn, err) < 0) {
            return CRM_FAIL;
        }
        stmt->started = true;
    }
    int status;
    int ncols = (int)rows->ncols;
    ptrdiff_t step = 0;
    for (size_t count = 0;; count++) {
        if (count == max_rows) {
            return CRM_MORE;
        }
        int rc = sqlite3_step(stmt->stmt);
        status = crm_sqlite_raised(conn, err);
        if (status < 0) {
            break;
        }
        if (rc == SQLITE_ROW) {
            if (count == 0) {
                /* The step may have found a changed schema and prepared anew:
                 * `SELECT *` can then have other columns than before. */
                int now = sqlite3_data_count(stmt->stmt);
                if (now != ncols && rows->npages == 0) {
                    rows->ncols = (uint32_t)now;
                    ncols = now;
                }
            }
            else if (count == 1) {
                step = measure_step(stmt, ncols);
            }
            status = read_row(stmt, ncols, step, rows, err);
            if (status < 0) {
                break;
            }
            continue;
        }
        if (rc == SQLITE_DONE) {
            status = CRM_DONE;
            if (stmt->is_dml) {
                stmt->changes = total_changes(conn->db);
            }
        }
        else {
            status = crm_sqlite_error(err, conn->db, rc);
        }
        break;
    }
    sqlite3_reset(stmt->stmt);
    stmt->started = false;
    return status;
}

int64_t
crm_sqlite_changes(crm_stmt *stmt)
{
    return stmt->changes;
}
