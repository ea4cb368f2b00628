/* inspected.c: the base of what inspect() gives for a mapped object
 * (_core.Inspected), and for one of its attributes: it holds the object and the
 * name, and nothing else.  Making one runs no Python, since reading
 * obj.__dict__ does so each time, and serializers ask for each attribute.
 */
#include "state.h"

#include <structmember.h>

#include "core/imports.h"

typedef struct {
    PyObject_HEAD
    PyObject *object; /* owned, NULL once cleared */
    PyObject *key;    /* owned: an attribute's name; NULL: all of the object */
} inspected;

static PyObject *
inspected_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *object, *key = NULL;
    if (kwargs != NULL && PyDict_GET_SIZE(kwargs) > 0) {
        PyErr_SetString(PyExc_TypeError,
                        "Inspected() takes no keyword arguments");
        return NULL;
    }
    if (!PyArg_UnpackTuple(args, "Inspected", 1, 2, &object, &key)) {
        return NULL;
    }
    inspected *self = (inspected *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->object = Py_NewRef(object);
        self->key = Py_XNewRef(key);
    }
    return (PyObject *)self;
}

static int
inspected_traverse(inspected *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->object);
    Py_VISIT(self->key);
    return 0;
}

static int
inspected_clear(inspected *self)
{
    Py_CLEAR(self->object);
    Py_CLEAR(self->key);
    return 0;
}

static void
inspected_dealloc(inspected *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    inspected_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

/* What the object has under the name. */
static PyObject *
inspected_value(inspected *self, void *Py_UNUSED(closure))
{
    if (self->object == NULL || self->key == NULL) {
        PyErr_SetString(PyExc_AttributeError, "_value");
        return NULL;
    }
    return PyObject_GetAttr(self->object, self->key);
}

static PyGetSetDef inspected_getset[] = {
    {"_value", (getter)inspected_value, NULL, "The value; loads it if need be.",
     NULL},
    {NULL},
};

static PyMemberDef inspected_members[] = {
    {"_object", T_OBJECT_EX, offsetof(inspected, object), READONLY,
     "The object."},
    {"_key", T_OBJECT_EX, offsetof(inspected, key), READONLY, "The name."},
    {NULL},
};

static PyType_Slot inspected_slots[] = {
    {Py_tp_doc, "What inspection shows of an object; holds the object."},
    {Py_tp_new, inspected_new},
    {Py_tp_dealloc, inspected_dealloc},
    {Py_tp_traverse, inspected_traverse},
    {Py_tp_clear, inspected_clear},
    {Py_tp_members, inspected_members},
    {Py_tp_getset, inspected_getset},
    {0, NULL},
};

static PyType_Spec inspected_spec = {
    .name = "cormorant._core.Inspected",
    .basicsize = sizeof(inspected),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = inspected_slots,
};

PyObject *
crm_instance_state(crm_core *core, PyObject *obj)
{
    PyObject *cls = crm_lazy_member(&core->instance_state,
                                    "cormorant.orm.instance", "InstanceState");
    if (cls == NULL) {
        return NULL;
    }
    /* as calling the class does, which has no __init__ */
    PyTypeObject *type = (PyTypeObject *)cls;
    inspected *self = (inspected *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->object = Py_NewRef(obj);
    }
    return (PyObject *)self;
}

PyObject *
crm_stood_for(crm_core *core, PyObject *obj)
{
    PyObject *state = PyObject_GetAttr(obj, core->str_instance_state);
    if (state == NULL) {
        if (PyErr_ExceptionMatches(PyExc_AttributeError)) {
            PyErr_Clear();
        }
        return NULL;
    }
    PyObject *object = NULL;
    PyObject *cls = core->instance_state;
    if (cls != NULL && Py_IS_TYPE(state, (PyTypeObject *)cls)) {
        PyObject *held = ((inspected *)state)->object;
        if (held != NULL && crm_state_of(core, held) != NULL) {
            object = Py_NewRef(held);
        }
    }
    Py_DECREF(state);
    return object;
}

int
crm_inspected_init(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &inspected_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int status = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return status;
}
