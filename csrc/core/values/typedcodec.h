/* typedcodec.h: parameters for drivers that take typed cells.
 *
 * A driver whose database has types on the wire (crm_plan.typed) is given a
 * date as a date and a Decimal as a number, where SQLite gets text.  All
 * functions need the GIL.
 */
#ifndef CRM_TYPEDCODEC_H
#define CRM_TYPEDCODEC_H

#include "codec.h"

/* As crm_encode for a value without a type: the cell that its class says. */
int crm_typed_encode(crm_core *core, PyObject *value, crm_cell *cell,
                     PyObject **keep);

#endif /* CRM_TYPEDCODEC_H */
