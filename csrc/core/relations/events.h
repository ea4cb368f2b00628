/* events.h: calling listeners from the core.
 *
 * Nobody pays for listeners that are not there: a session and a manager have a
 * mask of the events that somebody listens to, an attribute has flags.  What
 * is called is Python: a method of the session, of the manager's hooks or of
 * the attribute's property (see _core.pyi).
 *
 * A listener may do anything; callers have finished what they were about, or
 * look again afterwards.  All functions need the GIL.
 */
#ifndef CRM_EVENTS_H
#define CRM_EVENTS_H

#include "core/objects/state.h"

/* crm_session.events, SessionBase._event_mask */
enum {
    CRM_SE_BEFORE_ATTACH = 1 << 0,
    CRM_SE_AFTER_ATTACH = 1 << 1, /* and transient_to_pending or
                                     detached_to_persistent */
    CRM_SE_LEAVE = 1 << 2,        /* …_to_transient, …_to_detached */
    CRM_SE_LOADED = 1 << 3,       /* loaded_as_persistent */
};

/* crm_manager.events, ClassManager.event_mask */
enum {
    CRM_ME_REFRESH = 1 << 0,
    CRM_ME_EXPIRE = 1 << 1,
    CRM_ME_PICKLE = 1 << 2,
    CRM_ME_UNPICKLE = 1 << 3,
};

/* session._fire(name, obj): 0, or -1 with the listener's exception. */
int crm_session_fire(crm_session *session, const char *name, PyObject *obj);
/* Takes an object out of its session, and tells. `transient`: its identity
 * goes, too. */
int crm_session_leave(crm_session *session, crm_state *state, int transient);

/* manager.hooks.<name>(obj, arg): 0, or -1. */
int crm_manager_fire(crm_manager *manager, const char *name, PyObject *obj,
                     PyObject *arg);
/* Slots of a row that the state does not hold, and of an expired state those
 * of its relationships: a new list. */
PyObject *crm_missing_slots(const crm_state *state, const crm_layout *layout);

/* The changes of an attribute that listeners are called for from here. */
typedef enum {
    CRM_AE_SET,
    CRM_AE_APPEND,
    CRM_AE_REMOVE,
    CRM_AE_PRESENT, /* append_wo_mutation: a member is added once more */
    CRM_AE_COUNT_
} crm_attr_event;

/* crm_attr.heard is a tuple: for each crm_attr_event the listeners that are
 * called before what follows from a change (CRM_ATTR_LISTENERS) and those
 * called after it (CRM_ATTR_LATE_LISTENERS), then what makes an event token of
 * (prop, op), the property, a tuple of its own tokens by CRM_OP_* and one of
 * what makes values of those that were loaded (CRM_ATTR_TRACKED).  Listeners
 * are a tuple of callables each with a bool behind it: whether the result is
 * the value that is to be used. */
enum {
    CRM_HEARD_MAKE = 2 * CRM_AE_COUNT_,
    CRM_HEARD_PROP,
    CRM_HEARD_TOKENS,
    CRM_HEARD_LOADED,
    CRM_HEARD_SIZE
};

/* 0 if an object is such a tuple, else -1 with TypeError. */
int crm_check_listeners(PyObject *heard);

/* Calls the listeners of a change as fn(obj, value[, old], token); *value
 * (owned) may be replaced. `old` may be NULL. 0, or -1 with the exception of a
 * listener. */
int crm_attr_fire(const crm_attr *attr, crm_attr_event event, PyObject *obj,
                  int late, const crm_initiator *by, PyObject **value,
                  PyObject *old);

/* Calls a method of an attribute's property as method(obj, value), whose
 * result takes the place of *value (owned): of the rarer events. 0, or -1. */
int crm_attr_tell(PyObject *prop, const char *method, PyObject *obj,
                  PyObject **value);

/* A value of an attribute with CRM_ATTR_TRACKED, which was decoded or loaded,
 * on its way into its slot: steals `value`; what its listeners make of it, each
 * called as fn(obj, value), or NULL with an exception. */
PyObject *crm_attr_loaded(crm_state *state, uint16_t slot, PyObject *value);

#endif /* CRM_EVENTS_H */
