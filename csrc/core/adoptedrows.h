/* adoptedrows.h: rows of a DB-API cursor of the program's, into pages.
 *
 * A value goes into a cell by its class: what databases have, and what
 * converters make of dates, numbers and UUIDs.
 */
#ifndef CRM_ADOPTEDROWS_H
#define CRM_ADOPTEDROWS_H

#include "connection.h"

/* Appends up to max_rows rows of a cursor that has executed a statement, whose
 * columns have these names (a tuple, borrowed): CRM_MORE, CRM_DONE, or CRM_FAIL
 * with an exception, when rows read so far stay in `rows`.  Needs the GIL; runs
 * code of the program. */
int crm_adopted_read(crm_connection *owner, PyObject *cursor, PyObject *names,
                     crm_rows *rows, size_t max_rows);

#endif /* CRM_ADOPTEDROWS_H */
