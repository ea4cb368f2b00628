/* run.c: running plans on a connection: prepare, bind, fetch, give up.  See
 * connection.h. */
#include "connection.h"
#include "core/rows/present.h"
#include "queue.h"
#include "raise.h"
#include "core/rows/result.h"
#include "statements.h"
#include "turns.h"

/* Rows read between two looks at the clock, and seconds between two looks for
 * Ctrl-C, which take the GIL: another thread may have it for a while. */
#define BATCH 65536
#define LOOK  0.05

/* Gives the driver what the plan has for many rows. */
static int
offer(crm_connection *self, crm_plan *plan, crm_stmt *stmt)
{
    if (plan->arrays == NULL || self->driver->offer == NULL) {
        return 0;
    }
    const char *arrays = PyUnicode_AsUTF8(plan->arrays);
    const char *guard = arrays == NULL ? NULL : PyUnicode_AsUTF8(plan->guard);
    if (guard == NULL) {
        return -1;
    }
    crm_error err;
    if (self->driver->offer(stmt, arrays, guard, &err) < 0) {
        return crm_connection_raise(self, &err);
    }
    return 0;
}

static crm_entry *
prepare_entry(crm_connection *self, crm_plan *plan)
{
    if (self->statements->abandoned != 0) {
        crm_statements_end_runs(self->statements);
    }
    crm_entry *entry = crm_statements_get(self->statements, plan->id);
    if (entry != NULL) {
        return entry;
    }
    Py_ssize_t len;
    const char *sql = PyUnicode_AsUTF8AndSize(plan->wire, &len);
    if (sql == NULL) {
        return NULL;
    }
    crm_stmt *stmt;
    crm_error err;
    int status;
    crm_driver_begin(self);
    status = self->driver->prepare(self->conn, sql, (size_t)len, &stmt, &err);
    crm_driver_end(self);
    if (status < 0) {
        crm_connection_raise(self, &err);
        return NULL;
    }
    if (offer(self, plan, stmt) < 0) {
        self->driver->finalize(stmt);
        return NULL;
    }
    return crm_statements_add(self->statements, plan->id, stmt);
}

crm_stmt *
crm_connection_prepare(crm_connection *self, crm_plan *plan)
{
    crm_entry *entry = prepare_entry(self, plan);
    return entry == NULL ? NULL : entry->stmt;
}

/* Whether it is time to look for signals; *until is when, zero at first. */
static bool
is_time_to_look(double *until)
{
    double now = crm_monotonic();
    if (*until == 0) {
        *until = now + LOOK;
    }
    return now >= *until;
}

/* Fetches up to *max_rows rows, which it counts down, until it is time to look
 * for signals or `after` rows are there.  CRM_FAIL with an exception set. */
static int
fetch_until_look(crm_connection *self, crm_stmt *stmt, crm_rows *rows,
                 size_t *max_rows, size_t after)
{
    crm_error err;
    int status;
    double until = 0;
    crm_driver_begin(self);
    do {
        size_t batch =
            *max_rows < BATCH || self->driver->looks ? *max_rows : BATCH;
        if (rows->nrows < after) {
            batch = Py_MIN(batch, after - (size_t)rows->nrows);
        }
        status = self->driver->fetch(stmt, rows, batch, &err);
        if (*max_rows != SIZE_MAX) {
            *max_rows -= batch;
        }
    } while (status == CRM_MORE && *max_rows > 0 && rows->nrows != after &&
             !is_time_to_look(&until));
    crm_turns_end(self, rows->nrows);
    return status < 0 ? crm_connection_raise(self, &err) : status;
}

/* Fetches up to max_rows rows, with a look for signals now and then.  CRM_FAIL
 * with an exception set. */
