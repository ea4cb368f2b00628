/* joined.c: what eager joins feed: collections and scalars of parents.
 *
 * Rows of several joined collections may interleave, and a parent may come back
 * after others.  So each (parent, relationship) met in an execution has a fill,
 * which says where its members go.
 */
#include "core/core.h"

#include "core/relations/collection.h"
#include "hydration.h"
#include "core/objects/state.h"

/* The slot of the relationship an operation feeds, in the class of `parent`,
 * which may be a subclass of the program's; -1 if it has none. */
static int
slot_in_parent(crm_entity_op *op, const crm_state *parent)
{
    crm_manager *manager = parent->layout->manager;
    if (manager == op->of) {
        return op->parent_slot;
    }
    return crm_manager_isa(manager, op->of)
               ? crm_slot_in(manager, op->of, op->parent_slot)
               : -1;
}

/* The parent is met for the first time: begins its collection, unless it is
 * loaded.  0, or -1 with an exception. */
static int
begin_fill(crm_hydration *h, crm_entity_op *op, PyObject *parent)
{
    if (h->nfills == h->cap_fills) {
        uint32_t cap = h->cap_fills == 0 ? 16 : h->cap_fills * 2;
        crm_fill *fills = PyMem_Realloc(h->fills, cap * sizeof(crm_fill));
        if (fills == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        h->fills = fills;
        h->cap_fills = cap;
    }
    crm_state *state = crm_hydrated(h, parent);
    if (state == NULL) {
        return -1;
    }
    PyObject *collection = NULL;
    int slot = slot_in_parent(op, state);
    if (slot >= 0 && !CRM_SLOT_HAS(crm_state_held(state, (uint16_t)slot)) &&
        crm_state_pending(state, (uint16_t)slot) == NULL) {
        collection = crm_collection_new(state, (uint16_t)slot);
        if (collection == NULL ||
            crm_state_set_loaded(state, (uint16_t)slot, Py_NewRef(collection)) <
                0) {
            Py_XDECREF(collection);
            return -1;
        }
    }
    crm_fill *f = &h->fills[h->nfills++];
    f->parent = Py_NewRef(parent);
    f->collection = collection;
    f->indexed = 0;
    return 0;
}

/* Enters the members a collection has so far into `members`. */
static int
index_members(crm_hydration *h, uint32_t number)
{
    PyObject *list =
        crm_collection_members(h->core, h->fills[number].collection);
    if (list == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        uint32_t unused;
        if (crm_addrset_add(&h->members, PyList_GET_ITEM(list, i), number, 0,
                            &unused) < 0) {
            Py_DECREF(list);
            PyErr_NoMemory();
            return -1;
        }
    }
    Py_DECREF(list);
    h->fills[number].indexed = 1;
    return 0;
}

/* Adds a member to a collection unless it is there.  An object made for this
 * very row cannot be; only once another one comes is there an index to keep. */
static int
feed_member(crm_hydration *h, uint32_t number, PyObject *member, int fresh)
{
    if (!h->fills[number].indexed) {
        if (fresh) {
            return crm_collection_load(h->core, h->fills[number].collection,
                                       member);
        }
        if (index_members(h, number) < 0) {
            return -1;
        }
    }
    uint32_t unused;
    int added = crm_addrset_add(&h->members, member, number, 0, &unused);
    if (added < 0) {
        PyErr_NoMemory();
        return -1;
    }
    return added ? crm_collection_load(h->core, h->fills[number].collection,
                                       member)
                 : 0;
}

int
crm_feed_collection(crm_hydration *h, size_t index, PyObject *parent,
                    PyObject *member)
{
    crm_op_state *os = &h->ops[index];
    uint32_t found;
    if (os->parent != parent) {
        int added = crm_addrset_add(&h->parents, parent, (uint32_t)index,
                                    h->nfills, &found);
        if (added < 0) {
            PyErr_NoMemory();
            return -1;
        }
        if (added && begin_fill(h, &h->program->entities[index], parent) < 0) {
            return -1;
        }
        if (found >= h->nfills) {
            /* an earlier attempt failed half way */
            PyErr_SetString(PyExc_RuntimeError, "the result is broken");
            return -1;
        }
        os->parent = parent;
        os->fill = found;
    }
    if (h->fills[os->fill].collection == NULL || member == Py_None) {
        return 0;
    }
    return feed_member(h, os->fill, member, os->fresh);
}

int
crm_feed_scalar(crm_hydration *h, size_t index, PyObject *parent,
                PyObject *value)
{
    crm_entity_op *op = &h->program->entities[index];
    crm_state *state = crm_hydrated(h, parent);
    if (state == NULL) {
        return -1;
    }
    int slot = slot_in_parent(op, state);
    if (slot < 0) {
        return 0;
    }
    PyObject *held = crm_state_held(state, (uint16_t)slot);
    if (!CRM_SLOT_HAS(held)) {
        h->ops[index].fed = parent;
        return crm_state_set_loaded(state, (uint16_t)slot, Py_NewRef(value));
    }
    if (held != value && h->ops[index].fed == parent && value != Py_None) {
        PyObject *warning = PyObject_GetAttrString(h->core->exc, "SAWarning");
        if (warning == NULL) {
            return -1;
        }
        crm_manager *manager = state->layout->manager;
        int failed = PyErr_WarnFormat(
            warning, 1,
            "Multiple rows returned with uselist=False for eagerly-loaded "
            "attribute '%s.%U' ",
            ((PyTypeObject *)manager->class_)->tp_name,
            manager->attrs[slot].name);
        Py_DECREF(warning);
        return failed;
    }
    return 0;
}
