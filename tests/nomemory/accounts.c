/* accounts.c: who has not freed what he asked for; to be preloaded.
 *
 * With ask_within() (allocator.h) for the code that is looked at:
 * account_open(): what it asks for from now on is put down, and struck out when
 * it is freed.
 * account_kept(): how many were not freed yet.
 * When the process is over, it prints how many, and where they were asked for.
 *
 * Pages of the system (mmap) count as well. Whatever a library allocates that
 * this code calls is of this code: a connection, a statement, a result.
 */
#include "allocator.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>

#define PLACES (1u << 21)

static struct {
    void *memory; /* NULL: free */
    uintptr_t at;
} places[PLACES];
static long kept;
static int open_;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static unsigned
home_of(const void *memory)
{
    return (unsigned)(((uintptr_t)memory >> 4) * 2654435761u) % PLACES;
}

/* The place of what is put down; a free one for what is not. */
static unsigned
place_of(const void *memory)
{
    unsigned place = home_of(memory);
    while (places[place].memory != NULL && places[place].memory != memory) {
        place = (place + 1) % PLACES;
    }
    return place;
}

/* Frees a place; those behind it move up, or they would not be found. */
static void
strike(unsigned place)
{
    unsigned next = place;
    while (places[next = (next + 1) % PLACES].memory != NULL) {
        unsigned home = home_of(places[next].memory);
        if ((next - home) % PLACES >= (next - place) % PLACES) {
            places[place] = places[next];
            place = next;
        }
    }
    places[place].memory = NULL;
}

static int
refused(void)
{
    return 0;
}

static void *
made(void *memory)
{
    uintptr_t at = open_ && memory != NULL ? asked_at() : 0;
    if (at != 0) {
        pthread_mutex_lock(&lock);
        unsigned place = place_of(memory);
        places[place].memory = memory;
        places[place].at = at;
        kept++;
        pthread_mutex_unlock(&lock);
    }
    return memory;
}

static void
gone(void *memory)
{
    if (open_ && memory != NULL) {
        pthread_mutex_lock(&lock);
        unsigned place = place_of(memory);
        if (places[place].memory == memory) {
            strike(place);
            kept--;
        }
        pthread_mutex_unlock(&lock);
    }
}

void *
mmap(void *wanted, size_t size, int protection, int flags, int file, off_t from)
{
    static void *(*real)(void *, size_t, int, int, int, off_t);
    if (real == NULL) {
        real = (void *(*)(void *, size_t, int, int, int, off_t))dlsym(RTLD_NEXT,
                                                                      "mmap");
    }
    void *memory = real(wanted, size, protection, flags, file, from);
    return memory == MAP_FAILED ? memory : made(memory);
}

int
munmap(void *memory, size_t size)
{
    static int (*real)(void *, size_t);
    if (real == NULL) {
        real = (int (*)(void *, size_t))dlsym(RTLD_NEXT, "munmap");
    }
    gone(memory);
    return real(memory, size);
}

void
account_open(void)
{
    open_ = 1;
}

long
account_kept(void)
{
    return kept;
}

/* When the process is over: how many were not freed, and where each was asked
 * for. */
__attribute__((destructor)) static void
tell(void)
{
    if (open_) {
        fprintf(stderr, "kept: %ld\n", kept);
    }
    for (unsigned place = 0; open_ && place < PLACES; place++) {
        Dl_info info;
        if (places[place].memory != NULL &&
            dladdr((void *)places[place].at, &info)) {
            fprintf(
                stderr, "%s+0x%lx\n", info.dli_fname,
                (unsigned long)(places[place].at - (uintptr_t)info.dli_fbase));
        }
    }
}
