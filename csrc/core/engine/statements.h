/* statements.h: the prepared statements of one connection.
 *
 * An LRU from plan to driver statement.  A statement whose run is unfinished is
 * busy: it is neither evicted nor given out a second time; the same plan then
 * gets a second statement.  All functions need the GIL, and call the driver
 * with it held (to reset and finalize, which does not wait).
 */
#ifndef CRM_STATEMENTS_H
#define CRM_STATEMENTS_H

#include "connection.h"

typedef struct crm_entry crm_entry;
struct crm_entry {
    uint64_t plan; /* id of its plan */
    crm_stmt *stmt;
    uint64_t run;      /* number of its unfinished run, 0: not busy */
    PyObject *columns; /* owned tuple of str, or NULL: not asked for yet */
    PyObject **keep;   /* owned: what the parameters of that run point at */
    size_t nkeep;
    bool abandoned; /* its run was given up while the connection was used
                       elsewhere: to be reset before the next use */
    crm_entry *newer, *older;
    crm_entry *chain; /* next of the bucket */
};

#define CRM_STATEMENTS_MAX     128
#define CRM_STATEMENTS_BUCKETS 256

struct crm_statements {
    const crm_driver *driver;
    crm_entry *newest, *oldest;
    size_t count;
    size_t abandoned;
    crm_entry *buckets[CRM_STATEMENTS_BUCKETS];
};

/* NULL with MemoryError. */
crm_statements *crm_statements_new(const crm_driver *driver);
/* Finalizes every statement. */
void crm_statements_free(crm_statements *statements);

/* The idle entry of a plan, now the newest; NULL if there is none. */
crm_entry *crm_statements_get(crm_statements *statements, uint64_t plan);
/* Takes over a newly prepared statement, evicting the oldest idle one when
 * there are too many; NULL with MemoryError (the statement is finalized). */
crm_entry *crm_statements_add(crm_statements *statements, uint64_t plan,
                              crm_stmt *stmt);
/* The entry of a statement; NULL if it is none of these. */
crm_entry *crm_statements_find(crm_statements *statements,
                               const crm_stmt *stmt);
/* Ends the run of a busy entry, whose statement is reset: drops what its
 * parameters kept, which may run user code. */
void crm_statements_idle(crm_statements *statements, crm_entry *entry);
/* Ends the abandoned runs, resetting their statements. */
void crm_statements_end_runs(crm_statements *statements);

#endif /* CRM_STATEMENTS_H */
