/* define.c: what a mapper tells of its class: attributes in their slots, key,
 * relationships.  These are the methods of ClassManager.
 */
#include "define.h"

#include "core/relations/events.h"

/* ---- the attributes' memory -------------------------------------------- */

static void
attr_clear(crm_attr *attr)
{
    Py_CLEAR(attr->name);
    Py_CLEAR(attr->prop);
    Py_CLEAR(attr->target);
    Py_CLEAR(attr->factory);
    Py_CLEAR(attr->class_);
    Py_CLEAR(attr->heard);
    Py_CLEAR(attr->compare);
    crm_codec_clear(&attr->codec);
    crm_codec_clear(&attr->typed);
    attr->has_typed = 0;
}

/* Attributes of a manager, and those that it had before there were more.  Code
 * of the program that runs for an attribute may add others to the class: who is
 * about that one meanwhile reads on in an older block.  All go with the
 * manager. */
typedef struct crm_attr_block {
    struct crm_attr_block *older;
    crm_attr attrs[];
} attr_block;

/* Room for `count` attributes, which is more than there was: 0, or -1 with
 * MemoryError. */
static int
add_block(crm_manager *self, uint16_t count)
{
    attr_block *block =
        PyMem_Malloc(sizeof(attr_block) + count * sizeof(crm_attr));
    if (block == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (self->nattrs > 0) {
        memcpy(block->attrs, self->attrs, self->nattrs * sizeof(crm_attr));
    }
    block->older = self->blocks;
    self->blocks = block;
    self->attrs = block->attrs;
    self->room = count;
    return 0;
}

void
crm_attributes_free(crm_manager *self)
{
    for (uint16_t i = 0; i < self->nattrs; i++) {
        attr_clear(&self->attrs[i]);
    }
    attr_block *block = self->blocks;
    while (block != NULL) {
        attr_block *older = block->older;
        PyMem_Free(block);
        block = older;
    }
}

int
crm_attributes_inherit(crm_manager *self, crm_manager *base)
{
    self->base = (crm_manager *)Py_NewRef((PyObject *)base);
    PyObject *names = PyDict_Copy(base->names);
    if (names == NULL) {
        return -1;
    }
    Py_XSETREF(self->names, names);
    if (add_block(self, (uint16_t)(base->nattrs + 1u)) < 0) {
        return -1;
    }
    for (uint16_t i = 0; i < base->nattrs; i++) {
        const crm_attr *from = &base->attrs[i];
        crm_attr *attr = &self->attrs[i];
        *attr = *from;
        Py_INCREF(attr->name);
        Py_XINCREF(attr->prop);
        Py_XINCREF((PyObject *)attr->target);
        Py_XINCREF(attr->factory);
        Py_XINCREF((PyObject *)attr->class_);
        Py_XINCREF(attr->compare);
        attr->heard = NULL; /* listeners are told to each class */
        Py_XINCREF(attr->codec.arg);
        Py_XINCREF(attr->typed.arg);
        self->nattrs++;
    }
    return 0;
}

/* A delete-orphan rule is known on the target by the property; see
 * add_orphan_rule. */
static void
drop_orphan_rule(crm_attr *attr)
{
    PyObject *rules = attr->target == NULL ? NULL : attr->target->orphans;
    for (Py_ssize_t i = 0; rules != NULL && i < PyList_GET_SIZE(rules); i++) {
        if (PyList_GET_ITEM(rules, i) == attr->prop) {
            if (PyList_SetSlice(rules, i, i + 1, NULL) < 0) {
                PyErr_Clear();
            }
            return;
        }
    }
}

/* ---- what a mapper says -------------------------------------------------- */

/* Room for one more attribute: 0, or -1 with an exception. */
static int
make_room(crm_manager *self)
{
    if (self->nattrs >= INT16_MAX) {
        PyErr_SetString(PyExc_OverflowError, "too many attributes");
        return -1;
    }
    return self->nattrs < self->room
               ? 0
               : add_block(self, (uint16_t)Py_MAX(8, self->nattrs * 2));
}

PyDoc_STRVAR(pad_doc,
             "pad($self, count)\n--\n\n"
             "Leave slots unused up to that number, so that an attribute added "
             "next has the same slot in a base and in what inherits from it.");

static PyObject *
manager_pad(crm_manager *self, PyObject *arg)
{
    long count = PyLong_AsLong(arg);
    if (count == -1 && PyErr_Occurred()) {
        return NULL;
    }
    while (self->nattrs < count) {
        PyObject *name = PyUnicode_InternFromString("");
        if (name == NULL || make_room(self) < 0) {
            Py_XDECREF(name);
            return NULL;
        }
        self->attrs[self->nattrs] = (crm_attr){
            .name = name,
            .prop = Py_NewRef(Py_None),
            .slot = self->nattrs,
            .reverse = -1,
            .fk_slot = -1,
        };
        self->nattrs++;
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(construct_by_name_doc,
             "construct_by_name($self)\n--\n\n"
             "The class has the default constructor: let the interpreter call "
             "Entity's at once.");

static PyObject *
manager_construct_by_name(crm_manager *self, PyObject *Py_UNUSED(ignored))
{
    if (self->boxed) {
        PyErr_SetString(PyExc_TypeError,
                        "objects of the class are no entities");
        return NULL;
    }
    ((PyTypeObject *)self->class_)->tp_init = self->core->entity_type->tp_init;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(
    set_identity_doc,
    "set_identity($self, slot, value, abstract=False)\n--\n\n"
    "The value that new objects have in the slot of the discriminator; "
    "of an abstract class there are none.");

static PyObject *
manager_set_identity(crm_manager *self, PyObject *args)
{
    int slot, abstract = 0;
    PyObject *value;
    if (!PyArg_ParseTuple(args, "iO|p:set_identity", &slot, &value,
                          &abstract)) {
        return NULL;
    }
    if (slot < 0 || slot >= self->nattrs) {
        PyErr_SetString(PyExc_IndexError, "no such slot");
        return NULL;
    }
    self->identity_slot = (uint16_t)slot;
    self->abstract = abstract != 0;
    Py_XSETREF(self->identity, Py_NewRef(value));
    Py_RETURN_NONE;
}

PyDoc_STRVAR(
    add_attribute_doc,
    "add_attribute($self, name, prop, kind, flags=0, code=0, arg=None)\n--\n\n"
    "Define an attribute; returns its slot. A name that exists is "
    "redefined in its slot.");

static PyObject *
manager_add_attribute(crm_manager *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"name", "prop", "kind", "flags",
                            "code", "arg",  NULL};
    PyObject *name, *prop, *arg = Py_None;
    int kind, flags = 0, code = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "UOi|iiO:add_attribute",
                                     names, &name, &prop, &kind, &flags, &code,
                                     &arg)) {
        return NULL;
    }
    if (kind < CRM_ATTR_COLUMN || kind > CRM_ATTR_COLLECTION || flags < 0 ||
        flags > UINT16_MAX) {
        PyErr_SetString(PyExc_ValueError, "kind or flags out of range");
        return NULL;
    }
    crm_codec codec;
    if (crm_codec_set(&codec, code, arg) < 0) {
        return NULL;
    }
    PyObject *found = PyDict_GetItemWithError(self->names, name);
    if (found == NULL && PyErr_Occurred()) {
        crm_codec_clear(&codec);
        return NULL;
    }
    if (found != NULL) {
        uint16_t slot = (uint16_t)PyLong_AsLong(found);
        crm_attr *attr = &self->attrs[slot];
        if (attr->prop != prop) {
            drop_orphan_rule(attr);
        }
        PyObject *old_prop = attr->prop;
        crm_codec old_codec = attr->codec;
        attr->prop = Py_NewRef(prop);
        attr->codec = codec;
        attr->kind = (uint8_t)kind;
        attr->flags = (uint16_t)(flags | (attr->flags & CRM_ATTR_STICKY));
        Py_INCREF(found);
        Py_XDECREF(old_prop);
        crm_codec_clear(&old_codec);
        return found;
    }
    PyObject *slot = PyLong_FromLong(self->nattrs);
    if (slot == NULL || make_room(self) < 0) {
        crm_codec_clear(&codec);
        Py_XDECREF(slot);
        return NULL;
    }
    Py_INCREF(name);
    PyUnicode_InternInPlace(&name);
    if (PyDict_SetItem(self->names, name, slot) < 0) {
        crm_codec_clear(&codec);
        Py_DECREF(name);
        Py_DECREF(slot);
        return NULL;
    }
    self->attrs[self->nattrs] = (crm_attr){
        .name = name,
        .prop = Py_NewRef(prop),
        .codec = codec,
        .kind = (uint8_t)kind,
        .flags = (uint16_t)flags,
        .slot = self->nattrs,
        .reverse = -1,
        .fk_slot = -1,
    };
    self->nattrs++;
    return slot;
}

PyDoc_STRVAR(set_typed_codec_doc,
             "set_typed_codec($self, slot, code, arg, /)\n--\n\n"
             "Decode a column's values thus in rows with typed cells.");

static PyObject *
manager_set_typed_codec(crm_manager *self, PyObject *args)
{
    int slot, code;
    PyObject *arg;
    crm_codec codec;
    if (!PyArg_ParseTuple(args, "iiO:set_typed_codec", &slot, &code, &arg)) {
        return NULL;
    }
    if (slot < 0 || slot >= self->nattrs) {
        PyErr_Format(PyExc_ValueError, "bad slot %d", slot);
        return NULL;
    }
    if (crm_codec_set(&codec, code, arg) < 0) {
        return NULL;
    }
    crm_attr *attr = &self->attrs[slot];
    crm_codec old = attr->typed;
    attr->typed = codec;
    attr->has_typed = 1;
    crm_codec_clear(&old);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(set_comparison_doc,
             "set_comparison($self, slot, compare, /)\n--\n\n"
             "What tells whether two values of a column are the same, as "
             "compare(now, old); None: ==.");

static PyObject *
manager_set_comparison(crm_manager *self, PyObject *args)
{
    int slot;
    PyObject *compare;
    if (!PyArg_ParseTuple(args, "iO:set_comparison", &slot, &compare)) {
        return NULL;
    }
    if (slot < 0 || slot >= self->nattrs) {
        PyErr_SetString(PyExc_IndexError, "no such slot");
        return NULL;
    }
    PyObject *old = self->attrs[slot].compare;
    self->attrs[slot].compare = compare == Py_None ? NULL : Py_NewRef(compare);
    Py_XDECREF(old);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(set_primary_key_doc,
             "set_primary_key($self, slots)\n--\n\n"
             "Name the slots of the primary key columns, in order.");

static PyObject *
manager_set_primary_key(crm_manager *self, PyObject *arg)
{
    size_t n;
    uint16_t *pk = crm_slots_from(self, arg, &n);
    for (size_t i = 0; pk != NULL && i < n; i++) {
        if (self->attrs[pk[i]].kind != CRM_ATTR_COLUMN) {
            PyErr_SetString(PyExc_ValueError, "not the slot of a column");
            PyMem_Free(pk);
            pk = NULL;
        }
    }
    if (pk == NULL) {
        return NULL;
    }
    PyMem_Free(self->pk);
    self->pk = pk;
    self->npk = (uint16_t)n;
    for (size_t i = 0; i < n; i++) {
        self->attrs[pk[i]].flags |= CRM_ATTR_PRIMARY_KEY;
    }
    self->int_key = n == 1 && self->attrs[pk[0]].codec.code == CRM_TYPE_INTEGER;
    Py_RETURN_NONE;
}

/* Remembers on the target that `prop`'s delete-orphan cascade covers it. */
static int
add_orphan_rule(crm_manager *target, PyObject *prop)
{
    if (target->orphans == NULL) {
        target->orphans = PyList_New(0);
        if (target->orphans == NULL) {
            return -1;
        }
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(target->orphans); i++) {
        if (PyList_GET_ITEM(target->orphans, i) == prop) {
            return 0;
        }
    }
    return PyList_Append(target->orphans, prop);
}

PyDoc_STRVAR(set_relationship_doc,
             "set_relationship($self, slot, target, reverse=None, fk_slot=-1, "
             "flags=None, loads_pending=False)\n--\n\n"
             "Bind a relationship to its class, its other side and options.");

static PyObject *
manager_set_relationship(crm_manager *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"slot",  "target",        "reverse", "fk_slot",
                            "flags", "loads_pending", NULL};
    int slot, fk_slot = -1, loads_pending = 0;
    crm_manager *target;
    PyObject *reverse = Py_None, *flags = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "iO!|OiOp:set_relationship",
                                     names, &slot, self->core->manager_type,
                                     &target, &reverse, &fk_slot, &flags,
                                     &loads_pending)) {
        return NULL;
    }
    if (slot < 0 || slot >= self->nattrs || fk_slot < -1 ||
        fk_slot >= (int)self->nattrs) {
        PyErr_SetString(PyExc_IndexError, "no such slot");
        return NULL;
    }
    long reverse_slot = -1;
    if (reverse != Py_None) {
        PyObject *found = PyDict_GetItemWithError(target->names, reverse);
        if (found == NULL) {
            if (!PyErr_Occurred()) {
                PyErr_SetObject(PyExc_KeyError, reverse);
            }
            return NULL;
        }
        reverse_slot = PyLong_AsLong(found);
    }
    long bits = flags == Py_None ? 0 : PyLong_AsLong(flags);
    if (bits < 0 || bits > UINT16_MAX) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError, "flags out of range");
        }
        return NULL;
    }
    crm_attr *attr = &self->attrs[slot];
    drop_orphan_rule(attr);
    if (flags != Py_None) {
        attr->flags = (uint16_t)(bits | (attr->flags & CRM_ATTR_STICKY));
    }
    crm_manager *old = attr->target;
    attr->target = (crm_manager *)Py_NewRef((PyObject *)target);
    attr->reverse = (int32_t)reverse_slot;
    attr->fk_slot = fk_slot;
    attr->loads_pending = (uint8_t)loads_pending;
    int status = attr->flags & CRM_ATTR_DELETE_ORPHAN
                     ? add_orphan_rule(target, attr->prop)
                     : 0;
    Py_XDECREF(old);
    return crm_none_or_error(status);
}

