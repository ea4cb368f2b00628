/* adoptedvalues.h: values of a connection that the program has made
 * (adopted.h): what it is given for a parameter, and the cell that PostgreSQL's
 * driver would have read for what it made of a value.
 *
 * All functions need the GIL, and may run foreign code.
 */
#ifndef CRM_ADOPTEDVALUES_H
#define CRM_ADOPTEDVALUES_H

#include "core/engine/connection.h"

/* What the texts of a column are, by what its cursor says of its type. */
typedef enum {
    CRM_ADOPTED_PLAIN = 0,
    CRM_ADOPTED_JSON,
    CRM_ADOPTED_UNTYPED, /* the connection has no types: numbers, text, bytes */
} crm_adopted_kind;

/* What a connection takes for parameters, as its `dbapi` says (see
 * AdoptedConnection). */
typedef struct {
    bool typed;
    bool addresses;
} crm_adopted_takes;

/* The object that the connection is given for a parameter: a new reference,
 * NULL with an exception. */
PyObject *crm_adopted_parameter(crm_core *core, const crm_cell *cell,
                                crm_adopted_takes takes);

/* A cell with its bytes. */
typedef struct {
    crm_cell cell;  /* of a tag with bytes: at `bytes`, or at those of `keep` */
    char *bytes;    /* owned: of a compound value, or NULL */
    PyObject *keep; /* owned: what has the bytes else, or NULL */
    crm_zoned zoned; /* or these are the bytes */
} crm_adopted_value;

/* Fills *made, which crm_adopted_release frees whatever came of it.  0; 1 if no
 * cell has room for a value of the class, without an exception; -1 with one. */
int crm_adopted_value_of(crm_connection *owner, PyObject *value,
                         crm_adopted_kind kind, crm_adopted_value *made);
void crm_adopted_release(crm_adopted_value *made);

#endif /* CRM_ADOPTEDVALUES_H */
