/* entity.h: mapped objects, their state and their classes.
 *
 * Declarative classes derive from Entity, a variable-sized C type: a header and
 * an embedded crm_state whose last member is one value slot per mapped
 * attribute.  Reach the state only through crm_state_of(): objects of classes
 * that do not derive from Entity carry it in a box, see boxed.h.
 *
 * All functions need the GIL.
 */
#ifndef CRM_ENTITY_H
#define CRM_ENTITY_H

#include "core/core.h"

#include "core/values/codec.h"
#include "plain/identity.h"
#include "plain/page.h"
#include "plain/ptrset.h"

typedef struct crm_manager crm_manager;
typedef struct crm_session crm_session;
typedef struct crm_layout crm_layout;
typedef struct crm_map crm_map;
typedef struct crm_ext crm_ext;

/* ---- attributes ------------------------------------------------------- */

typedef enum {
    CRM_ATTR_COLUMN = 0, /* a column's value */
    CRM_ATTR_SCALAR,     /* relationship to one object or None */
    CRM_ATTR_COLLECTION, /* relationship to many: list or set */
} crm_attr_kind;

enum {
    CRM_ATTR_PRIMARY_KEY = 1 << 0,
    CRM_ATTR_ACTIVE_HISTORY = 1 << 1, /* load the old value before a change */
    CRM_ATTR_CASCADE_SAVE = 1 << 2,   /* save-update cascade */
    CRM_ATTR_EVENTS = 1 << 3,         /* validators or listeners: call impl */
    CRM_ATTR_VIEWONLY = 1 << 4,
    CRM_ATTR_DELETE_ORPHAN = 1 << 5,
    CRM_ATTR_SET = 1 << 6, /* collection is a set, else a list */
    CRM_ATTR_CASCADE_DELETE = 1 << 7,
    CRM_ATTR_SINGLE_PARENT = 1 << 8,    /* a member has one owner */
    CRM_ATTR_DEFERRED_HISTORY = 1 << 9, /* scalar relationship: an old value
                                           that is not known is loaded when its
                                           history is asked for */
    CRM_ATTR_DEFERRED = 1 << 11,        /* a column mapped as deferred; a
                                           collection that is never loaded */
    CRM_ATTR_LISTENERS = 1 << 12,       /* listeners: see events.h */
    CRM_ATTR_LATE_LISTENERS = 1 << 13,
    CRM_ATTR_INIT_LISTENERS = 1 << 14, /* of values made for want of one, of
                                          collections made and replaced */
    CRM_ATTR_TRACKED = 1 << 15,        /* loaded values pass through the
                                          property: see events.h */
    CRM_ATTR_OWN_EVENTS = 1 << 10, /* of a relationship: its validator is not
                                      called for what the other side began */
};

/* Flags that listeners have set: an attribute that is defined again keeps
 * them. */
#define CRM_ATTR_STICKY                                                       \
    (CRM_ATTR_LISTENERS | CRM_ATTR_LATE_LISTENERS | CRM_ATTR_INIT_LISTENERS | \
     CRM_ATTR_TRACKED | CRM_ATTR_ACTIVE_HISTORY)

typedef struct {
    PyObject *name;  /* interned str, owned */
    PyObject *prop;  /* the Python property (MapperProperty), owned */
    crm_codec codec; /* columns: on SQLite, */
    crm_codec typed; /* and in rows with typed cells, where that differs */
    uint8_t kind;    /* crm_attr_kind */
    uint8_t has_typed;
    uint16_t flags;    /* CRM_ATTR_* */
    uint16_t slot;     /* == its index in manager->attrs */
    PyObject *compare; /* columns: owned callable(now, old) that tells whether
                          two values are the same, or NULL: by == */
    /* relationships: */
    uint8_t loads_pending; /* of objects without a row as well */
    crm_manager *target;   /* owned: the related class, NULL until set */
    int32_t reverse;       /* slot of the other side in target, or -1 */
    /* many-to-one by one column to the target's one-column primary key: the
     * slot of that foreign key, so that a lazy load first looks into the
     * identity map; else -1. */
    int32_t fk_slot;
    PyObject *factory;    /* owned callable() that makes a collection, or NULL:
                             this module's list or set */
    PyTypeObject *class_; /* owned: what the factory makes, NULL if unknown */
    PyObject *heard;      /* owned tuple: who listens, see events.h; or NULL */
} crm_attr;

