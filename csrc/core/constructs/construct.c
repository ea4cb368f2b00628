/* construct.c: bases of SQL constructs (_core.Generative, _core.Comparable).
 *
 * What building a statement does most: copying one to say more, and comparing
 * an expression with a plain value.
 */
#include "core/core.h"

#include "core/compat.h"

/* ---- copies ------------------------------------------------------------ */

/* Takes what was computed from the original out of a copy's dictionary. */
static int
forget_memoized(crm_core *core, PyTypeObject *cls, PyObject *dict)
{
    int found = PyDict_Contains(dict, core->str_memoized);
    if (found <= 0) {
        return found;
    }
    PyObject *names = crm_type_lookup(cls, core->str_memo_names);
    PyObject *iterator = names == NULL ? NULL : PyObject_GetIter(names);
    PyObject *name;
    int status = PyDict_DelItem(dict, core->str_memoized);
    while (status == 0 && iterator != NULL &&
           (name = PyIter_Next(iterator)) != NULL) {
        int there = PyDict_Contains(dict, name);
        status = there > 0 ? PyDict_DelItem(dict, name) : there;
        Py_DECREF(name);
    }
    Py_XDECREF(iterator);
    return PyErr_Occurred() ? -1 : status;
}

/* An attribute of a construct, which its own dictionary may have: a new
 * reference.  To ask it takes longer where its class has a __getattr__. */
static PyObject *
attribute_of(PyObject *self, PyObject *name)
{
    PyObject *dict = PyObject_GenericGetDict(self, NULL);
    if (dict == NULL) {
        return NULL;
    }
    PyObject *found = Py_XNewRef(PyDict_GetItemWithError(dict, name));
    Py_DECREF(dict);
    return found != NULL || PyErr_Occurred() ? found
                                             : PyObject_GetAttr(self, name);
}

/* A copy of a construct without what was computed, and with an attribute (name
 * NULL: none) of another value. */
static PyObject *
copy_with(crm_core *core, PyObject *self, PyObject *name, PyObject *value)
{
    PyTypeObject *cls = Py_TYPE(self);
    PyObject *said = PyObject_GenericGetDict(self, NULL);
    if (said == NULL) {
        return NULL;
    }
    PyObject *dict = PyDict_Copy(said);
    Py_DECREF(said);
    PyObject *copy = NULL;
    if (dict != NULL && forget_memoized(core, cls, dict) == 0 &&
        (name == NULL || PyDict_SetItem(dict, name, value) == 0)) {
        copy = cls->tp_alloc(cls, 0);
    }
    if (copy != NULL && crm_set_dict(copy, dict, core->str_dict) < 0) {
        Py_CLEAR(copy);
    }
    Py_XDECREF(dict);
    return copy;
}

static PyObject *
generative_generate(PyObject *self, PyObject *Py_UNUSED(none))
{
    crm_core *core = crm_core_of(Py_TYPE(self));
    return core == NULL ? NULL : copy_with(core, self, NULL, NULL);
}

static PyObject *
generative_with(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs != 2 || !PyUnicode_Check(args[0])) {
        PyErr_SetString(PyExc_TypeError,
                        "_generate_with() takes a name and a value");
        return NULL;
    }
    crm_core *core = crm_core_of(Py_TYPE(self));
    return core == NULL ? NULL : copy_with(core, self, args[0], args[1]);
}

static PyObject *
generative_more(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs != 2 || !PyUnicode_Check(args[0])) {
        PyErr_SetString(PyExc_TypeError,
                        "_generate_more() takes a name and an item");
        return NULL;
    }
    crm_core *core = crm_core_of(Py_TYPE(self));
    PyObject *before = core == NULL ? NULL : attribute_of(self, args[0]);
    if (before == NULL) {
        return NULL;
    }
    PyObject *copy = NULL, *items = NULL;
    if (!PyTuple_Check(before)) {
        PyErr_Format(PyExc_TypeError, "%U is not a tuple", args[0]);
        goto done;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(before);
    items = PyTuple_New(count + 1);
    if (items == NULL) {
        goto done;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyTuple_SET_ITEM(items, i, Py_NewRef(PyTuple_GET_ITEM(before, i)));
    }
    PyTuple_SET_ITEM(items, count, Py_NewRef(args[1]));
    copy = copy_with(core, self, args[0], items);
done:
    Py_XDECREF(items);
    Py_DECREF(before);
    return copy;
}

