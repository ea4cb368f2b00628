/* errors.c: SQLite result codes as DB-API errors. */
#include <stdio.h>
#include <string.h>

#include "sqlite_driver.h"

/* The DB-API class of a primary result code, as the standard library has it. */
static crm_error_class
class_of(int code)
{
    switch (code & 0xff) {
        case SQLITE_INTERNAL:
        case SQLITE_NOTFOUND:
            return CRM_E_INTERNAL;
        case SQLITE_NOMEM:
            return CRM_E_MEMORY;
        case SQLITE_ERROR:
        case SQLITE_PERM:
        case SQLITE_ABORT:
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_READONLY:
        case SQLITE_INTERRUPT:
        case SQLITE_IOERR:
        case SQLITE_FULL:
        case SQLITE_CANTOPEN:
        case SQLITE_PROTOCOL:
        case SQLITE_EMPTY:
        case SQLITE_SCHEMA:
            return CRM_E_OPERATIONAL;
        case SQLITE_TOOBIG:
            return CRM_E_DATA;
        case SQLITE_CONSTRAINT:
        case SQLITE_MISMATCH:
            return CRM_E_INTEGRITY;
        case SQLITE_MISUSE:
        case SQLITE_RANGE:
            return CRM_E_INTERFACE;
        default:
            return CRM_E_DATABASE;
    }
}

#define NAME(code) {code, #code}

