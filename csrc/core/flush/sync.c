/* sync.c: loops over the relationships of objects in a flush: what they gained
 * and lost, synchronisation of foreign keys.
 */
#include "uow.h"

#include "core/arguments.h"
#include "core/relations/collection.h"

int
crm_changes_of(crm_state *state, uint16_t slot, PyObject **added,
               PyObject **removed)
{
    *added = *removed = NULL;
    PyObject *old = crm_state_committed(state, slot);
    if (old == NULL) {
        if (state->ext == NULL || crm_state_pending(state, slot) == NULL) {
            return 0;
        }
    }
    else if (crm_state_attr(state, slot)->kind == CRM_ATTR_COLLECTION) {
        PyObject *held = crm_state_held(state, slot);
        if (CRM_SLOT_HAS(held) && held != Py_None &&
            (!PyList_Check(old) || PyList_GET_SIZE(old) == 0)) {
            *added =
                crm_collection_members(crm_state_manager(state)->core, held);
            return *added == NULL ? -1 : 1;
        }
    }
    PyObject *history = crm_state_history(state, slot);
    if (history == NULL) {
        return -1;
    }
    *added = Py_NewRef(PyTuple_GET_ITEM(history, 0));
    *removed = Py_NewRef(PyTuple_GET_ITEM(history, 2));
    Py_DECREF(history);
    return 1;
}

PyObject *
crm_kept_history(PyObject *kept, const crm_state *state)
{
    if (kept == NULL || kept == Py_None) {
        return NULL;
    }
    if (!PyDict_Check(kept)) {
        PyErr_SetString(PyExc_TypeError, "a dict of histories was expected");
        return NULL;
    }
    PyObject *key = PyLong_FromVoidPtr(crm_state_object((crm_state *)state));
    if (key == NULL) {
        return NULL;
    }
    PyObject *history = PyDict_GetItemWithError(kept, key);
    Py_DECREF(key);
    if (history == NULL) {
        return NULL;
    }
    int lists = PyTuple_Check(history) && PyTuple_GET_SIZE(history) == 3;
    for (Py_ssize_t i = 0; lists && i < 3; i++) {
        lists = PyList_Check(PyTuple_GET_ITEM(history, i));
    }
    if (!lists) {
        PyErr_SetString(PyExc_TypeError, "a history of three lists expected");
        return NULL;
    }
    return history;
}

int
crm_kept_changes(PyObject *kept, crm_state *state, uint16_t slot,
                 PyObject **added, PyObject **removed)
{
    PyObject *history = crm_kept_history(kept, state);
    if (history == NULL) {
        *added = *removed = NULL;
        return PyErr_Occurred() ? -1
                                : crm_changes_of(state, slot, added, removed);
    }
    *added = Py_NewRef(PyTuple_GET_ITEM(history, 0));
    *removed = Py_NewRef(PyTuple_GET_ITEM(history, 2));
    return 1;
}

/* ---- relationships ---------------------------------------------------- */

PyDoc_STRVAR(
    has_history_doc,
    "has_history(objects, slot)\n--\n\n"
    "True if a relationship of any object is loaded (and not empty) or "
    "changed.");

int
crm_has_history(crm_core *core, PyObject *obj, long slot)
{
    crm_state *state = crm_need_state(core, obj);
    if (state == NULL || crm_check_slot(state, slot) < 0) {
        return -1;
    }
    uint16_t s = (uint16_t)slot;
    PyObject *held = crm_state_held(state, s);
    if (CRM_SLOT_HAS(held)) {
        if (crm_state_attr(state, s)->kind != CRM_ATTR_COLLECTION) {
            return 1;
        }
        Py_ssize_t length = crm_collection_len(core, held);
        if (length != 0) {
            return length < 0 ? -1 : 1;
        }
    }
    if (crm_state_committed(state, s) == NULL &&
        crm_state_pending(state, s) == NULL) {
        return 0;
    }
    PyObject *history = crm_state_history(state, s);
    if (history == NULL) {
        return -1;
    }
    int any = PyList_GET_SIZE(PyTuple_GET_ITEM(history, 0)) > 0 ||
              PyList_GET_SIZE(PyTuple_GET_ITEM(history, 1)) > 0 ||
              PyList_GET_SIZE(PyTuple_GET_ITEM(history, 2)) > 0;
    Py_DECREF(history);
    return any;
}

