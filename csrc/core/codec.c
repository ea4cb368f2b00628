/* codec.c: cell -> Python object and Python object -> cell.  See codec.h. */
#include "codec.h"

#include <limits.h>

#include "nested.h"
#include "timecodec.h"
#include "typedcodec.h"

#define DEFAULT_DIGITS 10
#define MAX_DIGITS     400

/* The codec of an array's elements; borrows from the array's argument. */
static int
codec_item(PyObject *arg, crm_codec *item)
{
    long code = PyLong_AsLong(PyTuple_GET_ITEM(arg, 0));
    if (code == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (crm_codec_set(item, (int)code, PyTuple_GET_ITEM(arg, 1)) < 0) {
        return -1;
    }
    Py_XDECREF(item->arg); /* the tuple has it */
    return 0;
}

int
crm_codec_set(crm_codec *codec, int code, PyObject *arg)
{
    codec->code = CRM_TYPE_ANY;
    codec->arg = NULL;
    if (code < 0 || code >= CRM_TYPE_COUNT_) {
        PyErr_Format(PyExc_ValueError, "unknown type code %d", code);
        return -1;
    }
    if (arg == Py_None) {
        arg = NULL;
    }
    const char *wanted = NULL;
    switch (code) {
        case CRM_TYPE_NUMERIC:
            if (arg != NULL) {
                long digits = PyLong_Check(arg) ? PyLong_AsLong(arg) : -1;
                if (digits < 0 || digits > MAX_DIGITS) {
                    PyErr_Clear();
                    wanted = "a number of digits";
                }
            }
            break;
        case CRM_TYPE_JSON:
            if (arg == NULL || !PyTuple_Check(arg) ||
                PyTuple_GET_SIZE(arg) != 3) {
                wanted = "(dumps, loads, none_as_null)";
            }
            break;
        case CRM_TYPE_ENUM:
            if (arg == NULL || !PyTuple_Check(arg) ||
                PyTuple_GET_SIZE(arg) != 2 ||
                !PyDict_Check(PyTuple_GET_ITEM(arg, 0)) ||
                !PyDict_Check(PyTuple_GET_ITEM(arg, 1))) {
                wanted = "(bind dict, result dict)";
            }
            break;
        case CRM_TYPE_ARRAY: {
            crm_codec item;
            if (arg == NULL || !PyTuple_Check(arg) ||
                PyTuple_GET_SIZE(arg) != 3) {
                wanted = "(code, arg, as_tuple)";
            }
            else if (codec_item(arg, &item) < 0) {
                return -1;
            }
            break;
        }
        case CRM_TYPE_PYTHON:
            if (arg == NULL) {
                wanted = "a callable or (bind, result[, codec])";
            }
            else if (!PyTuple_CheckExact(arg)) {
                if (!PyCallable_Check(arg)) {
                    wanted = "a callable or (bind, result[, codec])";
                }
            }
            else if (PyTuple_GET_SIZE(arg) == 3) {
                PyObject *inner = PyTuple_GET_ITEM(arg, 2);
                crm_codec item;
                if (!PyTuple_CheckExact(inner) ||
                    PyTuple_GET_SIZE(inner) != 2) {
                    wanted = "(bind, result, (code, arg))";
                }
                else if (codec_item(inner, &item) < 0) {
                    return -1;
                }
            }
            else if (PyTuple_GET_SIZE(arg) != 2) {
                wanted = "a callable or (bind, result[, codec])";
            }
            break;
        default:
            break;
    }
    if (wanted != NULL) {
        PyErr_Format(PyExc_TypeError, "type code %d needs %s, not %R", code,
                     wanted, arg == NULL ? Py_None : arg);
        return -1;
    }
    codec->code = (uint8_t)code;
    codec->arg = Py_XNewRef(arg);
    return 0;
}

void
crm_codec_clear(crm_codec *codec)
{
    codec->code = CRM_TYPE_ANY;
    Py_CLEAR(codec->arg);
}

int
crm_is_acyclic(PyObject *value)
{
    return !PyObject_IS_GC(value);
}

/* A class of a module, imported when first used: borrowed from *cache. */
static PyObject *
lazy_class(PyObject **cache, const char *module, const char *name)
{
    if (*cache == NULL) {
        PyObject *mod = PyImport_ImportModule(module);
        if (mod == NULL) {
            return NULL;
        }
        PyObject *cls = PyObject_GetAttrString(mod, name);
        Py_DECREF(mod);
        /* The import may have run this function too. */
        Py_XSETREF(*cache, cls);
    }
    return *cache;
}

PyObject *
crm_decimal_class(crm_core *core)
{
    return lazy_class(&core->decimal_type, "decimal", "Decimal");
}

PyObject *
crm_uuid_class(crm_core *core)
{
    return lazy_class(&core->uuid_type, "uuid", "UUID");
}

/* One side of a PYTHON codec: borrowed, NULL for none. */
static PyObject *
python_side(const crm_codec *codec, Py_ssize_t side)
{
    if (!PyTuple_CheckExact(codec->arg)) {
        return side == 0 ? NULL : codec->arg;
    }
    PyObject *function = PyTuple_GET_ITEM(codec->arg, side);
    return function == Py_None ? NULL : function;
}

/* The codec behind a PYTHON codec, between its functions and the database:
 * fills `inner`, whose argument is borrowed.  ANY if it has none; 0, or -1 with
 * an exception. */
static int
python_inner(const crm_codec *codec, crm_codec *inner)
{
    *inner = (crm_codec){.code = CRM_TYPE_ANY};
    if (!PyTuple_CheckExact(codec->arg) || PyTuple_GET_SIZE(codec->arg) != 3) {
        return 0;
    }
    return codec_item(PyTuple_GET_ITEM(codec->arg, 2), inner);
}

/* ---- decoding --------------------------------------------------------- */

static PyObject *
decode_text(const crm_cell *cell)
{
    if (cell->flags & CRM_CELL_ASCII) {
        if (cell->len <= 1) {
            /* shared by the interpreter */
            return PyUnicode_FromStringAndSize(cell->u.p, cell->len);
        }
        PyObject *str = PyUnicode_New(cell->len, 127);
        if (str != NULL) {
            memcpy(PyUnicode_1BYTE_DATA(str), cell->u.p, cell->len);
        }
        return str;
    }
    return PyUnicode_DecodeUTF8(cell->u.p, cell->len, NULL);
}

/* JSON of a column without a type: what json.loads() makes of it. */
static PyObject *
decode_json_text(crm_core *core, const crm_cell *cell)
{
    PyObject *loads = lazy_class(&core->json_loads, "json", "loads");
    PyObject *text = loads == NULL ? NULL : decode_text(cell);
    PyObject *value = text == NULL ? NULL : PyObject_CallOneArg(loads, text);
    Py_XDECREF(text);
    return value;
}

/* An object of the standard library's ipaddress. */
static PyObject *
decode_inet(const crm_cell *cell)
{
    static const char *const names[] = {"ip_address", "ip_interface",
                                        "ip_network", "ip_network"};
    PyObject *module = PyImport_ImportModule("ipaddress");
    PyObject *value = module == NULL ? NULL
                                     : PyObject_CallMethod(
                                           module, names[cell->flags & 3], "s#",
                                           cell->u.p, (Py_ssize_t)cell->len);
    Py_XDECREF(module);
    return value;
}

static PyObject *
decode_any(crm_core *core, const crm_cell *cell)
{
    switch (cell->tag) {
        case CRM_NULL:
            Py_RETURN_NONE;
        case CRM_INT64:
            return PyLong_FromLongLong(cell->u.i);
        case CRM_DOUBLE:
            return PyFloat_FromDouble(cell->u.d);
        case CRM_TEXT:
            return decode_text(cell);
        case CRM_JSON:
            return decode_json_text(core, cell);
        case CRM_BLOB:
            return PyBytes_FromStringAndSize(cell->u.p, cell->len);
        case CRM_BOOL:
            return PyBool_FromLong(cell->u.i != 0);
        case CRM_DATE:
        case CRM_TIME:
        case CRM_TIMESTAMP:
        case CRM_INTERVAL:
        case CRM_TIMETZ:
        case CRM_MOMENT:
            return crm_time_from_cell(core, cell);
        case CRM_ARRAY:
        case CRM_RANGE:
        case CRM_MULTIRANGE:
        case CRM_MAP: {
            const crm_codec any = {0};
            return crm_nested_decode(core, &any, 0, cell);
        }
        case CRM_INET:
            return decode_inet(cell);
        case CRM_UUID: {
            PyObject *cls = crm_uuid_class(core);
            PyObject *bytes =
                cls == NULL ? NULL
                            : PyBytes_FromStringAndSize(cell->u.p, cell->len);
            if (bytes == NULL) {
                return NULL;
            }
            PyObject *value =
                PyObject_CallFunctionObjArgs(cls, Py_None, bytes, NULL);
            Py_DECREF(bytes);
            return value;
        }
        case CRM_NUMERIC: {
            PyObject *cls = crm_decimal_class(core);
            return cls == NULL ? NULL
                               : PyObject_CallFunction(cls, "s#", cell->u.p,
                                                       (Py_ssize_t)cell->len);
        }
        default:
            PyErr_Format(PyExc_SystemError, "unknown cell tag %d", cell->tag);
            return NULL;
    }
}

/* function(decoded value) */
static PyObject *
decode_through(crm_core *core, const crm_cell *cell, PyObject *function)
{
    PyObject *raw = decode_any(core, cell);
    if (raw == NULL) {
        return NULL;
    }
    PyObject *value = PyObject_CallOneArg(function, raw);
    Py_DECREF(raw);
    return value;
}

static PyObject *
decode_decimal(crm_core *core, const crm_codec *codec, const crm_cell *cell)
{
    double number;
    switch (cell->tag) {
        case CRM_NUMERIC:
            return decode_any(core, cell);
        case CRM_INT64:
        case CRM_BOOL:
            number = (double)cell->u.i;
            break;
        case CRM_DOUBLE:
            number = cell->u.d;
            break;
        default: {
            PyObject *raw = decode_any(core, cell);
            if (raw != NULL) {
                PyErr_Format(PyExc_TypeError, "must be real number, not %s",
                             Py_TYPE(raw)->tp_name);
                Py_DECREF(raw);
            }
            return NULL;
        }
    }
    long digits =
        codec->arg == NULL ? DEFAULT_DIGITS : PyLong_AsLong(codec->arg);
    PyObject *cls = crm_decimal_class(core);
    char *text = cls == NULL
                     ? NULL
                     : PyOS_double_to_string(number, 'f', (int)digits, 0, NULL);
    if (text == NULL) {
        return cls == NULL ? NULL : PyErr_NoMemory();
    }
    PyObject *value = PyObject_CallFunction(cls, "s", text);
    PyMem_Free(text);
    return value;
}

static PyObject *
decode_float(crm_core *core, const crm_cell *cell)
{
    PyObject *raw = decode_any(core, cell);
    if (raw != NULL && cell->tag == CRM_NUMERIC) {
        Py_SETREF(raw, PyNumber_Float(raw));
    }
    return raw;
}

static PyObject *
decode_time(crm_core *core, crm_time_kind kind, const crm_cell *cell)
{
    switch (cell->tag) {
        case CRM_TEXT:
            return crm_time_parse(kind, cell->u.p, cell->len);
        case CRM_DATE:
        case CRM_TIME:
        case CRM_TIMESTAMP:
        case CRM_TIMETZ:
        case CRM_MOMENT:
            return crm_time_from_cell(core, cell);
        default: {
            PyObject *raw = decode_any(core, cell);
            if (raw != NULL) {
                Py_DECREF(raw);
                PyErr_SetString(PyExc_TypeError,
                                "fromisoformat: argument must be str");
            }
            return NULL;
        }
    }
}

static PyObject *
decode_uuid(crm_core *core, const crm_codec *codec, const crm_cell *cell)
{
    PyObject *value;
    if (cell->tag == CRM_UUID) {
        value = decode_any(core, cell);
    }
    else {
        PyObject *cls = crm_uuid_class(core);
        value = cls == NULL ? NULL : decode_through(core, cell, cls);
    }
    if (value != NULL && codec->arg != NULL && !PyObject_IsTrue(codec->arg)) {
        Py_SETREF(value, PyObject_Str(value));
    }
    return value;
}

static PyObject *
decode_json(crm_core *core, const crm_codec *codec, const crm_cell *cell)
{
    crm_cell text = *cell;
    if (text.tag == CRM_JSON) {
        text.tag = CRM_TEXT;
    }
    PyObject *value =
        decode_through(core, &text, PyTuple_GET_ITEM(codec->arg, 1));
    if (value == NULL && (cell->tag == CRM_INT64 || cell->tag == CRM_DOUBLE) &&
        PyErr_ExceptionMatches(PyExc_TypeError)) {
        /* A JSON number may stand in the file as a plain number. */
        PyErr_Clear();
        return decode_any(core, cell);
    }
    return value;
}

/* dict[key], with the __missing__ of a subclass: a new reference. */
static PyObject *
look_up(PyObject *dict, PyObject *key)
{
    PyObject *value = PyDict_GetItemWithError(dict, key);
    if (value != NULL) {
        return Py_NewRef(value);
    }
    if (PyErr_Occurred()) {
        return NULL;
    }
    if (!PyDict_CheckExact(dict)) {
        return PyObject_GetItem(dict, key);
    }
    PyErr_Format(PyExc_LookupError, "'%S' is not among the defined enum values",
                 key);
    return NULL;
}

static PyObject *
decode_array(crm_core *core, const crm_codec *codec, const crm_cell *cell)
{
    crm_codec item;
    if (cell->tag != CRM_ARRAY) {
        return decode_any(core, cell);
    }
    int tuples = PyObject_IsTrue(PyTuple_GET_ITEM(codec->arg, 2));
    if (tuples < 0 || codec_item(codec->arg, &item) < 0) {
        return NULL;
    }
    return crm_nested_decode(core, &item, tuples, cell);
}

static PyObject *
decode_enum(crm_core *core, const crm_codec *codec, const crm_cell *cell)
{
    PyObject *raw = decode_any(core, cell);
    if (raw == NULL) {
        return NULL;
    }
    PyObject *value = look_up(PyTuple_GET_ITEM(codec->arg, 1), raw);
    Py_DECREF(raw);
    return value;
}

static PyObject *
decode_boolean(crm_core *core, const crm_cell *cell)
{
    if (cell->tag == CRM_INT64 || cell->tag == CRM_BOOL) {
        return PyBool_FromLong(cell->u.i != 0);
    }
    PyObject *raw = decode_any(core, cell);
    if (raw == NULL) {
        return NULL;
    }
    int truth = PyObject_IsTrue(raw);
    Py_DECREF(raw);
    return truth < 0 ? NULL : PyBool_FromLong(truth);
}

static PyObject *
decode_python(crm_core *core, const crm_codec *codec, const crm_cell *cell)
{
    crm_codec inner;
    if (python_inner(codec, &inner) < 0) {
        return NULL;
    }
    PyObject *value = crm_decode(core, &inner, cell);
    PyObject *function = python_side(codec, 1);
    if (value != NULL && function != NULL) {
        Py_SETREF(value, PyObject_CallOneArg(function, value));
    }
    return value;
}

PyObject *
crm_decode(crm_core *core, const crm_codec *codec, const crm_cell *cell)
{
    if (codec->code <= CRM_TYPE_STRING && cell->tag != CRM_NUMERIC) {
        return decode_any(core, cell);
    }
    if (codec->code == CRM_TYPE_PYTHON) {
        return decode_python(core, codec, cell);
    }
    if (cell->tag == CRM_NULL) {
        Py_RETURN_NONE;
    }
    switch (codec->code) {
        case CRM_TYPE_FLOAT:
            return decode_float(core, cell);
        case CRM_TYPE_BOOLEAN:
            return decode_boolean(core, cell);
        case CRM_TYPE_NUMERIC:
            return decode_decimal(core, codec, cell);
        case CRM_TYPE_DATETIME:
            return decode_time(core, CRM_TIME_DATETIME, cell);
        case CRM_TYPE_DATE:
            return decode_time(core, CRM_TIME_DATE, cell);
        case CRM_TYPE_TIME:
            return decode_time(core, CRM_TIME_TIME, cell);
        case CRM_TYPE_UUID:
            return decode_uuid(core, codec, cell);
        case CRM_TYPE_JSON:
            return decode_json(core, codec, cell);
        case CRM_TYPE_ENUM:
            return decode_enum(core, codec, cell);
        case CRM_TYPE_ARRAY:
            return decode_array(core, codec, cell);
        default:
            return decode_any(core, cell);
    }
}

/* ---- encoding --------------------------------------------------------- */

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

/* What the standard library's driver does without a type. */
static int
encode_any(PyObject *value, crm_cell *cell, PyObject **keep)
{
    if (value == Py_None) {
        cell->tag = CRM_NULL;
        return 0;
    }
    if (PyLong_Check(value)) {
        return encode_int(value, cell);
    }
    if (PyUnicode_Check(value)) {
        return crm_encode_str(value, cell, keep);
    }
    if (PyFloat_Check(value)) {
        cell->tag = CRM_DOUBLE;
        cell->u.d = PyFloat_AS_DOUBLE(value);
        return 0;
    }
    if (PyObject_CheckBuffer(value)) {
        return crm_encode_buffer(value, cell, keep);
    }
    PyObject *text = crm_time_adapt(value);
    if (text != NULL) {
        int status = crm_encode_str(text, cell, keep);
        Py_DECREF(text);
        return status;
    }
    if (!PyErr_Occurred()) {
        PyErr_Format(PyExc_TypeError, "type '%s' is not supported",
                     Py_TYPE(value)->tp_name);
    }
    return CRM_ENCODE_UNBINDABLE;
}

/* A value as its class says. */
static int
encode_plain(crm_core *core, int typed, PyObject *value, crm_cell *cell,
             PyObject **keep)
{
    return typed ? crm_typed_encode(core, value, cell, keep)
                 : encode_any(value, cell, keep);
}

/* The same for text or bytes made here; takes over the reference. */
static int
encode_made(PyObject *value, crm_cell *cell, PyObject **keep)
{
    if (value == NULL) {
        return CRM_ENCODE_REFUSED;
    }
    int status = encode_any(value, cell, keep);
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
encode_uuid(const crm_codec *codec, PyObject *value, crm_cell *cell,
            PyObject **keep)
{
    int as_uuid = codec->arg == NULL ? 1 : PyObject_IsTrue(codec->arg);
    PyObject *hex = as_uuid
                        ? PyObject_GetAttrString(value, "hex")
                        : PyObject_CallMethod(value, "replace", "ss", "-", "");
    return encode_made(hex, cell, keep);
}

static int
encode_json(const crm_codec *codec, PyObject *value, crm_cell *cell,
            PyObject **keep)
{
    if (value == Py_None) {
        int as_null = PyObject_IsTrue(PyTuple_GET_ITEM(codec->arg, 2));
        if (as_null != 0) {
            cell->tag = CRM_NULL;
            return as_null < 0 ? CRM_ENCODE_REFUSED : 0;
        }
    }
    return encode_made(
        PyObject_CallOneArg(PyTuple_GET_ITEM(codec->arg, 0), value), cell,
        keep);
}

/* What user code made of a value; `codec` takes it to the database. */
static int
encode_through(crm_core *core, const crm_codec *codec, int typed,
               PyObject *function, PyObject *value, crm_cell *cell,
               PyObject **keep)
{
    PyObject *made = PyObject_CallOneArg(function, value);
    if (made == NULL) {
        return CRM_ENCODE_REFUSED;
    }
    int status = codec->code == CRM_TYPE_ANY
                     ? encode_plain(core, typed, made, cell, keep)
                     : crm_encode(core, codec, typed, made, cell, keep);
    Py_DECREF(made);
    return status;
}

static int
encode_python(crm_core *core, const crm_codec *codec, int typed,
              PyObject *value, crm_cell *cell, PyObject **keep)
{
    crm_codec inner;
    if (python_inner(codec, &inner) < 0) {
        return CRM_ENCODE_REFUSED;
    }
    PyObject *function = python_side(codec, 0);
    if (function != NULL) {
        return encode_through(core, &inner, typed, function, value, cell, keep);
    }
    return inner.code == CRM_TYPE_ANY
               ? encode_plain(core, typed, value, cell, keep)
               : crm_encode(core, &inner, typed, value, cell, keep);
}

static int
encode_array(crm_core *core, const crm_codec *codec, PyObject *value,
             crm_cell *cell, PyObject **keep)
{
    crm_codec item;
    int status;
    if (codec_item(codec->arg, &item) < 0) {
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
            PyObject *cls = crm_uuid_class(core);
            return cls == NULL
                       ? CRM_ENCODE_REFUSED
                       : encode_through(core, &any, 1, cls, value, cell, keep);
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
        return encode_json(codec, value, cell, keep);
    }
    if (codec->code == CRM_TYPE_PYTHON) {
        return encode_python(core, codec, typed, value, cell, keep);
    }
    if (value == Py_None) {
        return 0;
    }
    if (codec->code == CRM_TYPE_ENUM) {
        return encode_made(look_up(PyTuple_GET_ITEM(codec->arg, 0), value),
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
            return encode_uuid(codec, value, cell, keep);
        default:
            return encode_any(value, cell, keep);
    }
}

/* ---- Python ----------------------------------------------------------- */

PyDoc_STRVAR(decode_doc,
             "decode(code, arg, value)\n--\n\n"
             "Run a column codec's result side on one plain value.");

static PyObject *
core_decode(PyObject *module, PyObject *args)
{
    int code;
    PyObject *arg, *value, *keep = NULL, *result = NULL;
    if (!PyArg_ParseTuple(args, "iOO:decode", &code, &arg, &value)) {
        return NULL;
    }
    crm_core *core = PyModule_GetState(module);
    crm_codec codec;
    if (crm_codec_set(&codec, code, arg) < 0) {
        return NULL;
    }
    crm_cell cell = {0};
    if (encode_any(value, &cell, &keep) == 0) {
        result = crm_decode(core, &codec, &cell);
    }
    Py_XDECREF(keep);
    crm_codec_clear(&codec);
    return result;
}

PyDoc_STRVAR(encode_doc,
             "encode(code, arg, value)\n--\n\n"
             "Run a column codec's bind side on one value: what the driver "
             "would be given.");

static PyObject *
core_encode(PyObject *module, PyObject *args)
{
    int code;
    PyObject *arg, *value, *keep = NULL, *result = NULL;
    if (!PyArg_ParseTuple(args, "iOO:encode", &code, &arg, &value)) {
        return NULL;
    }
    crm_core *core = PyModule_GetState(module);
    crm_codec codec;
    if (crm_codec_set(&codec, code, arg) < 0) {
        return NULL;
    }
    crm_cell cell;
    if (crm_encode(core, &codec, 0, value, &cell, &keep) == 0) {
        result = decode_any(core, &cell);
    }
    Py_XDECREF(keep);
    crm_codec_clear(&codec);
    return result;
}

static PyMethodDef codec_functions[] = {
    {"decode", core_decode, METH_VARARGS, decode_doc},
    {"encode", core_encode, METH_VARARGS, encode_doc},
    {NULL},
};

int
crm_codec_init(crm_core *Py_UNUSED(core), PyObject *module)
{
    static const struct {
        const char *name;
        int code;
    } codes[] = {
        {"TYPE_ANY", CRM_TYPE_ANY},
        {"TYPE_INTEGER", CRM_TYPE_INTEGER},
        {"TYPE_FLOAT", CRM_TYPE_FLOAT},
        {"TYPE_STRING", CRM_TYPE_STRING},
        {"TYPE_BINARY", CRM_TYPE_BINARY},
        {"TYPE_BOOLEAN", CRM_TYPE_BOOLEAN},
        {"TYPE_NUMERIC", CRM_TYPE_NUMERIC},
        {"TYPE_DATETIME", CRM_TYPE_DATETIME},
        {"TYPE_DATE", CRM_TYPE_DATE},
        {"TYPE_TIME", CRM_TYPE_TIME},
        {"TYPE_UUID", CRM_TYPE_UUID},
        {"TYPE_JSON", CRM_TYPE_JSON},
        {"TYPE_ENUM", CRM_TYPE_ENUM},
        {"TYPE_PYTHON", CRM_TYPE_PYTHON},
        {"TYPE_ARRAY", CRM_TYPE_ARRAY},
        {"TYPE_INTERVAL", CRM_TYPE_INTERVAL},
    };
    if (crm_time_init() < 0) {
        return -1;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(codes); i++) {
        if (PyModule_AddIntConstant(module, codes[i].name, codes[i].code) < 0) {
            return -1;
        }
    }
    return PyModule_AddFunctions(module, codec_functions);
}
