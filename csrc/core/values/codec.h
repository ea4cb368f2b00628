/* codec.h: cell -> Python object and Python object -> bind cell.
 *
 * What a column's values are is said by a type code and an optional argument.
 * All functions need the GIL.  JSON, ENUM and PYTHON codecs, and the conversion
 * of odd parameter values, may run arbitrary Python code.
 */
#ifndef CRM_CODEC_H
#define CRM_CODEC_H

#include "plain/cell.h"
#include "core/core.h"

typedef struct {
    uint8_t code;  /* crm_type_code */
    PyObject *arg; /* owned, or NULL */
} crm_codec;

/* Fills `codec` from a type code and its argument (None for none); checks that
 * they fit.  0, or -1 with an exception. */
int crm_codec_set(crm_codec *codec, int code, PyObject *arg);
void crm_codec_clear(crm_codec *codec);

/* True if decoding can run user code, so that it is done at load time. */
static inline int
crm_codec_is_eager(const crm_codec *codec)
{
    return codec->code == CRM_TYPE_PYTHON || codec->code == CRM_TYPE_PICKLE;
}

/* A new reference, or NULL with an exception (ValueError, OverflowError, …)
 * that the caller completes with class, column and key. */
PyObject *crm_decode(crm_core *core, const crm_codec *codec,
                     const crm_cell *cell);

/* Fills *cell from a value; *keep is set to a new reference that keeps the
 * cell's bytes alive, or NULL if none is needed.  `typed`: the driver takes
 * typed cells (typedcodec.h).  0, or with an exception set:
 * CRM_ENCODE_REFUSED: the type does not take this value (TypeError, ValueError,
 * LookupError, or whatever user code raised); CRM_ENCODE_UNBINDABLE: the type
 * took it, but no database value can be made of it (TypeError "type 'x' is not
 * supported", OverflowError, UnicodeEncodeError); connection.h's
 * crm_connection_bind_error makes the DB-API error of it; CRM_ENCODE_RAISED: an
 * adapter that the program has told a driver of failed (adapting.h). */
enum {
    CRM_ENCODE_REFUSED = -1,
    CRM_ENCODE_UNBINDABLE = -2,
    CRM_ENCODE_RAISED = -3
};
int crm_encode(crm_core *core, const crm_codec *codec, int typed,
               PyObject *value, crm_cell *cell, PyObject **keep);

/* Text of a str; bytes of an object with a buffer, which stay in place while
 * *keep lives.  As crm_encode. */
int crm_encode_str(PyObject *value, crm_cell *cell, PyObject **keep);
int crm_encode_buffer(PyObject *value, crm_cell *cell, PyObject **keep);

/* decimal.Decimal, imported when first asked for: borrowed, NULL with an
 * exception. */
PyObject *crm_decimal_class(crm_core *core);

#endif /* CRM_CODEC_H */
