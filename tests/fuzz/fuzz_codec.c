/* Cells into Python objects and back, in an interpreter of this process.
 *
 * Bytes that a server sent are decoded as far as a cell; bytes of an SQLite
 * file are one already.  Whatever they are, there is an object or an exception
 * that a program may expect; and an object that a codec takes comes out of it
 * as it went in.  Ranges are written as text.  JSON, UUIDs and addresses are
 * what the standard library makes of the same text, and JSON is the text that
 * it makes of them. */
#include "core/values/codec.h"
#include "postgres/decode.h"

#include "../c/check.h"

static crm_core *core;
static PyObject *codecs;  /* of (code, argument) */
static PyObject *invalid; /* cormorant.exc.InvalidRequestError */
static PyObject *loads, *dumps, *uuid, *address; /* see `tried` */
static PyObject *module;                         /* cormorant._core */

/* The servers' types, by a type that has each kind. */
static const uint32_t types[] = {
    16,   17,   20,   21,   23,   25,   26,   114,  700,  701,  869,  829,
    1082, 1083, 1114, 1184, 1186, 1266, 1560, 1700, 2950, 3802, 1007, 1009,
    1231, 1187, 1185, 1041, 3904, 3906, 3910, 4451, 4532, 3905, 650,
};
#define NTYPES (sizeof(types) / sizeof(types[0]))

/* What SQLite has, beside the types above. */
static const uint8_t storage[] = {CRM_NULL, CRM_INT64, CRM_DOUBLE, CRM_TEXT,
                                  CRM_BLOB};

static const char *const setup =
    "import datetime, decimal, ipaddress, json, uuid\n"
    "import cormorant\n"
    "from cormorant import _core as c\n"
    "from cormorant.dialects.postgresql import Range\n"
    "js = (None, None, None, False, False)\n"
    "names = {'a': 'one', 'b': 'two'}\n"
    "enum = ({v: k for k, v in names.items()}, names, None, {})\n"
    /* no pickles: bytes of anybody's would run code */
    "def dumps(value, protocol):\n"
    "    return b'p' + value\n"
    "def loads(data):\n"
    "    if data[:1] != b'p':\n"
    "        raise ValueError('no pickle')\n"
    "    return data[1:]\n"
    /* what a function makes of a value as repr() shows it: NaN is not equal */
    "def tried(function):\n"
    "    def of(value):\n"
    "        try:\n"
    "            return repr(function(value))\n"
    "        except (ValueError, TypeError, RecursionError):\n"
    "            return None\n"
    "    return of\n"
    "by_loads, by_dumps, by_uuid, by_address = map(tried, (json.loads, "
    "json.dumps, uuid.UUID, ipaddress.ip_address))\n"
    "codecs = [(c.TYPE_ANY, None), (c.TYPE_INTEGER, None), (c.TYPE_FLOAT, "
    "None),\n"
    "    (c.TYPE_STRING, None), (c.TYPE_BINARY, None), (c.TYPE_BOOLEAN, "
    "None),\n"
    "    (c.TYPE_NUMERIC, None), (c.TYPE_NUMERIC, 3), (c.TYPE_DATETIME, "
    "None),\n"
    "    (c.TYPE_DATE, None), (c.TYPE_TIME, None), (c.TYPE_UUID, True),\n"
    "    (c.TYPE_UUID, False), (c.TYPE_JSON, js), (c.TYPE_ENUM, enum),\n"
    "    (c.TYPE_PYTHON, (str, repr)), (c.TYPE_PYTHON, (None, max, None, "
    "'m')), (c.TYPE_PYTHON, (None, str, "
    "(c.TYPE_DATE, None))),\n"
    "    (c.TYPE_ARRAY, (c.TYPE_ANY, None, False)),\n"
    "    (c.TYPE_ARRAY, (c.TYPE_NUMERIC, 2, True)), (c.TYPE_INTERVAL, "
    "datetime.datetime(1970, 1, 1)),\n"
    "    (c.TYPE_PICKLE, (dumps, loads, 5)),\n"
    "    (c.TYPE_REAL, None), (c.TYPE_EXACT, 2),\n"
    "    (c.TYPE_PYTHON, (c.hstore_text, c.hstore_value))]\n";

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    extern PyObject *PyInit__core(void);
    setenv("PYTHONMALLOC", "malloc", 1);
    CHECK(PyImport_AppendInittab("cormorant._core", PyInit__core) == 0);
    Py_InitializeEx(0);
    CHECK(PyRun_SimpleString(setup) == 0);
    PyObject *main = PyImport_AddModule("__main__");
    codecs = PyObject_GetAttrString(main, "codecs");
    loads = PyObject_GetAttrString(main, "by_loads");
    dumps = PyObject_GetAttrString(main, "by_dumps");
    uuid = PyObject_GetAttrString(main, "by_uuid");
    address = PyObject_GetAttrString(main, "by_address");
    CHECK(loads != NULL && dumps != NULL && uuid != NULL && address != NULL);
    module = PyImport_ImportModule("cormorant._core");
    CHECK(codecs != NULL && module != NULL);
    core = PyModule_GetState(module);
    CHECK(core != NULL);
    invalid = PyObject_GetAttrString(core->exc, "InvalidRequestError");
    CHECK(invalid != NULL);
    return 0;
}

