/* events.c: see events.h. */
#include "events.h"

#include "session.h"

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
        CRM_OFF(state,
                CRM_S_DELETED | CRM_S_MODIFIED | CRM_S_EXPIRED | CRM_S_BORN);
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
            (i < state->nslots && CRM_SLOT_HAS(state->slots[i]))) {
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
crm_attr_fire(PyObject *prop, const char *method, PyObject *obj, int late,
              const crm_initiator *by, PyObject **value, PyObject *old)
{
    PyObject *late_object = late ? Py_True : Py_False;
    PyObject *by_object = by->prop != NULL ? (PyObject *)by->prop : Py_None;
    Py_INCREF(by_object);
    Py_INCREF(prop);
    PyObject *result =
        old == NULL
            ? PyObject_CallMethod(prop, method, "OOOiO", obj, late_object,
                                  by_object, by->op, *value)
            : PyObject_CallMethod(prop, method, "OOOiOO", obj, late_object,
                                  by_object, by->op, *value, old);
    Py_DECREF(prop);
    Py_DECREF(by_object);
    if (result == NULL) {
        return -1;
    }
    Py_SETREF(*value, result);
    return 0;
}

PyObject *
crm_attr_loaded(crm_state *state, uint16_t slot, PyObject *value)
{
    PyObject *prop = Py_NewRef(crm_state_attr(state, slot)->prop);
    PyObject *obj = Py_NewRef(crm_state_object(state));
    PyObject *result =
        PyObject_CallMethod(prop, "_fire_loaded", "OO", obj, value);
    Py_DECREF(obj);
    Py_DECREF(prop);
    Py_DECREF(value);
    return result;
}
