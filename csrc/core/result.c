#include "result.h"

PyObject *
crm_cursor_new(crm_connection *Py_UNUSED(conn), crm_plan *Py_UNUSED(plan),
               crm_session *Py_UNUSED(session), crm_rows *Py_UNUSED(rows),
               crm_stmt *Py_UNUSED(stmt), int Py_UNUSED(flags),
               Py_ssize_t Py_UNUSED(stream))
{
    PyErr_SetString(PyExc_NotImplementedError, "cursors");
    return NULL;
}

int
crm_result_init(crm_core *Py_UNUSED(core), PyObject *Py_UNUSED(module))
{
    return 0;
}
