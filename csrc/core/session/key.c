/* key.c: primary keys of mapped objects as keys of the identity map. */
#include "session.h"
#include "core/values/uuid.h"

static crm_key
int_key(int64_t value)
{
    crm_key key = {.is_int = true};
    key.u.i = value;
    return key;
}

static int
opaque_key(const crm_core *core, PyObject *value, crm_key *key)
{
    PyObject *plain = crm_plain_key(core, value);
    Py_hash_t hash = plain == NULL ? -1 : PyObject_Hash(plain);
    Py_XDECREF(plain);
    if (hash == -1) {
        return -1;
    }
    *key = (crm_key){.is_int = false, .hash = (uint64_t)hash};
    key->u.p = value;
    return 0;
}

int
crm_key_from_value(crm_manager *manager, PyObject *value, crm_key *key,
                   PyObject **own)
{
    *own = NULL;
    if (value == Py_None) {
        return 0;
    }
    /* Whatever equals an integer is that integer, as in a dict. */
    if (PyLong_Check(value)) {
        int overflow;
        long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
        if (number == -1 && PyErr_Occurred()) {
            return -1;
        }
        if (!overflow) {
            *key = int_key(number);
            return 1;
        }
    }
    else if (PyFloat_CheckExact(value)) {
        double number = PyFloat_AS_DOUBLE(value);
        if (number >= -9.2e18 && number <= 9.2e18 &&
            number == (double)(int64_t)number) {
            *key = int_key((int64_t)number);
            return 1;
        }
    }
    if (opaque_key(manager->core, value, key) < 0) {
        return -1;
    }
    *own = Py_NewRef(value);
    return 1;
}

Py_ssize_t
crm_key_count_none(PyObject *values)
{
    Py_ssize_t none = 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(values); i++) {
        none += PyTuple_GET_ITEM(values, i) == Py_None;
    }
    return none;
}

int
crm_key_from_values(crm_manager *manager, PyObject *values, crm_key *key,
                    PyObject **own)
{
    *own = NULL;
    Py_ssize_t n = PyTuple_GET_SIZE(values);
    if (n == 1) {
        return crm_key_from_value(manager, PyTuple_GET_ITEM(values, 0), key,
                                  own);
    }
    if (crm_key_count_none(values) == n) {
        return 0;
    }
    if (opaque_key(manager->core, values, key) < 0) {
        return -1;
    }
    *own = Py_NewRef(values);
    return 1;
}

int
crm_allows_partial_key(crm_manager *manager)
{
    if (manager->mapper == Py_None) {
        return 1;
    }
    PyObject *value =
        PyObject_GetAttrString(manager->mapper, "allow_partial_pks");
    if (value == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
            return -1;
        }
        PyErr_Clear();
        return 1;
    }
    int yes = PyObject_IsTrue(value);
    Py_DECREF(value);
    return yes;
}

int
crm_state_map_key(crm_state *state, crm_key *key, PyObject **own)
{
    *own = NULL;
    if (state->flags & CRM_S_INT_KEY) {
        *key = int_key(state->key.i);
        return 0;
    }
    if ((state->flags & CRM_S_KEY) == 0) {
        return crm_session_refuse(state, "InvalidRequestError",
                                  "Instance '%U' is not persisted");
    }
    *own = Py_NewRef(state->key.o);
    if (opaque_key(crm_state_manager(state)->core, *own, key) < 0) {
        Py_CLEAR(*own);
        return -1;
    }
    return 0;
}

void
crm_state_drop_key(crm_state *state)
{
    if ((state->flags & CRM_S_KEY) == 0) {
        return;
    }
    PyObject *own = state->flags & CRM_S_INT_KEY ? NULL : state->key.o;
    state->flags &= ~(uint32_t)(CRM_S_KEY | CRM_S_INT_KEY);
    state->key.o = NULL;
    Py_XDECREF(own);
}

int
crm_state_set_token(crm_state *state, PyObject *token)
{
    if (token == Py_None) {
        token = NULL;
    }
    if (token == crm_state_token(state)) {
        return 0;
    }
    crm_ext *ext = crm_state_ext(state);
    if (ext == NULL) {
        return -1;
    }
    if (token != NULL && PyObject_IS_GC(token)) {
        crm_state_track(state);
    }
    PyObject *old = ext->token;
    ext->token = Py_XNewRef(token);
    Py_XDECREF(old);
    return 0;
}

