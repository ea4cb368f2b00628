/* poison.h: memory that is kept for the next ones, closed until it is used
 * again.  Plain C.
 *
 * AddressSanitizer is told that nobody may touch it but for a word by which it
 * is kept: it sees a use after the end as it does in memory that was freed, but
 * for one after the next user took the memory.  Elsewhere these do nothing.
 */
#ifndef CRM_POISON_H
#define CRM_POISON_H

#include <stddef.h>

#ifndef __has_feature /* clang has it, others say so by a macro */
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(start, size)   ((void)(start), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(start, size) ((void)(start), (void)(size))
#endif

/* Nobody may touch `size` bytes at `start` but the word at `link` from now on.
 */
static inline void
crm_close_memory(void *start, size_t size, void *link)
{
    ASAN_POISON_MEMORY_REGION(start, size);
    ASAN_UNPOISON_MEMORY_REGION(link, sizeof(void *));
}

static inline void
crm_open_memory(void *start, size_t size)
{
    ASAN_UNPOISON_MEMORY_REGION(start, size);
}

#endif /* CRM_POISON_H */