static PyObject *
uow_has_history(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    crm_core *core = crm_uow_core(module);
    long slot;
    if (!crm_arg_count("has_history", nargs, 2, 2) ||
        !crm_arg_list("has_history", args[0]) ||
        !crm_arg_long(args[1], &slot)) {
        return NULL;
    }
    PyObject *objects = args[0];
    int any = 0;
    for (Py_ssize_t i = 0; any == 0 && i < PyList_GET_SIZE(objects); i++) {
        PyObject *obj = Py_NewRef(PyList_GET_ITEM(objects, i));
        any = crm_has_history(core, obj, slot);
        Py_DECREF(obj);
    }
    return any < 0 ? NULL : PyBool_FromLong(any);
}

PyDoc_STRVAR(unsettled_doc,
             "unsettled(objects, slot)\n--\n\n"
             "The objects whose relationship is not loaded, or has changed.");

static int
is_unsettled(crm_state *state, const void *context)
{
    long slot = *(const long *)context;
    if (crm_check_slot(state, slot) < 0) {
        return -1;
    }
    return !CRM_SLOT_HAS(crm_state_held(state, (uint16_t)slot)) ||
           crm_state_committed(state, (uint16_t)slot) != NULL;
}

static PyObject *
uow_unsettled(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    crm_core *core = crm_uow_core(module);
    long slot;
    if (!crm_arg_count("unsettled", nargs, 2, 2) ||
        !crm_arg_list("unsettled", args[0]) || !crm_arg_long(args[1], &slot)) {
        return NULL;
    }
    return crm_objects_that(core, args[0], is_unsettled, &slot);
}

/* Where to begin in a list: a Py_ssize_t that is not negative. */
static int
parse_start(PyObject *given, Py_ssize_t *start)
{
    *start = PyLong_AsSsize_t(given);
    if (*start < 0 && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_ValueError, "start must not be negative");
    }
    return *start >= 0;
}

PyDoc_STRVAR(
    first_telling_doc,
    "first_telling(session, objects, slot, key, target, start)\n--\n\n"
    "The next object, from a place on, that says what it refers to by a "
    "many-to-one without\nthat being loaded: it is known, or the key has no "
    "value, or one in the identity map, or\nis to be loaded. -1 if there is "
    "none.");

/* Whether the values of key slots say what they refer to: 1, 0, or -1 with an
 * exception. */
static int
is_telling(crm_session *session, crm_state *state, const crm_slot_list *slots,
           crm_manager *target)
{
    PyObject *values = PyTuple_New(slots->count);
    int empty = 1, status = values == NULL ? -1 : 2;
    for (Py_ssize_t n = 0; status == 2 && n < slots->count; n++) {
        if (crm_check_slot(state, slots->items[n]) < 0) {
            status = -1;
            break;
        }
        PyObject *value = crm_state_peek(state, slots->items[n]);
        if (value == NULL) {
            status = PyErr_Occurred()
                         ? -1
                         : !crm_attr_never_given(state, slots->items[n]);
            break;
        }
        empty &= value == Py_None;
        PyTuple_SET_ITEM(values, n, value);
    }
    if (status == 2) {
        crm_key key;
        PyObject *own = NULL;
        status = empty ? 1 : crm_key_from_values(target, values, &key, &own);
        if (status > 0 && !empty) {
            crm_map *map =
                crm_session_map(session, target->root, crm_state_token(state));
            status = map == NULL ? -1 : crm_map_get(map, &key) != NULL;
            if (status == 0 && PyErr_Occurred()) {
                status = -1;
            }
        }
        Py_XDECREF(own);
    }
    Py_XDECREF(values);
    return status;
}

