/* host.c: what a driver asks of the core while it runs without the GIL
 * (driver.h, crm_host).  Each takes the GIL; none is called often.
 */
#include "connection.h"

static int
interrupted(void *ctx)
{
    crm_connection *self = ctx;
    bool without = crm_host_begin(self);
    int raised = PyErr_CheckSignals();
    crm_host_end(self, without);
    return raised;
}

/* Whether this is the program's main thread, which signals interrupt; false
 * with the exception that it cannot be known for. */
static bool
is_main_thread(void)
{
    PyObject *threading = PyImport_ImportModule("threading"), *main = NULL;
    PyObject *ident = NULL;
    if (threading != NULL) {
        main = PyObject_CallMethod(threading, "main_thread", NULL);
    }
    if (main != NULL) {
        ident = PyObject_GetAttrString(main, "ident");
    }
    bool is = ident != NULL && ident != Py_None &&
              PyLong_AsUnsignedLong(ident) == PyThread_get_thread_ident();
    Py_XDECREF(ident);
    Py_XDECREF(main);
    Py_XDECREF(threading);
    return is && !PyErr_Occurred();
}

/* Of an exception that cannot be passed on: KeyboardInterrupt, which may have
 * come while any code was running, comes once more, as if the user had waited
 * until now: `interrupted` sees it, or the first Python code that runs.  Others
 * are shown, if they are to be.  None is set then. */
static void
put_off(crm_connection *self, bool show)
{
    PyObject *type, *error, *traceback;
    bool by_user = PyErr_ExceptionMatches(PyExc_KeyboardInterrupt);
    PyErr_Fetch(&type, &error, &traceback);
    if (by_user && is_main_thread()) {
        PyErr_SetInterrupt();
        show = false;
    }
    PyErr_Clear();
    PyErr_Restore(type, error, traceback);
    if (show) {
        PyErr_WriteUnraisable((PyObject *)self);
    }
    PyErr_Clear();
}

/* Hands the message to the driver's module, which logs it. */
static void
notice(void *ctx, const char *severity, const char *message)
{
    crm_connection *self = ctx;
    crm_visit visit = crm_visit_begin(self);
    PyObject *level = crm_server_text(severity);
    PyObject *text = level == NULL ? NULL : crm_server_text(message);
    PyObject *done = text == NULL
                         ? NULL
                         : PyObject_CallMethod(self->dbapi, "notice", "OOO",
                                               self, level, text);
    if (done == NULL) {
        put_off(self, true);
    }
    Py_XDECREF(done);
    Py_XDECREF(text);
    Py_XDECREF(level);
    crm_visit_end(self, visit);
}

/* Where core->zones has a zone, as one that is fixed for each moment or not; -1
 * if it has not. */
static int32_t
known_zone(crm_core *core, const char *name, bool fixed)
{
    Py_ssize_t count = PyList_GET_SIZE(core->zones);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = PyList_GET_ITEM(core->zones, i);
        if (PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(item, 0), name) ==
                0 &&
            (PyTuple_GET_ITEM(item, 2) == Py_True) == fixed) {
            return (int32_t)i;
        }
    }
    return -1;
}

/* The number of a zone in core->zones, where it is put when first met; -1 for
 * UTC, CRM_NO_ZONE with an exception. */
static int32_t
find_zone(crm_core *core, PyObject *dbapi, const char *name)
{
    if (core->zones == NULL) {
        core->zones = PyList_New(0);
        if (core->zones == NULL) {
            return CRM_NO_ZONE;
        }
    }
    PyObject *text = NULL, *zone = NULL, *item = NULL;
    int32_t number = CRM_NO_ZONE;
    PyObject *fixed = PyObject_GetAttrString(dbapi, "fixed_offsets");
    if (fixed == NULL) {
        goto done;
    }
    number = known_zone(core, name, fixed == Py_True);
    if (number >= 0) {
        goto done;
    }
    number = CRM_NO_ZONE;
    text = crm_server_text(name);
    zone = text == NULL ? NULL : PyObject_CallMethod(dbapi, "zone", "O", text);
    item = zone == NULL ? NULL : PyTuple_Pack(3, text, zone, fixed);
    if (item != NULL && zone == Py_None) {
        number = -1;
    }
    else if (item != NULL && PyList_Append(core->zones, item) == 0) {
        number = (int32_t)PyList_GET_SIZE(core->zones) - 1;
    }
done:
    Py_XDECREF(item);
    Py_XDECREF(zone);
    Py_XDECREF(text);
    Py_XDECREF(fixed);
    return number;
}

int32_t
crm_zone_number(crm_core *core, PyObject *zone)
{
    if (core->zones == NULL) {
        core->zones = PyList_New(0);
    }
    PyObject *text = core->zones == NULL ? NULL : PyObject_Str(zone);
    if (text == NULL) {
        return CRM_NO_ZONE;
    }
    int32_t number = CRM_NO_ZONE;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(core->zones); i++) {
        PyObject *item = PyList_GET_ITEM(core->zones, i);
        if (Py_IS_TYPE(PyTuple_GET_ITEM(item, 1), Py_TYPE(zone)) &&
            PyTuple_GET_ITEM(item, 2) == Py_False &&
            PyUnicode_Compare(PyTuple_GET_ITEM(item, 0), text) == 0) {
            number = (int32_t)i;
            break;
        }
    }
    if (number == CRM_NO_ZONE) {
        PyObject *item = PyTuple_Pack(3, text, zone, Py_False);
        if (item != NULL && PyList_Append(core->zones, item) == 0) {
            number = (int32_t)PyList_GET_SIZE(core->zones) - 1;
        }
        Py_XDECREF(item);
    }
    Py_DECREF(text);
    return number;
}

static int32_t
zone(void *ctx, const char *name)
{
    crm_connection *self = ctx;
    crm_visit visit = crm_visit_begin(self);
    int32_t number = find_zone(self->core, self->dbapi, name);
    if (number == CRM_NO_ZONE) {
        put_off(self, false); /* the driver says it */
    }
    crm_visit_end(self, visit);
    return number;
}

void
crm_connection_set_host(crm_connection *self)
{
    self->host = (crm_host){
        .ctx = self,
        .interrupted = interrupted,
        .notice = notice,
        .zone = zone,
        .call = crm_function_call,
        .step = crm_function_step,
        .finish = crm_function_finish,
        .compare = crm_function_compare,
        .drop = crm_function_drop,
        .inverse = crm_function_inverse,
        .value = crm_function_value,
        .trace = crm_hook_trace,
        .progress = crm_hook_progress,
        .authorize = crm_hook_authorize,
    };
}
