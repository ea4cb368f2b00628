/* addrset.h: a set of pairs of addresses with a number each.  Plain C.
 *
 * What a hydration has seen: (entity, operation), (collection, member).  An
 * open-addressing hash; nothing is owned, nothing is removed.
 */
#ifndef CRM_ADDRSET_H
#define CRM_ADDRSET_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const void *address; /* NULL: free */
    uint32_t second;
    uint32_t value;
} crm_addr;

typedef struct {
    crm_addr *table; /* NULL until something is added */
    size_t mask;
    size_t count;
} crm_addrset;

void crm_addrset_free(crm_addrset *set);
void crm_addrset_clear(crm_addrset *set);
/* Finds (address, second), adding it with `value` if it is new: 1 added, 0 was
 * there, -1 memory is out.  *found is what it has. */
int crm_addrset_add(crm_addrset *set, const void *address, uint32_t second,
                    uint32_t value, uint32_t *found);

#endif /* CRM_ADDRSET_H */