static PyMethodDef generative_methods[] = {
    {"_generate", generative_generate, METH_NOARGS,
     "The copy a generative method works on: without what was computed."},
    {"_generate_with", CRM_FAST(generative_with), METH_FASTCALL,
     "_generate_with($self, name, value, /)\n--\n\n"
     "The same with another value of an attribute."},
    {"_generate_more", CRM_FAST(generative_more), METH_FASTCALL,
     "_generate_more($self, name, item, /)\n--\n\n"
     "The same with one more item in the tuple that an attribute is."},
    {NULL},
};

static PyType_Slot generative_slots[] = {
    {Py_tp_doc, "Base of constructs whose methods give a changed copy."},
    {Py_tp_methods, generative_methods},
    {0, NULL},
};

static PyType_Spec generative_spec = {
    .name = "cormorant._core.Generative",
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = generative_slots,
};

/* ---- comparisons -------------------------------------------------------- */

/* Whether a value compared with an expression of a type is of that type itself,
 * whatever the value: 1, 0, or -1 with an exception.  Python is asked once for
 * each pair of classes. */
static int
is_own_type(crm_core *core, PyObject *type, PyObject *value)
{
    PyObject *type_cls = (PyObject *)Py_TYPE(type);
    PyObject *value_cls = (PyObject *)Py_TYPE(value);
    PyObject *known = PyDict_GetItemWithError(core->own_types, type_cls);
    PyObject *own =
        known == NULL ? NULL : PyDict_GetItemWithError(known, value_cls);
    if (own != NULL) {
        return own == Py_True;
    }
    if (PyErr_Occurred()) {
        return -1;
    }
    PyObject *learn = PyTuple_GET_ITEM(core->comparisons, 3);
    PyObject *args[] = {type, value};
    own = PyObject_Vectorcall(learn, args, 2, NULL);
    if (own == NULL) {
        return -1;
    }
    int status = own == Py_True;
    known = PyDict_GetItemWithError(core->own_types, type_cls);
    if (known == NULL && !PyErr_Occurred()) {
        PyObject *made = PyDict_New();
        if (made != NULL &&
            PyDict_SetItem(core->own_types, type_cls, made) == 0) {
            known = made; /* the dictionary keeps it */
        }
        Py_XDECREF(made);
    }
    if (known == NULL ||
        PyDict_SetItem(known, value_cls, status ? Py_True : Py_False) < 0) {
        status = -1;
    }
    Py_DECREF(own);
    return status;
}

/* A construct of a Python class with these attributes: a new reference. */
static PyObject *
construct(PyObject *cls, PyObject *const *names, PyObject *const *values,
          size_t count)
{
    PyObject *made = ((PyTypeObject *)cls)->tp_alloc((PyTypeObject *)cls, 0);
    PyObject *dict = made == NULL ? NULL : PyObject_GenericGetDict(made, NULL);
    int status = dict == NULL ? -1 : 0;
    for (size_t i = 0; status == 0 && i < count; i++) {
        status = PyDict_SetItem(dict, names[i], values[i]);
    }
    Py_XDECREF(dict);
    if (status < 0) {
        Py_CLEAR(made);
    }
    return made;
}

/* `self op right`, where the right side needs no parentheses. */
static PyObject *
compare_with(crm_core *core, PyObject *self, int op, PyObject *right)
{
    static const int negated[] = {Py_GE, Py_GT, Py_NE, Py_EQ, Py_LE, Py_LT};
    PyObject *binary = PyTuple_GET_ITEM(core->comparisons, 0);
    PyObject *boolean = PyTuple_GET_ITEM(core->comparisons, 2);
    PyObject *ops = PyTuple_GET_ITEM(core->comparisons, 4);
    PyObject *called = PyTuple_GET_ITEM(ops, op);
    PyObject *left =
        crm_type_lookup(Py_TYPE(self), core->compare_names[1]) == Py_True
            ? Py_NewRef(self)
            : PyObject_CallMethod(self, "self_group", "O", called);
    if (left == NULL) {
        return NULL;
    }
    PyObject *values[] = {left, right, called, boolean,
                          PyTuple_GET_ITEM(ops, negated[op])};
    PyObject *made = construct(binary, &core->compare_names[7], values, 5);
    Py_DECREF(left);
    return made;
}

