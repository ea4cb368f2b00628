/* adopted.h: a driver (driver.h) that runs statements through a DB-API
 * connection which the program has made.
 *
 * The connection is the attribute `connection` of the Connection's `dbapi`, an
 * AdoptedConnection (cormorant/engine/adopted.py), which does what is done once
 * a statement or less.  Everything the driver does is Python: it takes the GIL
 * for each call, and what the connection raises is left set
 * (CRM_E_INTERRUPTED).  Anything foreign may run in each of its functions.
 */
#ifndef CRM_ADOPTED_H
#define CRM_ADOPTED_H

#include "core/core.h"

/* Adds the driver's capsule to the module, as `adopted_driver`: 0, or -1 with
 * an exception. */
int crm_adopted_init(crm_core *core, PyObject *module);

#endif /* CRM_ADOPTED_H */
