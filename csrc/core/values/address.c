/* address.c: see address.h. */
#define _DEFAULT_SOURCE /* inet_pton */

#include "address.h"

#include "core/compat.h"
#include "core/imports.h"

#include <arpa/inet.h>
#include <string.h>

/* The longest text of an address, with what ends it. */
#define TEXT_SIZE 64

/* Where objects of a class keep their integer, in *offset, if it and `scope`
 * (0: there is none) are all they have besides weak references; else 0.  0, or
 * -1 with an exception. */
static int
number_offset(PyTypeObject *cls, Py_ssize_t scope, Py_ssize_t *offset)
{
    Py_ssize_t words = scope == 0 ? 2 : 3;
    Py_ssize_t size =
        (Py_ssize_t)sizeof(PyObject) + words * (Py_ssize_t)sizeof(PyObject *);
    if (cls->tp_basicsize != size || cls->tp_dictoffset != 0) {
        *offset = 0;
        return 0;
    }
    return crm_member_offset(cls, "_ip", offset);
}

/* Imports the classes once: 0, or -1 with an exception. */
static int
load_classes(crm_core *core)
{
    if (core->address_types[0] != NULL) {
        return 0;
    }
    PyTypeObject *four = crm_import_class("ipaddress", "IPv4Address");
    PyTypeObject *six =
        four == NULL ? NULL : crm_import_class("ipaddress", "IPv6Address");
    Py_ssize_t scope, number_of_four, number_of_six = 0;
    int status = -1;
    if (six == NULL || crm_member_offset(six, "_scope_id", &scope) < 0 ||
        number_offset(four, 0, &number_of_four) < 0 ||
        (scope != 0 && number_offset(six, scope, &number_of_six) < 0)) {
        goto done;
    }
    status = 0;
    /* The import may have run this function too. */
    if (core->address_types[0] == NULL) {
        core->address_scope = scope;
        core->address_numbers[0] = number_of_four;
        core->address_numbers[1] = number_of_six;
        core->address_types[1] = (PyTypeObject *)Py_NewRef(six);
        core->address_types[0] = (PyTypeObject *)Py_NewRef(four);
    }
done:
    Py_XDECREF(six);
    Py_XDECREF(four);
    return status;
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
    *crm_member_at(made, core->address_numbers[six]) = number;
    if (six) {
        *crm_member_at(made, core->address_scope) = Py_NewRef(Py_None);
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
        (six && *crm_member_at(value, core->address_scope) != Py_None)) {
        return NULL;
    }
    PyObject *number = *crm_member_at(value, core->address_numbers[six]);
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
    int found = 0;
    for (size_t i = 0; found == 0 && i < Py_ARRAY_LENGTH(names); i++) {
        PyObject *cls = crm_import_member("ipaddress", names[i]);
        found = cls == NULL ? -1 : PyObject_IsInstance(value, cls);
        *network = i >= 2;
        Py_XDECREF(cls);
    }
    if (found > 0) {
        *text = PyObject_Str(value);
        found = *text == NULL ? -1 : 1;
    }
    return found;
}
