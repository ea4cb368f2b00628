/* types.c: types that are not built in.
 *
 * A connection asks the server once about each type it meets: enums and what
 * else is sent as text, arrays, ranges, hstore.  What remains (composite types,
 * geometry, extensions) the server itself turns into text: the values go back
 * to it as parameters of `SELECT $1::text`, arrays of built-in types as those
 * of `SELECT $1::text[]`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pg_driver.h"

/* One row for each type: how it is sent, and the type inside of it. */
static const char question[] =
    "SELECT t.oid, t.typtype, t.typsend::oid::int8, t.typname::text, "
    "CASE WHEN t.typsend = 'pg_catalog.array_send'::regproc THEN t.typelem "
    "WHEN t.typtype = 'r' THEN (SELECT r.rngsubtype FROM pg_catalog.pg_range r "
    "WHERE r.rngtypid = t.oid) "
    "WHEN t.typtype = 'm' THEN (SELECT r.rngtypid FROM pg_catalog.pg_range r "
    "WHERE r.rngmultitypid = t.oid) ELSE 0 END::int8, "
    "t.typsend::text "
    "FROM pg_catalog.pg_type t WHERE t.oid = $1::oid";

/* The same for servers older than 14, which have no multiranges. */
static const char old_question[] =
    "SELECT t.oid, t.typtype, t.typsend::oid::int8, t.typname::text, "
    "CASE WHEN t.typsend = 'pg_catalog.array_send'::regproc THEN t.typelem "
    "WHEN t.typtype = 'r' THEN (SELECT r.rngsubtype FROM pg_catalog.pg_range r "
    "WHERE r.rngtypid = t.oid) ELSE 0 END::int8, t.typsend::text "
    "FROM pg_catalog.pg_type t WHERE t.oid = $1::oid";

static crm_pg_kind
kind_of(const PGresult *row)
{
    char type = *PQgetvalue(row, 0, 1);
    const char *name = PQgetvalue(row, 0, 3);
    const char *send = PQgetvalue(row, 0, 5);
    const char *function = strrchr(send, '.');
    function = function == NULL ? send : function + 1;
    if (type == 'e' || strcmp(function, "textsend") == 0 ||
        strcmp(function, "varcharsend") == 0 ||
        strcmp(function, "citextsend") == 0) {
        return CRM_PG_TEXT;
    }
    if (strcmp(function, "array_send") == 0) {
        return CRM_PG_ARRAY;
    }
    if (type == 'r') {
        return CRM_PG_RANGE;
    }
    if (type == 'm') {
        return CRM_PG_MULTIRANGE;
    }
    if (strcmp(function, "hstore_send") == 0 && strcmp(name, "hstore") == 0) {
        return CRM_PG_HSTORE;
    }
    return CRM_PG_UNKNOWN;
}

/* Asks about a type; *elem is the one inside of it, 0 for none. */
static int
learn(crm_conn *conn, Oid oid, uint32_t *elem, crm_error *err)
{
    char number[16];
    const char *values[1] = {number};
    snprintf(number, sizeof(number), "%u", oid);
    *elem = 0;
    const char *sql =
        PQserverVersion(conn->pg) >= 140000 ? question : old_question;
    if (!PQsendQueryParams(conn->pg, sql, 1, NULL, values, NULL, NULL, 0)) {
        return crm_pg_conn_error(err, conn->pg);
    }
    PGresult *row = NULL;
    if (crm_pg_collect_one(conn, &row, err) < 0) {
        return CRM_FAIL;
    }
    crm_pg_type type = {oid, CRM_PG_UNKNOWN, 0};
    if (PQntuples(row) == 1 && PQnfields(row) == 6) {
        type.kind = (uint8_t)kind_of(row);
        type.elem = (uint32_t)strtoul(PQgetvalue(row, 0, 4), NULL, 10);
    }
    PQclear(row);
    *elem = type.elem;
    return crm_pg_type_add(&conn->decoder.types, type) < 0
               ? crm_pg_no_memory(err)
               : CRM_OK;
}

static bool
is_listed(const crm_pg_types *types, uint32_t oid)
{
    for (size_t i = 0; i < types->count; i++) {
        if (types->items[i].oid == oid) {
            return true;
        }
    }
    return crm_pg_type_find(types, oid).kind != CRM_PG_UNKNOWN;
}