PyDoc_STRVAR(set_collection_doc,
             "set_collection($self, slot, factory, class_)\n--\n\n"
             "Let a callable make the collections of an attribute; None: this "
             "module's own.");

static PyObject *
manager_set_collection(crm_manager *self, PyObject *args)
{
    int slot;
    PyObject *factory, *cls;
    if (!PyArg_ParseTuple(args, "iOO:set_collection", &slot, &factory, &cls)) {
        return NULL;
    }
    if (slot < 0 || slot >= self->nattrs) {
        PyErr_SetString(PyExc_IndexError, "no such slot");
        return NULL;
    }
    if (factory != Py_None && !PyType_Check(cls)) {
        PyErr_SetString(PyExc_TypeError, "the class must be a type");
        return NULL;
    }
    crm_attr *attr = &self->attrs[slot];
    PyObject *old_factory = attr->factory;
    PyTypeObject *old_class = attr->class_;
    attr->factory = factory == Py_None ? NULL : Py_NewRef(factory);
    attr->class_ = factory == Py_None ? NULL : (PyTypeObject *)Py_NewRef(cls);
    Py_XDECREF(old_factory);
    Py_XDECREF((PyObject *)old_class);
    Py_RETURN_NONE;
}

static PyObject *
manager_new_instance(crm_manager *self, PyObject *Py_UNUSED(ignored))
{
    return crm_entity_new(self, NULL);
}

