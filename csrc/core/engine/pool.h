/* pool.h: the engine's connection pool (_core.Pool).
 *
 * Everything is guarded by the GIL: no user code runs and the GIL is not
 * released between looking at the pool's state and changing it.
 */
#ifndef CRM_POOL_H
#define CRM_POOL_H

#include "connection.h"
#include "queue.h"

typedef struct crm_pool {
    PyObject_HEAD
    crm_core *core;
    PyObject *creator;  /* owned callable */
    PyObject *on_close; /* owned callable(connection), None or NULL: told
                           before a connection is closed */
    PyObject *on_lost;  /* the same of one that pre_ping finds lost */
    PyObject *on_error; /* owned callable(message, exception), None or NULL:
                           told what failed when nobody can be raised to */
    Py_ssize_t size;    /* idle places kept; 0: no limit */
    Py_ssize_t max_overflow; /* places beyond; -1: no limit */
    double timeout;          /* seconds to wait; negative: for ever */
    double recycle; /* seconds a connection is used; negative: for ever */
    double expired; /* connections made before are replaced; monotonic clock */
    bool lifo;
    bool pre_ping;
    uint8_t reset; /* crm_pool_reset */
    long pid;
    uint64_t generation; /* counts dispose(): connections of an earlier one are
                            closed when they come back */
    Py_ssize_t total;    /* places: idle and checked out */
    PyObject **idle;     /* owned: connections, or None for a place without */
    Py_ssize_t nidle;
    Py_ssize_t idle_cap;
    crm_queue queue; /* who waits for a place */
    PyObject *weakrefs;
} crm_pool;

enum crm_pool_reset {
    CRM_POOL_RESET_NONE = 0,
    CRM_POOL_RESET_ROLLBACK,
    CRM_POOL_RESET_COMMIT,
};

/* A checked-out connection dies without having been given back: its place
 * becomes free.  Keeps a set exception. */
void crm_pool_lost(crm_connection *connection);

#endif /* CRM_POOL_H */
