/* collection.h: instrumented collections.  All functions need the GIL.
 *
 * A collection knows its owner (borrowed; cleared when the owner lets it go)
 * and tells relate.c of each member that comes or goes.
 */
#ifndef CRM_COLLECTION_H
#define CRM_COLLECTION_H

#include "core/objects/state.h"

/* An empty collection for an attribute of `state`, not yet stored: new
 * reference, NULL with an exception.  Runs the program's code: what is not
 * stored in the end is given up. */
PyObject *crm_collection_new(crm_state *state, uint16_t slot);
/* Cuts the tie to an attribute that has another value, or none: the program may
 * have kept the collection, and outlive the object with it. */
void crm_collection_give_up(crm_state *state, uint16_t slot,
                            PyObject *collection);
/* Marks a collection that reading made of nothing; the first change (or
 * crm_collection_explicit) takes the mark away. */
void crm_collection_set_implicit(crm_core *core, PyObject *collection);
void crm_collection_explicit(crm_core *core, PyObject *collection);
int crm_collection_is_implicit(crm_core *core, PyObject *obj);
/* Adds a loaded member: no events, no history.  0 or -1. */
int crm_collection_load(crm_core *core, PyObject *collection, PyObject *member);
/* The same for the members of a list.  One that the caller alone refers to may
 * be empty afterwards: its items are handed over. */
int crm_collection_load_all(crm_core *core, PyObject *collection,
                            PyObject *members);
/* Takes one occurrence out, no events; absent is no error. */
int crm_collection_unload(crm_core *core, PyObject *collection,
                          PyObject *member);
/* Cuts the tie to the owner: further changes are nobody's. */
void crm_collection_release(crm_core *core, PyObject *collection);
/* The same when the owner dies while somebody else still has the collection: if
 * the owner had no change, which its session would have kept, the next change
 * is refused. */
void crm_collection_lose(crm_state *state, uint16_t slot, PyObject *collection);
/* Before a slot lets go of an empty collection that reading made, as a row is
 * made of its object: what the program does to it is done to the object. */
void crm_collection_stray(crm_state *state, uint16_t slot,
                          PyObject *collection);
/* Ties a collection that nobody owns to an attribute of `state`; true if it is
 * that attribute's now, false if it is another's or of another kind. */
int crm_collection_adopt(PyObject *collection, crm_state *state, uint16_t slot);
/* True for collections of every kind: what has a tie. */
int crm_collection_check(crm_core *core, PyObject *obj);
/* Members as a new list. */
PyObject *crm_collection_members(crm_core *core, PyObject *collection);
/* -1 with an exception. */
Py_ssize_t crm_collection_len(crm_core *core, PyObject *collection);

/* The same with all that follows from it (relate.c); `from`: what caused it,
 * NULL: the program.  Taking what is not there is no error; a list tells of it
 * all the same. */
int crm_collection_add(crm_core *core, PyObject *collection, PyObject *member,
                       const crm_initiator *from);
int crm_collection_take(crm_core *core, PyObject *collection, PyObject *member,
                        const crm_initiator *from);

/* Plain lists, by identity. */
int crm_list_has(PyObject *list, PyObject *member);
int crm_list_discard(PyObject *list, PyObject *member);

#endif /* CRM_COLLECTION_H */
