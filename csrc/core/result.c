#include "core.h"

int
crm_result_init(crm_core *Py_UNUSED(core), PyObject *Py_UNUSED(module))
{
    return 0;
}
