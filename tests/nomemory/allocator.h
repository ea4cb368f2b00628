/* allocator.h: for libraries that stand before the C library's allocator, and
 * look at who asks it.
 *
 * ask_within(start, end): what counts is asked for by code between these
 * addresses, itself or through what it calls, but not through Python's
 * interpreter. May be called for several ranges.
 * ask_not_within(start, end): nor through code between these addresses.
 */
#ifndef NOMEMORY_ALLOCATOR_H
#define NOMEMORY_ALLOCATOR_H

#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unwind.h>

/* What the library says to each: */
static int refused(void);        /* whether it gets none */
static void *made(void *memory); /* what was given, or NULL; returns it */
static void gone(void *memory);  /* what is freed, or NULL */

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void (*real_free)(void *);

static _Thread_local int unwinding; /* which may allocate itself */

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
ask_not_within(uintptr_t start, uintptr_t end)
{
    add_range(start, end, 0);
}

void
ask_within(uintptr_t start, uintptr_t end)
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
            *(uintptr_t *)found = ranges[i].counts ? at : 0;
            return _URC_NORMAL_STOP;
        }
    }
    return _URC_NO_REASON;
}

/* Where in the code that counts this is asked for; 0: elsewhere. */
static uintptr_t
asked_at(void)
{
    uintptr_t found = 0;
    if (!unwinding) {
        unwinding = 1;
        _Unwind_Backtrace(look, &found);
        unwinding = 0;
    }
    return found;
}

/* ---- the allocator ------------------------------------------------------ */

void *
malloc(size_t size)
{
    if (!ready()) {
        return early_alloc(size);
    }
    return refused() ? NULL : made(real_malloc(size));
}

void *
calloc(size_t count, size_t size)
{
    if (!ready()) {
        return early_alloc(count * size); /* static memory is zero */
    }
    return refused() ? NULL : made(real_calloc(count, size));
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
    if (refused()) {
        return NULL;
    }
    gone(memory);
    void *moved = real_realloc(memory, size);
    return moved == NULL && size != 0 ? made(memory), NULL : made(moved);
}

void
free(void *memory)
{
    if (!is_early(memory) && ready()) {
        gone(memory);
        real_free(memory);
    }
}

#endif /* NOMEMORY_ALLOCATOR_H */
