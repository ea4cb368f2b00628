/* copy.c: COPY, as methods of _core.Connection.
 *
 * While a COPY lasts the connection is in use by nobody, and by all: in_use is
 * CRM_IN_COPY between two of its calls, so that everything else is refused.
 */
#include "connection.h"

#include "raise.h"

/* Begins a call of the COPY that lasts; -1 if there is none, or another thread
 * is at it. */
static int
enter(crm_connection *self)
{
    if (self->conn != NULL && self->in_use == CRM_IN_COPY) {
        self->in_use = PyThread_get_thread_ident();
        return 0;
    }
    if (self->conn != NULL && self->in_use == 0) {
        return crm_connection_error(self, "OperationalError",
                                    "no COPY in progress");
    }
    return crm_connection_enter(self);
}

/* Ends it; the COPY goes on unless it is `over`. */
static void
leave(crm_connection *self, bool over)
{
    self->in_use = over ? 0 : CRM_IN_COPY;
}

/* After an exception for what it gave: nothing of a COPY may be missing between
 * two calls, so that it ends.  Keeps the exception, unless a signal raises. */
static void
end_for_lack(crm_connection *self)
{
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    crm_error ignored;
    int64_t rows;
    crm_driver_begin(self);
    (void)self->driver->copy_end(self->conn, "out of memory", &rows, &ignored);
    crm_driver_end(self);
    if (PyErr_Occurred()) {
        Py_XDECREF(type);
        Py_XDECREF(error);
        Py_XDECREF(traceback);
    }
    else {
        PyErr_Restore(type, error, traceback);
    }
}

PyObject *
crm_connection_copy(crm_connection *self, PyObject *sql)
{
    const char *text = crm_connection_sql(self, sql);
    if (text == NULL ||
        crm_connection_able(self, self->driver->copy != NULL, "COPY") < 0 ||
        crm_call_begin(self) < 0) {
        return NULL;
    }
    crm_error err;
    crm_copy how;
    int status = self->driver->copy(self->conn, text, &how, &err);
    crm_driver_end(self);
    PyObject *given = NULL;
    if (status == CRM_OK) {
        given = Py_BuildValue("(NNi)", PyBool_FromLong(how.reads),
                              PyBool_FromLong(how.binary), how.columns);
        if (given == NULL) {
            end_for_lack(self);
        }
    }
    leave(self, given == NULL);
    if (status < 0) {
        crm_connection_raise(self, &err);
    }
    return status == CRM_DONE ? PyUnicode_FromString(how.instead) : given;
}

PyObject *
crm_connection_copy_read(crm_connection *self, PyObject *size)
{
    size_t most = PyLong_AsSize_t(size);
    if ((most == (size_t)-1 && PyErr_Occurred()) || enter(self) < 0) {
        return NULL;
    }
    crm_error err;
    const char *bytes = NULL;
    size_t len = 0;
    int64_t rows;
    crm_driver_begin(self);
    int status =
        self->driver->copy_read(self->conn, most, &bytes, &len, &rows, &err);
    crm_driver_end(self);
    PyObject *data = NULL;
    if (status == CRM_OK) {
        data = PyBytes_FromStringAndSize(bytes, (Py_ssize_t)len);
        if (data == NULL) {
            end_for_lack(self);
        }
    }
    leave(self, data == NULL);
    if (status < 0) {
        crm_connection_raise(self, &err);
    }
    return status == CRM_DONE ? PyLong_FromLongLong(rows) : data;
}

PyObject *
crm_connection_copy_write(crm_connection *self, PyObject *data)
{
    Py_buffer view;
    if (PyObject_GetBuffer(data, &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    if (enter(self) < 0) {
        PyBuffer_Release(&view);
        return NULL;
    }
    crm_error err;
    crm_driver_begin(self);
    int status =
        self->driver->copy_write(self->conn, view.buf, (size_t)view.len, &err);
    crm_driver_end(self);
    leave(self, status < 0);
    if (status < 0) {
        crm_connection_raise(self, &err);
    }
    PyBuffer_Release(&view);
    return crm_none_or_error(status);
}

PyObject *
crm_connection_copy_end(crm_connection *self, PyObject *args)
{
    const char *why = NULL;
    if (!PyArg_ParseTuple(args, "|z:copy_end", &why)) {
        return NULL;
    }
    if (self->in_use == CRM_IN_COPY && crm_connection_inherited(self)) {
        return PyLong_FromLong(-1); /* the parent ends it */
    }
    if (enter(self) < 0) {
        return NULL;
    }
    crm_error err;
    int64_t rows;
    crm_driver_begin(self);
    int status = self->driver->copy_end(self->conn, why, &rows, &err);
    crm_driver_end(self);
    leave(self, true);
    if (status < 0) {
        crm_connection_raise(self, &err);
        return NULL;
    }
    return PyLong_FromLongLong(rows);
}
