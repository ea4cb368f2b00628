/* cursor.c: Cursor, the rows of one execution on their way to Python.
 *
 * It owns the pages the driver filled and drops each one after turning it into
 * objects.  In stream mode it owns the busy statement as well and reads on as
 * results are asked for.
 *
 * Hydration can run Python code and reading on releases the GIL, so a fetch
 * marks the cursor busy: a second fetch is an error, and close waits for the
 * first one to end.
 */
#include "core/core.h"

#include "hydrate.h"
#include "result.h"
#include "core/engine/turns.h"

#include <structmember.h>

typedef struct {
    PyObject_HEAD
    crm_core *core;
    crm_connection *conn; /* owned */
    crm_plan *plan;       /* owned */
    crm_session *session; /* owned, or NULL */
    PyObject *token;      /* owned, or NULL: the session's when it was run */
    uint64_t emptied;     /* the session's when it was run */
    crm_program *program; /* the plan's, or own_program; NULL: no rows */
    crm_program *own_program; /* owned, or NULL */
    crm_keys *own_keys; /* owned, or NULL: what its rows share instead of the
                           program's keys */
    crm_hydration
        *hydration; /* NULL until rows are asked for, and at the end */
    crm_rows rows;
    crm_present_keys *present; /* owned: objects of rows not read, or NULL */
    size_t page;               /* the next row is row `row` of this page */
    uint32_t row;
    uint32_t ncols;
    crm_stmt *stmt; /* busy statement, or NULL */
    uint64_t run;   /* its run */
    Py_ssize_t stream;
    PyObject *ready; /* owned list of results not yet given, or NULL */
    Py_ssize_t ready_at;
    long long rowcount;
    long long lastrowid;
    int flags;
    char unique;
    char returns_rows;
    char closed;
    char busy;
    char close_later;
} crm_cursor;

/* ---- life ------------------------------------------------------------- */

PyObject *
crm_cursor_new(crm_connection *conn, crm_plan *plan, crm_session *session,
               crm_rows *rows, crm_present *present, const crm_outcome *outcome,
               int flags, Py_ssize_t stream)
{
    crm_core *core = conn->core;
    PyTypeObject *type = core->cursor_type;
    crm_cursor *self = (crm_cursor *)type->tp_alloc(type, 0);
    if (self == NULL) {
        crm_rows_clear(rows);
        return NULL;
    }
    self->core = core;
    self->conn = (crm_connection *)Py_NewRef(conn);
    self->plan = (crm_plan *)Py_NewRef(plan);
    self->session = (crm_session *)Py_XNewRef(session);
    self->token = session != NULL ? Py_XNewRef(session->token) : NULL;
    self->emptied = session != NULL ? session->emptied : 0;
    self->rows = *rows;
    self->present = present->noted;
    present->noted = NULL;
    self->ncols = rows->ncols;
    crm_rows_init(rows, rows->ncols);
    self->flags = flags;
    self->stream = stream;
    self->run = outcome->run;
    if (flags & CRM_CURSOR_MORE) {
        self->stmt = outcome->stmt;
    }
    self->returns_rows = self->ncols > 0;
    self->lastrowid = outcome->last_id;
    self->rowcount = outcome->changes;
    if (!self->returns_rows) {
        return (PyObject *)self;
    }
    self->program = plan->program;
    if (self->program == NULL) {
        self->own_program = crm_program_plain(core, outcome->names);
        if (self->own_program == NULL) {
            Py_DECREF(self);
            return NULL;
        }
        self->program = self->own_program;
    }
    self->unique = self->program->unique;
    return (PyObject *)self;
}

/* Lets pages, statement and what was seen go. */
static void
release(crm_cursor *self)
{
    if (self->stmt != NULL) {
        crm_stmt *stmt = self->stmt;
        self->stmt = NULL;
        crm_connection_release(self->conn, stmt, self->run);
    }
    crm_rows_clear(&self->rows);
    self->page = 0;
    self->row = 0;
    crm_hydration *hydration = self->hydration;
    crm_present_keys *present = self->present;
    self->hydration = NULL;
    self->present = NULL;
    crm_hydration_free(hydration);
    crm_present_free(self->core, present);
}

