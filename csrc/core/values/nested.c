/* nested.c: see nested.h. */
#include "nested.h"

#include "range.h"
#include "timecodec.h"
#include "uuid.h"

#include <stdbool.h>

/* Levels of arrays are more than a database has.  What is within a record is
 * quoted once more at each level, which doubles its quotes. */
#define MAX_DEPTH 16

/* ---- decoding --------------------------------------------------------- */

/* The compound value being read; offsets count from `base`. */
typedef struct {
    crm_core *core;
    const crm_codec *item;
    int tuples;
    const char *base;
} nested_reader;

static PyObject *decode_cell(nested_reader *from, const char *place,
                             const crm_codec *codec);

static crm_nested
read_header(const nested_reader *from, const crm_cell *cell, const char **cells)
{
    crm_nested header;
    const char *place = from->base + cell->u.i;
    memcpy(&header, place, sizeof(header));
    *cells = place + sizeof(header);
    return header;
}

/* One dimension of an array: a list of what the next has, or of elements;
 * *cells moves on. */
static PyObject *
decode_dimension(nested_reader *from, const crm_nested *header, uint32_t dim,
                 const char **cells)
{
    uint32_t count = header->ndim == 0 ? 0 : header->dims[dim];
    PyObject *list = from->tuples ? PyTuple_New(count) : PyList_New(count);
    for (uint32_t i = 0; list != NULL && i < count; i++) {
        PyObject *value;
        if (dim + 1 < header->ndim) {
            value = decode_dimension(from, header, dim + 1, cells);
        }
        else {
            value = decode_cell(from, *cells, from->item);
            *cells += sizeof(crm_cell);
        }
        if (value == NULL) {
            Py_CLEAR(list);
        }
        else if (from->tuples) {
            PyTuple_SET_ITEM(list, i, value);
        }
        else {
            PyList_SET_ITEM(list, i, value);
        }
    }
    return list;
}

static PyObject *
decode_range(nested_reader *from, const crm_cell *cell)
{
    static const crm_codec any = {0};
    const char *cells;
    crm_nested header = read_header(from, cell, &cells);
    int empty = (header.ndim & CRM_RANGE_EMPTY) != 0;
    const crm_range_bounds bounds = {
        .lower_inc = empty || (header.ndim & CRM_RANGE_LOWER_INC) != 0,
        .upper_inc = (header.ndim & CRM_RANGE_UPPER_INC) != 0,
        .empty = empty,
    };
    PyObject *lower = decode_cell(from, cells, &any);
    PyObject *upper = lower == NULL
                          ? NULL
                          : decode_cell(from, cells + sizeof(crm_cell), &any);
    PyObject *range =
        upper == NULL ? NULL : crm_range_new(from->core, lower, upper, bounds);
    Py_XDECREF(lower);
    Py_XDECREF(upper);
    return range;
}

