/* fromrow.c: the entity that a row stands for: found in the identity map or
 * made with the row.
 *
 * Python code can run in between (codecs, key comparisons, the collector), and
 * may load the same object meanwhile: after such a point the map is asked
 * again.
 */
#include "core/core.h"

#include "core/relations/events.h"
#include "hydration.h"
#include "present.h"
#include "core/objects/state.h"

static int
decode_eager(const crm_shape *shape, crm_state *state)
{
    for (uint16_t i = 0; i < shape->neager; i++) {
        PyObject *value = crm_state_peek(state, shape->eager[i]);
        if (value == NULL) {
            if (PyErr_Occurred()) {
                return -1;
            }
            continue;
        }
        Py_DECREF(value);
    }
    return 0;
}

/* What an object of a subclass has beside the attributes of the entity's class,
 * and the row does not say, is forgotten: options did not leave it out. */
static int
forget_below(crm_state *state, const crm_entity_op *op,
             const crm_layout *layout)
{
    const crm_manager *above = op->own.layout->manager;
    const crm_manager *manager = layout->manager;
    for (uint16_t slot = 0; slot < manager->nattrs; slot++) {
        const crm_attr *attr = &manager->attrs[slot];
        int shared = slot < above->nattrs && above->attrs[slot].prop != Py_None;
        int in_row = slot < layout->ncols && layout->col[slot] >= 0;
        if (!shared && !in_row && attr->kind == CRM_ATTR_COLUMN &&
            attr->prop != Py_None &&
            crm_state_forget_slots(state, &slot, 1) < 0) {
            return -1;
        }
    }
    return 0;
}

/* populate_existing, or always_refresh: once an execution, everything is as the
 * row says. */
static int
overwrite(crm_hydration *h, const crm_entity_op *op, const crm_shape *shape,
          crm_state *state, crm_page *page, uint32_t row)
{
    PyObject *obj = crm_state_object(state);
    uint32_t unused;
    int added = crm_addrset_add(&h->populated, state, 0, 0, &unused);
    if (added < 0) {
        PyErr_NoMemory();
        return -1;
    }
    if (added == 0) {
        return 0;
    }
    if (crm_hydration_keep(h, obj) < 0) {
        return -1;
    }
    crm_state_commit(state);
    crm_row_use use = h->flags & CRM_KEEP_RELATED     ? CRM_ROW_COMPLETES
                      : h->flags & CRM_EXPIRE_MISSING ? CRM_ROW_EXPIRES
                                                      : CRM_ROW_REPLACES;
    if ((shape->nrelated > 0 && use != CRM_ROW_COMPLETES &&
         crm_state_forget_slots(state, shape->related, shape->nrelated) < 0) ||
        crm_state_set_row(state, shape->layout, page, (uint16_t)row, use) < 0 ||
        (shape != &op->own && forget_below(state, op, shape->layout) < 0) ||
        decode_eager(shape, state) < 0) {
        return -1;
    }
    crm_manager *manager = state->layout->manager;
    if ((manager->events & CRM_ME_REFRESH) == 0) {
        return 0;
    }
    Py_INCREF(obj);
    int status = crm_manager_fire(manager, "refresh", obj, Py_None);
    if (status == 0 && (state->flags & CRM_S_MODIFIED)) {
        crm_state_commit(state); /* what listeners set was loaded */
    }
    Py_DECREF(obj);
    return status;
}

static PyObject *decode_key(crm_hydration *h, crm_entity_op *op,
                            const crm_page *page, const uint64_t *row);

/* The shape of the class that a row names; NULL with an exception. */
static crm_shape *
shape_of_row(crm_hydration *h, crm_entity_op *op, crm_page *page, uint32_t row)
{
    const uint64_t *cells = crm_page_row(page, row);
    crm_cell cell =
        crm_page_cell(page, cells, crm_polymorphic_column(op->poly));
    crm_shape *shape = crm_polymorphic_find(op->poly, &cell);
    if (shape != NULL) {
        return shape;
    }
    PyObject *key = decode_key(h, op, page, cells);
    if (key == NULL) {
        return NULL;
    }
    shape = crm_polymorphic_learn(op->poly, &cell, key);
    Py_DECREF(key);
    return shape;
}

