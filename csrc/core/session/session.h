/* session.h: the parts of a session: session.c, cascade.c, sessionbase.c.
 *
 * An object belongs to a session while state->map is set; then it is in exactly
 * one of: its identity map (CRM_S_IN_MAP), new_ (CRM_S_NEW), gone (see
 * crm_session).  Membership in new_, modified and deleted is one strong
 * reference each.  All functions need the GIL.
 */
#ifndef CRM_SESSION_H
#define CRM_SESSION_H

#include "core/objects/state.h"

#define CRM_OFF(state, flag) ((state)->flags &= ~(uint32_t)(flag))

/* Membership of one of the session's sets and its flag (0: none to change).
 * unhold may drop the last reference. */
int crm_session_hold(crm_ptrset *set, crm_state *state, uint32_t flag);
void crm_session_unhold(crm_ptrset *set, crm_state *state, uint32_t flag);
/* 1: is to be attached, 0: is attached to this session, -1: an error, it is
 * attached to another. */
int crm_session_before_attach(crm_session *session, crm_state *state);
/* Tells the Python session that work begins, which may run listeners. */
int crm_session_autobegin(crm_session *session);
/* Enters a detached object, or one of `gone`; another one with its identity is
 * an error, after which the object belongs where it did. */
int crm_session_attach_checked(crm_session *session, crm_state *state);
/* add() of one object, without cascade. */
int crm_session_save(crm_session *session, crm_state *state);
/* Attaches an object whose relationships are loaded though it has no row, and
 * which no flush writes unless it is added. */
int crm_session_load_pending(crm_session *session, crm_state *state);
/* Whether crm_session_save() refuses a state because it was deleted. */
int crm_session_refuses(const crm_state *state);
/* The state of a mapped object; NULL with UnmappedInstanceError. */
crm_state *crm_session_mapped(crm_session *session, PyObject *obj);
/* Raises cormorant.exc.<exc_name>; the format has one %U for the object.
 * Returns -1. */
int crm_session_refuse(crm_state *state, const char *exc_name,
                       const char *format);
/* sessionbase.c: the objects of one of a session's sets, in order: a new list,
 * NULL with an exception. */
PyObject *crm_session_list(const crm_ptrset *set);
/* delete() of a persistent object whose delete cascades reach only loaded,
 * unchanged lists and objects of this session: 1; 0, with nothing done, of any
 * other; -1 with an exception. */
int crm_session_delete_loaded(crm_session *session, crm_state *state);
/* The identity of an object that is in the map comes to be another's: it stays
 * in the session, and is not found any more; may drop the last reference but
 * the caller's. 1; 0 if it does not belong to the session (any more: a hash
 * ran); -1 with MemoryError. */
int crm_session_give_way(crm_session *session, crm_state *state);
/* Gives a state an identity in place of the one it may have, in no map; takes
 * over `own`.  May run code, last of all. */
void crm_state_take_key(crm_state *state, const crm_key *key, PyObject *own);

#endif /* CRM_SESSION_H */
