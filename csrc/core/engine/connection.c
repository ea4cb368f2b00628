/* connection.c: driver connections (_core.Connection).  See connection.h. */
#include "connection.h"

#include <structmember.h>
#include <unistd.h>

#include "pool.h"
#include "raise.h"
#include "statements.h"

/* ---- use of the connection -------------------------------------------- */

int
crm_connection_enter(crm_connection *self)
{
    if (self->conn == NULL) {
        return crm_connection_error(self, "ProgrammingError",
                                    "Cannot operate on a closed database.");
    }
    if (self->in_use != 0) {
        return crm_connection_error(
            self, "ProgrammingError",
            self->in_use == CRM_IN_COPY
                ? "another command is already in progress"
            : self->in_use == PyThread_get_thread_ident()
                ? "Recursive use of a connection is not allowed."
                : "The connection is in use by another thread.");
    }
    self->in_use = PyThread_get_thread_ident();
    return 0;
}

int
crm_connection_left(crm_connection *self, int status, const crm_error *err)
{
    crm_connection_leave(self);
    return status < 0 ? crm_connection_raise(self, err) : 0;
}

int
crm_call_begin(crm_connection *self)
{
    if (crm_connection_enter(self) < 0) {
        return -1;
    }
    crm_driver_begin(self);
    return 0;
}

int
crm_call_end(crm_connection *self, int status, const crm_error *err)
{
    crm_driver_end(self);
    return crm_connection_left(self, status, err);
}

/* A driver call that takes the connection and an error. */
typedef int (*simple_call)(crm_conn *conn, crm_error *err);

static int
call_simple(crm_connection *self, simple_call call)
{
    crm_error err;
    if (crm_call_begin(self) < 0) {
        return -1;
    }
    return crm_call_end(self, call(self->conn, &err), &err);
}

/* ---- construction ----------------------------------------------------- */

/* Options as the driver takes them; `hold` keeps the bytes. */
typedef struct {
    crm_option *items;
    size_t count;
    PyObject *hold;
} option_list;

/* Bytes of an option's value: a file name as the system spells it, other values
 * as str() says. */
static PyObject *
option_bytes(PyObject *key, PyObject *value)
{
    PyObject *text = PyObject_Str(value);
    if (text == NULL) {
        return NULL;
    }
    PyObject *bytes = PyUnicode_CompareWithASCIIString(key, "database") == 0
                          ? PyUnicode_EncodeFSDefault(text)
                          : PyUnicode_AsUTF8String(text);
    Py_DECREF(text);
    if (bytes != NULL &&
        strlen(PyBytes_AS_STRING(bytes)) != (size_t)PyBytes_GET_SIZE(bytes)) {
        PyErr_SetString(PyExc_ValueError, "embedded null byte");
        Py_CLEAR(bytes);
    }
    return bytes;
}

static int
read_options(option_list *list, PyObject *options)
{
    *list = (option_list){0};
    PyObject *items = PyMapping_Items(options);
    if (items == NULL) {
        return -1;
    }
    int status = -1;
    Py_ssize_t count = PyList_GET_SIZE(items);
    list->items = PyMem_New(crm_option, (size_t)count);
    list->hold = PyList_New(0);
    if (list->items == NULL || list->hold == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *key, *value;
        if (!PyArg_ParseTuple(PyList_GET_ITEM(items, i), "UO:option", &key,
                              &value)) {
            goto done;
        }
        const char *name = PyUnicode_AsUTF8(key);
        PyObject *bytes = name == NULL ? NULL : option_bytes(key, value);
        if (bytes == NULL || PyList_Append(list->hold, key) < 0 ||
            PyList_Append(list->hold, bytes) < 0) {
            Py_XDECREF(bytes);
            goto done;
        }
        list->items[i] = (crm_option){name, PyBytes_AS_STRING(bytes)};
        list->count = (size_t)i + 1;
        Py_DECREF(bytes);
    }
    status = 0;
done:
    Py_DECREF(items);
    return status;
}

static int
connect(crm_connection *self, PyObject *options)
{
    option_list list;
    int status = read_options(&list, options);
    if (status == 0) {
        crm_error err;
        crm_conn *conn = NULL;
        crm_driver_begin(self);
        status = self->driver->connect(list.items, list.count, &self->host,
                                       &conn, &err);
        crm_driver_end(self);
        if (status < 0) {
            crm_connection_raise(self, &err);
        }
        else {
            self->conn = conn;
        }
    }
    PyMem_Free(list.items);
    Py_XDECREF(list.hold);
    return status;
}

