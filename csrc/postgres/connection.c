/* connection.c: PostgreSQL connections and transactions.
 *
 * `begin` only notes that a transaction is wanted: BEGIN goes out together with
 * the first statement, so that it is no round trip of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pg_driver.h"

static bool
is_true(const char *value)
{
    return strcasecmp(value, "true") == 0 || strcasecmp(value, "on") == 0 ||
           strcmp(value, "1") == 0;
}

/* Takes an option of the driver's own: CRM_DONE, or CRM_OK if it is libpq's. */
static int
own_option(crm_conn *conn, const char *key, const char *value, crm_error *err)
{
    if (strcmp(key, "prepare_threshold") == 0) {
        char *end;
        long number = strtol(value, &end, 10);
        if (strcasecmp(value, "None") == 0) {
            number = -1;
        }
        else if (end == value || *end != '\0' || number < 0 ||
                 number > INT32_MAX) {
            return crm_fail(err, CRM_E_PROGRAMMING,
                            "prepare_threshold must be a number of uses or "
                            "None, not '%s'",
                            value);
        }
        conn->prepare_threshold = (int)number;
        return CRM_DONE;
    }
    if (strcmp(key, "autocommit") == 0) {
        conn->autocommit = is_true(value);
        return CRM_DONE;
    }
    if (strcmp(key, "native_inet_types") == 0) {
        conn->decoder.inet_as_text = !is_true(value);
        return CRM_DONE;
    }
    if (strcmp(key, "follows") == 0) {
        conn->as_literals = strcmp(value, "psycopg2") == 0;
        conn->decoder.follows = conn->as_literals ? CRM_PG_AS_PSYCOPG2
                                : strcmp(value, "asyncpg") == 0
                                    ? CRM_PG_AS_ASYNCPG
                                    : CRM_PG_AS_PSYCOPG;
        return CRM_DONE;
    }
    if (strcmp(key, "begin") == 0) {
        if (strlen(value) >= sizeof(conn->begin_sql)) {
            return crm_fail(err, CRM_E_PROGRAMMING,
                            "'%s' is no way to begin a transaction", value);
        }
        strcpy(conn->begin_sql, value);
        return CRM_DONE;
    }
    return CRM_OK;
}

static void
take_notice(void *arg, const PGresult *result)
{
    crm_conn *conn = arg;
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (severity != NULL && message != NULL) {
        conn->host->notice(conn->host->ctx, severity, message);
    }
}

/* Whether libpq knows all of these options, which it refuses else. */
static bool
known_options(const char *const *keys, const char *const *values, bool whole)
{
    char *why = NULL;
    PQconninfoOption *known =
        whole ? PQconninfoParse(values[0], &why) : PQconndefaults();
    bool all = known != NULL || !whole;
    for (size_t i = whole; known != NULL && keys[i] != NULL; i++) {
        const PQconninfoOption *at = known;
        while (at->keyword != NULL && strcmp(at->keyword, keys[i]) != 0) {
            at++;
        }
        all &= at->keyword != NULL;
    }
    PQconninfoFree(known);
    PQfreemem(why);
    return all;
}

int
crm_pg_connect(const crm_option *options, size_t count, const crm_host *host,
               crm_conn **out, crm_error *err)
{
    *out = NULL;
    crm_conn *conn = calloc(1, sizeof(*conn));
    const char **keys = calloc(count + 2, sizeof(*keys));
    const char **values = calloc(count + 2, sizeof(*values));
    int status = CRM_FAIL;
    size_t used = 0;
    int expand = 0;
    if (conn == NULL || keys == NULL || values == NULL) {
        crm_pg_no_memory(err);
        goto done;
    }
    conn->host = host;
    conn->decoder.zone = -1;
    conn->transaction = 1;
    strcpy(conn->begin_sql, "BEGIN");
    conn->prepare_threshold = 5;
    for (size_t i = 0; i < count; i++) {
        int taken = own_option(conn, options[i].key, options[i].value, err);
        if (taken < 0) {
            goto done;
        }
        if (taken == CRM_OK && strcmp(options[i].key, "client_encoding") != 0) {
            /* The first name of a database may be a connection string for
             * libpq; the name that a program gives never is one. */
            int whole = used == 0 && strcmp(options[i].key, "conninfo") == 0;
            expand |= whole;
            keys[used] = whole ? "dbname" : options[i].key;
            values[used++] = options[i].value;
        }
    }
    /* Text cells are UTF-8. */
    keys[used] = "client_encoding";
    values[used++] = "UTF8";
    conn->pg = PQconnectdbParams(keys, values, expand);
    if (conn->pg == NULL) {
        crm_pg_no_memory(err);
        goto done;
    }
    if (PQstatus(conn->pg) != CONNECTION_OK) {
        crm_pg_conn_error(err, conn->pg);
        if (!known_options(keys, values, expand != 0)) {
            err->cls = CRM_E_PROGRAMMING;
        }
        goto done;
    }
    conn->encoding = PQclientEncoding(conn->pg);
    PQsetNoticeReceiver(conn->pg, take_notice, conn);
    *out = conn;
    conn = NULL;
    status = CRM_OK;
done:
    if (conn != NULL) {
        crm_pg_close(conn);
    }
    free(keys);
    free(values);
    return status;
}

