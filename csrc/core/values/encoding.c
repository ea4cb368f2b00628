/* encoding.c: Python object -> cell.  See codec.h. */
#include "codec_impl.h"

#include <limits.h>

#include "adapting.h"
#include "json.h"
#include "nested.h"
#include "timecodec.h"
#include "typedcodec.h"
#include "uuid.h"

static int
encode_int(PyObject *value, crm_cell *cell)
{
    int overflow;
    long long i = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (overflow != 0) {
        PyErr_SetString(PyExc_OverflowError,
                        "Python int too large to convert to SQLite INTEGER");
        return CRM_ENCODE_UNBINDABLE;
    }
    if (i == -1 && PyErr_Occurred()) {
        return CRM_ENCODE_UNBINDABLE;
    }
    cell->tag = CRM_INT64;
    cell->u.i = i;
    return 0;
}

int
crm_encode_str(PyObject *value, crm_cell *cell, PyObject **keep)
{
    Py_ssize_t len;
    const char *bytes = PyUnicode_AsUTF8AndSize(value, &len);
    if (bytes == NULL) {
        return CRM_ENCODE_UNBINDABLE;
    }
    if (len > INT_MAX) {
        PyErr_SetString(PyExc_OverflowError,
                        "string longer than INT_MAX bytes");
        return CRM_ENCODE_UNBINDABLE;
    }
    cell->tag = CRM_TEXT;
    cell->flags = PyUnicode_IS_ASCII(value) ? CRM_CELL_ASCII : 0;
    cell->len = (uint32_t)len;
    cell->u.p = bytes;
    *keep = Py_NewRef(value);
    return 0;
}

static int
set_blob(crm_cell *cell, const char *bytes, Py_ssize_t len)
{
    if (len > INT_MAX) {
        PyErr_SetString(PyExc_OverflowError, "BLOB longer than INT_MAX bytes");
        return CRM_ENCODE_UNBINDABLE;
    }
    cell->tag = CRM_BLOB;
    cell->len = (uint32_t)len;
    cell->u.p = bytes == NULL ? "" : bytes;
    return 0;
}

static int
encode_bytes(PyObject *value, crm_cell *cell, PyObject **keep)
{
    int status =
        set_blob(cell, PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value));
    if (status == 0) {
        *keep = Py_NewRef(value);
    }
    return status;
}

int
crm_encode_buffer(PyObject *value, crm_cell *cell, PyObject **keep)
{
    if (PyBytes_Check(value)) {
        return encode_bytes(value, cell, keep);
    }
    PyObject *view = PyMemoryView_FromObject(value);
    if (view == NULL) {
        return CRM_ENCODE_UNBINDABLE;
    }
    Py_buffer *buffer = PyMemoryView_GET_BUFFER(view);
    int status = CRM_ENCODE_UNBINDABLE;
    if (!PyBuffer_IsContiguous(buffer, 'C')) {
        PyErr_SetString(PyExc_BufferError,
                        "memoryview: underlying buffer is not C-contiguous");
    }
    else {
        status = set_blob(cell, buffer->buf, buffer->len);
    }
    if (status < 0) {
        Py_DECREF(view);
        return status;
    }
    *keep = view;
    return 0;
}

/* Of a value that no adapter is for. */
static int
encode_unadapted(PyObject *value, crm_cell *cell, PyObject **keep)
{
    if (value == Py_None) {
        cell->tag = CRM_NULL;
        return 0;
    }
    if (PyLong_Check(value)) {
        return encode_int(value, cell);
    }
    int status;
    if (crm_encode_common(value, cell, keep, &status)) {
        return status;
    }
    PyObject *text = crm_time_adapt(value);
    if (text != NULL) {
        status = crm_encode_str(text, cell, keep);
        Py_DECREF(text);
        return status;
    }
    if (!PyErr_Occurred()) {
        PyErr_Format(PyExc_TypeError, "type '%s' is not supported",
                     Py_TYPE(value)->tp_name);
    }
    return CRM_ENCODE_UNBINDABLE;
}

int
crm_encode_plain(PyObject *value, crm_cell *cell, PyObject **keep)
{
    if (value == Py_None || PyUnicode_CheckExact(value) ||
        PyLong_CheckExact(value) || PyFloat_CheckExact(value) ||
        PyBytes_CheckExact(value) || PyBool_Check(value)) {
        return encode_unadapted(value, cell, keep);
    }
    PyObject *made = crm_sqlite_adapted(value);
    if (made == NULL) {
        return CRM_ENCODE_RAISED;
    }
    int status = encode_unadapted(made, cell, keep);
    Py_DECREF(made);
    return status;
}

/* A value as its class says. */
static int
encode_plain(crm_core *core, int typed, PyObject *value, crm_cell *cell,
             PyObject **keep)
{
    return typed ? crm_typed_encode(core, value, cell, keep)
                 : crm_encode_plain(value, cell, keep);
}

