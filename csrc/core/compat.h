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

#endif /* CRM_COMPAT_H */
