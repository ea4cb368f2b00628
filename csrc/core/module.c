/* module.c: cormorant._core: module state and multi-phase init, nothing else.
 */
#include "core.h"

#include "core/rows/present.h"

#include <stdarg.h>

#include "core/adopted/adopted.h"

static crm_core *
core_state(PyObject *module)
{
    return (crm_core *)PyModule_GetState(module);
}

crm_core *
crm_core_of(PyTypeObject *type)
{
    PyObject *module = PyType_GetModuleByDef(type, &crm_core_module);
    return module == NULL ? NULL : core_state(module);
}

PyObject *
crm_raise(crm_core *core, const char *exc_name, const char *format, ...)
{
    PyObject *cls = PyObject_GetAttrString(core->exc, exc_name);
    if (cls == NULL) {
        return NULL;
    }
    va_list args;
    va_start(args, format);
    PyErr_FormatV(cls, format, args);
    va_end(args);
    Py_DECREF(cls);
    return NULL;
}

static int
core_traverse(PyObject *module, visitproc visit, void *arg)
{
    crm_core *core = core_state(module);
    Py_VISIT(core->entity_type);
    Py_VISIT(core->box_type);
    Py_VISIT(core->manager_type);
    Py_VISIT(core->attribute_type);
    Py_VISIT(core->list_type);
    Py_VISIT(core->set_type);
    Py_VISIT(core->dict_type);
    Py_VISIT(core->attr_key_type);
    Py_VISIT(core->tie_type);
    Py_VISIT(core->token_type);
    Py_VISIT(core->view_type);
    Py_VISIT(core->session_type);
    Py_VISIT(core->nobody);
    Py_VISIT(core->instance_state);
    Py_VISIT(core->history_class);
    Py_VISIT(core->key_view);
    Py_VISIT(core->connection_type);
    Py_VISIT(core->plan_type);
    Py_VISIT(core->cursor_type);
    Py_VISIT(core->row_type);
    Py_VISIT(core->row_iterator);
    Py_VISIT(core->row_keys_type);
    Py_VISIT(core->row_mapping_type);
    Py_VISIT(core->insert_plan_type);
    Py_VISIT(core->pairs_type);
    Py_VISIT(core->pool_type);
    Py_VISIT(core->key_context_type);
    Py_VISIT(core->recipe_type);
    Py_VISIT(core->comparable_type);
    Py_VISIT(core->comparisons);
    Py_VISIT(core->own_types);
    Py_VISIT(core->no_value);
    Py_VISIT(core->exc);
    Py_VISIT(core->decimal_type);
    Py_VISIT(core->uuid_type);
    Py_VISIT(core->uuid_unknown);
    Py_VISIT(core->address_types[0]);
    Py_VISIT(core->address_types[1]);
    Py_VISIT(core->range_type);
    Py_VISIT(core->multirange_type);
    Py_VISIT(core->json_loads);
    Py_VISIT(core->json_dumps);
    Py_VISIT(core->json_scanner);
    Py_VISIT(core->json_encoder);
    Py_VISIT(core->adapted);
    Py_VISIT(core->zones);
    return 0;
}

