/* collection.c: InstrumentedList, and what all kinds of collection share. */
#include "collection.h"

#include "adapted.h"
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

int
crm_hold_tie(crm_hold *hold, crm_tie *tie)
{
    *hold = (crm_hold){0};
    if (tie == NULL) {
        return 0;
    }
    if (tie->owner == NULL) {
        hold->lost = tie->lost;
        hold->slot = tie->slot;
        return 0;
    }
    PyObject *obj = crm_state_object(tie->owner);
    if (Py_REFCNT(obj) == 0) {
        return 0; /* it is being deallocated */
    }
    hold->state = tie->owner;
    hold->slot = tie->slot;
    hold->obj = Py_NewRef(obj);
    return 1;
}

int
crm_hold_open(crm_hold *hold, PyObject *collection)
{
    return crm_hold_tie(hold, own_tie(collection));
}

void
crm_hold_close(crm_hold *hold)
{
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
            crm_tie_of(core, self)->owner = NULL;
            Py_CLEAR(self);
        }
        Py_DECREF(told);
    }
    return self;
}

/* Whether a collection is of the kind an attribute has. */
static int
is_kind(const crm_attr *attr, PyObject *collection)
{
    if (attr->factory == NULL) {
        int is_set = (attr->flags & CRM_ATTR_SET) != 0;
        return is_set == !PyList_Check(collection);
    }
    return attr->class_ == NULL || Py_IS_TYPE(collection, attr->class_);
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

int
crm_collection_load_all(crm_core *core, PyObject *collection, PyObject *members)
{
    if (PyObject_TypeCheck(collection, core->list_type)) {
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

/* Appends to one of this module's lists. */
static int
append(PyObject *list, PyObject *member, const crm_initiator *from)
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
        return append(collection, member, from);
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

/* ---- InstrumentedList ------------------------------------------------- */

static PyObject *
list_append(PyObject *self, PyObject *member)
{
    if (append(self, member, NULL) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
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
        status = append(self, PyList_GET_ITEM(members, i), NULL);
    }
    Py_DECREF(members);
    return status;
}

static PyObject *
list_extend(PyObject *self, PyObject *iterable)
{
    if (extend(self, iterable) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
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
    if (insert(self, index, args[1]) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
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
            if (PyList_SetSlice(self, i, i + 1, NULL) < 0) {
                return NULL;
            }
            Py_RETURN_NONE;
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
    if (delete_range(self, 0, PyList_GET_SIZE(self)) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
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
    return PyList_Type.tp_clear(self);
}

static void
list_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_CLEAR(((crm_list *)self)->tie.lost);
    PyList_Type.tp_dealloc(self);
    Py_DECREF(type);
}

static PyMethodDef list_methods[] = {
    {"append", list_append, METH_O, NULL},
    {"extend", list_extend, METH_O, NULL},
    {"insert", (PyCFunction)(void (*)(void))list_insert, METH_FASTCALL, NULL},
    {"remove", list_remove, METH_O, NULL},
    {"pop", (PyCFunction)(void (*)(void))list_pop, METH_FASTCALL, NULL},
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
crm_collection_init(crm_core *core, PyObject *module)
{
    PyObject *bases = PyTuple_Pack(1, (PyObject *)&PyList_Type);
    if (bases == NULL) {
        return -1;
    }
    core->list_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &list_spec, bases);
    Py_DECREF(bases);
    if (core->list_type == NULL ||
        PyModule_AddType(module, core->list_type) < 0) {
        return -1;
    }
    if (crm_adapted_init(core, module) < 0 ||
        crm_keyed_init(core, module) < 0) {
        return -1;
    }
    return crm_set_init(core, module);
}
