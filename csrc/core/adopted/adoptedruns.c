/* adoptedruns.c: see adoptedruns.h. */
#include "adoptedruns.h"

#include "core/engine/raise.h"

/* ---- cursors ---------------------------------------------------------- */

/* Closes a cursor and drops the reference.  An exception that is set stays; of
 * those that closing raises nobody is told, but of what is no Exception. */
static void
close_cursor(PyObject *cursor)
{
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    PyObject *closed = PyObject_CallMethod(cursor, "close", NULL);
    if (closed == NULL && PyErr_ExceptionMatches(PyExc_Exception)) {
        PyErr_Clear();
    }
    else if (closed == NULL) {
        PyErr_WriteUnraisable(cursor);
    }
    Py_XDECREF(closed);
    Py_DECREF(cursor);
    PyErr_Restore(type, error, traceback);
}

/* The cursor for SQL, a new reference: that which listeners have seen before,
 * or a new one, by which its rows can be `streamed`; NULL with an exception.
 * *ran: a listener has executed the statement. */
static PyObject *
take_cursor(crm_conn *conn, PyObject *sql, bool streamed, bool *ran)
{
    PyObject *dbapi = conn->owner->dbapi;
    PyObject *cursor = PyObject_GetAttrString(dbapi, "handed");
    *ran = false;
    if (cursor == NULL) {
        return NULL;
    }
    if (cursor == Py_None) {
        Py_DECREF(cursor);
        return PyObject_CallMethod(dbapi, "new_cursor", "O",
                                   streamed ? sql : Py_None);
    }
    PyObject *answer = PyObject_GetAttrString(dbapi, "ran");
    *ran = answer == Py_True;
    if (answer == NULL ||
        PyObject_SetAttrString(dbapi, "handed", Py_None) < 0) {
        Py_CLEAR(cursor);
    }
    Py_XDECREF(answer);
    return cursor;
}

/* The cursor that has executed SQL already, to learn its columns: a new
 * reference; NULL without an exception if there is none, or it has executed
 * something else: it is closed then, if it is not the one that listeners saw
 * (and changed the statement of), which executes what comes instead. */
static PyObject *
take_described(crm_conn *conn, PyObject *sql, PyObject *params)
{
    PyObject *dbapi = conn->owner->dbapi;
    PyObject *described = PyObject_GetAttrString(dbapi, "described");
    if (described == NULL || described == Py_None) {
        Py_XDECREF(described);
        return NULL;
    }
    PyObject *other_sql, *other_params, *cursor;
    PyObject *handed = PyObject_GetAttrString(dbapi, "handed");
    if (handed == NULL ||
        !PyArg_ParseTuple(described, "OOO", &other_sql, &other_params,
                          &cursor) ||
        PyObject_SetAttrString(dbapi, "described", Py_None) < 0) {
        Py_XDECREF(handed);
        Py_DECREF(described);
        return NULL;
    }
    Py_INCREF(cursor);
    int same = PyObject_RichCompareBool(sql, other_sql, Py_EQ);
    if (same > 0) {
        same = PyObject_RichCompareBool(params, other_params, Py_EQ);
    }
    if (same == 0 && handed == cursor) {
        Py_CLEAR(cursor);
    }
    else if (same <= 0) {
        close_cursor(cursor);
        cursor = NULL;
    }
    Py_DECREF(handed);
    Py_DECREF(described);
    return cursor;
}

/* Executes SQL, whose rows may be `streamed`, by a method of the `dbapi`, which
 * is given a cursor; that is returned as a new reference, NULL with an
 * exception. *changed: what the method says of the number of changed rows, left
 * if it says nothing; may be NULL. */
static PyObject *
execute(crm_conn *conn, const char *method, PyObject *sql, PyObject *params,
        bool streamed, int64_t *changed)
{
    bool ran;
    PyObject *described = take_described(conn, sql, params);
    if (described == NULL && PyErr_Occurred()) {
        return NULL;
    }
    PyObject *cursor = take_cursor(conn, sql, streamed, &ran);
    if (described != NULL) {
        Py_XSETREF(cursor, cursor == NULL ? NULL : Py_NewRef(described));
        Py_DECREF(described);
        return cursor;
    }
    if (cursor == NULL || ran) {
        return cursor;
    }
    PyObject *count = PyObject_CallMethod(conn->owner->dbapi, method, "OOO",
                                          cursor, sql, params);
    if (count == NULL) {
        close_cursor(cursor);
        return NULL;
    }
    if (changed != NULL && PyLong_Check(count)) {
        *changed = PyLong_AsLongLong(count);
    }
    Py_DECREF(count);
    return cursor;
}

