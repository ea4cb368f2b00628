/* compound.h: arrays, ranges, multiranges and hstores into cells of cells.
 * Plain C, as decode.h is, which this is a part of.
 *
 * A compound value is put together in the decoder's block: its cell, its header
 * (crm_nested), the cells of its members, their bytes.  While it is made the
 * block may move, so that cells say where in the block their bytes are.
 */
#ifndef CRM_PG_COMPOUND_H
#define CRM_PG_COMPOUND_H

#include "decode.h"

/* Reads a value of a type from CRM_PG_HSTORE on: CRM_PG_OK with *cell, whose
 * bytes are the block (the decoder's, until the next compound value);
 * otherwise what crm_pg_decode returns.  Needs no GIL. */
int crm_pg_compound(crm_pg_decoder *decoder, const crm_pg_type *type,
                    const char *bytes, size_t len, crm_cell *cell);

#endif /* CRM_PG_COMPOUND_H */