PyDoc_STRVAR(
    change_flags_doc,
    "change_flags($self, slot, on, off=0)\n--\n\n"
    "Switch ATTR_* flags of an attribute on and off; those it has then.");

static PyObject *
manager_change_flags(crm_manager *self, PyObject *args)
{
    int slot;
    unsigned int on, off = 0;
    if (!PyArg_ParseTuple(args, "iI|I:change_flags", &slot, &on, &off)) {
        return NULL;
    }
    if (slot < 0 || slot >= self->nattrs || on > UINT16_MAX) {
        PyErr_SetString(PyExc_IndexError, "no such slot or flag");
        return NULL;
    }
    crm_attr *attr = &self->attrs[slot];
    attr->flags = (uint16_t)((attr->flags & ~off) | on);
    return PyLong_FromLong(attr->flags);
}

PyDoc_STRVAR(set_listeners_doc,
             "set_listeners($self, slot, listeners, /)\n--\n\n"
             "Who listens to changes of an attribute: a tuple, or None.");

static PyObject *
manager_set_listeners(crm_manager *self, PyObject *args)
{
    int slot;
    PyObject *given;
    if (!PyArg_ParseTuple(args, "iO:set_listeners", &slot, &given)) {
        return NULL;
    }
    if (slot < 0 || slot >= self->nattrs) {
        PyErr_SetString(PyExc_IndexError, "no such slot");
        return NULL;
    }
    if (given != Py_None && crm_check_listeners(given) < 0) {
        return NULL;
    }
    Py_XSETREF(self->attrs[slot].heard,
               given == Py_None ? NULL : Py_NewRef(given));
    Py_RETURN_NONE;
}

