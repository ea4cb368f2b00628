/* spare.c: the memory of dead entities and rows.  See spare.h.
 *
 * What is kept is a chain for each number of slots, through the words that held
 * the instance dictionaries, and one for each number of items, through those
 * that held the keys.
 */
#include "entity.h"
#include "row.h"

static size_t
entity_size(uint16_t nslots)
{
    return sizeof(crm_entity) + nslots * sizeof(PyObject *);
}

static size_t
row_size(Py_ssize_t count)
{
    return sizeof(crm_row) + (size_t)count * sizeof(PyObject *);
}

crm_entity *
crm_spare_entity(crm_spares *spares, PyTypeObject *type, uint16_t nslots)
{
    spares->over = 0;
    crm_entity *found =
        nslots <= CRM_SPARE_SLOTS ? spares->entities[nslots] : NULL;
    if (found == NULL) {
        return PyObject_GC_NewVar(crm_entity, type, nslots);
    }
    spares->entities[nslots] = (crm_entity *)found->dict;
    spares->bytes -= entity_size(nslots);
    PyObject_InitVar((PyVarObject *)found, type, nslots);
    return found;
}

crm_row *
crm_spare_row(crm_spares *spares, PyTypeObject *type, Py_ssize_t count)
{
    spares->over = 0;
    crm_row *found = count <= CRM_SPARE_SLOTS ? spares->rows[count] : NULL;
    if (found != NULL) {
        spares->rows[count] = (crm_row *)found->tagged;
        spares->bytes -= row_size(count);
    }
    else {
        found = PyObject_Malloc(row_size(count));
        if (found == NULL) {
            return (crm_row *)PyErr_NoMemory();
        }
    }
    (void)PyObject_Init((PyObject *)found, type);
    return found;
}

#ifndef CRM_DEBUG
/* Counts what was put; frees all when that is too much. */
static void
keep(crm_spares *spares, size_t size)
{
    spares->bytes += size;
    if (spares->bytes > CRM_SPARE_BYTES) {
        crm_spares_clear(spares);
        spares->over = 1;
    }
}
#endif

void
crm_spare_put_entity(crm_spares *spares, crm_entity *dead)
{
#ifndef CRM_DEBUG /* the allocator knows of uses after the end */
    uint16_t nslots = dead->state.nslots;
    if (!spares->over && nslots <= CRM_SPARE_SLOTS &&
        !PyObject_GC_IsFinalized((PyObject *)dead)) {
        /* Its class may be gone by the time that it is freed, which reads from
         * the class what is in front of the object: the same as of a tuple. */
        Py_SET_TYPE((PyObject *)dead, &PyTuple_Type);
        dead->dict = (PyObject *)spares->entities[nslots];
        spares->entities[nslots] = dead;
        keep(spares, entity_size(nslots));
        return;
    }
#else
    (void)spares;
#endif
    PyObject_GC_Del(dead);
}

void
crm_spare_put_row(crm_spares *spares, crm_row *dead, Py_ssize_t count)
{
#ifndef CRM_DEBUG
    if (!spares->over && count <= CRM_SPARE_SLOTS) {
        dead->tagged = (uintptr_t)spares->rows[count];
        spares->rows[count] = dead;
        keep(spares, row_size(count));
        return;
    }
#else
    (void)spares;
    (void)count;
#endif
    PyObject_Free(dead);
}

void
crm_spares_clear(crm_spares *spares)
{
    for (size_t i = 0; i <= CRM_SPARE_SLOTS; i++) {
        while (spares->entities[i] != NULL) {
            crm_entity *entity = spares->entities[i];
            spares->entities[i] = (crm_entity *)entity->dict;
            PyObject_GC_Del(entity);
        }
        while (spares->rows[i] != NULL) {
            crm_row *row = spares->rows[i];
            spares->rows[i] = (crm_row *)row->tagged;
            PyObject_Free(row);
        }
    }
    spares->bytes = 0;
}