/* ---- a mapped class (Python: _core.ClassManager) ---------------------- */

struct crm_manager {
    PyObject_HEAD
    crm_core *core;
    PyObject *class_; /* owned: a type; class and manager are a cycle */
    PyObject *mapper; /* owned: the Python Mapper, or None */
    PyObject *loader; /* owned callable: loads unloaded attributes; see
                         ClassManager.loader in _core.pyi */
    PyObject *names;  /* owned dict: attribute name -> int slot */
    crm_attr *attrs;  /* nattrs of them, in the newest of the blocks */
    uint16_t nattrs;
    uint16_t room; /* for so many */
    struct crm_attr_block *blocks;
    uint16_t npk;
    uint16_t *pk;           /* slots of the primary key columns, in order */
    crm_manager *root;      /* owned (or self, borrowed): whose identity map */
    crm_manager *base;      /* owned: the class it inherits from, or NULL. Its
                               attributes have the same slots here. */
    PyObject *identity;     /* owned or NULL: value that new objects have in */
    uint16_t identity_slot; /* this slot: the discriminator */
    uint8_t abstract;       /* polymorphic_abstract: no object is made */
    uint8_t boxed;          /* the class does not derive from Entity */
    uint8_t int_key;        /* one-column key with an INTEGER codec */
    uint8_t has_reconstructor;
    uint8_t legacy_is_orphan; /* an object is an orphan without any parent, not
                                 without one of them */
    uint8_t always_refresh;   /* every row that comes overwrites its object */
    PyObject *reconstructor;  /* owned callable(obj) or NULL */
    PyObject *configure;      /* owned callable() or NULL: run once before the
                                 first object is made, resets itself */
    PyObject *shown;          /* of a root, owned callable(obj) or NULL: called
                                 before what is loaded is shown as a dict */
    PyObject *hooks;          /* owned or NULL: what calls listeners */
    uint8_t events;           /* CRM_ME_*: which methods of hooks are called */
    PyObject *orphans;        /* owned list or NULL: properties of other classes
                                 whose delete-orphan cascade covers this one */
    crm_layout *bare;         /* owned: layout of objects without a row */
    PyObject *weakrefs;
};

/* What decodes one attribute in the rows of one program, where that is not what
 * decodes it elsewhere. */
typedef struct {
    uint16_t slot;
    crm_codec codec; /* owned */
} crm_slot_codec;

/* Where the attributes of a loaded entity stand in its row.  Shared by all
 * entities one program creates; reference-counted under the GIL. */
struct crm_layout {
    Py_ssize_t refs;
    crm_manager *manager;   /* owned */
    PyObject *options;      /* owned or NULL: loader options of the statement */
    crm_slot_codec *codecs; /* owned: attributes that are another expression */
    PyObject *described;    /* owned or NULL: the tuple they were made from */
    crm_layout *variant; /* owned or NULL: the last crm_layout_with_options() */
    uint16_t ncodecs;
    uint16_t ncols; /* entries in `col`; slots beyond have no column */
    uint8_t typed;  /* rows of a plan that is typed */
    uint8_t misses; /* some `col` is CRM_COL_MISSING */
    int16_t col[];  /* slot -> column of the row, or one of: */
};

enum {
    CRM_COL_NONE = -1,    /* not in the row */
    CRM_COL_MISSING = -2, /* nor left out by an option: what has no value is to
                             be read again */
};

