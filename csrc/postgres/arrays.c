/* arrays.c: many rows as parameters that are arrays, one for each column.
 *
 * An INSERT takes its rows from them, in their order,
 *
 *     INSERT INTO t (a, b) SELECT unnest($1::INTEGER[]), unnest($2::VARCHAR[])
 *
 * which costs the server a quarter less than as many in a VALUES list: there is
 * a parameter for each column, not for each value.  (FROM unnest($1, $2) would
 * keep all rows in a store before the first is used.)  An UPDATE or DELETE of a
 * row by its key costs it several times more to start and end than to do.  So
 * rows join
 *
 *     UPDATE t SET a=r.p1 FROM unnest($1::INTEGER[], $2::INTEGER[]) AS r(p1,
 * p2) WHERE t.id = ANY (ARRAY[r.p2])
 *
 * where the guard says that nothing in the database could tell the difference.
 * Of an INSERT nothing can: to the database it is one of many rows either way.
 * Its guard asks whether the server reads the text of arrays of the types that
 * the program casts to as it is written here.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "pg_driver.h"

/* A statement takes no more rows when it has so many, or bytes of parameters.
 */
#define MOST_ROWS 4096
#define ENOUGH    (1 << 20)

int
crm_pg_offer(crm_stmt *stmt, const char *arrays, const char *guard,
             crm_error *err)
{
    crm_stmt *asks = crm_pg_new_stmt(stmt->conn, guard, strlen(guard));
    size_t size = strlen(arrays) + 1;
    char *copy = malloc(size);
    if (asks == NULL || copy == NULL) {
        crm_pg_finalize(asks);
        free(copy);
        return crm_pg_no_memory(err);
    }
    memcpy(copy, arrays, size);
    asks->uses = UINT32_MAX; /* prepared at once: there are no other texts */
    crm_pg_finalize(stmt->guard);
    free(stmt->arrays);
    stmt->arrays = copy;
    stmt->guard = asks;
    return CRM_OK;
}

/* Appends to *to, which has room. */
static void
put(char **to, const char *from, size_t len)
{
    memcpy(*to, from, len);
    *to += len;
}

/* Whether commas are between the elements of an array's text, by the name of
 * their type: of types of the program's that is not known. */
