/* codec.c: what the values of a column are, and codecs as functions of Python.
 * See codec.h.
 */
#include "codec_impl.h"

#include "core/imports.h"
#include "timecodec.h"

int
crm_codec_item(PyObject *arg, crm_codec *item)
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
        case CRM_TYPE_EXACT:
            if (arg != NULL) {
                long digits = PyLong_Check(arg) ? PyLong_AsLong(arg) : -1;
                if (digits < 0 || digits > CRM_MAX_DIGITS) {
                    PyErr_Clear();
                    wanted = "a number of digits";
                }
            }
            break;
        case CRM_TYPE_JSON:
            if (arg == NULL || !PyTuple_Check(arg) ||
                PyTuple_GET_SIZE(arg) != 5) {
                wanted = "(dumps, loads, null, none_as_null, exact)";
            }
            break;
        case CRM_TYPE_ENUM:
            if (arg == NULL || !PyTuple_Check(arg) ||
                PyTuple_GET_SIZE(arg) != 4 ||
                !PyDict_Check(PyTuple_GET_ITEM(arg, 0)) ||
                !PyDict_Check(PyTuple_GET_ITEM(arg, 1)) ||
                !PyDict_Check(PyTuple_GET_ITEM(arg, 3))) {
                wanted = "(bind dict, result dict, class, texts)";
            }
            break;
        case CRM_TYPE_INTERVAL:
            if (arg == NULL) {
                wanted = "a datetime";
            }
            break;
        case CRM_TYPE_PICKLE:
            if (arg == NULL || !PyTuple_Check(arg) ||
                PyTuple_GET_SIZE(arg) != 3) {
                wanted = "(dumps, loads, protocol)";
            }
            break;
        case CRM_TYPE_ARRAY: {
            crm_codec item;
            if (arg == NULL || !PyTuple_Check(arg) ||
                PyTuple_GET_SIZE(arg) != 3) {
                wanted = "(code, arg, as_tuple)";
            }
            else if (crm_codec_item(arg, &item) < 0) {
                return -1;
            }
            break;
        }
        case CRM_TYPE_PYTHON:
            if (arg == NULL ||
                (PyTuple_CheckExact(arg)
                     ? PyTuple_GET_SIZE(arg) < 2 || PyTuple_GET_SIZE(arg) > 4
                     : !PyCallable_Check(arg))) {
                wanted = "a callable or (bind, result[, codec[, argument]])";
            }
            else if (crm_codec_has_inner(arg)) {
                PyObject *inner = PyTuple_GET_ITEM(arg, 2);
                crm_codec item;
                if (!PyTuple_CheckExact(inner) ||
                    PyTuple_GET_SIZE(inner) != 2) {
                    wanted = "(bind, result, (code, arg))";
                }
                else if (crm_codec_item(inner, &item) < 0) {
                    return -1;
                }
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

PyObject *
crm_decimal_class(crm_core *core)
{
    return crm_lazy_member(&core->decimal_type, "decimal", "Decimal");
}

PyObject *
crm_codec_call(const crm_codec *codec, Py_ssize_t side, PyObject *value)
{
    PyObject *arg = codec->arg;
    if (!PyTuple_CheckExact(arg)) {
        return side == 0 ? Py_NewRef(value) : PyObject_CallOneArg(arg, value);
    }
    PyObject *function = PyTuple_GET_ITEM(arg, side);
    if (function == Py_None) {
        return Py_NewRef(value);
    }
    /* the first is room for the object of a bound method */
    PyObject *args[] = {NULL, value, NULL};
    size_t count = 1;
    if (PyTuple_GET_SIZE(arg) == 4) {
        args[++count] = PyTuple_GET_ITEM(arg, 3);
    }
    return PyObject_Vectorcall(function, args + 1,
                               count | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
}

int
crm_codec_inner(const crm_codec *codec, crm_codec *inner)
{
    *inner = (crm_codec){.code = CRM_TYPE_ANY};
    if (!crm_codec_has_inner(codec->arg)) {
        return 0;
    }
    return crm_codec_item(PyTuple_GET_ITEM(codec->arg, 2), inner);
}

PyObject *
crm_codec_look_up(PyObject *dict, PyObject *key)
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
    if (crm_encode_plain(value, &cell, &keep) == 0) {
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
        result = crm_decode_plain(core, &cell);
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
crm_codec_init(crm_core *core, PyObject *module)
{
    core->str_member_name = PyUnicode_InternFromString("_name_");
    if (core->str_member_name == NULL) {
        return -1;
    }
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
        {"TYPE_PICKLE", CRM_TYPE_PICKLE},
        {"TYPE_REAL", CRM_TYPE_REAL},
        {"TYPE_EXACT", CRM_TYPE_EXACT},
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
