/* pending.c: whether a flush has nothing to do but to insert new objects of one
 * class.
 */
#include "core/session/session.h"
#include "uow.h"

/* Whether nothing has been related to a new object, its values are known and no
 * other object of the session has its key: 1, 0 or -1 with an exception.  May
 * run the code of a hash. */
static int
stands_alone(crm_session *session, PyObject *obj)
{
    crm_state *state = crm_state_of(session->core, obj);
    if (state == NULL || (state->flags & CRM_S_EXPIRED)) {
        return 0;
    }
    const crm_manager *manager = crm_state_manager(state);
    for (uint16_t slot = 0; slot < manager->nattrs; slot++) {
        const crm_attr *attr = &manager->attrs[slot];
        if (attr->kind != CRM_ATTR_COLUMN &&
            (attr->flags & CRM_ATTR_VIEWONLY) == 0) {
            int any = crm_has_history(session->core, obj, slot);
            if (any != 0) {
                return any < 0 ? -1 : 0;
            }
        }
    }
    PyObject *other;
    if (crm_conflict_of(session, state, &other) < 0) {
        return -1;
    }
    int alone = other == NULL;
    Py_XDECREF(other);
    return alone;
}

PyDoc_STRVAR(alone_doc,
             "pending_alone(session)\n--\n\n"
             "(manager, objects) if all that a flush has to do is to insert "
             "objects of one class, which has no base and needs no parent, to "
             "which nothing has been related and whose keys nobody has; else "
             "None.");

static PyObject *
pending_alone(PyObject *module, PyObject *owner)
{
    crm_core *core = crm_uow_core(module);
    crm_session *session = crm_need_session(core, owner);
    if (session == NULL) {
        return NULL;
    }
    size_t pos = 0;
    const crm_state *first = crm_ptrset_next(&session->new_, &pos);
    if (first == NULL || session->modified.count != 0 ||
        session->deleted.count != 0) {
        Py_RETURN_NONE;
    }
    crm_manager *manager = crm_state_manager(first);
    if (manager->base != NULL || crm_has_orphan_rules(core, manager)) {
        Py_RETURN_NONE;
    }
    Py_INCREF(manager);
    PyObject *list = crm_session_list(&session->new_);
    int alone = list == NULL ? -1 : 1;
    for (Py_ssize_t i = 0; alone > 0 && i < PyList_GET_SIZE(list); i++) {
        PyObject *obj = PyList_GET_ITEM(list, i);
        crm_state *state = crm_state_of(core, obj);
        alone = state != NULL && crm_state_manager(state) == manager
                    ? stands_alone(session, obj)
                    : 0;
    }
    PyObject *result = NULL;
    if (alone > 0) {
        result = PyTuple_Pack(2, (PyObject *)manager, list);
    }
    else if (alone == 0) {
        result = Py_NewRef(Py_None);
    }
    Py_XDECREF(list);
    Py_DECREF(manager);
    return result;
}

static PyMethodDef functions[] = {
    {"pending_alone", pending_alone, METH_O, alone_doc},
    {NULL},
};

int
crm_pending_init(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}
