/* keyed.c: InstrumentedDict, whose changes are tracked, its use as a collection
 * that finds each member's key by `keyfunc`, and keyfuncs made of attributes.
 */
#include "adapted.h"

/* ---- changes of one key ----------------------------------------------- */

/* dict[key] = member, with what follows: a member that was there leaves. */
static int
set_key(crm_hold *hold, PyObject *self, PyObject *key, PyObject *member,
        const crm_origin *origin)
{
    PyObject *old = PyDict_GetItemWithError(self, key);
    if (old == NULL && PyErr_Occurred()) {
        return -1;
    }
    if (origin->silent || (hold->obj == NULL && hold->lost == NULL)) {
        return PyDict_SetItem(self, key, member);
    }
    if (old != NULL) {
        Py_INCREF(old);
        int status = crm_fire_remove(hold, old, origin->from);
        Py_DECREF(old);
        if (status < 0) {
            return -1;
        }
    }
    PyObject *stored = crm_fire_append(hold, member, origin->from);
    if (stored == NULL) {
        return -1;
    }
    int status = PyDict_SetItem(self, key, stored);
    Py_DECREF(stored);
    return status;
}

/* del dict[key]; KeyError if it is not there. */
static int
delete_key(crm_hold *hold, PyObject *self, PyObject *key,
           const crm_origin *origin)
{
    PyObject *old = PyDict_GetItemWithError(self, key);
    if (old == NULL && PyErr_Occurred()) {
        return -1;
    }
    int status = 0;
    if (old != NULL && !origin->silent) {
        Py_INCREF(old);
        status = crm_fire_remove(hold, old, origin->from);
        Py_DECREF(old);
    }
    return status < 0 ? -1 : PyDict_DelItem(self, key);
}

static void
hold_open(crm_hold *hold, PyObject *self)
{
    crm_hold_tie(hold, crm_adapted_tie(crm_core_of(Py_TYPE(self)), self), self);
}

/* ---- InstrumentedDict ------------------------------------------------- */

static int
dict_ass_subscript(PyObject *self, PyObject *key, PyObject *value)
{
    crm_hold hold;
    crm_origin origin = {0};
    hold_open(&hold, self);
    int status = value != NULL ? set_key(&hold, self, key, value, &origin)
                               : delete_key(&hold, self, key, &origin);
    crm_hold_close(&hold);
    return status;
}

/* The optional last argument `_sa_initiator`, by position or by name. */
static int
read_initiator(PyObject *self, const char *name, PyObject *const *args,
               Py_ssize_t nargs, PyObject *kwnames, Py_ssize_t wanted,
               crm_origin *origin)
{
    Py_ssize_t nkw = kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames);
    if (nargs < wanted || nargs + nkw > wanted + 1 ||
        (nkw == 1 && PyUnicode_CompareWithASCIIString(
                         PyTuple_GET_ITEM(kwnames, 0), "_sa_initiator") != 0)) {
        PyErr_Format(PyExc_TypeError,
                     "%s() takes %zd arguments and _sa_initiator", name,
                     wanted);
        return -1;
    }
    return crm_origin_read(crm_core_of(Py_TYPE(self)),
                           nargs + nkw > wanted ? args[wanted] : NULL, origin);
}

static PyObject *
dict_setitem(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    crm_hold hold;
    crm_origin origin;
    if (read_initiator(self, "__setitem__", args, nargs, kwnames, 2, &origin) <
        0) {
        return NULL;
    }
    hold_open(&hold, self);
    int status = set_key(&hold, self, args[0], args[1], &origin);
    crm_hold_close(&hold);
    return crm_none_or_error(status);
}

static PyObject *
dict_delitem(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    crm_hold hold;
    crm_origin origin;
    if (read_initiator(self, "__delitem__", args, nargs, kwnames, 1, &origin) <
        0) {
        return NULL;
    }
    hold_open(&hold, self);
    int status = delete_key(&hold, self, args[0], &origin);
    crm_hold_close(&hold);
    return crm_none_or_error(status);
}

