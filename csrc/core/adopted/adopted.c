/* adopted.c: see adopted.h. */
#include "adopted.h"

#include "adoptedruns.h"

/* ---- connections ------------------------------------------------------ */

/* The result of a call is of no interest; NULL: it raised. */
static int
done(PyObject *result, crm_error *err)
{
    if (result == NULL) {
        return crm_adopted_raised(err);
    }
    Py_DECREF(result);
    return CRM_OK;
}

/* Whether an attribute is True: 0, or -1 with an exception. */
static int
ask(PyObject *dbapi, const char *name, bool *answer)
{
    PyObject *said = PyObject_GetAttrString(dbapi, name);
    *answer = said == Py_True;
    Py_XDECREF(said);
    return said == NULL ? -1 : 0;
}

static int
adopted_connect(const crm_option *Py_UNUSED(options), size_t Py_UNUSED(count),
                const crm_host *host, crm_conn **out, crm_error *err)
{
    crm_connection *owner = host->ctx;
    bool without = crm_host_begin(owner);
    int status = CRM_OK;
    crm_conn *conn = PyMem_Calloc(1, sizeof(*conn));
    if (conn == NULL) {
        PyErr_NoMemory();
        status = crm_adopted_raised(err);
    }
    else {
        conn->owner = owner;
        conn->connection = PyObject_GetAttrString(owner->dbapi, "connection");
        if (conn->connection == NULL ||
            ask(owner->dbapi, "typed", &conn->takes.typed) < 0 ||
            ask(owner->dbapi, "addresses", &conn->takes.addresses) < 0) {
            Py_XDECREF(conn->connection);
            status = crm_adopted_raised(err);
            PyMem_Free(conn);
            conn = NULL;
        }
    }
    *out = conn;
    crm_host_end(owner, without);
    return status;
}

/* Frees what the core has of the program's connection: a new reference. */
static PyObject *
part_from(crm_conn *conn)
{
    PyObject *connection = conn->connection;
    PyMem_Free(conn);
    return connection;
}

static void
adopted_close(crm_conn *conn)
{
    crm_connection *owner = conn->owner;
    bool without = crm_host_begin(owner);
    PyObject *connection = part_from(conn);
    PyObject *closed = PyObject_CallMethod(connection, "close", NULL);
    Py_XDECREF(closed);
    Py_DECREF(connection);
    crm_host_end(owner, without);
}

static void
adopted_forget(crm_conn *conn)
{
    crm_connection *owner = conn->owner;
    bool without = crm_host_begin(owner);
    Py_DECREF(part_from(conn));
    crm_host_end(owner, without);
}

/* Calls a method of the program's connection that takes nothing. */
static int
call(crm_conn *conn, const char *name, crm_error *err)
{
    bool without = crm_host_begin(conn->owner);
    int status = done(PyObject_CallMethod(conn->connection, name, NULL), err);
    crm_host_end(conn->owner, without);
    return status;
}

static int
adopted_commit(crm_conn *conn, crm_error *err)
{
    return call(conn, "commit", err);
}

static int
adopted_rollback(crm_conn *conn, crm_error *err)
{
    return call(conn, "rollback", err);
}

static int
adopted_begin(crm_conn *Py_UNUSED(conn), crm_error *Py_UNUSED(err))
{
    return CRM_OK; /* the connection does, with the first statement */
}

/* Whether an exception that is set, and stays, means a lost connection. */
static bool
is_lost(crm_conn *conn)
{
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    PyErr_NormalizeException(&type, &error, &traceback);
    PyObject *answer =
        PyObject_CallMethod(conn->owner->dbapi, "is_disconnect", "O", error);
    bool lost = answer == Py_True;
    if (answer == NULL) {
        PyErr_WriteUnraisable(conn->connection);
    }
    Py_XDECREF(answer);
    PyErr_Restore(type, error, traceback);
    return lost;
}

static int
adopted_ping(crm_conn *conn, crm_error *err)
{
    bool without = crm_host_begin(conn->owner);
    int status =
        done(PyObject_CallMethod(conn->owner->dbapi, "ping", NULL), err);
    if (status < 0) {
        err->disconnect = is_lost(conn);
    }
    crm_host_end(conn->owner, without);
    return status;
}

static int
adopted_set_option(crm_conn *conn, const char *key, const char *value,
                   crm_error *err)
{
    bool without = crm_host_begin(conn->owner);
    int status = done(
        PyObject_CallMethod(conn->owner->dbapi, "set_option", "ss", key, value),
        err);
    crm_host_end(conn->owner, without);
    return status;
}

/* Called with the GIL, maybe while another thread uses the connection. */
static bool
adopted_in_transaction(crm_conn *conn)
{
    PyObject *dbapi = Py_NewRef(conn->owner->dbapi);
    PyObject *answer = PyObject_CallMethod(dbapi, "in_transaction", NULL);
    int open = answer == NULL ? -1 : PyObject_IsTrue(answer);
    if (open < 0) {
        PyErr_Clear(); /* it does not say: there may be one */
    }
    Py_XDECREF(answer);
    Py_DECREF(dbapi);
    return open != 0;
}

static void *
adopted_interrupt(crm_conn *conn)
{
    PyObject *dbapi = Py_NewRef(conn->owner->dbapi);
    PyObject *nothing = PyObject_CallMethod(dbapi, "interrupt", NULL);
    if (nothing == NULL) {
        PyErr_WriteUnraisable(dbapi);
    }
    Py_XDECREF(nothing);
    Py_DECREF(dbapi);
    return NULL;
}

