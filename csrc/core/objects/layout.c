/* layout.c: where the attributes of a class are in a row.  See entity.h. */
#include "entity.h"

#include <string.h>

crm_layout *
crm_layout_new(crm_manager *manager, uint16_t ncols)
{
    crm_layout *layout =
        PyMem_Malloc(sizeof(crm_layout) + (size_t)ncols * sizeof(int16_t));
    if (layout == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    layout->refs = 1;
    layout->manager = (crm_manager *)Py_NewRef((PyObject *)manager);
    layout->options = NULL;
    layout->ncols = ncols;
    layout->typed = 0;
    layout->misses = 0;
    layout->ncodecs = 0;
    layout->codecs = NULL;
    layout->described = NULL;
    layout->variant = NULL;
    memset(layout->col, 0xff, (size_t)ncols * sizeof(int16_t));
    return layout;
}

void
crm_layout_unref(crm_layout *layout)
{
    if (layout == NULL || --layout->refs > 0) {
        return;
    }
    crm_manager *manager = layout->manager;
    PyObject *options = layout->options;
    crm_slot_codec *codecs = layout->codecs;
    uint16_t ncodecs = layout->ncodecs;
    PyObject *described = layout->described;
    crm_layout *variant = layout->variant;
    PyMem_Free(layout);
    crm_layout_unref(variant);
    for (uint16_t i = 0; i < ncodecs; i++) {
        crm_codec_clear(&codecs[i].codec);
    }
    PyMem_Free(codecs);
    Py_XDECREF(described);
    Py_XDECREF(options);
    Py_XDECREF((PyObject *)manager);
}

crm_layout *
crm_layout_with_options(crm_layout *layout, PyObject *options)
{
    if (layout->options == options) {
        return crm_layout_ref(layout);
    }
    if (layout->variant != NULL && layout->variant->options == options) {
        return crm_layout_ref(layout->variant);
    }
    crm_layout *made = crm_layout_new(layout->manager, layout->ncols);
    if (made == NULL) {
        return NULL;
    }
    memcpy(made->col, layout->col, (size_t)layout->ncols * sizeof(int16_t));
    made->typed = layout->typed;
    made->misses = layout->misses;
    made->options = Py_XNewRef(options);
    if (layout->described != NULL &&
        crm_layout_set_codecs(made, layout->described) < 0) {
        crm_layout_unref(made);
        return NULL;
    }
    crm_layout *old = layout->variant;
    layout->variant = crm_layout_ref(made);
    crm_layout_unref(old);
    return made;
}

int
crm_layout_set_codecs(crm_layout *layout, PyObject *described)
{
    if (!PyTuple_Check(described) || PyTuple_GET_SIZE(described) > UINT16_MAX) {
        PyErr_SetString(PyExc_TypeError, "program: codecs are a tuple");
        return -1;
    }
    Py_ssize_t size = PyTuple_GET_SIZE(described);
    if (size == 0) {
        return 0;
    }
    layout->described = Py_NewRef(described);
    layout->codecs = PyMem_Calloc((size_t)size, sizeof(crm_slot_codec));
    if (layout->codecs == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        int slot, code;
        PyObject *arg;
        PyObject *item = PyTuple_GET_ITEM(described, i);
        if (!PyTuple_Check(item)) {
            PyErr_SetString(PyExc_TypeError, "program: a codec is a tuple");
            return -1;
        }
        if (!PyArg_ParseTuple(item, "iiO:codec", &slot, &code, &arg)) {
            return -1;
        }
        if (slot < 0 || slot >= layout->ncols) {
            PyErr_Format(PyExc_ValueError, "program: bad slot %d", slot);
            return -1;
        }
        crm_slot_codec *entry = &layout->codecs[i];
        entry->slot = (uint16_t)slot;
        if (crm_codec_set(&entry->codec, code, arg) < 0) {
            return -1;
        }
        layout->ncodecs++;
    }
    return 0;
}