/* Tells listeners which slots a row has filled; what they set of these columns
 * was loaded: it is no change. */
static int
tell_of_refresh(crm_state *state, PyObject *filled)
{
    crm_manager *manager = state->layout->manager;
    PyObject *obj = Py_NewRef(crm_state_object(state));
    int status = crm_manager_fire(manager, "refresh", obj, filled);
    if (status == 0 && (state->flags & CRM_S_MODIFIED)) {
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(filled); i++) {
            uint16_t slot = (uint16_t)PyLong_AsLong(PyList_GET_ITEM(filled, i));
            if (manager->attrs[slot].kind == CRM_ATTR_COLUMN) {
                crm_state_forget(state, slot);
            }
        }
    }
    Py_DECREF(obj);
    return status;
}

/* What an object without a row was never given, and the rows do not have, is to
 * be read again. */
static int
expire_missing(crm_state *state, const crm_layout *layout)
{
    if (!layout->misses || state->page != NULL ||
        (state->flags & CRM_S_EXPIRED)) {
        return 0;
    }
    for (uint16_t slot = 0; slot < layout->ncols; slot++) {
        if (layout->col[slot] == CRM_COL_MISSING &&
            crm_state_held(state, slot) == NULL &&
            crm_state_put(state, slot, CRM_UNLOADED) < 0) {
            return -1;
        }
    }
    return 0;
}

/* A row came for an object that is in the session: only what is not loaded
 * appears from it. */
static int
refresh(crm_hydration *h, size_t index, crm_state *state, crm_page *page,
        uint32_t row)
{
    if (h->flags & CRM_ONLY_KNOWN) {
        return 0;
    }
    crm_entity_op *op = &h->program->entities[index];
    crm_shape *shape = &op->own;
    if (op->poly != NULL && !crm_polymorphic_is_trusted(op->poly) &&
        shape_of_row(h, op, page, row) == NULL) {
        return -1; /* it names a class that the entity is not */
    }
    if (state->layout->manager != shape->layout->manager) {
        shape = op->poly == NULL
                    ? NULL
                    : crm_polymorphic_of(op->poly, state->layout->manager);
        if (shape == NULL) {
            return 0; /* of another class, whose slots are others */
        }
    }
    if (crm_overwrites(h, state)) {
        return overwrite(h, op, shape, state, page, row);
    }
    if (expire_missing(state, shape->layout) < 0) {
        return -1;
    }
    if (!(state->flags & CRM_S_EXPIRED) &&
        !crm_state_lacks(state, shape->layout)) {
        return 0;
    }
    PyObject *missing = NULL;
    crm_manager *manager = state->layout->manager;
    if (manager->events & CRM_ME_REFRESH) {
        missing = crm_missing_slots(state, shape->layout);
        if (missing == NULL) {
            return -1;
        }
    }
    int status = crm_state_set_row(state, shape->layout, page, (uint16_t)row,
                                   CRM_ROW_FILLS);
    if (status == 0) {
        status = decode_eager(shape, state);
    }
    if (status == 0 && missing != NULL) {
        status = tell_of_refresh(state, missing);
    }
    Py_XDECREF(missing);
    return status;
}

/* Makes the object of a row; its key is set by the caller. */
static PyObject *
make_entity(crm_hydration *h, crm_entity_op *op, crm_page *page, uint32_t row,
            crm_state **out)
{
    crm_shape *shape =
        op->poly == NULL ? &op->own : shape_of_row(h, op, page, row);
    return shape == NULL
               ? NULL
               : crm_entity_of_row(shape->layout, page, (uint16_t)row, out);
}

