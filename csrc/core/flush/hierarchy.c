/* hierarchy.c: the loops over objects that a flush of mapped classes which
 * inherit from each other needs: which of them a statement is for, and what
 * their discriminators say.
 */
#include "uow.h"

#include "core/arguments.h"

PyDoc_STRVAR(runs_doc,
             "runs_by(objects, things, unchanged={})\n--\n\n"
             "Neighbours whose classes have the same thing in a dict of "
             "managers: [(thing, [object, ...]), ...]. Objects whose class has "
             "none are left out. `unchanged`, {manager: (thing, slots)}, has "
             "another for those of which these slots are as they were.");

/* What the dicts have for the class of the last object: borrowed from them. */
typedef struct {
    PyObject *things, *unchanged; /* the latter NULL if there is none */
    crm_manager *manager;
    PyObject *thing; /* NULL: the class has none */
    PyObject *other; /* NULL, or the thing if `slots` are unchanged */
    crm_slot_list slots;
} class_things;

static int
look_up(class_things *of, crm_manager *manager)
{
    of->manager = NULL;
    of->other = NULL;
    of->thing = PyDict_GetItemWithError(of->things, (PyObject *)manager);
    if (of->thing == NULL && PyErr_Occurred()) {
        return -1;
    }
    if (of->unchanged != NULL) {
        PyObject *pair =
            PyDict_GetItemWithError(of->unchanged, (PyObject *)manager);
        if (pair == NULL && PyErr_Occurred()) {
            return -1;
        }
        if (pair != NULL) {
            if (!PyTuple_Check(pair) || PyTuple_GET_SIZE(pair) != 2) {
                PyErr_SetString(PyExc_TypeError, "a pair is needed");
                return -1;
            }
            if (crm_parse_slots(PyTuple_GET_ITEM(pair, 1), &of->slots) < 0) {
                return -1;
            }
            of->other = PyTuple_GET_ITEM(pair, 0);
        }
    }
    of->manager = manager;
    return 0;
}

/* Whether the slots that `other` asks for are as they were; or -1. */
static int
is_unchanged(crm_state *state, const crm_slot_list *slots)
{
    for (Py_ssize_t n = 0; n < slots->count; n++) {
        if (crm_check_slot(state, slots->items[n]) < 0) {
            return -1;
        }
        if (crm_state_committed(state, slots->items[n]) != NULL) {
            return 0;
        }
    }
    return 1;
}

static PyObject *
hierarchy_runs(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    crm_core *core = crm_uow_core(module);
    if (!crm_arg_count("runs_by", nargs, 2, 3) ||
        !crm_arg_list("runs_by", args[0]) ||
        !crm_arg_is("runs_by", args[1], &PyDict_Type) ||
        (nargs > 2 && !crm_arg_is("runs_by", args[2], &PyDict_Type))) {
        return NULL;
    }
    PyObject *objects = args[0];
    class_things of = {.things = args[1],
                       .unchanged = nargs > 2 ? args[2] : NULL};
    PyObject *result = PyList_New(0);
    PyObject *last = NULL, *list = NULL; /* borrowed */
    PyObject *obj = NULL;                /* whatever becomes of the list */
    for (Py_ssize_t i = 0; result && i < PyList_GET_SIZE(objects); i++) {
        Py_XSETREF(obj, Py_NewRef(PyList_GET_ITEM(objects, i)));
        crm_state *state = crm_need_state(core, obj);
        if (state == NULL || (crm_state_manager(state) != of.manager &&
                              look_up(&of, crm_state_manager(state)) < 0)) {
            Py_CLEAR(result);
            break;
        }
        int same = of.other == NULL ? 0 : is_unchanged(state, &of.slots);
        if (same < 0) {
            Py_CLEAR(result);
            break;
        }
        PyObject *thing = same ? of.other : of.thing;
        if (thing == NULL) {
            continue;
        }
        if (thing != last) {
            PyObject *fresh = PyList_New(0);
            if (fresh == NULL || crm_append_pair(result, thing, fresh) < 0) {
                Py_XDECREF(fresh);
                Py_CLEAR(result);
                break;
            }
            last = thing;
            list = fresh;
            Py_DECREF(fresh);
        }
        if (PyList_Append(list, obj) < 0) {
            Py_CLEAR(result);
        }
    }
    Py_XDECREF(obj);
    return result;
}

