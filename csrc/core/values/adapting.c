/* adapting.c: see adapting.h. */
#include "adapting.h"

#include "codec.h"
#include "core/imports.h"

PyObject *
crm_sqlite_adapted(PyObject *value)
{
    PyObject *name = PyUnicode_FromString("sqlite3");
    PyObject *module = name == NULL ? NULL : PyImport_GetModule(name);
    Py_XDECREF(name);
    if (module == NULL) {
        return PyErr_Occurred() ? NULL : Py_NewRef(value);
    }
    PyObject *protocol = PyObject_GetAttrString(module, "PrepareProtocol");
    PyObject *made = NULL;
    if (protocol != NULL) {
        made =
            PyObject_CallMethod(module, "adapt", "OOO", value, protocol, value);
        Py_DECREF(protocol);
    }
    Py_DECREF(module);
    return made;
}

PyObject *
crm_postgresql_adapted(crm_core *core, PyObject *value)
{
    PyObject *adapted = crm_lazy_member(
        &core->adapted, "cormorant.dialects.postgresql.adaptation", "adapted");
    return adapted == NULL ? NULL : PyObject_CallOneArg(adapted, value);
}
