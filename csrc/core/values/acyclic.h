/* acyclic.h: values of classes that the collector knows, which can be part of
 * no reference cycle all the same.  All functions need the GIL.
 */
#ifndef CRM_ACYCLIC_H
#define CRM_ACYCLIC_H

#include "uuid.h"

/* Whether whoever holds a value need not be tracked for it, though its class
 * has the collector's header: a UUID, an address, or a Range of plain values.
 * Nothing writes to them; an address or Range that a program made is tracked by
 * itself, and may hold anything. */
static inline int
crm_is_acyclic(const crm_core *core, PyObject *value)
{
    return crm_is_uuid(core, value) ||
           (((PyObject *)Py_TYPE(value) == core->range_type ||
             Py_IS_TYPE(value, core->address_types[0]) ||
             Py_IS_TYPE(value, core->address_types[1])) &&
            !PyObject_GC_IsTracked(value));
}

#endif /* CRM_ACYCLIC_H */
