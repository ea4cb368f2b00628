/* plan.c: executable statements (_core.Plan).  See plan.h. */
#include "plan.h"

#include <structmember.h>

#include "core/rows/hydrate.h"

static int
plan_traverse(crm_plan *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    for (size_t i = 0; i < self->nbinds; i++) {
        Py_VISIT(self->binds[i].codec.arg);
    }
    return self->program == NULL
               ? 0
               : crm_program_traverse(self->program, visit, arg);
}

/* There is no tp_clear, as for a tuple: what is immutable cannot close a cycle,
 * and cursors that die in the same collection still look at the program. */
static void
plan_dealloc(crm_plan *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    for (size_t i = 0; i < self->nbinds; i++) {
        crm_codec_clear(&self->binds[i].codec);
    }
    PyMem_Free(self->binds);
    crm_program_free(self->program);
    Py_CLEAR(self->sql);
    Py_CLEAR(self->wire);
    Py_CLEAR(self->names);
    Py_CLEAR(self->arrays);
    Py_CLEAR(self->guard);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

/* One (index, code, arg, as_text=False) of the constructor's `binds`. */
static int
set_bind(crm_bind *bind, PyObject *item)
{
    Py_ssize_t index;
    int code, as_text = 0;
    PyObject *arg;
    if (!PyTuple_Check(item)) {
        PyErr_Format(PyExc_TypeError, "a bind is (index, code, arg), not %R",
                     item);
        return -1;
    }
    if (!PyArg_ParseTuple(item, "niO|p:bind", &index, &code, &arg, &as_text)) {
        return -1;
    }
    if (index < 0 || index > UINT32_MAX) {
        PyErr_Format(PyExc_ValueError, "bind index %zd is out of range", index);
        return -1;
    }
    bind->index = (uint32_t)index;
    bind->as_text = as_text != 0;
    return crm_codec_set(&bind->codec, code, arg);
}

static int
set_binds(crm_plan *self, PyObject *binds)
{
    /* a list could get shorter while a number is asked for its value */
    PyObject *items = PySequence_Tuple(binds);
    if (items == NULL) {
        return -1;
    }
    int status = -1;
    Py_ssize_t count = PyTuple_GET_SIZE(items);
    if (count != 0) {
        self->binds = PyMem_Calloc((size_t)count, sizeof(*self->binds));
        if (self->binds == NULL) {
            PyErr_NoMemory();
            goto done;
        }
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        if (set_bind(&self->binds[i], PyTuple_GET_ITEM(items, i)) < 0) {
            goto done;
        }
        self->nbinds = (size_t)i + 1;
    }
    status = 0;
done:
    Py_DECREF(items);
    return status;
}

static PyObject *
plan_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *words[] = {"sql",   "binds", "program",   "wire", "names",
                            "typed", "many",  "json_text", NULL};
    PyObject *sql, *binds = NULL, *program = Py_None;
    PyObject *wire = NULL, *names = Py_None, *many = Py_None;
    PyObject *arrays = NULL, *guard = NULL;
    int typed = 0, json_text = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "U|OOUOpOp:Plan", words,
                                     &sql, &binds, &program, &wire, &names,
                                     &typed, &many, &json_text)) {
        return NULL;
    }
    if (many != Py_None && !PyTuple_Check(many)) {
        PyErr_SetString(PyExc_TypeError, "many is a tuple (arrays, guard)");
        return NULL;
    }
    if (many != Py_None && !PyArg_ParseTuple(many, "UU;many is (arrays, guard)",
                                             &arrays, &guard)) {
        return NULL;
    }
    crm_core *core = crm_core_of(type);
    if (core == NULL) {
        return NULL;
    }
    crm_plan *self = (crm_plan *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->core = core;
    self->id = ++core->last_plan;
    self->sql = Py_NewRef(sql);
    self->wire = Py_NewRef(wire == NULL ? sql : wire);
    self->typed = typed != 0;
    self->json_text = json_text != 0;
    self->arrays = Py_XNewRef(arrays);
    self->guard = Py_XNewRef(guard);
    if (binds != NULL && binds != Py_None && set_binds(self, binds) < 0) {
        goto error;
    }
    if (names != Py_None) {
        self->names = PySequence_Tuple(names);
        if (self->names == NULL) {
            goto error;
        }
        if ((size_t)PyTuple_GET_SIZE(self->names) != self->nbinds) {
            PyErr_Format(PyExc_ValueError, "%zd names for %zu binds",
                         PyTuple_GET_SIZE(self->names), self->nbinds);
            goto error;
        }
    }
    if (program != Py_None) {
        self->program = crm_program_new(core, program, self->typed);
        if (self->program == NULL) {
            goto error;
        }
    }
    return (PyObject *)self;
error:
    Py_DECREF(self);
    return NULL;
}

static PyObject *
plan_keys(crm_plan *self, void *Py_UNUSED(closure))
{
    if (self->program == NULL || self->program->keys == NULL) {
        return PyTuple_New(0);
    }
    return Py_NewRef(self->program->keys);
}

static PyObject *
plan_get_binds(crm_plan *self, void *Py_UNUSED(closure))
{
    PyObject *binds = PyTuple_New((Py_ssize_t)self->nbinds);
    for (size_t i = 0; binds != NULL && i < self->nbinds; i++) {
        const crm_bind *bind = &self->binds[i];
        PyObject *item =
            Py_BuildValue("IiON", (unsigned)bind->index, bind->codec.code,
                          bind->codec.arg == NULL ? Py_None : bind->codec.arg,
                          PyBool_FromLong(bind->as_text));
        if (item == NULL) {
            Py_CLEAR(binds);
            break;
        }
        PyTuple_SET_ITEM(binds, (Py_ssize_t)i, item);
    }
    return binds;
}

