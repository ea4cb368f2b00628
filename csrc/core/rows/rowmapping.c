/* rowmapping.c: RowMapping, a row by its keys. */
#include "rowmapping.h"

#include "core/imports.h"

#include <structmember.h>

typedef struct {
    PyObject_HEAD
    crm_row *row; /* owned */
} row_mapping;

PyObject *
crm_row_mapping_new(crm_core *core, crm_row *row)
{
    row_mapping *self = PyObject_GC_New(row_mapping, core->row_mapping_type);
    if (self == NULL) {
        return NULL;
    }
    self->row = (crm_row *)Py_NewRef(row);
    if (PyObject_GC_IsTracked((PyObject *)row)) {
        PyObject_GC_Track(self);
    }
    return (PyObject *)self;
}

static PyObject *
mapping_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *words[] = {"row", NULL};
    crm_core *core = crm_core_of(type);
    PyObject *row;
    if (core == NULL ||
        !PyArg_ParseTupleAndKeywords(args, kwargs, "O!:RowMapping", words,
                                     core->row_type, &row)) {
        return NULL;
    }
    return crm_row_mapping_new(core, (crm_row *)row);
}

static int
mapping_traverse(row_mapping *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->row);
    return 0;
}

static void
mapping_dealloc(row_mapping *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_XDECREF(self->row);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

static Py_ssize_t
mapping_length(row_mapping *self)
{
    return PyTuple_GET_SIZE(crm_row_keys(self->row)->names);
}

static PyObject *
mapping_subscript(row_mapping *self, PyObject *key)
{
    return crm_row_by_key(self->row, key);
}

static int
mapping_contains(row_mapping *self, PyObject *key)
{
    return crm_row_has_key(self->row, key);
}

static PyObject *
mapping_iter(row_mapping *self)
{
    return PyObject_GetIter(crm_row_keys(self->row)->names);
}

static PyObject *
mapping_repr(row_mapping *self)
{
    PyObject *dict = crm_row_dict(self->row);
    if (dict == NULL) {
        return NULL;
    }
    PyObject *repr = PyObject_Repr(dict);
    Py_DECREF(dict);
    return repr;
}

static Py_hash_t
mapping_hash(row_mapping *self)
{
    return PyObject_Hash((PyObject *)self->row);
}

/* Equal to any mapping of the same items. */
static PyObject *
mapping_richcompare(row_mapping *self, PyObject *other, int op)
{
    if ((op != Py_EQ && op != Py_NE) ||
        !(PyDict_Check(other) || PyMapping_Check(other)) ||
        PyUnicode_Check(other)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    int has_keys = crm_has_attr(other, "keys");
    if (has_keys < 0) {
        return NULL;
    }
    if (!has_keys) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    PyObject *left = crm_row_dict(self->row);
    PyObject *right = PyDict_New();
    PyObject *result = NULL;
    if (left != NULL && right != NULL && PyDict_Update(right, other) == 0) {
        result = PyObject_RichCompare(left, right, op);
    }
    Py_XDECREF(left);
    Py_XDECREF(right);
    return result;
}

static PyObject *
mapping_get(row_mapping *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 1 || nargs > 2) {
        PyErr_Format(PyExc_TypeError, "get expected 1 to 2 arguments, got %zd",
                     nargs);
        return NULL;
    }
    int found = crm_row_has_key(self->row, args[0]);
    if (found < 0) {
        return NULL;
    }
    if (found) {
        return crm_row_by_key(self->row, args[0]);
    }
    return Py_NewRef(nargs == 2 ? args[1] : Py_None);
}

/* The view of the names is that of results: of all of them, equal to any
 * iterable of the same. */
static PyObject *
mapping_keys(row_mapping *self, PyObject *Py_UNUSED(none))
{
    return crm_keys_view(crm_row_keys(self->row), (PyObject *)self);
}

/* A view of the items by their places, since names may come twice. */
static PyObject *
mapping_values(row_mapping *self, PyObject *Py_UNUSED(none))
{
    PyObject *dict = PyDict_New();
    for (Py_ssize_t i = 0; dict != NULL && i < crm_row_count(self->row); i++) {
        PyObject *place = PyLong_FromSsize_t(i);
        if (place == NULL ||
            PyDict_SetItem(dict, place, crm_row_items(self->row)[i]) < 0) {
            Py_CLEAR(dict);
        }
        Py_XDECREF(place);
    }
    if (dict == NULL) {
        return NULL;
    }
    PyObject *view = PyObject_CallMethod(dict, "values", NULL);
    Py_DECREF(dict);
    return view;
}

/* A view of a dict of the items; of names that come twice collections.abc's
 * view of the mapping, which has both. */
static PyObject *
mapping_items(row_mapping *self, PyObject *Py_UNUSED(none))
{
    PyObject *dict = crm_row_dict(self->row);
    if (dict == NULL) {
        return NULL;
    }
    PyObject *view = NULL;
    if (PyDict_GET_SIZE(dict) == mapping_length(self)) {
        view = PyObject_CallMethod(dict, "items", NULL);
    }
    else {
        PyObject *cls = crm_import_member("collections.abc", "ItemsView");
        if (cls != NULL) {
            view = PyObject_CallOneArg(cls, (PyObject *)self);
            Py_DECREF(cls);
        }
    }
    Py_DECREF(dict);
    return view;
}

static PyObject *
mapping_reduce(row_mapping *self, PyObject *Py_UNUSED(none))
{
    return Py_BuildValue("O(O)", Py_TYPE(self), self->row);
}

static PyMethodDef mapping_methods[] = {
    {"get", CRM_FAST(mapping_get), METH_FASTCALL,
     "The item of a key, or a default."},
    {"keys", (PyCFunction)mapping_keys, METH_NOARGS,
     "keys($self, /)\n--\n\nA view of the names."},
    {"values", (PyCFunction)mapping_values, METH_NOARGS,
     "values($self, /)\n--\n\nA view of the items."},
    {"items", (PyCFunction)mapping_items, METH_NOARGS,
     "items($self, /)\n--\n\nA view of (name, item) pairs."},
    {"__reduce__", (PyCFunction)mapping_reduce, METH_NOARGS, NULL},
    {NULL},
};

static PyMemberDef mapping_members[] = {
    {"_row", T_OBJECT, offsetof(row_mapping, row), READONLY,
     "The row behind the mapping."},
    {NULL},
};

static PyType_Slot mapping_slots[] = {
    {Py_tp_doc, "A row as a mapping: by name, column or entity."},
    {Py_tp_new, mapping_new},
    {Py_tp_dealloc, mapping_dealloc},
    {Py_tp_traverse, mapping_traverse},
    {Py_tp_iter, mapping_iter},
    {Py_tp_repr, mapping_repr},
    {Py_tp_hash, mapping_hash},
    {Py_tp_richcompare, mapping_richcompare},
    {Py_tp_methods, mapping_methods},
    {Py_tp_members, mapping_members},
    {Py_sq_contains, mapping_contains},
    {Py_mp_length, mapping_length},
    {Py_mp_subscript, mapping_subscript},
    {0, NULL},
};

static PyType_Spec mapping_spec = {
    .name = "cormorant._core.RowMapping",
    .basicsize = sizeof(row_mapping),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_MAPPING,
    .slots = mapping_slots,
};

/* isinstance(row, collections.abc.Sequence) and the like. */
static int
register_abc(const char *name, PyTypeObject *type)
{
    PyObject *cls = crm_import_member("collections.abc", name);
    if (cls == NULL) {
        return -1;
    }
    PyObject *done = PyObject_CallMethod(cls, "register", "O", type);
    Py_DECREF(cls);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

int
crm_row_mapping_init(crm_core *core, PyObject *module)
{
    core->row_mapping_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &mapping_spec, NULL);
    if (core->row_mapping_type == NULL ||
        PyModule_AddType(module, core->row_mapping_type) < 0 ||
        register_abc("Mapping", core->row_mapping_type) < 0) {
        return -1;
    }
    return register_abc("Sequence", core->row_type);
}