/* A method of dict itself, called on self. */
static PyObject *
plain(PyObject *self, const char *name, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *method = PyObject_GetAttrString((PyObject *)&PyDict_Type, name);
    PyObject *stack[3] = {self};
    if (method == NULL) {
        return NULL;
    }
    if (nargs > 2) {
        Py_DECREF(method);
        return PyErr_Format(PyExc_TypeError,
                            "%s expected at most 2 arguments, got %zd", name,
                            nargs);
    }
    for (Py_ssize_t i = 0; i < nargs; i++) {
        stack[i + 1] = args[i];
    }
    PyObject *result =
        PyObject_Vectorcall(method, stack, (size_t)nargs + 1, NULL);
    Py_DECREF(method);
    return result;
}

/* What is about to be popped is not known yet: history first. */
static int
before_pop(crm_hold *hold, PyObject *self)
{
    hold_open(hold, self);
    return crm_hold_changes(hold);
}

static PyObject *
dict_pop(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    crm_hold hold;
    PyObject *item = NULL;
    int held = 0;
    if (before_pop(&hold, self) == 0) {
        held = nargs > 0 ? PyDict_Contains(self, args[0]) : 0;
        item = held < 0 ? NULL : plain(self, "pop", args, nargs);
    }
    if (item != NULL && held > 0 && crm_fire_remove(&hold, item, NULL) < 0) {
        Py_CLEAR(item);
    }
    crm_hold_close(&hold);
    return item;
}

static PyObject *
dict_popitem(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    crm_hold hold;
    PyObject *item = NULL;
    if (before_pop(&hold, self) == 0) {
        item = plain(self, "popitem", NULL, 0);
    }
    if (item != NULL &&
        crm_fire_remove(&hold, PyTuple_GET_ITEM(item, 1), NULL) < 0) {
        Py_CLEAR(item);
    }
    crm_hold_close(&hold);
    return item;
}

static PyObject *
dict_clear(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    crm_hold hold;
    PyObject *members = PyDict_Values(self);
    if (members == NULL) {
        return NULL;
    }
    hold_open(&hold, self);
    int status = 0;
    for (Py_ssize_t i = 0; status == 0 && i < PyList_GET_SIZE(members); i++) {
        status = crm_fire_remove(&hold, PyList_GET_ITEM(members, i), NULL);
    }
    crm_hold_close(&hold);
    Py_DECREF(members);
    if (status < 0) {
        return NULL;
    }
    PyDict_Clear(self);
    Py_RETURN_NONE;
}

/* A member is assigned to a key that holds it already. */
static int
present(PyObject *self, PyObject *member)
{
    crm_hold hold;
    hold_open(&hold, self);
    int status = hold.obj == NULL ? 0
                                  : crm_rel_fire_present(hold.state, hold.slot,
                                                         member, NULL);
    crm_hold_close(&hold);
    return status;
}

static PyObject *
dict_setdefault(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 1 || nargs > 2) {
        return PyErr_Format(PyExc_TypeError,
                            "setdefault expected 1 or 2 arguments, got %zd",
                            nargs);
    }
    PyObject *value = nargs > 1 ? args[1] : Py_None;
    PyObject *held = PyDict_GetItemWithError(self, args[0]);
    if (held == NULL) {
        if (PyErr_Occurred() || PyObject_SetItem(self, args[0], value) < 0) {
            return NULL;
        }
        return Py_NewRef(value);
    }
    Py_INCREF(held);
    if (held == value && present(self, held) < 0) {
        Py_CLEAR(held);
    }
    return held;
}

/* Takes the items of a plain dict over. */
static int
take_items(PyObject *self, PyObject *items)
{
    PyObject *key, *value;
    Py_ssize_t pos = 0;
    int status = 0;
    while (status == 0 && PyDict_Next(items, &pos, &key, &value)) {
        PyObject *held = PyDict_GetItemWithError(self, key);
        if (held == NULL && PyErr_Occurred()) {
            return -1;
        }
        Py_INCREF(key);
        Py_INCREF(value);
        status = held == value ? present(self, value)
                               : PyObject_SetItem(self, key, value);
        Py_DECREF(key);
        Py_DECREF(value);
    }
    return status;
}

