/* fail.c: an allocator that fails when told to, to be preloaded.
 *
 * fail_python(): where it is not preloaded but loaded, Python's allocators fail
 * instead. With ask_within() (allocator.h) only some allocations count.
 * fail_arm(n): the n-th allocation of this thread from now on fails, once.
 * fail_disarm(): no more; how many were asked for since then.
 */
#include "allocator.h"

static _Thread_local long left, asked;

static int
refused(void)
{
    if (left == 0 || unwinding || (nranges > 0 && asked_at() == 0)) {
        return 0;
    }
    asked++;
    return left > 0 && --left == 0;
}

static void *
made(void *memory)
{
    return memory;
}

static void
gone(void *memory)
{
    (void)memory;
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
    return refused() ? NULL : own->malloc(own->ctx, size);
}

static void *
python_calloc(void *ctx, size_t count, size_t size)
{
    allocator *own = ctx;
    return refused() ? NULL : own->calloc(own->ctx, count, size);
}

static void *
python_realloc(void *ctx, void *memory, size_t size)
{
    allocator *own = ctx;
    return refused() ? NULL : own->realloc(own->ctx, memory, size);
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
