/* relate.c: what happens when a relationship changes: hooks, the other side,
 * history, orphans, the save-update cascade.
 *
 * A change on one side makes the same change on the other, which would come
 * back: each chain of events carries its initiator, and stops where it began.
 */
#include "collection.h"
#include "events.h"
#include "session.h"

/* One relationship of one object, kept alive across foreign code. */
typedef struct {
    crm_state *state;
    crm_manager *manager; /* of the object */
    PyObject *obj;        /* owned */
    PyObject *prop;       /* owned */
    crm_manager *target;  /* owned or NULL */
    int32_t reverse;      /* slot in target, or -1 */
    uint16_t slot;
    uint16_t flags;
    uint8_t kind;
    uint8_t chosen; /* a collection of a class that the program chose */
} side;

static void
side_open(side *self, crm_state *state, uint16_t slot)
{
    const crm_attr *attr = crm_state_attr(state, slot);
    *self = (side){
        .state = state,
        .manager = crm_state_manager(state),
        .obj = Py_NewRef(crm_state_object(state)),
        .prop = Py_NewRef(attr->prop),
        .target = attr->target,
        .reverse = attr->reverse,
        .slot = slot,
        .flags = attr->flags,
        .kind = attr->kind,
        .chosen = attr->factory != NULL,
    };
    Py_XINCREF((PyObject *)self->target);
}

static void
side_close(side *self)
{
    Py_XDECREF((PyObject *)self->target);
    Py_DECREF(self->prop);
    Py_DECREF(self->obj);
}

static int
is_token(const crm_initiator *from, const void *prop, int op)
{
    return from != NULL && from->prop == prop && from->op == op;
}

/* Whether the validator of this side is called for a change that `from` began.
 */
static int
has_events(const side *self, const crm_initiator *from)
{
    return (self->flags & CRM_ATTR_EVENTS) &&
           ((self->flags & CRM_ATTR_OWN_EVENTS) == 0 ||
            from->prop == self->prop);
}

/* Calls the listeners of this side that are called before (late: after) what
 * follows from a change. */
static int
fire(const side *self, crm_attr_event event, int late,
     const crm_initiator *from, PyObject **value, PyObject *old)
{
    uint16_t flag = late ? CRM_ATTR_LATE_LISTENERS : CRM_ATTR_LISTENERS;
    if ((self->flags & flag) == 0) {
        return 0;
    }
    return crm_attr_fire(&self->manager->attrs[self->slot], event, self->obj,
                         late, from, value, old);
}

/* The same where what the listeners return does not matter. */
static int
tell(const side *self, crm_attr_event event, int late,
     const crm_initiator *from, PyObject *value)
{
    PyObject *given = Py_NewRef(value);
    int status = fire(self, event, late, from, &given, NULL);
    Py_DECREF(given);
    return status;
}

/* A value that stands for an object, neither None nor unknown. */
static int
is_object(const side *self, PyObject *value)
{
    return value != NULL && value != Py_None &&
           value != self->manager->core->no_value;
}

/* The state of a related object: NULL with the AttributeError that a foreign
 * object causes. */
static crm_state *
state_of_value(const side *self, PyObject *value)
{
    crm_state *state = crm_state_of(self->manager->core, value);
    if (state == NULL) {
        PyErr_Format(PyExc_AttributeError,
                     "'%s' object has no attribute '_sa_instance_state'",
                     crm_type_name(Py_TYPE(value)));
    }
    return state;
}

/* The slot of the other side in a related object: -1 with KeyError. */
static int
reverse_slot(const side *self, crm_state *other)
{
    int slot = crm_slot_in(crm_state_manager(other), self->target,
                           (uint16_t)self->reverse);
    if (slot < 0 ||
        crm_state_attr(other, (uint16_t)slot)->kind == CRM_ATTR_COLUMN) {
        PyErr_SetObject(PyExc_KeyError,
                        self->target->attrs[self->reverse].name);
        return -1;
    }
    return slot;
}

/* ---- the other side --------------------------------------------------- */

/* Appends `value` to a relationship (or sets a scalar one) because the other
 * side did; an unloaded collection notes it for later. */
