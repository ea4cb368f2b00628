/* adoptedruns.h: statements on a connection that the program has made, bound
 * and run: the parts of its driver (adopted.h) that use cursors.
 *
 * The functions are those of a driver (driver.h, which says what they return),
 * take the GIL themselves where nothing else is said, and leave what the
 * connection raises set (CRM_E_INTERRUPTED).  Anything foreign may run in each.
 */
#ifndef CRM_ADOPTEDRUNS_H
#define CRM_ADOPTEDRUNS_H

#include "adoptedrows.h"
#include "adoptedvalues.h"
#include "core/engine/connection.h"
#include "plain/error.h"
#include "plain/link.h"

struct crm_conn {
    crm_connection *owner; /* borrowed: it closes this one */
    PyObject *connection;  /* owned: the program's */
    crm_adopted_takes takes;
    int64_t last_id;
    crm_link *statements;
};

struct crm_stmt {
    crm_link link; /* first: the connection's statements */
    crm_conn *conn;
    PyObject *sql;     /* owned str */
    PyObject *markers; /* owned tuple: names or numbers of its parameters */
    PyObject *params;  /* owned tuple or dict of the run to come, or NULL */
    PyObject *cursor;  /* owned: of a run with rows to come, or NULL */
    crm_adopted_columns columns; /* owned: of the last run, or NULL */
    size_t ncols;                /* as many as there are names */
    int64_t changes;
};

/* CRM_FAIL: the exception that is set says what failed.  Needs the GIL. */
static inline int
crm_adopted_raised(crm_error *err)
{
    *err = (crm_error){.cls = CRM_E_INTERRUPTED};
    return CRM_FAIL;
}

int crm_adopted_exec(crm_conn *conn, const char *sql, crm_error *err);

/* Closes the cursor of a run with rows to come, since psycopg does not tell the
 * server of one that is dropped.  Finalizing drops it: that may be the garbage
 * collector's doing, when nothing may be asked of what it has cleared. */
void crm_adopted_reset(crm_stmt *stmt);

/* Takes over the references to what is known of the columns.  Needs the GIL. */
void crm_adopted_set_columns(crm_stmt *stmt, crm_adopted_columns columns);

int crm_adopted_bind(crm_stmt *stmt, const crm_cell *cells, size_t count,
                     crm_error *err);
int crm_adopted_fetch(crm_stmt *stmt, crm_rows *rows, size_t max_rows,
                      crm_error *err);
int crm_adopted_run_many(crm_stmt *stmt, const crm_cell *cells, size_t nrows,
                         size_t width, bool single, crm_rows *rows, size_t *ran,
                         int64_t *changed, crm_error *err);

#endif /* CRM_ADOPTEDRUNS_H */
