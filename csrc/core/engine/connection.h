/* connection.h: a driver connection as a Python object (_core.Connection).
 *
 * Keeps the prepared statements of the connection (an LRU of plans), encodes
 * parameters, calls the driver without the GIL and turns a crm_error into the
 * DB-API exception of the driver's module.  All functions need the GIL.
 *
 * User code can run while parameters are encoded, and another thread while a
 * driver call runs without the GIL.  So: encode first, then enter, prepare,
 * bind and fetch, leave.  Between enter and leave nobody else can touch the
 * connection: not close it, not evict a statement.
 */
#ifndef CRM_CONNECTION_H
#define CRM_CONNECTION_H

#include "core/core.h"
#include "driver.h"
#include "plain/link.h"
#include "core/values/made.h"
#include "plan.h"

struct crm_present;                           /* present.h */
typedef struct crm_statements crm_statements; /* statements.h */

typedef struct crm_connection {
    PyObject_HEAD
    crm_core *core;
    const crm_driver *driver;
    crm_conn *conn;           /* NULL once closed */
    crm_host host;            /* what the driver may ask: host.c */
    PyObject *driver_capsule; /* owned: keeps the driver's module loaded */
    PyObject *dbapi;          /* owned: module with Error, IntegrityError, … */
    PyObject *hooks[CRM_HOOKS]; /* owned, or NULL: see hooks.c */
    crm_link *functions;        /* that the driver calls: functions.c */
    PyObject *info;        /* owned dict for the user, NULL until asked for */
    PyObject *kept;        /* the same for the package itself */
    uint64_t in_use;       /* ident of the thread between enter and leave, or
                              CRM_IN_COPY */
    PyThreadState *thread; /* of a driver call without the GIL, or NULL */
    uint64_t run;          /* number of the newest run, see fetch */
    long pid;              /* process that opened it */
    bool between;          /* it gave a large result and made no driver call
                              since: turns.h */
    bool invalid;          /* a driver call reported a disconnect */
    crm_statements *statements; /* owned: plan -> crm_stmt */
    crm_made made;              /* of what was shown, for the run to come */
    PyObject *failed_params;    /* owned tuple or NULL: parameters of the run
                                   that raised, for error texts */
    PyObject *failed_sql;       /* owned str or NULL: SQL of the flush run that
                                   raised (a flush runs several plans) */
    char refused;               /* a type refused a value of the last run */
    long long changes; /* rows that flushes and execute_many() have changed
                          since it was set to 0 */
    PyObject *pool;    /* owned Pool while checked out of it, or NULL */
    uint64_t pool_generation; /* see pool.h */
    double pool_since;        /* when it was made, monotonic clock */
    PyObject *weakrefs;
} crm_connection;

/* in_use while a COPY lasts, between two of its calls: no thread's ident. */
#define CRM_IN_COPY UINT64_MAX

/* Text that a server sent, be it UTF-8 or not: new, NULL with MemoryError. */
static inline PyObject *
crm_server_text(const char *text)
{
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace");
}

/* As crm_plan_encode(), of a pass over what is going to be run.  params.c */
PyObject *crm_connection_encode(crm_connection *self, crm_plan *plan,
                                PyObject *const *values, size_t nvalues);

/* The methods encode(), encode_many() and describe(): beforehand.c */
PyObject *crm_connection_encode_values(crm_connection *self, PyObject *args);
PyObject *crm_connection_encode_rows(crm_connection *self, PyObject *args);
PyObject *crm_connection_describe(crm_connection *self, PyObject *args);

/* The methods of these names: copy.c */
PyObject *crm_connection_copy(crm_connection *self, PyObject *sql);
PyObject *crm_connection_copy_read(crm_connection *self, PyObject *size);
PyObject *crm_connection_copy_write(crm_connection *self, PyObject *data);
PyObject *crm_connection_copy_end(crm_connection *self, PyObject *args);
/* told.c */
PyObject *crm_connection_notification(crm_connection *self, PyObject *wait);
PyObject *crm_connection_about(crm_connection *self, PyObject *name);
PyObject *crm_connection_said(crm_connection *self, PyObject *ignored);
PyObject *crm_connection_column_types(crm_connection *self, PyObject *plan);

/* 0 if an argument is a plan, else -1 with TypeError. */
int crm_connection_check_plan(crm_connection *self, PyObject *plan);

/* Fills self->host.  host.c */
void crm_connection_set_host(crm_connection *self);

