/* functions.c: functions of the program that SQL may call: Connection's
 * create_function(), create_aggregate() and create_collation(), and how a
 * driver calls them.
 */
#include "codec.h"
#include "connection.h"
#include "error.h"
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

/* Says what was raised, which is lost, as in the standard library: `text`,
 * unless memory was out or a value too large. */
static int
fail(crm_error *err, const char *text)
{
    crm_error_class cls = CRM_E_OPERATIONAL;
    if (PyErr_ExceptionMatches(PyExc_MemoryError)) {
        cls = CRM_E_MEMORY;
    }
    else if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
        cls = CRM_E_DATA;
    }
    PyErr_Clear();
    return crm_fail(err, cls, "%s", text);
}

/* Gives what a call returned, NULL if it raised, and takes the reference; -1
 * with an exception. */
static int
give_result(crm_core *core, PyObject *result, crm_give give, void *to)
{
    const crm_codec any = {.code = CRM_TYPE_ANY};
    crm_cell cell;
    PyObject *keep = NULL;
    int status = -1;
    if (result != NULL &&
        crm_encode(core, &any, 0, result, &cell, &keep) == 0) {
        give(to, &cell);
        status = 0;
    }
    Py_XDECREF(keep);
    Py_XDECREF(result);
    return status;
}

int
crm_function_call(void *ctx, void *function, const crm_cell *args, size_t count,
                  crm_give give, void *to, crm_error *err)
{
    crm_connection *self = ctx;
    crm_core *core = self->core;
    crm_visit visit = crm_visit_begin(self);
    PyObject *called = Py_NewRef((PyObject *)function);
    PyObject *values = decode_all(core, args, count);
    PyObject *result =
        values == NULL ? NULL : PyObject_Call(called, values, NULL);
    int status = CRM_OK;
    if (give_result(core, result, give, to) < 0) {
        status = fail(err, "user-defined function raised exception");
    }
    Py_XDECREF(values);
    Py_DECREF(called);
    crm_visit_end(self, visit);
    return status;
}

/* ---- aggregates: a tuple of their class and a dict of those that run, by the
 * number of the group ------------------------------------------------------ */

/* The aggregate of a group, made for its first row: a new reference, NULL with
 * an exception. */
static PyObject *
running(PyObject *function, PyObject *group)
{
    PyObject *known = PyTuple_GET_ITEM(function, 1);
    PyObject *made = PyDict_GetItemWithError(known, group);
    if (made != NULL || PyErr_Occurred()) {
        return Py_XNewRef(made);
    }
    made = PyObject_CallNoArgs(PyTuple_GET_ITEM(function, 0));
    if (made != NULL && PyDict_SetItem(known, group, made) < 0) {
        Py_CLEAR(made);
    }
    return made;
}

/* Calls a method of an aggregate with a row: NULL, or what to say of the
 * exception. */
static const char *
take_row(crm_core *core, PyObject *made, const char *const words[3],
         const crm_cell *args, size_t count)
{
    PyObject *method = PyObject_GetAttrString(made, words[0]);
    if (method == NULL) {
        return words[1];
    }
    PyObject *values = decode_all(core, args, count);
    PyObject *nothing =
        values == NULL ? NULL : PyObject_Call(method, values, NULL);
    Py_XDECREF(nothing);
    Py_XDECREF(values);
    Py_DECREF(method);
    return nothing != NULL ? NULL : words[2];
}

/* A method of a running aggregate, what to say if there is none, and if it
 * raises. */
#define WORDS(name)                                                  \
    {name, "user-defined aggregate's '" name "' method not defined", \
     "user-defined aggregate's '" name "' method raised error"}
static const char *const step_words[3] = WORDS("step");
static const char *const inverse_words[3] = WORDS("inverse");
static const char *const value_words[3] = WORDS("value");
static const char *const finalize_words[3] = WORDS("finalize");

/* crm_host.step and inverse. */
static int
change_group(crm_connection *self, PyObject *function, int64_t group,
             const char *const words[3], const crm_cell *args, size_t count,
             crm_error *err)
{
    crm_core *core = self->core;
    crm_visit visit = crm_visit_begin(self);
    PyObject *called = Py_NewRef(function);
    PyObject *key = PyLong_FromLongLong(group);
    PyObject *made = key == NULL ? NULL : running(called, key);
    const char *failed =
        made == NULL ? "user-defined aggregate's '__init__' method raised error"
                     : take_row(core, made, words, args, count);
    int status = failed == NULL ? CRM_OK : fail(err, failed);
    Py_XDECREF(made);
    Py_XDECREF(key);
    Py_DECREF(called);
    crm_visit_end(self, visit);
    return status;
}

int
crm_function_step(void *ctx, void *function, int64_t group,
                  const crm_cell *args, size_t count, crm_error *err)
{
    return change_group(ctx, function, group, step_words, args, count, err);
}

int
crm_function_inverse(void *ctx, void *function, int64_t group,
                     const crm_cell *args, size_t count, crm_error *err)
{
    return change_group(ctx, function, group, inverse_words, args, count, err);
}

