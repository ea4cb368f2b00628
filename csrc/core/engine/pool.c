/* pool.c: the connection pool (_core.Pool).  See pool.h.
 *
 * A place is the right to one connection.  There are at most size +
 * max_overflow of them; `size` stay when they are idle.  A place that comes
 * back goes to the thread that waits longest, without passing through the idle
 * ones, so that nobody can overtake it.
 */
#include "pool.h"

#include <structmember.h>
#include <unistd.h>

/* ---- places ----------------------------------------------------------- */

static bool
may_grow(const crm_pool *self)
{
    return self->size == 0 || self->max_overflow < 0 ||
           self->total < self->size + self->max_overflow;
}

/* Serves the first waiting thread; takes over the reference to `given`. False
 * if nobody waits. */
static bool
serve_waiter(crm_pool *self, PyObject *given)
{
    return crm_queue_serve(&self->queue, given, self->generation);
}

/* Puts a connection (or None) among the idle ones; takes over the reference.
 * False, with the reference still the caller's, if there is no room. */
static bool
push_idle(crm_pool *self, PyObject *given)
{
    if (self->size != 0 && self->nidle >= self->size) {
        return false;
    }
    if (self->nidle == self->idle_cap) {
        Py_ssize_t cap = self->idle_cap == 0 ? 8 : self->idle_cap * 2;
        PyObject **idle = PyMem_Resize(self->idle, PyObject *, (size_t)cap);
        if (idle == NULL) {
            return false;
        }
        self->idle = idle;
        self->idle_cap = cap;
    }
    self->idle[self->nidle++] = given;
    return true;
}

static PyObject *
pop_idle(crm_pool *self)
{
    Py_ssize_t at = self->lifo ? self->nidle - 1 : 0;
    PyObject *given = self->idle[at];
    self->nidle--;
    memmove(self->idle + at, self->idle + at + 1,
            (size_t)(self->nidle - at) * sizeof(*self->idle));
    return given;
}

/* Hands the exception that is set, which has nobody to go to, to on_error; what
 * it raises itself, or without it, is printed. */
static void
report(crm_pool *self, const char *message)
{
    if (self->on_error == NULL || self->on_error == Py_None) {
        PyErr_WriteUnraisable((PyObject *)self);
        return;
    }
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    PyErr_NormalizeException(&type, &error, &traceback);
    if (traceback != NULL) {
        PyException_SetTraceback(error, traceback);
    }
    PyObject *hook = Py_NewRef(self->on_error);
    PyObject *told = PyObject_CallFunction(hook, "sO", message, error);
    if (told == NULL) {
        PyErr_WriteUnraisable(hook);
    }
    Py_XDECREF(told);
    Py_DECREF(hook);
    Py_DECREF(type);
    Py_DECREF(error);
    Py_XDECREF(traceback);
}

/* Calls on_close or on_lost, if it is there: 0, or -1 with an exception. */
static int
tell(PyObject *hook, PyObject *connection)
{
    if (hook == NULL || hook == Py_None) {
        return 0;
    }
    Py_INCREF(hook);
    PyObject *told = PyObject_CallOneArg(hook, connection);
    Py_XDECREF(told);
    Py_DECREF(hook);
    return told == NULL ? -1 : 0;
}

/* Closes a connection after on_close was told.  0, or -1 with the exception of
 * closing; an exception that is set stays. */
static int
close_connection(crm_pool *self, PyObject *connection)
{
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    if (tell(self->on_close, connection) < 0) {
        PyErr_WriteUnraisable((PyObject *)self);
    }
    PyErr_Restore(type, error, traceback);
    return crm_connection_close((crm_connection *)connection);
}

/* A place of `generation` comes back, with a connection or None: takes over the
 * reference.  Keeps a set exception. */
static void
return_place(crm_pool *self, uint64_t generation, PyObject *given)
{
    bool kept = false;
    if (generation == self->generation) {
        kept = serve_waiter(self, given) || push_idle(self, given);
        if (!kept) {
            self->total--;
        }
    }
    if (!kept) {
        PyObject *type, *error, *traceback;
        PyErr_Fetch(&type, &error, &traceback);
        if (given != Py_None && close_connection(self, given) < 0) {
            PyErr_Clear();
        }
        Py_DECREF(given);
        PyErr_Restore(type, error, traceback);
    }
}

/* A place that has no connection and is not to be kept. */
static void
drop_place(crm_pool *self, uint64_t generation)
{
    if (generation == self->generation &&
        !serve_waiter(self, Py_NewRef(Py_None))) {
        self->total--;
    }
}