int
crm_adopted_exec(crm_conn *conn, const char *sql, crm_error *err)
{
    bool without = crm_host_begin(conn->owner);
    PyObject *text = PyUnicode_FromString(sql);
    PyObject *none = text == NULL ? NULL : PyTuple_New(0);
    PyObject *cursor =
        none == NULL ? NULL : execute(conn, "execute", text, none, false, NULL);
    int status = cursor == NULL ? crm_adopted_raised(err) : CRM_OK;
    if (cursor != NULL) {
        close_cursor(cursor);
    }
    Py_XDECREF(none);
    Py_XDECREF(text);
    crm_host_end(conn->owner, without);
    return status;
}

/* ---- values and columns ----------------------------------------------- */

void
crm_adopted_reset(crm_stmt *stmt)
{
    crm_connection *owner = stmt->conn->owner;
    bool without = crm_host_begin(owner);
    PyObject *cursor = stmt->cursor;
    stmt->cursor = NULL;
    if (cursor != NULL) {
        close_cursor(cursor);
    }
    crm_host_end(owner, without);
}

void
crm_adopted_set_columns(crm_stmt *stmt, crm_adopted_columns columns)
{
    crm_adopted_columns before = stmt->columns;
    stmt->ncols = (size_t)PyTuple_GET_SIZE(columns.names);
    stmt->columns = columns;
    Py_XDECREF(before.names);
    Py_XDECREF(before.kinds);
}

/* Values in the order of the markers: a new tuple, or a dict where those have
 * names and are as many; NULL with an exception. */
static PyObject *
parameters(crm_stmt *stmt, const crm_cell *cells, size_t count)
{
    size_t nmarkers = (size_t)PyTuple_GET_SIZE(stmt->markers);
    bool named = count > 0 && count == nmarkers &&
                 PyUnicode_Check(PyTuple_GET_ITEM(stmt->markers, 0));
    PyObject *params = named ? PyDict_New() : PyTuple_New((Py_ssize_t)count);
    for (size_t i = 0; i < count && params != NULL; i++) {
        PyObject *value = crm_adopted_parameter(stmt->conn->owner->core,
                                                &cells[i], stmt->conn->takes);
        if (value == NULL) {
            Py_CLEAR(params);
        }
        else if (!named) {
            PyTuple_SET_ITEM(params, (Py_ssize_t)i, value);
        }
        else {
            if (PyDict_SetItem(params,
                               PyTuple_GET_ITEM(stmt->markers, (Py_ssize_t)i),
                               value) < 0) {
                Py_CLEAR(params);
            }
            Py_DECREF(value);
        }
    }
    return params;
}

int
crm_adopted_bind(crm_stmt *stmt, const crm_cell *cells, size_t count,
                 crm_error *err)
{
    crm_connection *owner = stmt->conn->owner;
    bool without = crm_host_begin(owner);
    crm_adopted_reset(stmt);
    stmt->changes = -1;
    PyObject *params = parameters(stmt, cells, count);
    int status = params == NULL ? crm_adopted_raised(err) : CRM_OK;
    Py_XSETREF(stmt->params, params);
    crm_host_end(owner, without);
    return status;
}

/* ---- runs ------------------------------------------------------------- */

/* Notes the columns that a cursor describes: 0, or -1 with an exception. */
static int
take_columns(crm_stmt *stmt, PyObject *cursor)
{
    crm_adopted_columns columns;
    if (crm_adopted_columns_of(stmt->conn->owner, cursor,
                               stmt->conn->takes.typed, &columns) < 0) {
        return -1;
    }
    crm_adopted_set_columns(stmt, columns);
    return 0;
}

/* Has rows as wide as the cursor describes them, which those of runs before are
 * already: 0, or -1 with an exception. */
