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
#include <poll.h>

#include "plain/error.h"
#include "plain/link.h"
#include "driver.h"
#include "decode.h"

typedef struct crm_pg_text crm_pg_text;

/* SQL waiting to be sent before the next statement. */
struct crm_pg_text {
    crm_pg_text *next;
    bool transactional; /* means nothing after the end of the transaction */
    char sql[];
};

struct crm_conn {
    PGconn *pg;
    const crm_host *host;
    int encoding;         /* libpq's number of UTF-8, which texts are in */
    crm_link *statements; /* every statement, for close */
    bool begin_pending;   /* a transaction begins with the next statement */
    bool autocommit;
    bool refused; /* the server's error was met in what is being collected */
    char begin_sql[96];
    bool as_literals;      /* numbers are of the types that literals have */
    int prepare_threshold; /* uses before a statement is prepared; 0: at
                              once, negative: never */
    uint64_t last_name;    /* number of the newest prepared statement, cursor */
    uint64_t transaction;  /* number of the newest transaction */
    crm_pg_text *pending;  /* DEALLOCATE and CLOSE that wait */
    PGresult *failed;      /* what the last error was made of, or NULL */
    crm_pg_decoder decoder;
    char zone[64]; /* name behind decoder.zone */
    char said[64]; /* the command tag of the last statement fetched */
    enum {
        CRM_PG_NO_COPY,
        CRM_PG_COPY_IN,
        CRM_PG_COPY_OUT,
        CRM_PG_COPY_READ /* the same when all of it has come */
    } copying;           /* what lasts; libpq does not block then */
    char *copied;        /* owned: rows of a COPY that are given out together */
    size_t copied_cap;
    PGnotify *notified; /* owned: given out last, or NULL */
    char number[16];    /* as crm_pg_about() says it */
};

/* Sizes of INSERT statements of many rows: 1, 2, 4 … 128; and the statement
 * that takes arrays. */
#define CRM_PG_SIZES  8
#define CRM_PG_ARRAYS CRM_PG_SIZES

/* Bytes of a number that is sent, in binary form or as decimal text. */
#define CRM_PG_NUMBER 32

struct crm_stmt {
    crm_link link; /* among the statements of the connection */
    crm_conn *conn;
    char *sql;          /* owned */
    uint8_t kind;       /* crm_pg_statement */
    bool reads;         /* a cursor can be declared for it */
    bool several;       /* it is several statements */
    size_t values_word; /* INSERT of one row: where VALUES is, */
    size_t values_from; /* where its values begin and end, */
    size_t values_to;   /* else 0 */
    size_t nparams;
    Oid *types;       /* nparams: as declared to the server, 0: inferred */
    bool as_literals; /* see crm_conn */
    Oid *inferred;    /* nparams, owned, or NULL: what the server made of those
                         that are inferred, once it was asked */
    uint32_t uses;    /* runs so far */
    uint64_t names[CRM_PG_SIZES + 1]; /* numbers of the prepared statements for
                                         so many rows, 0: none */
    char *arrays;      /* owned or NULL: the text that takes arrays */
    bool arrays_known; /* of an INSERT: whether there can be one was found */
    crm_stmt *guard;   /* owned, not among conn->statements; NULL: nothing is
                          to be asked before arrays are sent */
    const crm_cell *cells; /* borrowed from bind to the end of the run */
    PGresult *columns;   /* owned or NULL: names of the last result's columns */
    uint64_t columns_of; /* number of the prepared statement whose columns they
                            are, since the server holds to those; 0: none */
    crm_pg_type *column_types; /* owned: their types; an UNKNOWN one with an
                                  elem is turned into an array of those */
    bool unknown;              /* the server has to turn some into text */
    PGresult *result;          /* owned or NULL: the result being read */
    int next_row;              /* of it */
    uint64_t cursor;           /* number of the open cursor, 0: none */
    uint64_t cursor_in;        /* transaction it lives in, 0: beyond */
    int64_t changes;
    /* room for sending the parameters of some rows */
    size_t room;
    const char **values;
    int *lengths;
    int *formats;
    Oid *many_types;
    char (*numbers)[CRM_PG_NUMBER];
};

/* errors.c.  All return CRM_FAIL. */

/* Fills *err from a failed result, which conn->failed then owns. */
int crm_pg_result_error(crm_error *err, crm_conn *conn, PGresult *result);
/* Fills *err from what the connection says.  Outside of a pipeline, unless the
 * connection is lost with it. */