/* Takes the place away from a checked-out connection: the generation it belongs
 * to.  The connection's reference to the pool passes to the caller. */
static uint64_t
detach(crm_connection *connection)
{
    connection->pool = NULL;
    return connection->pool_generation;
}

void
crm_pool_lost(crm_connection *connection)
{
    crm_pool *self = (crm_pool *)connection->pool;
    uint64_t generation = detach(connection);
    if (!crm_connection_inherited(connection)) {
        return_place(self, generation, Py_NewRef(Py_None));
    }
    Py_DECREF(self);
}

/* Forgets every idle connection and disowns the others. */
static void
forget_all(crm_pool *self, bool close)
{
    PyObject **idle = self->idle;
    Py_ssize_t nidle = self->nidle;
    self->idle = NULL;
    self->nidle = self->idle_cap = 0;
    self->total = 0;
    self->generation++;
    for (Py_ssize_t i = 0; i < nidle; i++) {
        if (close && idle[i] != Py_None &&
            close_connection(self, idle[i]) < 0) {
            report(self, "Exception closing connection");
        }
        Py_DECREF(idle[i]);
    }
    PyMem_Free(idle);
    /* Those who wait do so for places that are now free. */
    while (self->queue.first != NULL && may_grow(self)) {
        self->total++;
        serve_waiter(self, Py_NewRef(Py_None));
    }
}

/* A forked child starts with an empty pool: its parent's connections cannot be
 * used in it, and its parent's threads do not exist. */
static void
check_fork(crm_pool *self)
{
    long pid = (long)getpid();
    if (self->pid != pid) {
        self->pid = pid;
        self->queue.first = NULL;
        forget_all(self, false);
    }
}

/* ---- checkout --------------------------------------------------------- */

/* exc.TimeoutError(text, code="3o7r") */
static PyObject *
raise_timeout(crm_pool *self)
{
    char seconds[64];
    PyOS_snprintf(seconds, sizeof(seconds), "%0.2f", self->timeout);
    PyObject *cls = PyObject_GetAttrString(self->core->exc, "TimeoutError");
    if (cls == NULL) {
        return NULL;
    }
    PyObject *args = Py_BuildValue(
        "(N)", PyUnicode_FromFormat(
                   "QueuePool limit of size %zd overflow %zd reached, "
                   "connection timed out, timeout %s",
                   self->size, self->max_overflow, seconds));
    PyObject *kwargs =
        args == NULL ? NULL : Py_BuildValue("{ss}", "code", "3o7r");
    PyObject *error = kwargs == NULL ? NULL : PyObject_Call(cls, args, kwargs);
    if (error != NULL) {
        PyErr_SetObject(cls, error);
    }
    Py_DECREF(cls);
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
    Py_XDECREF(error);
    return NULL;
}

/* Waits for a place: a connection or None, a new reference; NULL with an
 * exception. */
static PyObject *
wait_for_place(crm_pool *self, uint64_t *generation)
{
    PyObject *given;
    int status =
        crm_queue_wait(&self->queue, self->timeout, &given, generation);
    if (status < 0 && given != NULL) {
        /* Served and interrupted: the place goes to the next. */
        return_place(self, *generation, given);
        given = NULL;
    }
    return status == 0 ? raise_timeout(self) : given;
}

/* Makes a connection for a place that is counted already. */
static PyObject *
create(crm_pool *self)
{
    if (self->creator == NULL) { /* cleared */
        PyErr_SetString(PyExc_ReferenceError,
                        "the function that makes connections is gone");
        return NULL;
    }
    PyObject *creator = Py_NewRef(self->creator);
    PyObject *connection = PyObject_CallNoArgs(creator);
    Py_DECREF(creator);
    if (connection == NULL) {
        return NULL;
    }
    if (!Py_IS_TYPE(connection, self->core->connection_type)) {
        PyErr_Format(PyExc_TypeError, "the creator returned %R, no connection",
                     connection);
        Py_DECREF(connection);
        return NULL;
    }
    crm_connection *made = (crm_connection *)connection;
    if (made->pool != NULL) {
        crm_raise(self->core, "InvalidRequestError",
                  "the creator returned a connection of a pool");
        Py_DECREF(connection);
        return NULL;
    }
    made->pool_since = crm_monotonic();
    return connection;
}

/* 1 if an idle connection can be used, 0 if it is to be replaced, -1 with an
 * exception. */
