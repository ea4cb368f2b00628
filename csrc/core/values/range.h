/* range.h: PostgreSQL's ranges, made and written without the Python code of
 * their classes, which would run a frame or more for each.
 *
 * The classes are those of cormorant.dialects.postgresql.ranges.  All functions
 * need the GIL.
 */
#ifndef CRM_RANGE_H
#define CRM_RANGE_H

#include "core/core.h"

typedef struct {
    int lower_inc;
    int upper_inc;
    int empty;
} crm_range_bounds;

/* A new Range; NULL with an exception.  The collector does not track it if its
 * values cannot be part of a cycle (acyclic.h). */
PyObject *crm_range_new(crm_core *core, PyObject *lower, PyObject *upper,
                        crm_range_bounds bounds);

/* A new MultiRange of the ranges in a list; NULL with an exception. */
PyObject *crm_multirange_new(crm_core *core, PyObject *ranges);

#endif /* CRM_RANGE_H */
