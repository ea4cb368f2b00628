/* keycontext.h: what the key of a statement collects on its way (structkey.c).
 * All functions need the GIL.
 */
#ifndef CRM_KEYCONTEXT_H
#define CRM_KEYCONTEXT_H

#include "core/core.h"

/* Python: _core.KeyContext */
typedef struct {
    PyListObject binds; /* the bind parameters met, in order */
    PyObject *memo;     /* owned dict: id of a construct -> its number */
    char cacheable;     /* no construct was met that has no key */
    char orm;           /* one of a mapped class was */
} crm_key_context;

/* Collects a parameter.  `token` (NULL or None: the parameter itself) is what
 * it is recognized by.  Its number if it was met before, a new reference; NULL
 * without an exception if not; NULL with one. */
PyObject *crm_key_context_meet(crm_key_context *ctx, PyObject *obj,
                               PyObject *token);

/* Adds the type and bound_values() to the module: 0, or -1 with an exception.
 */
int crm_key_context_init(crm_core *core, PyObject *module);

#endif /* CRM_KEYCONTEXT_H */
