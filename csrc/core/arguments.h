/* arguments.h: what functions that are called with METH_FASTCALL ask of their
 * arguments.  PyArg_ParseTuple() runs 500 to 1,100 instructions a call, which
 * is more than most of them need for one object.
 *
 * All need the GIL and return true, or false with an exception.
 */
#ifndef CRM_ARGUMENTS_H
#define CRM_ARGUMENTS_H

#include "core.h"

static inline int
crm_arg_count(const char *name, Py_ssize_t nargs, Py_ssize_t min,
              Py_ssize_t max)
{
    if (nargs < min || nargs > max) {
        PyErr_Format(PyExc_TypeError,
                     "%s() takes %zd to %zd arguments, got %zd", name, min, max,
                     nargs);
        return 0;
    }
    return 1;
}

/* An instance of a type. */
static inline int
crm_arg_is(const char *name, PyObject *arg, PyTypeObject *type)
{
    if (!PyObject_TypeCheck(arg, type)) {
        PyErr_Format(PyExc_TypeError, "%s() takes a %.100s, not a %.100s", name,
                     type->tp_name, Py_TYPE(arg)->tp_name);
        return 0;
    }
    return 1;
}

static inline int
crm_arg_list(const char *name, PyObject *arg)
{
    return PyList_Check(arg) || crm_arg_is(name, arg, &PyList_Type);
}

/* OverflowError for what is none. */
static inline int
crm_arg_long(PyObject *arg, long *number)
{
    *number = PyLong_AsLong(arg);
    return *number != -1 || !PyErr_Occurred();
}

/* Of an integer that is larger, the lower bits. */
static inline int
crm_arg_unsigned(PyObject *arg, unsigned int *number)
{
    unsigned long all = PyLong_AsUnsignedLongMask(arg);
    *number = (unsigned int)all;
    return all != (unsigned long)-1 || !PyErr_Occurred();
}

#endif /* CRM_ARGUMENTS_H */
