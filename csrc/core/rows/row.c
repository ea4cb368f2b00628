/* row.c: Row.
 *
 * A Row behaves as a tuple does without being one, and gives its items by name
 * as well.
 */
#include "row.h"

#include "core/compat.h"
#include "derivedrow.h"
#include "rowmapping.h"

#include <structmember.h>

PyObject *
crm_row_by_key(crm_row *row, PyObject *key)
{
    Py_ssize_t position = crm_keys_find(crm_row_keys(row), key);
    if (position >= 0) {
        return Py_NewRef(crm_row_items(row)[position]);
    }
    if (position == -1) {
        crm_keys_raise_missing(crm_row_keys(row), key);
    }
    return NULL;
}

int
crm_row_has_key(crm_row *row, PyObject *key)
{
    if (PyUnicode_Check(key)) {
        /* an ambiguous name is there all the same */
        return PyDict_Contains(crm_row_keys(row)->index, key);
    }
    Py_ssize_t position = crm_keys_find(crm_row_keys(row), key);
    return position == -2 ? -1 : position >= 0;
}

/* ---- Row -------------------------------------------------------------- */

/* The items as a new tuple; NULL with an exception. */
static PyObject *
tuple_of(crm_row *self)
{
    if (crm_row_is_derived(self)) {
        return Py_NewRef(self->items[0]);
    }
    Py_ssize_t count = crm_row_count(self);
    PyObject *tuple = PyTuple_New(count);
    if (tuple == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(self->items[i]));
    }
    return tuple;
}

PyObject *
crm_row_dict(crm_row *self)
{
    PyObject *dict = PyDict_New();
    if (dict == NULL) {
        return NULL;
    }
    PyObject *names = crm_row_keys(self)->names;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i);
        Py_ssize_t position = crm_keys_name(crm_row_keys(self), name);
        if (position < 0 || position >= crm_row_count(self)) {
            if (position == -2) {
                Py_DECREF(dict);
                return NULL;
            }
            continue;
        }
        if (PyDict_SetItem(dict, name, crm_row_items(self)[position]) < 0) {
            Py_DECREF(dict);
            return NULL;
        }
    }
    return dict;
}

/* A row of keys and the items of a tuple. */
static PyObject *
row_of(crm_keys *keys, PyObject *values)
{
    Py_ssize_t count = PyTuple_GET_SIZE(values);
    if (count != crm_keys_count(keys)) {
        PyErr_Format(PyExc_ValueError, "%zd keys, but %zd values",
                     crm_keys_count(keys), count);
        return NULL;
    }
    crm_row *row = crm_row_new(keys, 0);
    if (row == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        row->items[i] = Py_NewRef(PyTuple_GET_ITEM(values, i));
    }
    return crm_row_finish(row);
}

static PyObject *
row_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    crm_core *core = crm_core_of(type);
    if (core == NULL) {
        return NULL;
    }
    if (type != core->row_type) {
        return crm_derived_row_new(core, type);
    }
    crm_row_parts parts;
    if (crm_row_parse(core, &parts, args, kwargs) < 0) {
        return NULL;
    }
    PyObject *row = row_of(parts.keys, parts.values);
    crm_row_parts_clear(&parts);
    return row;
}

crm_row *
crm_row_new_gc(crm_keys *keys)
{
    Py_ssize_t count = crm_keys_count(keys);
    /* Derived classes are laid out by Row's size, which is one without items;
     * what is allocated is as large as a tuple of as many. */
    crm_row *row = PyObject_GC_NewVar(crm_row, &PyTuple_Type, count);
    if (row != NULL) {
        Py_SET_TYPE((PyObject *)row,
                    (PyTypeObject *)Py_NewRef(keys->core->row_type));
        /* in the place of a size, which the keys know */
        row->tagged = (uintptr_t)Py_NewRef(keys) | CRM_ROW_GC;
        memset(row->items, 0, (size_t)count * sizeof(PyObject *));
    }
    return row;
}

PyObject *
crm_row_track(crm_row *row)
{
    if (!crm_row_is_gc(row)) {
        crm_row *other = crm_row_new_gc(crm_row_keys(row));
        if (other != NULL) {
            size_t items = (size_t)crm_row_count(row) * sizeof(PyObject *);
            memcpy(other->items, row->items, items);
            memset(row->items, 0, items);
        }
        Py_DECREF(row);
        if (other == NULL) {
            return NULL;
        }
        row = other;
    }
    PyObject_GC_Track(row);
    return (PyObject *)row;
}