void
crm_pg_close(crm_conn *conn)
{
    while (conn->statements != NULL) {
        crm_pg_finalize((crm_stmt *)conn->statements);
    }
    crm_pg_drop_pending(conn, true);
    PQclear(conn->failed);
    PQfreemem(conn->notified);
    free(conn->copied);
    PQfinish(conn->pg);
    crm_pg_decoder_clear(&conn->decoder);
    free(conn);
}

int
crm_pg_set_option(crm_conn *conn, const char *key, const char *value,
                  crm_error *err)
{
    int taken = own_option(conn, key, value, err);
    return taken == CRM_OK ? crm_fail(err, CRM_E_NOT_SUPPORTED,
                                      "option '%s' cannot be changed", key)
           : taken < 0     ? CRM_FAIL
                           : CRM_OK;
}

int
crm_pg_exec(crm_conn *conn, const char *sql, crm_error *err)
{
    if (strncasecmp(sql, "ROLLBACK TO", 11) == 0) {
        /* cursors opened since the savepoint go with it */
        conn->transaction++;
        crm_pg_drop_pending(conn, false);
    }
    if (!conn->begin_pending) {
        return crm_pg_run(conn, sql, err);
    }
    size_t len = strlen(conn->begin_sql) + strlen(sql) + 3;
    char *both = malloc(len);
    if (both == NULL) {
        return crm_pg_no_memory(err);
    }
    snprintf(both, len, "%s; %s", conn->begin_sql, sql);
    conn->begin_pending = false;
    int status = crm_pg_run(conn, both, err);
    free(both);
    return status;
}

int
crm_pg_begin_now(crm_conn *conn, crm_error *err)
{
    if (crm_pg_encoding_is_other(conn) &&
        crm_pg_run(conn, CRM_PG_SET_ENCODING, err) < 0) {
        return CRM_FAIL;
    }
    if (!conn->begin_pending) {
        return CRM_OK;
    }
    conn->begin_pending = false;
    return crm_pg_run(conn, conn->begin_sql, err);
}

int
crm_pg_begin(crm_conn *conn, crm_error *err)
{
    (void)err;
    conn->begin_pending =
        !conn->autocommit && PQtransactionStatus(conn->pg) == PQTRANS_IDLE;
    return CRM_OK;
}

/* Ends the transaction, if the server knows of one. */
static int
end(crm_conn *conn, const char *sql, crm_error *err)
{
    conn->begin_pending = false;
    conn->transaction++;
    if (PQtransactionStatus(conn->pg) == PQTRANS_IDLE) {
        return CRM_OK;
    }
    crm_pg_drop_pending(conn, false);
    return crm_pg_run(conn, sql, err);
}

int
crm_pg_commit(crm_conn *conn, crm_error *err)
{
    return end(conn, "COMMIT", err);
}

int
crm_pg_rollback(crm_conn *conn, crm_error *err)
{
    return end(conn, "ROLLBACK", err);
}

bool
crm_pg_in_transaction(crm_conn *conn)
{
    PGTransactionStatusType status = PQtransactionStatus(conn->pg);
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR ||
           status == PQTRANS_ACTIVE;
}

int
crm_pg_reset(crm_conn *conn, crm_error *err)
{
    if (conn->copying != CRM_PG_NO_COPY) {
        int64_t rows;
        crm_error ignored;
        (void)crm_pg_copy_end(conn, "given up", &rows, &ignored);
    }
    return crm_pg_rollback(conn, err);
}

int
crm_pg_ping(crm_conn *conn, crm_error *err)
{
    return crm_pg_run(conn, "", err);
}

const char *
crm_pg_said(crm_conn *conn)
{
    return conn->said;
}

int64_t
crm_pg_last_insert_id(crm_conn *conn)
{
    (void)conn;
    return 0;
}

void *
crm_pg_interrupt(crm_conn *conn)
{
    return PQgetCancel(conn->pg);
}

/* Connects to the server, and waits until that hangs up. */
void
crm_pg_send_interrupt(void *request)
{
    char ignored[256];
    if (request != NULL) {
        PQcancel(request, ignored, sizeof(ignored));
        PQfreeCancel(request);
    }
}
