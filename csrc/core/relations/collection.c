/* collection.c: what all kinds of collection share. */
#include "collection.h"

#include "adapted.h"
#include "core/compat.h"
#include "events.h"

/* ---- all kinds -------------------------------------------------------- */

static int
is_own(crm_core *core, PyObject *obj)
{
    return PyObject_TypeCheck(obj, core->list_type) ||
           PyObject_TypeCheck(obj, core->set_type);
}

int
crm_collection_check(crm_core *core, PyObject *obj)
{
    return is_own(core, obj) || crm_adapted_tie(core, obj) != NULL;
}

/* The tie inside of a list or set of this module. */
static crm_tie *
own_tie(PyObject *collection)
{
    return PyList_Check(collection) ? &((crm_list *)collection)->tie
                                    : &((crm_set *)collection)->tie;
}

crm_tie *
crm_tie_of(crm_core *core, PyObject *collection)
{
    return is_own(core, collection) ? own_tie(collection)
                                    : crm_adapted_tie(core, collection);
}

/* The object that a collection has gone astray from: borrowed, or NULL. */
static PyObject *
astray_from(const crm_tie *tie)
{
    return tie->astray == NULL ? NULL : crm_weakref_get(tie->astray);
}

/* A collection that has gone astray is changed: it is its object's, whatever
 * has been loaded meanwhile, unless that was given another.  Its tie, or NULL:
 * what is dropped with the loaded ones may take it. */
static crm_tie *
come_back(crm_tie *tie, PyObject *collection, PyObject *obj)
{
    crm_manager *manager = tie->lost;
    crm_core *core = manager->core;
    crm_state *state = crm_state_of(core, obj);
    Py_INCREF(collection);
    Py_INCREF(obj);
    tie->lost = NULL;
    Py_CLEAR(tie->astray);
    if (state != NULL && crm_state_change(state, tie->slot) == NULL) {
        tie->owner = state;
        if (crm_state_put(state, tie->slot, Py_NewRef(collection)) < 0) {
            tie->owner = NULL;
            PyErr_Clear();
        }
    }
    Py_DECREF(manager);
    Py_DECREF(obj);
    tie = crm_tie_of(core, collection);
    Py_DECREF(collection);
    return tie;
}

int
crm_hold_tie(crm_hold *hold, crm_tie *tie, PyObject *collection)
{
    *hold = (crm_hold){0};
    if (tie == NULL) {
        return 0;
    }
    PyObject *from = astray_from(tie);
    if (from != NULL && collection != NULL) {
        tie = come_back(tie, collection, from);
        if (tie == NULL) {
            return 0;
        }
    }
    if (tie->owner == NULL) {
        hold->lost = from == NULL ? tie->lost : NULL;
        hold->slot = tie->slot;
        return 0;
    }
    if (crm_state_is_dead(tie->owner)) {
        return 0; /* it is being deallocated */
    }
    PyObject *obj = crm_state_object(tie->owner);
    hold->state = tie->owner;
    hold->slot = tie->slot;
    hold->obj = Py_NewRef(obj);
    hold->returned = from != NULL;
    return 1;
}

int
crm_hold_open(crm_hold *hold, PyObject *collection)
{
    return crm_hold_tie(hold, own_tie(collection), collection);
}

/* Lets a collection go again that has come back and was not changed: its
 * members are to be loaded. */
static void
go_again(crm_hold *hold)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *held = crm_state_held(hold->state, hold->slot);
    if (CRM_SLOT_HAS(held) && crm_collection_is_implicit(
                                  crm_state_manager(hold->state)->core, held)) {
        Py_INCREF(held);
        crm_collection_stray(hold->state, hold->slot, held);
        (void)crm_state_put(hold->state, hold->slot, NULL);
        Py_DECREF(held);
    }
    PyErr_Restore(type, value, traceback);
}

void
crm_hold_close(crm_hold *hold)
{
    if (hold->returned) {
        go_again(hold);
    }
    Py_CLEAR(hold->obj);
}

/* 0 if changes that nobody hears of are fine, -1 with an exception. */
static int
check_lost(const crm_hold *hold)
{
    crm_manager *manager = hold->lost;
    if (manager == NULL) {
        return 0;
    }
    const char *name = crm_type_name((PyTypeObject *)manager->class_);
    crm_raise(manager->core, "ObjectDereferencedError",
              "Can't emit change event for attribute '%s.%U' - parent object "
              "of type <%s> has been garbage collected.",
              name, manager->attrs[hold->slot].name, name);
    return -1;
}

