/* sessionbase.c: SessionBase, the Python type of a session's core. */
#include "core/relations/events.h"
#include "session.h"

/* ---- life ------------------------------------------------------------- */

/* Lets every object go: they are detached, or transient again. */
static void
dissolve(crm_session *self)
{
    for (size_t i = 0; i < self->nmaps; i++) {
        size_t pos = 0;
        crm_key key;
        void *value;
        while (crm_identity_next(self->maps[i]->ids, &pos, &key, &value)) {
            crm_state *state = value;
            state->map = NULL;
            CRM_OFF(state, CRM_S_IN_MAP | CRM_S_TO_DELETE | CRM_S_BORN);
        }
        crm_identity_clear(self->maps[i]->ids);
    }
    size_t pos = 0;
    crm_state *state;
    while ((state = crm_ptrset_next(&self->gone, &pos)) != NULL) {
        state->map = NULL;
        CRM_OFF(state, CRM_S_BORN);
    }
    crm_ptrset_clear(&self->gone);
    pos = 0;
    while ((state = crm_ptrset_next(&self->new_, &pos)) != NULL) {
        state->map = NULL;
        CRM_OFF(state, CRM_S_NEW);
    }
    crm_ptrset held[3] = {self->new_, self->modified, self->deleted};
    crm_ptrset_init(&self->new_);
    crm_ptrset_init(&self->modified);
    crm_ptrset_init(&self->deleted);
    /* The session is consistent; now code may run. */
    for (int i = 0; i < 3; i++) {
        pos = 0;
        while ((state = crm_ptrset_next(&held[i], &pos)) != NULL) {
            Py_DECREF(crm_state_object(state));
        }
        crm_ptrset_free(&held[i]);
    }
}

static PyObject *
session_new(PyTypeObject *type, PyObject *Py_UNUSED(args),
            PyObject *Py_UNUSED(kwargs))
{
    crm_core *core = crm_core_of(type);
    if (core == NULL) {
        return NULL;
    }
    /* object's way, not tp_alloc: it prepares the instance dictionary. */
    PyObject *none = PyTuple_New(0);
    crm_session *self = none == NULL ? NULL
                                     : (crm_session *)PyBaseObject_Type.tp_new(
                                           type, none, NULL);
    Py_XDECREF(none);
    if (self == NULL) {
        return NULL;
    }
    self->core = core;
    self->hash_key = ++core->sessions;
    crm_ptrset_init(&self->new_);
    crm_ptrset_init(&self->modified);
    crm_ptrset_init(&self->deleted);
    crm_ptrset_init(&self->gone);
    return (PyObject *)self;
}

static int
session_traverse(crm_session *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    for (size_t i = 0; i < self->nmaps; i++) {
        Py_VISIT(self->maps[i]->root);
        Py_VISIT(self->maps[i]->token);
    }
    Py_VISIT(self->token);
    const crm_ptrset *sets[] = {&self->new_, &self->modified, &self->deleted};
    for (int i = 0; i < 3; i++) {
        size_t pos = 0;
        crm_state *state;
        while ((state = crm_ptrset_next(sets[i], &pos)) != NULL) {
            Py_VISIT(crm_state_object(state));
        }
    }
    return 0;
}

static int
session_clear(crm_session *self)
{
    dissolve(self);
    return 0;
}

static void
session_dealloc(crm_session *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    dissolve(self);
    for (size_t i = 0; i < self->nmaps; i++) {
        crm_map *map = self->maps[i];
        crm_manager *root = map->root;
        PyObject *token = map->token;
        crm_identity_free(map->ids);
        PyMem_Free(map);
        Py_DECREF((PyObject *)root);
        Py_XDECREF(token);
    }
    PyMem_Free(self->maps);
    Py_XDECREF(self->token);
    crm_ptrset_free(&self->new_);
    crm_ptrset_free(&self->modified);
    crm_ptrset_free(&self->deleted);
    crm_ptrset_free(&self->gone);
    type->tp_free(self);
    Py_DECREF(type);
}

/* ---- lists of objects ------------------------------------------------- */

PyObject *
crm_session_list(const crm_ptrset *set)
{
    PyObject *list = PyList_New(0);
    size_t pos = 0;
    crm_state *state;
    while (list != NULL && (state = crm_ptrset_next(set, &pos)) != NULL) {
        if (!crm_state_is_dead(state) &&
            PyList_Append(list, crm_state_object(state)) < 0) {
            Py_CLEAR(list);
        }
    }
    return list;
}

