/* ptrset.h: a set of pointers that keeps insertion order.  Plain C.
 *
 * A session's new, modified and deleted objects.  Add, remove and look-up are
 * O(1); nothing is owned.
 */
#ifndef CRM_PTRSET_H
#define CRM_PTRSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    void **items;    /* in order; NULL where one was removed */
    size_t used;     /* slots of items in use, with holes */
    size_t count;    /* live items */
    size_t cap;      /* slots allocated */
    uint32_t *index; /* hash table of positions + 1 */
    size_t mask;     /* its size - 1 */
} crm_ptrset;

void crm_ptrset_init(crm_ptrset *set);
void crm_ptrset_free(crm_ptrset *set);
/* 1 added, 0 was there, -1 memory is out. */
int crm_ptrset_add(crm_ptrset *set, void *item);
/* true if it was there.  Never fails. */
bool crm_ptrset_remove(crm_ptrset *set, const void *item);
bool crm_ptrset_has(const crm_ptrset *set, const void *item);
/* Iterates in insertion order: *pos starts at 0; NULL at the end. */
void *crm_ptrset_next(const crm_ptrset *set, size_t *pos);
void crm_ptrset_clear(crm_ptrset *set);

#endif /* CRM_PTRSET_H */
