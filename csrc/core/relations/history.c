/* history.c: what a mapped object remembers besides its values: old values,
 * changes of unloaded collections, parents. */
#include "core/objects/state.h"

#include <string.h>

#include "collection.h"
#include "core/imports.h"
#include "core/values/uuid.h"

/* ---- ext -------------------------------------------------------------- */

crm_ext *
crm_state_ext(crm_state *state)
{
    if (state->ext == NULL) {
        state->ext = PyMem_Calloc(1, sizeof(crm_ext));
        if (state->ext == NULL) {
            PyErr_NoMemory();
        }
    }
    return state->ext;
}

PyObject *
crm_state_options(const crm_state *state)
{
    if (state->ext != NULL && state->ext->options != NULL) {
        PyObject *options = state->ext->options;
        return options != Py_None ? options : NULL;
    }
    return state->layout->options;
}

/* Drops what an ext (already cut off from its state) refers to. */
static void
ext_drop(crm_ext *ext)
{
    for (uint16_t i = 0; i < ext->nchanges; i++) {
        Py_DECREF(ext->changes[i].old);
    }
    for (uint16_t i = 0; i < ext->npendings; i++) {
        Py_DECREF(ext->pendings[i].added);
        Py_DECREF(ext->pendings[i].removed);
    }
    PyMem_Free(ext->changes);
    PyMem_Free(ext->pendings);
    PyMem_Free(ext->parents);
    Py_XDECREF(ext->options);
    Py_XDECREF(ext->token);
}

void
crm_ext_free(crm_ext *ext)
{
    if (ext != NULL) {
        ext_drop(ext);
        PyMem_Free(ext);
    }
}

void
crm_state_reset_ext(crm_state *state)
{
    crm_ext *ext = state->ext;
    if (ext == NULL) {
        return;
    }
    if (ext->options == NULL && ext->token == NULL && ext->nparents == 0) {
        state->ext = NULL;
        crm_ext_free(ext);
        return;
    }
    crm_ext old = *ext;
    memset(ext, 0, sizeof(*ext));
    ext->options = old.options;
    ext->token = old.token;
    ext->parents = old.parents;
    ext->nparents = old.nparents;
    old.options = old.token = NULL;
    old.parents = NULL;
    ext_drop(&old);
}

int
crm_ext_traverse(crm_ext *ext, visitproc visit, void *arg)
{
    for (uint16_t i = 0; i < ext->nchanges; i++) {
        Py_VISIT(ext->changes[i].old);
    }
    for (uint16_t i = 0; i < ext->npendings; i++) {
        Py_VISIT(ext->pendings[i].added);
        Py_VISIT(ext->pendings[i].removed);
    }
    Py_VISIT(ext->options);
    Py_VISIT(ext->token);
    return 0;
}

/* ---- old values ------------------------------------------------------- */

crm_change *
crm_state_change(crm_state *state, uint16_t slot)
{
    crm_ext *ext = state->ext;
    if (ext != NULL) {
        for (uint16_t i = 0; i < ext->nchanges; i++) {
            if (ext->changes[i].slot == slot) {
                return &ext->changes[i];
            }
        }
    }
    return NULL;
}

int
crm_state_record(crm_state *state, uint16_t slot, PyObject *old)
{
    if (crm_state_change(state, slot) != NULL) {
        Py_DECREF(old);
        return 0;
    }
    crm_ext *ext = crm_state_ext(state);
    if (ext == NULL) {
        Py_DECREF(old);
        return -1;
    }
    if (ext->nchanges == ext->cap_changes) {
        uint16_t cap = ext->cap_changes ? ext->cap_changes * 2 : 2;
        crm_change *changes =
            PyMem_Realloc(ext->changes, cap * sizeof(crm_change));
        if (changes == NULL) {
            Py_DECREF(old);
            PyErr_NoMemory();
            return -1;
        }
        ext->changes = changes;
        ext->cap_changes = cap;
    }
    ext->changes[ext->nchanges++] = (crm_change){old, slot};
    crm_core *core = crm_state_manager(state)->core;
    if (crm_needs_tracking(core, old) && old != core->no_value) {
        crm_state_track(state);
    }
    return 0;
}

void
crm_state_forget(crm_state *state, uint16_t slot)
{
    crm_change *change = crm_state_change(state, slot);
    if (change != NULL) {
        PyObject *old = change->old;
        crm_ext *ext = state->ext;
        size_t after = (size_t)(ext->changes + --ext->nchanges - change);
        memmove(change, change + 1, after * sizeof(*change));
        Py_DECREF(old);
    }
}

