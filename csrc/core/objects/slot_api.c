/* slot_api.c: the module's functions on one attribute of a mapped object, which
 * its slot names: its value, now and before.
 */
#include "core/relations/collection.h"
#include "core/flush/uow.h"

/* Arguments (obj, slot, …): the state and *slot, NULL with an exception. */
static crm_state *
state_and_slot(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
               Py_ssize_t want, uint16_t *slot)
{
    if (nargs != want) {
        PyErr_Format(PyExc_TypeError, "expected %zd arguments, got %zd", want,
                     nargs);
        return NULL;
    }
    crm_state *state = crm_need_state(crm_uow_core(module), args[0]);
    if (state == NULL) {
        return NULL;
    }
    long number = PyLong_AsLong(args[1]);
    if (number < 0 || number >= crm_state_manager(state)->nattrs) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_IndexError, "no such slot");
        }
        return NULL;
    }
    *slot = (uint16_t)number;
    return state;
}

/* What `read` says of a slot, NO_VALUE if that is NULL without an exception. */
static PyObject *
value_of(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
         PyObject *(*read)(crm_state *, uint16_t))
{
    uint16_t slot;
    crm_state *state = state_and_slot(module, args, nargs, 2, &slot);
    if (state == NULL) {
        return NULL;
    }
    PyObject *value = read(state, slot);
    if (value == NULL && !PyErr_Occurred()) {
        value = Py_NewRef(crm_uow_core(module)->no_value);
    }
    return value;
}

static PyObject *
core_peek(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    return value_of(module, args, nargs, crm_state_peek);
}

static PyObject *
core_loaded(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    return value_of(module, args, nargs, crm_state_loaded);
}

static PyObject *
core_never_given(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    uint16_t slot;
    crm_state *state = state_and_slot(module, args, nargs, 2, &slot);
    if (state == NULL) {
        return NULL;
    }
    return PyBool_FromLong(crm_attr_never_given(state, slot));
}

static PyObject *
core_set_loaded(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    uint16_t slot;
    crm_state *state = state_and_slot(module, args, nargs, 3, &slot);
    if (state == NULL) {
        return NULL;
    }
    return crm_none_or_error(
        crm_state_set_loaded(state, slot, Py_NewRef(args[2])));
}

static PyObject *
core_set_value(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    uint16_t slot;
    crm_state *state = state_and_slot(module, args, nargs, 3, &slot);
    if (state == NULL) {
        return NULL;
    }
    return crm_none_or_error(crm_attr_set(state, slot, args[2]));
}

/* copy_values(obj, onto, slots, loaded): a list of the slots that obj holds no
 * value of. */
static PyObject *
core_copy_values(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs != 4 || !PyTuple_Check(args[2])) {
        PyErr_SetString(PyExc_TypeError,
                        "copy_values() takes two objects, a tuple and a flag");
        return NULL;
    }
    int as_loaded = PyObject_IsTrue(args[3]);
    PyObject *unloaded = as_loaded < 0 ? NULL : PyList_New(0);
    for (Py_ssize_t i = 0; unloaded != NULL && i < PyTuple_GET_SIZE(args[2]);
         i++) {
        /* each time: setters run code of the program's */
        PyObject *number = PyTuple_GET_ITEM(args[2], i);
        PyObject *const from[] = {args[0], number}, *const to[] = {args[1],
                                                                   number};
        uint16_t slot;
        crm_state *state = state_and_slot(module, to, 2, 2, &slot) == NULL
                               ? NULL
                               : state_and_slot(module, from, 2, 2, &slot);
        PyObject *value = state == NULL ? NULL : crm_state_peek(state, slot);
        int status = -1;
        if (value != NULL) {
            /* reading may have decoded, which also runs code */
            state = crm_need_state(crm_uow_core(module), args[1]);
            if (state != NULL) {
                status = as_loaded ? crm_state_set_loaded(state, slot,
                                                          Py_NewRef(value))
                                   : crm_attr_set(state, slot, value);
            }
            Py_DECREF(value);
        }
        else if (!PyErr_Occurred()) {
            status = PyList_Append(unloaded, number);
        }
        if (status < 0) {
            Py_CLEAR(unloaded);
        }
    }
    return unloaded;
}

