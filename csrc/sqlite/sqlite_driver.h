/* sqlite_driver.h: what the files of the SQLite driver share.  Plain C.
 *
 * Connections are opened with SQLITE_OPEN_NOMUTEX: driver.h promises one thread
 * at a time, which also makes the unprotected values of sqlite3_column_value
 * safe to read.  Nothing here touches Python.
 */
#ifndef CRM_SQLITE_DRIVER_H
#define CRM_SQLITE_DRIVER_H

#include <sqlite3.h>

#include "plain/error.h"
#include "plain/link.h"
#include "driver.h"

struct crm_conn {
    sqlite3 *db;
    crm_link *statements; /* every statement, for close */
    /* Prepared on first use. */
    sqlite3_stmt *begin;
    sqlite3_stmt *commit;
    sqlite3_stmt *rollback;
    char begin_sql[24]; /* "" in autocommit mode */
    char told[16];      /* of crm_sqlite_about() */
    const crm_host *host;
    /* A collation has raised, or a hook found no memory: crm_sqlite_raised()
     */
    enum {
        CRM_NOTHING,
        CRM_RAISED,
        CRM_NO_MEMORY
    } raised;
};

struct crm_stmt {
    crm_link link; /* among the statements of the connection */
    crm_conn *conn;
    sqlite3_stmt *stmt; /* NULL: only white space and comments */
    bool is_dml;  /* INSERT, UPDATE, DELETE, REPLACE: needs a transaction */
    bool started; /* stepped since bound: to be reset before it is bound */
    int64_t changes;
};

/* errors.c.  All return CRM_FAIL. */

/* Fills *err from what the connection reports for the failed call `rc`. */
int crm_sqlite_error(crm_error *err, sqlite3 *db, int rc);
/* As above, for a result code without a connection. */
int crm_sqlite_code(crm_error *err, int rc);

/* connection.c */
int crm_sqlite_connect(const crm_option *options, size_t count,
                       const crm_host *host, crm_conn **out, crm_error *err);
void crm_sqlite_close(crm_conn *conn);
int crm_sqlite_reset(crm_conn *conn, crm_error *err);
int crm_sqlite_ping(crm_conn *conn, crm_error *err);
int crm_sqlite_set_option(crm_conn *conn, const char *key, const char *value,
                          crm_error *err);
/* Knows "isolation_level", "total_changes" and "limit" with a number of
 * SQLite's, which crm_sqlite_set_option() changes. */
const char *crm_sqlite_about(crm_conn *conn, const char *name);
int crm_sqlite_begin(crm_conn *conn, crm_error *err);
int crm_sqlite_commit(crm_conn *conn, crm_error *err);
int crm_sqlite_rollback(crm_conn *conn, crm_error *err);
bool crm_sqlite_in_transaction(crm_conn *conn);
int crm_sqlite_exec(crm_conn *conn, const char *sql, crm_error *err);
int64_t crm_sqlite_last_insert_id(crm_conn *conn);
void *crm_sqlite_interrupt(crm_conn *conn);
/* Begins the transaction that `begin` put off, unless one is open. */
int crm_sqlite_begin_now(crm_conn *conn, crm_error *err);

/* functions.c */
int crm_sqlite_create_function(crm_conn *conn, crm_function_kind kind,
                               const char *name, int count, bool deterministic,
                               void *function, crm_error *err);
/* To be asked after whatever may compare texts or call hooks: CRM_FAIL with
 * CRM_E_INTERRUPTED if a collation raised meanwhile, or with CRM_E_MEMORY if a
 * hook had none, CRM_OK. */
int crm_sqlite_raised(crm_conn *conn, crm_error *err);

/* hooks.c */
int crm_sqlite_set_hook(crm_conn *conn, crm_hook_kind kind, int every, bool on,
                        crm_error *err);
int crm_sqlite_enable_extensions(crm_conn *conn, bool on, crm_error *err);
int crm_sqlite_load_extension(crm_conn *conn, const char *path,
                              const char *entry, crm_error *err);

/* copies.c */
#if SQLITE_VERSION_NUMBER >= 3036000
#define CRM_SQLITE_SERIALIZES 1
#endif
int crm_sqlite_serialize(crm_conn *conn, const char *name, void **bytes,
                         int64_t *len, crm_error *err);
void crm_sqlite_release(void *bytes);
int crm_sqlite_deserialize(crm_conn *conn, const char *name, const void *bytes,
                           int64_t len, crm_error *err);
int crm_sqlite_backup_begin(crm_conn *to, crm_conn *from, const char *name,
                            void **backup, crm_error *err);
int crm_sqlite_backup_step(void *backup, int pages, crm_copied *copied);
int crm_sqlite_backup_end(crm_conn *to, void *backup, crm_error *err);
void crm_sqlite_sleep(int milliseconds);
int crm_sqlite_blob_size(crm_conn *conn, const crm_place *place, bool write,
                         int64_t *size, crm_error *err);
int crm_sqlite_blob_use(crm_conn *conn, const crm_place *place, bool write,
                        void *bytes, int len, int offset, crm_error *err);

/* statement.c */
int crm_sqlite_prepare(crm_conn *conn, const char *sql, size_t len,
                       crm_stmt **out, crm_error *err);
void crm_sqlite_finalize(crm_stmt *stmt);
size_t crm_sqlite_column_count(crm_stmt *stmt);
const char *crm_sqlite_column_name(crm_stmt *stmt, size_t column);
int crm_sqlite_bind(crm_stmt *stmt, const crm_cell *cells, size_t count,
                    crm_error *err);
int crm_sqlite_fetch(crm_stmt *stmt, crm_rows *rows, size_t max_rows,
                     crm_error *err);
void crm_sqlite_reset_stmt(crm_stmt *stmt);
int64_t crm_sqlite_changes(crm_stmt *stmt);

#endif /* CRM_SQLITE_DRIVER_H */
