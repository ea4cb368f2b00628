/* attribute.c: Attribute, the descriptor of a mapped attribute, and the reading
 * and writing of attributes. */
#include "boxed.h"
#include "core/relations/collection.h"
#include "core/relations/events.h"
#include "state.h"

typedef struct {
    PyObject_HEAD
    crm_manager *manager; /* owned */
    PyObject *cls;        /* borrowed from the manager */
    PyObject *key;        /* owned */
    uint16_t slot;
} crm_attribute;

/* ---- reading ---------------------------------------------------------- */

int
crm_attr_never_given(crm_state *state, uint16_t slot)
{
    return state->page == NULL && (state->flags & CRM_S_EXPIRED) == 0 &&
           (crm_state_attr(state, slot)->flags & CRM_ATTR_DEFERRED) == 0 &&
           crm_state_held(state, slot) == NULL;
}

/* The object of a many-to-one as the identity map has it, for which its foreign
 * key may be loaded: new reference (None if there is none); NULL without an
 * exception if that cannot be told so. */
static PyObject *
related(crm_state *state, uint16_t slot)
{
    crm_manager *manager = crm_state_manager(state);
    const crm_attr *attr = &manager->attrs[slot];
    if (state->map == NULL || state->map->session->tokens ||
        attr->fk_slot < 0 || attr->target == NULL ||
        state->layout->options != NULL ||
        (state->ext != NULL && state->ext->options != NULL)) {
        return NULL;
    }
    crm_manager *target = attr->target;
    uint16_t fk_slot = (uint16_t)attr->fk_slot;
    PyObject *value = crm_attr_get(state, fk_slot);
    if (value == NULL && !PyErr_Occurred() &&
        crm_attr_never_given(state, fk_slot)) {
        value = Py_NewRef(Py_None);
    }
    if (value == NULL || value == Py_None) {
        return value;
    }
    crm_key key;
    PyObject *own;
    PyObject *found = NULL;
    int status = crm_key_from_value(target, value, &key, &own);
    if (status > 0 && state->map != NULL) {
        /* Comparing keys can drop the session. */
        PyObject *session = Py_NewRef((PyObject *)state->map->session);
        crm_map *map = crm_session_map(state->map->session, target->root, NULL);
        crm_state *other = map == NULL ? NULL : crm_map_get(map, &key);
        if (other != NULL && (other->flags & CRM_S_EXPIRED) == 0) {
            PyObject *obj = crm_state_object(other);
            if (PyObject_TypeCheck(obj, (PyTypeObject *)target->class_)) {
                found = Py_NewRef(obj);
            }
        }
        Py_DECREF(session);
    }
    Py_XDECREF(own);
    Py_DECREF(value);
    return found;
}

/* Calls the class's loader: its result, or NULL with an exception. */
static PyObject *
call_loader(crm_state *state, uint16_t slot)
{
    crm_manager *manager = crm_state_manager(state);
    if (manager->loader == NULL) {
        Py_RETURN_NONE;
    }
    PyObject *number = PyLong_FromLong(slot);
    if (number == NULL) {
        return NULL;
    }
    PyObject *args[] = {crm_state_object(state), number, Py_False};
    PyObject *loader = Py_NewRef(manager->loader);
    PyObject *result = PyObject_Vectorcall(loader, args, 3, NULL);
    Py_DECREF(loader);
    Py_DECREF(number);
    return result;
}

