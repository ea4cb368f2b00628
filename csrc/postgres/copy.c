/* copy.c: COPY between the server and the program, a portion at a time.
 *
 * COPY cannot travel in a pipeline, so that what has to go before it does so by
 * itself.  While one lasts libpq does not block, so that signals are looked for
 * also where the server takes no more.
 */
#include <stdlib.h>
#include <string.h>

#include "pg_driver.h"

/* Bytes handed to libpq at a time, which keeps what the server does not take.
 */
#define PORTION (64 * 1024)

static void
set_interrupted(crm_conn *conn, crm_error *err)
{
    bool lost = PQstatus(conn->pg) == CONNECTION_BAD;
    crm_fail(err, CRM_E_INTERRUPTED, "interrupted");
    err->disconnect = lost;
}

/* Sends what libpq holds; false if the connection is lost. */
static bool
flush(crm_conn *conn, bool *interrupted)
{
    int64_t since = 0;
    int left;
    while ((left = PQflush(conn->pg)) > 0) {
        if (!crm_pg_await(conn, POLLIN | POLLOUT, &since, interrupted)) {
            return false;
        }
    }
    return left == 0;
}

/* Takes the results that are left, up to the end of the statement, or to where
 * libpq is stuck: the first error of them in *failed, the last that succeeded
 * in *last, both owned by the caller. */
static void
take_results(crm_conn *conn, bool *interrupted, PGresult **failed,
             PGresult **last)
{
    PGresult *result;
    bool over = false;
    while (!over && (result = crm_pg_next(conn, interrupted)) != NULL) {
        ExecStatusType status = PQresultStatus(result);
        if (crm_pg_begins_copy(status)) {
            over = !crm_pg_end_copy(conn, status, interrupted);
            PQclear(result);
        }
        else if (status == PGRES_FATAL_ERROR) {
            PQclear(*failed == NULL ? NULL : result);
            *failed = *failed == NULL ? result : *failed;
        }
        else {
            PQclear(*last);
            *last = result;
        }
    }
}

/* The connection is free for other statements again. */
static void
leave(crm_conn *conn)
{
    conn->copying = CRM_PG_NO_COPY;
    free(conn->copied);
    conn->copied = NULL;
    conn->copied_cap = 0;
    if (PQstatus(conn->pg) != CONNECTION_BAD) {
        PQsetnonblocking(conn->pg, 0);
    }
}

/* Ends a COPY whose data is over, or that is not to go on: takes its results.
 */
static int
finish(crm_conn *conn, bool interrupted, int64_t *rows, crm_error *err)
{
    PGresult *failed = NULL, *last = NULL;
    int status = CRM_OK;
    take_results(conn, &interrupted, &failed, &last);
    bool stuck = PQtransactionStatus(conn->pg) == PQTRANS_ACTIVE;
    leave(conn);
    if (interrupted) {
        PQclear(failed);
        set_interrupted(conn, err);
        status = CRM_FAIL;
    }
    else if (failed != NULL) {
        status = crm_pg_result_error(err, conn, failed);
    }
    else if (last == NULL || stuck) {
        status = crm_pg_conn_error(err, conn->pg);
    }
    else {
        const char *count = PQcmdTuples(last);
        *rows = *count == '\0' ? -1 : strtoll(count, NULL, 10);
        crm_pg_note_said(conn, last);
    }
    if (status < 0) {
        err->disconnect |= stuck;
    }
    PQclear(last);
    return status;
}

int
crm_pg_copy(crm_conn *conn, const char *sql, crm_copy *how, crm_error *err)
{
    if (crm_pg_begin_now(conn, err) < 0) {
        return CRM_FAIL;
    }
    if (!PQsendQuery(conn->pg, sql)) {
        return crm_pg_conn_error(err, conn->pg);
    }
    PGresult *result, *failed = NULL;
    bool interrupted = false;
    ExecStatusType other = PGRES_EMPTY_QUERY;
    while ((result = crm_pg_next(conn, &interrupted)) != NULL) {
        ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) {
            how->reads = status == PGRES_COPY_OUT;
            how->binary = PQbinaryTuples(result);
            how->columns = PQnfields(result);
            PQclear(result);
            PQclear(failed);
            conn->copying = how->reads ? CRM_PG_COPY_OUT : CRM_PG_COPY_IN;
            PQsetnonblocking(conn->pg, 1);
            if (interrupted) {
                int64_t rows;
                (void)crm_pg_copy_end(conn, "interrupted", &rows, err);
                set_interrupted(conn, err);
                return CRM_FAIL;
            }
            return CRM_OK;
        }
        if (status == PGRES_FATAL_ERROR && failed == NULL) {
            failed = result;
            continue;
        }
        other = status;
        PQclear(result);
        if (status == PGRES_COPY_BOTH &&
            !crm_pg_end_copy(conn, status, &interrupted)) {
            break;
        }
    }
    if (interrupted) {
        PQclear(failed);
        set_interrupted(conn, err);
        return CRM_FAIL;
    }
    if (failed != NULL) {
        return crm_pg_result_error(err, conn, failed);
    }
    if (PQstatus(conn->pg) == CONNECTION_BAD ||
        PQtransactionStatus(conn->pg) == PQTRANS_ACTIVE) {
        return crm_pg_conn_error(err, conn->pg);
    }
    const char *got = PQresStatus(other);
    how->instead = strncmp(got, "PGRES_", 6) == 0 ? got + 6 : got;
    return CRM_DONE;
}

