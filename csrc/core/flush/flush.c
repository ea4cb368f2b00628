/* flush.c: what the loops of a flush share. */
#include "flush.h"

#include "core/compat.h"
#include "core/objects/state.h"

/* ---- a call ----------------------------------------------------------- */

/* Whether objects of a class can be written by statements for another: they
 * have the slots that those name.  Siblings share statements where Python found
 * that they bind the same columns. */
static int
fits(const crm_manager *manager, const crm_manager *of)
{
    if (crm_manager_isa(manager, of)) {
        return 1;
    }
    if (manager->nattrs < of->nattrs) {
        return 0;
    }
    while (manager->base != NULL) {
        manager = manager->base;
    }
    return crm_manager_isa(of, manager);
}

/* What has the state of an object: borrowed; NULL with TypeError if the object
 * is not of the manager's class. */
static PyObject *
holder_of(const crm_flush *flush, PyObject *obj)
{
    crm_state *state = crm_state_of(flush->core, obj);
    if (state == NULL || !fits(state->layout->manager, flush->manager)) {
        PyErr_Format(PyExc_TypeError, "%.100s object in a flush of %.100s",
                     Py_TYPE(obj)->tp_name,
                     ((PyTypeObject *)flush->manager->class_)->tp_name);
        return NULL;
    }
    return (PyObject *)crm_state_holder(state);
}

int
crm_flush_begin(crm_flush *flush, PyObject *conn, PyObject *manager,
                PyObject *objects, PyObject *log, PyObject *special)
{
    flush->conn = (crm_connection *)conn;
    flush->core = flush->conn->core;
    flush->manager = (crm_manager *)manager;
    flush->log = log == Py_None ? NULL : log;
    flush->special = special == Py_None ? NULL : special;
    flush->version = -1;
    flush->given = PySequence_Tuple(objects);
    if (flush->given == NULL) {
        return -1;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(flush->given);
    flush->holders = PyTuple_New(count);
    if (flush->holders == NULL) {
        return -1;
    }
    flush->count = (size_t)count;
    /* what an earlier run left would keep its values alive */
    Py_CLEAR(flush->conn->failed_params);
    flush->conn->refused = 0;
    Py_CLEAR(flush->conn->failed_sql);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *holder = holder_of(flush, PyTuple_GET_ITEM(flush->given, i));
        if (holder == NULL) {
            return -1;
        }
        PyTuple_SET_ITEM(flush->holders, i, Py_NewRef(holder));
    }
    return 0;
}

void
crm_flush_end(crm_flush *flush)
{
    if (flush->conn != NULL && flush->log != NULL) {
        crm_made_clear(&flush->conn->made);
    }
    Py_CLEAR(flush->given);
    Py_CLEAR(flush->holders);
    Py_CLEAR(flush->instead);
    PyMem_Free(flush->key);
    flush->key = NULL;
}

PyObject *
crm_flush_find_plan(PyObject *cache, PyObject *key, PyObject *make,
                    PyObject *given, PyTypeObject *type)
{
    if (given == NULL) {
        return NULL;
    }
    PyObject *found = Py_XNewRef(PyDict_GetItemWithError(cache, key));
    if (found == NULL && !PyErr_Occurred()) {
        found = PyObject_CallObject(make, given);
        if (found != NULL && PyDict_SetItem(cache, key, found) < 0) {
            Py_CLEAR(found);
        }
    }
    if (found != NULL && !Py_IS_TYPE(found, type)) {
        PyErr_Format(PyExc_TypeError, "make() must give an instance of %s",
                     crm_type_name(type));
        Py_CLEAR(found);
    }
    return found;
}

