/* functions.c: functions, aggregates and collations of the program that SQL
 * may call. */
#include <limits.h>
#include <stdlib.h>

#include "sqlite_driver.h"

/* What SQLite keeps of a function. */
typedef struct {
    crm_conn *conn;
    const crm_host *host; /* the connection's */
    void *function;
    int64_t groups; /* of an aggregate: how many there were */
} known;

static void
forget(void *data)
{
    known *self = data;
    self->host->drop(self->host->ctx, self->function);
    free(self);
}

/* Fills *cell, which borrows the value's bytes: 0, or -1 if memory was out. */
static int
read_value(sqlite3_value *value, crm_cell *cell)
{
    *cell = (crm_cell){.tag = CRM_NULL};
    switch (sqlite3_value_type(value)) {
        case SQLITE_INTEGER:
            cell->tag = CRM_INT64;
            cell->u.i = sqlite3_value_int64(value);
            return 0;
        case SQLITE_FLOAT:
            cell->tag = CRM_DOUBLE;
            cell->u.d = sqlite3_value_double(value);
            return 0;
        case SQLITE_TEXT:
            cell->tag = CRM_TEXT;
            cell->u.p = (const char *)sqlite3_value_text(value);
            cell->len = (uint32_t)sqlite3_value_bytes(value);
            return cell->u.p == NULL ? -1 : 0;
        case SQLITE_BLOB:
            cell->tag = CRM_BLOB;
            cell->u.p = sqlite3_value_blob(value);
            cell->len = (uint32_t)sqlite3_value_bytes(value);
            if (cell->u.p == NULL) {
                cell->u.p = "";
                return cell->len == 0 ? 0 : -1;
            }
            return 0;
        default:
            return 0;
    }
}

/* crm_host.call gives the result to this. */
static void
give(void *to, const crm_cell *result)
{
    sqlite3_context *context = to;
    switch (result->tag) {
        case CRM_INT64:
        case CRM_BOOL:
            sqlite3_result_int64(context, result->u.i);
            break;
        case CRM_DOUBLE:
            sqlite3_result_double(context, result->u.d);
            break;
        case CRM_TEXT:
            sqlite3_result_text(context, result->u.p, (int)result->len,
                                SQLITE_TRANSIENT);
            break;
        case CRM_BLOB:
            sqlite3_result_blob(context, result->u.p, (int)result->len,
                                SQLITE_TRANSIENT);
            break;
        default: /* NULL */
            sqlite3_result_null(context);
    }
}

/* Tells SQLite how a function failed. */
static void
fail(sqlite3_context *context, const crm_error *err)
{
    switch (err->cls) {
        case CRM_E_MEMORY:
            sqlite3_result_error_nomem(context);
            break;
        case CRM_E_DATA:
            sqlite3_result_error_toobig(context);
            break;
        default:
            sqlite3_result_error(context, err->message, -1);
    }
}

/* Calls the function with the values, or, unless `group` is 0, the aggregate of
 * a group, which takes the row or, with `back`, takes it back. */
static void
invoke(sqlite3_context *context, int64_t group, bool back, int count,
       sqlite3_value **values)
{
    known *self = sqlite3_user_data(context);
    const crm_host *host = self->host;
    crm_cell few[8];
    crm_cell *cells = few;
    if (count > 8) {
        cells = sqlite3_malloc64((sqlite3_uint64)count * sizeof(*cells));
        if (cells == NULL) {
            sqlite3_result_error_nomem(context);
            return;
        }
    }
    for (int i = 0; i < count; i++) {
        if (read_value(values[i], &cells[i]) < 0) {
            sqlite3_result_error_nomem(context);
            goto done;
        }
    }
    crm_error err;
    int status;
    if (group != 0) {
        status = (back ? host->inverse : host->step)(
            host->ctx, self->function, group, cells, (size_t)count, &err);
    }
    else {
        status = host->call(host->ctx, self->function, cells, (size_t)count,
                            give, context, &err);
    }
    if (status < 0) {
        fail(context, &err);
    }
done:
    if (cells != few) {
        sqlite3_free(cells);
    }
}

static void
call(sqlite3_context *context, int count, sqlite3_value **values)
{
    invoke(context, 0, false, count, values);
}

/* A row of an aggregate. */
static void
step(sqlite3_context *context, int count, sqlite3_value **values)
{
    known *self = sqlite3_user_data(context);
    int64_t *group = sqlite3_aggregate_context(context, sizeof(*group));
    if (group == NULL) {
        sqlite3_result_error_nomem(context);
        return;
    }
    if (*group == 0) {
        *group = ++self->groups;
    }
    invoke(context, *group, false, count, values);
}

