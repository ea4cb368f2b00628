/* structkey.c: structural keys of SQL constructs (_core.KeyRecipe).
 *
 * A statement is compiled once per structure; its key is made each time it is
 * run, which makes the key the greatest part of what a short statement costs.
 * Each class of constructs says in Python how its keys are made; of the common
 * classes it says so by a recipe, so that one walk in C makes the key of a
 * whole statement.
 */
#include "core/compat.h"
#include "keycontext.h"

/* ---- recipes ----------------------------------------------------------- */

/* What a part of a key is made of: an attribute as the construct's own
 * dictionary has it. */
typedef enum {
    PART_VALUE,        /* the object itself; NULL is an error */
    PART_FLAG,         /* the same, False if it is not there */
    PART_CHILD,        /* the key of the construct */
    PART_CHILDREN,     /* a tuple of keys of a sequence of constructs */
    PART_MAY_CHILD,    /* (name, key), left out if None or not there */
    PART_MAY_CHILDREN, /* (name, key …), left out if empty or not there */
    PART_MAY_MEMBER,   /* the value of an enum's member, or left out */
    PART_MAY_JOINS,    /* (name, keys of target, ON and FROM, flags …), left out
                          if empty or not there; of a part without a recipe
                          the construct's _join_key() makes the key */
    PART_TYPE,         /* the key of a SQL type; None: it has none */
    PART_PARAMETER,    /* collects the bind parameter; its number instead of the
                          next two parts if it was met before */
    PART_COUNT_
} part_kind;

#define MAX_PARTS 12

typedef struct {
    part_kind kind;
    PyObject *name; /* owned */
} key_part;

typedef struct {
    PyObject_HEAD
    crm_core *core;
    PyObject *head;    /* owned: what the key begins with */
    PyObject *rare;    /* owned frozenset: names for which `rest` is called */
    PyObject *usual;   /* owned (name, object), or NULL: `rest` is called also
                          when the attribute is another object */
    PyObject *rest;    /* owned callable(construct, ctx, key: list), or NULL */
    PyObject *settled; /* owned str, or NULL: an attribute that is the key once
                          it is not None; `rest(construct, ctx)` makes it */
    char orm;          /* a settled key is one of a mapped class */
    Py_ssize_t nparts;
    key_part parts[MAX_PARTS];
    vectorcallfunc call;
} crm_recipe;

static PyObject *recipe_key(crm_recipe *self, PyObject *obj, PyObject *ctx);

/* The key of any construct: a new reference. */
static PyObject *
key_of(crm_core *core, PyObject *obj, PyObject *ctx)
{
    PyObject *method = crm_type_lookup(Py_TYPE(obj), core->str_cache_key);
    if (method == NULL || !Py_IS_TYPE(method, core->recipe_type)) {
        return PyObject_CallMethodOneArg(obj, core->str_cache_key, ctx);
    }
    if (Py_EnterRecursiveCall(" while making the key of a statement")) {
        return NULL;
    }
    Py_INCREF(method);
    PyObject *key = recipe_key((crm_recipe *)method, obj, ctx);
    Py_DECREF(method);
    Py_LeaveRecursiveCall();
    return key;
}

/* Keys of a tuple or list of constructs, after `first` (or NULL). */
static PyObject *
keys_of(crm_core *core, PyObject *items, PyObject *first, PyObject *ctx)
{
    PyObject *sequence = PySequence_Tuple(items);
    if (sequence == NULL) {
        return NULL;
    }
    Py_ssize_t at = first != NULL;
    Py_ssize_t count = PyTuple_GET_SIZE(sequence);
    PyObject *keys = PyTuple_New(count + at);
    if (keys != NULL && first != NULL) {
        PyTuple_SET_ITEM(keys, 0, Py_NewRef(first));
    }
    for (Py_ssize_t i = 0; keys != NULL && i < count; i++) {
        PyObject *key = key_of(core, PyTuple_GET_ITEM(sequence, i), ctx);
        if (key == NULL) {
            Py_CLEAR(keys);
            break;
        }
        PyTuple_SET_ITEM(keys, i + at, key);
    }
    Py_DECREF(sequence);
    return keys;
}