static int
set_width(crm_stmt *stmt, crm_rows *rows)
{
    if (rows->npages == 0) {
        rows->ncols = (uint32_t)stmt->ncols;
    }
    else if (rows->ncols != stmt->ncols) {
        return crm_connection_error(
            stmt->conn->owner, "InterfaceError",
            "the cursor describes %zu columns, that before it %u", stmt->ncols,
            (unsigned)rows->ncols);
    }
    return 0;
}

/* Executes the bound statement, whose rows may be `streamed`: the cursor, a new
 * reference, or NULL with an exception. */
static PyObject *
start(crm_stmt *stmt, bool streamed, crm_rows *rows)
{
    PyObject *params = stmt->params;
    stmt->params = NULL;
    if (params == NULL) {
        PyErr_SetString(PyExc_SystemError, "a statement ran without bind");
        return NULL;
    }
    PyObject *cursor =
        execute(stmt->conn, "execute", stmt->sql, params, streamed, NULL);
    Py_DECREF(params);
    if (cursor != NULL &&
        (take_columns(stmt, cursor) < 0 || set_width(stmt, rows) < 0)) {
        close_cursor(cursor);
        return NULL;
    }
    return cursor;
}

/* Appends rows of a cursor, as crm_adopted_read. */
static int
read_rows(crm_stmt *stmt, PyObject *cursor, crm_rows *rows, size_t max_rows)
{
    const crm_adopted_columns columns = stmt->columns; /* ours meanwhile */
    Py_INCREF(columns.names);
    Py_INCREF(columns.kinds);
    int status =
        crm_adopted_read(stmt->conn->owner, cursor, &columns, rows, max_rows);
    Py_DECREF(columns.names);
    Py_DECREF(columns.kinds);
    return status;
}

int
crm_adopted_fetch(crm_stmt *stmt, crm_rows *rows, size_t max_rows,
                  crm_error *err)
{
    crm_conn *conn = stmt->conn;
    bool without = crm_host_begin(conn->owner);
    /* ours while it is used: user code may reset the statement */
    PyObject *cursor = stmt->cursor;
    stmt->cursor = NULL;
    if (cursor == NULL) {
        cursor = start(stmt, max_rows != SIZE_MAX, rows);
    }
    int status = CRM_FAIL;
    if (cursor != NULL && stmt->ncols == 0) {
        status = CRM_DONE;
    }
    else if (cursor != NULL) {
        status = read_rows(stmt, cursor, rows, max_rows);
    }
    if (status == CRM_DONE &&
        (crm_adopted_number(cursor, "rowcount", -1, &stmt->changes) < 0 ||
         crm_adopted_number(cursor, "lastrowid", conn->last_id,
                            &conn->last_id) < 0)) {
        status = CRM_FAIL;
    }
    if (status == CRM_MORE) {
        stmt->cursor = cursor;
    }
    else if (cursor != NULL) {
        close_cursor(cursor);
    }
    if (status == CRM_FAIL) {
        crm_adopted_raised(err);
    }
    crm_host_end(conn->owner, without);
    return status;
}

/* Executes the statement once for each row, for what it returns. */
static int
run_singly(crm_stmt *stmt, const crm_cell *cells, size_t nrows, size_t width,
           crm_rows *rows, size_t *ran, int64_t *changed, crm_error *err)
{
    int status = CRM_OK;
    for (size_t i = 0; i < nrows && status >= 0; i++) {
        uint64_t before = rows->nrows;
        status = crm_adopted_bind(stmt, cells + i * width, width, err);
        if (status >= 0) {
            status = crm_adopted_fetch(stmt, rows, SIZE_MAX, err);
        }
        if (status >= 0 && rows->nrows != before + 1) {
            return crm_fail(err, CRM_E_INTERNAL,
                            "INSERT did not return one row");
        }
        if (status >= 0) {
            *changed += Py_MAX(stmt->changes, 0);
            (*ran)++;
        }
    }
    return status < 0 ? CRM_FAIL : CRM_OK;
}

/* The parameters of many rows: a new list, NULL with an exception. */
static PyObject *
parameter_sets(crm_stmt *stmt, const crm_cell *cells, size_t nrows,
               size_t width)
{
    PyObject *sets = PyList_New((Py_ssize_t)nrows);
    for (size_t i = 0; i < nrows && sets != NULL; i++) {
        PyObject *params = parameters(stmt, cells + i * width, width);
        if (params == NULL) {
            Py_CLEAR(sets);
            break;
        }
        PyList_SET_ITEM(sets, (Py_ssize_t)i, params);
    }
    return sets;
}

