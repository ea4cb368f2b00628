/* queue.h: threads that wait for something which another gives, in the order of
 * their coming.
 *
 * Everything is guarded by the GIL, which only crm_queue_wait() releases.
 */
#ifndef CRM_QUEUE_H
#define CRM_QUEUE_H

#include "core/core.h"

#include <stdbool.h>

typedef struct crm_waiter crm_waiter;

/* Zeroed to begin with.  A forked child forgets who waits: those threads do not
 * exist in it. */
typedef struct {
    crm_waiter *first; /* served first */
} crm_queue;

/* Gives the first thread an object, whose reference it takes over, and a
 * number; false if nobody waits. */
bool crm_queue_serve(crm_queue *queue, PyObject *given, uint64_t number);

/* Waits for so many seconds, for ever if they are negative.  1 when it was
 * served: *given (a new reference) and *number; 0 when the time is over; -1
 * with an exception, that of a signal handler or MemoryError.  Then *given is
 * NULL, or what came all the same. */
int crm_queue_wait(crm_queue *queue, double seconds, PyObject **given,
                   uint64_t *number);

/* Seconds on a clock that nobody sets. */
double crm_monotonic(void);

#endif /* CRM_QUEUE_H */