/* What decodes an attribute in rows of a plan that is typed, or not. */
static inline const crm_codec *
crm_attr_codec(const crm_attr *attr, int typed)
{
    return typed && attr->has_typed ? &attr->typed : &attr->codec;
}

/* What decodes an attribute in the rows of a layout: borrowed from either. */
static inline const crm_codec *
crm_layout_codec(const crm_layout *layout, const crm_attr *attr)
{
    for (uint16_t i = 0; i < layout->ncodecs; i++) {
        if (layout->codecs[i].slot == attr->slot) {
            return &layout->codecs[i].codec;
        }
    }
    return crm_attr_codec(attr, layout->typed);
}

/* Gives a new layout codecs of its own, from a tuple of (slot, code, arg): 0,
 * or -1 with an exception. */
int crm_layout_set_codecs(crm_layout *layout, PyObject *described);

/* Every col is -1; NULL with MemoryError. */
crm_layout *crm_layout_new(crm_manager *manager, uint16_t ncols);
static inline crm_layout *
crm_layout_ref(crm_layout *layout)
{
    layout->refs++;
    return layout;
}
void crm_layout_unref(crm_layout *layout);
/* The same layout with other loader options (borrowed, or NULL): a new
 * reference; NULL with an exception. */
crm_layout *crm_layout_with_options(crm_layout *layout, PyObject *options);

/* ---- state ------------------------------------------------------------ */

enum {
    CRM_S_KEY = 1 << 0,       /* has an identity key (persistent, deleted,
                                 detached) */
    CRM_S_INT_KEY = 1 << 1,   /* state->key.i, else state->key.o (owned) */
    CRM_S_IN_MAP = 1 << 2,    /* entered in state->map->ids */
    CRM_S_NEW = 1 << 3,       /* in session->new_: pending */
    CRM_S_MODIFIED = 1 << 4,  /* in session->modified */
    CRM_S_TO_DELETE = 1 << 5, /* in session->deleted: next flush deletes */
    CRM_S_DELETED = 1 << 6,   /* DELETE flushed, transaction still open */
    CRM_S_EXPIRED = 1 << 7,   /* every column attribute is to be reloaded */
    CRM_S_LOADING = 1 << 8,   /* being filled by a program */
    CRM_S_ORPHANED = 1 << 9,  /* lost its last parent outside of a session */
    CRM_S_ONCE_DELETED = 1 << 10,  /* CRM_S_DELETED before its INSERT was rolled
                                      back: only the program is told */
    CRM_S_BOXED = 1 << 11,         /* the holder is a box, not the object */
    CRM_S_LOADS_PENDING = 1 << 12, /* its relationships are loaded though it has
                                      no row */
    CRM_S_GAPS = 1 << 13, /* a slot is, or was, CRM_UNLOADED; else none is */
};

/* Bits of flags kept for uow.c: the transaction level it was inserted in. */
#define CRM_S_BORN 0xff000000u

/* A slot holds an owned object, NULL (take it from the row, else it is not
 * loaded), or CRM_UNLOADED: not loaded even if the row has the column. */
#define CRM_UNLOADED    ((PyObject *)(uintptr_t)8)
#define CRM_SLOT_HAS(v) ((uintptr_t)(v) > 8)

typedef struct {
    crm_layout *layout; /* owned; layout->manager is the class */
    crm_map *map;       /* borrowed; NULL: belongs to no session */
    crm_page *page;     /* owned reference, or NULL: no row */
    union {
        int64_t i;
        PyObject *o; /* owned: one key value, or tuple of a composite key */
    } key;
    crm_ext *ext;    /* owned, NULL until needed: see state.h */
    uint32_t flags;  /* CRM_S_* */
    uint16_t row;    /* row of page */
    uint16_t nslots; /* slots in this object: attributes added to the class
                        later are kept in the instance dict */
    PyObject *slots[];
} crm_state;

