/* hooks.c: what a program is told of a connection's work: the method set_hook()
 * and how a driver calls the functions given to it. */
#include "connection.h"
#include "raise.h"

/* Calls the hook of that kind with `args`, which it steals and which are NULL
 * if they could not be made: a new reference, or NULL. */
static PyObject *
call_hook(crm_connection *self, crm_hook_kind kind, PyObject *args)
{
    PyObject *result = NULL;
    /* it may be replaced meanwhile */
    PyObject *hook = Py_XNewRef(self->hooks[kind]);
    if (args != NULL && hook != NULL) {
        result = PyObject_Call(hook, args, NULL);
    }
    Py_XDECREF(hook);
    Py_XDECREF(args);
    return result;
}

/* After an exception, which is lost, as in the standard library, but for one:
 * CRM_FAIL if memory was out. */
static int
lose_error(void)
{
    bool starved = PyErr_ExceptionMatches(PyExc_MemoryError);
    PyErr_Clear();
    return starved ? CRM_FAIL : CRM_OK;
}

void
crm_hook_trace(void *ctx, const char *sql)
{
    crm_connection *self = ctx;
    crm_visit visit = crm_visit_begin(self);
    Py_XDECREF(call_hook(self, CRM_HOOK_TRACE, Py_BuildValue("(s)", sql)));
    crm_visit_end(self, visit);
}

int
crm_hook_progress(void *ctx)
{
    crm_connection *self = ctx;
    crm_visit visit = crm_visit_begin(self);
    PyObject *result = call_hook(self, CRM_HOOK_PROGRESS, PyTuple_New(0));
    int stop = result == NULL ? -1 : PyObject_IsTrue(result);
    Py_XDECREF(result);
    if (stop < 0) {
        /* without an exception: the collector took the hook */
        stop = !PyErr_Occurred() ? 0 : lose_error() < 0 ? CRM_FAIL : 1;
    }
    crm_visit_end(self, visit);
    return stop;
}

int
crm_hook_authorize(void *ctx, int action, const char *const about[4],
                   int *answer)
{
    crm_connection *self = ctx;
    crm_visit visit = crm_visit_begin(self);
    PyObject *result = call_hook(self, CRM_HOOK_AUTHORIZE,
                                 Py_BuildValue("(izzzz)", action, about[0],
                                               about[1], about[2], about[3]));
    if (result != NULL && PyLong_Check(result)) {
        long number = PyLong_AsLong(result);
        if (number >= INT_MIN && number <= INT_MAX &&
            !(number == -1 && PyErr_Occurred())) {
            *answer = (int)number;
        }
    }
    else if (result == NULL && !PyErr_Occurred()) {
        *answer = 0; /* the collector took the hook */
    }
    Py_XDECREF(result);
    int status = PyErr_Occurred() ? lose_error() : CRM_OK;
    crm_visit_end(self, visit);
    return status;
}

PyObject *
crm_connection_set_hook(crm_connection *self, PyObject *args)
{
    int kind, every;
    PyObject *function;
    if (!PyArg_ParseTuple(args, "iOi:set_hook", &kind, &function, &every)) {
        return NULL;
    }
    if (kind < 0 || kind >= CRM_HOOKS) {
        PyErr_Format(PyExc_ValueError, "there is no hook %d", kind);
        return NULL;
    }
    if (crm_connection_able(self, self->driver->set_hook != NULL, "hooks") <
            0 ||
        crm_connection_enter(self) < 0) {
        return NULL;
    }
    bool on = function != Py_None;
    crm_error err;
    int status = self->driver->set_hook(self->conn, (crm_hook_kind)kind, every,
                                        on, &err);
    PyObject *before = NULL;
    if (status >= 0) {
        before = self->hooks[kind];
        self->hooks[kind] = on ? Py_NewRef(function) : NULL;
    }
    status = crm_connection_left(self, status, &err);
    Py_XDECREF(before);
    return crm_none_or_error(status);
}

PyObject *
crm_connection_enable_extensions(crm_connection *self, PyObject *enabled)
{
    int on = PyObject_IsTrue(enabled);
    if (on < 0 ||
        crm_connection_able(self, self->driver->enable_extensions != NULL,
                            "extensions") < 0 ||
        crm_connection_enter(self) < 0) {
        return NULL;
    }
    crm_error err;
    int status = self->driver->enable_extensions(self->conn, on, &err);
    return crm_none_or_error(crm_connection_left(self, status, &err));
}

PyObject *
crm_connection_load_extension(crm_connection *self, PyObject *args)
{
    const char *path, *entry = NULL;
    if (!PyArg_ParseTuple(args, "s|z:load_extension", &path, &entry)) {
        return NULL;
    }
    if (crm_connection_able(self, self->driver->load_extension != NULL,
                            "extensions") < 0 ||
        crm_call_begin(self) < 0) {
        return NULL;
    }
    crm_error err;
    int status = self->driver->load_extension(self->conn, path,
                                              entry == NULL ? "" : entry, &err);
    return crm_none_or_error(crm_call_end(self, status, &err));
}
