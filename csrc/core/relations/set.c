/* set.c: InstrumentedSet. */
#include "collection_impl.h"

static int
add(PyObject *set, crm_hold *hold, PyObject *member, const crm_initiator *from)
{
    int has = PySet_Contains(set, member);
    if (has < 0) {
        return -1;
    }
    if (has) {
        return hold->obj == NULL ? 0
                                 : crm_rel_fire_present(hold->state, hold->slot,
                                                        member, from);
    }
    PyObject *stored = crm_fire_append(hold, member, from);
    if (stored == NULL) {
        return -1;
    }
    int status = PySet_Add(set, stored);
    Py_DECREF(stored);
    return status;
}

int
crm_set_include(PyObject *set, PyObject *member, const crm_initiator *from)
{
    crm_hold hold;
    crm_hold_open(&hold, set);
    int status = add(set, &hold, member, from);
    crm_hold_close(&hold);
    return status;
}

static PyObject *
set_add(PyObject *self, PyObject *member)
{
    return crm_none_or_error(crm_set_include(self, member, NULL));
}

static PyObject *
set_discard(PyObject *self, PyObject *member)
{
    return crm_none_or_error(crm_set_exclude(self, member, NULL));
}

static PyObject *
set_remove(PyObject *self, PyObject *member)
{
    int has = PySet_Contains(self, member);
    if (has == 0) {
        PyErr_SetObject(PyExc_KeyError, member);
    }
    if (has <= 0) {
        return NULL;
    }
    return set_discard(self, member);
}

static PyObject *
set_pop(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    crm_hold hold;
    PyObject *item = NULL;
    crm_hold_open(&hold, self);
    if (crm_hold_changes(&hold) == 0) {
        item = PySet_Pop(self);
    }
    if (item != NULL && crm_fire_remove(&hold, item, NULL) < 0) {
        Py_CLEAR(item);
    }
    crm_hold_close(&hold);
    return item;
}

/* Calls crm_set_include / take for each of `members` (a list, stolen). */
static int
for_each(PyObject *self, PyObject *members,
         int (*step)(PyObject *, PyObject *, const crm_initiator *))
{
    if (members == NULL) {
        return -1;
    }
    int status = 0;
    for (Py_ssize_t i = 0; status == 0 && i < PyList_GET_SIZE(members); i++) {
        status = step(self, PyList_GET_ITEM(members, i), NULL);
    }
    Py_DECREF(members);
    return status;
}

static PyObject *
set_clear(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return crm_none_or_error(
        for_each(self, PySequence_List(self), crm_set_exclude));
}

static int
update(PyObject *self, PyObject *other)
{
    return for_each(self, PySequence_List(other), crm_set_include);
}

static int
subtract(PyObject *self, PyObject *other)
{
    return for_each(self, PySequence_List(other), crm_set_exclude);
}

/* Makes self hold exactly what a plain set made of it by `method` holds. */
static int
become(PyObject *self, const char *method, PyObject *other)
{
    PyObject *have = PySet_New(self);
    PyObject *want = NULL, *remove = NULL, *add = NULL;
    int status = -1;
    if (have != NULL) {
        want = PyObject_CallMethod(have, method, "O", other);
    }
    if (want != NULL) {
        remove = PyNumber_Subtract(have, want);
    }
    if (remove != NULL) {
        add = PyNumber_Subtract(want, have);
    }
    if (remove != NULL && add != NULL) {
        status = for_each(self, PySequence_List(remove), crm_set_exclude);
        if (status == 0) {
            status = for_each(self, PySequence_List(add), crm_set_include);
        }
    }
    Py_XDECREF(have);
    Py_XDECREF(want);
    Py_XDECREF(remove);
    Py_XDECREF(add);
    return status;
}

static PyObject *
set_update(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    for (Py_ssize_t i = 0; i < nargs; i++) {
        if (update(self, args[i]) < 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

static PyObject *
set_difference_update(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    for (Py_ssize_t i = 0; i < nargs; i++) {
        if (subtract(self, args[i]) < 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

static PyObject *
set_intersection_update(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    for (Py_ssize_t i = 0; i < nargs; i++) {
        if (become(self, "intersection", args[i]) < 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

static PyObject *
set_symmetric_difference_update(PyObject *self, PyObject *other)
{
    return crm_none_or_error(become(self, "symmetric_difference", other));
}

static PyObject *
in_place(PyObject *self, PyObject *other,
         int (*operation)(PyObject *, PyObject *))
{
    if (!PyAnySet_Check(other)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return operation(self, other) < 0 ? NULL : Py_NewRef(self);
}

static int
intersect(PyObject *self, PyObject *other)
{
    return become(self, "intersection", other);
}

static int
differ(PyObject *self, PyObject *other)
{
    return become(self, "symmetric_difference", other);
}

static PyObject *
set_ior(PyObject *self, PyObject *other)
{
    return in_place(self, other, update);
}

static PyObject *
set_isub(PyObject *self, PyObject *other)
{
    return in_place(self, other, subtract);
}

static PyObject *
set_iand(PyObject *self, PyObject *other)
{
    return in_place(self, other, intersect);
}

static PyObject *
set_ixor(PyObject *self, PyObject *other)
{
    return in_place(self, other, differ);
}

static int
set_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((crm_set *)self)->tie.lost);
    return PySet_Type.tp_traverse(self, visit, arg);
}

static int
set_clear_members(PyObject *self)
{
    Py_CLEAR(((crm_set *)self)->tie.lost);
    Py_CLEAR(((crm_set *)self)->tie.astray);
    return PySet_Type.tp_clear(self);
}

static void
set_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_CLEAR(((crm_set *)self)->tie.lost);
    Py_CLEAR(((crm_set *)self)->tie.astray);
    PySet_Type.tp_dealloc(self);
    Py_DECREF(type);
}

static PyMethodDef set_methods[] = {
    {"add", set_add, METH_O, NULL},
    {"discard", set_discard, METH_O, NULL},
    {"remove", set_remove, METH_O, NULL},
    {"pop", set_pop, METH_NOARGS, NULL},
    {"clear", set_clear, METH_NOARGS, NULL},
    {"update", CRM_FAST(set_update), METH_FASTCALL, NULL},
    {"difference_update", CRM_FAST(set_difference_update), METH_FASTCALL, NULL},
    {"intersection_update", CRM_FAST(set_intersection_update), METH_FASTCALL,
     NULL},
    {"symmetric_difference_update", set_symmetric_difference_update, METH_O,
     NULL},
    {NULL},
};

static PyType_Slot set_slots[] = {
    {Py_tp_doc, "A set-based relationship: every change is tracked."},
    {Py_tp_dealloc, set_dealloc},
    {Py_tp_traverse, set_traverse},
    {Py_tp_clear, set_clear_members},
    {Py_tp_methods, set_methods},
    {Py_nb_inplace_or, set_ior},
    {Py_nb_inplace_subtract, set_isub},
    {Py_nb_inplace_and, set_iand},
    {Py_nb_inplace_xor, set_ixor},
    {0, NULL},
};

static PyType_Spec set_spec = {
    .name = "cormorant._core.InstrumentedSet",
    .basicsize = sizeof(crm_set),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = set_slots,
};

int
crm_set_init(crm_core *core, PyObject *module)
{
    PyObject *bases = PyTuple_Pack(1, (PyObject *)&PySet_Type);
    if (bases == NULL) {
        return -1;
    }
    core->set_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &set_spec, bases);
    Py_DECREF(bases);
    if (core->set_type == NULL) {
        return -1;
    }
    return PyModule_AddType(module, core->set_type);
}