static int64_t
adopted_last_insert_id(crm_conn *conn)
{
    return conn->last_id;
}

static int
adopted_traverse(crm_conn *conn, int (*visit)(void *object, void *arg),
                 void *arg)
{
    int status = visit(conn->connection, arg);
    for (crm_link *link = conn->statements; link != NULL && status == 0;
         link = link->next) {
        crm_stmt *stmt = (crm_stmt *)link;
        if (stmt->cursor != NULL) {
            status = visit(stmt->cursor, arg);
        }
    }
    return status;
}

/* ---- statements ------------------------------------------------------- */

static void
adopted_finalize(crm_stmt *stmt)
{
    if (stmt == NULL) {
        return;
    }
    crm_connection *owner = stmt->conn->owner;
    bool without = crm_host_begin(owner);
    crm_link_remove(&stmt->conn->statements, &stmt->link);
    crm_stmt gone = *stmt;
    PyMem_Free(stmt);
    Py_XDECREF(gone.cursor);
    Py_XDECREF(gone.params);
    Py_XDECREF(gone.columns.names);
    Py_XDECREF(gone.columns.kinds);
    Py_XDECREF(gone.markers);
    Py_XDECREF(gone.sql);
    crm_host_end(owner, without);
}

static int
adopted_prepare(crm_conn *conn, const char *sql, size_t len, crm_stmt **out,
                crm_error *err)
{
    bool without = crm_host_begin(conn->owner);
    crm_stmt *stmt = PyMem_Calloc(1, sizeof(*stmt));
    if (stmt == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    stmt->conn = conn;
    stmt->changes = -1;
    crm_link_add(&conn->statements, &stmt->link);
    stmt->sql = PyUnicode_FromStringAndSize(sql, (Py_ssize_t)len);
    if (stmt->sql != NULL) {
        PyObject *markers =
            PyObject_CallMethod(conn->owner->dbapi, "markers", "O", stmt->sql);
        stmt->markers = markers == NULL ? NULL : PySequence_Tuple(markers);
        Py_XDECREF(markers);
    }
    if (stmt->markers == NULL) {
        adopted_finalize(stmt);
        stmt = NULL;
    }
done:
    *out = stmt;
    int status = stmt == NULL ? crm_adopted_raised(err) : CRM_OK;
    crm_host_end(conn->owner, without);
    return status;
}

static size_t
adopted_column_count(crm_stmt *stmt)
{
    return stmt->ncols;
}

static const char *
adopted_column_name(crm_stmt *stmt, size_t column)
{
    return PyUnicode_AsUTF8(
        PyTuple_GET_ITEM(stmt->columns.names, (Py_ssize_t)column));
}

static int64_t
adopted_changes(crm_stmt *stmt)
{
    return stmt->changes;
}

/* The names of the columns: what runs the statement says them, and a SELECT can
 * be run once more. */
static int
adopted_describe(crm_stmt *stmt, crm_error *err)
{
    crm_connection *owner = stmt->conn->owner;
    bool without = crm_host_begin(owner);
    PyObject *params = stmt->params;
    stmt->params = NULL;
    PyObject *said =
        PyObject_CallMethod(owner->dbapi, "describe", "OOO", stmt->sql,
                            stmt->markers, params == NULL ? Py_None : params);
    crm_adopted_columns columns = {
        .names = said == NULL ? NULL : PySequence_Tuple(said)};
    if (columns.names != NULL) { /* of what is run the cursor says them again */
        columns.kinds =
            PyBytes_FromStringAndSize(NULL, PyTuple_GET_SIZE(columns.names));
    }
    int status = CRM_OK;
    if (columns.kinds == NULL) {
        Py_XDECREF(columns.names);
        status = crm_adopted_raised(err);
    }
    else {
        memset(PyBytes_AS_STRING(columns.kinds), CRM_ADOPTED_PLAIN,
               (size_t)PyBytes_GET_SIZE(columns.kinds));
        crm_adopted_set_columns(stmt, columns);
    }
    Py_XDECREF(said);
    Py_XDECREF(params);
    crm_host_end(owner, without);
    return status;
}

static const crm_driver adopted_driver = {
    .abi = CRM_DRIVER_ABI,
    .name = "adopted",
    .looks = true,
    .connect = adopted_connect,
    .close = adopted_close,
    .forget = adopted_forget,
    .reset = adopted_rollback,
    .ping = adopted_ping,
    .set_option = adopted_set_option,
    .begin = adopted_begin,
    .commit = adopted_commit,
    .rollback = adopted_rollback,
    .in_transaction = adopted_in_transaction,
    .exec = crm_adopted_exec,
    .prepare = adopted_prepare,
    .finalize = adopted_finalize,
    .column_count = adopted_column_count,
    .column_name = adopted_column_name,
    .bind = crm_adopted_bind,
    .fetch = crm_adopted_fetch,
    .reset_stmt = crm_adopted_reset,
    .run_many = crm_adopted_run_many,
    .describe = adopted_describe,
    .changes = adopted_changes,
    .last_insert_id = adopted_last_insert_id,
    .interrupt = adopted_interrupt,
    .traverse = adopted_traverse,
};

int
crm_adopted_init(crm_core *Py_UNUSED(core), PyObject *module)
{
    PyObject *capsule =
        PyCapsule_New((void *)&adopted_driver, CRM_DRIVER_CAPSULE, NULL);
    int status = capsule == NULL
                     ? -1
                     : PyModule_AddObjectRef(module, "adopted_driver", capsule);
    Py_XDECREF(capsule);
    return status;
}
