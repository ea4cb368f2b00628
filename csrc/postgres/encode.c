/* encode.c: cells as the parameters of a statement.
 *
 * A type is declared where the cell says it for sure; text is left to the
 * server, which infers the type from its place (as for a quoted literal) and
 * parses it.  Numbers of fixed size go in binary.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pg_driver.h"

enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_JSON = 114,
    OID_FLOAT4 = 700,
    OID_FLOAT8 = 701,
    OID_DATE = 1082,
    OID_TIME = 1083,
    OID_TIMESTAMP = 1114,
    OID_TIMESTAMPTZ = 1184,
    OID_INTERVAL = 1186,
    OID_TIMETZ = 1266,
    OID_NUMERIC = 1700,
    OID_UUID = 2950,
    OID_INET = 869,
    OID_CIDR = 650,
    OID_JSONB = 3802,
};

/* Days from 0001-01-01 to 2000-01-01, where PostgreSQL counts from. */
#define EPOCH_DAYS   730119
#define EPOCH_MICROS (INT64_C(730119) * 86400 * 1000000)

/* The type a cell is sent as: an OID, 0 for what the server is to infer. */
static Oid
type_of(const crm_cell *cell)
{
    switch ((crm_tag)cell->tag) {
        case CRM_INT64:
            return cell->u.i >= INT32_MIN && cell->u.i <= INT32_MAX ? OID_INT4
                                                                    : OID_INT8;
        case CRM_DOUBLE:
            return OID_FLOAT8;
        case CRM_BLOB:
            return OID_BYTEA;
        case CRM_BOOL:
            return OID_BOOL;
        case CRM_DATE:
            return OID_DATE;
        case CRM_TIME:
            return OID_TIME;
        case CRM_TIMESTAMP:
            return cell->flags & CRM_CELL_UTC ? OID_TIMESTAMPTZ : OID_TIMESTAMP;
        case CRM_UUID:
            return OID_UUID;
        case CRM_NUMERIC:
            return OID_NUMERIC;
        case CRM_INTERVAL:
            return OID_INTERVAL;
        case CRM_TIMETZ:
            return OID_TIMETZ;
        case CRM_INET:
            return cell->flags == CRM_INET_NETWORK ? OID_CIDR : OID_INET;
        case CRM_NULL:
        case CRM_TEXT:
            return cell->as_text ? OID_TEXT : 0;
        default:
            return 0;
    }
}

void
crm_pg_put32(char *to, uint32_t value)
{
    for (int i = 3; i >= 0; i--) {
        to[i] = (char)value;
        value >>= 8;
    }
}

static void
put64(char *to, uint64_t value)
{
    crm_pg_put32(to, (uint32_t)(value >> 32));
    crm_pg_put32(to + 4, (uint32_t)value);
}

static const struct {
    Oid type, array;
} arrays[] = {
    {OID_BOOL, 1000},     {OID_BYTEA, 1001},     {OID_INT8, 1016},
    {OID_INT4, 1007},     {OID_FLOAT8, 1022},    {OID_DATE, 1182},
    {OID_TIME, 1183},     {OID_TIMESTAMP, 1115}, {OID_TIMESTAMPTZ, 1185},
    {OID_INTERVAL, 1187}, {OID_TIMETZ, 1270},    {OID_NUMERIC, 1231},
    {OID_UUID, 2951},     {OID_INET, 1041},      {OID_CIDR, 651},
    {OID_TEXT, 1009},     {OID_INT2, 1005},      {OID_FLOAT4, 1021},
    {OID_JSON, 199},      {OID_JSONB, 3807},
};

Oid
crm_pg_array_of(Oid type)
{
    for (size_t i = 0; i < sizeof(arrays) / sizeof(*arrays); i++) {
        if (arrays[i].type == type) {
            return arrays[i].array;
        }
    }
    return 0;
}

