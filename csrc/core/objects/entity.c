/* entity.c: Entity, the base of declarative classes. */
#include "entity.h"

#include <string.h>

#include "core/values/acyclic.h"
#include "boxed.h"
#include "core/relations/collection.h"
#include "core/compat.h"
#include "state.h"

static void entity_dealloc(crm_entity *self);

/* ---- life ------------------------------------------------------------- */

/* An object whose state is of that layout of its class, and nothing else. */
static inline PyObject *
entity_alloc(PyTypeObject *type, crm_manager *manager, crm_layout *layout)
{
    uint16_t nslots = manager->nattrs;
    crm_entity *self = crm_spare_entity(&manager->core->spares, type, nslots);
    if (self == NULL) {
        return NULL;
    }
    memset((char *)self + offsetof(crm_entity, dict), 0,
           sizeof(crm_entity) - offsetof(crm_entity, dict) +
               nslots * sizeof(PyObject *));
    self->state.layout = crm_layout_ref(layout);
    self->state.nslots = nslots;
    if (type->tp_setattro != crm_entity_setattro) {
        /* Nothing would tell when it gets an instance dict. */
        PyObject_GC_Track(self);
    }
    return (PyObject *)self;
}

int
crm_manager_complete(crm_manager *manager)
{
    if (manager->configure != NULL) {
        PyObject *hook = Py_NewRef(manager->configure);
        PyObject *result = PyObject_CallNoArgs(hook);
        Py_DECREF(hook);
        Py_XDECREF(result);
        if (result == NULL) {
            return -1;
        }
    }
    if (manager->bare == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "the class is being destroyed");
        return -1;
    }
    if (manager->abstract) {
        crm_raise(manager->core, "InvalidRequestError",
                  "Can't instantiate class for %S; mapper is marked "
                  "polymorphic_abstract=True",
                  manager->mapper);
        return -1;
    }
    return 0;
}

PyObject *
crm_entity_new(crm_manager *manager, crm_state **state)
{
    if (manager->boxed) {
        return crm_box_new(manager, state);
    }
    if (manager->bare == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "the class is being destroyed");
        return NULL;
    }
    PyObject *obj =
        entity_alloc((PyTypeObject *)manager->class_, manager, manager->bare);
    if (obj != NULL && state != NULL) {
        *state = &((crm_entity *)obj)->state;
    }
    return obj;
}

PyObject *
crm_entity_of_row(crm_layout *layout, crm_page *page, uint16_t row,
                  crm_state **state)
{
    crm_manager *manager = layout->manager;
    if (manager->boxed || manager->bare == NULL) {
        PyObject *obj = crm_entity_new(manager, state);
        if (obj != NULL &&
            crm_state_set_row(*state, layout, page, row, CRM_ROW_FILLS) < 0) {
            Py_CLEAR(obj);
        }
        return obj;
    }
    PyObject *obj =
        entity_alloc((PyTypeObject *)manager->class_, manager, layout);
    if (obj != NULL) {
        *state = &((crm_entity *)obj)->state;
        (*state)->page = crm_page_ref(page);
        (*state)->row = row;
    }
    return obj;
}

static PyObject *
entity_new(PyTypeObject *type, PyObject *Py_UNUSED(args),
           PyObject *Py_UNUSED(kwargs))
{
    crm_core *core = crm_core_of(type);
    if (core == NULL) {
        return NULL;
    }
    crm_manager *manager = crm_manager_find(core, type);
    if (manager == NULL) {
        manager = core->nobody;
    }
    if (crm_manager_complete(manager) < 0) {
        return NULL;
    }
    PyObject *self = entity_alloc(type, manager, manager->bare);
    if (self != NULL && manager->identity != NULL) {
        crm_state *state = &((crm_entity *)self)->state;
        if (crm_state_put(state, manager->identity_slot,
                          Py_NewRef(manager->identity)) < 0) {
            Py_CLEAR(self);
        }
    }
    return self;
}

/* Sets one constructor argument. */
static int
init_argument(PyObject *self, crm_state *state, PyObject *name, PyObject *value)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject *descr = crm_type_lookup(type, name);
    if (descr != NULL && (type->tp_setattro == crm_entity_setattro ||
                          type->tp_setattro == PyObject_GenericSetAttr)) {
        crm_core *core = state->layout->manager->core;
        int slot = crm_attribute_slot(core, descr, state);
        if (slot >= 0) {
            return crm_attr_set(state, (uint16_t)slot, value);
        }
    }
    if (descr == NULL) {
        /* A metaclass attribute counts too, as hasattr() would see it. */
        PyObject *found = PyObject_GetAttr((PyObject *)type, name);
        if (found == NULL) {
            if (PyErr_ExceptionMatches(PyExc_AttributeError)) {
                PyErr_Format(PyExc_TypeError,
                             "%R is an invalid keyword argument for %s", name,
                             crm_type_name(type));
            }
            return -1;
        }
        Py_DECREF(found);
    }
    return PyObject_SetAttr(self, name, value);
}