static int
append_to(crm_state *state, uint16_t slot, PyObject *value,
          const crm_initiator *from)
{
    const crm_attr *attr = crm_state_attr(state, slot);
    if (attr->kind == CRM_ATTR_SCALAR) {
        return crm_rel_set(state, slot, value, NULL, from, 1);
    }
    PyObject *held = crm_state_peek(state, slot);
    if (held == NULL && PyErr_Occurred()) {
        return -1;
    }
    if (held == NULL && (state->flags & CRM_S_KEY) == 0) {
        held = crm_attr_get(state, slot); /* a new, empty one */
        if (held == NULL) {
            return -1;
        }
    }
    if (held != NULL) {
        int status = crm_collection_add(crm_state_manager(state)->core, held,
                                        value, from);
        Py_DECREF(held);
        return status;
    }
    PyObject *stored = crm_rel_fire_append(state, slot, value, from);
    if (stored == NULL) {
        return -1;
    }
    int status = 0;
    crm_pending *pending = crm_state_need_pending(state, slot);
    if (pending == NULL) {
        status = -1;
    }
    else {
        PyObject *added = Py_NewRef(pending->added);
        PyObject *removed = Py_NewRef(pending->removed);
        int found = crm_list_discard(removed, stored);
        if (!found && !crm_list_has(added, stored)) {
            status = PyList_Append(added, stored);
        }
        Py_DECREF(added);
        Py_DECREF(removed);
    }
    Py_DECREF(stored);
    return status;
}

/* The opposite; what is not there is no error. */
static int
remove_from(crm_state *state, uint16_t slot, PyObject *value,
            const crm_initiator *from)
{
    const crm_attr *attr = crm_state_attr(state, slot);
    if (attr->kind == CRM_ATTR_SCALAR) {
        return crm_rel_set(state, slot, Py_None, value, from, 1);
    }
    PyObject *held = crm_state_peek(state, slot);
    if (held == NULL && PyErr_Occurred()) {
        return -1;
    }
    if (held != NULL) {
        int status = crm_collection_take(crm_state_manager(state)->core, held,
                                         value, from);
        Py_DECREF(held);
        return status;
    }
    if ((state->flags & CRM_S_KEY) == 0) {
        held = crm_attr_get(state, slot); /* a new, empty one */
        if (held != NULL) {
            crm_collection_explicit(crm_state_manager(state)->core, held);
            Py_DECREF(held);
        }
        return held == NULL ? -1 : 0;
    }
    if (crm_rel_fire_remove(state, slot, value, from) < 0) {
        return -1;
    }
    crm_pending *pending = crm_state_need_pending(state, slot);
    if (pending == NULL) {
        return -1;
    }
    PyObject *added = Py_NewRef(pending->added);
    PyObject *removed = Py_NewRef(pending->removed);
    int status = 0;
    if (!crm_list_discard(added, value) && !crm_list_has(removed, value)) {
        status = PyList_Append(removed, value);
    }
    Py_DECREF(added);
    Py_DECREF(removed);
    return status;
}

int
crm_rel_member(crm_state *state, uint16_t slot, PyObject *value, int add)
{
    PyObject *obj = Py_NewRef(crm_state_object(state));
    PyObject *held = crm_state_held(state, slot);
    int status = 0;
    if (CRM_SLOT_HAS(held) && (state->flags & CRM_S_KEY) &&
        crm_state_change(state, slot) == NULL) {
        /* Flushed: what is in the database is not this any more. */
        status = crm_state_put(state, slot, NULL);
    }
    if (status == 0) {
        status = add ? append_to(state, slot, value, NULL)
                     : remove_from(state, slot, value, NULL);
    }
    Py_DECREF(obj);
    return status;
}

/* Tells the other side of `value` that it is related now. */
static int
relate(const side *self, PyObject *value, const crm_initiator *from)
{
    if (self->reverse < 0 || self->target == NULL) {
        return 0;
    }
    crm_state *other = state_of_value(self, value);
    int slot = other == NULL ? -1 : reverse_slot(self, other);
    if (slot < 0) {
        return -1;
    }
    const crm_attr *attr = crm_state_attr(other, (uint16_t)slot);
    int collection = attr->kind == CRM_ATTR_COLLECTION;
    if (is_token(from, attr->prop,
                 collection ? CRM_OP_APPEND : CRM_OP_REPLACE) ||
        (collection && is_token(from, attr->prop, CRM_OP_BULK))) {
        return 0;
    }
    Py_INCREF(value);
    int status = append_to(other, (uint16_t)slot, self->obj, from);
    Py_DECREF(value);
    return status;
}

