/* polymorphic.c: which class the row of a polymorphic entity makes. */
#include "polymorphic.h"

#include <string.h>

/* Raw cells are remembered up to this many: a discriminator has few values, but
 * a type may give one meaning to many. */
#define MAX_KNOWN 1024

typedef struct {
    crm_shape *shape; /* borrowed; NULL: free */
    char *text;       /* owned, of TEXT and BLOB */
    int64_t number;   /* of INT64 */
    uint32_t len;
    uint32_t hash;
    uint8_t tag;
} known_cell;

struct crm_polymorphic {
    crm_core *core;
    uint16_t column;
    crm_codec codec;
    PyObject *identities; /* owned dict: identity -> number of a shape */
    PyObject *resolve;    /* owned callable(identity, key) -> ClassManager */
    crm_shape *own;
    int trusted;        /* rows of objects that are there are not looked at */
    crm_shape **shapes; /* owned */
    size_t nshapes;
    known_cell *known; /* open addressing; nslots is a power of two */
    size_t nknown, nslots;
    known_cell *last; /* the cell of the row before, or NULL */
};

/* ---- shapes ----------------------------------------------------------- */

int
crm_shape_fill(crm_shape *shape)
{
    crm_manager *manager = shape->layout->manager;
    shape->eager = PyMem_Calloc(manager->nattrs + 1u, sizeof(uint16_t));
    shape->related = PyMem_Calloc(manager->nattrs + 1u, sizeof(uint16_t));
    if (shape->eager == NULL || shape->related == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (uint16_t i = 0; i < manager->nattrs; i++) {
        crm_attr *attr = &manager->attrs[i];
        if (attr->kind != CRM_ATTR_COLUMN) {
            shape->related[shape->nrelated++] = i;
        }
        else if (crm_codec_is_eager(crm_layout_codec(shape->layout, attr)) &&
                 i < shape->layout->ncols && shape->layout->col[i] >= 0) {
            shape->eager[shape->neager++] = i;
        }
    }
    return 0;
}

void
crm_shape_clear(crm_shape *shape)
{
    crm_layout *layout = shape->layout;
    shape->layout = NULL;
    PyMem_Free(shape->eager);
    PyMem_Free(shape->related);
    shape->eager = shape->related = NULL;
    crm_layout_unref(layout);
}

/* A new shape of the class with these columns, and (NULL: none) codecs of their
 * own: borrowed from `poly`; NULL with an exception. */
static crm_shape *
add_shape(crm_polymorphic *poly, crm_manager *manager, const int16_t *cols,
          uint16_t ncols, PyObject *codecs)
{
    crm_shape **shapes =
        PyMem_Realloc(poly->shapes, (poly->nshapes + 1) * sizeof(crm_shape *));
    if (shapes != NULL) {
        poly->shapes = shapes;
    }
    crm_shape *shape =
        shapes == NULL ? NULL : PyMem_Calloc(1, sizeof(crm_shape));
    if (shape == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    shape->layout = crm_layout_new(manager, ncols);
    if (shape->layout == NULL) {
        goto error;
    }
    memcpy(shape->layout->col, cols, ncols * sizeof(int16_t));
    for (uint16_t i = 0; i < ncols; i++) {
        shape->layout->misses |= cols[i] == CRM_COL_MISSING;
    }
    shape->layout->options = Py_XNewRef(poly->own->layout->options);
    shape->layout->typed = poly->own->layout->typed;
    if ((codecs != NULL && crm_layout_set_codecs(shape->layout, codecs) < 0) ||
        crm_shape_fill(shape) < 0) {
        goto error;
    }
    poly->shapes[poly->nshapes++] = shape;
    return shape;
error:
    crm_shape_clear(shape);
    PyMem_Free(shape);
    return NULL;
}

/* (manager, cols[, codecs]) */
static int
add_described(crm_polymorphic *poly, PyObject *item)
{
    PyObject *manager, *cols, *codecs = NULL;
    if (!PyTuple_Check(item) ||
        !PyArg_ParseTuple(item, "O!O!|O:shape", poly->core->manager_type,
                          &manager, &PyTuple_Type, &cols, &codecs)) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_TypeError, "program: a shape is a tuple");
        }
        return -1;
    }
    Py_ssize_t ncols = PyTuple_GET_SIZE(cols);
    int16_t *columns = PyMem_Malloc((size_t)(ncols + 1) * sizeof(int16_t));
    if (columns == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < ncols; i++) {
        long column = PyLong_AsLong(PyTuple_GET_ITEM(cols, i));
        if (column < CRM_COL_MISSING || column > INT16_MAX ||
            PyErr_Occurred()) {
            if (!PyErr_Occurred()) {
                PyErr_Format(PyExc_ValueError, "program: bad column %ld",
                             column);
            }
            PyMem_Free(columns);
            return -1;
        }
        columns[i] = (int16_t)column;
    }
    crm_shape *shape = NULL;
    if (ncols > UINT16_MAX) {
        PyErr_SetString(PyExc_ValueError, "program: too many columns");
    }
    else {
        shape = add_shape(poly, (crm_manager *)manager, columns,
                          (uint16_t)ncols, codecs);
    }
    PyMem_Free(columns);
    return shape == NULL ? -1 : 0;
}

