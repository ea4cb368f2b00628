/* compat.h: what CPython offers in its private API only, with what to do where
 * it does not.
 */
#ifndef CRM_COMPAT_H
#define CRM_COMPAT_H

#include "core.h"

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

#endif /* CRM_COMPAT_H */