/* Whether a list holds a member more than once. */
static int
held_twice(const side *self, PyObject *value)
{
    PyObject *held = crm_state_held(self->state, self->slot);
    if (!CRM_SLOT_HAS(held) || !PyList_Check(held)) {
        return 0;
    }
    int count = 0;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(held) && count < 2; i++) {
        count += PyList_GET_ITEM(held, i) == value;
    }
    return count > 1;
}

/* Tells the other side of `value` that it is not related any more. */
static int
unrelate(const side *self, PyObject *value, const crm_initiator *from,
         int replacing)
{
    if (self->reverse < 0 || self->target == NULL) {
        return 0;
    }
    crm_state *other = state_of_value(self, value);
    int slot = other == NULL ? -1 : reverse_slot(self, other);
    if (slot < 0) {
        return -1;
    }
    const crm_attr *attr = crm_state_attr(other, (uint16_t)slot);
    int collection = attr->kind == CRM_ATTR_COLLECTION;
    crm_initiator own = {self->prop, CRM_OP_REPLACE};
    if (replacing) {
        if (is_token(from, attr->prop,
                     collection ? CRM_OP_REMOVE : CRM_OP_REPLACE)) {
            return 0;
        }
        from = &own;
    }
    else {
        if (is_token(from, attr->prop, CRM_OP_REMOVE) ||
            is_token(from, attr->prop,
                     collection ? CRM_OP_BULK : CRM_OP_REPLACE)) {
            return 0;
        }
        if (!collection && self->kind == CRM_ATTR_COLLECTION &&
            held_twice(self, value)) {
            return 0;
        }
    }
    Py_INCREF(value);
    int status = remove_from(other, (uint16_t)slot, self->obj, from);
    Py_DECREF(value);
    return status;
}

/* ---- cascades --------------------------------------------------------- */

static crm_session *
session_of(const side *self)
{
    return self->state->map == NULL ? NULL : self->state->map->session;
}

/* save-update: what is attached to an object of a session enters it; not if it
 * comes from the other side. */
static int
cascade_in(const side *self, PyObject *value, const crm_initiator *from)
{
    crm_session *session = session_of(self);
    if (session == NULL || (self->flags & CRM_ATTR_CASCADE_SAVE) == 0 ||
        from->prop != self->prop) {
        return 0;
    }
    crm_state *state = state_of_value(self, value);
    if (state == NULL) {
        return -1;
    }
    if (crm_session_contains(session, state)) {
        return 0;
    }
    Py_INCREF((PyObject *)session);
    int status = crm_session_add(session, value);
    Py_DECREF((PyObject *)session);
    return status;
}

/* delete-orphan: a pending object that lost its parent leaves the session. */
static int
cascade_out(const side *self, crm_state *state, int remember)
{
    if ((self->flags & CRM_ATTR_DELETE_ORPHAN) == 0 ||
        !crm_state_is_orphan(state)) {
        return 0;
    }
    crm_session *session = session_of(self);
    if (session != NULL && state->map != NULL &&
        state->map->session == session && (state->flags & CRM_S_NEW)) {
        return crm_session_leave(session, state, 0);
    }
    if (remember) {
        state->flags |= CRM_S_ORPHANED;
    }
    return 0;
}

static int
set_parent(const side *self, PyObject *value, int has)
{
    if ((self->flags & (CRM_ATTR_DELETE_ORPHAN | CRM_ATTR_SINGLE_PARENT)) ==
        0) {
        return 0;
    }
    crm_state *state = state_of_value(self, value);
    if (state == NULL) {
        return -1;
    }
    return crm_state_set_parent(state, self->prop, self->state, has);
}

/* single_parent: the program may not give an object that has an owner to a
 * second one.  A back reference may. */
static int
check_single(const side *self, PyObject *value, PyObject *old,
             const crm_initiator *from)
{
    if ((self->flags & CRM_ATTR_SINGLE_PARENT) == 0 ||
        from->prop != self->prop || value == old || !is_object(self, value)) {
        return 0;
    }
    crm_state *state = state_of_value(self, value);
    if (state == NULL) {
        return -1;
    }
    if (!crm_state_known_parent(state, self->prop)) {
        return 0;
    }
    PyObject *result =
        PyObject_CallMethod(self->prop, "_refuse_second_parent", "O", value);
    if (result == NULL) {
        return -1;
    }
    Py_DECREF(result);
    return 0;
}