static PyObject *
dict_update(PyObject *self, PyObject *args, PyObject *kwargs)
{
    /* A plain dict reads its arguments, so that they mean the same. */
    PyObject *items = PyObject_Call((PyObject *)&PyDict_Type, args, kwargs);
    if (items == NULL) {
        return NULL;
    }
    int status = take_items(self, items);
    Py_DECREF(items);
    return crm_none_or_error(status);
}

static PyObject *
dict_ior(PyObject *self, PyObject *other)
{
    PyObject *items = PyObject_CallOneArg((PyObject *)&PyDict_Type, other);
    if (items == NULL) {
        return NULL;
    }
    int status = take_items(self, items);
    Py_DECREF(items);
    return status < 0 ? NULL : Py_NewRef(self);
}

static int
dict_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return PyDict_Type.tp_traverse(self, visit, arg);
}

static int
dict_tp_clear(PyObject *self)
{
    return PyDict_Type.tp_clear(self);
}

static PyMethodDef dict_methods[] = {
    {"__setitem__", CRM_FAST(dict_setitem),
     METH_FASTCALL | METH_KEYWORDS | METH_COEXIST,
     PyDoc_STR("__setitem__(key, value, _sa_initiator=None)")},
    {"__delitem__", CRM_FAST(dict_delitem),
     METH_FASTCALL | METH_KEYWORDS | METH_COEXIST,
     PyDoc_STR("__delitem__(key, _sa_initiator=None)")},
    {"pop", CRM_FAST(dict_pop), METH_FASTCALL,
     PyDoc_STR("pop($self, key, default=..., /)\n--\n\n"
               "Remove a key and return its member.")},
    {"popitem", dict_popitem, METH_NOARGS,
     PyDoc_STR("popitem($self, /)\n--\n\n"
               "Remove and return the last key and member.")},
    {"clear", dict_clear, METH_NOARGS,
     PyDoc_STR("clear($self, /)\n--\n\nRemove all members.")},
    {"setdefault", CRM_FAST(dict_setdefault), METH_FASTCALL,
     PyDoc_STR("setdefault($self, key, default=None, /)\n--\n\n"
               "The member of a key; the default is added if there is none.")},
    {"update", CRM_FAST(dict_update), METH_VARARGS | METH_KEYWORDS,
     PyDoc_STR("update($self, /, *args, **kwargs)\n--\n\n"
               "Add the members of a mapping or of pairs, and of keywords.")},
    {NULL},
};

static PyType_Slot dict_slots[] = {
    {Py_tp_doc, "A dict-based relationship: every change is tracked."},
    {Py_tp_traverse, dict_traverse},
    {Py_tp_clear, dict_tp_clear},
    {Py_tp_methods, dict_methods},
    {Py_mp_ass_subscript, dict_ass_subscript},
    {Py_nb_inplace_or, dict_ior},
    {0, NULL},
};

/* No larger than a dict, so that a class may derive from this and from
 * OrderedDict. */
static PyType_Spec dict_spec = {
    .name = "cormorant._core.InstrumentedDict",
    .basicsize = sizeof(PyDictObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = dict_slots,
};

/* ---- AttributeKey ----------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    PyObject *names;    /* owned: tuple of attribute names; NULL: ask */
    PyObject *resolver; /* owned callable(mapper) -> tuple, or NULL */
    crm_manager
        *manager; /* owned or NULL: the class `names` were resolved for */
    int single;   /* the value itself, else a tuple of values */
} crm_attribute_key;

