/* list.c: InstrumentedList. */
#include "collection_impl.h"

int
crm_list_has(PyObject *list, PyObject *member)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        if (PyList_GET_ITEM(list, i) == member) {
            return 1;
        }
    }
    return 0;
}

int
crm_list_discard(PyObject *list, PyObject *member)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        if (PyList_GET_ITEM(list, i) == member) {
            return PyList_SetSlice(list, i, i + 1, NULL) < 0 ? -1 : 1;
        }
    }
    return 0;
}

int
crm_list_include(PyObject *list, PyObject *member, const crm_initiator *from)
{
    crm_hold hold;
    crm_hold_open(&hold, list);
    int status = -1;
    PyObject *stored = crm_fire_append(&hold, member, from);
    if (stored != NULL) {
        status = PyList_Append(list, stored);
        Py_DECREF(stored);
    }
    crm_hold_close(&hold);
    return status;
}

static PyObject *
list_append(PyObject *self, PyObject *member)
{
    return crm_none_or_error(crm_list_include(self, member, NULL));
}

static int
extend(PyObject *self, PyObject *iterable)
{
    PyObject *members = PySequence_List(iterable);
    if (members == NULL) {
        return -1;
    }
    int status = 0;
    for (Py_ssize_t i = 0; status == 0 && i < PyList_GET_SIZE(members); i++) {
        status = crm_list_include(self, PyList_GET_ITEM(members, i), NULL);
    }
    Py_DECREF(members);
    return status;
}

static PyObject *
list_extend(PyObject *self, PyObject *iterable)
{
    return crm_none_or_error(extend(self, iterable));
}

static PyObject *
list_iadd(PyObject *self, PyObject *iterable)
{
    return extend(self, iterable) < 0 ? NULL : Py_NewRef(self);
}

static int
insert(PyObject *self, Py_ssize_t index, PyObject *member)
{
    crm_hold hold;
    crm_hold_open(&hold, self);
    int status = -1;
    PyObject *stored = crm_fire_append(&hold, member, NULL);
    if (stored != NULL) {
        status = PyList_Insert(self, index, stored);
        Py_DECREF(stored);
    }
    crm_hold_close(&hold);
    return status;
}

static PyObject *
list_insert(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs != 2) {
        return PyErr_Format(PyExc_TypeError,
                            "insert expected 2 arguments, got %zd", nargs);
    }
    Py_ssize_t index = PyNumber_AsSsize_t(args[0], PyExc_IndexError);
    if (index == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return crm_none_or_error(insert(self, index, args[1]));
}

/* Takes the members of [first, last) out, each with its events. */
static int
delete_range(PyObject *self, Py_ssize_t first, Py_ssize_t last)
{
    PyObject *members = PyList_GetSlice(self, first, last);
    if (members == NULL) {
        return -1;
    }
    crm_hold hold;
    crm_hold_open(&hold, self);
    int status = 0;
    for (Py_ssize_t i = 0; status == 0 && i < PyList_GET_SIZE(members); i++) {
        status = crm_fire_remove(&hold, PyList_GET_ITEM(members, i), NULL);
    }
    if (status == 0) {
        status = PyList_SetSlice(self, first, last, NULL);
    }
    crm_hold_close(&hold);
    Py_DECREF(members);
    return status;
}

static PyObject *
list_remove(PyObject *self, PyObject *member)
{
    crm_hold hold;
    crm_hold_open(&hold, self);
    int status = crm_fire_remove(&hold, member, NULL);
    crm_hold_close(&hold);
    if (status < 0) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(self); i++) {
        PyObject *item = Py_NewRef(PyList_GET_ITEM(self, i));
        int equal = PyObject_RichCompareBool(item, member, Py_EQ);
        Py_DECREF(item);
        if (equal < 0) {
            return NULL;
        }
        if (equal) {
            return crm_none_or_error(PyList_SetSlice(self, i, i + 1, NULL));
        }
    }
    PyErr_SetString(PyExc_ValueError, "list.remove(x): x not in list");
    return NULL;
}

