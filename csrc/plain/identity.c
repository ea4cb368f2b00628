/* identity.c: the identity map of one table.  See identity.h.
 *
 * Two tables, because nearly every key is one integer: 16-byte entries for
 * those, 24-byte entries (with the hash) for opaque keys.  Both probe a few
 * neighbours first, which stay in one or two cache lines, and then jump as the
 * upper bits of the hash say, so that keys with a common factor do not pile up.
 * A removed entry leaves a tombstone until the next resize.
 */
#include "identity.h"

#include <stdlib.h>
#include <string.h>

#define MIN_SLOTS  16
#define NEIGHBOURS 8
/* An empty table above this size gives its memory back. */
#define KEEP_SLOTS 1024

/* What stands in `value` of a slot that was never used, or was emptied. */
#define EMPTY     NULL
#define TOMBSTONE ((void *)(uintptr_t)1)

typedef struct {
    int64_t key;
    void *value;
} int_entry;

typedef struct {
    uint64_t hash;
    const void *key;
    void *value;
} any_entry;

/* A table's bookkeeping; `entries` is int_entry[] or any_entry[]. */
typedef struct {
    void *entries;
    size_t mask; /* slots - 1; meaningless while entries is NULL */
    size_t used; /* live entries and tombstones */
    size_t live;
} table;

struct crm_identity {
    table ints;
    table anys;
    crm_key_equal equal;
    void *context;
    uint64_t version; /* counts changes of `anys` */
    uint64_t rebuilt; /* counts its new tables, see find_any */
};

/* The sequence of slots that a hash visits. */
typedef struct {
    size_t slot;
    size_t mask;
    uint64_t perturb;
    unsigned near;
} probe;

static inline probe
probe_start(uint64_t hash, size_t mask)
{
    return (probe){(size_t)hash & mask, mask, hash, NEIGHBOURS};
}

static inline void
probe_next(probe *p)
{
    if (p->near != 0) {
        p->near--;
        p->slot = (p->slot + 1) & p->mask;
        return;
    }
    p->near = NEIGHBOURS;
    p->perturb >>= 5;
    p->slot = (p->slot * 5 + 1 + (size_t)p->perturb) & p->mask;
}

crm_identity *
crm_identity_new(crm_key_equal equal, void *context)
{
    crm_identity *map = calloc(1, sizeof(*map));
    if (map != NULL) {
        map->equal = equal;
        map->context = context;
    }
    return map;
}

void
crm_identity_clear(crm_identity *map)
{
    free(map->ints.entries);
    free(map->anys.entries);
    map->ints = map->anys = (table){0};
    map->version++;
    map->rebuilt++;
}

void
crm_identity_free(crm_identity *map)
{
    if (map != NULL) {
        crm_identity_clear(map);
        free(map);
    }
}

size_t
crm_identity_len(const crm_identity *map)
{
    return map->ints.live + map->anys.live;
}

static inline size_t
slots_for(size_t live)
{
    size_t slots = MIN_SLOTS;
    /* Full to two thirds at most. */
    while (slots / 3 * 2 < live) {
        if (slots > SIZE_MAX / 64) {
            return 0;
        }
        slots *= 2;
    }
    return slots;
}

/* Rebuilds the integer table for `live` entries; -1 when memory is out. */
static int
resize_ints(table *t, size_t live)
{
    size_t slots = slots_for(live);
    int_entry *entries = slots ? calloc(slots, sizeof(*entries)) : NULL;
    if (entries == NULL) {
        return -1;
    }
    int_entry *old = t->entries;
    for (size_t i = 0; old != NULL && i <= t->mask; i++) {
        if (old[i].value != EMPTY && old[i].value != TOMBSTONE) {
            probe p = probe_start((uint64_t)old[i].key, slots - 1);
            while (entries[p.slot].value != EMPTY) {
                probe_next(&p);
            }
            entries[p.slot] = old[i];
        }
    }
    free(old);
    *t = (table){entries, slots - 1, t->live, t->live};
    return 0;
}

