/* module.c: cormorant._postgres: the driver's table and its capsule.
 *
 * The only file of the driver that knows Python.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "pg_driver.h"

static const crm_driver postgres_driver = {
    .abi = CRM_DRIVER_ABI,
    .name = "postgres",
    .looks = true,
    .connect = crm_pg_connect,
    .close = crm_pg_close,
    .reset = crm_pg_reset,
    .ping = crm_pg_ping,
    .set_option = crm_pg_set_option,
    .begin = crm_pg_begin,
    .commit = crm_pg_commit,
    .rollback = crm_pg_rollback,
    .in_transaction = crm_pg_in_transaction,
    .exec = crm_pg_exec,
    .prepare = crm_pg_prepare,
    .finalize = crm_pg_finalize,
    .column_count = crm_pg_column_count,
    .column_name = crm_pg_column_name,
    .column_type = crm_pg_column_type,
    .bind = crm_pg_bind,
    .fetch = crm_pg_fetch,
    .reset_stmt = crm_pg_reset_stmt,
    .run_many = crm_pg_run_many,
    .offer = crm_pg_offer,
    .describe = crm_pg_describe,
    .changes = crm_pg_changes,
    .last_insert_id = crm_pg_last_insert_id,
    .said = crm_pg_said,
    .diag = crm_pg_diag,
    .copy = crm_pg_copy,
    .copy_read = crm_pg_copy_read,
    .copy_write = crm_pg_copy_write,
    .copy_end = crm_pg_copy_end,
    .notification = crm_pg_notification,
    .about = crm_pg_about,
    .interrupt = crm_pg_interrupt,
    .send_interrupt = crm_pg_send_interrupt,
};

static int
postgres_exec(PyObject *module)
{
    PyObject *capsule =
        PyCapsule_New((void *)&postgres_driver, CRM_DRIVER_CAPSULE, NULL);
    if (capsule == NULL) {
        return -1;
    }
    int status = PyModule_AddObjectRef(module, "driver", capsule);
    Py_DECREF(capsule);
    return status < 0 ? -1
                      : PyModule_AddIntConstant(module, "libpq_version",
                                                PQlibVersion());
}

static PyModuleDef_Slot postgres_slots[] = {
    {Py_mod_exec, postgres_exec},
    {0, NULL},
};

static struct PyModuleDef postgres_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "cormorant._postgres",
    .m_doc = "Cormorant's PostgreSQL driver.",
    .m_slots = postgres_slots,
};

PyMODINIT_FUNC
PyInit__postgres(void)
{
    return PyModuleDef_Init(&postgres_module);
}
