/* fail.c: an allocator that fails when told to, to be preloaded.
 *
 * fail_python(): where it is not preloaded but loaded, Python's allocators fail
 * instead.
 * fail_within(start, end): from now on only allocations count that code between
 * these addresses asks for, itself or through what it calls, but not through
 * Python's interpreter. May be called for several ranges.
 * fail_not_within(start, end): nor through code between these addresses.
 * fail_arm(n): the n-th allocation of this thread from now on fails, once.
 * fail_disarm(): no more; how many were asked for since then.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unwind.h>

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void (*real_free)(void *);

static _Thread_local long left, asked;
static _Thread_local int unwinding;

static struct {
    uintptr_t start, end;
    int counts;
} ranges[8], interpreter;
static int nranges;

/* What dlsym() itself allocates before the real functions are known. */
static char early[65536];
static size_t early_used;

static void *
early_alloc(size_t size)
{
    void *memory = early + early_used;
    early_used += (size + 15) & ~(size_t)15;
    return memory;
}

static int
is_early(const void *memory)
{
    return (const char *)memory >= early &&
           (const char *)memory < early + sizeof(early);
}

/* Whether the real functions are known. */
static int
ready(void)
{
    static int looking;
    if (real_free != NULL) {
        return 1;
    }
    if (!looking) {
        looking = 1;
        real_malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
        real_calloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
        real_realloc = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
        real_free = (void (*)(void *))dlsym(RTLD_NEXT, "free");
    }
    return real_free != NULL;
}

static void
add_range(uintptr_t start, uintptr_t end, int counts)
{
    if (nranges < (int)(sizeof(ranges) / sizeof(ranges[0]))) {
        ranges[nranges].start = start;
        ranges[nranges].counts = counts;
        ranges[nranges++].end = end;
    }
}

void
fail_not_within(uintptr_t start, uintptr_t end)
{
    add_range(start, end, 0);
}

void
fail_within(uintptr_t start, uintptr_t end)
{
    if (interpreter.start == 0) {
        void *eval = dlsym(RTLD_DEFAULT, "_PyEval_EvalFrameDefault");
        Dl_info info;
        const ElfW(Sym) *symbol = NULL;
        if (dladdr1(eval, &info, (void **)&symbol, RTLD_DL_SYMENT) && symbol) {
            interpreter.start = (uintptr_t)eval;
            interpreter.end = (uintptr_t)eval + symbol->st_size;
        }
    }
    add_range(start, end, 1);
}

/* One frame outwards; ends at one that decides. */
static _Unwind_Reason_Code
look(struct _Unwind_Context *context, void *found)
{
    uintptr_t at = _Unwind_GetIP(context);
    if (at >= interpreter.start && at < interpreter.end) {
        return _URC_NORMAL_STOP;
    }
    for (int i = 0; i < nranges; i++) {
        if (at >= ranges[i].start && at < ranges[i].end) {
            *(int *)found = ranges[i].counts;
            return _URC_NORMAL_STOP;
        }
    }
    return _URC_NO_REASON;
}

static int
fails(void)
{
    int counts = nranges == 0;
    if (left == 0 || unwinding) {
        return 0;
    }
    if (!counts) {
        unwinding = 1; /* which may allocate itself */
        _Unwind_Backtrace(look, &counts);
        unwinding = 0;
    }
    if (!counts) {
        return 0;
    }
    asked++;
    return left > 0 && --left == 0;
}

void
fail_arm(long n)
{
    asked = 0;
    left = n;
}

long
fail_disarm(void)
{
    left = 0;
    return asked;
}

void *
malloc(size_t size)
{
    if (!ready()) {
        return early_alloc(size);
    }
    return fails() ? NULL : real_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
    if (!ready()) {
        return early_alloc(count * size); /* static memory is zero */
    }
    return fails() ? NULL : real_calloc(count, size);
}

void *
realloc(void *memory, size_t size)
{
    if (is_early(memory)) {
        void *copy = malloc(size);
        if (copy != NULL) {
            memcpy(copy, memory, size);
        }
        return copy;
    }
    if (!ready()) {
        return early_alloc(size);
    }
    return fails() ? NULL : real_realloc(memory, size);
}

void
free(void *memory)
{
    if (!is_early(memory) && ready()) {
        real_free(memory);
    }
}

/* ---- Python's allocators ----------------------------------------------- */

/* PyMemAllocatorEx, so that Python.h is not needed. */
typedef struct {
    void *ctx;
    void *(*malloc)(void *ctx, size_t size);
    void *(*calloc)(void *ctx, size_t count, size_t size);
    void *(*realloc)(void *ctx, void *memory, size_t size);
    void (*free)(void *ctx, void *memory);
} allocator;

static allocator of_python[3]; /* of the domains RAW, MEM and OBJ */

static void *
python_malloc(void *ctx, size_t size)
{
    allocator *own = ctx;
    return fails() ? NULL : own->malloc(own->ctx, size);
}

static void *
python_calloc(void *ctx, size_t count, size_t size)
{
    allocator *own = ctx;
    return fails() ? NULL : own->calloc(own->ctx, count, size);
}

static void *
python_realloc(void *ctx, void *memory, size_t size)
{
    allocator *own = ctx;
    return fails() ? NULL : own->realloc(own->ctx, memory, size);
}

static void
python_free(void *ctx, void *memory)
{
    allocator *own = ctx;
    own->free(own->ctx, memory);
}

void
fail_python(void)
{
    void (*get)(int, allocator *) =
        (void (*)(int, allocator *))dlsym(RTLD_DEFAULT, "PyMem_GetAllocator");
    void (*set)(int, allocator *) =
        (void (*)(int, allocator *))dlsym(RTLD_DEFAULT, "PyMem_SetAllocator");
    for (int domain = 0; domain < 3; domain++) {
        get(domain, &of_python[domain]);
        allocator failing = {&of_python[domain], python_malloc, python_calloc,
                             python_realloc, python_free};
        set(domain, &failing);
    }
}
