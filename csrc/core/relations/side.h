/* side.h: one side of a relationship, and what a change of it entails for
 * others: listeners, the other side, the session, orphans.
 *
 * All of this may run the program's code, which can drop the last reference to
 * what is related and replace what an attribute holds: a side that is open
 * keeps its object alive, and the caller keeps the values.  Functions need the
 * GIL; those that return int give 0, or -1 with an exception, unless they say
 * otherwise.  What was done before a failure stays done.
 */
#ifndef CRM_SIDE_H
#define CRM_SIDE_H

#include "events.h"
#include "core/objects/state.h"

/* One relationship of one object, kept alive across foreign code. */
typedef struct {
    crm_state *state;
    crm_manager *manager; /* of the object */
    PyObject *obj;        /* owned */
    PyObject *prop;       /* owned */
    crm_manager *target;  /* owned or NULL */
    int32_t reverse;      /* slot in target, or -1 */
    uint16_t slot;
    uint16_t flags;
    uint8_t kind;
    uint8_t chosen; /* a collection of a class that the program chose */
} crm_side;

/* Cannot fail; crm_side_close is due. */
void crm_side_open(crm_side *self, crm_state *state, uint16_t slot);
void crm_side_close(crm_side *self);

/* Whether the validator of this side is called for a change that `from` began.
 */
int crm_side_has_events(const crm_side *self, const crm_initiator *from);
/* Calls the listeners of this side that are called before (late: after) what
 * follows from a change; they may replace the owned *value. */
int crm_side_fire(const crm_side *self, crm_attr_event event, int late,
                  const crm_initiator *from, PyObject **value, PyObject *old);
/* The same where what the listeners return does not matter. */
int crm_side_tell(const crm_side *self, crm_attr_event event, int late,
                  const crm_initiator *from, PyObject *value);

/* A value that stands for an object, neither None nor unknown (NULL is
 * allowed).  Cannot fail. */
int crm_side_is_object(const crm_side *self, PyObject *value);
/* The state of a related object, borrowed from it: NULL with the AttributeError
 * that a foreign object causes. */
crm_state *crm_side_state_of(const crm_side *self, PyObject *value);
/* The same of an owned value about to be stored; one that stands for an object
 * is replaced by that. */
crm_state *crm_side_admit(const crm_side *self, PyObject **value);

/* Tells the other side of `value` that it is related now. */
int crm_side_relate(const crm_side *self, PyObject *value,
                    const crm_initiator *from);
/* Tells the other side of `value` that it is not related any more (replacing:
 * since another object comes in its place). */
int crm_side_unrelate(const crm_side *self, PyObject *value,
                      const crm_initiator *from, int replacing);

/* Warns of a change of an object whose session is at the statements of a flush,
 * which will not see it; `what` names the change. */
int crm_side_warn(const crm_side *self, const char *what);
/* save-update: what is attached to an object of a session enters it; not if it
 * comes from the other side. */
int crm_side_cascade_in(const crm_side *self, PyObject *value,
                        const crm_initiator *from);
/* delete-orphan: a pending object that lost its parent leaves the session; any
 * other is marked if `remember`. */
int crm_side_cascade_out(const crm_side *self, crm_state *state, int remember);
/* Notes that `value` has, or has not, this side's object for its parent, where
 * that matters to the relationship. */
int crm_side_set_parent(const crm_side *self, PyObject *value, int has);
/* single_parent: the program may not give an object that has an owner to a
 * second one.  A back reference may. */
int crm_side_check_single(const crm_side *self, PyObject *value, PyObject *old,
                          const crm_initiator *from);

#endif /* CRM_SIDE_H */