/* ---- scalar relationships --------------------------------------------- */

/* The object a scalar relationship refers to as far as that is known: new
 * reference, NO_VALUE if it is not, NULL with an exception. */
static PyObject *
old_scalar(const side *self)
{
    crm_state *state = self->state;
    crm_core *core = self->manager->core;
    PyObject *held = crm_state_held(state, self->slot);
    if (CRM_SLOT_HAS(held)) {
        return Py_NewRef(held);
    }
    crm_change *change = crm_state_change(state, self->slot);
    if (change != NULL && change->old != core->no_value) {
        Py_RETURN_NONE; /* it was deleted */
    }
    if ((state->flags & CRM_S_KEY) == 0) {
        return Py_NewRef(core->no_value);
    }
    if (self->flags & CRM_ATTR_ACTIVE_HISTORY) {
        return crm_attr_get_quietly(state, self->slot);
    }
    PyObject *found = crm_attr_related(state, self->slot, 0);
    if (found == NULL && !PyErr_Occurred()) {
        found = Py_NewRef(core->no_value);
    }
    return found;
}

/* Runs everything that follows from replacing `old` by `value`; *value may be
 * replaced by a hook. */
static int
fire_replace(const side *self, PyObject **value, PyObject *old,
             const crm_initiator *from)
{
    if (check_single(self, *value, old, from) < 0) {
        return -1;
    }
    if (is_object(self, old) && old != *value && set_parent(self, old, 0) < 0) {
        return -1;
    }
    if (fire(self, CRM_AE_SET, 0, from, value, old) < 0) {
        return -1;
    }
    if (has_events(self, from)) {
        PyObject *result = PyObject_CallMethod(self->prop, "_on_set", "OOO",
                                               self->obj, *value, old);
        if (result == NULL) {
            return -1;
        }
        Py_SETREF(*value, result);
    }
    if (is_object(self, *value) && state_of_value(self, *value) == NULL) {
        return -1;
    }
    if (old != *value) {
        if (is_object(self, *value) && cascade_in(self, *value, from) < 0) {
            return -1;
        }
        if (is_object(self, old)) {
            crm_state *state = state_of_value(self, old);
            if (state == NULL) {
                return -1;
            }
            if (cascade_out(self, state, 0) < 0 ||
                unrelate(self, old, from, 1) < 0) {
                return -1;
            }
        }
        if (is_object(self, *value) && relate(self, *value, from) < 0) {
            return -1;
        }
    }
    if (fire(self, CRM_AE_SET, 1, from, value, old) < 0) {
        return -1;
    }
    /* whatever the listeners have made of it */
    return is_object(self, *value) && state_of_value(self, *value) == NULL ? -1
                                                                           : 0;
}

/* Whether changes are remembered: not of a new object, nor of what a flush does
 * not write. */
static int
has_history(const side *self)
{
    return (self->state->flags & CRM_S_KEY) != 0 &&
           (self->flags & CRM_ATTR_VIEWONLY) == 0;
}

static int
mark_modified(const side *self)
{
    if (self->flags & CRM_ATTR_VIEWONLY) {
        return 0;
    }
    return crm_session_modified(self->state);
}

static int
delete_scalar(side *self)
{
    crm_state *state = self->state;
    crm_core *core = self->manager->core;
    PyObject *old = old_scalar(self);
    if (old == NULL) {
        return -1;
    }
    crm_initiator own = {self->prop, CRM_OP_REMOVE};
    int status = tell(self, CRM_AE_REMOVE, 0, &own, old);
    if (status == 0 && is_object(self, old)) {
        crm_state *other = state_of_value(self, old);
        status = other == NULL ? -1 : set_parent(self, old, 0);
        if (status == 0) {
            status = cascade_out(self, other, 1);
        }
        if (status == 0) {
            status = unrelate(self, old, &own, 0);
        }
    }
    if (status == 0) {
        status = tell(self, CRM_AE_REMOVE, 1, &own, old);
    }
    int keyed = has_history(self);
    int had = CRM_SLOT_HAS(crm_state_held(state, self->slot));
    if (status == 0 && keyed) {
        status = crm_state_record(state, self->slot, Py_NewRef(old));
    }
    Py_DECREF(old);
    if (status < 0) {
        return -1;
    }
    /* What the row refers to is not known, so that None must be flushed. */
    crm_change *change = keyed ? crm_state_change(state, self->slot) : NULL;
    int unknown = change != NULL && change->old == core->no_value;
    PyObject *left = unknown ? Py_NewRef(Py_None) : NULL;
    if (crm_state_put(state, self->slot, left) < 0 || mark_modified(self) < 0) {
        return -1;
    }
    if (!had && !keyed) {
        PyErr_Format(PyExc_AttributeError, "%s.%U object does not have a value",
                     crm_type_name((PyTypeObject *)self->manager->class_),
                     self->manager->attrs[self->slot].name);
        return -1;
    }
    return 0;
}