int
crm_hold_changes(crm_hold *hold)
{
    return hold->obj == NULL ? check_lost(hold)
                             : crm_rel_changes(hold->state, hold->slot);
}

PyObject *
crm_fire_append(crm_hold *hold, PyObject *member, const crm_initiator *from)
{
    if (hold->obj == NULL) {
        return check_lost(hold) < 0 ? NULL : Py_NewRef(member);
    }
    return crm_rel_fire_append(hold->state, hold->slot, member, from);
}

int
crm_fire_remove(crm_hold *hold, PyObject *member, const crm_initiator *from)
{
    if (hold->obj == NULL) {
        return check_lost(hold);
    }
    return crm_rel_fire_remove(hold->state, hold->slot, member, from);
}

/* Makes a collection of a class that the program chose. */
static PyObject *
new_by_factory(crm_core *core, PyObject *factory)
{
    Py_INCREF(factory);
    PyObject *self = PyObject_CallNoArgs(factory);
    Py_DECREF(factory);
    if (self != NULL && !is_own(core, self) &&
        crm_adapted_bind(core, self) < 0) {
        Py_CLEAR(self);
    }
    return self;
}

PyObject *
crm_collection_new(crm_state *state, uint16_t slot)
{
    crm_core *core = crm_state_manager(state)->core;
    const crm_attr *attr = crm_state_attr(state, slot);
    assert(!PyErr_Occurred());
    PyObject *self;
    if (attr->factory != NULL) {
        self = new_by_factory(core, attr->factory);
    }
    else {
        int is_set = (attr->flags & CRM_ATTR_SET) != 0;
        self = PyObject_CallNoArgs(
            (PyObject *)(is_set ? core->set_type : core->list_type));
    }
    if (self != NULL) {
        crm_tie *tie = crm_tie_of(core, self);
        if (tie == NULL) {
            PyErr_Format(PyExc_TypeError, "%s lost its _sa_adapter",
                         crm_type_name(Py_TYPE(self)));
            Py_CLEAR(self);
        }
        else {
            tie->owner = state;
            tie->slot = slot;
        }
    }
    if (self != NULL &&
        (crm_state_attr(state, slot)->flags & CRM_ATTR_INIT_LISTENERS)) {
        PyObject *told = Py_NewRef(self);
        if (crm_attr_tell(crm_state_attr(state, slot)->prop,
                          "_fire_init_collection", crm_state_object(state),
                          &told) < 0) {
            crm_collection_give_up(state, slot, self);
            Py_CLEAR(self);
        }
        Py_DECREF(told);
    }
    return self;
}

/* Whether a collection is of the kind an attribute has.  Where a function makes
 * them, its class may be a base that they have in common. */
static int
is_kind(const crm_attr *attr, PyObject *collection)
{
    if (attr->factory == NULL) {
        int is_set = (attr->flags & CRM_ATTR_SET) != 0;
        return is_set == !PyList_Check(collection);
    }
    if (attr->class_ == NULL || Py_IS_TYPE(collection, attr->class_)) {
        return 1;
    }
    return attr->factory != (PyObject *)attr->class_ &&
           PyType_IsSubtype(Py_TYPE(collection), attr->class_);
}

int
crm_collection_adopt(PyObject *collection, crm_state *state, uint16_t slot)
{
    crm_core *core = crm_state_manager(state)->core;
    crm_tie *tie = crm_tie_of(core, collection);
    if (tie == NULL || !is_kind(crm_state_attr(state, slot), collection)) {
        return 0;
    }
    if (tie->owner == NULL) {
        tie->owner = state;
        tie->slot = slot;
        Py_CLEAR(tie->lost);
        Py_CLEAR(tie->astray);
    }
    return tie->owner == state && tie->slot == slot;
}

void
crm_collection_set_implicit(crm_core *core, PyObject *collection)
{
    crm_tie *tie = crm_tie_of(core, collection);
    if (tie != NULL) {
        tie->implicit = 1;
    }
}

void
crm_collection_explicit(crm_core *core, PyObject *collection)
{
    crm_tie *tie = crm_tie_of(core, collection);
    if (tie != NULL) {
        tie->implicit = 0;
    }
}

int
crm_collection_is_implicit(crm_core *core, PyObject *obj)
{
    crm_tie *tie = crm_tie_of(core, obj);
    return tie != NULL && tie->implicit;
}

void
crm_collection_release(crm_core *core, PyObject *collection)
{
    crm_tie *tie = crm_tie_of(core, collection);
    if (tie != NULL) {
        tie->owner = NULL;
    }
}

