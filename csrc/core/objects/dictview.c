/* dictview.c: obj.__dict__.
 *
 * A dict of the loaded attributes by name, made when asked for.  It stays true
 * when the object changes (reading brings it up to date first) and what is
 * written to it goes to the object, past events and history, as into the
 * __dict__ of any object.
 */
#include "core/relations/collection.h"
#include "state.h"

typedef struct {
    PyDictObject dict;
    crm_core *core;  /* borrowed: the type keeps the module */
    PyObject *owner; /* owned: the mapped object, NULL once cleared */
} view;

static crm_state *
view_state(PyObject *self)
{
    PyObject *owner = ((view *)self)->owner;
    if (owner == NULL) {
        PyErr_SetString(PyExc_ReferenceError, "the object is gone");
        return NULL;
    }
    crm_core *core = ((view *)self)->core;
    crm_state *state = crm_state_of(core, owner);
    if (state == NULL && !PyErr_Occurred()) {
        crm_raise_unmapped(core, owner);
    }
    return state;
}

/* The state, once the class has made values that are made of others: NULL with
 * an exception. */
static crm_state *
complete(PyObject *self)
{
    crm_state *state = view_state(self);
    PyObject *shown =
        state == NULL ? NULL : crm_state_manager(state)->root->shown;
    if (shown == NULL) {
        return state;
    }
    Py_INCREF(shown);
    PyObject *owner = Py_NewRef(((view *)self)->owner);
    PyObject *done = PyObject_CallOneArg(shown, owner);
    Py_DECREF(owner);
    Py_DECREF(shown);
    if (done == NULL) {
        return NULL;
    }
    Py_DECREF(done);
    return view_state(self);
}

/* Brings the dict up to date; one that is true already is not touched, so that
 * it can be iterated meanwhile. */
static int
view_sync(PyObject *self)
{
    crm_state *state = complete(self);
    if (state == NULL) {
        return -1;
    }
    crm_core *core = crm_state_manager(state)->core;
    int empty = PyDict_GET_SIZE(self) == 0;
    int filled = empty ? 0 : crm_state_filled(state, self);
    if (filled != 0) {
        return filled < 0 ? -1 : 0;
    }
    PyObject *inspected =
        PyDict_GetItemWithError(self, core->str_instance_state);
    if (inspected != NULL) {
        Py_INCREF(inspected);
    }
    else if (!PyErr_Occurred()) {
        inspected = crm_instance_state(core, ((view *)self)->owner);
    }
    PyObject *now = inspected == NULL ? NULL
                    : empty           ? Py_NewRef(self)
                                      : PyDict_New();
    int status = -1;
    if (now != NULL && crm_state_fill(state, now) == 0) {
        status = PyDict_SetItem(now, core->str_instance_state, inspected);
    }
    if (status == 0 && !empty) {
        PyDict_Clear(self);
        status = PyDict_Update(self, now);
    }
    Py_XDECREF(now);
    Py_XDECREF(inspected);
    return status;
}

PyObject *
crm_view_new(crm_core *core, PyObject *obj)
{
    PyObject *self = PyDict_Type.tp_new(core->view_type, NULL, NULL);
    if (self == NULL) {
        return NULL;
    }
    ((view *)self)->core = core;
    ((view *)self)->owner = Py_NewRef(obj);
    if (view_sync(self) < 0) {
        Py_CLEAR(self);
    }
    return self;
}

/* ---- the object's side ------------------------------------------------ */

/* The slot of a name, -1 if it is not mapped, -2 with an exception. */
static int
slot_of(crm_state *state, PyObject *name)
{
    PyObject *found =
        PyDict_GetItemWithError(crm_state_manager(state)->names, name);
    if (found == NULL) {
        return PyErr_Occurred() ? -2 : -1;
    }
    return (int)PyLong_AsLong(found);
}

/* Whether a name is that of the instance's state: 1, 0, or -1 with an
 * exception. */
static int
names_state(const crm_core *core, PyObject *name)
{
    return PyObject_RichCompareBool(name, core->str_instance_state, Py_EQ);
}

/* The loaded value of a name: new reference; NULL, with or without an
 * exception. */
