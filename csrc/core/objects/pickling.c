/* pickling.c: mapped objects as pickles and copies.
 *
 * The state is a dict of the loaded attributes by name, and under
 * "_sa_instance_state" a plain dict of what else makes the object: identity
 * key, old values, the modified mark, names of columns that reading would
 * load, loader options.  The restored object is transient or detached.
 */
#include "core/relations/collection.h"
#include "core/relations/events.h"
#include "core/session/session.h"

PyObject *
crm_state_info(crm_state *state)
{
    crm_manager *manager = crm_state_manager(state);
    PyObject *key = crm_state_key(state);
    PyObject *committed = PyDict_New();
    PyObject *unloaded = PyList_New(0);
    PyObject *info = NULL;
    if (key == NULL || committed == NULL || unloaded == NULL) {
        goto done;
    }
    for (uint16_t slot = 0; slot < manager->nattrs; slot++) {
        crm_change *change = crm_state_change(state, slot);
        PyObject *held = crm_state_held(state, slot);
        if (manager->attrs[slot].kind == CRM_ATTR_COLUMN && change == NULL &&
            (held == CRM_UNLOADED || (held == NULL && state->page != NULL &&
                                      !crm_state_in_row(state, slot))) &&
            PyList_Append(unloaded, manager->attrs[slot].name) < 0) {
            goto done;
        }
        if (change != NULL &&
            PyDict_SetItem(committed, manager->attrs[slot].name, change->old) <
                0) {
            goto done;
        }
    }
    info = Py_BuildValue("{sOsOsOsOsO}", "key", key, "committed", committed,
                         "unloaded", unloaded, "modified",
                         state->flags & CRM_S_MODIFIED ? Py_True : Py_False,
                         "expired",
                         state->flags & CRM_S_EXPIRED ? Py_True : Py_False);
    PyObject *options = crm_state_options(state);
    if (info != NULL && options != NULL &&
        PyDict_SetItemString(info, "options", options) < 0) {
        Py_CLEAR(info);
    }
done:
    Py_XDECREF(key);
    Py_XDECREF(committed);
    Py_XDECREF(unloaded);
    return info;
}

PyObject *
crm_entity_getstate(crm_core *core, PyObject *self)
{
    crm_state *state = crm_state_of(core, self);
    if (state == NULL) {
        return crm_raise_unmapped(core, self);
    }
    PyObject *dict = crm_state_dict(state);
    PyObject *info = dict == NULL ? NULL : crm_state_info(state);
    crm_manager *manager = crm_state_manager(state);
    if (info != NULL && (manager->events & CRM_ME_PICKLE) &&
        crm_manager_fire(manager, "pickle", self, info) < 0) {
        Py_CLEAR(info);
    }
    if (info == NULL ||
        PyDict_SetItem(dict, core->str_instance_state, info) < 0) {
        Py_CLEAR(dict);
    }
    Py_XDECREF(info);
    return dict;
}

/* What a pickle says of an object besides its values; see crm_state_info(). */
enum {
    KEY,
    COMMITTED,
    UNLOADED,
    MODIFIED,
    EXPIRED,
    OPTIONS,
    NINFO
};
static const char *const INFO[NINFO] = {"key",      "committed", "unloaded",
                                        "modified", "expired",   "options"};

static int
restore_key(crm_state *state, PyObject *key)
{
    crm_manager *manager = crm_state_manager(state);
    if (key == NULL || !PyTuple_Check(key) || PyTuple_GET_SIZE(key) != 3 ||
        !PyTuple_Check(PyTuple_GET_ITEM(key, 1))) {
        return 0;
    }
    crm_key found;
    PyObject *own;
    int status = crm_key_from_values(manager->root, PyTuple_GET_ITEM(key, 1),
                                     &found, &own);
    if (status > 0 && state->map == NULL &&
        crm_state_set_token(state, PyTuple_GET_ITEM(key, 2)) < 0) {
        status = -1;
        Py_XDECREF(own);
    }
    else if (status > 0 && state->map == NULL) {
        crm_state_take_key(state, &found, own);
        return 0;
    }
    if (status >= 0) {
        Py_XDECREF(own);
    }
    return status < 0 ? -1 : 0;
}

/* The slot of a pickled attribute; -1 without an exception if there is none. */
static int
slot_named(crm_state *state, PyObject *name)
{
    PyObject *slot =
        PyDict_GetItemWithError(crm_state_manager(state)->names, name);
    return slot == NULL ? -1 : (int)PyLong_AsLong(slot);
}