static int
set_scalar(side *self, PyObject *value, PyObject *check_old,
           const crm_initiator *from)
{
    crm_state *state = self->state;
    crm_core *core = self->manager->core;
    crm_initiator own = {self->prop, CRM_OP_REPLACE};
    PyObject *old = old_scalar(self);
    if (old == NULL) {
        return -1;
    }
    if (check_old != NULL && old != core->no_value && old != check_old) {
        Py_DECREF(old);
        return 0;
    }
    if (check_old != NULL && old == core->no_value &&
        (state->flags & CRM_S_KEY) == 0) {
        Py_DECREF(old);
        return 0; /* a new object that refers to nothing */
    }
    PyObject *stored = Py_NewRef(value);
    int status = fire_replace(self, &stored, old, from != NULL ? from : &own);
    if (status == 0 && has_history(self)) {
        status = crm_state_record(state, self->slot, Py_NewRef(old));
    }
    if (status == 0 && is_object(self, stored)) {
        status = set_parent(self, stored, 1);
    }
    Py_DECREF(old);
    if (status < 0) {
        Py_DECREF(stored);
        return -1;
    }
    if (crm_state_put(state, self->slot, stored) < 0) {
        return -1;
    }
    return mark_modified(self);
}

int
crm_rel_set(crm_state *state, uint16_t slot, PyObject *value,
            PyObject *check_old, const crm_initiator *from, int passive)
{
    (void)passive;
    if (Py_EnterRecursiveCall(" while relating objects")) {
        return -1;
    }
    side self;
    side_open(&self, state, slot);
    int status = value != NULL ? set_scalar(&self, value, check_old, from)
                               : delete_scalar(&self);
    side_close(&self);
    Py_LeaveRecursiveCall();
    return status;
}

/* ---- collections ------------------------------------------------------ */

/* Records a collection's members before it changes, and the mark. */
static int
collection_changes(const side *self)
{
    crm_state *state = self->state;
    PyObject *held = crm_state_held(state, self->slot);
    int has = CRM_SLOT_HAS(held) && held != Py_None;
    if (has) {
        crm_collection_explicit(self->manager->core, held);
    }
    if (!has_history(self)) {
        return 0;
    }
    if (has && crm_state_change(state, self->slot) == NULL) {
        PyObject *members = crm_collection_members(self->manager->core, held);
        if (members == NULL ||
            crm_state_record(state, self->slot, members) < 0) {
            return -1;
        }
    }
    return mark_modified(self);
}

PyObject *
crm_rel_fire_append(crm_state *state, uint16_t slot, PyObject *value,
                    const crm_initiator *from)
{
    side self;
    side_open(&self, state, slot);
    crm_initiator own = {self.prop, CRM_OP_APPEND};
    if (from == NULL) {
        from = &own;
    }
    PyObject *stored = Py_NewRef(value);
    int status = check_single(&self, value, NULL, from);
    if (status == 0) {
        status = fire(&self, CRM_AE_APPEND, 0, from, &stored, NULL);
    }
    if (status == 0 && has_events(&self, from)) {
        PyObject *result = PyObject_CallMethod(self.prop, "_on_append", "OO",
                                               self.obj, stored);
        if (result == NULL) {
            status = -1;
        }
        else {
            Py_SETREF(stored, result);
        }
    }
    if (status == 0 && stored != Py_None) {
        if (state_of_value(&self, stored) == NULL ||
            cascade_in(&self, stored, from) < 0 ||
            relate(&self, stored, from) < 0) {
            status = -1;
        }
    }
    if (status == 0) {
        status = fire(&self, CRM_AE_APPEND, 1, from, &stored, NULL);
    }
    if (status == 0 && stored != Py_None &&
        state_of_value(&self, stored) == NULL) {
        status = -1; /* whatever the listeners have made of it */
    }
    if (status == 0) {
        status = collection_changes(&self);
    }
    if (status == 0 && stored != Py_None) {
        status = set_parent(&self, stored, 1);
    }
    if (status < 0) {
        Py_CLEAR(stored);
    }
    side_close(&self);
    return stored;
}

