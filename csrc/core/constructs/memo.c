/* memo.c: what is kept once it was computed: attributes of SQL constructs
 * (_core.memoized), plans by the keys of statements (_core.UsedDict).
 */
#include "core/core.h"

#include "core/compat.h"

/* ---- attributes -------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    PyObject *marker; /* owned: "_memoized", which a copy looks for */
    PyObject *fget;   /* owned callable(construct), NULL once cleared */
    PyObject *name; /* owned: of the attribute in the construct's dictionary */
    PyObject *doc;  /* owned */
} crm_memoized;

static PyObject *
memoized_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"fget", NULL};
    PyObject *fget;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:memoized", names,
                                     &fget)) {
        return NULL;
    }
    crm_core *core = crm_core_of(type);
    if (core == NULL) {
        return NULL;
    }
    crm_memoized *self = (crm_memoized *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->marker = Py_NewRef(core->str_memoized);
    self->fget = Py_NewRef(fget);
    self->name = PyObject_GetAttrString(fget, "__name__");
    self->doc =
        self->name == NULL ? NULL : PyObject_GetAttrString(fget, "__doc__");
    if (self->doc == NULL) {
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

static PyObject *
memoized_set_name(crm_memoized *self, PyObject *args)
{
    PyObject *owner, *name;
    if (!PyArg_ParseTuple(args, "OU:__set_name__", &owner, &name)) {
        return NULL;
    }
    Py_INCREF(name);
    PyUnicode_InternInPlace(&name); /* takes it for the interned one */
    Py_SETREF(self->name, name);
    Py_RETURN_NONE;
}

/* Asked only while the construct's dictionary does not have the value. */
static PyObject *
memoized_get(crm_memoized *self, PyObject *obj, PyObject *Py_UNUSED(owner))
{
    if (obj == NULL || obj == Py_None) {
        return Py_NewRef(self);
    }
    if (self->fget == NULL) { /* cleared */
        PyErr_SetString(PyExc_ReferenceError, "the function is gone");
        return NULL;
    }
    PyObject *value = PyObject_CallOneArg(self->fget, obj);
    PyObject *dict = value == NULL ? NULL : PyObject_GenericGetDict(obj, NULL);
    if (dict == NULL || PyDict_SetItem(dict, self->name, value) < 0 ||
        PyDict_SetItem(dict, self->marker, Py_True) < 0) {
        Py_CLEAR(value);
    }
    Py_XDECREF(dict);
    return value;
}

static int
memoized_traverse(crm_memoized *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->fget);
    Py_VISIT(self->doc);
    return 0;
}

static int
memoized_clear(crm_memoized *self)
{
    Py_CLEAR(self->fget);
    Py_CLEAR(self->doc);
    return 0;
}

static void
memoized_dealloc(crm_memoized *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    (void)memoized_clear(self);
    Py_XDECREF(self->marker);
    Py_XDECREF(self->name);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef memoized_methods[] = {
    {"__set_name__", (PyCFunction)memoized_set_name, METH_VARARGS, NULL},
    {NULL},
};

static PyMemberDef memoized_members[] = {
    {"fget", T_OBJECT_EX, offsetof(crm_memoized, fget), READONLY,
     "What computes the value."},
    {"name", T_OBJECT_EX, offsetof(crm_memoized, name), READONLY,
     "What the value is called in the dictionary of the construct."},
    {"__doc__", T_OBJECT_EX, offsetof(crm_memoized, doc), READONLY, NULL},
    {NULL},
};

static PyType_Slot memoized_slots[] = {
    {Py_tp_new, memoized_new},           {Py_tp_dealloc, memoized_dealloc},
    {Py_tp_traverse, memoized_traverse}, {Py_tp_clear, memoized_clear},
    {Py_tp_descr_get, memoized_get},     {Py_tp_methods, memoized_methods},
    {Py_tp_members, memoized_members},   {0, NULL},
};

static PyType_Spec memoized_spec = {
    .name = "cormorant._core.memoized",
    .basicsize = sizeof(crm_memoized),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = memoized_slots,
};

/* ---- plans ------------------------------------------------------------- */

typedef struct {
    PyDictObject entries; /* each a list: the value, when it was used last */
    Py_ssize_t clock;
} crm_used_dict;

static PyObject *
used_get(crm_used_dict *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 1 || nargs > 2) {
        PyErr_SetString(PyExc_TypeError, "get() takes a key and a default");
        return NULL;
    }
    PyObject *entry = PyDict_GetItemWithError((PyObject *)self, args[0]);
    if (entry == NULL) {
        return PyErr_Occurred() ? NULL
                                : Py_NewRef(nargs == 2 ? args[1] : Py_None);
    }
    if (!PyList_Check(entry) || PyList_GET_SIZE(entry) != 2) {
        PyErr_SetString(PyExc_TypeError, "an entry is a value and a number");
        return NULL;
    }
    PyObject *now = PyLong_FromSsize_t(++self->clock);
    if (now == NULL) {
        return NULL;
    }
    PyObject *value = Py_NewRef(PyList_GET_ITEM(entry, 0));
    PyObject *before = PyList_GET_ITEM(entry, 1);
    PyList_SET_ITEM(entry, 1, now);
    Py_DECREF(before);
    return value;
}

static int
used_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return PyDict_Type.tp_traverse(self, visit, arg);
}

static PyMethodDef used_methods[] = {
    {"get", CRM_FAST(used_get), METH_FASTCALL,
     "get($self, key, default=None, /)\n--\n\n"
     "The value of a key, which is used now."},
    {NULL},
};

static PyMemberDef used_members[] = {
    {"_clock", T_PYSSIZET, offsetof(crm_used_dict, clock), 0,
     "How often anything was used."},
    {NULL},
};

static PyType_Slot used_slots[] = {
    {Py_tp_doc, "Base of a dict that knows when each of its values was used."},
    {Py_tp_traverse, used_traverse},
    {Py_tp_methods, used_methods},
    {Py_tp_members, used_members},
    {0, NULL},
};

static PyType_Spec used_spec = {
    .name = "cormorant._core.UsedDict",
    .basicsize = sizeof(crm_used_dict),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = used_slots,
};

int
crm_memo_init(crm_core *Py_UNUSED(core), PyObject *module)
{
    PyType_Spec *const specs[] = {&memoized_spec, &used_spec};
    PyTypeObject *const bases[] = {&PyBaseObject_Type, &PyDict_Type};
    for (size_t i = 0; i < Py_ARRAY_LENGTH(specs); i++) {
        PyObject *base = PyTuple_Pack(1, bases[i]);
        PyObject *type = base == NULL
                             ? NULL
                             : PyType_FromModuleAndSpec(module, specs[i], base);
        int status =
            type == NULL ? -1 : PyModule_AddType(module, (PyTypeObject *)type);
        Py_XDECREF(type);
        Py_XDECREF(base);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}
