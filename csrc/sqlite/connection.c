/* connection.c: SQLite connections and transactions.
 *
 * Transactions are those of the standard library's driver in its default mode:
 * `begin` waits for the first INSERT, UPDATE, DELETE or REPLACE, and nothing
 * but those begins one.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite_driver.h"

typedef struct {
    const char *database;
    int timeout_ms;
    bool uri;
    const char *isolation_level; /* NULL: autocommit */
} settings;

static bool
is_true(const char *value)
{
    return sqlite3_stricmp(value, "true") == 0 ||
           sqlite3_stricmp(value, "yes") == 0 ||
           sqlite3_stricmp(value, "on") == 0 || strcmp(value, "1") == 0;
}

/* The word after BEGIN, or NULL for autocommit. */
static int
read_level(const char *value, const char **level, crm_error *err)
{
    static const char *const levels[] = {"", "DEFERRED", "IMMEDIATE",
                                         "EXCLUSIVE"};
    *level = NULL;
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (sqlite3_stricmp(value, levels[i]) == 0) {
            *level = levels[i];
        }
    }
    if (*level == NULL && sqlite3_stricmp(value, "None") != 0 &&
        sqlite3_stricmp(value, "AUTOCOMMIT") != 0) {
        return crm_fail(err, CRM_E_PROGRAMMING,
                        "isolation_level string must be '', "
                        "'DEFERRED', 'IMMEDIATE', or 'EXCLUSIVE'");
    }
    return CRM_OK;
}

static int
read_settings(const crm_option *options, size_t count, settings *to,
              crm_error *err)
{
    *to = (settings){
        .database = ":memory:", .timeout_ms = 5000, .isolation_level = ""};
    for (size_t i = 0; i < count; i++) {
        const char *key = options[i].key, *value = options[i].value;
        if (strcmp(key, "database") == 0) {
            to->database = value;
        }
        else if (strcmp(key, "timeout") == 0) {
            char *end;
            double seconds = strtod(value, &end);
            if (end == value || *end != '\0' || seconds != seconds) {
                return crm_fail(err, CRM_E_PROGRAMMING,
                                "timeout must be a number, not '%s'", value);
            }
            seconds = seconds < 0 ? 0 : seconds;
            to->timeout_ms =
                seconds * 1000 >= INT_MAX ? INT_MAX : (int)(seconds * 1000);
        }
        else if (strcmp(key, "uri") == 0) {
            to->uri = is_true(value);
        }
        else if (strcmp(key, "isolation_level") == 0) {
            if (read_level(value, &to->isolation_level, err) < 0) {
                return CRM_FAIL;
            }
        }
        else if (strcmp(key, "cached_statements") != 0 &&
                 strcmp(key, "check_same_thread") != 0 &&
                 strcmp(key, "detect_types") != 0) {
            return crm_fail(err, CRM_E_PROGRAMMING,
                            "'%s' is an invalid connection option", key);
        }
    }
    return CRM_OK;
}

static void
set_begin(crm_conn *conn, const char *level)
{
    sqlite3_finalize(conn->begin);
    conn->begin = NULL;
    snprintf(conn->begin_sql, sizeof(conn->begin_sql), "%s%s",
             level == NULL ? "" : "BEGIN ", level == NULL ? "" : level);
}

/* The number in "limit 3": -1 if the key is no such thing, or there is no such
 * limit. */
static int
limit_of(crm_conn *conn, const char *key)
{
    static const char prefix[] = "limit ";
    if (strncmp(key, prefix, sizeof(prefix) - 1) != 0) {
        return -1;
    }
    long number = strtol(key + sizeof(prefix) - 1, NULL, 10);
    return number < 0 || number > INT_MAX ||
                   sqlite3_limit(conn->db, (int)number, -1) < 0
               ? -1
               : (int)number;
}

const char *
crm_sqlite_about(crm_conn *conn, const char *name)
{
    int limit = limit_of(conn, name);
    if (limit >= 0) {
        snprintf(conn->told, sizeof(conn->told), "%d",
                 sqlite3_limit(conn->db, limit, -1));
        return conn->told;
    }
    if (strcmp(name, "total_changes") == 0) {
        snprintf(conn->told, sizeof(conn->told), "%d",
                 sqlite3_total_changes(conn->db));
        return conn->told;
    }
    if (strcmp(name, "isolation_level") == 0 && conn->begin_sql[0] != '\0') {
        return conn->begin_sql + strlen("BEGIN ");
    }
    return NULL;
}

int
crm_sqlite_set_option(crm_conn *conn, const char *key, const char *value,
                      crm_error *err)
{
    const char *level;
    int limit = limit_of(conn, key);
    if (limit >= 0) {
        sqlite3_limit(conn->db, limit, (int)strtol(value, NULL, 10));
        return CRM_OK;
    }
    if (strcmp(key, "isolation_level") != 0) {
        return crm_fail(err, CRM_E_NOT_SUPPORTED,
                        "option '%s' cannot be changed", key);
    }
    if (read_level(value, &level, err) < 0) {
        return CRM_FAIL;
    }
    set_begin(conn, level);
    return CRM_OK;
}

