/* flush.h: the loops of a flush.
 *
 * A flush hands over objects in order; neighbours that need the same statement
 * are a run.  A run takes values from its objects straight into cells.  All
 * functions need the GIL.
 */
#ifndef CRM_FLUSH_H
#define CRM_FLUSH_H

#include "core/core.h"

#include "batch.h"
#include "core/engine/connection.h"
#include "core/objects/entity.h"

/* How to insert objects that provide one set of columns (_core.InsertPlan). */
typedef struct {
    PyObject_HEAD
    crm_plan *plan;  /* owned */
    uint16_t *slots; /* attributes bound, in the order of plan's indexes; the
                        index after them is that of the row's number */
    uint16_t nslots;
    uint16_t *returning; /* attributes fed by the columns returned */
    uint16_t nreturning;
    int32_t last_id; /* attribute fed by the generated key, or -1 */
    uint32_t page;   /* objects that logs and errors show as one statement; 0:
                        each is shown by itself */
} crm_insert_plan;

/* Where the value of a bind comes from. */
typedef enum {
    CRM_FROM_SLOT,    /* attribute `at` of the object */
    CRM_FROM_DEFAULT, /* default number `at` of the run */
    CRM_FROM_KEY,     /* attribute `at` as the database has it: of its key */
    CRM_FROM_VERSION, /* the version as the database has it */
    CRM_FROM_PLACE,   /* which object of the run it is, from 0 */
} crm_origin;

typedef struct {
    uint8_t origin; /* crm_origin */
    uint16_t at;
} crm_source;

/* One call of insert_objects, update_objects or delete_objects. */
typedef struct {
    crm_core *core;
    crm_connection *conn; /* borrowed, as what follows but `given` */
    crm_manager *manager;
    PyObject *log;     /* callable or NULL */
    PyObject *special; /* callable or NULL */
    PyObject *given;   /* owned tuple: user code may change the list */
    PyObject *holders; /* owned tuple: what has the state of each */
    size_t count;
    PyTypeObject *plain; /* last type seen that is no expression; an address */

    /* the current run: objects [first, first + length) */
    size_t first, length;
    crm_plan *plan;      /* owned during the run */
    crm_plan *instead;   /* owned or NULL: what the log gave to be run in the
                            place of plan, for what it was told last */
    crm_source *sources; /* nsources, one per index of the plan's binds */
    size_t nsources;
    PyObject **defaults; /* ndefaults per object, owned; NULL: not made yet */
    size_t ndefaults;
    PyObject **makers; /* borrowed: what makes each default */
    /* UPDATE and DELETE: the attribute of the row's version, or -1; a default
     * is then made of the version that the database has. */
    int32_t version;
    uint16_t *key; /* owned or NULL: the attributes that tell a row, nkey */
    size_t nkey;
    int key_moved;    /* rows are told by the key as it is now */
    uint8_t log_each; /* crm_flush_run_many logs each object */
} crm_flush;

/* Fills what all calls share: 0, or -1 with an exception.  Call crm_flush_end
 * in either case. */
int crm_flush_begin(crm_flush *flush, PyObject *conn, PyObject *manager,
                    PyObject *objects, PyObject *log, PyObject *special);
void crm_flush_end(crm_flush *flush);

/* The plan that make(*given) gives, from the cache under `key` or new: a new
 * reference, or NULL with an exception; TypeError if it is not of the type.
 * `given` is NULL where making it failed, with that exception set. */
PyObject *crm_flush_find_plan(PyObject *cache, PyObject *key, PyObject *make,
                              PyObject *given, PyTypeObject *type);
/* Room for `ndefaults` of each object of the run: 0, or -1 with MemoryError. */
int crm_flush_need_defaults(crm_flush *flush);
/* Forgets where the values of a run came from, and what was made for it. */
void crm_flush_clear_sources(crm_flush *flush);

static inline crm_state *
crm_flush_state(const crm_flush *flush, size_t i)
{
    PyObject *holder = PyTuple_GET_ITEM(flush->holders, (Py_ssize_t)i);
    return &((crm_entity *)holder)->state;
}
/* Whether a value is an SQL expression, which no driver can bind. */
int crm_flush_is_expression(crm_flush *flush, PyObject *value);
/* Whether a slot's value is another than at the last flush (an expression is):
 * 1, 0, or -1 with an exception. */
int crm_flush_is_changed(crm_flush *flush, crm_state *state, uint16_t slot);
/* An object with an expression as a value, met in its turn. */
int crm_flush_special(crm_flush *flush, size_t i, PyObject *slots);

/* Encodes object `i` into a row of the plan: 0, or -1 with an exception. */
int crm_flush_encode(crm_flush *flush, size_t i, crm_cell *cells,
                     PyObject **keep);
/* Sets failed_sql and failed_params: of one object (`rows` 0), or of that many
 * of the current run.  Keeps the exception that is set. */
void crm_flush_failed(crm_flush *flush, size_t i, size_t rows);
/* Tells the log of one execution (`rows` 0), or of one for so many objects of
 * the current run.  Sets flush->instead if the log returns a plan: then use
 * crm_flush_plan(). */
int crm_flush_log(crm_flush *flush, size_t i, size_t rows, size_t number,
                  size_t total, int returning);
/* The plan to run: borrowed. */
static inline crm_plan *
crm_flush_plan(const crm_flush *flush)
{
    return flush->instead != NULL ? flush->instead : flush->plan;
}
/* Runs the current run as an executemany, logged once unless log_each; *changed
 * is the sum of rows changed. */
int crm_flush_run_many(crm_flush *flush, int64_t *changed);

/* The functions of the module. */
PyObject *crm_insert_objects(PyObject *module, PyObject *args,
                             PyObject *kwargs);
PyObject *crm_update_objects(PyObject *module, PyObject *args,
                             PyObject *kwargs);
PyObject *crm_delete_objects(PyObject *module, PyObject *args,
                             PyObject *kwargs);
PyObject *crm_changed_columns(PyObject *module, PyObject *const *args,
                              Py_ssize_t nargs);

enum {
    CRM_COLUMN_ALWAYS = 0,
    CRM_COLUMN_OMIT_NONE,
    CRM_COLUMN_DEFAULT,
    CRM_COLUMN_OMIT_UNSET,    /* bound when set, to None as well */
    CRM_COLUMN_DEFAULT_UNSET, /* the default, but None that was set is bound */
    CRM_COLUMN_VERSION, /* its default is taken whatever the object holds */
};

#endif /* CRM_FLUSH_H */