static int
fetch_batches(crm_connection *self, crm_stmt *stmt, crm_rows *rows,
              size_t max_rows, crm_present *present)
{
    int status;
    rows->home = &self->core->pages;
    size_t after = present != NULL && self->driver->skips
                       ? crm_present_after(present)
                       : SIZE_MAX;
    for (;;) {
        status = fetch_until_look(self, stmt, rows, &max_rows, after);
        if (status < 0) {
            return status;
        }
        if (status == CRM_DONE || max_rows == 0) {
            break;
        }
        if (PyErr_CheckSignals() < 0) {
            self->driver->reset_stmt(stmt);
            return CRM_FAIL;
        }
        if (rows->nrows == after) {
            crm_present_note(present, rows);
        }
    }
    crm_rows_trim(rows);
    if (present != NULL) {
        crm_present_remember(present, rows);
    }
    return status;
}

/* Binds and runs; the connection is entered.  CRM_MORE makes *ran busy. */
static int
run_entered(crm_connection *self, crm_plan *plan, const crm_cell *cells,
            crm_rows *rows, size_t max_rows, crm_present *present,
            crm_entry **ran)
{
    crm_entry *entry = prepare_entry(self, plan);
    if (entry == NULL) {
        return CRM_FAIL;
    }
    crm_error err;
    if (self->driver->bind(entry->stmt, cells, plan->nbinds, &err) < 0) {
        return crm_connection_raise(self, &err);
    }
    crm_rows_init(rows, (uint32_t)self->driver->column_count(entry->stmt));
    self->run = ++self->core->last_run;
    int status = fetch_batches(self, entry->stmt, rows, max_rows, present);
    if (status == CRM_MORE) {
        entry->run = self->run;
    }
    *ran = entry;
    return status;
}

/* Hands what the parameters of an unfinished run keep alive to its entry. */
static int
keep_params(crm_entry *entry, crm_params *params)
{
    if (params->count == 0) {
        return 0;
    }
    PyObject **keep = PyMem_New(PyObject *, params->count);
    if (keep == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(keep, params->keep, params->count * sizeof(*keep));
    entry->keep = keep;
    entry->nkeep = params->count;
    params->count = 0;
    return 0;
}

/* Fills what a run leaves: 0, or -1 with an exception. */
static int
take_outcome(crm_connection *self, const crm_plan *plan, const crm_rows *rows,
             crm_stmt *stmt, crm_outcome *outcome)
{
    *outcome = (crm_outcome){
        .stmt = stmt,
        .run = self->run,
        .changes = self->driver->changes(stmt),
        .last_id = self->driver->last_insert_id(self->conn),
    };
    if (plan->program == NULL && rows->ncols > 0) {
        outcome->names = crm_connection_columns(self, stmt);
        return outcome->names == NULL ? -1 : 0;
    }
    return 0;
}

/* Binds and runs a plan with the GIL released, reading up to max_rows rows
 * (SIZE_MAX: all).  CRM_MORE or CRM_DONE, or CRM_FAIL with an exception (there
 * is no outcome then).  With CRM_MORE the statement stays busy, the parameters
 * alive, until fetch ends the run or release gives it up.  `rows` is
 * initialized here.  What `present` (NULL is allowed) notes has to live as long
 * as they do. */
static int
run_plan(crm_connection *self, crm_plan *plan, PyObject *const *values,
         size_t nvalues, crm_rows *rows, size_t max_rows,
         struct crm_present *present, crm_outcome *outcome)
{
    crm_params params;
    crm_entry *entry = NULL;
    int status = CRM_FAIL;
    crm_rows_init(rows, 0);
    Py_CLEAR(self->failed_params);
    self->refused = 0;
    if (crm_params_encode(&params, self, plan, values, nvalues) < 0) {
        goto done;
    }
    if (crm_connection_enter(self) < 0) {
        goto done;
    }
    status =
        run_entered(self, plan, params.cells, rows, max_rows, present, &entry);
    if (status >= 0 &&
        (take_outcome(self, plan, rows, entry->stmt, outcome) < 0 ||
         (status == CRM_MORE && keep_params(entry, &params) < 0))) {
        Py_CLEAR(outcome->names);
        if (status == CRM_MORE) {
            self->driver->reset_stmt(entry->stmt);
            crm_statements_idle(self->statements, entry);
        }
        status = CRM_FAIL;
    }
    crm_connection_leave(self);
    if (status < 0) {
        crm_connection_set_failed(self, plan, values, nvalues, params.cells);
        crm_rows_clear(rows);
    }
done:
    if (status < 0) {
        crm_made_clear(&self->made);
    }
    crm_params_clear(&params);
    return status;
}

/* The entry of an unfinished run, NULL if it is over. */
static crm_entry *
find_run(crm_connection *self, crm_stmt *stmt, uint64_t run)
{
    crm_entry *entry = self->statements == NULL || run == 0
                           ? NULL
                           : crm_statements_find(self->statements, stmt);
    return entry != NULL && entry->run == run && !entry->abandoned ? entry
                                                                   : NULL;
}

int
crm_connection_fetch(crm_connection *self, crm_stmt *stmt, uint64_t run,
                     crm_rows *rows, size_t max_rows)
{
    if (crm_connection_enter(self) < 0) {
        return CRM_FAIL;
    }
    int status = CRM_FAIL;
    crm_entry *entry = find_run(self, stmt, run);
    if (entry == NULL) {
        crm_connection_error(self, "InterfaceError",
                             "Cursor needed to be reset because of "
                             "commit/rollback and can no longer be fetched "
                             "from.");
    }
    else {
        status = fetch_batches(self, stmt, rows, max_rows, NULL);
    }
    crm_connection_leave(self);
    if (entry != NULL && status != CRM_MORE) {
        crm_statements_idle(self->statements, entry);
    }
    return status;
}

void
crm_connection_release(crm_connection *self, crm_stmt *stmt, uint64_t run)
{
    crm_entry *entry = find_run(self, stmt, run);
    if (entry == NULL || crm_connection_inherited(self)) {
        return;
    }
    if (self->in_use != 0 && self->in_use != PyThread_get_thread_ident()) {
        /* Another thread is in a driver call of this connection. */
        entry->abandoned = true;
        self->statements->abandoned++;
        return;
    }
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    /* In use, or what a driver that is Python runs could free the entry. */
    uint64_t user = self->in_use;
    self->in_use = PyThread_get_thread_ident();
    self->driver->reset_stmt(stmt);
    self->in_use = user;
    crm_statements_idle(self->statements, entry);
    PyErr_Restore(type, error, traceback);
}

/* True if `names` are the statement's column names, which change with the
 * schema. */
static int
names_are_current(crm_connection *self, crm_stmt *stmt, PyObject *names,
                  size_t count)
{
    if (names == NULL || (size_t)PyTuple_GET_SIZE(names) != count) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        const char *name = self->driver->column_name(stmt, i);
        if (name == NULL ||
            PyUnicode_CompareWithASCIIString(
                PyTuple_GET_ITEM(names, (Py_ssize_t)i), name) != 0) {
            /* also a name that is not ASCII: made anew each time */
            return 0;
        }
    }
    return 1;
}

