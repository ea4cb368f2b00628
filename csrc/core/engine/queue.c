/* queue.c: threads that wait.  See queue.h. */
#include "queue.h"

#include <time.h>

/* On the heap: a thread that wakes up after the interpreter has ended goes away
 * without a word, and its stack with it, while it is still in the queue. */
struct crm_waiter {
    PyThread_type_lock lock; /* released when it was served */
    PyObject *given;         /* owned; NULL: not served */
    uint64_t number;
    struct crm_waiter *next;
};

double
crm_monotonic(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

bool
crm_queue_serve(crm_queue *queue, PyObject *given, uint64_t number)
{
    crm_waiter *waiter = queue->first;
    if (waiter == NULL) {
        return false;
    }
    queue->first = waiter->next;
    waiter->given = given;
    waiter->number = number;
    PyThread_release_lock(waiter->lock);
    return true;
}

static crm_waiter *
join(crm_queue *queue)
{
    crm_waiter *waiter = PyMem_Calloc(1, sizeof(*waiter));
    PyThread_type_lock lock = waiter == NULL ? NULL : PyThread_allocate_lock();
    if (lock == NULL) {
        PyMem_Free(waiter);
        PyErr_NoMemory();
        return NULL;
    }
    waiter->lock = lock;
    PyThread_acquire_lock(lock, 0);
    crm_waiter **last = &queue->first;
    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = waiter;
    return waiter;
}

static void
leave(crm_queue *queue, crm_waiter *waiter)
{
    crm_waiter **at = &queue->first;
    while (*at != NULL && *at != waiter) {
        at = &(*at)->next;
    }
    if (*at == waiter) {
        *at = waiter->next;
    }
}

/* Sleeps until the waiter is served (1), its time is over (0), or a signal
 * handler raises (-1). */
static int
sleep_until_served(crm_waiter *waiter, double seconds)
{
    double deadline = crm_monotonic() + seconds;
    while (waiter->given == NULL) {
        PY_TIMEOUT_T micros = -1;
        if (seconds >= 0) {
            double left = (deadline - crm_monotonic()) * 1e6;
            if (left <= 0) {
                return 0;
            }
            micros = left > 1e15 ? -1 : (PY_TIMEOUT_T)left + 1;
        }
        PyLockStatus status;
        Py_BEGIN_ALLOW_THREADS
        status = PyThread_acquire_lock_timed(waiter->lock, micros, 1);
        Py_END_ALLOW_THREADS
        if (status == PY_LOCK_INTR && PyErr_CheckSignals() < 0) {
            return -1;
        }
    }
    return 1;
}

int
crm_queue_wait(crm_queue *queue, double seconds, PyObject **given,
               uint64_t *number)
{
    *given = NULL;
    crm_waiter *waiter = join(queue);
    if (waiter == NULL) {
        return -1;
    }
    int status = sleep_until_served(waiter, seconds);
    if (waiter->given == NULL) {
        leave(queue, waiter);
    }
    else if (status == 0) {
        status = 1; /* it came at the last moment */
    }
    *given = waiter->given;
    *number = waiter->number;
    PyThread_free_lock(waiter->lock);
    PyMem_Free(waiter);
    return status;
}