static PyObject *
decode_multirange(nested_reader *from, const crm_cell *cell)
{
    static const crm_codec any = {0};
    const char *cells;
    crm_nested header = read_header(from, cell, &cells);
    PyObject *list = PyList_New(0);
    for (uint32_t i = 0; list != NULL && i < header.count; i++) {
        PyObject *range = decode_cell(from, cells + i * sizeof(crm_cell), &any);
        if (range == NULL || PyList_Append(list, range) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(range);
    }
    PyObject *made = list == NULL ? NULL : crm_multirange_new(from->core, list);
    Py_XDECREF(list);
    return made;
}

static PyObject *
decode_map(nested_reader *from, const crm_cell *cell)
{
    static const crm_codec any = {0};
    const char *cells;
    crm_nested header = read_header(from, cell, &cells);
    PyObject *dict = PyDict_New();
    for (uint32_t i = 0; dict != NULL && i + 1 < header.count; i += 2) {
        PyObject *key = decode_cell(from, cells + i * sizeof(crm_cell), &any);
        PyObject *value =
            key == NULL
                ? NULL
                : decode_cell(from, cells + (i + 1) * sizeof(crm_cell), &any);
        if (value == NULL || PyDict_SetItem(dict, key, value) < 0) {
            Py_CLEAR(dict);
        }
        Py_XDECREF(key);
        Py_XDECREF(value);
    }
    return dict;
}

static PyObject *
decode_cell(nested_reader *from, const char *place, const crm_codec *codec)
{
    crm_cell cell;
    memcpy(&cell, place, sizeof(cell));
    switch ((crm_tag)cell.tag) {
        case CRM_ARRAY: {
            const char *cells;
            crm_nested header = read_header(from, &cell, &cells);
            return decode_dimension(from, &header, 0, &cells);
        }
        case CRM_RANGE:
            return decode_range(from, &cell);
        case CRM_MULTIRANGE:
            return decode_multirange(from, &cell);
        case CRM_MAP:
            return decode_map(from, &cell);
        default:
            if (crm_tag_has_bytes(cell.tag)) {
                cell.u.p = from->base + cell.u.i;
            }
            return crm_decode(from->core, codec, &cell);
    }
}

PyObject *
crm_nested_decode(crm_core *core, const crm_codec *item, int tuples,
                  const crm_cell *cell)
{
    /* The bytes begin with the outermost cell itself. */
    nested_reader from = {core, item, tuples, cell->u.p};
    return decode_cell(&from, cell->u.p, item);
}

/* The end of an element that begins at a place of an array's text, whose text
 * goes to `out`; *quoted: it stood between quotes. */
static const char *
parse_element(const char *from, const char *end, char *out, size_t *len,
              bool *quoted)
{
    bool within = false;
    *len = 0;
    *quoted = false;
    while (from < end && (within || *from != ',')) {
        if (*from == '"') {
            within = !within;
            *quoted = true;
            from++;
            continue;
        }
        if (*from == '\\' && from + 1 < end) {
            from++;
        }
        out[(*len)++] = *from++;
    }
    return from;
}

PyObject *
crm_nested_parse(crm_core *core, const crm_codec *item, int tuples,
                 const crm_cell *cell)
{
    const char *from = cell->u.p, *end = from + cell->len;
    PyObject *list = NULL;
    char *out = PyMem_Malloc(cell->len);
    if (out == NULL) {
        return PyErr_NoMemory();
    }
    if (cell->len < 2 || *from != '{' || end[-1] != '}') {
        PyErr_SetString(PyExc_ValueError, "not the text of an array");
        goto done;
    }
    from++;
    end--;
    list = PyList_New(0);
    while (list != NULL && from < end) {
        size_t len;
        bool quoted;
        from = parse_element(from, end, out, &len, &quoted);
        from += from < end; /* the comma */
        crm_cell element = {.tag = CRM_TEXT, .len = (uint32_t)len, .u.p = out};
        if (!quoted && len == 4 && memcmp(out, "NULL", 4) == 0) {
            element = (crm_cell){0};
        }
        PyObject *value = crm_decode(core, item, &element);
        if (value == NULL || PyList_Append(list, value) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(value);
    }
    if (list != NULL && tuples) {
        Py_SETREF(list, PyList_AsTuple(list));
    }
done:
    PyMem_Free(out);
    return list;
}

/* ---- encoding --------------------------------------------------------- */

typedef struct {
    crm_core *core;
    const crm_codec *item;
    PyObject *parts; /* list of str */
    crm_elements of; /* what was put */
    bool untyped;    /* no column's type says what elements are */
    int status;
} nested_writer;

static int
put(nested_writer *to, PyObject *text)
{
    int status = text == NULL ? -1 : PyList_Append(to->parts, text);
    Py_XDECREF(text);
    return status;
}

static int
put_ascii(nested_writer *to, const char *text)
{
    return put(to, PyUnicode_FromString(text));
}

/* Whether the server reads an element or field as it is, without quotes around
 * it: it is no NULL and has nothing of what arrays and records are written
 * with. */
static bool
is_bare(PyObject *text)
{
    Py_ssize_t len;
    const char *bytes = PyUnicode_AsUTF8AndSize(text, &len);
    if (bytes == NULL || len == 0 || (len == 4 && (bytes[0] | 32) == 'n')) {
        PyErr_Clear();
        return false;
    }
    for (Py_ssize_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c <= ' ' || strchr("\"\\{}(),", c) != NULL) {
            return false;
        }
    }
    return true;
}

PyObject *
crm_quoted(PyObject *text)
{
    Py_ssize_t len = PyUnicode_GET_LENGTH(text);
    if (PyUnicode_FindChar(text, '\\', 0, len, 1) < 0 &&
        PyUnicode_FindChar(text, '"', 0, len, 1) < 0) {
        return PyUnicode_FromFormat("\"%U\"", text);
    }
    PyObject *slashes =
        PyObject_CallMethod(text, "replace", "ss", "\\", "\\\\");
    PyObject *quotes =
        slashes == NULL
            ? NULL
            : PyObject_CallMethod(slashes, "replace", "ss", "\"", "\\\"");
    Py_XDECREF(slashes);
    PyObject *quoted =
        quotes == NULL ? NULL : PyUnicode_FromFormat("\"%U\"", quotes);
    Py_XDECREF(quotes);
    return quoted;
}

/* Bytes as the server reads them in text: "\\x0a1b…". */
static int
put_bytes(nested_writer *to, const crm_cell *cell)
{
    PyObject *bytes = PyBytes_FromStringAndSize(cell->u.p, cell->len);
    PyObject *hex =
        bytes == NULL ? NULL : PyObject_CallMethod(bytes, "hex", NULL);
    PyObject *text =
        hex == NULL ? NULL : PyUnicode_FromFormat("\"\\\\x%U\"", hex);
    Py_XDECREF(bytes);
    Py_XDECREF(hex);
    return put(to, text);
}

/* The element as str() has it, which the server reads: numbers, dates, UUIDs.
 */
static int
put_str(nested_writer *to, const crm_cell *cell)
{
    static const crm_codec any = {0};
    PyObject *text;
    if (cell->tag == CRM_UUID) {
        text = crm_uuid_text((const unsigned char *)cell->u.p, 1);
    }
    else {
        PyObject *value = crm_decode(to->core, &any, cell);
        text = value == NULL ? NULL : PyObject_Str(value);
        Py_XDECREF(value);
    }
    if (text == NULL) {
        return -1;
    }
    int status = put(to, is_bare(text) ? Py_NewRef(text) : crm_quoted(text));
    Py_DECREF(text);
    return status;
}

static crm_list_number
number_of(const crm_cell *cell)
{
    int64_t value = cell->u.i;
    if (cell->tag == CRM_DOUBLE) {
        return cell->u.d - cell->u.d == 0.0 ? CRM_HOLDS_NUMERIC
                                            : CRM_HOLDS_DOUBLE;
    }
    if (cell->tag == CRM_NUMERIC && !crm_is_integer(cell, &value)) {
        return CRM_HOLDS_NUMERIC;
    }
    return value >= INT32_MIN && value <= INT32_MAX ? CRM_HOLDS_INT32
                                                    : CRM_HOLDS_INT64;
}

/* Notes of which class an element is, unless it is a record. */
static void
note_class(nested_writer *to, PyObject *value, const crm_cell *cell)
{
    static const uint32_t classes[] = {
        [CRM_INT64] = CRM_OF_INT,         [CRM_DOUBLE] = CRM_OF_FLOAT,
        [CRM_TEXT] = CRM_OF_STR,          [CRM_BLOB] = CRM_OF_BYTES,
        [CRM_BOOL] = CRM_OF_BOOL,         [CRM_DATE] = CRM_OF_DATE,
        [CRM_TIME] = CRM_OF_TIME,         [CRM_TIMESTAMP] = CRM_OF_TIMESTAMP,
        [CRM_UUID] = CRM_OF_UUID,         [CRM_NUMERIC] = CRM_OF_DECIMAL,
        [CRM_INTERVAL] = CRM_OF_INTERVAL, [CRM_TIMETZ] = CRM_OF_TIMETZ,
        [CRM_INET] = CRM_OF_ADDRESS,
    };
    uint32_t found = PyTuple_Check(value)                   ? 0
                     : cell->tag < Py_ARRAY_LENGTH(classes) ? classes[cell->tag]
                                                            : 0;
    if (cell->tag == CRM_TIMESTAMP && cell->flags & CRM_CELL_UTC) {
        found = CRM_OF_TIMESTAMPTZ;
    }
    else if (cell->tag == CRM_INET && cell->flags == CRM_INET_NETWORK) {
        found = CRM_OF_NETWORK;
    }
    else if (cell->tag == CRM_NUMERIC && PyLong_Check(value)) {
        found = CRM_OF_INT;
    }
    to->of.classes |= found;
    if (found & (CRM_OF_INT | CRM_OF_DECIMAL | CRM_OF_FLOAT)) {
        crm_list_number number = number_of(cell);
        to->of.number = number > to->of.number ? number : to->of.number;
    }
}

static int
put_cell(nested_writer *to, const crm_cell *cell)
{
    switch ((crm_tag)cell->tag) {
        case CRM_NULL:
            return put_ascii(to, "NULL");
        case CRM_BOOL:
            return put_ascii(to, cell->u.i ? "t" : "f");
        case CRM_INT64:
            return put(to, PyUnicode_FromFormat("%lld", (long long)cell->u.i));
        case CRM_BLOB:
            return put_bytes(to, cell);
        case CRM_INTERVAL: {
            crm_interval interval;
            memcpy(&interval, cell->u.p, sizeof(interval));
            return put(to,
                       PyUnicode_FromFormat("\"%lld days %lld microseconds\"",
                                            (long long)interval.days,
                                            (long long)interval.micros));
        }
        default:
            return put_str(to, cell);
    }
}

/* Without a column's type tuples are records. */
static bool
is_list(const nested_writer *to, PyObject *value)
{
    return PyList_Check(value) || (!to->untyped && PyTuple_Check(value));
}

static int encode_untyped(crm_core *core, PyObject *value, int depth,
                          crm_cell *cell, PyObject **keep);

/* Puts an element or a field, which is within `depth` others. */
static int
put_item(nested_writer *to, PyObject *value, int depth)
{
    crm_cell cell = {0};
    PyObject *keep = NULL;
    int status = to->untyped && (PyList_Check(value) || PyTuple_Check(value))
                     ? encode_untyped(to->core, value, depth, &cell, &keep)
                     : crm_encode(to->core, to->item, 1, value, &cell, &keep);
    if (status < 0) {
        to->status = status;
        return -1;
    }
    note_class(to, value, &cell);
    status = put_cell(to, &cell);
    Py_XDECREF(keep);
    return status;
}

/* Puts a value of an array, which is an array itself if it is a list.  `whole`:
 * it is an element, be it a list. */
static int
put_value(nested_writer *to, PyObject *value, int depth, bool whole)
{
    if (!whole && is_list(to, value)) {
        if (depth >= MAX_DEPTH) {
            PyErr_SetString(PyExc_ValueError, "array nested too deeply");
            return -1;
        }
        PyObject *items = PySequence_Tuple(value);
        int status = items == NULL ? -1 : put_ascii(to, "{");
        Py_ssize_t count = items == NULL ? 0 : PyTuple_GET_SIZE(items);
        /* Of types whose values may be lists the first element says whether
         * they are. */
        bool leaves = count > 0 && !is_list(to, PyTuple_GET_ITEM(items, 0)) &&
                      (to->item->code == CRM_TYPE_JSON ||
                       to->item->code == CRM_TYPE_PYTHON);
        for (Py_ssize_t i = 0; status == 0 && i < count; i++) {
            status = i > 0 ? put_ascii(to, ",") : 0;
            if (status == 0) {
                status = put_value(to, PyTuple_GET_ITEM(items, i), depth + 1,
                                   leaves);
            }
        }
        Py_XDECREF(items);
        return status < 0 ? -1 : put_ascii(to, "}");
    }
    return put_item(to, value, depth);
}

/* Puts a record, whose NULLs are nothing between the commas. */
static int
put_record(nested_writer *to, PyObject *tuple, int depth)
{
    if (depth >= MAX_DEPTH) {
        PyErr_SetString(PyExc_ValueError, "record nested too deeply");
        return -1;
    }
    int status = put_ascii(to, "(");
    for (Py_ssize_t i = 0; status == 0 && i < PyTuple_GET_SIZE(tuple); i++) {
        PyObject *field = PyTuple_GET_ITEM(tuple, i);
        status = i > 0 ? put_ascii(to, ",") : 0;
        if (status == 0 && field != Py_None) {
            status = put_item(to, field, depth + 1);
        }
    }
    return status < 0 ? -1 : put_ascii(to, ")");
}

/* What was put, as a new str; NULL if that failed. */
static PyObject *
written(nested_writer *to, int status)
{
    PyObject *empty = status < 0 ? NULL : PyUnicode_New(0, 0);
    PyObject *text = empty == NULL ? NULL : PyUnicode_Join(empty, to->parts);
    Py_XDECREF(empty);
    Py_CLEAR(to->parts);
    return text;
}

static int
begin_writing(nested_writer *to, crm_core *core, const crm_codec *item)
{
    *to = (nested_writer){.core = core,
                          .item = item,
                          .parts = PyList_New(0),
                          .untyped = item->code == CRM_TYPE_ANY,
                          .status = CRM_ENCODE_REFUSED};
    return to->parts == NULL ? -1 : 0;
}

PyObject *
crm_nested_text(crm_core *core, const crm_codec *item, PyObject *value,
                int *status)
{
    nested_writer to;
    int done = begin_writing(&to, core, item);
    to.untyped = false;
    PyObject *text =
        written(&to, done < 0 ? done : put_value(&to, value, 0, false));
    *status = to.status;
    return text;
}

/* A cell of text that has a crm_elements before it. */
static int
make_list(const crm_elements *of, const crm_cell *text, crm_cell *cell,
          PyObject **keep)
{
    size_t len = sizeof(*of) + text->len;
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)len);
    if (bytes == NULL) {
        return CRM_ENCODE_REFUSED;
    }
    memcpy(PyBytes_AS_STRING(bytes), of, sizeof(*of));
    memcpy(PyBytes_AS_STRING(bytes) + sizeof(*of), text->u.p, text->len);
    *cell = (crm_cell){
        .tag = CRM_LIST, .len = (uint32_t)len, .u.p = PyBytes_AS_STRING(bytes)};
    *keep = bytes;
    return 0;
}

