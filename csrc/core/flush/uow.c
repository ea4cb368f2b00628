/* uow.c: the loops over objects that a flush needs besides its statements:
 * grouping, sorting, finding special values, and which objects a transaction
 * has inserted.
 */
#include "uow.h"

#include <stdlib.h>

#include "core/arguments.h"
#include "core/values/uuid.h"

/* The nesting level of the transaction that inserted an object, in the upper
 * bits of its flags; 0: it was there before. */
#define BORN_SHIFT 24
#define BORN_MASK  (0xffu << BORN_SHIFT)

/* ---- lists of objects ------------------------------------------------- */

PyDoc_STRVAR(group_doc,
             "group_by_manager(objects, whole=False)\n--\n\n"
             "Objects by their class, or by the whole hierarchy it belongs to: "
             "[(manager, [object, ...]), ...].");

static PyObject *
uow_group(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    crm_core *core = crm_uow_core(module);
    if (!crm_arg_count("group_by_manager", nargs, 1, 2) ||
        !crm_arg_list("group_by_manager", args[0])) {
        return NULL;
    }
    PyObject *objects = args[0];
    int whole = nargs > 1 ? PyObject_IsTrue(args[1]) : 0;
    if (whole < 0) {
        return NULL;
    }
    PyObject *result = PyList_New(0);
    if (result == NULL) {
        return NULL;
    }
    crm_manager *last = NULL;
    PyObject *list = NULL; /* borrowed */
    PyObject *obj = NULL;  /* whatever becomes of the list */
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(objects); i++) {
        Py_XSETREF(obj, Py_NewRef(PyList_GET_ITEM(objects, i)));
        crm_state *state = crm_need_state(core, obj);
        if (state == NULL) {
            goto error;
        }
        crm_manager *manager = crm_state_manager(state);
        while (whole && manager->base != NULL) {
            manager = manager->base;
        }
        if (manager != last) {
            list = NULL;
            for (Py_ssize_t n = 0; n < PyList_GET_SIZE(result); n++) {
                PyObject *entry = PyList_GET_ITEM(result, n);
                if (PyTuple_GET_ITEM(entry, 0) == (PyObject *)manager) {
                    list = PyTuple_GET_ITEM(entry, 1);
                    break;
                }
            }
            if (list == NULL) {
                PyObject *fresh = PyList_New(0);
                if (fresh == NULL) {
                    goto error;
                }
                int status =
                    crm_append_pair(result, (PyObject *)manager, fresh);
                list = fresh;
                Py_DECREF(fresh);
                if (status < 0) {
                    goto error;
                }
            }
            last = manager;
        }
        if (PyList_Append(list, obj) < 0) {
            goto error;
        }
    }
    goto done;
error:
    Py_CLEAR(result);
done:
    Py_XDECREF(obj);
    return result;
}

/* The arguments of a function on a list of objects and a number. */
typedef struct {
    PyObject *objects;
    unsigned int number;
} numbered_list;

static int
parse_numbered(const char *name, PyObject *const *args, Py_ssize_t nargs,
               numbered_list *out)
{
    if (!crm_arg_count(name, nargs, 2, 2) || !crm_arg_list(name, args[0]) ||
        !crm_arg_unsigned(args[1], &out->number)) {
        return -1;
    }
    out->objects = args[0];
    return 0;
}

static int
has_flag(crm_state *state, const void *flag)
{
    return (state->flags & *(const unsigned int *)flag) != 0;
}

static int
lacks_flag(crm_state *state, const void *flag)
{
    return !has_flag(state, flag);
}

PyDoc_STRVAR(with_flag_doc,
             "with_flag(objects, flag)\n--\n\n"
             "The objects whose state has a STATE_* flag.");

static PyObject *
uow_with_flag(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    numbered_list given;
    return parse_numbered("with_flag", args, nargs, &given) < 0
               ? NULL
               : crm_objects_that(crm_uow_core(module), given.objects, has_flag,
                                  &given.number);
}

PyDoc_STRVAR(without_flag_doc,
             "without_flag(objects, flag)\n--\n\n"
             "The objects whose state lacks a STATE_* flag.");

static PyObject *
uow_without_flag(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    numbered_list given;
    return parse_numbered("without_flag", args, nargs, &given) < 0
               ? NULL
               : crm_objects_that(crm_uow_core(module), given.objects,
                                  lacks_flag, &given.number);
}

