/* decoding.c: cell -> Python object.  See codec.h. */
#include "codec_impl.h"

#include "address.h"
#include "json.h"
#include "nested.h"
#include "timecodec.h"
#include "uuid.h"

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
    PyObject *text = decode_text(cell);
    PyObject *value = text == NULL ? NULL : crm_json_loads(core, text);
    Py_XDECREF(text);
    return value;
}

static PyObject *
decode_bytes(const crm_cell *cell)
{
    PyObject *bytes = PyBytes_FromStringAndSize(cell->u.p, cell->len);
    if (bytes != NULL && (cell->flags & CRM_CELL_VIEW)) {
        Py_SETREF(bytes, PyMemoryView_FromObject(bytes));
    }
    return bytes;
}

PyObject *
crm_decode_plain(crm_core *core, const crm_cell *cell)
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
            return decode_bytes(cell);
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
        case CRM_LIST:
            return PyUnicode_DecodeUTF8(
                cell->u.p + sizeof(crm_elements),
                (Py_ssize_t)(cell->len - sizeof(crm_elements)), NULL);
        case CRM_INET:
            return crm_address_new(core, cell);
        case CRM_UUID:
            return crm_uuid_from_bytes(core, cell->u.p);
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
    PyObject *raw = crm_decode_plain(core, cell);
    if (raw == NULL) {
        return NULL;
    }
    PyObject *value = PyObject_CallOneArg(function, raw);
    Py_DECREF(raw);
    return value;
}

/* A column of a server's that is text is read as a number. */
static PyObject *
no_number(crm_core *core)
{
    return crm_raise(core, "InvalidRequestError",
                     "Unknown PG numeric type: text");
}