static const struct {
    int code;
    const char *name;
} names[] = {
    NAME(SQLITE_ERROR),
    NAME(SQLITE_INTERNAL),
    NAME(SQLITE_PERM),
    NAME(SQLITE_ABORT),
    NAME(SQLITE_BUSY),
    NAME(SQLITE_LOCKED),
    NAME(SQLITE_NOMEM),
    NAME(SQLITE_READONLY),
    NAME(SQLITE_INTERRUPT),
    NAME(SQLITE_IOERR),
    NAME(SQLITE_CORRUPT),
    NAME(SQLITE_NOTFOUND),
    NAME(SQLITE_FULL),
    NAME(SQLITE_CANTOPEN),
    NAME(SQLITE_PROTOCOL),
    NAME(SQLITE_EMPTY),
    NAME(SQLITE_SCHEMA),
    NAME(SQLITE_TOOBIG),
    NAME(SQLITE_CONSTRAINT),
    NAME(SQLITE_MISMATCH),
    NAME(SQLITE_MISUSE),
    NAME(SQLITE_NOLFS),
    NAME(SQLITE_AUTH),
    NAME(SQLITE_FORMAT),
    NAME(SQLITE_RANGE),
    NAME(SQLITE_NOTADB),
    NAME(SQLITE_NOTICE),
    NAME(SQLITE_WARNING),
    NAME(SQLITE_ABORT_ROLLBACK),
    NAME(SQLITE_BUSY_RECOVERY),
    NAME(SQLITE_BUSY_SNAPSHOT),
    NAME(SQLITE_CANTOPEN_CONVPATH),
    NAME(SQLITE_CANTOPEN_FULLPATH),
    NAME(SQLITE_CANTOPEN_ISDIR),
    NAME(SQLITE_CANTOPEN_NOTEMPDIR),
    NAME(SQLITE_CONSTRAINT_CHECK),
    NAME(SQLITE_CONSTRAINT_COMMITHOOK),
    NAME(SQLITE_CONSTRAINT_FOREIGNKEY),
    NAME(SQLITE_CONSTRAINT_FUNCTION),
    NAME(SQLITE_CONSTRAINT_NOTNULL),
    NAME(SQLITE_CONSTRAINT_PRIMARYKEY),
    NAME(SQLITE_CONSTRAINT_ROWID),
    NAME(SQLITE_CONSTRAINT_TRIGGER),
    NAME(SQLITE_CONSTRAINT_UNIQUE),
    NAME(SQLITE_CONSTRAINT_VTAB),
    NAME(SQLITE_CORRUPT_VTAB),
    NAME(SQLITE_IOERR_ACCESS),
    NAME(SQLITE_IOERR_BLOCKED),
    NAME(SQLITE_IOERR_CHECKRESERVEDLOCK),
    NAME(SQLITE_IOERR_CLOSE),
    NAME(SQLITE_IOERR_CONVPATH),
    NAME(SQLITE_IOERR_DELETE),
    NAME(SQLITE_IOERR_DELETE_NOENT),
    NAME(SQLITE_IOERR_DIR_CLOSE),
    NAME(SQLITE_IOERR_DIR_FSYNC),
    NAME(SQLITE_IOERR_FSTAT),
    NAME(SQLITE_IOERR_FSYNC),
    NAME(SQLITE_IOERR_GETTEMPPATH),
    NAME(SQLITE_IOERR_LOCK),
    NAME(SQLITE_IOERR_MMAP),
    NAME(SQLITE_IOERR_NOMEM),
    NAME(SQLITE_IOERR_RDLOCK),
    NAME(SQLITE_IOERR_READ),
    NAME(SQLITE_IOERR_SEEK),
    NAME(SQLITE_IOERR_SHMLOCK),
    NAME(SQLITE_IOERR_SHMMAP),
    NAME(SQLITE_IOERR_SHMOPEN),
    NAME(SQLITE_IOERR_SHMSIZE),
    NAME(SQLITE_IOERR_SHORT_READ),
    NAME(SQLITE_IOERR_TRUNCATE),
    NAME(SQLITE_IOERR_UNLOCK),
    NAME(SQLITE_IOERR_WRITE),
    NAME(SQLITE_LOCKED_SHAREDCACHE),
    NAME(SQLITE_READONLY_CANTINIT),
    NAME(SQLITE_READONLY_CANTLOCK),
    NAME(SQLITE_READONLY_DBMOVED),
    NAME(SQLITE_READONLY_DIRECTORY),
    NAME(SQLITE_READONLY_RECOVERY),
    NAME(SQLITE_READONLY_ROLLBACK),
    NAME(SQLITE_NOTICE_RECOVER_ROLLBACK),
    NAME(SQLITE_NOTICE_RECOVER_WAL),
    NAME(SQLITE_WARNING_AUTOINDEX),
#ifdef SQLITE_AUTH_USER
    NAME(SQLITE_AUTH_USER),
#endif
#ifdef SQLITE_CANTOPEN_DIRTYWAL
    NAME(SQLITE_CANTOPEN_DIRTYWAL),
#endif
#ifdef SQLITE_IOERR_AUTH
    NAME(SQLITE_IOERR_AUTH),
#endif
#ifdef SQLITE_IOERR_BEGIN_ATOMIC
    NAME(SQLITE_IOERR_BEGIN_ATOMIC),
#endif
#ifdef SQLITE_IOERR_COMMIT_ATOMIC
    NAME(SQLITE_IOERR_COMMIT_ATOMIC),
#endif
#ifdef SQLITE_IOERR_DATA
    NAME(SQLITE_IOERR_DATA),
#endif
#ifdef SQLITE_IOERR_ROLLBACK_ATOMIC
    NAME(SQLITE_IOERR_ROLLBACK_ATOMIC),
#endif
#ifdef SQLITE_IOERR_VNODE
    NAME(SQLITE_IOERR_VNODE),
#endif
#ifdef SQLITE_LOCKED_VTAB
    NAME(SQLITE_LOCKED_VTAB),
#endif
#ifdef SQLITE_BUSY_TIMEOUT
    NAME(SQLITE_BUSY_TIMEOUT),
#endif
#ifdef SQLITE_CANTOPEN_SYMLINK
    NAME(SQLITE_CANTOPEN_SYMLINK),
#endif
#ifdef SQLITE_CONSTRAINT_DATATYPE
    NAME(SQLITE_CONSTRAINT_DATATYPE),
#endif
#ifdef SQLITE_CONSTRAINT_PINNED
    NAME(SQLITE_CONSTRAINT_PINNED),
#endif
#ifdef SQLITE_CORRUPT_INDEX
    NAME(SQLITE_CORRUPT_INDEX),
#endif
#ifdef SQLITE_CORRUPT_SEQUENCE
    NAME(SQLITE_CORRUPT_SEQUENCE),
#endif
#ifdef SQLITE_ERROR_MISSING_COLLSEQ
    NAME(SQLITE_ERROR_MISSING_COLLSEQ),
#endif
#ifdef SQLITE_ERROR_RETRY
    NAME(SQLITE_ERROR_RETRY),
#endif
#ifdef SQLITE_ERROR_SNAPSHOT
    NAME(SQLITE_ERROR_SNAPSHOT),
#endif
#ifdef SQLITE_IOERR_CORRUPTFS
    NAME(SQLITE_IOERR_CORRUPTFS),
#endif
};

static const char *
name_of(int code)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].code == code) {
            return names[i].name;
        }
    }
    return "unknown";
}

int
crm_sqlite_error(crm_error *err, sqlite3 *db, int rc)
{
    memset(err, 0, sizeof(*err));
    int extended = sqlite3_extended_errcode(db);
    /* A misused call leaves the connection's own code alone. */
    if ((extended & 0xff) != (rc & 0xff)) {
        return crm_sqlite_code(err, rc);
    }
    err->cls = class_of(extended);
    err->code = extended;
    snprintf(err->name, sizeof(err->name), "%s", name_of(extended));
    const char *text = sqlite3_errmsg(db);
    crm_error_set_message(err, text, strlen(text));
    return CRM_FAIL;
}

int
crm_sqlite_code(crm_error *err, int rc)
{
    memset(err, 0, sizeof(*err));
    err->cls = class_of(rc);
    err->code = rc;
    snprintf(err->name, sizeof(err->name), "%s", name_of(rc));
    const char *text = sqlite3_errstr(rc);
    crm_error_set_message(err, text, strlen(text));
    return CRM_FAIL;
}