/* The same for text or bytes made here; takes over the reference. */
static int
encode_made(PyObject *value, crm_cell *cell, PyObject **keep)
{
    if (value == NULL) {
        return CRM_ENCODE_REFUSED;
    }
    int status = crm_encode_plain(value, cell, keep);
    Py_DECREF(value);
    return status;
}

static int
encode_boolean(PyObject *value, crm_cell *cell)
{
    int truth = value == Py_True ? 1 : value == Py_False ? 0 : -1;
    if (truth < 0) {
        /* What is in {None, True, False}: whatever is equal, and hashable. */
        if (PyObject_Hash(value) == -1) {
            return CRM_ENCODE_REFUSED;
        }
        int same = PyObject_RichCompareBool(value, Py_True, Py_EQ);
        if (same == 0) {
            same = PyObject_RichCompareBool(value, Py_False, Py_EQ);
            truth = same > 0 ? 0 : -1;
        }
        else {
            truth = 1;
        }
        if (same < 0) {
            return CRM_ENCODE_REFUSED;
        }
    }
    if (truth < 0) {
        if (PyLong_Check(value)) {
            PyErr_Format(PyExc_ValueError,
                         "Value %R is not None, True, or False", value);
        }
        else {
            PyErr_Format(PyExc_TypeError, "Not a boolean value: %R", value);
        }
        return CRM_ENCODE_REFUSED;
    }
    cell->tag = CRM_INT64;
    cell->u.i = truth;
    return 0;
}

static int
encode_float(PyObject *value, crm_cell *cell)
{
    cell->tag = CRM_DOUBLE;
    if (PyFloat_CheckExact(value)) {
        cell->u.d = PyFloat_AS_DOUBLE(value);
        return 0;
    }
    PyObject *number = PyNumber_Float(value);
    if (number == NULL) {
        return CRM_ENCODE_REFUSED;
    }
    cell->u.d = PyFloat_AS_DOUBLE(number);
    Py_DECREF(number);
    return 0;
}

static int
encode_binary(PyObject *value, crm_cell *cell, PyObject **keep)
{
    if (PyBytes_CheckExact(value)) {
        return encode_bytes(value, cell, keep);
    }
    PyObject *view = PyMemoryView_FromObject(value);
    return encode_made(view, cell, keep);
}

static int
encode_uuid(const crm_core *core, const crm_codec *codec, PyObject *value,
            crm_cell *cell, PyObject **keep)
{
    int as_uuid = codec->arg == NULL ? 1 : PyObject_IsTrue(codec->arg);
    unsigned char bytes[CRM_UUID_SIZE];
    PyObject *hex;
    if (!as_uuid) {
        hex = PyObject_CallMethod(value, "replace", "ss", "-", "");
    }
    else if (crm_uuid_bytes(core, value, bytes)) {
        hex = crm_uuid_text(bytes, 0);
    }
    else {
        hex = PyObject_GetAttrString(value, "hex");
    }
    return encode_made(hex, cell, keep);
}

static int
encode_json(crm_core *core, const crm_codec *codec, PyObject *value,
            crm_cell *cell, PyObject **keep)
{
    PyObject *dumps = PyTuple_GET_ITEM(codec->arg, 0);
    if (value == Py_None) {
        int as_null = PyObject_IsTrue(PyTuple_GET_ITEM(codec->arg, 3));
        if (as_null != 0) {
            cell->tag = CRM_NULL;
            return as_null < 0 ? CRM_ENCODE_REFUSED : 0;
        }
    }
    else if (value == PyTuple_GET_ITEM(codec->arg, 2)) {
        value = Py_None;
    }
    return encode_made(dumps == Py_None ? crm_json_dumps(core, value)
                                        : PyObject_CallOneArg(dumps, value),
                       cell, keep);
}

/* The text of a member is found by its name: enum.Enum's hash, which the dict
 * would ask for, is Python. */
static int
encode_enum(const crm_core *core, const crm_codec *codec, PyObject *value,
            crm_cell *cell, PyObject **keep)
{
    PyObject *text = NULL;
    if ((PyObject *)Py_TYPE(value) == PyTuple_GET_ITEM(codec->arg, 2)) {
        PyObject *name = PyObject_GetAttr(value, core->str_member_name);
        if (name != NULL) {
            text = Py_XNewRef(
                PyDict_GetItemWithError(PyTuple_GET_ITEM(codec->arg, 3), name));
            Py_DECREF(name);
        }
        else if (PyErr_ExceptionMatches(PyExc_AttributeError)) {
            PyErr_Clear();
        }
        if (text == NULL && PyErr_Occurred()) {
            return CRM_ENCODE_REFUSED;
        }
    }
    if (text == NULL) {
        text = crm_codec_look_up(PyTuple_GET_ITEM(codec->arg, 0), value);
    }
    return encode_made(text, cell, keep);
}

/* What was made of a value, a new reference that is taken over, or NULL with an
 * exception; `codec` takes it to the database. */
static int
encode_through(crm_core *core, const crm_codec *codec, int typed,
               PyObject *made, crm_cell *cell, PyObject **keep)
{
    if (made == NULL) {
        return CRM_ENCODE_REFUSED;
    }
    int status = codec->code == CRM_TYPE_ANY
                     ? encode_plain(core, typed, made, cell, keep)
                     : crm_encode(core, codec, typed, made, cell, keep);
    Py_DECREF(made);
    return status;
}

