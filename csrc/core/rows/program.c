/* program.c: a hydration program from its Python description. */
#include "core/core.h"

#include "hydrate.h"
#include "core/objects/state.h"

/* Unsigned 16-bit number of a Python int below `limit`; -1 with an
 * exception. */
static long
number(PyObject *value, long limit, const char *what)
{
    long n = PyLong_AsLong(value);
    if (n == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (n < 0 || n >= limit) {
        PyErr_Format(PyExc_ValueError, "program: bad %s %R", what, value);
        return -1;
    }
    return n;
}

static void
need_column(crm_program *program, long column)
{
    if ((uint32_t)column + 1 > program->ncols) {
        program->ncols = (uint32_t)column + 1;
    }
}

/* cols[slot]: a column of the row, or CRM_COL_…. */
static int
fill_layout(crm_program *program, crm_layout *layout, PyObject *cols)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(cols); i++) {
        long column = PyLong_AsLong(PyTuple_GET_ITEM(cols, i));
        if (column == -1 && PyErr_Occurred()) {
            return -1;
        }
        if (column < CRM_COL_MISSING || column > INT16_MAX) {
            PyErr_Format(PyExc_ValueError, "program: bad column %ld", column);
            return -1;
        }
        layout->col[i] = (int16_t)column;
        layout->misses |= column == CRM_COL_MISSING;
        if (column >= 0) {
            need_column(program, column);
        }
    }
    return 0;
}

