/* adapted.c: collections of classes that are not this module's: their tie to
 * the owner, what their class says of itself, and calls of its methods.
 *
 * A class that serves as a collection was prepared by orm/collections.py: its
 * methods report changes through the tie, which stands in the instance as
 * `_sa_adapter`, and its roles stand in the class as `_sa_roles`:
 *
 *     (class, shape, appender, remover, iterator)
 *
 * with the names of the methods that append a member, take one out and iterate.
 * They are called with `_sa_initiator`: None, False for "no events", or an
 * AttributeEventToken, which names what began a chain of events. */
#include "adapted.h"

#include "core/arguments.h"

#include "core/compat.h"

/* ---- AttributeEventToken ---------------------------------------------- */

typedef struct {
    PyObject_HEAD
    PyObject *prop;    /* owned */
    PyObject *manager; /* owned */
    int op;
} crm_token;

static PyObject *
token_new(crm_core *core, const crm_initiator *from)
{
    crm_token *token = PyObject_GC_New(crm_token, core->token_type);
    if (token != NULL) {
        token->prop = Py_NewRef((PyObject *)from->prop);
        token->manager = Py_NewRef((PyObject *)from->manager);
        token->op = from->op;
        PyObject_GC_Track(token);
    }
    return (PyObject *)token;
}

static int
token_traverse(crm_token *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->prop);
    Py_VISIT(self->manager);
    return 0;
}

static int
token_clear(crm_token *self)
{
    Py_CLEAR(self->prop);
    Py_CLEAR(self->manager);
    return 0;
}

static void
token_dealloc(crm_token *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    (void)token_clear(self);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

static PyMemberDef token_members[] = {
    {"impl", T_OBJECT, offsetof(crm_token, prop), READONLY,
     "The property whose change began the events."},
    {"op", T_INT, offsetof(crm_token, op), READONLY, "What the change was."},
    {NULL},
};

static PyType_Slot token_slots[] = {
    {Py_tp_doc, "What began a chain of attribute events."},
    {Py_tp_dealloc, token_dealloc},
    {Py_tp_traverse, token_traverse},
    {Py_tp_clear, token_clear},
    {Py_tp_members, token_members},
    {0, NULL},
};

static PyType_Spec token_spec = {
    .name = "cormorant._core.AttributeEventToken",
    .basicsize = sizeof(crm_token),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = token_slots,
};

int
crm_origin_read(crm_core *core, PyObject *given, crm_origin *origin)
{
    *origin = (crm_origin){0};
    if (given == NULL || given == Py_None) {
        return 0;
    }
    if (given == Py_False) {
        origin->silent = 1;
        return 0;
    }
    if (Py_IS_TYPE(given, core->token_type)) {
        const crm_token *token = (crm_token *)given;
        origin->initiator =
            (crm_initiator){token->prop, token->op, token->manager};
        origin->from = &origin->initiator;
        return 0;
    }
    PyErr_Format(PyExc_TypeError,
                 "_sa_initiator must be None, False or an event token, not %s",
                 crm_type_name(Py_TYPE(given)));
    return -1;
}

/* ---- CollectionTie ---------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    crm_tie tie;
    PyObject *astray; /* owned or NULL: weak reference to the collection, which
                         its object has let go of */
} crm_tie_object;

/* The hold and origin of a call of one of the tie's methods: false with an
 * exception. */
static int
open_call(crm_tie_object *self, PyObject *initiator, crm_hold *hold,
          crm_origin *origin)
{
    if (crm_origin_read(crm_core_of(Py_TYPE(self)), initiator, origin) < 0) {
        return 0;
    }
    PyObject *collection =
        self->astray == NULL ? NULL : crm_weakref_get(self->astray);
    crm_hold_tie(hold, &self->tie, collection);
    return 1;
}

static PyObject *
tie_fire_append(crm_tie_object *self, PyObject *const *args, Py_ssize_t nargs)
{
    crm_hold hold;
    crm_origin origin;
    if (!crm_arg_count("fire_append_event", nargs, 1, 2) ||
        !open_call(self, nargs > 1 ? args[1] : NULL, &hold, &origin)) {
        return NULL;
    }
    PyObject *member = origin.silent
                           ? Py_NewRef(args[0])
                           : crm_fire_append(&hold, args[0], origin.from);
    crm_hold_close(&hold);
    return member;
}