static int
restore_committed(crm_state *state, PyObject *committed)
{
    PyObject *name, *old;
    Py_ssize_t pos = 0;
    while (committed != NULL && PyDict_Check(committed) &&
           PyDict_Next(committed, &pos, &name, &old)) {
        /* A name that is no str may run code when it is looked up. */
        Py_INCREF(name);
        Py_INCREF(old);
        int slot = slot_named(state, name);
        Py_DECREF(name);
        if (slot >= 0) {
            if (crm_state_record(state, (uint16_t)slot, old) < 0) {
                return -1;
            }
            continue;
        }
        Py_DECREF(old);
        if (PyErr_Occurred()) {
            return -1;
        }
    }
    return 0;
}

static int
restore_unloaded(crm_state *state, PyObject *unloaded)
{
    for (Py_ssize_t i = 0; unloaded != NULL && PyList_Check(unloaded) &&
                           i < PyList_GET_SIZE(unloaded);
         i++) {
        PyObject *name = Py_NewRef(PyList_GET_ITEM(unloaded, i));
        int slot = slot_named(state, name);
        Py_DECREF(name);
        if (slot < 0 ? PyErr_Occurred() != NULL
                     : crm_state_put(state, (uint16_t)slot, CRM_UNLOADED) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The identity, old values and mark of a new object. */
static int
restore_info(crm_state *state, PyObject *info)
{
    PyObject *found[NINFO] = {NULL};
    int status = -1;
    if (state->map != NULL) {
        PyErr_SetString(PyExc_ValueError, "the object is in a session");
        return -1;
    }
    for (int i = 0; i < NINFO; i++) {
        PyObject *name = PyUnicode_FromString(INFO[i]);
        found[i] = name == NULL ? NULL : PyDict_GetItemWithError(info, name);
        Py_XINCREF(found[i]);
        Py_XDECREF(name);
        if (found[i] == NULL && PyErr_Occurred()) {
            goto done;
        }
    }
    if (restore_key(state, found[KEY]) < 0 ||
        restore_committed(state, found[COMMITTED]) < 0 ||
        restore_unloaded(state, found[UNLOADED]) < 0) {
        goto done;
    }
    if (found[OPTIONS] != NULL && found[OPTIONS] != Py_None) {
        crm_ext *ext = crm_state_ext(state);
        if (ext == NULL) {
            goto done;
        }
        Py_XSETREF(ext->options, Py_NewRef(found[OPTIONS]));
    }
    if (found[MODIFIED] == Py_True) {
        state->flags |= CRM_S_MODIFIED;
    }
    if (found[EXPIRED] == Py_True) {
        state->flags |= CRM_S_EXPIRED;
    }
    status = 0;
done:
    for (int i = 0; i < NINFO; i++) {
        Py_XDECREF(found[i]);
    }
    return status;
}

/* Stores one attribute of the pickled state. */
static int
restore_value(PyObject *self, crm_state *state, PyObject *name, PyObject *value)
{
    int slot = slot_named(state, name);
    if (slot < 0) {
        return PyErr_Occurred() ? -1
                                : PyObject_GenericSetAttr(self, name, value);
    }
    return crm_state_set_loaded(state, (uint16_t)slot, Py_NewRef(value));
}

PyObject *
crm_entity_setstate(crm_core *core, PyObject *self, PyObject *given)
{
    crm_state *state = crm_state_of(core, self);
    if (state == NULL) {
        return crm_raise_unmapped(core, self);
    }
    if (!PyDict_Check(given)) {
        PyErr_SetString(PyExc_TypeError, "the state must be a dict");
        return NULL;
    }
    PyObject *dict = PyDict_Copy(given);
    if (dict == NULL) {
        return NULL;
    }
    PyObject *info = NULL;
    int status = 0;
    PyObject *name, *value;
    Py_ssize_t pos = 0;
    while (status == 0 && PyDict_Next(dict, &pos, &name, &value)) {
        if (PyUnicode_Check(name) &&
            PyUnicode_Compare(name, core->str_instance_state) == 0) {
            info = value;
            continue;
        }
        status = restore_value(self, state, name, value);
    }
    if (status == 0 && info != NULL && PyDict_Check(info)) {
        status = restore_info(state, info);
        crm_manager *manager = crm_state_manager(state);
        if (status == 0 && (manager->events & CRM_ME_UNPICKLE)) {
            status = crm_manager_fire(manager, "unpickle", self, info);
        }
    }
    if (crm_state_holder(state)->dict != NULL) {
        crm_state_track(state);
    }
    Py_DECREF(dict);
    return crm_none_or_error(status);
}
