/* told.c: what the server tells beside results: messages of other sessions to
 * all who listen, and what the connection is. */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "pg_driver.h"

int
crm_pg_notification(crm_conn *conn, int wait, crm_notification *out,
                    crm_error *err)
{
    PGconn *pg = conn->pg;
    int64_t begun = crm_pg_milliseconds(), looked = begun;
    PQfreemem(conn->notified);
    for (;;) {
        if (!PQconsumeInput(pg)) {
            conn->notified = NULL;
            return crm_pg_conn_error(err, pg);
        }
        conn->notified = PQnotifies(pg);
        if (conn->notified != NULL) {
            out->channel = conn->notified->relname;
            out->payload = conn->notified->extra;
            out->pid = conn->notified->be_pid;
            return CRM_OK;
        }
        int64_t now = crm_pg_milliseconds();
        int64_t left = CRM_PG_LOOK_MS;
        if (wait >= 0) {
            int64_t rest = begun + wait - now;
            left = rest < left ? rest : left;
        }
        if (left <= 0) {
            return CRM_DONE;
        }
        struct pollfd look = {.fd = PQsocket(pg), .events = POLLIN};
        /* also where other messages come all the time */
        if (poll(&look, 1, (int)left) <= 0 || now - looked >= CRM_PG_LOOK_MS) {
            looked = now;
            if (conn->host->interrupted(conn->host->ctx)) {
                return crm_fail(err, CRM_E_INTERRUPTED, "interrupted");
            }
        }
    }
}

const char *
crm_pg_about(crm_conn *conn, const char *name)
{
    static const struct {
        const char *name;
        char *(*text)(const PGconn *pg);
        int (*number)(const PGconn *pg);
    } facts[] = {
        {"dbname", PQdb, NULL},
        {"user", PQuser, NULL},
        {"password", PQpass, NULL},
        {"host", PQhost, NULL},
        {"hostaddr", PQhostaddr, NULL},
        {"port", PQport, NULL},
        {"options", PQoptions, NULL},
        {"error_message", PQerrorMessage, NULL},
        {"server_version", NULL, PQserverVersion},
        {"backend_pid", NULL, PQbackendPID},
        {"protocol_version", NULL, PQprotocolVersion},
        {"socket", NULL, PQsocket},
        {"needs_password", NULL, PQconnectionNeedsPassword},
        {"used_password", NULL, PQconnectionUsedPassword},
    };
    int number;
    for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
        if (strcmp(name, facts[i].name) != 0) {
            continue;
        }
        if (facts[i].text != NULL) {
            return facts[i].text(conn->pg);
        }
        number = facts[i].number(conn->pg);
        goto found;
    }
    if (strcmp(name, "status") == 0) {
        number = PQstatus(conn->pg);
    }
    else if (strcmp(name, "transaction_status") == 0) {
        /* A transaction that is to begin with the next statement has not. */
        number = PQtransactionStatus(conn->pg);
    }
    else if (strcmp(name, "ssl_in_use") == 0) {
        number = PQsslInUse(conn->pg);
    }
    else if (strncmp(name, "parameter ", 10) == 0) {
        return PQparameterStatus(conn->pg, name + 10);
    }
    else {
        return NULL;
    }
found:
    snprintf(conn->number, sizeof(conn->number), "%d", number);
    return conn->number;
}
