/* compound.c: see compound.h. */
#include "compound.h"

#include <string.h>

#include "wire.h"

/* Compound values within compound values: the server has two levels. */
#define MAX_DEPTH 8

/* Bytes not read yet. */
typedef struct {
    const char *p;
    size_t left;
} reader;

static int
read32(reader *from, uint32_t *value)
{
    if (from->left < 4) {
        return CRM_PG_BROKEN;
    }
    *value = crm_pg_get32(from->p);
    from->p += 4;
    from->left -= 4;
    return CRM_PG_OK;
}

/* A length and so many bytes; *bytes is NULL for a length of -1. */
static int
read_item(reader *from, const char **bytes, size_t *len)
{
    uint32_t count;
    if (read32(from, &count) < 0) {
        return CRM_PG_BROKEN;
    }
    *bytes = NULL;
    *len = 0;
    if (count == UINT32_MAX) {
        return CRM_PG_OK;
    }
    if (count > from->left) {
        return CRM_PG_BROKEN;
    }
    *bytes = from->p;
    *len = count;
    from->p += count;
    from->left -= count;
    return CRM_PG_OK;
}

/* Appends to the block; where that is, or SIZE_MAX when memory is out. */
static size_t
append(crm_pg_decoder *decoder, const void *bytes, size_t len)
{
    size_t at = decoder->block_len;
    if (len > UINT32_MAX - at ||
        crm_pg_make_room(&decoder->block, &decoder->block_cap, at + len) < 0) {
        return SIZE_MAX;
    }
    if (bytes != NULL && len != 0) {
        memcpy(decoder->block + at, bytes, len);
    }
    else if (len != 0) {
        memset(decoder->block + at, 0, len);
    }
    decoder->block_len = at + len;
    return at;
}

/* Begins a compound value: its header and `count` NULL cells.  Where the first
 * cell is, or SIZE_MAX. */
static size_t
append_nested(crm_pg_decoder *decoder, const crm_nested *header, size_t *start)
{
    *start = append(decoder, header, sizeof(*header));
    return *start == SIZE_MAX
               ? SIZE_MAX
               : append(decoder, NULL, header->count * sizeof(crm_cell));
}

static int build(crm_pg_decoder *decoder, const crm_pg_type *type,
                 const char *bytes, size_t len, size_t at, int depth);

/* Stores the cell of a compound value that began at `start`. */
static void
store_nested(crm_pg_decoder *decoder, size_t at, crm_tag tag, size_t start)
{
    crm_cell cell = {.tag = (uint8_t)tag,
                     .len = (uint32_t)(decoder->block_len - start)};
    cell.u.i = (int64_t)start;
    memcpy(decoder->block + at, &cell, sizeof(cell));
}

static int
build_item(crm_pg_decoder *decoder, const crm_pg_type *type, reader *from,
           size_t at, int depth)
{
    const char *bytes;
    size_t len;
    if (read_item(from, &bytes, &len) < 0) {
        return CRM_PG_BROKEN;
    }
    return bytes == NULL ? CRM_PG_OK
                         : build(decoder, type, bytes, len, at, depth);
}

static int
build_array(crm_pg_decoder *decoder, reader from, size_t at, int depth)
{
    uint32_t ndim, has_null, elem;
    crm_nested header = {0};
    if (read32(&from, &ndim) < 0 || read32(&from, &has_null) < 0 ||
        read32(&from, &elem) < 0 || ndim > CRM_MAX_DIMS) {
        return CRM_PG_BROKEN;
    }
    uint64_t count = ndim == 0 ? 0 : 1;
    for (uint32_t i = 0; i < ndim; i++) {
        uint32_t size, lower;
        if (read32(&from, &size) < 0 || read32(&from, &lower) < 0) {
            return CRM_PG_BROKEN;
        }
        header.dims[i] = size;
        count *= size;
        if (count > from.left / 4) { /* each has a length at least */
            return CRM_PG_BROKEN;
        }
    }
    header.ndim = ndim;
    header.count = (uint32_t)count;
    crm_pg_type type = crm_pg_type_find(&decoder->types, elem);
    size_t start;
    size_t cell = append_nested(decoder, &header, &start);
    if (cell == SIZE_MAX) {
        return CRM_PG_NOMEM;
    }
    for (uint32_t i = 0; i < header.count; i++) {
        int status = build_item(decoder, &type, &from,
                                cell + i * sizeof(crm_cell), depth);
        if (status < 0) {
            return status;
        }
    }
    store_nested(decoder, at, CRM_ARRAY, start);
    return from.left == 0 ? CRM_PG_OK : CRM_PG_BROKEN;
}

enum {
    RANGE_EMPTY = 0x01,
    RANGE_LOWER_INC = 0x02,
    RANGE_UPPER_INC = 0x04,
    RANGE_LOWER_INF = 0x08,
    RANGE_UPPER_INF = 0x10,
};