static PyObject *
uow_first_telling(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    crm_core *core = crm_uow_core(module);
    const char *name = "first_telling";
    long slot;
    Py_ssize_t i;
    crm_slot_list slots;
    if (!crm_arg_count(name, nargs, 6, 6) || !crm_arg_list(name, args[1]) ||
        !crm_arg_long(args[2], &slot) || crm_parse_slots(args[3], &slots) < 0 ||
        !crm_arg_is(name, args[4], core->manager_type) ||
        !parse_start(args[5], &i)) {
        return NULL;
    }
    crm_session *session = crm_need_session(core, args[0]);
    if (session == NULL) {
        return NULL;
    }
    PyObject *objects = args[1], *target = args[4];
    for (; i < PyList_GET_SIZE(objects); i++) {
        crm_state *state = crm_need_state(core, PyList_GET_ITEM(objects, i));
        if (state == NULL || crm_check_slot(state, slot) < 0) {
            return NULL;
        }
        if (CRM_SLOT_HAS(crm_state_held(state, (uint16_t)slot)) ||
            crm_state_committed(state, (uint16_t)slot) != NULL) {
            return PyLong_FromSsize_t(i);
        }
        PyObject *obj = Py_NewRef(crm_state_object(state));
        int status = is_telling(session, state, &slots, (crm_manager *)target);
        Py_DECREF(obj);
        if (status != 0) {
            return status < 0 ? NULL : PyLong_FromSsize_t(i);
        }
    }
    return PyLong_FromLong(-1);
}

PyDoc_STRVAR(
    scan_doc,
    "relation_scan(session, objects, slot, start=0)\n--\n\n"
    "What a relationship of objects gained and lost, as two lists of "
    "(parent, child). Of\nthe gained, only those a flush must look at: "
    "not the pending objects of this session.");

static PyObject *
uow_scan(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    crm_core *core = crm_uow_core(module);
    long slot;
    Py_ssize_t start = 0;
    if (!crm_arg_count("relation_scan", nargs, 3, 4) ||
        !crm_arg_list("relation_scan", args[1]) ||
        !crm_arg_long(args[2], &slot) ||
        (nargs > 3 && !parse_start(args[3], &start))) {
        return NULL;
    }
    crm_session *session = crm_need_session(core, args[0]);
    if (session == NULL) {
        return NULL;
    }
    PyObject *objects = args[1];
    PyObject *gained = PyList_New(0), *lost = PyList_New(0);
    PyObject *added = NULL, *removed = NULL, *result = NULL;
    PyObject *obj = NULL; /* whatever becomes of the list */
    if (gained == NULL || lost == NULL) {
        goto done;
    }
    for (Py_ssize_t i = start; i < PyList_GET_SIZE(objects); i++) {
        Py_XSETREF(obj, Py_NewRef(PyList_GET_ITEM(objects, i)));
        crm_state *state = crm_need_state(core, obj);
        if (state == NULL || crm_check_slot(state, slot) < 0) {
            goto done;
        }
        int status = crm_changes_of(state, (uint16_t)slot, &added, &removed);
        if (status < 0) {
            goto done;
        }
        for (Py_ssize_t n = 0; added != NULL && n < PyList_GET_SIZE(added);
             n++) {
            PyObject *child = PyList_GET_ITEM(added, n);
            if (child == Py_None) {
                continue;
            }
            crm_state *member = crm_state_of(core, child);
            if ((member == NULL || !(member->flags & CRM_S_NEW) ||
                 crm_session_of(member) != session) &&
                crm_append_pair(gained, obj, child) < 0) {
                goto done;
            }
        }
        for (Py_ssize_t n = 0; removed != NULL && n < PyList_GET_SIZE(removed);
             n++) {
            PyObject *child = PyList_GET_ITEM(removed, n);
            if (child != Py_None && crm_state_of(core, child) != NULL &&
                crm_append_pair(lost, obj, child) < 0) {
                goto done;
            }
        }
        Py_CLEAR(added);
        Py_CLEAR(removed);
    }
    result = PyTuple_Pack(2, gained, lost);
done:
    Py_XDECREF(obj);
    Py_XDECREF(added);
    Py_XDECREF(removed);
    Py_XDECREF(gained);
    Py_XDECREF(lost);
    return result;
}

