/* state_api.c: the module's functions on a mapped object as a whole, and its
 * constants. */
#include "boxed.h"
#include "core/relations/events.h"
#include "core/session/session.h"
#include "core/flush/uow.h"

static PyObject *
core_manager_of(PyObject *module, PyObject *arg)
{
    crm_core *core = crm_uow_core(module);
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
    crm_core *core = crm_uow_core(module);
    crm_state *state = crm_state_of(core, arg);
    if (state == NULL || crm_state_manager(state)->mapper == Py_None) {
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    }
    return crm_instance_state(core, arg);
}

static PyObject *
core_stood_for(PyObject *module, PyObject *arg)
{
    PyObject *object = crm_stood_for(crm_uow_core(module), arg);
    return object == NULL && !PyErr_Occurred() ? Py_NewRef(Py_None) : object;
}

static PyObject *
core_is_entity(PyObject *module, PyObject *arg)
{
    return PyBool_FromLong(crm_state_of(crm_uow_core(module), arg) != NULL);
}

static PyObject *
core_has_row(PyObject *module, PyObject *arg)
{
    crm_state *state = crm_need_state(crm_uow_core(module), arg);
    return state == NULL ? NULL : PyBool_FromLong(state->page != NULL);
}

static PyObject *
core_state_flags(PyObject *module, PyObject *arg)
{
    crm_state *state = crm_need_state(crm_uow_core(module), arg);
    return state == NULL ? NULL : PyLong_FromUnsignedLong(state->flags);
}

static PyObject *
core_session_of(PyObject *module, PyObject *arg)
{
    crm_state *state = crm_need_state(crm_uow_core(module), arg);
    if (state == NULL) {
        return NULL;
    }
    return Py_NewRef(state->map == NULL ? Py_None
                                        : (PyObject *)state->map->session);
}

static PyObject *
core_identity_key(PyObject *module, PyObject *arg)
{
    crm_state *state = crm_need_state(crm_uow_core(module), arg);
    return state == NULL ? NULL : crm_state_key(state);
}

static PyObject *
core_identity_token(PyObject *module, PyObject *arg)
{
    crm_state *state = crm_need_state(crm_uow_core(module), arg);
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
    crm_state *state = crm_need_state(crm_uow_core(module), args[0]);
    if (state == NULL) {
        return NULL;
    }
    if (state->map != NULL && (state->flags & CRM_S_KEY) != 0) {
        PyErr_SetString(PyExc_ValueError,
                        "the object has its identity in a session");
        return NULL;
    }
    return crm_none_or_error(crm_state_set_token(state, args[1]));
}

static PyObject *
core_loaded_dict(PyObject *module, PyObject *arg)
{
    crm_state *state = crm_need_state(crm_uow_core(module), arg);
    return state == NULL ? NULL : crm_state_dict(state);
}

static PyObject *
core_expire(PyObject *module, PyObject *args)
{
    PyObject *obj, *slots = Py_None;
    if (!PyArg_ParseTuple(args, "O|O:expire", &obj, &slots)) {
        return NULL;
    }
    crm_state *state = crm_need_state(crm_uow_core(module), obj);
    if (state == NULL) {
        return NULL;
    }
    if (slots == Py_None) {
        return crm_none_or_error(crm_state_expire(state, NULL, 0));
    }
    size_t count;
    uint16_t *wanted = crm_slots_from(crm_state_manager(state), slots, &count);
    if (wanted == NULL) {
        return NULL;
    }
    int status = crm_state_expire(state, wanted, count);
    PyMem_Free(wanted);
    return crm_none_or_error(status);
}

static PyObject *
core_commit_state(PyObject *module, PyObject *arg)
{
    crm_state *state = crm_need_state(crm_uow_core(module), arg);
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
    crm_state *state = crm_need_state(crm_uow_core(module), args[0]);
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
    crm_state_take_key(state, &key, own);
    Py_RETURN_NONE;
}

static PyObject *
core_share_row(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs != 2) {
        PyErr_SetString(PyExc_TypeError, "share_row() takes two objects");
        return NULL;
    }
    crm_core *core = crm_uow_core(module);
    crm_state *state = crm_need_state(core, args[0]);
    crm_state *other = state == NULL ? NULL : crm_need_state(core, args[1]);
    if (other == NULL) {
        return NULL;
    }
    if (crm_state_manager(state) != crm_state_manager(other) ||
        state->page != NULL || (state->flags & CRM_S_KEY)) {
        PyErr_SetString(PyExc_ValueError, "the object cannot take that row");
        return NULL;
    }
    uint16_t nattrs =
        other->page == NULL ? 0 : crm_state_manager(other)->nattrs;
    for (uint16_t slot = 0; slot < nattrs; slot++) {
        if (crm_state_attr(other, slot)->kind == CRM_ATTR_COLUMN &&
            crm_state_attr(other, slot)->flags & CRM_ATTR_DEFERRED &&
            crm_state_held(other, slot) == CRM_UNLOADED) {
            nattrs = 0; /* a row whose value would have to be hidden */
        }
    }
    if (nattrs > 0 && crm_state_set_row(state, other->layout, other->page,
                                        other->row, CRM_ROW_FILLS) < 0) {
        return NULL;
    }
    for (uint16_t slot = 0; slot < nattrs; slot++) {
        if (crm_state_held(other, slot) == CRM_UNLOADED &&
            crm_state_put(state, slot, CRM_UNLOADED) < 0) {
            return NULL; /* expired since that row came */
        }
    }
    Py_RETURN_NONE;
}