static PyObject *
lookup(PyObject *self, PyObject *name)
{
    crm_state *state = complete(self);
    if (state == NULL) {
        return NULL;
    }
    crm_core *core = ((view *)self)->core;
    /* a look at the name itself, which all readers of everything have */
    int slot = name == core->str_instance_state ? -1 : slot_of(state, name);
    if (slot == -2) {
        return NULL;
    }
    if (slot >= 0) {
        return crm_state_loaded(state, (uint16_t)slot);
    }
    int is_state = names_state(core, name);
    if (is_state != 0) {
        if (is_state < 0) {
            return NULL;
        }
        PyObject *known =
            PyDict_GetItemWithError(self, core->str_instance_state);
        if (known == NULL && !PyErr_Occurred()) {
            return crm_instance_state(core, ((view *)self)->owner);
        }
        return Py_XNewRef(known);
    }
    PyObject *dict = crm_state_unmapped(state, 0);
    if (dict == NULL) {
        return NULL;
    }
    PyObject *value = Py_XNewRef(PyDict_GetItemWithError(dict, name));
    Py_DECREF(dict);
    return value;
}

static int
store(PyObject *self, PyObject *name, PyObject *value)
{
    crm_state *state = view_state(self);
    int slot = state == NULL ? -2 : slot_of(state, name);
    if (slot == -2) {
        return -1;
    }
    if (PyDict_SetItem(self, name, value) < 0) {
        return -1;
    }
    if (slot >= 0) {
        if (crm_state_held(state, (uint16_t)slot) == value) {
            return 0;
        }
        if (crm_state_attr(state, (uint16_t)slot)->kind ==
            CRM_ATTR_COLLECTION) {
            return crm_state_set_loaded(state, (uint16_t)slot,
                                        Py_NewRef(value));
        }
        return crm_state_put(state, (uint16_t)slot, Py_NewRef(value));
    }
    crm_core *core = crm_state_manager(state)->core;
    int is_state = names_state(core, name);
    if (is_state != 0) {
        return is_state > 0 ? 0 : -1; /* the state cannot be replaced */
    }
    PyObject *dict = crm_state_unmapped(state, 1);
    if (dict == NULL) {
        return -1;
    }
    int status = PyDict_SetItem(dict, name, value);
    Py_DECREF(dict);
    return status;
}

/* Forgets a name: 1 if it was there, 0 if not, -1 with an exception. */
static int
discard(PyObject *self, PyObject *name)
{
    PyObject *value = lookup(self, name);
    if (value == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    Py_DECREF(value);
    if (PyDict_DelItem(self, name) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_KeyError)) {
            return -1;
        }
        PyErr_Clear();
    }
    crm_state *state = view_state(self);
    int slot = state == NULL ? -2 : slot_of(state, name);
    if (slot == -2) {
        return -1;
    }
    if (slot >= 0) {
        int in_row = crm_state_in_row(state, (uint16_t)slot);
        return crm_state_put(state, (uint16_t)slot,
                             in_row ? CRM_UNLOADED : NULL) < 0
                   ? -1
                   : 1;
    }
    int is_state = names_state(crm_state_manager(state)->core, name);
    PyObject *dict = is_state != 0 ? NULL : crm_state_unmapped(state, 0);
    if (dict == NULL) {
        return is_state < 0 || PyErr_Occurred() ? -1 : 1;
    }
    int status = PyDict_DelItem(dict, name);
    Py_DECREF(dict);
    if (status < 0 && PyErr_ExceptionMatches(PyExc_KeyError)) {
        PyErr_Clear();
        status = 0;
    }
    return status < 0 ? -1 : 1;
}

/* ---- reading ---------------------------------------------------------- */

static PyObject *
view_subscript(PyObject *self, PyObject *name)
{
    PyObject *value = lookup(self, name);
    if (value == NULL && !PyErr_Occurred()) {
        PyErr_SetObject(PyExc_KeyError, name);
    }
    return value;
}

static int
view_contains(PyObject *self, PyObject *name)
{
    PyObject *value = lookup(self, name);
    if (value == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    Py_DECREF(value);
    return 1;
}

static Py_ssize_t
view_length(PyObject *self)
{
    return view_sync(self) < 0 ? -1 : PyDict_GET_SIZE(self);
}

static PyObject *
view_iter(PyObject *self)
{
    return view_sync(self) < 0 ? NULL : PyDict_Type.tp_iter(self);
}

static PyObject *
view_repr(PyObject *self)
{
    return view_sync(self) < 0 ? NULL : PyDict_Type.tp_repr(self);
}

static PyObject *
view_richcompare(PyObject *self, PyObject *other, int op)
{
    return view_sync(self) < 0 ? NULL
                               : PyDict_Type.tp_richcompare(self, other, op);
}

static PyObject *
view_get(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 1 || nargs > 2) {
        return PyErr_Format(PyExc_TypeError,
                            "get expected 1 or 2 arguments, got %zd", nargs);
    }
    PyObject *value = lookup(self, args[0]);
    if (value == NULL && !PyErr_Occurred()) {
        value = Py_NewRef(nargs == 2 ? args[1] : Py_None);
    }
    return value;
}