void
crm_collection_give_up(crm_state *state, uint16_t slot, PyObject *collection)
{
    crm_tie *tie = crm_tie_of(crm_state_manager(state)->core, collection);
    if (tie != NULL && tie->owner == state && tie->slot == slot &&
        crm_state_held(state, slot) != collection) {
        tie->owner = NULL;
    }
}

void
crm_collection_stray(crm_state *state, uint16_t slot, PyObject *collection)
{
    crm_manager *manager = crm_state_manager(state);
    crm_tie *tie = crm_tie_of(manager->core, collection);
    PyObject *weak =
        tie == NULL ? NULL : PyWeakref_NewRef(crm_state_object(state), NULL);
    if (weak == NULL) {
        PyErr_Clear(); /* then what is done to it is nobody's */
        return;
    }
    tie->slot = slot;
    Py_INCREF((PyObject *)manager);
    Py_XSETREF(tie->lost, manager);
    Py_XSETREF(tie->astray, weak);
    if (!is_own(manager->core, collection)) {
        crm_adapted_stray(tie, collection);
    }
}

/* Whether an object that has no row yet has no value but empty collections that
 * reading made. */
static int
is_blank(crm_state *state)
{
    crm_core *core = crm_state_manager(state)->core;
    for (uint16_t slot = 0; slot < state->nslots; slot++) {
        PyObject *held = state->slots[slot];
        if (CRM_SLOT_HAS(held) &&
            (crm_state_attr(state, slot)->kind != CRM_ATTR_COLLECTION ||
             !crm_collection_is_implicit(core, held))) {
            return 0;
        }
    }
    return 1;
}

void
crm_collection_lose(crm_state *state, uint16_t slot, PyObject *collection)
{
    crm_manager *manager = crm_state_manager(state);
    crm_tie *tie = crm_tie_of(manager->core, collection);
    if (tie == NULL || tie->owner != state) {
        return;
    }
    int changed = state->flags & CRM_S_KEY
                      ? (state->flags & CRM_S_MODIFIED) != 0
                      : !tie->implicit || !is_blank(state);
    if (!changed) {
        tie->slot = slot;
        Py_INCREF((PyObject *)manager);
        Py_XSETREF(tie->lost, manager);
    }
}

int
crm_collection_load(crm_core *core, PyObject *collection, PyObject *member)
{
    PyObject *roles;
    int status = -1;
    switch (crm_shape_of(core, collection, &roles)) {
        case CRM_SHAPE_LIST:
            status = PyList_Append(collection, member);
            break;
        case CRM_SHAPE_SET:
            status = PySet_Add(collection, member);
            break;
        case CRM_SHAPE_KEYED:
            status = crm_keyed_load(core, collection, member);
            break;
        case CRM_SHAPE_FOREIGN:
            status = crm_adapted_load(core, collection, roles, member);
            break;
        case CRM_SHAPE_NONE:
            break;
    }
    Py_XDECREF(roles);
    return status;
}

/* Gives an empty list the items of another. */
static void
swap_items(PyListObject *list, PyListObject *other)
{
    PyObject **items = other->ob_item;
    Py_ssize_t size = Py_SIZE(other), allocated = other->allocated;
    other->ob_item = list->ob_item;
    other->allocated = list->allocated;
    Py_SET_SIZE(other, Py_SIZE(list));
    list->ob_item = items;
    list->allocated = allocated;
    Py_SET_SIZE(list, size);
}

