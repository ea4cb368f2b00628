/* loading.c: what loader strategies do per object, in bulk.
 *
 * A selectin or subquery load runs one statement for many parents.  Python
 * builds and runs it; gathering the parents out of a result, their keys, and
 * giving each its children is done here.  All functions need the GIL.
 */
#include "core/core.h"

#include "plain/addrset.h"
#include "core/relations/collection.h"
#include "row.h"
#include "core/objects/state.h"
#include "core/values/uuid.h"

static crm_core *
module_core(PyObject *module)
{
    return (crm_core *)PyModule_GetState(module);
}

/* ---- collect_parents -------------------------------------------------- */

typedef struct {
    crm_core *core;
    const uint16_t *walk;
    Py_ssize_t nwalk;
    PyObject *owners; /* borrowed tuple: nwalk + 1 ClassManagers, or NULL */
    crm_addrset seen;
    PyObject *out;
} collector;

/* Whether a relationship has been loaded. */
static int
is_loaded(crm_state *state, uint16_t slot)
{
    return CRM_SLOT_HAS(crm_state_held(state, slot));
}

/* Whether the class of an object has what is followed, or loaded, at a step. */
static int
has_step(const collector *c, crm_state *state, Py_ssize_t at)
{
    crm_manager *manager = crm_state_manager(state);
    if (c->owners != NULL) {
        return crm_manager_isa(manager,
                               (crm_manager *)PyTuple_GET_ITEM(c->owners, at));
    }
    return at == c->nwalk || c->walk[at] < manager->nattrs;
}

/* Follows what is loaded at step `at` of the walk from `obj`. */
static int
collect(collector *c, PyObject *obj, Py_ssize_t at)
{
    crm_state *state = crm_state_of(c->core, obj);
    if (state == NULL) {
        if (obj == Py_None) {
            return 0;
        }
        PyErr_SetString(PyExc_TypeError, "a row item is not a mapped object");
        return -1;
    }
    if (!has_step(c, state, at)) {
        return 0;
    }
    int added =
        crm_addrset_add(&c->seen, state, (uint32_t)at, 0, &(uint32_t){0});
    if (added <= 0) {
        if (added < 0) {
            PyErr_NoMemory();
        }
        return added;
    }
    if (at == c->nwalk) {
        return PyList_Append(c->out, obj);
    }
    if (!is_loaded(state, c->walk[at])) {
        return 0;
    }
    PyObject *value = Py_NewRef(crm_state_held(state, c->walk[at]));
    int status = 0;
    if (crm_state_attr(state, c->walk[at])->kind == CRM_ATTR_COLLECTION) {
        PyObject *members = crm_collection_members(c->core, value);
        status = members == NULL ? -1 : 0;
        for (Py_ssize_t i = 0; status == 0 && i < PyList_GET_SIZE(members);
             i++) {
            status = collect(c, PyList_GET_ITEM(members, i), at + 1);
        }
        Py_XDECREF(members);
    }
    else {
        status = collect(c, value, at + 1);
    }
    Py_DECREF(value);
    return status;
}

static PyObject *
collect_parents(PyObject *module, PyObject *args)
{
    PyObject *rows, *walk, *owners = NULL;
    Py_ssize_t item;
    if (!PyArg_ParseTuple(args, "OnO|O!:collect_parents", &rows, &item, &walk,
                          &PyTuple_Type, &owners)) {
        return NULL;
    }
    collector c = {.core = module_core(module), .owners = owners};
    size_t nslots;
    uint16_t *slots = crm_slots_from(NULL, walk, &nslots);
    if (slots == NULL) {
        return NULL;
    }
    c.nwalk = (Py_ssize_t)nslots;
    Py_ssize_t nowners = owners == NULL ? 0 : PyTuple_GET_SIZE(owners);
    int fine = owners == NULL || nowners == c.nwalk + 1;
    for (Py_ssize_t i = 0; i < nowners; i++) {
        fine &= Py_IS_TYPE(PyTuple_GET_ITEM(owners, i), c.core->manager_type);
    }
    if (!fine) {
        PyMem_Free(slots);
        PyErr_SetString(PyExc_TypeError, "a ClassManager for each step");
        return NULL;
    }
    c.walk = slots;
    PyObject *fast = PySequence_Fast(rows, "rows must be a sequence");
    c.out = fast == NULL ? NULL : PyList_New(0);
    int status = c.out == NULL ? -1 : 0;
    for (Py_ssize_t i = 0; status == 0 && i < PySequence_Fast_GET_SIZE(fast);
         i++) {
        PyObject *obj =
            crm_row_item(c.core, PySequence_Fast_GET_ITEM(fast, i), item);
        status = obj == NULL ? -1 : collect(&c, obj, 0);
    }
    crm_addrset_free(&c.seen);
    PyMem_Free(slots);
    Py_XDECREF(fast);
    if (status < 0) {
        Py_CLEAR(c.out);
    }
    return c.out;
}

