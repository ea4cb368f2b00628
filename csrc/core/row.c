/* row.c: Row and RowKeys.
 *
 * A Row behaves as a tuple does without being one, and gives its items by name
 * as well.
 */
#include "row.h"

#include "compat.h"
#include "rowmapping.h"

#include <structmember.h>

/* ---- RowKeys ---------------------------------------------------------- */

static crm_keys *
keys_alloc(crm_core *core, PyTypeObject *type)
{
    crm_keys *self = (crm_keys *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->core = core;
    }
    return self;
}

/* name -> position, the last of equal names winning. */
static PyObject *
number_names(PyObject *items)
{
    PyObject *index = PyDict_New();
    if (index == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(items); i++) {
        PyObject *name = PyTuple_GET_ITEM(items, i);
        if (name == Py_None) {
            continue;
        }
        PyObject *position = PyLong_FromSsize_t(i);
        if (position == NULL || PyDict_SetItem(index, name, position) < 0) {
            Py_XDECREF(position);
            Py_DECREF(index);
            return NULL;
        }
        Py_DECREF(position);
    }
    return index;
}

/* The items that have a name: a new reference to a tuple. */
static PyObject *
take_names(PyObject *items)
{
    if (!PyTuple_Check(items)) {
        PyErr_Format(PyExc_TypeError, "keys must be a tuple, not %.100s",
                     Py_TYPE(items)->tp_name);
        return NULL;
    }
    Py_ssize_t named = 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(items); i++) {
        PyObject *item = PyTuple_GET_ITEM(items, i);
        if (!PyUnicode_Check(item) && item != Py_None) {
            PyErr_SetString(PyExc_TypeError, "keys must be strings");
            return NULL;
        }
        named += item != Py_None;
    }
    if (named == PyTuple_GET_SIZE(items)) {
        return Py_NewRef(items);
    }
    PyObject *names = PyTuple_New(named);
    if (names == NULL) {
        return NULL;
    }
    named = 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(items); i++) {
        PyObject *item = PyTuple_GET_ITEM(items, i);
        if (item != Py_None) {
            PyTuple_SET_ITEM(names, named++, Py_NewRef(item));
        }
    }
    return names;
}

static int
check_index(PyObject *index, Py_ssize_t count)
{
    PyObject *key, *value;
    Py_ssize_t pos = 0;
    while (PyDict_Next(index, &pos, &key, &value)) {
        Py_ssize_t i = PyLong_Check(value) ? PyLong_AsSsize_t(value) : -2;
        if (i == -1 && PyErr_Occurred()) {
            return -1;
        }
        if (i < -1 || i >= count) {
            PyErr_Format(PyExc_ValueError, "bad position %R of key %R", value,
                         key);
            return -1;
        }
    }
    return 0;
}

/* The index to keep: a new dict. */
static PyObject *
take_index(PyObject *items, PyObject *index)
{
    if (index == NULL || index == Py_None) {
        return number_names(items);
    }
    if (!PyDict_Check(index)) {
        PyErr_SetString(PyExc_TypeError, "index must be a dict");
        return NULL;
    }
    /* a copy: positions are checked and must stay in range */
    index = PyDict_Copy(index);
    if (index != NULL && check_index(index, PyTuple_GET_SIZE(items)) < 0) {
        Py_CLEAR(index);
    }
    return index;
}

crm_keys *
crm_keys_new(crm_core *core, PyObject *items, PyObject *index)
{
    PyObject *names = take_names(items);
    if (names == NULL) {
        return NULL;
    }
    index = take_index(items, index);
    crm_keys *self =
        index == NULL ? NULL : keys_alloc(core, core->row_keys_type);
    if (self == NULL) {
        Py_DECREF(names);
        Py_XDECREF(index);
        return NULL;
    }
    self->items = Py_NewRef(items);
    self->names = names;
    self->index = index;
    return self;
}

static PyObject *
keys_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *words[] = {"names", "index", "lookup", NULL};
    PyObject *names, *index = NULL, *lookup = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!|OO:RowKeys", words,
                                     &PyTuple_Type, &names, &index, &lookup)) {
        return NULL;
    }
    crm_core *core = crm_core_of(type);
    if (core == NULL) {
        return NULL;
    }
    crm_keys *self = crm_keys_new(core, names, index);
    if (self != NULL && lookup != Py_None) {
        self->lookup = Py_NewRef(lookup);
    }
    return (PyObject *)self;
}

