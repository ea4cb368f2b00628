/* The identity map against plain arrays that say what should be in it: every
 * three bytes are a command.  Opaque keys collide and refuse to be compared. */
#include "plain/identity.h"

#include <string.h>

#include "../c/check.h"

#define KEYS 256

/* What is put into the map: an object is never in it under two keys. */
static char objects[2][KEYS][4];
static int opaque[KEYS]; /* keys: equal if their numbers are */
static int refuse;       /* comparisons fail */
static void *ints[KEYS], *others[KEYS];

static int
equal(const void *a, const void *b, void *context)
{
    CHECK(context == objects);
    return refuse ? -1 : *(const int *)a == *(const int *)b;
}

/* Integers of which many meet in one place of the table. */
static crm_key
key_of(int is_int, uint8_t number)
{
    crm_key key = {.is_int = is_int};
    if (is_int) {
        key.u.i = number % 3 == 0   ? (int64_t)number << 32
                  : number % 3 == 1 ? -(int64_t)number
                                    : number;
    }
    else {
        key.hash = number % 16;
        key.u.p = &opaque[number];
    }
    return key;
}

static void
check_all(const crm_identity *map, size_t count)
{
    size_t pos = 0, seen = 0;
    crm_key key;
    void *value;
    while (crm_identity_next(map, &pos, &key, &value)) {
        if (!key.is_int) {
            CHECK(others[(const int *)key.u.p - opaque] == value);
        }
        seen++;
    }
    CHECK(seen == count && crm_identity_len(map) == count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    memset(ints, 0, sizeof(ints));
    memset(others, 0, sizeof(others));
    for (int i = 0; i < KEYS; i++) {
        opaque[i] = i;
    }
    crm_identity *map = crm_identity_new(equal, objects);
    CHECK(map != NULL);
    size_t count = 0;
    for (size_t at = 0; at + 3 <= size; at += 3) {
        uint8_t command = data[at], number = data[at + 1];
        int is_int = command & 1;
        void *object = &objects[is_int][number][data[at + 2] % 4];
        void **held = is_int ? &ints[number] : &others[number];
        crm_key key = key_of(is_int, number);
        void *value = NULL;
        refuse = (command & 0x60) == 0x60;
        int status;
        switch (command >> 1 & 7) {
            case 0:
            case 1:
            case 2:
                status = crm_identity_put(map, &key, object, &value);
                CHECK(status == 0 || refuse);
                if (status == 0) {
                    CHECK(value == *held);
                    count += *held == NULL;
                    *held = object;
                }
                break;
            case 3:
            case 4:
                CHECK(crm_identity_remove(map, &key, object) ==
                      (*held == object));
                if (*held == object) {
                    *held = NULL;
                    count--;
                }
                break;
            case 5:
                if (data[at + 2] % 64 == 0) {
                    crm_identity_clear(map);
                    memset(ints, 0, sizeof(ints));
                    memset(others, 0, sizeof(others));
                    count = 0;
                }
                else {
                    /* seldom for many: a large table is slow to make */
                    size_t more = data[at + 2] % 16 == 1 ? 1024 : 16;
                    CHECK(crm_identity_reserve(map, more, data[at + 2] & 1) ==
                          0);
                }
                break;
            default:
                status = crm_identity_get(map, &key, &value);
                CHECK(status >= 0 || refuse);
                if (status >= 0) {
                    CHECK(status == (*held != NULL) &&
                          (status == 0 || value == *held));
                }
                if (is_int) {
                    CHECK(crm_identity_get_int(map, key.u.i) == *held);
                }
        }
        CHECK(crm_identity_len(map) == count);
    }
    refuse = 0;
    check_all(map, count);
    crm_identity_free(map);
    return 0;
}