typedef struct {
    int64_t key;
    PyObject *obj;
} int_entry;

static int
compare_entries(const void *a, const void *b)
{
    int64_t x = ((const int_entry *)a)->key, y = ((const int_entry *)b)->key;
    return (x > y) - (x < y);
}

PyDoc_STRVAR(sort_doc,
             "sort_by_key(objects)\n--\n\n"
             "Persistent objects sorted by their primary key.");

static PyObject *
uow_sort(PyObject *module, PyObject *objects)
{
    crm_core *core = crm_uow_core(module);
    if (!PyList_Check(objects)) {
        PyErr_SetString(PyExc_TypeError, "a list of objects was expected");
        return NULL;
    }
    Py_ssize_t n = PyList_GET_SIZE(objects);
    int ints = 1, sorted = 1;
    int64_t before = INT64_MIN;
    for (Py_ssize_t i = 0; i < n && ints; i++) {
        crm_state *state = crm_need_state(core, PyList_GET_ITEM(objects, i));
        if (state == NULL) {
            return NULL;
        }
        if (!(state->flags & CRM_S_KEY) || !(state->flags & CRM_S_INT_KEY)) {
            ints = 0;
            break;
        }
        sorted = sorted && state->key.i >= before;
        before = state->key.i;
    }
    if (ints && sorted) {
        return Py_NewRef(objects);
    }
    if (ints) {
        int_entry *entries = PyMem_Malloc((size_t)n * sizeof(int_entry));
        if (entries == NULL) {
            return PyErr_NoMemory();
        }
        /* before the list is made, for which the collector may run code */
        for (Py_ssize_t i = 0; i < n; i++) {
            entries[i].obj = Py_NewRef(PyList_GET_ITEM(objects, i));
            entries[i].key = crm_state_of(core, entries[i].obj)->key.i;
        }
        qsort(entries, (size_t)n, sizeof(int_entry), compare_entries);
        PyObject *result = PyList_New(n);
        for (Py_ssize_t i = 0; i < n; i++) {
            if (result != NULL) {
                PyList_SET_ITEM(result, i, entries[i].obj);
            }
            else {
                Py_DECREF(entries[i].obj);
            }
        }
        PyMem_Free(entries);
        return result;
    }
    /* Other keys: sort (key values, position, object) as Python does. */
    PyObject *pairs = PyList_New(n);
    for (Py_ssize_t i = 0; pairs != NULL && i < n; i++) {
        if (i >= PyList_GET_SIZE(objects)) {
            PyErr_SetString(PyExc_RuntimeError, "list changed size");
            Py_CLEAR(pairs);
            break;
        }
        PyObject *obj = Py_NewRef(PyList_GET_ITEM(objects, i));
        crm_state *state = crm_need_state(core, obj);
        PyObject *key = state == NULL ? NULL : crm_state_key(state);
        PyObject *entry = NULL;
        if (key != NULL) {
            PyObject *values =
                PyTuple_Check(key)
                    ? crm_plain_key(core, PyTuple_GET_ITEM(key, 1))
                    : Py_NewRef(Py_None);
            entry =
                values == NULL ? NULL : Py_BuildValue("(NnO)", values, i, obj);
            Py_DECREF(key);
        }
        Py_DECREF(obj);
        if (entry == NULL) {
            Py_CLEAR(pairs);
            break;
        }
        PyList_SET_ITEM(pairs, i, entry);
    }
    if (pairs == NULL) {
        return NULL;
    }
    if (PyList_Sort(pairs) < 0) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyObject *type, *error, *traceback;
            PyErr_Fetch(&type, &error, &traceback);
            crm_raise(core, "InvalidRequestError",
                      "Could not sort objects by primary key; primary key "
                      "values must be sortable in Python (was: %S)",
                      error != NULL ? error : type);
            Py_DECREF(type);
            Py_XDECREF(error);
            Py_XDECREF(traceback);
        }
        Py_DECREF(pairs);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *entry = PyList_GET_ITEM(pairs, i);
        PyList_SET_ITEM(pairs, i, Py_NewRef(PyTuple_GET_ITEM(entry, 2)));
        Py_DECREF(entry);
    }
    return pairs;
}

/* ---- values ----------------------------------------------------------- */

