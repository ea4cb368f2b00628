/* present.c: rows that need not be read, since their objects are there.  See
 * present.h. */
#include "core/core.h"

#include "hydration.h"
#include "plain/poison.h"
#include "present.h"

/* Fewer rows are read sooner than anything is noted. */
#define LEAST 1024
/* Noting an object takes an eighth of the time of reading a row, or less. */
#define OBJECTS_A_ROW 8
/* How far apart the keys may lie. */
#define KEYS_AN_OBJECT 8
/* Rows that are looked at, and how many have to be of objects that are there.
 */
#define SAMPLE 32
#define ENOUGH 28
/* The memory of a note for so many keys is kept for the next one: of 100,000 it
 * is 800 KB, which the allocator gives back to the system each time.  To have
 * it mapped and cleared anew took a fifteenth of a reload. */
#define KEPT_KEYS (512 * 1024)
/* Objects that the processor fetches at once. */
#define AHEAD 32

/* The identity map of the entities, if rows of the program may be skipped:
 * every result is one entity with an integer key, which keeps what it has. */
static crm_identity *
map_of(const crm_present *present)
{
    crm_program *program = present->program;
    if (program == NULL || present->session == NULL ||
        present->session->tokens ||
        present->flags &
            (CRM_POPULATE_EXISTING | CRM_ONLY_KNOWN | CRM_READ_ALL) ||
        program->nentities != 1 || program->nitems != 1 ||
        !program->items[0].is_entity) {
        return NULL;
    }
    crm_entity_op *op = &program->entities[0];
    if (!op->int_key || op->split) {
        return NULL;
    }
    crm_map *map =
        crm_session_map(present->session, op->own.layout->manager->root, NULL);
    if (map == NULL) {
        PyErr_Clear();
        return NULL;
    }
    return map->ids;
}

size_t
crm_present_after(const crm_present *present)
{
    crm_identity *ids = map_of(present);
    size_t count = ids == NULL ? 0 : crm_identity_len(ids);
    if (count < LEAST) {
        return SIZE_MAX;
    }
    /* How many rows it takes to be worth it; it may be known that they come. */
    size_t worth = Py_MAX(LEAST, count / OBJECTS_A_ROW);
    return present->program->last_rows >= worth + LEAST ? LEAST : worth;
}

void
crm_present_remember(crm_present *present, const crm_rows *rows)
{
    if (present->program != NULL) {
        present->program->last_rows = rows->nrows;
    }
}

/* Whether rows that were read, some of every part of the result, are mostly of
 * objects that are there. */
static int
is_likely(const crm_entity_op *op, const crm_identity *ids,
          const crm_rows *rows)
{
    uint16_t col = op->pk_cols[0];
    int found = 0;
    for (size_t i = 0; i < SAMPLE; i++) {
        const crm_page *page = rows->pages[i * rows->npages / SAMPLE];
        if (page->nrows == 0) {
            continue;
        }
        const uint64_t *row =
            crm_page_row(page, (uint32_t)(i * page->nrows / SAMPLE));
        if (crm_page_tag(page, row, col) == CRM_INT64) {
            crm_state *state = crm_identity_get_int(ids, (int64_t)row[col]);
            found += state != NULL && crm_is_current(op, state);
        }
    }
    return found >= ENOUGH;
}

static size_t
size_of_note(uint64_t room)
{
    return sizeof(crm_present_keys) +
           (size_t)room * sizeof(((crm_present_keys *)0)->objects[0]);
}

/* A note of `room` NULL places, the one that is kept if it is large enough. */
static crm_present_keys *
take_note(crm_core *core, uint64_t room)
{
    crm_present_keys *noted = core->note;
    if (noted != NULL && noted->room >= room) {
        core->note = NULL;
        crm_open_memory(noted, size_of_note(noted->room));
        return noted;
    }
    noted = calloc(1, size_of_note(room));
    if (noted != NULL) {
        noted->room = room;
    }
    return noted;
}