/* crm_host.finish and value: the group is over after the first. */
static int
ask_group(crm_connection *self, PyObject *function, int64_t group, bool over,
          crm_give give, void *to, crm_error *err)
{
    crm_core *core = self->core;
    const char *const *words = over ? finalize_words : value_words;
    crm_visit visit = crm_visit_begin(self);
    PyObject *called = Py_NewRef(function);
    PyObject *known = PyTuple_GET_ITEM(called, 1);
    PyObject *key = PyLong_FromLongLong(group);
    PyObject *made = NULL, *result = NULL;
    if (key != NULL) {
        made = Py_XNewRef(PyDict_GetItemWithError(known, key));
    }
    if (made != NULL && (!over || PyDict_DelItem(known, key) == 0)) {
        result = PyObject_CallMethod(made, words[0], NULL);
    }
    else if (!PyErr_Occurred()) {
        result = Py_NewRef(Py_None); /* it could not be made */
    }
    const char *failed = words[2];
    if (result == NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        failed = words[1];
    }
    int status =
        give_result(core, result, give, to) == 0 ? CRM_OK : fail(err, failed);
    Py_XDECREF(made);
    Py_XDECREF(key);
    Py_DECREF(called);
    crm_visit_end(self, visit);
    return status;
}

int
crm_function_finish(void *ctx, void *function, int64_t group, crm_give give,
                    void *to, crm_error *err)
{
    return ask_group(ctx, function, group, true, give, to, err);
}

int
crm_function_value(void *ctx, void *function, int64_t group, crm_give give,
                   void *to, crm_error *err)
{
    return ask_group(ctx, function, group, false, give, to, err);
}

/* The sign of a number; 0 of anything else, as in the standard library. */
static int
sign_of(PyObject *result)
{
    int order;
    long number = PyLong_AsLongAndOverflow(result, &order);
    if (number == -1 && order == 0 && PyErr_Occurred()) {
        PyErr_Clear();
        return 0;
    }
    return order != 0 ? order : (number > 0) - (number < 0);
}

int
crm_function_compare(void *ctx, void *function, const crm_cell *left,
                     const crm_cell *right, int *order)
{
    crm_connection *self = ctx;
    crm_core *core = self->core;
    const crm_cell cells[2] = {*left, *right};
    bool without = crm_host_begin(self);
    PyObject *called = Py_NewRef((PyObject *)function);
    PyObject *texts = decode_all(core, cells, 2);
    PyObject *result =
        texts == NULL ? NULL : PyObject_Call(called, texts, NULL);
    int status = result == NULL ? CRM_FAIL : CRM_OK;
    *order = result == NULL ? 0 : sign_of(result);
    Py_XDECREF(result);
    Py_XDECREF(texts);
    Py_DECREF(called);
    crm_host_end(self, without);
    return status;
}

void
crm_function_drop(void *ctx, void *function)
{
    crm_connection *self = ctx;
    crm_visit visit = crm_visit_begin(self);
    Py_DECREF((PyObject *)function);
    crm_visit_end(self, visit);
}

/* Gives the driver a function, NULL to take the name back: None or NULL.
 * Steals `function`. */
static PyObject *
make_known(crm_connection *self, crm_function_kind kind, const char *name,
           int count, int deterministic, PyObject *function)
{
    if (crm_connection_able(self, self->driver->create_function != NULL,
                            "functions of the program") < 0 ||
        crm_connection_enter(self) < 0) {
        Py_XDECREF(function);
        return NULL;
    }
    crm_error err;
    int status = self->driver->create_function(
        self->conn, kind, name, count, deterministic != 0, function, &err);
    return crm_none_or_error(crm_connection_left(self, status, &err));
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

/* The same of an aggregate of the program's, be it a window function. */
static PyObject *
make_rows_known(crm_connection *self, crm_function_kind kind, const char *name,
                int count, PyObject *cls)
{
    PyObject *function = NULL;
    if (cls != Py_None) {
        PyObject *known = PyDict_New();
        function = known == NULL ? NULL : PyTuple_Pack(2, cls, known);
        Py_XDECREF(known);
        if (function == NULL) {
            return NULL;
        }
    }
    return make_known(self, kind, name, count, 0, function);
}

PyObject *
crm_connection_create_aggregate(crm_connection *self, PyObject *args,
                                PyObject *kwargs)
{
    static char *names[] = {"name", "n_arg", "aggregate_class", NULL};
    const char *name;
    int count;
    PyObject *cls;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "siO:create_aggregate",
                                     names, &name, &count, &cls)) {
        return NULL;
    }
    return make_rows_known(self, CRM_AGGREGATE, name, count, cls);
}

PyObject *
crm_connection_create_window_function(crm_connection *self, PyObject *args)
{
    const char *name;
    int count;
    PyObject *cls;
    if (!PyArg_ParseTuple(args, "siO:create_window_function", &name, &count,
                          &cls)) {
        return NULL;
    }
    return make_rows_known(self, CRM_WINDOW, name, count, cls);
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