int crm_pg_conn_error(crm_error *err, PGconn *pg);
int crm_pg_no_memory(crm_error *err);
/* A value of column `col` is none of its type. */
int crm_pg_broken(crm_error *err, const PGresult *result, int col);
/* The field of the last error whose PG_DIAG_* code is `code`: borrowed until
 * the next error, NULL if it has none. */
const char *crm_pg_diag(crm_conn *conn, int code);

/* connection.c */
int crm_pg_connect(const crm_option *options, size_t count,
                   const crm_host *host, crm_conn **out, crm_error *err);
void crm_pg_close(crm_conn *conn);
int crm_pg_reset(crm_conn *conn, crm_error *err);
int crm_pg_ping(crm_conn *conn, crm_error *err);
int crm_pg_set_option(crm_conn *conn, const char *key, const char *value,
                      crm_error *err);
/* The BEGIN that was put off, by itself: what follows is no part of its text,
 * in which errors have their place. */
int crm_pg_begin_now(crm_conn *conn, crm_error *err);
int crm_pg_begin(crm_conn *conn, crm_error *err);
int crm_pg_commit(crm_conn *conn, crm_error *err);
int crm_pg_rollback(crm_conn *conn, crm_error *err);
bool crm_pg_in_transaction(crm_conn *conn);
int crm_pg_exec(crm_conn *conn, const char *sql, crm_error *err);
int64_t crm_pg_last_insert_id(crm_conn *conn);
const char *crm_pg_said(crm_conn *conn);
void *crm_pg_interrupt(crm_conn *conn);
void crm_pg_send_interrupt(void *request);

/* exchange.c: what goes to the server and what comes back. */

/* Adds SQL to what is sent before the next statement; without memory it is
 * forgotten, and the server keeps what was to be freed until the end. */