/* What an attribute without a value reads as; an empty collection is kept. */
static PyObject *
default_value(crm_state *state, uint16_t slot)
{
    const crm_attr *attr = crm_state_attr(state, slot);
    if (attr->kind != CRM_ATTR_COLLECTION) {
        if (attr->flags & CRM_ATTR_INIT_LISTENERS) {
            PyObject *value = Py_NewRef(Py_None);
            if (crm_attr_tell(attr->prop, "_fire_init_scalar",
                              crm_state_object(state), &value) < 0) {
                Py_CLEAR(value);
            }
            return value;
        }
        Py_RETURN_NONE;
    }
    PyObject *empty = crm_collection_new(state, slot);
    if (empty != NULL) {
        crm_collection_set_implicit(crm_state_manager(state)->core, empty);
        if (crm_state_put(state, slot, Py_NewRef(empty)) < 0) {
            crm_collection_give_up(state, slot, empty);
            Py_CLEAR(empty);
        }
    }
    return empty;
}

/* Whether a slot was expired, by its name or with all others. */
static int
is_expired(crm_state *state, uint16_t slot)
{
    return (state->flags & CRM_S_EXPIRED) != 0 ||
           crm_state_held(state, slot) == CRM_UNLOADED;
}

/* Whether something is loaded for an object without a row: what was expired
 * when it had one, or its relationship, where that was asked for. */
static int
loads_without_row(crm_state *state, uint16_t slot)
{
    const crm_attr *attr = crm_state_attr(state, slot);
    if (attr->kind == CRM_ATTR_COLUMN) {
        return is_expired(state, slot) &&
               (attr->flags & CRM_ATTR_DEFERRED) == 0;
    }
    return state->map != NULL &&
           (attr->loads_pending || (state->flags & CRM_S_LOADS_PENDING));
}

/* The value of an attribute that no slot holds. */
static PyObject *
load(crm_state *state, uint16_t slot)
{
    crm_core *core = crm_state_manager(state)->core;
    PyObject *value = crm_state_peek(state, slot);
    if (value != NULL || PyErr_Occurred()) {
        return value;
    }
    if ((state->flags & CRM_S_KEY) == 0 && !loads_without_row(state, slot)) {
        return default_value(state, slot);
    }
    crm_change *change = crm_state_change(state, slot);
    if (change != NULL && change->old != core->no_value) {
        return default_value(state, slot); /* it was deleted */
    }
    uint8_t kind = crm_state_attr(state, slot)->kind;
    if (kind == CRM_ATTR_COLUMN) {
        if (crm_attr_never_given(state, slot)) {
            return default_value(state, slot);
        }
        PyObject *result = call_loader(state, slot);
        if (result == NULL) {
            return NULL;
        }
        Py_DECREF(result);
        value = crm_state_peek(state, slot);
        if (value != NULL || PyErr_Occurred()) {
            return value;
        }
        return default_value(state, slot);
    }
    if (kind == CRM_ATTR_SCALAR) {
        value = related(state, slot);
        if (value == NULL && PyErr_Occurred()) {
            return NULL;
        }
    }
    if (value == NULL) {
        value = call_loader(state, slot);
        if (value == NULL) {
            return NULL;
        }
    }
    /* The loader may have stored it by itself, and the program may have it.
     * Members come after those that the flush before the load has asked for. */
    PyObject *held = crm_state_held(state, slot);
    int members = kind == CRM_ATTR_COLLECTION && PyList_CheckExact(value) &&
                  crm_state_change(state, slot) == NULL;
    if (CRM_SLOT_HAS(held) && !members) {
        Py_INCREF(held);
        Py_DECREF(value);
        return held;
    }
    if (value == core->no_value ||
        (value == Py_None && kind == CRM_ATTR_COLLECTION)) {
        Py_DECREF(value);
        return default_value(state, slot);
    }
    if (kind == CRM_ATTR_COLLECTION) {
        if (crm_state_set_loaded(state, slot, value) < 0) {
            return NULL;
        }
        return crm_state_peek(state, slot);
    }
    if (crm_state_set_loaded(state, slot, Py_NewRef(value)) < 0) {
        Py_CLEAR(value);
    }
    return value;
}

PyObject *
crm_attr_get(crm_state *state, uint16_t slot)
{
    if (slot < state->nslots) {
        PyObject *value = state->slots[slot];
        if (CRM_SLOT_HAS(value)) {
            return Py_NewRef(value);
        }
    }
    return load(state, slot);
}

