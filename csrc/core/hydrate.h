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

#include "codec.h"
#include "entity.h"
#include "page.h"
#include "plan.h"

typedef struct {
    crm_layout *layout;  /* owned; NULL col entries for unloaded slots */
    uint16_t *pk_cols;   /* npk columns of the row that hold the key */
    uint16_t npk;
    int32_t parent;      /* index of the entity it is joined to, or -1 */
    uint16_t parent_slot; /* relationship slot it feeds there */
    uint8_t collection;  /* that slot is a collection */
    uint8_t eager_cols;  /* has PYTHON codecs: decode at load */
} crm_entity_op;

typedef struct {
    uint8_t is_entity;
    uint16_t index;  /* entity, or column */
    crm_codec codec; /* columns */
} crm_item_op;

struct crm_program {
    crm_entity_op *entities;
    size_t nentities;
    crm_item_op *items; /* what one result row is made of */
    size_t nitems;
    uint8_t scalar;   /* a result row is its single item, not a Row */
    uint8_t unique;   /* collections are joined: rows of one leading entity
                         collapse to one result row */
    PyObject *keys;   /* owned tuple of str: names of the items */
    PyObject *index;  /* owned dict: name -> position */
};

/* From the Python description (see Plan in _core.pyi); NULL with an
 * exception. */
crm_program *crm_program_new(crm_core *core, PyObject *description);
void crm_program_free(crm_program *program);
int crm_program_traverse(crm_program *program, visitproc visit, void *arg);

enum { CRM_POPULATE_EXISTING = 1 };

/* State of one execution that outlives a batch of pages (which collections were
 * begun, which leading rows were seen).  Opaque; one per cursor. */
typedef struct crm_hydration crm_hydration;
crm_hydration *crm_hydration_new(crm_program *program, crm_session *session,
                                 int flags);
void crm_hydration_free(crm_hydration *h);
int crm_hydration_traverse(crm_hydration *h, visitproc visit, void *arg);

/* Turns rows [first, last) of a page into result objects appended to `out` (a
 * list).  0, or -1 with an exception; what was already made stays valid. */
int crm_hydrate_page(crm_hydration *h, crm_page *page, uint32_t first,
                     uint32_t last, PyObject *out);

#endif /* CRM_HYDRATE_H */