static int
core_clear(PyObject *module)
{
    crm_core *core = core_state(module);
    Py_CLEAR(core->entity_type);
    Py_CLEAR(core->box_type);
    Py_CLEAR(core->manager_type);
    Py_CLEAR(core->attribute_type);
    Py_CLEAR(core->list_type);
    Py_CLEAR(core->set_type);
    Py_CLEAR(core->dict_type);
    Py_CLEAR(core->attr_key_type);
    Py_CLEAR(core->tie_type);
    Py_CLEAR(core->token_type);
    Py_CLEAR(core->view_type);
    Py_CLEAR(core->session_type);
    Py_CLEAR(core->nobody);
    Py_CLEAR(core->instance_state);
    Py_CLEAR(core->history_class);
    Py_CLEAR(core->key_view);
    Py_CLEAR(core->str_manager);
    Py_CLEAR(core->str_autobegin);
    Py_CLEAR(core->str_expunge);
    Py_CLEAR(core->str_adapter);
    Py_CLEAR(core->str_roles);
    Py_CLEAR(core->str_initiator);
    Py_CLEAR(core->str_keyfunc);
    Py_CLEAR(core->str_autoflush);
    Py_CLEAR(core->str_committed);
    Py_CLEAR(core->connection_type);
    Py_CLEAR(core->plan_type);
    Py_CLEAR(core->cursor_type);
    Py_CLEAR(core->row_type);
    Py_CLEAR(core->row_iterator);
    Py_CLEAR(core->row_keys_type);
    Py_CLEAR(core->row_mapping_type);
    Py_CLEAR(core->insert_plan_type);
    Py_CLEAR(core->pairs_type);
    Py_CLEAR(core->pool_type);
    Py_CLEAR(core->key_context_type);
    Py_CLEAR(core->recipe_type);
    Py_CLEAR(core->comparable_type);
    Py_CLEAR(core->comparisons);
    Py_CLEAR(core->own_types);
    Py_CLEAR(core->str_cache_key);
    Py_CLEAR(core->str_type_key);
    Py_CLEAR(core->str_static_key);
    Py_CLEAR(core->str_member_value);
    Py_CLEAR(core->str_member_name);
    Py_CLEAR(core->str_operand);
    Py_CLEAR(core->str_join_key);
    Py_CLEAR(core->str_isouter);
    Py_CLEAR(core->str_full);
    Py_CLEAR(core->str_value);
    Py_CLEAR(core->str_callable);
    Py_CLEAR(core->str_required);
    Py_CLEAR(core->str_operate);
    Py_CLEAR(core->str_clause);
    Py_CLEAR(core->str_visit);
    Py_CLEAR(core->str_memoized);
    Py_CLEAR(core->str_memo_names);
    Py_CLEAR(core->str_element);
    Py_CLEAR(core->str_is_plain);
    Py_CLEAR(core->str_factory);
    for (size_t i = 0; i < Py_ARRAY_LENGTH(core->compare_names); i++) {
        Py_CLEAR(core->compare_names[i]);
    }
    Py_CLEAR(core->no_value);
    Py_CLEAR(core->exc);
    Py_CLEAR(core->decimal_type);
    Py_CLEAR(core->uuid_type);
    Py_CLEAR(core->uuid_unknown);
    Py_CLEAR(core->address_types[0]);
    Py_CLEAR(core->address_types[1]);
    Py_CLEAR(core->range_type);
    Py_CLEAR(core->multirange_type);
    for (size_t i = 0; i < CRM_RANGE_NAMES; i++) {
        Py_CLEAR(core->range_names[i]);
        Py_CLEAR(core->range_bounds[i / 2][i % 2]);
    }
    Py_CLEAR(core->json_loads);
    Py_CLEAR(core->json_dumps);
    Py_CLEAR(core->json_scanner);
    Py_CLEAR(core->json_encoder);
    Py_CLEAR(core->adapted);
    Py_CLEAR(core->zones);
    Py_CLEAR(core->str_dict);
    Py_CLEAR(core->str_instance_state);
    Py_CLEAR(core->str_keys);
    Py_CLEAR(core->str_values);
    Py_CLEAR(core->str_items);
    Py_CLEAR(core->str_reversed);
    return 0;
}

static void
core_free(void *module)
{
    core_clear((PyObject *)module);
    crm_page_cache_clear(&core_state(module)->pages);
    crm_spares_clear(&core_state(module)->spares);
    crm_present_clear(core_state(module));
}

static int
core_exec(PyObject *module)
{
    crm_core *core = core_state(module);
    core->module = module;
    core->exc = PyImport_ImportModule("cormorant.exc");
    core->str_dict = PyUnicode_InternFromString("__dict__");
    core->str_instance_state = PyUnicode_InternFromString("_sa_instance_state");
    core->str_manager = PyUnicode_InternFromString("__cormorant_manager__");
    core->str_autobegin = PyUnicode_InternFromString("_autobegin_t");
    core->str_expunge = PyUnicode_InternFromString("expunge");
    core->str_autoflush = PyUnicode_InternFromString("autoflush");
    core->str_committed = PyUnicode_InternFromString("_load_committed");
    core->str_operand = PyUnicode_InternFromString("_operand");
    if (core->exc == NULL || core->str_dict == NULL ||
        core->str_autoflush == NULL || core->str_committed == NULL ||
        core->str_instance_state == NULL || core->str_manager == NULL ||
        core->str_autobegin == NULL || core->str_expunge == NULL ||
        core->str_operand == NULL) {
        return -1;
    }
    static int (*const parts[])(crm_core *, PyObject *) = {
        crm_codec_init,     crm_connection_init, crm_plan_init,
        crm_pool_init,      crm_manager_init,    crm_attribute_init,
        crm_entity_init,    crm_collection_init, crm_session_init,
        crm_result_init,    crm_hydrate_init,    crm_flush_init,
        crm_uow_init,       crm_loading_init,    crm_structkey_init,
        crm_construct_init, crm_memo_init,       crm_keyview_init,
        crm_tabulate_init,  crm_range_init,      crm_adopted_init,
        crm_hstore_init,    crm_bundle_init,
    };
    for (size_t i = 0; i < Py_ARRAY_LENGTH(parts); i++) {
        if (parts[i](core, module) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot core_slots[] = {
    {Py_mod_exec, core_exec},
    {0, NULL},
};

struct PyModuleDef crm_core_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "cormorant._core",
    .m_doc = "The C core of Cormorant.",
    .m_size = sizeof(crm_core),
    .m_slots = core_slots,
    .m_traverse = core_traverse,
    .m_clear = core_clear,
    .m_free = core_free,
};

PyMODINIT_FUNC
PyInit__core(void)
{
    return PyModuleDef_Init(&crm_core_module);
}
