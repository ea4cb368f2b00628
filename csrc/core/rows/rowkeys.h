/* rowkeys.h: what the rows of one statement share (_core.RowKeys): the names of
 * their items, and where the item of a key is.  All functions need the GIL;
 * looking for a key may run user code (hashes, `lookup`).
 */
#ifndef CRM_ROWKEYS_H
#define CRM_ROWKEYS_H

#include "core/core.h"

typedef struct {
    PyObject_HEAD
    crm_core *core;
    PyObject *items;  /* owned tuple: a str or None (no name) per item */
    PyObject *names;  /* owned tuple: those that are str */
    PyObject *index;  /* owned dict: name -> int position, -1: ambiguous */
    PyObject *lookup; /* owned callable(key) -> int or None, or NULL: finds keys
                         that are not names (columns, entities) */
    PyObject *source; /* owned, or NULL: lookup.of(source) becomes the lookup
                         when one is asked for */
    PyObject *parent; /* owned, or NULL: what a program's own rows were made
                         with, for it to find there */
    uint8_t unpickled;
} crm_keys;

/* Keys of items (a tuple of str, None for an item without a name); `index` as
 * above, or NULL to number the names, the last of equal ones winning.  NULL
 * with an exception. */
crm_keys *crm_keys_new(crm_core *core, PyObject *items, PyObject *index);

/* Items of a row with these keys. */
static inline Py_ssize_t
crm_keys_count(const crm_keys *keys)
{
    return PyTuple_GET_SIZE(keys->items);
}

/* The position a name has: >= 0; -1 if it has none; -2 with an exception if it
 * is ambiguous or its hash fails. */
Py_ssize_t crm_keys_name(crm_keys *keys, PyObject *name);
/* The same of any key that a mapping is asked for. */
Py_ssize_t crm_keys_find(crm_keys *keys, PyObject *key);

/* A view of the names (engine.result.RMKeyView) that finds other keys by its
 * parent: a new reference, NULL with an exception. */
PyObject *crm_keys_view(crm_keys *keys, PyObject *parent);

/* What is raised for a key that has no position, or a name that has several. */
void crm_keys_raise_missing(crm_keys *keys, PyObject *key);
void crm_keys_raise_ambiguous(crm_keys *keys, PyObject *name);

/* Adds the type to the module: 0, or -1 with an exception. */
int crm_keys_init(crm_core *core, PyObject *module);

#endif /* CRM_ROWKEYS_H */