/* Adds a row that came to what is given out. */
static bool
keep(crm_conn *conn, size_t have, const char *row, size_t len)
{
    if (conn->copied_cap - have < len) {
        size_t cap = conn->copied_cap * 2;
        cap = cap - have < len || cap < have ? have + len : cap;
        char *moved = realloc(conn->copied, cap);
        if (moved == NULL) {
            return false;
        }
        conn->copied = moved;
        conn->copied_cap = cap;
    }
    memcpy(conn->copied + have, row, len);
    return true;
}

/* Ends a COPY TO after its last row, or after libpq failed to give the next. */
static int
end_reading(crm_conn *conn, bool interrupted, int64_t *rows, crm_error *err)
{
    crm_error said;
    bool failed = conn->copying != CRM_PG_COPY_READ;
    (void)crm_pg_conn_error(&said, conn->pg);
    int status = finish(conn, interrupted, rows, err);
    if (status == CRM_OK && failed) {
        /* not all has come, whatever the server says */
        *err = said;
        err->disconnect = PQstatus(conn->pg) == CONNECTION_BAD;
        status = CRM_FAIL;
    }
    return status;
}

int
crm_pg_copy_read(crm_conn *conn, size_t size, const char **bytes, size_t *len,
                 int64_t *rows, crm_error *err)
{
    PGconn *pg = conn->pg;
    size_t have = 0;
    int64_t since = 0;
    bool interrupted = false, lacking = false;
    *rows = -1;
    while (have < size || interrupted) {
        char *row;
        int got =
            conn->copying == CRM_PG_COPY_READ ? -1 : PQgetCopyData(pg, &row, 1);
        if (got > 0) {
            if (!interrupted && !keep(conn, have, row, (size_t)got)) {
                /* The rest has to come all the same. */
                lacking = interrupted = true;
                crm_pg_send_interrupt(crm_pg_interrupt(conn));
            }
            have += (size_t)got;
            PQfreemem(row);
        }
        else if (got == 0 && crm_pg_await(conn, POLLIN, &since, &interrupted)) {
            continue;
        }
        else {
            if (got == -1) {
                conn->copying = CRM_PG_COPY_READ;
                if (have > 0 && !interrupted) {
                    break; /* and the end the next time */
                }
            }
            int status = end_reading(conn, interrupted, rows, err);
            if (lacking) {
                bool lost = status < 0 && err->disconnect;
                status = crm_pg_no_memory(err);
                err->disconnect = lost;
            }
            return status < 0 ? CRM_FAIL : CRM_DONE;
        }
    }
    *bytes = conn->copied;
    *len = have;
    return CRM_OK;
}

/* Gives a COPY FROM up after a failure in the middle of it: CRM_FAIL. */
static int
give_up(crm_conn *conn, bool interrupted, crm_error *err)
{
    int64_t ignored;
    bool stop = interrupted;
    if (PQputCopyEnd(conn->pg, "interrupted") > 0) {
        flush(conn, &stop);
    }
    if (finish(conn, interrupted, &ignored, err) == CRM_OK) {
        crm_pg_conn_error(err, conn->pg);
    }
    return CRM_FAIL;
}

int
crm_pg_copy_write(crm_conn *conn, const char *bytes, size_t len, crm_error *err)
{
    bool interrupted = false;
    while (len > 0) {
        size_t some = len < PORTION ? len : PORTION;
        if (PQputCopyData(conn->pg, bytes, (int)some) < 1 ||
            !flush(conn, &interrupted) || interrupted) {
            return give_up(conn, interrupted, err);
        }
        bytes += some;
        len -= some;
    }
    return CRM_OK;
}

int
crm_pg_copy_end(crm_conn *conn, const char *why, int64_t *rows, crm_error *err)
{
    PGconn *pg = conn->pg;
    bool interrupted = false;
    *rows = -1;
    if (conn->copying == CRM_PG_COPY_IN) {
        if (PQputCopyEnd(pg, why) < 1 || !flush(conn, &interrupted)) {
            return give_up(conn, interrupted, err);
        }
        return finish(conn, interrupted, rows, err);
    }
    /* What is still to come is not wanted. */
    if (conn->copying != CRM_PG_COPY_READ) {
        crm_pg_send_interrupt(crm_pg_interrupt(conn));
        crm_pg_end_copy(conn, PGRES_COPY_OUT, &interrupted);
    }
    return finish(conn, interrupted, rows, err);
}
