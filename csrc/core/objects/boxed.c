/* boxed.c: states of objects whose classes do not derive from Entity. */
#include "boxed.h"

#include <string.h>

#include "core/compat.h"
#include "state.h"

/* ---- boxes ------------------------------------------------------------ */

/* The weak reference to the object, behind the last slot: owned. */
static PyObject **
guard_of(const crm_state *state)
{
    return (PyObject **)&state->slots[state->nslots];
}

/* The object while its memory is there, else None: borrowed. */
static PyObject *
guarded(const crm_state *state)
{
    return ((PyWeakReference *)*guard_of(state))->wr_object;
}

int
crm_box_is_dead(const crm_state *state)
{
    if (Py_REFCNT((PyObject *)crm_state_holder(state)) == 0) {
        return 1;
    }
    PyObject *obj = guarded(state);
    return obj == Py_None || Py_REFCNT(obj) == 0;
}

static int
box_traverse(crm_entity *self, visitproc visit, void *arg)
{
    Py_VISIT(*guard_of(&self->state));
    return crm_entity_traverse(self, visit, arg);
}

/* Nobody refers to the box any more.  If its object lives, someone has taken it
 * out of the dict: the object has no state then, but functions and sessions
 * that have it may be using that one, so that it stays, under a name that
 * nobody looks for.  Whether it does. */
static int
keep_aside(crm_entity *self)
{
    PyObject *obj = guarded(&self->state);
    if (!PyObject_GC_IsTracked((PyObject *)self) || self->weakrefs != obj ||
        Py_REFCNT(obj) == 0) {
        return 0;
    }
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    Py_SET_REFCNT((PyObject *)self, 1);
    PyObject *dict = PyObject_GenericGetDict(obj, NULL);
    PyObject *name = PyUnicode_FromFormat("_sa_former_state_%p", self);
    if (dict != NULL && name != NULL) {
        (void)PyDict_SetItem(dict, name, (PyObject *)self);
    }
    Py_XDECREF(name);
    Py_XDECREF(dict);
    Py_SET_REFCNT((PyObject *)self, Py_REFCNT((PyObject *)self) - 1);
    PyErr_Restore(type, value, traceback);
    return Py_REFCNT((PyObject *)self) > 0;
}

static void
box_dealloc(crm_entity *self)
{
    if (keep_aside(self)) {
        return;
    }
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    crm_entity_leave(self);
    Py_TRASHCAN_BEGIN(self, box_dealloc) crm_layout *layout =
        crm_entity_empty(self);
    PyObject *guard = *guard_of(&self->state);
    PyObject_GC_Del(self);
    Py_DECREF(guard);
    crm_layout_unref(layout);
    Py_DECREF(type);
    Py_TRASHCAN_END
}

static PyType_Slot box_slots[] = {
    {Py_tp_doc, "The state of an object whose class is no Entity."},
    {Py_tp_dealloc, box_dealloc},
    {Py_tp_traverse, box_traverse},
    {Py_tp_clear, crm_entity_clear},
    {0, NULL},
};

static PyType_Spec box_spec = {
    .name = "cormorant._core.Box",
    .basicsize = sizeof(crm_entity),
    .itemsize = sizeof(PyObject *),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = box_slots,
};

/* A box for an object, not tracked by the collector: new reference. */
static crm_entity *
new_box(crm_manager *manager, PyObject *obj)
{
    PyTypeObject *type = manager->core->box_type;
    uint16_t nslots = manager->nattrs;
    PyObject *guard = PyWeakref_NewRef(obj, NULL);
    if (guard == NULL) {
        return NULL;
    }
    crm_entity *self = PyObject_GC_NewVar(crm_entity, type, nslots + 1);
    if (self == NULL) {
        Py_DECREF(guard);
        return NULL;
    }
    memset((char *)self + offsetof(crm_entity, dict), 0,
           sizeof(crm_entity) - offsetof(crm_entity, dict) +
               (nslots + 1u) * sizeof(PyObject *));
    self->weakrefs = obj;
    self->state.layout = crm_layout_ref(manager->bare);
    self->state.nslots = nslots;
    self->state.flags = CRM_S_BOXED;
    *guard_of(&self->state) = guard;
    return self;
}

