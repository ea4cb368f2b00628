/* told.c: what a server tells beside rows, as methods of _core.Connection. */
#include "connection.h"

#include <limits.h>

#include "raise.h"
#include "statements.h"

PyObject *
crm_connection_notification(crm_connection *self, PyObject *wait)
{
    long most = PyLong_AsLong(wait);
    if (most == -1 && PyErr_Occurred()) {
        return NULL;
    }
    most = most > INT_MAX ? INT_MAX : most < 0 ? -1 : most;
    if (crm_connection_able(self, self->driver->notification != NULL,
                            "notifications") < 0 ||
        crm_call_begin(self) < 0) {
        return NULL;
    }
    crm_error err;
    crm_notification told;
    int status = self->driver->notification(self->conn, (int)most, &told, &err);
    crm_driver_end(self);
    PyObject *channel = status == CRM_OK ? crm_server_text(told.channel) : NULL;
    PyObject *payload = channel == NULL ? NULL : crm_server_text(told.payload);
    PyObject *made = payload == NULL
                         ? NULL
                         : Py_BuildValue("(OOi)", channel, payload, told.pid);
    Py_XDECREF(payload);
    Py_XDECREF(channel);
    crm_connection_left(self, status, &err);
    return status == CRM_DONE ? Py_NewRef(Py_None) : made;
}

PyObject *
crm_connection_about(crm_connection *self, PyObject *name)
{
    const char *key = PyUnicode_AsUTF8(name);
    if (key == NULL) {
        return NULL;
    }
    /* It may be asked within a COPY, and by what a call of ours calls. */
    if (self->conn != NULL && self->in_use != 0 &&
        self->in_use != CRM_IN_COPY &&
        self->in_use != PyThread_get_thread_ident()) {
        (void)crm_connection_enter(self);
        return NULL;
    }
    const char *text = self->conn == NULL || self->driver->about == NULL
                           ? NULL
                           : self->driver->about(self->conn, key);
    return text == NULL ? Py_NewRef(Py_None) : crm_server_text(text);
}

PyObject *
crm_connection_said(crm_connection *self, PyObject *Py_UNUSED(ignored))
{
    if (crm_connection_enter(self) < 0) {
        return NULL;
    }
    const char *said =
        self->driver->said == NULL ? "" : self->driver->said(self->conn);
    PyObject *text = *said == '\0' ? Py_NewRef(Py_None) : crm_server_text(said);
    crm_connection_leave(self);
    return text;
}

PyObject *
crm_connection_column_types(crm_connection *self, PyObject *plan)
{
    if (crm_connection_check_plan(self, plan) < 0 ||
        crm_connection_enter(self) < 0) {
        return NULL;
    }
    PyObject *list = PyList_New(0);
    crm_entry *entry =
        crm_statements_get(self->statements, ((crm_plan *)plan)->id);
    size_t count = entry == NULL || self->driver->column_type == NULL
                       ? 0
                       : self->driver->column_count(entry->stmt);
    crm_column_type type;
    for (size_t i = 0; list != NULL && i < count &&
                       self->driver->column_type(entry->stmt, i, &type);
         i++) {
        PyObject *item = Py_BuildValue("(Iii)", (unsigned)type.type,
                                       (int)type.size, (int)type.modifier);
        if (item == NULL || PyList_Append(list, item) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(item);
    }
    crm_connection_leave(self);
    return list;
}
