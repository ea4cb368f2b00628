/* driver.h: what a database driver provides to the core.
 *
 * The one seam between cormorant._core and the drivers (cormorant._sqlite,
 * cormorant._postgres).  It is plain C: no Python.h, no database header.  A
 * driver exports a PyCapsule named CRM_DRIVER_CAPSULE that holds a pointer to
 * a static, immutable crm_driver.
 *
 * Threads: no function needs the GIL and every one may block, so the core
 * calls them with the GIL released, `interrupt` excepted.  One connection is
 * used by one thread at a time; `interrupt` is the only call that may come from
 * another thread.
 *
 * Errors: a function that returns int returns CRM_OK (or another non-negative
 * status it documents) on success and CRM_FAIL after filling *err.
 */
#ifndef CRM_DRIVER_H
#define CRM_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plain/cell.h"
#include "plain/page.h"

#define CRM_DRIVER_ABI     10
#define CRM_DRIVER_CAPSULE "cormorant.driver"

typedef struct crm_conn crm_conn; /* private to the driver */
typedef struct crm_stmt crm_stmt; /* private to the driver */

enum {
    CRM_FAIL = -1,
    CRM_OK = 0,
    CRM_MORE = 1,
    CRM_DONE = 2
};

/* DB-API 2.0 exception classes, and the Python ones a value can cause. */
typedef enum {
    CRM_E_NONE = 0,
    CRM_E_INTERFACE,
    CRM_E_DATABASE,
    CRM_E_DATA,
    CRM_E_OPERATIONAL,
    CRM_E_INTEGRITY,
    CRM_E_INTERNAL,
    CRM_E_PROGRAMMING,
    CRM_E_NOT_SUPPORTED,
    CRM_E_MEMORY,
    CRM_E_INTERRUPTED, /* an exception of the program's is set: of a signal's
                          handler or of a collation */
} crm_error_class;

typedef struct {
    crm_error_class cls;
    int code;           /* the database's own number, 0 if none */
    char name[48];      /* symbolic name ("SQLITE_BUSY") or SQLSTATE */
    bool disconnect;    /* the connection can no longer be used */
    char message[2048]; /* UTF-8, NUL-terminated, cut on a character */
} crm_error;

/* A connection option.  Both strings are borrowed for the call. */
typedef struct {
    const char *key;
    const char *value;
} crm_option;

#define CRM_NO_ZONE (-2)

/* A column's type as the server tells it. */
typedef struct {
    uint32_t type;    /* its number: PostgreSQL's OID */
    int32_t size;     /* bytes of a value, negative: they differ */
    int32_t modifier; /* length, precision …, negative: none */
} crm_column_type;

/* What a COPY is. */
typedef struct {
    bool reads; /* the server sends, else it takes */
    bool binary;
    int columns;
    const char *instead; /* what came of SQL that is no COPY */
} crm_copy;

/* What another session said to all who listen.  UTF-8, borrowed. */
typedef struct {
    const char *channel;
    const char *payload;
    int pid; /* of the session */
} crm_notification;

/* What a program may want to be told of a connection's work. */
typedef enum {
    CRM_HOOK_TRACE,     /* crm_host.trace */
    CRM_HOOK_PROGRESS,  /* crm_host.progress */
    CRM_HOOK_AUTHORIZE, /* crm_host.authorize */
} crm_hook_kind;
#define CRM_HOOKS 3

/* How far a backup is. */
typedef struct {
    int code; /* the database's own, for the program */
    int remaining, total;
    bool busy; /* to be tried again after a while */
} crm_copied;

/* A value: names as UTF-8, and the number of the row. */
typedef struct {
    const char *database;
    const char *table;
    const char *column;
    int64_t row;
} crm_place;