/* ---- objects ---------------------------------------------------------- */

/* The box in an object's dict: borrowed; NULL without an exception. */
static crm_entity *
find_box(crm_core *core, PyObject *dict, PyObject *obj)
{
    PyObject *found = PyDict_GetItemWithError(dict, core->str_instance_state);
    if (found == NULL || !Py_IS_TYPE(found, core->box_type)) {
        PyErr_Clear();
        return NULL;
    }
    /* Or the dict is a copy of another object's. */
    return ((crm_entity *)found)->weakrefs == obj ? (crm_entity *)found : NULL;
}

crm_state *
crm_box_state(crm_core *core, PyObject *obj)
{
    crm_manager *manager = crm_manager_find(core, Py_TYPE(obj));
    if (manager == NULL || !manager->boxed) {
        return NULL;
    }
    PyObject *dict = PyObject_GenericGetDict(obj, NULL);
    if (dict == NULL) {
        PyErr_Clear();
        return NULL;
    }
    crm_entity *box = find_box(core, dict, obj);
    Py_DECREF(dict); /* the object has it */
    if (box == NULL) {
        return NULL;
    }
    if (guarded(&box->state) != obj) {
        /* The collector cleared it, and a finalizer uses the object. */
        PyObject *guard = PyWeakref_NewRef(obj, NULL);
        if (guard == NULL) {
            PyErr_Clear();
            return NULL;
        }
        Py_SETREF(*guard_of(&box->state), guard);
    }
    return &box->state;
}

/* The state of an object, made if it is not there; NULL with an exception,
 * which is TypeError if objects of the class cannot have one. */
static crm_state *
attach(crm_manager *manager, PyObject *obj)
{
    crm_core *core = manager->core;
    crm_state *state = crm_box_state(core, obj);
    if (state != NULL) {
        return state;
    }
    if (manager->bare == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "the class is being destroyed");
        return NULL;
    }
    PyObject *dict = NULL;
    crm_entity *box = new_box(manager, obj);
    if (box != NULL) {
        dict = PyObject_GenericGetDict(obj, NULL);
    }
    if (dict == NULL) {
        Py_XDECREF(box);
        return NULL;
    }
    if (manager->identity != NULL &&
        crm_state_put(&box->state, manager->identity_slot,
                      Py_NewRef(manager->identity)) < 0) {
        Py_CLEAR(box);
    }
    if (box != NULL) {
        PyObject_GC_Track((PyObject *)box);
        if (PyDict_SetItem(dict, core->str_instance_state, (PyObject *)box) ==
            0) {
            state = &box->state;
        }
        else {
            PyObject_GC_UnTrack((PyObject *)box); /* no object has it */
        }
        Py_DECREF(box); /* the object has it */
    }
    Py_DECREF(dict);
    return state;
}

PyObject *
crm_box_plain_value(crm_core *core, PyObject *obj, PyObject *name)
{
    PyObject *dict = PyObject_GenericGetDict(obj, NULL);
    if (dict == NULL) {
        return NULL; /* no object of a mapped class */
    }
    PyObject *value = Py_XNewRef(PyDict_GetItemWithError(dict, name));
    Py_DECREF(dict);
    if (value == NULL) {
        PyErr_Clear();
        return crm_raise_unmapped(core, obj);
    }
    return value;
}

