/* state.h: what attribute.c, relate.c, collection.c and session.c share about
 * a mapped object besides entity.h.  All functions need the GIL.
 */
#ifndef CRM_STATE_H
#define CRM_STATE_H

#include "entity.h"

/* ---- what few objects need: crm_ext, kept by history.c ------------------- */

/* The value a slot had at the last flush. */
typedef struct {
    PyObject *old; /* owned; core->no_value: it was not loaded.  Of a
                      collection: a list of its members */
    uint16_t slot;
} crm_change;

/* Changes of a collection that is not loaded, merged when it is. */
typedef struct {
    PyObject *added;   /* owned list */
    PyObject *removed; /* owned list */
    uint16_t slot;
} crm_pending;

/* What is known of one parent under a delete-orphan cascade. */
typedef struct {
    const void *prop;   /* the relationship, as an identity only */
    const void *parent; /* the parent's state, as an identity only; NULL: it
                           was taken away from its last parent */
    uint8_t keyed;      /* that parent had an identity */
} crm_parent;

struct crm_ext {
    PyObject *options; /* owned or NULL: loader options; None: those of the
                          statement no longer count */
    PyObject *token;   /* owned or NULL: of the identity, or to be */
    crm_change *changes;
    crm_pending *pendings;
    crm_parent *parents;
    uint16_t nchanges, cap_changes;
    uint16_t npendings;
    uint16_t nparents;
};

/* The ext of a state, made on first use; NULL with MemoryError. */
crm_ext *crm_state_ext(crm_state *state);
/* The loader options an object was loaded with: borrowed, or NULL. */
PyObject *crm_state_options(const crm_state *state);
/* Frees it and everything in it.  May run arbitrary code through Py_DECREF. */
void crm_ext_free(crm_ext *ext);
/* Forgets history and pending changes; loader options, parents and the token
 * stay. */
void crm_state_reset_ext(crm_state *state);
int crm_ext_traverse(crm_ext *ext, visitproc visit, void *arg);

/* ---- slots ------------------------------------------------------------ */

static inline crm_manager *
crm_state_manager(const crm_state *state)
{
    return state->layout->manager;
}

static inline const crm_attr *
crm_state_attr(const crm_state *state, uint16_t slot)
{
    return &state->layout->manager->attrs[slot];
}

/* The object a slot holds now: borrowed; NULL (row or nothing) or CRM_UNLOADED.
 * Never decodes. */
PyObject *crm_state_held(crm_state *state, uint16_t slot);
/* Puts `value` (a stolen reference, or NULL, or CRM_UNLOADED) into a slot and
 * drops what was there, last of all.  0, or -1 with an exception (only for an
 * attribute the class got after the object was made). */
int crm_state_put(crm_state *state, uint16_t slot, PyObject *value);
/* Lets the collector see the holder. */
void crm_state_track(crm_state *state);
/* Whether the object must be tracked when it holds `value`. */
int crm_needs_tracking(const crm_core *core, PyObject *value);

/* The slot of the same attribute in another class's manager, or -1. */
int crm_slot_in(crm_manager *manager, crm_manager *of, uint16_t slot);

/* ---- history ---------------------------------------------------------- */

crm_change *crm_state_change(crm_state *state, uint16_t slot);
/* Records the old value of a slot unless one is recorded: takes over the
 * reference to `old`.  0, or -1 with MemoryError. */
int crm_state_record(crm_state *state, uint16_t slot, PyObject *old);
/* Forgets the history of one slot. */
void crm_state_forget(crm_state *state, uint16_t slot);
crm_pending *crm_state_pending(crm_state *state, uint16_t slot);
/* The same, made if it is not there; NULL with MemoryError. */
crm_pending *crm_state_need_pending(crm_state *state, uint16_t slot);
void crm_state_drop_pending(crm_state *state, uint16_t slot);
/* (added, unchanged, deleted) lists in a tuple; new reference. */
PyObject *crm_state_history(crm_state *state, uint16_t slot);
/* The same as a History of orm.attributes, with () for what is empty. */
PyObject *crm_state_shown_history(crm_state *state, uint16_t slot);
/* The lists, never loading an old value (CRM_ATTR_DEFERRED_HISTORY). */
PyObject *crm_state_history_known(crm_state *state, uint16_t slot);
/* Whether a column's value is another than the one before: 1, 0, or -1 with an
 * exception. */
int crm_state_differs(crm_state *state, uint16_t slot);
/* Whether a column's value is the same to the program as an old one: 1, 0, or
 * -1 with an exception.  Runs its code. */
int crm_state_same(crm_state *state, uint16_t slot, PyObject *now,
                   PyObject *old);

