/* manager.c: ClassManager, a mapped class as the core sees it. */
#include "boxed.h"
#include "core/compat.h"
#include "define.h"
#include "entity.h"
#include "state.h"

/* ---- look-up ---------------------------------------------------------- */

crm_manager *
crm_manager_find(crm_core *core, PyTypeObject *cls)
{
    PyObject *found = crm_type_lookup(cls, core->str_manager);
    if (found == NULL || !Py_IS_TYPE(found, core->manager_type)) {
        return NULL;
    }
    return (crm_manager *)found;
}

int
crm_slot_in(crm_manager *manager, crm_manager *of, uint16_t slot)
{
    if (manager == of) {
        return slot;
    }
    if (slot >= of->nattrs) {
        return -1;
    }
    PyObject *name = of->attrs[slot].name;
    if (slot < manager->nattrs && manager->attrs[slot].name == name) {
        return slot;
    }
    PyObject *found = PyDict_GetItemWithError(manager->names, name);
    if (found == NULL) {
        PyErr_Clear();
        return -1;
    }
    return (int)PyLong_AsLong(found);
}

uint16_t *
crm_slots_from(crm_manager *manager, PyObject *sequence, size_t *count)
{
    /* a list could get shorter while a number is asked for its value */
    PyObject *given = PySequence_Tuple(sequence);
    if (given == NULL) {
        return NULL;
    }
    Py_ssize_t n = PyTuple_GET_SIZE(given);
    uint16_t *slots = PyMem_Calloc((size_t)n + 1, sizeof(uint16_t));
    if (slots == NULL) {
        PyErr_NoMemory();
    }
    for (Py_ssize_t i = 0; slots != NULL && i < n; i++) {
        long slot = PyLong_AsLong(PyTuple_GET_ITEM(given, i));
        if (slot < 0 || slot >= UINT16_MAX ||
            (manager != NULL && slot >= manager->nattrs)) {
            if (!PyErr_Occurred()) {
                PyErr_Format(PyExc_ValueError, "bad slot %ld", slot);
            }
            PyMem_Free(slots);
            slots = NULL;
            break;
        }
        slots[i] = (uint16_t)slot;
    }
    Py_DECREF(given);
    *count = (size_t)n;
    return slots;
}

/* ---- the type --------------------------------------------------------- */

static PyObject *
manager_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"class_", "root", "base", NULL};
    PyObject *cls;
    PyObject *root = Py_None, *base = Py_None;
    crm_core *core = crm_core_of(type);
    if (core == NULL ||
        !PyArg_ParseTupleAndKeywords(args, kwargs, "O!|OO:ClassManager", names,
                                     &PyType_Type, &cls, &root, &base)) {
        return NULL;
    }
    if ((root != Py_None && !Py_IS_TYPE(root, core->manager_type)) ||
        (base != Py_None && !Py_IS_TYPE(base, core->manager_type))) {
        PyErr_SetString(PyExc_TypeError, "root and base must be ClassManagers");
        return NULL;
    }
    crm_manager *self = (crm_manager *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->core = core;
    self->class_ = Py_NewRef(cls);
    self->boxed = !PyType_IsSubtype((PyTypeObject *)cls, core->entity_type);
    self->mapper = Py_NewRef(Py_None);
    self->root = root == Py_None ? self : (crm_manager *)Py_NewRef(root);
    self->names = PyDict_New();
    self->bare = crm_layout_new(self, 0);
    if (self->names == NULL || self->bare == NULL ||
        (base != Py_None &&
         crm_attributes_inherit(self, (crm_manager *)base) < 0)) {
        goto error;
    }
    /* The class owns its manager.  Entity itself is no heap type one can set
     * attributes of before it is ready; its manager is core->nobody. */
    if (cls != (PyObject *)core->entity_type) {
        if (PyObject_SetAttr(cls, core->str_manager, (PyObject *)self) < 0) {
            goto error;
        }
        if ((self->boxed
                 ? crm_box_prepare_class(core, (PyTypeObject *)cls)
                 : crm_entity_prepare_class(core, (PyTypeObject *)cls)) < 0) {
            goto error;
        }
    }
    return (PyObject *)self;
error:
    Py_DECREF(self);
    return NULL;
}

