/* executemany.c: one statement run once for each of many rows of parameters.
 *
 * Every row is encoded before the first runs, because a type that refuses a
 * value does so before anything is sent; then the rows run in batches without
 * the GIL.
 */
#include "core/flush/batch.h"
#include "raise.h"

/* Rows run between two looks for Ctrl-C, by a driver that does not look itself.
 */
#define ROWS_BETWEEN 1024

typedef struct {
    crm_cell *cells; /* nbinds for each row */
    PyObject **keep;
    size_t count;                       /* cells in use */
    size_t nrows;                       /* rows that can run */
    PyObject *type, *error, *traceback; /* why the row after them cannot */
} batch_params;

static void
batch_clear(batch_params *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        Py_XDECREF(batch->keep[i]);
    }
    PyMem_Free(batch->cells);
    PyMem_Free(batch->keep);
    Py_XDECREF(batch->type);
    Py_XDECREF(batch->error);
    Py_XDECREF(batch->traceback);
}

/* Encodes one row.  -1 with an exception, 1 after noting in `batch` that the
 * row cannot be bound. */
static int
encode_row(batch_params *batch, crm_connection *self, crm_plan *plan,
           PyObject *row)
{
    PyObject *values = PySequence_Tuple(row);
    if (values == NULL) {
        return -1;
    }
    int result = 0;
    size_t first = batch->count;
    size_t nvalues = (size_t)PyTuple_GET_SIZE(values);
    PyObject *const *items = &PyTuple_GET_ITEM(values, 0);
    for (size_t i = 0; i < plan->nbinds && result == 0; i++) {
        const crm_bind *bind = &plan->binds[i];
        int status;
        if (bind->index >= nvalues) {
            crm_connection_error(self, "ProgrammingError",
                                 "Incorrect number of bindings supplied. The "
                                 "current statement uses %zu, and there are "
                                 "%zu supplied.",
                                 plan->nbinds, nvalues);
            status = -1;
            result = 1;
        }
        else {
            status = crm_made_encode(
                &self->made, plan, bind, items[bind->index],
                &batch->cells[first + i], &batch->keep[first + i]);
            if (status < 0) {
                result = status == CRM_ENCODE_UNBINDABLE ? 1 : -1;
                crm_connection_bind_error(self, plan, items, nvalues, i,
                                          status);
                if (self->failed_params == NULL) {
                    result = -1; /* another value of the row is refused */
                }
            }
        }
        if (status == 0) {
            batch->count++;
        }
    }
    Py_DECREF(values);
    if (result != 0) {
        for (; batch->count > first; batch->count--) {
            Py_XDECREF(batch->keep[batch->count - 1]);
        }
    }
    if (result == 1) {
        if (batch->type == NULL) {
            PyErr_Fetch(&batch->type, &batch->error, &batch->traceback);
        }
        else {
            PyErr_Clear();
        }
    }
    return result;
}

static int
encode_rows(batch_params *batch, crm_connection *self, crm_plan *plan,
            PyObject *rows)
{
    size_t nrows = (size_t)PyTuple_GET_SIZE(rows);
    size_t width = plan->nbinds == 0 ? 1 : plan->nbinds;
    if (nrows > SIZE_MAX / sizeof(crm_cell) / width) {
        PyErr_NoMemory();
        return -1;
    }
    batch->cells = PyMem_New(crm_cell, nrows * width);
    batch->keep = PyMem_New(PyObject *, nrows * width);
    if (batch->cells == NULL || batch->keep == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < nrows; i++) {
        int status = encode_row(batch, self, plan,
                                PyTuple_GET_ITEM(rows, (Py_ssize_t)i));
        if (status < 0) {
            return -1;
        }
        if (status == 0 && batch->type == NULL) {
            batch->nrows++;
        }
        else if (status == 0) {
            /* Only looked at, because of the row that cannot run. */
            for (size_t k = 0; k < plan->nbinds; k++) {
                Py_XDECREF(batch->keep[--batch->count]);
            }
        }
    }
    return 0;
}

/* Runs the rows of [*next, last) without the GIL, moving *next on. */
static int
run_rows(crm_connection *self, crm_stmt *stmt, crm_plan *plan,
         const batch_params *batch, size_t *next, size_t last, int64_t *changes,
         crm_error *err)
{
    const crm_driver *driver = self->driver;
    int status = CRM_OK;
    crm_driver_begin(self);
    crm_rows rows;
    crm_rows_init(&rows, (uint32_t)driver->column_count(stmt));
    if (driver->run_many != NULL) {
        size_t done = 0;
        status = driver->run_many(stmt, batch->cells + *next * plan->nbinds,
                                  last - *next, plan->nbinds, false, &rows,
                                  &done, changes, err);
        *next += done;
        last = *next;
    }
    while (status >= 0 && *next < last) {
        status = driver->bind(stmt, batch->cells + *next * plan->nbinds,
                              plan->nbinds, err);
        if (status >= 0) {
            status = driver->fetch(stmt, &rows, SIZE_MAX, err);
            crm_rows_clear(&rows);
        }
        if (status >= 0) {
            int64_t changed = driver->changes(stmt);
            *changes = changed < 0 || *changes < 0 ? -1 : *changes + changed;
            (*next)++;
        }
    }
    crm_rows_clear(&rows);
    crm_driver_end(self);
    return status < 0 ? -1 : 0;
}

static int
run_batches(crm_connection *self, crm_plan *plan, const batch_params *batch,
            int64_t *changes)
{
    if (crm_connection_enter(self) < 0) {
        return -1;
    }
    int status = -1;
    crm_error err;
    size_t next = 0;
    size_t step = self->driver->run_many == NULL
                      ? ROWS_BETWEEN
                      : crm_batch_most(self, plan->nbinds);
    crm_stmt *stmt = crm_connection_prepare(self, plan);
    if (stmt == NULL) {
        goto done;
    }
    self->run = ++self->core->last_run;
    while (next < batch->nrows) {
        size_t last = Py_MIN(batch->nrows - next, step) + next;
        if (run_rows(self, stmt, plan, batch, &next, last, changes, &err) < 0) {
            crm_connection_raise(self, &err);
            goto done;
        }
        if (PyErr_CheckSignals() < 0) {
            goto done;
        }
    }
    status = 0;
done:
    crm_connection_leave(self);
    return status;
}

PyObject *
crm_connection_execute_many(crm_connection *self, PyObject *const *args,
                            Py_ssize_t nargs)
{
    if (nargs != 2 || !Py_IS_TYPE(args[0], self->core->plan_type)) {
        PyErr_SetString(PyExc_TypeError,
                        "execute_many() takes a Plan and a sequence of rows");
        return NULL;
    }
    crm_plan *plan = (crm_plan *)args[0];
    PyObject *rows = PySequence_Tuple(args[1]);
    if (rows == NULL) {
        return NULL;
    }
    batch_params batch = {0};
    int64_t changes = 0;
    Py_CLEAR(self->failed_params);
    self->refused = 0;
    int status = encode_rows(&batch, self, plan, rows);
    if (status == 0) {
        status = run_batches(self, plan, &batch, &changes);
    }
    if (status == 0 && batch.type != NULL) {
        PyErr_Restore(batch.type, batch.error, batch.traceback);
        batch.type = batch.error = batch.traceback = NULL;
        status = -1;
    }
    if (status < 0) {
        crm_made_clear(&self->made);
    }
    batch_clear(&batch);
    Py_DECREF(rows);
    self->changes += changes > 0 ? changes : 0;
    return status < 0 ? NULL : PyLong_FromLongLong(changes);
}
