/* adoptedrows.h: rows of a DB-API cursor of the program's, into pages.
 *
 * A value goes into a cell by its class: what databases have, and what
 * converters make of dates, numbers and UUIDs (adoptedvalues.h).
 */
#ifndef CRM_ADOPTEDROWS_H
#define CRM_ADOPTEDROWS_H

#include "core/engine/connection.h"

/* The columns of a run. */
typedef struct {
    PyObject *names; /* tuple of str */
    PyObject *kinds; /* bytes: a crm_adopted_kind for each */
} crm_adopted_columns;

/* Fills *made with owned references to what the cursor of a connection, `typed`
 * or not, says of its columns, none if it gives no rows: 0, or -1 with an
 * exception. */
int crm_adopted_columns_of(crm_connection *owner, PyObject *cursor, bool typed,
                           crm_adopted_columns *made);

/* An attribute of a cursor as a number: `missing` if it has none, or it is
 * none.  -1 with an exception if asking raises, else 0. */
int crm_adopted_number(PyObject *cursor, const char *name, int64_t missing,
                       int64_t *number);

/* Appends up to max_rows rows of a cursor that has executed a statement, whose
 * columns are borrowed: CRM_MORE, CRM_DONE, or CRM_FAIL with an exception, when
 * rows read so far stay in `rows`.  Needs the GIL; runs code of the program. */
int crm_adopted_read(crm_connection *owner, PyObject *cursor,
                     const crm_adopted_columns *columns, crm_rows *rows,
                     size_t max_rows);

#endif /* CRM_ADOPTEDROWS_H */
