/* adoptedvalues.c: see adoptedvalues.h. */
#include "adoptedvalues.h"

#include "core/values/codec.h"

/* ---- parameters ------------------------------------------------------- */

PyObject *
crm_adopted_parameter(crm_core *core, const crm_cell *cell,
                      crm_adopted_takes takes)
{
    static const crm_codec any = {.code = CRM_TYPE_ANY};
    bool as_it_is = takes.typed;
    switch (cell->tag) {
        case CRM_NULL:
        case CRM_INT64:
        case CRM_DOUBLE:
        case CRM_TEXT:
        case CRM_BLOB:
            as_it_is = true;
            break;
        case CRM_JSON:
            return PyUnicode_FromStringAndSize(cell->u.p,
                                               (Py_ssize_t)cell->len);
        case CRM_INET:
            if (!takes.addresses) {
                return PyUnicode_FromStringAndSize(cell->u.p,
                                                   (Py_ssize_t)cell->len);
            }
            break;
        default:
            break;
    }
    if (!as_it_is) {
        PyErr_SetString(PyExc_TypeError,
                        "a value of a class that the connection does not take");
        return NULL;
    }
    return crm_decode(core, &any, cell);
}

/* ---- single values ---------------------------------------------------- */

/* The moment that a cell is, with its time zone. */
static int
keep_zone(crm_core *core, PyObject *value, crm_adopted_value *made)
{
    PyObject *zone = PyObject_GetAttrString(value, "tzinfo");
    int32_t number = zone == NULL ? CRM_NO_ZONE : crm_zone_number(core, zone);
    Py_XDECREF(zone);
    if (number == CRM_NO_ZONE) {
        return -1;
    }
    made->zoned = (crm_zoned){made->cell.u.i, number, 0};
    made->cell = (crm_cell){.tag = CRM_MOMENT,
                            .len = sizeof(made->zoned),
                            .u.p = (const char *)&made->zoned};
    return 0;
}

/* A value that is no compound one; as crm_adopted_value_of. */
static int
single_value(crm_connection *owner, PyObject *value, crm_adopted_kind kind,
             crm_adopted_value *made)
{
    static const crm_codec any = {.code = CRM_TYPE_ANY};
    bool typed = kind != CRM_ADOPTED_UNTYPED;
    int status =
        crm_encode(owner->core, &any, 1, value, &made->cell, &made->keep);
    if (status < 0 && !PyErr_ExceptionMatches(PyExc_TypeError)) {
        return -1;
    }
    if (status < 0) {
        PyErr_Clear();
        return 1;
    }
    switch (made->cell.tag) {
        case CRM_LIST: /* what cells of parameters alone have */
        case CRM_ARRAY:
            return 1;
        case CRM_NUMERIC:
            return PyLong_Check(value); /* it would be read as a Decimal */
        case CRM_TEXT:
            if (!PyUnicode_Check(value)) {
                return 1; /* it would be read back as another class */
            }
            if (kind == CRM_ADOPTED_JSON) {
                made->cell.tag = CRM_JSON;
            }
            return 0;
        case CRM_INET:
            return typed ? 0 : 1;
        case CRM_BLOB:
            if (typed && PyMemoryView_Check(value)) {
                made->cell.flags = CRM_CELL_VIEW;
            }
            return 0;
        case CRM_TIMESTAMP:
            return typed && made->cell.flags & CRM_CELL_UTC
                       ? keep_zone(owner->core, value, made)
                       : 0;
        default:
            return 0;
    }
}

/* ---- compound values -------------------------------------------------- */

/* A compound value that is written: `bytes` grow, so that places in them are
 * counted from their start. */
typedef struct {
    crm_connection *owner;
    crm_adopted_kind kind;
    char *bytes; /* owned */
    size_t len;
    size_t cap;
} writer;

/* Levels of lists: more than a database has of arrays. */
#define MAX_DIMS CRM_MAX_DIMS