int
crm_pg_learn_types(crm_conn *conn, const PGresult *result, crm_error *err)
{
    for (int col = 0; col < PQnfields(result); col++) {
        uint32_t oid = PQftype(result, col);
        /* an array of ranges of … */
        for (int depth = 0; oid != 0 && depth < 4; depth++) {
            if (is_listed(&conn->decoder.types, oid)) {
                break;
            }
            if (oid < 16384 && depth > 0) {
                /* built in, inside of another, and of no use to know of */
                crm_pg_type type = {oid, CRM_PG_UNKNOWN, 0};
                if (crm_pg_type_add(&conn->decoder.types, type) < 0) {
                    return crm_pg_no_memory(err);
                }
                break;
            }
            if (learn(conn, oid, &oid, err) < 0) {
                return CRM_FAIL;
            }
        }
    }
    return CRM_OK;
}

/* ---- text made by the server ------------------------------------------ */

void
crm_pg_free_texts(PGresult **texts, int count)
{
    if (texts != NULL) {
        for (int i = 0; i < count; i++) {
            PQclear(texts[i]);
        }
        free(texts);
    }
}

/* Sends each value that is not NULL back; `records` are those of a column of
 * such, else NULL. */
static int
send_values(crm_conn *conn, const PGresult *result, int col, bool array,
            int first, int count, const crm_pg_record *records)
{
    PGconn *pg = conn->pg;
    Oid types[1] = {PQftype(result, col)};
    static const int formats[1] = {1};
    const char *sql = records != NULL ? "SELECT 1"
                      : array         ? "SELECT $1::text[]"
                                      : "SELECT $1::text";
    if (!PQsendPrepare(pg, "", sql, records != NULL ? 0 : 1, types)) {
        return 0;
    }
    for (int i = 0; i < count; i++) {
        if (PQgetisnull(result, first + i, col)) {
            continue;
        }
        const char *values[1] = {PQgetvalue(result, first + i, col)};
        int lengths[1] = {PQgetlength(result, first + i, col)};
        const crm_pg_record *row = records == NULL ? NULL : &records[i];
        if (row != NULL
                ? !PQsendQueryParams(pg, row->sql, row->count, row->types,
                                     row->values, row->lengths, row->formats, 0)
                : !PQsendQueryPrepared(pg, "", 1, values, lengths, formats,
                                       1)) {
            return 0;
        }
    }
    return PQpipelineSync(pg);
}

PGresult **
crm_pg_texts(crm_conn *conn, const PGresult *result, int col, bool array,
             int first, int count, crm_error *err)
{
    PGconn *pg = conn->pg;
    crm_pg_record *records = NULL;
    PGresult *failed = NULL;
    bool interrupted = false, copying = false;
    if (crm_pg_is_record(PQftype(result, col))) {
        records = crm_pg_records_new(result, col, first, count, err);
        if (records == NULL) {
            return NULL;
        }
    }
    PGresult **texts = calloc((size_t)count + 1, sizeof(PGresult *));
    if (texts == NULL) {
        crm_pg_records_free(records, count);
        crm_pg_no_memory(err);
        return NULL;
    }
    int sent = PQenterPipelineMode(pg) &&
               send_values(conn, result, col, array, first, count, records);
    crm_pg_records_free(records, count);
    if (!sent) {
        crm_pg_conn_error(err, pg); /* in a pipeline nobody can go on */
        crm_pg_free_texts(texts, count);
        return NULL;
    }
    int at = -1; /* the statement to begin with was the Parse */
    bool ended = false;
    while (PQstatus(pg) != CONNECTION_BAD) {
        PGresult *next = crm_pg_next(conn, &interrupted);
        ExecStatusType status = PQresultStatus(next);
        if (status == PGRES_PIPELINE_SYNC) {
            PQclear(next);
            break;
        }
        if (next == NULL) {
            if (ended) {
                break; /* nothing more is to come */
            }
            ended = true;
            at++;
            while (at < count && PQgetisnull(result, first + at, col)) {
                at++;
            }
            continue;
        }
        ended = false;
        if (status == PGRES_TUPLES_OK && at >= 0 && at < count &&
            texts[at] == NULL) {
            texts[at] = next;
            continue;
        }
        if (status == PGRES_FATAL_ERROR && failed == NULL) {
            failed = next;
            continue;
        }
        PQclear(next);
        if (crm_pg_begins_copy(status)) {
            copying = true;
            if (!crm_pg_end_copy(conn, status, &interrupted)) {
                break;
            }
        }
    }
    crm_error stuck;
    bool usable = crm_pg_end_pipeline(conn, CRM_OK, &stuck) == CRM_OK;
    if (usable && failed == NULL && PQstatus(pg) != CONNECTION_BAD &&
        !interrupted && !copying) {
        return texts;
    }
    if (failed != NULL) {
        crm_pg_result_error(err, conn, failed);
    }
    else {
        crm_pg_conn_error(err, pg);
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
    crm_pg_free_texts(texts, count);
    return NULL;
}