PyObject *
crm_state_committed(crm_state *state, uint16_t slot)
{
    crm_change *change = crm_state_change(state, slot);
    if (change != NULL) {
        return change->old;
    }
    if ((state->flags & CRM_S_KEY) == 0 &&
        CRM_SLOT_HAS(crm_state_held(state, slot))) {
        /* Whatever a new object holds is new; where the old object must be
         * known, it is known that there was none. */
        const crm_attr *attr = crm_state_attr(state, slot);
        if (attr->kind == CRM_ATTR_SCALAR &&
            (attr->flags & CRM_ATTR_ACTIVE_HISTORY)) {
            return Py_None;
        }
        return crm_state_manager(state)->core->no_value;
    }
    return NULL;
}

/* ---- changes of unloaded collections ---------------------------------- */

crm_pending *
crm_state_pending(crm_state *state, uint16_t slot)
{
    crm_ext *ext = state->ext;
    if (ext != NULL) {
        for (uint16_t i = 0; i < ext->npendings; i++) {
            if (ext->pendings[i].slot == slot) {
                return &ext->pendings[i];
            }
        }
    }
    return NULL;
}

crm_pending *
crm_state_need_pending(crm_state *state, uint16_t slot)
{
    crm_pending *found = crm_state_pending(state, slot);
    if (found != NULL) {
        return found;
    }
    crm_ext *ext = crm_state_ext(state);
    if (ext == NULL) {
        return NULL;
    }
    crm_pending *pendings = PyMem_Realloc(
        ext->pendings, (size_t)(ext->npendings + 1) * sizeof(crm_pending));
    if (pendings == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    ext->pendings = pendings;
    PyObject *added = PyList_New(0);
    PyObject *removed = PyList_New(0);
    if (added == NULL || removed == NULL) {
        Py_XDECREF(added);
        Py_XDECREF(removed);
        return NULL;
    }
    pendings[ext->npendings] = (crm_pending){added, removed, slot};
    crm_state_track(state);
    return &pendings[ext->npendings++];
}

void
crm_state_drop_pending(crm_state *state, uint16_t slot)
{
    crm_pending *pending = crm_state_pending(state, slot);
    if (pending != NULL) {
        crm_pending old = *pending;
        crm_ext *ext = state->ext;
        size_t after = (size_t)(ext->pendings + --ext->npendings - pending);
        memmove(pending, pending + 1, after * sizeof(*pending));
        Py_DECREF(old.added);
        Py_DECREF(old.removed);
    }
}

/* ---- history ---------------------------------------------------------- */

/* Members of `list` that are not in `others`, by identity, appended to
 * `missing`; the rest to `common` if it is not NULL. */
static int
split(PyObject *list, PyObject *others, PyObject *missing, PyObject *common)
{
    crm_ptrset known;
    crm_ptrset_init(&known);
    int status = 0;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(others); i++) {
        if (crm_ptrset_add(&known, PyList_GET_ITEM(others, i)) < 0) {
            PyErr_NoMemory();
            status = -1;
            break;
        }
    }
    for (Py_ssize_t i = 0; status == 0 && i < PyList_GET_SIZE(list); i++) {
        PyObject *member = PyList_GET_ITEM(list, i);
        PyObject *into = crm_ptrset_has(&known, member) ? common : missing;
        if (into != NULL) {
            status = PyList_Append(into, member);
        }
    }
    crm_ptrset_free(&known);
    return status;
}

static int
collection_history(crm_state *state, PyObject *value, PyObject *old,
                   PyObject *lists[3])
{
    crm_core *core = crm_state_manager(state)->core;
    PyObject *members = crm_collection_members(core, value);
    if (members == NULL) {
        return -1;
    }
    int status;
    if (old == NULL) {
        Py_SETREF(lists[1], members);
        return 0;
    }
    if (old == core->no_value || !PyList_Check(old)) {
        Py_SETREF(lists[0], members);
        return 0;
    }
    Py_INCREF(old);
    status = split(members, old, lists[0], lists[1]);
    if (status == 0) {
        status = split(old, members, lists[2], NULL);
    }
    Py_DECREF(old);
    Py_DECREF(members);
    return status;
}

int
crm_state_same(crm_state *state, uint16_t slot, PyObject *now, PyObject *old)
{
    /* owned: what is compared may define the attribute again */
    PyObject *compare = Py_XNewRef(crm_state_attr(state, slot)->compare);
    const crm_core *core = crm_state_manager(state)->core;
    if (compare == NULL && crm_is_uuid(core, now)) {
        return crm_same_key(core, now, old);
    }
    PyObject *result =
        compare == NULL ? PyObject_RichCompare(now, old, Py_EQ)
                        : PyObject_CallFunctionObjArgs(compare, now, old, NULL);
    Py_XDECREF(compare);
    if (result == NULL) {
        return -1;
    }
    int equal = result == Py_True;
    Py_DECREF(result);
    return equal;
}

