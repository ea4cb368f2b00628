/* keycontext.c: what the key of a statement collects (_core.KeyContext), and
 * the values of the parameters among that.  See keycontext.h.
 */
#include "keycontext.h"

/* ---- KeyContext -------------------------------------------------------- */

static PyObject *
context_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    crm_key_context *self =
        (crm_key_context *)PyList_Type.tp_new(type, args, kwargs);
    if (self == NULL) {
        return NULL;
    }
    self->cacheable = 1;
    self->memo = PyDict_New();
    if (self->memo == NULL) {
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

static int
context_traverse(crm_key_context *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->memo);
    return PyList_Type.tp_traverse((PyObject *)self, visit, arg);
}

/* `memo` stays: it holds numbers, and who still finds the context uses it. */
static int
context_clear(crm_key_context *self)
{
    return PyList_Type.tp_clear((PyObject *)self);
}

static void
context_dealloc(crm_key_context *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_CLEAR(self->memo);
    PyList_Type.tp_dealloc((PyObject *)self); /* frees it */
    Py_DECREF(type);
}

static PyObject *
context_get_memo(crm_key_context *self, void *Py_UNUSED(closure))
{
    return Py_NewRef(self->memo);
}

static int
context_set_memo(crm_key_context *self, PyObject *value,
                 void *Py_UNUSED(closure))
{
    if (value == NULL || !PyDict_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "memo must be a dict");
        return -1;
    }
    Py_SETREF(self->memo, Py_NewRef(value));
    return 0;
}

static PyGetSetDef context_getset[] = {
    {"memo", (getter)context_get_memo, (setter)context_set_memo,
     "Numbers of constructs that are the same by identity only.", NULL},
    {NULL},
};

static PyMemberDef context_members[] = {
    {"cacheable", T_BOOL, offsetof(crm_key_context, cacheable), 0,
     "Cleared by a construct that has no key."},
    {"orm", T_BOOL, offsetof(crm_key_context, orm), 0,
     "Set by a construct of a mapped class."},
    {NULL},
};

static PyType_Slot context_slots[] = {
    {Py_tp_doc,
     "KeyContext()\n--\n\nWhat a key collects: a list of the bind "
     "parameters met, in order."},
    {Py_tp_new, context_new},
    {Py_tp_dealloc, context_dealloc},
    {Py_tp_traverse, context_traverse},
    {Py_tp_clear, context_clear},
    {Py_tp_getset, context_getset},
    {Py_tp_members, context_members},
    {0, NULL},
};

static PyType_Spec context_spec = {
    .name = "cormorant._core.KeyContext",
    .basicsize = sizeof(crm_key_context),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = context_slots,
};

PyObject *
crm_key_context_meet(crm_key_context *ctx, PyObject *obj, PyObject *token)
{
    if (PyList_Append((PyObject *)ctx, obj) < 0) {
        return NULL;
    }
    PyObject *ident =
        PyLong_FromVoidPtr(token == NULL || token == Py_None ? obj : token);
    if (ident == NULL) {
        return NULL;
    }
    PyObject *number = PyDict_GetItemWithError(ctx->memo, ident);
    if (number != NULL) {
        Py_INCREF(number);
    }
    else if (!PyErr_Occurred()) {
        PyObject *next = PyLong_FromSsize_t(PyDict_GET_SIZE(ctx->memo));
        if (next != NULL) {
            (void)PyDict_SetItem(ctx->memo, ident, next);
            Py_DECREF(next);
        }
    }
    Py_DECREF(ident);
    return number;
}

/* ---- values ------------------------------------------------------------ */

/* The value a bind parameter has: 1 and *value (a new reference), 0 if it has
 * to be asked for it or must not be without one, -1 with an exception. */
static int
value_of(crm_core *core, PyObject *bind, PyObject **value)
{
    PyObject *dict = PyObject_GenericGetDict(bind, NULL);
    if (dict == NULL) {
        return -1;
    }
    int status = PyDict_Contains(dict, core->str_callable);
    if (status == 0) {
        PyObject *required = PyDict_GetItemWithError(dict, core->str_required);
        status = required == NULL || required == Py_False ? 0 : 1;
    }
    if (status == 0 && !PyErr_Occurred()) {
        *value = PyDict_GetItemWithError(dict, core->str_value);
        Py_XINCREF(*value);
    }
    Py_DECREF(dict);
    return PyErr_Occurred() ? -1 : status == 0 && *value != NULL;
}

PyDoc_STRVAR(bound_values_doc,
             "bound_values(binds)\n--\n\n"
             "The values of bind parameters as a list, None if one of them has "
             "to be asked for its value.");

static PyObject *
bound_values(PyObject *module, PyObject *binds)
{
    crm_core *core = PyModule_GetState(module);
    /* (a KeyContext is a list, which PySequence_Fast() would copy) */
    PyObject *sequence =
        PyList_Check(binds)
            ? Py_NewRef(binds)
            : PySequence_Fast(binds, "binds must be a sequence");
    if (sequence == NULL) {
        return NULL;
    }
    PyObject *values = PyList_New(0);
    for (Py_ssize_t i = 0;
         values != NULL && i < PySequence_Fast_GET_SIZE(sequence); i++) {
        PyObject *bind = Py_NewRef(PySequence_Fast_GET_ITEM(sequence, i));
        PyObject *value = NULL;
        int status = value_of(core, bind, &value);
        if (status > 0) {
            status = PyList_Append(values, value) < 0 ? -1 : 1;
        }
        Py_XDECREF(value);
        Py_DECREF(bind);
        if (status <= 0) {
            Py_SETREF(values, status < 0 ? NULL : Py_NewRef(Py_None));
            break;
        }
    }
    Py_DECREF(sequence);
    return values;
}

static PyMethodDef functions[] = {
    {"bound_values", bound_values, METH_O, bound_values_doc},
    {NULL},
};

int
crm_key_context_init(crm_core *core, PyObject *module)
{
    core->str_value = PyUnicode_InternFromString("value");
    core->str_callable = PyUnicode_InternFromString("callable");
    core->str_required = PyUnicode_InternFromString("required");
    PyObject *bases = PyTuple_Pack(1, &PyList_Type);
    if (bases != NULL) {
        core->key_context_type = (PyTypeObject *)PyType_FromModuleAndSpec(
            module, &context_spec, bases);
        Py_DECREF(bases);
    }
    if (core->str_value == NULL || core->str_callable == NULL ||
        core->str_required == NULL || core->key_context_type == NULL ||
        PyModule_AddType(module, core->key_context_type) < 0) {
        return -1;
    }
    return PyModule_AddFunctions(module, functions);
}
