/* spare.h: the memory of entities and rows that died, kept for the next ones.
 *
 * When a large result dies whole the allocator gives its arenas back to the
 * system, and the next result has every page of them mapped and cleared anew: a
 * fifth of the time of loading 100,000 objects, or rows, and dropping them.
 * Only of those that held plain values: the collector does not count what is
 * used again, so that it would run too seldom where objects are in cycles.  All
 * functions need the GIL.
 */
#ifndef CRM_SPARE_H
#define CRM_SPARE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* Objects with more slots (rows with more items) than that are not kept. */
#define CRM_SPARE_SLOTS 64
/* When more bytes come back in turn they were of a result that this is no help
 * to: all are freed.  Two large results that live at the same time leave as
 * much. */
#define CRM_SPARE_BYTES ((size_t)32 * 1024 * 1024)

struct crm_entity;
struct crm_row;

typedef struct {
    struct crm_entity
        *entities[CRM_SPARE_SLOTS + 1];        /* by slots; see spare.c */
    struct crm_row *rows[CRM_SPARE_SLOTS + 1]; /* by items */
    size_t bytes;
    int over; /* too many came back, and none was asked for since */
} crm_spares;

/* An uninitialized object of a type with `nslots` slots, as
 * PyObject_GC_NewVar() makes it; NULL with MemoryError. */
struct crm_entity *crm_spare_entity(crm_spares *spares, PyTypeObject *type,
                                    uint16_t nslots);
/* Takes the memory of a dead and untracked object. */
void crm_spare_put_entity(crm_spares *spares, struct crm_entity *dead);

/* An uninitialized object of a type, with room for `count` items and no
 * collector's header, as PyObject_New() makes it; NULL with MemoryError. */
struct crm_row *crm_spare_row(crm_spares *spares, PyTypeObject *type,
                              Py_ssize_t count);
/* Takes the memory of such a row, which is dead. */
void crm_spare_put_row(crm_spares *spares, struct crm_row *dead,
                       Py_ssize_t count);

void crm_spares_clear(crm_spares *spares);

#endif /* CRM_SPARE_H */
