/* keyview.c: the names of the columns of a result or row, which dict(mapping)
 * asks each row for: the class of Python's that has the rest derives from it.
 */
#include "rowkeys.h"

#include <structmember.h>

typedef struct {
    PyObject_HEAD
    PyObject
        *parent;     /* owned: what knows where another key is; NULL at first */
    PyObject *names; /* owned: a tuple of str */
} key_view;

static int
view_init(key_view *self, PyObject *args, PyObject *kwargs)
{
    static char *words[] = {"parent", "keys", NULL};
    PyObject *parent, *names;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO:KeyView", words, &parent,
                                     &names)) {
        return -1;
    }
    names = PySequence_Tuple(names);
    if (names == NULL) {
        return -1;
    }
    Py_XSETREF(self->parent, Py_NewRef(parent));
    Py_XSETREF(self->names, names);
    return 0;
}

static int
view_traverse(key_view *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->parent);
    Py_VISIT(self->names);
    return 0;
}

static int
view_clear(key_view *self)
{
    Py_CLEAR(self->parent);
    Py_CLEAR(self->names);
    return 0;
}

static void
view_dealloc(key_view *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    (void)view_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static Py_ssize_t
view_length(key_view *self)
{
    return self->names == NULL ? 0 : PyTuple_GET_SIZE(self->names);
}

static PyObject *
view_iter(key_view *self)
{
    PyObject *names =
        self->names == NULL ? PyTuple_New(0) : Py_NewRef(self->names);
    PyObject *iterator = names == NULL ? NULL : PyObject_GetIter(names);
    Py_XDECREF(names);
    return iterator;
}

static PyMemberDef view_members[] = {
    {"_parent", T_OBJECT, offsetof(key_view, parent), READONLY, NULL},
    {"_keys", T_OBJECT, offsetof(key_view, names), READONLY, NULL},
    {NULL},
};

static PyType_Slot view_slots[] = {
    {Py_tp_doc, "KeyView(parent, keys)\n--\n\nNames, in their order."},
    {Py_tp_init, view_init},
    {Py_tp_dealloc, view_dealloc},
    {Py_tp_traverse, view_traverse},
    {Py_tp_clear, view_clear},
    {Py_tp_iter, view_iter},
    {Py_tp_members, view_members},
    {Py_sq_length, view_length},
    {0, NULL},
};

static PyType_Spec view_spec = {
    .name = "cormorant._core.KeyView",
    .basicsize = sizeof(key_view),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .slots = view_slots,
};

int
crm_keyview_init(crm_core *Py_UNUSED(core), PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &view_spec, NULL);
    int status =
        type == NULL ? -1 : PyModule_AddType(module, (PyTypeObject *)type);
    Py_XDECREF(type);
    return status;
}
