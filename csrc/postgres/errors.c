/* errors.c: the server's and libpq's errors as the core takes them. */
#include <stdio.h>
#include <string.h>

#include "pg_driver.h"

/* DB-API class of a SQLSTATE, by its class (PostgreSQL's appendix A). */
static crm_error_class
class_of(const char *state)
{
    static const struct {
        char prefix[4];
        crm_error_class cls;
    } classes[] = {
        {"08", CRM_E_OPERATIONAL}, {"0A", CRM_E_NOT_SUPPORTED},
        {"20", CRM_E_PROGRAMMING}, {"21", CRM_E_PROGRAMMING},
        {"22", CRM_E_DATA},        {"23", CRM_E_INTEGRITY},
        {"24", CRM_E_INTERNAL},    {"25", CRM_E_INTERNAL},
        {"26", CRM_E_PROGRAMMING}, {"27", CRM_E_OPERATIONAL},
        {"28", CRM_E_OPERATIONAL}, {"2B", CRM_E_INTERNAL},
        {"2D", CRM_E_INTERNAL},    {"2F", CRM_E_OPERATIONAL},
        {"34", CRM_E_PROGRAMMING}, {"38", CRM_E_OPERATIONAL},
        {"39", CRM_E_OPERATIONAL}, {"3B", CRM_E_OPERATIONAL},
        {"3D", CRM_E_PROGRAMMING}, {"3F", CRM_E_PROGRAMMING},
        {"40", CRM_E_OPERATIONAL}, {"42", CRM_E_PROGRAMMING},
        {"44", CRM_E_PROGRAMMING}, {"53", CRM_E_OPERATIONAL},
        {"54", CRM_E_OPERATIONAL}, {"55", CRM_E_OPERATIONAL},
        {"57", CRM_E_OPERATIONAL}, {"58", CRM_E_OPERATIONAL},
        {"F0", CRM_E_OPERATIONAL}, {"HV", CRM_E_OPERATIONAL},
        {"P0", CRM_E_PROGRAMMING}, {"XX", CRM_E_INTERNAL},
    };
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (strncmp(state, classes[i].prefix, 2) == 0) {
            return classes[i].cls;
        }
    }
    return CRM_E_DATABASE;
}

/* Whether it is a SQLSTATE, which names a class of exceptions. */
static bool
is_state(const char *state)
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return strlen(state) == 5 && strspn(state, letters) == 5;
}

/* libpq's text as it is, with the end of its last line. */
static void
set_message(crm_error *err, const char *text)
{
    crm_error_set_message(err, text, strlen(text));
}

/* The text after the severity ("ERROR:  …"), which the class says already. */
static const char *
after_severity(const char *text, const char *severity)
{
    size_t len = severity == NULL ? 0 : strlen(severity);
    if (len > 0 && strncmp(text, severity, len) == 0 && text[len] == ':') {
        text += len + 1;
        while (*text == ' ') {
            text++;
        }
    }
    return text;
}

int
crm_pg_result_error(crm_error *err, crm_conn *conn, PGresult *result)
{
    memset(err, 0, sizeof(*err));
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    err->disconnect = PQstatus(conn->pg) == CONNECTION_BAD;
    if (state == NULL) {
        err->cls = CRM_E_OPERATIONAL;
        err->disconnect = true; /* see crm_pg_next() */
        set_message(err, PQresultErrorMessage(result));
    }
    else {
        err->cls = class_of(state);
        if (is_state(state)) {
            snprintf(err->name, sizeof(err->name), "%s", state);
        }
        set_message(
            err, after_severity(PQresultErrorMessage(result),
                                PQresultErrorField(result, PG_DIAG_SEVERITY)));
        /* admin_shutdown, crash_shutdown, cannot_connect_now */
        err->disconnect |= strncmp(state, "57P0", 4) == 0 && state[4] != '4';
    }
    if (conn->failed != result) {
        PQclear(conn->failed);
        conn->failed = result;
    }
    return CRM_FAIL;
}

int
crm_pg_conn_error(crm_error *err, PGconn *pg)
{
    memset(err, 0, sizeof(*err));
    err->cls = CRM_E_OPERATIONAL;
    /* In the middle of something nobody knows what comes next. */
    err->disconnect = PQstatus(pg) == CONNECTION_BAD ||
                      PQpipelineStatus(pg) != PQ_PIPELINE_OFF ||
                      PQtransactionStatus(pg) == PQTRANS_ACTIVE;
    set_message(err, PQerrorMessage(pg));
    return CRM_FAIL;
}

int
crm_pg_no_memory(crm_error *err)
{
    return crm_fail(err, CRM_E_MEMORY, "out of memory");
}

const char *
crm_pg_diag(crm_conn *conn, int code)
{
    return conn->failed == NULL ? NULL : PQresultErrorField(conn->failed, code);
}

int
crm_pg_broken(crm_error *err, const PGresult *result, int col)
{
    return crm_fail(err, CRM_E_DATA,
                    "column \"%s\": the server sent a value that is none of "
                    "its type (OID %u)",
                    PQfname(result, col), PQftype(result, col));
}
