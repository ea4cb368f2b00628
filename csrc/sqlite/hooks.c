/* hooks.c: telling the program what a connection does, and extensions. */
#include "sqlite_driver.h"

/* The SQL of a run that begins, with the values of its parameters where they
 * fit. */
static int
trace(unsigned event, void *data, void *stmt, void *sql)
{
    crm_conn *conn = data;
    if (event == SQLITE_TRACE_STMT) {
        char *expanded = sqlite3_expanded_sql(stmt);
        conn->host->trace(conn->host->ctx, expanded == NULL ? sql : expanded);
        sqlite3_free(expanded);
    }
    return 0;
}

static int
progress(void *data)
{
    crm_conn *conn = data;
    int stop = conn->host->progress(conn->host->ctx);
    if (stop == CRM_FAIL) {
        conn->raised = CRM_NO_MEMORY;
    }
    return stop;
}

static int
authorize(void *data, int action, const char *first, const char *second,
          const char *database, const char *source)
{
    crm_conn *conn = data;
    const char *about[4] = {first, second, database, source};
    int answer = SQLITE_DENY;
    if (conn->host->authorize(conn->host->ctx, action, about, &answer) ==
        CRM_FAIL) {
        conn->raised = CRM_NO_MEMORY;
    }
    return answer;
}

int
crm_sqlite_set_hook(crm_conn *conn, crm_hook_kind kind, int every, bool on,
                    crm_error *err)
{
    int rc = SQLITE_OK;
    switch (kind) {
        case CRM_HOOK_TRACE:
            rc = sqlite3_trace_v2(conn->db, on ? SQLITE_TRACE_STMT : 0,
                                  on ? trace : NULL, conn);
            break;
        case CRM_HOOK_PROGRESS:
            sqlite3_progress_handler(conn->db, every, on ? progress : NULL,
                                     conn);
            break;
        case CRM_HOOK_AUTHORIZE:
            rc = sqlite3_set_authorizer(conn->db, on ? authorize : NULL, conn);
            break;
    }
    return rc == SQLITE_OK ? CRM_OK : crm_sqlite_error(err, conn->db, rc);
}

#ifndef SQLITE_OMIT_LOAD_EXTENSION
int
crm_sqlite_load_extension(crm_conn *conn, const char *path, const char *entry,
                          crm_error *err)
{
    char *text = NULL;
    int rc = sqlite3_load_extension(conn->db, path,
                                    entry[0] == '\0' ? NULL : entry, &text);
    if (rc == SQLITE_OK) {
        return CRM_OK;
    }
    if (text == NULL) {
        return crm_sqlite_error(err, conn->db, rc);
    }
    crm_fail(err, CRM_E_OPERATIONAL, "%s", text);
    sqlite3_free(text);
    return CRM_FAIL;
}

int
crm_sqlite_enable_extensions(crm_conn *conn, bool on, crm_error *err)
{
    int rc = sqlite3_enable_load_extension(conn->db, on);
    return rc == SQLITE_OK ? CRM_OK : crm_sqlite_error(err, conn->db, rc);
}
#else
int
crm_sqlite_load_extension(crm_conn *conn, const char *path, const char *entry,
                          crm_error *err)
{
    (void)conn;
    (void)path;
    (void)entry;
    return crm_fail(err, CRM_E_NOT_SUPPORTED,
                    "the SQLite library was built without extensions");
}

int
crm_sqlite_enable_extensions(crm_conn *conn, bool on, crm_error *err)
{
    (void)on;
    return crm_sqlite_load_extension(conn, "", "", err);
}
#endif
