/* functions.c: functions of the program that SQL may call: Connection's
 * create_function(), and how a driver calls them.
 */
#include "codec.h"
#include "connection.h"
#include "raise.h"

/* A tuple of what the cells are, NULL with an exception. */
static PyObject *
decode_all(crm_core *core, const crm_cell *cells, size_t count)
{
    const crm_codec any = {.code = CRM_TYPE_ANY};
    PyObject *values = PyTuple_New((Py_ssize_t)count);
    if (values == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        PyObject *value = crm_decode(core, &any, &cells[i]);
        if (value == NULL) {
            Py_DECREF(values);
            return NULL;
        }
        PyTuple_SET_ITEM(values, (Py_ssize_t)i, value);
    }
    return values;
}

int
crm_function_call(void *ctx, void *function, const crm_cell *args, size_t count,
                  void (*give)(void *to, const crm_cell *result), void *to)
{
    crm_connection *self = ctx;
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    const crm_codec any = {.code = CRM_TYPE_ANY};
    crm_cell cell = {.tag = CRM_NULL};
    PyObject *keep = NULL, *made = NULL;
    int status = CRM_FAIL;
    PyObject *called = Py_NewRef((PyObject *)function);
    PyObject *values = decode_all(self->core, args, count);
    if (values != NULL) {
        made = PyObject_Call(called, values, NULL);
    }
    if (made != NULL &&
        crm_encode(self->core, &any, 0, made, &cell, &keep) == 0) {
        give(to, &cell);
        status = CRM_OK;
    }
    /* What it raised is lost, as in the standard library: the statement fails.
     */
    PyErr_Clear();
    Py_XDECREF(keep);
    Py_XDECREF(made);
    Py_XDECREF(values);
    Py_DECREF(called);
    PyErr_Restore(type, error, traceback);
    PyGILState_Release(gil);
    return status;
}

void
crm_function_drop(void *Py_UNUSED(ctx), void *function)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    Py_DECREF((PyObject *)function);
    PyErr_Restore(type, error, traceback);
    PyGILState_Release(gil);
}

PyObject *
crm_connection_create_function(crm_connection *self, PyObject *args,
                               PyObject *kwargs)
{
    static char *names[] = {"name", "narg", "func", "deterministic", NULL};
    const char *name;
    int count, deterministic = 0;
    PyObject *function;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "siO|$p:create_function",
                                     names, &name, &count, &function,
                                     &deterministic)) {
        return NULL;
    }
    if (self->driver->create_function == NULL) {
        crm_connection_error(self, "NotSupportedError",
                             "driver '%s' has no functions of the program",
                             self->driver->name);
        return NULL;
    }
    if (crm_connection_enter(self) < 0) {
        return NULL;
    }
    crm_error err;
    PyObject *given = function == Py_None ? NULL : Py_NewRef(function);
    int status = self->driver->create_function(self->conn, name, count,
                                               deterministic != 0, given, &err);
    crm_connection_leave(self);
    if (status < 0) {
        crm_connection_raise(self, &err);
        return NULL;
    }
    Py_RETURN_NONE;
}
