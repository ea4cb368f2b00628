/* polymorphic.h: which class the row of a polymorphic entity makes.
 *
 * A column of the row, the discriminator, names the class.  A cell that was met
 * before is found in a hash by its raw value; a new one is decoded and looked
 * up among the identities that Python gave, so that any type can be a
 * discriminator.  All functions need the GIL.
 */
#ifndef CRM_POLYMORPHIC_H
#define CRM_POLYMORPHIC_H

#include "core/values/codec.h"
#include "core/objects/entity.h"

/* How the rows of an entity become objects of one class. */
typedef struct {
    crm_layout *layout; /* owned; col[slot] -1 where the row has no column */
    uint16_t *eager;    /* slots with PYTHON codecs: decoded at load */
    uint16_t *related;  /* relationship slots of the class */
    uint16_t neager;
    uint16_t nrelated;
} crm_shape;

/* Fills the slot lists of a shape whose layout is set: 0, or -1 with
 * MemoryError. */
int crm_shape_fill(crm_shape *shape);
void crm_shape_clear(crm_shape *shape);

typedef struct crm_polymorphic crm_polymorphic;

/* From its Python description: (column, code, arg, {identity: class number or
 * -1: the entity's own}, ((manager, cols), ...), resolve[, trusted]); see
 * _core.pyi. `own` (borrowed, outlives it) is the shape of the entity itself.
 * NULL with an exception. */
crm_polymorphic *crm_polymorphic_new(crm_core *core, PyObject *description,
                                     crm_shape *own);
void crm_polymorphic_free(crm_polymorphic *poly);
int crm_polymorphic_traverse(crm_polymorphic *poly, visitproc visit, void *arg);
/* Columns a row must have at least. */
uint32_t crm_polymorphic_ncols(const crm_polymorphic *poly);

/* The column of the discriminator. */
uint16_t crm_polymorphic_column(const crm_polymorphic *poly);
/* The shape of a row with this discriminator: borrowed.  NULL without an
 * exception if it has not been met: then crm_polymorphic_learn() finds it. */
crm_shape *crm_polymorphic_find(crm_polymorphic *poly, const crm_cell *cell);
/* The same for a new discriminator; `key` is a tuple of the row's primary key,
 * for errors.  May run user code.  NULL with an exception. */
crm_shape *crm_polymorphic_learn(crm_polymorphic *poly, const crm_cell *cell,
                                 PyObject *key);
/* The shape of objects of a class, whatever their row says; NULL (no exception)
 * if there is none. */
crm_shape *crm_polymorphic_of(crm_polymorphic *poly,
                              const crm_manager *manager);
/* Whether the row of an object that is there is taken for its own, whatever
 * class the row names. */
int crm_polymorphic_is_trusted(const crm_polymorphic *poly);
/* Whether objects of its classes are in several identity maps. */
int crm_polymorphic_is_split(const crm_polymorphic *poly);
/* Whether some class of it has a reconstructor. */
int crm_polymorphic_reconstructs(const crm_polymorphic *poly);

#endif /* CRM_POLYMORPHIC_H */
