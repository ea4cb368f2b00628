/* address.c: see address.h. */
#define _DEFAULT_SOURCE /* inet_pton */

#include "address.h"

#include "compat.h"

#include <arpa/inet.h>
#include <string.h>

/* The longest text of an address, with what ends it. */
#define TEXT_SIZE 64

/* Where objects of a class keep their integer, if it and `scope` (0: there is
 * none) are all they have besides weak references; else 0. */
static Py_ssize_t
number_offset(PyTypeObject *cls, Py_ssize_t scope)
{
    Py_ssize_t words = scope == 0 ? 2 : 3;
    Py_ssize_t size =
        (Py_ssize_t)sizeof(PyObject) + words * (Py_ssize_t)sizeof(PyObject *);
    return cls->tp_basicsize == size && cls->tp_dictoffset == 0
               ? crm_member_offset((PyObject *)cls, "_ip")
               : 0;
}

/* Imports the classes once: 0, or -1 with an exception. */
static int
load_classes(crm_core *core)
{
    if (core->address_types[0] != NULL) {
        return 0;
    }
    PyObject *module = PyImport_ImportModule("ipaddress"), *four = NULL;
    PyObject *six = NULL;
    int status = -1;
    if (module == NULL ||
        (four = PyObject_GetAttrString(module, "IPv4Address")) == NULL ||
        (six = PyObject_GetAttrString(module, "IPv6Address")) == NULL) {
        goto done;
    }
    if (!PyType_Check(four) || !PyType_Check(six)) {
        PyErr_SetString(PyExc_TypeError, "ipaddress has no classes");
        goto done;
    }
    status = 0;
    if (core->address_types[0] == NULL) {
        Py_ssize_t scope = crm_member_offset(six, "_scope_id");
        core->address_scope = scope;
        core->address_numbers[0] = number_offset((PyTypeObject *)four, 0);
        core->address_numbers[1] =
            scope == 0 ? 0 : number_offset((PyTypeObject *)six, scope);
        core->address_types[1] = (PyTypeObject *)Py_NewRef(six);
        core->address_types[0] = (PyTypeObject *)Py_NewRef(four);
    }
done:
    Py_XDECREF(six);
    Py_XDECREF(four);
    Py_XDECREF(module);
    return status;
}

static PyObject **
member(PyObject *address, Py_ssize_t offset)
{
    return (PyObject **)((char *)address + offset);
}

/* An address of its bytes; NULL with an exception. */
static PyObject *
address_of(const crm_core *core, int six, const unsigned char *bytes)
{
    PyTypeObject *cls = core->address_types[six];
    PyObject *number = crm_long_from_bytes(bytes, six ? 16 : 4);
    PyObject *made = number == NULL ? NULL : cls->tp_alloc(cls, 0);
    if (made == NULL) {
        Py_XDECREF(number);
        return NULL;
    }
    if (PyType_IS_GC(cls)) {
        PyObject_GC_UnTrack(made); /* no part of any cycle */
    }
    *member(made, core->address_numbers[six]) = number;
    if (six) {
        *member(made, core->address_scope) = Py_NewRef(Py_None);
    }
    return made;
}

PyObject *
crm_address_new(crm_core *core, const crm_cell *cell)
{
    static const char *const makers[] = {"ip_address", "ip_interface",
                                         "ip_network", "ip_network"};
    if (load_classes(core) < 0) {
        return NULL;
    }
    if (cell->flags == CRM_INET_ADDRESS && cell->len < TEXT_SIZE) {
        char text[TEXT_SIZE];
        unsigned char bytes[16];
        memcpy(text, cell->u.p, cell->len);
        text[cell->len] = '\0';
        int six = memchr(text, ':', cell->len) != NULL;
        if (core->address_numbers[six] != 0 &&
            inet_pton(six ? AF_INET6 : AF_INET, text, bytes) == 1) {
            return address_of(core, six, bytes);
        }
    }
    PyObject *module = PyImport_ImportModule("ipaddress");
    PyObject *value =
        module == NULL
            ? NULL
            : PyObject_CallMethod(module, makers[cell->flags & 3], "s#",
                                  cell->u.p, (Py_ssize_t)cell->len);
    Py_XDECREF(module);
    return value;
}

/* The text of exactly an address: a new str; NULL with an exception, or without
 * one for any other value. */
static PyObject *
plain_text(const crm_core *core, PyObject *value)
{
    int six = Py_IS_TYPE(value, core->address_types[1]);
    if ((!six && !Py_IS_TYPE(value, core->address_types[0])) ||
        core->address_numbers[six] == 0 ||
        (six && *member(value, core->address_scope) != Py_None)) {
        return NULL;
    }
    PyObject *number = *member(value, core->address_numbers[six]);
    unsigned char bytes[16];
    char text[TEXT_SIZE];
    if (number == NULL || !PyLong_CheckExact(number) ||
        !crm_long_as_bytes(number, bytes, six ? 16 : 4) ||
        inet_ntop(six ? AF_INET6 : AF_INET, bytes, text, sizeof(text)) ==
            NULL) {
        return NULL;
    }
    return PyUnicode_FromString(text);
}

int
crm_address_text(crm_core *core, PyObject *value, PyObject **text,
                 bool *network)
{
    static const char *const names[] = {"IPv4Address", "IPv6Address",
                                        "IPv4Network", "IPv6Network"};
    *network = false;
    if (load_classes(core) < 0) {
        return -1;
    }
    *text = plain_text(core, value);
    if (*text != NULL || PyErr_Occurred()) {
        return *text == NULL ? -1 : 1;
    }
    PyObject *module = PyImport_ImportModule("ipaddress");
    int found = module == NULL ? -1 : 0;
    for (size_t i = 0; found == 0 && i < Py_ARRAY_LENGTH(names); i++) {
        PyObject *cls = PyObject_GetAttrString(module, names[i]);
        found = cls == NULL ? -1 : PyObject_IsInstance(value, cls);
        *network = i >= 2;
        Py_XDECREF(cls);
    }
    Py_XDECREF(module);
    if (found > 0) {
        *text = PyObject_Str(value);
        found = *text == NULL ? -1 : 1;
    }
    return found;
}
