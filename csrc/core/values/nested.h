/* nested.h: compound values: arrays, ranges, multiranges, maps.
 *
 * All functions need the GIL.
 */
#ifndef CRM_NESTED_H
#define CRM_NESTED_H

#include "codec.h"

/* The object of a compound cell (ARRAY, RANGE, MULTIRANGE, MAP), its elements
 * decoded by `item`: nested lists (tuples with `tuples`), Range, MultiRange,
 * dict.  A new reference; NULL with an exception. */
PyObject *crm_nested_decode(crm_core *core, const crm_codec *item, int tuples,
                            const crm_cell *cell);

/* The object of an array that a driver has left as text, as drivers do where
 * they know nothing of the elements' type: of one dimension, its elements
 * decoded by `item` from texts; a list, or a tuple with `tuples`.  A new
 * reference; NULL with an exception. */
PyObject *crm_nested_parse(crm_core *core, const crm_codec *item, int tuples,
                           const crm_cell *cell);

/* The text PostgreSQL reads as an array, of nested lists or tuples whose
 * elements are encoded by `item`: a new str; NULL with an exception, the status
 * of crm_encode in *status. */
PyObject *crm_nested_text(crm_core *core, const crm_codec *item,
                          PyObject *value, int *status);

/* A str between double quotes, those within it and backslashes escaped: a new
 * str, or NULL with an exception. */
PyObject *crm_quoted(PyObject *text);

/* A cell of a list or tuple whose elements no column's type stands for: LIST,
 * or TEXT of a record.  As crm_encode. */
int crm_nested_untyped(crm_core *core, PyObject *value, crm_cell *cell,
                       PyObject **keep);

#endif /* CRM_NESTED_H */