/* What a driver may ask of the core while it runs without the GIL. */
typedef struct {
    void *ctx; /* the first argument of each */
    /* Called now and then while waiting: nonzero if the wait is to end, because
     * a signal's handler raised.  The call then fails with CRM_E_INTERRUPTED.
     */
    int (*interrupted)(void *ctx);
    /* A message of the server that is no error. */
    void (*notice)(void *ctx, const char *severity, const char *message);
    /* The number of a time zone, for MOMENT cells; -1: UTC, CRM_NO_ZONE:
     * memory was out. */
    int32_t (*zone)(void *ctx, const char *name);
    /* Calls a function of the program with `count` cells, and `give` once with
     * `to` and what it returned, whose bytes live as long as that call.
     * CRM_FAIL if it raised, and nothing was given: CRM_E_MEMORY, CRM_E_DATA
     * (an overflow), or else CRM_E_OPERATIONAL. */
    int (*call)(void *ctx, void *function, const crm_cell *args, size_t count,
                void (*give)(void *to, const crm_cell *result), void *to,
                crm_error *err);
    /* An aggregate takes a row of a group, whose number is above 0; gives the
     * result of a group and forgets it.  They fail as `call` does. */
    int (*step)(void *ctx, void *function, int64_t group, const crm_cell *args,
                size_t count, crm_error *err);
    int (*finish)(void *ctx, void *function, int64_t group,
                  void (*give)(void *to, const crm_cell *result), void *to,
                  crm_error *err);
    /* Compares two texts by a collation: *order is less than, equal to or more
     * than 0.  CRM_FAIL if it raised: the statement has to end, with
     * CRM_E_INTERRUPTED, and to call no collation until then. */
    int (*compare)(void *ctx, void *function, const crm_cell *left,
                   const crm_cell *right, int *order);
    /* A function will not be called any more. */
    void (*drop)(void *ctx, void *function);
    /* A window function, which has step and finish as well: takes a row back;
     * gives the result so far. */
    int (*inverse)(void *ctx, void *function, int64_t group,
                   const crm_cell *args, size_t count, crm_error *err);
    int (*value)(void *ctx, void *function, int64_t group,
                 void (*give)(void *to, const crm_cell *result), void *to,
                 crm_error *err);
    /* The hooks.  A run of SQL (UTF-8) begins; nonzero if the statement is to
     * stop; what a statement is about to do, by numbers and names of the
     * database's (UTF-8 or NULL): *answer is left if there is none.  CRM_FAIL:
     * memory was out, which the statement is to report. */
    void (*trace)(void *ctx, const char *sql);
    int (*progress)(void *ctx);
    int (*authorize)(void *ctx, int action, const char *const about[4],
                     int *answer);
} crm_host;

/* What SQL calls functions of the program for. */
typedef enum {
    CRM_FUNCTION,  /* crm_host.call */
    CRM_AGGREGATE, /* step and finish */
    CRM_COLLATION, /* compare */
    CRM_WINDOW,    /* step, inverse, value and finish */
} crm_function_kind;