/* The key of a part of a join: a new reference. */
static PyObject *
key_of_join_part(crm_core *core, PyObject *obj, PyObject *part, PyObject *ctx)
{
    if (part == Py_None) {
        return Py_NewRef(part);
    }
    PyObject *method = crm_type_lookup(Py_TYPE(part), core->str_cache_key);
    return method != NULL && Py_IS_TYPE(method, core->recipe_type)
               ? key_of(core, part, ctx)
               : PyObject_CallMethodObjArgs(obj, core->str_join_key, part, ctx,
                                            NULL);
}

/* Joins as Select has them, each (target, ON, FROM, flags): a new tuple that
 * begins with `first`. */
static PyObject *
keys_of_joins(crm_core *core, PyObject *obj, PyObject *joins, PyObject *first,
              PyObject *ctx)
{
    if (!PyTuple_Check(joins)) {
        PyErr_SetString(PyExc_TypeError, "joins must be a tuple");
        return NULL;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(joins);
    PyObject *keys = PyTuple_New(1 + 5 * count);
    if (keys == NULL) {
        return NULL;
    }
    PyTuple_SET_ITEM(keys, 0, Py_NewRef(first));
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *join = PyTuple_GET_ITEM(joins, i);
        PyObject *flags = PyTuple_Check(join) && PyTuple_GET_SIZE(join) == 4
                              ? PyTuple_GET_ITEM(join, 3)
                              : NULL;
        if (flags == NULL || !PyDict_Check(flags)) {
            PyErr_SetString(PyExc_TypeError, "a join is three parts and flags");
            Py_DECREF(keys);
            return NULL;
        }
        for (Py_ssize_t n = 0; n < 5; n++) {
            PyObject *key =
                n < 3 ? key_of_join_part(core, obj, PyTuple_GET_ITEM(join, n),
                                         ctx)
                      : PyObject_GetItem(
                            flags, n == 3 ? core->str_isouter : core->str_full);
            if (key == NULL) {
                Py_DECREF(keys);
                return NULL;
            }
            PyTuple_SET_ITEM(keys, 1 + 5 * i + n, key);
        }
    }
    return keys;
}

/* The key of a type: remembered in its dictionary, else asked for.  None makes
 * the statement one that cannot be cached. */
static PyObject *
key_of_type(crm_core *core, PyObject *type, crm_key_context *ctx)
{
    PyObject *dict = PyObject_GenericGetDict(type, NULL);
    if (dict == NULL) {
        return NULL;
    }
    PyObject *key = PyDict_GetItemWithError(dict, core->str_type_key);
    key = key != NULL && key != Py_None ? Py_NewRef(key)
          : PyErr_Occurred() ? NULL
                             : PyObject_GetAttr(type, core->str_static_key);
    Py_DECREF(dict);
    if (key == Py_None) {
        ctx->cacheable = 0;
    }
    return key;
}

static int
is_false(PyObject *value)
{
    return value == NULL || value == Py_None ||
           (PyTuple_CheckExact(value) && PyTuple_GET_SIZE(value) == 0) ||
           (PyList_CheckExact(value) && PyList_GET_SIZE(value) == 0);
}

/* Makes one part: 1 and *made (a new reference), 0 if it is left out, -1 with
 * an exception.  `value` is borrowed, or NULL. */
static int
make_part(crm_recipe *self, const key_part *part, PyObject *obj,
          PyObject *value, PyObject *ctx, PyObject **made)
{
    crm_core *core = self->core;
    PyObject *key = NULL;
    switch (part->kind) {
        case PART_MAY_CHILD:
        case PART_MAY_CHILDREN:
        case PART_MAY_JOINS:
        case PART_MAY_MEMBER:
            if (is_false(value)) {
                return 0;
            }
            break;
        case PART_FLAG:
            *made = Py_NewRef(value == NULL ? Py_False : value);
            return 1;
        default:
            if (value == NULL) {
                PyErr_SetObject(PyExc_AttributeError, part->name);
                return -1;
            }
    }
    switch (part->kind) {
        case PART_CHILD:
            *made = key_of(core, value, ctx);
            break;
        case PART_CHILDREN:
            *made = keys_of(core, value, NULL, ctx);
            break;
        case PART_MAY_CHILD:
            key = key_of(core, value, ctx);
            *made = key == NULL ? NULL : PyTuple_Pack(2, part->name, key);
            Py_XDECREF(key);
            break;
        case PART_MAY_CHILDREN:
            *made = keys_of(core, value, part->name, ctx);
            break;
        case PART_MAY_JOINS:
            *made = keys_of_joins(core, obj, value, part->name, ctx);
            break;
        case PART_MAY_MEMBER:
            *made = PyObject_GetAttr(value, core->str_member_value);
            break;
        case PART_TYPE:
            *made = key_of_type(core, value, (crm_key_context *)ctx);
            break;
        default:
            *made = Py_NewRef(value);
    }
    return *made == NULL ? -1 : 1;
}

