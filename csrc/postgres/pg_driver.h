/* pg_driver.h: what the files of the PostgreSQL driver share.  Plain C.
 *
 * Statements go out in extended-protocol form, their results come back in
 * binary.  What has to precede a statement (the BEGIN that was put off, the
 * Parse of a statement that is used often, the Close of one given up) travels
 * in the same pipeline, so that a run is one round trip.  Nothing here touches
 * Python.
 */
#ifndef CRM_PG_DRIVER_H
#define CRM_PG_DRIVER_H

#include <libpq-fe.h>

#include "../driver.h"
#include "decode.h"

typedef struct crm_pg_text crm_pg_text;

/* SQL waiting to be sent before the next statement. */
struct crm_pg_text {
    crm_pg_text *next;
    char sql[];
};

struct crm_conn {
    PGconn *pg;
    crm_stmt *statements; /* every statement, for close; doubly linked */
    bool begin_pending;   /* a transaction begins with the next statement */
    bool autocommit;
    char begin_sql[96];
    int prepare_threshold; /* uses before a statement is prepared; 0: at
                              once, negative: never */
    uint64_t last_name;    /* number of the newest prepared statement */
    crm_pg_text *pending;  /* DEALLOCATE and CLOSE that wait */
    PGresult *failed;      /* what the last error was made of, or NULL */
    crm_pg_types types;    /* types met that are not built in */
};

struct crm_stmt {
    crm_conn *conn;
    crm_stmt *prev, *next;
    char *sql;             /* owned */
    size_t nparams;        /* the highest $n in it */
    Oid *types;            /* nparams: as declared to the server, 0: inferred */
    uint32_t uses;         /* runs so far */
    uint64_t name;         /* number of the prepared statement, 0: none */
    const crm_cell *cells; /* borrowed from bind to the end of the run */
    PGresult *columns; /* owned or NULL: names of the last result's columns */
    crm_pg_type *column_types; /* owned: their types */
    PGresult *result;          /* owned or NULL: the result being read */
    int next_row;              /* of it */
    bool running;              /* sent, no result taken yet */
    int extra; /* statements sent before it in a pipeline; -1: no pipeline */
    int64_t changes;
    /* room for sending the parameters */
    const char **values;
    int *lengths;
    int *formats;
    char (*numbers)[16];
};

/* errors.c.  All return CRM_FAIL. */

/* Fills *err from a failed result, which conn->failed then owns. */
int crm_pg_result_error(crm_error *err, crm_conn *conn, PGresult *result);
/* Fills *err from what the connection says. */
int crm_pg_conn_error(crm_error *err, PGconn *pg);
/* Fills *err with a class and a text of the driver's own. */
int crm_pg_fail(crm_error *err, crm_error_class cls, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int crm_pg_no_memory(crm_error *err);
/* The field of the last error whose PG_DIAG_* code is `code`: borrowed until
 * the next error, NULL if it has none. */
const char *crm_pg_diag(crm_conn *conn, int code);

/* connection.c */
int crm_pg_connect(const crm_option *options, size_t count, crm_conn **out,
                   crm_error *err);
void crm_pg_close(crm_conn *conn);
int crm_pg_reset(crm_conn *conn, crm_error *err);
int crm_pg_ping(crm_conn *conn, crm_error *err);
int crm_pg_set_option(crm_conn *conn, const char *key, const char *value,
                      crm_error *err);
int crm_pg_begin(crm_conn *conn, crm_error *err);
int crm_pg_commit(crm_conn *conn, crm_error *err);
int crm_pg_rollback(crm_conn *conn, crm_error *err);
bool crm_pg_in_transaction(crm_conn *conn);
int crm_pg_exec(crm_conn *conn, const char *sql, crm_error *err);
int64_t crm_pg_last_insert_id(crm_conn *conn);
void crm_pg_interrupt(crm_conn *conn);
/* Adds SQL to what is sent before the next statement; without memory it is
 * forgotten, and the server keeps what was to be freed until the end. */
void crm_pg_later(crm_conn *conn, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* statement.c */
int crm_pg_prepare(crm_conn *conn, const char *sql, size_t len, crm_stmt **out,
                   crm_error *err);
void crm_pg_finalize(crm_stmt *stmt);
size_t crm_pg_param_count(crm_stmt *stmt);
size_t crm_pg_column_count(crm_stmt *stmt);
const char *crm_pg_column_name(crm_stmt *stmt, size_t column);
int crm_pg_bind(crm_stmt *stmt, const crm_cell *cells, size_t count,
                crm_error *err);
int crm_pg_fetch(crm_stmt *stmt, crm_rows *rows, size_t max_rows,
                 crm_error *err);
void crm_pg_reset_stmt(crm_stmt *stmt);
int64_t crm_pg_changes(crm_stmt *stmt);

/* encode.c */

/* The type a cell is sent as: an OID, 0 for what the server is to infer. */
Oid crm_pg_type_of(const crm_cell *cell);
/* True if a statement declared with type `declared` takes a cell of type
 * `wanted`. */
bool crm_pg_type_takes(Oid declared, Oid wanted);
/* Puts the parameters of a run into the statement's arrays. */
int crm_pg_encode(crm_stmt *stmt, const crm_cell *cells, crm_error *err);

#endif /* CRM_PG_DRIVER_H */