/* The number of a tzinfo for MOMENT cells, one for all of a class that str()
 * has the same text for; CRM_NO_ZONE with an exception. */
int32_t crm_zone_number(crm_core *core, PyObject *zone);

/* Connection.create_function(), create_aggregate() and create_collation(), and
 * what crm_host has for functions.  Those take the GIL and keep the exception
 * that is set; crm_function_compare leaves that of a collation set, and is not
 * called while one is.  functions.c */
PyObject *crm_connection_create_function(crm_connection *self, PyObject *args,
                                         PyObject *kwargs);
PyObject *crm_connection_create_aggregate(crm_connection *self, PyObject *args,
                                          PyObject *kwargs);
PyObject *crm_connection_create_window_function(crm_connection *self,
                                                PyObject *args);
PyObject *crm_connection_create_collation(crm_connection *self, PyObject *args);
typedef void (*crm_give)(void *to, const crm_cell *result);
int crm_function_call(void *ctx, void *function, const crm_cell *args,
                      size_t count, crm_give give, void *to, crm_error *err);
int crm_function_step(void *ctx, void *function, int64_t group,
                      const crm_cell *args, size_t count, crm_error *err);
int crm_function_finish(void *ctx, void *function, int64_t group, crm_give give,
                        void *to, crm_error *err);
int crm_function_compare(void *ctx, void *function, const crm_cell *left,
                         const crm_cell *right, int *order);
int crm_function_inverse(void *ctx, void *function, int64_t group,
                         const crm_cell *args, size_t count, crm_error *err);
int crm_function_value(void *ctx, void *function, int64_t group, crm_give give,
                       void *to, crm_error *err);
void crm_function_drop(void *ctx, void *function);
/* Visits what the functions refer to, for the collector.  Drops that: they
 * raise from then on. */
int crm_functions_traverse(crm_connection *self, visitproc visit, void *arg);
void crm_functions_clear(crm_connection *self);

/* The methods set_hook(), enable_extensions() and load_extension(), and what
 * crm_host has for hooks: those take the GIL, keep the exception that is set
 * and lose those of the program.  hooks.c */
PyObject *crm_connection_set_hook(crm_connection *self, PyObject *args);
PyObject *crm_connection_enable_extensions(crm_connection *self,
                                           PyObject *enabled);
PyObject *crm_connection_load_extension(crm_connection *self, PyObject *args);
void crm_hook_trace(void *ctx, const char *sql);
int crm_hook_progress(void *ctx);
int crm_hook_authorize(void *ctx, int action, const char *const about[4],
                       int *answer);

/* The methods of these names: copies.c */
PyObject *crm_connection_serialize(crm_connection *self, PyObject *name);
PyObject *crm_connection_deserialize(crm_connection *self, PyObject *args);
PyObject *crm_connection_backup(crm_connection *self, PyObject *args);
PyObject *crm_connection_blob_size(crm_connection *self, PyObject *args);
PyObject *crm_connection_blob_read(crm_connection *self, PyObject *args);
PyObject *crm_connection_blob_write(crm_connection *self, PyObject *args);

/* The text of a statement that is a str, borrowed from it; NULL with TypeError,
 * UnicodeEncodeError, or ProgrammingError for a null character. */
const char *crm_connection_sql(crm_connection *self, PyObject *sql);

/* Begins the use of the connection: 0, or -1 with ProgrammingError when it is
 * closed, or in use (by another thread). */
int crm_connection_enter(crm_connection *self);
static inline void
crm_connection_leave(crm_connection *self)
{
    self->in_use = 0;
}

/* It is not between two reads of large results any more. */
static inline void
crm_connection_begun(crm_connection *self)
{
    if (self->between) {
        self->between = false;
        self->core->between--;
    }
}

/* A driver call runs without the GIL between these two. */
static inline void
crm_driver_begin(crm_connection *self)
{
    crm_connection_begun(self);
    self->thread = PyEval_SaveThread();
}
static inline void
crm_driver_end(crm_connection *self)
{
    PyThreadState *thread = self->thread;
    self->thread = NULL;
    PyEval_RestoreThread(thread);
}

/* A whole use of the connection for one driver call: enters and gives up the
 * GIL, -1 with an exception; then has it again, leaves, and raises what the
 * call says: 0, or -1 with an exception if `status` is CRM_FAIL. */
int crm_call_begin(crm_connection *self);
int crm_call_end(crm_connection *self, int status, const crm_error *err);
/* The second half of the latter: of a call that was made with the GIL. */
int crm_connection_left(crm_connection *self, int status, const crm_error *err);

