/* ptrset.c: a set of pointers that keeps insertion order.  See ptrset.h.
 *
 * Up to SMALL items there is no hash table: they are looked through.  The table
 * is probed linearly and removal shifts entries back, so that removing needs no
 * memory and leaves no tombstones.
 */
#include "ptrset.h"

#include <stdlib.h>
#include <string.h>

#define SMALL 8

static inline size_t
hash_of(const void *item)
{
    /* Objects are 16-byte aligned; the multiplication spreads the rest. */
    uint64_t h = (uint64_t)(uintptr_t)item * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(h >> 20);
}

void
crm_ptrset_init(crm_ptrset *set)
{
    memset(set, 0, sizeof(*set));
}

void
crm_ptrset_free(crm_ptrset *set)
{
    free(set->items);
    free(set->index);
    crm_ptrset_init(set);
}

/* Slot of the table that holds `item`, or the empty one where it would go. */
static size_t
find_slot(const crm_ptrset *set, const void *item)
{
    size_t i = hash_of(item) & set->mask;
    while (set->index[i] != 0 && set->items[set->index[i] - 1] != item) {
        i = (i + 1) & set->mask;
    }
    return i;
}

/* Position of `item` in items, or SIZE_MAX. */
static size_t
position_of(const crm_ptrset *set, const void *item)
{
    if (item == NULL) {
        return SIZE_MAX;
    }
    if (set->index != NULL) {
        uint32_t found = set->index[find_slot(set, item)];
        return found == 0 ? SIZE_MAX : found - 1;
    }
    for (size_t i = 0; i < set->used; i++) {
        if (set->items[i] == item) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* Closes the holes of items, keeping their order; the table is then stale. */
static void
close_holes(crm_ptrset *set)
{
    size_t to = 0;
    for (size_t i = 0; i < set->used; i++) {
        if (set->items[i] != NULL) {
            set->items[to++] = set->items[i];
        }
    }
    set->used = to;
}

static void
fill_table(crm_ptrset *set)
{
    memset(set->index, 0, (set->mask + 1) * sizeof(*set->index));
    for (size_t i = 0; i < set->used; i++) {
        if (set->items[i] != NULL) {
            set->index[find_slot(set, set->items[i])] = (uint32_t)(i + 1);
        }
    }
}

/* Makes room for one more item; -1 when memory is out, the set unchanged. */
static int
grow(crm_ptrset *set)
{
    if (set->cap != 0 && set->count <= set->cap / 2) {
        close_holes(set);
        if (set->index != NULL) {
            fill_table(set);
        }
        return 0;
    }
    size_t cap = set->cap == 0 ? SMALL : set->cap * 2;
    if (cap > UINT32_MAX / 2) {
        return -1;
    }
    uint32_t *index = NULL;
    if (cap > SMALL) {
        index = malloc(cap * 2 * sizeof(*index));
        if (index == NULL) {
            return -1;
        }
    }
    void **items = realloc(set->items, cap * sizeof(*items));
    if (items == NULL) {
        free(index);
        return -1;
    }
    set->items = items;
    set->cap = cap;
    close_holes(set);
    if (index != NULL) {
        free(set->index);
        set->index = index;
        set->mask = cap * 2 - 1;
        fill_table(set);
    }
    return 0;
}

int
crm_ptrset_add(crm_ptrset *set, void *item)
{
    size_t slot = 0;
    if (set->index != NULL) {
        slot = find_slot(set, item);
        if (set->index[slot] != 0) {
            return 0;
        }
    }
    else if (position_of(set, item) != SIZE_MAX) {
        return 0;
    }
    if (set->used == set->cap) {
        if (grow(set) < 0) {
            return -1;
        }
        if (set->index != NULL) {
            slot = find_slot(set, item); /* the table is another */
        }
    }
    set->items[set->used++] = item;
    set->count++;
    if (set->index != NULL) {
        set->index[slot] = (uint32_t)set->used;
    }
    return 1;
}

/* Empties slot `hole` of the table, moving back what had to pass it. */
static void
shift_back(crm_ptrset *set, size_t hole)
{
    size_t i = hole;
    for (;;) {
        i = (i + 1) & set->mask;
        if (set->index[i] == 0) {
            break;
        }
        size_t home = hash_of(set->items[set->index[i] - 1]) & set->mask;
        if (((i - home) & set->mask) >= ((i - hole) & set->mask)) {
            set->index[hole] = set->index[i];
            hole = i;
        }
    }
    set->index[hole] = 0;
}

bool
crm_ptrset_remove(crm_ptrset *set, const void *item)
{
    size_t position;
    if (set->count == 0) {
        return false;
    }
    if (set->index != NULL) {
        size_t slot = find_slot(set, item);
        if (set->index[slot] == 0) {
            return false;
        }
        position = set->index[slot] - 1;
        shift_back(set, slot);
    }
    else {
        position = position_of(set, item);
        if (position == SIZE_MAX) {
            return false;
        }
    }
    set->items[position] = NULL;
    set->count--;
    while (set->used > 0 && set->items[set->used - 1] == NULL) {
        set->used--;
    }
    return true;
}

bool
crm_ptrset_has(const crm_ptrset *set, const void *item)
{
    return set->count != 0 && position_of(set, item) != SIZE_MAX;
}

void *
crm_ptrset_next(const crm_ptrset *set, size_t *pos)
{
    while (*pos < set->used) {
        void *item = set->items[(*pos)++];
        if (item != NULL) {
            return item;
        }
    }
    return NULL;
}

void
crm_ptrset_clear(crm_ptrset *set)
{
    crm_ptrset_free(set);
}
