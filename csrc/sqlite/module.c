/* module.c: cormorant._sqlite: the driver's table and its capsule.
 *
 * The only file of the driver that knows Python.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "sqlite_driver.h"

static const crm_driver sqlite_driver = {
    .abi = CRM_DRIVER_ABI,
    .skips = true,
    .name = "sqlite",
    .connect = crm_sqlite_connect,
    .close = crm_sqlite_close,
    .reset = crm_sqlite_reset,
    .ping = crm_sqlite_ping,
    .set_option = crm_sqlite_set_option,
    .begin = crm_sqlite_begin,
    .commit = crm_sqlite_commit,
    .rollback = crm_sqlite_rollback,
    .in_transaction = crm_sqlite_in_transaction,
    .exec = crm_sqlite_exec,
    .prepare = crm_sqlite_prepare,
    .finalize = crm_sqlite_finalize,
    .column_count = crm_sqlite_column_count,
    .column_name = crm_sqlite_column_name,
    .bind = crm_sqlite_bind,
    .fetch = crm_sqlite_fetch,
    .reset_stmt = crm_sqlite_reset_stmt,
    .changes = crm_sqlite_changes,
    .last_insert_id = crm_sqlite_last_insert_id,
    .about = crm_sqlite_about,
    .create_function = crm_sqlite_create_function,
    .set_hook = crm_sqlite_set_hook,
    .enable_extensions = crm_sqlite_enable_extensions,
    .load_extension = crm_sqlite_load_extension,
#ifdef CRM_SQLITE_SERIALIZES
    .serialize = crm_sqlite_serialize,
    .release = crm_sqlite_release,
    .deserialize = crm_sqlite_deserialize,
#endif
    .backup_begin = crm_sqlite_backup_begin,
    .backup_step = crm_sqlite_backup_step,
    .backup_end = crm_sqlite_backup_end,
    .sleep = crm_sqlite_sleep,
    .blob_size = crm_sqlite_blob_size,
    .blob_use = crm_sqlite_blob_use,
    .interrupt = crm_sqlite_interrupt,
};

static int
sqlite_exec(PyObject *module)
{
    if (!sqlite3_threadsafe()) {
        PyErr_SetString(PyExc_ImportError,
                        "the SQLite library was built without threads");
        return -1;
    }
    PyObject *capsule =
        PyCapsule_New((void *)&sqlite_driver, CRM_DRIVER_CAPSULE, NULL);
    if (capsule == NULL) {
        return -1;
    }
    int status = PyModule_AddObjectRef(module, "driver", capsule);
    Py_DECREF(capsule);
    return status < 0 ? -1
                      : PyModule_AddStringConstant(module, "sqlite_version",
                                                   sqlite3_libversion());
}

static PyModuleDef_Slot sqlite_slots[] = {
    {Py_mod_exec, sqlite_exec},
    {0, NULL},
};

static struct PyModuleDef sqlite_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "cormorant._sqlite",
    .m_doc = "Cormorant's SQLite driver.",
    .m_slots = sqlite_slots,
};

PyMODINIT_FUNC
PyInit__sqlite(void)
{
    return PyModuleDef_Init(&sqlite_module);
}
