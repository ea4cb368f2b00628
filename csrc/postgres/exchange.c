/* exchange.c: what goes to the server and what comes back.  See pg_driver.h. */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "pg_driver.h"

/* Milliseconds between two looks for signals, and how long a cancelled
 * statement is waited for before the connection is given up. */
#define LOOK_MS   CRM_PG_LOOK_MS
#define CANCEL_MS 5000

void
crm_pg_later(crm_conn *conn, bool transactional, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    crm_pg_text *text =
        len < 0 ? NULL : malloc(sizeof(*text) + (size_t)len + 1);
    if (text != NULL) {
        vsnprintf(text->sql, (size_t)len + 1, format, again);
        text->transactional = transactional;
        text->next = conn->pending;
        conn->pending = text;
    }
    va_end(again);
}

void
crm_pg_drop_pending(crm_conn *conn, bool all)
{
    crm_pg_text **link = &conn->pending;
    while (*link != NULL) {
        crm_pg_text *text = *link;
        if (all || text->transactional) {
            *link = text->next;
            free(text);
        }
        else {
            link = &text->next;
        }
    }
}

/* In a failed transaction it could only fail. */
static bool
can_send(const crm_conn *conn)
{
    return PQtransactionStatus(conn->pg) != PQTRANS_INERROR;
}

static bool
can_send_pending(const crm_conn *conn)
{
    return conn->pending != NULL && can_send(conn);
}

bool
crm_pg_encoding_is_other(const crm_conn *conn)
{
    return PQclientEncoding(conn->pg) != conn->encoding && can_send(conn);
}

bool
crm_pg_has_pending(const crm_conn *conn)
{
    return conn->begin_pending || crm_pg_encoding_is_other(conn) ||
           can_send_pending(conn);
}

static int
send_text(crm_conn *conn, const char *sql, int *extra)
{
    if (!PQsendQueryParams(conn->pg, sql, 0, NULL, NULL, NULL, NULL, 0)) {
        return 0;
    }
    (*extra)++;
    return 1;
}

int
crm_pg_send_pending(crm_conn *conn, int *extra)
{
    if (crm_pg_encoding_is_other(conn) &&
        !send_text(conn, CRM_PG_SET_ENCODING, extra)) {
        return 0;
    }
    while (can_send_pending(conn)) {
        crm_pg_text *text = conn->pending;
        if (!send_text(conn, text->sql, extra)) {
            return 0;
        }
        conn->pending = text->next;
        free(text);
    }
    if (conn->begin_pending) {
        if (!send_text(conn, conn->begin_sql, extra)) {
            return 0;
        }
        conn->begin_pending = false;
    }
    return 1;
}

int64_t
crm_pg_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool
crm_pg_await(crm_conn *conn, short events, int64_t *since, bool *interrupted)
{
    PGconn *pg = conn->pg;
    struct pollfd look = {.fd = PQsocket(pg), .events = events};
    if (look.fd < 0) {
        return false;
    }
    int ready = poll(&look, 1, LOOK_MS);
    int64_t now = crm_pg_milliseconds();
    if (*since == 0) {
        *since = now;
    }
    if (ready > 0) {
        if ((look.revents & ~POLLOUT) != 0 && !PQconsumeInput(pg)) {
            return false; /* the next result says why */
        }
        if (now - *since < LOOK_MS) {
            return true;
        }
    }
    if (ready <= 0 && !conn->refused && *PQerrorMessage(pg) != '\0') {
        /* libpq had no memory to note what has come, and waits on. */
        shutdown(PQsocket(pg), SHUT_RDWR);
    }
    else if (*interrupted) {
        if (now - *since >= CANCEL_MS) {
            /* It does not listen: make the connection fail. */
            shutdown(PQsocket(pg), SHUT_RDWR);
        }
    }
    else {
        *since = now;
        if (conn->host->interrupted(conn->host->ctx)) {
            *interrupted = true;
            crm_pg_send_interrupt(crm_pg_interrupt(conn));
        }
    }
    return true;
}

/* Waits until the next result is there, or the connection lost.  Signals are
 * looked for while a result is still coming, too. */
static void
wait_for_result(crm_conn *conn, bool *interrupted)
{
    int64_t since =
        crm_pg_milliseconds(); /* of the last look, or the cancellation */
    while (PQisBusy(conn->pg) &&
           crm_pg_await(conn, POLLIN, &since, interrupted)) {
    }
}

PGresult *
crm_pg_next(crm_conn *conn, bool *interrupted)
{
    wait_for_result(conn, interrupted);
    PGconn *pg = conn->pg;
    PGresult *result = PQgetResult(pg);
    if (result == NULL) {
        conn->refused &= PQpipelineStatus(pg) != PQ_PIPELINE_OFF;
        return NULL;
    }
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_PIPELINE_SYNC) {
        conn->refused = false;
    }
    else if (status == PGRES_FATAL_ERROR &&
             PQresultErrorField(result, PG_DIAG_SQLSTATE) != NULL) {
        conn->refused = true;
    }
    else if (status == PGRES_FATAL_ERROR && PQsocket(pg) >= 0) {
        /* Not the server's error but libpq's own, which may now expect what
         * never comes: make the connection fail. */
        shutdown(PQsocket(pg), SHUT_RDWR);
    }
    return result;
}

