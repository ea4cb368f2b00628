/* row.h: result rows as Python objects (_core.Row, RowMapping, RowKeys).
 *
 * A row is a short object: a pointer to what all rows of a statement share and
 * its values.  All functions need the GIL.
 */
#ifndef CRM_ROW_H
#define CRM_ROW_H

#include "core.h"

/* What the rows of one statement share (Python: _core.RowKeys). */
typedef struct {
    PyObject_HEAD
    crm_core *core;
    PyObject *items;  /* owned tuple: a str or None (no name) per item */
    PyObject *names;  /* owned tuple: those that are str */
    PyObject *index;  /* owned dict: name -> int position, -1: ambiguous */
    PyObject *lookup; /* owned callable(key) -> int or None, or NULL: finds keys
                         that are not names (columns, entities) */
    uint8_t unpickled;
} crm_keys;

typedef struct {
    PyObject_VAR_HEAD
    crm_keys *keys; /* owned */
    PyObject *items[];
} crm_row;

/* Keys of items (a tuple of str, None for an item without a name); `index` as
 * above, or NULL to number the names, the last of equal ones winning.  NULL
 * with an exception. */
crm_keys *crm_keys_new(crm_core *core, PyObject *items, PyObject *index);

/* A row of `count` NULL items, to be filled by the caller and then finished.
 * NULL with MemoryError. */
static inline crm_row *
crm_row_new(crm_keys *keys, Py_ssize_t count)
{
    crm_row *row = PyObject_GC_NewVar(crm_row, keys->core->row_type, count);
    if (row != NULL) {
        row->keys = (crm_keys *)Py_NewRef(keys);
        memset(row->items, 0, (size_t)count * sizeof(PyObject *));
    }
    return row;
}

/* True if a reference to `value` can be part of a cycle: as for tuples. */
static inline int
crm_row_may_cycle(PyObject *value)
{
    return PyObject_IS_GC(value) &&
           (!PyTuple_CheckExact(value) || PyObject_GC_IsTracked(value));
}

/* Ends the filling of a row: the collector tracks it only if it has to. */
static inline PyObject *
crm_row_finish(crm_row *row)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(row); i++) {
        if (crm_row_may_cycle(row->items[i])) {
            PyObject_GC_Track(row);
            break;
        }
    }
    return (PyObject *)row;
}

int crm_row_init(crm_core *core, PyObject *module);

#endif /* CRM_ROW_H */
