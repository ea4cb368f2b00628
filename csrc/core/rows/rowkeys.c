/* rowkeys.c: RowKeys, and where the item of a key is.  See rowkeys.h. */
#include "rowkeys.h"

#include <structmember.h>

#include "core/values/codec.h"
#include "core/imports.h"

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
    static char *words[] = {"names", "index", "lookup", "parent", NULL};
    PyObject *names, *index = NULL, *lookup = Py_None, *parent = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!|OOO:RowKeys", words,
                                     &PyTuple_Type, &names, &index, &lookup,
                                     &parent)) {
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
    if (self != NULL) {
        self->parent = Py_XNewRef(parent);
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
    Py_VISIT(self->source);
    Py_VISIT(self->parent);
    return 0;
}

/* items, names and index live as long as the keys do: rows rely on them. */
static int
keys_clear(crm_keys *self)
{
    Py_CLEAR(self->lookup);
    Py_CLEAR(self->source);
    Py_CLEAR(self->parent);
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

/* What finds keys that are no names: a new reference; NULL without an exception
 * if nothing does. */
static PyObject *
take_lookup(crm_keys *self)
{
    if (self->source != NULL && self->lookup != NULL) {
        PyObject *lookup = Py_NewRef(self->lookup);
        PyObject *source = Py_NewRef(self->source);
        PyObject *own = PyObject_CallMethod(lookup, "of", "(O)", source);
        Py_DECREF(lookup);
        Py_DECREF(source);
        if (own == NULL) {
            return NULL;
        }
        PyObject *before = self->lookup;
        self->lookup = own;
        Py_CLEAR(self->source);
        Py_XDECREF(before);
    }
    return Py_XNewRef(self->lookup);
}

static PyObject *
keys_get_lookup(crm_keys *self, void *Py_UNUSED(closure))
{
    PyObject *lookup = take_lookup(self);
    return lookup != NULL || PyErr_Occurred() ? lookup : Py_NewRef(Py_None);
}

static int
keys_set_lookup(crm_keys *self, PyObject *value, void *Py_UNUSED(closure))
{
    Py_XSETREF(self->lookup,
               value == NULL || value == Py_None ? NULL : Py_NewRef(value));
    return 0;
}

static PyObject *
keys_with_source(crm_keys *self, PyObject *source)
{
    crm_keys *other = keys_alloc(self->core, Py_TYPE(self));
    if (other == NULL) {
        return NULL;
    }
    other->items = Py_NewRef(self->items);
    other->names = Py_NewRef(self->names);
    other->index = Py_NewRef(self->index);
    other->lookup = Py_XNewRef(self->lookup);
    other->source = Py_NewRef(source);
    other->unpickled = self->unpickled;
    return (PyObject *)other;
}

static PyObject *
keys_repr(crm_keys *self)
{
    return PyUnicode_FromFormat("RowKeys(%R)", self->items);
}

PyObject *
crm_keys_view(crm_keys *keys, PyObject *parent)
{
    PyObject *cls = crm_lazy_member(&keys->core->key_view,
                                    "cormorant.engine.result", "RMKeyView");
    PyObject *args[] = {parent, keys->names};
    return cls == NULL ? NULL : PyObject_Vectorcall(cls, args, 2, NULL);
}

static PyObject *
keys_get_view(crm_keys *self, void *Py_UNUSED(closure))
{
    return crm_keys_view(self, (PyObject *)self);
}

static PyObject *
keys_position(crm_keys *self, PyObject *key)
{
    Py_ssize_t position = crm_keys_find(self, key);
    if (position == -2) {
        return NULL;
    }
    return position < 0 ? Py_NewRef(Py_None) : PyLong_FromSsize_t(position);
}

static PyMethodDef keys_methods[] = {
    {"_position", (PyCFunction)keys_position, METH_O,
     "The position of a name or column, or None."},
    {"with_source", (PyCFunction)keys_with_source, METH_O,
     "with_source($self, source, /)\n--\n\nThese keys, found by "
     "lookup.of(source) instead of lookup."},
    {NULL},
};

static PyMemberDef keys_members[] = {
    {"items", T_OBJECT, offsetof(crm_keys, items), READONLY,
     "The name of each item, None where it has none."},
    {"names", T_OBJECT, offsetof(crm_keys, names), READONLY,
     "The names of the items that have one, in order."},
    {NULL},
};

static PyGetSetDef keys_getset[] = {
    {"keys", (getter)keys_get_view, NULL, "A view of the names.", NULL},
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
    {Py_tp_methods, keys_methods},
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
void
crm_keys_raise_missing(crm_keys *keys, PyObject *key)
{
    if (keys->unpickled && !PyUnicode_Check(key) && !PyLong_Check(key)) {
        crm_raise(keys->core, "NoSuchColumnError",
                  "Row was unpickled; lookup by ColumnElement is unsupported");
        return;
    }
    crm_raise(keys->core, "NoSuchColumnError",
              "Could not locate column in row for column '%S'", key);
}

void
crm_keys_raise_ambiguous(crm_keys *keys, PyObject *key)
{
    crm_raise(keys->core, "InvalidRequestError",
              "Ambiguous column name '%S' in result set column descriptions",
              key);
}

Py_ssize_t
crm_keys_name(crm_keys *keys, PyObject *name)
{
    PyObject *found = PyDict_GetItemWithError(keys->index, name);
    if (found == NULL) {
        return PyErr_Occurred() ? -2 : -1;
    }
    Py_ssize_t position = PyLong_AsSsize_t(found);
    if (position < 0) {
        crm_keys_raise_ambiguous(keys, name);
        return -2;
    }
    return position;
}

Py_ssize_t
crm_keys_find(crm_keys *keys, PyObject *key)
{
    if (PyUnicode_Check(key)) {
        return crm_keys_name(keys, key);
    }
    PyObject *lookup = take_lookup(keys);
    if (lookup == NULL) {
        return PyErr_Occurred() ? -2 : -1;
    }
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
        else if (position < 0 || position >= crm_keys_count(keys)) {
            position = -1;
        }
    }
    Py_DECREF(found);
    return position;
}

int
crm_keys_init(crm_core *core, PyObject *module)
{
    core->row_keys_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &keys_spec, NULL);
    return core->row_keys_type == NULL
               ? -1
               : PyModule_AddType(module, core->row_keys_type);
}