int
crm_entity_set_by_name(PyObject *self, crm_state *state, PyObject *given)
{
    PyObject *name, *value;
    Py_ssize_t pos = 0;
    while (PyDict_Next(given, &pos, &name, &value)) {
        Py_INCREF(name);
        Py_INCREF(value);
        int status = init_argument(self, state, name, value);
        Py_DECREF(name);
        Py_DECREF(value);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

static int
entity_init(crm_entity *self, PyObject *args, PyObject *kwargs)
{
    if (PyTuple_GET_SIZE(args) != 0) {
        PyErr_Format(PyExc_TypeError,
                     "__init__() takes 1 positional argument but %zd %s given",
                     PyTuple_GET_SIZE(args) + 1, "were");
        return -1;
    }
    if (kwargs == NULL) {
        return 0;
    }
    return crm_entity_set_by_name((PyObject *)self, &self->state, kwargs);
}

int
crm_entity_setattro(PyObject *self, PyObject *name, PyObject *value)
{
    crm_entity *entity = (crm_entity *)self;
    int had_dict = entity->dict != NULL;
    int status = PyObject_GenericSetAttr(self, name, value);
    if (!had_dict && entity->dict != NULL) {
        crm_state_track(&entity->state);
    }
    return status;
}

/* Whether objects of a class are laid out as Entity's are, so that Entity alone
 * can free and traverse them: what the interpreter does before is nothing
 * then. */
static int
adds_nothing(const crm_core *core, const PyTypeObject *cls)
{
    for (; cls != NULL && cls != core->entity_type; cls = cls->tp_base) {
        if (Py_SIZE(cls) != 0 || cls->tp_del != NULL ||
            cls->tp_basicsize != core->entity_type->tp_basicsize) {
            return 0;
        }
    }
    return cls != NULL;
}

int
crm_entity_prepare_class(crm_core *core, PyTypeObject *cls)
{
    if (cls->tp_setattro == PyObject_GenericSetAttr) {
        cls->tp_setattro = crm_entity_setattro;
    }
    if (adds_nothing(core, cls)) {
        cls->tp_dealloc = (destructor)entity_dealloc;
        cls->tp_traverse = (traverseproc)crm_entity_traverse;
    }
    /* A mixin that comes before the base has a __dict__ of its own to show. */
    PyObject *name = PyUnicode_InternFromString("__dict__");
    if (name == NULL) {
        return -1;
    }
    int status = 0;
    PyObject *own = PyDict_GetItemWithError(core->entity_type->tp_dict, name);
    if (own != NULL && crm_type_lookup(cls, name) != own) {
        status = PyDict_SetItem(cls->tp_dict, name, own);
        PyType_Modified(cls);
    }
    else if (own == NULL && PyErr_Occurred()) {
        status = -1;
    }
    Py_DECREF(name);
    return status;
}

int
crm_entity_traverse(crm_entity *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->dict);
    crm_state *state = &self->state;
    for (uint16_t i = 0; i < state->nslots; i++) {
        if (CRM_SLOT_HAS(state->slots[i])) {
            Py_VISIT(state->slots[i]);
        }
    }
    if ((state->flags & (CRM_S_KEY | CRM_S_INT_KEY)) == CRM_S_KEY) {
        Py_VISIT(state->key.o);
    }
    return state->ext == NULL ? 0 : crm_ext_traverse(state->ext, visit, arg);
}

/* Attributes that the class got after the object was made are in its dict:
 * collections among them must not report to it any more. */
static void
drop_late(crm_entity *self)
{
    crm_state *state = &self->state;
    uint16_t nattrs = crm_state_manager(state)->nattrs;
    for (uint16_t i = state->nslots; self->dict != NULL && i < nattrs; i++) {
        (void)crm_state_put(state, i, NULL);
    }
    Py_CLEAR(self->dict);
}

/* Lets go of whatever can be in a cycle.  The object stays what it is to its
 * session: someone may still find it there, and would read it from its row or
 * load it again. */
int
crm_entity_clear(crm_entity *self)
{
    crm_state *state = &self->state;
    for (uint16_t i = 0; i < state->nslots; i++) {
        PyObject *value = state->slots[i];
        if (CRM_SLOT_HAS(value) && PyObject_IS_GC(value)) {
            if (crm_state_attr(state, i)->kind == CRM_ATTR_COLLECTION &&
                Py_REFCNT(value) > 1) {
                crm_collection_lose(state, i, value);
            }
            (void)crm_state_put(state, i, NULL);
        }
    }
    drop_late(self);
    crm_state_reset_ext(state);
    if (state->ext != NULL) {
        Py_CLEAR(state->ext->options);
    }
    return 0;
}

void
crm_entity_leave(crm_entity *self)
{
    crm_state *state = &self->state;
    if (state->map != NULL) {
        int present = (state->flags & CRM_S_IN_MAP) != 0;
        crm_state_leave_map(state);
        if (!present && state->map != NULL) {
            crm_ptrset_remove(&state->map->session->gone, state);
        }
        state->map = NULL;
    }
}

/* Whether some slot holds an object: none does until an attribute is read or
 * set, and that of many a loaded entity never is. */
static inline int
holds_any(const crm_state *state)
{
    uintptr_t all = 0; /* an address has other bits than NULL and UNLOADED */
    for (uint16_t i = 0; i < state->nslots; i++) {
        all |= (uintptr_t)state->slots[i];
    }
    return CRM_SLOT_HAS(all);
}

crm_layout *
crm_entity_empty(crm_entity *self)
{
    crm_state *state = &self->state;
    if (holds_any(state)) {
        /* Columns last: whether there are any tells what becomes of
         * collections. */
        for (uint16_t i = state->nslots; i-- > 0;) {
            if (CRM_SLOT_HAS(state->slots[i])) {
                (void)crm_state_put(state, i, NULL);
            }
        }
    }
    drop_late(self);
    crm_ext *ext = state->ext;
    if (ext != NULL) {
        state->ext = NULL;
        crm_ext_free(ext);
    }
    crm_state_drop_key(state);
    crm_page_unref(state->page);
    return state->layout;
}

/* Nothing that the collector would have to look at. */
static int
is_plain(const crm_entity *self)
{
    const crm_state *state = &self->state;
    const crm_core *core = state->layout->manager->core;
    int plain = self->dict == NULL && state->ext == NULL;
    uint16_t count = holds_any(state) ? state->nslots : 0;
    for (uint16_t i = 0; i < count; i++) {
        PyObject *value = state->slots[i];
        plain &= !CRM_SLOT_HAS(value) || !PyType_IS_GC(Py_TYPE(value)) ||
                 crm_is_acyclic(core, value);
    }
    return plain;
}

static void
entity_dealloc(crm_entity *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (type->tp_finalize != NULL) {
        crm_state_track(&self->state);
        if (PyObject_CallFinalizerFromDealloc((PyObject *)self) < 0) {
            return; /* it lives again */
        }
    }
    PyObject_GC_UnTrack(self);
    /* First of all, so that nobody finds it any more. */
    crm_entity_leave(self);
    Py_TRASHCAN_BEGIN(self, entity_dealloc) if (self->weakrefs != NULL)
    {
        PyObject_ClearWeakRefs((PyObject *)self);
    }
    int plain = is_plain(self);
    crm_layout *layout = crm_entity_empty(self);
    if (plain) {
        crm_spare_put_entity(&layout->manager->core->spares, self);
    }
    else {
        PyObject_GC_Del(self);
    }
    crm_layout_unref(layout);
    Py_DECREF(type);
    Py_TRASHCAN_END
}

/* ---- attributes of every object ---------------------------------------- */

static PyObject *
entity_get_instance_state(crm_entity *self, void *Py_UNUSED(closure))
{
    crm_core *core = self->state.layout->manager->core;
    if (self->state.layout->manager == core->nobody) {
        PyErr_Format(PyExc_AttributeError,
                     "'%s' object has no attribute '_sa_instance_state'",
                     crm_type_name(Py_TYPE(self)));
        return NULL;
    }
    return crm_instance_state(core, (PyObject *)self);
}

static PyObject *
entity_get_dict(crm_entity *self, void *Py_UNUSED(closure))
{
    crm_manager *manager = self->state.layout->manager;
    if (manager == manager->core->nobody) {
        if (self->dict == NULL) {
            self->dict = PyDict_New();
        }
        return Py_XNewRef(self->dict);
    }
    return crm_view_new(manager->core, (PyObject *)self);
}

static int
entity_set_dict(crm_entity *self, PyObject *value, void *Py_UNUSED(closure))
{
    crm_manager *manager = self->state.layout->manager;
    if (manager != manager->core->nobody) {
        return crm_view_assign(manager->core, (PyObject *)self, value);
    }
    if (value == NULL || !PyDict_Check(value)) {
        PyErr_SetString(PyExc_TypeError,
                        "__dict__ must be set to a dictionary");
        return -1;
    }
    Py_XSETREF(self->dict, Py_NewRef(value));
    return 0;
}

static PyObject *
entity_get_class(PyObject *self, void *Py_UNUSED(closure))
{
    return Py_NewRef((PyObject *)Py_TYPE(self));
}

/* The slots of an object are those of the class it was made for. */
static int
entity_set_class(PyObject *self, PyObject *cls, void *Py_UNUSED(closure))
{
    crm_manager *manager = ((crm_entity *)self)->state.layout->manager;
    if (cls != NULL && PyType_Check(cls)) {
        crm_manager *other =
            crm_manager_find(manager->core, (PyTypeObject *)cls);
        if (other != manager &&
            (other != NULL || manager != manager->core->nobody)) {
            PyErr_Format(PyExc_TypeError,
                         "__class__ assignment: a %s object is not mapped as "
                         "%R",
                         crm_type_name(Py_TYPE(self)), cls);
            return -1;
        }
    }
    PyObject *name = PyUnicode_InternFromString("__class__");
    if (name == NULL) {
        return -1;
    }
    PyObject *descr = crm_type_lookup(&PyBaseObject_Type, name);
    Py_DECREF(name);
    return Py_TYPE(descr)->tp_descr_set(descr, self, cls);
}

static PyGetSetDef entity_getset[] = {
    {"__class__", entity_get_class, entity_set_class, NULL, NULL},
    {"__dict__", (getter)entity_get_dict, (setter)entity_set_dict,
     "Loaded attributes by name, live.", NULL},
    {"_sa_instance_state", (getter)entity_get_instance_state, NULL,
     "What cormorant.inspect() gives for the object.", NULL},
    {NULL},
};

static PyObject *
entity_getstate(crm_entity *self, PyObject *Py_UNUSED(ignored))
{
    return crm_entity_getstate(self->state.layout->manager->core,
                               (PyObject *)self);
}

static PyObject *
entity_setstate(crm_entity *self, PyObject *given)
{
    return crm_entity_setstate(self->state.layout->manager->core,
                               (PyObject *)self, given);
}

/* What protocols before 2 ask of a class is an object() that becomes one of it:
 * they get what 2 does. */
static PyObject *
entity_reduce_ex(PyObject *self, PyObject *protocol)
{
    long number = PyLong_AsLong(protocol);
    if (number == -1 && PyErr_Occurred()) {
        return NULL;
    }
    PyObject *reduce =
        PyObject_GetAttrString((PyObject *)&PyBaseObject_Type, "__reduce_ex__");
    if (reduce == NULL) {
        return NULL;
    }
    PyObject *result =
        PyObject_CallFunction(reduce, "Ol", self, number < 2 ? 2 : number);
    Py_DECREF(reduce);
    return result;
}

static PyMethodDef entity_methods[] = {
    {"__reduce_ex__", entity_reduce_ex, METH_O, NULL},
    {"__getstate__", (PyCFunction)entity_getstate, METH_NOARGS,
     "Loaded attributes and identity, for pickles and copies."},
    {"__setstate__", (PyCFunction)entity_setstate, METH_O, NULL},
    {NULL},
};

static PyMemberDef entity_members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(crm_entity, dict), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(crm_entity, weakrefs), READONLY,
     NULL},
    {NULL},
};

