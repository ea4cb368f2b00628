/* relate.c: what happens when a relationship changes, and in which order:
 * listeners, what it entails on both sides (side.c), history, the change.
 */
#include "collection.h"
#include "events.h"
#include "plain/ptrset.h"
#include "core/session/session.h"
#include "side.h"

/* Whether changes are remembered: not of a new object, nor of what a flush does
 * not write. */
static int
has_history(const crm_side *self)
{
    return (self->state->flags & CRM_S_KEY) != 0 &&
           (self->flags & CRM_ATTR_VIEWONLY) == 0;
}

static int
mark_modified(const crm_side *self)
{
    if (self->flags & CRM_ATTR_VIEWONLY) {
        return 0;
    }
    return crm_session_modified(self->state);
}

/* ---- scalar relationships --------------------------------------------- */

/* What the row has of a column, as far as that is known: new reference, or
 * NULL, with or without an exception. */
static PyObject *
committed_value(crm_state *state, uint16_t slot)
{
    crm_change *change = crm_state_change(state, slot);
    if (change == NULL) {
        return crm_state_peek(state, slot);
    }
    PyObject *no_value = crm_state_manager(state)->core->no_value;
    return Py_NewRef(change->old == no_value ? Py_None : change->old);
}

/* Whether options that the object came with give conditions to the
 * relationship: 1, 0, or -1 with an exception. */
static int
is_narrowed(const crm_side *self)
{
    PyObject *options = crm_state_options(self->state);
    if (options == NULL || (self->state->flags & CRM_S_EXPIRED) != 0) {
        return 0;
    }
    Py_INCREF(options);
    PyObject *table = PyObject_GetAttrString(options, "table");
    PyObject *answer =
        table == NULL ? NULL : PyObject_GetAttrString(table, "narrows");
    Py_XDECREF(table);
    int status = answer == NULL ? -1 : PyObject_IsTrue(answer);
    if (status > 0) { /* which one */
        Py_SETREF(answer,
                  PyObject_CallMethod(options, "narrows", "O", self->prop));
        status = answer == NULL ? -1 : PyObject_IsTrue(answer);
    }
    Py_XDECREF(answer);
    Py_DECREF(options);
    return status;
}

/* The key that a many-to-one follows, as the row has it: a new tuple; None if
 * it refers to nothing; NULL if it is not known, with or without an exception.
 */
static PyObject *
committed_key(const crm_side *self)
{
    crm_state *state = self->state;
    int32_t fk_slot = self->manager->attrs[self->slot].fk_slot;
    PyObject *slots = NULL;
    Py_ssize_t n = 1;
    if (fk_slot < 0) {
        slots = PyObject_GetAttrString(self->prop, "_get_slots");
        if (slots == NULL || !PyTuple_Check(slots)) {
            if (slots == NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) {
                PyErr_Clear(); /* no Python property */
            }
            Py_XDECREF(slots);
            return NULL;
        }
        n = PyTuple_GET_SIZE(slots);
    }
    PyObject *key = n == 0 ? NULL : PyTuple_New(n);
    for (Py_ssize_t i = 0; i < n && key != NULL; i++) {
        long slot =
            fk_slot >= 0 ? fk_slot : PyLong_AsLong(PyTuple_GET_ITEM(slots, i));
        PyObject *value = slot < 0 || slot >= self->manager->nattrs
                              ? NULL
                              : committed_value(state, (uint16_t)slot);
        if (value == NULL) {
            Py_CLEAR(key);
            break;
        }
        PyTuple_SET_ITEM(key, i, value);
    }
    Py_XDECREF(slots);
    Py_ssize_t nulls = key == NULL ? 0 : crm_key_count_none(key);
    if (nulls > 0) {
        int partial = nulls == n ? 0 : crm_allows_partial_key(self->target);
        if (partial <= 0) {
            Py_SETREF(key, partial < 0 ? NULL : Py_NewRef(Py_None));
        }
    }
    return key;
}

/* The object that a many-to-one refers to by its row, if that can be told
 * without SQL: new reference (None if there is none); NULL if it cannot, with
 * or without an exception. */