static PyObject *
attribute_key_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"source", "single", NULL};
    PyObject *source;
    int single;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "Op:AttributeKey", names,
                                     &source, &single)) {
        return NULL;
    }
    int by_name = PyTuple_Check(source);
    for (Py_ssize_t i = 0; by_name && i < PyTuple_GET_SIZE(source); i++) {
        if (!PyUnicode_Check(PyTuple_GET_ITEM(source, i))) {
            PyErr_SetString(PyExc_TypeError, "names must be strings");
            return NULL;
        }
    }
    if (single && by_name && PyTuple_GET_SIZE(source) != 1) {
        PyErr_SetString(PyExc_ValueError, "a single key has one name");
        return NULL;
    }
    crm_attribute_key *self = (crm_attribute_key *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->single = single;
        *(by_name ? &self->names : &self->resolver) = Py_NewRef(source);
    }
    return (PyObject *)self;
}

/* One attribute as far as it has a value: new reference, NO_VALUE if not. */
static PyObject *
attribute_value(crm_core *core, PyObject *obj, crm_state *state, PyObject *name)
{
    PyObject *slot = state == NULL ? NULL
                                   : PyDict_GetItemWithError(
                                         crm_state_manager(state)->names, name);
    if (slot == NULL) {
        return PyErr_Occurred() ? NULL : PyObject_GetAttr(obj, name);
    }
    uint16_t at = (uint16_t)PyLong_AsLong(slot);
    PyObject *value = crm_state_peek(state, at);
    if (value != NULL || PyErr_Occurred()) {
        return value;
    }
    int loads = (state->flags & (CRM_S_KEY | CRM_S_EXPIRED)) != 0 ||
                crm_state_held(state, at) == CRM_UNLOADED;
    return loads ? crm_attr_get(state, at) : Py_NewRef(core->no_value);
}

/* The attributes of a class that make the key: new reference. */
static PyObject *
names_for(crm_attribute_key *self, crm_state *state)
{
    if (self->resolver == NULL && self->names == NULL) { /* cleared */
        PyErr_SetString(PyExc_ReferenceError, "the names are gone");
        return NULL;
    }
    if (self->resolver == NULL ||
        (state != NULL && self->manager == crm_state_manager(state))) {
        return Py_NewRef(self->names);
    }
    if (state == NULL) {
        PyErr_SetString(PyExc_TypeError, "not a mapped object");
        return NULL;
    }
    crm_manager *manager =
        (crm_manager *)Py_NewRef((PyObject *)crm_state_manager(state));
    PyObject *names = PyObject_CallOneArg(self->resolver, manager->mapper);
    if (names != NULL && !(PyTuple_Check(names) &&
                           (!self->single || PyTuple_GET_SIZE(names) == 1))) {
        PyErr_SetString(PyExc_TypeError, "a tuple of names was expected");
        Py_CLEAR(names);
    }
    if (names == NULL) {
        Py_DECREF((PyObject *)manager);
        return NULL;
    }
    PyObject *old_names = self->names;
    crm_manager *old_manager = self->manager;
    self->names = Py_NewRef(names);
    self->manager = manager;
    Py_XDECREF(old_names);
    Py_XDECREF((PyObject *)old_manager);
    return names;
}

static PyObject *
attribute_key_of(crm_core *core, crm_attribute_key *self, PyObject *obj)
{
    crm_state *state = crm_state_of(core, obj);
    PyObject *names = names_for(self, state);
    if (names == NULL) {
        return NULL;
    }
    PyObject *key;
    if (self->single) {
        key = attribute_value(core, obj, state, PyTuple_GET_ITEM(names, 0));
    }
    else {
        key = PyTuple_New(PyTuple_GET_SIZE(names));
        for (Py_ssize_t i = 0; key != NULL && i < PyTuple_GET_SIZE(names);
             i++) {
            PyObject *value =
                attribute_value(core, obj, state, PyTuple_GET_ITEM(names, i));
            if (value == NULL) {
                Py_CLEAR(key);
                break;
            }
            PyTuple_SET_ITEM(key, i, value);
        }
    }
    Py_DECREF(names);
    return key;
}