static int
row_is_gc(crm_row *self)
{
    return crm_row_is_gc(self);
}

static int
row_traverse(crm_row *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(crm_row_keys(self));
    if (crm_row_is_derived(self)) {
        Py_VISIT(self->items[0]);
        return 0;
    }
    for (Py_ssize_t i = crm_row_count(self); --i >= 0;) {
        Py_VISIT(self->items[i]);
    }
    return 0;
}

static inline void
drop_items(crm_row *self)
{
    for (Py_ssize_t i = crm_row_count(self); --i >= 0;) {
        Py_XDECREF(self->items[i]);
    }
    Py_DECREF(crm_row_keys(self));
}

/* No tp_clear: a row is immutable, so any cycle through it passes through an
 * object that can be cleared. */
static void
row_dealloc(crm_row *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (!crm_row_is_gc(self)) {
        /* holds no row, so that this is not called from itself */
        crm_core *core = crm_row_keys(self)->core; /* the type keeps it */
        Py_ssize_t count = crm_row_count(self);
        drop_items(self);
        crm_spare_put_row(&core->spares, self, count);
        Py_DECREF(type);
        return;
    }
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, row_dealloc);
    if (crm_row_is_derived(self)) {
        Py_DECREF(self->items[0]);
        Py_DECREF(crm_row_keys(self));
    }
    else {
        drop_items(self);
    }
    PyObject_GC_Del(self);
    Py_DECREF(type);
    Py_TRASHCAN_END
}

static Py_ssize_t
row_length(crm_row *self)
{
    return crm_row_count(self);
}

static PyObject *
row_item(crm_row *self, Py_ssize_t i)
{
    if (i < 0 || i >= crm_row_count(self)) {
        PyErr_SetString(PyExc_IndexError, "tuple index out of range");
        return NULL;
    }
    return Py_NewRef(crm_row_items(self)[i]);
}

static PyObject *
row_subscript(crm_row *self, PyObject *key)
{
    if (PyIndex_Check(key)) {
        Py_ssize_t i = PyNumber_AsSsize_t(key, PyExc_IndexError);
        if (i == -1 && PyErr_Occurred()) {
            return NULL;
        }
        return row_item(self, i < 0 ? i + crm_row_count(self) : i);
    }
    if (PySlice_Check(key)) {
        PyObject *tuple = tuple_of(self);
        if (tuple == NULL) {
            return NULL;
        }
        PyObject *slice = PyObject_GetItem(tuple, key);
        Py_DECREF(tuple);
        return slice;
    }
    PyErr_Format(PyExc_TypeError,
                 "tuple indices must be integers or slices, not %.200s",
                 Py_TYPE(key)->tp_name);
    return NULL;
}

static int
row_contains(crm_row *self, PyObject *value)
{
    for (Py_ssize_t i = 0; i < crm_row_count(self); i++) {
        int equal =
            PyObject_RichCompareBool(crm_row_items(self)[i], value, Py_EQ);
        if (equal != 0) {
            return equal;
        }
    }
    return 0;
}

/* Iterates over a row of plain values.  It is no object of the collector's, as
 * the row is none. */
typedef struct {
    PyObject_HEAD
    crm_row *row; /* owned */
    Py_ssize_t at;
} row_iterator;

static void
iterator_dealloc(row_iterator *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_DECREF(self->row);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyObject *
iterator_next(row_iterator *self)
{
    return self->at < crm_row_count(self->row)
               ? Py_NewRef(self->row->items[self->at++])
               : NULL;
}

static PyObject *
iterator_length_hint(row_iterator *self, PyObject *Py_UNUSED(none))
{
    return PyLong_FromSsize_t(crm_row_count(self->row) - self->at);
}

static PyMethodDef iterator_methods[] = {
    {"__length_hint__", (PyCFunction)iterator_length_hint, METH_NOARGS, NULL},
    {NULL},
};

static PyType_Slot iterator_slots[] = {
    {Py_tp_dealloc, iterator_dealloc},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, iterator_next},
    {Py_tp_methods, iterator_methods},
    {0, NULL},
};

