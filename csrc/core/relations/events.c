/* events.c: see events.h. */
#include "events.h"

#include "core/session/session.h"

int
crm_session_fire(crm_session *session, const char *name, PyObject *obj)
{
    PyObject *done =
        PyObject_CallMethod((PyObject *)session, "_fire", "sO", name, obj);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

int
crm_session_leave(crm_session *session, crm_state *state, int transient)
{
    const char *name = NULL;
    if (state->map != NULL && (session->events & CRM_SE_LEAVE)) {
        if ((state->flags & CRM_S_KEY) == 0) {
            name = "pending_to_transient";
        }
        else if (state->flags & CRM_S_DELETED) {
            name = "deleted_to_detached";
        }
        else {
            name = transient ? "persistent_to_transient"
                             : "persistent_to_detached";
        }
    }
    PyObject *obj = Py_NewRef(crm_state_object(state));
    crm_session_detach(state);
    if (transient) {
        crm_state_drop_key(state);
        if (state->flags & CRM_S_DELETED) {
            state->flags |= CRM_S_ONCE_DELETED;
        }
        /* What was expired stays so: its values are lost with its row. */
        CRM_OFF(state, CRM_S_DELETED | CRM_S_MODIFIED | CRM_S_BORN);
    }
    int status = name == NULL ? 0 : crm_session_fire(session, name, obj);
    Py_DECREF(obj);
    return status;
}

int
crm_manager_fire(crm_manager *manager, const char *name, PyObject *obj,
                 PyObject *arg)
{
    if (manager->hooks == NULL) {
        return 0;
    }
    PyObject *hooks = Py_NewRef(manager->hooks);
    PyObject *done = PyObject_CallMethod(hooks, name, "OO", obj, arg);
    Py_DECREF(hooks);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

/* Its value is that of the object's row, though nobody has read it yet. */
static int
waits_in_row(const crm_state *state, uint16_t slot)
{
    return !(state->flags & CRM_S_EXPIRED) &&
           state->slots[slot] != CRM_UNLOADED && crm_state_in_row(state, slot);
}

PyObject *
crm_missing_slots(const crm_state *state, const crm_layout *layout)
{
    PyObject *list = PyList_New(0);
    const crm_manager *manager = state->layout->manager;
    for (uint16_t i = 0; list != NULL && i < manager->nattrs; i++) {
        int in_row = i < layout->ncols && layout->col[i] >= 0;
        int expired = (state->flags & CRM_S_EXPIRED) &&
                      manager->attrs[i].kind != CRM_ATTR_COLUMN;
        if ((!in_row && !expired) ||
            (i < state->nslots &&
             (CRM_SLOT_HAS(state->slots[i]) || waits_in_row(state, i)))) {
            continue;
        }
        PyObject *slot = PyLong_FromLong(i);
        if (slot == NULL || PyList_Append(list, slot) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(slot);
    }
    return list;
}

int
crm_check_listeners(PyObject *heard)
{
    int good =
        PyTuple_CheckExact(heard) && PyTuple_GET_SIZE(heard) == CRM_HEARD_SIZE;
    for (int i = 0; good && i < CRM_HEARD_MAKE; i++) {
        PyObject *calls = PyTuple_GET_ITEM(heard, i);
        good = PyTuple_CheckExact(calls) && PyTuple_GET_SIZE(calls) % 2 == 0;
    }
    if (good) {
        PyObject *tokens = PyTuple_GET_ITEM(heard, CRM_HEARD_TOKENS);
        good = PyTuple_CheckExact(tokens) &&
               PyTuple_GET_SIZE(tokens) == CRM_OP_BULK &&
               PyTuple_CheckExact(PyTuple_GET_ITEM(heard, CRM_HEARD_LOADED));
    }
    if (!good) {
        PyErr_SetString(PyExc_TypeError, "not a tuple of listeners");
        return -1;
    }
    return 0;
}

/* What listeners are told of where a change began: new reference. */
static PyObject *
token_of(PyObject *heard, const crm_initiator *by)
{
    if (by->prop == PyTuple_GET_ITEM(heard, CRM_HEARD_PROP)) {
        PyObject *tokens = PyTuple_GET_ITEM(heard, CRM_HEARD_TOKENS);
        return Py_NewRef(PyTuple_GET_ITEM(tokens, by->op - 1));
    }
    PyObject *prop = by->prop != NULL ? (PyObject *)by->prop : Py_None;
    return PyObject_CallFunction(PyTuple_GET_ITEM(heard, CRM_HEARD_MAKE), "Oi",
                                 prop, by->op);
}

int
crm_attr_fire(const crm_attr *attr, crm_attr_event event, PyObject *obj,
              int late, const crm_initiator *by, PyObject **value,
              PyObject *old)
{
    if (attr->heard == NULL) {
        return 0;
    }
    PyObject *heard = Py_NewRef(attr->heard); /* listeners may replace it */
    PyObject *calls = PyTuple_GET_ITEM(heard, 2 * (int)event + (late != 0));
    PyObject *token = NULL;
    int status = 0;
    const Py_ssize_t count = PyTuple_GET_SIZE(calls);
    if (count > 0 && (token = token_of(heard, by)) == NULL) {
        status = -1;
    }
    const size_t nargs = old == NULL ? 3 : 4;
    for (Py_ssize_t i = 0; status == 0 && i < count; i += 2) {
        PyObject *given = *value;
        /* the first place is the callee's: PY_VECTORCALL_ARGUMENTS_OFFSET */
        PyObject *args[5] = {NULL, obj, given, old == NULL ? token : old,
                             token};
        PyObject *result =
            PyObject_Vectorcall(PyTuple_GET_ITEM(calls, i), args + 1,
                                nargs | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
        if (result == NULL) {
            status = -1;
        }
        else if (PyTuple_GET_ITEM(calls, i + 1) == Py_True) {
            Py_SETREF(*value, result);
        }
        else {
            Py_DECREF(result);
        }
    }
    Py_XDECREF(token);
    Py_DECREF(heard);
    return status;
}

int
crm_attr_tell(PyObject *prop, const char *method, PyObject *obj,
              PyObject **value)
{
    Py_INCREF(prop);
    PyObject *result = PyObject_CallMethod(prop, method, "OO", obj, *value);
    Py_DECREF(prop);
    if (result == NULL) {
        return -1;
    }
    Py_SETREF(*value, result);
    return 0;
}

PyObject *
crm_attr_loaded(crm_state *state, uint16_t slot, PyObject *value)
{
    if (crm_state_attr(state, slot)->heard == NULL) {
        return value;
    }
    /* (listeners may replace it) */
    PyObject *heard = Py_NewRef(crm_state_attr(state, slot)->heard);
    PyObject *calls = PyTuple_GET_ITEM(heard, CRM_HEARD_LOADED);
    PyObject *obj = Py_NewRef(crm_state_object(state));
    for (Py_ssize_t i = 0; value != NULL && i < PyTuple_GET_SIZE(calls); i++) {
        /* the first place is the callee's: PY_VECTORCALL_ARGUMENTS_OFFSET */
        PyObject *args[] = {NULL, obj, value};
        PyObject *result =
            PyObject_Vectorcall(PyTuple_GET_ITEM(calls, i), args + 1,
                                2 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
        Py_SETREF(value, result);
    }
    Py_DECREF(obj);
    Py_DECREF(heard);
    return value;
}
