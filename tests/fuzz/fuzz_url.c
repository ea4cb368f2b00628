/* Database URLs, which are Python's: the interpreter says which lines it runs,
 * and libFuzzer looks for bytes that make it run others. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <frameobject.h>

#include "../c/check.h"

/* Lines by the bits of their code's address and their number. */
#define COUNTERS 8192
__attribute__((section("__libfuzzer_extra_counters"),
               used)) static uint8_t counters[COUNTERS];

static PyObject *ours, *compare;

static int
count(PyObject *self, PyFrameObject *frame, int what, PyObject *arg)
{
    (void)self;
    (void)arg;
    if (what == PyTrace_LINE) {
        PyCodeObject *code = PyFrame_GetCode(frame);
        size_t place =
            (uintptr_t)code / 64 * 31 + (unsigned)PyFrame_GetLineNumber(frame);
        counters[place % COUNTERS]++;
        Py_DECREF(code);
    }
    return 0;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    Py_InitializeEx(0);
    PyObject *module = PyImport_ImportModule("tests.fuzz.urls");
    if (module == NULL) {
        PyErr_Print();
    }
    CHECK(module != NULL);
    ours = PyObject_GetAttrString(module, "ours");
    compare = PyObject_GetAttrString(module, "compare");
    CHECK(ours != NULL && compare != NULL);
    Py_DECREF(module);
    return 0;
}

static void
call(PyObject *function, PyObject *bytes)
{
    PyObject *done = PyObject_CallOneArg(function, bytes);
    if (done == NULL) {
        PyErr_Print();
    }
    CHECK(done != NULL);
    Py_DECREF(done);
}

/* The other package is asked about every eighth: it takes longer, and which
 * lines it runs is not counted. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    PyObject *bytes =
        PyBytes_FromStringAndSize((const char *)data, (Py_ssize_t)size);
    CHECK(bytes != NULL);
    PyEval_SetTrace(count, NULL);
    call(ours, bytes);
    PyEval_SetTrace(NULL, NULL);
    unsigned sum = 0;
    for (size_t i = 0; i < size; i++) {
        sum += data[i];
    }
    if (sum % 8 == 0) {
        call(compare, bytes);
    }
    Py_DECREF(bytes);
    return 0;
}
