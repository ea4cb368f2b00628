/* timecodec.h: dates and times as cells hold them.
 *
 * Text is ISO 8601 as SQLAlchemy stores it in SQLite; typed cells count days or
 * microseconds (cell.h).  All functions need the GIL.
 */
#ifndef CRM_TIMECODEC_H
#define CRM_TIMECODEC_H

#include "plain/cell.h"
#include "core/core.h"

typedef enum {
    CRM_TIME_DATETIME,
    CRM_TIME_DATE,
    CRM_TIME_TIME,
} crm_time_kind;

/* Loads Python's datetime; once, before anything else here. */
int crm_time_init(void);

/* The object of a typed cell (DATE, TIME, TIMESTAMP, INTERVAL, TIMETZ, MOMENT);
 * a new reference, NULL with ValueError or OverflowError if it is outside of
 * what Python can hold. */
PyObject *crm_time_from_cell(crm_core *core, const crm_cell *cell);

/* The object that text means: what `fromisoformat` of its class says, without
 * calling it for the form that is stored. */
PyObject *crm_time_parse(crm_time_kind kind, const char *text, size_t len);

/* The text that is stored for a value, a new str; NULL with TypeError if the
 * value is not of a class that this kind stores. */
PyObject *crm_time_format(crm_time_kind kind, PyObject *value);

/* The typed cell of a datetime, date, time or timedelta: 1; 0 if the value is
 * none of these; -1 with an exception.  An aware datetime becomes a moment in
 * UTC.  *keep as for crm_encode. */
int crm_time_to_cell(PyObject *value, crm_cell *cell, PyObject **keep);

/* A new str for exactly a datetime.datetime or datetime.date without a type, as
 * the standard library's sqlite3 adapts them; NULL without an exception for any
 * other object. */
PyObject *crm_time_adapt(PyObject *value);

#endif /* CRM_TIMECODEC_H */