/* dict's own method on the up-to-date dict. */
static PyObject *
synced(PyObject *self, PyObject *name)
{
    if (view_sync(self) < 0) {
        return NULL;
    }
    return PyObject_CallMethodOneArg((PyObject *)&PyDict_Type, name, self);
}

static PyObject *
view_keys(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return synced(self, ((view *)self)->core->str_keys);
}

static PyObject *
view_values(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return synced(self, ((view *)self)->core->str_values);
}

static PyObject *
view_items(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return synced(self, ((view *)self)->core->str_items);
}

static PyObject *
view_reversed(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return synced(self, ((view *)self)->core->str_reversed);
}

/* A plain dict. */
static PyObject *
view_copy(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    if (view_sync(self) < 0) {
        return NULL;
    }
    PyObject *copy = PyDict_New();
    Py_ssize_t pos = 0;
    PyObject *name, *value;
    while (copy != NULL && PyDict_Next(self, &pos, &name, &value)) {
        if (PyDict_SetItem(copy, name, value) < 0) {
            Py_CLEAR(copy);
        }
    }
    return copy;
}

static PyObject *
view_reduce(PyObject *self, PyObject *Py_UNUSED(protocol))
{
    PyObject *copy = view_copy(self, NULL);
    if (copy == NULL) {
        return NULL;
    }
    return Py_BuildValue("O(N)", (PyObject *)&PyDict_Type, copy);
}

static PyObject *
view_or(PyObject *left, PyObject *right)
{
    if (!PyDict_Check(left) || !PyDict_Check(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    PyObject *merged = PyDict_New();
    if (merged == NULL || PyDict_Update(merged, left) < 0 ||
        PyDict_Update(merged, right) < 0) {
        Py_CLEAR(merged);
    }
    return merged;
}

/* ---- writing ---------------------------------------------------------- */

static int
view_ass_subscript(PyObject *self, PyObject *name, PyObject *value)
{
    if (value != NULL) {
        return store(self, name, value);
    }
    int found = discard(self, name);
    if (found == 0) {
        PyErr_SetObject(PyExc_KeyError, name);
    }
    return found > 0 ? 0 : -1;
}

static PyObject *
view_pop(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 1 || nargs > 2) {
        return PyErr_Format(PyExc_TypeError,
                            "pop expected 1 or 2 arguments, got %zd", nargs);
    }
    PyObject *value = lookup(self, args[0]);
    if (value == NULL) {
        if (PyErr_Occurred()) {
            return NULL;
        }
        if (nargs == 2) {
            return Py_NewRef(args[1]);
        }
        PyErr_SetObject(PyExc_KeyError, args[0]);
        return NULL;
    }
    if (discard(self, args[0]) < 0) {
        Py_CLEAR(value);
    }
    return value;
}

static PyObject *
view_setdefault(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 1 || nargs > 2) {
        return PyErr_Format(PyExc_TypeError,
                            "setdefault expected 1 or 2 arguments, got %zd",
                            nargs);
    }
    PyObject *value = lookup(self, args[0]);
    if (value == NULL && !PyErr_Occurred()) {
        value = Py_NewRef(nargs == 2 ? args[1] : Py_None);
        if (store(self, args[0], value) < 0) {
            Py_CLEAR(value);
        }
    }
    return value;
}

