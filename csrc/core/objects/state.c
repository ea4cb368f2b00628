/* state.c: the state of a mapped object: slots, rows, history. */
#include "state.h"
#include "core/relations/events.h"

#include <string.h>

#include "core/values/acyclic.h"
#include "boxed.h"
#include "core/relations/collection.h"

crm_state *
crm_state_of(crm_core *core, PyObject *obj)
{
    /* Nothing else sets attributes so: no look through the bases. */
    if (Py_TYPE(obj)->tp_setattro == crm_entity_setattro) {
        crm_state *state = &((crm_entity *)obj)->state;
        crm_manager *manager = state->layout->manager;
        if (manager->core == core && manager != core->nobody) {
            return state;
        }
    }
    if (!PyObject_TypeCheck(obj, core->entity_type)) {
        return core->boxes ? crm_box_state(core, obj) : NULL;
    }
    crm_state *state = &((crm_entity *)obj)->state;
    return state->layout->manager == core->nobody ? NULL : state;
}

void
crm_state_track(crm_state *state)
{
    PyObject *holder = (PyObject *)crm_state_holder(state);
    if (!PyObject_GC_IsTracked(holder)) {
        PyObject_GC_Track(holder);
    }
}

int
crm_needs_tracking(const crm_core *core, PyObject *value)
{
    PyTypeObject *type = Py_TYPE(value);
    if (type == &PyUnicode_Type || type == &PyLong_Type || value == Py_None ||
        type == &PyFloat_Type) {
        return 0;
    }
    return PyObject_IS_GC(value) && !crm_is_acyclic(core, value);
}

/* ---- slots ------------------------------------------------------------ */

/* An attribute that the class got after the object was made lives in the
 * instance dict, NO_VALUE standing for CRM_UNLOADED.  Asked of objects that die
 * as well: an exception that is on its way stays. */
static PyObject *
late_held(crm_state *state, uint16_t slot)
{
    PyObject *dict = crm_state_holder(state)->dict;
    PyObject *value =
        dict == NULL ? NULL
                     : PyDict_GetItem(dict, crm_state_attr(state, slot)->name);
    if (value == NULL) {
        return NULL;
    }
    return value == crm_state_manager(state)->core->no_value ? CRM_UNLOADED
                                                             : value;
}

static int
late_put(crm_state *state, uint16_t slot, PyObject *value)
{
    crm_entity *entity = crm_state_holder(state);
    PyObject *name = crm_state_attr(state, slot)->name;
    int status = 0;
    if (value == NULL) {
        if (entity->dict != NULL && PyDict_GetItem(entity->dict, name)) {
            PyObject *dict = Py_NewRef(entity->dict);
            status = PyDict_DelItem(dict, name);
            Py_DECREF(dict);
        }
        return status;
    }
    if (value == CRM_UNLOADED) {
        value = Py_NewRef(crm_state_manager(state)->core->no_value);
    }
    if (entity->dict == NULL) {
        entity->dict = PyDict_New();
        if (entity->dict == NULL) {
            Py_DECREF(value);
            return -1;
        }
        crm_state_track(state);
    }
    PyObject *dict = Py_NewRef(entity->dict);
    status = PyDict_SetItem(dict, name, value);
    Py_DECREF(dict);
    Py_DECREF(value);
    return status;
}

PyObject *
crm_state_held(crm_state *state, uint16_t slot)
{
    return slot < state->nslots ? state->slots[slot] : late_held(state, slot);
}

/* A collection that a slot lets go of no longer reports to the object. */
static void
release(crm_state *state, uint16_t slot, PyObject *old)
{
    if (CRM_SLOT_HAS(old)) {
        if (crm_state_attr(state, slot)->kind == CRM_ATTR_COLLECTION) {
            if (Py_REFCNT(old) > 1 && crm_state_is_dead(state)) {
                crm_collection_lose(state, slot, old);
            }
            crm_collection_release(crm_state_manager(state)->core, old);
        }
        Py_DECREF(old);
    }
}