/* What a state lies in, its holder: the object itself, or a box. */
typedef struct crm_entity {
    PyObject_VAR_HEAD
    PyObject *dict;     /* unmapped attributes, NULL until one is set */
    PyObject *weakrefs; /* of a box: its object, borrowed */
    crm_state state;
} crm_entity;

/* The state of a mapped object, borrowed; NULL (no exception) if `obj` is not
 * one. */
crm_state *crm_state_of(crm_core *core, PyObject *obj);
static inline crm_entity *
crm_state_holder(const crm_state *state)
{
    return (crm_entity *)((char *)state - offsetof(crm_entity, state));
}
/* The object of a state: borrowed.  Of a state that was found, and not by its
 * object, it may be gone: ask crm_state_is_dead() first. */
static inline PyObject *
crm_state_object(const crm_state *state)
{
    crm_entity *holder = crm_state_holder(state);
    return state->flags & CRM_S_BOXED ? holder->weakrefs : (PyObject *)holder;
}
/* boxed.c: the object of a boxed state is gone, or being deallocated. */
int crm_box_is_dead(const crm_state *state);
/* The object is being deallocated, which may have been put off. */
static inline int
crm_state_is_dead(const crm_state *state)
{
    return state->flags & CRM_S_BOXED
               ? crm_box_is_dead(state)
               : Py_REFCNT((PyObject *)crm_state_holder(state)) == 0;
}
/* The manager of a mapped class or of the nearest mapped base: borrowed; NULL
 * without an exception. */
crm_manager *crm_manager_find(crm_core *core, PyTypeObject *cls);
/* A sequence of slots, of a manager or (NULL) of any: a new PyMem array, its
 * length in *count; NULL with an exception. */
uint16_t *crm_slots_from(crm_manager *manager, PyObject *sequence,
                         size_t *count);

/* Whether a class is, or inherits from, the other. */
static inline int
crm_manager_isa(const crm_manager *manager, const crm_manager *of)
{
    while (manager != NULL && manager != of) {
        manager = manager->base;
    }
    return manager != NULL;
}

/* A new object of the class without running __init__: no row, no session. Not
 * tracked by the collector.  Its state goes to *state unless that is NULL. */
PyObject *crm_entity_new(crm_manager *manager, crm_state **state);
/* The same of the layout's class, with a row: takes references to the layout
 * and the page. */
PyObject *crm_entity_of_row(crm_layout *layout, crm_page *page, uint16_t row,
                            crm_state **state);

/* The value of a slot as far as it is loaded: a new reference, decoded from the
 * row and cached when needed; NULL without an exception if it is not loaded;
 * NULL with one if it cannot be decoded.  Never emits SQL. */
PyObject *crm_state_peek(crm_state *state, uint16_t slot);
/* The same, where an empty collection that reading made is no value. */
PyObject *crm_state_loaded(crm_state *state, uint16_t slot);
/* Whether the row has a column for a slot. */
static inline int
crm_state_in_row(const crm_state *state, uint16_t slot)
{
    return state->page != NULL && slot < state->layout->ncols &&
           state->layout->col[slot] >= 0;
}
/* The raw cell of a slot that is in the row; its bytes are the page's. */
static inline crm_cell
crm_state_cell(const crm_state *state, uint16_t slot)
{
    return crm_page_cell(state->page, crm_page_row(state->page, state->row),
                         (uint32_t)state->layout->col[slot]);
}
/* Stores a loaded value without history or events; takes over the reference to
 * `value`.  Starts collector tracking when the value can be in a cycle. */
int crm_state_set_loaded(crm_state *state, uint16_t slot, PyObject *value);
/* What becomes of what an object holds when it gets a row. */
typedef enum {
    /* only unloaded slots appear */
    CRM_ROW_FILLS,
    /* loaded and unchanged slots are dropped, but columns that the row lacks
     * and options may have left out */
    CRM_ROW_REPLACES,
    /* these as well */
    CRM_ROW_EXPIRES,
    /* as CRM_ROW_REPLACES, and relationships stay */
    CRM_ROW_COMPLETES
} crm_row_use;

