/* functions.c: functions of the program that SQL may call: Connection's
 * create_function(), create_aggregate() and create_collation(), and how a
 * driver calls them.
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

/* Gives the driver a function, NULL to take the name back: None or NULL.
 * Steals `function`. */
static PyObject *
make_known(crm_connection *self, crm_function_kind kind, const char *name,
           int count, int deterministic, PyObject *function)
{
    if (self->driver->create_function == NULL) {
        crm_connection_error(self, "NotSupportedError",
                             "driver '%s' has no functions of the program",
                             self->driver->name);
        Py_XDECREF(function);
        return NULL;
    }
    if (crm_connection_enter(self) < 0) {
        Py_XDECREF(function);
        return NULL;
    }
    crm_error err;
    int status = self->driver->create_function(
        self->conn, kind, name, count, deterministic != 0, function, &err);
    crm_connection_leave(self);
    if (status < 0) {
        crm_connection_raise(self, &err);
        return NULL;
    }
    Py_RETURN_NONE;
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
    return make_known(self, CRM_FUNCTION, name, count, deterministic,
                      function == Py_None ? NULL : Py_NewRef(function));
}

/* What is called for the rows and the ends of groups: `state` is a tuple of the
 * class of aggregates and a dict of those that run, by the number of the
 * group. */
static PyObject *
aggregate(PyObject *state, PyObject *args)
{
    PyObject *running = PyTuple_GET_ITEM(state, 1);
    PyObject *made = NULL, *step = NULL, *rest = NULL, *result = NULL;
    long long number = PyLong_AsLongLong(PyTuple_GET_ITEM(args, 0));
    PyObject *key = PyLong_FromLongLong(number < 0 ? -number : number);
    if (key == NULL) {
        return NULL;
    }
    made = Py_XNewRef(PyDict_GetItemWithError(running, key));
    if (made == NULL && PyErr_Occurred()) {
        goto done;
    }
    if (number < 0) {
        if (made == NULL) { /* it could not be made */
            result = Py_NewRef(Py_None);
        }
        else if (PyDict_DelItem(running, key) == 0) {
            result = PyObject_CallMethod(made, "finalize", NULL);
        }
        goto done;
    }
    if (made == NULL) {
        made = PyObject_CallNoArgs(PyTuple_GET_ITEM(state, 0));
        if (made == NULL || PyDict_SetItem(running, key, made) < 0) {
            goto done;
        }
    }
    step = PyObject_GetAttrString(made, "step");
    rest = PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args));
    if (step != NULL && rest != NULL) {
        PyObject *nothing = PyObject_Call(step, rest, NULL);
        if (nothing != NULL) {
            Py_DECREF(nothing);
            result = Py_NewRef(Py_None);
        }
    }
done:
    Py_XDECREF(rest);
    Py_XDECREF(step);
    Py_XDECREF(made);
    Py_DECREF(key);
    return result;
}

static PyMethodDef aggregate_def = {"aggregate", aggregate, METH_VARARGS, NULL};

PyObject *
crm_connection_create_aggregate(crm_connection *self, PyObject *args,
                                PyObject *kwargs)
{
    static char *names[] = {"name", "n_arg", "aggregate_class", NULL};
    const char *name;
    int count;
    PyObject *cls, *function = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "siO:create_aggregate",
                                     names, &name, &count, &cls)) {
        return NULL;
    }
    if (cls != Py_None) {
        PyObject *running = PyDict_New();
        PyObject *state =
            running == NULL ? NULL : PyTuple_Pack(2, cls, running);
        Py_XDECREF(running);
        if (state == NULL) {
            return NULL;
        }
        function = PyCFunction_New(&aggregate_def, state);
        Py_DECREF(state);
        if (function == NULL) {
            return NULL;
        }
    }
    return make_known(self, CRM_AGGREGATE, name, count, 0, function);
}

PyObject *
crm_connection_create_collation(crm_connection *self, PyObject *args)
{
    const char *name;
    PyObject *function;
    if (!PyArg_ParseTuple(args, "sO:create_collation", &name, &function)) {
        return NULL;
    }
    if (function != Py_None && !PyCallable_Check(function)) {
        PyErr_SetString(PyExc_TypeError, "parameter must be callable");
        return NULL;
    }
    return make_known(self, CRM_COLLATION, name, 0, 0,
                      function == Py_None ? NULL : Py_NewRef(function));
}
