/* functions.c: functions of the program that SQL may call. */
#include <limits.h>
#include <stdlib.h>

#include "sqlite_driver.h"

/* What SQLite keeps of a function. */
typedef struct {
    const crm_host *host;
    void *function;
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
        case CRM_NULL:
            sqlite3_result_null(context);
            break;
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
        default:
            sqlite3_result_error(context,
                                 "user-defined function raised exception", -1);
    }
}

static void
call(sqlite3_context *context, int count, sqlite3_value **values)
{
    known *self = sqlite3_user_data(context);
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
    if (self->host->call(self->host->ctx, self->function, cells, (size_t)count,
                         give, context) < 0) {
        sqlite3_result_error(context, "user-defined function raised exception",
                             -1);
    }
done:
    if (cells != few) {
        sqlite3_free(cells);
    }
}

int
crm_sqlite_create_function(crm_conn *conn, const char *name, int count,
                           bool deterministic, void *function, crm_error *err)
{
    int flags = SQLITE_UTF8 | (deterministic ? SQLITE_DETERMINISTIC : 0);
    int rc;
    if (function == NULL) {
        rc = sqlite3_create_function_v2(conn->db, name, count, flags, NULL,
                                        NULL, NULL, NULL, NULL);
    }
    else {
        known *self = malloc(sizeof(*self));
        if (self == NULL) {
            conn->host->drop(conn->host->ctx, function);
            return crm_sqlite_code(err, SQLITE_NOMEM);
        }
        *self = (known){.host = conn->host, .function = function};
        /* which calls forget() itself when it fails */
        rc = sqlite3_create_function_v2(conn->db, name, count, flags, self,
                                        call, NULL, NULL, forget);
    }
    if (rc == SQLITE_NOMEM) {
        return crm_sqlite_code(err, rc);
    }
    if (rc != SQLITE_OK) {
        return crm_fail(err, CRM_E_OPERATIONAL, "Error creating function");
    }
    return CRM_OK;
}