typedef struct crm_driver {
    uint32_t abi;     /* CRM_DRIVER_ABI */
    const char *name; /* "sqlite" */
    bool looks;       /* it calls crm_host.interrupted while it waits */
    bool skips;       /* it does not read rows whose keys are in
                         crm_rows.present */

    /* Connections.  `connect` gives a new connection; `close` frees it with
     * every statement prepared on it, and may leave an exception set.  `host`
     * outlives the connection. */
    int (*connect)(const crm_option *options, size_t count,
                   const crm_host *host, crm_conn **out, crm_error *err);
    void (*close)(crm_conn *conn);
    /* As close, of a connection that nobody has closed: it, and its statements
     * before, may be finalized in any order with what they refer to.  NULL:
     * close. */
    void (*forget)(crm_conn *conn);
    /* Rolls back an open transaction.  Running statements go on if the database
     * lets them, else their next fetch fails. */
    int (*reset)(crm_conn *conn, crm_error *err);
    int (*ping)(crm_conn *conn, crm_error *err);
    /* Changes a connection option (SQLite: isolation_level) for what comes; it
     * neither begins nor ends a transaction.  May be NULL. */
    int (*set_option)(crm_conn *conn, const char *key, const char *value,
                      crm_error *err);

    /* Transactions.  `begin` may be deferred by the driver until the first
     * statement that needs it (SQLite: the first INSERT, UPDATE or DELETE). */
    int (*begin)(crm_conn *conn, crm_error *err);
    int (*commit)(crm_conn *conn, crm_error *err);
    int (*rollback)(crm_conn *conn, crm_error *err);
    bool (*in_transaction)(crm_conn *conn);

    /* Runs SQL that returns no rows and has no parameters (SAVEPOINT …). */
    int (*exec)(crm_conn *conn, const char *sql, crm_error *err);

    /* Statements.  `sql` is UTF-8, `len` bytes; the statement is new and is
     * freed by `finalize` (before or by `close`). */
    int (*prepare)(crm_conn *conn, const char *sql, size_t len, crm_stmt **out,
                   crm_error *err);
    void (*finalize)(crm_stmt *stmt);
    size_t (*column_count)(crm_stmt *stmt);
    /* UTF-8, owned by the statement, valid until the next fetch. */
    const char *(*column_name)(crm_stmt *stmt, size_t column);

    /* Fills *type for a column of the last run; false if nothing is known.
     * NULL: the database has no types of columns. */
    bool (*column_type)(crm_stmt *stmt, size_t column, crm_column_type *type);

    /* Binds `count` cells and makes the statement ready to run.  Text and blob
     * bytes are borrowed and must stay valid until the statement is reset or
     * bound again. */
    int (*bind)(crm_stmt *stmt, const crm_cell *cells, size_t count,
                crm_error *err);
    /* Runs or continues the bound statement; appends up to `max_rows` rows to
     * `rows`.  CRM_MORE: stopped at max_rows.  CRM_DONE: the statement is
     * finished and reset.  CRM_FAIL: reset; rows read so far stay in `rows`. */
    int (*fetch)(crm_stmt *stmt, crm_rows *rows, size_t max_rows,
                 crm_error *err);
    void (*reset_stmt)(crm_stmt *stmt);
    /* Runs the statement once for each of `nrows` rows of `width` cells, in
     * fewer round trips than that.  Adds the rows returned to `rows`, the
     * number of rows changed to *changed and of runs that succeeded to *done.
     * With `single` every run must return one row.  On failure *done is the run
     * that failed.  NULL: the core binds and fetches row by row. */
    int (*run_many)(crm_stmt *stmt, const crm_cell *cells, size_t nrows,
                    size_t width, bool single, crm_rows *rows, size_t *done,
                    int64_t *changed, crm_error *err);
    /* Offers run_many another text for the statement, whose parameters are
     * arrays with an element for each row, and a query whose only value, true
     * or false, says each time whether the rows may go that way: to the same
     * end, errors included.  Both are UTF-8, NUL-terminated, and copied.  NULL:
     * of no use to the driver. */
    int (*offer)(crm_stmt *stmt, const char *arrays, const char *guard,
                 crm_error *err);
    /* Learns the columns of a statement that was not run yet.  NULL: prepare
     * does. */
    int (*describe)(crm_stmt *stmt, crm_error *err);
    /* Rows changed by the last finished run, -1 if the statement counts none.
     */
    int64_t (*changes)(crm_stmt *stmt);
    /* Key generated by the last INSERT of the connection, 0 if none. */
    int64_t (*last_insert_id)(crm_conn *conn);
    /* What the server said the last statement did, as UTF-8: borrowed until the
     * next call, "" if it said nothing.  NULL in a driver that is told
     * nothing. */
    const char *(*said)(crm_conn *conn);

    /* A field of the last error: `code` is one of PostgreSQL's PG_DIAG_*
     * letters; borrowed until the next call, NULL if there is none.  NULL in a
     * driver whose errors are numbers (crm_error.code). */
    const char *(*diag)(crm_conn *conn, int code);

    /* COPY, in a driver that has it; else all of these are NULL.  CRM_DONE: the
     * SQL was run and is none.  After CRM_OK
     * nothing else is called but copy_read, copy_write, copy_end, reset and
     * close until copy_read returned CRM_DONE, copy_end returned or one of
     * them failed: then the connection is as after any statement. */
    int (*copy)(crm_conn *conn, const char *sql, crm_copy *how, crm_error *err);
    /* Rows of a COPY that reads, at least one and of about `size` bytes:
     * borrowed until the next call.  CRM_DONE after the last; *rows is then
     * how many there were, -1 if that is not known. */
    int (*copy_read)(crm_conn *conn, size_t size, const char **bytes,
                     size_t *len, int64_t *rows, crm_error *err);
    int (*copy_write)(crm_conn *conn, const char *bytes, size_t len,
                      crm_error *err);
    /* The end of what was to be written, or, with `why` (UTF-8), a failure; of
     * a COPY that reads, what is left is not wanted.  *rows as above. */
    int (*copy_end)(crm_conn *conn, const char *why, int64_t *rows,
                    crm_error *err);
    /* Waits for the next notification, `wait` milliseconds at most if that is
     * not negative: CRM_OK, or CRM_DONE if none came.  *out is valid until the
     * next call.  May be NULL. */
    int (*notification)(crm_conn *conn, int wait, crm_notification *out,
                        crm_error *err);
    /* What is known of the connection under a name of the driver's: borrowed
     * until the next call, NULL if nothing is.  Asks nobody.  May be NULL. */
    const char *(*about)(crm_conn *conn, const char *name);

    /* Makes a function of the program known to SQL, by which crm_host is asked
     * for it; crm_host.drop is told when it is replaced, when the connection
     * closes, or at once if this fails.  `count` is the number of its
     * arguments, -1 for any. `function` NULL: the name is forgotten.  May be
     * NULL. */
    int (*create_function)(crm_conn *conn, crm_function_kind kind,
                           const char *name, int count, bool deterministic,
                           void *function, crm_error *err);

    /* Calls a hook from now on, `every` so many steps (progress), or not any
     * more.  May be NULL. */
    int (*set_hook)(crm_conn *conn, crm_hook_kind kind, int every, bool on,
                    crm_error *err);

    /* Code that the database loads from a library: whether it may, and loading
     * it, by its entry point unless that is "".  May be NULL. */
    int (*enable_extensions)(crm_conn *conn, bool on, crm_error *err);
    int (*load_extension)(crm_conn *conn, const char *path, const char *entry,
                          crm_error *err);

    /* A database of the connection as bytes, which `release` frees, and one
     * made of bytes, which are copied.  May be NULL. */
    int (*serialize)(crm_conn *conn, const char *name, void **bytes,
                     int64_t *len, crm_error *err);
    void (*release)(void *bytes);
    int (*deserialize)(crm_conn *conn, const char *name, const void *bytes,
                       int64_t len, crm_error *err);

    /* Copies a database of `from` over the one of `to`, so many pages in a
     * step, all with a negative number: CRM_MORE or CRM_DONE.  Both connections
     * stay open until backup_end, which says how it failed.  May be NULL, with
     * `sleep`. */
    int (*backup_begin)(crm_conn *to, crm_conn *from, const char *name,
                        void **backup, crm_error *err);
    int (*backup_step)(void *backup, int pages, crm_copied *copied);
    int (*backup_end)(crm_conn *to, void *backup, crm_error *err);
    void (*sleep)(int milliseconds);

    /* The size of a value of bytes, which may be written or not; reads or
     * writes a part of it.  May be NULL. */
    int (*blob_size)(crm_conn *conn, const crm_place *place, bool write,
                     int64_t *size, crm_error *err);
    int (*blob_use)(crm_conn *conn, const crm_place *place, bool write,
                    void *bytes, int len, int offset, crm_error *err);

    /* Makes a running call of another thread fail soon.  Called with the GIL,
     * so that the connection is not closed meanwhile; hence nothing that may
     * block is done here but left to `send_interrupt`, which needs no
     * connection, takes the request and frees it.  NULL if nothing is left. */
    void *(*interrupt)(crm_conn *conn);
    void (*send_interrupt)(void *request); /* may be NULL */

    /* Calls `visit` with each Python object that the connection owns, until it
     * returns nonzero, which is returned: for the garbage collector, with the
     * GIL.  NULL in a driver that knows nothing of Python. */
    int (*traverse)(crm_conn *conn, int (*visit)(void *object, void *arg),
                    void *arg);
} crm_driver;

#endif /* CRM_DRIVER_H */