static int
resize_anys(table *t, size_t live)
{
    size_t slots = slots_for(live);
    any_entry *entries = slots ? calloc(slots, sizeof(*entries)) : NULL;
    if (entries == NULL) {
        return -1;
    }
    any_entry *old = t->entries;
    for (size_t i = 0; old != NULL && i <= t->mask; i++) {
        if (old[i].value != EMPTY && old[i].value != TOMBSTONE) {
            probe p = probe_start(old[i].hash, slots - 1);
            while (entries[p.slot].value != EMPTY) {
                probe_next(&p);
            }
            entries[p.slot] = old[i];
        }
    }
    free(old);
    *t = (table){entries, slots - 1, t->live, t->live};
    return 0;
}

/* True if one more entry needs a rebuilt table. */
static inline int
is_full(const table *t)
{
    return t->entries == NULL || t->used + 1 > (t->mask + 1) / 3 * 2;
}

/* Live entries to make room for when full: double, counted without tombstones,
 * so that a table that lost most of its entries shrinks. */
static inline size_t
next_live(const table *t)
{
    return t->live < MIN_SLOTS / 4 ? MIN_SLOTS / 2 : t->live * 2;
}

int
crm_identity_reserve(crm_identity *map, size_t count, bool ints)
{
    if (map->anys.live != map->ints.live) {
        ints = map->ints.live > map->anys.live;
    }
    table *t = ints ? &map->ints : &map->anys;
    if (count > SIZE_MAX / 4 - t->used) {
        return -1;
    }
    if (t->entries != NULL && t->used + count <= (t->mask + 1) / 3 * 2) {
        return 0;
    }
    map->version++;
    map->rebuilt++;
    return t == &map->anys ? resize_anys(t, t->live + count)
                           : resize_ints(t, t->live + count);
}

static int_entry *
find_int(const table *t, int64_t key)
{
    if (t->live == 0) {
        return NULL;
    }
    int_entry *entries = t->entries;
    for (probe p = probe_start((uint64_t)key, t->mask);; probe_next(&p)) {
        int_entry *entry = &entries[p.slot];
        if (entry->value == EMPTY) {
            return NULL;
        }
        if (entry->key == key && entry->value != TOMBSTONE) {
            return entry;
        }
    }
}

void *
crm_identity_get_int(const crm_identity *map, int64_t key)
{
    int_entry *entry = find_int(&map->ints, key);
    return entry == NULL ? NULL : entry->value;
}

/* Finds an opaque key: 1 and *found, 0, or -1.  Starts again when a comparison
 * changed the table or this entry, as a dict does; other changes are no reason,
 * for a comparison that always makes some would never end. */
static int
find_any(crm_identity *map, const crm_key *key, any_entry **found)
{
again:
    if (map->anys.live == 0) {
        return 0;
    }
    any_entry *entries = map->anys.entries;
    for (probe p = probe_start(key->hash, map->anys.mask);; probe_next(&p)) {
        any_entry *entry = &entries[p.slot];
        if (entry->value == EMPTY) {
            return 0;
        }
        if (entry->value == TOMBSTONE || entry->hash != key->hash) {
            continue;
        }
        if (entry->key == key->u.p) {
            *found = entry;
            return 1;
        }
        if (map->equal == NULL) {
            continue;
        }
        uint64_t rebuilt = map->rebuilt;
        any_entry before = *entry;
        int same = map->equal(entry->key, key->u.p, map->context);
        if (same < 0) {
            return -1;
        }
        if (map->rebuilt != rebuilt || entry->key != before.key ||
            entry->value != before.value) {
            goto again;
        }
        if (same) {
            *found = entry;
            return 1;
        }
    }
}

int
crm_identity_get(crm_identity *map, const crm_key *key, void **value)
{
    if (key->is_int) {
        *value = crm_identity_get_int(map, key->u.i);
        return *value != NULL;
    }
    any_entry *entry = NULL;
    int status = find_any(map, key, &entry);
    *value = status > 0 ? entry->value : NULL;
    return status;
}

uint64_t
crm_identity_version(const crm_identity *map)
{
    return map->version;
}

/* The entry of a key, or the one where it is to be entered: the first free one
 * of those that are looked at. */
static int_entry *
place_int(const table *t, int64_t key)
{
    int_entry *entries = t->entries, *place = NULL;
    for (probe p = probe_start((uint64_t)key, t->mask);; probe_next(&p)) {
        int_entry *entry = &entries[p.slot];
        if (entry->value == EMPTY) {
            return place == NULL ? entry : place;
        }
        if (entry->value == TOMBSTONE) {
            place = place == NULL ? entry : place;
        }
        else if (entry->key == key) {
            return entry;
        }
    }
}