static int
keys_traverse(crm_keys *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->items);
    Py_VISIT(self->names);
    Py_VISIT(self->index);
    Py_VISIT(self->lookup);
    return 0;
}

/* items, names and index live as long as the keys do: rows rely on them. */
static int
keys_clear(crm_keys *self)
{
    Py_CLEAR(self->lookup);
    return 0;
}

static void
keys_dealloc(crm_keys *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    keys_clear(self);
    Py_CLEAR(self->items);
    Py_CLEAR(self->names);
    Py_CLEAR(self->index);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *
keys_get_index(crm_keys *self, void *Py_UNUSED(closure))
{
    return PyDictProxy_New(self->index);
}

static PyObject *
keys_get_lookup(crm_keys *self, void *Py_UNUSED(closure))
{
    return Py_NewRef(self->lookup == NULL ? Py_None : self->lookup);
}

static int
keys_set_lookup(crm_keys *self, PyObject *value, void *Py_UNUSED(closure))
{
    Py_XSETREF(self->lookup,
               value == NULL || value == Py_None ? NULL : Py_NewRef(value));
    return 0;
}

static PyObject *
keys_repr(crm_keys *self)
{
    return PyUnicode_FromFormat("RowKeys(%R)", self->items);
}

static PyMemberDef keys_members[] = {
    {"names", T_OBJECT, offsetof(crm_keys, names), READONLY,
     "The names of the items that have one, in order."},
    {NULL},
};

static PyGetSetDef keys_getset[] = {
    {"index", (getter)keys_get_index, NULL,
     "Name to position; -1 for a name that is ambiguous.", NULL},
    {"lookup", (getter)keys_get_lookup, (setter)keys_set_lookup,
     "Called with a key that is no name; gives its position or None.", NULL},
    {NULL},
};

static PyType_Slot keys_slots[] = {
    {Py_tp_doc, "What the rows of one statement share."},
    {Py_tp_new, keys_new},
    {Py_tp_dealloc, keys_dealloc},
    {Py_tp_traverse, keys_traverse},
    {Py_tp_clear, keys_clear},
    {Py_tp_repr, keys_repr},
    {Py_tp_members, keys_members},
    {Py_tp_getset, keys_getset},
    {0, NULL},
};

static PyType_Spec keys_spec = {
    .name = "cormorant._core.RowKeys",
    .basicsize = sizeof(crm_keys),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = keys_slots,
};

/* ---- finding an item by key ------------------------------------------- */

/* What an error calls a key: a string as it is, anything else by str(). */
static void
raise_missing(crm_keys *keys, PyObject *key)
{
    if (keys->unpickled && !PyUnicode_Check(key) && !PyLong_Check(key)) {
        crm_raise(keys->core, "NoSuchColumnError",
                  "Row was unpickled; lookup by ColumnElement is unsupported");
        return;
    }
    crm_raise(keys->core, "NoSuchColumnError",
              "Could not locate column in row for column '%S'", key);
}

static void
raise_ambiguous(crm_keys *keys, PyObject *key)
{
    crm_raise(keys->core, "InvalidRequestError",
              "Ambiguous column name '%S' in result set column descriptions",
              key);
}

/* The position a name has: >= 0; -1 if it has none; -2 with an exception if it
 * is ambiguous or its hash fails. */
static Py_ssize_t
position_of_name(crm_keys *keys, PyObject *name)
{
    PyObject *found = PyDict_GetItemWithError(keys->index, name);
    if (found == NULL) {
        return PyErr_Occurred() ? -2 : -1;
    }
    Py_ssize_t position = PyLong_AsSsize_t(found);
    if (position < 0) {
        raise_ambiguous(keys, name);
        return -2;
    }
    return position;
}

/* The position of any key of a mapping: -1 if it has none, -2 with an
 * exception. */
static Py_ssize_t
find_position(crm_keys *keys, Py_ssize_t count, PyObject *key)
{
    if (PyUnicode_Check(key)) {
        Py_ssize_t position = position_of_name(keys, key);
        return position >= count ? -1 : position;
    }
    if (keys->lookup == NULL) {
        return -1;
    }
    PyObject *lookup = Py_NewRef(keys->lookup);
    PyObject *found = PyObject_CallOneArg(lookup, key);
    Py_DECREF(lookup);
    if (found == NULL) {
        return -2;
    }
    Py_ssize_t position = -1;
    if (found != Py_None) {
        position = PyNumber_AsSsize_t(found, PyExc_IndexError);
        if (position == -1 && PyErr_Occurred()) {
            position = -2;
        }
        else if (position < 0 || position >= count) {
            position = -1;
        }
    }
    Py_DECREF(found);
    return position;
}

PyObject *
crm_row_by_key(crm_row *row, PyObject *key)
{
    Py_ssize_t position = find_position(row->keys, Py_SIZE(row), key);
    if (position >= 0) {
        return Py_NewRef(row->items[position]);
    }
    if (position == -1) {
        raise_missing(row->keys, key);
    }
    return NULL;
}

int
crm_row_has_key(crm_row *row, PyObject *key)
{
    if (PyUnicode_Check(key)) {
        /* an ambiguous name is there all the same */
        return PyDict_Contains(row->keys->index, key);
    }
    Py_ssize_t position = find_position(row->keys, Py_SIZE(row), key);
    return position == -2 ? -1 : position >= 0;
}

/* ---- Row -------------------------------------------------------------- */

PyObject *
crm_row_tuple(crm_row *self)
{
    Py_ssize_t count = Py_SIZE(self);
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
    PyObject *names = self->keys->names;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i);
        Py_ssize_t position = position_of_name(self->keys, name);
        if (position < 0 || position >= Py_SIZE(self)) {
            if (position == -2) {
                Py_DECREF(dict);
                return NULL;
            }
            continue;
        }
        if (PyDict_SetItem(dict, name, self->items[position]) < 0) {
            Py_DECREF(dict);
            return NULL;
        }
    }
    return dict;
}