static int
fill_key(crm_program *program, crm_entity_op *op, crm_manager *manager,
         PyObject *pk_cols)
{
    Py_ssize_t npk = PyTuple_GET_SIZE(pk_cols);
    if (npk == 0 || npk != manager->npk) {
        PyErr_Format(PyExc_ValueError,
                     "program: %zd key columns for the %d of the class", npk,
                     manager->npk);
        return -1;
    }
    op->pk_cols = PyMem_Calloc((size_t)npk, sizeof(uint16_t));
    if (op->pk_cols == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    op->npk = (uint16_t)npk;
    for (Py_ssize_t i = 0; i < npk; i++) {
        long column =
            number(PyTuple_GET_ITEM(pk_cols, i), INT16_MAX, "key column");
        if (column < 0) {
            return -1;
        }
        op->pk_cols[i] = (uint16_t)column;
        need_column(program, column);
    }
    /* what these types make of an integer cell is that integer */
    const crm_attr *attr = npk == 1 ? &manager->attrs[manager->pk[0]] : NULL;
    op->int_key = attr != NULL && crm_attr_codec(attr, program->typed)->code <=
                                      CRM_TYPE_INTEGER;
    int partial = crm_allows_partial_key(manager);
    op->partial_key = partial > 0;
    return partial < 0 ? -1 : 0;
}

/* The relationship of the parent an eager entity feeds. */
static int
fill_parent(crm_program *program, crm_entity_op *op, PyObject *parent,
            PyObject *slot, PyObject *collection, PyObject *of, size_t index)
{
    long which = PyLong_AsLong(parent);
    if (which == -1) {
        op->parent = -1;
        return PyErr_Occurred() ? -1 : 0;
    }
    if (which < 0 || (size_t)which >= index) {
        PyErr_SetString(PyExc_ValueError,
                        "program: an entity comes before its parent");
        return -1;
    }
    crm_manager *manager = program->entities[which].own.layout->manager;
    if (of != Py_None) {
        if (!Py_IS_TYPE(of, program->core->manager_type)) {
            PyErr_SetString(PyExc_TypeError,
                            "program: a relationship is of a ClassManager");
            return -1;
        }
        manager = (crm_manager *)of;
    }
    long at = number(slot, manager->nattrs, "relationship slot");
    int many = PyObject_IsTrue(collection);
    if (at < 0 || many < 0) {
        return -1;
    }
    if (manager->attrs[at].kind == CRM_ATTR_COLUMN) {
        PyErr_SetString(PyExc_ValueError,
                        "program: an entity cannot feed a column");
        return -1;
    }
    op->of = (crm_manager *)Py_NewRef((PyObject *)manager);
    op->parent = (int32_t)which;
    op->parent_slot = (uint16_t)at;
    op->collection = many != 0;
    program->collections |= op->collection;
    return 0;
}

/* The classes that rows can be of. */
static int
fill_polymorphic(crm_program *program, crm_entity_op *op, PyObject *described)
{
    if (described == Py_None) {
        return 0;
    }
    op->poly = crm_polymorphic_new(program->core, described, &op->own);
    if (op->poly == NULL) {
        return -1;
    }
    op->split = crm_polymorphic_is_split(op->poly) != 0;
    uint32_t need = crm_polymorphic_ncols(op->poly);
    if (need > program->ncols) {
        program->ncols = need;
    }
    return 0;
}

/* (manager, cols, pk_cols, parent, parent_slot, collection[, options[,
 * polymorphic[, class of the relationship[, codecs]]]]) */
static int
add_entity(crm_program *program, PyObject *item)
{
    PyObject *manager, *cols, *pk_cols, *parent, *slot, *collection;
    PyObject *options = Py_None, *poly = Py_None, *of = Py_None;
    PyObject *codecs = NULL;
    if (!PyTuple_Check(item)) {
        PyErr_SetString(PyExc_TypeError, "program: an entity is a tuple");
        return -1;
    }
    if (!PyArg_ParseTuple(item, "O!O!O!OOO|OOOO:entity",
                          program->core->manager_type, &manager, &PyTuple_Type,
                          &cols, &PyTuple_Type, &pk_cols, &parent, &slot,
                          &collection, &options, &poly, &of, &codecs)) {
        return -1;
    }
    crm_entity_op *op = &program->entities[program->nentities];
    op->parent = -1;
    if (PyTuple_GET_SIZE(cols) > UINT16_MAX) {
        PyErr_SetString(PyExc_ValueError, "program: too many columns");
        return -1;
    }
    op->own.layout = crm_layout_new((crm_manager *)manager,
                                    (uint16_t)PyTuple_GET_SIZE(cols));
    if (op->own.layout == NULL) {
        return -1;
    }
    op->own.layout->typed = program->typed;
    if (options != Py_None) {
        op->own.layout->options = Py_NewRef(options);
    }
    size_t index = program->nentities++;
    if (fill_layout(program, op->own.layout, cols) < 0 ||
        (codecs != NULL && crm_layout_set_codecs(op->own.layout, codecs) < 0) ||
        fill_key(program, op, (crm_manager *)manager, pk_cols) < 0 ||
        fill_parent(program, op, parent, slot, collection, of, index) < 0 ||
        crm_shape_fill(&op->own) < 0) {
        return -1;
    }
    return fill_polymorphic(program, op, poly);
}

/* ('e', entity) or ('c', column, code, arg) */
static int
add_item(crm_program *program, PyObject *item)
{
    const char *kind;
    PyObject *index, *arg = Py_None;
    int code = 0;
    if (!PyTuple_Check(item)) {
        PyErr_SetString(PyExc_TypeError, "program: an item is a tuple");
        return -1;
    }
    if (!PyArg_ParseTuple(item, "sO|iO:item", &kind, &index, &code, &arg)) {
        return -1;
    }
    crm_item_op *op = &program->items[program->nitems];
    op->is_entity = strcmp(kind, "e") == 0;
    if (!op->is_entity && strcmp(kind, "c") != 0) {
        PyErr_Format(PyExc_ValueError, "program: unknown item %s", kind);
        return -1;
    }
    long n = number(index, op->is_entity ? (long)program->nentities : INT16_MAX,
                    op->is_entity ? "entity" : "column");
    if (n < 0) {
        return -1;
    }
    op->index = (uint16_t)n;
    if (!op->is_entity) {
        if (crm_codec_set(&op->codec, code, arg) < 0) {
            return -1;
        }
        need_column(program, n);
    }
    program->cyclic |= op->is_entity || crm_codec_is_eager(&op->codec) ||
                       code == CRM_TYPE_JSON || code == CRM_TYPE_ARRAY;
    program->nitems++;
    return 0;
}

static crm_program *
program_alloc(crm_core *core, size_t nentities, size_t nitems)
{
    crm_program *program = PyMem_Calloc(1, sizeof(crm_program));
    if (program == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    program->core = core;
    program->entities = PyMem_Calloc(nentities + 1, sizeof(crm_entity_op));
    program->items = PyMem_Calloc(nitems + 1, sizeof(crm_item_op));
    if (program->entities == NULL || program->items == NULL) {
        PyErr_NoMemory();
        crm_program_free(program);
        return NULL;
    }
    return program;
}

static int
set_keys(crm_program *program, PyObject *keys, PyObject *index)
{
    program->row_keys = crm_keys_new(program->core, keys, index);
    if (program->row_keys == NULL) {
        return -1;
    }
    program->keys = program->row_keys->names;
    return 0;
}

crm_program *
crm_program_new(crm_core *core, PyObject *description, int typed)
{
    PyObject *entities, *items, *keys, *index = Py_None;
    int scalar, unique;
    if (!PyTuple_Check(description)) {
        PyErr_Format(PyExc_TypeError, "program must be a tuple, not %.100s",
                     Py_TYPE(description)->tp_name);
        return NULL;
    }
    if (!PyArg_ParseTuple(description, "O!O!O!pp|O:program", &PyTuple_Type,
                          &entities, &PyTuple_Type, &items, &PyTuple_Type,
                          &keys, &scalar, &unique, &index)) {
        return NULL;
    }
    Py_ssize_t nitems = PyTuple_GET_SIZE(items);
    if (PyTuple_GET_SIZE(keys) != nitems || nitems == 0 ||
        (scalar && nitems != 1)) {
        PyErr_SetString(PyExc_ValueError,
                        "program: one key per item, one item if scalar");
        return NULL;
    }
    crm_program *program =
        program_alloc(core, (size_t)PyTuple_GET_SIZE(entities), (size_t)nitems);
    if (program == NULL) {
        return NULL;
    }
    program->typed = typed != 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(entities); i++) {
        if (add_entity(program, PyTuple_GET_ITEM(entities, i)) < 0) {
            goto error;
        }
    }
    for (Py_ssize_t i = 0; i < nitems; i++) {
        if (add_item(program, PyTuple_GET_ITEM(items, i)) < 0) {
            goto error;
        }
    }
    if (set_keys(program, keys, index) < 0) {
        goto error;
    }
    program->scalar = scalar != 0;
    program->unique = unique != 0;
    return program;

error:
    crm_program_free(program);
    return NULL;
}

crm_program *
crm_program_plain(crm_core *core, PyObject *names)
{
    size_t count = (size_t)PyTuple_GET_SIZE(names);
    crm_program *program = program_alloc(core, 0, count);
    if (program == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        program->items[i].index = (uint16_t)i;
        program->items[i].codec.code = CRM_TYPE_ANY;
    }
    program->nitems = count;
    program->ncols = (uint32_t)count;
    if (set_keys(program, names, NULL) < 0) {
        crm_program_free(program);
        return NULL;
    }
    return program;
}

void
crm_program_free(crm_program *program)
{
    if (program == NULL) {
        return;
    }
    for (size_t i = 0; i < program->nentities; i++) {
        crm_entity_op *op = &program->entities[i];
        crm_polymorphic_free(op->poly);
        crm_shape_clear(&op->own);
        Py_XDECREF(op->of);
        PyMem_Free(op->pk_cols);
    }
    for (size_t i = 0; i < program->nitems; i++) {
        crm_codec_clear(&program->items[i].codec);
    }
    Py_XDECREF(program->row_keys);
    PyMem_Free(program->entities);
    PyMem_Free(program->items);
    PyMem_Free(program);
}

int
crm_program_traverse(crm_program *program, visitproc visit, void *arg)
{
    if (program == NULL) {
        return 0;
    }
    for (size_t i = 0; i < program->nentities; i++) {
        /* A layout that entities share is not the program's alone: its manager
         * is left to the class, which lives longer anyway. */
        crm_layout *layout = program->entities[i].own.layout;
        if (layout->refs == 1) {
            Py_VISIT(layout->manager);
        }
        Py_VISIT(program->entities[i].of);
        int found =
            crm_polymorphic_traverse(program->entities[i].poly, visit, arg);
        if (found) {
            return found;
        }
    }
    for (size_t i = 0; i < program->nitems; i++) {
        Py_VISIT(program->items[i].codec.arg);
    }
    Py_VISIT(program->row_keys);
    return 0;
}
