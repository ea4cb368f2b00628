/* derivedrow.h: rows that a program makes, and its own classes of them.
 *
 * Row is a base as other classes are: objects of a derived class are made empty
 * and given keys and items once, by __init__() or from a pickle.  All functions
 * need the GIL.
 */
#ifndef CRM_DERIVEDROW_H
#define CRM_DERIVEDROW_H

#include "row.h"

typedef struct {
    crm_keys *keys;   /* owned */
    PyObject *values; /* owned tuple */
} crm_row_parts;

/* Reads what Row() was called with: (keys, values[, index]), as pickles have
 * it, or SQLAlchemy's (parent, processors, key_to_index, data).  -1 with an
 * exception, and nothing to clear. */
int crm_row_parse(crm_core *core, crm_row_parts *parts, PyObject *args,
                  PyObject *kwargs);
void crm_row_parts_clear(crm_row_parts *parts);

/* An empty row of a class that derives from Row. */
PyObject *crm_derived_row_new(crm_core *core, PyTypeObject *type);
/* __init__() of rows: fills one of a derived class. */
int crm_derived_row_init(PyObject *self, PyObject *args, PyObject *kwargs);
/* __reduce__() of one with these values, whose reference it takes over, and an
 * index (owned, or NULL: that of the names); __setstate__() takes the state. */
PyObject *crm_derived_row_reduce(crm_row *self, PyObject *values,
                                 PyObject *index);
PyObject *crm_derived_row_setstate(crm_row *self, PyObject *state);

#endif /* CRM_DERIVEDROW_H */
