/* collection_impl.h: what collection.c, list.c and set.c share.  All functions
 * need the GIL. */
#ifndef CRM_COLLECTION_IMPL_H
#define CRM_COLLECTION_IMPL_H

#include "collection.h"

/* Whom a collection reports to. */
typedef struct {
    crm_state *owner;  /* borrowed; NULL: nobody */
    crm_manager *lost; /* owned: of an owner that died with nothing changed;
                          else NULL */
    PyObject *astray;  /* owned or NULL: weak reference to the object whose
                          attribute it was until a row was made of it */
    uint16_t slot;
    uint8_t implicit; /* made by reading an attribute without a value, and not
                         used since: as if it were not there */
} crm_tie;

typedef struct {
    PyListObject list;
    crm_tie tie;
} crm_list;

typedef struct {
    PySetObject set;
    crm_tie tie;
} crm_set;

/* The tie of a collection of any kind: borrowed from it; NULL without an
 * exception if it has none. */
crm_tie *crm_tie_of(crm_core *core, PyObject *collection);

/* The owner, kept alive during an operation. */
typedef struct {
    crm_state *state;
    PyObject *obj;     /* owned, NULL: nobody */
    crm_manager *lost; /* the tie's: changes are refused */
    uint16_t slot;
    uint8_t returned; /* the collection had gone astray: it goes again if
                         nothing is changed */
} crm_hold;

/* True if there is an owner; `collection` is one of this module's own kinds. */
int crm_hold_open(crm_hold *hold, PyObject *collection);
/* The same for a tie, which may be NULL.  A `collection` (or NULL) that has
 * gone astray is its object's again. */
int crm_hold_tie(crm_hold *hold, crm_tie *tie, PyObject *collection);
void crm_hold_close(crm_hold *hold);
/* Before a change whose member is not known yet: as crm_rel_changes. */
int crm_hold_changes(crm_hold *hold);
/* As crm_rel_fire_*; without an owner nothing happens, but
 * ObjectDereferencedError if the owner is lost. */
PyObject *crm_fire_append(crm_hold *hold, PyObject *member,
                          const crm_initiator *from);
int crm_fire_remove(crm_hold *hold, PyObject *member,
                    const crm_initiator *from);

/* What a collection is made of. */
typedef enum {
    CRM_SHAPE_NONE = -1,  /* not a collection: TypeError is set */
    CRM_SHAPE_LIST = 0,   /* a list, by its own functions */
    CRM_SHAPE_SET = 1,    /* a set */
    CRM_SHAPE_KEYED = 2,  /* a dict with keyfunc: keyed.c */
    CRM_SHAPE_FOREIGN = 3 /* by the methods that have the roles */
} crm_shape;

/* *roles: new reference or NULL. */
crm_shape crm_shape_of(crm_core *core, PyObject *collection, PyObject **roles);

/* Appends to one of this module's lists, with events. */
int crm_list_include(PyObject *list, PyObject *member,
                     const crm_initiator *from);
int crm_list_init(crm_core *core, PyObject *module);

/* Adds to or takes out of one of this module's sets, with events. */
int crm_set_include(PyObject *set, PyObject *member, const crm_initiator *from);
int crm_set_exclude(PyObject *set, PyObject *member, const crm_initiator *from);
int crm_set_init(crm_core *core, PyObject *module);

#endif /* CRM_COLLECTION_IMPL_H */
