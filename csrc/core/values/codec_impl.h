/* codec_impl.h: what decoding.c and encoding.c share.  All functions need the
 * GIL.
 */
#ifndef CRM_CODEC_IMPL_H
#define CRM_CODEC_IMPL_H

#include "codec.h"

/* Digits after the point of a NUMERIC: where nothing says how many, and the
 * most there can be. */
#define CRM_DEFAULT_DIGITS 10
#define CRM_MAX_DIGITS     400

/* The codec of an array's elements; borrows from the array's argument. */
int crm_codec_item(PyObject *arg, crm_codec *item);

/* What one side of a PYTHON codec makes of a value, 0 to bind it, 1 of a
 * result; the value itself if that side has no function.  A new reference, or
 * NULL with an exception; runs user code. */
PyObject *crm_codec_call(const crm_codec *codec, Py_ssize_t side,
                         PyObject *value);

/* Whether the argument of a PYTHON codec names another one behind it. */
static inline int
crm_codec_has_inner(PyObject *arg)
{
    return PyTuple_CheckExact(arg) && PyTuple_GET_SIZE(arg) > 2 &&
           PyTuple_GET_ITEM(arg, 2) != Py_None;
}

/* Whether a function is called with values that go to the database. */
static inline int
crm_codec_is_called(const crm_codec *codec)
{
    return codec->code == CRM_TYPE_PYTHON && PyTuple_CheckExact(codec->arg) &&
           PyTuple_GET_ITEM(codec->arg, 0) != Py_None;
}

/* As crm_encode(), of what the function of a PYTHON codec made of a value: a
 * new reference that is taken over, or NULL with an exception. */
int crm_encode_made(crm_core *core, const crm_codec *codec, int typed,
                    PyObject *made, crm_cell *cell, PyObject **keep);

/* The codec behind a PYTHON codec, between its functions and the database:
 * fills `inner`, whose argument is borrowed.  ANY if it has none; 0, or -1 with
 * an exception. */
int crm_codec_inner(const crm_codec *codec, crm_codec *inner);

/* dict[key], with the __missing__ of a subclass: a new reference. */
PyObject *crm_codec_look_up(PyObject *dict, PyObject *key);

/* A cell as a Python object, by its tag: a new reference or NULL. */
PyObject *crm_decode_plain(crm_core *core, const crm_cell *cell);
/* A value as the standard library's driver binds it without a type, adapters
 * of the program's included; as crm_encode. */
int crm_encode_plain(PyObject *value, crm_cell *cell, PyObject **keep);

/* Text, floats and bytes go to every driver in the same way: 1, with what
 * crm_encode returns in *status; 0 if the value is none of these. */
static inline int
crm_encode_common(PyObject *value, crm_cell *cell, PyObject **keep, int *status)
{
    if (PyUnicode_Check(value)) {
        *status = crm_encode_str(value, cell, keep);
        return 1;
    }
    if (PyFloat_Check(value)) {
        cell->tag = CRM_DOUBLE;
        cell->u.d = PyFloat_AS_DOUBLE(value);
        *status = 0;
        return 1;
    }
    if (PyObject_CheckBuffer(value)) {
        *status = crm_encode_buffer(value, cell, keep);
        return 1;
    }
    return 0;
}

#endif /* CRM_CODEC_IMPL_H */