/* ---- key_values ------------------------------------------------------- */

/* The value of a slot; with `identity`, a part of the key as the database has
 * it, whatever the program has assigned. */
static PyObject *
part_of(crm_state *state, uint16_t slot, int identity)
{
    const crm_manager *manager = crm_state_manager(state);
    if (identity && (state->flags & CRM_S_KEY)) {
        for (uint16_t at = 0; at < manager->npk; at++) {
            if (manager->pk[at] == slot) {
                return crm_state_key_part(state, at);
            }
        }
    }
    return crm_attr_get(state, slot);
}

/* The values of several slots: the value itself for one slot, else a tuple. */
static PyObject *
key_of(crm_state *state, const uint16_t *slots, Py_ssize_t count, int identity)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        if (slots[i] >= crm_state_manager(state)->nattrs) {
            PyErr_SetString(PyExc_IndexError, "no such slot");
            return NULL;
        }
    }
    if (count == 1) {
        return part_of(state, slots[0], identity);
    }
    PyObject *key = PyTuple_New(count);
    for (Py_ssize_t i = 0; key != NULL && i < count; i++) {
        PyObject *value = part_of(state, slots[i], identity);
        if (value == NULL) {
            Py_CLEAR(key);
            break;
        }
        PyTuple_SET_ITEM(key, i, value);
    }
    return key;
}

static PyObject *
key_values(PyObject *module, PyObject *args)
{
    PyObject *objects, *sequence;
    int identity = 0;
    if (!PyArg_ParseTuple(args, "O!O|p:key_values", &PyList_Type, &objects,
                          &sequence, &identity)) {
        return NULL;
    }
    crm_core *core = module_core(module);
    size_t count;
    uint16_t *slots = crm_slots_from(NULL, sequence, &count);
    if (slots == NULL) {
        return NULL;
    }
    PyObject *out = PyList_New(0);
    for (Py_ssize_t i = 0; out != NULL && i < PyList_GET_SIZE(objects); i++) {
        PyObject *obj = Py_NewRef(PyList_GET_ITEM(objects, i));
        crm_state *state = crm_state_of(core, obj);
        PyObject *key = NULL;
        if (state == NULL) {
            PyErr_SetString(PyExc_TypeError, "not a mapped object");
        }
        else {
            key = key_of(state, slots, (Py_ssize_t)count, identity);
        }
        Py_DECREF(obj);
        if (key == NULL || PyList_Append(out, key) < 0) {
            Py_CLEAR(out);
        }
        Py_XDECREF(key);
    }
    PyMem_Free(slots);
    return out;
}

/* ---- distinct_keys ---------------------------------------------------- */

static int
is_whole(PyObject *key, int single)
{
    return single ? key != Py_None
                  : PyTuple_Check(key) && crm_key_count_none(key) == 0;
}

static PyObject *
distinct_keys(PyObject *module, PyObject *args)
{
    PyObject *keys;
    int single;
    if (!PyArg_ParseTuple(args, "O!p:distinct_keys", &PyList_Type, &keys,
                          &single)) {
        return NULL;
    }
    crm_core *core = module_core(module);
    PyObject *order = NULL, *found = PyDict_New(); /* plain -> key */
    if (found == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(keys); i++) {
        PyObject *key = Py_NewRef(PyList_GET_ITEM(keys, i));
        int status = 0;
        if (is_whole(key, single)) {
            PyObject *plain = crm_plain_key(core, key);
            status = plain == NULL ? -1 : PyDict_SetItem(found, plain, key);
            Py_XDECREF(plain);
        }
        Py_DECREF(key);
        if (status < 0) {
            goto done;
        }
    }
    order = PyDict_Keys(found);
    if (order != NULL && PyList_Sort(order) < 0) {
        /* What has no order comes as it came. */
        if (!PyErr_ExceptionMatches(PyExc_TypeError)) {
            Py_CLEAR(order);
            goto done;
        }
        PyErr_Clear();
        Py_SETREF(order, PyDict_Keys(found));
    }
    for (Py_ssize_t i = 0; order != NULL && i < PyList_GET_SIZE(order); i++) {
        PyObject *plain = PyList_GET_ITEM(order, i);
        PyObject *key = PyDict_GetItemWithError(found, plain);
        if (key == NULL) {
            if (!PyErr_Occurred()) {
                PyErr_SetObject(PyExc_KeyError, plain);
            }
            Py_CLEAR(order);
            break;
        }
        PyList_SET_ITEM(order, i, Py_NewRef(key));
        Py_DECREF(plain);
    }
done:
    Py_DECREF(found);
    return order;
}