PyObject *
crm_connection_columns(crm_connection *self, crm_stmt *stmt)
{
    crm_entry *entry = self->statements == NULL
                           ? NULL
                           : crm_statements_find(self->statements, stmt);
    if (entry == NULL) {
        return PyTuple_New(0);
    }
    size_t count = self->driver->column_count(stmt);
    if (names_are_current(self, stmt, entry->columns, count)) {
        return Py_NewRef(entry->columns);
    }
    PyObject *names = PyTuple_New((Py_ssize_t)count);
    for (size_t i = 0; names != NULL && i < count; i++) {
        const char *name = self->driver->column_name(stmt, i);
        PyObject *str =
            name == NULL
                ? PyErr_NoMemory()
                : PyUnicode_DecodeUTF8(name, (Py_ssize_t)strlen(name), NULL);
        if (str == NULL) {
            Py_CLEAR(names);
            break;
        }
        PyUnicode_InternInPlace(&str);
        PyTuple_SET_ITEM(names, (Py_ssize_t)i, str);
    }
    if (names != NULL) {
        Py_XSETREF(entry->columns, Py_NewRef(names));
    }
    return names;
}

/* ---- the method execute() --------------------------------------------- */

typedef struct {
    crm_plan *plan;
    PyObject *values; /* owned tuple */
    crm_session *session;
    Py_ssize_t stream;
    int flags;
} execute_args;