static PyObject *
session_list_new(crm_session *self, PyObject *Py_UNUSED(ignored))
{
    return crm_session_list(&self->new_);
}

static PyObject *
session_list_modified(crm_session *self, PyObject *Py_UNUSED(ignored))
{
    return crm_session_list(&self->modified);
}

static PyObject *
session_list_deleted(crm_session *self, PyObject *Py_UNUSED(ignored))
{
    return crm_session_list(&self->deleted);
}

static PyObject *
session_list_gone(crm_session *self, PyObject *Py_UNUSED(ignored))
{
    return crm_session_list(&self->gone);
}

static size_t
count_persistent(crm_session *self)
{
    size_t count = 0;
    for (size_t i = 0; i < self->nmaps; i++) {
        count += crm_identity_len(self->maps[i]->ids);
    }
    return count;
}

static PyObject *
session_list_persistent(crm_session *self, PyObject *Py_UNUSED(ignored))
{
    /* Making a list can run the collector, which can change the maps: make it
     * first, and large enough; filling it runs nothing. */
    size_t room = count_persistent(self);
    PyObject *list = PyList_New((Py_ssize_t)room);
    if (list == NULL) {
        return NULL;
    }
    Py_ssize_t n = 0;
    for (size_t i = 0; i < self->nmaps; i++) {
        size_t pos = 0;
        crm_key key;
        void *value;
        while ((size_t)n < room &&
               crm_identity_next(self->maps[i]->ids, &pos, &key, &value)) {
            crm_state *state = value;
            if (!crm_state_is_dead(state)) {
                PyList_SET_ITEM(list, n++, Py_NewRef(crm_state_object(state)));
            }
        }
    }
    if ((size_t)n < room &&
        PyList_SetSlice(list, n, (Py_ssize_t)room, NULL) < 0) {
        Py_CLEAR(list);
    }
    return list;
}

static PyObject *
session_counts(crm_session *self, PyObject *Py_UNUSED(ignored))
{
    const size_t counts[] = {self->new_.count, self->modified.count,
                             self->deleted.count, count_persistent(self)};
    PyObject *made = PyTuple_New(Py_ARRAY_LENGTH(counts));
    for (size_t i = 0; made != NULL && i < Py_ARRAY_LENGTH(counts); i++) {
        PyObject *count = PyLong_FromSize_t(counts[i]);
        if (count == NULL) {
            Py_CLEAR(made);
            break;
        }
        PyTuple_SET_ITEM(made, (Py_ssize_t)i, count);
    }
    return made;
}

/* ---- one object ------------------------------------------------------- */

/* Whether a method of the program's is called as by most: with one object and
 * nothing else, and not by what a flush runs. */
static int
is_plain_call(const crm_session *self, Py_ssize_t nargs, PyObject *names)
{
    return nargs == 1 && names == NULL && !self->executing;
}

/* What the Python method `name` makes of the same arguments. */
static PyObject *
ask_python(crm_session *self, const char *name, PyObject *const *args,
           Py_ssize_t nargs, PyObject *names)
{
    PyObject *method = PyObject_GetAttrString((PyObject *)self, name);
    if (method == NULL) {
        return NULL;
    }
    PyObject *result = PyObject_Vectorcall(method, args, (size_t)nargs, names);
    Py_DECREF(method);
    return result;
}

static PyObject *
session_add(crm_session *self, PyObject *const *args, Py_ssize_t nargs,
            PyObject *names)
{
    if (!is_plain_call(self, nargs, names)) {
        return ask_python(self, "_add_as_told", args, nargs, names);
    }
    return crm_none_or_error(crm_session_add(self, args[0]));
}

static PyObject *
session_add_one(crm_session *self, PyObject *obj)
{
    return crm_none_or_error(crm_session_add(self, obj));
}

