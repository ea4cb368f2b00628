/* spare.c: the memory of dead entities.  See spare.h.
 *
 * What is kept is a chain for each number of slots, through the words that held
 * the instance dictionaries.
 */
#include "entity.h"

static size_t
size_of(uint16_t nslots)
{
    return sizeof(crm_entity) + nslots * sizeof(PyObject *);
}

crm_entity *
crm_spare_take(crm_spares *spares, PyTypeObject *type, uint16_t nslots)
{
    spares->over = 0;
    crm_entity *found = nslots <= CRM_SPARE_SLOTS ? spares->free[nslots] : NULL;
    if (found == NULL) {
        return PyObject_GC_NewVar(crm_entity, type, nslots);
    }
    spares->free[nslots] = (crm_entity *)found->dict;
    spares->bytes -= size_of(nslots);
    PyObject_InitVar((PyVarObject *)found, type, nslots);
    return found;
}

void
crm_spare_put(crm_spares *spares, crm_entity *dead)
{
#ifndef CRM_DEBUG /* the allocator knows of uses after the end */
    uint16_t nslots = dead->state.nslots;
    if (!spares->over && nslots <= CRM_SPARE_SLOTS &&
        !PyObject_GC_IsFinalized((PyObject *)dead)) {
        /* Its class may be gone by the time that it is freed, which reads from
         * the class what is in front of the object: the same as of a tuple. */
        Py_SET_TYPE((PyObject *)dead, &PyTuple_Type);
        dead->dict = (PyObject *)spares->free[nslots];
        spares->free[nslots] = dead;
        spares->bytes += size_of(nslots);
        if (spares->bytes > CRM_SPARE_BYTES) {
            crm_spares_clear(spares);
            spares->over = 1;
        }
        return;
    }
#else
    (void)spares;
#endif
    PyObject_GC_Del(dead);
}

void
crm_spares_clear(crm_spares *spares)
{
    for (size_t i = 0; i <= CRM_SPARE_SLOTS; i++) {
        while (spares->free[i] != NULL) {
            crm_entity *entity = spares->free[i];
            spares->free[i] = (crm_entity *)entity->dict;
            PyObject_GC_Del(entity);
        }
    }
    spares->bytes = 0;
}
