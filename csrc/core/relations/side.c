/* side.c: see side.h.
 *
 * A change on one side makes the same change on the other, which would come
 * back: each chain of events carries its initiator, and stops where it began.
 */
#include "core/compat.h"
#include "side.h"

#include "collection.h"
#include "events.h"
#include "core/session/session.h"

void
crm_side_open(crm_side *self, crm_state *state, uint16_t slot)
{
    const crm_attr *attr = crm_state_attr(state, slot);
    *self = (crm_side){
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

void
crm_side_close(crm_side *self)
{
    Py_XDECREF((PyObject *)self->target);
    Py_DECREF(self->prop);
    Py_DECREF(self->obj);
}

/* Whether a chain of events began at a slot of an object of the same class. */
static int
is_token(const crm_initiator *from, const crm_state *state, int slot, int op)
{
    return from != NULL && from->op == op &&
           from->manager == crm_state_manager(state) &&
           from->prop == crm_state_attr(state, (uint16_t)slot)->prop;
}

int
crm_side_has_events(const crm_side *self, const crm_initiator *from)
{
    return (self->flags & CRM_ATTR_EVENTS) &&
           ((self->flags & CRM_ATTR_OWN_EVENTS) == 0 ||
            from->prop == self->prop);
}

int
crm_side_fire(const crm_side *self, crm_attr_event event, int late,
              const crm_initiator *from, PyObject **value, PyObject *old)
{
    uint16_t flag = late ? CRM_ATTR_LATE_LISTENERS : CRM_ATTR_LISTENERS;
    if ((self->flags & flag) == 0) {
        return 0;
    }
    return crm_attr_fire(&self->manager->attrs[self->slot], event, self->obj,
                         late, from, value, old);
}

int
crm_side_tell(const crm_side *self, crm_attr_event event, int late,
              const crm_initiator *from, PyObject *value)
{
    PyObject *given = Py_NewRef(value);
    int status = crm_side_fire(self, event, late, from, &given, NULL);
    Py_DECREF(given);
    return status;
}

int
crm_side_is_object(const crm_side *self, PyObject *value)
{
    return value != NULL && value != Py_None &&
           value != self->manager->core->no_value;
}

crm_state *
crm_side_state_of(const crm_side *self, PyObject *value)
{
    crm_state *state = crm_state_of(self->manager->core, value);
    if (state == NULL) {
        PyErr_Format(PyExc_AttributeError,
                     "'%s' object has no attribute '_sa_instance_state'",
                     crm_type_name(Py_TYPE(value)));
    }
    return state;
}

crm_state *
crm_side_admit(const crm_side *self, PyObject **value)
{
    crm_core *core = self->manager->core;
    if (crm_state_of(core, *value) == NULL) {
        PyObject *object = crm_stood_for(core, *value);
        if (object != NULL) {
            Py_SETREF(*value, object);
        }
        else if (PyErr_Occurred()) {
            return NULL;
        }
    }
    return crm_side_state_of(self, *value);
}

/* The slot of the other side in a related object: -1 with KeyError. */
static int
reverse_slot(const crm_side *self, crm_state *other)
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

/* The collection of a slot, a new one where an object without a row has none:
 * 1 with a new reference, 0 where it is not loaded, -1 with an error. `made`
 * tells whether it is new. */
static int
held_collection(crm_state *state, uint16_t slot, PyObject **held, int *made)
{
    *made = 0;
    *held = crm_state_peek(state, slot);
    if (*held == NULL && !PyErr_Occurred() && (state->flags & CRM_S_KEY) == 0) {
        *held = crm_attr_get(state, slot);
        *made = 1;
    }
    return *held != NULL ? 1 : PyErr_Occurred() ? -1 : 0;
}

/* Notes a member for a collection that is not loaded: it undoes the opposite
 * note, and stands once. */
static int
note_pending(crm_state *state, uint16_t slot, PyObject *member, int add)
{
    crm_pending *pending = crm_state_need_pending(state, slot);
    if (pending == NULL) {
        return -1;
    }
    PyObject *noted = Py_NewRef(add ? pending->added : pending->removed);
    PyObject *opposite = Py_NewRef(add ? pending->removed : pending->added);
    int status = 0;
    if (!crm_list_discard(opposite, member) && !crm_list_has(noted, member)) {
        status = PyList_Append(noted, member);
    }
    Py_DECREF(noted);
    Py_DECREF(opposite);
    return status;
}

/* (Dicts of two members with one key push each other out without end.) */
static const char IN_CHAIN[] = " while relationships follow each other";

/* Appends `value` to a relationship (or sets a scalar one) because the other
 * side did; an unloaded collection notes it for later. */
static int
append_to(crm_state *state, uint16_t slot, PyObject *value,
          const crm_initiator *from)
{
    if (crm_state_attr(state, slot)->kind == CRM_ATTR_SCALAR) {
        return crm_rel_set(state, slot, value, NULL, from);
    }
    PyObject *held;
    int made;
    int status = held_collection(state, slot, &held, &made);
    if (status > 0) {
        status = crm_collection_add(crm_state_manager(state)->core, held, value,
                                    from);
        Py_DECREF(held);
    }
    else if (status == 0) {
        PyObject *stored = crm_rel_fire_append(state, slot, value, from);
        status = stored == NULL ? -1 : note_pending(state, slot, stored, 1);
        Py_XDECREF(stored);
    }
    return status;
}

/* The opposite; what is not there is no error. */
static int
remove_from(crm_state *state, uint16_t slot, PyObject *value,
            const crm_initiator *from)
{
    if (crm_state_attr(state, slot)->kind == CRM_ATTR_SCALAR) {
        return crm_rel_set(state, slot, Py_None, value, from);
    }
    PyObject *held;
    int made;
    int status = held_collection(state, slot, &held, &made);
    if (status > 0) {
        crm_core *core = crm_state_manager(state)->core;
        status = 0;
        if (made) {
            crm_collection_explicit(core, held);
        }
        else {
            status = crm_collection_take(core, held, value, from);
        }
        Py_DECREF(held);
    }
    else if (status == 0) {
        status = crm_rel_fire_remove(state, slot, value, from) < 0
                     ? -1
                     : note_pending(state, slot, value, 0);
    }
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

int
crm_side_relate(const crm_side *self, PyObject *value,
                const crm_initiator *from)
{
    if (self->reverse < 0 || self->target == NULL) {
        return 0;
    }
    crm_state *other = crm_side_state_of(self, value);
    int slot = other == NULL ? -1 : reverse_slot(self, other);
    if (slot < 0) {
        return -1;
    }
    const crm_attr *attr = crm_state_attr(other, (uint16_t)slot);
    int collection = attr->kind == CRM_ATTR_COLLECTION;
    if (is_token(from, other, slot,
                 collection ? CRM_OP_APPEND : CRM_OP_REPLACE) ||
        (collection && is_token(from, other, slot, CRM_OP_BULK))) {
        return 0;
    }
    if (Py_EnterRecursiveCall(IN_CHAIN)) {
        return -1;
    }
    Py_INCREF(value);
    int status = append_to(other, (uint16_t)slot, self->obj, from);
    Py_DECREF(value);
    Py_LeaveRecursiveCall();
    return status;
}

/* Whether a list holds a member more than once. */
static int
held_twice(const crm_side *self, PyObject *value)
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

int
crm_side_unrelate(const crm_side *self, PyObject *value,
                  const crm_initiator *from, int replacing)
{
    if (self->reverse < 0 || self->target == NULL) {
        return 0;
    }
    crm_state *other = crm_side_state_of(self, value);
    int slot = other == NULL ? -1 : reverse_slot(self, other);
    if (slot < 0) {
        return -1;
    }
    const crm_attr *attr = crm_state_attr(other, (uint16_t)slot);
    int collection = attr->kind == CRM_ATTR_COLLECTION;
    crm_initiator own = {self->prop, CRM_OP_REPLACE, self->manager};
    if (replacing) {
        if (is_token(from, other, slot,
                     collection ? CRM_OP_REMOVE : CRM_OP_REPLACE)) {
            return 0;
        }
        from = &own;
    }
    else {
        if (is_token(from, other, slot, CRM_OP_REMOVE) ||
            is_token(from, other, slot,
                     collection ? CRM_OP_BULK : CRM_OP_REPLACE)) {
            return 0;
        }
        if (!collection && self->kind == CRM_ATTR_COLLECTION &&
            held_twice(self, value)) {
            return 0;
        }
    }
    if (Py_EnterRecursiveCall(IN_CHAIN)) {
        return -1;
    }
    Py_INCREF(value);
    int status = remove_from(other, (uint16_t)slot, self->obj, from);
    Py_DECREF(value);
    Py_LeaveRecursiveCall();
    return status;
}

/* ---- cascades --------------------------------------------------------- */

static crm_session *
session_of(const crm_side *self)
{
    return self->state->map == NULL ? NULL : self->state->map->session;
}

int
crm_side_warn(const crm_side *self, const char *what)
{
    crm_session *session = session_of(self);
    if (session == NULL || !session->executing) {
        return 0;
    }
    PyObject *owner = Py_NewRef((PyObject *)session);
    PyObject *done = PyObject_CallMethod(owner, "_flush_warning", "s", what);
    Py_DECREF(owner);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

int
crm_side_cascade_in(const crm_side *self, PyObject *value,
                    const crm_initiator *from)
{
    crm_session *session = session_of(self);
    if (session == NULL || (self->flags & CRM_ATTR_CASCADE_SAVE) == 0 ||
        from->prop != self->prop) {
        return 0;
    }
    crm_state *state = crm_side_state_of(self, value);
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

/* A pending object leaves, and what its expunge cascades reach. */
static int
expunge(crm_session *session, crm_state *state)
{
    PyObject *name = session->core->str_expunge;
    if (crm_type_lookup(Py_TYPE(session), name) == NULL) {
        return crm_session_leave(session, state, 0); /* no Python session */
    }
    PyObject *owner = Py_NewRef((PyObject *)session);
    PyObject *done =
        PyObject_CallMethodOneArg(owner, name, crm_state_object(state));
    Py_DECREF(owner);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

int
crm_side_cascade_out(const crm_side *self, crm_state *state, int remember)
{
    if ((self->flags & CRM_ATTR_DELETE_ORPHAN) == 0 ||
        !crm_state_is_orphan(state)) {
        return 0;
    }
    crm_session *session = session_of(self);
    if (session != NULL && state->map != NULL &&
        state->map->session == session && (state->flags & CRM_S_NEW)) {
        return expunge(session, state);
    }
    if (remember) {
        state->flags |= CRM_S_ORPHANED;
    }
    return 0;
}

int
crm_side_set_parent(const crm_side *self, PyObject *value, int has)
{
    if ((self->flags & (CRM_ATTR_DELETE_ORPHAN | CRM_ATTR_SINGLE_PARENT)) ==
        0) {
        return 0;
    }
    crm_state *state = crm_side_state_of(self, value);
    if (state == NULL) {
        return -1;
    }
    return crm_state_set_parent(state, self->prop, self->state, has);
}

int
crm_side_check_single(const crm_side *self, PyObject *value, PyObject *old,
                      const crm_initiator *from)
{
    if ((self->flags & CRM_ATTR_SINGLE_PARENT) == 0 ||
        from->prop != self->prop || value == old ||
        !crm_side_is_object(self, value)) {
        return 0;
    }
    crm_state *state = crm_side_state_of(self, value);
    if (state == NULL) {
        return -1;
    }
    if (!crm_state_known_parent(state, self->prop)) {
        return 0;
    }
    PyObject *result =
        PyObject_CallMethod(self->prop, "_refuse_second_parent", "OO", value,
                            (PyObject *)Py_TYPE(self->obj));
    if (result == NULL) {
        return -1;
    }
    Py_DECREF(result);
    return 0;
}