/* Calls `step` for each object of an iterable. */
static PyObject *
for_each(crm_session *self, PyObject *objects,
         int (*step)(crm_session *, PyObject *))
{
    PyObject *iterator = PyObject_GetIter(objects);
    if (iterator == NULL) {
        return NULL;
    }
    PyObject *obj;
    int status = 0;
    while (status == 0 && (obj = PyIter_Next(iterator)) != NULL) {
        status = step(self, obj);
        Py_DECREF(obj);
    }
    Py_DECREF(iterator);
    if (status < 0 || PyErr_Occurred()) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
session_add_all(crm_session *self, PyObject *objects)
{
    return for_each(self, objects, crm_session_add);
}

/* The state of a key in the identity map: NULL if there is none, or with an
 * exception.  The caller holds `root`. */
static crm_state *
look_up(crm_session *self, crm_manager *root, const crm_key *key,
        PyObject *token)
{
    crm_map *map = crm_session_map(self, root, token == Py_None ? NULL : token);
    return map == NULL ? NULL : crm_map_get(map, key);
}

static PyObject *
session_get(crm_session *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 2 || nargs > 3 ||
        !Py_IS_TYPE(args[0], self->core->manager_type) ||
        !PyTuple_Check(args[1])) {
        PyErr_SetString(PyExc_TypeError,
                        "_get() takes a ClassManager, a tuple and a token");
        return NULL;
    }
    crm_manager *root = ((crm_manager *)args[0])->root;
    crm_key key;
    PyObject *own;
    int status = crm_key_from_values(root, args[1], &key, &own);
    if (status <= 0) {
        return crm_none_or_error(status);
    }
    crm_state *state =
        look_up(self, root, &key, nargs == 3 ? args[2] : Py_None);
    PyObject *result = NULL;
    if (state != NULL) {
        result = Py_NewRef(crm_state_object(state));
    }
    else if (!PyErr_Occurred()) {
        result = Py_NewRef(Py_None);
    }
    Py_XDECREF(own);
    return result;
}

static PyObject *
session_find(crm_session *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs != 3) {
        PyErr_SetString(PyExc_TypeError,
                        "_find() takes a class, a key and a token");
        return NULL;
    }
    PyObject *cls = args[0], *ident = args[1];
    crm_manager *manager =
        PyType_Check(cls) ? crm_manager_find(self->core, (PyTypeObject *)cls)
                          : NULL;
    if (manager == NULL || manager->class_ != cls) {
        Py_RETURN_FALSE; /* a mapper, or nothing that is mapped */
    }
    if (manager->always_refresh) {
        Py_RETURN_NONE; /* it is loaded in any case */
    }
    crm_manager *root = manager->root;
    crm_key key;
    PyObject *own = NULL;
    int status = 0;
    /* A comparison of keys or tokens may run code that unmaps the class. */
    Py_INCREF((PyObject *)root);
    if (root->npk == 1 &&
        (PyLong_CheckExact(ident) || PyUnicode_CheckExact(ident))) {
        status = crm_key_from_value(root, ident, &key, &own);
    }
    else if (PyTuple_CheckExact(ident) &&
             PyTuple_GET_SIZE(ident) == root->npk) {
        status = crm_key_from_values(root, ident, &key, &own);
    }
    PyObject *result = NULL;
    if (status > 0) {
        crm_state *state = look_up(self, root, &key, args[2]);
        if (state == NULL) {
            result = PyErr_Occurred() ? NULL : Py_None;
        }
        else {
            PyObject *obj = crm_state_object(state);
            result = Py_TYPE(obj) == (PyTypeObject *)cls &&
                             (state->flags & CRM_S_EXPIRED) == 0
                         ? obj
                         : Py_False;
        }
    }
    else if (status == 0) {
        result = Py_False;
    }
    Py_XINCREF(result);
    Py_DECREF((PyObject *)root);
    Py_XDECREF(own);
    return result;
}

/* The state of an object that has a row: NULL with an error. */
static crm_state *
need_persisted(crm_session *self, PyObject *obj)
{
    crm_state *state = crm_session_mapped(self, obj);
    if (state != NULL && (state->flags & CRM_S_KEY) == 0) {
        crm_session_refuse(state, "InvalidRequestError",
                           "Instance '%U' is not persisted");
        return NULL;
    }
    return state;
}

