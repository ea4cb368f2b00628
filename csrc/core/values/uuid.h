/* uuid.h: objects of uuid.UUID without its Python code, which would run a frame
 * for each that is made, hashed, compared or stored.
 *
 * Such an object holds an int of 128 bits and says how safely it was made
 * (RFC 4122; Lib/uuid.py).  Where its class keeps them elsewhere than in
 * __slots__ the class is called instead.  All functions need the GIL.
 */
#ifndef CRM_UUID_H
#define CRM_UUID_H

#include "core/core.h"

#define CRM_UUID_SIZE 16 /* bytes, big endian */

/* uuid.UUID, imported when first asked for: borrowed, NULL with an exception.
 */
PyTypeObject *crm_uuid_class(crm_core *core);

/* True for exactly a uuid.UUID, once one was asked for.  It holds an integer
 * and a constant, so that it cannot be part of a reference cycle. */
static inline int
crm_is_uuid(const crm_core *core, PyObject *value)
{
    return Py_IS_TYPE(value, core->uuid_type);
}

/* A new uuid.UUID, or NULL with an exception. */
PyObject *crm_uuid_from_bytes(crm_core *core, const void *bytes);

/* The bytes of 32 hexadecimal digits, or of the same with four hyphens at
 * their usual places: 1; 0 for any other text. */
int crm_uuid_parse(const char *text, size_t len, unsigned char *bytes);

/* The text of a UUID, a new str: 32 digits, or with hyphens; NULL with
 * MemoryError. */
PyObject *crm_uuid_text(const unsigned char *bytes, int hyphens);

/* The integer of exactly a uuid.UUID: borrowed; NULL, without an exception, for
 * anything else. */
PyObject *crm_uuid_number(const crm_core *core, PyObject *value);

/* Its bytes: 1; 0 for anything else. */
int crm_uuid_bytes(const crm_core *core, PyObject *value, unsigned char *bytes);

/* What stands for a key where it is hashed and sorted, of equal hash and in the
 * same order: the integer of a UUID or an object of a subclass, also within a
 * tuple; any other value itself.  A new reference, or NULL with MemoryError (of
 * a tuple alone) or what ends the program.  Runs code of subclasses only. */
PyObject *crm_plain_key(const crm_core *core, PyObject *key);

/* Whether two keys are equal: 1, 0, or -1 with an exception.  May run any code,
 * but none of uuid.UUID. */
int crm_same_key(const crm_core *core, PyObject *left, PyObject *right);

#endif /* CRM_UUID_H */