/* The host has the GIL between these two, as the thread state that made the
 * driver call: PyGILState_Ensure() would take the one of another interpreter.
 * True if that call runs without the GIL, for the second of them. */
static inline bool
crm_host_begin(crm_connection *self)
{
    bool without = self->thread != NULL;
    if (without) {
        crm_driver_end(self);
    }
    return without;
}
static inline void
crm_host_end(crm_connection *self, bool without)
{
    if (without) {
        crm_driver_begin(self);
    }
}

/* The same for what calls code of the program, whose exceptions do not mix with
 * one that is set: it is put aside between these two, where none is set at
 * first and whatever is set at last is dropped. */
typedef struct {
    PyObject *type, *error, *traceback; /* owned */
    bool without;
} crm_visit;

static inline crm_visit
crm_visit_begin(crm_connection *self)
{
    crm_visit visit = {.without = crm_host_begin(self)};
    PyErr_Fetch(&visit.type, &visit.error, &visit.traceback);
    return visit;
}
static inline void
crm_visit_end(crm_connection *self, crm_visit visit)
{
    PyErr_Restore(visit.type, visit.error, visit.traceback);
    crm_host_end(self, visit.without);
}

/* The statement of a plan, prepared on first use: borrowed until the next call
 * on this connection; NULL with an exception.  A statement that is in use by
 * an unfinished cursor is not given out a second time.  Between enter and
 * leave. */
crm_stmt *crm_connection_prepare(crm_connection *self, crm_plan *plan);

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

/* After crm_encode failed with `status` for bind `i` of the plan: completes the
 * exception (a DB-API error for what cannot be bound) and sets failed_params.
 * Returns -1. */
int crm_connection_bind_error(crm_connection *self, crm_plan *plan,
                              PyObject *const *values, size_t nvalues, size_t i,
                              int status);
/* Sets failed_params from the values of a run that raised and the cells made of
 * them; keeps the exception that is set. */
void crm_connection_set_failed(crm_connection *self, crm_plan *plan,
                               PyObject *const *values, size_t nvalues,
                               const crm_cell *cells);

/* What a run leaves beside its rows.  All of it is known before anything else
 * can run on the connection: user code may do so whenever something is
 * allocated or dropped, and the statement be gone then. */
typedef struct {
    crm_stmt *stmt; /* busy after CRM_MORE, else no longer to be used */
    uint64_t run;   /* the number of the run */
    int64_t changes;
    int64_t last_id;
    PyObject *names; /* owned, or NULL: of columns that no program is for */
} crm_outcome;

/* Continues run number `run` of a statement, appending to `rows` (initialized
 * by the caller).  CRM_MORE, CRM_DONE, or CRM_FAIL with an exception: also when
 * the connection was closed or reset meanwhile. */
int crm_connection_fetch(crm_connection *self, crm_stmt *stmt, uint64_t run,
                         crm_rows *rows, size_t max_rows);
/* Gives an unfinished run up and its statement back.  Does nothing if the run
 * is over or the connection inherited; keeps a set exception. */
void crm_connection_release(crm_connection *self, crm_stmt *stmt, uint64_t run);

/* True in a child of the process that opened the connection.  What the child
 * merely drops must not be told to the server, nor change files: the parent
 * goes on using them.  What it executes is its own affair. */
bool crm_connection_inherited(const crm_connection *self);

/* The methods of these names.  0, or -1 with an exception. */
int crm_connection_commit(crm_connection *self);
int crm_connection_ping(crm_connection *self);
/* Rolls back and ends unfinished runs; leaves an inherited connection alone. */
int crm_connection_reset(crm_connection *self);
int crm_connection_close(crm_connection *self);

/* The method execute(plan, values, session, stream, flags), in run.c. */
PyObject *crm_connection_execute(crm_connection *self, PyObject *const *args,
                                 Py_ssize_t nargs, PyObject *kwnames);
/* The method execute_many(plan, rows), in executemany.c. */
PyObject *crm_connection_execute_many(crm_connection *self,
                                      PyObject *const *args, Py_ssize_t nargs);

/* Names of a statement's columns: a new tuple of str, () if it returns no rows;
 * kept with the statement.  Between enter and leave. */
PyObject *crm_connection_columns(crm_connection *self, crm_stmt *stmt);

#endif /* CRM_CONNECTION_H */