static PyObject *
core_load_options(PyObject *module, PyObject *arg)
{
    crm_state *state = crm_need_state(crm_uow_core(module), arg);
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
    crm_state *state = crm_need_state(crm_uow_core(module), args[0]);
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
    crm_state *state = crm_need_state(crm_uow_core(module), obj);
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
    return crm_none_or_error(crm_session_modified(state));
}

static PyObject *
core_pickle_info(PyObject *module, PyObject *arg)
{
    crm_state *state = crm_need_state(crm_uow_core(module), arg);
    return state == NULL ? NULL : crm_state_info(state);
}

/* What `ask` says of the state of an object and a property. */
static PyObject *
ask_parent(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
           const char *name, int (*ask)(const crm_state *, const void *))
{
    if (nargs != 2) {
        return PyErr_Format(PyExc_TypeError,
                            "%s() takes an object and a property", name);
    }
    crm_state *state = crm_need_state(crm_uow_core(module), args[0]);
    return state == NULL ? NULL : PyBool_FromLong(ask(state, args[1]));
}

static PyObject *
core_has_parent(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    return ask_parent(module, args, nargs, "has_parent", crm_state_has_parent);
}

static PyObject *
core_known_parent(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    return ask_parent(module, args, nargs, "known_parent",
                      crm_state_known_parent);
}

static PyObject *
core_is_orphan(PyObject *module, PyObject *arg)
{
    crm_state *state = crm_need_state(crm_uow_core(module), arg);
    return state == NULL ? NULL : PyBool_FromLong(crm_state_is_orphan(state));
}

static PyMethodDef functions[] = {
    {"manager_of", core_manager_of, METH_O,
     "The ClassManager of a mapped object or class, or None."},
    {"adopt", crm_box_adopt, METH_O,
     "Gives a new object of a class that is no Entity its state."},
    {"construct", CRM_FAST(crm_box_construct), METH_FASTCALL,
     "Sets attributes of such an object by name, as Entity.__init__ does."},
    {"inspect", core_inspect, METH_O,
     "The InstanceState of a mapped object, or None."},
    {"stood_for", core_stood_for, METH_O,
     "The mapped object whose _sa_instance_state another gives, or None."},
    {"is_entity", core_is_entity, METH_O, "Whether it is a mapped object."},
    {"has_row", core_has_row, METH_O,
     "Whether the object was loaded from a row that it still has."},
    {"state_flags", core_state_flags, METH_O, "STATE_* bits."},
    {"session_of", core_session_of, METH_O, "The object's session or None."},
    {"identity_key", core_identity_key, METH_O,
     "(class, (pk, ...), token) or None."},
    {"identity_token", core_identity_token, METH_O,
     "Which of several databases the object is a row of, or None."},
    {"set_identity_token", CRM_FAST(core_set_identity_token), METH_FASTCALL,
     "set_identity_token(obj, token): of an object without an identity in a "
     "session."},
    {"loaded_dict", core_loaded_dict, METH_O, "Loaded attributes by name."},
    {"expire", core_expire, METH_VARARGS,
     "expire(obj, slots=None): forget loaded values."},
    {"commit_state", core_commit_state, METH_O, "Forget history."},
    {"set_identity", CRM_FAST(core_set_identity), METH_FASTCALL,
     "set_identity(obj, key): a detached identity, or none."},
    {"share_row", CRM_FAST(core_share_row), METH_FASTCALL,
     "share_row(obj, other): a new object has the row of another."},
    {"load_options", core_load_options, METH_O,
     "Loader options of the object, or None."},
    {"set_load_options", CRM_FAST(core_set_load_options), METH_FASTCALL,
     "set_load_options(obj, options)."},
    {"flag_modified", core_flag_modified, METH_VARARGS,
     "flag_modified(obj, slot=-1): mark as changed whatever its value."},
    {"pickle_info", core_pickle_info, METH_O,
     "What a pickle keeps of a state besides attributes: a dict."},
    {"has_parent", CRM_FAST(core_has_parent), METH_FASTCALL,
     "has_parent(obj, prop): delete-orphan bookkeeping."},
    {"known_parent", CRM_FAST(core_known_parent), METH_FASTCALL,
     "known_parent(obj, prop): as has_parent(), if one was seen."},
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
