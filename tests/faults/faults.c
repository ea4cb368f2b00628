/* faults.c: libsqlite3's and libpq's calls, one of which fails when told to; to
 * be preloaded.
 *
 * faults_arm(n, code): the n-th call from now on that can fail does, once:
 * without being made, with this result code (SQLite) or as if memory or the
 * connection were gone (libpq). With the code ALLOCATION it is not a call that
 * fails but, within such a call, the n-th allocation; with LOST the connection
 * is shut down before such a call, which is made. faults_arm_state(n, state):
 * the n-th result that libpq gives is an error with this SQLSTATE of the
 * server's. faults_disarm(): no more; how many there were since then.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <libpq-fe.h>
#include <sqlite3.h>

static long left, asked;
static int code, last;
static int inside; /* of a library's function, which may call others */

#define ALLOCATION (-1)
#define LOST       (-2)
#define STATE      (-3)

static char state[6]; /* what the server says, if the code is STATE */

void
faults_arm(long n, int failure)
{
    asked = 0;
    left = n;
    code = failure;
}

void
faults_arm_state(long n, const char *sqlstate)
{
    faults_arm(n, STATE);
    snprintf(state, sizeof(state), "%s", sqlstate);
}

long
faults_disarm(void)
{
    left = 0;
    last = 0;
    return asked;
}

/* Whether this call is the one. */
static int
fails(void)
{
    if (inside || code == ALLOCATION) {
        return 0;
    }
    asked += left != 0;
    last = left > 0 && --left == 0 ? code : 0;
    if (last != 0) {
        left = -1; /* goes on counting */
    }
    return last != 0;
}

/* ---- memory (of glibc) -------------------------------------------------- */

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);

static int
no_memory(void)
{
    if (!inside || code != ALLOCATION) {
        return 0;
    }
    asked += left != 0;
    if (left > 0 && --left == 0) {
        left = -1;
        return 1;
    }
    return 0;
}

