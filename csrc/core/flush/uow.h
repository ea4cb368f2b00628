/* uow.h: what the files of the unit of work share.  All functions need the GIL.
 */
#ifndef CRM_UOW_H
#define CRM_UOW_H

#include "core/objects/entity.h"
#include "core/objects/state.h"

static inline crm_core *
crm_uow_core(PyObject *module)
{
    return (crm_core *)PyModule_GetState(module);
}

/* The state of an object, or NULL with TypeError. */
static inline crm_state *
crm_need_state(crm_core *core, PyObject *obj)
{
    crm_state *state = crm_state_of(core, obj);
    if (state == NULL && !PyErr_Occurred()) {
        crm_raise_unmapped(core, obj);
    }
    return state;
}

static inline crm_session *
crm_need_session(crm_core *core, PyObject *obj)
{
    if (!PyObject_TypeCheck(obj, core->session_type)) {
        PyErr_SetString(PyExc_TypeError, "a Session was expected");
        return NULL;
    }
    return (crm_session *)obj;
}

static inline crm_session *
crm_session_of(const crm_state *state)
{
    return state->map != NULL ? state->map->session : NULL;
}

/* Whether something holds for an object: 1 or 0, or -1 with an exception. */
typedef int (*crm_state_test)(crm_state *state, const void *context);

/* The objects of a list for which a test holds, in a new list; NULL with an
 * exception.  Each is owned while the test looks at it, which may run foreign
 * code. */
static inline PyObject *
crm_objects_that(crm_core *core, PyObject *objects, crm_state_test test,
                 const void *context)
{
    if (!PyList_Check(objects)) {
        PyErr_SetString(PyExc_TypeError, "a list of objects was expected");
        return NULL;
    }
    PyObject *result = PyList_New(0);
    for (Py_ssize_t i = 0; result && i < PyList_GET_SIZE(objects); i++) {
        PyObject *obj = Py_NewRef(PyList_GET_ITEM(objects, i));
        crm_state *state = crm_need_state(core, obj);
        int holds = state == NULL ? -1 : test(state, context);
        if (holds < 0 || (holds && PyList_Append(result, obj) < 0)) {
            Py_CLEAR(result);
        }
        Py_DECREF(obj);
    }
    return result;
}

/* Does something with each object of a list: None, or NULL with an exception
 * from the first for which `step` gave -1.  As above. */
static inline PyObject *
crm_each_object(crm_core *core, PyObject *objects, crm_state_test step,
                const void *context)
{
    if (!PyList_Check(objects)) {
        PyErr_SetString(PyExc_TypeError, "a list of objects was expected");
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(objects); i++) {
        PyObject *obj = Py_NewRef(PyList_GET_ITEM(objects, i));
        crm_state *state = crm_need_state(core, obj);
        int status = state == NULL ? -1 : step(state, context);
        Py_DECREF(obj);
        if (status < 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

/* Slots given as a tuple of int. */
typedef struct {
    Py_ssize_t count;
    uint16_t items[64];
} crm_slot_list;

static inline int
crm_parse_slots(PyObject *tuple, crm_slot_list *out)
{
    if (!PyTuple_Check(tuple) || PyTuple_GET_SIZE(tuple) > 64) {
        PyErr_SetString(PyExc_TypeError, "a tuple of slots was expected");
        return -1;
    }
    out->count = PyTuple_GET_SIZE(tuple);
    for (Py_ssize_t i = 0; i < out->count; i++) {
        long slot = PyLong_AsLong(PyTuple_GET_ITEM(tuple, i));
        if (slot < 0 || slot > UINT16_MAX) {
            if (!PyErr_Occurred()) {
                PyErr_SetString(PyExc_ValueError, "no such slot");
            }
            return -1;
        }
        out->items[i] = (uint16_t)slot;
    }
    return 0;
}

static inline int
crm_check_slot(const crm_state *state, long slot)
{
    if (slot < 0 || slot >= crm_state_manager(state)->nattrs) {
        PyErr_Format(PyExc_ValueError, "no slot %ld in %R", slot,
                     (PyObject *)Py_TYPE(crm_state_object((crm_state *)state)));
        return -1;
    }
    return 0;
}

static inline int
crm_append_pair(PyObject *list, PyObject *a, PyObject *b)
{
    PyObject *pair = PyTuple_Pack(2, a, b);
    if (pair == NULL) {
        return -1;
    }
    int status = PyList_Append(list, pair);
    Py_DECREF(pair);
    return status;
}

/* uow.c: another object of the session that has the key which an object was
 * given: 0 with *other, a new reference or NULL; -1 with an exception.  May run
 * the code of a hash. */
int crm_conflict_of(crm_session *session, crm_state *state, PyObject **other);
/* Whether objects of the class live only while they have a parent. */
int crm_has_orphan_rules(crm_core *core, const crm_manager *manager);
/* sync.c: whether a relationship of an object is loaded and not empty, or has
 * changed: 1, 0 or -1 with an exception. */
int crm_has_history(crm_core *core, PyObject *obj, long slot);
/* What a relationship gained and lost since the last flush: new
 * references to lists, or NULL for nothing.  1 something, 0 nothing, -1 with an
 * exception. */
int crm_changes_of(crm_state *state, uint16_t slot, PyObject **added,
                   PyObject **removed);
/* The same of an object whose history a dict may have kept (NULL or None: none
 * has): what it had before listeners of the flush were called.  The dict is
 * {address of the object: (added, unchanged, removed)}, all lists; a TypeError
 * for what is not so. */
int crm_kept_changes(PyObject *kept, crm_state *state, uint16_t slot,
                     PyObject **added, PyObject **removed);
/* What it kept of an object: a borrowed tuple, NULL if nothing, or with an
 * exception. */
PyObject *crm_kept_history(PyObject *kept, const crm_state *state);
/* Whether an object is neither pending in a session nor found in it. */
int crm_is_stranger(crm_session *session, const crm_state *state);
/* The class a relationship leads to, or NULL if that is not known: borrowed. */
crm_manager *crm_target_of(crm_state *state, uint16_t slot);
/* 1 if an object can be a member of a relationship to `target`. */
int crm_is_member(crm_manager *target, PyObject *obj);
/* 1 for None in a collection, where it stands for no object. */
int crm_is_none_member(crm_state *state, uint16_t slot, PyObject *child);
/* Slots of `target`'s class as slots of the object's own class: `slots`, or
 * `room` filled; NULL with ValueError. */
const crm_slot_list *crm_own_slots(crm_state *state, crm_manager *target,
                                   const crm_slot_list *slots,
                                   crm_slot_list *room);

/* Adds the functions of sync.c to the module. */
int crm_sync_init(PyObject *module);
/* The type and the function of association.c. */
int crm_association_init(crm_core *core, PyObject *module);
/* The function of pending.c. */
int crm_pending_init(PyObject *module);
/* Those of hierarchy.c. */
int crm_hierarchy_init(PyObject *module);
/* Those of bulkrows.c, and their constants. */
int crm_bulkrows_init(PyObject *module);

#endif /* CRM_UOW_H */
