/* connection.h: a driver connection as a Python object (_core.Connection).
 *
 * Keeps the prepared statements of the connection (an LRU of plans), encodes
 * parameters, calls the driver without the GIL and turns a crm_error into the
 * DB-API exception of the driver's module.  All functions need the GIL.
 */
#ifndef CRM_CONNECTION_H
#define CRM_CONNECTION_H

#include "core.h"
#include "../driver.h"
#include "plan.h"

typedef struct crm_connection {
    PyObject_HEAD
    crm_core *core;
    const crm_driver *driver;
    crm_conn *conn;        /* NULL once closed */
    PyObject *driver_capsule; /* owned: keeps the driver's module loaded */
    PyObject *dbapi;       /* owned: module with Error, IntegrityError, … */
    PyObject *info;        /* owned dict for the user */
    uint64_t in_use;       /* guards against use from two threads at once */
    bool invalid;          /* a driver call reported a disconnect */
    void *statements;      /* private to connection.c: plan -> crm_stmt LRU */
    PyObject *failed_params; /* owned tuple or NULL: parameters of the run that
                                raised, for error texts */
    PyObject *weakrefs;
} crm_connection;

/* The statement of a plan, prepared on first use: borrowed until the next call
 * on this connection; NULL with an exception.  A statement that is in use by
 * an unfinished cursor is not given out a second time. */
crm_stmt *crm_connection_prepare(crm_connection *self, crm_plan *plan);

/* Raises the DB-API exception for err.  Returns -1. */
int crm_connection_raise(crm_connection *self, const crm_error *err);

/* Encoded parameters of one run; keeps what the cells point at. */
typedef struct {
    crm_cell *cells;
    PyObject **keep;
    size_t count;
    crm_cell inline_cells[16];
    PyObject *inline_keep[16];
} crm_params;

/* Encodes values[plan->binds[i].index] for every bind: 0, or -1 with an
 * exception (`values` is a borrowed array of `nvalues` borrowed objects). Call
 * crm_params_clear in either case. */
int crm_params_encode(crm_params *params, crm_connection *self, crm_plan *plan,
                      PyObject *const *values, size_t nvalues);
void crm_params_clear(crm_params *params);

/* Binds and runs a plan with the GIL released, reading up to max_rows rows
 * (SIZE_MAX: all).  CRM_MORE or CRM_DONE, or CRM_FAIL with an exception. With
 * CRM_MORE the statement stays busy and *stmt is set for further driver
 * fetches. */
int crm_connection_run(crm_connection *self, crm_plan *plan,
                       PyObject *const *values, size_t nvalues, crm_rows *rows,
                       size_t max_rows, crm_stmt **stmt);

#endif /* CRM_CONNECTION_H */