static PyObject *
connection_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"driver", "dbapi", "options", NULL};
    PyObject *capsule, *dbapi, *options;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOO:Connection", names,
                                     &capsule, &dbapi, &options)) {
        return NULL;
    }
    const crm_driver *driver =
        PyCapsule_GetPointer(capsule, CRM_DRIVER_CAPSULE);
    if (driver == NULL) {
        return NULL;
    }
    if (driver->abi != CRM_DRIVER_ABI) {
        PyErr_Format(PyExc_ImportError,
                     "driver '%s' was built for version %u of the driver "
                     "interface, not %u",
                     driver->name, driver->abi, CRM_DRIVER_ABI);
        return NULL;
    }
    crm_core *core = crm_core_of(type);
    if (core == NULL) {
        return NULL;
    }
    crm_connection *self = (crm_connection *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->core = core;
    self->driver = driver;
    self->driver_capsule = Py_NewRef(capsule);
    self->dbapi = Py_NewRef(dbapi);
    self->pid = (long)getpid();
    crm_connection_set_host(self);
    self->statements = crm_statements_new(driver);
    if (self->statements == NULL || connect(self, options) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

bool
crm_connection_inherited(const crm_connection *self)
{
    return self->pid != (long)getpid();
}

/* Closes for good, by a function of the driver.  In a child process the
 * parent's connection is only forgotten: closing it there would touch files and
 * locks of the parent.  0, or -1 with what the driver raised, else with an
 * exception that is set still set. */
static int
close_connection(crm_connection *self, void (*end)(crm_conn *conn))
{
    crm_conn *conn = self->conn;
    crm_statements *statements = self->statements;
    crm_connection_begun(self);
    self->conn = NULL;
    self->statements = NULL;
    if (crm_connection_inherited(self)) {
        return 0;
    }
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    crm_statements_free(statements);
    if (conn != NULL) {
        crm_driver_begin(self);
        end(conn);
        crm_driver_end(self);
    }
    if (PyErr_Occurred()) {
        Py_XDECREF(type);
        Py_XDECREF(error);
        Py_XDECREF(traceback);
        return -1;
    }
    PyErr_Restore(type, error, traceback);
    return 0;
}

/* A visitproc and its argument, for crm_driver.traverse. */
typedef struct {
    visitproc visit;
    void *arg;
} visitor;

static int
visit_owned(void *object, void *arg)
{
    const visitor *to = arg;
    return to->visit((PyObject *)object, to->arg);
}

static int
connection_traverse(crm_connection *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->dbapi);
    for (size_t i = 0; i < CRM_HOOKS; i++) {
        Py_VISIT(self->hooks[i]);
    }
    int stop = crm_functions_traverse(self, visit, arg);
    if (stop != 0) {
        return stop;
    }
    Py_VISIT(self->info);
    Py_VISIT(self->kept);
    stop = crm_made_traverse(&self->made, visit, arg);
    if (stop != 0) {
        return stop;
    }
    Py_VISIT(self->failed_params);
    Py_VISIT(self->failed_sql);
    Py_VISIT(self->pool);
    crm_entry *entry =
        self->statements == NULL ? NULL : self->statements->newest;
    for (; entry != NULL; entry = entry->older) {
        for (size_t i = 0; i < entry->nkeep; i++) {
            Py_VISIT(entry->keep[i]);
        }
    }
    if (self->conn != NULL && self->driver->traverse != NULL) {
        visitor to = {visit, arg};
        return self->driver->traverse(self->conn, visit_owned, &to);
    }
    return 0;
}

static int
connection_clear(crm_connection *self)
{
    /* dbapi stays: errors need it, and a module owns no connections.  One that
     * the program made is owned by it, but also by what clears itself. */
    for (size_t i = 0; i < CRM_HOOKS; i++) {
        Py_CLEAR(self->hooks[i]);
    }
    crm_functions_clear(self);
    Py_CLEAR(self->info);
    Py_CLEAR(self->kept);
    crm_made_clear(&self->made);
    Py_CLEAR(self->failed_params);
    Py_CLEAR(self->failed_sql);
    return 0;
}

static void
connection_dealloc(crm_connection *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (self->weakrefs != NULL) {
        PyObject_ClearWeakRefs((PyObject *)self);
    }
    close_connection(self, self->driver->forget == NULL ? self->driver->close
                                                        : self->driver->forget);
    if (self->pool != NULL) {
        crm_pool_lost(self);
    }
    connection_clear(self);
    Py_CLEAR(self->dbapi);
    Py_CLEAR(self->driver_capsule);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

/* ---- methods ---------------------------------------------------------- */

int
crm_connection_check_plan(crm_connection *self, PyObject *plan)
{
    if (plan == NULL || !Py_IS_TYPE(plan, self->core->plan_type)) {
        PyErr_Format(PyExc_TypeError, "a Plan is needed, not %R",
                     plan == NULL ? Py_None : plan);
        return -1;
    }
    return 0;
}

PyDoc_STRVAR(execute_doc,
             "execute($self, /, plan, values=(), session=None, stream=0, "
             "flags=0)\n--\n\n"
             "Bind, run, and read all rows (or `stream` at a time).");

const char *
crm_connection_sql(crm_connection *self, PyObject *sql)
{
    if (!PyUnicode_Check(sql)) {
        PyErr_Format(PyExc_TypeError, "SQL must be str, not %R", sql);
        return NULL;
    }
    Py_ssize_t len;
    const char *text = PyUnicode_AsUTF8AndSize(sql, &len);
    if (text != NULL && strlen(text) != (size_t)len) {
        crm_connection_error(self, "ProgrammingError",
                             "the query contains a null character");
        return NULL;
    }
    return text;
}

PyDoc_STRVAR(run_script_doc,
             "run_script($self, sql, /)\n--\n\n"
             "Run SQL without parameters or rows.");

static PyObject *
connection_run_script(crm_connection *self, PyObject *sql)
{
    const char *text = crm_connection_sql(self, sql);
    if (text == NULL || crm_call_begin(self) < 0) {
        return NULL;
    }
    crm_error err;
    int status = self->driver->exec(self->conn, text, &err);
    return crm_none_or_error(crm_call_end(self, status, &err));
}

int
crm_connection_commit(crm_connection *self)
{
    return call_simple(self, self->driver->commit);
}

int
crm_connection_ping(crm_connection *self)
{
    return call_simple(self, self->driver->ping);
}

#define SIMPLE_METHOD(call)                                          \
    static PyObject *connection_##call(crm_connection *self,         \
                                       PyObject *Py_UNUSED(ignored)) \
    {                                                                \
        if (call_simple(self, self->driver->call) < 0) {             \
            return NULL;                                             \
        }                                                            \
        Py_RETURN_NONE;                                              \
    }

SIMPLE_METHOD(begin)
SIMPLE_METHOD(commit)
SIMPLE_METHOD(ping)

/* A COPY that was not ended does not keep the connection in use. */
static void
leave_copy(crm_connection *self)
{
    if (self->in_use == CRM_IN_COPY) {
        self->in_use = 0;
    }
}

static PyObject *
connection_rollback(crm_connection *self, PyObject *Py_UNUSED(ignored))
{
    crm_made_clear(&self->made); /* of a statement that was not run after all */
    return crm_none_or_error(call_simple(self, self->driver->rollback));
}

int
crm_connection_reset(crm_connection *self)
{
    crm_made_clear(&self->made);
    if (crm_connection_inherited(self)) {
        return 0;
    }
    leave_copy(self);
    if (crm_call_begin(self) < 0) {
        return -1;
    }
    crm_error err;
    int status = self->driver->reset(self->conn, &err);
    crm_driver_end(self);
    /* before leave, or what their parameters run could close the connection */
    crm_statements_end_runs(self->statements);
    return crm_connection_left(self, status, &err);
}

static PyObject *
connection_reset(crm_connection *self, PyObject *Py_UNUSED(ignored))
{
    return crm_none_or_error(crm_connection_reset(self));
}

static PyObject *
connection_cursor(crm_connection *self, PyObject *Py_UNUSED(ignored))
{
    return PyObject_CallMethod(self->dbapi, "cursor", "O", self);
}

static PyObject *
connection_interrupt(crm_connection *self, PyObject *Py_UNUSED(ignored))
{
    /* Without enter: meant for a connection that another thread uses. */
    void *request =
        self->conn == NULL ? NULL : self->driver->interrupt(self->conn);
    if (request != NULL) {
        /* It may be closed from here on. */
        void (*send)(void *request) = self->driver->send_interrupt;
        Py_BEGIN_ALLOW_THREADS
        send(request);
        Py_END_ALLOW_THREADS
    }
    Py_RETURN_NONE;
}

int
crm_connection_close(crm_connection *self)
{
    if (self->conn == NULL) {
        return 0;
    }
    leave_copy(self);
    if (crm_connection_enter(self) < 0) {
        return -1;
    }
    int status = close_connection(self, self->driver->close);
    crm_connection_leave(self);
    return status;
}

static PyObject *
connection_close(crm_connection *self, PyObject *Py_UNUSED(ignored))
{
    return crm_none_or_error(crm_connection_close(self));
}

/* A statement that was shown has not been run. */
static PyObject *
connection_forget_shown(crm_connection *self, PyObject *Py_UNUSED(ignored))
{
    crm_made_clear(&self->made);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(set_option_doc,
             "set_option($self, key, value, /)\n--\n\n"
             "Change an option of the open connection, if the driver can.");

static PyObject *
connection_set_option(crm_connection *self, PyObject *args)
{
    const char *key, *value;
    if (!PyArg_ParseTuple(args, "ss:set_option", &key, &value)) {
        return NULL;
    }
    if (self->driver->set_option == NULL) {
        crm_connection_error(self, "NotSupportedError",
                             "driver '%s' has no option '%s'",
                             self->driver->name, key);
        return NULL;
    }
    if (crm_connection_enter(self) < 0) {
        return NULL;
    }
    crm_error err;
    int status = self->driver->set_option(self->conn, key, value, &err);
    return crm_none_or_error(crm_connection_left(self, status, &err));
}

static PyObject *
connection_last_insert_id(crm_connection *self, PyObject *Py_UNUSED(ignored))
{
    if (crm_connection_enter(self) < 0) {
        return NULL;
    }
    int64_t id = self->driver->last_insert_id(self->conn);
    crm_connection_leave(self);
    return PyLong_FromLongLong(id);
}

/* ---- attributes ------------------------------------------------------- */

static PyObject *
connection_get_closed(crm_connection *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(self->conn == NULL);
}

static PyObject *
connection_get_inherited(crm_connection *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(crm_connection_inherited(self));
}

static PyObject *
connection_get_in_transaction(crm_connection *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(self->conn != NULL &&
                           self->driver->in_transaction(self->conn));
}

static PyObject *
dict_of(PyObject **dict)
{
    if (*dict == NULL) {
        *dict = PyDict_New();
    }
    return Py_XNewRef(*dict);
}

static PyObject *
connection_get_info(crm_connection *self, void *Py_UNUSED(closure))
{
    return dict_of(&self->info);
}

static PyObject *
connection_get_kept(crm_connection *self, void *Py_UNUSED(closure))
{
    return dict_of(&self->kept);
}

static PyGetSetDef connection_getset[] = {
    {"closed", (getter)connection_get_closed, NULL, NULL, NULL},
    {"inherited", (getter)connection_get_inherited, NULL,
     "Opened by the process that this one was forked from.", NULL},
    {"in_transaction", (getter)connection_get_in_transaction, NULL, NULL, NULL},
    {"info", (getter)connection_get_info, NULL, "A dict for the user.", NULL},
    {"kept", (getter)connection_get_kept, NULL, "A dict for the package.",
     NULL},
    {NULL},
};

static PyMemberDef connection_members[] = {
    {"dbapi", T_OBJECT, offsetof(crm_connection, dbapi), READONLY,
     "The module with its exceptions."},
    {"invalid", T_BOOL, offsetof(crm_connection, invalid), 0,
     "A call reported a disconnect."},
    {"refused", T_BOOL, offsetof(crm_connection, refused), READONLY,
     "Whether a type refused a value of the last statement"},
    {"changes", T_LONGLONG, offsetof(crm_connection, changes), 0,
     "Rows that flushes and execute_many() have changed since it was set."},
    {"failed_params", T_OBJECT, offsetof(crm_connection, failed_params),
     READONLY, "Parameters of the run that raised last."},
    {"failed_sql", T_OBJECT, offsetof(crm_connection, failed_sql), READONLY,
     "SQL of the flush statement that raised last."},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(crm_connection, weakrefs),
     READONLY, NULL},
    {NULL},
};

static PyMethodDef connection_methods[] = {
    {"execute", CRM_FAST(crm_connection_execute), METH_FASTCALL | METH_KEYWORDS,
     execute_doc},
    {"execute_many", CRM_FAST(crm_connection_execute_many), METH_FASTCALL,
     "execute_many($self, plan, rows, /)\n--\n\n"
     "Run once per row of parameters; the sum of the rows changed."},
    {"run_script", (PyCFunction)connection_run_script, METH_O, run_script_doc},
    {"begin", (PyCFunction)connection_begin, METH_NOARGS, NULL},
    {"commit", (PyCFunction)connection_commit, METH_NOARGS, NULL},
    {"rollback", (PyCFunction)connection_rollback, METH_NOARGS, NULL},
    {"reset", (PyCFunction)connection_reset, METH_NOARGS,
     "Roll back and end unfinished statements."},
    {"ping", (PyCFunction)connection_ping, METH_NOARGS, NULL},
    {"cursor", (PyCFunction)connection_cursor, METH_NOARGS,
     "A DB-API cursor of the kind that the database's driver has."},
    {"interrupt", (PyCFunction)connection_interrupt, METH_NOARGS,
     "Make a call that runs in another thread fail soon."},
    {"close", (PyCFunction)connection_close, METH_NOARGS, NULL},
    {"describe", (PyCFunction)crm_connection_describe, METH_VARARGS,
     "describe($self, plan, values=(), /)\n--\n\n"
     "Names of the columns a plan (or SQL text) returns, without "
     "running it.\n\n"
     "The values say of which types its parameters are, where the "
     "driver has to ask the database."},
    {"encode", (PyCFunction)crm_connection_encode_values, METH_VARARGS,
     "encode($self, plan, values, /)\n--\n\n"
     "The values of an execution that comes next, as Plan.encode() "
     "shows them: what\nfunctions of types make of them here is what "
     "the execution takes."},
    {"encode_many", (PyCFunction)crm_connection_encode_rows, METH_VARARGS,
     "encode_many($self, plan, rows, /)\n--\n\n"
     "The same of executemany: a list."},
    {"forget_shown", (PyCFunction)connection_forget_shown, METH_NOARGS,
     "What encode() was called for is not going to be executed."},
    {"column_types", (PyCFunction)crm_connection_column_types, METH_O, NULL},
    {"set_option", (PyCFunction)connection_set_option, METH_VARARGS,
     set_option_doc},
    {"create_function", CRM_FAST(crm_connection_create_function),
     METH_VARARGS | METH_KEYWORDS, NULL},
    {"create_aggregate", CRM_FAST(crm_connection_create_aggregate),
     METH_VARARGS | METH_KEYWORDS, NULL},
    {"create_window_function",
     (PyCFunction)crm_connection_create_window_function, METH_VARARGS, NULL},
    {"set_hook", (PyCFunction)crm_connection_set_hook, METH_VARARGS, NULL},
    {"enable_load_extension", (PyCFunction)crm_connection_enable_extensions,
     METH_O, NULL},
    {"load_extension", (PyCFunction)crm_connection_load_extension, METH_VARARGS,
     NULL},
    {"serialize", (PyCFunction)crm_connection_serialize, METH_O, NULL},
    {"deserialize", (PyCFunction)crm_connection_deserialize, METH_VARARGS,
     NULL},
    {"backup", (PyCFunction)crm_connection_backup, METH_VARARGS, NULL},
    {"blob_size", (PyCFunction)crm_connection_blob_size, METH_VARARGS, NULL},
    {"blob_read", (PyCFunction)crm_connection_blob_read, METH_VARARGS, NULL},
    {"blob_write", (PyCFunction)crm_connection_blob_write, METH_VARARGS, NULL},
    {"create_collation", (PyCFunction)crm_connection_create_collation,
     METH_VARARGS, NULL},
    {"last_insert_id", (PyCFunction)connection_last_insert_id, METH_NOARGS,
     NULL},
    {"said", (PyCFunction)crm_connection_said, METH_NOARGS, NULL},
    {"copy", (PyCFunction)crm_connection_copy, METH_O, NULL},
    {"copy_read", (PyCFunction)crm_connection_copy_read, METH_O, NULL},
    {"copy_write", (PyCFunction)crm_connection_copy_write, METH_O, NULL},
    {"copy_end", (PyCFunction)crm_connection_copy_end, METH_VARARGS, NULL},
    {"notification", (PyCFunction)crm_connection_notification, METH_O, NULL},
    {"about", (PyCFunction)crm_connection_about, METH_O, NULL},
    {NULL},
};

static PyType_Slot connection_slots[] = {
    {Py_tp_doc,
     "Connection(driver, dbapi, options)\n--\n\n"
     "One database connection; see _core.pyi."},
    {Py_tp_new, connection_new},
    {Py_tp_dealloc, connection_dealloc},
    {Py_tp_traverse, connection_traverse},
    {Py_tp_clear, connection_clear},
    {Py_tp_methods, connection_methods},
    {Py_tp_members, connection_members},
    {Py_tp_getset, connection_getset},
    {0, NULL},
};

static PyType_Spec connection_spec = {
    .name = "cormorant._core.Connection",
    .basicsize = sizeof(crm_connection),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = connection_slots,
};

int
crm_connection_init(crm_core *core, PyObject *module)
{
    core->connection_type = (PyTypeObject *)PyType_FromModuleAndSpec(
        module, &connection_spec, NULL);
    if (core->connection_type == NULL) {
        return -1;
    }
    return PyModule_AddType(module, core->connection_type);
}