static int
manager_traverse(crm_manager *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->class_);
    Py_VISIT(self->mapper);
    Py_VISIT(self->loader);
    Py_VISIT(self->names);
    Py_VISIT(self->reconstructor);
    Py_VISIT(self->configure);
    Py_VISIT(self->shown);
    Py_VISIT(self->hooks);
    Py_VISIT(self->orphans);
    Py_VISIT(self->identity);
    Py_VISIT(self->base);
    if (self->root != self) {
        Py_VISIT(self->root);
    }
    for (uint16_t i = 0; i < self->nattrs; i++) {
        Py_VISIT(self->attrs[i].prop);
        Py_VISIT(self->attrs[i].target);
        Py_VISIT(self->attrs[i].factory);
        Py_VISIT(self->attrs[i].class_);
        Py_VISIT(self->attrs[i].heard);
        Py_VISIT(self->attrs[i].compare);
        Py_VISIT(self->attrs[i].codec.arg);
        Py_VISIT(self->attrs[i].typed.arg);
    }
    /* The bare layout owns the manager; with objects about it is alive. */
    if (self->bare != NULL && self->bare->refs == 1) {
        Py_VISIT(self->bare->manager);
    }
    return 0;
}

/* None in the place of an object that is never missing. */
static void
forget(PyObject **member)
{
    PyObject *old = *member;
    *member = Py_NewRef(Py_None);
    Py_XDECREF(old);
}

static int
manager_clear(crm_manager *self)
{
    /* class_, names and attrs stay until dealloc: objects of the class that die
     * in the same collection still look at them. */
    forget(&self->mapper);
    Py_CLEAR(self->loader);
    Py_CLEAR(self->reconstructor);
    Py_CLEAR(self->configure);
    Py_CLEAR(self->shown);
    Py_CLEAR(self->hooks);
    Py_CLEAR(self->orphans);
    Py_CLEAR(self->identity);
    for (uint16_t i = 0; i < self->nattrs; i++) {
        forget(&self->attrs[i].prop);
        Py_CLEAR(self->attrs[i].target);
        Py_CLEAR(self->attrs[i].factory);
        Py_CLEAR(self->attrs[i].class_);
        Py_CLEAR(self->attrs[i].heard);
    }
    crm_layout *bare = self->bare;
    if (bare != NULL && bare->refs == 1) {
        self->bare = NULL;
        crm_layout_unref(bare);
    }
    return 0;
}

