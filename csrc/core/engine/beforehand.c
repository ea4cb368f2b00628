/* beforehand.c: what is asked of a connection about a plan before it is run:
 * how its values show, and which columns it returns. */
#include "connection.h"
#include "raise.h"

/* The values of one execution, a sequence, as they show. */
static PyObject *
encode_one(crm_connection *self, PyObject *plan, PyObject *given)
{
    PyObject *values = PySequence_Tuple(given);
    if (values == NULL) {
        return NULL;
    }
    PyObject *shown = crm_connection_encode(self, (crm_plan *)plan,
                                            &PyTuple_GET_ITEM(values, 0),
                                            (size_t)PyTuple_GET_SIZE(values));
    Py_DECREF(values);
    return shown;
}

PyObject *
crm_connection_encode_values(crm_connection *self, PyObject *args)
{
    PyObject *plan, *given;
    if (!PyArg_ParseTuple(args, "OO:encode", &plan, &given) ||
        crm_connection_check_plan(self, plan) < 0) {
        return NULL;
    }
    crm_made_begin(&self->made);
    return encode_one(self, plan, given);
}

PyObject *
crm_connection_encode_rows(crm_connection *self, PyObject *args)
{
    PyObject *plan, *given;
    if (!PyArg_ParseTuple(args, "OO:encode_many", &plan, &given) ||
        crm_connection_check_plan(self, plan) < 0) {
        return NULL;
    }
    PyObject *rows = PySequence_Tuple(given);
    PyObject *list = rows == NULL ? NULL : PyList_New(0);
    crm_made_begin(&self->made);
    for (Py_ssize_t i = 0; list != NULL && i < PyTuple_GET_SIZE(rows); i++) {
        PyObject *shown = encode_one(self, plan, PyTuple_GET_ITEM(rows, i));
        if (shown == NULL || PyList_Append(list, shown) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(shown);
    }
    Py_XDECREF(rows);
    return list;
}

/* `cells`: NULL without values. */
static int
describe(crm_connection *self, crm_plan *plan, const crm_cell *cells,
         crm_stmt *stmt)
{
    const crm_driver *driver = self->driver;
    crm_error err;
    int status = 0;
    if (driver->describe == NULL) {
        return 0;
    }
    if (cells != NULL) {
        status = driver->bind(stmt, cells, plan->nbinds, &err);
    }
    if (status == 0) {
        crm_driver_begin(self);
        status = driver->describe(stmt, &err);
        crm_driver_end(self);
    }
    if (cells != NULL) {
        driver->reset_stmt(stmt);
    }
    return status < 0 ? crm_connection_raise(self, &err) : 0;
}

static PyObject *
describe_plan(crm_connection *self, crm_plan *plan, PyObject *values)
{
    PyObject *names = NULL;
    crm_params params = {0};
    crm_cell *cells = NULL;
    if (PyTuple_GET_SIZE(values) > 0 && self->driver->describe != NULL) {
        if (crm_params_encode(&params, self, plan,
                              ((PyTupleObject *)values)->ob_item,
                              (size_t)PyTuple_GET_SIZE(values)) < 0) {
            /* running the plan says what is wrong with a value */
            if (crm_forgive() < 0) {
                goto done;
            }
        }
        else {
            cells = params.cells;
        }
    }
    if (crm_connection_enter(self) == 0) {
        crm_stmt *stmt = crm_connection_prepare(self, plan);
        if (stmt != NULL && describe(self, plan, cells, stmt) == 0) {
            names = crm_connection_columns(self, stmt);
        }
        crm_connection_leave(self);
    }

done:
    crm_params_clear(&params);
    return names;
}

PyObject *
crm_connection_describe(crm_connection *self, PyObject *args)
{
    PyObject *what, *given = NULL;
    if (!PyArg_ParseTuple(args, "O|O:describe", &what, &given)) {
        return NULL;
    }
    PyObject *plan;
    if (PyUnicode_Check(what)) {
        plan = PyObject_CallOneArg((PyObject *)self->core->plan_type, what);
    }
    else {
        plan =
            crm_connection_check_plan(self, what) < 0 ? NULL : Py_NewRef(what);
    }
    PyObject *values = given == NULL ? PyTuple_New(0) : PySequence_Tuple(given);
    PyObject *names = plan == NULL || values == NULL
                          ? NULL
                          : describe_plan(self, (crm_plan *)plan, values);
    Py_XDECREF(plan);
    Py_XDECREF(values);
    return names;
}
