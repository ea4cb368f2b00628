/* row.h: result rows as Python objects (_core.Row).
 *
 * A row is a short object: a pointer to what all rows of a statement share and
 * its values.  One that can be in no cycle, which are most, is no object of the
 * collector's: it has no header before it and is not counted.  Rows of classes
 * that derive from Row are laid out by the interpreter, and keep their values
 * in a tuple.  All functions need the GIL.
 */
#ifndef CRM_ROW_H
#define CRM_ROW_H

#include "core/values/acyclic.h"
#include "rowkeys.h"

typedef struct crm_row {
    PyObject_HEAD
    uintptr_t tagged; /* owned crm_keys, and which of CRM_ROW_* it is */
    PyObject *items[];
} crm_row;

/* The row has a collector's header. */
#define CRM_ROW_GC ((uintptr_t)1)
/* It is of a derived class, and tracked: items[0] is an owned tuple of what
 * other rows have in `items`, and what the class adds comes behind it. */
#define CRM_ROW_DERIVED ((uintptr_t)2)
/* Whoever asked for it drops it soon and shows it to nobody, so that its items
 * may be taken out. */
#define CRM_ROW_BRIEF ((uintptr_t)4)

static inline crm_keys *
crm_row_keys(const crm_row *row)
{
    return (crm_keys *)(row->tagged &
                        ~(CRM_ROW_GC | CRM_ROW_DERIVED | CRM_ROW_BRIEF));
}

static inline int
crm_row_is_gc(const crm_row *row)
{
    return (row->tagged & CRM_ROW_GC) != 0;
}

static inline int
crm_row_is_derived(const crm_row *row)
{
    return (row->tagged & CRM_ROW_DERIVED) != 0;
}

static inline int
crm_row_is_brief(const crm_row *row)
{
    return (row->tagged & CRM_ROW_BRIEF) != 0;
}

/* The items of any row, which those that the core makes have in `items`. */
static inline PyObject **
crm_row_items(crm_row *row)
{
    return crm_row_is_derived(row) ? ((PyTupleObject *)row->items[0])->ob_item
                                   : row->items;
}

static inline Py_ssize_t
crm_row_count(const crm_row *row)
{
    return crm_keys_count(crm_row_keys(row));
}

/* Item `index` of a row that the core has made, or of a tuple that stands for
 * one: borrowed, NULL with TypeError.  A negative index means that the row is
 * the item itself. */
static inline PyObject *
crm_row_item(const crm_core *core, PyObject *row, Py_ssize_t index)
{
    if (index < 0) {
        return row;
    }
    if (Py_IS_TYPE(row, core->row_type)) {
        if (index < crm_row_count((crm_row *)row)) {
            return ((crm_row *)row)->items[index];
        }
    }
    else if (PyTuple_Check(row)) {
        if (index < PyTuple_GET_SIZE(row)) {
            return PyTuple_GET_ITEM(row, index);
        }
    }
    PyErr_SetString(PyExc_TypeError, "not a row with so many items");
    return NULL;
}

/* A row of NULL items, one for each of the keys, to be filled by the caller and
 * then finished.  `gc`: it is likely that some item may be in a cycle; a guess
 * that is wrong costs time only.  NULL with MemoryError. */
crm_row *crm_row_new_gc(crm_keys *keys);

static inline crm_row *
crm_row_new(crm_keys *keys, int gc)
{
    if (gc) {
        return crm_row_new_gc(keys);
    }
    crm_core *core = keys->core;
    Py_ssize_t count = crm_keys_count(keys);
    crm_row *row = crm_spare_row(&core->spares, core->row_type, count);
    if (row != NULL) {
        row->tagged = (uintptr_t)Py_NewRef(keys);
        memset(row->items, 0, (size_t)count * sizeof(PyObject *));
    }
    return row;
}

/* True if a reference to `value` can be part of a cycle: as for tuples. */
static inline int
crm_row_may_cycle(const crm_core *core, PyObject *value)
{
    return PyType_IS_GC(Py_TYPE(value)) && !crm_is_acyclic(core, value) &&
           (!PyTuple_CheckExact(value) || PyObject_GC_IsTracked(value));
}

/* What crm_row_finish does with a row that the collector has to know: the
 * reference that is returned stands for the one passed. */
PyObject *crm_row_track(crm_row *row);

/* Ends the filling of a row: the collector tracks it only if it has to.  Takes
 * the reference over, and returns one: to the row, or to another with its items
 * in its place.  NULL with MemoryError. */
static inline PyObject *
crm_row_finish(crm_row *row)
{
    /* An iterator over a row is no object of the collector's either; rows in
     * iterators in rows would be freed each from within the one before. */
    const crm_core *core = crm_row_keys(row)->core;
    PyTypeObject *iterator = core->row_iterator;
    for (Py_ssize_t i = crm_row_count(row); --i >= 0;) {
        PyObject *item = row->items[i];
        if (crm_row_may_cycle(core, item) || Py_IS_TYPE(item, iterator)) {
            return crm_row_track(row);
        }
    }
    return (PyObject *)row;
}

int crm_row_init(crm_core *core, PyObject *module);

#endif /* CRM_ROW_H */