static int
store_all(PyObject *self, PyObject *dict)
{
    Py_ssize_t pos = 0;
    PyObject *name, *value;
    while (PyDict_Next(dict, &pos, &name, &value)) {
        Py_INCREF(name);
        Py_INCREF(value);
        int status = store(self, name, value);
        Py_DECREF(name);
        Py_DECREF(value);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
view_update(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *given = PyObject_Call((PyObject *)&PyDict_Type, args, kwargs);
    int status = given == NULL ? -1 : store_all(self, given);
    Py_XDECREF(given);
    return crm_none_or_error(status);
}

static PyObject *
view_ior(PyObject *self, PyObject *other)
{
    PyObject *given = PyObject_CallOneArg((PyObject *)&PyDict_Type, other);
    int status = given == NULL ? -1 : store_all(self, given);
    Py_XDECREF(given);
    return status < 0 ? NULL : Py_NewRef(self);
}

static PyObject *
view_clear(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *copy = view_copy(self, NULL);
    if (copy == NULL) {
        return NULL;
    }
    int status = 0;
    Py_ssize_t pos = 0;
    PyObject *name, *value;
    while (status >= 0 && PyDict_Next(copy, &pos, &name, &value)) {
        status = discard(self, name);
    }
    Py_DECREF(copy);
    return crm_none_or_error(status);
}

static PyObject *
view_popitem(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *copy = view_copy(self, NULL);
    if (copy == NULL) {
        return NULL;
    }
    PyObject *item = PyObject_CallMethod(copy, "popitem", NULL);
    Py_DECREF(copy);
    if (item != NULL && discard(self, PyTuple_GET_ITEM(item, 0)) < 0) {
        Py_CLEAR(item);
    }
    return item;
}

int
crm_view_assign(crm_core *core, PyObject *obj, PyObject *dict)
{
    if (dict == NULL || !PyDict_Check(dict)) {
        PyErr_SetString(PyExc_TypeError,
                        "__dict__ must be set to a dictionary");
        return -1;
    }
    PyObject *given = PyDict_Copy(dict);
    PyObject *self = given == NULL ? NULL : crm_view_new(core, obj);
    PyObject *done = self == NULL ? NULL : view_clear(self, NULL);
    int status = done == NULL ? -1 : store_all(self, given);
    Py_XDECREF(done);
    Py_XDECREF(self);
    Py_XDECREF(given);
    return status;
}

/* ---- the type --------------------------------------------------------- */

static int
view_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((view *)self)->owner);
    return PyDict_Type.tp_traverse(self, visit, arg);
}

static int
view_tp_clear(PyObject *self)
{
    Py_CLEAR(((view *)self)->owner);
    return PyDict_Type.tp_clear(self);
}

static void
view_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_CLEAR(((view *)self)->owner);
    PyObject_GC_Track(self);
    PyDict_Type.tp_dealloc(self);
    Py_DECREF(type);
}

static PyMethodDef view_methods[] = {
    {"get", CRM_FAST(view_get), METH_FASTCALL, NULL},
    {"keys", view_keys, METH_NOARGS, NULL},
    {"values", view_values, METH_NOARGS, NULL},
    {"items", view_items, METH_NOARGS, NULL},
    {"copy", view_copy, METH_NOARGS, NULL},
    {"pop", CRM_FAST(view_pop), METH_FASTCALL, NULL},
    {"popitem", view_popitem, METH_NOARGS, NULL},
    {"setdefault", CRM_FAST(view_setdefault), METH_FASTCALL, NULL},
    {"update", CRM_FAST(view_update), METH_VARARGS | METH_KEYWORDS, NULL},
    {"clear", view_clear, METH_NOARGS, NULL},
    {"__reversed__", view_reversed, METH_NOARGS, NULL},
    {"__reduce_ex__", view_reduce, METH_O, NULL},
    {"__copy__", view_copy, METH_NOARGS, NULL},
    {NULL},
};

static PyType_Slot view_slots[] = {
    {Py_tp_doc, "The loaded attributes of a mapped object by name."},
    {Py_tp_dealloc, view_dealloc},
    {Py_tp_traverse, view_traverse},
    {Py_tp_clear, view_tp_clear},
    {Py_tp_repr, view_repr},
    {Py_tp_iter, view_iter},
    {Py_tp_richcompare, view_richcompare},
    {Py_tp_hash, PyObject_HashNotImplemented},
    {Py_tp_methods, view_methods},
    {Py_mp_subscript, view_subscript},
    {Py_mp_ass_subscript, view_ass_subscript},
    {Py_mp_length, view_length},
    {Py_sq_contains, view_contains},
    {Py_nb_or, view_or},
    {Py_nb_inplace_or, view_ior},
    {0, NULL},
};

static PyType_Spec view_spec = {
    .name = "cormorant._core.AttributeDict",
    .basicsize = sizeof(view),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = view_slots,
};

int
crm_view_init(crm_core *core, PyObject *module)
{
    core->str_keys = PyUnicode_InternFromString("keys");
    core->str_values = PyUnicode_InternFromString("values");
    core->str_items = PyUnicode_InternFromString("items");
    core->str_reversed = PyUnicode_InternFromString("__reversed__");
    PyObject *bases = PyTuple_Pack(1, (PyObject *)&PyDict_Type);
    if (core->str_keys == NULL || core->str_values == NULL ||
        core->str_items == NULL || core->str_reversed == NULL ||
        bases == NULL) {
        Py_XDECREF(bases);
        return -1;
    }
    core->view_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &view_spec, bases);
    Py_DECREF(bases);
    return core->view_type == NULL ? -1 : 0;
}
