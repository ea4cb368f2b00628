/* spare.c: the memory of dead entities and rows.  See spare.h.
 *
 * What is kept is a chain for each number of slots, through the words that held
 * the instance dictionaries, and one for each number of items, through those
 * that held the keys; all else is closed (poison.h).
 */
#include "entity.h"
#include "plain/poison.h"
#include "core/rows/row.h"

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

/* Has the processor fetch what is taken next, which was last used by the result
 * before: it is in no near cache, and where the one behind it lies stands in
 * it. */
static inline void
fetch_ahead(const void *next, size_t size)
{
    for (size_t at = 0; next != NULL && at < size; at += 64) {
        __builtin_prefetch((const char *)next + at, 1);
    }
}

/* Takes the first entity of a chain that is not empty. */
static crm_entity *
take_entity(crm_spares *spares, uint16_t nslots)
{
    crm_entity *first = spares->entities[nslots];
    spares->entities[nslots] = (crm_entity *)first->dict;
    crm_open_memory(first, entity_size(nslots));
    fetch_ahead(first->dict, entity_size(nslots));
    return first;
}

/* As take_entity(), a row. */
static crm_row *
take_row(crm_spares *spares, Py_ssize_t count)
{
    crm_row *first = spares->rows[count];
    spares->rows[count] = (crm_row *)first->tagged;
    crm_open_memory(first, row_size(count));
    fetch_ahead((const void *)first->tagged, row_size(count));
    return first;
}

crm_entity *
crm_spare_entity(crm_spares *spares, PyTypeObject *type, uint16_t nslots)
{
    spares->over = 0;
    if (nslots > CRM_SPARE_SLOTS || spares->entities[nslots] == NULL) {
        return PyObject_GC_NewVar(crm_entity, type, nslots);
    }
    crm_entity *found = take_entity(spares, nslots);
    spares->bytes -= entity_size(nslots);
    PyObject_InitVar((PyVarObject *)found, type, nslots);
    return found;
}

crm_row *
crm_spare_row(crm_spares *spares, PyTypeObject *type, Py_ssize_t count)
{
    spares->over = 0;
    crm_row *found;
    if (count <= CRM_SPARE_SLOTS && spares->rows[count] != NULL) {
        found = take_row(spares, count);
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

void
crm_spare_put_entity(crm_spares *spares, crm_entity *dead)
{
    uint16_t nslots = dead->state.nslots;
    if (!spares->over && nslots <= CRM_SPARE_SLOTS &&
        !PyObject_GC_IsFinalized((PyObject *)dead)) {
        /* Its class may be gone by the time that it is freed, which reads from
         * the class what is in front of the object: the same as of a tuple. */
        Py_SET_TYPE((PyObject *)dead, &PyTuple_Type);
        dead->dict = (PyObject *)spares->entities[nslots];
        spares->entities[nslots] = dead;
        crm_close_memory(dead, entity_size(nslots), &dead->dict);
        keep(spares, entity_size(nslots));
        return;
    }
    PyObject_GC_Del(dead);
}

void
crm_spare_put_row(crm_spares *spares, crm_row *dead, Py_ssize_t count)
{
    if (!spares->over && count <= CRM_SPARE_SLOTS) {
        dead->tagged = (uintptr_t)spares->rows[count];
        spares->rows[count] = dead;
        crm_close_memory(dead, row_size(count), &dead->tagged);
        keep(spares, row_size(count));
        return;
    }
    PyObject_Free(dead);
}

void
crm_spares_clear(crm_spares *spares)
{
    for (size_t i = 0; i <= CRM_SPARE_SLOTS; i++) {
        while (spares->entities[i] != NULL) {
            PyObject_GC_Del(take_entity(spares, (uint16_t)i));
        }
        while (spares->rows[i] != NULL) {
            PyObject_Free(take_row(spares, (Py_ssize_t)i));
        }
    }
    spares->bytes = 0;
}