/* The object enters the session.  A new reference, or NULL (obj is gone). */
static PyObject *
enter(crm_hydration *h, size_t index, PyObject *obj, crm_state *state)
{
    crm_entity_op *op = &h->program->entities[index];
    crm_shape *shape = &op->own;
    if (op->poly != NULL) {
        shape = crm_polymorphic_of(op->poly, state->layout->manager);
    }
    if (crm_session_attach(h->ops[index].map, state) < 0 ||
        (shape->neager > 0 && decode_eager(shape, state) < 0)) {
        Py_DECREF(obj);
        return NULL;
    }
    if (crm_overwrites(h, state)) {
        /* Further rows of an object that this execution made overwrite nothing,
         * least of all what eager joins have fed it. */
        uint32_t unused;
        int added = crm_addrset_add(&h->populated, state, 0, 0, &unused);
        if (added < 0) {
            PyErr_NoMemory();
        }
        if (added < 0 || crm_hydration_keep(h, obj) < 0) {
            Py_DECREF(obj);
            return NULL;
        }
    }
    h->ops[index].fresh = 1;
    return obj;
}

/* Says that what load_int() found or made need not be looked up for the next
 * row of its key, unless each row is to be looked at or the object's state lies
 * in a box, which the program may take away. */
static inline void
remember(crm_hydration *h, size_t index, const crm_state *state)
{
    const crm_entity_op *op = &h->program->entities[index];
    h->ops[index].keyed =
        op->poly == NULL && !op->split && !(state->flags & CRM_S_BOXED) &&
        !(h->flags & (CRM_POPULATE_EXISTING | CRM_ONLY_KNOWN));
}

static PyObject *
load_int(crm_hydration *h, size_t index, int64_t id, crm_page *page,
         uint32_t row)
{
    crm_op_state *os = &h->ops[index];
    crm_state *state = crm_identity_get_int(os->map->ids, id);
    if (state != NULL && crm_state_is_dead(state)) {
        /* Its deallocation was put off: it is not there any more. */
        crm_key key = {.is_int = true, .u.i = id};
        state = crm_map_get(os->map, &key);
    }
    if (state != NULL) {
        PyObject *obj = Py_NewRef(crm_state_object(state));
        if (refresh(h, index, state, page, row) < 0) {
            Py_DECREF(obj);
            return NULL;
        }
        remember(h, index, state);
        return obj;
    }
    if (h->flags & CRM_ONLY_KNOWN) {
        return Py_NewRef(Py_None);
    }
    uint64_t version = crm_identity_version(os->map->ids);
    PyObject *obj =
        make_entity(h, &h->program->entities[index], page, row, &state);
    if (obj == NULL) {
        return NULL;
    }
    if (crm_identity_version(os->map->ids) != version &&
        crm_identity_get_int(os->map->ids, id) != NULL) {
        /* The collector ran code that loaded it meanwhile. */
        Py_DECREF(obj);
        return load_int(h, index, id, page, row);
    }
    state->key.i = id;
    state->flags |= CRM_S_KEY | CRM_S_INT_KEY;
    obj = enter(h, index, obj, state);
    if (obj != NULL) {
        remember(h, index, state);
    }
    return obj;
}

void
crm_hydration_blame(const char *what, PyObject *name)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    PyObject *note = PyUnicode_FromFormat("(%s %R)", what, name);
    PyObject *done =
        note == NULL ? NULL : PyObject_CallMethod(value, "add_note", "O", note);
    Py_XDECREF(note);
    Py_XDECREF(done);
    PyErr_Clear();
    PyErr_Restore(type, value, traceback);
}

/* The key of a row that is not one integer: the value, or a tuple.  A new
 * reference; None if there is no entity; NULL with an exception. */
static PyObject *
decode_key(crm_hydration *h, crm_entity_op *op, const crm_page *page,
           const uint64_t *row)
{
    crm_manager *manager = op->own.layout->manager;
    uint16_t nulls = 0;
    for (uint16_t i = 0; i < op->npk; i++) {
        nulls += crm_page_tag(page, row, op->pk_cols[i]) == CRM_NULL;
    }
    if (nulls == op->npk || (nulls > 0 && !op->partial_key)) {
        return Py_NewRef(Py_None);
    }
    PyObject *key = PyTuple_New(op->npk);
    if (key == NULL) {
        return NULL;
    }
    for (uint16_t i = 0; i < op->npk; i++) {
        crm_attr *attr = &manager->attrs[manager->pk[i]];
        crm_cell cell = crm_page_cell(page, row, op->pk_cols[i]);
        PyObject *value = crm_decode(
            h->core, crm_attr_codec(attr, op->own.layout->typed), &cell);
        if (value == NULL) {
            crm_hydration_blame("primary key column", attr->name);
            Py_DECREF(key);
            return NULL;
        }
        PyTuple_SET_ITEM(key, i, value);
    }
    return key;
}