bool
crm_pg_as_text(Oid type)
{
    bool found = type == 0 || type == OID_NUMERIC || type == OID_INET ||
                 type == OID_CIDR;
    for (size_t i = 0; !found && i < sizeof(arrays) / sizeof(*arrays); i++) {
        found = arrays[i].array == type; /* a list */
    }
    return found;
}

/* ---- lists ------------------------------------------------------------ */

/* The classes that may be elements of one array, and the types that those are
 * of when the ones after them are not there. */
static const struct {
    uint32_t classes;
    Oid type;
} kinds[] = {
    {CRM_OF_BOOL, OID_BOOL},
    {CRM_OF_BYTES, OID_BYTEA},
    {CRM_OF_UUID, OID_UUID},
    {CRM_OF_INTERVAL, OID_INTERVAL},
    {CRM_OF_TIME, OID_TIME},
    {CRM_OF_TIME | CRM_OF_TIMETZ, OID_TIMETZ},
    {CRM_OF_DATE, OID_DATE},
    {CRM_OF_DATE | CRM_OF_TIMESTAMP, OID_TIMESTAMP},
    {CRM_OF_DATE | CRM_OF_TIMESTAMP | CRM_OF_TIMESTAMPTZ, OID_TIMESTAMPTZ},
    {CRM_OF_NETWORK, OID_CIDR},
    {CRM_OF_NETWORK | CRM_OF_ADDRESS, OID_INET},
};

#define NUMBERS (CRM_OF_INT | CRM_OF_FLOAT | CRM_OF_DECIMAL)

static crm_elements
list_of(const crm_cell *cell)
{
    crm_elements list;
    memcpy(&list, cell->u.p, sizeof(list));
    return list;
}

static Oid
type_of_numbers(const crm_elements *list, bool literals)
{
    static const Oid holding[] = {
        [CRM_HOLDS_INT32] = OID_INT4,
        [CRM_HOLDS_INT64] = OID_INT8,
        [CRM_HOLDS_NUMERIC] = OID_NUMERIC,
        [CRM_HOLDS_DOUBLE] = OID_FLOAT8,
    };
    if (!literals && list->classes != CRM_OF_INT) {
        return list->classes == CRM_OF_FLOAT ? OID_FLOAT8 : OID_NUMERIC;
    }
    return list->number < sizeof(holding) / sizeof(*holding)
               ? holding[list->number]
               : OID_NUMERIC;
}

/* Whether the server takes a list's elements for those of one array: where
 * they are literals as ARRAY[…] does, else only if they are of one class. */
static bool
is_uniform(uint32_t classes, bool literals)
{
    const uint32_t moments = CRM_OF_TIMESTAMP | CRM_OF_TIMESTAMPTZ;
    const uint32_t times = CRM_OF_TIME | CRM_OF_TIMETZ;
    if (!literals) {
        return (classes & (classes - 1)) == 0 || (classes & ~moments) == 0 ||
               (classes & ~times) == 0;
    }
    classes &= ~(uint32_t)CRM_OF_STR; /* a text is read as what others are */
    bool found = (classes & ~NUMBERS) == 0;
    for (size_t i = 0; !found && i < sizeof(kinds) / sizeof(*kinds); i++) {
        found = (classes & ~kinds[i].classes) == 0;
    }
    return found;
}

/* The type of the arrays that a list is, 0 if the server is to infer it: texts
 * alone are such an array only as literals. */
static Oid
type_of_list(const crm_cell *cell, bool literals)
{
    crm_elements list = list_of(cell);
    uint32_t classes = list.classes & ~(uint32_t)CRM_OF_STR;
    if (list.classes == 0 || !is_uniform(list.classes, literals)) {
        return cell->as_text ? OID_TEXT : 0;
    }
    if (classes == 0) {
        return literals        ? crm_pg_array_of(OID_TEXT)
               : cell->as_text ? OID_TEXT
                               : 0;
    }
    if ((classes & ~NUMBERS) == 0) {
        return crm_pg_array_of(type_of_numbers(&list, literals));
    }
    size_t i = 0;
    while ((classes & ~kinds[i].classes) != 0) {
        i++;
    }
    return crm_pg_array_of(kinds[i].type);
}