static int
is_fresh(crm_pool *self, crm_connection *connection)
{
    if (connection->conn == NULL || connection->invalid) {
        return 0;
    }
    if (connection->pool_since < self->expired) {
        return 0;
    }
    if (self->recycle >= 0 &&
        crm_monotonic() - connection->pool_since > self->recycle) {
        return 0;
    }
    if (self->pre_ping && crm_connection_ping(connection) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_Exception)) {
            return -1;
        }
        if (!connection->invalid && connection->conn != NULL) {
            return -1;
        }
        PyErr_Clear();
        self->expired = crm_monotonic();
        return tell(self->on_lost, (PyObject *)connection);
    }
    return 1;
}

static PyObject *
pool_expire(crm_pool *self, PyObject *Py_UNUSED(ignored))
{
    self->expired = crm_monotonic();
    Py_RETURN_NONE;
}

static PyObject *
pool_checkout(crm_pool *self, PyObject *Py_UNUSED(ignored))
{
    check_fork(self);
    PyObject *given;
    uint64_t generation = self->generation;
    bool new_place = false;
    if (self->nidle > 0) {
        given = pop_idle(self);
    }
    else if (may_grow(self)) {
        self->total++;
        new_place = true;
        given = Py_NewRef(Py_None);
    }
    else {
        given = wait_for_place(self, &generation);
        if (given == NULL) {
            return NULL;
        }
    }
    if (given != Py_None) {
        int fresh = is_fresh(self, (crm_connection *)given);
        if (fresh < 0) {
            return_place(self, generation, given);
            return NULL;
        }
        if (fresh == 0) {
            if (close_connection(self, given) < 0) {
                PyErr_Clear();
            }
            Py_SETREF(given, Py_NewRef(Py_None));
        }
    }
    if (given == Py_None) {
        Py_SETREF(given, create(self));
        if (given == NULL) {
            if (new_place) {
                drop_place(self, generation);
            }
            else {
                return_place(self, generation, Py_NewRef(Py_None));
            }
            return NULL;
        }
    }
    crm_connection *connection = (crm_connection *)given;
    connection->pool = Py_NewRef(self);
    connection->pool_generation = generation;
    return given;
}

/* ---- checkin ---------------------------------------------------------- */

/* 0 if the object is a connection checked out of this pool, -1 with an
 * exception. */
static int
check_owned(crm_pool *self, PyObject *object)
{
    if (!Py_IS_TYPE(object, self->core->connection_type)) {
        PyErr_Format(PyExc_TypeError, "a Connection is needed, not %R", object);
        return -1;
    }
    if (((crm_connection *)object)->pool != (PyObject *)self) {
        crm_raise(self->core, "InvalidRequestError",
                  "This connection is not checked out of this pool");
        return -1;
    }
    return 0;
}

/* Ends what the user left open.  0, or -1 when the connection is of no more
 * use; without an exception either way, unless it is none of class Exception.
 */
static int
reset_connection(crm_pool *self, crm_connection *connection)
{
    if (connection->conn == NULL || connection->invalid) {
        return -1;
    }
    int status = 0;
    if (self->reset == CRM_POOL_RESET_COMMIT) {
        status = crm_connection_commit(connection);
    }
    if (status == 0 && self->reset != CRM_POOL_RESET_NONE) {
        status = crm_connection_reset(connection);
    }
    if (status < 0) {
        if (PyErr_ExceptionMatches(PyExc_Exception)) {
            report(self, "Exception during reset or similar");
        }
        return -1;
    }
    return connection->invalid ? -1 : 0;
}

/* Closes a connection of no more use and returns None in its place. */
static PyObject *
close_broken(crm_pool *self, PyObject *connection)
{
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    if (close_connection(self, connection) < 0) {
        PyErr_Clear();
    }
    PyErr_Restore(type, error, traceback);
    return Py_NewRef(Py_None);
}