static void
close_cursor(crm_cursor *self)
{
    self->closed = 1;
    if (self->busy) {
        self->close_later = 1;
        return;
    }
    release(self);
    Py_CLEAR(self->ready);
}

static int
cursor_traverse(crm_cursor *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->conn);
    Py_VISIT(self->plan);
    Py_VISIT(self->session);
    Py_VISIT(self->token);
    Py_VISIT(self->ready);
    Py_VISIT(self->own_keys);
    int failed = crm_hydration_traverse(self->hydration, visit, arg);
    if (!failed) {
        failed = crm_present_traverse(self->present, visit, arg);
    }
    return failed ? failed
                  : crm_program_traverse(self->own_program, visit, arg);
}

static int
cursor_clear(crm_cursor *self)
{
    if (self->conn != NULL) {
        release(self);
    }
    self->closed = 1;
    Py_CLEAR(self->ready);
    Py_CLEAR(self->session);
    Py_CLEAR(self->token);
    Py_CLEAR(self->own_keys);
    return 0;
}

static void
cursor_dealloc(crm_cursor *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    cursor_clear(self);
    crm_program_free(self->own_program);
    Py_XDECREF(self->plan);
    Py_XDECREF(self->conn);
    type->tp_free(self);
    Py_DECREF(type);
}

/* ---- reading ---------------------------------------------------------- */

/* Reads the next chunk of a stream: 1 if there may be rows, 0 at the end, -1
 * with an exception. */
static int
read_on(crm_cursor *self)
{
    crm_rows_clear(&self->rows);
    self->page = 0;
    self->row = 0;
    if (self->stmt == NULL) {
        return 0;
    }
    crm_hydration_next_chunk(self->hydration);
    int status = crm_connection_fetch(self->conn, self->stmt, self->run,
                                      &self->rows, (size_t)self->stream);
    if (status == CRM_DONE) {
        self->stmt = NULL;
    }
    /* (If it failed the run may go on, as when the connection was in use: it is
     * given up with all else.) */
    return status < 0 ? -1 : 1;
}

/* Turns up to `count` rows into results appended to `out`: 1 if there may be
 * more, 0 at the end, -1 with an exception. */
static int
hydrate_some(crm_cursor *self, Py_ssize_t count, int first_item, PyObject *out)
{
    while (self->page >= self->rows.npages) {
        int more = read_on(self);
        if (more <= 0) {
            return more;
        }
        if (self->rows.npages == 0 && self->stmt == NULL) {
            return 0;
        }
    }
    crm_page *page = self->rows.pages[self->page];
    uint32_t first = self->row;
    uint32_t last = page->nrows;
    if ((Py_ssize_t)(last - first) > count) {
        last = first + (uint32_t)count;
    }
    crm_page_ref(page);
    self->row = last;
    if (last == page->nrows) {
        crm_page_unref(page);
        self->rows.pages[self->page++] = NULL;
        self->row = 0;
    }
    int failed =
        crm_hydrate_page(self->hydration, page, first, last, first_item, out);
    crm_page_unref(page);
    return failed < 0 ? -1 : 1;
}

/* An empty list with room for `count` items. */
static PyObject *
sized_list(Py_ssize_t count)
{
    PyObject *list = PyList_New(count);
    if (list != NULL) {
        Py_SET_SIZE(list, 0);
    }
    return list;
}

/* 0, or -1 with an exception: the session has let all of its objects go since,
 * and is not given others by a result from before that has given none. */