/* Writes a value into a column of an object about to be flushed.  1 if a
 * persistent object was changed, 0, or -1. */
static int
write_column(crm_state *state, uint16_t slot, PyObject *value)
{
    if ((state->flags & CRM_S_NEW) &&
        (crm_state_attr(state, slot)->flags &
         (CRM_ATTR_LISTENERS | CRM_ATTR_LATE_LISTENERS)) == 0) {
        return crm_state_put(state, slot, Py_NewRef(value));
    }
    PyObject *now = crm_state_peek(state, slot);
    if (now == NULL) {
        if (PyErr_Occurred()) {
            return -1;
        }
    }
    else {
        int same =
            now == value ? 1 : PyObject_RichCompareBool(now, value, Py_EQ);
        Py_DECREF(now);
        if (same < 0) {
            return -1;
        }
        if (same) {
            return 0;
        }
    }
    return crm_attr_set(state, slot, value) < 0 ? -1 : 1;
}

int
crm_is_stranger(crm_session *session, const crm_state *state)
{
    return !crm_session_contains(session, (crm_state *)state);
}

crm_manager *
crm_target_of(crm_state *state, uint16_t slot)
{
    return crm_state_attr(state, slot)->target;
}

int
crm_is_member(crm_manager *target, PyObject *obj)
{
    return target == NULL || (PyObject *)Py_TYPE(obj) == target->class_ ||
           PyType_IsSubtype(Py_TYPE(obj), (PyTypeObject *)target->class_);
}

int
crm_is_none_member(crm_state *state, uint16_t slot, PyObject *child)
{
    return child == Py_None &&
           crm_state_attr(state, slot)->kind == CRM_ATTR_COLLECTION;
}

const crm_slot_list *
crm_own_slots(crm_state *state, crm_manager *target, const crm_slot_list *slots,
              crm_slot_list *room)
{
    crm_manager *own = crm_state_manager(state);
    if (target == NULL || own == target) {
        return slots;
    }
    room->count = slots->count;
    for (Py_ssize_t i = 0; i < slots->count; i++) {
        int slot = crm_slot_in(own, target, slots->items[i]);
        if (slot < 0) {
            PyErr_Format(PyExc_ValueError, "no slot %d in %R",
                         (int)slots->items[i],
                         (PyObject *)Py_TYPE(crm_state_object(state)));
            return NULL;
        }
        room->items[i] = (uint16_t)slot;
    }
    return room;
}

/* Copies columns of one object into another; as write_column. */
static int
copy_columns(crm_state *from, const crm_slot_list *source, crm_state *to,
             const crm_slot_list *target)
{
    int changed = 0;
    for (Py_ssize_t i = 0; i < source->count; i++) {
        if (crm_check_slot(from, source->items[i]) < 0 ||
            crm_check_slot(to, target->items[i]) < 0) {
            return -1;
        }
        /* A key that is expired is loaded. */
        PyObject *value = crm_state_peek(from, source->items[i]);
        if (value == NULL) {
            if (PyErr_Occurred()) {
                return -1;
            }
            value = crm_attr_get(from, source->items[i]);
            if (value == NULL) {
                return -1;
            }
        }
        int status = write_column(to, target->items[i], value);
        Py_DECREF(value);
        if (status < 0) {
            return -1;
        }
        changed |= status;
    }
    return changed;
}

/* What the synchronisation of a relationship is given: all borrowed. */
typedef struct {
    crm_session *session;
    PyObject *objects; /* a list */
    long slot;
    crm_slot_list source, target;
    PyObject *kept; /* histories, or NULL */
} sync_given;

static int
parse_sync(crm_core *core, const char *name, PyObject *const *args,
           Py_ssize_t nargs, sync_given *out)
{
    out->kept = nargs > 5 ? args[5] : NULL;
    if (!crm_arg_count(name, nargs, 5, 6) || !crm_arg_list(name, args[1]) ||
        !crm_arg_long(args[2], &out->slot) ||
        crm_parse_slots(args[3], &out->source) < 0 ||
        crm_parse_slots(args[4], &out->target) < 0) {
        return -1;
    }
    out->objects = args[1];
    out->session = crm_need_session(core, args[0]);
    return out->session == NULL ? -1 : 0;
}

