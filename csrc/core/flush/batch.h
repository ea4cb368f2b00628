/* batch.h: one statement run for many rows of parameters.
 *
 * Rows are encoded with the GIL into a buffer of cells and then run without it,
 * a hundred or so at a time: a step of a small INSERT costs about as much as
 * taking the GIL.
 */
#ifndef CRM_BATCH_H
#define CRM_BATCH_H

#include "core/core.h"

#include "core/engine/connection.h"
#include "core/engine/plan.h"

enum {
    CRM_BATCH_ROWS = 128,
    CRM_BATCH_CELLS = 65536, /* of rows for a driver that takes many at once */
};

typedef struct {
    crm_connection *conn; /* borrowed */
    crm_plan *plan;       /* borrowed */
    size_t rows;          /* how many there will be */
    size_t width;         /* parameters of a row */
    size_t nrows;         /* rows encoded and not yet run */
    size_t cap;           /* rows there is room for */
    crm_cell *cells;      /* cap * width */
    PyObject **keep;      /* owned references that keep the cells' bytes */
    crm_rows result;      /* what the statement returned, over all rows run */
    uint8_t returning;    /* it must return a row per run */
    uint8_t want_ids;
    int64_t *ids; /* generated key of each row run, if wanted */
    size_t cap_ids;
    size_t done;     /* rows run */
    int64_t changed; /* sum of the changes counted */
} crm_batch;

/* How many rows of so many parameters are run at a time.  A driver that takes
 * many sends them in parts, and the server executes one while the next is made:
 * the more at a time, the less anybody waits. */
static inline size_t
crm_batch_most(const crm_connection *conn, size_t width)
{
    return conn->driver->run_many == NULL
               ? CRM_BATCH_ROWS
               : Py_MAX(CRM_BATCH_ROWS, CRM_BATCH_CELLS / (width + 1));
}
/* Room for up to `rows` rows (at most crm_batch_most are held at a time): 0, or
 * -1 with MemoryError.  Call crm_batch_end in either case. */
int crm_batch_begin(crm_batch *batch, crm_connection *conn, crm_plan *plan,
                    size_t rows, int returning, int want_ids);
void crm_batch_end(crm_batch *batch);
/* The rows to come are of another plan: 0, or -1 with MemoryError.  If that has
 * another number of parameters, what was added has to have been run. */
int crm_batch_use(crm_batch *batch, crm_plan *plan);

/* The cells of the next row, with room for their keep references (NULL now). */
static inline crm_cell *
crm_batch_next(crm_batch *batch, PyObject ***keep)
{
    size_t at = batch->nrows * batch->width;
    *keep = batch->keep + at;
    return batch->cells + at;
}
/* Counts the row that crm_batch_next gave. */
static inline int
crm_batch_add(crm_batch *batch)
{
    return ++batch->nrows == batch->cap;
}
/* Runs the rows added so far: 0, or -1 with an exception; `done` then says how
 * many rows were run, and rows[done - …] is the one that failed. */
int crm_batch_run(crm_batch *batch);
#endif /* CRM_BATCH_H */
