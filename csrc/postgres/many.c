/* many.c: one statement for many rows of parameters.
 *
 * All of them travel in one pipeline.  They go as arrays (arrays.c) where that
 * is the same.  Else an INSERT of one row of values is sent with up to 128 rows
 * in its VALUES list, in sizes that are powers of two, so that each is prepared
 * once, and UPDATE and DELETE as one execution a row.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pg_driver.h"

#define MAX_PARAMS 65535

/* Rows from which on arrays are worth a statement of their own, and asking the
 * guard. */
#define MANY 32

/* How often parameters stand in a piece of SQL, where one may stand again. */
static size_t
count_params(const char *from, const char *stop)
{
    size_t count = 0;
    while ((from = crm_pg_next_param(from, stop)) < stop) {
        from++; /* behind the $: a number, which is no parameter */
        count++;
    }
    return count;
}

/* The statement's SQL with `rows` rows in its VALUES list; malloc'ed, NULL
 * without memory. */
static char *
repeat_values(const crm_stmt *stmt, size_t rows)
{
    size_t from = stmt->values_from, to = stmt->values_to;
    size_t tuple = to - from;
    size_t params = count_params(stmt->sql + from, stmt->sql + to);
    /* a parameter's number grows to five digits */
    size_t room = strlen(stmt->sql) + rows * (tuple + 2 + 5 * params);
    char *sql = malloc(room + 1);
    if (sql == NULL) {
        return NULL;
    }
    memcpy(sql, stmt->sql, to);
    char *p = sql + to;
    for (size_t row = 1; row < rows; row++) {
        *p++ = ',';
        *p++ = ' ';
        const char *s = stmt->sql + from, *stop = stmt->sql + to;
        while (s < stop) {
            const char *param = crm_pg_next_param(s, stop);
            memcpy(p, s, (size_t)(param - s));
            p += param - s;
            s = param;
            if (param < stop) {
                char *end;
                unsigned long number = strtoul(param + 1, &end, 10);
                p += sprintf(p, "$%zu", number + row * stmt->nparams);
                s = end;
            }
        }
    }
    strcpy(p, stmt->sql + to);
    return sql;
}

/* Prepares the statement for 1 << size rows, or arrays, within the pipeline. */
static int
send_parse(crm_stmt *stmt, int size, const char *name, crm_error *err)
{
    PGconn *pg = stmt->conn->pg;
    size_t rows = (size_t)1 << size;
    int sent;
    if (size == CRM_PG_ARRAYS) {
        sent = PQsendPrepare(pg, name, stmt->arrays, (int)stmt->nparams,
                             stmt->many_types);
    }
    else if (size == 0) {
        sent =
            PQsendPrepare(pg, name, stmt->sql, (int)stmt->nparams, stmt->types);
    }
    else {
        char *sql = repeat_values(stmt, rows);
        if (sql == NULL) {
            return crm_pg_no_memory(err);
        }
        for (size_t i = 0; i < rows * stmt->nparams; i++) {
            stmt->many_types[i] = stmt->types[i % stmt->nparams];
        }
        sent = PQsendPrepare(pg, name, sql, (int)(rows * stmt->nparams),
                             stmt->many_types);
        free(sql);
    }
    return sent ? CRM_OK : crm_pg_conn_error(err, pg);
}

/* What was sent: for each statement of the pipeline, how many rows it has; 0
 * for those that are not of the run, -1 - size for a Parse. */
typedef struct {
    int32_t *rows;
    size_t count, cap;
} plan_list;

static int
note(plan_list *list, int rows, crm_error *err)
{
    if (list->count == list->cap) {
        size_t cap = list->cap == 0 ? 64 : list->cap * 2;
        int32_t *moved = realloc(list->rows, cap * sizeof(*moved));
        if (moved == NULL) {
            return crm_pg_no_memory(err);
        }
        list->rows = moved;
        list->cap = cap;
    }
    list->rows[list->count++] = rows;
    return CRM_OK;
}

/* Sends the statement of a size, whose `count` parameters are in their place;
 * they are of so many rows. */