/* An exception is set that says that the bytes are not what they should be. */
static void
check_exception(void)
{
    PyObject *type = PyErr_Occurred();
    CHECK(type != NULL);
    if (!PyErr_GivenExceptionMatches(type, invalid) &&
        !PyErr_GivenExceptionMatches(type, PyExc_ValueError) &&
        !PyErr_GivenExceptionMatches(type, PyExc_TypeError) &&
        !PyErr_GivenExceptionMatches(type, PyExc_LookupError) &&
        !PyErr_GivenExceptionMatches(type, PyExc_ArithmeticError) &&
        !PyErr_GivenExceptionMatches(type, PyExc_AttributeError) &&
        !PyErr_GivenExceptionMatches(type, PyExc_RecursionError)) {
        PyErr_Print();
        CHECK(!"an exception that nobody expects");
    }
    PyErr_Clear();
}

/* The same value: what is not equal to itself, as NaN or a list with one, is
 * only of the same class. */
static void
check_same(PyObject *before, PyObject *after)
{
    CHECK(Py_TYPE(before) == Py_TYPE(after));
    int same = PyObject_RichCompareBool(before, after, Py_EQ);
    if (same == 0) {
        PyObject *equal = PyObject_RichCompare(before, before, Py_EQ);
        CHECK(equal == Py_False);
        Py_DECREF(equal);
    }
    if (same < 0) {
        check_exception();
    }
}

/* A datetime or time without a zone: as text it has none; a moment comes back
 * in UTC. */
static int
is_naive(PyObject *value)
{
    PyObject *zone = PyObject_GetAttrString(value, "tzinfo");
    PyErr_Clear();
    Py_XDECREF(zone);
    return zone == Py_None;
}

static int
is_address(PyObject *value)
{
    const char *name = Py_TYPE(value)->tp_name;
    return strcmp(name, "IPv4Address") == 0 || strcmp(name, "IPv6Address") == 0;
}

/* Which values come back from the database as they were given. */
static int
comes_back(const crm_codec *codec, int typed, PyObject *value)
{
    switch (codec->code) {
        case CRM_TYPE_UUID:
        case CRM_TYPE_BOOLEAN:
        case CRM_TYPE_ENUM:
            return 1;
        case CRM_TYPE_DATE: /* which takes a datetime, too */
            return strcmp(Py_TYPE(value)->tp_name, "datetime.date") == 0;
        case CRM_TYPE_TIME:
        case CRM_TYPE_DATETIME:
            return is_naive(value);
        case CRM_TYPE_STRING:
            return PyUnicode_Check(value);
        case CRM_TYPE_BINARY:
            return PyBytes_Check(value);
        case CRM_TYPE_NUMERIC:
            return typed && codec->arg == NULL;
        case CRM_TYPE_ANY:
            return typed && is_address(value);
        case CRM_TYPE_PYTHON: /* an hstore, the only codec of a dict */
            return PyDict_Check(value);
        default:
            return 0;
    }
}

static void
check_round(const crm_codec *codec, int typed, PyObject *value)
{
    crm_cell cell = {0};
    PyObject *keep = NULL;
    int status = crm_encode(core, codec, typed, value, &cell, &keep);
    if (status < 0) {
        CHECK(keep == NULL);
        check_exception();
        return;
    }
    CHECK(!PyErr_Occurred());
    if (comes_back(codec, typed, value)) {
        PyObject *again = crm_decode(core, codec, &cell);
        if (again == NULL) {
            PyErr_Print();
        }
        CHECK(again != NULL);
        check_same(value, again);
        Py_DECREF(again);
    }
    Py_XDECREF(keep);
}

/* A function of the standard library makes the same of `from`: `value`, or
 * NULL. */
static void
check_tried(PyObject *function, PyObject *from, PyObject *value)
{
    PyObject *expected = PyObject_CallOneArg(function, from);
    PyObject *found = value == NULL ? Py_NewRef(Py_None) : PyObject_Repr(value);
    CHECK(expected != NULL && found != NULL);
    int same = PyObject_RichCompareBool(expected, found, Py_EQ);
    if (same != 1) {
        PyObject_Print(from, stderr, 0);
        PyObject_Print(expected, stderr, 0);
        PyObject_Print(found, stderr, 0);
    }
    CHECK(same == 1);
    Py_DECREF(found);
    Py_DECREF(expected);
}