int
crm_state_put(crm_state *state, uint16_t slot, PyObject *value)
{
    if (CRM_SLOT_HAS(value) &&
        crm_needs_tracking(crm_state_manager(state)->core, value)) {
        crm_state_track(state);
    }
    if (slot < state->nslots) {
        PyObject *old = state->slots[slot];
        state->slots[slot] = value;
        if (value == CRM_UNLOADED) {
            state->flags |= CRM_S_GAPS;
        }
        if (CRM_SLOT_HAS(old)) {
            release(state, slot, old);
        }
        return 0;
    }
    PyObject *old = late_held(state, slot);
    if (CRM_SLOT_HAS(old)) {
        Py_INCREF(old);
    }
    int status = late_put(state, slot, value);
    if (status == 0) {
        release(state, slot, old);
    }
    else if (CRM_SLOT_HAS(old)) {
        Py_DECREF(old);
    }
    return status;
}

/* Completes a decoding error with class, attribute, key and value: in its text,
 * or as a note to an error of the program's own functions. */
static void
decode_error(crm_state *state, uint16_t slot, const crm_cell *cell)
{
    static const crm_codec plain = {CRM_TYPE_ANY, NULL};
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != NULL) {
        PyException_SetTraceback(value, traceback);
    }
    if (!PyErr_GivenExceptionMatches(type, PyExc_Exception) ||
        PyErr_GivenExceptionMatches(type, PyExc_MemoryError)) {
        PyErr_Restore(type, value, traceback);
        return;
    }
    crm_manager *manager = crm_state_manager(state);
    int users = crm_codec_is_eager(
        crm_layout_codec(state->layout, &manager->attrs[slot]));
    PyObject *raw = crm_decode(manager->core, &plain, cell);
    PyObject *key = crm_state_key(state);
    PyObject *shown = NULL;
    if (key != NULL && PyTuple_Check(key)) {
        shown = PyTuple_GET_ITEM(key, 1);
    }
    PyObject *kept = PyErr_GivenExceptionMatches(type, PyExc_LookupError)
                         ? PyExc_LookupError
                         : PyExc_ValueError;
    PyObject *text = NULL;
    if (raw != NULL && key != NULL) {
        text = PyUnicode_FromFormat(
            "%s.%U of the object with primary key %R: %S (value %R)",
            ((PyTypeObject *)manager->class_)->tp_name,
            manager->attrs[slot].name, shown != NULL ? shown : Py_None, value,
            raw);
    }
    Py_XDECREF(raw);
    Py_XDECREF(key);
    if (text == NULL) {
        PyErr_Clear();
        PyErr_Restore(type, value, traceback);
        return;
    }
    if (users) {
        /* The program's own error stays as it is. */
        PyObject *noted = PyObject_CallMethod(value, "add_note", "O", text);
        if (noted == NULL) {
            PyErr_Clear();
        }
        Py_XDECREF(noted);
        Py_DECREF(text);
        PyErr_Restore(type, value, traceback);
        return;
    }
    PyObject *error = PyObject_CallOneArg(kept, text);
    Py_DECREF(text);
    if (error == NULL) {
        PyErr_Clear();
        PyErr_Restore(type, value, traceback);
        return;
    }
    PyException_SetCause(error, Py_NewRef(value));
    PyException_SetContext(error, value);
    PyErr_SetObject(kept, error);
    Py_DECREF(error);
    Py_DECREF(type);
    Py_XDECREF(traceback);
}

