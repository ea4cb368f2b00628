/* json.h: what json.loads() and json.dumps() do, without their Python code,
 * which runs three to five frames for each value.
 *
 * The module's own scanner and encoder, which are C, are called where a value
 * is all that they need to know; anything else, and every error, is the
 * functions'.  Where CPython has no such scanner or encoder the functions are
 * called for all.  Both functions need the GIL; they may run any code. */
#ifndef CRM_JSON_H
#define CRM_JSON_H

#include "core/core.h"

/* json.loads(document): a new reference, or NULL with an exception. */
PyObject *crm_json_loads(crm_core *core, PyObject *document);

/* json.dumps(value), a new str, or NULL with an exception. */
PyObject *crm_json_dumps(crm_core *core, PyObject *value);

#endif /* CRM_JSON_H */
