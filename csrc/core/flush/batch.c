/* batch.c: see batch.h. */
#include "batch.h"

#include "core/engine/raise.h"

/* Room for rows of as many parameters as the plan has. */
static int
make_room(crm_batch *batch)
{
    batch->width = batch->plan->nbinds;
    batch->cap = Py_MIN(batch->rows, crm_batch_most(batch->conn, batch->width));
    size_t cells = batch->cap * batch->width + 1;
    batch->cells = PyMem_Calloc(cells, sizeof(crm_cell));
    batch->keep = PyMem_Calloc(cells, sizeof(PyObject *));
    if (batch->cells == NULL || batch->keep == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

int
crm_batch_begin(crm_batch *batch, crm_connection *conn, crm_plan *plan,
                size_t rows, int returning, int want_ids)
{
    memset(batch, 0, sizeof(*batch));
    crm_rows_init(&batch->result, 0);
    batch->conn = conn;
    batch->plan = plan;
    batch->rows = rows;
    batch->returning = returning != 0;
    batch->want_ids = want_ids != 0;
    return make_room(batch);
}

int
crm_batch_use(crm_batch *batch, crm_plan *plan)
{
    batch->plan = plan;
    if (plan->nbinds == batch->width) {
        return 0;
    }
    assert(batch->nrows == 0);
    PyMem_Free(batch->cells);
    PyMem_Free(batch->keep);
    batch->cells = NULL;
    batch->keep = NULL;
    return make_room(batch);
}

/* Forgets the rows added and not run. */
static void
drop_cells(crm_batch *batch)
{
    size_t count = batch->nrows * batch->width;
    batch->nrows = 0;
    for (size_t i = 0; i < count; i++) {
        Py_CLEAR(batch->keep[i]);
    }
}

void
crm_batch_end(crm_batch *batch)
{
    if (batch->keep != NULL) {
        drop_cells(batch);
    }
    crm_rows_clear(&batch->result);
    PyMem_Free(batch->cells);
    PyMem_Free(batch->keep);
    PyMem_RawFree(batch->ids);
    batch->cells = NULL;
    batch->keep = NULL;
    batch->ids = NULL;
}

static int
reserve_ids(crm_batch *batch)
{
    size_t need = batch->done + batch->nrows;
    if (!batch->want_ids || need <= batch->cap_ids) {
        return 0;
    }
    size_t cap = Py_MAX(need, batch->cap_ids * 2);
    int64_t *ids = PyMem_RawRealloc(batch->ids, cap * sizeof(int64_t));
    if (ids == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    batch->ids = ids;
    batch->cap_ids = cap;
    return 0;
}

/* Runs the encoded rows; needs no GIL. */
static int
run_rows(crm_batch *batch, crm_stmt *stmt, crm_error *err)
{
    const crm_driver *driver = batch->conn->driver;
    crm_conn *conn = batch->conn->conn;
    /* the key that a row is given is known behind it alone */
    if (driver->run_many != NULL && !batch->want_ids) {
        return driver->run_many(stmt, batch->cells, batch->nrows, batch->width,
                                batch->returning, &batch->result, &batch->done,
                                &batch->changed, err);
    }
    for (size_t i = 0; i < batch->nrows; i++) {
        uint64_t before = batch->result.nrows;
        if (driver->bind(stmt, batch->cells + i * batch->width, batch->width,
                         err) < 0 ||
            driver->fetch(stmt, &batch->result, SIZE_MAX, err) < 0) {
            return -1;
        }
        if (batch->returning && batch->result.nrows != before + 1) {
            err->cls = CRM_E_INTERNAL;
            strcpy(err->message, "INSERT did not return one row");
            return -1;
        }
        if (batch->want_ids) {
            batch->ids[batch->done] = driver->last_insert_id(conn);
        }
        else if (!batch->returning) {
            int64_t changed = driver->changes(stmt);
            batch->changed += changed > 0 ? changed : 0;
        }
        batch->done++;
    }
    return 0;
}

int
crm_batch_run(crm_batch *batch)
{
    if (batch->nrows == 0) {
        return 0;
    }
    if (reserve_ids(batch) < 0 || crm_connection_enter(batch->conn) < 0) {
        return -1;
    }
    crm_stmt *stmt = crm_connection_prepare(batch->conn, batch->plan);
    if (stmt == NULL) {
        crm_connection_leave(batch->conn);
        return -1;
    }
    if (batch->done == 0) {
        crm_rows_init(&batch->result,
                      (uint32_t)batch->conn->driver->column_count(stmt));
    }
    crm_error err = {0};
    int failed;
    int64_t before = batch->changed;
    crm_driver_begin(batch->conn);
    failed = run_rows(batch, stmt, &err);
    crm_driver_end(batch->conn);
    crm_connection_leave(batch->conn);
    if (failed) {
        return crm_connection_raise(batch->conn, &err);
    }
    batch->conn->changes += batch->changed - before;
    drop_cells(batch);
    return 0;
}