/* A row leaves the frame of a window function. */
static void
inverse(sqlite3_context *context, int count, sqlite3_value **values)
{
    const int64_t *group = sqlite3_aggregate_context(context, 0);
    if (group != NULL && *group != 0) {
        invoke(context, *group, true, count, values);
    }
}

/* The result for a row of a window function. */
static void
value(sqlite3_context *context)
{
    known *self = sqlite3_user_data(context);
    const int64_t *group = sqlite3_aggregate_context(context, 0);
    crm_error err;
    if (group != NULL && *group != 0 &&
        self->host->value(self->host->ctx, self->function, *group, give,
                          context, &err) < 0) {
        fail(context, &err);
    }
}

/* The end of a group: the result of one without rows is NULL, as in the
 * standard library. */
static void
finish(sqlite3_context *context)
{
    known *self = sqlite3_user_data(context);
    const int64_t *group = sqlite3_aggregate_context(context, 0);
    crm_error err;
    if (group != NULL && *group != 0 &&
        self->host->finish(self->host->ctx, self->function, *group, give,
                           context, &err) < 0) {
        fail(context, &err);
    }
}

/* SQLite does not ask a collation whether it failed: crm_sqlite_raised() ends
 * the statement, and what is compared until then is equal. */
static int
compare(void *data, int left_size, const void *left, int right_size,
        const void *right)
{
    known *self = data;
    const crm_cell one = {
        .tag = CRM_TEXT, .len = (uint32_t)left_size, .u.p = left};
    const crm_cell other = {
        .tag = CRM_TEXT, .len = (uint32_t)right_size, .u.p = right};
    int order = 0;
    if (self->conn->raised == CRM_NOTHING &&
        self->host->compare(self->host->ctx, self->function, &one, &other,
                            &order) < 0) {
        self->conn->raised = CRM_RAISED;
    }
    return order;
}

int
crm_sqlite_raised(crm_conn *conn, crm_error *err)
{
    if (conn->raised == CRM_NOTHING) {
        return CRM_OK;
    }
    bool starved = conn->raised == CRM_NO_MEMORY;
    conn->raised = CRM_NOTHING;
    if (starved) {
        return crm_sqlite_code(err, SQLITE_NOMEM);
    }
    return crm_fail(err, CRM_E_INTERRUPTED, "a collation raised");
}

int
crm_sqlite_create_function(crm_conn *conn, crm_function_kind kind,
                           const char *name, int count, bool deterministic,
                           void *function, crm_error *err)
{
    int flags = SQLITE_UTF8 | (deterministic ? SQLITE_DETERMINISTIC : 0);
    known *self = NULL;
    bool given = function != NULL;
    if (given) {
        self = malloc(sizeof(*self));
        if (self == NULL) {
            conn->host->drop(conn->host->ctx, function);
            return crm_sqlite_code(err, SQLITE_NOMEM);
        }
        *self = (known){.conn = conn, .host = conn->host, .function = function};
    }
    int rc;
    if (kind == CRM_COLLATION) {
        rc = sqlite3_create_collation_v2(conn->db, name, SQLITE_UTF8, self,
                                         given ? compare : NULL,
                                         given ? forget : NULL);
        /* unlike the other one it leaves this to us when it fails */
        if (rc != SQLITE_OK && given) {
            forget(self);
        }
    }
    else if (kind == CRM_WINDOW) {
        rc = sqlite3_create_window_function(
            conn->db, name, count, SQLITE_UTF8, self, given ? step : NULL,
            given ? finish : NULL, given ? value : NULL, given ? inverse : NULL,
            given ? forget : NULL);
    }
    else {
        bool rows = kind == CRM_AGGREGATE;
        rc = sqlite3_create_function_v2(
            conn->db, name, count, flags, self, given && !rows ? call : NULL,
            given && rows ? step : NULL, given && rows ? finish : NULL,
            given ? forget : NULL);
    }
    if (rc == SQLITE_NOMEM) {
        return crm_sqlite_code(err, rc);
    }
    if (rc != SQLITE_OK) {
        return crm_fail(err, CRM_E_OPERATIONAL, "Error creating %s",
                        kind == CRM_COLLATION   ? "collation"
                        : kind == CRM_AGGREGATE ? "aggregate"
                                                : "function");
    }
    return CRM_OK;
}