static PyObject *
decode_decimal(crm_core *core, const crm_codec *codec, const crm_cell *cell)
{
    double number;
    switch (cell->tag) {
        case CRM_NUMERIC:
            return crm_decode_plain(core, cell);
        case CRM_INT64:
            if (codec->code == CRM_TYPE_EXACT) {
                return crm_decode_plain(core, cell);
            }
            /* fall through */
        case CRM_BOOL:
            number = (double)cell->u.i;
            break;
        case CRM_DOUBLE:
            number = cell->u.d;
            break;
        case CRM_TEXT:
            if (codec->code == CRM_TYPE_EXACT) {
                return no_number(core);
            }
            /* fall through */
        default: {
            PyObject *raw = crm_decode_plain(core, cell);
            if (raw != NULL) {
                PyErr_Format(PyExc_TypeError, "must be real number, not %s",
                             Py_TYPE(raw)->tp_name);
                Py_DECREF(raw);
            }
            return NULL;
        }
    }
    long digits =
        codec->arg == NULL ? CRM_DEFAULT_DIGITS : PyLong_AsLong(codec->arg);
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
decode_float(crm_core *core, const crm_codec *codec, const crm_cell *cell)
{
    if (cell->tag == CRM_TEXT && codec->code == CRM_TYPE_REAL) {
        return no_number(core);
    }
    PyObject *raw = crm_decode_plain(core, cell);
    if (raw != NULL &&
        (cell->tag == CRM_NUMERIC ||
         (cell->tag == CRM_INT64 && codec->code == CRM_TYPE_REAL))) {
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
            PyObject *raw = crm_decode_plain(core, cell);
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
    int as_text = codec->arg != NULL && !PyObject_IsTrue(codec->arg);
    unsigned char parsed[CRM_UUID_SIZE];
    const void *bytes = NULL;
    if (cell->tag == CRM_UUID) {
        bytes = cell->u.p;
    }
    else if (as_text && PyLong_CheckExact(codec->arg)) {
        return crm_decode_plain(core, cell);
    }
    else if (cell->tag == CRM_TEXT &&
             crm_uuid_parse(cell->u.p, cell->len, parsed)) {
        bytes = parsed;
    }
    if (bytes != NULL) {
        return as_text ? crm_uuid_text(bytes, 1)
                       : crm_uuid_from_bytes(core, bytes);
    }
    /* Other forms, and what is none: the class knows, or says what is wrong. */
    PyTypeObject *cls = crm_uuid_class(core);
    PyObject *value =
        cls == NULL ? NULL : decode_through(core, cell, (PyObject *)cls);
    if (value != NULL && as_text) {
        Py_SETREF(value, PyObject_Str(value));
    }
    return value;
}

static PyObject *
decode_json(crm_core *core, const crm_codec *codec, const crm_cell *cell)
{
    PyObject *loads = PyTuple_GET_ITEM(codec->arg, 1);
    crm_cell text = *cell;
    if (text.tag == CRM_JSON) {
        text.tag = CRM_TEXT;
    }
    else if (PyTuple_GET_ITEM(codec->arg, 4) == Py_True) {
        return crm_decode_plain(core, cell);
    }
    PyObject *raw = crm_decode_plain(core, &text);
    if (raw == NULL) {
        return NULL;
    }
    PyObject *value = loads == Py_None ? crm_json_loads(core, raw)
                                       : PyObject_CallOneArg(loads, raw);
    Py_DECREF(raw);
    if (value == NULL && (cell->tag == CRM_INT64 || cell->tag == CRM_DOUBLE) &&
        PyErr_ExceptionMatches(PyExc_TypeError)) {
        /* A JSON number may stand in the file as a plain number. */
        PyErr_Clear();
        return crm_decode_plain(core, cell);
    }
    return value;
}

static PyObject *
decode_array(crm_core *core, const crm_codec *codec, const crm_cell *cell)
{
    crm_codec item;
    if (cell->tag != CRM_ARRAY && cell->tag != CRM_TEXT) {
        return crm_decode_plain(core, cell);
    }
    int tuples = PyObject_IsTrue(PyTuple_GET_ITEM(codec->arg, 2));
    if (tuples < 0 || crm_codec_item(codec->arg, &item) < 0) {
        return NULL;
    }
    if (cell->tag == CRM_ARRAY) {
        return crm_nested_decode(core, &item, tuples, cell);
    }
    return item.code == CRM_TYPE_ENUM
               ? crm_nested_parse(core, &item, tuples, cell)
               : crm_decode_plain(core, cell);
}

static PyObject *
decode_enum(crm_core *core, const crm_codec *codec, const crm_cell *cell)
{
    PyObject *raw = crm_decode_plain(core, cell);
    if (raw == NULL) {
        return NULL;
    }
    PyObject *value = crm_codec_look_up(PyTuple_GET_ITEM(codec->arg, 1), raw);
    Py_DECREF(raw);
    return value;
}

static PyObject *
decode_boolean(crm_core *core, const crm_codec *codec, const crm_cell *cell)
{
    if (cell->tag == CRM_BOOL ||
        (cell->tag == CRM_INT64 && codec->arg == NULL)) {
        return PyBool_FromLong(cell->u.i != 0);
    }
    PyObject *raw = crm_decode_plain(core, cell);
    if (raw == NULL || codec->arg != NULL) {
        return raw;
    }
    int truth = PyObject_IsTrue(raw);
    Py_DECREF(raw);
    return truth < 0 ? NULL : PyBool_FromLong(truth);
}

/* What a database with intervals gives is one already. */
static PyObject *
decode_interval(crm_core *core, const crm_codec *codec, const crm_cell *cell)
{
    if (cell->tag == CRM_INTERVAL) {
        return crm_time_from_cell(core, cell);
    }
    PyObject *moment = decode_time(core, CRM_TIME_DATETIME, cell);
    PyObject *value =
        moment == NULL ? NULL : PyNumber_Subtract(moment, codec->arg);
    Py_XDECREF(moment);
    return value;
}

static PyObject *
decode_pickle(crm_core *core, const crm_codec *codec, const crm_cell *cell)
{
    PyObject *value = crm_decode_plain(core, cell);
    if (value != NULL && value != Py_None) { /* None: JSON's null */
        Py_SETREF(value,
                  PyObject_CallOneArg(PyTuple_GET_ITEM(codec->arg, 1), value));
    }
    return value;
}

static PyObject *
decode_python(crm_core *core, const crm_codec *codec, const crm_cell *cell)
{
    crm_codec inner;
    if (crm_codec_inner(codec, &inner) < 0) {
        return NULL;
    }
    PyObject *value = crm_decode(core, &inner, cell);
    if (value != NULL) {
        Py_SETREF(value, crm_codec_call(codec, 1, value));
    }
    return value;
}

PyObject *
crm_decode(crm_core *core, const crm_codec *codec, const crm_cell *cell)
{
    if (codec->code <= CRM_TYPE_STRING && cell->tag != CRM_NUMERIC) {
        return crm_decode_plain(core, cell);
    }
    if (codec->code == CRM_TYPE_PYTHON) {
        return decode_python(core, codec, cell);
    }
    if (cell->tag == CRM_NULL) {
        Py_RETURN_NONE;
    }
    crm_cell bytes;
    if (cell->tag == CRM_BLOB) { /* which types have as such */
        bytes = *cell;
        bytes.flags = 0;
        cell = &bytes;
    }
    switch (codec->code) {
        case CRM_TYPE_FLOAT:
        case CRM_TYPE_REAL:
            return decode_float(core, codec, cell);
        case CRM_TYPE_BOOLEAN:
            return decode_boolean(core, codec, cell);
        case CRM_TYPE_NUMERIC:
        case CRM_TYPE_EXACT:
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
        case CRM_TYPE_INTERVAL:
            return decode_interval(core, codec, cell);
        case CRM_TYPE_PICKLE:
            return decode_pickle(core, codec, cell);
        default:
            return crm_decode_plain(core, cell);
    }
}