static int
send_run(crm_stmt *stmt, int size, size_t count, size_t rows, int *unnamed,
         plan_list *list, crm_error *err)
{
    crm_conn *conn = stmt->conn;
    char name[CRM_PG_NAME] = "";
    bool parse;
    if (conn->prepare_threshold < 0) {
        parse = *unnamed != size;
        *unnamed = size;
    }
    else {
        parse = stmt->names[size] == 0;
        if (parse) {
            stmt->names[size] = ++conn->last_name;
        }
        crm_pg_name(name, stmt->names[size]);
    }
    if (parse && (note(list, -1 - size, err) < 0 ||
                  send_parse(stmt, size, name, err) < 0)) {
        stmt->names[size] = 0;
        return CRM_FAIL;
    }
    if (note(list, (int)rows, err) < 0) {
        return CRM_FAIL;
    }
    if (!PQsendQueryPrepared(conn->pg, name, (int)count, stmt->values,
                             stmt->lengths, stmt->formats, 1)) {
        return crm_pg_conn_error(err, conn->pg);
    }
    return CRM_OK;
}

/* Sends the next 1 << size rows. */
static int
send_rows(crm_stmt *stmt, const crm_cell *cells, int size, int *unnamed,
          plan_list *list, crm_error *err)
{
    size_t rows = (size_t)1 << size;
    if (crm_pg_reserve(stmt, stmt->nparams, rows, err) < 0) {
        return CRM_FAIL;
    }
    for (size_t i = 0; i < rows; i++) {
        if (crm_pg_encode(stmt, cells + i * stmt->nparams, i * stmt->nparams,
                          err) < 0) {
            return CRM_FAIL;
        }
    }
    return send_run(stmt, size, rows * stmt->nparams, rows, unnamed, list, err);
}

static int64_t
rows_changed(PGresult *result)
{
    const char *count = PQcmdTuples(result);
    return *count == '\0' ? 0 : strtoll(count, NULL, 10);
}

/* Takes the result of a statement of the run. */
static int
take(crm_stmt *stmt, PGresult *result, unsigned nrows, bool single,
     crm_rows *rows, int64_t *changed, crm_error *err)
{
    if (single && PQntuples(result) != (int)nrows) {
        return crm_fail(err, CRM_E_INTERNAL, "INSERT did not return one row");
    }
    *changed += rows_changed(result);
    if (PQnfields(result) == 0) {
        return CRM_OK;
    }
    if (crm_pg_learn_columns(stmt, result, err) < 0) {
        return CRM_FAIL;
    }
    return crm_pg_read(stmt, result, 0, PQntuples(result), rows, err);
}

/* The statements parsed from number `at` on are none: what came before failed.
 */
static void
forget_parses(crm_stmt *stmt, const plan_list *list, size_t at)
{
    for (; at < list->count; at++) {
        if (list->rows[at] < 0) {
            stmt->names[-1 - list->rows[at]] = 0;
        }
    }
}

