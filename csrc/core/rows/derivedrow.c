/* derivedrow.c: rows that a program makes, and its own classes of them.  See
 * derivedrow.h. */
#include "derivedrow.h"

#include "core/imports.h"

/* Keys of what SQLAlchemy's rows are made with: NULL with an exception. */
static crm_keys *
keys_of_parent(crm_core *core, PyObject *parent, PyObject *index,
               PyObject *values)
{
    PyObject *module = PyImport_ImportModule("cormorant.engine.row");
    PyObject *keys = NULL;
    if (module != NULL) {
        keys = PyObject_CallMethod(module, "keys_of_parent", "OOn", parent,
                                   index, PyTuple_GET_SIZE(values));
        Py_DECREF(module);
    }
    if (keys != NULL && !Py_IS_TYPE(keys, core->row_keys_type)) {
        PyErr_SetString(PyExc_TypeError, "keys_of_parent() made no RowKeys");
        Py_CLEAR(keys);
    }
    return (crm_keys *)keys;
}

/* The items of an iterable, each through the function, if any, that is in its
 * place: a tuple. */
static PyObject *
process(PyObject *processors, PyObject *data)
{
    PyObject *raw = PySequence_Tuple(data);
    if (raw == NULL || processors == Py_None) {
        return raw;
    }
    PyObject *functions = PySequence_Tuple(processors);
    PyObject *values = NULL;
    if (functions != NULL) {
        Py_ssize_t count =
            Py_MIN(PyTuple_GET_SIZE(raw), PyTuple_GET_SIZE(functions));
        values = PyTuple_New(count);
        for (Py_ssize_t i = 0; values != NULL && i < count; i++) {
            PyObject *item = PyTuple_GET_ITEM(raw, i);
            PyObject *function = PyTuple_GET_ITEM(functions, i);
            item = function == Py_None ? Py_NewRef(item)
                                       : PyObject_CallOneArg(function, item);
            if (item == NULL) {
                Py_CLEAR(values);
                break;
            }
            PyTuple_SET_ITEM(values, i, item);
        }
        Py_DECREF(functions);
    }
    Py_DECREF(raw);
    return values;
}

static int
parse_parent(crm_core *core, crm_row_parts *parts, PyObject *args,
             PyObject *kwargs)
{
    static char *words[] = {"parent", "processors", "key_to_index", "data",
                            NULL};
    PyObject *parent, *processors, *index, *data;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOO!O:Row", words, &parent,
                                     &processors, &PyDict_Type, &index,
                                     &data)) {
        return -1;
    }
    parts->values = process(processors, data);
    if (parts->values == NULL) {
        return -1;
    }
    parts->keys = keys_of_parent(core, parent, index, parts->values);
    if (parts->keys == NULL) {
        Py_CLEAR(parts->values);
        return -1;
    }
    return 0;
}

int
crm_row_parse(crm_core *core, crm_row_parts *parts, PyObject *args,
              PyObject *kwargs)
{
    Py_ssize_t given = PyTuple_GET_SIZE(args);
    if (given + (kwargs == NULL ? 0 : PyDict_GET_SIZE(kwargs)) == 4) {
        return parse_parent(core, parts, args, kwargs);
    }
    static char *words[] = {"keys", "values", "index", NULL};
    PyObject *names, *values, *index = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO|O:Row", words, &names,
                                     &values, &index)) {
        return -1;
    }
    if (Py_IS_TYPE(names, core->row_keys_type)) {
        parts->keys = (crm_keys *)Py_NewRef(names);
    }
    else {
        parts->keys = crm_keys_new(core, names, index);
        if (parts->keys == NULL) {
            return -1;
        }
        parts->keys->unpickled = 1;
    }
    /* a tuple, not the list that the iterable could still change */
    parts->values = PySequence_Tuple(values);
    if (parts->values == NULL) {
        Py_CLEAR(parts->keys);
        return -1;
    }
    return 0;
}

void
crm_row_parts_clear(crm_row_parts *parts)
{
    Py_CLEAR(parts->keys);
    Py_CLEAR(parts->values);
}

PyObject *
crm_derived_row_new(crm_core *core, PyTypeObject *type)
{
    PyObject *values = PyTuple_New(0);
    crm_keys *keys =
        values == NULL ? NULL : crm_keys_new(core, values, Py_None);
    crm_row *row = keys == NULL ? NULL : (crm_row *)type->tp_alloc(type, 0);
    if (row == NULL) {
        Py_XDECREF(keys);
        Py_XDECREF(values);
        return NULL;
    }
    row->tagged = (uintptr_t)keys | CRM_ROW_GC | CRM_ROW_DERIVED;
    row->items[0] = values;
    return (PyObject *)row;
}

/* Gives a row of a derived class keys and items.  Once: who goes through its
 * items relies on them. */
static int
fill(crm_row *self, PyObject *args, PyObject *kwargs)
{
    crm_row_parts parts;
    if (crm_row_parse(crm_row_keys(self)->core, &parts, args, kwargs) < 0) {
        return -1;
    }
    int failed = -1;
    Py_ssize_t count = PyTuple_GET_SIZE(parts.values);
    if (count != crm_keys_count(parts.keys)) {
        PyErr_Format(PyExc_ValueError, "%zd keys, but %zd values",
                     crm_keys_count(parts.keys), count);
    }
    else if (crm_row_count(self) != 0) {
        PyErr_SetString(PyExc_TypeError, "a row's items can't be changed");
    }
    else {
        crm_row_parts before = {crm_row_keys(self), self->items[0]};
        self->tagged = (uintptr_t)parts.keys | CRM_ROW_GC | CRM_ROW_DERIVED;
        self->items[0] = parts.values;
        parts = before;
        failed = 0;
    }
    crm_row_parts_clear(&parts);
    return failed;
}

int
crm_derived_row_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    crm_row *row = (crm_row *)self;
    /* a Row itself was made by __new__() */
    return crm_row_is_derived(row) ? fill(row, args, kwargs) : 0;
}

PyObject *
crm_derived_row_reduce(crm_row *self, PyObject *values, PyObject *index)
{
    PyObject *make = crm_import_member("copyreg", "__newobj__");
    if (make == NULL) {
        Py_DECREF(values);
        Py_XDECREF(index);
        return NULL;
    }
    if (index == NULL) {
        index = Py_NewRef(Py_None);
    }
    return Py_BuildValue("N(O)(ONN)", make, Py_TYPE(self),
                         crm_row_keys(self)->items, values, index);
}

PyObject *
crm_derived_row_setstate(crm_row *self, PyObject *state)
{
    if (!crm_row_is_derived(self) || !PyTuple_Check(state)) {
        PyErr_SetString(PyExc_TypeError, "not the state of a row");
        return NULL;
    }
    return fill(self, state, NULL) < 0 ? NULL : Py_NewRef(Py_None);
}