/* The place of `len` new bytes, all 0; -1 with an exception. */
static Py_ssize_t
reserve(writer *to, size_t len)
{
    size_t place = to->len;
    if (len > UINT32_MAX / 4 || place > UINT32_MAX / 4) {
        PyErr_SetString(PyExc_OverflowError, "a compound value is too large");
        return -1;
    }
    if (to->cap - place < len) {
        size_t cap = 2 * (place + len) + 256;
        char *bytes = PyMem_Realloc(to->bytes, cap);
        if (bytes == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        to->bytes = bytes;
        to->cap = cap;
    }
    memset(to->bytes + place, 0, len);
    to->len += len;
    return (Py_ssize_t)place;
}

static int write_value(writer *to, size_t at, PyObject *value);

/* Writes a compound cell at a place, and behind all there is so far its header
 * and the cells of `items`, a tuple: as write_value. */
static int
write_items(writer *to, size_t at, crm_tag tag, const crm_nested *header,
            PyObject *items)
{
    Py_ssize_t place =
        reserve(to, sizeof(*header) +
                        (size_t)PyTuple_GET_SIZE(items) * sizeof(crm_cell));
    if (place < 0) {
        return -1;
    }
    crm_nested written = *header;
    written.count = (uint32_t)PyTuple_GET_SIZE(items);
    memcpy(to->bytes + place, &written, sizeof(written));
    crm_cell cell = {.tag = (uint8_t)tag, .u.i = place};
    memcpy(to->bytes + at, &cell, sizeof(cell));
    int status = 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(items) && status == 0; i++) {
        size_t item =
            (size_t)place + sizeof(written) + (size_t)i * sizeof(cell);
        status = write_value(to, item, PyTuple_GET_ITEM(items, i));
    }
    return status;
}

/* Appends the elements of nested lists of the shape that `header` tells, from a
 * dimension on: 0; 1 if they are of another shape; -1 with an exception. */
static int
flatten(PyObject *value, const crm_nested *header, uint32_t dim, PyObject *flat)
{
    if (dim == header->ndim) {
        return PyList_Append(flat, value) < 0 ? -1 : 0;
    }
    if (!PyList_Check(value) ||
        PyList_GET_SIZE(value) != (Py_ssize_t)header->dims[dim]) {
        return 1;
    }
    int status = 0;
    for (uint32_t i = 0; i < header->dims[dim] && status == 0; i++) {
        status = flatten(PyList_GET_ITEM(value, i), header, dim + 1, flat);
    }
    return status;
}

static int
write_array(writer *to, size_t at, PyObject *value)
{
    crm_nested header = {0};
    PyObject *first = value; /* borrowed */
    while (PyList_Check(first) && PyList_GET_SIZE(first) > 0) {
        if (header.ndim == MAX_DIMS || PyList_GET_SIZE(first) > INT32_MAX) {
            return 1;
        }
        header.dims[header.ndim++] = (uint32_t)PyList_GET_SIZE(first);
        first = PyList_GET_ITEM(first, 0);
    }
    PyObject *flat = PyList_New(0);
    int status = flat == NULL ? -1 : 0;
    if (status == 0 && header.ndim > 0) {
        status = flatten(value, &header, 0, flat);
    }
    if (status == 0) {
        PyObject *items = PyList_AsTuple(flat);
        status =
            items == NULL ? -1 : write_items(to, at, CRM_ARRAY, &header, items);
        Py_XDECREF(items);
    }
    Py_XDECREF(flat);
    return status;
}

static int
write_map(writer *to, size_t at, PyObject *value)
{
    crm_nested header = {0};
    PyObject *flat = PyList_New(0);
    int status = flat == NULL ? -1 : 0;
    PyObject *key, *item;
    Py_ssize_t pos = 0;
    while (status == 0 && PyDict_Next(value, &pos, &key, &item)) {
        if (PyList_Append(flat, key) < 0 || PyList_Append(flat, item) < 0) {
            status = -1;
        }
    }
    PyObject *items = status < 0 ? NULL : PyList_AsTuple(flat);
    status = items == NULL ? -1 : write_items(to, at, CRM_MAP, &header, items);
    Py_XDECREF(items);
    Py_XDECREF(flat);
    return status;
}

/* Sets a flag if an attribute is true: 0, or -1 with an exception. */
static int
flag_of(PyObject *value, const char *name, uint32_t flag, uint32_t *flags)
{
    PyObject *answer = PyObject_GetAttrString(value, name);
    int truth = answer == NULL ? -1 : PyObject_IsTrue(answer);
    Py_XDECREF(answer);
    if (truth > 0) {
        *flags |= flag;
    }
    return truth < 0 ? -1 : 0;
}