static void
manager_dealloc(crm_manager *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (self->weakrefs != NULL) {
        PyObject_ClearWeakRefs((PyObject *)self);
    }
    manager_clear(self);
    Py_CLEAR(self->mapper);
    crm_attributes_free(self);
    PyMem_Free(self->pk);
    if (self->root != self) {
        Py_CLEAR(self->root);
    }
    Py_CLEAR(self->base);
    Py_CLEAR(self->names);
    Py_CLEAR(self->class_);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *
manager_get_names(crm_manager *self, void *Py_UNUSED(closure))
{
    return PyDictProxy_New(self->names);
}

/* Owned members that are NULL for None. */
static PyObject *
manager_get_optional(crm_manager *self, void *closure)
{
    PyObject *value = *(PyObject **)((char *)self + (size_t)closure);
    return Py_NewRef(value != NULL ? value : Py_None);
}

static int
manager_set_optional(crm_manager *self, PyObject *value, void *closure)
{
    PyObject **member = (PyObject **)((char *)self + (size_t)closure);
    PyObject *old = *member;
    *member = value == NULL || value == Py_None ? NULL : Py_NewRef(value);
    self->has_reconstructor = self->reconstructor != NULL;
    Py_XDECREF(old);
    return 0;
}

static int
manager_set_mapper(crm_manager *self, PyObject *value, void *Py_UNUSED(closure))
{
    PyObject *old = self->mapper;
    self->mapper = Py_NewRef(value != NULL ? value : Py_None);
    Py_XDECREF(old);
    return 0;
}

static PyObject *
manager_get_size(crm_manager *self, void *Py_UNUSED(closure))
{
    return PyLong_FromLong(self->nattrs);
}

static PyObject *
manager_get_root(crm_manager *self, void *Py_UNUSED(closure))
{
    return Py_NewRef((PyObject *)self->root);
}

static PyObject *
manager_repr(crm_manager *self)
{
    return PyUnicode_FromFormat("<ClassManager of %R>", self->class_);
}

/* ---- as a mapping of names to the attributes of the class --------------- */

static Py_ssize_t
manager_length(PyObject *self)
{
    return PyDict_GET_SIZE(((crm_manager *)self)->names);
}

static int
manager_contains(PyObject *self, PyObject *name)
{
    return PyDict_Contains(((crm_manager *)self)->names, name);
}

static PyObject *
manager_subscript(PyObject *self, PyObject *name)
{
    crm_manager *manager = (crm_manager *)self;
    int known = PyDict_Contains(manager->names, name);
    if (known <= 0 || manager->class_ == NULL) {
        if (known >= 0) {
            PyErr_SetObject(PyExc_KeyError, name);
        }
        return NULL;
    }
    return PyObject_GetAttr(manager->class_, name);
}

static PyObject *
manager_iter(PyObject *self)
{
    return PyObject_GetIter(((crm_manager *)self)->names);
}

static PyObject *
manager_get_dispatch(crm_manager *self, void *Py_UNUSED(closure))
{
    PyObject *mapper = Py_NewRef(self->mapper);
    PyObject *found = PyObject_GetAttrString(mapper, "_instance_dispatch");
    Py_DECREF(mapper);
    return found;
}

#define OPTIONAL(name, doc)                                                  \
    {#name, (getter)manager_get_optional, (setter)manager_set_optional, doc, \
     (void *)offsetof(crm_manager, name)}

static PyGetSetDef manager_getset[] = {
    OPTIONAL(loader, "Called when an attribute that is not loaded is read."),
    OPTIONAL(reconstructor, "Called with each object that was loaded."),
    OPTIONAL(configure, "Called before an object is constructed."),
    OPTIONAL(shown, "Called before an object's __dict__ is shown."),
    OPTIONAL(hooks, "Its methods call listeners: see event_mask."),
    {"class_", (getter)manager_get_optional, NULL, "The mapped class.",
     (void *)offsetof(crm_manager, class_)},
    {"dispatch", (getter)manager_get_dispatch, NULL,
     "What calls the listeners of the class's objects.", NULL},
    {"mapper", (getter)manager_get_optional, (setter)manager_set_mapper,
     "The Mapper.", (void *)offsetof(crm_manager, mapper)},
    {"names", (getter)manager_get_names, NULL, "Attribute name -> slot.", NULL},
    {"root", (getter)manager_get_root, NULL,
     "The manager whose identity map is used.", NULL},
    {"size", (getter)manager_get_size, NULL, "Number of slots.", NULL},
    {NULL},
};

static PyMemberDef manager_members[] = {
    {"boxed", T_BOOL, offsetof(crm_manager, boxed), READONLY,
     "The class does not derive from Entity."},
    {"legacy_is_orphan", T_BOOL, offsetof(crm_manager, legacy_is_orphan), 0,
     "Objects are orphans without any parent, not without one of them."},
    {"always_refresh", T_BOOL, offsetof(crm_manager, always_refresh), 0,
     "Every row that comes overwrites its object."},
    {"event_mask", T_UBYTE, offsetof(crm_manager, events), 0,
     "CLASS_* bits: the methods of `hooks` that are called."},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(crm_manager, weakrefs),
     READONLY, NULL},
    {NULL},
};

static PyType_Slot manager_slots[] = {
    {Py_tp_doc,
     "ClassManager(class_, root=None, base=None)\n--\n\n"
     "A mapped class: its attributes, slots and key."},
    {Py_tp_new, manager_new},
    {Py_tp_dealloc, manager_dealloc},
    {Py_tp_traverse, manager_traverse},
    {Py_tp_clear, manager_clear},
    {Py_tp_repr, manager_repr},
    {Py_tp_iter, manager_iter},
    {Py_mp_length, manager_length},
    {Py_mp_subscript, manager_subscript},
    {Py_sq_contains, manager_contains},
    {Py_tp_methods, crm_manager_methods},
    {Py_tp_getset, manager_getset},
    {Py_tp_members, manager_members},
    {0, NULL},
};

static PyType_Spec manager_spec = {
    .name = "cormorant._core.ClassManager",
    .basicsize = sizeof(crm_manager),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = manager_slots,
};

int
crm_manager_init(crm_core *core, PyObject *module)
{
    core->manager_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &manager_spec, NULL);
    if (core->manager_type == NULL) {
        return -1;
    }
    return PyModule_AddType(module, core->manager_type);
}
