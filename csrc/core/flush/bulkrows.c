/* bulkrows.c: what objects give to the bulk methods of a session: a row of
 * values by name each.
 */
#include "flush.h"
#include "uow.h"

/* What a row has of an object, under a name. */
typedef enum {
    PART_VALUE = 0, /* what a slot holds, if that is loaded */
    PART_GIVEN,     /* the same unless it is None */
    PART_CHANGED,   /* the same if it is another than at the last flush */
    PART_COMMITTED, /* what it held then, or NO_VALUE */
    PART_KEY,       /* a value of its identity, by its number */
} part_kind;

typedef struct {
    PyObject *name; /* borrowed */
    part_kind kind;
    uint16_t number; /* of a slot, or of a value of the identity */
} row_part;

/* The parts of a row, from a tuple of (name, kind, number): PyMem_Free() them;
 * NULL with an exception. */
static row_part *
parse_parts(PyObject *tuple, Py_ssize_t *count)
{
    if (!PyTuple_Check(tuple)) {
        PyErr_SetString(PyExc_TypeError, "a tuple of parts was expected");
        return NULL;
    }
    *count = PyTuple_GET_SIZE(tuple);
    row_part *parts = PyMem_New(row_part, (size_t)*count + 1);
    if (parts == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < *count; i++) {
        int kind, number;
        PyObject *part = PyTuple_GET_ITEM(tuple, i);
        if (!PyTuple_Check(part)) {
            PyErr_SetString(PyExc_TypeError, "a part is a tuple");
            goto error;
        }
        if (!PyArg_ParseTuple(part, "Uii:part", &parts[i].name, &kind,
                              &number)) {
            goto error;
        }
        if (kind < PART_VALUE || kind > PART_KEY || number < 0 ||
            number > UINT16_MAX) {
            PyErr_Format(PyExc_ValueError, "no part of kind %d, number %d",
                         kind, number);
            goto error;
        }
        parts[i].kind = (part_kind)kind;
        parts[i].number = (uint16_t)number;
    }
    return parts;

error:
    PyMem_Free(parts);
    return NULL;
}

/* The value of a part of an object: new reference, or NULL; with an exception
 * or if the row has none. */
static PyObject *
value_of(crm_flush *flush, crm_state *state, const row_part *part)
{
    if (part->kind == PART_KEY) {
        if ((state->flags & CRM_S_KEY) == 0 ||
            part->number >= crm_state_manager(state)->npk) {
            PyErr_SetString(PyExc_ValueError, "no such value in an identity");
            return NULL;
        }
        return crm_state_key_part(state, part->number);
    }
    if (crm_check_slot(state, part->number) < 0) {
        return NULL;
    }
    if (part->kind == PART_COMMITTED) {
        PyObject *old = crm_state_committed(state, part->number);
        PyObject *value =
            old != NULL ? Py_NewRef(old) : crm_state_peek(state, part->number);
        return value != NULL || PyErr_Occurred()
                   ? value
                   : Py_NewRef(flush->core->no_value);
    }
    if (part->kind == PART_CHANGED &&
        crm_flush_is_changed(flush, state, part->number) <= 0) {
        return NULL;
    }
    PyObject *value = crm_state_peek(state, part->number);
    if (value == NULL && part->kind == PART_CHANGED && !PyErr_Occurred()) {
        value = Py_NewRef(flush->core->no_value);
    }
    if (value == Py_None && part->kind == PART_GIVEN) {
        Py_CLEAR(value);
    }
    return value;
}

static PyObject *
row_of(crm_flush *flush, crm_state *state, const row_part *parts,
       Py_ssize_t count)
{
    PyObject *row = PyDict_New();
    for (Py_ssize_t i = 0; row != NULL && i < count; i++) {
        PyObject *value = value_of(flush, state, &parts[i]);
        if (value == NULL ? PyErr_Occurred() != NULL
                          : PyDict_SetItem(row, parts[i].name, value) < 0) {
            Py_CLEAR(row);
        }
        Py_XDECREF(value);
    }
    return row;
}

PyDoc_STRVAR(rows_doc,
             "attribute_rows(objects, parts, /)\n--\n\n"
             "A dict of values for each object. `parts`: (name, BULK_* kind, "
             "number of a slot or of a value of the identity), of which a "
             "later one of the same name counts.");

static PyObject *
bulk_rows(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    crm_core *core = crm_uow_core(module);
    if (nargs != 2 || !PyList_Check(args[0])) {
        PyErr_SetString(PyExc_TypeError,
                        "attribute_rows() takes a list of objects and parts");
        return NULL;
    }
    PyObject *objects = args[0];
    Py_ssize_t count;
    row_part *parts = parse_parts(args[1], &count);
    if (parts == NULL) {
        return NULL;
    }
    /* only to tell expressions from values */
    crm_flush flush = {.core = core};
    PyObject *rows = PyList_New(0);
    for (Py_ssize_t i = 0; rows != NULL && i < PyList_GET_SIZE(objects); i++) {
        PyObject *obj = Py_NewRef(PyList_GET_ITEM(objects, i));
        crm_state *state = crm_need_state(core, obj);
        PyObject *row =
            state == NULL ? NULL : row_of(&flush, state, parts, count);
        if (row == NULL || PyList_Append(rows, row) < 0) {
            Py_CLEAR(rows);
        }
        Py_XDECREF(row);
        Py_DECREF(obj);
    }
    PyMem_Free(parts);
    return rows;
}

PyDoc_STRVAR(run_doc,
             "run_end(objects, start, /)\n--\n\n"
             "Where neighbours end that are of the class of the object at "
             "`start` and, as that, have an identity or not.");

static PyObject *
bulk_run_end(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    crm_core *core = crm_uow_core(module);
    if (nargs != 2 || !PyList_Check(args[0])) {
        PyErr_SetString(PyExc_TypeError,
                        "run_end() takes a list of objects and a number");
        return NULL;
    }
    PyObject *objects = args[0];
    Py_ssize_t end = PyLong_AsSsize_t(args[1]);
    if (end < 0) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError, "start must not be negative");
        }
        return NULL;
    }
    const crm_manager *manager = NULL;
    uint32_t persistent = 0;
    for (; end < PyList_GET_SIZE(objects); end++) {
        crm_state *state = crm_need_state(core, PyList_GET_ITEM(objects, end));
        if (state == NULL) {
            return NULL;
        }
        uint32_t flag = state->flags & CRM_S_KEY;
        if (manager == NULL) {
            manager = crm_state_manager(state);
            persistent = flag;
        }
        else if (crm_state_manager(state) != manager || flag != persistent) {
            break;
        }
    }
    return PyLong_FromSsize_t(end);
}

static PyMethodDef functions[] = {
    {"attribute_rows", CRM_FAST(bulk_rows), METH_FASTCALL, rows_doc},
    {"run_end", CRM_FAST(bulk_run_end), METH_FASTCALL, run_doc},
    {NULL},
};

int
crm_bulkrows_init(PyObject *module)
{
    static const struct {
        const char *name;
        int kind;
    } kinds[] = {
        {"BULK_VALUE", PART_VALUE},     {"BULK_GIVEN", PART_GIVEN},
        {"BULK_CHANGED", PART_CHANGED}, {"BULK_COMMITTED", PART_COMMITTED},
        {"BULK_KEY", PART_KEY},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (PyModule_AddIntConstant(module, kinds[i].name, kinds[i].kind) < 0) {
            return -1;
        }
    }
    return PyModule_AddFunctions(module, functions);
}
