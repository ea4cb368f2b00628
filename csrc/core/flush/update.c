/* update.c: UPDATE of changed objects, DELETE of objects.
 *
 * Neighbours with the same changed columns are a run, and a run is one
 * executemany.
 */
#include "flush.h"

#include "core/arguments.h"
#include "core/objects/state.h"

/* ---- what is changed -------------------------------------------------- */

/* Whether a slot's value differs from the committed one: 1, 0, or -1. */
static int
is_changed(crm_flush *flush, crm_state *state, uint16_t slot, int *special)
{
    crm_core *core = state->layout->manager->core;
    PyObject *old = crm_state_committed(state, slot);
    if (old == NULL) {
        return 0;
    }
    Py_INCREF(old);
    int changed = 1;
    PyObject *now = crm_state_peek(state, slot);
    if (now == NULL) {
        changed = PyErr_Occurred() ? -1 : 1;
    }
    else if (crm_flush_is_expression(flush, now)) {
        *special = 1;
    }
    else if (old != core->no_value) {
        int same = crm_state_same(state, slot, now, old);
        changed = same < 0 ? -1 : !same;
    }
    Py_XDECREF(now);
    Py_DECREF(old);
    return changed;
}

int
crm_flush_is_changed(crm_flush *flush, crm_state *state, uint16_t slot)
{
    int special = 0;
    return state->ext == NULL || state->ext->nchanges == 0
               ? 0
               : is_changed(flush, state, slot, &special);
}

/* The changed ones of `columns`, into `out`: how many, or -1. */
static Py_ssize_t
changed_slots(crm_flush *flush, crm_state *state, const uint16_t *columns,
              size_t ncolumns, uint16_t *out, int *special)
{
    size_t count = 0;
    if (state->ext == NULL || state->ext->nchanges == 0) {
        return 0;
    }
    for (size_t c = 0; c < ncolumns; c++) {
        int changed = is_changed(flush, state, columns[c], special);
        if (changed < 0) {
            return -1;
        }
        if (changed) {
            out[count++] = columns[c];
        }
    }
    return (Py_ssize_t)count;
}

static PyObject *
slots_tuple(const uint16_t *slots, size_t count)
{
    PyObject *tuple = PyTuple_New((Py_ssize_t)count);
    for (size_t i = 0; tuple != NULL && i < count; i++) {
        PyObject *slot = PyLong_FromLong(slots[i]);
        if (slot == NULL) {
            Py_CLEAR(tuple);
            break;
        }
        PyTuple_SET_ITEM(tuple, (Py_ssize_t)i, slot);
    }
    return tuple;
}