int
crm_rel_fire_present(crm_state *state, uint16_t slot, PyObject *value,
                     const crm_initiator *from)
{
    const uint16_t heard = CRM_ATTR_LISTENERS | CRM_ATTR_LATE_LISTENERS;
    if ((state->map == NULL || value == Py_None) &&
        (crm_state_attr(state, slot)->flags & heard) == 0) {
        return 0;
    }
    side self;
    side_open(&self, state, slot);
    crm_initiator own = {self.prop, CRM_OP_APPEND};
    if (from == NULL) {
        from = &own;
    }
    Py_INCREF(value); /* a listener may take it out */
    int status = tell(&self, CRM_AE_PRESENT, 0, from, value);
    if (status == 0 && state->map != NULL && value != Py_None) {
        status = cascade_in(&self, value, &own);
    }
    if (status == 0) {
        status = tell(&self, CRM_AE_PRESENT, 1, from, value);
    }
    Py_DECREF(value);
    side_close(&self);
    return status;
}

int
crm_rel_fire_remove(crm_state *state, uint16_t slot, PyObject *value,
                    const crm_initiator *from)
{
    side self;
    side_open(&self, state, slot);
    crm_initiator own = {self.prop, CRM_OP_REMOVE};
    if (from == NULL) {
        from = &own;
    }
    int status = 0;
    Py_INCREF(value);
    if (value != Py_None) {
        crm_state *other = state_of_value(&self, value);
        status = other == NULL ? -1 : set_parent(&self, value, 0);
        if (status == 0) {
            status = tell(&self, CRM_AE_REMOVE, 0, from, value);
        }
        if (status == 0 && has_events(&self, from)) {
            PyObject *result = PyObject_CallMethod(self.prop, "_on_remove",
                                                   "OO", self.obj, value);
            status = result == NULL ? -1 : 0;
            Py_XDECREF(result);
        }
        if (status == 0) {
            status = cascade_out(&self, other, 1);
        }
        if (status == 0) {
            status = unrelate(&self, value, from, 0);
        }
        if (status == 0) {
            status = tell(&self, CRM_AE_REMOVE, 1, from, value);
        }
    }
    if (status == 0) {
        status = collection_changes(&self);
    }
    Py_DECREF(value);
    side_close(&self);
    return status;
}

int
crm_rel_changes(crm_state *state, uint16_t slot)
{
    if ((state->flags & CRM_S_KEY) == 0) {
        return 0;
    }
    side self;
    side_open(&self, state, slot);
    int status = collection_changes(&self);
    side_close(&self);
    return status;
}

/* The members to be of a collection attribute, as a new list; NULL with
 * TypeError if the value is no collection of that kind. */
static PyObject *
new_members(const side *self, PyObject *value)
{
    if (self->chosen) {
        return PyObject_CallMethod(self->prop, "_assigned", "(O)", value);
    }
    int want_set = (self->flags & CRM_ATTR_SET) != 0;
    const char *wanted = want_set ? "set" : "list";
    int is_list = PyList_Check(value);
    int is_set = PyAnySet_Check(value) && !PyFrozenSet_CheckExact(value);
    if (!is_list && !is_set && !PyDict_Check(value)) {
        /* What quacks like one. */
        is_list = crm_has_attr(value, "append");
        is_set = is_list ? 0 : crm_has_attr(value, "add");
        if (is_list < 0 || is_set < 0) {
            return NULL;
        }
    }
    if (want_set ? !is_set : !is_list) {
        PyErr_Format(
            PyExc_TypeError, "Incompatible collection type: %s is not %s-like",
            value == Py_None ? "None" : crm_type_name(Py_TYPE(value)), wanted);
        return NULL;
    }
    return PySequence_List(value);
}

