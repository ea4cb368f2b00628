/* uuid.c: see uuid.h. */
#include "uuid.h"

#include "core/compat.h"
#include "core/imports.h"

#include <string.h>

/* ---- the class -------------------------------------------------------- */

PyTypeObject *
crm_uuid_class(crm_core *core)
{
    if (core->uuid_type != NULL) {
        return core->uuid_type;
    }
    PyTypeObject *cls = crm_import_class("uuid", "UUID"), *found = NULL;
    PyObject *safety =
        cls == NULL ? NULL : crm_import_member("uuid", "SafeUUID");
    PyObject *unknown =
        safety == NULL ? NULL : PyObject_GetAttrString(safety, "unknown");
    Py_ssize_t number, safe;
    if (unknown == NULL || crm_member_offset(cls, "int", &number) < 0 ||
        crm_member_offset(cls, "is_safe", &safe) < 0) {
        goto done;
    }
    /* The import may have run this function too. */
    if (core->uuid_type == NULL) {
        core->uuid_number = number != 0 && safe != 0 ? number : 0;
        core->uuid_safe = safe;
        core->uuid_unknown = Py_NewRef(unknown);
        core->uuid_type = (PyTypeObject *)Py_NewRef(cls);
    }
    found = core->uuid_type;
done:
    Py_XDECREF(unknown);
    Py_XDECREF(safety);
    Py_XDECREF(cls);
    return found;
}

PyObject *
crm_uuid_number(const crm_core *core, PyObject *value)
{
    if (!crm_is_uuid(core, value) || core->uuid_number == 0) {
        return NULL;
    }
    PyObject *number = *crm_member_at(value, core->uuid_number);
    return number != NULL && PyLong_CheckExact(number) ? number : NULL;
}

/* ---- bytes and text --------------------------------------------------- */

PyObject *
crm_uuid_from_bytes(crm_core *core, const void *bytes)
{
    PyTypeObject *cls = crm_uuid_class(core);
    PyObject *number =
        cls == NULL ? NULL : crm_long_from_bytes(bytes, CRM_UUID_SIZE);
    if (number == NULL) {
        return NULL;
    }
    if (core->uuid_number == 0) {
        PyObject *called =
            PyObject_CallFunction((PyObject *)cls, "OOOOO", Py_None, Py_None,
                                  Py_None, Py_None, number);
        Py_DECREF(number);
        return called;
    }
    PyObject *made = cls->tp_alloc(cls, 0);
    if (made == NULL) {
        Py_DECREF(number);
        return NULL;
    }
    PyObject_GC_UnTrack(made); /* no part of any cycle */
    *crm_member_at(made, core->uuid_number) = number;
    *crm_member_at(made, core->uuid_safe) = Py_NewRef(core->uuid_unknown);
    return made;
}

/* The values of hexadecimal digits, each and one; 0 of what is none. */
static const unsigned char digit_values[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
    ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
    ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
    ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* True where a hyphen comes before a byte: 8-4-4-4-12 digits. */
static int
hyphen_before(int byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

int
crm_uuid_parse(const char *text, size_t len, unsigned char *bytes)
{
    int hyphens = len == 36;
    if (len != 32 && !hyphens) {
        return 0;
    }
    for (int i = 0; i < CRM_UUID_SIZE; i++, text += 2) {
        if (hyphens && hyphen_before(i) && *text++ != '-') {
            return 0;
        }
        unsigned high = digit_values[(unsigned char)text[0]];
        unsigned low = digit_values[(unsigned char)text[1]];
        if (high == 0 || low == 0) {
            return 0;
        }
        bytes[i] = (unsigned char)((high - 1) << 4 | (low - 1));
    }
    return 1;
}

PyObject *
crm_uuid_text(const unsigned char *bytes, int hyphens)
{
    static const char digits[] = "0123456789abcdef";
    PyObject *text = PyUnicode_New(hyphens ? 36 : 32, 127);
    if (text == NULL) {
        return NULL;
    }
    Py_UCS1 *to = PyUnicode_1BYTE_DATA(text);
    for (int i = 0; i < CRM_UUID_SIZE; i++) {
        if (hyphens && hyphen_before(i)) {
            *to++ = '-';
        }
        *to++ = (Py_UCS1)digits[bytes[i] >> 4];
        *to++ = (Py_UCS1)digits[bytes[i] & 15];
    }
    return text;
}

int
crm_uuid_bytes(const crm_core *core, PyObject *value, unsigned char *bytes)
{
    PyObject *number = crm_uuid_number(core, value);
    return number != NULL && crm_long_as_bytes(number, bytes, CRM_UUID_SIZE);
}

/* ---- keys ------------------------------------------------------------- */

static int
is_of_uuid(const crm_core *core, PyObject *value)
{
    return !PyUnicode_CheckExact(value) && core->uuid_type != NULL &&
           PyObject_TypeCheck(value, core->uuid_type);
}

/* The integer of a UUID, also of a subclass, which may keep it elsewhere; what
 * is none, or does not say it, itself.  A new reference, or NULL with an
 * exception that crm_forgive() leaves. */
static PyObject *
plain_value(const crm_core *core, PyObject *value)
{
    PyObject *number = Py_XNewRef(crm_uuid_number(core, value));
    if (number == NULL && is_of_uuid(core, value)) {
        number = PyObject_GetAttrString(value, "int");
        if (number == NULL && crm_forgive() < 0) {
            return NULL;
        }
        if (number != NULL && !PyLong_CheckExact(number)) {
            Py_CLEAR(number);
        }
    }
    return number != NULL ? number : Py_NewRef(value);
}

PyObject *
crm_plain_key(const crm_core *core, PyObject *key)
{
    if (!PyTuple_CheckExact(key)) {
        return plain_value(core, key);
    }
    Py_ssize_t n = PyTuple_GET_SIZE(key), first = 0;
    while (first < n && !is_of_uuid(core, PyTuple_GET_ITEM(key, first))) {
        first++;
    }
    if (first == n) {
        return Py_NewRef(key);
    }
    PyObject *plain = PyTuple_New(n);
    for (Py_ssize_t i = 0; plain != NULL && i < n; i++) {
        PyObject *part = plain_value(core, PyTuple_GET_ITEM(key, i));
        if (part == NULL) {
            Py_CLEAR(plain);
            break;
        }
        PyTuple_SET_ITEM(plain, i, part);
    }
    return plain;
}

int
crm_same_key(const crm_core *core, PyObject *left, PyObject *right)
{
    if (is_of_uuid(core, left) != is_of_uuid(core, right)) {
        return PyObject_RichCompareBool(left, right, Py_EQ);
    }
    PyObject *a = crm_plain_key(core, left);
    PyObject *b = a == NULL ? NULL : crm_plain_key(core, right);
    int equal = b == NULL ? -1 : PyObject_RichCompareBool(a, b, Py_EQ);
    Py_XDECREF(a);
    Py_XDECREF(b);
    return equal;
}