static int
keyword_arg(PyObject **slots, PyObject *name, PyObject *value)
{
    static const char *const names[] = {"plan", "values", "session", "stream",
                                        "flags"};
    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        if (PyUnicode_CompareWithASCIIString(name, names[i]) == 0) {
            slots[i] = value;
            return 0;
        }
    }
    PyErr_Format(PyExc_TypeError,
                 "execute() got an unexpected keyword argument '%U'", name);
    return -1;
}

static int
parse_execute(crm_connection *self, execute_args *to, PyObject *const *args,
              Py_ssize_t nargs, PyObject *kwnames)
{
    /* plan, values, session, stream, flags */
    PyObject *slots[5] = {NULL, NULL, NULL, NULL, NULL};
    if (nargs > (Py_ssize_t)Py_ARRAY_LENGTH(slots)) {
        PyErr_SetString(PyExc_TypeError,
                        "execute() takes at most 5 positional arguments");
        return -1;
    }
    for (Py_ssize_t i = 0; i < nargs; i++) {
        slots[i] = args[i];
    }
    Py_ssize_t nkw = kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames);
    for (Py_ssize_t i = 0; i < nkw; i++) {
        if (keyword_arg(slots, PyTuple_GET_ITEM(kwnames, i), args[nargs + i]) <
            0) {
            return -1;
        }
    }
    if (slots[3] != NULL) {
        to->stream = PyLong_AsSsize_t(slots[3]);
        if (to->stream == -1 && PyErr_Occurred()) {
            return -1;
        }
    }
    if (slots[4] != NULL) {
        long flags = PyLong_AsLong(slots[4]);
        if (flags == -1 && PyErr_Occurred()) {
            return -1;
        }
        to->flags = (int)flags;
    }
    if (crm_connection_check_plan(self, slots[0]) < 0) {
        return -1;
    }
    to->plan = (crm_plan *)slots[0];
    PyTypeObject *session_type = self->core->session_type;
    if (slots[2] != NULL && slots[2] != Py_None) {
        if (session_type == NULL ||
            !PyObject_TypeCheck(slots[2], session_type)) {
            PyErr_Format(PyExc_TypeError, "a Session is needed, not %R",
                         slots[2]);
            return -1;
        }
        to->session = (crm_session *)slots[2];
    }
    if (to->stream < 0) {
        PyErr_SetString(PyExc_ValueError, "stream must not be negative");
        return -1;
    }
    /* A tuple: code of the user that runs while values are encoded could change
     * a list. */
    to->values = slots[1] == NULL               ? PyTuple_New(0)
                 : PyTuple_CheckExact(slots[1]) ? Py_NewRef(slots[1])
                                                : PySequence_Tuple(slots[1]);
    return to->values == NULL ? -1 : 0;
}

PyObject *
crm_connection_execute(crm_connection *self, PyObject *const *args,
                       Py_ssize_t nargs, PyObject *kwnames)
{
    execute_args a = {0};
    if (parse_execute(self, &a, args, nargs, kwnames) < 0) {
        return NULL;
    }
    crm_rows rows;
    crm_outcome outcome;
    PyObject *cursor = NULL;
    size_t max_rows = a.stream == 0 ? SIZE_MAX : (size_t)a.stream;
    crm_present present = {a.stream == 0 ? a.plan->program : NULL, a.session,
                           a.flags, NULL};
    int status = run_plan(self, a.plan, &PyTuple_GET_ITEM(a.values, 0),
                          (size_t)PyTuple_GET_SIZE(a.values), &rows, max_rows,
                          &present, &outcome);
    if (status >= 0) {
        int flags = a.flags | (status == CRM_MORE ? CRM_CURSOR_MORE : 0);
        cursor = crm_cursor_new(self, a.plan, a.session, &rows, &present,
                                &outcome, flags, a.stream);
        if (cursor == NULL && status == CRM_MORE) {
            crm_connection_release(self, outcome.stmt, outcome.run);
        }
        Py_XDECREF(outcome.names);
    }
    crm_present_free(self->core, present.noted);
    Py_DECREF(a.values);
    return cursor;
}
