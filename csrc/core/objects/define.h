/* define.h: what a mapper tells of its class, and where its attributes are
 * kept.
 *
 * All functions need the GIL.
 */
#ifndef CRM_DEFINE_H
#define CRM_DEFINE_H

#include "entity.h"

/* Gives a new manager, without attributes so far, those of its base in the same
 * slots, and a reference to it: 0, or -1 with an exception; what it has by then
 * goes with the manager. */
int crm_attributes_inherit(crm_manager *self, crm_manager *base);
/* Lets go of the attributes and of their memory, as the last thing of a manager
 * that nobody asks for them any more. */
void crm_attributes_free(crm_manager *self);

/* The methods of ClassManager; _core.pyi says what they take and give. */
extern PyMethodDef crm_manager_methods[];

#endif /* CRM_DEFINE_H */