/* Fails for a list whose elements are of classes that no array has. */
static int
check_list(const crm_cell *cell, bool literals, crm_error *err)
{
    static const char *const names[] = {
        "Decimal", "IPv4Address", "IPv4Network", "UUID",     "bool",
        "bytes",   "date",        "datetime",    "datetime", "float",
        "int",     "str",         "time",        "time",     "timedelta",
    };
    crm_elements list = list_of(cell);
    if (is_uniform(list.classes, literals)) {
        return CRM_OK;
    }
    char got[256] = "";
    const char *last = "";
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (list.classes >> i & 1 && strcmp(names[i], last) != 0) {
            size_t len = strlen(got);
            snprintf(got + len, sizeof(got) - len, "%s%s", *got ? ", " : "",
                     names[i]);
            last = names[i];
        }
    }
    if (literals) {
        crm_fail(err, CRM_E_PROGRAMMING,
                 "ARRAY types cannot be matched; got: %s", got);
        strcpy(err->name, "42804");
        return CRM_FAIL;
    }
    return crm_fail(err, CRM_E_DATA,
                    "cannot dump lists of mixed types; got: %s", got);
}

/* ---- values ----------------------------------------------------------- */

/* The type that a value of a statement is declared as.  A literal 1.5 is a
 * NUMERIC whichever class it is of in Python, and 1 an integer, but those that
 * are no numbers are written with their type. */
Oid
crm_pg_wanted_type(const crm_stmt *stmt, const crm_cell *cell)
{
    crm_cell integer = {.tag = CRM_INT64};
    if (cell->tag == CRM_LIST) {
        return type_of_list(cell, stmt->conn->as_literals);
    }
    if (stmt->as_literals && cell->tag == CRM_DOUBLE &&
        cell->u.d - cell->u.d == 0.0) {
        return OID_NUMERIC;
    }
    if (stmt->as_literals && cell->tag == CRM_NUMERIC &&
        crm_is_integer(cell, &integer.u.i)) {
        return type_of(&integer);
    }
    return type_of(cell);
}

bool
crm_pg_type_takes(const crm_stmt *stmt, Oid declared, const crm_cell *cell)
{
    Oid wanted = crm_pg_wanted_type(stmt, cell);
    if (cell->tag == CRM_NULL) {
        return declared != 0 || wanted == 0;
    }
    return wanted == declared || (declared == OID_INT8 && wanted == OID_INT4);
}

/* Writes the shortest decimal text that is read as `value`, with a point as
 * Python does, whatever the locale; its length. */
static int
put_decimal(char text[CRM_PG_NUMBER], double value)
{
    int len = 0;
    for (int digits = 15; digits <= 17; digits++) {
        len = snprintf(text, CRM_PG_NUMBER, "%.*g", digits, value);
        if (strtod(text, NULL) == value) {
            break;
        }
    }
    bool whole = true;
    for (int i = 0; i < len; i++) {
        if (strchr("+-0123456789e", text[i]) == NULL) {
            text[i] = '.';
        }
        whole = whole && text[i] != '.' && text[i] != 'e';
    }
    if (whole) {
        memcpy(text + len, ".0", 3);
        len += 2;
    }
    return len;
}

/* Marks a value as text, which is NUL-terminated, as libpq wants it: see
 * driver.h. */
static int
check_text(crm_stmt *stmt, size_t i, crm_error *err)
{
    if (memchr(stmt->values[i], '\0', (size_t)stmt->lengths[i]) != NULL) {
        return crm_fail(err, CRM_E_DATA,
                        "PostgreSQL text fields cannot contain "
                        "NUL (0x00) bytes");
    }
    stmt->formats[i] = 0;
    return CRM_OK;
}

