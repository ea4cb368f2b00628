#include "hydrate.h"

crm_program *
crm_program_new(crm_core *Py_UNUSED(core), PyObject *Py_UNUSED(description))
{
    PyErr_SetString(PyExc_NotImplementedError, "programs");
    return NULL;
}

void
crm_program_free(crm_program *Py_UNUSED(program))
{
}

int
crm_program_traverse(crm_program *Py_UNUSED(program),
                     visitproc Py_UNUSED(visit), void *Py_UNUSED(arg))
{
    return 0;
}

int
crm_hydrate_init(crm_core *Py_UNUSED(core), PyObject *module)
{
    return PyModule_AddIntConstant(module, "POPULATE_EXISTING",
                                   CRM_POPULATE_EXISTING);
}