int
crm_flush_need_defaults(crm_flush *flush)
{
    flush->defaults =
        PyMem_Calloc(flush->length * flush->ndefaults, sizeof(PyObject *));
    if (flush->defaults == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

void
crm_flush_clear_sources(crm_flush *flush)
{
    PyObject **defaults = flush->defaults;
    size_t count = defaults == NULL ? 0 : flush->length * flush->ndefaults;
    PyMem_Free(flush->sources);
    flush->defaults = NULL;
    flush->ndefaults = 0;
    flush->sources = NULL;
    flush->plan = NULL;
    for (size_t k = 0; k < count; k++) {
        Py_XDECREF(defaults[k]);
    }
    PyMem_Free(defaults);
}

int
crm_flush_is_expression(crm_flush *flush, PyObject *value)
{
    PyTypeObject *type = Py_TYPE(value);
    if (type == flush->plain || type == &PyUnicode_Type ||
        type == &PyLong_Type || type == &PyFloat_Type || value == Py_None ||
        type == &PyBytes_Type || type == &PyBool_Type) {
        return 0;
    }
    if (crm_type_lookup(type, flush->core->str_clause) != NULL ||
        crm_type_lookup(type, flush->core->str_visit) != NULL) {
        return 1;
    }
    flush->plain = type;
    return 0;
}

int
crm_flush_special(crm_flush *flush, size_t i, PyObject *slots)
{
    PyObject *obj = crm_state_object(crm_flush_state(flush, i));
    if (flush->special == NULL) {
        crm_raise(flush->core, "ArgumentError",
                  "an SQL expression cannot be bound as a value of %.100s",
                  Py_TYPE(obj)->tp_name);
        return -1;
    }
    PyObject *done =
        PyObject_CallFunctionObjArgs(flush->special, obj, slots, NULL);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

/* ---- values of an object ---------------------------------------------- */

/* The version of an object's row: new reference, NULL with an exception. */
static PyObject *
version_of(crm_flush *flush, crm_state *state)
{
    PyObject *old = crm_state_committed(state, (uint16_t)flush->version);
    if (old != NULL && old != flush->core->no_value) {
        return Py_NewRef(old);
    }
    old = crm_state_peek(state, (uint16_t)flush->version);
    if (old == NULL && !PyErr_Occurred()) {
        old = Py_NewRef(Py_None);
    }
    return old;
}

/* The default of object `i`, made on first use: borrowed; NULL with an
 * exception. */
static PyObject *
default_of(crm_flush *flush, size_t i, uint16_t at)
{
    PyObject **place =
        &flush->defaults[(i - flush->first) * flush->ndefaults + at];
    if (*place == NULL) {
        PyObject *maker = flush->makers[at];
        if (!PyCallable_Check(maker)) {
            *place = Py_NewRef(maker);
            return *place;
        }
        PyObject *argument = flush->version < 0
                                 ? Py_NewRef(Py_None)
                                 : version_of(flush, crm_flush_state(flush, i));
        if (argument == NULL) {
            return NULL;
        }
        PyObject *value = PyObject_CallOneArg(maker, argument);
        Py_DECREF(argument);
        Py_XSETREF(*place, value);
    }
    return *place;
}

/* A part of the key that a row has: the attribute's value before it was
 * changed, for that is what the program last said of the row.  What is not
 * loaded is known of the identity alone. */
static PyObject *
key_part(crm_flush *flush, crm_state *state, uint16_t slot)
{
    crm_manager *manager = state->layout->manager;
    crm_change *change = crm_state_change(state, slot);
    PyObject *held = slot < state->nslots ? state->slots[slot] : NULL;
    if (change != NULL) {
        held = change->old == flush->core->no_value ? NULL : change->old;
    }
    if (CRM_SLOT_HAS(held) && held != Py_None) {
        return Py_NewRef(held);
    }
    uint16_t at = 0;
    while (at < manager->npk && manager->pk[at] != slot) {
        at++;
    }
    if (at == manager->npk || !(state->flags & CRM_S_KEY)) {
        /* of this table alone, or inserted by the flush that still runs */
        PyObject *part = crm_state_peek(state, slot);
        if (part == NULL && !PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError, "an object without an identity");
        }
        return part;
    }
    return crm_state_key_part(state, at);
}

/* The value of a source: a new reference, NULL with an exception. */
static PyObject *
value_of(crm_flush *flush, size_t i, crm_state *state, crm_source source)
{
    switch ((crm_origin)source.origin) {
        case CRM_FROM_DEFAULT:
            return Py_XNewRef(default_of(flush, i, source.at));
        case CRM_FROM_KEY:
            return key_part(flush, state, source.at);
        case CRM_FROM_VERSION:
            return version_of(flush, state);
        case CRM_FROM_PLACE:
            return PyLong_FromSize_t(i - flush->first);
        case CRM_FROM_SLOT:
            break;
    }
    PyObject *value = crm_state_peek(state, source.at);
    if (value == NULL && !PyErr_Occurred()) {
        value = Py_NewRef(Py_None);
    }
    return value;
}

static void
free_values(crm_flush *flush, PyObject **values)
{
    for (size_t k = 0; k < flush->nsources; k++) {
        Py_XDECREF(values[k]);
    }
    PyMem_Free(values);
}

/* The values of the parameters, before they are encoded: a new tuple, NULL with
 * an exception. */
static PyObject *
given_values(const crm_plan *plan, PyObject *const *values)
{
    PyObject *tuple = PyTuple_New((Py_ssize_t)plan->nbinds);
    for (size_t b = 0; tuple != NULL && b < plan->nbinds; b++) {
        PyTuple_SET_ITEM(tuple, (Py_ssize_t)b,
                         Py_NewRef(values[plan->binds[b].index]));
    }
    return tuple;
}

/* The exception of a value that could not be encoded.  If its type refused it,
 * failed_params are the values as the program gave them, in the order of the
 * plan's parameters. */
static int
encode_failed(crm_flush *flush, size_t i, crm_state *state, size_t bind,
              int status)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject **values = PyMem_Calloc(flush->nsources + 1, sizeof(PyObject *));
    if (values != NULL) {
        for (size_t k = 0; k < flush->nsources; k++) {
            values[k] = value_of(flush, i, state, flush->sources[k]);
            if (values[k] == NULL) {
                PyErr_Clear();
                values[k] = Py_NewRef(Py_None);
            }
        }
    }
    PyErr_Restore(type, value, traceback);
    if (values == NULL) {
        return -1;
    }
    crm_connection *conn = flush->conn;
    int failed = crm_connection_bind_error(conn, flush->plan, values,
                                           flush->nsources, bind, status);
    if (conn->failed_params == NULL) {
        PyErr_Fetch(&type, &value, &traceback);
        PyObject *given = given_values(flush->plan, values);
        conn->failed_params = crm_plan_show(flush->plan, given);
        PyErr_Restore(type, value, traceback);
    }
    free_values(flush, values);
    return failed;
}

int
crm_flush_encode(crm_flush *flush, size_t i, crm_cell *cells, PyObject **keep)
{
    crm_state *state = crm_flush_state(flush, i);
    crm_plan *plan = crm_flush_plan(flush);
    for (size_t b = 0; b < plan->nbinds; b++) {
        const crm_bind *bind = &plan->binds[b];
        crm_source source = flush->sources[bind->index];
        PyObject *held = NULL;
        if (source.origin == CRM_FROM_SLOT && source.at < state->nslots) {
            held = state->slots[source.at];
        }
        /* what follows can run code that changes the object */
        PyObject *value = CRM_SLOT_HAS(held)
                              ? Py_NewRef(held)
                              : value_of(flush, i, state, source);
        if (value == NULL) {
            return -1;
        }
        int status = crm_made_encode(&flush->conn->made, plan, bind, value,
                                     &cells[b], &keep[b]);
        Py_DECREF(value);
        if (status < 0) {
            return encode_failed(flush, i, state, b, status);
        }
    }
    return 0;
}

/* ---- log and errors --------------------------------------------------- */

/* What an object gives to each source: a new array of new references, NULL with
 * an exception. */
static PyObject **
source_values(crm_flush *flush, size_t i, crm_state *state)
{
    PyObject **values = PyMem_Calloc(flush->nsources + 1, sizeof(PyObject *));
    if (values == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (size_t k = 0; k < flush->nsources; k++) {
        values[k] = value_of(flush, i, state, flush->sources[k]);
        if (values[k] == NULL) {
            free_values(flush, values);
            return NULL;
        }
    }
    return values;
}

/* The parameters of one object as Python shows them: a new tuple; NULL with an
 * exception if a type refuses a value.  Their values as well if `given` is not
 * NULL: a new reference, set if this succeeds. */
static PyObject *
shown_params(crm_flush *flush, size_t i, PyObject **given)
{
    crm_state *state = crm_flush_state(flush, i);
    PyObject **values = source_values(flush, i, state);
    if (values == NULL) {
        return NULL;
    }
    PyObject *shown =
        given == NULL ? crm_plan_encode(flush->plan, values, flush->nsources)
                      : crm_connection_encode(flush->conn, flush->plan, values,
                                              flush->nsources);
    if (shown != NULL && given != NULL) {
        *given = given_values(flush->plan, values);
        if (*given == NULL) {
            Py_CLEAR(shown);
        }
    }
    free_values(flush, values);
    return shown;
}

/* The same of some of the run, from number i on: lists of tuples, or as of one
 * object if the run is of one. */
static PyObject *
shown_rows(crm_flush *flush, size_t i, size_t rows, PyObject **given)
{
    if (flush->length == 1) {
        return shown_params(flush, flush->first, given);
    }
    PyObject *list = PyList_New((Py_ssize_t)rows);
    PyObject *raw = given == NULL ? NULL : PyList_New((Py_ssize_t)rows);
    if (list == NULL || (given != NULL && raw == NULL)) {
        goto failed;
    }
    for (size_t k = 0; k < rows; k++) {
        PyObject *values = NULL;
        PyObject *tuple =
            shown_params(flush, i + k, given == NULL ? NULL : &values);
        if (tuple == NULL) {
            goto failed;
        }
        PyList_SET_ITEM(list, (Py_ssize_t)k, tuple);
        if (raw != NULL) {
            PyList_SET_ITEM(raw, (Py_ssize_t)k, values);
        }
    }
    if (given != NULL) {
        *given = raw;
    }
    return list;

failed:
    Py_XDECREF(list);
    Py_XDECREF(raw);
    return NULL;
}

void
crm_flush_failed(crm_flush *flush, size_t i, size_t rows)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *params = NULL;
    /* a value that cannot be encoded has left its own failed_params */
    if (!flush->conn->refused || flush->conn->failed_params == NULL) {
        params = rows > 0 ? shown_rows(flush, i, rows, NULL)
                          : shown_params(flush, i, NULL);
    }
    if (params == NULL) {
        PyErr_Clear();
    }
    else {
        Py_XSETREF(flush->conn->failed_params, params);
    }
    Py_XSETREF(flush->conn->failed_sql, Py_NewRef(crm_flush_plan(flush)->sql));
    PyErr_Restore(type, value, traceback);
}

/* Takes what the log returned (stolen): None, or a plan whose parameters come
 * from values there are. */
static int
take_instead(crm_flush *flush, PyObject *given)
{
    if (given == Py_None) {
        Py_DECREF(given);
        Py_CLEAR(flush->instead);
        return 0;
    }
    crm_plan *plan = (crm_plan *)given;
    int fits = Py_IS_TYPE(given, flush->core->plan_type);
    for (size_t b = 0; fits && b < plan->nbinds; b++) {
        fits = plan->binds[b].index < flush->nsources;
    }
    if (!fits) {
        crm_raise(flush->core, "InvalidRequestError",
                  "a listener may not give parameters to a statement of a "
                  "flush that has none");
        Py_DECREF(given);
        return -1;
    }
    Py_XSETREF(flush->instead, plan);
    return 0;
}

int
crm_flush_log(crm_flush *flush, size_t i, size_t rows, size_t number,
              size_t total, int returning)
{
    if (flush->log == NULL) {
        return 0;
    }
    PyObject *given;
    crm_made_clear(&flush->conn->made);
    PyObject *params = rows > 0 ? shown_rows(flush, i, rows, &given)
                                : shown_params(flush, i, &given);
    if (params == NULL) {
        /* A type refuses a value, before anything is logged: encoding it says
         * so again, but not that memory was out for the parameters. */
        Py_CLEAR(flush->instead);
        return crm_forgive();
    }
    PyObject *done = PyObject_CallFunction(
        flush->log, "OOOnnO", flush->plan->sql, params, given,
        (Py_ssize_t)number, (Py_ssize_t)total, returning ? Py_True : Py_False);
    Py_DECREF(params);
    Py_DECREF(given);
    return done == NULL ? -1 : take_instead(flush, done);
}

int
crm_flush_run_many(crm_flush *flush, int64_t *changed)
{
    crm_batch batch;
    int status =
        crm_batch_begin(&batch, flush->conn, flush->plan, flush->length, 0, 0);
    int each = flush->log_each;
    if (status == 0 && !each) {
        status = crm_flush_log(flush, flush->first, flush->length, 0, 0, 0);
        if (status == 0) {
            status = crm_batch_use(&batch, crm_flush_plan(flush));
        }
    }
    size_t k = 0;
    for (; status == 0 && k < flush->length; k++) {
        if (each) {
            status = crm_flush_log(flush, flush->first + k, 0, 0, 0, 0);
            if (status == 0) {
                status = crm_batch_use(&batch, crm_flush_plan(flush));
            }
        }
        if (status == 0) {
            PyObject **keep;
            crm_cell *cells = crm_batch_next(&batch, &keep);
            status = crm_flush_encode(flush, flush->first + k, cells, keep);
        }
        /* what is logged is run before more is */
        int full = crm_batch_add(&batch) || (each && flush->log != NULL);
        if (status == 0 && full) {
            status = crm_batch_run(&batch);
        }
    }
    if (status == 0) {
        status = crm_batch_run(&batch);
    }
    if (status < 0) {
        size_t failed = k == 0 ? 0 : Py_MIN(batch.done, k - 1);
        crm_flush_failed(flush, flush->first + (each ? failed : 0),
                         each ? 0 : flush->length);
    }
    *changed = batch.changed;
    crm_batch_end(&batch);
    Py_CLEAR(flush->instead);
    return status;
}

/* ---- InsertPlan ------------------------------------------------------- */

static PyObject *
insert_plan_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *words[] = {"plan",    "slots", "returning",
                            "last_id", "page",  NULL};
    crm_core *core = crm_core_of(type);
    PyObject *plan, *slots, *returning = NULL;
    int last_id = -1;
    unsigned int page = 0;
    if (core == NULL ||
        !PyArg_ParseTupleAndKeywords(args, kwargs, "O!O|OiI:InsertPlan", words,
                                     core->plan_type, &plan, &slots, &returning,
                                     &last_id, &page)) {
        return NULL;
    }
    crm_insert_plan *self = (crm_insert_plan *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    size_t count = 0;
    self->plan = (crm_plan *)Py_NewRef(plan);
    self->last_id = last_id;
    self->page = page;
    self->slots = crm_slots_from(NULL, slots, &count);
    self->nslots = (uint16_t)count;
    if (self->slots != NULL && returning != NULL) {
        self->returning = crm_slots_from(NULL, returning, &count);
        self->nreturning = (uint16_t)count;
    }
    if (self->slots == NULL || (returning != NULL && self->returning == NULL)) {
        Py_DECREF(self);
        return NULL;
    }
    if (last_id < -1 || last_id >= UINT16_MAX) {
        PyErr_SetString(PyExc_ValueError, "bad slot of the generated key");
        Py_DECREF(self);
        return NULL;
    }
    for (size_t i = 0; i < self->plan->nbinds; i++) {
        if (self->plan->binds[i].index > self->nslots) {
            PyErr_SetString(PyExc_ValueError, "a bind of the plan has no slot");
            Py_DECREF(self);
            return NULL;
        }
    }
    return (PyObject *)self;
}

static int
insert_plan_traverse(crm_insert_plan *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->plan);
    return 0;
}

