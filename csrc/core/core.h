/* core.h: the state of cormorant._core, one per interpreter that imports it.
 *
 * Everything here needs the GIL.  Types are heap types; any C object finds the
 * state through a pointer it keeps or through crm_core_of(type).
 */
#ifndef CRM_CORE_H
#define CRM_CORE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "plain/page.h"
#include "core/objects/spare.h"
#include <structmember.h>

/* What a Range keeps. */
#define CRM_RANGE_NAMES 4

/* The type codes of codec.h live in this enum's order; both Python
 * (`_core.TYPE_*`) and C read it from here. */
typedef enum {
    CRM_TYPE_ANY = 0,  /* the value as the cell's tag says */
    CRM_TYPE_INTEGER,  /* as ANY */
    CRM_TYPE_FLOAT,    /* as ANY; arg unused */
    CRM_TYPE_STRING,   /* as ANY */
    CRM_TYPE_BINARY,   /* as ANY; binds only what has a buffer */
    CRM_TYPE_BOOLEAN,  /* bool; binds only None, True, False, 0, 1; arg True:
                          what  the database calls otherwise stays what it is */
    CRM_TYPE_NUMERIC,  /* Decimal; arg: int or None: digits after the point */
    CRM_TYPE_DATETIME, /* datetime.datetime */
    CRM_TYPE_DATE,     /* datetime.date */
    CRM_TYPE_TIME,     /* datetime.time */
    CRM_TYPE_UUID,   /* uuid.UUID; arg: True for uuid objects, False for str, 0
                        for str where text stays what it is */
    CRM_TYPE_JSON,   /* arg: (dumps, loads, null, none_as_null, exact): the
                        functions, None for those of the json module, what
                        stands for JSON's null, whether None is SQL's NULL, and
                        whether only what the database calls JSON is decoded */
    CRM_TYPE_ENUM,   /* arg: (bind dict, result dict, class, texts): the text of
                        a member of the enum.Enum class, or None, by its name;
                        of other values what the first dict has */
    CRM_TYPE_PYTHON, /* arg: callable that makes the result of the ANY value,
                        or (bind, result[, (code, arg)[, argument]]), each a
                        callable, of a value and the argument, or None, and the
                        codec between them and the database, or None */
    CRM_TYPE_ARRAY,  /* arg: (code, arg, as_tuple) of the elements */
    CRM_TYPE_INTERVAL, /* datetime.timedelta; arg: the datetime from which it is
                          counted, which is what is stored */
    CRM_TYPE_PICKLE,   /* arg: (dumps, loads, protocol), binary in between */
    CRM_TYPE_REAL,  /* as FLOAT, of integers as well: in a server's columns */
    CRM_TYPE_EXACT, /* as NUMERIC, but an int of an integer column */
    CRM_TYPE_COUNT_
} crm_type_code;

