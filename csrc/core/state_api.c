/* state_api.c: the module's functions on single mapped objects. */
#include "boxed.h"
#include "events.h"
#include "collection.h"
#include "session.h"
#include "uow.h"

static crm_core *
core_of(PyObject *module)
{
    return (crm_core *)PyModule_GetState(module);
}

/* The state of an argument: NULL with UnmappedInstanceError. */
static crm_state *
state_of(PyObject *module, PyObject *obj)
{
    crm_core *core = core_of(module);
    crm_state *state = crm_state_of(core, obj);
    if (state == NULL) {
        crm_raise_unmapped(core, obj);
    }
    return state;
}

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
    crm_state *state = state_of(module, args[0]);
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

static PyObject *
none_or_error(int status)
{
    if (status < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
core_manager_of(PyObject *module, PyObject *arg)
{
    crm_core *core = core_of(module);
    crm_manager *manager = NULL;
    crm_state *state = crm_state_of(core, arg);
    if (state != NULL) {
        manager = crm_state_manager(state);
    }
    else if (PyType_Check(arg)) {
        manager = crm_manager_find(core, (PyTypeObject *)arg);
    }
    return Py_NewRef(manager == NULL ? Py_None : (PyObject *)manager);
}

static PyObject *
core_inspect(PyObject *module, PyObject *arg)
{
    crm_core *core = core_of(module);
    crm_state *state = crm_state_of(core, arg);
    if (state == NULL || crm_state_manager(state)->mapper == Py_None) {
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    }
    return crm_instance_state(core, arg);
}

static PyObject *
core_is_entity(PyObject *module, PyObject *arg)
{
    return PyBool_FromLong(crm_state_of(core_of(module), arg) != NULL);
}

static PyObject *
core_has_row(PyObject *module, PyObject *arg)
{
    crm_state *state = state_of(module, arg);
    return state == NULL ? NULL : PyBool_FromLong(state->page != NULL);
}

static PyObject *
core_state_flags(PyObject *module, PyObject *arg)
{
    crm_state *state = state_of(module, arg);
    return state == NULL ? NULL : PyLong_FromUnsignedLong(state->flags);
}

static PyObject *
core_session_of(PyObject *module, PyObject *arg)
{
    crm_state *state = state_of(module, arg);
    if (state == NULL) {
        return NULL;
    }
    return Py_NewRef(state->map == NULL ? Py_None
                                        : (PyObject *)state->map->session);
}

static PyObject *
core_identity_key(PyObject *module, PyObject *arg)
{
    crm_state *state = state_of(module, arg);
    return state == NULL ? NULL : crm_state_key(state);
}

static PyObject *
core_identity_token(PyObject *module, PyObject *arg)
{
    crm_state *state = state_of(module, arg);
    if (state == NULL) {
        return NULL;
    }
    PyObject *token = crm_state_token(state);
    return Py_NewRef(token != NULL ? token : Py_None);
}

static PyObject *
core_set_identity_token(PyObject *module, PyObject *const *args,
                        Py_ssize_t nargs)
{
    if (nargs != 2) {
        PyErr_SetString(PyExc_TypeError,
                        "set_identity_token() takes an object and a token");
        return NULL;
    }
    crm_state *state = state_of(module, args[0]);
    if (state == NULL) {
        return NULL;
    }
    if (state->map != NULL && (state->flags & CRM_S_KEY) != 0) {
        PyErr_SetString(PyExc_ValueError,
                        "the object has its identity in a session");
        return NULL;
    }
    if (crm_state_set_token(state, args[1]) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
core_peek(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    uint16_t slot;
    crm_state *state = state_and_slot(module, args, nargs, 2, &slot);
    if (state == NULL) {
        return NULL;
    }
    PyObject *value = crm_state_peek(state, slot);
    if (value == NULL && !PyErr_Occurred()) {
        value = Py_NewRef(core_of(module)->no_value);
    }
    return value;
}

static PyObject *
core_loaded(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    uint16_t slot;
    crm_state *state = state_and_slot(module, args, nargs, 2, &slot);
    if (state == NULL) {
        return NULL;
    }
    PyObject *value = crm_state_loaded(state, slot);
    if (value == NULL && !PyErr_Occurred()) {
        value = Py_NewRef(core_of(module)->no_value);
    }
    return value;
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
    return none_or_error(crm_state_set_loaded(state, slot, Py_NewRef(args[2])));
}

static PyObject *
core_set_value(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    uint16_t slot;
    crm_state *state = state_and_slot(module, args, nargs, 3, &slot);
    if (state == NULL) {
        return NULL;
    }
    return none_or_error(crm_attr_set(state, slot, args[2]));
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
            state = state_of(module, args[1]);
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
    return none_or_error(add < 0 ? -1
                                 : crm_rel_member(state, slot, args[2], add));
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
    crm_core *core = core_of(module);
    crm_state *state = state_of(module, obj);
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
    crm_state *state = crm_state_of(core_of(module), args[0]);
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
    crm_state *state = state_of(module, arg);
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

static int
is_unloaded(crm_state *state, uint16_t slot)
{
    if (crm_state_attr(state, slot)->kind != CRM_ATTR_COLUMN) {
        return 0;
    }
    PyObject *held = crm_state_held(state, slot);
    return held == CRM_UNLOADED ||
           (held == NULL && !crm_state_in_row(state, slot));
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
core_loaded_dict(PyObject *module, PyObject *arg)
{
    crm_state *state = state_of(module, arg);
    return state == NULL ? NULL : crm_state_dict(state);
}

static PyObject *
core_expire(PyObject *module, PyObject *args)
{
    PyObject *obj, *slots = Py_None;
    if (!PyArg_ParseTuple(args, "O|O:expire", &obj, &slots)) {
        return NULL;
    }
    crm_state *state = state_of(module, obj);
    if (state == NULL) {
        return NULL;
    }
    if (slots == Py_None) {
        return none_or_error(crm_state_expire(state, NULL, 0));
    }
    PyObject *seq = PySequence_Fast(slots, "slots must be a sequence");
    if (seq == NULL) {
        return NULL;
    }
    int status = 0;
    Py_ssize_t count = PySequence_Fast_GET_SIZE(seq);
    uint16_t *wanted = PyMem_New(uint16_t, count > 0 ? count : 1);
    if (wanted == NULL) {
        Py_DECREF(seq);
        return PyErr_NoMemory();
    }
    for (Py_ssize_t i = 0; status == 0 && i < count; i++) {
        long number = PyLong_AsLong(PySequence_Fast_GET_ITEM(seq, i));
        if (number < 0 || number >= crm_state_manager(state)->nattrs) {
            if (!PyErr_Occurred()) {
                PyErr_SetString(PyExc_IndexError, "no such slot");
            }
            status = -1;
            break;
        }
        wanted[i] = (uint16_t)number;
    }
    if (status == 0) {
        status = crm_state_expire(state, wanted, (size_t)count);
    }
    PyMem_Free(wanted);
    Py_DECREF(seq);
    return none_or_error(status);
}

static PyObject *
core_commit_state(PyObject *module, PyObject *arg)
{
    crm_state *state = state_of(module, arg);
    if (state == NULL) {
        return NULL;
    }
    crm_state_commit(state);
    Py_RETURN_NONE;
}

static PyObject *
core_set_identity(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs != 2) {
        PyErr_SetString(PyExc_TypeError,
                        "set_identity() takes an object and a key");
        return NULL;
    }
    crm_state *state = state_of(module, args[0]);
    if (state == NULL) {
        return NULL;
    }
    if (state->map != NULL) {
        PyErr_SetString(PyExc_ValueError, "the object is in a session");
        return NULL;
    }
    if (args[1] == Py_None) {
        crm_state_drop_key(state);
        if (state->flags & CRM_S_DELETED) {
            state->flags |= CRM_S_ONCE_DELETED;
        }
        CRM_OFF(state, CRM_S_DELETED);
        Py_RETURN_NONE;
    }
    if (!PyTuple_Check(args[1])) {
        PyErr_SetString(PyExc_TypeError, "a key is a tuple");
        return NULL;
    }
    crm_manager *root = crm_state_manager(state)->root;
    if (PyTuple_GET_SIZE(args[1]) != root->npk) {
        PyErr_Format(PyExc_ValueError, "the key has %zd values, not %d",
                     PyTuple_GET_SIZE(args[1]), (int)root->npk);
        return NULL;
    }
    crm_key key;
    PyObject *own;
    int status = crm_key_from_values(root, args[1], &key, &own);
    if (status == 0) {
        /* No row has it, but the program says so. */
        own =
            Py_NewRef(root->npk == 1 ? PyTuple_GET_ITEM(args[1], 0) : args[1]);
        key = (crm_key){.is_int = false};
    }
    if (status < 0) {
        return NULL;
    }
    if (state->map != NULL) {
        /* A hash function put it into a session. */
        Py_XDECREF(own);
        PyErr_SetString(PyExc_ValueError, "the object is in a session");
        return NULL;
    }
    crm_state_drop_key(state);
    crm_state_take_key(state, &key, own);
    Py_RETURN_NONE;
}

static PyObject *
core_load_options(PyObject *module, PyObject *arg)
{
    crm_state *state = state_of(module, arg);
    if (state == NULL) {
        return NULL;
    }
    PyObject *options = crm_state_options(state);
    return Py_NewRef(options != NULL ? options : Py_None);
}

static PyObject *
core_set_load_options(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs != 2) {
        PyErr_SetString(PyExc_TypeError,
                        "set_load_options() takes an object and options");
        return NULL;
    }
    crm_state *state = state_of(module, args[0]);
    if (state == NULL) {
        return NULL;
    }
    PyObject *known = crm_state_options(state);
    if (args[1] == (known != NULL ? known : Py_None)) {
        Py_RETURN_NONE;
    }
    crm_ext *ext = crm_state_ext(state);
    if (ext == NULL) {
        return NULL;
    }
    PyObject *old = ext->options;
    ext->options = Py_NewRef(args[1]);
    Py_XDECREF(old);
    Py_RETURN_NONE;
}

static PyObject *
core_flag_modified(PyObject *module, PyObject *args)
{
    PyObject *obj;
    int slot = -1;
    if (!PyArg_ParseTuple(args, "O|i:flag_modified", &obj, &slot)) {
        return NULL;
    }
    crm_state *state = state_of(module, obj);
    if (state == NULL) {
        return NULL;
    }
    if (slot >= 0) {
        crm_manager *manager = crm_state_manager(state);
        if (slot >= manager->nattrs) {
            PyErr_SetString(PyExc_IndexError, "no such slot");
            return NULL;
        }
        PyObject *value = crm_state_peek(state, (uint16_t)slot);
        if (value == NULL) {
            if (!PyErr_Occurred()) {
                crm_raise(manager->core, "InvalidRequestError",
                          "Can't flag attribute '%U' modified; it's not "
                          "present in the object state",
                          manager->attrs[slot].name);
            }
            return NULL;
        }
        Py_DECREF(value);
        const crm_attr *attr = &manager->attrs[slot];
        if (attr->kind == CRM_ATTR_COLUMN &&
            !(attr->flags & CRM_ATTR_PRIMARY_KEY)) {
            /* An old value may be the very object that was changed inside. */
            crm_state_forget(state, (uint16_t)slot);
        }
        if ((state->flags & CRM_S_KEY) &&
            crm_state_record(state, (uint16_t)slot,
                             Py_NewRef(manager->core->no_value)) < 0) {
            return NULL;
        }
    }
    return none_or_error(crm_session_modified(state));
}

static PyObject *
core_pickle_info(PyObject *module, PyObject *arg)
{
    crm_state *state = state_of(module, arg);
    return state == NULL ? NULL : crm_state_info(state);
}

static PyObject *
core_has_parent(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs != 2) {
        PyErr_SetString(PyExc_TypeError,
                        "has_parent() takes an object and a property");
        return NULL;
    }
    crm_state *state = state_of(module, args[0]);
    if (state == NULL) {
        return NULL;
    }
    return PyBool_FromLong(crm_state_has_parent(state, args[1]));
}

static PyObject *
core_is_orphan(PyObject *module, PyObject *arg)
{
    crm_state *state = state_of(module, arg);
    return state == NULL ? NULL : PyBool_FromLong(crm_state_is_orphan(state));
}

#define FAST(name) (PyCFunction)(void (*)(void)) name

static PyMethodDef functions[] = {
    {"manager_of", core_manager_of, METH_O,
     "The ClassManager of a mapped object or class, or None."},
    {"adopt", crm_box_adopt, METH_O,
     "Gives a new object of a class that is no Entity its state."},
    {"construct", crm_box_construct, METH_VARARGS,
     "Sets attributes of such an object by name, as Entity.__init__ does."},
    {"inspect", core_inspect, METH_O,
     "The InstanceState of a mapped object, or None."},
    {"is_entity", core_is_entity, METH_O, "Whether it is a mapped object."},
    {"has_row", core_has_row, METH_O,
     "Whether the object was loaded from a row that it still has."},
    {"state_flags", core_state_flags, METH_O, "STATE_* bits."},
    {"session_of", core_session_of, METH_O, "The object's session or None."},
    {"identity_key", core_identity_key, METH_O,
     "(class, (pk, ...), token) or None."},
    {"identity_token", core_identity_token, METH_O,
     "Which of several databases the object is a row of, or None."},
    {"set_identity_token", FAST(core_set_identity_token), METH_FASTCALL,
     "set_identity_token(obj, token): of an object without an identity in a "
     "session."},
    {"peek", FAST(core_peek), METH_FASTCALL,
     "peek(obj, slot): the loaded value or NO_VALUE."},
    {"loaded", FAST(core_loaded), METH_FASTCALL,
     "loaded(obj, slot): as peek(), but NO_VALUE for an empty collection that "
     "only reading has made."},
    {"never_given", FAST(core_never_given), METH_FASTCALL,
     "never_given(obj, slot): whether a column that holds no value had none "
     "when its object was inserted."},
    {"set_loaded", FAST(core_set_loaded), METH_FASTCALL,
     "set_loaded(obj, slot, value): store as loaded."},
    {"set_value", FAST(core_set_value), METH_FASTCALL,
     "set_value(obj, slot, value): assign as the program does."},
    {"copy_values", FAST(core_copy_values), METH_FASTCALL,
     "copy_values(obj, onto, slots, loaded): give an object the values of "
     "another, as loaded or as the program does; the slots without one."},
    {"relate_member", FAST(core_relate_member), METH_FASTCALL,
     "relate_member(obj, slot, member, add): a member comes to, or leaves, a "
     "collection that is not kept loaded."},
    {"keep_values", core_keep_values, METH_VARARGS,
     "keep_values(obj, slots=None): what an object holds, and was not changed, "
     "is the old value of what it will hold."},
    {"get_value", FAST(core_get_value), METH_FASTCALL,
     "get_value(obj, slot): read as the program does."},
    {"committed", FAST(core_committed), METH_FASTCALL,
     "committed(obj, slot): the old value, NO_VALUE, or ... if unchanged."},
    {"history", FAST(core_history), METH_FASTCALL,
     "history(obj, slot): (added, unchanged, deleted)."},
    {"history_of_value", FAST(core_history_of_value), METH_FASTCALL,
     "history_of_value(obj, key): the History of a column's value or of one "
     "object that is there, else None."},
    {"changed_slots", core_changed_slots, METH_O, "Slots with history."},
    {"unloaded_slots", core_unloaded_slots, METH_O,
     "Column slots that are not loaded."},
    {"loaded_dict", core_loaded_dict, METH_O, "Loaded attributes by name."},
    {"expire", core_expire, METH_VARARGS,
     "expire(obj, slots=None): forget loaded values."},
    {"commit_state", core_commit_state, METH_O, "Forget history."},
    {"set_identity", FAST(core_set_identity), METH_FASTCALL,
     "set_identity(obj, key): a detached identity, or none."},
    {"load_options", core_load_options, METH_O,
     "Loader options of the object, or None."},
    {"set_load_options", FAST(core_set_load_options), METH_FASTCALL,
     "set_load_options(obj, options)."},
    {"flag_modified", core_flag_modified, METH_VARARGS,
     "flag_modified(obj, slot=-1): mark as changed whatever its value."},
    {"pickle_info", core_pickle_info, METH_O,
     "What a pickle keeps of a state besides attributes: a dict."},
    {"has_parent", FAST(core_has_parent), METH_FASTCALL,
     "has_parent(obj, prop): delete-orphan bookkeeping."},
    {"is_orphan", core_is_orphan, METH_O,
     "Whether a class that must have a parent has none."},
    {NULL},
};

/* ---- NO_VALUE --------------------------------------------------------- */

static PyObject *
no_value_repr(PyObject *Py_UNUSED(self))
{
    return PyUnicode_FromString("<LoaderCallableStatus.NO_VALUE: 4>");
}

static PyObject *
no_value_str(PyObject *Py_UNUSED(self))
{
    return PyUnicode_FromString("LoaderCallableStatus.NO_VALUE");
}

static PyObject *
no_value_reduce(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(ignored))
{
    return PyUnicode_FromString("NO_VALUE");
}

/* A plain object's reference to its type is hidden from the collector, and
 * with it the cycle type - module - NO_VALUE: the module would never go. */
static int
no_value_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static PyMethodDef no_value_methods[] = {
    {"__reduce__", no_value_reduce, METH_NOARGS, NULL},
    {NULL},
};

static PyType_Slot no_value_slots[] = {
    {Py_tp_repr, no_value_repr},
    {Py_tp_traverse, no_value_traverse},
    {Py_tp_str, no_value_str},
    {Py_tp_methods, no_value_methods},
    {0, NULL},
};

static PyType_Spec no_value_spec = {
    .name = "cormorant._core._NoValue",
    .basicsize = sizeof(PyObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = no_value_slots,
};

int
crm_state_api_init(crm_core *core, PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &no_value_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    core->no_value = PyType_GenericAlloc((PyTypeObject *)type, 0);
    int status = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    if (core->no_value == NULL || status < 0 ||
        PyModule_AddObjectRef(module, "NO_VALUE", core->no_value) < 0) {
        return -1;
    }
    static const struct {
        const char *name;
        long value;
    } numbers[] = {
        {"ATTR_COLUMN", CRM_ATTR_COLUMN},
        {"ATTR_SCALAR", CRM_ATTR_SCALAR},
        {"ATTR_COLLECTION", CRM_ATTR_COLLECTION},
        {"ATTR_PRIMARY_KEY", CRM_ATTR_PRIMARY_KEY},
        {"ATTR_ACTIVE_HISTORY", CRM_ATTR_ACTIVE_HISTORY},
        {"ATTR_CASCADE_SAVE", CRM_ATTR_CASCADE_SAVE},
        {"ATTR_EVENTS", CRM_ATTR_EVENTS},
        {"ATTR_OWN_EVENTS", CRM_ATTR_OWN_EVENTS},
        {"ATTR_DEFERRED", CRM_ATTR_DEFERRED},
        {"ATTR_VIEWONLY", CRM_ATTR_VIEWONLY},
        {"ATTR_DELETE_ORPHAN", CRM_ATTR_DELETE_ORPHAN},
        {"ATTR_SET", CRM_ATTR_SET},
        {"ATTR_SINGLE_PARENT", CRM_ATTR_SINGLE_PARENT},
        {"ATTR_DEFERRED_HISTORY", CRM_ATTR_DEFERRED_HISTORY},
        {"ATTR_CASCADE_DELETE", CRM_ATTR_CASCADE_DELETE},
        {"ATTR_LISTENERS", CRM_ATTR_LISTENERS},
        {"ATTR_LATE_LISTENERS", CRM_ATTR_LATE_LISTENERS},
        {"ATTR_TRACKED", CRM_ATTR_TRACKED},
        {"ATTR_INIT_LISTENERS", CRM_ATTR_INIT_LISTENERS},
        {"CLASS_REFRESH", CRM_ME_REFRESH},
        {"CLASS_EXPIRE", CRM_ME_EXPIRE},
        {"CLASS_PICKLE", CRM_ME_PICKLE},
        {"CLASS_UNPICKLE", CRM_ME_UNPICKLE},
        {"SESSION_BEFORE_ATTACH", CRM_SE_BEFORE_ATTACH},
        {"SESSION_AFTER_ATTACH", CRM_SE_AFTER_ATTACH},
        {"SESSION_LEAVE", CRM_SE_LEAVE},
        {"SESSION_LOADED", CRM_SE_LOADED},
        {"STATE_KEY", CRM_S_KEY},
        {"STATE_NEW", CRM_S_NEW},
        {"STATE_MODIFIED", CRM_S_MODIFIED},
        {"STATE_TO_DELETE", CRM_S_TO_DELETE},
        {"STATE_DELETED", CRM_S_DELETED},
        {"STATE_ONCE_DELETED", CRM_S_ONCE_DELETED},
        {"STATE_EXPIRED", CRM_S_EXPIRED},
        {"STATE_ORPHANED", CRM_S_ORPHANED},
    };
    for (size_t i = 0; i < Py_ARRAY_LENGTH(numbers); i++) {
        if (PyModule_AddIntConstant(module, numbers[i].name, numbers[i].value) <
            0) {
            return -1;
        }
    }
    return PyModule_AddFunctions(module, functions);
}