/* The part that an attribute is, or -1.  Names are interned, so that the
 * address tells; but a program may put others into a dictionary. */
static Py_ssize_t
part_of(crm_recipe *self, PyObject *name)
{
    int interned = PyUnicode_CheckExact(name) && PyUnicode_CHECK_INTERNED(name);
    for (Py_ssize_t i = 0; i < self->nparts; i++) {
        PyObject *part = self->parts[i].name;
        if (part == name || (!interned && PyUnicode_Check(name) &&
                             PyUnicode_Compare(part, name) == 0)) {
            return i;
        }
    }
    return -1;
}

/* What a construct's dictionary has for each part: *values (new references, or
 * NULL; also with an exception).  Whether it says something that the parts do
 * not cover: 1, 0, or -1 with an exception. */
static int
gather(crm_recipe *self, PyObject *dict, PyObject **values)
{
    int rare = 0;
    if (self->usual != NULL) {
        rare =
            PyDict_GetItemWithError(dict, PyTuple_GET_ITEM(self->usual, 0)) !=
            PyTuple_GET_ITEM(self->usual, 1);
        if (rare && PyErr_Occurred()) {
            return -1;
        }
    }
    PyObject *name, *value;
    Py_ssize_t pos = 0;
    while (PyDict_Next(dict, &pos, &name, &value)) {
        Py_ssize_t place = part_of(self, name);
        if (place >= 0) {
            Py_XSETREF(values[place], Py_NewRef(value));
        }
        else if (!rare) {
            /* what is no str may run code, which changes the dictionary */
            Py_INCREF(name);
            rare = PySet_Contains(self->rare, name);
            Py_DECREF(name);
            if (rare < 0) {
                return -1;
            }
        }
    }
    return rare;
}

/* The parts with the head before them: a new tuple. */
static PyObject *
make_parts(crm_recipe *self, PyObject *obj, PyObject *const *values,
           PyObject *ctx)
{
    PyObject *made[MAX_PARTS + 1] = {Py_NewRef(self->head)};
    Py_ssize_t count = 1;
    PyObject *key = NULL;
    for (Py_ssize_t i = 0; i < self->nparts; i++) {
        const key_part *part = &self->parts[i];
        if (part->kind == PART_PARAMETER) {
            made[count] =
                crm_key_context_meet((crm_key_context *)ctx, obj, values[i]);
            if (made[count] != NULL) {
                count++;
                i += 2;
            }
            else if (PyErr_Occurred()) {
                goto done;
            }
            continue;
        }
        int status = make_part(self, part, obj, values[i], ctx, &made[count]);
        if (status < 0) {
            goto done;
        }
        count += status;
    }
    key = PyTuple_New(count);
    for (Py_ssize_t i = 0; key != NULL && i < count; i++) {
        PyTuple_SET_ITEM(key, i, Py_NewRef(made[i]));
    }
done:
    while (count > 0) {
        Py_DECREF(made[--count]);
    }
    return key;
}

/* Calls `rest`: a new reference, NULL with an exception. */
static PyObject *
call_rest(crm_recipe *self, PyObject *const *args, size_t nargs)
{
    if (self->rest == NULL) { /* cleared */
        PyErr_SetString(PyExc_ReferenceError, "the function is gone");
        return NULL;
    }
    PyObject *rest = Py_NewRef(self->rest);
    PyObject *result = PyObject_Vectorcall(rest, args, nargs, NULL);
    Py_DECREF(rest);
    return result;
}

/* The key with what `rest` adds: takes over the reference to `key`. */
static PyObject *
add_rest(crm_recipe *self, PyObject *obj, PyObject *ctx, PyObject *key)
{
    PyObject *list = PySequence_List(key);
    Py_DECREF(key);
    if (list == NULL) {
        return NULL;
    }
    PyObject *args[] = {obj, ctx, list};
    PyObject *done = call_rest(self, args, 3);
    key = done == NULL ? NULL : PyList_AsTuple(list);
    Py_XDECREF(done);
    Py_DECREF(list);
    return key;
}

