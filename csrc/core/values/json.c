/* json.c: JSON by the standard library's C, see json.h. */
#include "json.h"

#include "codec.h"
#include "core/imports.h"

/* Whether the scanner or encoder did not succeed for a reason that its
 * function explains or knows better; the exception is then cleared. */
static int
ask_function(void)
{
    if (!PyErr_ExceptionMatches(PyExc_Exception) ||
        PyErr_ExceptionMatches(PyExc_MemoryError)) {
        return 0;
    }
    PyErr_Clear();
    return 1;
}

/* module.cls().name: a new reference, or NULL with an exception. */
static PyObject *
member_of_new(const char *module, const char *cls, const char *name)
{
    PyObject *type = crm_import_member(module, cls);
    PyObject *object = type == NULL ? NULL : PyObject_CallNoArgs(type);
    PyObject *value =
        object == NULL ? NULL : PyObject_GetAttrString(object, name);
    Py_XDECREF(object);
    Py_XDECREF(type);
    return value;
}

/* A C function of a str and where to begin. */
static PyObject *
make_scanner(void)
{
    return member_of_new("json.decoder", "JSONDecoder", "scan_once");
}

/* The encoder that json.dumps() makes each time, but one that looks for no
 * cycles: those end as a RecursionError, and dumps() tells what they are. */
static PyObject *
make_encoder(void)
{
    PyObject *make = crm_import_member("json.encoder", "c_make_encoder");
    PyObject *quote =
        make == NULL
            ? NULL
            : crm_import_member("json.encoder", "encode_basestring_ascii");
    PyObject *refuse =
        quote == NULL ? NULL
                      : member_of_new("json.encoder", "JSONEncoder", "default");
    PyObject *encoder = NULL;
    if (refuse != NULL) {
        encoder = PyObject_CallFunction(make, "OOOOssOOO", Py_None, refuse,
                                        quote, Py_None, ": ", ", ", Py_False,
                                        Py_False, Py_True);
    }
    Py_XDECREF(refuse);
    Py_XDECREF(quote);
    Py_XDECREF(make);
    return encoder;
}

/* What make() returns, made once; None if this CPython has no such thing.
 * Borrowed; NULL with an exception. */
static PyObject *
made_once(PyObject **cache, PyObject *(*make)(void))
{
    if (*cache == NULL) {
        PyObject *made = make();
        if (made == NULL && ask_function()) {
            made = Py_NewRef(Py_None);
        }
        if (made == NULL) {
            return NULL;
        }
        crm_keep_first(cache, made);
    }
    return *cache;
}

/* json.loads(argument) or json.dumps(argument). */
static PyObject *
call_function(PyObject **cache, const char *name, PyObject *argument)
{
    PyObject *function = crm_lazy_member(cache, "json", name);
    return function == NULL ? NULL : PyObject_CallOneArg(function, argument);
}

/* The document if the scanner can tell all of it: 1 with *value, a new
 * reference; 0 to ask json.loads(); -1 with an exception. */
static int
scan(crm_core *core, PyObject *document, PyObject **value)
{
    PyObject *scanner = made_once(&core->json_scanner, make_scanner);
    if (scanner == NULL) {
        return -1;
    }
    if (scanner == Py_None || !PyUnicode_CheckExact(document)) {
        return 0;
    }
    PyObject *pair = PyObject_CallFunction(scanner, "Oi", document, 0);
    if (pair == NULL) {
        return ask_function() ? 0 : -1;
    }
    int whole = PyTuple_CheckExact(pair) && PyTuple_GET_SIZE(pair) == 2 &&
                PyLong_AsSsize_t(PyTuple_GET_ITEM(pair, 1)) ==
                    PyUnicode_GET_LENGTH(document);
    if (whole) {
        *value = Py_NewRef(PyTuple_GET_ITEM(pair, 0));
    }
    Py_DECREF(pair);
    return whole;
}

PyObject *
crm_json_loads(crm_core *core, PyObject *document)
{
    PyObject *value = NULL;
    int done = scan(core, document, &value);
    return done == 0 ? call_function(&core->json_loads, "loads", document)
                     : value;
}

/* The text of a value that the encoder knows: 1, 0 or -1 as for scan(). */
static int
encode(crm_core *core, PyObject *value, PyObject **text)
{
    PyObject *encoder = made_once(&core->json_encoder, make_encoder);
    if (encoder == NULL) {
        return -1;
    }
    if (encoder == Py_None) {
        return 0;
    }
    PyObject *chunks = PyObject_CallFunction(encoder, "Oi", value, 0);
    PyObject *empty = chunks == NULL ? NULL : PyUnicode_New(0, 0);
    if (empty != NULL) {
        *text = PyUnicode_Join(empty, chunks);
    }
    Py_XDECREF(empty);
    Py_XDECREF(chunks);
    return *text != NULL ? 1 : ask_function() ? 0 : -1;
}

PyObject *
crm_json_dumps(crm_core *core, PyObject *value)
{
    PyObject *text = NULL;
    int done = encode(core, value, &text);
    return done == 0 ? call_function(&core->json_dumps, "dumps", value) : text;
}