/* crm_nested_untyped() of what is within `depth` others. */
static int
encode_untyped(crm_core *core, PyObject *value, int depth, crm_cell *cell,
               PyObject **keep)
{
    static const crm_codec any = {0};
    nested_writer to;
    int status = begin_writing(&to, core, &any);
    bool record = PyTuple_Check(value);
    if (status == 0) {
        status = record ? put_record(&to, value, depth)
                        : put_value(&to, value, depth, false);
    }
    PyObject *text = written(&to, status);
    if (text == NULL) {
        return to.status;
    }
    if (record) {
        status = crm_encode_str(text, cell, keep);
    }
    else {
        crm_cell made;
        PyObject *kept = NULL;
        status = crm_encode_str(text, &made, &kept);
        status = status < 0 ? status : make_list(&to.of, &made, cell, keep);
        Py_XDECREF(kept);
    }
    Py_DECREF(text);
    return status;
}

int
crm_nested_untyped(crm_core *core, PyObject *value, crm_cell *cell,
                   PyObject **keep)
{
    /* adapters may make such a value again of what is within this one */
    if (Py_EnterRecursiveCall(" in a list of parameters") != 0) {
        return CRM_ENCODE_REFUSED;
    }
    int status = encode_untyped(core, value, 0, cell, keep);
    Py_LeaveRecursiveCall();
    return status;
}
