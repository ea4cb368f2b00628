/* result.h: what an execution gives back (_core.Cursor, _core.Row).
 *
 * All functions need the GIL.
 */
#ifndef CRM_RESULT_H
#define CRM_RESULT_H

#include "core/engine/connection.h"
#include "core/objects/entity.h"
#include "core/engine/plan.h"
#include "present.h"

/* In `flags` of crm_cursor_new, beside CRM_POPULATE_EXISTING: the run stopped
 * with CRM_MORE.  The cursor then owns the busy statement: it continues it with
 * crm_connection_fetch and gives it back with crm_connection_release. */
enum {
    CRM_CURSOR_MORE = 1 << 8
};

/* A new cursor over the rows of one run, or NULL with an exception.
 *
 * rows: its contents are stolen (left empty) in every case.
 * present: what it notes is taken over (left NULL) on success.
 * outcome: what else the run left; its statement is kept with CRM_CURSOR_MORE
 * alone, and on success.  session may be NULL if the program has no entities.
 * stream: rows of one driver fetch, 0: all at once. */
PyObject *crm_cursor_new(crm_connection *conn, crm_plan *plan,
                         crm_session *session, crm_rows *rows,
                         crm_present *present, const crm_outcome *outcome,
                         int flags, Py_ssize_t stream);

#endif /* CRM_RESULT_H */
