/* fail.c: an allocator that fails when told to, to be preloaded.
 *
 * fail_arm(n): the n-th allocation of this thread from now on fails, once.
 * fail_disarm(): no more; how many were asked for since then.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void (*real_free)(void *);

static _Thread_local long left, asked;

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

static int
fails(void)
{
    asked += left != 0;
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