static PyObject *
recipe_key(crm_recipe *self, PyObject *obj, PyObject *ctx)
{
    PyObject *dict = PyObject_GenericGetDict(obj, NULL);
    if (dict == NULL) {
        return NULL;
    }
    PyObject *key = NULL;
    if (self->settled != NULL) {
        key = PyDict_GetItemWithError(dict, self->settled);
        if (key != NULL && key != Py_None) {
            Py_INCREF(key);
            if (self->orm) {
                ((crm_key_context *)ctx)->orm = 1;
            }
        }
        else if (!PyErr_Occurred()) {
            PyObject *args[] = {obj, ctx};
            key = call_rest(self, args, 2);
        }
        else {
            key = NULL;
        }
        Py_DECREF(dict);
        return key;
    }
    PyObject *values[MAX_PARTS] = {NULL};
    int rare = gather(self, dict, values);
    if (rare >= 0) {
        key = make_parts(self, obj, values, ctx);
    }
    for (Py_ssize_t i = 0; i < self->nparts; i++) {
        Py_XDECREF(values[i]);
    }
    Py_DECREF(dict);
    return key != NULL && rare ? add_rest(self, obj, ctx, key) : key;
}

static PyObject *
recipe_vectorcall(PyObject *callable, PyObject *const *args, size_t nargsf,
                  PyObject *kwnames)
{
    crm_recipe *self = (crm_recipe *)callable;
    if (PyVectorcall_NARGS(nargsf) != 2 ||
        (kwnames != NULL && PyTuple_GET_SIZE(kwnames) != 0)) {
        PyErr_SetString(PyExc_TypeError,
                        "_cache_key() takes a construct and a context");
        return NULL;
    }
    if (!PyObject_TypeCheck(args[1], self->core->key_context_type)) {
        PyErr_Format(PyExc_TypeError, "a KeyContext was expected, not %.100s",
                     Py_TYPE(args[1])->tp_name);
        return NULL;
    }
    return recipe_key(self, args[0], args[1]);
}

static int
add_parts(crm_recipe *self, PyObject *parts)
{
    Py_ssize_t count = PyTuple_GET_SIZE(parts);
    if (count > MAX_PARTS) {
        PyErr_SetString(PyExc_ValueError, "a recipe has too many parts");
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        int kind;
        PyObject *name, *part = PyTuple_GET_ITEM(parts, i);
        if (!PyTuple_Check(part)) {
            PyErr_SetString(PyExc_TypeError, "a part is a kind and a name");
            return -1;
        }
        if (!PyArg_ParseTuple(part, "iU", &kind, &name)) {
            return -1;
        }
        if (kind < 0 || kind >= PART_COUNT_) {
            PyErr_Format(PyExc_ValueError, "no such kind of part: %d", kind);
            return -1;
        }
        Py_INCREF(name);
        PyUnicode_InternInPlace(&name); /* takes it for the interned one */
        self->parts[i] = (key_part){(part_kind)kind, name};
        self->nparts++;
    }
    return 0;
}

static PyObject *
recipe_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"head", "parts",   "rare", "usual",
                            "rest", "settled", "orm",  NULL};
    PyObject *head = Py_None, *parts = NULL, *rare = NULL, *usual = NULL;
    PyObject *rest = NULL, *settled = NULL;
    int orm = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OO!O!O!OUp:KeyRecipe",
                                     names, &head, &PyTuple_Type, &parts,
                                     &PyFrozenSet_Type, &rare, &PyTuple_Type,
                                     &usual, &rest, &settled, &orm)) {
        return NULL;
    }
    if ((usual != NULL && PyTuple_GET_SIZE(usual) != 2) ||
        (rest == NULL && (settled != NULL || rare != NULL || usual != NULL))) {
        PyErr_SetString(PyExc_ValueError, "the recipe is not complete");
        return NULL;
    }
    crm_recipe *self = (crm_recipe *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->core = crm_core_of(type);
    self->call = recipe_vectorcall;
    self->head = Py_NewRef(head);
    self->rare = rare == NULL ? PyFrozenSet_New(NULL) : Py_NewRef(rare);
    self->usual = Py_XNewRef(usual);
    self->rest = Py_XNewRef(rest);
    self->settled = Py_XNewRef(settled);
    self->orm = (char)orm;
    if (self->core == NULL || self->rare == NULL ||
        (parts != NULL && add_parts(self, parts) < 0)) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static PyObject *
recipe_get(PyObject *self, PyObject *obj, PyObject *Py_UNUSED(type))
{
    return obj == NULL || obj == Py_None ? Py_NewRef(self)
                                         : PyMethod_New(self, obj);
}

static int
recipe_traverse(crm_recipe *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->head);
    Py_VISIT(self->rare);
    Py_VISIT(self->usual);
    Py_VISIT(self->rest);
    return 0;
}

