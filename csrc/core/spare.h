/* spare.h: the memory of entities that died, kept for the next ones.
 *
 * When a large result dies whole the allocator gives its arenas back to the
 * system, and the next result has every page of them mapped and cleared anew: a
 * fifth of the time of loading 100,000 objects and dropping them.  Only of
 * objects that held plain values: the collector does not count what is used
 * again, so that it would run too seldom where objects are in cycles.  All
 * functions need the GIL.
 */
#ifndef CRM_SPARE_H
#define CRM_SPARE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* Objects with more slots than that are not kept. */
#define CRM_SPARE_SLOTS 64
/* When more bytes come back in turn they were of a result that this is no help
 * to: all are freed.  As much as the pages that are kept (page.h). */
#define CRM_SPARE_BYTES ((size_t)15 * 1024 * 1024)

struct crm_entity;

typedef struct {
    struct crm_entity *free[CRM_SPARE_SLOTS + 1]; /* by slots; see spare.c */
    size_t bytes;
    int over; /* too many came back, and none was asked for since */
} crm_spares;

/* An uninitialized object of a type with `nslots` slots, as
 * PyObject_GC_NewVar() makes it; NULL with MemoryError. */
struct crm_entity *crm_spare_take(crm_spares *spares, PyTypeObject *type,
                                  uint16_t nslots);
/* Takes the memory of a dead and untracked object. */
void crm_spare_put(crm_spares *spares, struct crm_entity *dead);
void crm_spares_clear(crm_spares *spares);

#endif /* CRM_SPARE_H */