static int
put_int(table *t, int64_t key, void *value, void **before)
{
    if (is_full(t) && find_int(t, key) == NULL &&
        resize_ints(t, next_live(t)) < 0) {
        return -1;
    }
    int_entry *entry = place_int(t, key);
    if (entry->value != EMPTY && entry->value != TOMBSTONE) {
        *before = entry->value;
        entry->value = value;
        return 0;
    }
    t->used += entry->value == EMPTY;
    t->live++;
    *entry = (int_entry){key, value};
    return 0;
}

int
crm_identity_put(crm_identity *map, const crm_key *key, void *value,
                 void **before)
{
    *before = NULL;
    if (key->is_int) {
        map->version++;
        return put_int(&map->ints, key->u.i, value, before);
    }
    any_entry *entry = NULL;
    int status = find_any(map, key, &entry);
    if (status < 0) {
        return -1;
    }
    map->version++;
    if (status > 0) {
        /* The new value brings its own key: the old one dies with the old
         * value. */
        *before = entry->value;
        entry->key = key->u.p;
        entry->value = value;
        return 0;
    }
    table *t = &map->anys;
    if (is_full(t)) {
        map->rebuilt++;
        if (resize_anys(t, next_live(t)) < 0) {
            return -1;
        }
    }
    any_entry *entries = t->entries;
    probe p = probe_start(key->hash, t->mask);
    while (entries[p.slot].value != EMPTY &&
           entries[p.slot].value != TOMBSTONE) {
        probe_next(&p);
    }
    t->used += entries[p.slot].value == EMPTY;
    t->live++;
    entries[p.slot] = (any_entry){key->hash, key->u.p, value};
    return 0;
}

/* After an entry became a tombstone. */
static void
removed(table *t)
{
    if (--t->live == 0 && t->mask >= KEEP_SLOTS) {
        free(t->entries);
        *t = (table){0};
    }
}

bool
crm_identity_remove(crm_identity *map, const crm_key *key, const void *value)
{
    if (key->is_int) {
        int_entry *entry = find_int(&map->ints, key->u.i);
        if (entry == NULL || entry->value != value) {
            return false;
        }
        entry->value = TOMBSTONE;
        map->version++;
        removed(&map->ints);
        return true;
    }
    table *t = &map->anys;
    if (t->live == 0) {
        return false;
    }
    any_entry *entries = t->entries;
    for (probe p = probe_start(key->hash, t->mask);; probe_next(&p)) {
        any_entry *entry = &entries[p.slot];
        if (entry->value == EMPTY) {
            return false;
        }
        if (entry->value == value && entry->hash == key->hash) {
            entry->value = TOMBSTONE;
            map->version++;
            map->rebuilt += t->live == 1; /* the table may go */
            removed(t);
            return true;
        }
    }
}

bool
crm_identity_next(const crm_identity *map, size_t *pos, crm_key *key,
                  void **value)
{
    size_t nints = map->ints.entries == NULL ? 0 : map->ints.mask + 1;
    size_t nanys = map->anys.entries == NULL ? 0 : map->anys.mask + 1;
    const int_entry *ints = map->ints.entries;
    const any_entry *anys = map->anys.entries;
    while (*pos < nints + nanys) {
        size_t i = (*pos)++;
        if (i < nints) {
            if (ints[i].value != EMPTY && ints[i].value != TOMBSTONE) {
                *key = (crm_key){.is_int = true, .u.i = ints[i].key};
                *value = ints[i].value;
                return true;
            }
            continue;
        }
        const any_entry *entry = &anys[i - nints];
        if (entry->value != EMPTY && entry->value != TOMBSTONE) {
            *key = (crm_key){.hash = entry->hash, .u.p = entry->key};
            *value = entry->value;
            return true;
        }
    }
    return false;
}

size_t
crm_identity_next_ints(const crm_identity *map, size_t *pos, int64_t *keys,
                       void **values, size_t most)
{
    const int_entry *ints = map->ints.entries;
    size_t end = ints == NULL ? 0 : map->ints.mask + 1, count = 0, i = *pos;
    for (; i < end && count < most; i++) {
        if (ints[i].value != EMPTY && ints[i].value != TOMBSTONE) {
            keys[count] = ints[i].key;
            values[count++] = ints[i].value;
        }
    }
    *pos = i;
    return count;
}