int
crm_state_differs(crm_state *state, uint16_t slot)
{
    PyObject *old =
        state->ext == NULL ? NULL : crm_state_committed(state, slot);
    if (old == NULL) {
        return 0;
    }
    Py_INCREF(old);
    PyObject *value = crm_state_peek(state, slot);
    int equal = value == NULL ? 0 : crm_state_same(state, slot, value, old);
    Py_XDECREF(value);
    Py_DECREF(old);
    return equal < 0 || PyErr_Occurred() ? -1 : !equal;
}

int
crm_state_refers_nowhere(crm_state *state, uint16_t slot)
{
    int fk_slot = crm_state_attr(state, slot)->fk_slot;
    return (state->flags & CRM_S_KEY) != 0 && fk_slot >= 0 &&
           crm_attr_never_given(state, (uint16_t)fk_slot);
}

PyObject *
crm_state_history_known(crm_state *state, uint16_t slot)
{
    crm_core *core = crm_state_manager(state)->core;
    uint8_t kind = crm_state_attr(state, slot)->kind;
    PyObject *result = NULL;
    PyObject *lists[3] = {PyList_New(0), PyList_New(0), PyList_New(0)};
    PyObject *value = NULL;
    PyObject *old = NULL;
    if (lists[0] == NULL || lists[1] == NULL || lists[2] == NULL) {
        goto done;
    }
    value = crm_state_peek(state, slot);
    if (value == NULL && PyErr_Occurred()) {
        goto done;
    }
    old = Py_XNewRef(crm_state_committed(state, slot));
    if (kind == CRM_ATTR_COLLECTION) {
        if (value != NULL) {
            if (collection_history(state, value, old, lists) < 0) {
                goto done;
            }
        }
        else {
            crm_pending *pending = crm_state_pending(state, slot);
            if (pending != NULL) {
                PyObject *added = Py_NewRef(pending->added);
                PyObject *removed = Py_NewRef(pending->removed);
                int status = PyList_SetSlice(lists[0], 0, 0, added);
                if (status == 0) {
                    status = PyList_SetSlice(lists[2], 0, 0, removed);
                }
                Py_DECREF(added);
                Py_DECREF(removed);
                if (status < 0) {
                    goto done;
                }
            }
        }
    }
    else {
        int equal = 0;
        if (old != NULL && value != NULL && old != core->no_value) {
            equal = kind == CRM_ATTR_COLUMN
                        ? crm_state_same(state, slot, value, old)
                        : value == old;
            if (equal < 0) {
                goto done;
            }
        }
        if (value != NULL &&
            PyList_Append(lists[old == NULL || equal], value) < 0) {
            goto done;
        }
        /* It was taken away, and there was none or, of a row, it was not
         * known. */
        int removed = value == NULL && old != NULL;
        if (removed && kind == CRM_ATTR_COLUMN) {
            removed = old == core->no_value;
        }
        else if (removed && old != Py_None) {
            removed = old == core->no_value &&
                      (state->flags & CRM_S_KEY) != 0 &&
                      !crm_state_refers_nowhere(state, slot);
        }
        if (removed && PyList_Append(lists[0], Py_None) < 0) {
            goto done;
        }
        /* An object that was not there is no deleted object. */
        if (old != NULL && !equal && old != core->no_value &&
            (kind == CRM_ATTR_COLUMN || old != Py_None) &&
            PyList_Append(lists[2], old) < 0) {
            goto done;
        }
    }
    result = PyTuple_Pack(3, lists[0], lists[1], lists[2]);
done:
    Py_XDECREF(value);
    Py_XDECREF(old);
    for (int i = 0; i < 3; i++) {
        Py_XDECREF(lists[i]);
    }
    return result;
}

/* What a scalar relationship referred to, and does not any more, has lost its
 * parent. */
static int
lose_parent(crm_state *state, uint16_t slot, PyObject *old)
{
    const crm_attr *attr = crm_state_attr(state, slot);
    crm_state *other =
        (attr->flags & (CRM_ATTR_DELETE_ORPHAN | CRM_ATTR_SINGLE_PARENT)) == 0
            ? NULL
            : crm_state_of(crm_state_manager(state)->core, old);
    if (other == NULL || old == crm_state_held(state, slot)) {
        return 0;
    }
    return crm_state_set_parent(other, attr->prop, state, 0);
}

/* Loads the old object of a scalar relationship that was replaced before it was
 * known. */
