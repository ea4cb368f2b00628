/* identity.h: the identity map of one mapped base table.  Plain C.
 *
 * An open-addressing hash from a primary key to a borrowed pointer.  Integer
 * keys are hashed by themselves, so that neighbouring keys share cache lines;
 * any other key is an opaque pointer that comes with its hash and is compared
 * by a callback of the caller.  Nothing is owned; the caller removes an entry
 * before what it points at dies.
 */
#ifndef CRM_IDENTITY_H
#define CRM_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    bool is_int;
    uint64_t hash; /* of an opaque key; unused for integers */
    union {
        int64_t i;
        const void *p;
    } u;
} crm_key;

typedef struct crm_identity crm_identity;

/* 1: equal, 0: not, -1: the comparison failed (the caller's error is set).
 * May run arbitrary code; the map re-validates after it. */
typedef int (*crm_key_equal)(const void *a, const void *b, void *context);

/* A new, empty map, or NULL when memory is out.  `equal` may be NULL if only
 * integer keys are used. */
crm_identity *crm_identity_new(crm_key_equal equal, void *context);
void crm_identity_free(crm_identity *map);
size_t crm_identity_len(const crm_identity *map);
/* Makes room for `count` more entries of the kind that is there; of an empty
 * map `ints` says which: integer keys or others.  0, or -1 when memory is out.
 */
int crm_identity_reserve(crm_identity *map, size_t count, bool ints);

/* Finds `key`: 1 and *value, 0 if absent, -1 if a comparison failed. */
int crm_identity_get(crm_identity *map, const crm_key *key, void **value);
/* Integer fast path of the above: the value, or NULL. */
void *crm_identity_get_int(const crm_identity *map, int64_t key);
/* Adds or replaces: 0, or -1 (memory, comparison).  *before is what was
 * replaced, or NULL. */
int crm_identity_put(crm_identity *map, const crm_key *key, void *value,
                     void **before);
/* A number that every change changes. */
uint64_t crm_identity_version(const crm_identity *map);
/* Removes the entry of `key` that holds `value` (compared by address, never by
 * callback): true if it was there.  Never fails, runs no foreign code. */
bool crm_identity_remove(crm_identity *map, const crm_key *key,
                         const void *value);
/* Iterates: *pos starts at 0; false at the end.  The map must not change in
 * between. */
bool crm_identity_next(const crm_identity *map, size_t *pos, crm_key *key,
                       void **value);
/* The same for integer keys alone, up to `most` at once: how many; 0 at the
 * end. */
size_t crm_identity_next_ints(const crm_identity *map, size_t *pos,
                              int64_t *keys, void **values, size_t most);
void crm_identity_clear(crm_identity *map);

#endif /* CRM_IDENTITY_H */