/* ---- parents (delete-orphan) ------------------------------------------ */

int crm_state_set_parent(crm_state *child, const void *prop, crm_state *parent,
                         int has);
/* As far as is known: a loaded object that nothing was said about has none. */
int crm_state_known_parent(const crm_state *child, const void *prop);
int crm_state_has_parent(const crm_state *child, const void *prop);
/* Some class keeps such objects only while they have a parent, and this one has
 * none. */
int crm_state_is_orphan(crm_state *state);

/* ---- identity --------------------------------------------------------- */

/* Which of several databases the object is a row of: borrowed; NULL: nobody has
 * said. */
static inline PyObject *
crm_state_token(const crm_state *state)
{
    return state->ext == NULL ? NULL : state->ext->token;
}
/* Says so (NULL or None: no more); the state must not be in a map of another
 * token.  0, or -1 with MemoryError. */
int crm_state_set_token(crm_state *state, PyObject *token);
/* The map of a session that a state is in, or will be: borrowed, or NULL with
 * an exception. */
crm_map *crm_session_map_of(crm_session *session, crm_state *state);

/* The key of a state, for the identity map: *own is what keeps it alive (a new
 * reference) or NULL.  0, or -1 with an exception when a hash failed, which may
 * run any code, or the state has no identity. */
int crm_state_map_key(crm_state *state, crm_key *key, PyObject **own);
/* How many values of a tuple are None. */
Py_ssize_t crm_key_count_none(PyObject *values);
/* Mapper.allow_partial_pks, which mappers have by default: 1, 0, or -1 with an
 * exception. */
int crm_allows_partial_key(crm_manager *manager);
/* A key from the primary key values of a class (a tuple of npk): *own is what
 * keeps it alive (a new reference) or NULL.  1; 0 if all values are None; -1
 * with an exception. */
int crm_key_from_values(crm_manager *manager, PyObject *values, crm_key *key,
                        PyObject **own);
/* The same for one value of a one-column key. */
int crm_key_from_value(crm_manager *manager, PyObject *value, crm_key *key,
                       PyObject **own);
/* Takes the identity away; the state must not be in a map. */
void crm_state_drop_key(crm_state *state);
/* Out of its identity map, at the price of a search if need be.  A hash may run
 * code, which finds the object there, unless it is dying, but in no other way.
 */
void crm_state_leave_map(crm_state *state);

/* ---- attribute.c ------------------------------------------------------ */

/* Reads as the program does (loads, makes empty collections): new reference. */
PyObject *crm_attr_get(crm_state *state, uint16_t slot);
/* True for a column that had no value when its object was inserted; one that is
 * mapped as deferred is loaded all the same. */
int crm_attr_never_given(crm_state *state, uint16_t slot);
/* Whether the row of an object was never given the key that a relationship
 * follows: emptied again it refers to as little as before.  Cannot fail. */
int crm_state_refers_nowhere(crm_state *state, uint16_t slot);
/* The same, without an autoflush before it. */
PyObject *crm_attr_get_quietly(crm_state *state, uint16_t slot);
/* What the database has for a relationship of a persistent object: new
 * reference; nothing is stored. */
PyObject *crm_attr_load_old(crm_state *state, uint16_t slot);
/* Assigns as the program does; value NULL: deletes. */
int crm_attr_set(crm_state *state, uint16_t slot, PyObject *value);

/* ---- relate.c (and crm_rel_member: side.c) ---------------------------- */

/* What began a chain of events, so that it ends where it started. */
typedef struct {
    const void *prop; /* the relationship's property, as an identity */
    int op;           /* CRM_OP_* */
    /* the object's class, as an identity: it is there alone that a chain ends
     */
    const void *manager;
} crm_initiator;

enum {
    CRM_OP_APPEND = 1,
    CRM_OP_REMOVE,
    CRM_OP_REPLACE,
    CRM_OP_BULK
};

/* Assigns a scalar relationship.  value NULL: delete it.  `check_old`, if not
 * NULL, is what must be there for the change to take place.  `from` NULL: the
 * program's own act. */
int crm_rel_set(crm_state *state, uint16_t slot, PyObject *value,
                PyObject *check_old, const crm_initiator *from);
/* Replaces a collection by the members of any iterable of the right kind. */
int crm_rel_replace(crm_state *state, uint16_t slot, PyObject *value);
/* Deletes a collection attribute. */
int crm_rel_delete(crm_state *state, uint16_t slot);
/* Before a member enters a collection: hooks, back reference, history, cascade.
 * New reference to the member to store, NULL with an exception. */
PyObject *crm_rel_fire_append(crm_state *state, uint16_t slot, PyObject *value,
                              const crm_initiator *from);