PyDoc_STRVAR(instances_doc,
             "instances_of(objects, manager)\n--\n\n"
             "The objects whose class is, or inherits from, a mapped one.");

static int
is_instance(crm_state *state, const void *manager)
{
    return crm_manager_isa(crm_state_manager(state), (crm_manager *)manager);
}

static PyObject *
hierarchy_instances(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    crm_core *core = crm_uow_core(module);
    if (!crm_arg_count("instances_of", nargs, 2, 2) ||
        !crm_arg_list("instances_of", args[0]) ||
        !crm_arg_is("instances_of", args[1], core->manager_type)) {
        return NULL;
    }
    return crm_objects_that(core, args[0], is_instance, args[1]);
}

PyDoc_STRVAR(copy_slots_doc,
             "copy_slots(objects, sources, targets)\n--\n\n"
             "Give columns the loaded values of other columns of the same "
             "object, as if they had been loaded.");

typedef struct {
    crm_slot_list sources, targets;
} slot_copies;

static int
copy_loaded(crm_state *state, const void *context)
{
    const slot_copies *copies = context;
    for (Py_ssize_t k = 0; k < copies->sources.count; k++) {
        uint16_t from = copies->sources.items[k];
        uint16_t to = copies->targets.items[k];
        if (crm_check_slot(state, from) < 0 || crm_check_slot(state, to) < 0) {
            return -1;
        }
        PyObject *value = crm_state_peek(state, from);
        if (value == NULL) {
            if (PyErr_Occurred()) {
                return -1;
            }
            continue;
        }
        if (crm_state_set_loaded(state, to, value) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
hierarchy_copy_slots(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    crm_core *core = crm_uow_core(module);
    slot_copies copies;
    if (!crm_arg_count("copy_slots", nargs, 3, 3) ||
        !crm_arg_list("copy_slots", args[0]) ||
        crm_parse_slots(args[1], &copies.sources) < 0 ||
        crm_parse_slots(args[2], &copies.targets) < 0) {
        return NULL;
    }
    if (copies.sources.count != copies.targets.count) {
        PyErr_SetString(PyExc_ValueError, "as many targets as sources");
        return NULL;
    }
    return crm_each_object(core, args[0], copy_loaded, &copies);
}

PyDoc_STRVAR(foreign_doc,
             "foreign_identities(objects, slot, acceptable)\n--\n\n"
             "The objects whose discriminator, as far as it is held, is not in "
             "the set that a dict has for their manager.");

typedef struct {
    long slot;
    PyObject *acceptable;
} identity_rule;

static int
is_foreign(crm_state *state, const void *context)
{
    const identity_rule *rule = context;
    crm_manager *manager = crm_state_manager(state);
    PyObject *set =
        PyDict_GetItemWithError(rule->acceptable, (PyObject *)manager);
    if (set == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    if (crm_check_slot(state, rule->slot) < 0) {
        return -1;
    }
    PyObject *held = crm_state_held(state, (uint16_t)rule->slot);
    if (!CRM_SLOT_HAS(held) || held == manager->identity) {
        return 0;
    }
    Py_INCREF(held);
    int fine = PySet_Contains(set, held);
    Py_DECREF(held);
    return fine < 0 ? -1 : !fine;
}

static PyObject *
hierarchy_foreign(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    crm_core *core = crm_uow_core(module);
    identity_rule rule;
    if (!crm_arg_count("foreign_identities", nargs, 3, 3) ||
        !crm_arg_list("foreign_identities", args[0]) ||
        !crm_arg_long(args[1], &rule.slot) ||
        !crm_arg_is("foreign_identities", args[2], &PyDict_Type)) {
        return NULL;
    }
    rule.acceptable = args[2];
    return crm_objects_that(core, args[0], is_foreign, &rule);
}

static PyMethodDef hierarchy_functions[] = {
    {"runs_by", CRM_FAST(hierarchy_runs), METH_FASTCALL, runs_doc},
    {"instances_of", CRM_FAST(hierarchy_instances), METH_FASTCALL,
     instances_doc},
    {"copy_slots", CRM_FAST(hierarchy_copy_slots), METH_FASTCALL,
     copy_slots_doc},
    {"foreign_identities", CRM_FAST(hierarchy_foreign), METH_FASTCALL,
     foreign_doc},
    {NULL},
};

int
crm_hierarchy_init(PyObject *module)
{
    return PyModule_AddFunctions(module, hierarchy_functions);
}
