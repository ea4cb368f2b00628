/* insert.c: INSERT of new objects.
 *
 * Neighbours that provide the same columns are a run and share an InsertPlan.
 * Without RETURNING or a generated key the run is one executemany; with one of
 * them, an execution per object.  Logs and errors may show a page of objects as
 * one statement of several rows.
 */
#include "flush.h"
#include "core/engine/raise.h"

#include "core/objects/state.h"

/* A column as insert_objects is told of it. */
typedef struct {
    uint16_t slot;
    uint8_t rule;    /* CRM_COLUMN_* */
    PyObject *maker; /* borrowed from the caller's tuple: the default */
} column;

typedef struct {
    crm_flush flush;
    PyObject *items; /* owned tuple of column tuples */
    column *columns;
    size_t ncolumns;
    uint8_t *given;    /* per column: the current run provides it */
    uint8_t *other;    /* the same of the next object */
    PyObject *make;    /* borrowed */
    PyObject *cache;   /* borrowed dict */
    PyObject **makers; /* for flush.makers */
    PyObject *filled;  /* borrowed list, or NULL: see note_filled() */
} insert;

/* ---- the columns ------------------------------------------------------ */

static int
read_columns(insert *self, PyObject *sequence)
{
    self->items = PySequence_Tuple(sequence);
    if (self->items == NULL) {
        return -1;
    }
    self->ncolumns = (size_t)PyTuple_GET_SIZE(self->items);
    self->columns = PyMem_Calloc(self->ncolumns + 1, sizeof(column));
    self->given = PyMem_Calloc(self->ncolumns + 1, 1);
    self->other = PyMem_Calloc(self->ncolumns + 1, 1);
    self->makers = PyMem_Calloc(self->ncolumns + 1, sizeof(PyObject *));
    if (self->columns == NULL || self->given == NULL || self->other == NULL ||
        self->makers == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < self->ncolumns; i++) {
        PyObject *item = PyTuple_GET_ITEM(self->items, (Py_ssize_t)i);
        int slot, rule;
        PyObject *maker;
        if (!PyTuple_Check(item)) {
            PyErr_SetString(PyExc_TypeError, "a column is a tuple");
            return -1;
        }
        if (!PyArg_ParseTuple(item, "iiO:column", &slot, &rule, &maker)) {
            return -1;
        }
        if (slot < 0 || slot >= self->flush.manager->nattrs ||
            rule < CRM_COLUMN_ALWAYS || rule > CRM_COLUMN_VERSION) {
            PyErr_SetString(PyExc_ValueError, "bad column");
            return -1;
        }
        self->columns[i] = (column){(uint16_t)slot, (uint8_t)rule, maker};
    }
    return 0;
}

/* Which columns an object provides, into `given`: 1 if some value is an SQL
 * expression, 0 if none is, -1 with an exception. */
static int
classify(insert *self, size_t i, uint8_t *given)
{
    crm_flush *flush = &self->flush;
    crm_state *state = crm_flush_state(flush, i);
    int special = 0;
    for (size_t c = 0; c < self->ncolumns; c++) {
        uint16_t slot = self->columns[c].slot;
        if (self->columns[c].rule == CRM_COLUMN_VERSION) {
            given[c] = 0;
            continue;
        }
        PyObject *held = slot < state->nslots ? state->slots[slot] : NULL;
        if (CRM_SLOT_HAS(held)) {
            Py_INCREF(held);
        }
        else {
            held = crm_state_peek(state, slot);
            if (held == NULL && PyErr_Occurred()) {
                return -1;
            }
        }
        if (held == NULL || held == Py_None) {
            uint8_t rule = self->columns[c].rule;
            int unset = rule == CRM_COLUMN_OMIT_UNSET ||
                        rule == CRM_COLUMN_DEFAULT_UNSET;
            given[c] = rule == CRM_COLUMN_ALWAYS || (unset && held != NULL);
        }
        else {
            given[c] = 1;
            special |= crm_flush_is_expression(flush, held);
        }
        Py_XDECREF(held);
    }
    return special;
}

/* ---- the plan of a run ------------------------------------------------ */

static int
has_default(const column *col)
{
    return col->rule == CRM_COLUMN_DEFAULT ||
           col->rule == CRM_COLUMN_DEFAULT_UNSET ||
           col->rule == CRM_COLUMN_VERSION;
}