static int
replace(side *self, PyObject *value)
{
    crm_state *state = self->state;
    crm_initiator bulk = {self->prop, CRM_OP_BULK};
    PyObject *members = new_members(self, value);
    if (members == NULL) {
        return -1;
    }
    PyObject *fresh = NULL, *before = NULL;
    int status = -1;
    PyObject *old = NULL;
    const uint16_t heard = CRM_ATTR_LISTENERS | CRM_ATTR_LATE_LISTENERS;
    if (crm_state_held(state, self->slot) == value) {
        status = 0; /* obj.items += [...] assigns what it got */
        goto done;
    }
    fresh = crm_collection_new(state, self->slot);
    if (fresh != NULL && (self->flags & heard)) {
        if (crm_attr_tell(self->prop, "_fire_bulk_replace", self->obj,
                          &members) < 0) {
            goto done;
        }
        Py_SETREF(members, PySequence_List(members));
        if (members == NULL) {
            goto done;
        }
    }
    old = fresh == NULL ? NULL : crm_attr_get(state, self->slot);
    before =
        old == NULL ? NULL : crm_collection_members(self->manager->core, old);
    if (before == NULL || collection_changes(self) < 0 ||
        crm_state_put(state, self->slot, Py_NewRef(fresh)) < 0) {
        goto done;
    }
    crm_ptrset was, is;
    crm_ptrset_init(&was);
    crm_ptrset_init(&is);
    status = 0;
    for (Py_ssize_t i = 0; status == 0 && i < PyList_GET_SIZE(before); i++) {
        status = crm_ptrset_add(&was, PyList_GET_ITEM(before, i));
        status = status < 0 ? -1 : 0;
    }
    for (Py_ssize_t i = 0; status == 0 && i < PyList_GET_SIZE(members); i++) {
        PyObject *member = PyList_GET_ITEM(members, i);
        if (crm_ptrset_add(&is, member) < 0) {
            status = -1;
            PyErr_NoMemory();
        }
        else if (crm_ptrset_has(&was, member)) {
            status = crm_collection_load(self->manager->core, fresh, member);
        }
        else {
            status =
                crm_collection_add(self->manager->core, fresh, member, &bulk);
        }
    }
    PyObject *member;
    size_t pos = 0;
    while (status == 0 && (member = crm_ptrset_next(&was, &pos)) != NULL) {
        if (crm_ptrset_has(&is, member)) {
            status = crm_rel_fire_present(state, self->slot, member, &bulk);
        }
    }
    pos = 0;
    while (status == 0 && (member = crm_ptrset_next(&was, &pos)) != NULL) {
        if (!crm_ptrset_has(&is, member)) {
            status = crm_rel_fire_remove(state, self->slot, member, &bulk);
        }
    }
    if (status < 0 && !PyErr_Occurred()) {
        PyErr_NoMemory();
    }
    if (status == 0 && (self->flags & CRM_ATTR_INIT_LISTENERS)) {
        PyObject *gone = Py_NewRef(old);
        status = crm_attr_tell(self->prop, "_fire_dispose_collection",
                               self->obj, &gone);
        Py_DECREF(gone);
    }
    crm_ptrset_free(&was);
    crm_ptrset_free(&is);
done:
    Py_XDECREF(old);
    Py_XDECREF(before);
    Py_XDECREF(fresh);
    Py_XDECREF(members);
    return status;
}

int
crm_rel_replace(crm_state *state, uint16_t slot, PyObject *value)
{
    side self;
    side_open(&self, state, slot);
    int status = replace(&self, value);
    side_close(&self);
    return status;
}

int
crm_rel_delete(crm_state *state, uint16_t slot)
{
    PyObject *held = crm_state_held(state, slot);
    if (!CRM_SLOT_HAS(held)) {
        return 0;
    }
    Py_INCREF(held);
    side self;
    side_open(&self, state, slot);
    int status = collection_changes(&self);
    PyObject *before =
        status == 0 ? crm_collection_members(self.manager->core, held) : NULL;
    if (before == NULL) {
        status = -1;
    }
    for (Py_ssize_t i = 0; status == 0 && i < PyList_GET_SIZE(before); i++) {
        status = crm_collection_take(self.manager->core, held,
                                     PyList_GET_ITEM(before, i), NULL);
    }
    if (status == 0) {
        status = crm_state_put(state, slot, NULL);
    }
    Py_XDECREF(before);
    side_close(&self);
    Py_DECREF(held);
    return status;
}