PyDoc_STRVAR(
    sync_children_doc,
    "sync_children(session, parents, slot, source, target, kept=None)\n--\n\n"
    "One-to-many: copies key columns of parents into the children their "
    "relationship gained.\nReturns the persistent children that "
    "changed. kept: {id(parent): history} of those whose history\n"
    "is not to be asked for.");

static PyObject *
uow_sync_children(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    crm_core *core = crm_uow_core(module);
    sync_given given;
    if (parse_sync(core, "sync_children", args, nargs, &given) < 0) {
        return NULL;
    }
    PyObject *objects = given.objects;
    long slot = given.slot;
    PyObject *touched = PyList_New(0), *wrong = PyList_New(0);
    PyObject *added = NULL, *removed = NULL;
    PyObject *obj = NULL; /* whatever becomes of the list */
    crm_slot_list room;
    if (touched == NULL || wrong == NULL) {
        goto error;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(objects); i++) {
        Py_XSETREF(obj, Py_NewRef(PyList_GET_ITEM(objects, i)));
        crm_state *state = crm_need_state(core, obj);
        if (state == NULL || crm_check_slot(state, slot) < 0 ||
            crm_kept_changes(given.kept, state, (uint16_t)slot, &added,
                             &removed) < 0) {
            goto error;
        }
        Py_CLEAR(removed);
        for (Py_ssize_t n = 0; added != NULL && n < PyList_GET_SIZE(added);
             n++) {
            PyObject *child = PyList_GET_ITEM(added, n);
            crm_state *member = crm_state_of(core, child);
            if (member == NULL) {
                if (crm_is_none_member(state, (uint16_t)slot, child) &&
                    PyList_Append(wrong, child) < 0) {
                    goto error;
                }
                continue;
            }
            if (member->flags & CRM_S_TO_DELETE) {
                continue;
            }
            int stranger = crm_is_stranger(given.session, member);
            crm_manager *expected = crm_target_of(state, (uint16_t)slot);
            if (!crm_is_member(expected, child)) {
                if (PyList_Append(wrong, child) < 0) {
                    goto error;
                }
                continue;
            }
            const crm_slot_list *to_slots =
                crm_own_slots(member, expected, &given.target, &room);
            int status = to_slots == NULL ? -1
                                          : copy_columns(state, &given.source,
                                                         member, to_slots);
            if (status < 0 || (status > 0 && !stranger &&
                               PyList_Append(touched, child) < 0)) {
                goto error;
            }
        }
        Py_CLEAR(added);
    }
    Py_XDECREF(obj);
    return Py_BuildValue("(NN)", touched, wrong);
error:
    Py_XDECREF(obj);
    Py_XDECREF(added);
    Py_XDECREF(removed);
    Py_XDECREF(touched);
    Py_XDECREF(wrong);
    return NULL;
}

PyDoc_STRVAR(
    sync_parent_doc,
    "sync_parent(session, objects, slot, source, target)\n--\n\n"
    "Many-to-one: copies key columns of the object a relationship was "
    "set to into the\nobjects. Returns the objects whose relationship "
    "was emptied, (object, related) where\nthe related object is not in "
    "the session, and related objects of a class that does not "
    "belong\nthere.");