PyDoc_STRVAR(
    with_program_doc,
    "with_program($self, program, /)\n--\n\n"
    "The same statement, of whose rows something else is made: it shares "
    "what connections have prepared.");

static PyObject *
plan_with_program(crm_plan *self, PyObject *program)
{
    PyTypeObject *type = Py_TYPE(self);
    crm_plan *made = (crm_plan *)type->tp_alloc(type, 0);
    if (made == NULL) {
        return NULL;
    }
    made->core = self->core;
    made->id = self->id;
    made->sql = Py_NewRef(self->sql);
    made->wire = Py_NewRef(self->wire);
    made->arrays = Py_XNewRef(self->arrays);
    made->guard = Py_XNewRef(self->guard);
    made->names = Py_XNewRef(self->names);
    made->typed = self->typed;
    made->json_text = self->json_text;
    if (self->nbinds != 0) {
        made->binds = PyMem_Calloc(self->nbinds, sizeof(*made->binds));
        if (made->binds == NULL) {
            PyErr_NoMemory();
            goto error;
        }
    }
    for (; made->nbinds < self->nbinds; made->nbinds++) {
        const crm_bind *bind = &self->binds[made->nbinds];
        made->binds[made->nbinds] = *bind;
        Py_XINCREF(bind->codec.arg);
    }
    made->program = crm_program_new(self->core, program, self->typed);
    if (made->program == NULL) {
        goto error;
    }
    return (PyObject *)made;
error:
    Py_DECREF(made);
    return NULL;
}

PyDoc_STRVAR(encode_doc,
             "encode($self, values, /)\n--\n\n"
             "The values of an execution as logs show them: a tuple, or a dict "
             "if the parameters have names.");

static PyObject *
plan_encode(crm_plan *self, PyObject *values)
{
    PyObject *items = PySequence_Tuple(values);
    if (items == NULL) {
        return NULL;
    }
    PyObject *shown = crm_plan_encode(self, &PyTuple_GET_ITEM(items, 0),
                                      (size_t)PyTuple_GET_SIZE(items));
    Py_DECREF(items);
    return shown;
}

static PyObject *
plan_repr(crm_plan *self)
{
    return PyUnicode_FromFormat("<Plan %R>", self->sql);
}

static PyMethodDef plan_methods[] = {
    {"encode", (PyCFunction)plan_encode, METH_O, encode_doc},
    {"with_program", (PyCFunction)plan_with_program, METH_O, with_program_doc},
    {NULL},
};

static PyObject *
plan_refuses(crm_plan *self, void *Py_UNUSED(closure))
{
    for (size_t i = 0; i < self->nbinds; i++) {
        uint8_t code = self->binds[i].codec.code;
        if (code != CRM_TYPE_ANY && code != CRM_TYPE_INTEGER &&
            code != CRM_TYPE_STRING) {
            Py_RETURN_TRUE;
        }
    }
    Py_RETURN_FALSE;
}

static PyMemberDef plan_members[] = {
    {"sql", T_OBJECT_EX, offsetof(crm_plan, sql), READONLY,
     "SQL text as logs and errors show it"},
    {"wire", T_OBJECT_EX, offsetof(crm_plan, wire), READONLY,
     "SQL text as the driver gets it"},
    {"names", T_OBJECT, offsetof(crm_plan, names), READONLY,
     "Names of the parameters, or None"},
    {"arrays", T_OBJECT, offsetof(crm_plan, arrays), READONLY,
     "SQL text that does the same for many rows, or None"},
    {"guard", T_OBJECT, offsetof(crm_plan, guard), READONLY,
     "A query that says whether it may, or None"},
    {"typed", T_BOOL, offsetof(crm_plan, typed), READONLY,
     "Whether the driver takes typed cells"},
    {"json_text", T_BOOL, offsetof(crm_plan, json_text), READONLY,
     "Whether JSON is shown as its text"},
    {NULL},
};

static PyGetSetDef plan_getset[] = {
    {"binds", (getter)plan_get_binds, NULL,
     "The binds as (index, code, arg, as_text).", NULL},
    {"keys", (getter)plan_keys, NULL,
     "Names of the items of a result row, () if the driver names them.", NULL},
    {"refuses", (getter)plan_refuses, NULL,
     "Whether the type of a value may refuse it before the driver does.", NULL},
    {NULL},
};

static PyType_Slot plan_slots[] = {
    {Py_tp_doc,
     "Plan(sql, binds=(), program=None, wire=sql, names=None, typed=False, "
     "many=None, json_text=False)\n--\n\n"
     "An executable statement; see _core.pyi."},
    {Py_tp_new, plan_new},
    {Py_tp_dealloc, plan_dealloc},
    {Py_tp_traverse, plan_traverse},
    {Py_tp_repr, plan_repr},
    {Py_tp_methods, plan_methods},
    {Py_tp_members, plan_members},
    {Py_tp_getset, plan_getset},
    {0, NULL},
};

static PyType_Spec plan_spec = {
    .name = "cormorant._core.Plan",
    .basicsize = sizeof(crm_plan),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = plan_slots,
};

int
crm_plan_init(crm_core *core, PyObject *module)
{
    core->plan_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &plan_spec, NULL);
    if (core->plan_type == NULL) {
        return -1;
    }
    return PyModule_AddType(module, core->plan_type);
}