static PyObject *
known_object(const crm_side *self)
{
    crm_state *state = self->state;
    if (state->map == NULL || self->target == NULL) {
        return NULL;
    }
    if (is_narrowed(self) != 0) {
        return NULL; /* whether it meets conditions the database has to say */
    }
    PyObject *values = committed_key(self);
    if (values == NULL || values == Py_None) {
        return values;
    }
    PyObject *found = NULL, *own = NULL;
    crm_key key;
    int status = crm_key_from_values(self->target, values, &key, &own);
    if (status > 0 && state->map != NULL) {
        /* Comparing keys can drop the session. */
        PyObject *session = Py_NewRef((PyObject *)state->map->session);
        PyObject *token =
            state->ext == NULL ? NULL : Py_XNewRef(state->ext->token);
        crm_map *map =
            crm_session_map(state->map->session, self->target->root, token);
        crm_state *other = map == NULL ? NULL : crm_map_get(map, &key);
        if (other != NULL && (other->flags & CRM_S_EXPIRED) == 0) {
            PyObject *obj = crm_state_object(other);
            int fits =
                PyObject_TypeCheck(obj, (PyTypeObject *)self->target->class_);
            found = Py_NewRef(fits ? obj : Py_None);
        }
        Py_XDECREF(token);
        Py_DECREF(session);
    }
    Py_XDECREF(own);
    Py_DECREF(values);
    return found;
}

/* The object a scalar relationship refers to as far as that is known: new
 * reference, NO_VALUE if it is not, NULL with an exception. */
static PyObject *
old_scalar(const crm_side *self)
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
        int changed = state->ext != NULL && state->ext->nchanges > 0;
        return changed ? crm_attr_load_old(state, self->slot)
                       : crm_attr_get_quietly(state, self->slot);
    }
    PyObject *found = known_object(self);
    if (found == NULL && !PyErr_Occurred()) {
        return Py_NewRef(core->no_value);
    }
    if (found != NULL && crm_state_change(state, self->slot) == NULL &&
        !CRM_SLOT_HAS(crm_state_held(state, self->slot)) &&
        crm_state_put(state, self->slot, Py_NewRef(found)) < 0) {
        Py_CLEAR(found); /* (It is loaded, whatever becomes of the change.) */
    }
    return found;
}

/* Runs everything that follows from replacing `old` by `value`; *value may be
 * replaced by a hook. */
static int
fire_replace(const crm_side *self, PyObject **value, PyObject *old,
             const crm_initiator *from)
{
    if (crm_side_check_single(self, *value, old, from) < 0) {
        return -1;
    }
    if (crm_side_is_object(self, old) && old != *value &&
        crm_side_set_parent(self, old, 0) < 0) {
        return -1;
    }
    if (crm_side_fire(self, CRM_AE_SET, 0, from, value, old) < 0) {
        return -1;
    }
    if (crm_side_has_events(self, from)) {
        PyObject *result = PyObject_CallMethod(self->prop, "_on_set", "OOO",
                                               self->obj, *value, old);
        if (result == NULL) {
            return -1;
        }
        Py_SETREF(*value, result);
    }
    if (crm_side_is_object(self, *value) &&
        crm_side_admit(self, value) == NULL) {
        return -1;
    }
    if (old != *value) {
        if (crm_side_warn(self, "related attribute set") < 0) {
            return -1;
        }
        if (crm_side_is_object(self, *value) &&
            crm_side_cascade_in(self, *value, from) < 0) {
            return -1;
        }
        if (crm_side_is_object(self, old)) {
            crm_state *state = crm_side_state_of(self, old);
            if (state == NULL) {
                return -1;
            }
            if (crm_side_cascade_out(self, state, 0) < 0 ||
                crm_side_unrelate(self, old, from, 1) < 0) {
                return -1;
            }
        }
        if (crm_side_is_object(self, *value) &&
            crm_side_relate(self, *value, from) < 0) {
            return -1;
        }
    }
    if (crm_side_fire(self, CRM_AE_SET, 1, from, value, old) < 0) {
        return -1;
    }
    /* whatever the listeners have made of it */
    return crm_side_is_object(self, *value) &&
                   crm_side_admit(self, value) == NULL
               ? -1
               : 0;
}

