/* association.c: the rows of a secondary table that a flush inserts and
 * deletes because of a many-to-many relationship.
 *
 * A relationship with another one at its far end finds each change on both
 * sides: what the first side has written is kept as pairs of objects, which
 * the other side leaves out.  No row is made for those.
 */
#include "uow.h"

/* ---- Pairs ------------------------------------------------------------ */

/* A parent and a member of its relationship, both owned; NULL: free. */
typedef struct {
    PyObject *parent, *member;
} pair;

/* An open-addressing hash, by address; nothing is removed. */
typedef struct {
    PyObject_HEAD
    pair *table; /* NULL until something is added */
    size_t mask, count;
} crm_pairs;

/* Where a pair is in a table, or the free place for it. */
static pair *
find(pair *table, size_t mask, const PyObject *parent, const PyObject *member)
{
    /* objects are 16 bytes apart at least; the multipliers spread neighbours */
    uint64_t hash = ((uintptr_t)parent >> 4) * UINT64_C(0x9E3779B97F4A7C15);
    hash = (hash ^ ((uintptr_t)member >> 4)) * UINT64_C(0xD1342543DE82EF95);
    for (size_t i = (size_t)(hash >> 20) & mask;; i = (i + 1) & mask) {
        pair *entry = &table[i];
        if (entry->parent == NULL ||
            (entry->parent == parent && entry->member == member)) {
            return entry;
        }
    }
}

static int
has_pair(const crm_pairs *self, const PyObject *parent, const PyObject *member)
{
    return self->count > 0 &&
           find(self->table, self->mask, parent, member)->parent != NULL;
}

static int
grow(crm_pairs *self)
{
    size_t size = self->table == NULL ? 64 : (self->mask + 1) * 2;
    pair *table = PyMem_Calloc(size, sizeof(pair));
    if (table == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; self->table != NULL && i <= self->mask; i++) {
        pair *entry = &self->table[i];
        if (entry->parent != NULL) {
            *find(table, size - 1, entry->parent, entry->member) = *entry;
        }
    }
    PyMem_Free(self->table);
    self->table = table;
    self->mask = size - 1;
    return 0;
}

/* 0, or -1 with MemoryError. */
static int
add_pair(crm_pairs *self, PyObject *parent, PyObject *member)
{
    if ((self->table == NULL || self->count * 3 > self->mask * 2) &&
        grow(self) < 0) {
        return -1;
    }
    pair *entry = find(self->table, self->mask, parent, member);
    if (entry->parent == NULL) {
        entry->parent = Py_NewRef(parent);
        entry->member = Py_NewRef(member);
        self->count++;
    }
    return 0;
}

static int
pairs_traverse(crm_pairs *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    for (size_t i = 0; self->table != NULL && i <= self->mask; i++) {
        Py_VISIT(self->table[i].parent);
        Py_VISIT(self->table[i].member);
    }
    return 0;
}

static int
pairs_clear(crm_pairs *self)
{
    pair *table = self->table;
    size_t mask = self->mask;
    self->table = NULL; /* whatever the objects' finalizers do */
    self->count = self->mask = 0;
    for (size_t i = 0; table != NULL && i <= mask; i++) {
        Py_XDECREF(table[i].parent);
        Py_XDECREF(table[i].member);
    }
    PyMem_Free(table);
    return 0;
}