void crm_pg_later(crm_conn *conn, bool transactional, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Forgets it: all, or what means nothing after a transaction. */
void crm_pg_drop_pending(crm_conn *conn, bool all);
/* True if the program has set another encoding than the one our texts are in,
 * which the server would take them for: it is set back before more is sent. */
bool crm_pg_encoding_is_other(const crm_conn *conn);
#define CRM_PG_SET_ENCODING "SET client_encoding TO 'UTF8'"
/* True if something is to go before the next statement. */
bool crm_pg_has_pending(const crm_conn *conn);
/* Sends it within an open pipeline, counting the statements in *extra; 0 when
 * libpq fails. */
int crm_pg_send_pending(crm_conn *conn, int *extra);
int64_t crm_pg_milliseconds(void); /* of a clock that only goes on */
/* Milliseconds between two looks for signals. */
#define CRM_PG_LOOK_MS 100
/* Waits for `events` of poll(), not long, and takes what has come.  Asks the
 * host now and then whether to go on: if not, sets *interrupted and cancels the
 * running statement, and lets the connection fail when the server does not
 * listen to that.  *since, 0 to begin with, is its own.  False if the
 * connection is lost. */
bool crm_pg_await(crm_conn *conn, short events, int64_t *since,
                  bool *interrupted);
/* The next result, NULL at the end of a statement.  Waits for it, and asks the
 * host now and then whether to go on: if not, *interrupted is set, the running
 * statement is cancelled, and its error comes next. */
PGresult *crm_pg_next(crm_conn *conn, bool *interrupted);
/* Leaves the pipeline: `status`, or CRM_FAIL with *err where libpq is still
 * busy; the connection is then of no more use, which *err says in any case. */
int crm_pg_end_pipeline(crm_conn *conn, int status, crm_error *err);
/* Whether that is the status of a COPY that begins.  libpq gives it again until
 * the COPY ends. */
bool crm_pg_begins_copy(ExecStatusType status);
/* Ends a COPY of that status: sends nothing, or drops what comes up to its end.
 * *interrupted as for crm_pg_await().  False where that cannot be, as without
 * memory for a row: no other result follows, and the connection is lost. */
bool crm_pg_end_copy(crm_conn *conn, ExecStatusType status, bool *interrupted);
/* Fills *err for a COPY that came where none is wanted: CRM_FAIL. */
int crm_pg_refuse_copy(crm_error *err);
/* Takes the results of a statement that *before others were sent before; of a
 * pipeline, up to its end.  *out is owned by the caller.  CRM_FAIL for the
 * first error of all; *before then says how many statements after the failed
 * one were still to come before the last, which is 0 if that failed. */
int crm_pg_collect(crm_conn *conn, bool pipeline, int *before, PGresult **out,
                   crm_error *err);
/* The same for a statement sent alone. */
int crm_pg_collect_one(crm_conn *conn, PGresult **out, crm_error *err);
/* Runs SQL in the simple protocol; several statements are allowed. */
int crm_pg_run(crm_conn *conn, const char *sql, crm_error *err);

/* statement.c */

/* A statement with a copy of its text, not yet looked over nor among the
 * connection's; NULL without memory. */
crm_stmt *crm_pg_new_stmt(crm_conn *conn, const char *sql, size_t len);
int crm_pg_prepare(crm_conn *conn, const char *sql, size_t len, crm_stmt **out,
                   crm_error *err);
void crm_pg_finalize(crm_stmt *stmt);
size_t crm_pg_column_count(crm_stmt *stmt);
const char *crm_pg_column_name(crm_stmt *stmt, size_t column);
bool crm_pg_column_type(crm_stmt *stmt, size_t column, crm_column_type *type);
int crm_pg_bind(crm_stmt *stmt, const crm_cell *cells, size_t count,
                crm_error *err);
/* The same of a row of many. */
int crm_pg_bind_row(crm_stmt *stmt, const crm_cell *cells, size_t count,
                    crm_error *err);
int crm_pg_fetch(crm_stmt *stmt, crm_rows *rows, size_t max_rows,
                 crm_error *err);
void crm_pg_reset_stmt(crm_stmt *stmt);
int64_t crm_pg_changes(crm_stmt *stmt);
int crm_pg_describe(crm_stmt *stmt, crm_error *err);
/* Notes what the server said it did. */
void crm_pg_note_said(crm_conn *conn, PGresult *result);
/* The value, true or false, of a query without parameters: 1, 0 or CRM_FAIL. */
int crm_pg_ask(crm_stmt *stmt, crm_error *err);
/* What the server knows a prepared statement by: "crm_" and its number. */
#define CRM_PG_NAME 32
void crm_pg_name(char name[CRM_PG_NAME], uint64_t number);
/* Whether an error of prepared statements goes away by preparing them again,
 * which the next run of the statement then does. */
bool crm_pg_renew(crm_stmt *stmt, const crm_error *err);
/* After such an error of the first statement of a transaction, in which nothing
 * has happened: begins it anew; `begin` is begin_pending as it was before. */
void crm_pg_start_again(crm_conn *conn, bool begin);
/* Room for the parameters of `rows` rows of `width`. */
int crm_pg_reserve(crm_stmt *stmt, size_t width, size_t rows, crm_error *err);
/* Declares types that take a row of cells; the server's copies are forgotten
 * where those declared before do not. */
int crm_pg_declare(crm_stmt *stmt, const crm_cell *cells, crm_error *err);

/* copy.c and told.c: see driver.h. */
int crm_pg_copy(crm_conn *conn, const char *sql, crm_copy *how, crm_error *err);
int crm_pg_copy_read(crm_conn *conn, size_t size, const char **bytes,
                     size_t *len, int64_t *rows, crm_error *err);
int crm_pg_copy_write(crm_conn *conn, const char *bytes, size_t len,
                      crm_error *err);
int crm_pg_copy_end(crm_conn *conn, const char *why, int64_t *rows,
                    crm_error *err);
int crm_pg_notification(crm_conn *conn, int wait, crm_notification *out,
                        crm_error *err);
const char *crm_pg_about(crm_conn *conn, const char *name);

/* reading.c: results into pages. */

/* Learns the columns of a result, unless they are those of the last one; they
 * are then of no prepared statement. */
int crm_pg_learn_columns(crm_stmt *stmt, const PGresult *result,
                         crm_error *err);
/* Adds `count` rows of a result, from row `first` on, to `rows`. */
int crm_pg_read(crm_stmt *stmt, const PGresult *result, int first, int count,
                crm_rows *rows, crm_error *err);

/* arrays.c: many rows as parameters that are arrays, one for each column. */
typedef struct {
    char *bytes; /* owned, malloc */
    size_t len, cap;
    Oid element; /* 0: sent as text */
    Oid array;   /* as declared to the server, 0: inferred */
} crm_pg_array;

int crm_pg_offer(crm_stmt *stmt, const char *arrays, const char *guard,
                 crm_error *err);
/* Asks the server which types it infers, into stmt->inferred. */
int crm_pg_infer(crm_stmt *stmt, crm_error *err);
/* Makes the text that takes arrays of an INSERT whose values are all
 * parameters; stmt->arrays stays NULL where they are not. */
int crm_pg_arrays_from_values(crm_stmt *stmt, crm_error *err);
/* *out: a new array of nparams empty arrays for the text that takes them, NULL
 * if neither it nor, for an INSERT, the server says of which type one is. */
int crm_pg_arrays_new(crm_stmt *stmt, crm_pg_array **out, crm_error *err);
void crm_pg_arrays_free(crm_pg_array *arrays, const crm_stmt *stmt);
/* Fills them with as many of `nrows` rows as one statement is to have, in
 * *taken, and puts them into the statement's parameters and many_types. */
int crm_pg_arrays_fill(crm_pg_array *arrays, crm_stmt *stmt,
                       const crm_cell *cells, size_t nrows, size_t *taken,
                       crm_error *err);

/* many.c */
int crm_pg_run_many(crm_stmt *stmt, const crm_cell *cells, size_t nrows,
                    size_t width, bool single, crm_rows *rows, size_t *done,
                    int64_t *changed, crm_error *err);

/* types.c */

/* Asks the server about the types of columns that are not known yet. */
int crm_pg_learn_types(crm_conn *conn, const PGresult *result, crm_error *err);
/* The texts of column `col` of some rows, made by the server, or arrays of
 * texts: a new array of `count` owned results, each with that as its only
 * value; NULL on failure.  Not within a pipeline; the connection is lost with
 * an error in the middle of sending. */
PGresult **crm_pg_texts(crm_conn *conn, const PGresult *result, int col,
                        bool array, int first, int count, crm_error *err);
void crm_pg_free_texts(PGresult **texts, int count);

/* records.c */

/* A value of a type without a name, a record or an array of such, as a query
 * for its text. */
typedef struct {
    char *sql;
    size_t len, cap; /* of the SQL */
    Oid *types;
    const char **values; /* borrowed: bytes of the result */
    int *lengths, *formats;
    int count, most; /* of parameters */
} crm_pg_record;

/* Whether a type is one that only such a query can make text of. */
bool crm_pg_is_record(Oid type);
/* Queries for the values of a column of some rows, without SQL where that is
 * NULL: a new array, NULL on failure.  They borrow from the result. */
crm_pg_record *crm_pg_records_new(const PGresult *result, int col, int first,
                                  int count, crm_error *err);
void crm_pg_records_free(crm_pg_record *records, int count);

/* encode.c */

/* The type of arrays of such values: 0 for what the server is to infer. */
Oid crm_pg_array_of(Oid type);
/* Whether values of a declared type are sent as text. */
bool crm_pg_as_text(Oid type);
void crm_pg_put32(char *to, uint32_t value);
/* True if a statement declared with type `declared` takes the cell. */
bool crm_pg_type_takes(const crm_stmt *stmt, Oid declared,
                       const crm_cell *cell);
Oid crm_pg_wanted_type(const crm_stmt *stmt, const crm_cell *cell);
/* Puts the parameters of a row into the statement's arrays, from `at` on. */
int crm_pg_encode(crm_stmt *stmt, const crm_cell *cells, size_t at,
                  crm_error *err);

/* lexer.c */

/* What a statement begins with. */
typedef enum {
    CRM_PG_OTHER = 0,
    CRM_PG_SELECT,
    CRM_PG_INSERT,
} crm_pg_statement;

/* Looks SQL over: fills kind, reads, values_from and values_to.  The place of
 * what follows the first statement, NULL if nothing does. */
const char *crm_pg_scan(crm_stmt *stmt, const char *sql);

/* The next parameter ($1) from `p` on, where a token begins; `end` if there is
 * none before that. */
const char *crm_pg_next_param(const char *p, const char *end);
/* Where the token begins that is at `p` or, behind space and comments, next. */
const char *crm_pg_next_token(const char *p);
/* Where the token after a parameter begins, and after the type that it is cast
 * to by ::, which is then *type; that is NULL where it is not cast.  NULL if
 * the type is an array's, or may be. */
const char *crm_pg_skip_param(const char *param, const char **type,
                              size_t *type_len);

#endif /* CRM_PG_DRIVER_H */
