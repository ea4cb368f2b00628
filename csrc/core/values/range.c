/* range.c: see range.h. */
#include "range.h"

#include "codec.h"
#include "core/imports.h"
#include "nested.h"

#define MODULE "cormorant.dialects.postgresql.ranges"

/* ---- making ----------------------------------------------------------- */

PyObject *
crm_range_new(crm_core *core, PyObject *lower, PyObject *upper,
              crm_range_bounds bounds)
{
    PyTypeObject *cls =
        (PyTypeObject *)crm_lazy_member(&core->range_type, MODULE, "Range");
    if (cls == NULL) {
        return NULL;
    }
    /* The class refuses to be written to, its members do not. */
    PyObject *values[] = {
        lower,
        upper,
        core->range_bounds[bounds.lower_inc != 0][bounds.upper_inc != 0],
        bounds.empty ? Py_True : Py_False,
    };
    PyObject *range = cls->tp_alloc(cls, 0);
    if (range == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(values); i++) {
        if (PyObject_GenericSetAttr(range, core->range_names[i], values[i]) <
            0) {
            Py_DECREF(range);
            return NULL;
        }
    }
    if (!PyType_IS_GC(Py_TYPE(lower)) && !PyType_IS_GC(Py_TYPE(upper))) {
        PyObject_GC_UnTrack(range);
    }
    return range;
}

PyObject *
crm_multirange_new(crm_core *core, PyObject *ranges)
{
    PyObject *cls =
        crm_lazy_member(&core->multirange_type, MODULE, "MultiRange");
    return cls == NULL ? NULL : PyObject_CallOneArg(cls, ranges);
}

/* ---- writing ---------------------------------------------------------- */

/* A bound as text: nothing where there is none. */
static PyObject *
edge_text(PyObject *value)
{
    if (value == Py_None) {
        return PyUnicode_New(0, 0);
    }
    PyObject *text = PyObject_Str(value);
    PyObject *quoted = text == NULL ? NULL : crm_quoted(text);
    Py_XDECREF(text);
    return quoted;
}

/* What is no text yet, a Range or something that has the same attributes. */
static PyObject *
text_of_range(crm_core *core, PyObject *range)
{
    PyObject *values[CRM_RANGE_NAMES] = {NULL};
    PyObject *text = NULL, *lower = NULL, *upper = NULL;
    PyObject *first = NULL, *last = NULL;
    for (size_t i = CRM_RANGE_NAMES; i-- > 0;) {
        values[i] = PyObject_GetAttr(range, core->range_names[i]);
        int empty = values[i] == NULL         ? -1
                    : i + 1 < CRM_RANGE_NAMES ? 0
                                              : PyObject_IsTrue(values[i]);
        if (empty != 0) {
            text = empty < 0 ? NULL : PyUnicode_FromString("empty");
            goto done;
        }
    }
    if ((first = PySequence_GetItem(values[2], 0)) != NULL &&
        (lower = edge_text(values[0])) != NULL &&
        (upper = edge_text(values[1])) != NULL &&
        (last = PySequence_GetItem(values[2], 1)) != NULL) {
        text = PyUnicode_FromFormat("%S%U,%U%S", first, lower, upper, last);
    }
done:
    Py_XDECREF(last);
    Py_XDECREF(first);
    Py_XDECREF(upper);
    Py_XDECREF(lower);
    for (size_t i = 0; i < CRM_RANGE_NAMES; i++) {
        Py_XDECREF(values[i]);
    }
    return text;
}

static PyObject *
range_text(PyObject *module, PyObject *value)
{
    if (value == Py_None || PyUnicode_Check(value)) {
        return Py_NewRef(value);
    }
    return text_of_range(PyModule_GetState(module), value);
}

static PyObject *
multirange_text(PyObject *module, PyObject *value)
{
    crm_core *core = PyModule_GetState(module);
    PyObject *cls = crm_lazy_member(&core->range_type, MODULE, "Range");
    int single = cls == NULL ? -1
                 : value == Py_None || PyUnicode_Check(value)
                     ? 1
                     : PyObject_IsInstance(value, cls);
    if (single != 0) {
        return single < 0 ? NULL : range_text(module, value);
    }
    PyObject *text = NULL, *joined = NULL, *comma = NULL;
    PyObject *parts = PyList_New(0);
    PyObject *items = parts == NULL ? NULL : PySequence_Tuple(value);
    if (items == NULL) {
        goto done;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(items); i++) {
        PyObject *part = range_text(module, PyTuple_GET_ITEM(items, i));
        int failed = part == NULL || PyList_Append(parts, part) < 0;
        Py_XDECREF(part);
        if (failed) {
            goto done;
        }
    }
    if ((comma = PyUnicode_FromString(",")) != NULL &&
        (joined = PyUnicode_Join(comma, parts)) != NULL) {
        text = PyUnicode_FromFormat("{%U}", joined);
    }
done:
    Py_XDECREF(comma);
    Py_XDECREF(joined);
    Py_XDECREF(items);
    Py_XDECREF(parts);
    return text;
}

/* ---- the module ------------------------------------------------------- */

static PyMethodDef range_functions[] = {
    {"range_text", range_text, METH_O,
     "range_text($module, value, /)\n--\n\nA range as PostgreSQL reads it; "
     "None and texts as they are."},
    {"multirange_text", multirange_text, METH_O,
     "multirange_text($module, value, /)\n--\n\nRanges as PostgreSQL reads a "
     "multirange; one range, None and texts as range_text() has them."},
    {NULL},
};

int
crm_range_init(crm_core *core, PyObject *module)
{
    static const char *const names[] = {"lower", "upper", "bounds", "empty"};
    static const char *const bounds[2][2] = {{"()", "(]"}, {"[)", "[]"}};
    for (size_t i = 0; i < CRM_RANGE_NAMES; i++) {
        core->range_names[i] = PyUnicode_InternFromString(names[i]);
        PyObject **place = &core->range_bounds[i / 2][i % 2];
        *place = PyUnicode_InternFromString(bounds[i / 2][i % 2]);
        if (core->range_names[i] == NULL || *place == NULL) {
            return -1;
        }
    }
    return PyModule_AddFunctions(module, range_functions);
}