static const char NO_COPY[] = "COPY cannot be used with this method";

bool
crm_pg_begins_copy(ExecStatusType status)
{
    return status == PGRES_COPY_IN || status == PGRES_COPY_OUT ||
           status == PGRES_COPY_BOTH;
}

int
crm_pg_refuse_copy(crm_error *err)
{
    return crm_fail(err, CRM_E_PROGRAMMING, NO_COPY);
}

bool
crm_pg_end_copy(crm_conn *conn, ExecStatusType status, bool *interrupted)
{
    PGconn *pg = conn->pg;
    int64_t since = 0;
    int got;
    char *row;
    if (status == PGRES_COPY_IN || status == PGRES_COPY_BOTH) {
        got = PQputCopyEnd(pg, NO_COPY) > 0 ? -1 : -2;
    }
    else {
        while ((got = PQgetCopyData(pg, &row, 1)) >= 0) {
            if (got > 0) {
                PQfreemem(row);
            }
            else if (!crm_pg_await(conn, POLLIN, &since, interrupted)) {
                break; /* the next result says why */
            }
        }
    }
    bool stuck =
        got == -2 && !PQisBusy(pg) && PQtransactionStatus(pg) == PQTRANS_ACTIVE;
    if (stuck) {
        shutdown(PQsocket(pg), SHUT_RDWR);
    }
    return !stuck;
}

int
crm_pg_end_pipeline(crm_conn *conn, int status, crm_error *err)
{
    if (!PQexitPipelineMode(conn->pg)) {
        if (status >= 0) {
            status = crm_pg_conn_error(err, conn->pg);
        }
        err->disconnect = true;
    }
    return status;
}

int
crm_pg_collect(crm_conn *conn, bool pipeline, int *before, PGresult **out,
               crm_error *err)
{
    PGconn *pg = conn->pg;
    int left = *before;
    PGresult *kept = NULL, *failed = NULL;
    bool interrupted = false, copying = false;
    bool over = false, ended = false;
    while (!over) {
        PGresult *result = crm_pg_next(conn, &interrupted);
        if (result == NULL) {
            /* Each statement of a pipeline ends with one; after another
             * nothing more is to come. */
            over = !pipeline || ended || PQstatus(pg) == CONNECTION_BAD;
            ended = true;
            left--;
            continue;
        }
        ended = false;
        ExecStatusType status = PQresultStatus(result);
        switch (status) {
            case PGRES_PIPELINE_SYNC:
                over = true;
                break;
            case PGRES_PIPELINE_ABORTED:
                break;
            case PGRES_COMMAND_OK:
            case PGRES_TUPLES_OK:
            case PGRES_EMPTY_QUERY:
                if (left <= 0) {
                    PQclear(kept);
                    kept = result;
                    result = NULL;
                }
                break;
            case PGRES_COPY_IN:
            case PGRES_COPY_OUT:
            case PGRES_COPY_BOTH:
                over = !crm_pg_end_copy(conn, status, &interrupted);
                copying = true;
                break;
            default:
                if (failed == NULL) {
                    failed = result;
                    result = NULL;
                    *before = left;
                }
                break;
        }
        PQclear(result);
    }
    crm_error stuck;
    bool usable = pipeline ? crm_pg_end_pipeline(conn, CRM_OK, &stuck) == CRM_OK
                           : PQtransactionStatus(pg) != PQTRANS_ACTIVE;
    if (usable && failed == NULL && kept != NULL && !interrupted && !copying) {
        *out = kept;
        return CRM_OK;
    }
    PQclear(kept);
    if (failed == NULL) {
        crm_pg_conn_error(err, pg);
    }
    else {
        crm_pg_result_error(err, conn, failed);
    }
    if (copying && PQstatus(pg) != CONNECTION_BAD) {
        crm_pg_refuse_copy(err);
    }
    if (interrupted) {
        bool lost = PQstatus(pg) == CONNECTION_BAD;
        crm_fail(err, CRM_E_INTERRUPTED, "interrupted");
        err->disconnect = lost;
    }
    err->disconnect |= !usable;
    return CRM_FAIL;
}

int
crm_pg_collect_one(crm_conn *conn, PGresult **out, crm_error *err)
{
    int before = 0;
    return crm_pg_collect(conn, false, &before, out, err);
}

int
crm_pg_run(crm_conn *conn, const char *sql, crm_error *err)
{
    PGresult *result = NULL;
    if (!PQsendQuery(conn->pg, sql)) {
        return crm_pg_conn_error(err, conn->pg);
    }
    int status = crm_pg_collect_one(conn, &result, err);
    if (status == CRM_OK) {
        PQclear(result);
    }
    return status;
}
