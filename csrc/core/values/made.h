/* made.h: what the functions of types made of values that were shown to a log
 * or to listeners, for the run that follows: they are called once a statement.
 *
 * Values are shown in passes, each in the order of the rows and of the plan's
 * parameters, and taken by the run in the same order.  What does not come to be
 * run is to be cleared: a value may be another by the time that it is given
 * again.  All functions need the GIL. */
#ifndef CRM_MADE_H
#define CRM_MADE_H

#include "core/engine/plan.h"

/* All owned. */
typedef struct {
    PyObject *codec; /* the argument of a PYTHON codec */
    PyObject *value, *made;
} crm_made_item;

typedef struct {
    crm_made_item *items;
    size_t count, room;
    size_t shown; /* how many the pass has come to */
    size_t taken; /* how many the run has */
} crm_made;

void crm_made_clear(crm_made *self);
int crm_made_traverse(crm_made *self, visitproc visit, void *arg);

/* A pass begins: over what was shown before and has not been run, or over
 * another statement. */
void crm_made_begin(crm_made *self);

/* What the function of a PYTHON codec makes of a value, or made of it in the
 * pass before: a new reference, NULL with its exception. */
PyObject *crm_made_show(crm_made *self, const crm_codec *codec,
                        PyObject *value);

/* crm_made_encode(), where something was shown. */
int crm_made_encode_shown(crm_made *self, const crm_plan *plan,
                          const crm_bind *bind, PyObject *value, crm_cell *cell,
                          PyObject **keep);

/* As crm_bind_encode(), with what was made of the value if it was shown. */
static inline int
crm_made_encode(crm_made *self, const crm_plan *plan, const crm_bind *bind,
                PyObject *value, crm_cell *cell, PyObject **keep)
{
    return self->count == 0
               ? crm_bind_encode(plan, bind, value, cell, keep)
               : crm_made_encode_shown(self, plan, bind, value, cell, keep);
}

#endif /* CRM_MADE_H */
