/* hstore.c: an hstore of PostgreSQL as text, and the dict of such a text:
 * without a Python frame for each value.
 */
#include "core/core.h"

#include "nested.h"

/* ---- reading ---------------------------------------------------------- */

typedef struct {
    PyObject *text;   /* borrowed str */
    Py_ssize_t at;    /* what is read next */
    Py_UCS4 *string;  /* owned: room for as much as the text has */
    Py_ssize_t count; /* what is in it */
} reader;

/* The next character; 0 at the end. */
static Py_UCS4
peek(const reader *from)
{
    return from->at < PyUnicode_GET_LENGTH(from->text)
               ? PyUnicode_READ_CHAR(from->text, from->at)
               : 0;
}

static void
skip_spaces(reader *from)
{
    while (Py_UNICODE_ISSPACE(peek(from))) {
        from->at++;
    }
}

/* Reads over some characters if they come next: whether they did. */
static int
skip(reader *from, const char *characters)
{
    Py_ssize_t at = from->at;
    for (; *characters != '\0'; characters++, from->at++) {
        if (peek(from) != (Py_UCS4)*characters) {
            from->at = at;
            return 0;
        }
    }
    return 1;
}

/* Reads a string in quotes into `string`: whether there is one. */
static int
read_string(reader *from)
{
    Py_ssize_t end = PyUnicode_GET_LENGTH(from->text);
    from->count = 0;
    if (!skip(from, "\"")) {
        return 0;
    }
    while (from->at < end) {
        Py_UCS4 character = PyUnicode_READ_CHAR(from->text, from->at++);
        if (character == '"') {
            return 1;
        }
        if (character == '\\') {
            if (from->at == end) {
                return 0;
            }
            character = PyUnicode_READ_CHAR(from->text, from->at++);
        }
        from->string[from->count++] = character;
    }
    return 0;
}

static PyObject *
string_of(const reader *from)
{
    return PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, from->string,
                                     from->count);
}

/* Reads a pair and what parts it from the next one into a dict: 1; 0: the text
 * is none; -1 with an exception. */
static int
read_pair(reader *from, PyObject *dict)
{
    skip_spaces(from);
    if (!read_string(from)) {
        return 0;
    }
    PyObject *key = string_of(from), *value = NULL;
    int status = key == NULL ? -1 : 0;
    if (status == 0) {
        skip_spaces(from);
        int arrow = skip(from, "=>");
        skip_spaces(from);
        if (arrow && skip(from, "NULL")) {
            value = Py_NewRef(Py_None);
        }
        else if (arrow && read_string(from)) {
            value = string_of(from);
            status = value == NULL ? -1 : 0;
        }
    }
    if (value != NULL) {
        skip_spaces(from);
        if (skip(from, ",") || from->at == PyUnicode_GET_LENGTH(from->text)) {
            status = PyDict_SetItem(dict, key, value) < 0 ? -1 : 1;
        }
    }
    Py_XDECREF(value);
    Py_XDECREF(key);
    return status;
}

/* What is left of the text is no pair. */
static void
refuse(PyObject *text, Py_ssize_t at)
{
    PyObject *before = PyUnicode_Substring(text, 0, at);
    PyObject *after = PyUnicode_Substring(text, at, at + 30);
    if (before != NULL && after != NULL) {
        PyErr_Format(PyExc_ValueError,
                     "After %R, could not parse residual at position %zd: %R",
                     before, at, after);
    }
    Py_XDECREF(before);
    Py_XDECREF(after);
}

static PyObject *
hstore_value(PyObject *Py_UNUSED(module), PyObject *value)
{
    if (!PyUnicode_Check(value)) {
        return Py_NewRef(value);
    }
    Py_ssize_t len = PyUnicode_GET_LENGTH(value);
    reader from = {.text = value,
                   .string = PyMem_New(Py_UCS4, len > 0 ? len : 1)};
    if (from.string == NULL) {
        return PyErr_NoMemory();
    }
    PyObject *dict = PyDict_New();
    while (dict != NULL && from.at < len) {
        Py_ssize_t at = from.at;
        int status = read_pair(&from, dict);
        if (status == 0) {
            refuse(value, at);
        }
        if (status <= 0) {
            Py_CLEAR(dict);
        }
    }
    PyMem_Free(from.string);
    return dict;
}

/* ---- writing ---------------------------------------------------------- */

/* A key or value in quotes; NULL with an exception. */
static PyObject *
quoted(PyObject *value, const char *position)
{
    if (!PyUnicode_Check(value)) {
        PyErr_Format(PyExc_ValueError, "%R in %s position is not a string.",
                     value, position);
        return NULL;
    }
    PyObject *text = PyUnicode_FromObject(value);
    PyObject *made = text == NULL ? NULL : crm_quoted(text);
    Py_XDECREF(text);
    return made;
}

/* A pair of a mapping as text; NULL with an exception. */
static PyObject *
text_of_pair(PyObject *key, PyObject *value)
{
    PyObject *text = NULL, *second = NULL, *first = quoted(key, "key");
    if (first != NULL) {
        second = value == Py_None ? PyUnicode_FromString("NULL")
                                  : quoted(value, "value");
    }
    if (second != NULL) {
        text = PyUnicode_FromFormat("%U=>%U", first, second);
    }
    Py_XDECREF(second);
    Py_XDECREF(first);
    return text;
}

static PyObject *
hstore_text(PyObject *Py_UNUSED(module), PyObject *value)
{
    if (value == Py_None) {
        Py_RETURN_NONE;
    }
    PyObject *text = NULL, *comma = NULL, *items = PyMapping_Items(value);
    if (items == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items); i++) {
        PyObject *item = PySequence_Tuple(PyList_GET_ITEM(items, i));
        PyObject *key, *of, *pair = NULL;
        if (item != NULL && PyArg_ParseTuple(item, "OO", &key, &of)) {
            pair = text_of_pair(key, of);
        }
        Py_XDECREF(item);
        if (pair == NULL || PyList_SetItem(items, i, pair) < 0) {
            goto done;
        }
    }
    if ((comma = PyUnicode_FromString(", ")) != NULL) {
        text = PyUnicode_Join(comma, items);
    }
done:
    Py_XDECREF(comma);
    Py_DECREF(items);
    return text;
}

/* ---- the module ------------------------------------------------------- */

static PyMethodDef hstore_functions[] = {
    {"hstore_text", hstore_text, METH_O,
     "hstore_text($module, value, /)\n--\n\nThe pairs of a mapping as "
     "PostgreSQL reads an hstore; None as it is."},
    {"hstore_value", hstore_value, METH_O,
     "hstore_value($module, value, /)\n--\n\nA dict from the text of an "
     "hstore; what is no text as it is."},
    {NULL},
};

int
crm_hstore_init(crm_core *Py_UNUSED(core), PyObject *module)
{
    return PyModule_AddFunctions(module, hstore_functions);
}
