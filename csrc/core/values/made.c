/* made.c: see made.h. */
#include "made.h"

#include "codec_impl.h"

void
crm_made_clear(crm_made *self)
{
    crm_made_item *items = self->items;
    size_t count = self->count;
    *self = (crm_made){0}; /* whatever finalizers do */
    for (size_t i = 0; i < count; i++) {
        Py_DECREF(items[i].codec);
        Py_DECREF(items[i].value);
        Py_DECREF(items[i].made);
    }
    PyMem_Free(items);
}

int
crm_made_traverse(crm_made *self, visitproc visit, void *arg)
{
    for (size_t i = 0; i < self->count; i++) {
        Py_VISIT(self->items[i].codec);
        Py_VISIT(self->items[i].value);
        Py_VISIT(self->items[i].made);
    }
    return 0;
}

void
crm_made_begin(crm_made *self)
{
    self->shown = self->taken;
}

/* Whether two arguments of PYTHON codecs have the same function: 1 or 0.  A
 * method of an object is another Python object each time it is asked for. */
static int
is_same(PyObject *one, PyObject *other)
{
    if (one == other) {
        return 1;
    }
    one = PyTuple_GET_ITEM(one, 0);
    other = PyTuple_GET_ITEM(other, 0);
    return one == other ||
           (PyMethod_Check(one) && PyMethod_Check(other) &&
            PyMethod_GET_SELF(one) == PyMethod_GET_SELF(other) &&
            PyMethod_GET_FUNCTION(one) == PyMethod_GET_FUNCTION(other));
}

static int
is_of(const crm_made_item *item, const crm_codec *codec, const PyObject *value)
{
    return item->value == value && is_same(item->codec, codec->arg);
}

/* 0, or -1 with MemoryError. */
static int
append(crm_made *self, const crm_codec *codec, PyObject *value, PyObject *made)
{
    if (self->count == self->room) {
        size_t room = self->room == 0 ? 8 : self->room * 2;
        crm_made_item *items =
            PyMem_Realloc(self->items, room * sizeof(crm_made_item));
        if (items == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        self->items = items;
        self->room = room;
    }
    self->items[self->count++] = (crm_made_item){
        Py_NewRef(codec->arg), Py_NewRef(value), Py_NewRef(made)};
    self->shown = self->count;
    return 0;
}

PyObject *
crm_made_show(crm_made *self, const crm_codec *codec, PyObject *value)
{
    if (self->shown < self->count) {
        crm_made_item *item = &self->items[self->shown];
        if (is_of(item, codec, value)) {
            self->shown++;
            return Py_NewRef(item->made);
        }
        crm_made_clear(self); /* of a statement that was not run */
    }
    PyObject *made = crm_codec_call(codec, 0, value);
    if (made != NULL && append(self, codec, value, made) < 0) {
        Py_CLEAR(made);
    }
    return made;
}

int
crm_made_encode_shown(crm_made *self, const crm_plan *plan,
                      const crm_bind *bind, PyObject *value, crm_cell *cell,
                      PyObject **keep)
{
    if (self->taken == self->count || !crm_codec_is_called(&bind->codec)) {
        return crm_bind_encode(plan, bind, value, cell, keep);
    }
    crm_made_item *item = &self->items[self->taken];
    if (!is_of(item, &bind->codec, value)) {
        crm_made_clear(self);
        return crm_bind_encode(plan, bind, value, cell, keep);
    }
    PyObject *made = Py_NewRef(item->made);
    if (++self->taken == self->count) {
        crm_made_clear(self);
    }
    int status = crm_encode_made(plan->core, &bind->codec, plan->typed, made,
                                 cell, keep);
    cell->as_text = bind->as_text;
    return status;
}
