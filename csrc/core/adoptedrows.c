/* adoptedrows.c: see adoptedrows.h. */
#include "adoptedrows.h"

#include "codec.h"
#include "raise.h"

/* Rows that a cursor is asked for at a time. */
#define PART 1000

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

/* As put_cell for a value of a class that databases have no own cells for, and
 * that converters of the program made. */
static int
put_converted(crm_connection *owner, PyObject *names, crm_rows *rows,
              uint32_t col, PyObject *value)
{
    static const crm_codec any = {.code = CRM_TYPE_ANY};
    crm_cell cell = {0};
    PyObject *keep = NULL;
    int status = crm_encode(owner->core, &any, 1, value, &cell, &keep);
    /* what cells of parameters have beside those of rows, and what is read
     * back as another class, is not taken for the value */
    if (status == 0 && cell.tag != CRM_LIST && cell.tag != CRM_ARRAY &&
        cell.tag != CRM_TEXT && cell.tag != CRM_INET &&
        !(cell.tag == CRM_NUMERIC && PyLong_Check(value))) {
        status = put_cell(rows, col, &cell);
    }
    else {
        if (status == 0 || PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Clear();
            crm_connection_error(
                owner, "NotSupportedError",
                "column %R: a row cannot hold the %s that the connection made "
                "of the value",
                PyTuple_GET_ITEM(names, (Py_ssize_t)col),
                Py_TYPE(value)->tp_name);
        }
        status = -1;
    }
    Py_XDECREF(keep);
    return status;
}

/* Writes a value into a column of the open row, which is NULL so far: 0, or -1
 * with an exception. */
static int
put_value(crm_connection *owner, PyObject *names, crm_rows *rows, uint32_t col,
          PyObject *value)
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
        if (crm_rows_put(rows, col, CRM_TEXT, text, (size_t)len) < 0) {
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
    return put_converted(owner, names, rows, col, value);
}

/* Appends what a cursor gave as a row: 0, or -1 with an exception. */
static int
put_row(crm_connection *owner, PyObject *names, crm_rows *rows, PyObject *given)
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
            status =
                put_value(owner, names, rows, col, PyTuple_GET_ITEM(row, col));
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
crm_adopted_read(crm_connection *owner, PyObject *cursor, PyObject *names,
                 crm_rows *rows, size_t max_rows)
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
            status = put_row(owner, names, rows,
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