static PyObject *
tie_fire_present(crm_tie_object *self, PyObject *const *args, Py_ssize_t nargs)
{
    crm_hold hold;
    crm_origin origin;
    if (!crm_arg_count("fire_append_wo_mutation_event", nargs, 1, 2) ||
        !open_call(self, nargs > 1 ? args[1] : NULL, &hold, &origin)) {
        return NULL;
    }
    int status =
        origin.silent || hold.obj == NULL
            ? 0
            : crm_rel_fire_present(hold.state, hold.slot, args[0], origin.from);
    crm_hold_close(&hold);
    return status < 0 ? NULL : Py_NewRef(args[0]);
}

static PyObject *
tie_fire_remove(crm_tie_object *self, PyObject *const *args, Py_ssize_t nargs)
{
    crm_hold hold;
    crm_origin origin;
    if (!crm_arg_count("fire_remove_event", nargs, 1, 2) ||
        !open_call(self, nargs > 1 ? args[1] : NULL, &hold, &origin)) {
        return NULL;
    }
    int status =
        origin.silent ? 0 : crm_fire_remove(&hold, args[0], origin.from);
    crm_hold_close(&hold);
    return crm_none_or_error(status);
}

static PyObject *
tie_fire_pre_remove(crm_tie_object *self, PyObject *const *args,
                    Py_ssize_t nargs)
{
    crm_hold hold;
    crm_origin origin;
    if (!crm_arg_count("fire_pre_remove_event", nargs, 0, 1) ||
        !open_call(self, nargs > 0 ? args[0] : NULL, &hold, &origin)) {
        return NULL;
    }
    int status = origin.silent ? 0 : crm_hold_changes(&hold);
    crm_hold_close(&hold);
    return crm_none_or_error(status);
}

/* A copy or a pickle is nobody's until an object takes it. */
static PyObject *
tie_reduce(crm_tie_object *self, PyObject *Py_UNUSED(ignored))
{
    return Py_BuildValue("O()", Py_TYPE(self));
}