/* Takes all results of the pipeline. */
static int
take_all(crm_stmt *stmt, const plan_list *list, bool single, crm_rows *rows,
         size_t *done, int64_t *changed, crm_error *err)
{
    crm_conn *conn = stmt->conn;
    PGconn *pg = conn->pg;
    bool interrupted = false, ended = false;
    int status = CRM_OK;
    size_t at = 0;
    for (;;) {
        PGresult *result = crm_pg_next(conn, &interrupted);
        if (result == NULL) {
            /* Lost, or nothing more is to come: no Sync either. */
            if (PQstatus(pg) == CONNECTION_BAD || ended) {
                if (status == CRM_OK) {
                    status = crm_pg_conn_error(err, pg);
                }
                break;
            }
            ended = true;
            if (status == CRM_OK && at < list->count && list->rows[at] > 0) {
                *done += (size_t)list->rows[at];
            }
            at++;
            continue;
        }
        ended = false;
        ExecStatusType what = PQresultStatus(result);
        switch (what) {
            case PGRES_PIPELINE_SYNC:
                PQclear(result);
                goto over;
            case PGRES_COMMAND_OK:
            case PGRES_TUPLES_OK:
            case PGRES_EMPTY_QUERY:
                if (status == CRM_OK && at < list->count &&
                    list->rows[at] > 0) {
                    status = take(stmt, result, (unsigned)list->rows[at],
                                  single, rows, changed, err);
                }
                break;
            case PGRES_PIPELINE_ABORTED:
                break;
            case PGRES_COPY_IN:
            case PGRES_COPY_OUT:
            case PGRES_COPY_BOTH:
                if (status == CRM_OK) {
                    status = crm_pg_refuse_copy(err);
                    forget_parses(stmt, list, at);
                }
                if (!crm_pg_end_copy(conn, what, &interrupted)) {
                    PQclear(result);
                    goto over;
                }
                break;
            default:
                if (status == CRM_OK) {
                    status = crm_pg_result_error(err, conn, result);
                    result = NULL;
                    forget_parses(stmt, list, at);
                }
                break;
        }
        PQclear(result);
    }
over:
    if (interrupted) {
        bool lost = PQstatus(pg) == CONNECTION_BAD;
        status = crm_fail(err, CRM_E_INTERRUPTED, "interrupted");
        err->disconnect = lost;
    }
    return status;
}

/* One by one: where the columns returned are not known, or the server has to
 * make text of them. */
static int
run_single(crm_stmt *stmt, const crm_cell *cells, size_t width, bool single,
           crm_rows *rows, size_t *done, int64_t *changed, crm_error *err)
{
    uint64_t before = rows->nrows;
    if (crm_pg_bind_row(stmt, cells, width, err) < 0 ||
        crm_pg_fetch(stmt, rows, SIZE_MAX, err) < 0) {
        return CRM_FAIL;
    }
    if (single && rows->nrows != before + 1) {
        return crm_fail(err, CRM_E_INTERNAL, "INSERT did not return one row");
    }
    *changed += stmt->changes > 0 ? stmt->changes : 0;
    (*done)++;
    return CRM_OK;
}

/* The largest size that fits `left` rows and the number of parameters. */
static int
size_for(const crm_stmt *stmt, size_t left)
{
    int size = 0;
    if (stmt->values_to != 0 && stmt->nparams > 0) {
        while (size + 1 < CRM_PG_SIZES && (size_t)2 << size <= left &&
               ((size_t)2 << size) * stmt->nparams <= MAX_PARAMS) {
            size++;
        }
    }
    return size;
}

/* Sends all rows, as arrays if there are some, or in sizes. */
static int
send_all(crm_stmt *stmt, const crm_cell *cells, size_t nrows,
         crm_pg_array *arrays, plan_list *list, crm_error *err)
{
    int unnamed = -1;
    int status = CRM_OK;
    for (size_t next = 0; next < nrows && status == CRM_OK;) {
        const crm_cell *from = cells + next * stmt->nparams;
        size_t left = nrows - next, taken = 0;
        if (arrays != NULL) {
            status = crm_pg_arrays_fill(arrays, stmt, from, left, &taken, err);
            if (status == CRM_OK) {
                status = send_run(stmt, CRM_PG_ARRAYS, stmt->nparams, taken,
                                  &unnamed, list, err);
            }
        }
        else {
            int size = size_for(stmt, left);
            taken = (size_t)1 << size;
            status = send_rows(stmt, from, size, &unnamed, list, err);
        }
        next += taken;
    }
    return status;
}

/* One pipeline with all rows. */
static int
exchange(crm_stmt *stmt, const crm_cell *cells, size_t nrows, bool single,
         crm_pg_array *arrays, crm_rows *rows, size_t *done, int64_t *changed,
         crm_error *err)
{
    crm_conn *conn = stmt->conn;
    PGconn *pg = conn->pg;
    plan_list list = {0};
    int extra = 0;
    int status = CRM_OK;
    if (!PQenterPipelineMode(pg)) {
        return crm_pg_conn_error(err, pg);
    }
    if (!crm_pg_send_pending(conn, &extra)) {
        status = crm_pg_conn_error(err, pg);
    }
    for (int i = 0; i < extra && status == CRM_OK; i++) {
        status = note(&list, 0, err);
    }
    if (status == CRM_OK) {
        status = send_all(stmt, cells, nrows, arrays, &list, err);
    }
    crm_error later;
    if (!PQpipelineSync(pg)) {
        status = status < 0 ? status : crm_pg_conn_error(err, pg);
        forget_parses(stmt, &list, 0);
    }
    else if (take_all(stmt, &list, single, rows, done, changed, &later) < 0 &&
             status == CRM_OK) {
        *err = later;
        status = CRM_FAIL;
    }
    free(list.rows);
    return crm_pg_end_pipeline(conn, status, err);
}

