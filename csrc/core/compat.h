/* compat.h: what CPython offers in its private API only, with what to do where
 * it does not.
 */
#ifndef CRM_COMPAT_H
#define CRM_COMPAT_H

#include "core.h"

#include <structmember.h>

/* An attribute of a type or its bases: borrowed, NULL without an exception. */
static inline PyObject *
crm_type_lookup(PyTypeObject *type, PyObject *name)
{
#ifdef PYPY_VERSION
    PyObject *found = PyObject_GetAttr((PyObject *)type, name);
    if (found == NULL) {
        PyErr_Clear();
        return NULL;
    }
    Py_DECREF(found); /* the type keeps it */
    return found;
#else
    return _PyType_Lookup(type, name);
#endif
}

/* Gives an object that has none yet its instance dictionary: 0, or -1 with an
 * exception.  `name` is "__dict__". */
static inline int
crm_set_dict(PyObject *obj, PyObject *dict, PyObject *name)
{
#if PY_VERSION_HEX < 0x030D0000 && !defined(PYPY_VERSION)
    (void)name;
    return PyObject_GenericSetDict(obj, dict, NULL);
#else
    /* (PyObject_GenericSetDict() leaves CPython 3.13 with the values that it
     * keeps in the object beside the dict) */
    return PyObject_SetAttr(obj, name, dict);
#endif
}

/* What a weak reference refers to: borrowed of those who keep it, or NULL
 * without an exception. */
static inline PyObject *
crm_weakref_get(PyObject *ref)
{
#if PY_VERSION_HEX >= 0x030d0000
    PyObject *found;
    if (PyWeakref_GetRef(ref, &found) <= 0) {
        return NULL;
    }
    Py_DECREF(found); /* it is alive, so that others have references */
    return found;
#else
    PyObject *found = PyWeakref_GetObject(ref);
    return found == Py_None ? NULL : found;
#endif
}

/* A new int of unsigned big endian bytes; NULL with MemoryError. */
static inline PyObject *
crm_long_from_bytes(const void *bytes, size_t size)
{
#if PY_VERSION_HEX >= 0x030D0000
    return PyLong_FromUnsignedNativeBytes(bytes, size,
                                          Py_ASNATIVEBYTES_BIG_ENDIAN);
#else
    return _PyLong_FromByteArray(bytes, size, 0, 0);
#endif
}

/* The big endian bytes of an int: 1; 0 without an exception if it is negative
 * or larger. */
static inline int
crm_long_as_bytes(PyObject *number, unsigned char *bytes, size_t size)
{
#if PY_VERSION_HEX >= 0x030D0000
    Py_ssize_t needs = PyLong_AsNativeBytes(
        number, bytes, (Py_ssize_t)size,
        Py_ASNATIVEBYTES_BIG_ENDIAN | Py_ASNATIVEBYTES_UNSIGNED_BUFFER |
            Py_ASNATIVEBYTES_REJECT_NEGATIVE);
    int fits = needs >= 0 && needs <= (Py_ssize_t)size;
#else
    int fits =
        _PyLong_AsByteArray((PyLongObject *)number, bytes, size, 0, 0) == 0;
#endif
    if (!fits) {
        PyErr_Clear();
    }
    return fits;
}

#endif /* CRM_COMPAT_H */