static int
write_range(writer *to, size_t at, PyObject *value)
{
    crm_nested header = {0};
    if (flag_of(value, "isempty", CRM_RANGE_EMPTY, &header.ndim) < 0 ||
        flag_of(value, "lower_inc", CRM_RANGE_LOWER_INC, &header.ndim) < 0 ||
        flag_of(value, "upper_inc", CRM_RANGE_UPPER_INC, &header.ndim) < 0) {
        return -1;
    }
    PyObject *lower = PyObject_GetAttrString(value, "lower");
    PyObject *upper =
        lower == NULL ? NULL : PyObject_GetAttrString(value, "upper");
    PyObject *bounds = upper == NULL ? NULL : PyTuple_Pack(2, lower, upper);
    int status =
        bounds == NULL ? -1 : write_items(to, at, CRM_RANGE, &header, bounds);
    Py_XDECREF(bounds);
    Py_XDECREF(upper);
    Py_XDECREF(lower);
    return status;
}

static int
write_multirange(writer *to, size_t at, PyObject *value)
{
    const crm_nested header = {0};
    PyObject *ranges = PySequence_Tuple(value);
    int status = ranges == NULL
                     ? -1
                     : write_items(to, at, CRM_MULTIRANGE, &header, ranges);
    Py_XDECREF(ranges);
    return status;
}

/* The tag of a compound value, CRM_NULL of others; -1 with an exception. */
static int
compound_tag(crm_connection *owner, PyObject *value)
{
    static const struct {
        const char *name; /* of the class, in the dbapi of the connection */
        crm_tag tag;
    } classes[] = {{"Range", CRM_RANGE}, {"Multirange", CRM_MULTIRANGE}};
    if (PyList_Check(value)) {
        return CRM_ARRAY;
    }
    if (PyDict_Check(value)) {
        return CRM_MAP;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(classes); i++) {
        PyObject *cls = PyObject_GetAttrString(owner->dbapi, classes[i].name);
        int is = cls == NULL ? -1 : PyObject_IsInstance(value, cls);
        Py_XDECREF(cls);
        if (is != 0) {
            return is < 0 ? -1 : (int)classes[i].tag;
        }
    }
    return CRM_NULL;
}

/* Writes a compound cell at a place, and its bytes behind all there is: as
 * write_value. */
static int
write_compound(writer *to, size_t at, int tag, PyObject *value)
{
    if (Py_EnterRecursiveCall(" while reading a value of the connection")) {
        return -1;
    }
    int status = tag == CRM_ARRAY   ? write_array(to, at, value)
                 : tag == CRM_MAP   ? write_map(to, at, value)
                 : tag == CRM_RANGE ? write_range(to, at, value)
                                    : write_multirange(to, at, value);
    Py_LeaveRecursiveCall();
    return status;
}

/* Writes the cell of a value within a compound one at a place: 0; 1 if none has
 * room for it; -1 with an exception. */
static int
write_value(writer *to, size_t at, PyObject *value)
{
    int tag = value == Py_None ? CRM_NULL : compound_tag(to->owner, value);
    if (tag != CRM_NULL) {
        return tag < 0 ? -1 : write_compound(to, at, tag, value);
    }
    crm_adopted_value made = {0};
    int status = single_value(to->owner, value, to->kind, &made);
    crm_cell cell = made.cell;
    if (status == 0 && crm_tag_has_bytes(cell.tag)) {
        Py_ssize_t place = reserve(to, cell.len);
        status = place < 0 ? -1 : 0;
        if (status == 0 && cell.len > 0) {
            memcpy(to->bytes + place, made.cell.u.p, cell.len);
        }
        cell.u.i = place;
    }
    if (status == 0) {
        memcpy(to->bytes + at, &cell, sizeof(cell));
    }
    crm_adopted_release(&made);
    return status;
}

/* ---- both ------------------------------------------------------------- */

int
crm_adopted_value_of(crm_connection *owner, PyObject *value,
                     crm_adopted_kind kind, crm_adopted_value *made)
{
    *made = (crm_adopted_value){0};
    int tag = kind == CRM_ADOPTED_UNTYPED || PyUnicode_Check(value)
                  ? CRM_NULL
                  : compound_tag(owner, value);
    if (tag <= CRM_NULL) {
        return tag < 0 ? -1 : single_value(owner, value, kind, made);
    }
    writer to = {.owner = owner, .kind = kind};
    int status = reserve(&to, sizeof(crm_cell)) < 0
                     ? -1
                     : write_compound(&to, 0, tag, value);
    made->bytes = to.bytes;
    if (status == 0) {
        made->cell = (crm_cell){
            .tag = (uint8_t)tag, .len = (uint32_t)to.len, .u.p = to.bytes};
    }
    return status;
}

void
crm_adopted_release(crm_adopted_value *made)
{
    PyMem_Free(made->bytes);
    made->bytes = NULL;
    Py_CLEAR(made->keep);
}