/* Calls `read` with an attribute of the session set to a value meanwhile. */
static PyObject *
with_session(crm_state *state, uint16_t slot, PyObject *name, PyObject *given,
             PyObject *(*read)(crm_state *, uint16_t))
{
    PyObject *session = NULL;
    PyObject *before = NULL;
    if (state->map != NULL) {
        session = Py_NewRef((PyObject *)state->map->session);
        before = PyObject_GetAttr(session, name);
        if (before == NULL) {
            PyErr_Clear(); /* no Python session */
        }
        else if (PyObject_SetAttr(session, name, given) < 0) {
            Py_DECREF(before);
            Py_DECREF(session);
            return NULL;
        }
    }
    PyObject *value = read(state, slot);
    if (before != NULL) {
        PyObject *type, *error, *traceback;
        PyErr_Fetch(&type, &error, &traceback);
        if (PyObject_SetAttr(session, name, before) < 0) {
            PyErr_Clear();
        }
        PyErr_Restore(type, error, traceback);
    }
    Py_XDECREF(before);
    Py_XDECREF(session);
    return value;
}

/* What asks for the value is a change that is half done, or a flush: no other
 * begins. */
PyObject *
crm_attr_get_quietly(crm_state *state, uint16_t slot)
{
    PyObject *name = crm_state_manager(state)->core->str_autoflush;
    return with_session(state, slot, name, Py_False, crm_attr_get);
}

static PyObject *
load_committed(crm_state *state, uint16_t slot)
{
    PyObject *name = crm_state_manager(state)->core->str_committed;
    return with_session(state, slot, name, Py_True, call_loader);
}

PyObject *
crm_attr_load_old(crm_state *state, uint16_t slot)
{
    PyObject *name = crm_state_manager(state)->core->str_autoflush;
    return with_session(state, slot, name, Py_False, load_committed);
}

/* ---- writing ---------------------------------------------------------- */

/* Calls the listeners before (late: after) the validator. */
static int
fire_set(crm_state *state, uint16_t slot, int late, PyObject **value,
         PyObject *old)
{
    const crm_attr *attr = crm_state_attr(state, slot);
    crm_initiator own = {attr->prop, CRM_OP_REPLACE, crm_state_manager(state)};
    return crm_attr_fire(attr, CRM_AE_SET, crm_state_object(state), late, &own,
                         value, old);
}

static int
set_column(crm_state *state, uint16_t slot, PyObject *value)
{
    crm_manager *manager = crm_state_manager(state);
    crm_core *core = manager->core;
    uint16_t flags = manager->attrs[slot].flags;
    int keyed = (state->flags & CRM_S_KEY) != 0;
    const uint16_t heard =
        CRM_ATTR_EVENTS | CRM_ATTR_LISTENERS | CRM_ATTR_LATE_LISTENERS;
    int expired = !keyed && is_expired(state, slot);
    if (!keyed && !expired && (flags & heard) == 0) {
        /* A new object: no history to keep. */
        return crm_state_put(state, slot, Py_NewRef(value));
    }
    PyObject *old = NULL, *prop = NULL;
    PyObject *stored = Py_NewRef(value);
    if ((flags & heard) || expired ||
        (keyed && crm_state_change(state, slot) == NULL)) {
        if ((keyed || expired) &&
            (flags & (CRM_ATTR_ACTIVE_HISTORY | CRM_ATTR_PRIMARY_KEY))) {
            old = crm_attr_never_given(state, slot) ? Py_NewRef(core->no_value)
                                                    : crm_attr_get(state, slot);
            if (old == NULL) {
                goto error;
            }
        }
        else {
            old = crm_state_peek(state, slot);
            if (old == NULL) {
                /* An old value that cannot be decoded is no obstacle to its
                 * replacement. */
                if (crm_forgive() < 0) {
                    goto error;
                }
                old = Py_NewRef(core->no_value);
            }
        }
    }
    if ((flags & CRM_ATTR_LISTENERS) &&
        fire_set(state, slot, 0, &stored, old) < 0) {
        goto error;
    }
    if (flags & CRM_ATTR_EVENTS) {
        prop = Py_NewRef(crm_state_attr(state, slot)->prop);
        PyObject *result = PyObject_CallMethod(
            prop, "_on_set", "OOO", crm_state_object(state), stored, old);
        if (result == NULL) {
            goto error;
        }
        Py_CLEAR(prop);
        Py_SETREF(stored, result);
    }
    if ((flags & CRM_ATTR_LATE_LISTENERS) &&
        fire_set(state, slot, 1, &stored, old) < 0) {
        goto error;
    }
    keyed = (state->flags & CRM_S_KEY) != 0;
    if (keyed && old != NULL &&
        crm_state_record(state, slot, Py_NewRef(old)) < 0) {
        goto error;
    }
    Py_XDECREF(old);
    if (crm_state_put(state, slot, stored) < 0) {
        return -1;
    }
    return crm_session_modified(state);
error:
    Py_XDECREF(prop);
    Py_XDECREF(old);
    Py_DECREF(stored);
    return -1;
}