static PyType_Spec iterator_spec = {
    .name = "cormorant._core.RowIterator",
    .basicsize = sizeof(row_iterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE |
             Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = iterator_slots,
};

static PyObject *
row_iter(crm_row *self)
{
    if (!crm_row_is_gc(self)) {
        crm_core *core = crm_row_keys(self)->core;
        row_iterator *made = PyObject_New(row_iterator, core->row_iterator);
        if (made != NULL) {
            made->row = (crm_row *)Py_NewRef(self);
            made->at = 0;
        }
        return (PyObject *)made;
    }
    PyObject *tuple = tuple_of(self);
    if (tuple == NULL) {
        return NULL;
    }
    PyObject *iterator = PyObject_GetIter(tuple);
    Py_DECREF(tuple);
    return iterator;
}

static PyObject *
row_repr(crm_row *self)
{
    PyObject *tuple = tuple_of(self);
    if (tuple == NULL) {
        return NULL;
    }
    PyObject *repr = PyObject_Repr(tuple);
    Py_DECREF(tuple);
    return repr;
}

static Py_hash_t
row_hash(crm_row *self)
{
    PyObject *tuple = tuple_of(self);
    if (tuple == NULL) {
        return -1;
    }
    Py_hash_t hash = PyObject_Hash(tuple);
    Py_DECREF(tuple);
    return hash;
}

/* As the tuples compare; a row and a tuple are equal if their items are. */
static PyObject *
row_richcompare(crm_row *self, PyObject *other, int op)
{
    PyObject *left = tuple_of(self);
    if (left == NULL) {
        return NULL;
    }
    PyObject *right =
        PyObject_TypeCheck(other, crm_row_keys(self)->core->row_type)
            ? tuple_of((crm_row *)other)
            : Py_NewRef(other);
    PyObject *result = NULL;
    if (right != NULL) {
        result = PyObject_RichCompare(left, right, op);
        Py_DECREF(right);
    }
    Py_DECREF(left);
    return result;
}

/* An attribute of Row itself comes first, as for any class, but for `count` and
 * `index`, which are likely names of columns. */
static int
is_own_attribute(crm_row *self, PyObject *name)
{
    if (crm_type_lookup(Py_TYPE(self), name) == NULL) {
        return 0;
    }
    return PyUnicode_CompareWithASCIIString(name, "count") != 0 &&
           PyUnicode_CompareWithASCIIString(name, "index") != 0;
}

static PyObject *
row_getattro(crm_row *self, PyObject *name)
{
    PyObject *found = PyDict_GetItemWithError(crm_row_keys(self)->index, name);
    if (found != NULL && !is_own_attribute(self, name)) {
        Py_ssize_t i = PyLong_AsSsize_t(found);
        if (i >= 0 && i < crm_row_count(self)) {
            return Py_NewRef(crm_row_items(self)[i]);
        }
        crm_keys_raise_ambiguous(crm_row_keys(self), name);
        return NULL;
    }
    if (found == NULL && PyErr_Occurred()) {
        return NULL;
    }
    PyObject *value = PyObject_GenericGetAttr((PyObject *)self, name);
    if (value == NULL && PyErr_ExceptionMatches(PyExc_AttributeError) &&
        crm_type_lookup(Py_TYPE(self), name) == NULL) {
        PyErr_Format(PyExc_AttributeError,
                     "Could not locate column in row for column '%U'", name);
    }
    return value;
}

static int
row_setattro(crm_row *Py_UNUSED(self), PyObject *Py_UNUSED(name),
             PyObject *value)
{
    PyErr_SetString(PyExc_AttributeError, value == NULL
                                              ? "can't delete attribute"
                                              : "can't set attribute");
    return -1;
}

static PyObject *
row_get_fields(crm_row *self, void *Py_UNUSED(closure))
{
    return Py_NewRef(crm_row_keys(self)->names);
}

static PyObject *
row_get_mapping(crm_row *self, void *Py_UNUSED(closure))
{
    return crm_row_mapping_new(crm_row_keys(self)->core, self);
}

static PyObject *
row_get_tuple(crm_row *self, void *Py_UNUSED(closure))
{
    return Py_NewRef(self);
}

/* Warns that a name without an underscore may be that of a column. */
static int
warn_of_name(const char *name, const char *what)
{
    PyObject *util = PyImport_ImportModule("cormorant.util");
    if (util == NULL) {
        return -1;
    }
    PyObject *text = PyUnicode_FromFormat(
        "The Row.%s %s is deprecated in favor of Row._%s; all Row methods and "
        "library-level attributes are intended to be underscored to avoid name "
        "conflicts.  Please use Row._%s. (deprecated since: 2.0.19)",
        name, what, name, name);
    PyObject *none = NULL;
    if (text != NULL) {
        none = PyObject_CallMethod(util, "warn_deprecated", "Osi", text,
                                   "2.0.19", 2);
    }
    Py_XDECREF(text);
    Py_DECREF(util);
    Py_XDECREF(none);
    return none == NULL ? -1 : 0;
}

static PyObject *
row_get_t(crm_row *self, void *Py_UNUSED(closure))
{
    return warn_of_name("t", "attribute") < 0 ? NULL : Py_NewRef(self);
}

static PyObject *
row_get_keys(crm_row *self, void *Py_UNUSED(closure))
{
    return Py_NewRef(crm_row_keys(self));
}

static PyObject *
row_get_parent(crm_row *self, void *Py_UNUSED(closure))
{
    crm_keys *keys = crm_row_keys(self);
    return Py_NewRef(keys->parent != NULL ? keys->parent : (PyObject *)keys);
}

static PyObject *
row_get_data(crm_row *self, void *Py_UNUSED(closure))
{
    return tuple_of(self);
}

static PyObject *
row_get_index(crm_row *self, void *Py_UNUSED(closure))
{
    return PyDict_Copy(crm_row_keys(self)->index);
}

static PyObject *
row_asdict(crm_row *self, PyObject *Py_UNUSED(none))
{
    return crm_row_dict(self);
}

static PyObject *
row_tuple(crm_row *self, PyObject *Py_UNUSED(none))
{
    return Py_NewRef(self);
}

static PyObject *
row_plain_tuple(crm_row *self, PyObject *Py_UNUSED(none))
{
    return warn_of_name("tuple()", "method") < 0 ? NULL : Py_NewRef(self);
}

static PyObject *
row_to_tuple(crm_row *self, PyObject *Py_UNUSED(none))
{
    return tuple_of(self);
}

static PyObject *
row_count(crm_row *self, PyObject *value)
{
    Py_ssize_t count = 0;
    for (Py_ssize_t i = 0; i < crm_row_count(self); i++) {
        int equal =
            PyObject_RichCompareBool(crm_row_items(self)[i], value, Py_EQ);
        if (equal < 0) {
            return NULL;
        }
        count += equal;
    }
    return PyLong_FromSsize_t(count);
}

static PyObject *
row_index(crm_row *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 1 || nargs > 3) {
        PyErr_Format(PyExc_TypeError,
                     "index expected 1 to 3 arguments, got %zd", nargs);
        return NULL;
    }
    Py_ssize_t start = 0, stop = crm_row_count(self);
    if (nargs > 1) {
        start = PyNumber_AsSsize_t(args[1], NULL);
        if (start == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    if (nargs > 2) {
        stop = PyNumber_AsSsize_t(args[2], NULL);
        if (stop == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    start = start < 0 ? Py_MAX(start + crm_row_count(self), 0) : start;
    stop = stop < 0 ? stop + crm_row_count(self)
                    : Py_MIN(stop, crm_row_count(self));
    for (Py_ssize_t i = start; i < stop; i++) {
        int equal =
            PyObject_RichCompareBool(crm_row_items(self)[i], args[0], Py_EQ);
        if (equal < 0) {
            return NULL;
        }
        if (equal) {
            return PyLong_FromSsize_t(i);
        }
    }
    PyErr_SetString(PyExc_ValueError, "row.index(x): x not in row");
    return NULL;
}

/* The pickled row knows which names are ambiguous. */
static PyObject *
row_reduce(crm_row *self, PyObject *Py_UNUSED(none))
{
    PyObject *values = tuple_of(self);
    if (values == NULL) {
        return NULL;
    }
    crm_keys *keys = crm_row_keys(self);
    PyObject *name, *position, *index = NULL;
    Py_ssize_t pos = 0;
    while (index == NULL && PyDict_Next(keys->index, &pos, &name, &position)) {
        /* positions are small, and were checked */
        if (PyLong_AsSsize_t(position) < 0) {
            index = PyDict_Copy(keys->index);
            if (index == NULL) {
                Py_DECREF(values);
                return NULL;
            }
        }
    }
    if (crm_row_is_derived(self)) {
        return crm_derived_row_reduce(self, values, index);
    }
    if (index == NULL) {
        return Py_BuildValue("O(ON)", Py_TYPE(self), keys->items, values);
    }
    return Py_BuildValue("O(ONN)", Py_TYPE(self), keys->items, values, index);
}

static PyObject *
row_sizeof(crm_row *self, PyObject *Py_UNUSED(none))
{
    if (crm_row_is_derived(self)) {
        return PyLong_FromSsize_t(Py_TYPE(self)->tp_basicsize);
    }
    return PyLong_FromSize_t(sizeof(crm_row) +
                             (size_t)crm_row_count(self) * sizeof(PyObject *));
}

static PyMethodDef row_methods[] = {
    {"_asdict", (PyCFunction)row_asdict, METH_NOARGS,
     "_asdict($self, /)\n--\n\nA dict of the items by name."},
    {"_tuple", (PyCFunction)row_tuple, METH_NOARGS,
     "_tuple($self, /)\n--\n\nThe row itself, typed as a tuple."},
    {"tuple", (PyCFunction)row_plain_tuple, METH_NOARGS,
     "tuple($self, /)\n--\n\nThe row itself, typed as a tuple."},
    {"_to_tuple_instance", (PyCFunction)row_to_tuple, METH_NOARGS,
     "A real tuple of the items."},
    {"count", (PyCFunction)row_count, METH_O,
     "How many items are equal to a value."},
    {"index", CRM_FAST(row_index), METH_FASTCALL,
     "The position of the first item equal to a value."},
    {"__reduce__", (PyCFunction)row_reduce, METH_NOARGS, NULL},
    {"__setstate__", (PyCFunction)crm_derived_row_setstate, METH_O, NULL},
    {"__sizeof__", (PyCFunction)row_sizeof, METH_NOARGS, NULL},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS,
     "Row[int, str], for annotations."},
    {NULL},
};

static PyGetSetDef row_getset[] = {
    {"_fields", (getter)row_get_fields, NULL, "The names of the items.", NULL},
    {"_mapping", (getter)row_get_mapping, NULL,
     "The row as a mapping by name, column or entity.", NULL},
    {"_t", (getter)row_get_tuple, NULL, "The row, typed as a tuple.", NULL},
    {"t", (getter)row_get_t, NULL, "The row, typed as a tuple.", NULL},
    {"_keys", (getter)row_get_keys, NULL, "The RowKeys of the row.", NULL},
    {"_parent", (getter)row_get_parent, NULL,
     "What says which columns the result had: what the row was made with, or "
     "its keys.",
     NULL},
    {"_data", (getter)row_get_data, NULL, "A tuple of the items.", NULL},
    {"_key_to_index", (getter)row_get_index, NULL,
     "A dict of the positions of names.", NULL},
    {NULL},
};

static PyType_Slot row_slots[] = {
    {Py_tp_doc, "A row of a result: a sequence of values with names."},
    {Py_tp_new, row_new},
    {Py_tp_init, crm_derived_row_init},
    {Py_tp_dealloc, row_dealloc},
    {Py_tp_traverse, row_traverse},
    {Py_tp_is_gc, row_is_gc},
    {Py_tp_iter, row_iter},
    {Py_tp_repr, row_repr},
    {Py_tp_hash, row_hash},
    {Py_tp_richcompare, row_richcompare},
    {Py_tp_getattro, row_getattro},
    {Py_tp_setattro, row_setattro},
    {Py_tp_methods, row_methods},
    {Py_tp_getset, row_getset},
    {Py_sq_length, row_length},
    {Py_sq_item, row_item},
    {Py_sq_contains, row_contains},
    {Py_mp_length, row_length},
    {Py_mp_subscript, row_subscript},
    {0, NULL},
};

static PyType_Spec row_spec = {
    .name = "cormorant._core.Row",
    .basicsize = sizeof(crm_row) + sizeof(PyObject *), /* a derived one */
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_SEQUENCE,
    .slots = row_slots,
};

int
crm_row_init(crm_core *core, PyObject *module)
{
    if (crm_keys_init(core, module) < 0) {
        return -1;
    }
    core->row_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &row_spec, NULL);
    if (core->row_type == NULL ||
        PyModule_AddType(module, core->row_type) < 0) {
        return -1;
    }
    core->row_iterator =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &iterator_spec, NULL);
    if (core->row_iterator == NULL) {
        return -1;
    }
    return crm_row_mapping_init(core, module);
}