typedef struct crm_core {
    PyObject *module; /* borrowed: the state lives inside it */

    /* types, owned */
    PyTypeObject *entity_type;      /* entity.c    Entity */
    PyTypeObject *box_type;         /* boxed.c     Box */
    PyTypeObject *manager_type;     /* manager.c   ClassManager */
    PyTypeObject *attribute_type;   /* attribute.c Attribute (descriptor) */
    PyTypeObject *list_type;        /* list.c      InstrumentedList */
    PyTypeObject *set_type;         /* set.c       InstrumentedSet */
    PyTypeObject *view_type;        /* dictview.c  an entity's __dict__ */
    PyTypeObject *session_type;     /* session.c   SessionBase */
    PyTypeObject *connection_type;  /* connection.c Connection */
    PyTypeObject *plan_type;        /* plan.c      Plan */
    PyTypeObject *cursor_type;      /* result.c    Cursor */
    PyTypeObject *row_type;         /* row.c       Row */
    PyTypeObject *row_iterator;     /* row.c       RowIterator */
    PyTypeObject *row_keys_type;    /* row.c       RowKeys */
    PyTypeObject *row_mapping_type; /* rowmapping.c RowMapping */
    PyTypeObject *insert_plan_type; /* flush.c    InsertPlan */
    PyTypeObject *pairs_type;       /* association.c Pairs */
    PyTypeObject *pool_type;        /* pool.c      Pool */
    PyTypeObject *key_context_type; /* keycontext.c KeyContext */
    PyTypeObject *recipe_type;      /* structkey.c KeyRecipe */
    PyTypeObject *dict_type;        /* keyed.c     InstrumentedDict */
    PyTypeObject *attr_key_type;    /* keyed.c   AttributeKey */
    PyTypeObject *tie_type;         /* adapted.c   CollectionTie */
    PyTypeObject *token_type;       /* adapted.c   AttributeEventToken */
    PyTypeObject *comparable_type;  /* construct.c Comparable */

    /* singletons and classes of other modules, owned */
    PyObject *no_value;     /* _core.NO_VALUE */
    PyObject *exc;          /* module cormorant.exc */
    PyObject *decimal_type; /* decimal.Decimal, NULL until first used */

    /* json.c: NULL until first used, None if there is no such thing */
    PyObject *json_loads;
    PyObject *json_dumps;
    PyObject *json_scanner;
    PyObject *json_encoder;

    /* uuid.c: uuid.UUID, NULL until first used; where its objects keep their
     * integer, 0 if that is not known, and their safety, which is a constant */
    PyTypeObject *uuid_type;
    PyObject *uuid_unknown;
    Py_ssize_t uuid_number;
    Py_ssize_t uuid_safe;

    /* address.c: IPv4Address and IPv6Address, NULL until first used; where
     * their objects keep their integers, 0 if that is not known; the scope of
     * the latter */
    PyTypeObject *address_types[2];
    Py_ssize_t address_numbers[2];
    Py_ssize_t address_scope;

    /* range.c: the classes of ranges, NULL until first used; the members of a
     * Range; its bounds, by whether they are inclusive */
    PyObject *range_type;
    PyObject *multirange_type;
    PyObject *range_names[CRM_RANGE_NAMES];
    PyObject *range_bounds[2][2];

    /* interned names, owned */
    PyObject *str_dict;           /* "__dict__" */
    PyObject *str_instance_state; /* "_sa_instance_state" */
    PyObject *str_keys;           /* "keys", "values", "items" and */
    PyObject *str_values;         /* "__reversed__", of a dict */
    PyObject *str_items;
    PyObject *str_reversed;
    PyObject *str_manager;       /* "__cormorant_manager__" */
    PyObject *str_autobegin;     /* "_autobegin_t" */
    PyObject *str_expunge;       /* "expunge" */
    PyObject *str_cache_key;     /* "_cache_key" */
    PyObject *str_type_key;      /* "_cache_key_" */
    PyObject *str_static_key;    /* "_static_cache_key" */
    PyObject *str_member_value;  /* "_value_" */
    PyObject *str_member_name;   /* "_name_" */
    PyObject *str_operand;       /* "_operand" */
    PyObject *str_join_key;      /* "_join_key" */
    PyObject *str_isouter;       /* "isouter" */
    PyObject *str_full;          /* "full" */
    PyObject *str_value;         /* "value" */
    PyObject *str_callable;      /* "callable" */
    PyObject *str_required;      /* "required" */
    PyObject *str_operate;       /* "operate" */
    PyObject *str_clause;        /* "__clause_element__" */
    PyObject *str_visit;         /* "__visit_name__" */
    PyObject *str_memoized;      /* "_memoized" */
    PyObject *str_memo_names;    /* "_memo_names" */
    PyObject *str_element;       /* "_element" */
    PyObject *str_is_plain;      /* "_is_plain" */
    PyObject *str_factory;       /* "comparator_factory" */
    PyObject *compare_names[12]; /* see construct.c */
    PyObject *str_adapter;       /* "_sa_adapter" */
    PyObject *str_roles;         /* "_sa_roles" */
    PyObject *str_initiator;     /* "_sa_initiator" */
    PyObject *str_keyfunc;       /* "keyfunc" */
    PyObject *str_autoflush;     /* "autoflush" */
    PyObject *str_committed;     /* "_load_committed" */

    struct crm_manager *nobody; /* owned: of Entity classes without a mapping */
    PyObject *instance_state;   /* owned, NULL until used: orm.instance class */
    PyObject *history_class;    /* owned, NULL until used: orm.attributes */
    PyObject *key_view;         /* owned, NULL until used: RMKeyView */
    PyObject *comparisons;      /* owned tuple, NULL until Comparable._set_up */
    PyObject *own_types;        /* owned dict: see construct.c */
    uint64_t sessions;          /* sessions made so far */
    uint8_t boxes;              /* some class keeps its states in boxes */

    crm_page_cache pages;   /* free pages of results */
    crm_spares spares;      /* memory of entities and rows */
    crm_present_keys *note; /* that of a note (present.h), or NULL */
    PyObject *adapted;      /* owned, NULL until used: see adapting.h */
    PyObject *zones;        /* owned list of (name, tzinfo, whether a value gets
                               the offset of its moment instead), NULL until
                               used: the zones of MOMENT cells */

    /* counters of connection.c, plan.c and turns.h */
    uint64_t last_plan; /* id of the newest Plan */
    uint64_t last_run;  /* number of the newest run of a statement */
    uint32_t between;   /* connections that are between two large results */
} crm_core;

