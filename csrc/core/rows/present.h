/* present.h: rows that need not be read, since their objects are there.
 *
 * When a result has brought many rows of objects that the session has loaded,
 * what follows is likely more of them.  Then the loaded objects of the class
 * are noted, and the driver, which runs without the GIL and cannot look into
 * the identity map, skips the rows of their keys: it reads the key alone.
 *
 * The note owns the objects, so that a skipped row has its object whatever
 * happens until the row is asked for.  All functions need the GIL.
 */
#ifndef CRM_PRESENT_H
#define CRM_PRESENT_H

#include "hydrate.h"

/* What a run may ask; no program or no session: nothing. */
typedef struct crm_present {
    crm_program *program;    /* borrowed */
    crm_session *session;    /* borrowed */
    int flags;               /* of the cursor */
    crm_present_keys *noted; /* owned: their objects are owned; or NULL */
} crm_present;

/* After how many rows it is worth calling crm_present_note; SIZE_MAX: never. */
size_t crm_present_after(const crm_present *present);

/* Notes the objects that are there if the rows read so far were of such, and
 * has the rows that follow skipped.  Runs no foreign code and never fails: if
 * memory is out, all rows are read. */
void crm_present_note(crm_present *present, crm_rows *rows);

/* How many rows the program's last result had, which tells how many more there
 * will be: after each run. */
void crm_present_remember(crm_present *present, const crm_rows *rows);

/* Drops a note with what it owns; NULL is allowed.  Runs foreign code.  The
 * memory of one is kept for the next. */
void crm_present_free(crm_core *core, crm_present_keys *noted);
/* Frees that. */
void crm_present_clear(crm_core *core);
int crm_present_traverse(crm_present_keys *noted, visitproc visit, void *arg);

/* The object of a skipped row, by what stands for the row: a new
 * reference.  The first one is the note's own. */
static inline PyObject *
crm_present_take(uint64_t word)
{
    void **place = (void **)(uintptr_t)word;
    uintptr_t value = (uintptr_t)*place;
    if (value & 1) {
        return Py_NewRef((PyObject *)(value - 1));
    }
    *place = (void *)(value + 1);
    return (PyObject *)value;
}

#endif /* CRM_PRESENT_H */
