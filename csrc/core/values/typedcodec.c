/* typedcodec.c: see typedcodec.h. */
#include "typedcodec.h"

#include "adapting.h"
#include "address.h"
#include "codec_impl.h"
#include "nested.h"
#include "timecodec.h"
#include "uuid.h"

#include <stdbool.h>

/* A number as decimal text, whose reference is stolen; NULL: that failed. */
static int
encode_number(PyObject *text, crm_cell *cell, PyObject **keep)
{
    if (text == NULL) {
        return CRM_ENCODE_UNBINDABLE;
    }
    int status = crm_encode_str(text, cell, keep);
    cell->tag = CRM_NUMERIC;
    Py_DECREF(text);
    return status;
}

static int
encode_int(PyObject *value, crm_cell *cell, PyObject **keep)
{
    int overflow;
    long long i = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (overflow != 0) {
        /* No cell holds it: it goes as a decimal number. */
        return encode_number(PyLong_Type.tp_repr(value), cell, keep);
    }
    if (i == -1 && PyErr_Occurred()) {
        return CRM_ENCODE_UNBINDABLE;
    }
    cell->tag = CRM_INT64;
    cell->u.i = i;
    return 0;
}

static int
encode_uuid(const crm_core *core, PyObject *value, crm_cell *cell,
            PyObject **keep)
{
    unsigned char own[CRM_UUID_SIZE];
    PyObject *bytes =
        crm_uuid_bytes(core, value, own)
            ? PyBytes_FromStringAndSize((const char *)own, CRM_UUID_SIZE)
            : PyObject_GetAttrString(value, "bytes");
    if (bytes == NULL) {
        return CRM_ENCODE_UNBINDABLE;
    }
    if (!PyBytes_Check(bytes) || PyBytes_GET_SIZE(bytes) != CRM_UUID_SIZE) {
        PyErr_SetString(PyExc_TypeError, "a UUID has 16 bytes");
        Py_DECREF(bytes);
        return CRM_ENCODE_UNBINDABLE;
    }
    cell->tag = CRM_UUID;
    cell->len = CRM_UUID_SIZE;
    cell->u.p = PyBytes_AS_STRING(bytes);
    *keep = bytes;
    return 0;
}

/* 1 for a value of another class. */
static int
encode_known(crm_core *core, PyObject *value, crm_cell *cell, PyObject **keep)
{
    if (value == Py_None) {
        return 0;
    }
    if (PyBool_Check(value)) {
        cell->tag = CRM_BOOL;
        cell->u.i = value == Py_True;
        return 0;
    }
    if (PyLong_Check(value)) {
        return encode_int(value, cell, keep);
    }
    int status;
    if (crm_encode_common(value, cell, keep, &status)) {
        return status;
    }
    status = crm_time_to_cell(value, cell, keep);
    if (status != 0) {
        return status < 0 ? CRM_ENCODE_UNBINDABLE : 0;
    }
    PyObject *decimal = crm_decimal_class(core);
    PyTypeObject *uuid = crm_uuid_class(core);
    if (decimal == NULL || uuid == NULL) {
        return CRM_ENCODE_REFUSED;
    }
    if (PyObject_TypeCheck(value, (PyTypeObject *)decimal)) {
        return encode_number(PyObject_Str(value), cell, keep);
    }
    if (PyObject_TypeCheck(value, uuid)) {
        return encode_uuid(core, value, cell, keep);
    }
    if (PyList_Check(value) || PyTuple_Check(value)) {
        return crm_nested_untyped(core, value, cell, keep);
    }
    bool network;
    PyObject *text;
    int address = crm_address_text(core, value, &text, &network);
    if (address != 0) {
        if (address < 0) {
            return CRM_ENCODE_REFUSED;
        }
        status = crm_encode_str(text, cell, keep);
        Py_DECREF(text);
        cell->tag = CRM_INET;
        cell->flags = network ? CRM_INET_NETWORK
                      : status == 0 && memchr(cell->u.p, '/', cell->len) != NULL
                          ? CRM_INET_INTERFACE
                          : CRM_INET_ADDRESS;
        return status;
    }
    return 1;
}

int
crm_typed_encode(crm_core *core, PyObject *value, crm_cell *cell,
                 PyObject **keep)
{
    int status = encode_known(core, value, cell, keep);
    if (status <= 0) {
        return status;
    }
    PyObject *made = crm_postgresql_adapted(core, value);
    if (made == NULL) {
        return CRM_ENCODE_RAISED;
    }
    status = encode_known(core, made, cell, keep);
    Py_DECREF(made);
    if (status > 0) {
        PyErr_Format(PyExc_TypeError,
                     "cannot adapt type '%s' using placeholder '%%s' (format: "
                     "AUTO)",
                     Py_TYPE(value)->tp_name);
        return CRM_ENCODE_UNBINDABLE;
    }
    return status;
}