/* A member of a collection that is written to only. */
static PyObject *
core_relate_member(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    uint16_t slot;
    crm_state *state = state_and_slot(module, args, nargs, 4, &slot);
    if (state == NULL) {
        return NULL;
    }
    if (crm_state_attr(state, slot)->kind != CRM_ATTR_COLLECTION) {
        PyErr_SetString(PyExc_TypeError, "not a collection");
        return NULL;
    }
    int add = PyObject_IsTrue(args[3]);
    return crm_none_or_error(
        add < 0 ? -1 : crm_rel_member(state, slot, args[2], add));
}

/* What a slot holds, and was not changed since, is what the database has. */
static int
keep_value(crm_core *core, crm_state *state, uint16_t slot)
{
    if (crm_state_change(state, slot) != NULL) {
        return 0;
    }
    PyObject *old = crm_state_peek(state, slot);
    if (old == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    if (crm_state_attr(state, slot)->kind == CRM_ATTR_COLLECTION &&
        old != Py_None) {
        Py_SETREF(old, crm_collection_members(core, old));
        if (old == NULL) {
            return -1;
        }
    }
    return crm_state_record(state, slot, old);
}

static PyObject *
core_keep_values(PyObject *module, PyObject *args)
{
    PyObject *obj, *slots = NULL;
    if (!PyArg_ParseTuple(args, "O|O!:keep_values", &obj, &PyTuple_Type,
                          &slots)) {
        return NULL;
    }
    crm_core *core = crm_uow_core(module);
    crm_state *state = crm_need_state(crm_uow_core(module), obj);
    if (state == NULL) {
        return NULL;
    }
    if (slots != NULL) {
        for (Py_ssize_t n = 0; n < PyTuple_GET_SIZE(slots); n++) {
            long slot = PyLong_AsLong(PyTuple_GET_ITEM(slots, n));
            if ((slot == -1 && PyErr_Occurred()) ||
                crm_check_slot(state, slot) < 0 ||
                keep_value(core, state, (uint16_t)slot) < 0) {
                return NULL;
            }
        }
        Py_RETURN_NONE;
    }
    for (uint16_t i = 0; i < crm_state_manager(state)->nattrs; i++) {
        if (keep_value(core, state, i) < 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

static PyObject *
core_get_value(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    uint16_t slot;
    crm_state *state = state_and_slot(module, args, nargs, 2, &slot);
    return state == NULL ? NULL : crm_attr_get(state, slot);
}

static PyObject *
core_committed(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    uint16_t slot;
    crm_state *state = state_and_slot(module, args, nargs, 2, &slot);
    if (state == NULL) {
        return NULL;
    }
    PyObject *old = crm_state_committed(state, slot);
    return Py_NewRef(old != NULL ? old : Py_Ellipsis);
}

static PyObject *
core_history(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    uint16_t slot;
    crm_state *state = state_and_slot(module, args, nargs, 2, &slot);
    return state == NULL ? NULL : crm_state_history(state, slot);
}

/* history_of_value(obj, key): a History, or None where Python has to look: the
 * attribute holds no value, or is none of a column or of one object. */
static PyObject *
core_history_of_value(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs != 2) {
        PyErr_SetString(PyExc_TypeError,
                        "history_of_value() takes an object and a name");
        return NULL;
    }
    crm_state *state = crm_state_of(crm_uow_core(module), args[0]);
    if (state == NULL) {
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    }
    crm_manager *manager = crm_state_manager(state);
    PyObject *number = PyDict_GetItemWithError(manager->names, args[1]);
    if (number == NULL) {
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    }
    uint16_t slot = (uint16_t)PyLong_AsLong(number);
    const crm_attr *attr = crm_state_attr(state, slot);
    /* `shown`: composites look as columns do here */
    if (attr->kind == CRM_ATTR_COLLECTION || manager->root->shown != NULL ||
        (attr->flags & CRM_ATTR_VIEWONLY) != 0) {
        Py_RETURN_NONE;
    }
    PyObject *value = crm_state_peek(state, slot);
    if (value == NULL) {
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    }
    Py_DECREF(value);
    return crm_state_shown_history(state, slot);
}

/* The slots for which `wanted` is true, as a list. */
static PyObject *
list_slots(PyObject *module, PyObject *arg,
           int (*wanted)(crm_state *, uint16_t))
{
    crm_state *state = crm_need_state(crm_uow_core(module), arg);
    PyObject *list = state == NULL ? NULL : PyList_New(0);
    if (list == NULL) {
        return NULL;
    }
    for (uint16_t i = 0; i < crm_state_manager(state)->nattrs; i++) {
        if (!wanted(state, i)) {
            continue;
        }
        PyObject *number = PyLong_FromLong(i);
        if (number == NULL || PyList_Append(list, number) < 0) {
            Py_XDECREF(number);
            Py_DECREF(list);
            return NULL;
        }
        Py_DECREF(number);
    }
    return list;
}

static int
has_history(crm_state *state, uint16_t slot)
{
    return crm_state_committed(state, slot) != NULL ||
           crm_state_pending(state, slot) != NULL;
}

/* Nothing of it was loaded or given: what reading alone has made counts as
 * nothing, what was taken away again does not. */
static int
is_unloaded(crm_state *state, uint16_t slot)
{
    PyObject *held = crm_state_held(state, slot);
    bool has =
        held != NULL ? held != CRM_UNLOADED : crm_state_in_row(state, slot);
    if (has && crm_state_attr(state, slot)->kind == CRM_ATTR_COLLECTION) {
        crm_core *core = crm_state_manager(state)->core;
        has = !crm_collection_is_implicit(core, held);
    }
    return !has && crm_state_committed(state, slot) == NULL;
}

static int
is_expired_column(crm_state *state, uint16_t slot)
{
    return crm_state_attr(state, slot)->kind == CRM_ATTR_COLUMN &&
           crm_state_held(state, slot) == CRM_UNLOADED;
}

static int
is_expired_relationship(crm_state *state, uint16_t slot)
{
    return crm_state_attr(state, slot)->kind != CRM_ATTR_COLUMN &&
           crm_state_held(state, slot) == CRM_UNLOADED;
}

static PyObject *
core_changed_slots(PyObject *module, PyObject *arg)
{
    return list_slots(module, arg, has_history);
}

static PyObject *
core_unloaded_slots(PyObject *module, PyObject *arg)
{
    return list_slots(module, arg, is_unloaded);
}

static PyObject *
core_expired_slots(PyObject *module, PyObject *args)
{
    PyObject *obj;
    int related = 0;
    if (!PyArg_ParseTuple(args, "O|p:expired_slots", &obj, &related)) {
        return NULL;
    }
    return list_slots(module, obj,
                      related ? is_expired_relationship : is_expired_column);
}

static PyMethodDef functions[] = {
    {"peek", CRM_FAST(core_peek), METH_FASTCALL,
     "peek(obj, slot): the loaded value or NO_VALUE."},
    {"loaded", CRM_FAST(core_loaded), METH_FASTCALL,
     "loaded(obj, slot): as peek(), but NO_VALUE for an empty collection that "
     "only reading has made."},
    {"never_given", CRM_FAST(core_never_given), METH_FASTCALL,
     "never_given(obj, slot): whether a column that holds no value had none "
     "when its object was inserted."},
    {"set_loaded", CRM_FAST(core_set_loaded), METH_FASTCALL,
     "set_loaded(obj, slot, value): store as loaded."},
    {"set_value", CRM_FAST(core_set_value), METH_FASTCALL,
     "set_value(obj, slot, value): assign as the program does."},
    {"copy_values", CRM_FAST(core_copy_values), METH_FASTCALL,
     "copy_values(obj, onto, slots, loaded): give an object the values of "
     "another, as loaded or as the program does; the slots without one."},
    {"relate_member", CRM_FAST(core_relate_member), METH_FASTCALL,
     "relate_member(obj, slot, member, add): a member comes to, or leaves, a "
     "collection that is not kept loaded."},
    {"keep_values", core_keep_values, METH_VARARGS,
     "keep_values(obj, slots=None): what an object holds, and was not changed, "
     "is the old value of what it will hold."},
    {"get_value", CRM_FAST(core_get_value), METH_FASTCALL,
     "get_value(obj, slot): read as the program does."},
    {"committed", CRM_FAST(core_committed), METH_FASTCALL,
     "committed(obj, slot): the old value, NO_VALUE, or ... if unchanged."},
    {"history", CRM_FAST(core_history), METH_FASTCALL,
     "history(obj, slot): (added, unchanged, deleted)."},
    {"history_of_value", CRM_FAST(core_history_of_value), METH_FASTCALL,
     "history_of_value(obj, key): the History of a column's value or of one "
     "object that is there, else None."},
    {"changed_slots", core_changed_slots, METH_O, "Slots with history."},
    {"unloaded_slots", core_unloaded_slots, METH_O,
     "Slots of which nothing was loaded or given."},
    {"expired_slots", core_expired_slots, METH_VARARGS,
     "expired_slots(obj, related=False): column slots that were expired by "
     "name, or slots of relationships."},
    {NULL},
};

int
crm_slot_api_init(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}