static PyObject *
pool_checkin(crm_pool *self, PyObject *object)
{
    if (check_owned(self, object) < 0) {
        return NULL;
    }
    crm_connection *connection = (crm_connection *)object;
    uint64_t generation = detach(connection); /* with the reference to self */
    if (crm_connection_inherited(connection)) {
        /* Checked out before a fork, given back by the child: to reset it there
         * would be to speak in the midst of what the parent says. */
        Py_DECREF(self);
        Py_RETURN_NONE;
    }
    PyObject *given = reset_connection(self, connection) < 0
                          ? close_broken(self, object)
                          : Py_NewRef(object);
    return_place(self, generation, given);
    Py_DECREF(self);
    if (PyErr_Occurred()) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
pool_invalidate(crm_pool *self, PyObject *object)
{
    if (check_owned(self, object) < 0) {
        return NULL;
    }
    uint64_t generation = detach((crm_connection *)object);
    if (!crm_connection_inherited((crm_connection *)object)) {
        return_place(self, generation, close_broken(self, object));
    }
    Py_DECREF(self);
    Py_RETURN_NONE;
}

static PyObject *
pool_detach(crm_pool *self, PyObject *object)
{
    if (check_owned(self, object) < 0) {
        return NULL;
    }
    uint64_t generation = detach((crm_connection *)object);
    if (!crm_connection_inherited((crm_connection *)object)) {
        return_place(self, generation, Py_NewRef(Py_None));
    }
    Py_DECREF(self);
    Py_RETURN_NONE;
}

static PyObject *
pool_dispose(crm_pool *self, PyObject *Py_UNUSED(ignored))
{
    check_fork(self);
    forget_all(self, true);
    Py_RETURN_NONE;
}

/* ---- numbers ---------------------------------------------------------- */

static Py_ssize_t
overflow_of(const crm_pool *self)
{
    return self->size == 0 ? 0 : self->total - self->size;
}

static PyObject *
pool_status(crm_pool *self, PyObject *Py_UNUSED(ignored))
{
    return PyUnicode_FromFormat(
        "Pool size: %zd  Connections in pool: %zd Current Overflow: %zd "
        "Current Checked out connections: %zd",
        self->size, self->nidle, overflow_of(self), self->total - self->nidle);
}

static PyObject *
pool_size(crm_pool *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromSsize_t(self->size);
}

static PyObject *
pool_checkedin(crm_pool *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromSsize_t(self->nidle);
}

static PyObject *
pool_checkedout(crm_pool *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromSsize_t(self->total - self->nidle);
}

static PyObject *
pool_overflow(crm_pool *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromSsize_t(overflow_of(self));
}

static PyObject *
pool_timeout(crm_pool *self, PyObject *Py_UNUSED(ignored))
{
    if (self->timeout < 0) {
        Py_RETURN_NONE;
    }
    return PyFloat_FromDouble(self->timeout);
}

/* ---- the type --------------------------------------------------------- */

/* "rollback", "commit", True, False or None. */
static int
read_reset(PyObject *value)
{
    if (PyUnicode_Check(value)) {
        if (PyUnicode_CompareWithASCIIString(value, "commit") == 0) {
            return CRM_POOL_RESET_COMMIT;
        }
        if (PyUnicode_CompareWithASCIIString(value, "rollback") == 0) {
            return CRM_POOL_RESET_ROLLBACK;
        }
    }
    else if (value == Py_None || PyBool_Check(value)) {
        return value == Py_True ? CRM_POOL_RESET_ROLLBACK : CRM_POOL_RESET_NONE;
    }
    PyErr_Format(PyExc_ValueError, "Invalid value for 'reset_on_return': %R",
                 value);
    return -1;
}

static int
read_timeout(PyObject *value, double *timeout)
{
    if (value == Py_None) {
        *timeout = -1;
        return 0;
    }
    *timeout = PyFloat_AsDouble(value);
    if (PyErr_Occurred()) {
        return -1;
    }
    if (!(*timeout >= 0)) {
        *timeout = 0;
    }
    return 0;
}

static PyObject *
pool_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"creator",  "pool_size",       "max_overflow",
                            "timeout",  "recycle",         "use_lifo",
                            "pre_ping", "reset_on_return", NULL};
    PyObject *creator, *timeout = NULL, *reset = Py_True;
    Py_ssize_t size = 5, max_overflow = 10;
    double recycle = -1;
    int lifo = 0, pre_ping = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|nnOdppO:Pool", names,
                                     &creator, &size, &max_overflow, &timeout,
                                     &recycle, &lifo, &pre_ping, &reset)) {
        return NULL;
    }
    if (!PyCallable_Check(creator)) {
        PyErr_Format(PyExc_TypeError, "creator must be callable, not %R",
                     creator);
        return NULL;
    }
    crm_core *core = crm_core_of(type);
    if (core == NULL) {
        return NULL;
    }
    double seconds = 30;
    int mode = read_reset(reset);
    if (mode < 0 || (timeout != NULL && read_timeout(timeout, &seconds) < 0)) {
        return NULL;
    }
    crm_pool *self = (crm_pool *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->core = core;
    self->creator = Py_NewRef(creator);
    self->size = size < 0 ? 0 : size;
    self->max_overflow =
        max_overflow < 0 || self->size == 0 ? -1 : max_overflow;
    self->timeout = seconds;
    self->recycle = recycle;
    self->lifo = lifo;
    self->pre_ping = pre_ping;
    self->reset = (uint8_t)mode;
    self->pid = (long)getpid();
    return (PyObject *)self;
}