static bool
has_commas(const char *type, size_t len)
{
    static const char *const names[] = {
        "VARCHAR",   "TEXT",    "CHAR",  "INTEGER",  "SMALLINT", "BIGINT",
        "TIMESTAMP", "DATE",    "TIME",  "INTERVAL", "JSON",     "JSONB",
        "UUID",      "NUMERIC", "FLOAT", "DOUBLE",   "BOOLEAN",  "BYTEA",
    };
    size_t word = strspn(type, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    word = word < len ? word : len;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strlen(names[i]) == word && memcmp(names[i], type, word) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether commas are between the elements of arrays of the types that are
 * listed: what goes before, between and after their names. */
static const char ask_head[] =
    "SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_type WHERE typdelim <> ','"
    " AND oid IN (NULL",
                  ask_next[] = ", pg_catalog.to_regtype('", ask_end[] = "')",
                  ask_tail[] = "))";

/* Appends a type to the list. */
static void
ask_of(char **to, const char *type, size_t len)
{
    put(to, ask_next, sizeof(ask_next) - 1);
    for (size_t i = 0; i < len; i++) {
        put(to, "'", type[i] == '\'');
        put(to, &type[i], 1);
    }
    put(to, ask_end, sizeof(ask_end) - 1);
}

int
crm_pg_arrays_from_values(crm_stmt *stmt, crm_error *err)
{
    static const char head[] = "SELECT unnest(", next[] = "), unnest(",
                      tail[] = ")";
    if (stmt->arrays_known || stmt->nparams == 0) {
        return CRM_OK;
    }
    size_t from = stmt->values_from, to = stmt->values_to;
    const char *stop = stmt->sql + to - 1;
    const char *at = stmt->sql + from + 1;
    /* VALUES goes, at each parameter [] comes */
    char *text = malloc(strlen(stmt->sql) + sizeof(head) + sizeof(tail) +
                        (2 + sizeof(next)) * stmt->nparams);
    char *guard = malloc(sizeof(ask_head) + sizeof(ask_tail) + 2 * (to - from) +
                         (sizeof(ask_next) + sizeof(ask_end)) * stmt->nparams);
    int status = CRM_OK;
    if (text == NULL || guard == NULL) {
        status = crm_pg_no_memory(err);
        goto done;
    }
    stmt->arrays_known = true;
    char *p = text, *ask = guard;
    bool asks = false;
    put(&ask, ask_head, sizeof(ask_head) - 1);
    put(&p, stmt->sql, stmt->values_word);
    put(&p, head, sizeof(head) - 1);
    for (size_t k = 1; k <= stmt->nparams; k++) {
        const char *type, *value = at, *param = crm_pg_next_param(at, stop);
        size_t type_len;
        at = crm_pg_skip_param(param, &type, &type_len);
        bool last = k == stmt->nparams;
        bool alone = param == crm_pg_next_token(value); /* no 1 + $1 */
        if (!alone || param == stop || strtoul(param + 1, NULL, 10) != k ||
            at == NULL || (last ? at != stop : *at != ',')) {
            goto done;
        }
        if (type != NULL && !has_commas(type, type_len)) {
            ask_of(&ask, type, type_len);
            asks = true;
        }
        const char *end = type == NULL ? at : type + type_len;
        put(&p, param, (size_t)(end - param));
        put(&p, "[]", type == NULL ? 0 : 2);
        put(&p, next, last ? 0 : sizeof(next) - 1);
        at++;
    }
    put(&p, tail, sizeof(tail) - 1);
    strcpy(p, stmt->sql + to);
    strcpy(ask, ask_tail);
    if (asks) {
        status = crm_pg_offer(stmt, text, guard, err);
    }
    else {
        stmt->arrays = text;
        text = NULL;
    }
done:
    free(text);
    free(guard);
    return status;
}

/* The types of character strings, whose binary form is their text. */
static const struct {
    const char *name;
    Oid element, array;
} strings[] = {
    {"VARCHAR", 1043, 1015},
    {"TEXT", 25, 1009},
    {"CHAR", 1042, 1014},
};

/* Says which type an array has, whose elements are declared to be of `type` and
 * inferred to be of another; 0 if that is not known. */
static int
set_type(crm_pg_array *array, Oid type, Oid inferred, const char *cast,
         size_t cast_len)
{
    array->element = crm_pg_as_text(type) ? 0 : type;
    array->array = crm_pg_array_of(type);
    for (size_t i = 0; type == 0 && i < sizeof(strings) / sizeof(*strings);
         i++) {
        if (cast == NULL ? strings[i].element == inferred
                         : strlen(strings[i].name) == cast_len &&
                               memcmp(strings[i].name, cast, cast_len) == 0) {
            array->element = strings[i].element;
            array->array = strings[i].array;
        }
    }
    if (type == 0 && cast == NULL && array->array == 0) {
        array->array = crm_pg_array_of(inferred); /* of texts that it parses */
    }
    return cast != NULL || array->array != 0;
}

/* The type that the server infers for a parameter without a cast, which a
 * statement for a single row has to be asked about; 0 for none. */
static int
infer(crm_stmt *stmt, size_t k, const char *cast, Oid *inferred, crm_error *err)
{
    *inferred = 0;
    if (stmt->types[k] != 0 || cast != NULL || stmt->values_to == 0) {
        return CRM_OK;
    }
    if (stmt->inferred == NULL && crm_pg_infer(stmt, err) < 0) {
        return CRM_FAIL;
    }
    *inferred = stmt->inferred[k];
    return CRM_OK;
}

int
crm_pg_arrays_new(crm_stmt *stmt, crm_pg_array **out, crm_error *err)
{
    *out = NULL;
    crm_pg_array *arrays = calloc(stmt->nparams + 1, sizeof(crm_pg_array));
    if (arrays == NULL) {
        return crm_pg_no_memory(err);
    }
    const char *at = stmt->arrays, *end = at + strlen(at);
    for (size_t k = 0; k < stmt->nparams; k++) {
        const char *cast;
        size_t cast_len;
        Oid inferred;
        at = crm_pg_next_param(at, end);
        at = crm_pg_skip_param(at, &cast, &cast_len);
        if (at != NULL && infer(stmt, k, cast, &inferred, err) < 0) {
            free(arrays);
            return CRM_FAIL;
        }
        if (at == NULL ||
            !set_type(&arrays[k], stmt->types[k], inferred, cast, cast_len)) {
            free(arrays);
            arrays = NULL;
            break;
        }
    }
    *out = arrays;
    return CRM_OK;
}

void
crm_pg_arrays_free(crm_pg_array *arrays, const crm_stmt *stmt)
{
    for (size_t k = 0; arrays != NULL && k < stmt->nparams; k++) {
        free(arrays[k].bytes);
    }
    free(arrays);
}

/* Room for `more` bytes: where they go; NULL without memory. */
static char *
room_for(crm_pg_array *array, size_t more)
{
    if (array->cap - array->len < more) {
        size_t cap = array->cap * 2;
        if (cap - array->len < more) {
            cap = array->len + more + 1024;
        }
        char *moved = realloc(array->bytes, cap);
        if (moved == NULL) {
            return NULL;
        }
        array->bytes = moved;
        array->cap = cap;
    }
    return array->bytes + array->len;
}

/* Where the header of a binary array has the number of elements and whether
 * some are NULL. */
enum {
    AT_NULLS = 4,
    AT_COUNT = 12,
    HEADER = 20,
};

static int
begin(crm_pg_array *array)
{
    array->len = 0;
    if (room_for(array, HEADER) == NULL) {
        return 0;
    }
    if (array->element == 0) {
        array->bytes[0] = '{';
        array->len = 1;
        return 1;
    }
    crm_pg_put32(array->bytes, 1); /* dimensions */
    crm_pg_put32(array->bytes + AT_NULLS, 0);
    crm_pg_put32(array->bytes + 8, array->element);
    crm_pg_put32(array->bytes + 16, 1); /* lower bound */
    array->len = HEADER;
    return 1;
}

static int
add_binary(crm_pg_array *array, const char *bytes, int len)
{
    char *to = room_for(array, 4 + (bytes == NULL ? 0 : (size_t)len));
    if (to == NULL) {
        return 0;
    }
    array->len += 4;
    if (bytes == NULL) {
        crm_pg_put32(to, UINT32_MAX);
        crm_pg_put32(array->bytes + AT_NULLS, 1);
        return 1;
    }
    crm_pg_put32(to, (uint32_t)len);
    memcpy(to + 4, bytes, (size_t)len);
    array->len += (size_t)len;
    return 1;
}

static int
add_text(crm_pg_array *array, const char *text)
{
    size_t len = text == NULL ? 0 : strlen(text);
    char *to = room_for(array, 2 * len + 6);
    if (to == NULL) {
        return 0;
    }
    char *p = to;
    if (text == NULL) {
        memcpy(p, "NULL", 4);
        p += 4;
    }
    else {
        *p++ = '"';
        for (const char *s = text; s < text + len; s++) {
            if (*s == '"' || *s == '\\') {
                *p++ = '\\';
            }
            *p++ = *s;
        }
        *p++ = '"';
    }
    *p++ = ',';
    array->len += (size_t)(p - to);
    return 1;
}

/* Adds the encoded row. */
static int
add_row(crm_pg_array *arrays, const crm_stmt *stmt)
{
    for (size_t k = 0; k < stmt->nparams; k++) {
        const char *value = stmt->values[k];
        if (!(arrays[k].element == 0
                  ? add_text(&arrays[k], value)
                  : add_binary(&arrays[k], value, stmt->lengths[k]))) {
            return 0;
        }
    }
    return 1;
}

static size_t
total_of(const crm_pg_array *arrays, const crm_stmt *stmt)
{
    size_t total = 0;
    for (size_t k = 0; k < stmt->nparams; k++) {
        total += arrays[k].len;
    }
    return total;
}

int
crm_pg_arrays_fill(crm_pg_array *arrays, crm_stmt *stmt, const crm_cell *cells,
                   size_t nrows, size_t *taken, crm_error *err)
{
    for (size_t k = 0; k < stmt->nparams; k++) {
        if (!begin(&arrays[k])) {
            return crm_pg_no_memory(err);
        }
    }
    size_t row = 0, most = nrows < MOST_ROWS ? nrows : MOST_ROWS;
    while (row < most && (row == 0 || total_of(arrays, stmt) < ENOUGH)) {
        if (crm_pg_encode(stmt, cells + row * stmt->nparams, 0, err) < 0) {
            return CRM_FAIL;
        }
        if (!add_row(arrays, stmt)) {
            return crm_pg_no_memory(err);
        }
        row++;
    }
    for (size_t k = 0; k < stmt->nparams; k++) {
        crm_pg_array *array = &arrays[k];
        bool text = array->element == 0;
        if (array->len > INT_MAX) {
            return crm_fail(err, CRM_E_DATA, "a parameter is too large");
        }
        if (text) {
            char *end = room_for(array, 1);
            if (end == NULL) {
                return crm_pg_no_memory(err);
            }
            end[-1] = '}'; /* in place of the last comma */
            *end = '\0';
        }
        else {
            crm_pg_put32(array->bytes + AT_COUNT, (uint32_t)row);
        }
        stmt->values[k] = array->bytes;
        stmt->lengths[k] = (int)array->len;
        stmt->formats[k] = !text;
        stmt->many_types[k] = array->array;
    }
    *taken = row;
    return CRM_OK;
}
