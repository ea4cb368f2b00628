/* cascade.c: the save-update cascade of session.add(), and the delete cascade
 * over what is loaded. */
#include "core/relations/collection.h"
#include "session.h"

/* One object on the way down the save-update cascade. */
typedef struct {
    PyObject *obj;   /* owned */
    PyObject *queue; /* owned list of related objects to visit, or NULL */
    Py_ssize_t next; /* in the queue */
    uint16_t place;  /* of the next relationship to look at */
} cascade_step;

typedef struct {
    cascade_step *steps;
    size_t count, cap;
    crm_ptrset seen;
} cascade;

static int
cascade_push(cascade *way, PyObject *obj)
{
    if (way->count == way->cap) {
        size_t cap = way->cap ? way->cap * 2 : 8;
        cascade_step *steps =
            PyMem_Realloc(way->steps, cap * sizeof(cascade_step));
        if (steps == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        way->steps = steps;
        way->cap = cap;
    }
    way->steps[way->count++] = (cascade_step){Py_NewRef(obj), NULL, 0, 0};
    return 0;
}

/* Puts a related object into the queue, a list that is made for the first
 * (*queue NULL), unless it is there or needs nothing. */
static int
cascade_offer(cascade *way, crm_session *self, crm_state *parent, uint16_t slot,
              PyObject *member, PyObject **queue)
{
    if (member == Py_None) {
        return 0;
    }
    crm_state *state = crm_state_of(self->core, member);
    if (state == NULL) {
        crm_raise_unmapped(self->core, member);
        return -1;
    }
    if (crm_session_contains(self, state) ||
        crm_ptrset_has(&way->seen, state)) {
        return 0;
    }
    crm_manager *manager = crm_state_manager(parent);
    crm_manager *target = manager->attrs[slot].target;
    if (target != NULL &&
        !PyObject_TypeCheck(member, (PyTypeObject *)target->class_)) {
        PyErr_Format(PyExc_AssertionError,
                     "Attribute '%U' on class '%S' doesn't handle objects of "
                     "type '%S'",
                     manager->attrs[slot].name, manager->class_,
                     Py_TYPE(member));
        return -1;
    }
    if (crm_ptrset_add(&way->seen, state) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    if (*queue == NULL && (*queue = PyList_New(0)) == NULL) {
        return -1;
    }
    return PyList_Append(*queue, member);
}

/* The same for each of a list, which code that the collector runs may change.
 */
static int
cascade_offer_all(cascade *way, crm_session *self, crm_state *parent,
                  uint16_t slot, PyObject *list, PyObject **queue)
{
    int status = 0;
    for (Py_ssize_t i = 0; status == 0 && i < PyList_GET_SIZE(list); i++) {
        PyObject *member = Py_NewRef(PyList_GET_ITEM(list, i));
        status = cascade_offer(way, self, parent, slot, member, queue);
        Py_DECREF(member);
    }
    return status;
}

/* Whether a collection had no members at the last flush that it may have lost:
 * there is no history to look at. */
static int
had_no_others(crm_state *state, uint16_t slot)
{
    const PyObject *old = crm_state_committed(state, slot);
    return old == NULL || !PyList_Check(old) || PyList_GET_SIZE(old) == 0;
}

/* Everything the cascade of a collection reaches: what it holds, and what it
 * held at the last flush; of one that is never loaded, what was added to it and
 * taken from it. */
static int
cascade_members(cascade *way, crm_session *self, crm_state *state,
                uint16_t slot, PyObject *held, PyObject **queue)
{
    if (held == NULL || !had_no_others(state, slot)) {
        PyObject *lists = crm_state_history_known(state, slot);
        int status = lists == NULL ? -1 : 0;
        for (int part = 0; status == 0 && part < 3; part++) {
            status = cascade_offer_all(way, self, state, slot,
                                       PyTuple_GET_ITEM(lists, part), queue);
        }
        Py_XDECREF(lists);
        return status;
    }
    if (Py_IS_TYPE(held, self->core->list_type)) {
        return cascade_offer_all(way, self, state, slot, held, queue);
    }
    PyObject *members = crm_collection_members(self->core, held);
    if (members == NULL) {
        return -1;
    }
    int status = cascade_offer_all(way, self, state, slot, members, queue);
    Py_DECREF(members);
    return status;
}

/* What the cascade of one relationship reaches: as above, or the object it
 * refers to and the one it referred to at the last flush.  Sets *queue to a
 * list or NULL. */
static int
cascade_queue(cascade *way, crm_session *self, crm_state *state, uint16_t slot,
              PyObject **queue)
{
    *queue = NULL;
    const crm_attr *attr = crm_state_attr(state, slot);
    PyObject *held = crm_state_held(state, slot);
    int status = 0;
    /* owned: making the queue may run the collector */
    held = CRM_SLOT_HAS(held) ? Py_NewRef(held) : NULL;
    if (attr->kind == CRM_ATTR_COLLECTION) {
        int deferred = (attr->flags & CRM_ATTR_DEFERRED) != 0 &&
                       crm_state_pending(state, slot) != NULL;
        if (deferred || (held != NULL && held != Py_None)) {
            status = cascade_members(way, self, state, slot, held, queue);
        }
    }
    else if (held != NULL) {
        PyObject *old = Py_XNewRef(crm_state_committed(state, slot));
        status = cascade_offer(way, self, state, slot, held, queue);
        if (status == 0 && old != NULL && old != self->core->no_value) {
            status = cascade_offer(way, self, state, slot, old, queue);
        }
        Py_XDECREF(old);
    }
    Py_XDECREF(held);
    if (status < 0) {
        Py_CLEAR(*queue);
    }
    return status;
}

/* The slot at a place of the order in which a cascade looks at attributes:
 * those of the class itself come before those of its bases. */
static uint16_t
slot_at(const crm_manager *manager, uint16_t place)
{
    uint16_t end = manager->nattrs;
    for (; manager->base != NULL; manager = manager->base) {
        uint16_t start = Py_MIN(manager->base->nattrs, end);
        if (place < end - start) {
            return start + place;
        }
        place -= end - start;
        end = start;
    }
    return place;
}

/* Walks on from the newest step; 0 when all is done. */
static int
cascade_walk(cascade *way, crm_session *self)
{
    while (way->count > 0) {
        cascade_step *step = &way->steps[way->count - 1];
        if (step->queue != NULL) {
            if (step->next < PyList_GET_SIZE(step->queue)) {
                PyObject *obj = PyList_GET_ITEM(step->queue, step->next++);
                crm_state *state = crm_state_of(self->core, obj);
                /* (none: a listener took it from its dict) */
                if (state != NULL && (crm_session_save(self, state) < 0 ||
                                      cascade_push(way, obj) < 0)) {
                    return -1;
                }
            }
            else {
                Py_CLEAR(step->queue);
            }
            continue;
        }
        crm_state *state = crm_state_of(self->core, step->obj);
        crm_manager *manager = state == NULL ? NULL : crm_state_manager(state);
        uint16_t slot = 0;
        while (manager != NULL && step->place < manager->nattrs) {
            slot = slot_at(manager, step->place);
            if (manager->attrs[slot].flags & CRM_ATTR_CASCADE_SAVE) {
                break;
            }
            step->place++;
        }
        if (manager != NULL && step->place < manager->nattrs) {
            PyObject *queue;
            step->place++;
            if (cascade_queue(way, self, state, slot, &queue) < 0) {
                return -1;
            }
            /* Nothing in between moved the steps. */
            step->queue = queue;
            step->next = 0;
        }
        else {
            PyObject *obj = step->obj;
            way->count--;
            Py_DECREF(obj);
        }
    }
    return 0;
}

int
crm_session_add(crm_session *session, PyObject *obj)
{
    if (crm_state_of(session->core, obj) == NULL) {
        PyObject *mapped = crm_stood_for(session->core, obj);
        if (mapped != NULL) {
            int added = crm_session_add(session, mapped);
            Py_DECREF(mapped);
            return added;
        }
        if (PyErr_Occurred()) {
            return -1;
        }
    }
    crm_state *state = crm_session_mapped(session, obj);
    if (state == NULL) {
        return -1;
    }
    CRM_OFF(state, CRM_S_ORPHANED);
    if (!crm_session_refuses(state) && crm_session_autobegin(session) < 0) {
        return -1;
    }
    if (crm_session_save(session, state) < 0) {
        return -1;
    }
    cascade way = {0};
    crm_ptrset_init(&way.seen);
    int status = cascade_push(&way, obj);
    if (status == 0) {
        status = cascade_walk(&way, session);
    }
    while (way.count > 0) {
        cascade_step step = way.steps[--way.count];
        Py_XDECREF(step.queue);
        Py_DECREF(step.obj);
    }
    PyMem_Free(way.steps);
    crm_ptrset_free(&way.seen);
    return status;
}

/* ---- delete ----------------------------------------------------------- */

/* Whether the flush has only to delete a state's row: persistent in this
 * session. */
static int
is_persistent_in(const crm_session *session, const crm_state *state)
{
    const uint32_t want = CRM_S_KEY | CRM_S_IN_MAP;
    return state != NULL && state->map != NULL &&
           state->map->session == session && (state->flags & want) == want;
}

/* Adds a member of a relationship that its delete cascade reaches: 1, or 0 if
 * that is not for this walk. */
static int
reach(crm_session *session, PyObject *member, crm_ptrset *reached)
{
    if (member == Py_None) {
        return 1;
    }
    crm_state *state = crm_state_of(session->core, member);
    if (!is_persistent_in(session, state)) {
        return 0;
    }
    return crm_ptrset_has(reached, state) ||
           crm_ptrset_add(reached, state) >= 0;
}

/* Adds what one object's relationships reach. */
static int
reach_from(crm_session *session, crm_state *state, crm_ptrset *reached)
{
    const crm_manager *manager = crm_state_manager(state);
    for (uint16_t slot = 0; slot < manager->nattrs; slot++) {
        const crm_attr *attr = &manager->attrs[slot];
        if ((attr->flags & CRM_ATTR_CASCADE_DELETE) == 0 ||
            (attr->flags & CRM_ATTR_VIEWONLY) != 0) {
            continue;
        }
        PyObject *held = crm_state_held(state, slot);
        if (!CRM_SLOT_HAS(held) || crm_state_change(state, slot) != NULL) {
            return 0;
        }
        if (attr->kind == CRM_ATTR_SCALAR) {
            if (!reach(session, held, reached)) {
                return 0;
            }
            continue;
        }
        if (!Py_IS_TYPE(held, session->core->list_type)) {
            return 0;
        }
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(held); i++) {
            if (!reach(session, PyList_GET_ITEM(held, i), reached)) {
                return 0;
            }
        }
    }
    return 1;
}

int
crm_session_delete_loaded(crm_session *session, crm_state *state)
{
    if (!session->begun || !is_persistent_in(session, state)) {
        return 0;
    }
    if (state->flags & CRM_S_TO_DELETE) {
        return 1;
    }
    crm_ptrset reached; /* but for the object itself: most reach nothing */
    crm_ptrset_init(&reached);
    int status = reach_from(session, state, &reached);
    /* No foreign code runs during the walk: what it reached stays alive. */
    size_t pos = 0;
    crm_state *each;
    while (status > 0 && (each = crm_ptrset_next(&reached, &pos)) != NULL) {
        status = reach_from(session, each, &reached);
    }
    if (status > 0 &&
        crm_session_hold(&session->deleted, state, CRM_S_TO_DELETE) < 0) {
        status = -1;
    }
    for (pos = 0;
         status > 0 && (each = crm_ptrset_next(&reached, &pos)) != NULL;) {
        if ((each->flags & CRM_S_TO_DELETE) == 0 &&
            crm_session_hold(&session->deleted, each, CRM_S_TO_DELETE) < 0) {
            status = -1;
        }
    }
    crm_ptrset_free(&reached);
    if (status < 0 && !PyErr_Occurred()) {
        PyErr_NoMemory();
    }
    return status;
}