int
crm_pg_encode(crm_stmt *stmt, const crm_cell *cells, size_t at, crm_error *err)
{
    for (size_t k = 0; k < stmt->nparams; k++) {
        const crm_cell *cell = &cells[k];
        size_t i = at + k;
        char *number = stmt->numbers[i];
        stmt->formats[i] = 1;
        stmt->values[i] = number;
        switch ((crm_tag)cell->tag) {
            case CRM_NULL:
                stmt->values[i] = NULL;
                stmt->lengths[i] = 0;
                break;
            case CRM_INT64:
                if (stmt->types[k] == OID_INT4) {
                    crm_pg_put32(number, (uint32_t)cell->u.i);
                    stmt->lengths[i] = 4;
                }
                else {
                    put64(number, (uint64_t)cell->u.i);
                    stmt->lengths[i] = 8;
                }
                break;
            case CRM_DOUBLE: {
                uint64_t bits;
                if (stmt->types[k] == OID_NUMERIC) {
                    stmt->formats[i] = 0;
                    stmt->lengths[i] = put_decimal(number, cell->u.d);
                    break;
                }
                memcpy(&bits, &cell->u.d, sizeof(bits));
                put64(number, bits);
                stmt->lengths[i] = 8;
                break;
            }
            case CRM_BOOL:
                number[0] = cell->u.i != 0;
                stmt->lengths[i] = 1;
                break;
            case CRM_DATE:
                crm_pg_put32(number,
                             (uint32_t)(int32_t)(cell->u.i - EPOCH_DAYS));
                stmt->lengths[i] = 4;
                break;
            case CRM_TIME:
                put64(number, (uint64_t)cell->u.i);
                stmt->lengths[i] = 8;
                break;
            case CRM_TIMESTAMP:
                put64(number, (uint64_t)(cell->u.i - EPOCH_MICROS));
                stmt->lengths[i] = 8;
                break;
            case CRM_INTERVAL: {
                crm_interval interval;
                memcpy(&interval, cell->u.p, sizeof(interval));
                put64(number, (uint64_t)interval.micros);
                crm_pg_put32(number + 8, (uint32_t)(int32_t)interval.days);
                crm_pg_put32(number + 12, 0);
                stmt->lengths[i] = 16;
                break;
            }
            case CRM_TIMETZ: {
                crm_zoned time;
                memcpy(&time, cell->u.p, sizeof(time));
                put64(number, (uint64_t)time.micros);
                crm_pg_put32(number + 8, (uint32_t)-time.zone);
                stmt->lengths[i] = 12;
                break;
            }
            case CRM_BLOB:
            case CRM_UUID:
                stmt->values[i] = cell->u.p;
                stmt->lengths[i] = (int)cell->len;
                break;
            case CRM_NUMERIC: {
                int64_t value;
                if (stmt->types[k] == OID_INT4 &&
                    crm_is_integer(cell, &value)) {
                    crm_pg_put32(number, (uint32_t)value);
                    stmt->lengths[i] = 4;
                    break;
                }
                if (stmt->types[k] == OID_INT8 &&
                    crm_is_integer(cell, &value)) {
                    put64(number, (uint64_t)value);
                    stmt->lengths[i] = 8;
                    break;
                }
            }
            /* fallthrough */
            case CRM_TEXT:
            case CRM_JSON:
            case CRM_INET:
                stmt->values[i] = cell->u.p;
                stmt->lengths[i] = (int)cell->len;
                if (check_text(stmt, i, err) < 0) {
                    return CRM_FAIL;
                }
                break;
            case CRM_LIST:
                stmt->values[i] = cell->u.p + sizeof(crm_elements);
                stmt->lengths[i] = (int)(cell->len - sizeof(crm_elements));
                if (check_list(cell, stmt->conn->as_literals, err) < 0 ||
                    check_text(stmt, i, err) < 0) {
                    return CRM_FAIL;
                }
                break;
            default:
                return crm_fail(err, CRM_E_PROGRAMMING,
                                "parameter %zu cannot be sent", k + 1);
        }
    }
    return CRM_OK;
}
