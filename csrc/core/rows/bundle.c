/* bundle.c: rows of which some items become one, as of Bundle, whose rows are
 * rows within rows, and rows that are their first item alone.  All functions
 * need the GIL.
 */
#include "core/core.h"

#include "row.h"

static PyObject *
first_items(PyObject *module, PyObject *rows)
{
    if (!PyList_Check(rows)) {
        PyErr_SetString(PyExc_TypeError, "a list of rows is expected");
        return NULL;
    }
    crm_core *core = PyModule_GetState(module);
    PyObject *out = PyList_New(PyList_GET_SIZE(rows));
    /* The collector may have run code that has them. */
    if (out != NULL && PyList_GET_SIZE(out) != PyList_GET_SIZE(rows)) {
        PyErr_SetString(PyExc_RuntimeError, "the rows have changed");
        Py_CLEAR(out);
    }
    for (Py_ssize_t i = 0; out != NULL && i < PyList_GET_SIZE(out); i++) {
        PyObject *item = crm_row_item(core, PyList_GET_ITEM(rows, i), 0);
        if (item == NULL) {
            Py_CLEAR(out);
            break;
        }
        PyList_SET_ITEM(out, i, Py_NewRef(item));
    }
    return out;
}

/* Items of rows that become one: a row under `maker`, if these are its names,
 * or what `maker` gives for the whole row.  Nothing is owned. */
typedef struct {
    Py_ssize_t start, end;
    PyObject *maker;
} bundle;

static PyObject *
bundle_value(crm_core *core, PyObject *row, const bundle *part)
{
    if (!Py_IS_TYPE(part->maker, core->row_keys_type)) {
        return PyObject_CallOneArg(part->maker, row);
    }
    crm_row *made = crm_row_new((crm_keys *)part->maker, 0);
    for (Py_ssize_t i = part->start; made != NULL && i < part->end; i++) {
        PyObject *item = crm_row_item(core, row, i);
        if (item == NULL) {
            Py_CLEAR(made);
            break;
        }
        made->items[i - part->start] = Py_NewRef(item);
    }
    return made == NULL ? NULL : crm_row_finish(made);
}

/* A row of `count` items, of which the parts are some. */
static PyObject *
bundle_row(crm_core *core, PyObject *row, crm_keys *keys, const bundle *parts,
           Py_ssize_t nparts)
{
    crm_row *made = crm_row_new(keys, 0);
    Py_ssize_t position = 0, part = 0;
    for (Py_ssize_t i = 0; made != NULL && i < crm_keys_count(keys); i++) {
        PyObject *value;
        if (part < nparts && parts[part].start == position) {
            value = bundle_value(core, row, &parts[part]);
            position = parts[part++].end;
        }
        else {
            value = crm_row_item(core, row, position++);
            Py_XINCREF(value);
        }
        made->items[i] = value;
        if (value == NULL) {
            Py_CLEAR(made);
        }
    }
    return made == NULL ? NULL : crm_row_finish(made);
}

/* The parts from a tuple, to be freed with PyMem_Free: NULL with an
 * exception. */
static bundle *
read_bundles(crm_core *core, PyObject *tuple)
{
    Py_ssize_t count = PyTuple_GET_SIZE(tuple), from = 0;
    bundle *parts = PyMem_New(bundle, count > 0 ? count : 1);
    if (parts == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        bundle *part = &parts[i];
        PyObject *item = PyTuple_GET_ITEM(tuple, i);
        int ok = PyTuple_Check(item) &&
                 PyArg_ParseTuple(item, "nnO", &part->start, &part->end,
                                  &part->maker) &&
                 part->start >= from && part->end >= part->start &&
                 (!Py_IS_TYPE(part->maker, core->row_keys_type) ||
                  crm_keys_count((crm_keys *)part->maker) ==
                      part->end - part->start);
        if (!ok) {
            if (!PyErr_Occurred()) {
                PyErr_SetString(PyExc_ValueError, "not the parts of a row");
            }
            PyMem_Free(parts);
            return NULL;
        }
        from = part->end;
    }
    return parts;
}

static PyObject *
bundle_rows(PyObject *module, PyObject *args)
{
    crm_core *core = PyModule_GetState(module);
    PyObject *rows, *names, *tuple;
    if (!PyArg_ParseTuple(args, "O!OO!:bundle_rows", &PyList_Type, &rows,
                          &names, &PyTuple_Type, &tuple)) {
        return NULL;
    }
    Py_ssize_t nparts = PyTuple_GET_SIZE(tuple);
    if (names == Py_None ? nparts != 1
                         : !Py_IS_TYPE(names, core->row_keys_type)) {
        PyErr_SetString(PyExc_TypeError,
                        "RowKeys are expected, or None and one part");
        return NULL;
    }
    bundle *parts = read_bundles(core, tuple);
    PyObject *out = parts == NULL ? NULL : PyList_New(0);
    for (Py_ssize_t i = 0; out != NULL && i < PyList_GET_SIZE(rows); i++) {
        PyObject *row = Py_NewRef(PyList_GET_ITEM(rows, i));
        PyObject *made =
            names == Py_None
                ? bundle_value(core, row, parts)
                : bundle_row(core, row, (crm_keys *)names, parts, nparts);
        Py_DECREF(row);
        if (made == NULL || PyList_Append(out, made) < 0) {
            Py_CLEAR(out);
        }
        Py_XDECREF(made);
    }
    PyMem_Free(parts);
    return out;
}

static PyMethodDef methods[] = {
    {"first_items", first_items, METH_O,
     PyDoc_STR("first_items(rows): the first item of each row.")},
    {"bundle_rows", bundle_rows, METH_VARARGS,
     PyDoc_STR("bundle_rows(rows, keys, parts): rows with what parts, of "
               "(start, end, RowKeys or callable(row)), make of their items; "
               "keys None: what the only part makes.")},
    {NULL},
};

int
crm_bundle_init(crm_core *core, PyObject *module)
{
    (void)core;
    return PyModule_AddFunctions(module, methods);
}