PyObject *
crm_state_peek(crm_state *state, uint16_t slot)
{
    PyObject *held = crm_state_held(state, slot);
    if (held != NULL) {
        return held == CRM_UNLOADED ? NULL : Py_NewRef(held);
    }
    if (!crm_state_in_row(state, slot)) {
        return NULL;
    }
    crm_cell cell = crm_state_cell(state, slot);
    crm_manager *manager = crm_state_manager(state);
    const crm_attr *attr = &manager->attrs[slot];
    /* Decoding can run user code (JSON, Enum), which can do anything to this
     * object: hold what is in use, and store the value only if the slot still
     * waits for this row. */
    crm_page *page = crm_page_ref(state->page);
    crm_codec codec = *crm_layout_codec(state->layout, attr);
    Py_XINCREF(codec.arg);
    int tracked = (attr->flags & CRM_ATTR_TRACKED) != 0;
    PyObject *value = crm_decode(manager->core, &codec, &cell);
    if (value == NULL) {
        decode_error(state, slot, &cell);
    }
    else if (tracked) {
        value = crm_attr_loaded(state, slot, value);
        PyObject *now = crm_state_held(state, slot);
        if (value != NULL && CRM_SLOT_HAS(now)) {
            /* another reader was faster: its value is the one followed */
            Py_SETREF(value, Py_NewRef(now));
        }
    }
    if (value != NULL && state->page == page &&
        crm_state_held(state, slot) == NULL &&
        crm_state_put(state, slot, Py_NewRef(value)) < 0) {
        Py_CLEAR(value);
    }
    crm_page_unref(page);
    Py_XDECREF(codec.arg);
    return value;
}

int
crm_state_set_loaded(crm_state *state, uint16_t slot, PyObject *value)
{
    const crm_attr *attr = crm_state_attr(state, slot);
    crm_core *core = crm_state_manager(state)->core;
    crm_pending *pending;
    PyObject *kept = NULL; /* a collection that is to be the attribute's */
    if (attr->kind == CRM_ATTR_COLLECTION && value != Py_None &&
        !(value != crm_state_held(state, slot) &&
          crm_collection_check(core, value) &&
          crm_collection_adopt(value, state, slot))) {
        PyObject *members = crm_collection_check(core, value)
                                ? crm_collection_members(core, value)
                            : PyList_CheckExact(value) ? Py_NewRef(value)
                            : PyDict_Check(value)      ? PyDict_Values(value)
                                                       : PySequence_List(value);
        Py_DECREF(value);
        if (members == NULL) {
            return -1;
        }
        value = crm_collection_new(state, slot);
        if (value != NULL &&
            crm_collection_load_all(core, value, members) < 0) {
            crm_collection_give_up(state, slot, value);
            Py_CLEAR(value);
        }
        Py_DECREF(members);
        if (value == NULL) {
            return -1;
        }
    }
    if (attr->flags & CRM_ATTR_TRACKED) {
        value = crm_attr_loaded(state, slot, value);
        if (value == NULL) {
            return -1;
        }
    }
    if (attr->kind == CRM_ATTR_COLLECTION && value != Py_None) {
        kept = Py_NewRef(value);
    }
    /* What ends with the old value may change the attribute: not before its
     * history is forgotten, which waits until the new value is there. */
    PyObject *old = crm_state_held(state, slot);
    old = CRM_SLOT_HAS(old) ? Py_NewRef(old) : NULL;
    int status = crm_state_put(state, slot, value);
    if (status == 0) {
        crm_state_forget(state, slot);
    }
    else if (kept != NULL) {
        crm_collection_give_up(state, slot, kept);
    }
    Py_XDECREF(old);
    if (status == 0 && kept != NULL && state->ext != NULL &&
        (pending = crm_state_pending(state, slot)) != NULL) {
        /* What happened to the collection while it was not loaded. */
        PyObject *added = Py_NewRef(pending->added);
        PyObject *removed = Py_NewRef(pending->removed);
        crm_state_drop_pending(state, slot);
        PyObject *before = crm_collection_members(core, kept);
        status = before == NULL ? -1 : crm_state_record(state, slot, before);
        for (Py_ssize_t i = 0; status == 0 && i < PyList_GET_SIZE(added); i++) {
            status = crm_collection_load(core, kept, PyList_GET_ITEM(added, i));
        }
        for (Py_ssize_t i = 0; status == 0 && i < PyList_GET_SIZE(removed);
             i++) {
            status =
                crm_collection_unload(core, kept, PyList_GET_ITEM(removed, i));
        }
        Py_DECREF(added);
        Py_DECREF(removed);
        if (status == 0) {
            status = crm_session_modified(state);
        }
    }
    Py_XDECREF(kept);
    return status;
}

/* ---- rows ------------------------------------------------------------- */

static int
is_changed(crm_state *state, uint16_t slot)
{
    return state->ext != NULL && crm_state_change(state, slot) != NULL;
}

