/* collection_impl.h: what collection.c and set.c share. */
#ifndef CRM_COLLECTION_IMPL_H
#define CRM_COLLECTION_IMPL_H

#include "collection.h"

/* Whom a collection reports to. */
typedef struct {
    crm_state *owner; /* borrowed; NULL: nobody */
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

crm_tie *crm_tie_of(PyObject *collection);

/* The owner, kept alive during an operation. */
typedef struct {
    crm_state *state;
    PyObject *obj; /* owned, NULL: nobody */
    uint16_t slot;
} crm_hold;

/* True if there is an owner. */
int crm_hold_open(crm_hold *hold, PyObject *collection);
void crm_hold_close(crm_hold *hold);
/* As crm_rel_fire_*; without an owner nothing happens. */
PyObject *crm_fire_append(crm_hold *hold, PyObject *member,
                          const crm_initiator *from);
int crm_fire_remove(crm_hold *hold, PyObject *member,
                    const crm_initiator *from);

int crm_set_add(PyObject *set, crm_hold *hold, PyObject *member,
                const crm_initiator *from);
int crm_set_init(crm_core *core, PyObject *module);

#endif /* CRM_COLLECTION_IMPL_H */