PyDoc_STRVAR(
    orphan_rules_doc,
    "has_orphan_rules(manager)\n--\n\n"
    "True if objects of the class live only while they have a parent.");

int
crm_has_orphan_rules(crm_core *core, const crm_manager *manager)
{
    PyObject *mro = ((PyTypeObject *)manager->class_)->tp_mro;
    for (Py_ssize_t i = 0; mro != NULL && i < PyTuple_GET_SIZE(mro); i++) {
        crm_manager *of =
            crm_manager_find(core, (PyTypeObject *)PyTuple_GET_ITEM(mro, i));
        if (of != NULL && of->orphans != NULL &&
            PyList_GET_SIZE(of->orphans) > 0) {
            return 1;
        }
    }
    return 0;
}

static PyObject *
uow_orphan_rules(PyObject *module, PyObject *obj)
{
    crm_core *core = crm_uow_core(module);
    if (!Py_IS_TYPE(obj, core->manager_type)) {
        PyErr_SetString(PyExc_TypeError, "a ClassManager was expected");
        return NULL;
    }
    return PyBool_FromLong(crm_has_orphan_rules(core, (crm_manager *)obj));
}

PyDoc_STRVAR(orphans_doc,
             "find_orphans(objects, flag=0)\n--\n\n"
             "The objects that lack a parent they need and whose "
             "state has the flag.");

static int
is_orphan(crm_state *state, const void *context)
{
    unsigned int flag = *(const unsigned int *)context;
    return (state->flags & flag) == flag && crm_state_is_orphan(state);
}

static PyObject *
uow_orphans(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    crm_core *core = crm_uow_core(module);
    unsigned int flag = 0;
    if (!crm_arg_count("find_orphans", nargs, 1, 2) ||
        !crm_arg_list("find_orphans", args[0]) ||
        (nargs > 1 && !crm_arg_unsigned(args[1], &flag))) {
        return NULL;
    }
    return crm_objects_that(core, args[0], is_orphan, &flag);
}

/* The key that an object has been given, before it has an identity: 1 with *own
 * as crm_key_from_values() has it, 0 if a part is missing, -1 with an
 * exception.
 */
static int
given_key(crm_state *state, crm_key *key, PyObject **own)
{
    crm_manager *manager = crm_state_manager(state);
    *own = NULL;
    if (manager->npk == 1) {
        PyObject *held = crm_state_held(state, manager->pk[0]);
        if (!CRM_SLOT_HAS(held)) {
            return 0;
        }
        Py_INCREF(held);
        int status = crm_key_from_value(manager, held, key, own);
        Py_DECREF(held);
        return status;
    }
    PyObject *values = PyTuple_New(manager->npk);
    if (values == NULL) {
        return -1;
    }
    int complete = manager->npk > 0;
    for (uint16_t n = 0; complete && n < manager->npk; n++) {
        PyObject *held = crm_state_held(state, manager->pk[n]);
        complete = CRM_SLOT_HAS(held) && held != Py_None;
        if (complete) {
            PyTuple_SET_ITEM(values, n, Py_NewRef(held));
        }
    }
    int status = complete ? crm_key_from_values(manager, values, key, own) : 0;
    Py_DECREF(values);
    return status;
}

int
crm_conflict_of(crm_session *session, crm_state *state, PyObject **other)
{
    crm_key key;
    PyObject *own;
    *other = NULL;
    int status = given_key(state, &key, &own);
    if (status <= 0) {
        /* Not hashable (a SQL expression, say): nothing to compare. */
        return status < 0 ? crm_forgive() : 0;
    }
    crm_map *map = crm_session_map_of(session, state);
    crm_state *found = map == NULL ? NULL : crm_map_get(map, &key);
    status = map == NULL ? -1 : found == NULL ? crm_forgive() : 0;
    if (found != NULL && found != state) {
        *other = Py_NewRef(crm_state_object(found));
    }
    Py_XDECREF(own);
    return status;
}

PyDoc_STRVAR(conflicts_doc,
             "identity_conflicts(session, objects)\n--\n\n"
             "(object, other) for new objects whose primary key another object "
             "of the session has.");