static PyObject *
manager_keys(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyDict_Keys(((crm_manager *)self)->names);
}

PyMethodDef crm_manager_methods[] = {
    {"keys", manager_keys, METH_NOARGS, "Names of attributes."},
    {"set_listeners", (PyCFunction)manager_set_listeners, METH_VARARGS,
     set_listeners_doc},
    {"change_flags", (PyCFunction)manager_change_flags, METH_VARARGS,
     change_flags_doc},
    {"add_attribute", CRM_FAST(manager_add_attribute),
     METH_VARARGS | METH_KEYWORDS, add_attribute_doc},
    {"set_typed_codec", (PyCFunction)manager_set_typed_codec, METH_VARARGS,
     set_typed_codec_doc},
    {"set_comparison", (PyCFunction)manager_set_comparison, METH_VARARGS,
     set_comparison_doc},
    {"set_primary_key", (PyCFunction)manager_set_primary_key, METH_O,
     set_primary_key_doc},
    {"set_relationship", CRM_FAST(manager_set_relationship),
     METH_VARARGS | METH_KEYWORDS, set_relationship_doc},
    {"pad", (PyCFunction)manager_pad, METH_O, pad_doc},
    {"construct_by_name", (PyCFunction)manager_construct_by_name, METH_NOARGS,
     construct_by_name_doc},
    {"set_identity", (PyCFunction)manager_set_identity, METH_VARARGS,
     set_identity_doc},
    {"set_collection", (PyCFunction)manager_set_collection, METH_VARARGS,
     set_collection_doc},
    {"new_instance", (PyCFunction)manager_new_instance, METH_NOARGS,
     "An object of the class without running __init__."},
    {NULL},
};
