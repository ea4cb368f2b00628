/* turns.c: threads that read large results.  See turns.h. */
#define _POSIX_C_SOURCE 200809L /* nanosleep */

#include "turns.h"

#include "queue.h"

#include <time.h>

/* Seconds of waiting for the GIL that are long: to begin a read takes a fifth
 * of that. */
#define LONG_WAIT 0.001

/* Nanoseconds in which a thread that waits for the GIL wakes up and takes it.
 */
#define WAKING 100000

void
crm_turns_end(crm_connection *conn, uint64_t nrows)
{
    if (nrows < CRM_LARGE_RESULT) {
        crm_driver_end(conn);
        return;
    }
    double asked = crm_monotonic();
    crm_driver_end(conn);
    if (conn->core->between > 0 && crm_monotonic() - asked > LONG_WAIT) {
        struct timespec waking = {.tv_nsec = WAKING};
        Py_BEGIN_ALLOW_THREADS(void)
        nanosleep(&waking, NULL);
        Py_END_ALLOW_THREADS
    }
}