static inline int
layout_has(const crm_layout *layout, uint16_t slot)
{
    return slot < layout->ncols && layout->col[slot] >= 0;
}

/* Whether a column that the new row does not have keeps its value when the
 * object is overwritten: those that options left out do, those mapped as
 * deferred are forgotten. */
static int
outlives_row(crm_state *state, const crm_layout *layout, uint16_t slot)
{
    const crm_attr *attr = crm_state_attr(state, slot);
    return attr->kind == CRM_ATTR_COLUMN && !layout_has(layout, slot) &&
           (attr->flags & CRM_ATTR_DEFERRED) == 0;
}

/* Whether some slot is not loaded still. */
static void
look_for_gaps(crm_state *state)
{
    state->flags &= ~(uint32_t)CRM_S_GAPS;
    for (uint16_t slot = 0; slot < state->nslots; slot++) {
        if (state->slots[slot] == CRM_UNLOADED) {
            state->flags |= CRM_S_GAPS;
        }
    }
}

int
crm_state_set_row(crm_state *state, crm_layout *layout, crm_page *page,
                  uint16_t row, crm_row_use use)
{
    uint16_t nattrs = layout->manager->nattrs;
    /* An object keeps the options of the statement that made it, unless another
     * that has some overwrites it. */
    int keep = (state->flags & CRM_S_KEY) != 0 &&
               (use == CRM_ROW_FILLS || layout->options == NULL);
    if (use == CRM_ROW_FILLS && (state->flags & CRM_S_KEY)) {
        /* What the old row still holds undecoded counts as loaded: it must not
         * change under the program. */
        if (state->page != NULL) {
            for (uint16_t slot = 0; slot < state->layout->ncols; slot++) {
                if (state->layout->col[slot] < 0) {
                    continue;
                }
                PyObject *value = crm_state_peek(state, slot);
                if (value == NULL && crm_forgive() < 0) {
                    return -1;
                }
                /* (Otherwise it will be complained of in the new row.) */
                Py_XDECREF(value);
            }
        }
        for (uint16_t slot = 0; slot < nattrs; slot++) {
            if (layout_has(layout, slot) && !is_changed(state, slot) &&
                crm_state_held(state, slot) == CRM_UNLOADED) {
                (void)crm_state_put(state, slot, NULL);
            }
            else if (layout_has(layout, slot) && is_changed(state, slot) &&
                     crm_state_held(state, slot) == NULL) {
                /* deleted: the new row does not show through */
                if (crm_state_put(state, slot, CRM_UNLOADED) < 0) {
                    return -1;
                }
            }
            else if ((state->flags & CRM_S_EXPIRED) != 0 &&
                     outlives_row(state, layout, slot) &&
                     crm_state_held(state, slot) == NULL &&
                     crm_state_put(state, slot, CRM_UNLOADED) < 0) {
                return -1; /* what the row lacks is still expired */
            }
        }
    }
    int lacks_stay = use == CRM_ROW_REPLACES || use == CRM_ROW_COMPLETES;
    for (uint16_t slot = 0; lacks_stay && slot < nattrs; slot++) {
        if (outlives_row(state, layout, slot)) {
            PyObject *value = crm_state_peek(state, slot);
            if (value == NULL ? crm_forgive() < 0
                              : crm_state_put(state, slot, value) < 0) {
                return -1;
            }
        }
    }
    int failed = 0;
    crm_layout *own =
        keep ? crm_layout_with_options(layout, state->layout->options)
             : crm_layout_ref(layout);
    if (own == NULL) {
        return -1;
    }
    /* not before: options that no layout has any more were dropped */
    crm_page *old_page = state->page;
    crm_layout *old_layout = state->layout;
    state->page = crm_page_ref(page);
    state->layout = own;
    state->row = row;
    state->flags &= ~(uint32_t)CRM_S_EXPIRED;
    if (use != CRM_ROW_FILLS) {
        for (uint16_t slot = 0; slot < nattrs; slot++) {
            int lacked = outlives_row(state, layout, slot);
            if (is_changed(state, slot) || (lacked && lacks_stay) ||
                (use == CRM_ROW_COMPLETES &&
                 crm_state_attr(state, slot)->kind != CRM_ATTR_COLUMN)) {
                continue;
            }
            if (crm_state_put(state, slot, lacked ? CRM_UNLOADED : NULL) < 0) {
                failed = -1; /* it is not marked, but not there either */
            }
        }
    }
    if (state->flags & CRM_S_GAPS) {
        look_for_gaps(state);
    }
    crm_page_unref(old_page);
    crm_layout_unref(old_layout);
    return failed;
}