static int
pool_traverse(crm_pool *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->creator);
    Py_VISIT(self->on_close);
    Py_VISIT(self->on_lost);
    Py_VISIT(self->on_error);
    for (Py_ssize_t i = 0; i < self->nidle; i++) {
        Py_VISIT(self->idle[i]);
    }
    return 0;
}

static int
pool_clear(crm_pool *self)
{
    PyObject **idle = self->idle;
    Py_ssize_t nidle = self->nidle;
    self->total -= nidle;
    self->idle = NULL;
    self->nidle = self->idle_cap = 0;
    for (Py_ssize_t i = 0; i < nidle; i++) {
        Py_DECREF(idle[i]);
    }
    PyMem_Free(idle);
    Py_CLEAR(self->creator);
    Py_CLEAR(self->on_close);
    Py_CLEAR(self->on_lost);
    Py_CLEAR(self->on_error);
    return 0;
}

static void
pool_dealloc(crm_pool *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (self->weakrefs != NULL) {
        PyObject_ClearWeakRefs((PyObject *)self);
    }
    pool_clear(self);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

static PyMethodDef pool_methods[] = {
    {"checkout", (PyCFunction)pool_checkout, METH_NOARGS,
     "A connection; waits for one when all are in use."},
    {"checkin", (PyCFunction)pool_checkin, METH_O,
     "Reset a connection and give it back."},
    {"expire", (PyCFunction)pool_expire, METH_NOARGS,
     "expire($self, /)\n--\n\n"
     "Replace the connections made so far when they are next checked out."},
    {"invalidate", (PyCFunction)pool_invalidate, METH_O,
     "Close a checked-out connection and free its place."},
    {"detach", (PyCFunction)pool_detach, METH_O,
     "Free the place of a checked-out connection, which stays open."},
    {"dispose", (PyCFunction)pool_dispose, METH_NOARGS,
     "Close the idle connections; those in use are closed when they come "
     "back."},
    {"status", (PyCFunction)pool_status, METH_NOARGS, NULL},
    {"size", (PyCFunction)pool_size, METH_NOARGS, NULL},
    {"checkedin", (PyCFunction)pool_checkedin, METH_NOARGS, NULL},
    {"checkedout", (PyCFunction)pool_checkedout, METH_NOARGS, NULL},
    {"overflow", (PyCFunction)pool_overflow, METH_NOARGS, NULL},
    {"timeout", (PyCFunction)pool_timeout, METH_NOARGS, NULL},
    {NULL},
};

static PyMemberDef pool_members[] = {
    {"creator", T_OBJECT, offsetof(crm_pool, creator), READONLY, NULL},
    {"on_close", T_OBJECT, offsetof(crm_pool, on_close), 0,
     "Called with a connection before it is closed; None: nobody."},
    {"on_lost", T_OBJECT, offsetof(crm_pool, on_lost), 0,
     "Called with a connection that pre_ping found lost."},
    {"on_error", T_OBJECT, offsetof(crm_pool, on_error), 0,
     "Called with a message and the exception of a failed reset or close."},
    {"max_overflow", T_PYSSIZET, offsetof(crm_pool, max_overflow), READONLY,
     NULL},
    {"recycle", T_DOUBLE, offsetof(crm_pool, recycle), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(crm_pool, weakrefs), READONLY,
     NULL},
    {NULL},
};

static PyType_Slot pool_slots[] = {
    {Py_tp_doc,
     "Pool(creator, pool_size=5, max_overflow=10, timeout=30.0, recycle=-1, "
     "use_lifo=False, pre_ping=False, reset_on_return=True)\n--\n\n"
     "The connections of an engine; see _core.pyi."},
    {Py_tp_new, pool_new},
    {Py_tp_dealloc, pool_dealloc},
    {Py_tp_traverse, pool_traverse},
    {Py_tp_clear, pool_clear},
    {Py_tp_methods, pool_methods},
    {Py_tp_members, pool_members},
    {0, NULL},
};

static PyType_Spec pool_spec = {
    .name = "cormorant._core.Pool",
    .basicsize = sizeof(crm_pool),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = pool_slots,
};

int
crm_pool_init(crm_core *core, PyObject *module)
{
    core->pool_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &pool_spec, NULL);
    if (core->pool_type == NULL) {
        return -1;
    }
    return PyModule_AddType(module, core->pool_type);
}
