/* turns.h: threads that read large results, and the GIL between them.
 *
 * Rows are read without the GIL; their objects are made and dropped with it.
 * Two threads that scan can do so at different times and need not wait for each
 * other.  But who waits for longer than the switch interval is given the GIL
 * the moment that the other has dropped its objects, just before that one
 * begins to read again, for which it needs the GIL too, if only for a moment.
 * Then it waits until the first has made and dropped its own, both read at the
 * same time and meet again at the end, every time.  So who comes back from
 * reading a large result and has had to wait for the GIL, while another
 * connection is between two such reads, gives it away for as long as it takes
 * to begin one.
 */
#ifndef CRM_TURNS_H
#define CRM_TURNS_H

#include "connection.h"

/* Objects of so many rows are made in about half a millisecond. */
#define CRM_LARGE_RESULT 10000

/* So many results were made of what a connection read.  Needs the GIL. */
static inline void
crm_turns_made(crm_connection *conn, uint64_t nrows)
{
    if (nrows >= CRM_LARGE_RESULT && conn->conn != NULL && !conn->between) {
        conn->between = true;
        conn->core->between++;
    }
}

/* crm_driver_end() after reading so many rows. */
void crm_turns_end(crm_connection *conn, uint64_t nrows);

#endif /* CRM_TURNS_H */
