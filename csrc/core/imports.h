/* imports.h: members of Python modules, and where classes that are made in
 * Python keep what their objects hold.
 *
 * All functions need the GIL.  Those that import may run any code, which may
 * come back to the caller.
 */
#ifndef CRM_IMPORTS_H
#define CRM_IMPORTS_H

#include <Python.h>

/* module.name: a new reference, NULL with an exception. */
PyObject *crm_import_member(const char *module, const char *name);

/* Keeps what has been made for *cache, and steals it, unless something is kept
 * there: the import may have run the caller, too, and another thread be calling
 * what that has made. */
void crm_keep_first(PyObject **cache, PyObject *made);

/* As crm_import_member, kept in *cache from the first time on: borrowed. */
PyObject *crm_lazy_member(PyObject **cache, const char *module,
                          const char *name);

/* As crm_import_member; TypeError if it is no class. */
PyTypeObject *crm_import_class(const char *module, const char *name);

/* Where __slots__ keep a member in the objects of a class, in *offset: 0 if
 * they do not.  0, or -1 with an exception. */
int crm_member_offset(PyTypeObject *cls, const char *name, Py_ssize_t *offset);

/* The member that an object keeps there: owned by the object, or NULL. */
static inline PyObject **
crm_member_at(PyObject *object, Py_ssize_t offset)
{
    return (PyObject **)((char *)object + offset);
}

#endif /* CRM_IMPORTS_H */
