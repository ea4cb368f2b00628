/* copies.c: whole databases as bytes and into other connections, and the bytes
 * of single values: methods of _core.Connection. */
#include "connection.h"
#include "raise.h"

PyObject *
crm_connection_serialize(crm_connection *self, PyObject *name)
{
    const char *text = crm_connection_sql(self, name);
    if (text == NULL ||
        crm_connection_able(self, self->driver->serialize != NULL,
                            "serialize()") < 0 ||
        crm_call_begin(self) < 0) {
        return NULL;
    }
    crm_error err;
    void *bytes = NULL;
    int64_t len = 0;
    int status = self->driver->serialize(self->conn, text, &bytes, &len, &err);
    if (crm_call_end(self, status, &err) < 0) {
        return NULL;
    }
    PyObject *result = PyBytes_FromStringAndSize(bytes, (Py_ssize_t)len);
    self->driver->release(bytes);
    return result;
}

PyObject *
crm_connection_deserialize(crm_connection *self, PyObject *args)
{
    Py_buffer data;
    const char *name;
    if (!PyArg_ParseTuple(args, "y*s:deserialize", &data, &name)) {
        return NULL;
    }
    int status = -1;
    if (crm_connection_able(self, self->driver->deserialize != NULL,
                            "deserialize()") == 0 &&
        crm_call_begin(self) == 0) {
        crm_error err;
        status = self->driver->deserialize(self->conn, name, data.buf,
                                           (int64_t)data.len, &err);
        status = crm_call_end(self, status, &err);
    }
    PyBuffer_Release(&data);
    return crm_none_or_error(status);
}

/* Tells the program how far a backup is: 0, or -1 with its exception. */
static int
tell(PyObject *progress, const crm_copied *copied)
{
    if (progress == Py_None) {
        return 0;
    }
    PyObject *nothing = PyObject_CallFunction(progress, "iii", copied->code,
                                              copied->remaining, copied->total);
    Py_XDECREF(nothing);
    return nothing == NULL ? -1 : 0;
}

/* Copies; both connections are entered.  0, or -1 with an exception. */
static int
copy_pages(crm_connection *self, crm_connection *target, const char *name,
           int pages, PyObject *progress, int wait)
{
    const crm_driver *driver = self->driver;
    crm_error err;
    void *backup;
    crm_copied copied = {0};
    if (driver->backup_begin(target->conn, self->conn, name, &backup, &err) <
        0) {
        return crm_connection_raise(target, &err);
    }
    int status, told;
    do {
        crm_driver_begin(self);
        if (copied.busy) {
            driver->sleep(wait);
        }
        status = driver->backup_step(backup, pages, &copied);
        crm_driver_end(self);
        told = tell(progress, &copied);
        if (told == 0) {
            told = PyErr_CheckSignals();
        }
    } while (told == 0 && status == CRM_MORE);
    status = driver->backup_end(target->conn, backup, &err);
    if (told < 0) {
        return -1;
    }
    return status < 0 ? crm_connection_raise(target, &err) : 0;
}

PyObject *
crm_connection_backup(crm_connection *self, PyObject *args)
{
    crm_connection *target;
    const char *name;
    PyObject *progress;
    int pages, wait;
    if (!PyArg_ParseTuple(args, "O!siOi:backup", self->core->connection_type,
                          &target, &name, &pages, &progress, &wait)) {
        return NULL;
    }
    if (target == self) {
        PyErr_SetString(PyExc_ValueError,
                        "target cannot be the same connection instance");
        return NULL;
    }
    if (crm_connection_able(self,
                            self->driver->backup_begin != NULL &&
                                target->driver == self->driver,
                            "backup() to that connection") < 0 ||
        crm_connection_enter(self) < 0) {
        return NULL;
    }
    int status = -1;
    if (crm_connection_enter(target) == 0) {
        status = copy_pages(self, target, name, pages == 0 ? -1 : pages,
                            progress, wait);
        crm_connection_leave(target);
    }
    crm_connection_leave(self);
    return crm_none_or_error(status);
}

/* A place from a tuple, which keeps the names: another sequence may make them
 * anew each time.  For PyArg_ParseTuple's O&. */
static int
read_place(PyObject *given, void *to)
{
    crm_place *place = to;
    long long row;
    if (!PyTuple_Check(given)) {
        PyErr_Format(PyExc_TypeError, "a place must be a tuple, not %.100s",
                     Py_TYPE(given)->tp_name);
        return 0;
    }
    if (!PyArg_ParseTuple(given, "sssL", &place->database, &place->table,
                          &place->column, &row)) {
        return 0;
    }
    place->row = row;
    return 1;
}

PyObject *
crm_connection_blob_size(crm_connection *self, PyObject *args)
{
    crm_place place;
    int write;
    if (!PyArg_ParseTuple(args, "O&p:blob_size", read_place, &place, &write)) {
        return NULL;
    }
    if (crm_connection_able(self, self->driver->blob_size != NULL, "blobs") <
            0 ||
        crm_call_begin(self) < 0) {
        return NULL;
    }
    crm_error err;
    int64_t size = 0;
    int status =
        self->driver->blob_size(self->conn, &place, write != 0, &size, &err);
    return crm_call_end(self, status, &err) < 0 ? NULL
                                                : PyLong_FromLongLong(size);
}

/* Reads or writes a part of a value: 0, or -1 with an exception. */
static int
use_blob(crm_connection *self, const crm_place *place, bool write, void *bytes,
         Py_ssize_t len, int offset)
{
    if (len > INT_MAX) {
        PyErr_SetString(PyExc_OverflowError, "the part is too large");
        return -1;
    }
    if (crm_connection_able(self, self->driver->blob_use != NULL, "blobs") <
            0 ||
        crm_call_begin(self) < 0) {
        return -1;
    }
    crm_error err;
    int status = self->driver->blob_use(self->conn, place, write, bytes,
                                        (int)len, offset, &err);
    return crm_call_end(self, status, &err);
}

PyObject *
crm_connection_blob_read(crm_connection *self, PyObject *args)
{
    crm_place place;
    int offset, len;
    if (!PyArg_ParseTuple(args, "O&ii:blob_read", read_place, &place, &offset,
                          &len)) {
        return NULL;
    }
    PyObject *result = PyBytes_FromStringAndSize(NULL, len);
    if (result != NULL &&
        use_blob(self, &place, false, PyBytes_AS_STRING(result), len, offset) <
            0) {
        Py_CLEAR(result);
    }
    return result;
}

PyObject *
crm_connection_blob_write(crm_connection *self, PyObject *args)
{
    crm_place place;
    int offset;
    Py_buffer data;
    if (!PyArg_ParseTuple(args, "O&iy*:blob_write", read_place, &place, &offset,
                          &data)) {
        return NULL;
    }
    int status = use_blob(self, &place, true, data.buf, data.len, offset);
    PyBuffer_Release(&data);
    return crm_none_or_error(status);
}
