/* adoptedrows.c: see adoptedrows.h. */
#include "adoptedrows.h"

#include "adoptedvalues.h"
#include "core/engine/raise.h"

/* Rows that a cursor is asked for at a time. */
#define PART 1000

/* The kind of a column by its description (cursor.description): -1 with an
 * exception. */
static int
described_kind(crm_connection *owner, PyObject *column)
{
    PyObject *types = PyObject_GetAttrString(owner->dbapi, "json_types");
    PyObject *type = types == NULL ? NULL : PySequence_GetItem(column, 1);
    int json = type == NULL ? -1 : PySequence_Contains(types, type);
    Py_XDECREF(type);
    Py_XDECREF(types);
    return json < 0 ? -1 : json > 0 ? CRM_ADOPTED_JSON : CRM_ADOPTED_PLAIN;
}

/* The name of a column by its description, in such a form that column_name(),
 * which cannot raise, has its text: a new str, NULL with an exception. */
static PyObject *
described_name(PyObject *column)
{
    PyObject *name = PySequence_GetItem(column, 0);
    PyObject *text = name == NULL ? NULL : PyObject_Str(name);
    Py_XDECREF(name);
    if (text != NULL && PyUnicode_AsUTF8(text) == NULL) {
        Py_CLEAR(text);
    }
    return text;
}

int
crm_adopted_columns_of(crm_connection *owner, PyObject *cursor, bool typed,
                       crm_adopted_columns *made)
{
    PyObject *said = PyObject_GetAttrString(cursor, "description");
    PyObject *described = said == NULL      ? NULL
                          : said == Py_None ? PyTuple_New(0)
                                            : PySequence_Tuple(said);
    Py_XDECREF(said);
    Py_ssize_t count = described == NULL ? 0 : PyTuple_GET_SIZE(described);
    crm_adopted_columns columns = {0};
    bool all = false;
    if (described != NULL) {
        columns.names = PyTuple_New(count);
        columns.kinds = PyBytes_FromStringAndSize(NULL, count);
        all = columns.names != NULL && columns.kinds != NULL;
    }
    for (Py_ssize_t i = 0; i < count && all; i++) {
        PyObject *column = PyTuple_GET_ITEM(described, i);
        PyObject *name = described_name(column);
        int kind = name == NULL ? -1
                   : !typed     ? CRM_ADOPTED_UNTYPED
                                : described_kind(owner, column);
        if (name != NULL) {
            PyTuple_SET_ITEM(columns.names, i, name);
        }
        if (kind < 0) {
            all = false;
        }
        else {
            PyBytes_AS_STRING(columns.kinds)[i] = (char)kind;
        }
    }
    Py_XDECREF(described);
    if (!all) {
        Py_XDECREF(columns.names);
        Py_XDECREF(columns.kinds);
        return -1;
    }
    *made = columns;
    return 0;
}

int
crm_adopted_number(PyObject *cursor, const char *name, int64_t missing,
                   int64_t *number)
{
    PyObject *value = PyObject_GetAttrString(cursor, name);
    if (value == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
            return -1;
        }
        PyErr_Clear();
    }
    int overflow = 1;
    long long found = 0;
    if (value != NULL && PyLong_Check(value)) {
        found = PyLong_AsLongLongAndOverflow(value, &overflow);
    }
    *number = overflow == 0 ? found : missing;
    Py_XDECREF(value);
    return 0;
}

/* Writes a value that a cell has room for, with its bytes, into a column of the
 * open row: 0, or -1 with an exception. */