static PyObject *
session_mark_deleted(crm_session *self, PyObject *obj)
{
    crm_state *state = need_persisted(self, obj);
    if (state == NULL) {
        return NULL;
    }
    int attach = crm_session_before_attach(self, state);
    if (attach < 0 || (attach && crm_session_attach_checked(self, state) < 0) ||
        crm_session_hold(&self->deleted, state, CRM_S_TO_DELETE) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
session_load_pending(crm_session *self, PyObject *obj)
{
    crm_state *state = crm_session_mapped(self, obj);
    if (state == NULL || crm_session_load_pending(self, state) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
session_delete(crm_session *self, PyObject *const *args, Py_ssize_t nargs,
               PyObject *names)
{
    if (is_plain_call(self, nargs, names)) {
        crm_state *state = crm_state_of(self->core, args[0]);
        int status = state == NULL ? 0 : crm_session_delete_loaded(self, state);
        if (status != 0) {
            return crm_none_or_error(Py_MIN(status, 0));
        }
    }
    return ask_python(self, "_delete_as_told", args, nargs, names);
}

static PyObject *
session_unmark_deleted(crm_session *self, PyObject *obj)
{
    crm_state *state = crm_session_mapped(self, obj);
    if (state == NULL) {
        return NULL;
    }
    if (state->map != NULL && state->map->session == self) {
        crm_session_unhold(&self->deleted, state, CRM_S_TO_DELETE);
    }
    Py_RETURN_NONE;
}

static PyObject *
session_expunge(crm_session *self, PyObject *obj)
{
    crm_state *state = crm_session_mapped(self, obj);
    if (state == NULL) {
        return NULL;
    }
    if (state->map == NULL || state->map->session != self) {
        crm_session_refuse(state, "InvalidRequestError",
                           "Instance %U is not present in this Session");
        return NULL;
    }
    return crm_none_or_error(crm_session_leave(self, state, 0));
}

static PyObject *
session_expunge_each(crm_session *self, PyObject *objects)
{
    if (!PyList_Check(objects)) {
        PyErr_SetString(PyExc_TypeError, "a list of objects was expected");
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(objects); i++) {
        PyObject *obj = Py_NewRef(PyList_GET_ITEM(objects, i));
        crm_state *state = crm_state_of(self->core, obj);
        int status = 0;
        if (state != NULL && state->map != NULL &&
            state->map->session == self) {
            status = crm_session_leave(self, state, 0);
        }
        Py_DECREF(obj);
        if (status < 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

static PyObject *
session_expunge_all(crm_session *self, PyObject *Py_UNUSED(ignored))
{
    self->emptied++;
    dissolve(self);
    Py_RETURN_NONE;
}

static PyObject *
session_expire_all(crm_session *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *list = session_list_persistent(self, NULL);
    if (list == NULL) {
        return NULL;
    }
    /* An error keeps none of the others from being expired: they may be told of
     * it, and Python code does not run while an exception is set. */
    PyObject *type = NULL, *error = NULL, *traceback = NULL;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        crm_state *state = crm_state_of(self->core, PyList_GET_ITEM(list, i));
        /* (it has none any more if the program took it from its dict) */
        if (state == NULL || crm_state_expire(state, NULL, 0) == 0) {
            continue;
        }
        if (type == NULL) {
            PyErr_Fetch(&type, &error, &traceback);
        }
        else {
            PyErr_Clear();
        }
    }
    Py_DECREF(list);
    if (type != NULL) {
        PyErr_Restore(type, error, traceback);
        return NULL;
    }
    Py_RETURN_NONE;
}

static int
register_one(crm_session *self, PyObject *obj)
{
    crm_state *state = crm_session_mapped(self, obj);
    return state == NULL ? -1 : crm_session_register(self, state);
}

static PyObject *
session_register(crm_session *self, PyObject *objects)
{
    return for_each(self, objects, register_one);
}

static PyObject *
session_attach(crm_session *self, PyObject *obj)
{
    crm_state *state = need_persisted(self, obj);
    if (state == NULL) {
        return NULL;
    }
    int attach = crm_session_before_attach(self, state);
    /* An object of the session that is not in the map any more comes back, if
     * nothing has its place. */
    if (attach < 0 || ((attach || !crm_session_contains(self, state)) &&
                       crm_session_attach_checked(self, state) < 0)) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static int
remove_deleted_one(crm_session *self, PyObject *obj)
{
    crm_state *state = crm_session_mapped(self, obj);
    if (state == NULL) {
        return -1;
    }
    if ((state->flags & CRM_S_IN_MAP) == 0) {
        return 0;
    }
    int status = crm_session_give_way(self, state);
    if (status > 0) {
        state->flags |= CRM_S_DELETED;
    }
    return status < 0 ? -1 : 0;
}

static PyObject *
session_remove_deleted(crm_session *self, PyObject *objects)
{
    return for_each(self, objects, remove_deleted_one);
}

static int
restore_deleted_one(crm_session *self, PyObject *obj)
{
    crm_state *state = crm_session_mapped(self, obj);
    if (state == NULL) {
        return -1;
    }
    if ((state->flags & CRM_S_DELETED) == 0 ||
        (state->map != NULL && state->map->session != self)) {
        return 0;
    }
    CRM_OFF(state, CRM_S_DELETED);
    if (state->flags & CRM_S_IN_MAP) {
        return 0; /* it was to be deleted once more */
    }
    crm_map *map = crm_session_map_of(self, state);
    crm_key key;
    PyObject *own;
    if (map == NULL || crm_state_map_key(state, &key, &own) < 0) {
        return -1;
    }
    crm_state *other = crm_map_get(map, &key);
    int status = other == NULL && PyErr_Occurred() ? -1 : 0;
    PyObject *replaced = NULL;
    if (other != NULL && other != state) {
        /* It took a place that was never free. */
        replaced = Py_NewRef(crm_state_object(other));
        status = crm_session_give_way(self, other);
    }
    Py_XDECREF(own);
    if (status >= 0) {
        status = crm_session_attach(map, state);
    }
    if (status == 0) {
        crm_ptrset_remove(&self->gone, state);
    }
    Py_XDECREF(replaced);
    return status;
}

static PyObject *
session_restore_deleted(crm_session *self, PyObject *objects)
{
    return for_each(self, objects, restore_deleted_one);
}

static int
make_transient_one(crm_session *self, PyObject *obj)
{
    crm_state *state = crm_session_mapped(self, obj);
    if (state == NULL) {
        return -1;
    }
    return crm_session_leave(self, state, 1);
}

static PyObject *
session_make_transient(crm_session *self, PyObject *objects)
{
    return for_each(self, objects, make_transient_one);
}

static int
session_contains(crm_session *self, PyObject *obj)
{
    crm_state *state = crm_session_mapped(self, obj);
    return state == NULL ? -1 : crm_session_contains(self, state);
}

/* ---- the type --------------------------------------------------------- */

PyDoc_STRVAR(
    session_add_doc,
    "add($self, instance, _warn=True)\n--\n\n"
    "Put an object, and those it refers to, into the session.\n\n"
    "instance: a new object, which the next flush inserts, or a detached one. "
    "Raises\norm.exc.UnmappedInstanceError for what is not mapped, "
    "exc.InvalidRequestError if it is\nin another session, or another object "
    "has its identity here.");
PyDoc_STRVAR(
    session_delete_doc,
    "delete($self, instance)\n--\n\n"
    "Mark an object, and those its cascades name, to be deleted by the next "
    "flush.\n\n"
    "instance: a persistent or detached object: exc.InvalidRequestError for "
    "others.");

static PyMethodDef session_methods[] = {
    {"add", CRM_FAST(session_add), METH_FASTCALL | METH_KEYWORDS,
     session_add_doc},
    {"delete", CRM_FAST(session_delete), METH_FASTCALL | METH_KEYWORDS,
     session_delete_doc},
    {"_add", (PyCFunction)session_add_one, METH_O,
     "add() with its save-update cascade."},
    {"_add_all", (PyCFunction)session_add_all, METH_O, "_add() for each."},
    {"_get", CRM_FAST(session_get), METH_FASTCALL,
     "_get(manager, key, token=None): the object in the identity map, or "
     "None."},
    {"_find", CRM_FAST(session_find), METH_FASTCALL,
     "_find(class, key, token): the object in the identity map if it can be "
     "given out as it is, None if there is none, False if neither is sure."},
    {"_mark_deleted", (PyCFunction)session_mark_deleted, METH_O,
     "The next flush deletes it."},
    {"_load_pending", (PyCFunction)session_load_pending, METH_O,
     "Attach an object whose relationships are loaded though it has no row."},
    {"_unmark_deleted", (PyCFunction)session_unmark_deleted, METH_O,
     "The next flush does not delete it."},
    {"_expunge", (PyCFunction)session_expunge, METH_O,
     "Detach one object, no cascade."},
    {"_expunge_each", (PyCFunction)session_expunge_each, METH_O,
     "_expunge() of those of a list that are in this session."},
    {"_expunge_all", (PyCFunction)session_expunge_all, METH_NOARGS,
     "Detach every object."},
    {"_expire_all", (PyCFunction)session_expire_all, METH_NOARGS,
     "Expire every persistent object."},
    {"_new", (PyCFunction)session_list_new, METH_NOARGS, "Pending objects."},
    {"_modified", (PyCFunction)session_list_modified, METH_NOARGS,
     "Objects with the modified mark."},
    {"_deleted", (PyCFunction)session_list_deleted, METH_NOARGS,
     "Objects the next flush deletes."},
    {"_gone", (PyCFunction)session_list_gone, METH_NOARGS,
     "Objects deleted in this transaction that are still referenced."},
    {"_persistent", (PyCFunction)session_list_persistent, METH_NOARGS,
     "Every object in the identity map."},
    {"_counts", (PyCFunction)session_counts, METH_NOARGS,
     "(new, modified, deleted, persistent)."},
    {"_register", (PyCFunction)session_register, METH_O,
     "After INSERT: pending objects become persistent."},
    {"_attach", (PyCFunction)session_attach, METH_O,
     "A detached object becomes persistent, no cascade."},
    {"_remove_deleted", (PyCFunction)session_remove_deleted, METH_O,
     "After DELETE: out of the identity map."},
    {"_restore_deleted", (PyCFunction)session_restore_deleted, METH_O,
     "Rollback of _remove_deleted."},
    {"_make_transient", (PyCFunction)session_make_transient, METH_O,
     "No identity, no session."},
    {NULL},
};

static PyMemberDef session_members[] = {
    {"_event_mask", T_UINT, offsetof(crm_session, events), 0,
     "SESSION_* bits: the events that _fire() is called for."},
    {"_begun", T_BOOL, offsetof(crm_session, begun), 0,
     "A transaction is begun."},
    {"_tokens", T_BOOL, offsetof(crm_session, tokens), 0,
     "Some object has, or may have, an identity token."},
    {"_warn_on_events", T_BOOL, offsetof(crm_session, executing), 0,
     "A flush is at its statements: relating objects calls _flush_warning()."},
    {"hash_key", T_ULONGLONG, offsetof(crm_session, hash_key), READONLY,
     "Number of the session."},
    {NULL},
};

static PyObject *
session_get_unflushed(crm_session *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(self->new_.count != 0 || self->modified.count != 0 ||
                           self->deleted.count != 0);
}

static PyObject *
session_get_token(crm_session *self, void *Py_UNUSED(closure))
{
    return Py_NewRef(self->token != NULL ? self->token : Py_None);
}

static int
session_set_token(crm_session *self, PyObject *token, void *Py_UNUSED(closure))
{
    PyObject *old = self->token;
    self->token = token == Py_None ? NULL : Py_XNewRef(token);
    self->tokens |= self->token != NULL;
    Py_XDECREF(old);
    return 0;
}

static PyGetSetDef session_getset[] = {
    {"_identity_token", (getter)session_get_token, (setter)session_set_token,
     "The identity token of objects that results which begin now bring.", NULL},
    {"_unflushed", (getter)session_get_unflushed, NULL,
     "There are objects that a flush has to look at.", NULL},
    {NULL},
};

/* No instance dictionary: Session gets one of CPython's managed kind, whose
 * attributes the interpreter reads in place. */
static PyType_Slot session_slots[] = {
    {Py_tp_doc, "Identity map, new, modified and deleted objects."},
    {Py_tp_new, session_new},
    {Py_tp_dealloc, session_dealloc},
    {Py_tp_traverse, session_traverse},
    {Py_tp_clear, session_clear},
    {Py_tp_methods, session_methods},
    {Py_tp_members, session_members},
    {Py_tp_getset, session_getset},
    {Py_sq_contains, session_contains},
    {0, NULL},
};

static PyType_Spec session_spec = {
    .name = "cormorant._core.SessionBase",
    .basicsize = sizeof(crm_session),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = session_slots,
};

int
crm_session_init(crm_core *core, PyObject *module)
{
    core->session_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &session_spec, NULL);
    if (core->session_type == NULL) {
        return -1;
    }
    return PyModule_AddType(module, core->session_type);
}