/* The value of a single key was decoded; its attribute need not do that again.
 */
static void
keep_key_value(const crm_entity_op *op, crm_state *state)
{
    const crm_layout *layout = op->own.layout;
    if (op->npk != 1 || op->poly != NULL) {
        return;
    }
    uint16_t slot = layout->manager->pk[0];
    if (slot < state->nslots && slot < layout->ncols &&
        layout->col[slot] == op->pk_cols[0] && state->slots[slot] == NULL) {
        state->slots[slot] = Py_NewRef(state->key.o);
    }
}

static PyObject *
load_any(crm_hydration *h, size_t index, crm_page *page, uint32_t row)
{
    crm_entity_op *op = &h->program->entities[index];
    crm_op_state *os = &h->ops[index];
    PyObject *values = decode_key(h, op, page, crm_page_row(page, row));
    if (values == NULL || values == Py_None) {
        return values;
    }
    crm_key key;
    PyObject *own;
    int found =
        crm_key_from_values(op->own.layout->manager, values, &key, &own);
    Py_DECREF(values);
    if (found <= 0) {
        return crm_none_or_error(found);
    }
    if (key.is_int) {
        return load_int(h, index, key.u.i, page, row);
    }
    crm_state *state = crm_map_get(os->map, &key);
    PyObject *obj = NULL;
    if (state != NULL) {
        obj = Py_NewRef(crm_state_object(state));
        Py_DECREF(own);
        if (refresh(h, index, state, page, row) < 0) {
            Py_CLEAR(obj);
        }
        return obj;
    }
    if (h->flags & CRM_ONLY_KNOWN) {
        Py_DECREF(own);
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    }
    if (!PyErr_Occurred()) {
        uint64_t version = crm_identity_version(os->map->ids);
        obj = make_entity(h, op, page, row, &state);
        if (obj != NULL && crm_identity_version(os->map->ids) != version) {
            /* The collector ran code that may have loaded it meanwhile. */
            crm_state *now = crm_map_get(os->map, &key);
            if (now != NULL) {
                Py_SETREF(obj, Py_NewRef(crm_state_object(now)));
                Py_DECREF(own);
                return obj;
            }
            if (PyErr_Occurred()) {
                Py_CLEAR(obj);
            }
        }
    }
    if (obj == NULL) {
        Py_DECREF(own);
        return NULL;
    }
    state->key.o = own;
    state->flags |= CRM_S_KEY;
    keep_key_value(op, state);
    if (crm_row_may_cycle(h->core, own)) {
        crm_state_track(state);
    }
    return enter(h, index, obj, state);
}

PyObject *
crm_load_entity(crm_hydration *h, size_t index, crm_page *page, uint32_t row)
{
    crm_entity_op *op = &h->program->entities[index];
    if (page->ncols == 0) {
        return crm_present_take(page->words[row]);
    }
    if (op->split) {
        /* The class says where its objects are looked for. */
        const uint64_t *cells = crm_page_row(page, row);
        if (crm_page_tag(page, cells, op->pk_cols[0]) == CRM_NULL) {
            return Py_NewRef(Py_None);
        }
        crm_shape *shape = shape_of_row(h, op, page, row);
        crm_map *map = NULL;
        if (shape != NULL) {
            map = crm_session_map(h->session, shape->layout->manager->root,
                                  h->token);
        }
        if (map == NULL) {
            return NULL;
        }
        h->ops[index].map = map;
    }
    if (op->int_key) {
        const uint64_t *cells = crm_page_row(page, row);
        crm_tag tag = crm_page_tag(page, cells, op->pk_cols[0]);
        if (tag == CRM_INT64) {
            return load_int(h, index, (int64_t)cells[op->pk_cols[0]], page,
                            row);
        }
        if (tag == CRM_NULL) {
            return Py_NewRef(Py_None);
        }
    }
    return load_any(h, index, page, row);
}
