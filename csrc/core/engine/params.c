/* params.c: the encoded parameters of a run.  See connection.h. */
#include "connection.h"
#include "raise.h"

#include "core/values/codec_impl.h"

#define INLINE Py_ARRAY_LENGTH(((crm_params *)NULL)->inline_cells)

static int
params_reserve(crm_params *params, size_t count)
{
    params->count = 0;
    params->cells = params->inline_cells;
    params->keep = params->inline_keep;
    if (count <= INLINE) {
        return 0;
    }
    params->cells = PyMem_New(crm_cell, count);
    params->keep = PyMem_New(PyObject *, count);
    if (params->cells == NULL || params->keep == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

int
crm_params_encode(crm_params *params, crm_connection *self, crm_plan *plan,
                  PyObject *const *values, size_t nvalues)
{
    if (params_reserve(params, plan->nbinds) < 0) {
        return -1;
    }
    for (size_t i = 0; i < plan->nbinds; i++) {
        const crm_bind *bind = &plan->binds[i];
        if (bind->index >= nvalues) {
            return crm_connection_error(
                self, "ProgrammingError",
                "Incorrect number of bindings supplied. The current statement "
                "uses %zu, and there are %zu supplied.",
                plan->nbinds, nvalues);
        }
        int status =
            crm_made_encode(&self->made, plan, bind, values[bind->index],
                            &params->cells[i], &params->keep[i]);
        if (status < 0) {
            return crm_connection_bind_error(self, plan, values, nvalues, i,
                                             status);
        }
        params->count = i + 1;
    }
    return 0;
}

void
crm_params_clear(crm_params *params)
{
    for (size_t i = 0; i < params->count; i++) {
        Py_XDECREF(params->keep[i]);
    }
    params->count = 0;
    if (params->cells != params->inline_cells) {
        PyMem_Free(params->cells);
        params->cells = params->inline_cells;
    }
    if (params->keep != params->inline_keep) {
        PyMem_Free(params->keep);
        params->keep = params->inline_keep;
    }
}

/* True if a bind's type leaves values to the driver as they are. */
static bool
takes_as_is(const crm_plan *plan, const crm_codec *codec)
{
    switch (codec->code) {
        case CRM_TYPE_ANY:
        case CRM_TYPE_INTEGER:
        case CRM_TYPE_STRING:
            return true;
        case CRM_TYPE_PYTHON:
            /* what a codec behind it makes of the value is to be seen */
            return !PyTuple_CheckExact(codec->arg) ||
                   (PyTuple_GET_ITEM(codec->arg, 0) == Py_None &&
                    !crm_codec_has_inner(codec->arg));
        case CRM_TYPE_ENUM:
        case CRM_TYPE_INTERVAL:
        case CRM_TYPE_PICKLE:
            return false;
        case CRM_TYPE_JSON:
            return plan->typed && !plan->json_text;
        default:
            return plan->typed;
    }
}

/* An encoded value as logs and errors show it: SQLite's module takes binary
 * values of a type behind user code as memoryviews, and PostgreSQL's JSON as
 * what it stands for. */
static PyObject *
shown_cell(const crm_plan *plan, const crm_codec *codec, const crm_cell *cell)
{
    const crm_codec any = {0};
    crm_codec inner = *codec;
    while (plan->typed && inner.code == CRM_TYPE_PYTHON) {
        const crm_codec outer = inner;
        if (crm_codec_inner(&outer, &inner) < 0) {
            return NULL;
        }
    }
    crm_cell value = *cell;
    int json = plan->typed && !plan->json_text && inner.code == CRM_TYPE_JSON;
    if (json && value.tag == CRM_TEXT) {
        value.tag = CRM_JSON;
    }
    PyObject *shown = crm_decode(plan->core, json ? &inner : &any, &value);
    int through =
        codec->code == CRM_TYPE_PICKLE ||
        (codec->code == CRM_TYPE_PYTHON && crm_codec_has_inner(codec->arg));
    if (shown != NULL && PyBytes_Check(shown) && !plan->typed && through) {
        Py_SETREF(shown, PyMemoryView_FromObject(shown));
    }
    return shown;
}

static PyObject *shown_value(const crm_plan *plan, const crm_codec *codec,
                             PyObject *value, const crm_cell *cell,
                             crm_made *made);

static bool
is_sequence(PyObject *value)
{
    return PyList_Check(value) || PyTuple_Check(value);
}

/* As shown_value(), of an array: a list of what the type of the elements makes
 * of each, as deep as the first of them are lists. */
static PyObject *
shown_list(const crm_plan *plan, const crm_codec *item, PyObject *value)
{
    if (Py_EnterRecursiveCall(" in an array")) {
        return NULL;
    }
    /* a copy: the type may run code that changes the list */
    PyObject *items = PySequence_Tuple(value);
    Py_ssize_t count = items == NULL ? 0 : PyTuple_GET_SIZE(items);
    bool deeper = count > 0 && is_sequence(PyTuple_GET_ITEM(items, 0));
    PyObject *list = items == NULL ? NULL : PyList_New(count);
    for (Py_ssize_t i = 0; list != NULL && i < count; i++) {
        PyObject *one = PyTuple_GET_ITEM(items, i);
        PyObject *shown = deeper && is_sequence(one)
                              ? shown_list(plan, item, one)
                              : shown_value(plan, item, one, NULL, NULL);
        if (shown == NULL) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, i, shown);
    }
    Py_XDECREF(items);
    Py_LeaveRecursiveCall();
    return list;
}

/* What a value is shown as in logs and errors: what its type makes of it, taken
 * from `cell` if that is not NULL, or kept in `made` for the run.  A new
 * reference; NULL with an exception if the type refuses the value. */
static PyObject *
shown_value(const crm_plan *plan, const crm_codec *codec, PyObject *value,
            const crm_cell *cell, crm_made *made)
{
    if (codec->code == CRM_TYPE_ARRAY && plan->typed && is_sequence(value)) {
        crm_codec item;
        if (crm_codec_item(codec->arg, &item) < 0) {
            return NULL;
        }
        if (!takes_as_is(plan, &item)) {
            return shown_list(plan, &item, value);
        }
    }
    if (takes_as_is(plan, codec)) {
        bool null = codec->code == CRM_TYPE_JSON &&
                    value == PyTuple_GET_ITEM(codec->arg, 2);
        return Py_NewRef(null ? Py_None : value);
    }
    if (codec->code == CRM_TYPE_BINARY) {
        return value == Py_None ? Py_NewRef(value)
                                : PyMemoryView_FromObject(value);
    }
    if (cell != NULL) {
        return shown_cell(plan, codec, cell);
    }
    crm_cell own;
    PyObject *keep;
    int status =
        made != NULL && crm_codec_is_called(codec)
            ? crm_encode_made(plan->core, codec, plan->typed,
                              crm_made_show(made, codec, value), &own, &keep)
            : crm_encode(plan->core, codec, plan->typed, value, &own, &keep);
    if (status == CRM_ENCODE_UNBINDABLE) {
        PyErr_Clear();
        return Py_NewRef(value);
    }
    PyObject *shown = status < 0 ? NULL : shown_cell(plan, codec, &own);
    Py_XDECREF(keep);
    return shown;
}

/* As a dict by the plan's names; takes over the tuple. */
static PyObject *
by_name(crm_plan *plan, PyObject *shown)
{
    PyObject *dict = PyDict_New();
    for (size_t i = 0; dict != NULL && i < plan->nbinds; i++) {
        if (PyDict_SetItem(dict, PyTuple_GET_ITEM(plan->names, (Py_ssize_t)i),
                           PyTuple_GET_ITEM(shown, (Py_ssize_t)i)) < 0) {
            Py_CLEAR(dict);
        }
    }
    Py_DECREF(shown);
    return dict;
}

PyObject *
crm_plan_show(crm_plan *plan, PyObject *shown)
{
    return shown == NULL || plan->names == NULL ? shown : by_name(plan, shown);
}

static PyObject *
shown_values(crm_plan *plan, PyObject *const *values, size_t nvalues,
             const crm_cell *cells, crm_made *made)
{
    PyObject *shown = PyTuple_New((Py_ssize_t)plan->nbinds);
    for (size_t i = 0; shown != NULL && i < plan->nbinds; i++) {
        const crm_bind *bind = &plan->binds[i];
        PyObject *value =
            bind->index < nvalues
                ? shown_value(plan, &bind->codec, values[bind->index],
                              cells == NULL ? NULL : &cells[i], made)
                : Py_NewRef(Py_None);
        if (value == NULL) {
            Py_CLEAR(shown);
            break;
        }
        PyTuple_SET_ITEM(shown, (Py_ssize_t)i, value);
    }
    return crm_plan_show(plan, shown);
}

PyObject *
crm_plan_encode(crm_plan *plan, PyObject *const *values, size_t nvalues)
{
    return shown_values(plan, values, nvalues, NULL, NULL);
}

PyObject *
crm_connection_encode(crm_connection *self, crm_plan *plan,
                      PyObject *const *values, size_t nvalues)
{
    return shown_values(plan, values, nvalues, NULL, &self->made);
}

void
crm_connection_set_failed(crm_connection *self, crm_plan *plan,
                          PyObject *const *values, size_t nvalues,
                          const crm_cell *cells)
{
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    PyObject *shown = shown_values(plan, values, nvalues, cells, NULL);
    if (shown == NULL) {
        PyErr_Clear();
    }
    Py_XSETREF(self->failed_params, shown);
    PyErr_Restore(type, error, traceback);
}

int
crm_connection_bind_error(crm_connection *self, crm_plan *plan,
                          PyObject *const *values, size_t nvalues, size_t i,
                          int status)
{
    Py_CLEAR(self->failed_params);
    self->refused = status == CRM_ENCODE_REFUSED;
    if (status != CRM_ENCODE_UNBINDABLE) {
        return -1;
    }
    /* Types refuse values before the driver sees the first of them: a later
     * parameter that is refused is the error that counts. */
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    PyObject *shown = crm_plan_encode(plan, values, nvalues);
    if (shown == NULL) {
        self->refused = 1;
        Py_XDECREF(type);
        Py_XDECREF(error);
        Py_XDECREF(traceback);
        return -1;
    }
    Py_XSETREF(self->failed_params, shown);
    if (!PyErr_GivenExceptionMatches(type, PyExc_TypeError)) {
        PyErr_Restore(type, error, traceback);
        return -1;
    }
    PyErr_NormalizeException(&type, &error, &traceback);
    if (plan->typed) {
        crm_connection_error(self, "ProgrammingError", "%S", error);
    }
    else {
        crm_connection_error(self, "ProgrammingError",
                             "Error binding parameter %zu: %S", i + 1, error);
    }
    Py_XDECREF(type);
    Py_XDECREF(error);
    Py_XDECREF(traceback);
    return -1;
}