/* `self op value` for a value of the expression's own type. */
static PyObject *
compare_value(crm_core *core, PyObject *self, int op, PyObject *type,
              PyObject *value)
{
    /* of a column it is the key, without being asked */
    int plain = crm_type_lookup(Py_TYPE(self), core->str_is_plain) == Py_True;
    PyObject *key = attribute_of(self, core->compare_names[plain ? 3 : 0]);
    if (key == NULL) {
        return NULL;
    }
    if (key == Py_None ||
        (PyUnicode_Check(key) && !PyUnicode_GET_LENGTH(key))) {
        Py_SETREF(key, Py_NewRef(core->compare_names[2]));
    }
    PyObject *values[] = {key, value, type, Py_True};
    PyObject *bind = construct(PyTuple_GET_ITEM(core->comparisons, 1),
                               &core->compare_names[3], values, 4);
    PyObject *made = bind == NULL ? NULL : compare_with(core, self, op, bind);
    Py_XDECREF(bind);
    Py_DECREF(key);
    return made;
}

/* The column that the other side of a comparison is, or is an attribute of, if
 * this side is a column as well: a new reference; NULL without an exception if
 * either is anything else, NULL with one. */
static PyObject *
plain_column(crm_core *core, PyObject *self, PyObject *type, PyObject *other)
{
    PyObject *found = NULL;
    if (crm_type_lookup(Py_TYPE(self), core->str_is_plain) != Py_True) {
        return NULL;
    }
    if (PyObject_TypeCheck(other, core->attribute_type)) {
        found = PyObject_GetAttr(other, core->str_element);
    }
    else if (PyObject_TypeCheck(other, core->comparable_type)) {
        found = Py_NewRef(other);
    }
    if (found == NULL) {
        return NULL;
    }
    PyObject *factory = NULL;
    if (crm_type_lookup(Py_TYPE(found), core->str_is_plain) == Py_True) {
        factory = PyObject_GetAttr(type, core->str_factory);
    }
    if (factory != PyTuple_GET_ITEM(core->comparisons, 5)) {
        Py_CLEAR(found);
    }
    Py_XDECREF(factory);
    return found;
}

static PyObject *
comparable_compare(PyObject *self, PyObject *other, int op)
{
    crm_core *core = crm_core_of(Py_TYPE(self));
    if (core == NULL) {
        return NULL;
    }
    if (core->comparisons == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "comparisons are not set up");
        return NULL;
    }
    PyObject *type = attribute_of(self, core->compare_names[5]);
    if (type == NULL) {
        return NULL;
    }
    PyObject *made = NULL;
    PyObject *column = plain_column(core, self, type, other);
    int own = column != NULL || PyErr_Occurred()
                  ? -1
                  : is_own_type(core, type, other);
    if (column != NULL) {
        made = compare_with(core, self, op, column);
        Py_DECREF(column);
    }
    else if (own > 0) {
        made = compare_value(core, self, op, type, other);
    }
    else if (own == 0) {
        PyObject *ops = PyTuple_GET_ITEM(core->comparisons, 4);
        made = PyObject_CallMethodObjArgs(
            self, core->str_operate, PyTuple_GET_ITEM(ops, op), other, NULL);
    }
    Py_DECREF(type);
    return made;
}

/* Equality makes expressions: what is hashed is the identity. */
static Py_hash_t
comparable_hash(PyObject *self)
{
    return (Py_hash_t)((uintptr_t)self >> 4);
}

static PyObject *
comparable_set_up(PyObject *cls, PyObject *args)
{
    PyObject *binary, *bind, *boolean, *learn, *ops, *usual;
    if (!PyArg_ParseTuple(args, "O!O!OOO!O:_set_up", &PyType_Type, &binary,
                          &PyType_Type, &bind, &boolean, &learn, &PyTuple_Type,
                          &ops, &usual)) {
        return NULL;
    }
    if (PyTuple_GET_SIZE(ops) != 6) {
        PyErr_SetString(PyExc_ValueError, "six operators are needed");
        return NULL;
    }
    crm_core *core = crm_core_of((PyTypeObject *)cls);
    if (core == NULL) {
        return NULL;
    }
    Py_XSETREF(core->comparisons, Py_NewRef(args));
    Py_RETURN_NONE;
}