static PyObject *
uow_sync_parent(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    crm_core *core = crm_uow_core(module);
    sync_given given;
    if (parse_sync(core, "sync_parent", args, nargs, &given) < 0) {
        return NULL;
    }
    PyObject *objects = given.objects;
    long slot = given.slot;
    PyObject *emptied = PyList_New(0), *strangers = PyList_New(0);
    PyObject *wrong = PyList_New(0);
    PyObject *kept = NULL; /* the related object at hand */
    PyObject *obj = NULL;  /* whatever becomes of the list */
    crm_slot_list room;
    if (emptied == NULL || strangers == NULL || wrong == NULL) {
        goto error;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(objects); i++) {
        Py_XSETREF(obj, Py_NewRef(PyList_GET_ITEM(objects, i)));
        crm_state *state = crm_need_state(core, obj);
        if (state == NULL || crm_check_slot(state, slot) < 0) {
            goto error;
        }
        if (state->flags & CRM_S_TO_DELETE) {
            continue;
        }
        PyObject *old = crm_state_committed(state, (uint16_t)slot);
        if (old == NULL) {
            continue;
        }
        PyObject *held = crm_state_held(state, (uint16_t)slot);
        if (held == old) {
            continue; /* set back to what it was */
        }
        if (!CRM_SLOT_HAS(held) && old == core->no_value &&
            crm_state_refers_nowhere(state, (uint16_t)slot)) {
            continue; /* taken away again */
        }
        if (!CRM_SLOT_HAS(held) || held == Py_None) {
            if (PyList_Append(emptied, obj) < 0) {
                goto error;
            }
            continue;
        }
        Py_XSETREF(kept, Py_NewRef(held)); /* whatever the collector runs */
        crm_state *related = crm_state_of(core, held);
        if (related == NULL || crm_is_stranger(given.session, related)) {
            if (crm_append_pair(strangers, obj, held) < 0) {
                goto error;
            }
            continue;
        }
        crm_manager *expected = crm_target_of(state, (uint16_t)slot);
        if (!crm_is_member(expected, held)) {
            if (PyList_Append(wrong, held) < 0) {
                goto error;
            }
            continue;
        }
        const crm_slot_list *from_slots =
            crm_own_slots(related, expected, &given.source, &room);
        if (from_slots == NULL) {
            goto error;
        }
        if (copy_columns(related, from_slots, state, &given.target) < 0) {
            goto error;
        }
    }
    Py_XDECREF(kept);
    Py_XDECREF(obj);
    return Py_BuildValue("(NNN)", emptied, strangers, wrong);
error:
    Py_XDECREF(kept);
    Py_XDECREF(obj);
    Py_XDECREF(wrong);
    Py_XDECREF(emptied);
    Py_XDECREF(strangers);
    return NULL;
}

PyDoc_STRVAR(clear_doc,
             "clear_columns(objects, slots)\n--\n\n"
             "Sets columns of objects to None. Returns the objects "
             "that changed.");

static int
clear(crm_state *state, const void *context)
{
    const crm_slot_list *slots = context;
    int changed = 0;
    for (Py_ssize_t n = 0; n < slots->count; n++) {
        if (crm_check_slot(state, slots->items[n]) < 0) {
            return -1;
        }
        int status = write_column(state, slots->items[n], Py_None);
        if (status < 0) {
            return -1;
        }
        changed |= status;
    }
    return changed;
}

static PyObject *
uow_clear(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    crm_core *core = crm_uow_core(module);
    crm_slot_list slots;
    if (!crm_arg_count("clear_columns", nargs, 2, 2) ||
        !crm_arg_list("clear_columns", args[0]) ||
        crm_parse_slots(args[1], &slots) < 0) {
        return NULL;
    }
    return crm_objects_that(core, args[0], clear, &slots);
}

static PyMethodDef functions[] = {
    {"has_history", CRM_FAST(uow_has_history), METH_FASTCALL, has_history_doc},
    {"first_telling", CRM_FAST(uow_first_telling), METH_FASTCALL,
     first_telling_doc},
    {"unsettled", CRM_FAST(uow_unsettled), METH_FASTCALL, unsettled_doc},
    {"relation_scan", CRM_FAST(uow_scan), METH_FASTCALL, scan_doc},
    {"sync_children", CRM_FAST(uow_sync_children), METH_FASTCALL,
     sync_children_doc},
    {"sync_parent", CRM_FAST(uow_sync_parent), METH_FASTCALL, sync_parent_doc},
    {"clear_columns", CRM_FAST(uow_clear), METH_FASTCALL, clear_doc},
    {NULL},
};

int
crm_sync_init(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}
