/* unique.c: which results were given out before. */
#include "core/core.h"

#include "hydration.h"

int
crm_hydration_keep(crm_hydration *h, PyObject *obj)
{
    if (h->kept == NULL) {
        h->kept = PyList_New(0);
        if (h->kept == NULL) {
            return -1;
        }
    }
    return PyList_Append(h->kept, obj);
}

int
crm_is_new_entity(crm_hydration *h, PyObject *entity)
{
    if (entity == h->last_given) {
        return 0;
    }
    uint32_t unused;
    int added = crm_addrset_add(&h->given, entity, 0, 0, &unused);
    if (added < 0) {
        PyErr_NoMemory();
        return -1;
    }
    if (added && entity != Py_None && crm_hydration_keep(h, entity) < 0) {
        return -1;
    }
    h->last_given = entity;
    return added;
}

/* What stands for an item in the key of a result: entities, and beside them
 * what cannot be hashed, count by their address, which a reference keeps
 * theirs. Of rows without entities every item must be hashable. */
static PyObject *
key_part(crm_hydration *h, PyObject *item, int is_entity)
{
    if (!is_entity) {
        if (PyObject_Hash(item) != -1) {
            return Py_NewRef(item);
        }
        if (!PyErr_ExceptionMatches(PyExc_TypeError) ||
            h->program->nentities == 0) {
            return NULL;
        }
        PyErr_Clear();
    }
    if (item != Py_None && crm_hydration_keep(h, item) < 0) {
        return NULL;
    }
    return PyLong_FromVoidPtr(item);
}

int
crm_is_new_result(crm_hydration *h, PyObject *result)
{
    crm_program *program = h->program;
    if (h->given_rows == NULL) {
        h->given_rows = PySet_New(NULL);
        if (h->given_rows == NULL) {
            return -1;
        }
    }
    PyObject *key;
    if (!Py_IS_TYPE(result, h->core->row_type)) {
        key = key_part(h, result, 0);
        if (key == NULL) {
            return -1;
        }
    }
    else {
        key = PyTuple_New((Py_ssize_t)program->nitems);
        for (size_t i = 0; key != NULL && i < program->nitems; i++) {
            PyObject *item = ((crm_row *)result)->items[i];
            PyObject *part = key_part(h, item, program->items[i].is_entity);
            if (part == NULL) {
                Py_CLEAR(key);
                break;
            }
            PyTuple_SET_ITEM(key, (Py_ssize_t)i, part);
        }
        if (key == NULL) {
            return -1;
        }
    }
    Py_ssize_t before = PySet_GET_SIZE(h->given_rows);
    int failed = PySet_Add(h->given_rows, key);
    Py_DECREF(key);
    return failed < 0 ? -1 : PySet_GET_SIZE(h->given_rows) > before;
}