/* When a member is added that is there already: listeners and cascade only. */
int crm_rel_fire_present(crm_state *state, uint16_t slot, PyObject *value,
                         const crm_initiator *from);
/* Before a member leaves a collection. */
int crm_rel_fire_remove(crm_state *state, uint16_t slot, PyObject *value,
                        const crm_initiator *from);

/* A member comes to (add) or leaves a collection that is not kept loaded. */
int crm_rel_member(crm_state *state, uint16_t slot, PyObject *value, int add);

/* Before a collection changes in another way: history and mark. */
int crm_rel_changes(crm_state *state, uint16_t slot);

/* ---- session.c -------------------------------------------------------- */

/* save-update: brings obj and what it cascades to into the session. */
int crm_session_add(crm_session *session, PyObject *obj);
int crm_session_contains(crm_session *session, crm_state *state);
/* Leaves its session altogether; may drop the last reference but the
 * caller's. */
void crm_session_detach(crm_state *state);

/* The slot of `descr`, if it is an attribute whose C setter is not overridden,
 * in the object's class; else -1. */
int crm_attribute_slot(crm_core *core, PyObject *descr, crm_state *state);
/* The name of a class without its module. */
const char *crm_type_name(PyTypeObject *type);
/* inspected.c: what cormorant.inspect(obj) gives: new reference. */
PyObject *crm_instance_state(crm_core *core, PyObject *obj);
/* The mapped object that a foreign one stands for, which gives that object's
 * `_sa_instance_state` for its own: new reference.  NULL if it stands for
 * none, with an exception only if asking failed.  Runs Python (attributes of
 * `obj`). */
PyObject *crm_stood_for(crm_core *core, PyObject *obj);
int crm_inspected_init(PyObject *module);
/* Add functions to the module, 0 or -1 with an exception: those on an object as
 * a whole, with the constants, and those on one attribute of an object. */
int crm_state_api_init(crm_core *core, PyObject *module);
int crm_slot_api_init(PyObject *module);

/* Runs the hook that completes the mapping before the first object is made: 0,
 * or -1 with an exception, also if there is to be none. */
int crm_manager_complete(crm_manager *manager);
/* Sets attributes, mapped or not, of a dict, as the constructor does: 0, or -1
 * with an exception. */
int crm_entity_set_by_name(PyObject *self, crm_state *state, PyObject *given);

/* What holders of states share: the collector's functions ... */
int crm_entity_traverse(crm_entity *self, visitproc visit, void *arg);
int crm_entity_clear(crm_entity *self);
/* ... and the first and the last thing when one goes: nobody finds it in its
 * session any more; it lets go of everything but its layout, which it gives. */
void crm_entity_leave(crm_entity *self);
crm_layout *crm_entity_empty(crm_entity *self);

/* Gives a freshly mapped class the fast versions of the slots it inherits, and
 * Entity's `__dict__`: 0, or -1 with an exception. */
int crm_entity_prepare_class(crm_core *core, PyTypeObject *cls);
/* tp_setattro of the classes below Entity that have no __setattr__ of their
 * own. */
int crm_entity_setattro(PyObject *self, PyObject *name, PyObject *value);

/* exc.UnmappedInstanceError for obj; returns NULL. */
PyObject *crm_raise_unmapped(crm_core *core, PyObject *obj);
/* dictview.c: the live dict of obj.__dict__. */
PyObject *crm_view_new(crm_core *core, PyObject *obj);
/* obj.__dict__ = dict. */
int crm_view_assign(crm_core *core, PyObject *obj, PyObject *dict);
int crm_view_init(crm_core *core, PyObject *module);
/* The dict of attributes that are not mapped: a new reference; NULL without an
 * exception if there is none and none is to be made.  That of an object with a
 * box has the box in it. */
PyObject *crm_state_unmapped(crm_state *state, int make);
/* Puts every loaded attribute by its name into a dict that has no others: 0, or
 * -1 with an exception. */
int crm_state_fill(crm_state *state, PyObject *dict);
/* Whether a dict has all of that and one item more: 1, 0, or -1 with an
 * exception. */
int crm_state_filled(crm_state *state, PyObject *dict);
/* The same as crm_state_fill into a new dict. */
PyObject *crm_state_dict(crm_state *state);

/* pickling.c: __getstate__ and __setstate__; what of a state is not an
 * attribute's value, as a dict. */
PyObject *crm_entity_getstate(crm_core *core, PyObject *self);
PyObject *crm_entity_setstate(crm_core *core, PyObject *self, PyObject *given);
PyObject *crm_state_info(crm_state *state);

#endif /* CRM_STATE_H */