/* The slots a run binds: new tuple. */
static PyObject *
bound_slots(insert *self)
{
    PyObject *list = PyList_New(0);
    for (size_t c = 0; list != NULL && c < self->ncolumns; c++) {
        if (!self->given[c] && !has_default(&self->columns[c])) {
            continue;
        }
        PyObject *slot = PyLong_FromLong(self->columns[c].slot);
        if (slot == NULL || PyList_Append(list, slot) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(slot);
    }
    PyObject *tuple = list == NULL ? NULL : PyList_AsTuple(list);
    Py_XDECREF(list);
    return tuple;
}

/* The InsertPlan of the run, from the cache or new: new reference. */
static crm_insert_plan *
find_plan(insert *self, int many)
{
    PyObject *slots = bound_slots(self);
    if (slots == NULL) {
        return NULL;
    }
    PyObject *given = PyTuple_Pack(2, slots, many ? Py_True : Py_False);
    Py_DECREF(slots);
    PyObject *found = crm_flush_find_plan(self->cache, given, self->make, given,
                                          self->flush.core->insert_plan_type);
    Py_XDECREF(given);
    return (crm_insert_plan *)found;
}

/* Where the binds of the plan take their values from. */
static int
set_sources(insert *self, crm_insert_plan *plan)
{
    crm_flush *flush = &self->flush;
    flush->plan = plan->plan;
    flush->nsources = plan->nslots + 1u;
    flush->ndefaults = 0;
    flush->sources = PyMem_Calloc(flush->nsources, sizeof(crm_source));
    if (flush->sources == NULL) {
        flush->nsources = 0;
        PyErr_NoMemory();
        return -1;
    }
    flush->sources[plan->nslots] = (crm_source){CRM_FROM_PLACE, 0};
    flush->makers = self->makers;
    for (uint16_t k = 0; k < plan->nslots; k++) {
        flush->sources[k] = (crm_source){CRM_FROM_SLOT, plan->slots[k]};
        for (size_t c = 0; c < self->ncolumns; c++) {
            column *col = &self->columns[c];
            if (col->slot == plan->slots[k] && !self->given[c] &&
                has_default(col)) {
                if (flush->ndefaults == self->ncolumns) {
                    PyErr_SetString(PyExc_ValueError,
                                    "a plan binds an attribute once");
                    return -1;
                }
                self->makers[flush->ndefaults] = col->maker;
                flush->sources[k] = (crm_source){CRM_FROM_DEFAULT,
                                                 (uint16_t)flush->ndefaults++};
            }
        }
    }
    return flush->ndefaults > 0 ? crm_flush_need_defaults(flush) : 0;
}

/* ---- what comes back -------------------------------------------------- */

/* Stores what the database made (a stolen reference).  If the object had
 * another value once, as one that was made transient had a key, its history
 * tells. */
static int
store(crm_state *state, uint16_t slot, PyObject *value)
{
    if (value == NULL) {
        return -1;
    }
    const crm_change *change = crm_state_change(state, slot);
    if (change == NULL || change->old == Py_None ||
        change->old == crm_state_manager(state)->core->no_value ||
        crm_state_attr(state, slot)->flags & CRM_ATTR_TRACKED) {
        return crm_state_set_loaded(state, slot, value);
    }
    return crm_state_put(state, slot, value);
}

/* Stores defaults, generated keys and returned columns in the objects. */
static int
feed_object(insert *self, crm_insert_plan *plan, size_t k, int64_t id,
            const crm_page *page, const uint64_t *row)
{
    crm_flush *flush = &self->flush;
    crm_state *state = crm_flush_state(flush, flush->first + k);
    for (size_t s = 0; s < flush->nsources; s++) {
        crm_source source = flush->sources[s];
        if (source.origin == CRM_FROM_DEFAULT) {
            PyObject **place =
                &flush->defaults[k * flush->ndefaults + source.at];
            PyObject *value = *place;
            *place = NULL;
            if (value != NULL &&
                crm_state_set_loaded(state, plan->slots[s], value) < 0) {
                return -1;
            }
        }
    }
    if (plan->last_id >= 0) {
        PyObject *value = PyLong_FromLongLong(id);
        if (store(state, (uint16_t)plan->last_id, value) < 0) {
            return -1;
        }
    }
    for (uint16_t r = 0; row != NULL && r < plan->nreturning; r++) {
        uint16_t slot = plan->returning[r];
        crm_cell cell = crm_page_cell(page, row, r);
        PyObject *value = crm_decode(
            flush->core,
            crm_attr_codec(&flush->manager->attrs[slot], plan->plan->typed),
            &cell);
        if (store(state, slot, value) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
feed_run(insert *self, crm_insert_plan *plan, crm_batch *batch)
{
    size_t page = 0;
    uint32_t row = 0;
    for (size_t k = 0; k < self->flush.length; k++) {
        const crm_page *from = NULL;
        const uint64_t *cells = NULL;
        if (plan->nreturning > 0) {
            while (page < batch->result.npages &&
                   row >= batch->result.pages[page]->nrows) {
                page++;
                row = 0;
            }
            if (page >= batch->result.npages ||
                batch->result.ncols < plan->nreturning) {
                return crm_connection_error(self->flush.conn, "InternalError",
                                            "INSERT returned too little");
            }
            from = batch->result.pages[page];
            cells = crm_page_row(from, row++);
        }
        int64_t id = batch->ids == NULL ? 0 : batch->ids[k];
        if (feed_object(self, plan, k, id, from, cells) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
put_slot(PyObject *slots, Py_ssize_t *n, int32_t slot)
{
    PyObject *number = PyLong_FromLong(slot);
    if (number == NULL) {
        return -1;
    }
    PyTuple_SET_ITEM(slots, (*n)++, number);
    return 0;
}

/* Whether the program gives what is returned as well. */
static int
is_bound(const crm_insert_plan *plan, uint16_t slot)
{
    for (uint16_t s = 0; s < plan->nslots; s++) {
        if (plan->slots[s] == slot) {
            return 1;
        }
    }
    return 0;
}

/* Notes which slots of the objects of a run now hold what no program gave:
 * (place of the first, how many, slots). */
static int
note_filled(insert *self, crm_insert_plan *plan)
{
    crm_flush *flush = &self->flush;
    size_t room = flush->ndefaults + plan->nreturning + 1u;
    PyObject *slots =
        self->filled == NULL ? NULL : PyTuple_New((Py_ssize_t)room);
    if (slots == NULL) {
        return self->filled == NULL ? 0 : -1;
    }
    Py_ssize_t n = 0;
    int status = 0;
    for (size_t s = 0; status == 0 && s < flush->nsources; s++) {
        if (flush->sources[s].origin == CRM_FROM_DEFAULT) {
            status = put_slot(slots, &n, plan->slots[s]);
        }
    }
    for (uint16_t r = 0; status == 0 && r < plan->nreturning; r++) {
        if (!is_bound(plan, plan->returning[r])) {
            status = put_slot(slots, &n, plan->returning[r]);
        }
    }
    if (status == 0 && plan->last_id >= 0) {
        status = put_slot(slots, &n, plan->last_id);
    }
    if (status == 0 && _PyTuple_Resize(&slots, n) < 0) {
        return -1; /* (which let it go) */
    }
    if (status == 0 && n > 0) {
        PyObject *note = Py_BuildValue("(nnO)", (Py_ssize_t)flush->first,
                                       (Py_ssize_t)flush->length, slots);
        status = note == NULL ? -1 : PyList_Append(self->filled, note);
        Py_XDECREF(note);
    }
    Py_DECREF(slots);
    return status;
}

/* ---- running ---------------------------------------------------------- */

/* Runs what a listener has made of a page: one execution, for `rows` objects,
 * whose parameters were encoded. */
static int
run_changed(crm_insert_plan *plan, crm_batch *batch, size_t rows)
{
    uint64_t before = batch->result.nrows;
    crm_batch_add(batch);
    batch->returning = 0; /* a row per object, not per execution */
    int status = crm_batch_run(batch);
    batch->returning = plan->nreturning > 0;
    if (status < 0) {
        return -1;
    }
    batch->done += rows - 1;
    if (batch->returning && batch->result.nrows != before + rows) {
        return crm_connection_error(batch->conn, "InternalError",
                                    "INSERT returned too little");
    }
    return 0;
}

/* An execution per object, with something to bring back, or shown in pages. */
static int
run_each(insert *self, crm_insert_plan *plan, crm_batch *batch)
{
    crm_flush *flush = &self->flush;
    size_t length = flush->length;
    size_t page = length > 1 ? plan->page : 0, step = Py_MAX(page, 1);
    /* (A key that the driver tells is none that a batch returns.) */
    int counted = length > 1 && (page > 0 || plan->nreturning > 0);
    size_t total = counted ? (length + step - 1) / step : 0;
    for (size_t k = 0; k < length; k++) {
        size_t start = k - k % step;
        size_t rows = page == 0 ? 0 : Py_MIN(page, length - start);
        int status = 0;
        if (k == start) {
            status = crm_flush_log(flush, flush->first + k, rows,
                                   counted ? k / step + 1 : 0, total,
                                   plan->nreturning > 0);
            if (status == 0) {
                status = crm_batch_use(batch, crm_flush_plan(flush));
            }
        }
        if (status == 0) {
            PyObject **keep;
            crm_cell *cells = crm_batch_next(batch, &keep);
            status = crm_flush_encode(flush, flush->first + k, cells, keep);
        }
        if (status == 0 && rows > 0 && flush->instead != NULL) {
            status = run_changed(plan, batch, rows);
            k += rows - 1;
        }
        else {
            int full = crm_batch_add(batch);
            /* what is logged is run before more is */
            full |= flush->log != NULL && (k + 1) % step == 0;
            if (status == 0 && (full || k + 1 == length)) {
                status = crm_batch_run(batch);
            }
        }
        if (status < 0) {
            size_t failed = Py_MIN(batch->done, k);
            if (page > 0) {
                failed -= failed % step;
                rows = Py_MIN(page, length - failed);
            }
            crm_flush_failed(flush, flush->first + failed, rows);
            return -1;
        }
    }
    return 0;
}

static int
run_bound(insert *self, crm_insert_plan *plan)
{
    crm_flush *flush = &self->flush;
    crm_batch batch;
    int status;
    int brings = plan->nreturning > 0 || plan->last_id >= 0;
    if (!brings && (plan->page == 0 || flush->length == 1)) {
        int64_t changed;
        status = crm_flush_run_many(flush, &changed);
        memset(&batch, 0, sizeof(batch));
        if (status == 0 && flush->ndefaults > 0) {
            status = feed_run(self, plan, &batch);
        }
        return status;
    }
    status = crm_batch_begin(&batch, flush->conn, flush->plan, flush->length,
                             plan->nreturning > 0, plan->last_id >= 0);
    if (status == 0) {
        status = run_each(self, plan, &batch);
    }
    if (status == 0 && (brings || flush->ndefaults > 0)) {
        status = feed_run(self, plan, &batch);
    }
    crm_batch_end(&batch);
    Py_CLEAR(flush->instead);
    return status;
}

static int
run(insert *self)
{
    crm_insert_plan *plan = find_plan(self, self->flush.length > 1);
    if (plan == NULL) {
        return -1;
    }
    int status = -1;
    for (uint16_t k = 0; k < plan->nreturning; k++) {
        if (plan->returning[k] >= self->flush.manager->nattrs) {
            PyErr_SetString(PyExc_ValueError, "bad returning slot");
            goto end;
        }
    }
    if (set_sources(self, plan) == 0) {
        status = run_bound(self, plan);
    }
    if (status == 0) {
        status = note_filled(self, plan);
    }
    crm_flush_clear_sources(&self->flush);

end:
    Py_DECREF(plan);
    return status;
}

/* Divides the objects into runs and executes them in order. */
static int
insert_all(insert *self)
{
    crm_flush *flush = &self->flush;
    size_t i = 0;
    int special = flush->count == 0 ? 0 : classify(self, 0, self->given);
    while (i < flush->count) {
        if (special < 0) {
            return -1;
        }
        if (special) {
            if (crm_flush_special(flush, i, NULL) < 0) {
                return -1;
            }
            if (++i < flush->count) {
                special = classify(self, i, self->given);
            }
            continue;
        }
        flush->first = i++;
        while (i < flush->count) {
            special = classify(self, i, self->other);
            if (special != 0 ||
                memcmp(self->given, self->other, self->ncolumns) != 0) {
                break;
            }
            i++;
        }
        if (special < 0) {
            return -1;
        }
        flush->length = i - flush->first;
        if (run(self) < 0) {
            return -1;
        }
        uint8_t *given = self->given;
        self->given = self->other;
        self->other = given;
    }
    return 0;
}

PyObject *
crm_insert_objects(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *words[] = {"connection", "manager", "columns", "make",
                            "cache",      "objects", "log",     "special",
                            "filled",     NULL};
    crm_core *core = PyModule_GetState(module);
    insert self;
    memset(&self, 0, sizeof(self));
    PyObject *conn, *manager, *columns, *objects;
    PyObject *log = Py_None, *special = Py_None;
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "O!O!OOO!O|OOO!:insert_objects", words,
            core->connection_type, &conn, core->manager_type, &manager,
            &columns, &self.make, &PyDict_Type, &self.cache, &objects, &log,
            &special, &PyList_Type, &self.filled)) {
        return NULL;
    }
    int status =
        crm_flush_begin(&self.flush, conn, manager, objects, log, special);
    if (status == 0) {
        status = read_columns(&self, columns);
    }
    if (status == 0) {
        status = insert_all(&self);
    }
    crm_flush_end(&self.flush);
    Py_XDECREF(self.items);
    PyMem_Free(self.columns);
    PyMem_Free(self.given);
    PyMem_Free(self.other);
    PyMem_Free(self.makers);
    return crm_none_or_error(status);
}
