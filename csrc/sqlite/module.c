#define PY_SSIZE_T_CLEAN
#include <Python.h>

static struct PyModuleDef sqlite_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "cormorant._sqlite",
};

PyMODINIT_FUNC
PyInit__sqlite(void)
{
    return PyModuleDef_Init(&sqlite_module);
}