extern struct PyModuleDef crm_core_module;

/* The state behind an object's type (or a Python subclass of it): borrowed,
 * NULL with TypeError if the type does not come from this module. */
crm_core *crm_core_of(PyTypeObject *type);

/* Sets an exception of class cormorant.exc.<name>.  Always returns NULL. */
PyObject *crm_raise(crm_core *core, const char *exc_name, const char *format,
                    ...);

/* Clears the exception that may be set, which does not matter: 0; or leaves it
 * when it does: memory has run out, or the program is to end: -1. */
static inline int
crm_forgive(void)
{
    if (PyErr_Occurred() == NULL) {
        return 0;
    }
    if (!PyErr_ExceptionMatches(PyExc_Exception) ||
        PyErr_ExceptionMatches(PyExc_MemoryError)) {
        return -1;
    }
    PyErr_Clear();
    return 0;
}

/* Whether an object has an attribute: 1, 0, or -1 with an exception. */
static inline int
crm_has_attr(PyObject *obj, const char *name)
{
    PyObject *found = PyObject_GetAttrString(obj, name);
    if (found == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
            return -1;
        }
        PyErr_Clear();
        return 0;
    }
    Py_DECREF(found);
    return 1;
}

/* A function with METH_FASTCALL or METH_KEYWORDS in a table of methods. */
#define CRM_FAST(function) ((PyCFunction)(void (*)(void))(function))

/* What a function without a value gives: None (a new reference), or NULL if the
 * status is negative, which an exception goes with. */
static inline PyObject *
crm_none_or_error(int status)
{
    if (status < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* Each file adds its types and constants to the module: 0, or -1 with an
 * exception. */
int crm_codec_init(crm_core *core, PyObject *module);
int crm_entity_init(crm_core *core, PyObject *module);
int crm_manager_init(crm_core *core, PyObject *module);
int crm_attribute_init(crm_core *core, PyObject *module);
int crm_collection_init(crm_core *core, PyObject *module);
int crm_session_init(crm_core *core, PyObject *module);
int crm_connection_init(crm_core *core, PyObject *module);
int crm_plan_init(crm_core *core, PyObject *module);
int crm_result_init(crm_core *core, PyObject *module);
int crm_hydrate_init(crm_core *core, PyObject *module);
int crm_flush_init(crm_core *core, PyObject *module);
int crm_uow_init(crm_core *core, PyObject *module);
int crm_range_init(crm_core *core, PyObject *module);
int crm_hstore_init(crm_core *core, PyObject *module);
int crm_tabulate_init(crm_core *core, PyObject *module);
int crm_loading_init(crm_core *core, PyObject *module);
int crm_bundle_init(crm_core *core, PyObject *module);
int crm_pool_init(crm_core *core, PyObject *module);
int crm_structkey_init(crm_core *core, PyObject *module);
int crm_construct_init(crm_core *core, PyObject *module);
int crm_memo_init(crm_core *core, PyObject *module);
int crm_keyview_init(crm_core *core, PyObject *module);

#endif /* CRM_CORE_H */