static int
check_session(crm_cursor *self)
{
    if (self->session == NULL || self->session->emptied == self->emptied ||
        self->program->nentities == 0) {
        return 0;
    }
    PyObject *manager =
        (PyObject *)self->program->entities[0].own.layout->manager;
    PyObject *result = PyObject_CallMethod((PyObject *)self->session,
                                           "_refuse_late", "O", manager);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

static int
begin_hydration(crm_cursor *self)
{
    if (self->rows.nrows > 0 && check_session(self) < 0) {
        return -1;
    }
    self->hydration = crm_hydration_new(self->program, self->session,
                                        self->token, self->flags);
    if (self->hydration == NULL) {
        return -1;
    }
    crm_hydration_set_unique(self->hydration, self->unique);
    if (self->own_keys != NULL) {
        crm_hydration_set_keys(self->hydration, self->own_keys);
    }
    return crm_hydration_reserve(self->hydration, self->rows.nrows);
}

/* Joined collections are whole only at the end: makes all results. */
static int
make_ready(crm_cursor *self)
{
    PyObject *list = sized_list((Py_ssize_t)self->rows.nrows);
    if (list == NULL) {
        return -1;
    }
    int more;
    do {
        more = hydrate_some(self, PY_SSIZE_T_MAX, 0, list);
    } while (more > 0 && !self->close_later);
    if (more < 0) {
        Py_DECREF(list);
        return -1;
    }
    Py_XSETREF(self->ready, list);
    self->ready_at = 0;
    return 0;
}

/* Moves results from `ready` to a new list. */
static PyObject *
take_ready(crm_cursor *self, Py_ssize_t count, int first_item)
{
    Py_ssize_t left = PyList_GET_SIZE(self->ready) - self->ready_at;
    if (count >= left && self->ready_at == 0 && !first_item) {
        PyObject *all = self->ready;
        self->ready = PyList_New(0);
        if (self->ready == NULL) {
            self->ready = all;
            return NULL;
        }
        return all;
    }
    Py_ssize_t n = Py_MIN(count, left);
    PyObject *out = PyList_New(n);
    if (out == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = PyList_GET_ITEM(self->ready, self->ready_at + i);
        if (first_item && Py_IS_TYPE(item, self->core->row_type)) {
            item = ((crm_row *)item)->items[0];
        }
        PyList_SET_ITEM(out, i, Py_NewRef(item));
    }
    self->ready_at += n;
    if (self->ready_at == PyList_GET_SIZE(self->ready)) {
        self->ready_at = 0;
        if (PyList_SetSlice(self->ready, 0, PY_SSIZE_T_MAX, NULL) < 0) {
            Py_CLEAR(out);
        }
    }
    return out;
}

/* The work of fetch, while the cursor is busy. */
static PyObject *
fetch_busy(crm_cursor *self, Py_ssize_t count, int first_item)
{
    if (self->hydration == NULL && self->ready == NULL &&
        begin_hydration(self) < 0) {
        return NULL;
    }
    if (self->ready == NULL && self->program->collections &&
        make_ready(self) < 0) {
        return NULL;
    }
    if (self->ready != NULL) {
        return take_ready(self, count, first_item);
    }
    Py_ssize_t room = (Py_ssize_t)Py_MIN((uint64_t)count, self->rows.nrows);
    PyObject *out = sized_list(room);
    if (out == NULL) {
        return NULL;
    }
    while (PyList_GET_SIZE(out) < count && !self->close_later) {
        int more =
            hydrate_some(self, count - PyList_GET_SIZE(out), first_item, out);
        if (more < 0) {
            Py_DECREF(out);
            return NULL;
        }
        if (more == 0) {
            break;
        }
    }
    return out;
}

/* All rows were given, and there is nothing to read. */
static int
at_end(crm_cursor *self)
{
    return self->stmt == NULL && self->page >= self->rows.npages;
}

static PyObject *
fetch(crm_cursor *self, Py_ssize_t count, int first_item)
{
    if (self->closed) {
        return crm_raise(self->core, "ResourceClosedError",
                         "This result object is closed.");
    }
    if (!self->returns_rows) {
        return crm_raise(self->core, "ResourceClosedError",
                         "This result object does not return rows. It has "
                         "been closed automatically.");
    }
    if (self->busy) {
        return crm_raise(self->core, "InvalidRequestError",
                         "This result object is already being fetched from.");
    }
    if (self->ready == NULL && self->hydration == NULL && at_end(self)) {
        return PyList_New(0);
    }
    self->busy = 1;
    PyObject *out =
        fetch_busy(self, count < 0 ? PY_SSIZE_T_MAX : count, first_item);
    self->busy = 0;
    if (out != NULL) {
        crm_turns_made(self->conn, (uint64_t)PyList_GET_SIZE(out));
    }
    if (out == NULL || self->close_later || at_end(self)) {
        PyObject *type, *value, *traceback;
        PyErr_Fetch(&type, &value, &traceback);
        if (self->close_later) {
            close_cursor(self);
        }
        else {
            release(self);
        }
        PyErr_Restore(type, value, traceback);
    }
    return out;
}

/* ---- Python ----------------------------------------------------------- */

static int
parse_count(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
            const char *name, Py_ssize_t *count)
{
    *count = -1;
    Py_ssize_t nkw = kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames);
    if (nkw == 1 && nargs == 0 &&
        PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(kwnames, 0),
                                         "count") != 0) {
        PyErr_Format(PyExc_TypeError,
                     "%s() got an unexpected keyword argument %R", name,
                     PyTuple_GET_ITEM(kwnames, 0));
        return -1;
    }
    if (nargs + nkw > 1) {
        PyErr_Format(PyExc_TypeError, "%s() takes at most 1 argument", name);
        return -1;
    }
    if (nargs + nkw == 1) {
        *count = PyNumber_AsSsize_t(args[0], PyExc_OverflowError);
        if (*count == -1 && PyErr_Occurred()) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
cursor_fetch(crm_cursor *self, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    Py_ssize_t count;
    if (parse_count(args, nargs, kwnames, "fetch", &count) < 0) {
        return NULL;
    }
    return fetch(self, count, 0);
}

static PyObject *
cursor_fetch_scalars(crm_cursor *self, PyObject *const *args, Py_ssize_t nargs,
                     PyObject *kwnames)
{
    Py_ssize_t count;
    if (parse_count(args, nargs, kwnames, "fetch_scalars", &count) < 0) {
        return NULL;
    }
    return fetch(self, count, 1);
}

/* The rows not yet given, as another program makes results of them. */
static PyObject *
known_of_rows(crm_cursor *self, crm_program *program)
{
    crm_hydration *hydration = crm_hydration_new(
        program, self->session, self->token, self->flags | CRM_ONLY_KNOWN);
    PyObject *out =
        hydration == NULL ? NULL : sized_list((Py_ssize_t)self->rows.nrows);
    uint32_t first = self->row;
    for (size_t i = self->page; out != NULL && i < self->rows.npages; i++) {
        crm_page *page = self->rows.pages[i];
        if (crm_hydrate_page(hydration, page, first, page->nrows, 1, out) < 0) {
            Py_CLEAR(out);
        }
        first = 0;
    }
    crm_hydration_free(hydration);
    return out;
}

static PyObject *
cursor_known(crm_cursor *self, PyObject *plan)
{
    if (!Py_IS_TYPE(plan, self->core->plan_type) ||
        ((crm_plan *)plan)->program == NULL) {
        PyErr_SetString(PyExc_TypeError,
                        "known() needs a Plan that has a program");
        return NULL;
    }
    if (self->closed || self->busy || self->stream != 0) {
        return crm_raise(self->core, "InvalidRequestError",
                         "The rows of this cursor are not there to look at.");
    }
    self->busy = 1;
    PyObject *out = known_of_rows(self, ((crm_plan *)plan)->program);
    self->busy = 0;
    if (self->close_later) {
        PyObject *type, *value, *traceback;
        PyErr_Fetch(&type, &value, &traceback);
        close_cursor(self);
        PyErr_Restore(type, value, traceback);
    }
    return out;
}

static PyObject *
cursor_close(crm_cursor *self, PyObject *Py_UNUSED(none))
{
    close_cursor(self);
    Py_RETURN_NONE;
}

static PyObject *
cursor_get_keys(crm_cursor *self, void *Py_UNUSED(closure))
{
    return self->program == NULL ? PyTuple_New(0)
                                 : Py_NewRef(self->program->keys);
}

static PyObject *
cursor_get_row_keys(crm_cursor *self, void *Py_UNUSED(closure))
{
    if (self->own_keys != NULL) {
        return Py_NewRef(self->own_keys);
    }
    return Py_NewRef(
        self->program == NULL ? Py_None : (PyObject *)self->program->row_keys);
}

static int
cursor_set_row_keys(crm_cursor *self, PyObject *value, void *Py_UNUSED(closure))
{
    if (value == NULL || !Py_IS_TYPE(value, self->core->row_keys_type) ||
        self->program == NULL ||
        crm_keys_count((crm_keys *)value) !=
            crm_keys_count(self->program->row_keys)) {
        PyErr_SetString(PyExc_TypeError,
                        "row_keys must be RowKeys of as many items");
        return -1;
    }
    if (self->hydration != NULL || self->ready != NULL) {
        crm_raise(self->core, "InvalidRequestError",
                  "Keys must be chosen before the first fetch.");
        return -1;
    }
    Py_XSETREF(self->own_keys, (crm_keys *)Py_NewRef(value));
    return 0;
}

static PyObject *
cursor_get_scalar(crm_cursor *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(self->program != NULL && self->program->scalar);
}

static PyObject *
cursor_get_unique(crm_cursor *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(self->unique);
}

static int
cursor_set_unique(crm_cursor *self, PyObject *value, void *Py_UNUSED(closure))
{
    int unique = value == NULL ? 0 : PyObject_IsTrue(value);
    if (unique < 0) {
        return -1;
    }
    if (unique != self->unique &&
        (self->hydration != NULL || self->ready != NULL)) {
        crm_raise(self->core, "InvalidRequestError",
                  "Uniqueness must be chosen before the first fetch.");
        return -1;
    }
    self->unique = (char)unique;
    return 0;
}

static PyMethodDef cursor_methods[] = {
    {"fetch", CRM_FAST(cursor_fetch), METH_FASTCALL | METH_KEYWORDS,
     "fetch($self, count=-1)\n--\n\nThe next results, as the program makes "
     "them."},
    {"fetch_scalars", CRM_FAST(cursor_fetch_scalars),
     METH_FASTCALL | METH_KEYWORDS,
     "fetch_scalars($self, count=-1)\n--\n\nThe first items of the next "
     "results."},
    {"known", (PyCFunction)cursor_known, METH_O,
     "known($self, plan, /)\n--\n\nThe session's objects that the rows not "
     "yet fetched stand for in the program of another plan."},
    {"close", (PyCFunction)cursor_close, METH_NOARGS,
     "Drop unread rows and free the statement."},
    {NULL},
};

static PyMemberDef cursor_members[] = {
    {"rowcount", T_LONGLONG, offsetof(crm_cursor, rowcount), READONLY,
     "Rows changed, -1 if none are counted."},
    {"lastrowid", T_LONGLONG, offsetof(crm_cursor, lastrowid), READONLY,
     "Key generated by the last INSERT."},
    {"returns_rows", T_BOOL, offsetof(crm_cursor, returns_rows), READONLY,
     "The statement gives rows."},
    {"closed", T_BOOL, offsetof(crm_cursor, closed), READONLY,
     "close() was called."},
    {"connection", T_OBJECT, offsetof(crm_cursor, conn), READONLY,
     "The connection it runs on."},
    {"plan", T_OBJECT, offsetof(crm_cursor, plan), READONLY,
     "The plan that runs."},
    {NULL},
};

static PyGetSetDef cursor_getset[] = {
    {"keys", (getter)cursor_get_keys, NULL, "Names of the items.", NULL},
    {"row_keys", (getter)cursor_get_row_keys, (setter)cursor_set_row_keys,
     "The RowKeys its rows share, None without rows; others of as many items "
     "may be set before the first fetch.",
     NULL},
    {"scalar", (getter)cursor_get_scalar, NULL,
     "Results are single items, not Rows.", NULL},
    {"unique", (getter)cursor_get_unique, (setter)cursor_set_unique,
     "Whether equal results are left out; set before the first fetch.", NULL},
    {NULL},
};

static PyType_Slot cursor_slots[] = {
    {Py_tp_doc, "The rows of one execution."},
    {Py_tp_dealloc, cursor_dealloc},
    {Py_tp_traverse, cursor_traverse},
    {Py_tp_clear, cursor_clear},
    {Py_tp_methods, cursor_methods},
    {Py_tp_members, cursor_members},
    {Py_tp_getset, cursor_getset},
    {0, NULL},
};

static PyType_Spec cursor_spec = {
    .name = "cormorant._core.Cursor",
    .basicsize = sizeof(crm_cursor),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = cursor_slots,
};

int
crm_result_init(crm_core *core, PyObject *module)
{
    core->cursor_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &cursor_spec, NULL);
    if (core->cursor_type == NULL ||
        PyModule_AddType(module, core->cursor_type) < 0) {
        return -1;
    }
    return crm_row_init(core, module);
}