PyObject *
crm_changed_columns(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    crm_core *core = PyModule_GetState(module);
    if (!crm_arg_count("changed_columns", nargs, 2, 2)) {
        return NULL;
    }
    crm_state *state = crm_state_of(core, args[0]);
    if (state == NULL) {
        return crm_raise_unmapped(core, args[0]);
    }
    size_t ncolumns;
    uint16_t *columns =
        crm_slots_from(state->layout->manager, args[1], &ncolumns);
    if (columns == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    uint16_t *out = PyMem_Calloc(ncolumns + 1, sizeof(uint16_t));
    if (out == NULL) {
        PyErr_NoMemory();
    }
    else {
        /* Only to tell expressions: they are not asked whether they differ. */
        crm_flush flush = {.core = core};
        int special = 0;
        Py_ssize_t count =
            changed_slots(&flush, state, columns, ncolumns, out, &special);
        if (count >= 0) {
            result = slots_tuple(out, (size_t)count);
        }
    }
    PyMem_Free(out);
    PyMem_Free(columns);
    return result;
}

/* ---- runs ------------------------------------------------------------- */

/* The attributes a run binds, then its new version if there is a `maker` of
 * those, then the key, and the version if rows have one. */
static int
set_sources(crm_flush *flush, const uint16_t *slots, size_t count,
            PyObject **maker)
{
    flush->sources = PyMem_Calloc(count + flush->nkey + 2, sizeof(crm_source));
    if (flush->sources == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t k = 0; k < count; k++) {
        flush->sources[k] = (crm_source){CRM_FROM_SLOT, slots[k]};
    }
    if (maker != NULL) {
        flush->sources[count++] = (crm_source){CRM_FROM_DEFAULT, 0};
        flush->makers = maker;
        flush->ndefaults = 1;
        if (crm_flush_need_defaults(flush) < 0) {
            return -1;
        }
    }
    int from = flush->key_moved ? CRM_FROM_SLOT : CRM_FROM_KEY;
    for (size_t k = 0; k < flush->nkey; k++) {
        flush->sources[count++] = (crm_source){from, flush->key[k]};
    }
    if (flush->version >= 0) {
        flush->sources[count++] = (crm_source){CRM_FROM_VERSION, 0};
    }
    flush->nsources = count;
    for (size_t b = 0; b < flush->plan->nbinds; b++) {
        if (flush->plan->binds[b].index >= flush->nsources) {
            PyErr_SetString(PyExc_ValueError,
                            "a bind of the plan has no value");
            return -1;
        }
    }
    return 0;
}

/* What tells a row, as Python gave it: the slot of its version, and those of
 * its key, which is the identity's if `key` is None. */
static int
set_row(crm_flush *flush, int version, PyObject *key)
{
    if (version < -1 || version >= flush->manager->nattrs) {
        PyErr_SetString(PyExc_ValueError, "bad slot of the version");
        return -1;
    }
    flush->version = version;
    flush->log_each = version >= 0;
    if (key != Py_None) {
        flush->key = crm_slots_from(flush->manager, key, &flush->nkey);
        return flush->key == NULL ? -1 : 0;
    }
    flush->nkey = flush->manager->npk;
    flush->key = PyMem_Calloc(flush->nkey + 1, sizeof(uint16_t));
    if (flush->key == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t k = 0; k < flush->nkey; k++) {
        flush->key[k] = flush->manager->pk[k];
    }
    return 0;
}

/* ---- UPDATE ----------------------------------------------------------- */

typedef struct {
    crm_flush flush;
    uint16_t *columns;
    size_t ncolumns;
    uint16_t *slots;        /* changed in the current run */
    uint16_t *other;        /* the same of the next object */
    PyObject *make;         /* borrowed */
    PyObject *cache;        /* borrowed dict */
    PyObject *next_version; /* borrowed: version -> the next, or NULL */
    int64_t changed;        /* rows */
    int every;              /* all columns are written, changed or not */
} update;

/* The Plan of a run: new reference. */
static crm_plan *
find_plan(update *self, size_t count)
{
    PyObject *key = slots_tuple(self->slots, count);
    if (key == NULL) {
        return NULL;
    }
    PyObject *given = PyTuple_Pack(1, key);
    PyObject *found = crm_flush_find_plan(self->cache, key, self->make, given,
                                          self->flush.core->plan_type);
    Py_XDECREF(given);
    Py_DECREF(key);
    return (crm_plan *)found;
}

/* exc.StaleDataError(expected, matched): the caller knows the table's name. */
static int
raise_stale(crm_core *core, size_t expected, int64_t matched)
{
    PyObject *cls = PyObject_GetAttrString(core->exc, "StaleDataError");
    PyObject *args =
        Py_BuildValue("(nL)", (Py_ssize_t)expected, (long long)matched);
    if (cls != NULL && args != NULL) {
        PyErr_SetObject(cls, args);
    }
    Py_XDECREF(cls);
    Py_XDECREF(args);
    return -1;
}

/* Stores the new versions of a run that was executed. */
static int
feed_versions(crm_flush *flush)
{
    for (size_t k = 0; flush->defaults != NULL && k < flush->length; k++) {
        PyObject *value = flush->defaults[k];
        flush->defaults[k] = NULL;
        if (value != NULL &&
            crm_state_set_loaded(crm_flush_state(flush, flush->first + k),
                                 (uint16_t)flush->version, value) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Whether the program itself changed the version. */
static int
has_version(update *self, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        if (self->slots[k] == self->flush.version) {
            return 1;
        }
    }
    return 0;
}

static int
run(update *self, size_t count)
{
    crm_flush *flush = &self->flush;
    crm_plan *plan = find_plan(self, count);
    if (plan == NULL) {
        return -1;
    }
    flush->plan = plan;
    int64_t changed = 0;
    PyObject **maker = self->next_version == NULL || has_version(self, count)
                           ? NULL
                           : &self->next_version;
    int status = set_sources(flush, self->slots, count, maker);
    if (status == 0) {
        status = crm_flush_run_many(flush, &changed);
    }
    if (status == 0) {
        self->changed += changed;
        status = changed != (int64_t)flush->length
                     ? raise_stale(flush->core, flush->length, changed)
                     : feed_versions(flush);
    }
    crm_flush_clear_sources(flush);
    Py_DECREF(plan);
    flush->plan = NULL;
    return status;
}

/* The changed slots of object `i`, into `out`. */
static Py_ssize_t
classify(update *self, size_t i, uint16_t *out, int *special)
{
    crm_state *state = crm_flush_state(&self->flush, i);
    *special = 0;
    if (!self->every) {
        return changed_slots(&self->flush, state, self->columns, self->ncolumns,
                             out, special);
    }
    for (size_t c = 0; c < self->ncolumns; c++) {
        PyObject *value = crm_state_peek(state, self->columns[c]);
        if (value == NULL && PyErr_Occurred()) {
            return -1;
        }
        *special |=
            value != NULL && crm_flush_is_expression(&self->flush, value);
        Py_XDECREF(value);
        out[c] = self->columns[c];
    }
    return (Py_ssize_t)self->ncolumns;
}

static int
hand_over(update *self, size_t i, Py_ssize_t count)
{
    PyObject *slots = slots_tuple(self->slots, (size_t)count);
    if (slots == NULL) {
        return -1;
    }
    int status = crm_flush_special(&self->flush, i, slots);
    Py_DECREF(slots);
    return status;
}

/* Takes object `i` out, which is unchanged, and those after it that are as
 * well: they do not part a run. */
static int
drop_unchanged(update *self, size_t i)
{
    crm_flush *flush = &self->flush;
    PyObject *kept = PyList_New(0);
    if (kept == NULL) {
        return -1;
    }
    PyObject *holders = flush->holders, *tuple = NULL;
    for (size_t k = 0; k < flush->count; k++) {
        int special;
        Py_ssize_t count = k < i    ? 1
                           : k == i ? 0
                                    : classify(self, k, self->other, &special);
        if (count < 0 ||
            (count > 0 &&
             PyList_Append(kept, PyTuple_GET_ITEM(holders, k)) < 0)) {
            goto done;
        }
    }
    tuple = PyList_AsTuple(kept);
    if (tuple != NULL) {
        flush->count = (size_t)PyTuple_GET_SIZE(tuple);
        flush->holders = tuple;
        Py_DECREF(holders);
    }
done:
    Py_DECREF(kept);
    return tuple == NULL ? -1 : 0;
}

static int
update_all(update *self)
{
    crm_flush *flush = &self->flush;
    size_t i = 0;
    while (i < flush->count) {
        int special;
        Py_ssize_t count = classify(self, i, self->slots, &special);
        if (count < 0) {
            return -1;
        }
        if (count == 0 && !self->every) {
            i++;
            continue;
        }
        if (special) {
            if (hand_over(self, i++, count) < 0) {
                return -1;
            }
            continue;
        }
        flush->first = i++;
        while (i < flush->count) {
            Py_ssize_t next = classify(self, i, self->other, &special);
            if (next < 0) {
                return -1;
            }
            if (next == 0 && !self->every) {
                if (drop_unchanged(self, i) < 0) {
                    return -1;
                }
                continue;
            }
            if (next != count || special ||
                memcmp(self->slots, self->other,
                       (size_t)count * sizeof(uint16_t)) != 0) {
                break;
            }
            i++;
        }
        flush->length = i - flush->first;
        if (run(self, (size_t)count) < 0) {
            return -1;
        }
    }
    return 0;
}

PyObject *
crm_update_objects(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *words[] = {"connection", "manager",      "columns", "make",
                            "cache",      "objects",      "log",     "special",
                            "version",    "next_version", "every",   "key",
                            "key_moved",  "together",     NULL};
    crm_core *core = PyModule_GetState(module);
    update self;
    memset(&self, 0, sizeof(self));
    PyObject *conn, *manager, *columns, *objects;
    PyObject *log = Py_None, *special = Py_None, *next_version = Py_None;
    PyObject *key = Py_None;
    int version = -1, key_moved = 0, together = 0;
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "O!O!OOO!O|OOiOpOpp:update_objects", words,
            core->connection_type, &conn, core->manager_type, &manager,
            &columns, &self.make, &PyDict_Type, &self.cache, &objects, &log,
            &special, &version, &next_version, &self.every, &key, &key_moved,
            &together)) {
        return NULL;
    }
    self.next_version = next_version == Py_None ? NULL : next_version;
    int status =
        crm_flush_begin(&self.flush, conn, manager, objects, log, special);
    if (status == 0) {
        status = set_row(&self.flush, version, key);
        self.flush.key_moved = key_moved;
        self.flush.log_each = self.flush.log_each && !together;
    }
    if (status == 0) {
        self.columns =
            crm_slots_from(self.flush.manager, columns, &self.ncolumns);
        status = self.columns == NULL ? -1 : 0;
    }
    if (status == 0) {
        self.slots = PyMem_Calloc(self.ncolumns + 1, sizeof(uint16_t));
        self.other = PyMem_Calloc(self.ncolumns + 1, sizeof(uint16_t));
        if (self.slots == NULL || self.other == NULL) {
            PyErr_NoMemory();
            status = -1;
        }
    }
    if (status == 0) {
        status = update_all(&self);
    }
    crm_flush_end(&self.flush);
    PyMem_Free(self.columns);
    PyMem_Free(self.slots);
    PyMem_Free(self.other);
    return status < 0 ? NULL : PyLong_FromLongLong(self.changed);
}

/* ---- DELETE ----------------------------------------------------------- */

PyObject *
crm_delete_objects(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *words[] = {"connection", "manager", "plan", "objects",
                            "log",        "version", "key",  NULL};
    crm_core *core = PyModule_GetState(module);
    crm_flush flush;
    memset(&flush, 0, sizeof(flush));
    PyObject *conn, *manager, *plan, *objects, *log = Py_None, *key = Py_None;
    int version = -1;
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "O!O!O!O|OiO:delete_objects", words,
            core->connection_type, &conn, core->manager_type, &manager,
            core->plan_type, &plan, &objects, &log, &version, &key)) {
        return NULL;
    }
    int64_t changed = 0;
    int status = crm_flush_begin(&flush, conn, manager, objects, log, Py_None);
    if (status == 0) {
        status = set_row(&flush, version, key);
    }
    if (status == 0 && flush.count > 0) {
        flush.plan = (crm_plan *)plan;
        flush.length = flush.count;
        flush.log_each = 0;
        status = set_sources(&flush, NULL, 0, NULL);
        if (status == 0) {
            status = crm_flush_run_many(&flush, &changed);
        }
        crm_flush_clear_sources(&flush);
    }
    crm_flush_end(&flush);
    return status < 0 ? NULL : PyLong_FromLongLong(changed);
}
