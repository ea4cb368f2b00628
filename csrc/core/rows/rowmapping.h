/* rowmapping.h: a row as a read-only mapping (_core.RowMapping).  All functions
 * need the GIL. */
#ifndef CRM_ROWMAPPING_H
#define CRM_ROWMAPPING_H

#include "row.h"

/* The item a key (name, or what RowKeys.lookup knows) has: a new reference, or
 * NULL with exc.NoSuchColumnError or exc.InvalidRequestError (ambiguous). */
PyObject *crm_row_by_key(crm_row *row, PyObject *key);
/* 1, 0, or -1 with an exception. */
int crm_row_has_key(crm_row *row, PyObject *key);
/* The items by name, a new dict; NULL with an exception. */
PyObject *crm_row_dict(crm_row *row);

/* A mapping over a row; NULL with MemoryError. */
PyObject *crm_row_mapping_new(crm_core *core, crm_row *row);

int crm_row_mapping_init(crm_core *core, PyObject *module);

#endif /* CRM_ROWMAPPING_H */
