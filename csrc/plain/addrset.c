/* addrset.c: see addrset.h. */
#include "addrset.h"

#include <stdlib.h>
#include <string.h>

void
crm_addrset_free(crm_addrset *set)
{
    free(set->table);
    memset(set, 0, sizeof(*set));
}

void
crm_addrset_clear(crm_addrset *set)
{
    if (set->count > 0) {
        memset(set->table, 0, (set->mask + 1) * sizeof(crm_addr));
        set->count = 0;
    }
}

static size_t
hash_pair(const void *address, uint32_t second)
{
    /* objects are 16 bytes apart at least; the multiplier is the golden ratio's
     * and spreads neighbours */
    uint64_t h = ((uint64_t)(uintptr_t)address >> 4) + second * 0x9E3779B1u;
    h *= UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(h >> 20);
}

static crm_addr *
find(crm_addr *table, size_t mask, const void *address, uint32_t second)
{
    for (size_t i = hash_pair(address, second) & mask;; i = (i + 1) & mask) {
        crm_addr *entry = &table[i];
        if (entry->address == NULL ||
            (entry->address == address && entry->second == second)) {
            return entry;
        }
    }
}

static int
grow(crm_addrset *set)
{
    size_t size = set->table == NULL ? 16 : (set->mask + 1) * 4;
    crm_addr *table = calloc(size, sizeof(crm_addr));
    if (table == NULL) {
        return -1;
    }
    if (set->table != NULL) {
        for (size_t i = 0; i <= set->mask; i++) {
            crm_addr *entry = &set->table[i];
            if (entry->address != NULL) {
                *find(table, size - 1, entry->address, entry->second) = *entry;
            }
        }
    }
    free(set->table);
    set->table = table;
    set->mask = size - 1;
    return 0;
}

int
crm_addrset_add(crm_addrset *set, const void *address, uint32_t second,
                uint32_t value, uint32_t *found)
{
    if (set->table == NULL || set->count * 3 > set->mask * 2) {
        if (grow(set) < 0) {
            return -1;
        }
    }
    crm_addr *entry = find(set->table, set->mask, address, second);
    if (entry->address != NULL) {
        *found = entry->value;
        return 0;
    }
    entry->address = address;
    entry->second = second;
    entry->value = value;
    set->count++;
    *found = value;
    return 1;
}