int
crm_sqlite_connect(const crm_option *options, size_t count,
                   const crm_host *host, crm_conn **out, crm_error *err)
{
    settings set;
    *out = NULL;
    if (read_settings(options, count, &set, err) < 0) {
        return CRM_FAIL;
    }
    crm_conn *conn = calloc(1, sizeof(*conn));
    if (conn == NULL) {
        return crm_sqlite_code(err, SQLITE_NOMEM);
    }
    conn->host = host;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                SQLITE_OPEN_NOMUTEX | (set.uri ? SQLITE_OPEN_URI : 0);
    int rc = sqlite3_open_v2(set.database, &conn->db, flags, NULL);
    if (rc != SQLITE_OK) {
        if (conn->db == NULL) {
            crm_sqlite_code(err, SQLITE_NOMEM);
        }
        else {
            crm_sqlite_error(err, conn->db, rc);
        }
        crm_sqlite_close(conn);
        return CRM_FAIL;
    }
    sqlite3_extended_result_codes(conn->db, 1);
    sqlite3_busy_timeout(conn->db, set.timeout_ms);
    set_begin(conn, set.isolation_level);
    *out = conn;
    return CRM_OK;
}

void
crm_sqlite_close(crm_conn *conn)
{
    while (conn->statements != NULL) {
        crm_sqlite_finalize((crm_stmt *)conn->statements);
    }
    sqlite3_finalize(conn->begin);
    sqlite3_finalize(conn->commit);
    sqlite3_finalize(conn->rollback);
    sqlite3_close_v2(conn->db);
    free(conn);
}

/* Runs a statement of the driver's own, which is kept prepared in *kept. */
static int
run_kept(crm_conn *conn, sqlite3_stmt **kept, const char *sql, crm_error *err)
{
    int rc = SQLITE_OK;
    if (*kept == NULL) {
        rc = sqlite3_prepare_v3(conn->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                kept, NULL);
        if (crm_sqlite_raised(conn, err) < 0) {
            return CRM_FAIL;
        }
        if (rc != SQLITE_OK) {
            return crm_sqlite_error(err, conn->db, rc);
        }
    }
    rc = sqlite3_step(*kept);
    int status = crm_sqlite_raised(conn, err);
    if (status == CRM_OK && rc != SQLITE_DONE) {
        status = crm_sqlite_error(err, conn->db, rc);
    }
    sqlite3_reset(*kept);
    return status;
}

int
crm_sqlite_begin(crm_conn *conn, crm_error *err)
{
    (void)conn;
    (void)err;
    return CRM_OK;
}

int
crm_sqlite_begin_now(crm_conn *conn, crm_error *err)
{
    if (conn->begin_sql[0] == '\0' || !sqlite3_get_autocommit(conn->db)) {
        return CRM_OK;
    }
    return run_kept(conn, &conn->begin, conn->begin_sql, err);
}

int
crm_sqlite_commit(crm_conn *conn, crm_error *err)
{
    return sqlite3_get_autocommit(conn->db)
               ? CRM_OK
               : run_kept(conn, &conn->commit, "COMMIT", err);
}

int
crm_sqlite_rollback(crm_conn *conn, crm_error *err)
{
    return sqlite3_get_autocommit(conn->db)
               ? CRM_OK
               : run_kept(conn, &conn->rollback, "ROLLBACK", err);
}

bool
crm_sqlite_in_transaction(crm_conn *conn)
{
    return !sqlite3_get_autocommit(conn->db);
}

int
crm_sqlite_reset(crm_conn *conn, crm_error *err)
{
    /* SQLite lets statements read on after the end of their transaction. */
    return crm_sqlite_rollback(conn, err);
}

int
crm_sqlite_ping(crm_conn *conn, crm_error *err)
{
    /* Reads the file's header, so that a broken file is noticed. */
    int rc = sqlite3_exec(conn->db, "PRAGMA schema_version", NULL, NULL, NULL);
    if (crm_sqlite_raised(conn, err) < 0) {
        return CRM_FAIL;
    }
    return rc == SQLITE_OK ? CRM_OK : crm_sqlite_error(err, conn->db, rc);
}

int
crm_sqlite_exec(crm_conn *conn, const char *sql, crm_error *err)
{
    int rc = sqlite3_exec(conn->db, sql, NULL, NULL, NULL);
    if (crm_sqlite_raised(conn, err) < 0) {
        return CRM_FAIL;
    }
    return rc == SQLITE_OK ? CRM_OK : crm_sqlite_error(err, conn->db, rc);
}

int64_t
crm_sqlite_last_insert_id(crm_conn *conn)
{
    return sqlite3_last_insert_rowid(conn->db);
}

void *
crm_sqlite_interrupt(crm_conn *conn)
{
    sqlite3_interrupt(conn->db);
    return NULL;
}
