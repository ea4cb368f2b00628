/* copies.c: whole databases as bytes and into other connections, and the bytes
 * of single values. */
#include <limits.h>
#include <string.h>

#include "sqlite_driver.h"

#ifdef CRM_SQLITE_SERIALIZES
/* Whether it was memory that serializing failed for, which SQLite does not say:
 * it has a size where there was none for the bytes, and no error where there
 * was none for its query. */
static bool
ran_out(sqlite3 *db, const char *name, sqlite3_int64 size)
{
    if (size >= 0 || sqlite3_db_readonly(db, name) < 0) {
        return size > 0;
    }
    int rc = sqlite3_errcode(db);
    return rc == SQLITE_OK || rc == SQLITE_NOMEM || rc == SQLITE_ROW ||
           rc == SQLITE_DONE;
}

int
crm_sqlite_serialize(crm_conn *conn, const char *name, void **bytes,
                     int64_t *len, crm_error *err)
{
    sqlite3_int64 size = 0;
    *bytes = sqlite3_serialize(conn->db, name, &size, 0);
    *len = size;
    if (crm_sqlite_raised(conn, err) < 0) {
        sqlite3_free(*bytes);
        return CRM_FAIL;
    }
    if (*bytes == NULL && ran_out(conn->db, name, size)) {
        return crm_sqlite_code(err, SQLITE_NOMEM);
    }
    return *bytes == NULL ? crm_fail(err, CRM_E_OPERATIONAL,
                                     "unable to serialize '%s'", name)
                          : CRM_OK;
}

void
crm_sqlite_release(void *bytes)
{
    sqlite3_free(bytes);
}

int
crm_sqlite_deserialize(crm_conn *conn, const char *name, const void *bytes,
                       int64_t len, crm_error *err)
{
    unsigned char *copy = sqlite3_malloc64((sqlite3_uint64)len + (len == 0));
    if (copy == NULL) {
        return crm_sqlite_code(err, SQLITE_NOMEM);
    }
    memcpy(copy, bytes, (size_t)len);
    /* it frees the copy also when it fails */
    int rc = sqlite3_deserialize(
        conn->db, name, copy, len, len,
        SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE);
    if (crm_sqlite_raised(conn, err) < 0) {
        return CRM_FAIL;
    }
    return rc == SQLITE_OK ? CRM_OK : crm_sqlite_error(err, conn->db, rc);
}

#endif

int
crm_sqlite_backup_begin(crm_conn *to, crm_conn *from, const char *name,
                        void **backup, crm_error *err)
{
    *backup = sqlite3_backup_init(to->db, "main", from->db, name);
    return *backup == NULL
               ? crm_sqlite_error(err, to->db, sqlite3_errcode(to->db))
               : CRM_OK;
}

int
crm_sqlite_backup_step(void *backup, int pages, crm_copied *copied)
{
    int rc = sqlite3_backup_step(backup, pages);
    copied->code = rc;
    copied->remaining = sqlite3_backup_remaining(backup);
    copied->total = sqlite3_backup_pagecount(backup);
    copied->busy = rc == SQLITE_BUSY || rc == SQLITE_LOCKED;
    return rc == SQLITE_OK || copied->busy ? CRM_MORE : CRM_DONE;
}

void
crm_sqlite_sleep(int milliseconds)
{
    sqlite3_sleep(milliseconds);
}

int
crm_sqlite_backup_end(crm_conn *to, void *backup, crm_error *err)
{
    int rc = sqlite3_backup_finish(backup);
    return rc == SQLITE_OK ? CRM_OK : crm_sqlite_error(err, to->db, rc);
}

/* A handle is opened for each use, so that none outlives its connection. */
static int
open_blob(crm_conn *conn, const crm_place *place, bool write,
          sqlite3_blob **blob, crm_error *err)
{
    int rc = sqlite3_blob_open(conn->db, place->database, place->table,
                               place->column, place->row, write, blob);
    return rc == SQLITE_OK ? CRM_OK : crm_sqlite_error(err, conn->db, rc);
}

int
crm_sqlite_blob_size(crm_conn *conn, const crm_place *place, bool write,
                     int64_t *size, crm_error *err)
{
    sqlite3_blob *blob = NULL;
    if (open_blob(conn, place, write, &blob, err) < 0) {
        return CRM_FAIL;
    }
    *size = sqlite3_blob_bytes(blob);
    sqlite3_blob_close(blob);
    return CRM_OK;
}

int
crm_sqlite_blob_use(crm_conn *conn, const crm_place *place, bool write,
                    void *bytes, int len, int offset, crm_error *err)
{
    sqlite3_blob *blob = NULL;
    if (open_blob(conn, place, write, &blob, err) < 0) {
        return CRM_FAIL;
    }
    int rc = write ? sqlite3_blob_write(blob, bytes, len, offset)
                   : sqlite3_blob_read(blob, bytes, len, offset);
    int status = rc == SQLITE_OK ? CRM_OK : crm_sqlite_error(err, conn->db, rc);
    rc = sqlite3_blob_close(blob);
    /* it ends a transaction of its own */
    return status < 0 || rc == SQLITE_OK ? status
                                         : crm_sqlite_error(err, conn->db, rc);
}