static void
tie_dealloc(crm_tie_object *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_CLEAR(self->tie.lost);
    Py_CLEAR(self->tie.astray);
    Py_CLEAR(self->astray);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

static PyMethodDef tie_methods[] = {
    {"fire_append_event", CRM_FAST(tie_fire_append), METH_FASTCALL,
     PyDoc_STR("fire_append_event(item, initiator=None): a member is about to "
               "enter; returns what is to be stored.")},
    {"fire_append_wo_mutation_event", CRM_FAST(tie_fire_present), METH_FASTCALL,
     PyDoc_STR("fire_append_wo_mutation_event(item, initiator=None): a member "
               "that is there is added again; returns it.")},
    {"fire_remove_event", CRM_FAST(tie_fire_remove), METH_FASTCALL,
     PyDoc_STR("fire_remove_event(item, initiator=None): a member leaves.")},
    {"fire_pre_remove_event", CRM_FAST(tie_fire_pre_remove), METH_FASTCALL,
     PyDoc_STR("fire_pre_remove_event(initiator=None): a member that is not "
               "known yet is about to leave.")},
    {"__reduce__", (PyCFunction)tie_reduce, METH_NOARGS, NULL},
    {NULL},
};

static PyType_Slot tie_slots[] = {
    {Py_tp_doc, "Ties a collection to the attribute that holds it."},
    {Py_tp_dealloc, tie_dealloc},
    {Py_tp_methods, tie_methods},
    {0, NULL},
};

static PyType_Spec tie_spec = {
    .name = "cormorant._core.CollectionTie",
    .basicsize = sizeof(crm_tie_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = tie_slots,
};

crm_tie *
crm_adapted_tie(crm_core *core, PyObject *collection)
{
    if (PyList_CheckExact(collection) || PyDict_CheckExact(collection) ||
        PyAnySet_CheckExact(collection) || PyTuple_CheckExact(collection)) {
        return NULL; /* no place for one; raising AttributeError takes long */
    }
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *tie = PyObject_GetAttr(collection, core->str_adapter);
    crm_tie *found = NULL;
    if (tie != NULL && Py_IS_TYPE(tie, core->tie_type) && Py_REFCNT(tie) > 1) {
        found = &((crm_tie_object *)tie)->tie; /* the instance keeps it */
    }
    Py_XDECREF(tie);
    PyErr_Clear();
    PyErr_Restore(type, value, traceback);
    return found;
}

void
crm_adapted_stray(crm_tie *tie, PyObject *collection)
{
    crm_tie_object *self =
        (crm_tie_object *)((char *)tie - offsetof(crm_tie_object, tie));
    PyObject *weak = PyWeakref_NewRef(collection, NULL);
    if (weak == NULL) {
        PyErr_Clear(); /* only its own functions know it then */
    }
    Py_XSETREF(self->astray, weak);
}

int
crm_adapted_bind(crm_core *core, PyObject *collection)
{
    PyObject *tie = PyObject_CallNoArgs((PyObject *)core->tie_type);
    if (tie == NULL) {
        return -1;
    }
    int status = PyObject_SetAttr(collection, core->str_adapter, tie);
    Py_DECREF(tie);
    return status;
}

/* ---- roles ------------------------------------------------------------ */

crm_shape
crm_shape_of(crm_core *core, PyObject *collection, PyObject **roles)
{
    *roles = NULL;
    PyTypeObject *type = Py_TYPE(collection);
    if (type == core->list_type || PyType_IsSubtype(type, core->list_type)) {
        return CRM_SHAPE_LIST;
    }
    if (PyType_IsSubtype(type, core->set_type)) {
        return CRM_SHAPE_SET;
    }
    PyObject *found = PyObject_GetAttr((PyObject *)type, core->str_roles);
    if (found == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
            return CRM_SHAPE_NONE;
        }
        PyErr_Clear();
    }
    else if (PyTuple_Check(found) && PyTuple_GET_SIZE(found) == 5 &&
             PyTuple_GET_ITEM(found, 0) == (PyObject *)type) {
        long shape = PyLong_AsLong(PyTuple_GET_ITEM(found, 1));
        *roles = found;
        int fits = shape == CRM_SHAPE_LIST    ? PyList_Check(collection)
                   : shape == CRM_SHAPE_SET   ? PySet_Check(collection)
                   : shape == CRM_SHAPE_KEYED ? PyDict_Check(collection)
                                              : shape == CRM_SHAPE_FOREIGN;
        if (fits) {
            return (crm_shape)shape;
        }
        *roles = NULL;
    }
    Py_XDECREF(found);
    PyErr_Format(PyExc_TypeError, "%s is no collection class",
                 crm_type_name(type));
    return CRM_SHAPE_NONE;
}

/* Calls the method that has a role with a member. */
static int
call_role(crm_core *core, PyObject *collection, PyObject *roles, int role,
          PyObject *member, PyObject *initiator)
{
    PyObject *method =
        PyObject_GetAttr(collection, PyTuple_GET_ITEM(roles, role));
    PyObject *names = NULL, *result = NULL;
    if (method != NULL) {
        names = PyTuple_Pack(1, core->str_initiator);
    }
    if (names != NULL) {
        PyObject *args[] = {member, initiator};
        result = PyObject_Vectorcall(method, args, 1, names);
    }
    Py_XDECREF(names);
    Py_XDECREF(method);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

static int
call_with_events(crm_core *core, PyObject *collection, PyObject *roles,
                 int role, PyObject *member, const crm_initiator *from)
{
    PyObject *token = from == NULL ? Py_NewRef(Py_None) : token_new(core, from);
    if (token == NULL) {
        return -1;
    }
    int status = call_role(core, collection, roles, role, member, token);
    Py_DECREF(token);
    return status;
}

int
crm_adapted_load(crm_core *core, PyObject *collection, PyObject *roles,
                 PyObject *member)
{
    return call_role(core, collection, roles, 2, member, Py_False);
}

int
crm_adapted_unload(crm_core *core, PyObject *collection, PyObject *roles,
                   PyObject *member)
{
    return crm_forgive_absent(
        call_role(core, collection, roles, 3, member, Py_False));
}

int
crm_adapted_add(crm_core *core, PyObject *collection, PyObject *roles,
                PyObject *member, const crm_initiator *from)
{
    return call_with_events(core, collection, roles, 2, member, from);
}

int
crm_adapted_take(crm_core *core, PyObject *collection, PyObject *roles,
                 PyObject *member, const crm_initiator *from)
{
    return crm_forgive_absent(
        call_with_events(core, collection, roles, 3, member, from));
}

int
crm_forgive_absent(int status)
{
    if (status < 0 && (PyErr_ExceptionMatches(PyExc_ValueError) ||
                       PyErr_ExceptionMatches(PyExc_LookupError))) {
        PyErr_Clear();
        return 0;
    }
    return status;
}

PyObject *
crm_adapted_members(PyObject *collection, PyObject *roles)
{
    PyObject *iterator =
        PyObject_CallMethodNoArgs(collection, PyTuple_GET_ITEM(roles, 4));
    if (iterator == NULL) {
        return NULL;
    }
    PyObject *members = PySequence_List(iterator);
    Py_DECREF(iterator);
    return members;
}

/* ---- functions of the module: collections of every kind --------------- */

static PyObject *
collection_owner(PyObject *module, PyObject *collection)
{
    crm_core *core = (crm_core *)PyModule_GetState(module);
    crm_hold hold;
    if (!crm_hold_tie(&hold, crm_tie_of(core, collection), NULL)) {
        Py_RETURN_NONE;
    }
    PyObject *result = Py_BuildValue("OH", hold.obj, hold.slot);
    crm_hold_close(&hold);
    return result;
}

static PyObject *
collection_members(PyObject *module, PyObject *collection)
{
    return crm_collection_members((crm_core *)PyModule_GetState(module),
                                  collection);
}

/* Adds or takes a member as `initiator` says. */
static PyObject *
change(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
       int (*loudly)(crm_core *, PyObject *, PyObject *, const crm_initiator *),
       int (*silently)(crm_core *, PyObject *, PyObject *))
{
    crm_core *core = (crm_core *)PyModule_GetState(module);
    crm_origin origin;
    if (nargs != 3) {
        PyErr_SetString(PyExc_TypeError,
                        "a collection, a member and an "
                        "initiator are expected");
        return NULL;
    }
    if (crm_origin_read(core, args[2], &origin) < 0) {
        return NULL;
    }
    int status = origin.silent ? silently(core, args[0], args[1])
                               : loudly(core, args[0], args[1], origin.from);
    return crm_none_or_error(status);
}

static PyObject *
collection_add(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    return change(module, args, nargs, crm_collection_add, crm_collection_load);
}

static PyObject *
collection_take(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    return change(module, args, nargs, crm_collection_take,
                  crm_collection_unload);
}

static PyMethodDef functions[] = {
    {"collection_owner", collection_owner, METH_O,
     PyDoc_STR("collection_owner(collection): (object, slot) that holds it, or "
               "None.")},
    {"collection_members", collection_members, METH_O,
     PyDoc_STR("collection_members(collection): its members as a list.")},
    {"collection_add", CRM_FAST(collection_add), METH_FASTCALL,
     PyDoc_STR("collection_add(collection, member, initiator): with initiator "
               "False, no events.")},
    {"collection_take", CRM_FAST(collection_take), METH_FASTCALL,
     PyDoc_STR("collection_take(collection, member, initiator): the "
               "opposite; an absent member is no error.")},
    {NULL},
};

int
crm_adapted_init(crm_core *core, PyObject *module)
{
    core->tie_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &tie_spec, NULL);
    core->token_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &token_spec, NULL);
    core->str_adapter = PyUnicode_InternFromString("_sa_adapter");
    core->str_roles = PyUnicode_InternFromString("_sa_roles");
    core->str_initiator = PyUnicode_InternFromString("_sa_initiator");
    if (core->tie_type == NULL || core->token_type == NULL ||
        core->str_adapter == NULL || core->str_roles == NULL ||
        core->str_initiator == NULL ||
        PyModule_AddIntConstant(module, "SHAPE_LIST", CRM_SHAPE_LIST) < 0 ||
        PyModule_AddIntConstant(module, "SHAPE_SET", CRM_SHAPE_SET) < 0 ||
        PyModule_AddIntConstant(module, "SHAPE_KEYED", CRM_SHAPE_KEYED) < 0 ||
        PyModule_AddIntConstant(module, "SHAPE_FOREIGN", CRM_SHAPE_FOREIGN) <
            0 ||
        PyModule_AddType(module, core->tie_type) < 0) {
        return -1;
    }
    if (PyModule_AddType(module, core->token_type) < 0) {
        return -1;
    }
    return PyModule_AddFunctions(module, functions);
}
