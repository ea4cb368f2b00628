/* plan.h: an executable statement (_core.Plan).
 *
 * SQL text, one bind slot per parameter marker, and, for statements that return
 * rows, the program that turns them into Python objects.  Immutable once made
 * and shared by connections and threads (under the GIL).
 */
#ifndef CRM_PLAN_H
#define CRM_PLAN_H

#include <stdbool.h>

#include "core/values/codec.h"
#include "core/core.h"

typedef struct crm_program crm_program; /* hydrate.h */

typedef struct {
    uint32_t index; /* which of the values given at execution */
    crm_codec codec;
    bool as_text; /* see crm_cell */
} crm_bind;

typedef struct crm_plan {
    PyObject_HEAD
    crm_core *core;
    uint64_t id;    /* unique in the process; key of statement caches */
    PyObject *sql;  /* owned str: as programs, logs and errors see it */
    PyObject *wire; /* owned str: as the driver gets it, often the same */
    /* owned str or NULL, both or none: see crm_driver.offer */
    PyObject *arrays, *guard;
    PyObject *names; /* owned tuple of str, one per bind, or NULL: parameters
                        are shown by name */
    bool typed;      /* the driver takes typed cells (dates, decimals, …) */
    bool json_text;  /* JSON is shown as its text, for all that */
    crm_bind *binds;
    size_t nbinds;
    crm_program *program; /* owned, NULL: rows come as the driver gives them */
} crm_plan;

/* As crm_encode(), of a value of a bind. */
static inline int
crm_bind_encode(const crm_plan *plan, const crm_bind *bind, PyObject *value,
                crm_cell *cell, PyObject **keep)
{
    int status =
        crm_encode(plan->core, &bind->codec, plan->typed, value, cell, keep);
    cell->as_text = bind->as_text;
    return status;
}

/* The values of an execution as logs and errors show them, in the order of the
 * binds: what each bind's type makes of its value.  A new tuple, or a dict by
 * the plan's names; NULL with an exception if a type refuses a value. */
PyObject *crm_plan_encode(crm_plan *plan, PyObject *const *values,
                          size_t nvalues);
/* A tuple of shown values as the plan shows them: itself, or a dict.  Steals
 * `shown`, which may be NULL. */
PyObject *crm_plan_show(crm_plan *plan, PyObject *shown);

#endif /* CRM_PLAN_H */