/* Tells the validator that wants to know of removals. */
static int
validate_remove(const crm_side *self, PyObject *value)
{
    PyObject *result =
        PyObject_CallMethod(self->prop, "_on_remove", "OO", self->obj, value);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

static int
delete_scalar(crm_side *self)
{
    crm_state *state = self->state;
    PyObject *old = old_scalar(self);
    if (old == NULL) {
        return -1;
    }
    crm_initiator own = {self->prop, CRM_OP_REMOVE, self->manager};
    int status = crm_side_tell(self, CRM_AE_REMOVE, 0, &own, old);
    if (status == 0 && crm_side_has_events(self, &own)) {
        status = validate_remove(self, old);
    }
    if (status == 0 && crm_side_is_object(self, old)) {
        crm_state *other = crm_side_state_of(self, old);
        status = other == NULL ? -1 : crm_side_set_parent(self, old, 0);
        if (status == 0) {
            status = crm_side_warn(self, "related attribute delete");
        }
        if (status == 0) {
            status = crm_side_cascade_out(self, other, 1);
        }
        if (status == 0) {
            status = crm_side_unrelate(self, old, &own, 0);
        }
    }
    if (status == 0) {
        status = crm_side_tell(self, CRM_AE_REMOVE, 1, &own, old);
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
    /* (The mark: it had a value once.) */
    PyObject *left =
        had && (state->flags & CRM_S_KEY) == 0 ? CRM_UNLOADED : NULL;
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
set_scalar(crm_side *self, PyObject *value, PyObject *check_old,
           const crm_initiator *from)
{
    crm_state *state = self->state;
    crm_core *core = self->manager->core;
    crm_initiator own = {self->prop, CRM_OP_REPLACE, self->manager};
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
    if (status == 0 && crm_side_is_object(self, stored)) {
        status = crm_side_set_parent(self, stored, 1);
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
            PyObject *check_old, const crm_initiator *from)
{
    if (Py_EnterRecursiveCall(" while relating objects")) {
        return -1;
    }
    crm_side self;
    crm_side_open(&self, state, slot);
    int status = value != NULL ? set_scalar(&self, value, check_old, from)
                               : delete_scalar(&self);
    crm_side_close(&self);
    Py_LeaveRecursiveCall();
    return status;
}

/* ---- collections ------------------------------------------------------ */

/* An empty collection that reading has made is the attribute's from now on,
 * even if the change that begins comes to nothing. */
static void
keep_collection(const crm_side *self)
{
    PyObject *held = crm_state_held(self->state, self->slot);
    if (CRM_SLOT_HAS(held) && held != Py_None) {
        crm_collection_explicit(self->manager->core, held);
    }
}

/* Records a collection's members before it changes, and the mark. */
static int
collection_changes(const crm_side *self)
{
    crm_state *state = self->state;
    PyObject *held = crm_state_held(state, self->slot);
    int has = CRM_SLOT_HAS(held) && held != Py_None;
    keep_collection(self);
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
    crm_side self;
    crm_side_open(&self, state, slot);
    crm_initiator own = {self.prop, CRM_OP_APPEND, self.manager};
    if (from == NULL) {
        from = &own;
    }
    keep_collection(&self);
    PyObject *stored = Py_NewRef(value);
    int status = crm_side_check_single(&self, value, NULL, from);
    if (status == 0) {
        status = crm_side_fire(&self, CRM_AE_APPEND, 0, from, &stored, NULL);
    }
    /* a collection that is set has had all its members validated */
    int validated = from->prop == self.prop && from->op == CRM_OP_BULK;
    if (status == 0 && !validated && crm_side_has_events(&self, from)) {
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
        if (crm_side_admit(&self, &stored) == NULL ||
            crm_side_warn(&self, "collection append") < 0 ||
            crm_side_cascade_in(&self, stored, from) < 0 ||
            crm_side_relate(&self, stored, from) < 0) {
            status = -1;
        }
    }
    if (status == 0) {
        status = crm_side_fire(&self, CRM_AE_APPEND, 1, from, &stored, NULL);
    }
    if (status == 0 && stored != Py_None &&
        crm_side_admit(&self, &stored) == NULL) {
        status = -1; /* whatever the listeners have made of it */
    }
    if (status == 0) {
        status = collection_changes(&self);
    }
    if (status == 0 && stored != Py_None) {
        status = crm_side_set_parent(&self, stored, 1);
    }
    if (status < 0) {
        Py_CLEAR(stored);
    }
    crm_side_close(&self);
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
    crm_side self;
    crm_side_open(&self, state, slot);
    crm_initiator own = {self.prop, CRM_OP_APPEND, self.manager};
    if (from == NULL) {
        from = &own;
    }
    Py_INCREF(value); /* a listener may take it out */
    int status = crm_side_tell(&self, CRM_AE_PRESENT, 0, from, value);
    if (status == 0 && value != Py_None) {
        status = crm_side_warn(&self, "collection append");
    }
    if (status == 0 && state->map != NULL && value != Py_None) {
        status = crm_side_cascade_in(&self, value, &own);
    }
    if (status == 0) {
        status = crm_side_tell(&self, CRM_AE_PRESENT, 1, from, value);
    }
    Py_DECREF(value);
    crm_side_close(&self);
    return status;
}

int
crm_rel_fire_remove(crm_state *state, uint16_t slot, PyObject *value,
                    const crm_initiator *from)
{
    crm_side self;
    crm_side_open(&self, state, slot);
    crm_initiator own = {self.prop, CRM_OP_REMOVE, self.manager};
    if (from == NULL) {
        from = &own;
    }
    int status = 0;
    Py_INCREF(value);
    if (value != Py_None) {
        crm_state *other = crm_side_state_of(&self, value);
        status = other == NULL ? -1 : crm_side_set_parent(&self, value, 0);
        if (status == 0) {
            status = crm_side_tell(&self, CRM_AE_REMOVE, 0, from, value);
        }
        if (status == 0 && crm_side_has_events(&self, from)) {
            status = validate_remove(&self, value);
        }
        if (status == 0) {
            status = crm_side_warn(&self, "collection remove");
        }
        if (status == 0) {
            status = crm_side_cascade_out(&self, other, 1);
        }
        if (status == 0) {
            status = crm_side_unrelate(&self, value, from, 0);
        }
        if (status == 0) {
            status = crm_side_tell(&self, CRM_AE_REMOVE, 1, from, value);
        }
    }
    if (status == 0) {
        status = collection_changes(&self);
    }
    Py_DECREF(value);
    crm_side_close(&self);
    return status;
}

int
crm_rel_changes(crm_state *state, uint16_t slot)
{
    if ((state->flags & CRM_S_KEY) == 0) {
        return 0;
    }
    crm_side self;
    crm_side_open(&self, state, slot);
    int status = collection_changes(&self);
    crm_side_close(&self);
    return status;
}

/* The members to be of a collection attribute, as a new list; NULL with
 * TypeError if the value is no collection of that kind. */
static PyObject *
new_members(const crm_side *self, PyObject *value)
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

/* Lets the validator see, and change, the members that a collection is going to
 * have, those that it keeps among them: 0, or -1 with an exception. */
static int
validate_members(crm_side *self, PyObject *members)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(members); i++) {
        PyObject *member = Py_NewRef(PyList_GET_ITEM(members, i));
        PyObject *result = PyObject_CallMethod(self->prop, "_on_append", "OO",
                                               self->obj, member);
        Py_DECREF(member);
        if (result == NULL || PyList_SetItem(members, i, result) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
replace(crm_side *self, PyObject *value)
{
    crm_state *state = self->state;
    crm_initiator bulk = {self->prop, CRM_OP_BULK, self->manager};
    PyObject *members = new_members(self, value);
    if (members == NULL) {
        return -1;
    }
    PyObject *fresh = NULL, *before = NULL;
    int status = -1;
    PyObject *old = NULL;
    const uint16_t heard = CRM_ATTR_LISTENERS | CRM_ATTR_LATE_LISTENERS;
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
    if (fresh != NULL && crm_side_has_events(self, &bulk) &&
        validate_members(self, members) < 0) {
        goto done;
    }
    if (fresh != NULL && crm_state_held(state, self->slot) == value) {
        status = 0; /* obj.items += [...] assigns what it got: all that
                       happens is told */
        goto done;
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
    if (fresh != NULL) {
        crm_collection_give_up(state, self->slot, fresh);
    }
    Py_XDECREF(old);
    Py_XDECREF(before);
    Py_XDECREF(fresh);
    Py_XDECREF(members);
    return status;
}

int
crm_rel_replace(crm_state *state, uint16_t slot, PyObject *value)
{
    crm_side self;
    crm_side_open(&self, state, slot);
    int status = replace(&self, value);
    crm_side_close(&self);
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
    crm_side self;
    crm_side_open(&self, state, slot);
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
    crm_side_close(&self);
    Py_DECREF(held);
    return status;
}