static int
put_cell(crm_rows *rows, uint32_t col, const crm_cell *cell)
{
    if (!crm_tag_has_bytes(cell->tag)) {
        crm_rows_set(rows, col, cell->tag, cell->flags, (uint64_t)cell->u.i);
        return 0;
    }
    char *to = crm_rows_bytes(rows, cell->len);
    if (to == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (cell->len != 0) {
        memcpy(to, cell->u.p, cell->len);
    }
    crm_rows_set(rows, col, cell->tag, cell->flags,
                 (uint64_t)cell->len << 32 | (uint32_t)(rows->end - to));
    return 0;
}

static crm_adopted_kind
kind_of(const crm_adopted_columns *columns, uint32_t col)
{
    return (crm_adopted_kind)PyBytes_AS_STRING(columns->kinds)[col];
}

/* As put_cell for a value whose class is not one of those that every database
 * has: compound values, and what converters of the program made. */
static int
put_converted(crm_connection *owner, const crm_adopted_columns *columns,
              crm_rows *rows, uint32_t col, PyObject *value)
{
    crm_adopted_value made;
    int status =
        crm_adopted_value_of(owner, value, kind_of(columns, col), &made);
    if (status == 0) {
        status = put_cell(rows, col, &made.cell);
    }
    else if (status > 0) {
        status = crm_connection_error(
            owner, "NotSupportedError",
            "column %R: a row cannot hold the %s that the connection made of "
            "the value",
            PyTuple_GET_ITEM(columns->names, (Py_ssize_t)col),
            Py_TYPE(value)->tp_name);
    }
    crm_adopted_release(&made);
    return status;
}

/* Writes a value into a column of the open row, which is NULL so far: 0, or -1
 * with an exception. */
static int
put_value(crm_connection *owner, const crm_adopted_columns *columns,
          crm_rows *rows, uint32_t col, PyObject *value)
{
    if (value == Py_None) {
        return 0;
    }
    if (PyLong_CheckExact(value)) {
        int overflow;
        long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
        if (overflow == 0) {
            crm_rows_set(rows, col, CRM_INT64, 0, (uint64_t)number);
            return 0;
        }
    }
    else if (PyFloat_CheckExact(value)) {
        crm_cell cell = {.tag = CRM_DOUBLE, .u.d = PyFloat_AS_DOUBLE(value)};
        return put_cell(rows, col, &cell);
    }
    else if (PyUnicode_Check(value)) {
        Py_ssize_t len;
        const char *text = PyUnicode_AsUTF8AndSize(value, &len);
        if (text == NULL) {
            return -1;
        }
        crm_tag tag =
            kind_of(columns, col) == CRM_ADOPTED_JSON ? CRM_JSON : CRM_TEXT;
        if (crm_rows_put(rows, col, tag, text, (size_t)len) < 0) {
            PyErr_NoMemory();
            return -1;
        }
        return 0;
    }
    else if (PyBytes_Check(value)) {
        if (crm_rows_put(rows, col, CRM_BLOB, PyBytes_AS_STRING(value),
                         (size_t)PyBytes_GET_SIZE(value)) < 0) {
            PyErr_NoMemory();
            return -1;
        }
        return 0;
    }
    return put_converted(owner, columns, rows, col, value);
}

/* Appends what a cursor gave as a row: 0, or -1 with an exception. */
static int
put_row(crm_connection *owner, const crm_adopted_columns *columns,
        crm_rows *rows, PyObject *given)
{
    PyObject *row = PySequence_Tuple(given);
    if (row == NULL) {
        return -1;
    }
    int status = 0;
    if ((size_t)PyTuple_GET_SIZE(row) != rows->ncols) {
        status = crm_connection_error(
            owner, "InterfaceError",
            "the cursor gave a row of %zd values, and describes %u columns",
            PyTuple_GET_SIZE(row), (unsigned)rows->ncols);
    }
    else if (crm_rows_begin(rows) < 0) {
        PyErr_NoMemory();
        status = -1;
    }
    else {
        for (uint32_t col = 0; col < rows->ncols && status == 0; col++) {
            status = put_value(owner, columns, rows, col,
                               PyTuple_GET_ITEM(row, col));
        }
        if (status < 0) {
            crm_rows_abandon(rows);
        }
        else {
            crm_rows_end(rows);
        }
    }
    Py_DECREF(row);
    return status;
}

int
crm_adopted_read(crm_connection *owner, PyObject *cursor,
                 const crm_adopted_columns *columns, crm_rows *rows,
                 size_t max_rows)
{
    size_t count = 0;
    while (count < max_rows) {
        size_t asked = Py_MIN(max_rows - count, PART);
        PyObject *given =
            PyObject_CallMethod(cursor, "fetchmany", "n", (Py_ssize_t)asked);
        PyObject *part = given == NULL ? NULL : PySequence_Tuple(given);
        Py_XDECREF(given);
        if (part == NULL) {
            return CRM_FAIL;
        }
        size_t length = (size_t)PyTuple_GET_SIZE(part);
        int status = 0;
        for (size_t i = 0; i < length && status == 0; i++) {
            status = put_row(owner, columns, rows,
                             PyTuple_GET_ITEM(part, (Py_ssize_t)i));
        }
        Py_DECREF(part);
        if (status < 0 || PyErr_CheckSignals() < 0) {
            return CRM_FAIL;
        }
        if (length < asked) {
            return CRM_DONE;
        }
        count += length;
    }
    return CRM_MORE;
}
