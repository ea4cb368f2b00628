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

/* The exception that the module makes of a failure; see raise.h.  Steals
 * about, which may be NULL with an exception. */
static PyObject *
make_error(crm_connection *self, const char *name, PyObject *text,
           const char *condition, PyObject *about)
{
    if (about == NULL) {
        return NULL;
    }
    /* (O: what is to be stolen is lost if there is no method.) */
    PyObject *error = PyObject_CallMethod(self->dbapi, "error", "sOsO", name,
                                          text, condition, about);
    Py_DECREF(about);
    if (error != NULL && !PyExceptionInstance_Check(error)) {
        PyErr_Format(PyExc_TypeError,
                     "error() of a DB-API module must return an exception, "
                     "not %.100s",
                     Py_TYPE(error)->tp_name);
        Py_CLEAR(error);
    }
    return error;
}

int
crm_connection_error(crm_connection *self, const char *name, const char *format,
                     ...)
{
    va_list args;
    va_start(args, format);
    PyObject *text = PyUnicode_FromFormatV(format, args);
    va_end(args);
    PyObject *error =
        text == NULL ? NULL
                     : make_error(self, name, text, "", Py_NewRef(Py_None));
    if (error != NULL) {
        PyErr_SetObject((PyObject *)Py_TYPE(error), error);
    }
    Py_XDECREF(text);
    Py_XDECREF(error);
    return -1;
}

int
crm_connection_able(crm_connection *self, bool able, const char *what)
{
    return able ? 0
                : crm_connection_error(self, "NotSupportedError",
                                       "driver '%s' has no %s",
                                       self->driver->name, what);
}

/* What the driver knows of the last failure: a new dict from PG_DIAG_* code to
 * text, or the number of the failure. */
static PyObject *
diagnostics(crm_connection *self, const crm_error *err)
{
    static const char codes[] = "SVCMDHPpqWstcdnFLR";
    if (self->driver->diag == NULL) {
        return PyLong_FromLong(err->code);
    }
    PyObject *fields = PyDict_New();
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
    return fields;
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
    PyObject *text = PyUnicode_DecodeUTF8(
        err->message, (Py_ssize_t)strlen(err->message), "replace");
    PyObject *error = text == NULL
                          ? NULL
                          : make_error(self, class_name(err->cls), text,
                                       err->name, diagnostics(self, err));
    if (error != NULL) {
        PyErr_SetObject((PyObject *)Py_TYPE(error), error);
    }
    Py_XDECREF(text);
    Py_XDECREF(error);
    return -1;
}