static void
pairs_dealloc(crm_pairs *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    pairs_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyType_Slot pairs_slots[] = {
    {Py_tp_doc,
     "Pairs()\n--\n\n"
     "Which pairs of objects a flush has seen of a relationship."},
    {Py_tp_dealloc, pairs_dealloc},
    {Py_tp_traverse, pairs_traverse},
    {Py_tp_clear, pairs_clear},
    {0, NULL},
};

static PyType_Spec pairs_spec = {
    .name = "cormorant._core.Pairs",
    .basicsize = sizeof(crm_pairs),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = pairs_slots,
};

/* ---- rows ------------------------------------------------------------- */

/* What association_rows() was given, borrowed, and what it makes, owned. */
typedef struct {
    crm_core *core;
    crm_session *session;
    PyObject *objects; /* a list */
    uint16_t slot;
    int deleting;
    crm_slot_list keys[2]; /* of the object; of the members' class */
    crm_slot_list side, place;
    crm_pairs *mine;
    PyObject *theirs; /* a tuple of Pairs */
    PyObject *kept;   /* histories, or NULL */
    PyObject *inserts, *deletes, *strangers, *lost, *wrong;
} association;

/* The row of a pair of objects: side[i] says from which of the two and place[i]
 * from which of its key slots column i comes. */
static PyObject *
make_row(const association *a, crm_state *pair[2], const crm_slot_list *keys[2])
{
    PyObject *row = PyTuple_New(a->side.count);
    int plain = 1;
    for (Py_ssize_t i = 0; row != NULL && i < a->side.count; i++) {
        crm_state *state = pair[a->side.items[i]];
        uint16_t slot = keys[a->side.items[i]]->items[a->place.items[i]];
        PyObject *value = crm_state_peek(state, slot);
        if (value == NULL && !PyErr_Occurred()) {
            value = crm_attr_get(state, slot);
        }
        if (value == NULL) {
            Py_CLEAR(row);
            break;
        }
        plain &= !PyObject_IS_GC(value);
        PyTuple_SET_ITEM(row, i, value);
    }
    if (row != NULL && plain && a->side.count > 0) {
        PyObject_GC_UnTrack(row); /* there will be many; none is in a cycle */
    }
    return row;
}

/* Whether the other side has written the row of a pair. */
static int
is_written(const association *a, const PyObject *obj, const PyObject *member)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(a->theirs); i++) {
        if (has_pair((crm_pairs *)PyTuple_GET_ITEM(a->theirs, i), member,
                     obj)) {
            return 1;
        }
    }
    return 0;
}

/* Adds the row of an object and what its relationship gained or lost to the
 * list, or says why there is none: 0, or -1 with an exception. */
static int
add_member(const association *a, PyObject *obj, crm_state *state,
           PyObject *child, int removed)
{
    if (is_written(a, obj, child)) {
        return add_pair(a->mine, obj, child);
    }
    crm_state *member = crm_state_of(a->core, child);
    if (member == NULL) {
        if (child != Py_None) {
            return crm_append_pair(a->strangers, obj, child);
        }
        return crm_is_none_member(state, a->slot, child)
                   ? PyList_Append(a->wrong, child)
                   : 0;
    }
    if (crm_is_stranger(a->session, member)) {
        return crm_append_pair(removed ? a->lost : a->strangers, obj, child);
    }
    crm_manager *expected = crm_target_of(state, a->slot);
    if (!crm_is_member(expected, child)) {
        return PyList_Append(a->wrong, child);
    }
    crm_slot_list room;
    const crm_slot_list *theirs =
        crm_own_slots(member, expected, &a->keys[1], &room);
    if (theirs == NULL) {
        return -1;
    }
    crm_state *both[2] = {state, member};
    const crm_slot_list *keys[2] = {&a->keys[0], theirs};
    PyObject *row = make_row(a, both, keys);
    int status = row == NULL
                     ? -1
                     : PyList_Append(removed ? a->deletes : a->inserts, row);
    Py_XDECREF(row);
    return status < 0 ? -1 : add_pair(a->mine, obj, child);
}

static int
add_members(const association *a, PyObject *obj, crm_state *state,
            PyObject *members, int removed)
{
    int status = 0;
    for (Py_ssize_t i = 0;
         status == 0 && members != NULL && i < PyList_GET_SIZE(members); i++) {
        status =
            add_member(a, obj, state, PyList_GET_ITEM(members, i), removed);
    }
    return status;
}

static int
add_object(const association *a, PyObject *obj)
{
    crm_state *state = crm_need_state(a->core, obj);
    if (state == NULL || crm_check_slot(state, a->slot) < 0) {
        return -1;
    }
    PyObject *added = NULL, *removed = NULL;
    int status = 0;
    if (a->deleting) {
        PyObject *history = Py_XNewRef(crm_kept_history(a->kept, state));
        if (history == NULL && !PyErr_Occurred()) {
            history = crm_state_history(state, a->slot);
        }
        if (history != NULL) {
            removed = PySequence_Concat(PyTuple_GET_ITEM(history, 2),
                                        PyTuple_GET_ITEM(history, 1));
            Py_DECREF(history);
        }
        status = removed == NULL ? -1 : 0;
    }
    else if (crm_kept_changes(a->kept, state, a->slot, &added, &removed) < 0) {
        status = -1;
    }
    if (status == 0) {
        status = add_members(a, obj, state, added, 0);
    }
    if (status == 0) {
        status = add_members(a, obj, state, removed, 1);
    }
    Py_XDECREF(added);
    Py_XDECREF(removed);
    return status;
}