static PyObject *
list_pop(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t index = -1;
    if (nargs > 1) {
        return PyErr_Format(PyExc_TypeError,
                            "pop expected at most 1 argument, got %zd", nargs);
    }
    if (nargs == 1) {
        index = PyNumber_AsSsize_t(args[0], PyExc_IndexError);
        if (index == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    crm_hold hold;
    PyObject *item = NULL;
    crm_hold_open(&hold, self);
    if (crm_hold_changes(&hold) < 0) {
        goto done;
    }
    Py_ssize_t length = PyList_GET_SIZE(self);
    if (length == 0) {
        PyErr_SetString(PyExc_IndexError, "pop from empty list");
        goto done;
    }
    index += index < 0 ? length : 0;
    if (index < 0 || index >= length) {
        PyErr_SetString(PyExc_IndexError, "pop index out of range");
        goto done;
    }
    item = Py_NewRef(PyList_GET_ITEM(self, index));
    if (PyList_SetSlice(self, index, index + 1, NULL) < 0 ||
        crm_fire_remove(&hold, item, NULL) < 0) {
        Py_CLEAR(item);
    }
done:
    crm_hold_close(&hold);
    return item;
}

static PyObject *
list_clear(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return crm_none_or_error(delete_range(self, 0, PyList_GET_SIZE(self)));
}

/* self[index] = member; the old member leaves first. */
static int
set_index(PyObject *self, Py_ssize_t index, PyObject *member)
{
    if (index < 0 || index >= PyList_GET_SIZE(self)) {
        PyErr_SetString(PyExc_IndexError, "list index out of range");
        return -1;
    }
    crm_hold hold;
    crm_hold_open(&hold, self);
    PyObject *old = Py_NewRef(PyList_GET_ITEM(self, index));
    PyObject *stored = NULL;
    int status = -1;
    if (old == Py_None || crm_fire_remove(&hold, old, NULL) == 0) {
        stored = crm_fire_append(&hold, member, NULL);
    }
    if (stored != NULL) {
        status = PyList_SetItem(self, index, stored);
    }
    Py_DECREF(old);
    crm_hold_close(&hold);
    return status;
}

static int
delete_slice(PyObject *self, PyObject *slice)
{
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(slice, &start, &stop, &step) < 0) {
        return -1;
    }
    PyObject *members = PyObject_GetItem(self, slice);
    if (members == NULL) {
        return -1;
    }
    crm_hold hold;
    crm_hold_open(&hold, self);
    int status = 0;
    for (Py_ssize_t i = 0; status == 0 && i < PyList_GET_SIZE(members); i++) {
        status = crm_fire_remove(&hold, PyList_GET_ITEM(members, i), NULL);
    }
    crm_hold_close(&hold);
    Py_DECREF(members);
    if (status == 0) {
        status = PyList_Type.tp_as_mapping->mp_ass_subscript(self, slice, NULL);
    }
    return status;
}

static int
assign_slice(PyObject *self, PyObject *slice, PyObject *value)
{
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(slice, &start, &stop, &step) < 0) {
        return -1;
    }
    Py_ssize_t count =
        PySlice_AdjustIndices(PyList_GET_SIZE(self), &start, &stop, step);
    if (step == 1 && value == self) {
        return 0;
    }
    PyObject *members = PySequence_List(value);
    if (members == NULL) {
        return -1;
    }
    Py_ssize_t given = PyList_GET_SIZE(members);
    int status = 0;
    if (step == 1) {
        for (Py_ssize_t i = 0;
             status == 0 && i < count && start < PyList_GET_SIZE(self); i++) {
            status = delete_range(self, start, start + 1);
        }
        for (Py_ssize_t i = 0; status == 0 && i < given; i++) {
            status = insert(self, start + i, PyList_GET_ITEM(members, i));
        }
    }
    else if (given != count) {
        PyErr_Format(PyExc_ValueError,
                     "attempt to assign sequence of size %zd to extended "
                     "slice of size %zd",
                     given, count);
        status = -1;
    }
    else {
        for (Py_ssize_t i = 0; status == 0 && i < given; i++) {
            status =
                set_index(self, start + i * step, PyList_GET_ITEM(members, i));
        }
    }
    Py_DECREF(members);
    return status;
}

static int
list_ass_item(PyObject *self, Py_ssize_t i, PyObject *value)
{
    if (value != NULL) {
        return set_index(self, i, value);
    }
    if (i < 0 || i >= PyList_GET_SIZE(self)) {
        PyErr_SetString(PyExc_IndexError, "list index out of range");
        return -1;
    }
    return delete_range(self, i, i + 1);
}

static int
list_ass_subscript(PyObject *self, PyObject *index, PyObject *value)
{
    if (PySlice_Check(index)) {
        return value == NULL ? delete_slice(self, index)
                             : assign_slice(self, index, value);
    }
    if (!PyIndex_Check(index)) {
        PyErr_Format(PyExc_TypeError,
                     "list indices must be integers or slices, not %.200s",
                     Py_TYPE(index)->tp_name);
        return -1;
    }
    Py_ssize_t i = PyNumber_AsSsize_t(index, PyExc_IndexError);
    if (i == -1 && PyErr_Occurred()) {
        return -1;
    }
    i += i < 0 ? PyList_GET_SIZE(self) : 0;
    return list_ass_item(self, i, value);
}

static int
list_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((crm_list *)self)->tie.lost);
    return PyList_Type.tp_traverse(self, visit, arg);
}

static int
list_clear_members(PyObject *self)
{
    Py_CLEAR(((crm_list *)self)->tie.lost);
    Py_CLEAR(((crm_list *)self)->tie.astray);
    return PyList_Type.tp_clear(self);
}

static void
list_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_CLEAR(((crm_list *)self)->tie.lost);
    Py_CLEAR(((crm_list *)self)->tie.astray);
    PyList_Type.tp_dealloc(self);
    Py_DECREF(type);
}

static PyMethodDef list_methods[] = {
    {"append", list_append, METH_O, NULL},
    {"extend", list_extend, METH_O, NULL},
    {"insert", CRM_FAST(list_insert), METH_FASTCALL, NULL},
    {"remove", list_remove, METH_O, NULL},
    {"pop", CRM_FAST(list_pop), METH_FASTCALL, NULL},
    {"clear", list_clear, METH_NOARGS, NULL},
    {NULL},
};

static PyType_Slot list_slots[] = {
    {Py_tp_doc, "A list-based relationship: every change is tracked."},
    {Py_tp_dealloc, list_dealloc},
    {Py_tp_traverse, list_traverse},
    {Py_tp_clear, list_clear_members},
    {Py_tp_methods, list_methods},
    {Py_mp_ass_subscript, list_ass_subscript},
    {Py_sq_ass_item, list_ass_item},
    {Py_sq_inplace_concat, list_iadd},
    {0, NULL},
};

static PyType_Spec list_spec = {
    .name = "cormorant._core.InstrumentedList",
    .basicsize = sizeof(crm_list),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = list_slots,
};

int
crm_list_init(crm_core *core, PyObject *module)
{
    PyObject *bases = PyTuple_Pack(1, (PyObject *)&PyList_Type);
    if (bases == NULL) {
        return -1;
    }
    core->list_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &list_spec, bases);
    Py_DECREF(bases);
    return core->list_type == NULL ? -1
                                   : PyModule_AddType(module, core->list_type);
}