PyObject *
crm_box_new(crm_manager *manager, crm_state **state)
{
    PyTypeObject *type = (PyTypeObject *)manager->class_;
    PyObject *none = PyTuple_New(0);
    if (none == NULL) {
        return NULL;
    }
    PyObject *obj = type->tp_new(type, none, NULL);
    Py_DECREF(none);
    if (obj == NULL) {
        return NULL;
    }
    crm_state *found = NULL;
    if (!Py_IS_TYPE(obj, type)) {
        PyErr_Format(PyExc_TypeError, "%s.__new__() must give a new %s",
                     crm_type_name(type), crm_type_name(type));
    }
    else {
        found = attach(manager, obj);
        if (found != NULL && (found->map != NULL || found->flags & CRM_S_KEY)) {
            crm_raise(manager->core, "InvalidRequestError",
                      "%s.__new__() gave an object that has an identity",
                      crm_type_name(type));
            found = NULL;
        }
    }
    if (found == NULL) {
        Py_DECREF(obj);
        return NULL;
    }
    if (state != NULL) {
        *state = found;
    }
    return obj;
}

PyObject *
crm_box_adopt(PyObject *module, PyObject *obj)
{
    crm_core *core = PyModule_GetState(module);
    crm_manager *manager = crm_manager_find(core, Py_TYPE(obj));
    if (manager == NULL || !manager->boxed) {
        return crm_raise_unmapped(core, obj);
    }
    if (crm_manager_complete(manager) < 0 || attach(manager, obj) == NULL) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyObject *
crm_box_construct(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    crm_core *core = PyModule_GetState(module);
    if (nargs != 2 || !PyDict_Check(args[1])) {
        PyErr_SetString(PyExc_TypeError,
                        "construct() takes an object and a dict");
        return NULL;
    }
    PyObject *obj = args[0], *given = args[1];
    crm_state *state = crm_state_of(core, obj);
    if (state == NULL) {
        Py_RETURN_FALSE;
    }
    PyObject *holder = Py_NewRef((PyObject *)crm_state_holder(state));
    int status = crm_entity_set_by_name(obj, state, given);
    Py_DECREF(holder);
    if (status < 0) {
        return NULL;
    }
    Py_RETURN_TRUE;
}

/* ---- what classes get -------------------------------------------------- */

/* The core behind an object of a mapped class: borrowed, NULL with an
 * exception, which is TypeError if the class is not mapped. */
static crm_core *
core_of_object(PyObject *obj)
{
    PyObject *name = PyUnicode_InternFromString("__cormorant_manager__");
    if (name == NULL) {
        return NULL;
    }
    PyObject *manager = crm_type_lookup(Py_TYPE(obj), name);
    Py_DECREF(name);
    if (manager == NULL) {
        PyErr_Format(PyExc_TypeError, "'%s' object is not mapped",
                     crm_type_name(Py_TYPE(obj)));
        return NULL;
    }
    return crm_core_of(Py_TYPE(manager));
}

static PyObject *
object_get_dict(PyObject *obj, void *Py_UNUSED(closure))
{
    PyObject *dict = PyObject_GenericGetDict(obj, NULL);
    if (dict == NULL) {
        return NULL;
    }
    crm_core *core = core_of_object(obj);
    if (core == NULL) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Clear(); /* it is mapped no longer */
            return dict;
        }
        Py_DECREF(dict);
        return NULL;
    }
    if (crm_state_of(core, obj) == NULL) {
        /* An object that something made without its constructor, to fill its
         * dict, as pickles are read.  Others were there before the mapping. */
        crm_manager *manager = crm_manager_find(core, Py_TYPE(obj));
        if (manager == NULL || !manager->boxed || PyDict_GET_SIZE(dict) != 0) {
            return dict;
        }
        if (attach(manager, obj) == NULL) {
            Py_DECREF(dict);
            return NULL;
        }
    }
    Py_DECREF(dict);
    return crm_view_new(core, obj);
}

static int
object_set_dict(PyObject *obj, PyObject *value, void *Py_UNUSED(closure))
{
    crm_core *core = core_of_object(obj);
    if (core == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_TypeError)) {
            return -1;
        }
        PyErr_Clear();
        return PyObject_GenericSetDict(obj, value, NULL);
    }
    crm_manager *manager = crm_manager_find(core, Py_TYPE(obj));
    if (manager == NULL || attach(manager, obj) == NULL) {
        return -1;
    }
    return crm_view_assign(core, obj, value);
}