static PyType_Slot entity_slots[] = {
    {Py_tp_doc,
     "Entity(**kwargs)\n--\n\n"
     "Base of declarative classes: sets mapped attributes by name."},
    {Py_tp_new, entity_new},
    {Py_tp_init, entity_init},
    {Py_tp_dealloc, entity_dealloc},
    {Py_tp_traverse, crm_entity_traverse},
    {Py_tp_clear, crm_entity_clear},
    {Py_tp_methods, entity_methods},
    {Py_tp_getset, entity_getset},
    {Py_tp_members, entity_members},
    {0, NULL},
};

static PyType_Spec entity_spec = {
    .name = "cormorant._core.Entity",
    .basicsize = sizeof(crm_entity),
    .itemsize = sizeof(PyObject *),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = entity_slots,
};

int
crm_entity_init(crm_core *core, PyObject *module)
{
    core->entity_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &entity_spec, NULL);
    if (core->entity_type == NULL ||
        PyModule_AddType(module, core->entity_type) < 0) {
        return -1;
    }
    core->nobody = (crm_manager *)PyObject_CallOneArg(
        (PyObject *)core->manager_type, (PyObject *)core->entity_type);
    if (core->nobody == NULL) {
        return -1;
    }
    if (crm_box_init(core, module) < 0 || crm_view_init(core, module) < 0 ||
        crm_inspected_init(module) < 0 || crm_slot_api_init(module) < 0) {
        return -1;
    }
    return crm_state_api_init(core, module);
}