int
crm_encode_made(crm_core *core, const crm_codec *codec, int typed,
                PyObject *made, crm_cell *cell, PyObject **keep)
{
    crm_codec inner;
    *keep = NULL;
    *cell = (crm_cell){0};
    if (made != NULL && crm_codec_inner(codec, &inner) < 0) {
        Py_CLEAR(made);
    }
    return made == NULL ? CRM_ENCODE_REFUSED
                        : encode_through(core, &inner, typed, made, cell, keep);
}

static int
encode_python(crm_core *core, const crm_codec *codec, int typed,
              PyObject *value, crm_cell *cell, PyObject **keep)
{
    return crm_encode_made(core, codec, typed, crm_codec_call(codec, 0, value),
                           cell, keep);
}

static int
encode_array(crm_core *core, const crm_codec *codec, PyObject *value,
             crm_cell *cell, PyObject **keep)
{
    crm_codec item;
    int status;
    if (crm_codec_item(codec->arg, &item) < 0) {
        return CRM_ENCODE_REFUSED;
    }
    PyObject *text = crm_nested_text(core, &item, value, &status);
    return text == NULL ? status : encode_made(text, cell, keep);
}

/* Values of the types that a driver with types on the wire takes as they
 * are; the others are encoded as for any driver. */
static int
encode_typed(crm_core *core, const crm_codec *codec, PyObject *value,
             crm_cell *cell, PyObject **keep)
{
    switch (codec->code) {
        case CRM_TYPE_BOOLEAN: {
            int status = encode_boolean(value, cell);
            cell->tag = CRM_BOOL;
            return status;
        }
        case CRM_TYPE_UUID: {
            if (codec->arg == NULL || PyObject_IsTrue(codec->arg)) {
                break;
            }
            const crm_codec any = {.code = CRM_TYPE_ANY};
            PyTypeObject *cls = crm_uuid_class(core);
            if (cls != NULL && PyObject_TypeCheck(value, cls)) {
                break;
            }
            return cls == NULL ? CRM_ENCODE_REFUSED
                               : encode_through(core, &any, 1,
                                                PyObject_CallOneArg(
                                                    (PyObject *)cls, value),
                                                cell, keep);
        }
        case CRM_TYPE_ARRAY:
            if (PyList_Check(value) || PyTuple_Check(value)) {
                return encode_array(core, codec, value, cell, keep);
            }
            break;
        default:
            break;
    }
    return crm_typed_encode(core, value, cell, keep);
}

int
crm_encode(crm_core *core, const crm_codec *codec, int typed, PyObject *value,
           crm_cell *cell, PyObject **keep)
{
    *keep = NULL;
    *cell = (crm_cell){0};
    if (codec->code == CRM_TYPE_JSON) {
        return encode_json(core, codec, value, cell, keep);
    }
    if (codec->code == CRM_TYPE_PYTHON) {
        return encode_python(core, codec, typed, value, cell, keep);
    }
    if (value == Py_None) {
        return 0;
    }
    if (codec->code == CRM_TYPE_ENUM) {
        return encode_enum(core, codec, value, cell, keep);
    }
    if (codec->code == CRM_TYPE_INTERVAL) {
        const crm_codec moment = {.code = CRM_TYPE_DATETIME};
        return encode_through(core, &moment, typed,
                              PyNumber_Add(codec->arg, value), cell, keep);
    }
    if (codec->code == CRM_TYPE_PICKLE) {
        const crm_codec binary = {.code = CRM_TYPE_BINARY};
        return encode_through(
            core, &binary, typed,
            PyObject_CallFunctionObjArgs(PyTuple_GET_ITEM(codec->arg, 0), value,
                                         PyTuple_GET_ITEM(codec->arg, 2), NULL),
            cell, keep);
    }
    if (codec->code == CRM_TYPE_BINARY) {
        return encode_binary(value, cell, keep);
    }
    if (typed) {
        return encode_typed(core, codec, value, cell, keep);
    }
    switch (codec->code) {
        case CRM_TYPE_FLOAT:
        case CRM_TYPE_NUMERIC:
        case CRM_TYPE_REAL:
        case CRM_TYPE_EXACT:
            return encode_float(value, cell);
        case CRM_TYPE_BOOLEAN:
            return encode_boolean(value, cell);
        case CRM_TYPE_DATETIME:
            return encode_made(crm_time_format(CRM_TIME_DATETIME, value), cell,
                               keep);
        case CRM_TYPE_DATE:
            return encode_made(crm_time_format(CRM_TIME_DATE, value), cell,
                               keep);
        case CRM_TYPE_TIME:
            return encode_made(crm_time_format(CRM_TIME_TIME, value), cell,
                               keep);
        case CRM_TYPE_UUID:
            return encode_uuid(core, codec, value, cell, keep);
        default:
            return crm_encode_plain(value, cell, keep);
    }
}