static PyObject *
attribute_key_call(crm_attribute_key *self, PyObject *args, PyObject *kwargs)
{
    PyObject *obj;
    if ((kwargs != NULL && PyDict_GET_SIZE(kwargs) > 0) ||
        !PyArg_ParseTuple(args, "O:AttributeKey", &obj)) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_TypeError, "no keyword arguments");
        }
        return NULL;
    }
    return attribute_key_of(crm_core_of(Py_TYPE(self)), self, obj);
}

static PyObject *
attribute_key_reduce(crm_attribute_key *self, PyObject *Py_UNUSED(ignored))
{
    return Py_BuildValue("O(OO)", Py_TYPE(self),
                         self->resolver != NULL ? self->resolver : self->names,
                         self->single ? Py_True : Py_False);
}

static int
attribute_key_traverse(crm_attribute_key *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->names);
    Py_VISIT(self->resolver);
    Py_VISIT(self->manager);
    return 0;
}

static int
attribute_key_clear(crm_attribute_key *self)
{
    Py_CLEAR(self->names);
    Py_CLEAR(self->resolver);
    Py_CLEAR(self->manager);
    return 0;
}

static void
attribute_key_dealloc(crm_attribute_key *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    (void)attribute_key_clear(self);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

static PyMethodDef attribute_key_methods[] = {
    {"__reduce__", (PyCFunction)attribute_key_reduce, METH_NOARGS, NULL},
    {NULL},
};

static PyType_Slot attribute_key_slots[] = {
    {Py_tp_doc,
     "AttributeKey(source, single)\n--\n\n"
     "A function that reads attributes of an object as a key: a tuple of their "
     "values,\nor the value of the one if `single`. `source` is a tuple of "
     "names, or a function\nthat gives them for a mapper."},
    {Py_tp_new, attribute_key_new},
    {Py_tp_dealloc, attribute_key_dealloc},
    {Py_tp_traverse, attribute_key_traverse},
    {Py_tp_clear, attribute_key_clear},
    {Py_tp_call, attribute_key_call},
    {Py_tp_methods, attribute_key_methods},
    {0, NULL},
};

static PyType_Spec attribute_key_spec = {
    .name = "cormorant._core.AttributeKey",
    .basicsize = sizeof(crm_attribute_key),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = attribute_key_slots,
};

/* ---- a dict as a collection ------------------------------------------- */

/* The key of a member: new reference.  NULL without an exception: the member is
 * to be passed over, since its key has no value. */
static PyObject *
key_for(crm_core *core, PyObject *dict, PyObject *member,
        const crm_initiator *from)
{
    PyObject *keyfunc = PyObject_GetAttr(dict, core->str_keyfunc);
    if (keyfunc == NULL) {
        return NULL;
    }
    int by_attribute = Py_IS_TYPE(keyfunc, core->attr_key_type);
    PyObject *key =
        by_attribute
            ? attribute_key_of(core, (crm_attribute_key *)keyfunc, member)
            : PyObject_CallOneArg(keyfunc, member);
    Py_DECREF(keyfunc);
    if (key == NULL ||
        (key != core->no_value && !(key == Py_None && by_attribute))) {
        return key;
    }
    PyObject *go_on =
        PyObject_CallMethod(dict, "_unpopulated", "OOO", member, key,
                            from != NULL ? (PyObject *)from->prop : Py_None);
    if (go_on != Py_True) {
        Py_CLEAR(key);
    }
    Py_XDECREF(go_on);
    return key;
}

static int
set_member(crm_core *core, PyObject *dict, PyObject *member,
           const crm_origin *origin)
{
    PyObject *key = key_for(core, dict, member, origin->from);
    if (key == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    int status;
    if (origin->silent) {
        status = PyDict_SetItem(dict, key, member);
    }
    else {
        crm_hold hold;
        crm_hold_tie(&hold, crm_adapted_tie(core, dict), dict);
        status = set_key(&hold, dict, key, member, origin);
        crm_hold_close(&hold);
    }
    Py_DECREF(key);
    return status;
}

/* Takes a member out: KeyError if its key is not there, InvalidRequestError if
 * that holds another one. */
static int
remove_member(crm_core *core, PyObject *dict, PyObject *member,
              const crm_origin *origin)
{
    PyObject *key = key_for(core, dict, member, origin->from);
    if (key == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    int status = -1;
    PyObject *held = Py_XNewRef(PyDict_GetItemWithError(dict, key));
    if (held == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_SetObject(PyExc_KeyError, key);
        }
        goto done;
    }
    int differs = PyObject_RichCompareBool(held, member, Py_NE);
    if (differs != 0) {
        if (differs > 0) {
            crm_raise(core, "InvalidRequestError",
                      "Can not remove '%S': collection holds "
                      "'%S' for key '%S'. Possible cause: is the KeyFuncDict "
                      "key function based on mutable properties or properties "
                      "that only obtain values after flush?",
                      member, held, key);
        }
        goto done;
    }
    crm_hold hold;
    crm_hold_tie(&hold, crm_adapted_tie(core, dict), dict);
    status = delete_key(&hold, dict, key, origin);
    crm_hold_close(&hold);
done:
    Py_XDECREF(held);
    Py_DECREF(key);
    return status;
}

int
crm_keyed_load(crm_core *core, PyObject *dict, PyObject *member)
{
    crm_origin origin = {.silent = 1};
    return set_member(core, dict, member, &origin);
}

int
crm_keyed_unload(crm_core *core, PyObject *dict, PyObject *member)
{
    crm_origin origin = {.silent = 1};
    return crm_forgive_absent(remove_member(core, dict, member, &origin));
}

int
crm_keyed_add(crm_core *core, PyObject *dict, PyObject *member,
              const crm_initiator *from)
{
    crm_origin origin = {.from = from};
    return set_member(core, dict, member, &origin);
}

int
crm_keyed_take(crm_core *core, PyObject *dict, PyObject *member,
               const crm_initiator *from)
{
    crm_origin origin = {.from = from};
    return crm_forgive_absent(remove_member(core, dict, member, &origin));
}

/* ---- functions of the module ------------------------------------------ */

static PyObject *
keyed_call(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
           int (*act)(crm_core *, PyObject *, PyObject *, const crm_origin *))
{
    crm_core *core = (crm_core *)PyModule_GetState(module);
    crm_origin origin;
    if (nargs != 3 || !PyDict_Check(args[0])) {
        PyErr_SetString(PyExc_TypeError,
                        "a dict, a member and an initiator are expected");
        return NULL;
    }
    if (crm_origin_read(core, args[2], &origin) < 0 ||
        act(core, args[0], args[1], &origin) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
keyed_set(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    return keyed_call(module, args, nargs, set_member);
}

static PyObject *
keyed_remove(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    return keyed_call(module, args, nargs, remove_member);
}

static PyMethodDef functions[] = {
    {"keyed_set", CRM_FAST(keyed_set), METH_FASTCALL,
     PyDoc_STR("keyed_set(dict, member, initiator): add a member under the key "
               "that dict.keyfunc gives.")},
    {"keyed_remove", CRM_FAST(keyed_remove), METH_FASTCALL,
     PyDoc_STR("keyed_remove(dict, member, initiator): the opposite.")},
    {NULL},
};

int
crm_keyed_init(crm_core *core, PyObject *module)
{
    core->str_keyfunc = PyUnicode_InternFromString("keyfunc");
    core->attr_key_type = (PyTypeObject *)PyType_FromModuleAndSpec(
        module, &attribute_key_spec, NULL);
    PyObject *bases = PyTuple_Pack(1, (PyObject *)&PyDict_Type);
    if (core->str_keyfunc == NULL || core->attr_key_type == NULL ||
        bases == NULL) {
        Py_XDECREF(bases);
        return -1;
    }
    core->dict_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &dict_spec, bases);
    Py_DECREF(bases);
    if (core->dict_type == NULL ||
        PyModule_AddType(module, core->dict_type) < 0 ||
        PyModule_AddType(module, core->attr_key_type) < 0) {
        return -1;
    }
    return PyModule_AddFunctions(module, functions);
}