PyObject *
crm_state_key(crm_state *state)
{
    if ((state->flags & CRM_S_KEY) == 0) {
        Py_RETURN_NONE;
    }
    crm_manager *root = crm_state_manager(state)->root;
    PyObject *values;
    if (state->flags & CRM_S_INT_KEY) {
        values = Py_BuildValue("(L)", (long long)state->key.i);
    }
    else if (root->npk == 1 || !PyTuple_Check(state->key.o)) {
        values = PyTuple_Pack(1, state->key.o);
    }
    else {
        values = Py_NewRef(state->key.o);
    }
    if (values == NULL) {
        return NULL;
    }
    PyObject *token = crm_state_token(state);
    PyObject *key =
        PyTuple_Pack(3, root->class_, values, token != NULL ? token : Py_None);
    Py_DECREF(values);
    return key;
}

PyObject *
crm_state_key_part(const crm_state *state, uint16_t at)
{
    if (state->flags & CRM_S_INT_KEY) {
        return PyLong_FromLongLong(state->key.i);
    }
    PyObject *key = state->key.o;
    if (crm_state_manager(state)->npk > 1) {
        key = PyTuple_GET_ITEM(key, at);
    }
    return Py_NewRef(key);
}

/* The slow way out: look for the entry instead of computing its place. */
static void
leave_by_search(crm_identity *ids, const crm_state *state)
{
    size_t pos = 0;
    crm_key key;
    void *value;
    while (crm_identity_next(ids, &pos, &key, &value)) {
        if (value == state) {
            crm_identity_remove(ids, &key, state);
            return;
        }
    }
}

/* True if hashing `key` runs no Python code and allocates nothing. */
static int
hashes_quietly(const crm_core *core, PyObject *key)
{
    if (crm_uuid_number(core, key) != NULL) {
        return 1;
    }
    if (PyUnicode_CheckExact(key) || PyLong_CheckExact(key) ||
        PyBytes_CheckExact(key) || PyFloat_CheckExact(key) || key == Py_None) {
        return 1;
    }
    if (!PyTuple_CheckExact(key)) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(key); i++) {
        PyObject *item = PyTuple_GET_ITEM(key, i);
        /* UUIDs within a tuple make another one */
        if (crm_uuid_number(core, item) != NULL ||
            !hashes_quietly(core, item)) {
            return 0;
        }
    }
    return 1;
}

/* The hash of a key as what a state is in its map by: 1; 0 if it has none. That
 * may be Python code, which must neither see a dying object nor disturb an
 * exception that is on its way.  Afterwards the state is in the map no more
 * than before, whatever that code did. */
static int
hash_loudly(crm_state *state, crm_key *key)
{
    const crm_map *map = state->map;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *own = Py_NewRef(state->key.o);
    int status = opaque_key(crm_state_manager(state)->core, own, key);
    PyErr_Clear();
    Py_DECREF(own);
    PyErr_Restore(type, value, traceback);
    if (state->map == map) {
        state->flags &= ~(uint32_t)CRM_S_IN_MAP;
    }
    return status == 0;
}

void
crm_state_leave_map(crm_state *state)
{
    if ((state->flags & CRM_S_IN_MAP) == 0) {
        return;
    }
    const crm_core *core = crm_state_manager(state)->core;
    crm_identity *ids = state->map->ids;
    state->flags &= ~(uint32_t)CRM_S_IN_MAP;
    crm_key key;
    if (state->flags & CRM_S_INT_KEY) {
        key = int_key(state->key.i);
        if (crm_identity_remove(ids, &key, state)) {
            return;
        }
    }
    else if (hashes_quietly(core, state->key.o)) {
        if (opaque_key(core, state->key.o, &key) == 0 &&
            crm_identity_remove(ids, &key, state)) {
            return;
        }
    }
    else if (Py_REFCNT((PyObject *)state->map->session) > 0) {
        /* The code of a hash may drop the session, or take the object out of
         * it: the entry is left to us. */
        PyObject *session = Py_NewRef((PyObject *)state->map->session);
        if (!hash_loudly(state, &key) ||
            !crm_identity_remove(ids, &key, state)) {
            leave_by_search(ids, state);
        }
        Py_DECREF(session);
        return;
    }
    leave_by_search(ids, state);
}