int
crm_collection_load_all(crm_core *core, PyObject *collection, PyObject *members)
{
    if (PyObject_TypeCheck(collection, core->list_type)) {
        if (PyList_GET_SIZE(collection) == 0 && PyList_CheckExact(members) &&
            Py_REFCNT(members) == 1) {
            swap_items((PyListObject *)collection, (PyListObject *)members);
            return 0;
        }
        Py_ssize_t end = PyList_GET_SIZE(collection);
        return PyList_SetSlice(collection, end, end, members);
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(members); i++) {
        PyObject *member = Py_NewRef(PyList_GET_ITEM(members, i));
        int status = crm_collection_load(core, collection, member);
        Py_DECREF(member);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

int
crm_collection_unload(crm_core *core, PyObject *collection, PyObject *member)
{
    PyObject *roles;
    int status = -1;
    switch (crm_shape_of(core, collection, &roles)) {
        case CRM_SHAPE_LIST:
            status = crm_list_discard(collection, member) < 0 ? -1 : 0;
            break;
        case CRM_SHAPE_SET:
            status = PySet_Discard(collection, member) < 0 ? -1 : 0;
            break;
        case CRM_SHAPE_KEYED:
            status = crm_keyed_unload(core, collection, member);
            break;
        case CRM_SHAPE_FOREIGN:
            status = crm_adapted_unload(core, collection, roles, member);
            break;
        case CRM_SHAPE_NONE:
            break;
    }
    Py_XDECREF(roles);
    return status;
}

PyObject *
crm_collection_members(crm_core *core, PyObject *collection)
{
    PyObject *roles, *members = NULL;
    switch (crm_shape_of(core, collection, &roles)) {
        case CRM_SHAPE_LIST:
            members =
                PyList_GetSlice(collection, 0, PyList_GET_SIZE(collection));
            break;
        case CRM_SHAPE_SET:
            members = PySequence_List(collection);
            break;
        case CRM_SHAPE_KEYED:
            members = PyDict_Values(collection);
            break;
        case CRM_SHAPE_FOREIGN:
            members = crm_adapted_members(collection, roles);
            break;
        case CRM_SHAPE_NONE:
            break;
    }
    Py_XDECREF(roles);
    return members;
}

Py_ssize_t
crm_collection_len(crm_core *core, PyObject *collection)
{
    if (PyList_Check(collection)) {
        return PyList_GET_SIZE(collection);
    }
    if (PyAnySet_Check(collection)) {
        return PySet_GET_SIZE(collection);
    }
    PyObject *members = crm_collection_members(core, collection);
    Py_ssize_t length = members == NULL ? -1 : PyList_GET_SIZE(members);
    Py_XDECREF(members);
    return length;
}

/* Adds or takes a member where the collection is neither a list nor a set of
 * this module. */
static int
change_other(crm_core *core, PyObject *collection, PyObject *member,
             const crm_initiator *from,
             int (*keyed)(crm_core *core, PyObject *collection,
                          PyObject *member, const crm_initiator *from),
             int (*adapted)(crm_core *core, PyObject *collection,
                            PyObject *roles, PyObject *member,
                            const crm_initiator *from))
{
    PyObject *roles;
    int status = -1;
    switch (crm_shape_of(core, collection, &roles)) {
        case CRM_SHAPE_NONE:
            break;
        case CRM_SHAPE_KEYED:
            status = keyed(core, collection, member, from);
            break;
        default:
            status = adapted(core, collection, roles, member, from);
    }
    Py_XDECREF(roles);
    return status;
}

int
crm_collection_add(crm_core *core, PyObject *collection, PyObject *member,
                   const crm_initiator *from)
{
    if (PyObject_TypeCheck(collection, core->list_type)) {
        return crm_list_include(collection, member, from);
    }
    if (PyObject_TypeCheck(collection, core->set_type)) {
        return crm_set_include(collection, member, from);
    }
    return change_other(core, collection, member, from, crm_keyed_add,
                        crm_adapted_add);
}

/* Takes a member out of one of this module's lists or sets. */
static int
take(PyObject *collection, PyObject *member, const crm_initiator *from)
{
    crm_hold hold;
    crm_hold_open(&hold, collection);
    Py_INCREF(member);
    int status = crm_fire_remove(&hold, member, from);
    if (status == 0) {
        status = PyList_Check(collection) ? crm_list_discard(collection, member)
                                          : PySet_Discard(collection, member);
    }
    Py_DECREF(member);
    crm_hold_close(&hold);
    return status < 0 ? -1 : 0;
}

int
crm_collection_take(crm_core *core, PyObject *collection, PyObject *member,
                    const crm_initiator *from)
{
    if (PyObject_TypeCheck(collection, core->list_type)) {
        return take(collection, member, from);
    }
    if (PyObject_TypeCheck(collection, core->set_type)) {
        return crm_set_exclude(collection, member, from);
    }
    return change_other(core, collection, member, from, crm_keyed_take,
                        crm_adapted_take);
}

int
crm_set_exclude(PyObject *set, PyObject *member, const crm_initiator *from)
{
    int has = PySet_Contains(set, member);
    return has <= 0 ? has : take(set, member, from);
}

int
crm_collection_init(crm_core *core, PyObject *module)
{
    if (crm_list_init(core, module) < 0 || crm_set_init(core, module) < 0 ||
        crm_adapted_init(core, module) < 0) {
        return -1;
    }
    return crm_keyed_init(core, module);
}