/* Forgets one slot; the row is not asked for it any more. */
static int
expire_slot(crm_state *state, uint16_t slot)
{
    crm_state_forget(state, slot);
    crm_state_drop_pending(state, slot);
    /* A relationship is loaded by itself when it is read. */
    int column = crm_state_attr(state, slot)->kind == CRM_ATTR_COLUMN;
    return crm_state_put(state, slot, column ? CRM_UNLOADED : NULL);
}

int
crm_state_forget_slots(crm_state *state, const uint16_t *slots, size_t count)
{
    int status = 0;
    for (size_t i = 0; i < count; i++) {
        if (slots[i] >= crm_state_manager(state)->nattrs) {
            continue;
        }
        if (expire_slot(state, slots[i]) < 0) {
            status = -1;
        }
    }
    return status;
}

/* Tells listeners which slots were expired, or (NULL) that all were. */
static int
fire_expire(crm_state *state, const uint16_t *slots, size_t count)
{
    PyObject *list = slots == NULL ? Py_NewRef(Py_None) : PyList_New(0);
    for (size_t i = 0; list != NULL && slots != NULL && i < count; i++) {
        PyObject *slot = PyLong_FromLong(slots[i]);
        if (slot == NULL || PyList_Append(list, slot) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(slot);
    }
    if (list == NULL) {
        return -1;
    }
    PyObject *obj = Py_NewRef(crm_state_object(state));
    int status =
        crm_manager_fire(crm_state_manager(state), "expire", obj, list);
    Py_DECREF(obj);
    Py_DECREF(list);
    return status;
}

int
crm_state_expire(crm_state *state, const uint16_t *slots, size_t count)
{
    int status = 0;
    if (slots != NULL) {
        status = crm_state_forget_slots(state, slots, count);
        if (status == 0 && (crm_state_manager(state)->events & CRM_ME_EXPIRE)) {
            status = fire_expire(state, slots, count);
        }
        return status;
    }
    PyObject *self = Py_NewRef(crm_state_object(state));
    crm_page *page = state->page;
    crm_layout *layout = state->layout;
    crm_layout *bare = layout->manager->bare;
    state->page = NULL;
    state->flags |= CRM_S_EXPIRED;
    /* Options of the statement that loaded the object stay with it. */
    if (layout != bare && layout->options == NULL && bare != NULL) {
        state->layout = crm_layout_ref(bare);
    }
    else {
        layout = NULL;
    }
    for (uint16_t slot = 0; slot < crm_state_manager(state)->nattrs; slot++) {
        if (crm_state_put(state, slot, NULL) < 0) {
            status = -1;
        }
    }
    if (state->ext != NULL) {
        state->ext->nparents = 0; /* what it loads will tell who they are */
    }
    crm_state_commit(state);
    crm_page_unref(page);
    crm_layout_unref(layout);
    if (status == 0 && (crm_state_manager(state)->events & CRM_ME_EXPIRE)) {
        status = fire_expire(state, NULL, 0);
    }
    Py_DECREF(self);
    return status;
}

void
crm_state_commit(crm_state *state)
{
    if (state->ext != NULL) {
        crm_state_reset_ext(state);
    }
    if (state->flags & CRM_S_MODIFIED) {
        state->flags &= ~(uint32_t)CRM_S_MODIFIED;
        if (state->map != NULL &&
            crm_ptrset_remove(&state->map->session->modified, state)) {
            Py_DECREF(crm_state_object(state));
        }
    }
}

/* ---- by name ---------------------------------------------------------- */

PyObject *
crm_state_unmapped(crm_state *state, int make)
{
    if (state->flags & CRM_S_BOXED) {
        return PyObject_GenericGetDict(crm_state_object(state), NULL);
    }
    crm_entity *entity = crm_state_holder(state);
    if (entity->dict == NULL && make) {
        entity->dict = PyDict_New();
        if (entity->dict != NULL) {
            crm_state_track(state);
        }
    }
    return Py_XNewRef(entity->dict);
}

PyObject *
crm_state_loaded(crm_state *state, uint16_t slot)
{
    PyObject *held = crm_state_peek(state, slot);
    if (held != NULL &&
        crm_state_attr(state, slot)->kind == CRM_ATTR_COLLECTION &&
        crm_collection_is_implicit(crm_state_manager(state)->core, held)) {
        Py_CLEAR(held);
    }
    return held;
}

/* Whether a name is that of a loaded attribute: 1, 0, or -1 with an
 * exception. */
static int
names_loaded(crm_state *state, PyObject *name)
{
    PyObject *slot =
        PyDict_GetItemWithError(crm_state_manager(state)->names, name);
    if (slot == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    PyObject *value = crm_state_loaded(state, (uint16_t)PyLong_AsLong(slot));
    Py_XDECREF(value);
    return value != NULL ? 1 : PyErr_Occurred() ? -1 : 0;
}

/* What each_loaded() calls for an attribute: 0 to go on. */
typedef int (*loaded_visit)(void *arg, PyObject *name, PyObject *value);

/* Calls visit(arg, name, value) for every loaded attribute, each once, until it
 * does not give 0: what it gave, or -1 with an exception. */
static int
each_loaded(crm_state *state, loaded_visit visit, void *arg)
{
    crm_manager *manager = crm_state_manager(state);
    for (uint16_t slot = 0; slot < manager->nattrs; slot++) {
        PyObject *value = crm_state_loaded(state, slot);
        if (value == NULL) {
            if (PyErr_Occurred()) {
                return -1;
            }
            continue;
        }
        int status = visit(arg, manager->attrs[slot].name, value);
        Py_DECREF(value);
        if (status != 0) {
            return status;
        }
    }
    PyObject *others = crm_state_unmapped(state, 0);
    int status = others == NULL && PyErr_Occurred() ? -1 : 0;
    PyObject *name, *value;
    Py_ssize_t pos = 0;
    while (others != NULL && status == 0 &&
           PyDict_Next(others, &pos, &name, &value)) {
        /* Late attributes came above; NO_VALUE is not a value. */
        if (value == manager->core->no_value ||
            Py_IS_TYPE(value, manager->core->box_type)) {
            continue;
        }
        Py_INCREF(name);
        Py_INCREF(value);
        int came = names_loaded(state, name);
        if (came <= 0) {
            status = came < 0 ? -1 : visit(arg, name, value);
        }
        Py_DECREF(name);
        Py_DECREF(value);
    }
    Py_XDECREF(others);
    return status;
}

static int
put_loaded(void *dict, PyObject *name, PyObject *value)
{
    return PyDict_SetItem(dict, name, value);
}

int
crm_state_fill(crm_state *state, PyObject *dict)
{
    return each_loaded(state, put_loaded, dict);
}

typedef struct {
    PyObject *dict;
    Py_ssize_t count; /* of the attributes that it has */
} compared;

static int
compare_loaded(void *arg, PyObject *name, PyObject *value)
{
    compared *with = arg;
    PyObject *known = PyDict_GetItemWithError(with->dict, name);
    if (known != value) {
        return known == NULL && PyErr_Occurred() ? -1 : 1;
    }
    with->count++;
    return 0;
}

int
crm_state_filled(crm_state *state, PyObject *dict)
{
    compared with = {.dict = dict, .count = 0};
    int status = each_loaded(state, compare_loaded, &with);
    return status < 0 ? -1
                      : status == 0 && with.count + 1 == PyDict_GET_SIZE(dict);
}

PyObject *
crm_state_dict(crm_state *state)
{
    PyObject *dict = PyDict_New();
    if (dict != NULL && crm_state_fill(state, dict) < 0) {
        Py_CLEAR(dict);
    }
    return dict;
}