/* ---- distribute ------------------------------------------------------- */

/* A row's key: items [first, first + count) as key_of makes them, as it stands
 * in a dict; new reference. */
static PyObject *
row_key(crm_core *core, PyObject *row, Py_ssize_t first, Py_ssize_t count)
{
    if (count == 1) {
        PyObject *value = crm_row_item(core, row, first);
        return value == NULL ? NULL : crm_plain_key(core, value);
    }
    PyObject *key = PyTuple_New(count);
    for (Py_ssize_t i = 0; key != NULL && i < count; i++) {
        PyObject *value = crm_row_item(core, row, first + i);
        if (value == NULL) {
            Py_CLEAR(key);
            break;
        }
        PyTuple_SET_ITEM(key, i, Py_NewRef(value));
    }
    if (key != NULL) {
        Py_SETREF(key, crm_plain_key(core, key));
    }
    return key;
}

/* Rows of one key that follow each other. */
typedef struct {
    Py_ssize_t first, count;
    Py_ssize_t next; /* the run of the same key that comes next, or -1 */
    /* of a key's first run: */
    Py_ssize_t last; /* its last one */
    Py_ssize_t uses; /* how many parents have the key */
} run;

/* Which rows have which key. */
typedef struct {
    crm_core *core;
    PyObject *rows;   /* borrowed list */
    Py_ssize_t item;  /* of a row: its object; -1: it is the object */
    PyObject *by_key; /* owned dict: key -> number of its first run */
    run *runs;
    size_t nruns, cap;
} groups;

static void
groups_clear(groups *g)
{
    Py_CLEAR(g->by_key);
    PyMem_Free(g->runs);
}