/* What a key is made of stays: who still finds the recipe uses it. */
static int
recipe_clear(crm_recipe *self)
{
    Py_CLEAR(self->rest);
    return 0;
}

static void
recipe_dealloc(crm_recipe *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    (void)recipe_clear(self);
    Py_XDECREF(self->head);
    Py_XDECREF(self->rare);
    Py_XDECREF(self->usual);
    Py_XDECREF(self->settled);
    for (Py_ssize_t i = 0; i < self->nparts; i++) {
        Py_DECREF(self->parts[i].name);
    }
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMemberDef recipe_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(crm_recipe, call), READONLY,
     NULL},
    {NULL},
};

static PyType_Slot recipe_slots[] = {
    {Py_tp_doc,
     "KeyRecipe(head=None, parts=(), rare=frozenset(), usual=None, rest=None, "
     "settled=None, orm=False)\n--\n\nHow the keys of a class of constructs "
     "are made: its method _cache_key(ctx)."},
    {Py_tp_new, recipe_new},
    {Py_tp_dealloc, recipe_dealloc},
    {Py_tp_traverse, recipe_traverse},
    {Py_tp_clear, recipe_clear},
    {Py_tp_call, PyVectorcall_Call},
    {Py_tp_descr_get, recipe_get},
    {Py_tp_members, recipe_members},
    {0, NULL},
};

static PyType_Spec recipe_spec = {
    .name = "cormorant._core.KeyRecipe",
    .basicsize = sizeof(crm_recipe),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_HAVE_VECTORCALL |
             Py_TPFLAGS_METHOD_DESCRIPTOR,
    .slots = recipe_slots,
};

int
crm_structkey_init(crm_core *core, PyObject *module)
{
    static const struct {
        const char *name;
        part_kind kind;
    } kinds[] = {
        {"KEY_VALUE", PART_VALUE},
        {"KEY_FLAG", PART_FLAG},
        {"KEY_CHILD", PART_CHILD},
        {"KEY_CHILDREN", PART_CHILDREN},
        {"KEY_MAY_CHILD", PART_MAY_CHILD},
        {"KEY_MAY_CHILDREN", PART_MAY_CHILDREN},
        {"KEY_MAY_MEMBER", PART_MAY_MEMBER},
        {"KEY_MAY_JOINS", PART_MAY_JOINS},
        {"KEY_TYPE", PART_TYPE},
        {"KEY_PARAMETER", PART_PARAMETER},
    };
    for (size_t i = 0; i < Py_ARRAY_LENGTH(kinds); i++) {
        if (PyModule_AddIntConstant(module, kinds[i].name, kinds[i].kind) < 0) {
            return -1;
        }
    }
    core->str_cache_key = PyUnicode_InternFromString("_cache_key");
    core->str_static_key = PyUnicode_InternFromString("_static_cache_key");
    core->str_member_value = PyUnicode_InternFromString("_value_");
    core->str_type_key = PyUnicode_InternFromString("_cache_key_");
    core->str_join_key = PyUnicode_InternFromString("_join_key");
    core->str_isouter = PyUnicode_InternFromString("isouter");
    core->str_full = PyUnicode_InternFromString("full");
    core->recipe_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &recipe_spec, NULL);
    if (core->str_cache_key == NULL || core->str_static_key == NULL ||
        core->str_member_value == NULL || core->str_type_key == NULL ||
        core->str_join_key == NULL || core->str_isouter == NULL ||
        core->str_full == NULL || core->recipe_type == NULL ||
        crm_key_context_init(core, module) < 0) {
        return -1;
    }
    return PyModule_AddType(module, core->recipe_type);
}