static PyObject *
uow_conflicts(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    crm_core *core = crm_uow_core(module);
    if (!crm_arg_count("identity_conflicts", nargs, 2, 2) ||
        !crm_arg_list("identity_conflicts", args[1])) {
        return NULL;
    }
    PyObject *objects = args[1];
    crm_session *session = crm_need_session(core, args[0]);
    PyObject *result = session == NULL ? NULL : PyList_New(0);
    for (Py_ssize_t i = 0; result != NULL && i < PyList_GET_SIZE(objects);
         i++) {
        PyObject *obj = Py_NewRef(PyList_GET_ITEM(objects, i)), *other = NULL;
        crm_state *state = crm_need_state(core, obj);
        if (state == NULL || crm_conflict_of(session, state, &other) < 0 ||
            (other != NULL && crm_append_pair(result, obj, other) < 0)) {
            Py_CLEAR(result);
        }
        Py_XDECREF(other);
        Py_DECREF(obj);
    }
    return result;
}

/* A test of slots, 1, 0 or -1 with an exception: of those of the primary key,
 * and of `also` unless it is -1. */
typedef struct {
    int (*test)(crm_state *state, uint16_t slot);
    long also;
} key_test;

static int
holds_for_key(crm_state *state, const void *context)
{
    const key_test *of = context;
    crm_manager *manager = crm_state_manager(state);
    int status = 0;
    if (of->also >= 0 && of->also < manager->nattrs) {
        status = of->test(state, (uint16_t)of->also);
    }
    for (uint16_t n = 0; status == 0 && n < manager->npk; n++) {
        status = of->test(state, manager->pk[n]);
    }
    return status;
}

static int
is_unloaded(crm_state *state, uint16_t slot)
{
    PyObject *held = crm_state_held(state, slot);
    return !CRM_SLOT_HAS(held) &&
           (held == CRM_UNLOADED || !crm_state_in_row(state, slot));
}

PyDoc_STRVAR(key_changed_doc,
             "key_changed(objects)\n--\n\n"
             "The objects whose primary key is another than it was.");

static PyObject *
uow_key_changed(PyObject *module, PyObject *objects)
{
    key_test test = {crm_state_differs, -1};
    return crm_objects_that(crm_uow_core(module), objects, holds_for_key,
                            &test);
}

PyDoc_STRVAR(misnamed_doc,
             "misnamed(objects)\n--\n\n"
             "The objects whose primary key is not their identity (any more).");

static int
is_misnamed(crm_state *state, const void *Py_UNUSED(context))
{
    crm_manager *manager = crm_state_manager(state);
    int status = 0;
    for (uint16_t n = 0; status == 0 && n < manager->npk; n++) {
        PyObject *held = crm_state_held(state, manager->pk[n]);
        if (!CRM_SLOT_HAS(held) || (state->flags & CRM_S_KEY) == 0) {
            continue;
        }
        PyObject *part = crm_state_key_part(state, n);
        Py_INCREF(held);
        status =
            part == NULL ? -1 : PyObject_RichCompareBool(held, part, Py_NE);
        Py_XDECREF(part);
        Py_DECREF(held);
    }
    return status;
}

static PyObject *
uow_misnamed(PyObject *module, PyObject *objects)
{
    return crm_objects_that(crm_uow_core(module), objects, is_misnamed, NULL);
}

PyDoc_STRVAR(null_keys_doc,
             "null_keys(objects)\n--\n\n"
             "The objects with a None in a composite identity.");

static int
has_null_key(crm_state *state, const void *Py_UNUSED(context))
{
    return (state->flags & CRM_S_KEY) != 0 &&
           crm_state_manager(state)->npk > 1 &&
           crm_key_count_none(state->key.o) > 0;
}

static PyObject *
uow_null_keys(PyObject *module, PyObject *objects)
{
    return crm_objects_that(crm_uow_core(module), objects, has_null_key, NULL);
}

PyDoc_STRVAR(null_versions_doc,
             "null_versions(objects, slot)\n--\n\n"
             "The objects whose row has a NULL in the column of a slot.");

