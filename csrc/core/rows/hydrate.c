/* hydrate.c: the interpreter of hydration programs.
 *
 * One loop over the rows of a page.  For each row: the entities of the program
 * in order (fromrow.c), then what eager joins feed (joined.c), then the items
 * of the result.  Columns of entities are not decoded here.
 *
 * Python code can run in between (codecs, key comparisons, reconstructors, the
 * collector), so whatever is used after such a point is owned.
 */
#include "core/core.h"

#include "core/relations/events.h"
#include "hydration.h"
#include "present.h"

/* ---- life ------------------------------------------------------------- */

crm_hydration *
crm_hydration_new(crm_program *program, crm_session *session, PyObject *token,
                  int flags)
{
    if (program->nentities > 0 && session == NULL) {
        PyErr_SetString(PyExc_ValueError,
                        "a plan with entities needs a session");
        return NULL;
    }
    crm_hydration *h = PyMem_Calloc(1, sizeof(crm_hydration));
    if (h == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    h->core = program->core;
    h->program = program;
    h->row_keys = program->row_keys;
    h->session = session;
    h->token = token;
    h->flags = flags;
    h->unique = program->unique;
    h->ops = PyMem_Calloc(program->nentities + 1, sizeof(crm_op_state));
    if (h->ops == NULL) {
        PyErr_NoMemory();
        crm_hydration_free(h);
        return NULL;
    }
    for (size_t i = 0; i < program->nentities; i++) {
        crm_manager *manager = program->entities[i].own.layout->manager;
        crm_polymorphic *poly = program->entities[i].poly;
        h->ops[i].map = crm_session_map(session, manager->root, token);
        if (h->ops[i].map == NULL) {
            crm_hydration_free(h);
            return NULL;
        }
        h->reconstruct |= (session->events & CRM_SE_LOADED) != 0;
        h->reconstruct |= manager->has_reconstructor ||
                          (poly != NULL && crm_polymorphic_reconstructs(poly));
    }
    return h;
}

void
crm_hydration_free(crm_hydration *h)
{
    if (h == NULL) {
        return;
    }
    for (uint32_t i = 0; i < h->nfills; i++) {
        Py_DECREF(h->fills[i].parent);
        Py_XDECREF(h->fills[i].collection);
    }
    if (h->ops != NULL) {
        for (size_t i = 0; i < h->program->nentities; i++) {
            Py_CLEAR(h->ops[i].current);
        }
    }
    PyMem_Free(h->fills);
    PyMem_Free(h->ops);
    crm_addrset_free(&h->parents);
    crm_addrset_free(&h->members);
    crm_addrset_free(&h->populated);
    crm_addrset_free(&h->given);
    Py_XDECREF(h->kept);
    Py_XDECREF(h->given_rows);
    Py_XDECREF(h->last_key);
    PyMem_Free(h);
}

int
crm_hydration_traverse(crm_hydration *h, visitproc visit, void *arg)
{
    if (h == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < h->nfills; i++) {
        Py_VISIT(h->fills[i].parent);
        Py_VISIT(h->fills[i].collection);
    }
    for (size_t i = 0; i < h->program->nentities; i++) {
        Py_VISIT(h->ops[i].current);
    }
    Py_VISIT(h->kept);
    Py_VISIT(h->given_rows);
    return 0;
}

void
crm_hydration_set_unique(crm_hydration *h, int unique)
{
    h->unique = unique != 0;
}

void
crm_hydration_set_keys(crm_hydration *h, crm_keys *keys)
{
    h->row_keys = keys;
}

void
crm_hydration_next_chunk(crm_hydration *h)
{
    if (!h->unique && !h->program->collections) {
        crm_addrset_clear(&h->populated);
        Py_CLEAR(h->kept);
    }
}

/* Whether the keys of a class may well be integers, by its type. */
static bool
has_integer_keys(const crm_manager *manager)
{
    if (manager->npk != 1) {
        return false;
    }
    int code = manager->attrs[manager->pk[0]].codec.code;
    return code == CRM_TYPE_INTEGER || code == CRM_TYPE_ANY ||
           code == CRM_TYPE_PYTHON;
}

int
crm_hydration_reserve(crm_hydration *h, uint64_t count)
{
    for (size_t i = 0; i < h->program->nentities; i++) {
        if (h->program->entities[i].parent >= 0) {
            continue;
        }
        crm_identity *ids = h->ops[i].map->ids;
        size_t present = crm_identity_len(ids);
        /* those already there may well be the ones that come */
        if (present < count &&
            crm_identity_reserve(
                ids, (size_t)count - present,
                has_integer_keys(h->program->entities[i].own.layout->manager)) <
                0) {
            PyErr_NoMemory();
            return -1;
        }
    }
    return 0;
}

/* ---- rows ------------------------------------------------------------- */

/* Whether a row is of the very entity that the row before it was of, and would
 * change nothing of it: rows of one parent mostly come together. */
static inline int
is_same_again(const crm_hydration *h, size_t index, const crm_page *page,
              uint32_t row)
{
    const crm_entity_op *op = &h->program->entities[index];
    const crm_op_state *os = &h->ops[index];
    if (!os->keyed || os->current == NULL || page->ncols == 0) {
        return 0;
    }
    const crm_state *state = &((crm_entity *)os->current)->state;
    const uint64_t *cells = crm_page_row(page, row);
    uint16_t col = op->pk_cols[0];
    return state->key.i == (int64_t)cells[col] &&
           crm_page_tag(page, cells, col) == CRM_INT64 &&
           state->flags & CRM_S_INT_KEY && state->flags & CRM_S_IN_MAP &&
           state->map == os->map && crm_is_current(op, state);
}

/* Loads the entities of a row and feeds what is joined. */
static int
load_row(crm_hydration *h, crm_page *page, uint32_t row)
{
    crm_program *program = h->program;
    for (size_t i = 0; i < program->nentities; i++) {
        crm_entity_op *op = &program->entities[i];
        crm_op_state *os = &h->ops[i];
        PyObject *parent = op->parent < 0 ? NULL : h->ops[op->parent].current;
        os->fresh = 0;
        PyObject *entity = os->current;
        if (parent == Py_None || !is_same_again(h, i, page, row)) {
            os->keyed = 0;
            entity = parent == Py_None ? Py_NewRef(Py_None)
                                       : crm_load_entity(h, i, page, row);
            if (entity == NULL) {
                return -1;
            }
            Py_XSETREF(os->current, entity);
        }
        if (parent == NULL || parent == Py_None) {
            continue;
        }
        int fed = op->collection ? crm_feed_collection(h, i, parent, entity)
                                 : crm_feed_scalar(h, i, parent, entity);
        if (fed < 0) {
            return -1;
        }
    }
    return 0;
}

/* Calls the reconstructors and listeners of what a row made, the joined ones
 * first. */
static int
reconstruct(crm_hydration *h)
{
    for (size_t i = h->program->nentities; i-- > 0;) {
        PyObject *obj = h->ops[i].current;
        if (!h->ops[i].fresh) {
            continue;
        }
        crm_manager *manager = crm_hydrated_manager(h, obj);
        if (manager == NULL) {
            return -1;
        }
        h->ops[i].fresh = 0;
        int loaded = (h->session->events & CRM_SE_LOADED) != 0;
        if (manager->reconstructor == NULL && !loaded) {
            continue;
        }
        Py_INCREF(obj);
        int status = 0;
        if (manager->reconstructor != NULL) {
            PyObject *function = Py_NewRef(manager->reconstructor);
            PyObject *done = PyObject_CallOneArg(function, obj);
            Py_DECREF(function);
            Py_XDECREF(done);
            status = done == NULL ? -1 : 0;
        }
        if (status == 0 && loaded) {
            status = crm_session_fire(h->session, "loaded_as_persistent", obj);
        }
        crm_state *state =
            status < 0 ? NULL : crm_state_of(h->session->core, obj);
        if (state != NULL && (state->flags & CRM_S_MODIFIED)) {
            crm_state_commit(state); /* what they set was loaded: no change */
        }
        Py_DECREF(obj);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- results ---------------------------------------------------------- */

/* crm_decode of a column's cell. */
static PyObject *
decode_any(crm_hydration *h, const crm_item_op *item, const crm_page *page,
           const uint64_t *row)
{
    crm_cell cell = crm_page_cell(page, row, item->index);
    PyObject *value = crm_decode(h->core, &item->codec, &cell);
    if (value == NULL) {
        size_t at = (size_t)(item - h->program->items);
        crm_hydration_blame("column", PyTuple_GET_ITEM(h->program->keys, at));
    }
    return value;
}

/* The same, with the plainest cases inline. */
static inline PyObject *
decode(crm_hydration *h, const crm_item_op *item, const crm_page *page,
       const uint64_t *row)
{
    if (item->codec.code > CRM_TYPE_STRING) {
        return decode_any(h, item, page, row);
    }
    uint64_t word = row[item->index];
    switch (crm_page_byte(page, row, item->index)) {
        case CRM_PAGE_BYTE(CRM_NULL, 0):
            return Py_NewRef(Py_None);
        case CRM_PAGE_BYTE(CRM_INT64, 0):
            return PyLong_FromLongLong((int64_t)word);
        case CRM_PAGE_BYTE(CRM_DOUBLE, 0): {
            double number;
            memcpy(&number, &word, sizeof(number));
            return PyFloat_FromDouble(number);
        }
        case CRM_PAGE_BYTE(CRM_TEXT, CRM_CELL_ASCII): {
            uint32_t len = (uint32_t)(word >> 32);
            if (len <= 1) {
                break; /* shared by the interpreter */
            }
            PyObject *text = PyUnicode_New(len, 127);
            if (text != NULL) {
                memcpy(PyUnicode_1BYTE_DATA(text),
                       crm_page_end(page) - (uint32_t)word, len);
            }
            return text;
        }
        default:
            break;
    }
    return decode_any(h, item, page, row);
}

static inline PyObject *
make_item(crm_hydration *h, const crm_item_op *item, const crm_page *page,
          const uint64_t *row)
{
    if (item->is_entity) {
        return Py_NewRef(h->ops[item->index].current);
    }
    return decode(h, item, page, row);
}

/* The first item of a row that is a key, by which the caller tells rows apart:
 * those of one key mostly come together, and give the same object then. */
static PyObject *
repeated_key(crm_hydration *h, const crm_item_op *item, const crm_page *page,
             const uint64_t *row)
{
    if (item->codec.code > CRM_TYPE_INTEGER ||
        crm_page_tag(page, row, item->index) != CRM_INT64) {
        return decode(h, item, page, row);
    }
    uint64_t word = row[item->index];
    if (h->last_key == NULL || h->last_word != word) {
        PyObject *key = PyLong_FromLongLong((int64_t)word);
        if (key == NULL) {
            return NULL;
        }
        Py_XSETREF(h->last_key, key);
        h->last_word = word;
    }
    return Py_NewRef(h->last_key);
}

static PyObject *
make_row(crm_hydration *h, const crm_page *page, const uint64_t *cells)
{
    crm_program *program = h->program;
    int brief = h->flags & CRM_BRIEF_ROWS;
    crm_row *row = crm_row_new(h->row_keys, program->cyclic && !brief);
    if (row == NULL) {
        return NULL;
    }
    size_t nitems = program->nitems;
    for (size_t i = 0; i < nitems; i++) {
        const crm_item_op *item = &program->items[i];
        row->items[i] = brief && i == 0 && !item->is_entity
                            ? repeated_key(h, item, page, cells)
                            : make_item(h, item, page, cells);
        if (row->items[i] == NULL) {
            Py_DECREF(row);
            return NULL;
        }
    }
    if (brief) {
        row->tagged |= CRM_ROW_BRIEF;
        return (PyObject *)row;
    }
    return crm_row_finish(row);
}

/* PyList_Append that takes over the reference. */
static inline int
append(PyObject *list, PyObject *value)
{
    PyListObject *self = (PyListObject *)list;
    Py_ssize_t size = Py_SIZE(self);
    if (size < self->allocated) {
        PyList_SET_ITEM(list, size, value);
        Py_SET_SIZE(self, size + 1);
        return 0;
    }
    int failed = PyList_Append(list, value);
    Py_DECREF(value);
    return failed;
}

/* Objects looked for ahead of the row at hand. */
#define AHEAD 32

/* Looks up the objects of `count` rows and has the processor fetch them: what
 * was loaded long ago is in no cache, and waiting for each object in turn would
 * cost more than all else that is done for it. */
static void
look_ahead(crm_hydration *h, crm_page *page, uint32_t first, uint32_t count,
           crm_state **found)
{
    uint16_t col = h->program->entities[0].pk_cols[0];
    const crm_identity *ids = h->ops[0].map->ids;
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t *cells = crm_page_row(page, first + i);
        found[i] = crm_page_tag(page, cells, col) == CRM_INT64
                       ? crm_identity_get_int(ids, (int64_t)cells[col])
                       : NULL;
        if (found[i] != NULL) {
            __builtin_prefetch(crm_state_holder(found[i]), 1);
            __builtin_prefetch(&found[i]->flags);
        }
    }
}

/* The loop for the commonest program: every result is the one entity.  What was
 * looked up ahead holds until anything runs but this loop. */
static int
hydrate_entities(crm_hydration *h, crm_page *page, uint32_t first,
                 uint32_t last, PyObject *out)
{
    crm_entity_op *op = &h->program->entities[0];
    crm_op_state *os = &h->ops[0];
    crm_state *found[AHEAD];
    uint32_t base = first, known = first; /* found[] is of rows base to known */
    int plain =
        op->int_key && !op->split && !(h->flags & CRM_POPULATE_EXISTING);
    int look = plain && crm_identity_len(os->map->ids) != 0;
    for (uint32_t row = first; row < last; row++) {
        if (look && row >= known) {
            base = row;
            known = Py_MIN(row + AHEAD, last);
            look_ahead(h, page, base, known - base, found);
        }
        crm_state *state = row < known ? found[row - base] : NULL;
        PyObject *obj;
        if (state != NULL && crm_is_current(op, state)) {
            obj = Py_NewRef(crm_state_object(state));
        }
        else {
            os->fresh = 0;
            obj = crm_load_entity(h, 0, page, row);
            known = row + 1;
            look = plain && !os->fresh; /* is it worth it for the next ones? */
        }
        if (obj == NULL || append(out, obj) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The same for rows that were not read. */
static int
take_present(crm_page *page, uint32_t first, uint32_t last, PyObject *out)
{
    for (uint32_t row = first; row < last; row++) {
        if (append(out, crm_present_take(page->words[row])) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The loop for columns alone. */
static int
hydrate_columns(crm_hydration *h, crm_page *page, uint32_t first, uint32_t last,
                int single, PyObject *out)
{
    for (uint32_t row = first; row < last; row++) {
        const uint64_t *cells = crm_page_row(page, row);
        PyObject *result = single ? decode(h, h->program->items, page, cells)
                                  : make_row(h, page, cells);
        if (result == NULL || append(out, result) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The loop for everything else. */
static int
hydrate_rows(crm_hydration *h, crm_page *page, uint32_t first, uint32_t last,
             int single, PyObject *out)
{
    crm_item_op *items = h->program->items;
    for (uint32_t row = first; row < last; row++) {
        if (load_row(h, page, row) < 0 ||
            (h->reconstruct && reconstruct(h) < 0)) {
            return -1;
        }
        if (h->unique && single && items[0].is_entity) {
            int first_time =
                crm_is_new_entity(h, h->ops[items[0].index].current);
            if (first_time < 0) {
                return -1;
            }
            if (!first_time) {
                continue;
            }
        }
        const uint64_t *cells = crm_page_row(page, row);
        PyObject *result = single ? make_item(h, &items[0], page, cells)
                                  : make_row(h, page, cells);
        if (result == NULL) {
            return -1;
        }
        if (h->unique && !(single && items[0].is_entity)) {
            int first_time = crm_is_new_result(h, result);
            if (first_time <= 0) {
                Py_DECREF(result);
                if (first_time < 0) {
                    return -1;
                }
                continue;
            }
        }
        if (append(out, result) < 0) {
            return -1;
        }
    }
    return 0;
}

int
crm_hydrate_page(crm_hydration *h, crm_page *page, uint32_t first,
                 uint32_t last, int first_item, PyObject *out)
{
    crm_program *program = h->program;
    if (page->ncols < program->ncols && page->ncols != 0) {
        PyErr_Format(PyExc_ValueError,
                     "the program needs %u columns, the statement has %u",
                     program->ncols, page->ncols);
        return -1;
    }
    int single = program->scalar || first_item;
    if (!h->unique && !h->reconstruct) {
        if (program->nentities == 0) {
            return hydrate_columns(h, page, first, last, single, out);
        }
        if (program->nentities == 1 && single && program->items[0].is_entity) {
            return page->ncols == 0
                       ? take_present(page, first, last, out)
                       : hydrate_entities(h, page, first, last, out);
        }
    }
    int failed = hydrate_rows(h, page, first, last, single, out);
    for (size_t i = 0; i < program->nentities; i++) {
        Py_CLEAR(h->ops[i].current);
    }
    return failed;
}

int
crm_hydrate_init(crm_core *Py_UNUSED(core), PyObject *module)
{
    if (PyModule_AddIntConstant(module, "POPULATE_EXISTING",
                                CRM_POPULATE_EXISTING) < 0 ||
        PyModule_AddIntConstant(module, "ONLY_KNOWN", CRM_ONLY_KNOWN) < 0 ||
        PyModule_AddIntConstant(module, "READ_ALL", CRM_READ_ALL) < 0) {
        return -1;
    }
    if (PyModule_AddIntConstant(module, "EXPIRE_MISSING", CRM_EXPIRE_MISSING) <
            0 ||
        PyModule_AddIntConstant(module, "KEEP_RELATED", CRM_KEEP_RELATED) < 0) {
        return -1;
    }
    return PyModule_AddIntConstant(module, "BRIEF_ROWS", CRM_BRIEF_ROWS);
}