static int
parse(association *a, PyObject *args)
{
    PyObject *owner, *source, *target, *sides, *places;
    long slot;
    if (!PyArg_ParseTuple(args, "OO!lOOOOO!O!p|O:association_rows", &owner,
                          &PyList_Type, &a->objects, &slot, &source, &target,
                          &sides, &places, a->core->pairs_type, &a->mine,
                          &PyTuple_Type, &a->theirs, &a->deleting, &a->kept) ||
        crm_parse_slots(source, &a->keys[0]) < 0 ||
        crm_parse_slots(target, &a->keys[1]) < 0 ||
        crm_parse_slots(sides, &a->side) < 0 ||
        crm_parse_slots(places, &a->place) < 0) {
        return -1;
    }
    if (slot < 0 || slot > UINT16_MAX || a->place.count != a->side.count) {
        PyErr_SetString(PyExc_ValueError, "no such slot");
        return -1;
    }
    a->slot = (uint16_t)slot;
    for (Py_ssize_t i = 0; i < a->side.count; i++) {
        if (a->side.items[i] > 1 ||
            a->place.items[i] >= a->keys[a->side.items[i]].count) {
            PyErr_SetString(PyExc_ValueError, "no such key column");
            return -1;
        }
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(a->theirs); i++) {
        if (!Py_IS_TYPE(PyTuple_GET_ITEM(a->theirs, i), a->core->pairs_type)) {
            PyErr_SetString(PyExc_TypeError, "Pairs were expected");
            return -1;
        }
    }
    a->session = crm_need_session(a->core, owner);
    return a->session == NULL ? -1 : 0;
}

PyDoc_STRVAR(rows_doc,
             "association_rows(session, objects, slot, source, target, side, "
             "place, mine, theirs, deleting, kept=None)\n--\n\n"
             "Rows of a secondary table to insert and to delete because of the "
             "history of a\nmany-to-many relationship: (inserts, deletes, "
             "strangers, lost, wrong). With `deleting`, all rows of the\n"
             "objects go. What is found in a Pairs of the tuple `theirs` (of "
             "the other side) is left out; `mine`\ngets what is found here.");

static PyObject *
uow_association_rows(PyObject *module, PyObject *args)
{
    association a = {.core = crm_uow_core(module)};
    PyObject *result = NULL;
    if (parse(&a, args) < 0) {
        return NULL;
    }
    PyObject **const lists[] = {&a.inserts, &a.deletes, &a.strangers, &a.lost,
                                &a.wrong};
    int status = 0;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(lists); i++) {
        *lists[i] = PyList_New(0);
        status |= *lists[i] == NULL ? -1 : 0;
    }
    for (Py_ssize_t i = 0; status == 0 && i < PyList_GET_SIZE(a.objects); i++) {
        PyObject *obj = Py_NewRef(PyList_GET_ITEM(a.objects, i));
        status = add_object(&a, obj);
        Py_DECREF(obj);
    }
    if (status == 0) {
        result =
            PyTuple_Pack(5, a.inserts, a.deletes, a.strangers, a.lost, a.wrong);
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(lists); i++) {
        Py_XDECREF(*lists[i]);
    }
    return result;
}

static PyMethodDef functions[] = {
    {"association_rows", uow_association_rows, METH_VARARGS, rows_doc},
    {NULL},
};

int
crm_association_init(crm_core *core, PyObject *module)
{
    core->pairs_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &pairs_spec, NULL);
    if (core->pairs_type == NULL ||
        PyModule_AddType(module, core->pairs_type) < 0) {
        return -1;
    }
    return PyModule_AddFunctions(module, functions);
}