/* Points a state at a fresh row.  Takes a reference to the page; a value the
 * program changed and has not flushed stays. */
int crm_state_set_row(crm_state *state, crm_layout *layout, crm_page *page,
                      uint16_t row, crm_row_use use);
/* Forgets loaded values of the listed slots. */
int crm_state_forget_slots(crm_state *state, const uint16_t *slots,
                           size_t count);
/* The same, of all slots (slots == NULL) or the listed ones, and tells
 * listeners. */
int crm_state_expire(crm_state *state, const uint16_t *slots, size_t count);

/* The old value of a changed slot: borrowed; NULL if it is not changed,
 * core->no_value if it was not loaded before. For a collection: a list of the
 * old members. */
PyObject *crm_state_committed(crm_state *state, uint16_t slot);
/* Forgets history and the modified mark (after a flush). */
void crm_state_commit(crm_state *state);
/* The identity key as SQLAlchemy shows it: (class, (pk, …), token);
 * new reference or NULL with an exception; None if there is none. */
PyObject *crm_state_key(crm_state *state);
/* One value of the identity of an object that has one: as above. */
PyObject *crm_state_key_part(const crm_state *state, uint16_t at);

/* ---- session (Python: _core.SessionBase) ------------------------------ */

/* The identity map of one base table in one session; of those objects that have
 * one token, where the same keys stand for rows of several databases. */
struct crm_map {
    crm_identity *ids;    /* values: crm_state pointers, borrowed */
    crm_session *session; /* borrowed: it owns the map */
    crm_manager *root;    /* owned */
    PyObject *token;      /* owned; NULL: objects without one */
};

struct crm_session {
    PyObject_HEAD
    crm_core *core;
    crm_map **maps; /* owned array of owned maps */
    size_t nmaps;
    /* Each member is one strong reference to the object; items are crm_state
     * pointers. */
    crm_ptrset new_;
    crm_ptrset modified;
    crm_ptrset deleted;
    crm_ptrset gone;     /* borrowed states, still attached: CRM_S_DELETED,
                            another object has their identity now, or
                            CRM_S_LOADS_PENDING and not added */
    uint64_t hash_key;   /* number of the session, from 1 */
    uint64_t emptied;    /* how often all objects were taken out at once */
    unsigned int events; /* CRM_SE_*: see events.h */
    PyObject *token;     /* owned; NULL: none.  What the objects of results
                            that begin now have */
    char begun;          /* a transaction is begun: no need to ask for one */
    char tokens;         /* some object has, or may have, a token */
    char executing;      /* a flush is: relating objects warns */
};

/* The session's map for a root manager and a token (borrowed; NULL: none), made
 * on first use: borrowed; NULL with an exception (MemoryError, or one that
 * comparing tokens raised). */
crm_map *crm_session_map(crm_session *session, crm_manager *root,
                         PyObject *token);
/* The live object of a map with that identity: borrowed state, NULL without an
 * exception if there is none, with one if a key's comparison failed. */
crm_state *crm_map_get(crm_map *map, const crm_key *key);
/* Enters an object that has a key and is in no map, and in no other session,
 * into the map: 0, or -1 with an exception; it belongs where it did then.
 * Comparing keys runs code, which may do all of that itself, and is an error if
 * it leaves the object with another key or in another session. */
int crm_session_attach(crm_map *map, crm_state *state);
/* After INSERT: the pending state has its primary key in its slots; it leaves
 * `new_`, gets its identity key, enters the map and has its history cleared.
 * 0, or -1 (exc.FlushError when another object has that identity). */
int crm_session_register(crm_session *session, crm_state *state);
/* Marks a state as changed; the session then owns it until the next flush. */
int crm_session_modified(crm_state *state);

#endif /* CRM_ENTITY_H */