static int
has_null_version(crm_state *state, const void *context)
{
    unsigned int slot = *(const unsigned int *)context;
    if (slot >= crm_state_manager(state)->nattrs) {
        return 0;
    }
    PyObject *old = crm_state_committed(state, (uint16_t)slot);
    if (old != NULL) {
        return old == Py_None;
    }
    PyObject *now = crm_state_peek(state, (uint16_t)slot);
    if (now == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    int null = now == Py_None;
    Py_DECREF(now);
    return null;
}

static PyObject *
uow_null_versions(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    numbered_list given;
    return parse_numbered("null_versions", args, nargs, &given) < 0
               ? NULL
               : crm_objects_that(crm_uow_core(module), given.objects,
                                  has_null_version, &given.number);
}

PyDoc_STRVAR(unloaded_keys_doc,
             "unloaded_keys(objects, also=-1)\n--\n\n"
             "The objects whose primary key attributes, or the slot `also`, "
             "are not loaded.");

static PyObject *
uow_unloaded_keys(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    key_test test = {is_unloaded, -1};
    if (!crm_arg_count("unloaded_keys", nargs, 1, 2) ||
        (nargs > 1 && !crm_arg_long(args[1], &test.also))) {
        return NULL;
    }
    return crm_objects_that(crm_uow_core(module), args[0], holds_for_key,
                            &test);
}

PyDoc_STRVAR(count_version_doc,
             "count_version(version)\n--\n\n"
             "The version after an integer version; 1 after None.");

static PyObject *
uow_count_version(PyObject *Py_UNUSED(module), PyObject *version)
{
    PyObject *one = PyLong_FromLong(1);
    if (one == NULL || version == Py_None) {
        return one;
    }
    PyObject *next = PyNumber_Add(version, one);
    Py_DECREF(one);
    return next;
}

PyDoc_STRVAR(unexpire_doc,
             "unexpire(obj, waiting=False)\n--\n\n"
             "Takes the mark of an expired row away: its columns "
             "were loaded one by one. With `waiting`, those that were not "
             "are expired by name.");

static PyObject *
uow_unexpire(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!crm_arg_count("unexpire", nargs, 1, 2)) {
        return NULL;
    }
    int waiting = nargs > 1 ? PyObject_IsTrue(args[1]) : 0;
    crm_state *state =
        waiting < 0 ? NULL : crm_need_state(crm_uow_core(module), args[0]);
    if (state == NULL) {
        return NULL;
    }
    if (waiting && (state->flags & CRM_S_EXPIRED)) {
        uint16_t nattrs = crm_state_manager(state)->nattrs;
        for (uint16_t slot = 0; slot < nattrs; slot++) {
            if (crm_state_held(state, slot) == NULL &&
                crm_state_put(state, slot, CRM_UNLOADED) < 0) {
                return NULL;
            }
        }
    }
    state->flags &= ~(uint32_t)CRM_S_EXPIRED;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(
    forget_expired_doc,
    "forget_expired(obj)\n--\n\n"
    "As if new: nothing of the object waits to be loaded again, and it "
    "has no row, whose values what was expired would show.");

static PyObject *
uow_forget_expired(PyObject *module, PyObject *obj)
{
    crm_state *state = crm_need_state(crm_uow_core(module), obj);
    if (state == NULL) {
        return NULL;
    }
    for (uint16_t slot = 0; slot < crm_state_manager(state)->nattrs; slot++) {
        PyObject *value = crm_state_peek(state, slot);
        if (value == NULL && PyErr_Occurred()) {
            return NULL;
        }
        Py_XDECREF(value); /* the slot keeps it */
    }
    state->flags &= ~(uint32_t)(CRM_S_EXPIRED | CRM_S_ONCE_DELETED);
    crm_page *page = state->page;
    state->page = NULL;
    crm_page_unref(page);
    for (uint16_t slot = 0; slot < crm_state_manager(state)->nattrs; slot++) {
        if (crm_state_held(state, slot) == CRM_UNLOADED &&
            crm_state_put(state, slot, NULL) < 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(commit_doc,
             "commit_states(objects)\n--\n\n"
             "Forgets the history of objects: they are clean.");

static int
commit(crm_state *state, const void *Py_UNUSED(context))
{
    crm_state_commit(state);
    return 0;
}

static PyObject *
uow_commit(PyObject *module, PyObject *objects)
{
    return crm_each_object(crm_uow_core(module), objects, commit, NULL);
}

/* ---- what a transaction inserted -------------------------------------- */

PyDoc_STRVAR(mark_born_doc,
             "mark_born(objects, level)\n--\n\n"
             "Remembers the nesting level of the transaction that inserted "
             "objects (0: none).");

static int
mark_born(crm_state *state, const void *context)
{
    unsigned int level = *(const unsigned int *)context;
    state->flags = (state->flags & ~BORN_MASK) |
                   ((level > 255 ? 255 : level) << BORN_SHIFT);
    return 0;
}

static PyObject *
uow_mark_born(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    numbered_list given;
    return parse_numbered("mark_born", args, nargs, &given) < 0
               ? NULL
               : crm_each_object(crm_uow_core(module), given.objects, mark_born,
                                 &given.number);
}

PyDoc_STRVAR(born_level_doc, "born_level(obj)\n--\n\nWhat mark_born said.");

static PyObject *
uow_born_level(PyObject *module, PyObject *obj)
{
    crm_state *state = crm_need_state(crm_uow_core(module), obj);
    return state == NULL ? NULL
                         : PyLong_FromUnsignedLong(state->flags >> BORN_SHIFT);
}

PyDoc_STRVAR(born_since_doc,
             "born_since(objects, level)\n--\n\n"
             "The objects a transaction of this level, or one inside it, "
             "inserted.");

static int
is_born_since(crm_state *state, const void *level)
{
    return state->flags >> BORN_SHIFT >= *(const unsigned int *)level;
}

static PyObject *
uow_born_since(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    numbered_list given;
    return parse_numbered("born_since", args, nargs, &given) < 0
               ? NULL
               : crm_objects_that(crm_uow_core(module), given.objects,
                                  is_born_since, &given.number);
}

PyDoc_STRVAR(lower_born_doc,
             "lower_born(objects, level)\n--\n\n"
             "A transaction of this level ended well: what it inserted belongs "
             "to the one around it.");

static int
lower_born(crm_state *state, const void *context)
{
    unsigned int level = *(const unsigned int *)context;
    if (level > 0 && state->flags >> BORN_SHIFT >= level) {
        state->flags =
            (state->flags & ~BORN_MASK) | ((level - 1) << BORN_SHIFT);
    }
    return 0;
}

static PyObject *
uow_lower_born(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    numbered_list given;
    return parse_numbered("lower_born", args, nargs, &given) < 0
               ? NULL
               : crm_each_object(crm_uow_core(module), given.objects,
                                 lower_born, &given.number);
}

static PyMethodDef functions[] = {
    {"group_by_manager", CRM_FAST(uow_group), METH_FASTCALL, group_doc},
    {"with_flag", CRM_FAST(uow_with_flag), METH_FASTCALL, with_flag_doc},
    {"without_flag", CRM_FAST(uow_without_flag), METH_FASTCALL,
     without_flag_doc},
    {"sort_by_key", uow_sort, METH_O, sort_doc},
    {"has_orphan_rules", uow_orphan_rules, METH_O, orphan_rules_doc},
    {"find_orphans", CRM_FAST(uow_orphans), METH_FASTCALL, orphans_doc},
    {"identity_conflicts", CRM_FAST(uow_conflicts), METH_FASTCALL,
     conflicts_doc},
    {"key_changed", uow_key_changed, METH_O, key_changed_doc},
    {"misnamed", uow_misnamed, METH_O, misnamed_doc},
    {"null_keys", uow_null_keys, METH_O, null_keys_doc},
    {"null_versions", CRM_FAST(uow_null_versions), METH_FASTCALL,
     null_versions_doc},
    {"unloaded_keys", CRM_FAST(uow_unloaded_keys), METH_FASTCALL,
     unloaded_keys_doc},
    {"count_version", uow_count_version, METH_O, count_version_doc},
    {"unexpire", CRM_FAST(uow_unexpire), METH_FASTCALL, unexpire_doc},
    {"forget_expired", uow_forget_expired, METH_O, forget_expired_doc},
    {"commit_states", uow_commit, METH_O, commit_doc},
    {"mark_born", CRM_FAST(uow_mark_born), METH_FASTCALL, mark_born_doc},
    {"born_level", uow_born_level, METH_O, born_level_doc},
    {"born_since", CRM_FAST(uow_born_since), METH_FASTCALL, born_since_doc},
    {"lower_born", CRM_FAST(uow_lower_born), METH_FASTCALL, lower_born_doc},
    {NULL},
};

int
crm_uow_init(crm_core *core, PyObject *module)
{
    if (crm_sync_init(module) < 0 || crm_association_init(core, module) < 0 ||
        crm_hierarchy_init(module) < 0 || crm_pending_init(module) < 0 ||
        crm_bulkrows_init(module) < 0) {
        return -1;
    }
    return PyModule_AddFunctions(module, functions);
}
