/* link.h: a doubly linked list of structures that have a link as their first
 * member.  Plain C; nothing is owned, nothing can fail.
 */
#ifndef CRM_LINK_H
#define CRM_LINK_H

#include <stddef.h>

typedef struct crm_link crm_link;
struct crm_link {
    crm_link *prev, *next; /* NULL at the ends */
};

/* Puts a link before the others. */
static inline void
crm_link_add(crm_link **first, crm_link *link)
{
    link->prev = NULL;
    link->next = *first;
    if (link->next != NULL) {
        link->next->prev = link;
    }
    *first = link;
}

/* Takes a link out of its list; one of zeroes that is in none is left alone. */
static inline void
crm_link_remove(crm_link **first, crm_link *link)
{
    if (link->prev != NULL) {
        link->prev->next = link->next;
    }
    else if (*first == link) {
        *first = link->next;
    }
    if (link->next != NULL) {
        link->next->prev = link->prev;
    }
}

#endif /* CRM_LINK_H */
