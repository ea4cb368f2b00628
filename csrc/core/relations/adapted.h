/* adapted.h: collections of classes that are not this module's.  All functions
 * need the GIL and return 0 or -1 with an exception unless said otherwise;
 * `roles` are the class's as crm_shape_of gave them. */
#ifndef CRM_ADAPTED_H
#define CRM_ADAPTED_H

#include "collection_impl.h"

/* An `_sa_initiator` argument.  `from` points into the struct itself and
 * borrows the property from the argument. */
typedef struct {
    const crm_initiator *from;
    crm_initiator initiator;
    int silent; /* no events */
} crm_origin;

/* Reads None, False or a token (NULL is None); TypeError for anything else. */
int crm_origin_read(crm_core *core, PyObject *given, crm_origin *origin);

/* The tie of a collection, which owns it: NULL, never with an exception, if it
 * has none.  Keeps an exception that is set. */
crm_tie *crm_adapted_tie(crm_core *core, PyObject *collection);
/* The tie of a collection that goes astray learns which that is. */
void crm_adapted_stray(crm_tie *tie, PyObject *collection);
/* Gives a new collection a tie. */
int crm_adapted_bind(crm_core *core, PyObject *collection);

/* Adds or takes one member without events, or with what follows from it; a
 * member that is not there is taken without an error. */
int crm_adapted_load(crm_core *core, PyObject *collection, PyObject *roles,
                     PyObject *member);
int crm_adapted_unload(crm_core *core, PyObject *collection, PyObject *roles,
                       PyObject *member);
int crm_adapted_add(crm_core *core, PyObject *collection, PyObject *roles,
                    PyObject *member, const crm_initiator *from);
int crm_adapted_take(crm_core *core, PyObject *collection, PyObject *roles,
                     PyObject *member, const crm_initiator *from);
/* Members as a new list, NULL with an exception. */
PyObject *crm_adapted_members(PyObject *collection, PyObject *roles);
/* Passes a status on; what a removal of an absent member raises is dropped. */
int crm_forgive_absent(int status);

/* keyed.c: the same of a dict whose keys a function gives, by its keyfunc. */
int crm_keyed_load(crm_core *core, PyObject *dict, PyObject *member);
int crm_keyed_unload(crm_core *core, PyObject *dict, PyObject *member);
int crm_keyed_add(crm_core *core, PyObject *dict, PyObject *member,
                  const crm_initiator *from);
int crm_keyed_take(crm_core *core, PyObject *dict, PyObject *member,
                   const crm_initiator *from);

int crm_adapted_init(crm_core *core, PyObject *module);
int crm_keyed_init(crm_core *core, PyObject *module);

#endif /* CRM_ADAPTED_H */