/* A run of the row at `first`; 0, or -1 with MemoryError. */
static int
add_run(groups *g, Py_ssize_t first)
{
    if (g->nruns == g->cap) {
        size_t cap = g->cap == 0 ? 64 : g->cap * 2;
        run *runs = PyMem_Realloc(g->runs, cap * sizeof(run));
        if (runs == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        g->runs = runs;
        g->cap = cap;
    }
    Py_ssize_t number = (Py_ssize_t)g->nruns++;
    g->runs[number] = (run){first, 1, -1, number, 0};
    return 0;
}

/* The first run of a key: 1 and its number; 0: it has none; -1 with an
 * exception. */
static int
find_run(const groups *g, PyObject *key, Py_ssize_t *number)
{
    PyObject *found = PyDict_GetItemWithError(g->by_key, key);
    if (found == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    *number = PyLong_AsSsize_t(found);
    return 1;
}

/* The row at `at` begins a run of `key`. */
static int
begin_run(groups *g, PyObject *key, Py_ssize_t at)
{
    Py_ssize_t first;
    int found = find_run(g, key, &first);
    if (found < 0 || add_run(g, at) < 0) {
        return -1;
    }
    Py_ssize_t number = (Py_ssize_t)g->nruns - 1;
    if (found) {
        g->runs[g->runs[first].last].next = number;
        g->runs[first].last = number;
        return 0;
    }
    PyObject *value = PyLong_FromSsize_t(number);
    int status = value == NULL ? -1 : PyDict_SetItem(g->by_key, key, value);
    Py_XDECREF(value);
    return status;
}

/* Finds out which rows have which key: 0, or -1 with an exception.  Either way
 * `g` is to be cleared. */
static int
group(groups *g, Py_ssize_t nkey)
{
    Py_ssize_t count = nkey < 0 ? -nkey : nkey;
    Py_ssize_t first = nkey < 0 ? 1 : 0;
    g->item = nkey < 0 ? 0 : nkey;
    g->by_key = PyDict_New();
    if (g->by_key == NULL) {
        return -1;
    }
    PyObject *last_key = NULL; /* rows of one key mostly come together */
    int status = 0;
    for (Py_ssize_t i = 0; status == 0 && i < PyList_GET_SIZE(g->rows); i++) {
        PyObject *row = Py_NewRef(PyList_GET_ITEM(g->rows, i));
        PyObject *key = crm_row_item(g->core, row, g->item) == NULL
                            ? NULL
                            : row_key(g->core, row, first, count);
        Py_DECREF(row);
        if (key == NULL) {
            status = -1;
        }
        else if (key == last_key) {
            g->runs[g->nruns - 1].count++;
            Py_DECREF(key);
        }
        else {
            status = begin_run(g, key, i);
            Py_XSETREF(last_key, key);
        }
    }
    Py_XDECREF(last_key);
    return status;
}

/* The object of a row: a new reference, or NULL with an exception.  With `take`
 * nobody asks for it again: a row that lasts no longer gives its own reference,
 * so that the object, which may be in no near cache, is not touched. */
static PyObject *
object_of(const groups *g, Py_ssize_t at, int take)
{
    if (at >= PyList_GET_SIZE(g->rows)) {
        PyErr_SetString(PyExc_RuntimeError, "the rows have changed");
        return NULL;
    }
    PyObject *row = PyList_GET_ITEM(g->rows, at);
    PyObject *obj = crm_row_item(g->core, row, g->item);
    if (take && obj != NULL && Py_IS_TYPE(row, g->core->row_type) &&
        crm_row_is_brief((crm_row *)row)) {
        ((crm_row *)row)->items[g->item] = Py_NewRef(Py_None);
        return obj;
    }
    return Py_XNewRef(obj);
}

/* The objects of a key's rows in their order, from the number of its first run
 * (-1: none): a new list, or NULL with an exception. */
static PyObject *
objects_of(const groups *g, Py_ssize_t first)
{
    Py_ssize_t count = 0, filled = 0;
    for (Py_ssize_t i = first; i >= 0; i = g->runs[i].next) {
        count += g->runs[i].count;
    }
    int take = first >= 0 && g->runs[first].uses == 1;
    PyObject *list = PyList_New(count);
    for (Py_ssize_t i = first; list != NULL && i >= 0; i = g->runs[i].next) {
        for (Py_ssize_t n = 0; n < g->runs[i].count; n++) {
            PyObject *obj = object_of(g, g->runs[i].first + n, take);
            if (obj == NULL) {
                Py_DECREF(list);
                return NULL;
            }
            PyList_SET_ITEM(list, filled++, obj);
        }
    }
    return list;
}

/* What a parent gets, by the number of its key's first run: a new reference, or
 * NULL with an exception. */
static PyObject *
share_of(const groups *g, Py_ssize_t first, int collection)
{
    if (collection) {
        return objects_of(g, first);
    }
    return first < 0 ? Py_NewRef(Py_None)
                     : object_of(g, g->runs[first].first, 0);
}

/* The parent's attribute is left as it is. */
#define KEEPS (-2)

/* The state of a parent that has such a slot: borrowed, NULL with an
 * exception. */
static crm_state *
state_of_parent(crm_core *core, PyObject *parent, uint16_t slot)
{
    crm_state *state = crm_state_of(core, parent);
    if (state == NULL) {
        PyErr_SetString(PyExc_TypeError, "not a mapped object");
    }
    else if (slot >= crm_state_manager(state)->nattrs) {
        PyErr_SetString(PyExc_IndexError, "no such slot");
        state = NULL;
    }
    return state;
}

/* Finds the number of the first run of a parent's key: -1: it has no rows, or
 * KEEPS.  0, or -1 with an exception. */
static int
look_up(groups *g, PyObject *parent, PyObject *parent_key, uint16_t slot,
        int overwrite, Py_ssize_t *first)
{
    crm_state *state = state_of_parent(g->core, parent, slot);
    if (state == NULL) {
        return -1;
    }
    if (!overwrite && is_loaded(state, slot)) {
        *first = KEEPS;
        return 0;
    }
    PyObject *key = crm_plain_key(g->core, parent_key);
    if (key == NULL) {
        return -1;
    }
    *first = -1;
    int found = find_run(g, key, first);
    Py_DECREF(key);
    if (found > 0) {
        g->runs[*first].uses++;
    }
    return found < 0 ? -1 : 0; /* the key cannot be hashed or compared */
}

/* Gives a parent its share: 0, or -1 with an exception. */
static int
give(const groups *g, PyObject *parent, uint16_t slot, Py_ssize_t first,
     int collection, int overwrite)
{
    PyObject *value = share_of(g, first, collection);
    if (value == NULL) {
        return -1;
    }
    crm_state *state = state_of_parent(g->core, parent, slot);
    if (state == NULL || (!overwrite && is_loaded(state, slot))) {
        Py_DECREF(value);
        return state == NULL ? -1 : 0;
    }
    return crm_state_set_loaded(state, slot, value);
}

static PyObject *
distribute(PyObject *module, PyObject *args)
{
    PyObject *parents, *keys, *rows;
    unsigned short slot;
    Py_ssize_t nkey;
    int collection, overwrite;
    if (!PyArg_ParseTuple(args, "O!O!HO!npp:distribute", &PyList_Type, &parents,
                          &PyList_Type, &keys, &slot, &PyList_Type, &rows,
                          &nkey, &collection, &overwrite)) {
        return NULL;
    }
    crm_core *core = module_core(module);
    if (PyList_GET_SIZE(parents) != PyList_GET_SIZE(keys) || nkey == 0) {
        PyErr_SetString(PyExc_ValueError,
                        "one key for each parent is expected");
        return NULL;
    }
    Py_ssize_t count = PyList_GET_SIZE(parents);
    groups g = {.core = core, .rows = rows};
    /* The first runs of all before anything is given: what several parents get
     * is not to be taken out of the rows, nor what one of them has made of it
     * meanwhile. */
    Py_ssize_t *firsts = PyMem_New(Py_ssize_t, count > 0 ? count : 1);
    int status = -1;
    if (firsts == NULL) {
        PyErr_NoMemory();
    }
    else {
        status = group(&g, nkey);
    }
    /* (Comparing keys runs code, which may change the lists.) */
    for (Py_ssize_t i = 0; status == 0 && i < count; i++) {
        firsts[i] = KEEPS;
        if (i < PyList_GET_SIZE(parents) && i < PyList_GET_SIZE(keys)) {
            PyObject *parent = Py_NewRef(PyList_GET_ITEM(parents, i));
            PyObject *key = Py_NewRef(PyList_GET_ITEM(keys, i));
            status = look_up(&g, parent, key, slot, overwrite, &firsts[i]);
            Py_DECREF(key);
            Py_DECREF(parent);
        }
    }
    for (Py_ssize_t i = 0;
         status == 0 && i < count && i < PyList_GET_SIZE(parents); i++) {
        if (firsts[i] != KEEPS) {
            PyObject *parent = Py_NewRef(PyList_GET_ITEM(parents, i));
            status = give(&g, parent, slot, firsts[i], collection, overwrite);
            Py_DECREF(parent);
        }
    }
    PyMem_Free(firsts);
    int several =
        status == 0 && PyDict_GET_SIZE(g.by_key) < PyList_GET_SIZE(rows);
    groups_clear(&g);
    return status < 0 ? NULL : PyBool_FromLong(several);
}

static PyMethodDef methods[] = {
    {"collect_parents", collect_parents, METH_VARARGS,
     PyDoc_STR("collect_parents(rows, item, walk): the objects to load a "
               "relationship for, each once.")},
    {"key_values", key_values, METH_VARARGS,
     PyDoc_STR(
         "key_values(objects, slots, identity=False): a value (or tuple) of "
         "each object.")},
    {"distinct_keys", distinct_keys, METH_VARARGS,
     PyDoc_STR("distinct_keys(keys, single): those without None, each once, in "
               "order if they have one.")},
    {"distribute", distribute, METH_VARARGS,
     PyDoc_STR("distribute(parents, keys, slot, rows, nkey, collection, "
               "overwrite): give each parent the objects of the rows with its "
               "key. True: a key has several.")},
    {NULL},
};

int
crm_loading_init(crm_core *core, PyObject *module)
{
    (void)core;
    return PyModule_AddFunctions(module, methods);
}
