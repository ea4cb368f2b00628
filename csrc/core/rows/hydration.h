/* hydration.h: the state of one hydration, shared by hydrate.c (the loops),
 * fromrow.c (the entity of a row), joined.c (what eager joins feed) and
 * unique.c (what was given out).  All functions need the GIL.
 */
#ifndef CRM_HYDRATION_H
#define CRM_HYDRATION_H

#include "core/core.h"

#include "plain/addrset.h"
#include "hydrate.h"
#include "core/objects/state.h"

/* A collection being filled by this execution. */
typedef struct {
    PyObject *parent;     /* owned: keeps the address its own */
    PyObject *collection; /* owned, or NULL: was loaded before, is left alone */
    uint8_t indexed;      /* its members are in `members` */
} crm_fill;

/* Where one entity operation is. */
typedef struct {
    crm_map *map;      /* identity map of the class */
    PyObject *current; /* owned: the entity of this row, or NULL */
    uint8_t fresh;     /* it was made for this row, not found */
    uint8_t keyed;     /* it is an Entity with an integer key: a row of that may
                          do without looking it up */
    PyObject *parent;  /* borrowed from fills: the last one fed, or NULL */
    uint32_t fill;     /* its number */
    PyObject *fed;     /* scalar: the parent last fed; an address only */
} crm_op_state;

struct crm_hydration {
    crm_core *core;
    crm_program *program; /* borrowed */
    crm_keys *row_keys;   /* borrowed: the program's, or those set */
    crm_session *session; /* borrowed */
    PyObject *token;      /* borrowed; NULL: none */
    crm_op_state *ops;    /* one per entity of the program */
    int flags;
    uint8_t unique;
    uint8_t reconstruct; /* some class has a reconstructor */
    crm_fill *fills;
    uint32_t nfills, cap_fills;
    crm_addrset parents;   /* (parent, op) -> number of its fill */
    crm_addrset members;   /* (member, fill) */
    crm_addrset populated; /* states overwritten in this execution */
    crm_addrset given;     /* entities already given out, with `unique` */
    PyObject *last_given;  /* borrowed from kept: the newest, or NULL */
    PyObject *kept;        /* owned list: what `populated` and `given` name */
    PyObject *given_rows;  /* owned set of tuples: the same for rows */
    PyObject *last_key;    /* owned: what a brief row began with, or NULL */
    uint64_t last_word;    /* its value */
};

/* Some column of the row is not loaded in the (not expired) state. */
static inline int
crm_state_lacks(const crm_state *state, const crm_layout *layout)
{
    uint16_t count = Py_MIN(layout->ncols, state->nslots);
    int same = state->layout == layout && state->page != NULL;
    if (same && !(state->flags & CRM_S_GAPS)) {
        /* All but what is loaded is in the row.  The slots, which may be in no
         * near cache, are not looked at. */
        return 0;
    }
    for (uint16_t i = 0; i < count; i++) {
        PyObject *held = state->slots[i];
        if (CRM_SLOT_HAS(held) || layout->col[i] < 0) {
            continue;
        }
        if (held == CRM_UNLOADED || (!same && !crm_state_in_row(state, i))) {
            return 1;
        }
    }
    return 0;
}

/* An object that was found needs nothing of a row. */
static inline int
crm_is_current(const crm_entity_op *op, const crm_state *state)
{
    const crm_layout *layout = op->own.layout;
    return !crm_state_is_dead(state) &&
           state->layout->manager == layout->manager &&
           !layout->manager->always_refresh && !layout->misses &&
           !(state->flags & CRM_S_EXPIRED) && !crm_state_lacks(state, layout);
}

/* The first row of an object in this execution is what the object then is. */
static inline int
crm_overwrites(const crm_hydration *h, const crm_state *state)
{
    return h->flags & CRM_POPULATE_EXISTING ||
           state->layout->manager->always_refresh;
}

/* The state of an object that a row made or found: borrowed; NULL with an
 * exception if the program took it away. */
static inline crm_state *
crm_hydrated(const crm_hydration *h, PyObject *obj)
{
    crm_state *state = crm_state_of(h->core, obj);
    if (state == NULL) {
        crm_raise_unmapped(h->core, obj);
    }
    return state;
}
static inline crm_manager *
crm_hydrated_manager(const crm_hydration *h, PyObject *obj)
{
    crm_state *state = crm_hydrated(h, obj);
    return state == NULL ? NULL : state->layout->manager;
}

/* Keeps an object until the hydration ends: 0, or -1. */
int crm_hydration_keep(crm_hydration *h, PyObject *obj);

/* The entity of a row, found or made; ops[index].fresh tells which.  A new
 * reference; None if there is none; NULL with an exception. */
PyObject *crm_load_entity(crm_hydration *h, size_t index, crm_page *page,
                          uint32_t row);
/* Completes the error of a value that cannot be decoded: what it was of. */
void crm_hydration_blame(const char *what, PyObject *name);

/* Entity operation `index` found or made `entity` (None: the row has none) for
 * the row of `parent`: it enters the parent's attribute.  0, or -1 with an
 * exception. */
int crm_feed_collection(crm_hydration *h, size_t index, PyObject *parent,
                        PyObject *entity);
int crm_feed_scalar(crm_hydration *h, size_t index, PyObject *parent,
                    PyObject *entity);

/* Whether an entity, or a row or a column's value, comes for the first time: 1,
 * 0, or -1 with an exception. */
int crm_is_new_entity(crm_hydration *h, PyObject *entity);
int crm_is_new_result(crm_hydration *h, PyObject *result);

#endif /* CRM_HYDRATION_H */
