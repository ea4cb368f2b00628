/* hydrate.h: hydration programs and their interpreter.
 *
 * A program says, for one kind of row, which entities start at which columns,
 * where their keys are, which attributes they feed, and what one result row is
 * made of.  One loop interprets it for whole pages: plain entities, column
 * tuples, mixtures and joined eager loads are all programs.  All functions need
 * the GIL.
 */
#ifndef CRM_HYDRATE_H
#define CRM_HYDRATE_H

#include "core/values/codec.h"
#include "core/objects/entity.h"
#include "plain/page.h"
#include "core/engine/plan.h"
#include "polymorphic.h"
#include "row.h"

typedef struct {
    crm_shape own;         /* of the class itself */
    crm_polymorphic *poly; /* owned: the row says which class, or NULL */
    crm_manager *of;       /* owned: the class whose relationship it feeds */
    uint16_t *pk_cols;     /* npk columns of the row that hold the key */
    uint16_t npk;
    uint16_t parent_slot; /* relationship slot it feeds in its parent */
    int32_t parent;       /* index of the entity it is joined to, or -1 */
    uint8_t collection;   /* that slot is a collection */
    uint8_t int_key;      /* the key may be one integer: the fast way */
    uint8_t split;        /* poly has classes of several identity maps */
    uint8_t partial_key;  /* a composite key may be NULL in part */
} crm_entity_op;

typedef struct {
    uint8_t is_entity;
    uint16_t index;  /* entity, or column */
    crm_codec codec; /* columns */
} crm_item_op;

struct crm_program {
    crm_core *core;
    crm_entity_op *entities;
    size_t nentities;
    crm_item_op *items; /* what one result row is made of */
    size_t nitems;
    uint32_t ncols;      /* columns a row must have at least */
    uint8_t typed;       /* its rows have typed cells */
    uint8_t cyclic;      /* likely that an item can be part of a cycle */
    uint8_t scalar;      /* a result row is its single item, not a Row */
    uint8_t unique;      /* a result equal to an earlier one is left out:
                            entities by identity, columns by value */
    uint8_t collections; /* some entity feeds a collection: results are whole
                            only when every row was read */
    crm_keys *row_keys;  /* owned: names of the items */
    PyObject *keys;      /* borrowed from row_keys: tuple of str */
    uint64_t last_rows;  /* how many its last result had, see present.h */
};

/* From the Python description (see Plan in _core.pyi); NULL with an
 * exception. */
crm_program *crm_program_new(crm_core *core, PyObject *description, int typed);
/* The program of rows as the driver gives them, named by a tuple of str. */
crm_program *crm_program_plain(crm_core *core, PyObject *names);
void crm_program_free(crm_program *program);
int crm_program_traverse(crm_program *program, visitproc visit, void *arg);

/* How entities are made of rows, and rows of them. */
enum {
    /* what the row says replaces what an object has, and its changes */
    CRM_POPULATE_EXISTING = 1,
    /* rows stand for objects that the session has: nothing is made (None) nor
     * filled */
    CRM_ONLY_KNOWN = 2,
    /* no row is skipped for an object that has it all (present.h): what an
     * object has may change until the rows are fetched */
    CRM_READ_ALL = 4,
    /* the caller drops the rows before their objects go anywhere: the collector
     * is not told of them */
    CRM_BRIEF_ROWS = 8,
    /* with CRM_POPULATE_EXISTING: columns that the row does not have are
     * expired, rather than kept */
    CRM_EXPIRE_MISSING = 16,
    /* with CRM_POPULATE_EXISTING: the rows complete objects that others have
     * filled just before, whose relationships stay as they are */
    CRM_KEEP_RELATED = 32
};

/* State of one execution that outlives a batch of pages (which collections were
 * begun, which results were seen).  Opaque; one per cursor, which owns program,
 * session and token and keeps them longer. */
typedef struct crm_hydration crm_hydration;
/* NULL with an exception; session may be NULL if there are no entities. `token`
 * (borrowed, NULL: none) is what the entities are told apart by besides their
 * keys. */
crm_hydration *crm_hydration_new(crm_program *program, crm_session *session,
                                 PyObject *token, int flags);
void crm_hydration_free(crm_hydration *h);
int crm_hydration_traverse(crm_hydration *h, visitproc visit, void *arg);
/* Whether equal results are left out; before the first page. */
void crm_hydration_set_unique(crm_hydration *h, int unique);
/* What the rows share instead of the program's keys, of as many items; borrowed
 * until the hydration ends. Before the first page. */
void crm_hydration_set_keys(crm_hydration *h, crm_keys *keys);
/* Forgets which existing objects were populated, between the chunks of a
 * stream: what was seen is kept alive until then. */
void crm_hydration_next_chunk(crm_hydration *h);
/* Makes room in the identity maps for `count` rows: 0, or -1. */
int crm_hydration_reserve(crm_hydration *h, uint64_t count);

/* Turns rows [first, last) of a page into result objects appended to `out` (a
 * list); with `first_item`, each is its first item instead of a Row.  0, or -1
 * with an exception; what was already made stays valid. */
int crm_hydrate_page(crm_hydration *h, crm_page *page, uint32_t first,
                     uint32_t last, int first_item, PyObject *out);

#endif /* CRM_HYDRATE_H */