/* ---- life ------------------------------------------------------------- */

crm_polymorphic *
crm_polymorphic_new(crm_core *core, PyObject *description, crm_shape *own)
{
    PyObject *arg, *identities, *shapes, *resolve;
    int column, code, trusted = 0;
    if (!PyTuple_Check(description)) {
        PyErr_SetString(PyExc_TypeError,
                        "program: what is polymorphic is a tuple");
        return NULL;
    }
    if (!PyArg_ParseTuple(description, "iiOO!O!O|p:polymorphic", &column, &code,
                          &arg, &PyDict_Type, &identities, &PyTuple_Type,
                          &shapes, &resolve, &trusted)) {
        return NULL;
    }
    if (column < 0 || column > INT16_MAX) {
        PyErr_Format(PyExc_ValueError, "program: bad column %d", column);
        return NULL;
    }
    crm_polymorphic *poly = PyMem_Calloc(1, sizeof(crm_polymorphic));
    if (poly == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    poly->core = core;
    poly->column = (uint16_t)column;
    poly->own = own;
    poly->trusted = trusted;
    poly->resolve = Py_NewRef(resolve);
    poly->identities = PyDict_Copy(identities);
    if (poly->identities == NULL ||
        crm_codec_set(&poly->codec, code, arg) < 0) {
        goto error;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(shapes); i++) {
        if (add_described(poly, PyTuple_GET_ITEM(shapes, i)) < 0) {
            goto error;
        }
    }
    return poly;
error:
    crm_polymorphic_free(poly);
    return NULL;
}

void
crm_polymorphic_free(crm_polymorphic *poly)
{
    if (poly == NULL) {
        return;
    }
    for (size_t i = 0; i < poly->nslots; i++) {
        PyMem_Free(poly->known[i].text);
    }
    PyMem_Free(poly->known);
    for (size_t i = 0; i < poly->nshapes; i++) {
        crm_shape_clear(poly->shapes[i]);
        PyMem_Free(poly->shapes[i]);
    }
    PyMem_Free(poly->shapes);
    crm_codec_clear(&poly->codec);
    Py_XDECREF(poly->identities);
    Py_XDECREF(poly->resolve);
    PyMem_Free(poly);
}

int
crm_polymorphic_traverse(crm_polymorphic *poly, visitproc visit, void *arg)
{
    if (poly == NULL) {
        return 0;
    }
    for (size_t i = 0; i < poly->nshapes; i++) {
        if (poly->shapes[i]->layout->refs == 1) {
            Py_VISIT(poly->shapes[i]->layout->manager);
        }
    }
    Py_VISIT(poly->codec.arg);
    Py_VISIT(poly->identities);
    Py_VISIT(poly->resolve);
    return 0;
}

uint32_t
crm_polymorphic_ncols(const crm_polymorphic *poly)
{
    uint32_t need = poly->column + 1u;
    for (size_t i = 0; i < poly->nshapes; i++) {
        const crm_layout *layout = poly->shapes[i]->layout;
        for (uint16_t k = 0; k < layout->ncols; k++) {
            if (layout->col[k] >= 0 && (uint32_t)layout->col[k] + 1 > need) {
                need = (uint32_t)layout->col[k] + 1;
            }
        }
    }
    return need;
}

uint16_t
crm_polymorphic_column(const crm_polymorphic *poly)
{
    return poly->column;
}

int
crm_polymorphic_is_trusted(const crm_polymorphic *poly)
{
    return poly->trusted;
}

int
crm_polymorphic_is_split(const crm_polymorphic *poly)
{
    const crm_manager *root = poly->own->layout->manager->root;
    for (size_t i = 0; i < poly->nshapes; i++) {
        if (poly->shapes[i]->layout->manager->root != root) {
            return 1;
        }
    }
    return 0;
}

int
crm_polymorphic_reconstructs(const crm_polymorphic *poly)
{
    for (size_t i = 0; i < poly->nshapes; i++) {
        if (poly->shapes[i]->layout->manager->has_reconstructor) {
            return 1;
        }
    }
    return 0;
}

/* ---- known cells ------------------------------------------------------ */

static int
is_text(const crm_cell *cell)
{
    return cell->tag == CRM_TEXT || cell->tag == CRM_BLOB;
}

/* FNV-1a: discriminators are short, and the program chose them. */
static uint32_t
hash_of(const crm_cell *cell)
{
    uint32_t hash = 2166136261u ^ cell->tag;
    const char *bytes = is_text(cell) ? cell->u.p : (const char *)&cell->u.i;
    size_t len = is_text(cell) ? cell->len : sizeof(cell->u.i);
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ (unsigned char)bytes[i]) * 16777619u;
    }
    return hash;
}

static int
same_cell(const known_cell *known, const crm_cell *cell)
{
    if (known->tag != cell->tag) {
        return 0;
    }
    if (cell->tag == CRM_INT64) {
        return known->number == cell->u.i;
    }
    return known->len == cell->len &&
           memcmp(known->text, cell->u.p, cell->len) == 0;
}

