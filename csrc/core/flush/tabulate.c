/* tabulate.c: rows given as mappings, on their way to a statement for many.
 *
 * A program gives dictionaries, each with keys of its own; a statement takes
 * tuples, all with the same columns.  Rows that follow each other and give the
 * same columns make a run.
 */
#include "core/core.h"

typedef struct {
    PyObject *places; /* borrowed: dict, key -> number of a column */
    const char *keep; /* borrowed: whether a column's None counts */
    PyObject *runs;   /* owned list of (columns, rows) */
    PyObject *rows;   /* borrowed: the rows of the last run, or NULL */
    Py_ssize_t ncolumns;
    PyObject **cells; /* ncolumns of the row at hand, owned, or NULL */
    char *given;      /* ncolumns: whether rows of the last run give it */
} table;

static void
clear_cells(table *t)
{
    for (Py_ssize_t i = 0; i < t->ncolumns; i++) {
        Py_CLEAR(t->cells[i]);
    }
}

/* The value of one key of a row: 0, or -1 with an exception. */
static int
put(table *t, PyObject *key, PyObject *value)
{
    PyObject *place = PyDict_GetItemWithError(t->places, key);
    if (place == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    Py_ssize_t at = PyLong_AsSsize_t(place);
    if (at < 0 || at >= t->ncolumns) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_IndexError, "no column %zd among %zd", at,
                         t->ncolumns);
        }
        return -1;
    }
    if (value != Py_None || t->keep[at]) {
        Py_XSETREF(t->cells[at], Py_NewRef(value));
    }
    return 0;
}

/* The plainest row: looking up exact strings runs no code of the program's,
 * which could change the dict.  1 if it is not that plain. */
static int
put_plain(table *t, PyObject *row)
{
    Py_ssize_t pos = 0;
    PyObject *key, *value;
    while (PyDict_Next(row, &pos, &key, &value)) {
        if (!PyUnicode_CheckExact(key)) {
            return 1;
        }
        if (put(t, key, value) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
put_mapping(table *t, PyObject *row)
{
    PyObject *items = PyMapping_Items(row);
    if (items == NULL) {
        return -1;
    }
    int status = 0;
    for (Py_ssize_t i = 0; status == 0 && i < PyList_GET_SIZE(items); i++) {
        PyObject *item = PyList_GET_ITEM(items, i);
        if (!PyTuple_Check(item) || PyTuple_GET_SIZE(item) != 2) {
            PyErr_SetString(PyExc_TypeError, "a row is a mapping");
            status = -1;
        }
        else {
            status =
                put(t, PyTuple_GET_ITEM(item, 0), PyTuple_GET_ITEM(item, 1));
        }
    }
    Py_DECREF(items);
    return status;
}

/* Begins a run of rows that give the columns of the row at hand. */
static int
begin_run(table *t, Py_ssize_t count)
{
    PyObject *columns = PyTuple_New(count);
    PyObject *rows = PyList_New(0);
    PyObject *run = NULL;
    if (columns == NULL || rows == NULL) {
        goto error;
    }
    for (Py_ssize_t i = 0, n = 0; i < t->ncolumns; i++) {
        t->given[i] = t->cells[i] != NULL;
        if (t->given[i]) {
            PyObject *number = PyLong_FromSsize_t(i);
            if (number == NULL) {
                goto error;
            }
            PyTuple_SET_ITEM(columns, n++, number);
        }
    }
    run = PyTuple_Pack(2, columns, rows);
    if (run == NULL || PyList_Append(t->runs, run) < 0) {
        goto error;
    }
    t->rows = rows; /* the run keeps it */
    Py_DECREF(run);
    Py_DECREF(columns);
    Py_DECREF(rows);
    return 0;

error:
    Py_XDECREF(run);
    Py_XDECREF(columns);
    Py_XDECREF(rows);
    return -1;
}

/* Moves the row at hand to its run. */
static int
finish_row(table *t)
{
    Py_ssize_t count = 0;
    int same = t->rows != NULL;
    for (Py_ssize_t i = 0; i < t->ncolumns; i++) {
        int given = t->cells[i] != NULL;
        count += given;
        same &= given == t->given[i];
    }
    if (!same && begin_run(t, count) < 0) {
        return -1;
    }
    PyObject *row = PyTuple_New(count);
    if (row == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0, n = 0; i < t->ncolumns; i++) {
        if (t->cells[i] != NULL) {
            PyTuple_SET_ITEM(row, n++, t->cells[i]);
            t->cells[i] = NULL;
        }
    }
    int failed = PyList_Append(t->rows, row);
    Py_DECREF(row);
    return failed;
}

static int
add_row(table *t, PyObject *row)
{
    int status = PyDict_CheckExact(row) ? put_plain(t, row) : 1;
    if (status == 1) {
        clear_cells(t);
        status = put_mapping(t, row);
    }
    return status < 0 ? -1 : finish_row(t);
}

PyDoc_STRVAR(tabulate_doc,
             "tabulate(rows, places, keep, /)\n--\n\n"
             "Runs of rows that give the same columns: (their numbers, tuples "
             "of values).");

static PyObject *
core_tabulate(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *given, *places;
    const char *keep;
    Py_ssize_t ncolumns;
    if (!PyArg_ParseTuple(args, "OO!y#:tabulate", &given, &PyDict_Type, &places,
                          &keep, &ncolumns)) {
        return NULL;
    }
    table t = {.places = places, .keep = keep, .ncolumns = ncolumns};
    /* a tuple: code of the program's that runs meanwhile could change a list */
    PyObject *rows = PySequence_Tuple(given);
    t.runs = PyList_New(0);
    t.cells = PyMem_Calloc((size_t)ncolumns + 1, sizeof(PyObject *));
    t.given = PyMem_Calloc((size_t)ncolumns + 1, 1);
    int failed = rows == NULL || t.runs == NULL;
    if (!failed && (t.cells == NULL || t.given == NULL)) {
        PyErr_NoMemory();
        failed = 1;
    }
    for (Py_ssize_t i = 0; !failed && i < PyTuple_GET_SIZE(rows); i++) {
        failed = add_row(&t, PyTuple_GET_ITEM(rows, i)) < 0;
    }
    if (failed) {
        Py_CLEAR(t.runs);
    }
    if (t.cells != NULL) {
        clear_cells(&t);
    }
    PyMem_Free(t.cells);
    PyMem_Free(t.given);
    Py_XDECREF(rows);
    return t.runs;
}

static PyMethodDef functions[] = {
    {"tabulate", core_tabulate, METH_VARARGS, tabulate_doc},
    {NULL},
};

int
crm_tabulate_init(crm_core *Py_UNUSED(core), PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}