static int
no_value_to_delete(crm_state *state, uint16_t slot)
{
    crm_manager *manager = crm_state_manager(state);
    PyErr_Format(PyExc_AttributeError, "%s.%U object does not have a value",
                 crm_type_name((PyTypeObject *)manager->class_),
                 manager->attrs[slot].name);
    return -1;
}

static int
fire_remove(crm_state *state, uint16_t slot, int late, PyObject *old)
{
    const crm_attr *attr = crm_state_attr(state, slot);
    PyObject *value = Py_NewRef(old);
    crm_initiator own = {attr->prop, CRM_OP_REMOVE, crm_state_manager(state)};
    int status = crm_attr_fire(attr, CRM_AE_REMOVE, crm_state_object(state),
                               late, &own, &value, NULL);
    Py_DECREF(value);
    return status;
}

/* Tells the validator that wants to know of removals. */
static int
validate_remove(crm_state *state, uint16_t slot, PyObject *old)
{
    PyObject *prop = Py_NewRef(crm_state_attr(state, slot)->prop);
    PyObject *result = PyObject_CallMethod(prop, "_on_remove", "OO",
                                           crm_state_object(state), old);
    Py_DECREF(prop);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

static int
delete_column(crm_state *state, uint16_t slot)
{
    crm_core *core = crm_state_manager(state)->core;
    int expired = (state->flags & CRM_S_EXPIRED) ||
                  (crm_state_held(state, slot) == CRM_UNLOADED &&
                   crm_state_change(state, slot) == NULL);
    PyObject *old = crm_state_peek(state, slot);
    if (old == NULL) {
        if (crm_forgive() < 0) {
            return -1;
        }
        old = Py_NewRef(core->no_value);
    }
    int absent = old == core->no_value && !expired;
    const uint16_t flags = crm_state_attr(state, slot)->flags;
    if (((flags & CRM_ATTR_LISTENERS) &&
         fire_remove(state, slot, 0, old) < 0) ||
        ((flags & CRM_ATTR_EVENTS) && validate_remove(state, slot, old) < 0) ||
        ((flags & CRM_ATTR_LATE_LISTENERS) &&
         fire_remove(state, slot, 1, old) < 0)) {
        Py_DECREF(old);
        return -1;
    }
    if ((state->flags & CRM_S_KEY) == 0) {
        Py_SETREF(old, Py_NewRef(core->no_value)); /* of no row */
    }
    if (crm_state_record(state, slot, old) < 0) {
        return -1;
    }
    int in_row = crm_state_in_row(state, slot);
    if (crm_state_put(state, slot, in_row ? CRM_UNLOADED : NULL) < 0 ||
        crm_session_modified(state) < 0) {
        return -1;
    }
    return absent ? no_value_to_delete(state, slot) : 0;
}

int
crm_attr_set(crm_state *state, uint16_t slot, PyObject *value)
{
    switch (crm_state_attr(state, slot)->kind) {
        case CRM_ATTR_COLUMN:
            return value != NULL ? set_column(state, slot, value)
                                 : delete_column(state, slot);
        case CRM_ATTR_SCALAR:
            return crm_rel_set(state, slot, value, NULL, NULL);
        default:
            return value != NULL ? crm_rel_replace(state, slot, value)
                                 : crm_rel_delete(state, slot);
    }
}

/* ---- the descriptor --------------------------------------------------- */

/* The state of `obj` and the attribute's slot in it: -1 with an exception if
 * the object has no such attribute. */
static int
resolve(crm_attribute *self, PyObject *obj, crm_state **state)
{
    crm_core *core = self->manager->core;
    *state = crm_state_of(core, obj);
    if (*state == NULL) {
        PyErr_Format(PyExc_AttributeError,
                     "'%s' object has no attribute '_sa_instance_state'",
                     crm_type_name(Py_TYPE(obj)));
        return -1;
    }
    int slot =
        crm_slot_in(crm_state_manager(*state), self->manager, self->slot);
    if (slot < 0) {
        PyErr_Format(PyExc_AttributeError, "'%s' object has no attribute '%U'",
                     crm_type_name(Py_TYPE(obj)), self->key);
    }
    return slot;
}

static PyObject *
attribute_get(crm_attribute *self, PyObject *obj, PyObject *Py_UNUSED(type))
{
    if (obj == NULL || obj == Py_None) {
        return Py_NewRef((PyObject *)self);
    }
    if ((PyObject *)Py_TYPE(obj) == self->cls) {
        crm_state *state = &((crm_entity *)obj)->state;
        uint16_t slot = self->slot;
        if (slot < state->nslots) {
            PyObject *value = state->slots[slot];
            if (CRM_SLOT_HAS(value)) {
                return Py_NewRef(value);
            }
        }
        /* An object whose __class__ was assigned keeps its old layout. */
        if (crm_state_manager(state) == self->manager) {
            return load(state, slot);
        }
    }
    crm_state *state = crm_state_of(self->manager->core, obj);
    if (state == NULL && self->manager->boxed) {
        return crm_box_plain_value(self->manager->core, obj, self->key);
    }
    int slot = resolve(self, obj, &state);
    return slot < 0 ? NULL : crm_attr_get(state, (uint16_t)slot);
}

static int
attribute_set(crm_attribute *self, PyObject *obj, PyObject *value)
{
    crm_state *state;
    int slot = self->slot;
    if ((PyObject *)Py_TYPE(obj) == self->cls &&
        ((crm_entity *)obj)->state.layout->manager == self->manager) {
        state = &((crm_entity *)obj)->state;
    }
    else {
        slot = resolve(self, obj, &state);
        if (slot < 0) {
            return -1;
        }
    }
    return crm_attr_set(state, (uint16_t)slot, value);
}

int
crm_attribute_slot(crm_core *core, PyObject *descr, crm_state *state)
{
    if (Py_TYPE(descr)->tp_descr_set != (descrsetfunc)attribute_set ||
        !PyObject_TypeCheck(descr, core->attribute_type)) {
        return -1;
    }
    crm_attribute *self = (crm_attribute *)descr;
    return crm_slot_in(crm_state_manager(state), self->manager, self->slot);
}

static int
attribute_init(crm_attribute *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"manager", "slot", NULL};
    crm_manager *manager;
    int slot;
    crm_core *core = crm_core_of(Py_TYPE(self));
    if (core == NULL ||
        !PyArg_ParseTupleAndKeywords(args, kwargs, "O!i:Attribute", names,
                                     core->manager_type, &manager, &slot)) {
        return -1;
    }
    if (slot < 0 || slot >= manager->nattrs) {
        PyErr_SetString(PyExc_IndexError, "no such slot");
        return -1;
    }
    crm_manager *old_manager = self->manager;
    PyObject *old_key = self->key;
    self->manager = (crm_manager *)Py_NewRef((PyObject *)manager);
    /* What is in a box is not found by a look at the object. */
    self->cls = manager->boxed ? NULL : manager->class_;
    self->key = Py_NewRef(manager->attrs[slot].name);
    self->slot = (uint16_t)slot;
    Py_XDECREF((PyObject *)old_manager);
    Py_XDECREF(old_key);
    return 0;
}