static PyObject *
row_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *words[] = {"keys", "values", NULL};
    PyObject *names, *values;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO:Row", words, &names,
                                     &values)) {
        return NULL;
    }
    crm_core *core = crm_core_of(type);
    if (core == NULL) {
        return NULL;
    }
    crm_keys *keys;
    if (Py_IS_TYPE(names, core->row_keys_type)) {
        keys = (crm_keys *)Py_NewRef(names);
    }
    else {
        keys = crm_keys_new(core, names, NULL);
        if (keys == NULL) {
            return NULL;
        }
        keys->unpickled = 1;
    }
    /* a tuple, not the list that the iterable could still change */
    PyObject *tuple = PySequence_Tuple(values);
    if (tuple == NULL) {
        Py_DECREF(keys);
        return NULL;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(tuple);
    crm_row *row = NULL;
    if (count != PyTuple_GET_SIZE(keys->items)) {
        PyErr_Format(PyExc_ValueError, "%zd keys, but %zd values",
                     PyTuple_GET_SIZE(keys->items), count);
    }
    else {
        row = crm_row_new(keys, count);
    }
    if (row != NULL) {
        for (Py_ssize_t i = 0; i < count; i++) {
            row->items[i] = Py_NewRef(PyTuple_GET_ITEM(tuple, i));
        }
        crm_row_finish(row);
    }
    Py_DECREF(tuple);
    Py_DECREF(keys);
    return (PyObject *)row;
}

static int
row_traverse(crm_row *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->keys);
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        Py_VISIT(self->items[i]);
    }
    return 0;
}

/* No tp_clear: a row is immutable, so any cycle through it passes through an
 * object that can be cleared. */
static void
row_dealloc(crm_row *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, row_dealloc) for (Py_ssize_t i = Py_SIZE(self);
                                              --i >= 0;)
    {
        Py_XDECREF(self->items[i]);
    }
    Py_XDECREF(self->keys);
    PyObject_GC_Del(self);
    Py_DECREF(type);
    Py_TRASHCAN_END
}

static Py_ssize_t
row_length(crm_row *self)
{
    return Py_SIZE(self);
}

static PyObject *
row_item(crm_row *self, Py_ssize_t i)
{
    if (i < 0 || i >= Py_SIZE(self)) {
        PyErr_SetString(PyExc_IndexError, "tuple index out of range");
        return NULL;
    }
    return Py_NewRef(self->items[i]);
}

