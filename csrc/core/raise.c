/* raise.c: see raise.h. */
#include "raise.h"

#include <string.h>

static const char *
class_name(crm_error_class cls)
{
    switch (cls) {
        case CRM_E_INTERFACE:
            return "InterfaceError";
        case CRM_E_DATA:
            return "DataError";
        case CRM_E_OPERATIONAL:
            return "OperationalError";
        case CRM_E_INTEGRITY:
            return "IntegrityError";
        case CRM_E_INTERNAL:
            return "InternalError";
        case CRM_E_PROGRAMMING:
            return "ProgrammingError";
        case CRM_E_NOT_SUPPORTED:
            return "NotSupportedError";
        default:
            return "DatabaseError";
    }
}

int
crm_connection_error(crm_connection *self, const char *name, const char *format,
                     ...)
{
    PyObject *cls = PyObject_GetAttrString(self->dbapi, name);
    if (cls != NULL) {
        va_list args;
        va_start(args, format);
        PyErr_FormatV(cls, format, args);
        va_end(args);
        Py_DECREF(cls);
    }
    return -1;
}

/* error.sqlstate and error._fields, a dict from PG_DIAG_* code to text. */
static int
set_diagnostics(crm_connection *self, PyObject *error, const crm_error *err)
{
    static const char codes[] = "SVCMDHPpqWstcdnFLR";
    PyObject *state = err->name[0] == '\0' ? Py_NewRef(Py_None)
                                           : PyUnicode_FromString(err->name);
    int status =
        state == NULL ? -1 : PyObject_SetAttrString(error, "sqlstate", state);
    Py_XDECREF(state);
    PyObject *fields = status < 0 ? NULL : PyDict_New();
    for (const char *p = codes; fields != NULL && err->name[0] != '\0' && *p;
         p++) {
        const char *text =
            self->conn == NULL ? NULL : self->driver->diag(self->conn, *p);
        if (text == NULL) {
            continue;
        }
        PyObject *key = PyUnicode_FromStringAndSize(p, 1);
        PyObject *value =
            PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace");
        if (key == NULL || value == NULL ||
            PyDict_SetItem(fields, key, value) < 0) {
            Py_CLEAR(fields);
        }
        Py_XDECREF(key);
        Py_XDECREF(value);
    }
    if (fields == NULL) {
        return -1;
    }
    status = PyObject_SetAttrString(error, "_fields", fields);
    Py_DECREF(fields);
    return status;
}

/* Sets what the module of the driver adds to an error: SQLSTATE and diagnostics
 * where the driver has them, else <driver>_errorcode and <driver>_errorname, as
 * the standard library's driver does for SQLite. */
static int
set_error_code(crm_connection *self, PyObject *error, const crm_error *err)
{
    char name[64];
    if (self->driver->diag != NULL) {
        return set_diagnostics(self, error, err);
    }
    PyObject *code = PyLong_FromLong(err->code);
    PyOS_snprintf(name, sizeof(name), "%s_errorcode", self->driver->name);
    int status = code == NULL ? -1 : PyObject_SetAttrString(error, name, code);
    Py_XDECREF(code);
    if (status == 0) {
        PyObject *text = PyUnicode_FromString(err->name);
        PyOS_snprintf(name, sizeof(name), "%s_errorname", self->driver->name);
        status = text == NULL ? -1 : PyObject_SetAttrString(error, name, text);
        Py_XDECREF(text);
    }
    return status;
}

/* The class of an error: the one the module has for the SQLSTATE, if it tells
 * them apart, or the DB-API's. */
static PyObject *
error_class(crm_connection *self, const crm_error *err)
{
    const char *name = class_name(err->cls);
    if (self->driver->diag == NULL || err->name[0] == '\0') {
        return PyObject_GetAttrString(self->dbapi, name);
    }
    return PyObject_CallMethod(self->dbapi, "error_class", "ss", err->name,
                               name);
}

int
crm_connection_raise(crm_connection *self, const crm_error *err)
{
    if (err->disconnect) {
        self->invalid = true;
    }
    if (err->cls == CRM_E_INTERRUPTED) {
        return -1; /* with the exception of the program's */
    }
    if (err->cls == CRM_E_MEMORY) {
        PyErr_NoMemory();
        return -1;
    }
    PyObject *cls = error_class(self, err);
    if (cls == NULL) {
        return -1;
    }
    PyObject *text = PyUnicode_DecodeUTF8(
        err->message, (Py_ssize_t)strlen(err->message), "replace");
    PyObject *error = text == NULL ? NULL : PyObject_CallOneArg(cls, text);
    if (error != NULL && ((err->code == 0 && self->driver->diag == NULL) ||
                          set_error_code(self, error, err) == 0)) {
        PyErr_SetObject(cls, error);
    }
    Py_DECREF(cls);
    Py_XDECREF(text);
    Py_XDECREF(error);
    return -1;
}