static PyObject *
object_get_instance_state(PyObject *obj, void *Py_UNUSED(closure))
{
    crm_core *core = core_of_object(obj);
    if (core == NULL && !PyErr_ExceptionMatches(PyExc_TypeError)) {
        return NULL;
    }
    if (core == NULL || crm_state_of(core, obj) == NULL) {
        PyErr_Format(PyExc_AttributeError,
                     "'%s' object has no attribute '_sa_instance_state'",
                     crm_type_name(Py_TYPE(obj)));
        return NULL;
    }
    return crm_instance_state(core, obj);
}

static PyObject *
object_getstate(PyObject *obj, PyObject *Py_UNUSED(ignored))
{
    crm_core *core = core_of_object(obj);
    return core == NULL ? NULL : crm_entity_getstate(core, obj);
}

static PyObject *
object_setstate(PyObject *obj, PyObject *given)
{
    crm_core *core = core_of_object(obj);
    crm_manager *manager =
        core == NULL ? NULL : crm_manager_find(core, Py_TYPE(obj));
    if (manager == NULL || attach(manager, obj) == NULL) {
        return NULL;
    }
    return crm_entity_setstate(core, obj, given);
}

static PyGetSetDef object_getset[] = {
    {"__dict__", object_get_dict, object_set_dict,
     "Loaded attributes by name, live.", NULL},
    {"_sa_instance_state", object_get_instance_state, NULL,
     "What cormorant.inspect() gives for the object.", NULL},
};

static PyMethodDef object_methods[] = {
    {"__getstate__", object_getstate, METH_NOARGS,
     "Loaded attributes and identity, for pickles and copies."},
    {"__setstate__", object_setstate, METH_O, NULL},
};

/* Puts a descriptor (a stolen reference, or NULL) into a class, past its
 * metaclass: 0, or -1 with an exception. */
static int
put_descriptor(PyTypeObject *cls, const char *name, PyObject *descriptor)
{
    if (descriptor == NULL) {
        return -1;
    }
    int status = PyDict_SetItemString(cls->tp_dict, name, descriptor);
    Py_DECREF(descriptor);
    return status;
}

/* Whether a class says itself how its objects are pickled: 1, 0, or -1 with an
 * exception. */
static int
has_own(PyTypeObject *cls, const char *text)
{
    PyObject *name = PyUnicode_InternFromString(text);
    if (name == NULL) {
        return -1;
    }
    PyObject *found = crm_type_lookup(cls, name);
    PyObject *common = crm_type_lookup(&PyBaseObject_Type, name);
    Py_DECREF(name);
    return found != common;
}

int
crm_box_prepare_class(crm_core *core, PyTypeObject *cls)
{
    PyTypeObject *object = &PyBaseObject_Type;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(object_getset); i++) {
        PyGetSetDef *def = &object_getset[i];
        if (put_descriptor(cls, def->name, PyDescr_NewGetSet(object, def)) <
            0) {
            return -1;
        }
    }
    int own = has_own(cls, "__setstate__");
    if (own == 0) {
        own = has_own(cls, "__getstate__");
    }
    if (own == 0) {
        own = has_own(cls, "__reduce__");
    }
    for (size_t i = 0; own == 0 && i < Py_ARRAY_LENGTH(object_methods); i++) {
        PyMethodDef *def = &object_methods[i];
        if (put_descriptor(cls, def->ml_name, PyDescr_NewMethod(object, def)) <
            0) {
            return -1;
        }
    }
    PyType_Modified(cls);
    core->boxes = 1;
    return own < 0 ? -1 : 0;
}

int
crm_box_init(crm_core *core, PyObject *module)
{
    core->box_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &box_spec, NULL);
    return core->box_type == NULL ? -1 : 0;
}