static PyObject *
row_subscript(crm_row *self, PyObject *key)
{
    if (PyIndex_Check(key)) {
        Py_ssize_t i = PyNumber_AsSsize_t(key, PyExc_IndexError);
        if (i == -1 && PyErr_Occurred()) {
            return NULL;
        }
        return row_item(self, i < 0 ? i + Py_SIZE(self) : i);
    }
    if (PySlice_Check(key)) {
        PyObject *tuple = crm_row_tuple(self);
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
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        int equal = PyObject_RichCompareBool(self->items[i], value, Py_EQ);
        if (equal != 0) {
            return equal;
        }
    }
    return 0;
}

static PyObject *
row_iter(crm_row *self)
{
    PyObject *tuple = crm_row_tuple(self);
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
    PyObject *tuple = crm_row_tuple(self);
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
    PyObject *tuple = crm_row_tuple(self);
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
    PyObject *left = crm_row_tuple(self);
    if (left == NULL) {
        return NULL;
    }
    PyObject *right = Py_IS_TYPE(other, Py_TYPE(self))
                          ? crm_row_tuple((crm_row *)other)
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
    PyObject *found = PyDict_GetItemWithError(self->keys->index, name);
    if (found != NULL && !is_own_attribute(self, name)) {
        Py_ssize_t i = PyLong_AsSsize_t(found);
        if (i >= 0 && i < Py_SIZE(self)) {
            return Py_NewRef(self->items[i]);
        }
        raise_ambiguous(self->keys, name);
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
    return Py_NewRef(self->keys->names);
}

static PyObject *
row_get_mapping(crm_row *self, void *Py_UNUSED(closure))
{
    return crm_row_mapping_new(self->keys->core, self);
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
    return Py_NewRef(self->keys);
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
    return crm_row_tuple(self);
}

static PyObject *
row_count(crm_row *self, PyObject *value)
{
    Py_ssize_t count = 0;
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        int equal = PyObject_RichCompareBool(self->items[i], value, Py_EQ);
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
    Py_ssize_t start = 0, stop = Py_SIZE(self);
    if (nargs > 1) {
        start = PyNumber_AsSsize_t(args[1], NULL);
    }
    if (nargs > 2) {
        stop = PyNumber_AsSsize_t(args[2], NULL);
    }
    if (PyErr_Occurred()) {
        return NULL;
    }
    start = start < 0 ? Py_MAX(start + Py_SIZE(self), 0) : start;
    stop = stop < 0 ? stop + Py_SIZE(self) : Py_MIN(stop, Py_SIZE(self));
    for (Py_ssize_t i = start; i < stop; i++) {
        int equal = PyObject_RichCompareBool(self->items[i], args[0], Py_EQ);
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

static PyObject *
row_reduce(crm_row *self, PyObject *Py_UNUSED(none))
{
    PyObject *values = crm_row_tuple(self);
    if (values == NULL) {
        return NULL;
    }
    return Py_BuildValue("O(ON)", Py_TYPE(self), self->keys->items, values);
}

static PyObject *
row_sizeof(crm_row *self, PyObject *Py_UNUSED(none))
{
    return PyLong_FromSize_t(sizeof(crm_row) +
                             (size_t)Py_SIZE(self) * sizeof(PyObject *));
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
    {"index", (PyCFunction)(void (*)(void))row_index, METH_FASTCALL,
     "The position of the first item equal to a value."},
    {"__reduce__", (PyCFunction)row_reduce, METH_NOARGS, NULL},
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
    {NULL},
};

static PyType_Slot row_slots[] = {
    {Py_tp_doc, "A row of a result: a sequence of values with names."},
    {Py_tp_new, row_new},
    {Py_tp_dealloc, row_dealloc},
    {Py_tp_traverse, row_traverse},
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
    .basicsize = sizeof(crm_row),
    .itemsize = sizeof(PyObject *),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_SEQUENCE,
    .slots = row_slots,
};

int
crm_row_init(crm_core *core, PyObject *module)
{
    core->row_keys_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &keys_spec, NULL);
    if (core->row_keys_type == NULL ||
        PyModule_AddType(module, core->row_keys_type) < 0) {
        return -1;
    }
    core->row_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &row_spec, NULL);
    if (core->row_type == NULL ||
        PyModule_AddType(module, core->row_type) < 0) {
        return -1;
    }
    return crm_row_mapping_init(core, module);
}
