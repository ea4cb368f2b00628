/* functions.c: functions of the program that SQL may call: Connection's
 * create_function(), create_aggregate() and create_collation(), and how a
 * driver calls them.
 *
 * The driver has the address of a crm_function; what that refers to is the
 * connection's, so that the collector sees it.
 */
#include "core/values/codec.h"
#include "connection.h"
#include "plain/error.h"
#include "raise.h"

/* What the driver calls a function by, until it drops it. */
typedef struct {
    crm_link link;    /* among the functions of the connection */
    PyObject *called; /* owned: a function, or an aggregate as below; NULL once
                         the collector took it */
} crm_function;

int
crm_functions_traverse(crm_connection *self, visitproc visit, void *arg)
{
    for (crm_link *at = self->functions; at != NULL; at = at->next) {
        Py_VISIT(((crm_function *)at)->called);
    }
    return 0;
}

void
crm_functions_clear(crm_connection *self)
{
    crm_link *first;
    while ((first = self->functions) != NULL) {
        /* the driver drops it all the same */
        crm_link_remove(&self->functions, first);
        *first = (crm_link){0};
        Py_CLEAR(((crm_function *)first)->called);
    }
}

/* What to call: a new reference, or NULL with an exception. */
static PyObject *
called_by(void *function)
{
    PyObject *called = ((crm_function *)function)->called;
    if (called == NULL) {
        PyErr_SetString(PyExc_ReferenceError, "the function is gone");
    }
    return Py_XNewRef(called);
}

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
    PyObject *called = called_by(function);
    PyObject *values = called == NULL ? NULL : decode_all(core, args, count);
    PyObject *result =
        values == NULL ? NULL : PyObject_Call(called, values, NULL);
    int status = CRM_OK;
    if (give_result(core, result, give, to) < 0) {
        status = fail(err, "user-defined function raised exception");
    }
    Py_XDECREF(values);
    Py_XDECREF(called);
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
change_group(crm_connection *self, void *function, int64_t group,
             const char *const words[3], const crm_cell *args, size_t count,
             crm_error *err)
{
    crm_core *core = self->core;
    crm_visit visit = crm_visit_begin(self);
    PyObject *called = called_by(function);
    PyObject *key = called == NULL ? NULL : PyLong_FromLongLong(group);
    PyObject *made = key == NULL ? NULL : running(called, key);
    const char *failed =
        made == NULL ? "user-defined aggregate's '__init__' method raised error"
                     : take_row(core, made, words, args, count);
    int status = failed == NULL ? CRM_OK : fail(err, failed);
    Py_XDECREF(made);
    Py_XDECREF(key);
    Py_XDECREF(called);
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
ask_group(crm_connection *self, void *function, int64_t group, bool over,
          crm_give give, void *to, crm_error *err)
{
    crm_core *core = self->core;
    const char *const *words = over ? finalize_words : value_words;
    crm_visit visit = crm_visit_begin(self);
    PyObject *called = called_by(function);
    PyObject *known = called == NULL ? NULL : PyTuple_GET_ITEM(called, 1);
    PyObject *key = known == NULL ? NULL : PyLong_FromLongLong(group);
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
    Py_XDECREF(called);
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
    PyObject *called = called_by(function);
    PyObject *texts = called == NULL ? NULL : decode_all(core, cells, 2);
    PyObject *result =
        texts == NULL ? NULL : PyObject_Call(called, texts, NULL);
    int status = result == NULL ? CRM_FAIL : CRM_OK;
    *order = result == NULL ? 0 : sign_of(result);
    Py_XDECREF(result);
    Py_XDECREF(texts);
    Py_XDECREF(called);
    crm_host_end(self, without);
    return status;
}

void
crm_function_drop(void *ctx, void *function)
{
    crm_connection *self = ctx;
    crm_function *dropped = function;
    crm_visit visit = crm_visit_begin(self);
    PyObject *called = dropped->called;
    crm_link_remove(&self->functions, &dropped->link);
    PyMem_Free(dropped);
    Py_XDECREF(called);
    crm_visit_end(self, visit);
}

/* The function of what is called, whose reference is stolen: the connection's,
 * NULL with an exception. */
static crm_function *
new_function(crm_connection *self, PyObject *called)
{
    crm_function *function = PyMem_Malloc(sizeof(*function));
    if (function == NULL) {
        Py_DECREF(called);
        PyErr_NoMemory();
        return NULL;
    }
    function->called = called;
    crm_link_add(&self->functions, &function->link);
    return function;
}

/* Gives the driver a function, NULL to take the name back: None or NULL.
 * Steals `called`. */
static PyObject *
make_known(crm_connection *self, crm_function_kind kind, const char *name,
           int count, int deterministic, PyObject *called)
{
    if (crm_connection_able(self, self->driver->create_function != NULL,
                            "functions of the program") < 0 ||
        crm_connection_enter(self) < 0) {
        Py_XDECREF(called);
        return NULL;
    }
    crm_function *function = NULL;
    if (called != NULL && (function = new_function(self, called)) == NULL) {
        crm_connection_leave(self);
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