static PyObject *
attribute_new(PyTypeObject *type, PyObject *Py_UNUSED(args),
              PyObject *Py_UNUSED(kwargs))
{
    crm_core *core = crm_core_of(type);
    if (core == NULL) {
        return NULL;
    }
    crm_attribute *self = (crm_attribute *)type->tp_alloc(type, 0);
    if (self != NULL) {
        /* Harmless until __init__ runs: an attribute of no object. */
        self->manager = (crm_manager *)Py_NewRef((PyObject *)core->nobody);
        self->key = PyUnicode_FromString("?");
        if (self->key == NULL) {
            Py_CLEAR(self);
        }
    }
    return (PyObject *)self;
}

static int
attribute_traverse(crm_attribute *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->manager);
    return 0;
}

/* The manager stays until dealloc: a read must never find it missing, and the
 * cycle is broken by the class's dict. */
static void
attribute_dealloc(crm_attribute *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_XDECREF((PyObject *)self->manager);
    Py_XDECREF(self->key);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMemberDef attribute_members[] = {
    {"manager", T_OBJECT_EX, offsetof(crm_attribute, manager), READONLY,
     "The ClassManager."},
    {"key", T_OBJECT_EX, offsetof(crm_attribute, key), READONLY,
     "The attribute's name."},
    {"slot", T_USHORT, offsetof(crm_attribute, slot), READONLY,
     "The attribute's slot."},
    {NULL},
};

/* Comparisons are those of what the attribute stands for in SQL. */
static PyObject *
attribute_compare(PyObject *self, PyObject *other, int op)
{
    crm_core *core = ((crm_attribute *)self)->manager->core;
    PyObject *operand = PyObject_GetAttr(self, core->str_operand);
    if (operand == NULL) {
        return NULL;
    }
    PyObject *made = PyObject_RichCompare(operand, other, op);
    Py_DECREF(operand);
    return made;
}

static Py_hash_t
attribute_hash(PyObject *self)
{
    return (Py_hash_t)((uintptr_t)self >> 4);
}

static PyType_Slot attribute_slots[] = {
    {Py_tp_doc,
     "Attribute(manager, slot)\n--\n\n"
     "Descriptor of a mapped attribute: the value on an object, "
     "itself on the class."},
    {Py_tp_new, attribute_new},
    {Py_tp_init, attribute_init},
    {Py_tp_dealloc, attribute_dealloc},
    {Py_tp_traverse, attribute_traverse},
    {Py_tp_richcompare, attribute_compare},
    {Py_tp_hash, attribute_hash},
    {Py_tp_descr_get, attribute_get},
    {Py_tp_descr_set, attribute_set},
    {Py_tp_members, attribute_members},
    {0, NULL},
};

static PyType_Spec attribute_spec = {
    .name = "cormorant._core.Attribute",
    .basicsize = sizeof(crm_attribute),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = attribute_slots,
};

int
crm_attribute_init(crm_core *core, PyObject *module)
{
    core->attribute_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &attribute_spec, NULL);
    if (core->attribute_type == NULL) {
        return -1;
    }
    return PyModule_AddType(module, core->attribute_type);
}