static int
run_pipeline(crm_stmt *stmt, const crm_cell *cells, size_t nrows, bool single,
             crm_pg_array *arrays, crm_rows *rows, size_t *done,
             int64_t *changed, crm_error *err)
{
    crm_conn *conn = stmt->conn;
    bool outside = PQtransactionStatus(conn->pg) == PQTRANS_IDLE;
    bool begin = conn->begin_pending;
    size_t before = *done;
    int status =
        exchange(stmt, cells, nrows, single, arrays, rows, done, changed, err);
    if (status == CRM_OK || !crm_pg_renew(stmt, err) || !outside ||
        *done != before) {
        return status;
    }
    crm_pg_start_again(conn, begin);
    return exchange(stmt, cells, nrows, single, arrays, rows, done, changed,
                    err);
}

/* *out: arrays for the rows, NULL if they are not to go as such. */
static int
find_arrays(crm_stmt *stmt, size_t nrows, crm_pg_array **out, crm_error *err)
{
    *out = NULL;
    if (nrows < MANY) {
        return CRM_OK;
    }
    if (stmt->values_to != 0 && crm_pg_arrays_from_values(stmt, err) < 0) {
        return CRM_FAIL;
    }
    if (stmt->arrays == NULL) {
        return CRM_OK;
    }
    int allowed = stmt->guard == NULL ? 1 : crm_pg_ask(stmt->guard, err);
    return allowed > 0 ? crm_pg_arrays_new(stmt, out, err) : allowed;
}

int
crm_pg_run_many(crm_stmt *stmt, const crm_cell *cells, size_t nrows,
                size_t width, bool single, crm_rows *rows, size_t *done,
                int64_t *changed, crm_error *err)
{
    size_t next = 0;
    bool returns = single;
    stmt->as_literals = false; /* the columns have types: nothing is gained */
    while (next < nrows &&
           (nrows == 1 ||
            (returns && (stmt->columns == NULL ||
                         PQnfields(stmt->columns) == 0 || stmt->unknown)))) {
        if (run_single(stmt, cells + next * width, width, single, rows, done,
                       changed, err) < 0) {
            return CRM_FAIL;
        }
        next++;
    }
    if (next == nrows) {
        return CRM_OK;
    }
    crm_pg_reset_stmt(stmt);
    if (crm_pg_reserve(stmt, width, 1, err) < 0) {
        return CRM_FAIL;
    }
    for (size_t i = next; i < nrows; i++) {
        if (crm_pg_declare(stmt, cells + i * width, err) < 0) {
            return CRM_FAIL;
        }
    }
    /* Types that do not fit all rows: each as it comes. */
    bool uniform = true;
    for (size_t i = next * width; i < nrows * width && uniform; i++) {
        uniform = crm_pg_type_takes(stmt, stmt->types[i % width], &cells[i]);
    }
    if (uniform) {
        crm_pg_array *arrays;
        if (find_arrays(stmt, nrows - next, &arrays, err) < 0) {
            return CRM_FAIL;
        }
        int status = run_pipeline(stmt, cells + next * width, nrows - next,
                                  single, arrays, rows, done, changed, err);
        crm_pg_arrays_free(arrays, stmt);
        return status;
    }
    for (; next < nrows; next++) {
        if (run_single(stmt, cells + next * width, width, single, rows, done,
                       changed, err) < 0) {
            return CRM_FAIL;
        }
    }
    return CRM_OK;
}