/* What a codec has made of text, or that it refused it. */
static void
check_standard(const crm_codec *codec, const crm_cell *cell, PyObject *value)
{
    PyObject *function;
    if (codec->code == CRM_TYPE_JSON &&
        (cell->tag == CRM_TEXT || cell->tag == CRM_JSON)) {
        function = loads;
    }
    else if (codec->code == CRM_TYPE_UUID && codec->arg == Py_True &&
             cell->tag == CRM_TEXT) {
        /* JSON is what it holds: a number of 32 digits is no UUID */
        function = uuid;
    }
    else if (codec->code == CRM_TYPE_ANY && cell->tag == CRM_INET &&
             cell->flags == CRM_INET_ADDRESS) {
        function = address;
    }
    else {
        return;
    }
    PyObject *text = PyUnicode_DecodeUTF8(cell->u.p, cell->len, NULL);
    if (text == NULL) {
        PyErr_Clear();
        return;
    }
    check_tried(function, text, value);
    Py_DECREF(text);
    crm_cell made = {0};
    PyObject *keep = NULL;
    if (value == NULL || function != loads ||
        crm_encode(core, codec, 0, value, &made, &keep) < 0) {
        PyErr_Clear(); /* (A lone half of a surrogate pair is no UTF-8.) */
        return;
    }
    text = PyUnicode_DecodeUTF8(made.u.p, made.len, NULL);
    CHECK(text != NULL);
    check_tried(dumps, value, text);
    Py_DECREF(text);
    Py_XDECREF(keep);
}

/* Ranges are written as text, whatever their ends are. */
static void
check_range(crm_tag tag, PyObject *value)
{
    const char *name = tag == CRM_RANGE        ? "range_text"
                       : tag == CRM_MULTIRANGE ? "multirange_text"
                                               : NULL;
    if (name == NULL || value == Py_None) {
        return;
    }
    PyObject *text = PyObject_CallMethod(module, name, "O", value);
    if (text == NULL) {
        check_exception();
        return;
    }
    CHECK(PyUnicode_Check(text) && PyUnicode_GET_LENGTH(text) > 1);
    Py_DECREF(text);
}

static void
check_cell(const crm_codec *codec, const crm_cell *cell)
{
    PyObject *value = crm_decode(core, codec, cell);
    if (value == NULL) {
        PyObject *type, *error, *traceback;
        PyErr_Fetch(&type, &error, &traceback);
        check_standard(codec, cell, NULL);
        PyErr_Restore(type, error, traceback);
        check_exception();
        return;
    }
    CHECK(!PyErr_Occurred());
    check_standard(codec, cell, value);
    if (codec->code == CRM_TYPE_ANY) {
        check_range((crm_tag)cell->tag, value);
    }
    check_round(codec, 0, value);
    check_round(codec, 1, value);
    Py_DECREF(value);
}

/* A cell as SQLite's driver fills it. */
static int
store(crm_rows *rows, crm_tag tag, const char *bytes, size_t len)
{
    uint64_t word = 0;
    switch (tag) {
        case CRM_INT64:
        case CRM_DOUBLE:
            memcpy(&word, bytes, len < 8 ? len : 8);
            crm_rows_set(rows, 0, tag, 0, word);
            return 0;
        case CRM_TEXT:
        case CRM_BLOB:
            return crm_rows_put(rows, 0, tag, bytes, len);
        default:
            return 0;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    crm_pg_decoder decoder = {.zone = -1};
    crm_rows rows;
    crm_rows_init(&rows, 1);
    size_t len = size - 2;
    /* of exactly this size, so that a byte read too far is seen */
    char *bytes = malloc(len == 0 ? 1 : len);
    CHECK(bytes != NULL && crm_rows_begin(&rows) == 0);
    memcpy(bytes, data + 2, len);
    size_t from = data[0] % (NTYPES + sizeof(storage));
    int status;
    if (from < NTYPES) {
        crm_pg_type type = crm_pg_type_find(&decoder.types, types[from]);
        status = crm_pg_decode(&decoder, &type, bytes, len, &rows, 0);
    }
    else {
        status = store(&rows, storage[from - NTYPES], bytes, len);
    }
    free(bytes);
    if (status < 0) {
        crm_rows_abandon(&rows);
    }
    else {
        crm_rows_end(&rows);
        crm_page *page = crm_rows_last(&rows);
        crm_cell cell = crm_page_cell(page, crm_page_row(page, 0), 0);
        crm_codec codec;
        PyObject *chosen =
            PyList_GET_ITEM(codecs, data[1] % PyList_GET_SIZE(codecs));
        long code = PyLong_AsLong(PyTuple_GET_ITEM(chosen, 0));
        CHECK(crm_codec_set(&codec, (int)code, PyTuple_GET_ITEM(chosen, 1)) ==
              0);
        check_cell(&codec, &cell);
        crm_codec_clear(&codec);
    }
    crm_rows_clear(&rows);
    crm_pg_decoder_clear(&decoder);
    return 0;
}
