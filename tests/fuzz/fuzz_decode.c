/* PostgreSQL's binary formats: whatever the bytes are, decoding stays inside of
 * them, and a compound value that was made can be walked through. */
#include "../../csrc/postgres/decode.h"

#include <stdlib.h>
#include <string.h>

#include "../c/check.h"

/* Every kind there is, by a type that has it. */
static const uint32_t types[] = {
    16,   17,   20,   21,   23,   25,   26,   114,  700,  701,  869,   829,
    1082, 1083, 1114, 1184, 1186, 1266, 1560, 1700, 2950, 3802, 1007,  1009,
    1231, 1187, 1185, 1041, 3904, 3906, 3910, 4451, 4532, 3905, 90000,
};

static void
walk(const char *base, size_t len, const crm_cell *cell, int depth)
{
    CHECK(depth < 16);
    if (!crm_tag_has_bytes(cell->tag)) {
        return;
    }
    CHECK(cell->u.i >= 0 && (size_t)cell->u.i + cell->len <= len);
    if (cell->tag < CRM_ARRAY) {
        return;
    }
    crm_nested header;
    CHECK(cell->len >= sizeof(header));
    memcpy(&header, base + cell->u.i, sizeof(header));
    CHECK(sizeof(header) + (size_t)header.count * sizeof(crm_cell) <=
          cell->len);
    if (cell->tag == CRM_ARRAY) {
        uint64_t count = header.ndim == 0 ? 0 : 1;
        CHECK(header.ndim <= CRM_MAX_DIMS);
        for (uint32_t i = 0; i < header.ndim; i++) {
            count *= header.dims[i];
        }
        CHECK(count == header.count);
    }
    for (uint32_t i = 0; i < header.count; i++) {
        crm_cell inner;
        memcpy(&inner, base + cell->u.i + sizeof(header) + i * sizeof(inner),
               sizeof(inner));
        walk(base, len, &inner, depth + 1);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    crm_pg_decoder decoder = {.zone = -1};
    crm_rows rows;
    crm_rows_init(&rows, 1);
    CHECK(crm_pg_type_add(&decoder.types,
                          (crm_pg_type){90000, CRM_PG_HSTORE, 0}) == 0);
    if (size > 0) {
        decoder.zone = data[0] & 1 ? 0 : -1;
        crm_pg_type type = crm_pg_type_find(
            &decoder.types, types[data[0] / 2 % (sizeof(types) / 4)]);
        /* an allocation of its own, so that reading beyond it is seen */
        char *bytes = malloc(size);
        CHECK(bytes != NULL && type.kind != CRM_PG_UNKNOWN);
        memcpy(bytes, data + 1, size - 1);
        CHECK(crm_rows_begin(&rows) != NULL);
        bytes = realloc(bytes, size == 1 ? 1 : size - 1);
        int status = crm_pg_decode(&decoder, &type, bytes, size - 1, &rows, 0);
        if (status == CRM_PG_OK) {
            crm_cell cell = rows.current[0];
            if (cell.tag >= CRM_ARRAY && crm_tag_has_bytes(cell.tag)) {
                crm_cell outer;
                CHECK(cell.len >= sizeof(outer));
                memcpy(&outer, cell.u.p, sizeof(outer));
                CHECK(outer.tag == cell.tag);
                walk(cell.u.p, cell.len, &outer, 0);
            }
            crm_rows_end(&rows);
        }
        else {
            crm_rows_abandon(&rows);
        }
        free(bytes);
    }
    crm_rows_clear(&rows);
    crm_pg_decoder_clear(&decoder);
    return 0;
}