static int
build_range(crm_pg_decoder *decoder, uint32_t elem, reader from, size_t at,
            int depth)
{
    if (from.left < 1) {
        return CRM_PG_BROKEN;
    }
    unsigned flags = (unsigned char)*from.p++;
    from.left--;
    crm_nested header = {.count = 2};
    header.ndim = (flags & RANGE_EMPTY ? CRM_RANGE_EMPTY : 0) |
                  (flags & RANGE_LOWER_INC ? CRM_RANGE_LOWER_INC : 0) |
                  (flags & RANGE_UPPER_INC ? CRM_RANGE_UPPER_INC : 0);
    crm_pg_type type = crm_pg_type_find(&decoder->types, elem);
    size_t start;
    size_t cell = append_nested(decoder, &header, &start);
    if (cell == SIZE_MAX) {
        return CRM_PG_NOMEM;
    }
    int status = CRM_PG_OK;
    if (!(flags & (RANGE_EMPTY | RANGE_LOWER_INF))) {
        status = build_item(decoder, &type, &from, cell, depth);
    }
    if (status == CRM_PG_OK && !(flags & (RANGE_EMPTY | RANGE_UPPER_INF))) {
        status =
            build_item(decoder, &type, &from, cell + sizeof(crm_cell), depth);
    }
    store_nested(decoder, at, CRM_RANGE, start);
    return status < 0 ? status : from.left == 0 ? CRM_PG_OK : CRM_PG_BROKEN;
}

/* Values one after the other, each with its length: of a multirange, or (twice
 * as many) of an hstore. */
static int
build_list(crm_pg_decoder *decoder, const crm_pg_type *type, unsigned each,
           crm_tag tag, reader from, size_t at, int depth)
{
    uint32_t count;
    if (read32(&from, &count) < 0 || count > from.left / 4 / each) {
        return CRM_PG_BROKEN;
    }
    crm_nested header = {.count = count * each};
    size_t start;
    size_t cell = append_nested(decoder, &header, &start);
    if (cell == SIZE_MAX) {
        return CRM_PG_NOMEM;
    }
    for (uint32_t i = 0; i < header.count; i++) {
        int status = build_item(decoder, type, &from,
                                cell + i * sizeof(crm_cell), depth);
        if (status < 0) {
            return status;
        }
    }
    store_nested(decoder, at, tag, start);
    return from.left == 0 ? CRM_PG_OK : CRM_PG_BROKEN;
}

/* Reads a value into the cell at `at` of the block. */
static int
build(crm_pg_decoder *decoder, const crm_pg_type *type, const char *bytes,
      size_t len, size_t at, int depth)
{
    static const crm_pg_type text = {25, CRM_PG_TEXT, 0};
    reader from = {bytes, len};
    if (depth >= MAX_DEPTH) {
        return CRM_PG_BROKEN;
    }
    switch ((crm_pg_kind)type->kind) {
        case CRM_PG_ARRAY:
            return build_array(decoder, from, at, depth + 1);
        case CRM_PG_RANGE:
            return build_range(decoder, type->elem, from, at, depth + 1);
        case CRM_PG_MULTIRANGE: {
            crm_pg_type range = crm_pg_type_find(&decoder->types, type->elem);
            return build_list(decoder, &range, 1, CRM_MULTIRANGE, from, at,
                              depth + 1);
        }
        case CRM_PG_HSTORE:
            return build_list(decoder, &text, 2, CRM_MAP, from, at, depth + 1);
        default:
            break;
    }
    crm_cell cell = {0};
    int status = crm_pg_scalar(decoder, type, bytes, len, &cell);
    if (status < 0) {
        return status;
    }
    if (crm_tag_has_bytes(cell.tag)) {
        size_t start = append(decoder, cell.u.p, cell.len);
        if (start == SIZE_MAX) {
            return CRM_PG_NOMEM;
        }
        cell.u.i = (int64_t)start;
    }
    memcpy(decoder->block + at, &cell, sizeof(cell));
    return CRM_PG_OK;
}

int
crm_pg_compound(crm_pg_decoder *decoder, const crm_pg_type *type,
                const char *bytes, size_t len, crm_cell *cell)
{
    decoder->block_len = 0;
    size_t at = append(decoder, NULL, sizeof(*cell));
    if (at == SIZE_MAX) {
        return CRM_PG_NOMEM;
    }
    int status = build(decoder, type, bytes, len, at, 0);
    memcpy(cell, decoder->block, sizeof(*cell));
    /* from the start of the block, as the cells inside are */
    cell->u.p = decoder->block;
    cell->len = (uint32_t)decoder->block_len;
    return status;
}