/* Where a cell stands, or the free place where it would. */
static known_cell *
place_of(known_cell *known, size_t nslots, const crm_cell *cell, uint32_t hash)
{
    size_t at = hash & (nslots - 1);
    while (known[at].shape != NULL &&
           !(known[at].hash == hash && same_cell(&known[at], cell))) {
        at = (at + 1) & (nslots - 1);
    }
    return &known[at];
}

static int
grow(crm_polymorphic *poly)
{
    size_t nslots = poly->nslots == 0 ? 16 : poly->nslots * 2;
    known_cell *known = PyMem_Calloc(nslots, sizeof(known_cell));
    if (known == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < poly->nslots; i++) {
        known_cell *old = &poly->known[i];
        if (old->shape == NULL) {
            continue;
        }
        size_t at = old->hash & (nslots - 1);
        while (known[at].shape != NULL) {
            at = (at + 1) & (nslots - 1);
        }
        known[at] = *old;
    }
    PyMem_Free(poly->known);
    poly->known = known;
    poly->nslots = nslots;
    poly->last = NULL;
    return 0;
}

/* Remembers what a cell means: 0, or -1 with MemoryError. */
static int
remember(crm_polymorphic *poly, const crm_cell *cell, crm_shape *shape)
{
    if ((cell->tag != CRM_INT64 && !is_text(cell)) ||
        poly->nknown >= MAX_KNOWN) {
        return 0;
    }
    if (poly->nknown * 2 >= poly->nslots && grow(poly) < 0) {
        return -1;
    }
    uint32_t hash = hash_of(cell);
    known_cell *place = place_of(poly->known, poly->nslots, cell, hash);
    if (place->shape != NULL) {
        return 0;
    }
    known_cell entry = {.tag = cell->tag, .hash = hash, .shape = shape};
    if (cell->tag == CRM_INT64) {
        entry.number = cell->u.i;
    }
    else {
        entry.text = PyMem_Malloc(cell->len + 1u);
        if (entry.text == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        memcpy(entry.text, cell->u.p, cell->len);
        entry.len = cell->len;
    }
    *place = entry;
    poly->nknown++;
    return 0;
}

crm_shape *
crm_polymorphic_find(crm_polymorphic *poly, const crm_cell *cell)
{
    if (poly->last != NULL && same_cell(poly->last, cell)) {
        return poly->last->shape;
    }
    if (poly->nslots == 0 || (cell->tag != CRM_INT64 && !is_text(cell))) {
        return NULL;
    }
    known_cell *place =
        place_of(poly->known, poly->nslots, cell, hash_of(cell));
    if (place->shape == NULL) {
        return NULL;
    }
    poly->last = place;
    return place->shape;
}

/* A shape for a class that the program did not know when it was made: it has
 * the columns of the entity itself. */
static crm_shape *
resolve(crm_polymorphic *poly, PyObject *identity, PyObject *key)
{
    PyObject *manager =
        PyObject_CallFunctionObjArgs(poly->resolve, identity, key, NULL);
    if (manager == NULL) {
        return NULL;
    }
    crm_shape *shape = NULL;
    if (!Py_IS_TYPE(manager, poly->core->manager_type)) {
        PyErr_SetString(PyExc_TypeError, "a ClassManager was expected");
    }
    else if ((crm_manager *)manager == poly->own->layout->manager) {
        shape = poly->own;
    }
    else {
        shape = crm_polymorphic_of(poly, (crm_manager *)manager);
        if (shape == NULL) {
            const crm_layout *layout = poly->own->layout;
            shape = add_shape(poly, (crm_manager *)manager, layout->col,
                              layout->ncols, layout->described);
        }
    }
    Py_DECREF(manager);
    return shape;
}

crm_shape *
crm_polymorphic_learn(crm_polymorphic *poly, const crm_cell *cell,
                      PyObject *key)
{
    PyObject *identity = crm_decode(poly->core, &poly->codec, cell);
    if (identity == NULL) {
        return NULL;
    }
    crm_shape *shape = NULL;
    PyObject *number = NULL;
    if (identity != Py_None) {
        number = PyDict_GetItemWithError(poly->identities, identity);
    }
    if (number != NULL) {
        long at = PyLong_AsLong(number);
        if (at < (long)poly->nshapes && (at >= 0 || !PyErr_Occurred())) {
            shape = at < 0 ? poly->own : poly->shapes[at];
        }
        else if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError, "program: no such shape");
        }
    }
    else if (!PyErr_Occurred()) {
        shape = resolve(poly, identity, key);
    }
    Py_DECREF(identity);
    if (shape != NULL && remember(poly, cell, shape) < 0) {
        return NULL;
    }
    return shape;
}

crm_shape *
crm_polymorphic_of(crm_polymorphic *poly, const crm_manager *manager)
{
    if (poly->own->layout->manager == manager) {
        return poly->own;
    }
    for (size_t i = 0; i < poly->nshapes; i++) {
        if (poly->shapes[i]->layout->manager == manager) {
            return poly->shapes[i];
        }
    }
    return NULL;
}
