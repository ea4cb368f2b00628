/* session.c: identity maps, new, modified and deleted objects of a session; the
 * Python type is in sessionbase.c.
 *
 * An object belongs to a session while state->map is set; then it is in exactly
 * one of: its identity map (CRM_S_IN_MAP), new_ (CRM_S_NEW), gone (see
 * crm_session).  Membership in new_, modified and deleted is one strong
 * reference each.
 */
#include "core/compat.h"
#include "session.h"

#include <string.h>

#include "core/relations/collection.h"
#include "core/relations/events.h"
#include "core/values/uuid.h"

/* ---- identity maps ---------------------------------------------------- */

/* Keys are borrowed from states; comparing them can kill those. */
static int
key_equal(const void *a, const void *b, void *core)
{
    if (a == b) {
        return 1;
    }
    PyObject *left = Py_NewRef((PyObject *)a);
    PyObject *right = Py_NewRef((PyObject *)b);
    int equal = crm_same_key(core, left, right);
    Py_DECREF(left);
    Py_DECREF(right);
    return equal;
}

/* See crm_session_map(); the caller holds the token. */
static crm_map *
find_map(crm_session *session, crm_manager *root, PyObject *token)
{
    /* Maps are never taken away, whatever a comparison does. */
    for (size_t i = 0; i < session->nmaps; i++) {
        crm_map *map = session->maps[i];
        if (map->root != root) {
            continue;
        }
        if (map->token == token) {
            return map;
        }
        if (map->token != NULL && token != NULL) {
            int same = PyObject_RichCompareBool(map->token, token, Py_EQ);
            if (same != 0) {
                return same < 0 ? NULL : map;
            }
        }
    }
    session->tokens |= token != NULL;
    crm_map **maps =
        PyMem_Realloc(session->maps, (session->nmaps + 1) * sizeof(crm_map *));
    if (maps == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    session->maps = maps;
    crm_map *map = PyMem_Malloc(sizeof(crm_map));
    crm_identity *ids = crm_identity_new(key_equal, root->core);
    if (map == NULL || ids == NULL) {
        PyMem_Free(map);
        if (ids != NULL) {
            crm_identity_free(ids);
        }
        PyErr_NoMemory();
        return NULL;
    }
    map->ids = ids;
    map->session = session;
    map->root = (crm_manager *)Py_NewRef((PyObject *)root);
    map->token = Py_XNewRef(token);
    session->maps[session->nmaps++] = map;
    return map;
}

crm_map *
crm_session_map(crm_session *session, crm_manager *root, PyObject *token)
{
    /* a comparison may take it from the object that has it */
    Py_XINCREF(token);
    crm_map *map = find_map(session, root, token);
    Py_XDECREF(token);
    return map;
}

crm_map *
crm_session_map_of(crm_session *session, crm_state *state)
{
    return crm_session_map(session, crm_state_manager(state)->root,
                           crm_state_token(state));
}

crm_state *
crm_map_get(crm_map *map, const crm_key *key)
{
    void *value = NULL;
    if (key->is_int) {
        value = crm_identity_get_int(map->ids, key->u.i);
    }
    else if (crm_identity_get(map->ids, key, &value) <= 0) {
        return NULL;
    }
    crm_state *state = value;
    if (state != NULL && crm_state_is_dead(state)) {
        /* Its deallocation was put off (a long chain of objects). */
        crm_identity_remove(map->ids, key, state);
        CRM_OFF(state, CRM_S_IN_MAP);
        state->map = NULL;
        return NULL;
    }
    return state;
}

/* Another object took the place of this one (NULL: of none) in the identity
 * map: its deallocation was put off, or the collector ran code that loaded it.
 * What is still alive is returned, a new reference, for crm_session_detach();
 * else NULL. */
static PyObject *
displace(crm_state *state, const crm_state *by)
{
    if (state == NULL || state == by) {
        return NULL;
    }
    CRM_OFF(state, CRM_S_IN_MAP);
    if (crm_state_is_dead(state)) {
        state->map = NULL;
        return NULL;
    }
    return Py_NewRef(crm_state_object(state));
}

/* "<User at 0x7f…>": new reference. */
static PyObject *
state_str(crm_state *state)
{
    PyObject *obj = crm_state_object(state);
    return PyUnicode_FromFormat("<%s at %p>", crm_type_name(Py_TYPE(obj)), obj);
}

/* -1 with an exception if a state is attached to another session, else 0. */
static int
check_own(const crm_session *self, crm_state *state)
{
    const crm_session *other = state->map == NULL ? self : state->map->session;
    PyObject *text = other == self ? NULL : state_str(state);
    if (text != NULL) {
        crm_raise(self->core, "InvalidRequestError",
                  "Object '%U' is already attached to session '%llu' (this is "
                  "'%llu')",
                  text, (unsigned long long)other->hash_key,
                  (unsigned long long)self->hash_key);
        Py_DECREF(text);
    }
    return other == self ? 0 : -1;
}

/* Whether nothing has happened to a state, while keys were compared, that keeps
 * it from a map: -1 with an exception otherwise. */
static int
may_enter(const crm_map *map, crm_state *state, const crm_key *key)
{
    int keyed = (state->flags & CRM_S_KEY) != 0;
    int same = (state->flags & CRM_S_INT_KEY) != 0
                   ? key->is_int && state->key.i == key->u.i
                   : !key->is_int && state->key.o == key->u.p;
    if (!keyed || !same) {
        return crm_session_refuse(state, "InvalidRequestError",
                                  "Instance '%U' has another identity by now");
    }
    return check_own(map->session, state);
}

/* As crm_session_attach(), by an integer key: nothing runs that could change
 * the state. */
static inline int
attach_by_integer(crm_map *map, crm_state *state)
{
    crm_key key = {.is_int = true, .u.i = state->key.i};
    void *before;
    if (crm_identity_put(map->ids, &key, state, &before) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    state->map = map;
    state->flags |= CRM_S_IN_MAP;
    PyObject *was = displace(before, state);
    if (was != NULL) {
        crm_session_detach(before);
        Py_DECREF(was);
    }
    return 0;
}

int
crm_session_attach(crm_map *map, crm_state *state)
{
    crm_key key;
    PyObject *own;
    if (state->map == NULL && map->token == NULL &&
        (state->flags & (CRM_S_INT_KEY | CRM_S_MODIFIED)) == CRM_S_INT_KEY) {
        return attach_by_integer(map, state);
    }
    if (crm_state_map_key(state, &key, &own) < 0) {
        return -1;
    }
    void *before = NULL;
    PyObject *was = NULL; /* holds what was there before */
    int status = -1;
    if (map->token != NULL && crm_state_set_token(state, map->token) < 0) {
        goto done;
    }
    status = crm_identity_put(map->ids, &key, state, &before);
    if (status < 0) {
        if (!PyErr_Occurred()) {
            PyErr_NoMemory();
        }
        goto done;
    }
    /* (An error that is raised runs code.) */
    was = displace(before, state);
    status = may_enter(map, state, &key);
    if (status == 0 && (state->flags & CRM_S_MODIFIED) != 0) {
        /* It was changed while it was detached. */
        status = crm_session_hold(&map->session->modified, state, 0);
    }
    if (status == 0) {
        state->map = map;
        state->flags |= CRM_S_IN_MAP;
    }
    else {
        crm_identity_remove(map->ids, &key, state);
    }
    if (was != NULL) {
        crm_session_detach(before);
    }
done:
    Py_XDECREF(was);
    Py_XDECREF(own);
    return status;
}

/* ---- strong references ------------------------------------------------ */

int
crm_session_hold(crm_ptrset *set, crm_state *state, uint32_t flag)
{
    int added = crm_ptrset_add(set, state);
    if (added < 0) {
        PyErr_NoMemory();
        return -1;
    }
    state->flags |= flag;
    if (added) {
        Py_INCREF(crm_state_object(state));
    }
    return 0;
}

/* May drop the last reference. */
void
crm_session_unhold(crm_ptrset *set, crm_state *state, uint32_t flag)
{
    CRM_OFF(state, flag);
    if (crm_ptrset_remove(set, state)) {
        Py_DECREF(crm_state_object(state));
    }
}

int
crm_session_autobegin(crm_session *session)
{
    PyObject *name = session->core->str_autobegin;
    if (session->begun) {
        return 0;
    }
    if (crm_type_lookup(Py_TYPE(session), name) == NULL) {
        return 0;
    }
    PyObject *result = PyObject_CallMethodNoArgs((PyObject *)session, name);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

int
crm_session_modified(crm_state *state)
{
    if ((state->flags & (CRM_S_KEY | CRM_S_MODIFIED)) != CRM_S_KEY) {
        return 0;
    }
    if ((state->flags & CRM_S_IN_MAP) == 0) {
        state->flags |= CRM_S_MODIFIED;
        return 0;
    }
    crm_session *session = state->map->session;
    int first = session->modified.count == 0;
    if (crm_session_hold(&session->modified, state, CRM_S_MODIFIED) < 0) {
        return -1;
    }
    if (!first) {
        return 0;
    }
    Py_INCREF((PyObject *)session);
    int status = crm_session_autobegin(session);
    Py_DECREF((PyObject *)session);
    return status;
}

void
crm_session_detach(crm_state *state)
{
    crm_map *map = state->map;
    if (map == NULL) {
        return;
    }
    PyObject *obj = Py_NewRef(crm_state_object(state));
    crm_session *session = (crm_session *)Py_NewRef((PyObject *)map->session);
    crm_state_leave_map(state); /* may run the code of a hash */
    if (state->map == map) {
        crm_ptrset_remove(&session->gone, state);
        state->map = NULL;
        CRM_OFF(state, CRM_S_BORN);
        crm_session_unhold(&session->new_, state, CRM_S_NEW);
        crm_session_unhold(&session->deleted, state, CRM_S_TO_DELETE);
        crm_session_unhold(&session->modified, state,
                           0); /* the mark itself stays */
    }
    Py_DECREF((PyObject *)session);
    Py_DECREF(obj);
}

/* ---- errors ----------------------------------------------------------- */

PyObject *
crm_raise_unmapped(crm_core *core, PyObject *obj)
{
    PyObject *cls = PyObject_GetAttrString(core->exc, "UnmappedInstanceError");
    if (cls == NULL) {
        return NULL;
    }
    /* A string alone would be taken for the message. */
    PyObject *error =
        PyUnicode_Check(obj)
            ? PyObject_CallFunction(cls, "Os", obj,
                                    "Class 'builtins.str' is not mapped")
            : PyObject_CallOneArg(cls, obj);
    if (error != NULL) {
        PyErr_SetObject(cls, error);
        Py_DECREF(error);
    }
    Py_DECREF(cls);
    return NULL;
}

const char *
crm_type_name(PyTypeObject *type)
{
    const char *dot = strrchr(type->tp_name, '.');
    return dot != NULL ? dot + 1 : type->tp_name;
}

/* An exc.InvalidRequestError whose text has the object in the place of %U. */
int
crm_session_refuse(crm_state *state, const char *exc_name, const char *format)
{
    PyObject *text = state_str(state);
    if (text != NULL) {
        crm_raise(crm_state_manager(state)->core, exc_name, format, text);
        Py_DECREF(text);
    }
    return -1;
}

crm_state *
crm_session_mapped(crm_session *self, PyObject *obj)
{
    crm_state *state = crm_state_of(self->core, obj);
    if (state == NULL) {
        crm_raise_unmapped(self->core, obj);
    }
    return state;
}

/* ---- adding ----------------------------------------------------------- */

int
crm_session_before_attach(crm_session *self, crm_state *state)
{
    if (state->map == NULL) {
        if (crm_session_autobegin(self) < 0) {
            return -1;
        }
        if ((self->events & CRM_SE_BEFORE_ATTACH) == 0) {
            return 1;
        }
        if (crm_session_fire(self, "before_attach", crm_state_object(state)) <
            0) {
            return -1;
        }
        if (state->map == NULL) {
            return 1;
        }
        /* the listener has attached it */
    }
    return check_own(self, state);
}

/* Tells listeners that an object came into the session. */
static int
after_attach(crm_session *self, crm_state *state)
{
    if ((self->events & CRM_SE_AFTER_ATTACH) == 0) {
        return 0;
    }
    PyObject *obj = crm_state_object(state);
    const char *how = state->flags & CRM_S_KEY ? "detached_to_persistent"
                                               : "transient_to_pending";
    if (crm_session_fire(self, "after_attach", obj) < 0) {
        return -1;
    }
    return crm_session_fire(self, how, obj);
}

int
crm_session_attach_checked(crm_session *self, crm_state *state)
{
    crm_map *map = crm_session_map_of(self, state);
    crm_key key;
    PyObject *own;
    if (map == NULL || crm_state_map_key(state, &key, &own) < 0) {
        return -1;
    }
    crm_state *other = crm_map_get(map, &key);
    int failed = other == NULL && PyErr_Occurred() != NULL;
    int taken = other != NULL && other != state;
    Py_XDECREF(own);
    if (failed || check_own(self, state) < 0) {
        return -1;
    }
    int gone = crm_ptrset_has(&self->gone, state);
    if (state->map != NULL && !gone) {
        return 0; /* a comparison of keys attached it */
    }
    if (!taken) {
        if (crm_session_attach(map, state) < 0) {
            return -1;
        }
        crm_ptrset_remove(&self->gone, state);
        return gone ? 0 : after_attach(self, state);
    }
    PyObject *text = state_str(state);
    PyObject *shown = crm_state_key(state);
    if (text != NULL && shown != NULL) {
        crm_raise(self->core, "InvalidRequestError",
                  "Can't attach instance %U; another instance with key %S is "
                  "already present in this session.",
                  text, shown);
    }
    Py_XDECREF(text);
    Py_XDECREF(shown);
    return -1;
}

int
crm_session_refuses(const crm_state *state)
{
    return (state->flags & CRM_S_KEY) != 0 &&
           (state->flags & (CRM_S_DELETED | CRM_S_ONCE_DELETED)) != 0;
}

int
crm_session_save(crm_session *self, crm_state *state)
{
    if (crm_session_refuses(state)) {
        return crm_session_refuse(
            state, "InvalidRequestError",
            "Instance '%U' has been deleted.  Use the "
            "make_transient() function to send this object back to "
            "the transient state.");
    }
    int attach = crm_session_before_attach(self, state);
    if (attach < 0) {
        return -1;
    }
    if (state->flags & CRM_S_KEY) {
        if (attach || crm_ptrset_has(&self->gone, state)) {
            return crm_session_attach_checked(self, state);
        }
        if (state->flags & CRM_S_TO_DELETE) {
            crm_session_unhold(&self->deleted, state, CRM_S_TO_DELETE);
        }
        return 0;
    }
    /* Attached for the sake of its relationships alone. */
    int waits = state->map != NULL && state->map->session == self &&
                crm_ptrset_has(&self->gone, state);
    if (state->map != NULL && !waits) {
        return 0;
    }
    crm_map *map = crm_session_map_of(self, state);
    if (map == NULL || crm_session_hold(&self->new_, state, CRM_S_NEW) < 0) {
        return -1;
    }
    crm_ptrset_remove(&self->gone, state);
    state->map = map;
    return waits ? 0 : after_attach(self, state);
}

int
crm_session_load_pending(crm_session *self, crm_state *state)
{
    int attach = crm_session_before_attach(self, state);
    if (attach < 0) {
        return -1;
    }
    if (attach && (state->flags & CRM_S_KEY)) {
        if (crm_session_attach_checked(self, state) < 0) {
            return -1;
        }
    }
    else if (attach) {
        crm_map *map = crm_session_map_of(self, state);
        if (map == NULL) {
            return -1;
        }
        if (state->map == NULL) {
            if (crm_ptrset_add(&self->gone, state) < 0) {
                PyErr_NoMemory();
                return -1;
            }
            state->map = map;
        }
        if (after_attach(self, state) < 0) {
            return -1;
        }
    }
    state->flags |= CRM_S_LOADS_PENDING;
    return 0;
}

int
crm_session_contains(crm_session *session, crm_state *state)
{
    return state->map != NULL && state->map->session == session &&
           (state->flags & (CRM_S_NEW | CRM_S_IN_MAP)) != 0;
}

/* ---- after the flush -------------------------------------------------- */

/* The primary key values in an object's slots: a new tuple. */
static PyObject *
key_values(crm_state *state)
{
    crm_manager *manager = crm_state_manager(state);
    PyObject *values = PyTuple_New(manager->npk);
    for (uint16_t i = 0; values != NULL && i < manager->npk; i++) {
        PyObject *value = crm_state_peek(state, manager->pk[i]);
        if (value == NULL && PyErr_Occurred()) {
            Py_CLEAR(values);
            break;
        }
        PyTuple_SET_ITEM(values, i, value != NULL ? value : Py_NewRef(Py_None));
    }
    return values;
}

void
crm_state_take_key(crm_state *state, const crm_key *key, PyObject *own)
{
    const uint32_t both = CRM_S_KEY | CRM_S_INT_KEY;
    PyObject *old = (state->flags & both) == CRM_S_KEY ? state->key.o : NULL;
    CRM_OFF(state, CRM_S_INT_KEY);
    state->flags |= CRM_S_KEY;
    if (key->is_int) {
        state->flags |= CRM_S_INT_KEY;
        state->key.i = key->u.i;
        Py_XDECREF(own);
    }
    else {
        state->key.o = own;
    }
    Py_XDECREF(old);
}

/* Empty collections that reading made are no values of a row: they will be
 * loaded. */
static void
drop_implicit(crm_state *state)
{
    crm_manager *manager = crm_state_manager(state);
    for (uint16_t slot = 0; slot < manager->nattrs; slot++) {
        PyObject *held;
        if (manager->attrs[slot].kind == CRM_ATTR_COLLECTION &&
            CRM_SLOT_HAS(held = crm_state_held(state, slot)) &&
            crm_collection_is_implicit(manager->core, held)) {
            if (Py_REFCNT(held) > 1) {
                Py_INCREF(held);
                crm_collection_stray(state, slot, held);
                Py_DECREF(held);
            }
            (void)crm_state_put(state, slot, NULL);
        }
    }
}

/* Out of the identity map, but not out of the session: 1; 0 if it does not
 * belong to that (any more); -1 with MemoryError. */
static int
take_out(crm_session *session, crm_state *state)
{
    if (state->map == NULL || state->map->session != session) {
        return 0;
    }
    if (crm_ptrset_add(&session->gone, state) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    crm_state_leave_map(state); /* may run the code of a hash */
    if (state->map == NULL || state->map->session != session) {
        return 0;
    }
    if (!crm_ptrset_has(&session->gone, state)) {
        crm_session_detach(state); /* that code had entered it again */
        return 0;
    }
    return 1;
}

/* A flushed change of the primary key: the identity follows.  Takes over `own`.
 * If it cannot, the object stays with the session, which does not find it. */
static int
rekey(crm_map *map, crm_state *state, const crm_key *key, PyObject *own)
{
    int status =
        take_out(map->session, state) < 0 ? -1 : check_own(map->session, state);
    if (status < 0) {
        Py_XDECREF(own);
        return -1;
    }
    crm_state_take_key(state, key, own);
    status = crm_session_attach(map, state);
    if (status == 0) {
        crm_ptrset_remove(&map->session->gone, state);
    }
    return status;
}

int
crm_session_give_way(crm_session *session, crm_state *state)
{
    int out = take_out(session, state);
    if (out > 0) {
        crm_session_unhold(&session->deleted, state, CRM_S_TO_DELETE);
        crm_session_unhold(&session->modified, state, 0);
    }
    return out;
}

/* Warns if an object that has given way still has the key in its attributes. */
static int
warn_of_replaced(crm_core *core, PyObject *obj, PyObject *values)
{
    crm_state *state = crm_state_of(core, obj);
    if (state == NULL) {
        return 0; /* the program took it from its dict */
    }
    PyObject *theirs = key_values(state);
    if (theirs == NULL) {
        return -1;
    }
    int same = PyObject_RichCompareBool(theirs, values, Py_EQ);
    Py_DECREF(theirs);
    if (same <= 0) {
        return same;
    }
    PyObject *util = PyImport_ImportModule("cormorant.util");
    PyObject *text = NULL, *none = NULL;
    if (util != NULL) {
        text = PyUnicode_FromFormat(
            "Identity map already had an identity for (%R, %R, %R), "
            "replacing "
            "it with newly flushed object.   Are there load operations "
            "occurring inside of an event handler within the flush?",
            crm_state_manager(state)->root->class_, values,
            crm_state_token(state) != NULL ? crm_state_token(state) : Py_None);
    }
    if (text != NULL) {
        none = PyObject_CallMethod(util, "warn", "O", text);
    }
    Py_XDECREF(text);
    Py_XDECREF(util);
    Py_XDECREF(none);
    return none == NULL ? -1 : 0;
}

int
crm_session_register(crm_session *session, crm_state *state)
{
    crm_manager *manager = crm_state_manager(state);
    PyObject *values = key_values(state);
    if (values == NULL) {
        return -1;
    }
    crm_key key;
    PyObject *own;
    int status = crm_key_from_values(manager, values, &key, &own);
    if (status > 0 && crm_key_count_none(values) > 0) {
        status = crm_allows_partial_key(manager);
        if (status <= 0) {
            Py_XDECREF(own);
        }
    }
    if (status <= 0) {
        if (status == 0) {
            crm_session_refuse(
                state, "FlushError",
                "Instance %U has a NULL identity key.  If this is an "
                "auto-generated value, check that the database table allows "
                "generation of new primary key values, and that the mapped "
                "Column object is configured to expect these generated "
                "values.  Ensure also that this flush() is not occurring at "
                "an inappropriate time, such as within a load() event.");
        }
        Py_DECREF(values);
        return -1;
    }
    crm_map *map = crm_session_map_of(session, state);
    crm_state *other = map == NULL ? NULL : crm_map_get(map, &key);
    if (map == NULL || (other == NULL && PyErr_Occurred())) {
        Py_XDECREF(own);
        Py_DECREF(values);
        return -1;
    }
    PyObject *replaced = NULL;
    if (other != NULL && other != state) {
        replaced = Py_NewRef(crm_state_object(other));
        if (crm_session_give_way(session, other) < 0) {
            Py_DECREF(replaced);
            Py_XDECREF(own);
            Py_DECREF(values);
            return -1;
        }
    }
    PyObject *obj = Py_NewRef(crm_state_object(state));
    drop_implicit(state);
    if ((state->flags & CRM_S_KEY) == 0) {
        crm_state_take_key(state, &key, own);
        status = crm_session_attach(map, state);
        if (status < 0 && (state->flags & CRM_S_IN_MAP) == 0) {
            crm_state_drop_key(state);
        }
    }
    else {
        status = rekey(map, state, &key, own);
    }
    if (status == 0) {
        crm_session_unhold(&session->new_, state, CRM_S_NEW);
        crm_state_commit(state);
    }
    if (status == 0 && replaced != NULL) {
        status = warn_of_replaced(session->core, replaced, values);
    }
    Py_XDECREF(replaced);
    Py_DECREF(values);
    Py_DECREF(obj);
    return status < 0 ? -1 : 0;
}