/* An empty note for the keys of a map, or NULL if they lie too far apart. */
static crm_present_keys *
new_note(crm_core *core, const crm_identity *ids)
{
    size_t pos = 0, count = 0, some;
    int64_t keys[AHEAD], first = INT64_MAX, last = INT64_MIN;
    void *states[AHEAD];
    while ((some = crm_identity_next_ints(ids, &pos, keys, states, AHEAD)) !=
           0) {
        for (size_t i = 0; i < some; i++) {
            first = Py_MIN(first, keys[i]);
            last = Py_MAX(last, keys[i]);
        }
        count += some;
    }
    uint64_t room = (uint64_t)last - (uint64_t)first;
    if (count == 0 || room / KEYS_AN_OBJECT >= count) {
        return NULL;
    }
    room++;
    crm_present_keys *noted = take_note(core, room);
    if (noted != NULL) {
        noted->first = first;
        noted->count = room;
    }
    return noted;
}

/* Notes the objects of a map that rows change nothing of; NULL: better not. */
static crm_present_keys *
note_all(crm_core *core, const crm_entity_op *op, const crm_identity *ids)
{
    crm_present_keys *noted = new_note(core, ids);
    if (noted == NULL) {
        return NULL;
    }
    int64_t keys[AHEAD];
    void *states[AHEAD];
    size_t pos = 0, some;
    while ((some = crm_identity_next_ints(ids, &pos, keys, states, AHEAD)) !=
           0) {
        for (size_t i = 0; i < some; i++) {
            crm_state *state = states[i];
            __builtin_prefetch(crm_state_holder(state), 1);
            __builtin_prefetch(&state->flags);
        }
        for (size_t i = 0; i < some; i++) {
            crm_state *state = states[i];
            if (crm_is_current(op, state)) {
                uint64_t at = (uint64_t)keys[i] - (uint64_t)noted->first;
                noted->objects[at] = Py_NewRef(crm_state_object(state));
            }
        }
    }
    return noted;
}

void
crm_present_note(crm_present *present, crm_rows *rows)
{
    crm_identity *ids = map_of(present);
    if (ids == NULL || present->noted != NULL || rows->npages == 0) {
        return;
    }
    const crm_entity_op *op = &present->program->entities[0];
    if (op->pk_cols[0] >= rows->ncols || !is_likely(op, ids, rows)) {
        return;
    }
    present->noted = note_all(present->session->core, op, ids);
    if (present->noted != NULL) {
        crm_rows_set_present(rows, present->noted, op->pk_cols[0]);
    }
}

void
crm_present_free(crm_core *core, crm_present_keys *noted)
{
    if (noted == NULL) {
        return;
    }
    for (uint64_t i = 0; i < noted->count; i++) {
        PyObject *obj = noted->objects[i];
        noted->objects[i] = NULL;
        if (!((uintptr_t)obj & 1)) {
            Py_XDECREF(obj);
        }
    }
    if (noted->room <= KEPT_KEYS &&
        (core->note == NULL || core->note->room < noted->room)) {
        noted->count = 0;
        crm_present_clear(core);
        core->note = noted;
        crm_close_memory(noted, size_of_note(noted->room), &noted->room);
        return;
    }
    free(noted);
}

void
crm_present_clear(crm_core *core)
{
    crm_present_keys *noted = core->note;
    core->note = NULL;
    if (noted != NULL) {
        crm_open_memory(noted, size_of_note(noted->room));
        free(noted);
    }
}

int
crm_present_traverse(crm_present_keys *noted, visitproc visit, void *arg)
{
    for (uint64_t i = 0; noted != NULL && i < noted->count; i++) {
        PyObject *obj = noted->objects[i];
        if (!((uintptr_t)obj & 1)) {
            Py_VISIT(obj);
        }
    }
    return 0;
}