/* Inserts rows by one statement, for the row that it returns for each. */
static int
insert_page(crm_stmt *stmt, const crm_cell *cells, size_t nrows, size_t width,
            crm_rows *rows, int64_t *changed, crm_error *err)
{
    crm_connection *owner = stmt->conn->owner;
    bool without = crm_host_begin(owner);
    uint64_t before = rows->nrows;
    int status = CRM_FAIL;
    PyObject *sets = parameter_sets(stmt, cells, nrows, width);
    PyObject *cursor = sets == NULL ? NULL
                                    : execute(stmt->conn, "insert", stmt->sql,
                                              sets, false, NULL);
    Py_XDECREF(sets);
    if (cursor != NULL && take_columns(stmt, cursor) == 0 &&
        set_width(stmt, rows) == 0) {
        status = read_rows(stmt, cursor, rows, SIZE_MAX);
    }
    if (cursor != NULL) {
        close_cursor(cursor);
    }
    if (status < 0) {
        crm_adopted_raised(err);
    }
    else if (rows->nrows != before + nrows) {
        status = crm_fail(err, CRM_E_INTERNAL,
                          "INSERT did not return one row for each");
    }
    else {
        *changed += (int64_t)nrows;
    }
    crm_host_end(owner, without);
    return status;
}

/* How many rows an INSERT may have, 0 if it has one: CRM_FAIL if asking raised.
 */
static int
page_size(crm_stmt *stmt, size_t width, size_t *size, crm_error *err)
{
    crm_connection *owner = stmt->conn->owner;
    bool without = crm_host_begin(owner);
    PyObject *said = PyObject_CallMethod(owner->dbapi, "page", "On", stmt->sql,
                                         (Py_ssize_t)width);
    *size = said == NULL ? 0 : PyLong_AsSize_t(said);
    Py_XDECREF(said);
    int status = PyErr_Occurred() ? crm_adopted_raised(err) : CRM_OK;
    crm_host_end(owner, without);
    return status;
}

/* Executes the statement for each row, which returns one. */
static int
run_returning(crm_stmt *stmt, const crm_cell *cells, size_t nrows, size_t width,
              crm_rows *rows, size_t *ran, int64_t *changed, crm_error *err)
{
    size_t size;
    int status = page_size(stmt, width, &size, err);
    if (status >= 0 && size == 0) {
        return run_singly(stmt, cells, nrows, width, rows, ran, changed, err);
    }
    for (size_t first = 0; first < nrows && status >= 0; first += size) {
        size_t count = Py_MIN(size, nrows - first);
        status = insert_page(stmt, cells + first * width, count, width, rows,
                             changed, err);
        *ran += status < 0 ? 0 : count;
    }
    return status < 0 ? CRM_FAIL : CRM_OK;
}

int
crm_adopted_run_many(crm_stmt *stmt, const crm_cell *cells, size_t nrows,
                     size_t width, bool single, crm_rows *rows, size_t *ran,
                     int64_t *changed, crm_error *err)
{
    if (single) {
        return run_returning(stmt, cells, nrows, width, rows, ran, changed,
                             err);
    }
    crm_connection *owner = stmt->conn->owner;
    bool without = crm_host_begin(owner);
    int64_t count = -1;
    int status = CRM_FAIL;
    PyObject *sets = parameter_sets(stmt, cells, nrows, width);
    PyObject *cursor = sets == NULL ? NULL
                                    : execute(stmt->conn, "executemany",
                                              stmt->sql, sets, false, &count);
    Py_XDECREF(sets);
    if (cursor != NULL) {
        status =
            count < 0 ? crm_adopted_number(cursor, "rowcount", -1, &count) : 0;
        close_cursor(cursor);
    }
    if (status < 0) {
        crm_adopted_raised(err);
    }
    else {
        *ran += nrows;
        *changed = count < 0 || *changed < 0 ? -1 : *changed + count;
    }
    crm_host_end(owner, without);
    return status < 0 ? CRM_FAIL : CRM_OK;
}