static int
load_deferred(crm_state *state, uint16_t slot)
{
    crm_core *core = crm_state_manager(state)->core;
    crm_change *change = crm_state_change(state, slot);
    if (change == NULL || change->old != core->no_value ||
        (state->flags & CRM_S_IN_MAP) == 0) {
        return 0;
    }
    PyObject *obj = Py_NewRef(crm_state_object(state));
    int status = 0;
    PyObject *old = crm_attr_load_old(state, slot);
    if (old == NULL) {
        Py_DECREF(obj);
        return -1;
    }
    change = crm_state_change(state, slot);
    if (change != NULL && change->old == core->no_value) {
        PyObject *unknown = change->old;
        change->old = Py_NewRef(old);
        crm_state_track(state);
        Py_DECREF(unknown);
        status = lose_parent(state, slot, old);
    }
    Py_DECREF(old);
    Py_DECREF(obj);
    return status;
}

PyObject *
crm_state_history(crm_state *state, uint16_t slot)
{
    if ((crm_state_attr(state, slot)->flags & CRM_ATTR_DEFERRED_HISTORY) &&
        load_deferred(state, slot) < 0) {
        return NULL;
    }
    return crm_state_history_known(state, slot);
}

PyObject *
crm_state_shown_history(crm_state *state, uint16_t slot)
{
    crm_core *core = crm_state_manager(state)->core;
    PyObject *cls = crm_lazy_member(&core->history_class,
                                    "cormorant.orm.attributes", "History");
    PyObject *lists = cls == NULL ? NULL : crm_state_history(state, slot);
    if (lists == NULL) {
        return NULL;
    }
    /* a named tuple, made as any tuple: of a class without __new__ in C */
    PyTypeObject *type = (PyTypeObject *)core->history_class;
    PyObject *result = type->tp_alloc(type, 3);
    for (Py_ssize_t i = 0; result != NULL && i < 3; i++) {
        PyObject *list = PyTuple_GET_ITEM(lists, i);
        PyObject *part =
            PyList_GET_SIZE(list) != 0 ? Py_NewRef(list) : PyTuple_New(0);
        if (part == NULL) {
            Py_CLEAR(result);
            break;
        }
        PyTuple_SET_ITEM(result, i, part);
    }
    Py_DECREF(lists);
    return result;
}

/* ---- parents ---------------------------------------------------------- */

static crm_parent *
find_parent(const crm_state *child, const void *prop)
{
    crm_ext *ext = child->ext;
    if (ext != NULL) {
        for (uint16_t i = 0; i < ext->nparents; i++) {
            if (ext->parents[i].prop == prop) {
                return &ext->parents[i];
            }
        }
    }
    return NULL;
}

int
crm_state_set_parent(crm_state *child, const void *prop, crm_state *parent,
                     int has)
{
    crm_parent *entry = find_parent(child, prop);
    if (entry == NULL) {
        crm_ext *ext = crm_state_ext(child);
        if (ext == NULL) {
            return -1;
        }
        crm_parent *parents = PyMem_Realloc(
            ext->parents, (size_t)(ext->nparents + 1) * sizeof(crm_parent));
        if (parents == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        ext->parents = parents;
        entry = &parents[ext->nparents++];
        *entry = (crm_parent){prop, NULL, 0};
    }
    else if (!has && entry->parent != NULL && entry->parent != parent &&
             (entry->keyed || (parent->flags & CRM_S_KEY))) {
        return 0; /* another parent has it by now */
    }
    entry->parent = has ? parent : NULL;
    entry->keyed = (parent->flags & CRM_S_KEY) != 0;
    return 0;
}

int
crm_state_known_parent(const crm_state *child, const void *prop)
{
    const crm_parent *entry = find_parent(child, prop);
    return entry != NULL && entry->parent != NULL;
}

int
crm_state_has_parent(const crm_state *child, const void *prop)
{
    const crm_parent *entry = find_parent(child, prop);
    if (entry == NULL) {
        return (child->flags & CRM_S_KEY) != 0;
    }
    return entry->parent != NULL;
}

int
crm_state_is_orphan(crm_state *state)
{
    crm_manager *manager = crm_state_manager(state);
    crm_core *core = manager->core;
    PyObject *mro = ((PyTypeObject *)manager->class_)->tp_mro;
    int any = manager->legacy_is_orphan, possible = 0;
    for (Py_ssize_t i = 0; mro != NULL && i < PyTuple_GET_SIZE(mro); i++) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);
        crm_manager *of = crm_manager_find(core, base);
        if (of == NULL || of->orphans == NULL ||
            of->class_ != (PyObject *)base) {
            continue;
        }
        for (Py_ssize_t j = 0; j < PyList_GET_SIZE(of->orphans); j++) {
            possible = 1;
            if (crm_state_has_parent(state, PyList_GET_ITEM(of->orphans, j)) ==
                any) {
                return !any;
            }
        }
    }
    return any && possible;
}