void *
malloc(size_t size)
{
    return no_memory() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
    return no_memory() ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *memory, size_t size)
{
    return no_memory() ? NULL : __libc_realloc(memory, size);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* ---- SQLite ------------------------------------------------------------ */

#define SQLITE_CALL(name, parameters, arguments) \
    int name parameters                          \
    {                                            \
        if (fails()) {                           \
            return code;                         \
        }                                        \
        inside++;                                \
        int rc = REAL(name) arguments;           \
        inside--;                                \
        return rc;                               \
    }

SQLITE_CALL(sqlite3_step, (sqlite3_stmt * s), (s))
SQLITE_CALL(sqlite3_exec,
            (sqlite3 * db, const char *sql,
             int (*f)(void *, int, char **, char **), void *p, char **e),
            (db, sql, f, p, e))
SQLITE_CALL(sqlite3_bind_null, (sqlite3_stmt * s, int i), (s, i))
SQLITE_CALL(sqlite3_bind_int64, (sqlite3_stmt * s, int i, sqlite3_int64 v),
            (s, i, v))
SQLITE_CALL(sqlite3_bind_double, (sqlite3_stmt * s, int i, double v), (s, i, v))
SQLITE_CALL(sqlite3_bind_text,
            (sqlite3_stmt * s, int i, const char *p, int n, void (*f)(void *)),
            (s, i, p, n, f))
SQLITE_CALL(sqlite3_bind_blob,
            (sqlite3_stmt * s, int i, const void *p, int n, void (*f)(void *)),
            (s, i, p, n, f))

int
sqlite3_open_v2(const char *name, sqlite3 **db, int flags, const char *vfs)
{
    int rc = REAL(sqlite3_open_v2)(name, db, flags, vfs);
    return rc == SQLITE_OK && fails() ? code : rc; /* a handle comes anyway */
}

int
sqlite3_prepare_v3(sqlite3 *db, const char *sql, int len, unsigned flags,
                   sqlite3_stmt **stmt, const char **tail)
{
    if (fails()) {
        *stmt = NULL;
        return code;
    }
    return REAL(sqlite3_prepare_v3)(db, sql, len, flags, stmt, tail);
}

int
sqlite3_extended_errcode(sqlite3 *db)
{
    return last != 0 ? last : REAL(sqlite3_extended_errcode)(db);
}

const char *
sqlite3_errmsg(sqlite3 *db)
{
    return last != 0 ? "made to fail" : REAL(sqlite3_errmsg)(db);
}

const char *
sqlite3_column_name(sqlite3_stmt *s, int column)
{
    return fails() ? NULL : REAL(sqlite3_column_name)(s, column);
}

/* ---- libpq ------------------------------------------------------------- */

/* Whether this call of libpq is the one; LOST: the connection is, and the call
 * made. */
static int
pq_fails(const PGconn *conn)
{
    if (code == STATE || !fails()) {
        return 0;
    }
    if (code == LOST) {
        inside++;
        if (PQsocket(conn) >= 0) {
            shutdown(PQsocket(conn), SHUT_RDWR);
        }
        inside--;
        return 0;
    }
    return 1;
}

#define PQ_CALL(type, name, conn, failure, parameters, arguments) \
    type name parameters                                          \
    {                                                             \
        if (pq_fails(conn)) {                                     \
            return failure;                                       \
        }                                                         \
        inside++;                                                 \
        type result = REAL(name) arguments;                       \
        inside--;                                                 \
        return result;                                            \
    }

PQ_CALL(int, PQsendQuery, c, 0, (PGconn * c, const char *q), (c, q))
PQ_CALL(int, PQsendQueryParams, c, 0,
        (PGconn * c, const char *q, int n, const Oid *t, const char *const *v,
         const int *l, const int *f, int r),
        (c, q, n, t, v, l, f, r))
PQ_CALL(int, PQsendPrepare, c, 0,
        (PGconn * c, const char *s, const char *q, int n, const Oid *t),
        (c, s, q, n, t))
PQ_CALL(int, PQsendQueryPrepared, c, 0,
        (PGconn * c, const char *s, int n, const char *const *v, const int *l,
         const int *f, int r),
        (c, s, n, v, l, f, r))
PQ_CALL(int, PQsendDescribePrepared, c, 0, (PGconn * c, const char *s), (c, s))
PQ_CALL(int, PQenterPipelineMode, c, 0, (PGconn * c), (c))
PQ_CALL(int, PQpipelineSync, c, 0, (PGconn * c), (c))
PQ_CALL(int, PQexitPipelineMode, c, 0, (PGconn * c), (c))
PQ_CALL(int, PQconsumeInput, c, 0, (PGconn * c), (c))
PQ_CALL(int, PQputCopyData, c, -1, (PGconn * c, const char *b, int n),
        (c, b, n))
PQ_CALL(int, PQflush, c, -1, (PGconn * c), (c))
PQ_CALL(PGnotify *, PQnotifies, c, NULL, (PGconn * c), (c))
PQ_CALL(int, PQputCopyEnd, c, -1, (PGconn * c, const char *e), (c, e))
PQ_CALL(int, PQgetCopyData, c, -2, (PGconn * c, char **b, int a), (c, b, a))
PQ_CALL(PGcancel *, PQgetCancel, c, NULL, (PGconn * c), (c))
PQ_CALL(int, PQcancel, NULL, 0, (PGcancel * r, char *e, int n), (r, e, n))
PQ_CALL(const char *, PQparameterStatus, c, NULL,
        (const PGconn *c, const char *n), (c, n))
PQ_CALL(PGresult *, PQcopyResult, NULL, NULL, (const PGresult *r, int f),
        (r, f))
PQ_CALL(PGresult *, PQmakeEmptyPGresult, c, NULL,
        (PGconn * c, ExecStatusType s), (c, s))

/* LOST: what it gives says that nobody answers. */
PGconn *
PQconnectdbParams(const char *const *keys, const char *const *values,
                  int expand)
{
    static const char *const nobody[][2] = {{"host", NULL}, {"/nowhere", NULL}};
    if (code != STATE && fails()) {
        return code == LOST ? REAL(PQconnectdbParams)(nobody[0], nobody[1], 0)
                            : NULL;
    }
    inside++;
    PGconn *conn = REAL(PQconnectdbParams)(keys, values, expand);
    inside--;
    return conn;
}

/* Never fails, but calls what does. */
int
PQisBusy(PGconn *conn)
{
    inside++;
    int busy = REAL(PQisBusy)(conn);
    inside--;
    return busy;
}

static PGresult *stated; /* what was made of a result: an error with `state` */

PGresult *
PQgetResult(PGconn *conn)
{
    if (code == LOST) {
        (void)pq_fails(conn);
    }
    inside++;
    PGresult *result = REAL(PQgetResult)(conn);
    ExecStatusType status = result == NULL ? 0 : PQresultStatus(result);
    inside--;
    if (result == NULL || code == LOST ||
        (code == STATE && status != PGRES_COMMAND_OK &&
         status != PGRES_TUPLES_OK) ||
        !fails()) {
        return result;
    }
    PQclear(result);
    result = REAL(PQmakeEmptyPGresult)(conn, PGRES_FATAL_ERROR);
    if (code == STATE) {
        stated = result;
        if (strncmp(state, "57P", 3) == 0) { /* the server goes */
            shutdown(PQsocket(conn), SHUT_RDWR);
        }
    }
    return result;
}

char *
PQresultErrorField(const PGresult *result, int field)
{
    if (result == NULL || result != stated) {
        return REAL(PQresultErrorField)(result, field);
    }
    return field == PG_DIAG_SQLSTATE          ? state
           : field == PG_DIAG_SEVERITY        ? "ERROR"
           : field == PG_DIAG_MESSAGE_PRIMARY ? "made to fail"
                                              : NULL;
}

char *
PQresultErrorMessage(const PGresult *result)
{
    return result == NULL || result != stated
               ? REAL(PQresultErrorMessage)(result)
               : "ERROR:  made to fail\n";
}

void
PQclear(PGresult *result)
{
    if (result == stated) {
        stated = NULL;
    }
    REAL(PQclear)(result);
}
