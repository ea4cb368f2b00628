/* raise.h: what a driver says of a failure, as an exception of its DB-API
 * module.
 *
 * The module's function error(name, text, condition, about) makes it: name is
 * that of a class of the DB-API; condition the SQLSTATE, or what SQLite calls
 * the failure, or ""; about a dict from PG_DIAG_* code to text, or SQLite's
 * number of the failure, or None of what the core itself refuses.
 *
 * The functions need the GIL and return -1 with an exception set: the one
 * asked for, or the one that kept it from being made (MemoryError, or what the
 * module raises).  They borrow what they are given.
 */
#ifndef CRM_RAISE_H
#define CRM_RAISE_H

#include "connection.h"

/* Sets the exception for err: of the class that the module has for the SQLSTATE
 * or for the kind of failure, with the codes and diagnostics that the driver
 * has; MemoryError when memory was out; the one that is set already when a
 * signal's handler raised.  Notes a disconnect. */
int crm_connection_raise(crm_connection *self, const crm_error *err);
/* Sets an exception of the DB-API class `name`. */
int crm_connection_error(crm_connection *self, const char *name,
                         const char *format, ...);
/* 0 if the driver is `able`; else -1 with NotSupportedError, which says that it
 * has no `what`. */
int crm_connection_able(crm_connection *self, bool able, const char *what);

#endif /* CRM_RAISE_H */
