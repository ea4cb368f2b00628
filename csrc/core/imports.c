/* imports.c: see imports.h. */
#include "imports.h"

#include <structmember.h>

PyObject *
crm_import_member(const char *module, const char *name)
{
    PyObject *found = PyImport_ImportModule(module);
    if (found == NULL) {
        return NULL;
    }
    PyObject *member = PyObject_GetAttrString(found, name);
    Py_DECREF(found);
    return member;
}

void
crm_keep_first(PyObject **cache, PyObject *made)
{
    if (*cache == NULL) {
        *cache = made;
    }
    else {
        Py_DECREF(made);
    }
}

PyObject *
crm_lazy_member(PyObject **cache, const char *module, const char *name)
{
    if (*cache == NULL) {
        PyObject *member = crm_import_member(module, name);
        if (member == NULL) {
            return NULL;
        }
        crm_keep_first(cache, member);
    }
    return *cache;
}

PyTypeObject *
crm_import_class(const char *module, const char *name)
{
    PyObject *cls = crm_import_member(module, name);
    if (cls != NULL && !PyType_Check(cls)) {
        PyErr_Format(PyExc_TypeError, "%s.%s is not a class", module, name);
        Py_CLEAR(cls);
    }
    return (PyTypeObject *)cls;
}

int
crm_member_offset(PyTypeObject *cls, const char *name, Py_ssize_t *offset)
{
    *offset = 0;
    PyObject *found = PyObject_GetAttrString((PyObject *)cls, name);
    if (found == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
            return -1;
        }
        PyErr_Clear();
        return 0;
    }
    if (Py_IS_TYPE(found, &PyMemberDescr_Type)) {
        const PyMemberDef *member = ((PyMemberDescrObject *)found)->d_member;
        *offset = member->type == T_OBJECT_EX ? member->offset : 0;
    }
    Py_DECREF(found);
    return 0;
}