static void
insert_plan_dealloc(crm_insert_plan *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_XDECREF(self->plan);
    PyMem_Free(self->slots);
    PyMem_Free(self->returning);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *
insert_plan_get_plan(crm_insert_plan *self, void *Py_UNUSED(closure))
{
    return Py_NewRef(self->plan);
}

static PyGetSetDef insert_plan_getset[] = {
    {"plan", (getter)insert_plan_get_plan, NULL, "The statement.", NULL},
    {NULL},
};

static PyType_Slot insert_plan_slots[] = {
    {Py_tp_doc, "How to insert objects that provide one set of columns."},
    {Py_tp_new, insert_plan_new},
    {Py_tp_dealloc, insert_plan_dealloc},
    {Py_tp_traverse, insert_plan_traverse},
    {Py_tp_getset, insert_plan_getset},
    {0, NULL},
};

static PyType_Spec insert_plan_spec = {
    .name = "cormorant._core.InsertPlan",
    .basicsize = sizeof(crm_insert_plan),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = insert_plan_slots,
};

/* ---- the module ------------------------------------------------------- */

PyDoc_STRVAR(insert_doc,
             "insert_objects(connection, manager, columns, make, cache, "
             "objects, log=None, special=None)\n--\n\n"
             "INSERT objects in order.");
PyDoc_STRVAR(update_doc,
             "update_objects(connection, manager, columns, make, cache, "
             "objects, log=None, special=None, version=-1, "
             "next_version=None, every=False, key=None)\n--\n\n"
             "UPDATE the changed columns of objects in order.");
PyDoc_STRVAR(delete_doc,
             "delete_objects(connection, manager, plan, objects, log=None, "
             "version=-1, key=None)"
             "\n--\n\nDELETE objects by their primary keys.");
PyDoc_STRVAR(changed_doc,
             "changed_columns(obj, columns)\n--\n\n"
             "Slots whose value differs from the committed one.");

static PyMethodDef flush_functions[] = {
    {"insert_objects", CRM_FAST(crm_insert_objects),
     METH_VARARGS | METH_KEYWORDS, insert_doc},
    {"update_objects", CRM_FAST(crm_update_objects),
     METH_VARARGS | METH_KEYWORDS, update_doc},
    {"delete_objects", CRM_FAST(crm_delete_objects),
     METH_VARARGS | METH_KEYWORDS, delete_doc},
    {"changed_columns", CRM_FAST(crm_changed_columns), METH_FASTCALL,
     changed_doc},
    {NULL},
};

int
crm_flush_init(crm_core *core, PyObject *module)
{
    core->str_clause = PyUnicode_InternFromString("__clause_element__");
    core->str_visit = PyUnicode_InternFromString("__visit_name__");
    core->insert_plan_type = (PyTypeObject *)PyType_FromModuleAndSpec(
        module, &insert_plan_spec, NULL);
    if (core->str_clause == NULL || core->str_visit == NULL ||
        core->insert_plan_type == NULL ||
        PyModule_AddType(module, core->insert_plan_type) < 0 ||
        PyModule_AddIntConstant(module, "COLUMN_ALWAYS", CRM_COLUMN_ALWAYS) <
            0 ||
        PyModule_AddIntConstant(module, "COLUMN_OMIT_NONE",
                                CRM_COLUMN_OMIT_NONE) < 0 ||
        PyModule_AddIntConstant(module, "COLUMN_OMIT_UNSET",
                                CRM_COLUMN_OMIT_UNSET) < 0 ||
        PyModule_AddIntConstant(module, "COLUMN_DEFAULT_UNSET",
                                CRM_COLUMN_DEFAULT_UNSET) < 0 ||
        PyModule_AddIntConstant(module, "COLUMN_VERSION", CRM_COLUMN_VERSION) <
            0 ||
        PyModule_AddIntConstant(module, "COLUMN_DEFAULT", CRM_COLUMN_DEFAULT) <
            0) {
        return -1;
    }
    return PyModule_AddFunctions(module, flush_functions);
}