static PyObject *
comparable_quick(PyObject *cls, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs != 3) {
        PyErr_SetString(PyExc_TypeError, "_quick() takes three arguments");
        return NULL;
    }
    crm_core *core = crm_core_of((PyTypeObject *)cls);
    if (core == NULL) {
        return NULL;
    }
    PyObject *values[] = {args[0], args[1], args[2], Py_True};
    return construct(cls, &core->compare_names[3], values, 4);
}

static PyObject *
comparable_named(PyObject *cls, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs != 3) {
        PyErr_SetString(PyExc_TypeError, "_named() takes three arguments");
        return NULL;
    }
    crm_core *core = crm_core_of((PyTypeObject *)cls);
    return core == NULL ? NULL
                        : construct(cls, &core->compare_names[3], args, 3);
}

static PyMethodDef comparable_methods[] = {
    {"_quick", CRM_FAST(comparable_quick), METH_FASTCALL | METH_CLASS,
     "_quick($cls, key, value, type, /)\n--\n\n"
     "Of a class of bind parameters: an anonymous one of which all is known."},
    {"_named", CRM_FAST(comparable_named), METH_FASTCALL | METH_CLASS,
     "_named($cls, key, value, type, /)\n--\n\n"
     "The same with the key as its name."},
    {"_set_up", comparable_set_up, METH_VARARGS | METH_CLASS,
     "_set_up($cls, binary, bind, boolean, learn, operators, usual, /)\n--\n\n"
     "The classes of comparisons and bind parameters, the type of a "
     "comparison, what tells whether a value is of an expression's own type, "
     "the operators <, <=, ==, !=, >, >=, and the comparator_factory of types "
     "that have no operators of their own."},
    {NULL},
};

static PyType_Slot comparable_slots[] = {
    {Py_tp_doc, "Base of expressions: comparisons make expressions."},
    {Py_tp_richcompare, comparable_compare},
    {Py_tp_hash, comparable_hash},
    {Py_tp_methods, comparable_methods},
    {0, NULL},
};

static PyType_Spec comparable_spec = {
    .name = "cormorant._core.Comparable",
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = comparable_slots,
};

int
crm_construct_init(crm_core *core, PyObject *module)
{
    static const char *const names[] = {
        "_bind_name", "_atomic", "param",                        /* asked for */
        "key",        "value",   "type",     "unique",           /* of a bind */
        "left",       "right",   "operator", "type",   "negate", /* binary */
    };
    _Static_assert(
        Py_ARRAY_LENGTH(names) == Py_ARRAY_LENGTH(core->compare_names),
        "a place for each name");
    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        core->compare_names[i] = PyUnicode_InternFromString(names[i]);
        if (core->compare_names[i] == NULL) {
            return -1;
        }
    }
    core->str_operate = PyUnicode_InternFromString("operate");
    core->str_memoized = PyUnicode_InternFromString("_memoized");
    core->str_memo_names = PyUnicode_InternFromString("_memo_names");
    core->str_element = PyUnicode_InternFromString("_element");
    core->str_is_plain = PyUnicode_InternFromString("_is_plain");
    core->str_factory = PyUnicode_InternFromString("comparator_factory");
    core->own_types = PyDict_New();
    if (core->str_operate == NULL || core->str_memoized == NULL ||
        core->str_memo_names == NULL || core->str_element == NULL ||
        core->str_is_plain == NULL || core->str_factory == NULL ||
        core->own_types == NULL) {
        return -1;
    }
    PyType_Spec *const specs[] = {&generative_spec, &comparable_spec};
    for (size_t i = 0; i < Py_ARRAY_LENGTH(specs); i++) {
        PyTypeObject *type =
            (PyTypeObject *)PyType_FromModuleAndSpec(module, specs[i], NULL);
        int status = type == NULL ? -1 : PyModule_AddType(module, type);
        Py_XSETREF(core->comparable_type, type); /* the last one */
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}
