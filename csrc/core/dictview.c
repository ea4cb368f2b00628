/* dictview.c: obj.__dict__ as a live dict. */
#include "state.h"

PyObject *
crm_view_new(crm_core *core, PyObject *obj)
{
    crm_state *state = &((crm_entity *)obj)->state;
    PyObject *dict = crm_state_dict(state);
    if (dict == NULL) {
        return NULL;
    }
    PyObject *inspected = crm_instance_state(core, obj);
    if (inspected == NULL ||
        PyDict_SetItem(dict, core->str_instance_state, inspected) < 0) {
        Py_CLEAR(dict);
    }
    Py_XDECREF(inspected);
    return dict;
}

int
crm_view_init(crm_core *Py_UNUSED(core), PyObject *Py_UNUSED(module))
{
    return 0;
}
