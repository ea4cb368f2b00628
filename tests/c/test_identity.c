/* The identity map against a plain array that says what should be in it. */
#include <string.h>

#include "plain/identity.h"
#include "check.h"

#define N 20000

static char objects[N];
static void *before; /* what the last put replaced */

static crm_key
int_key(int64_t i)
{
    return (crm_key){.is_int = true, .u.i = i};
}

/* Keys that are 2**k apart, dense, negative or random all behave. */
static void
check_keys(int64_t (*key_of)(int64_t))
{
    crm_identity *map = crm_identity_new(NULL, NULL);
    CHECK(map != NULL);
    bool present[N] = {false};
    size_t count = 0;
    unsigned state = 12345;
    for (int round = 0; round < 200000; round++) {
        unsigned i = next_random(&state) % N;
        crm_key key = int_key(key_of(i));
        void *value;
        CHECK(crm_identity_get(map, &key, &value) == (int)present[i]);
        CHECK(crm_identity_get_int(map, key.u.i) ==
              (present[i] ? &objects[i] : NULL));
        if (present[i] && next_random(&state) % 2) {
            CHECK(!crm_identity_remove(map, &key, &objects[(i + 1) % N]));
            CHECK(crm_identity_remove(map, &key, &objects[i]));
            CHECK(!crm_identity_remove(map, &key, &objects[i]));
            present[i] = false;
            count--;
        }
        else {
            CHECK(crm_identity_put(map, &key, &objects[i], &before) == 0);
            CHECK(before == (present[i] ? &objects[i] : NULL));
            count += !present[i];
            present[i] = true;
        }
        CHECK(crm_identity_len(map) == count);
    }
    size_t pos = 0, seen = 0;
    crm_key key;
    void *value;
    while (crm_identity_next(map, &pos, &key, &value)) {
        size_t i = (size_t)((char *)value - objects);
        CHECK(key.is_int && present[i] && key.u.i == key_of((int64_t)i));
        present[i] = false;
        seen++;
    }
    CHECK(seen == count);
    crm_identity_clear(map);
    CHECK(crm_identity_len(map) == 0);
    crm_identity_free(map);
}

static int64_t
dense(int64_t i)
{
    return i;
}

static int64_t
strided(int64_t i)
{
    return i * 65536;
}

static int64_t
high_bits(int64_t i)
{
    return i << 48;
}

static int64_t
negative(int64_t i)
{
    return INT64_MIN + i * 3;
}

static int64_t
scattered(int64_t i)
{
    return (int64_t)((uint64_t)i * 0x9E3779B97F4A7C15u);
}

/* ---- opaque keys: strings ---- */

typedef struct {
    crm_identity *map;
    int compared;
    int fail_at;  /* comparison that fails, 0: none */
    int empty_at; /* comparison that clears the map, 0: none */
} context;

static int
same_text(const void *a, const void *b, void *data)
{
    context *c = data;
    c->compared++;
    if (c->compared == c->fail_at) {
        return -1;
    }
    if (c->compared == c->empty_at) {
        crm_identity_clear(c->map);
    }
    return strcmp(a, b) == 0;
}

static crm_key
text_key(const char *text, uint64_t hash)
{
    return (crm_key){.hash = hash, .u.p = text};
}

static void
test_opaque(void)
{
    context c = {0};
    c.map = crm_identity_new(same_text, &c);
    CHECK(c.map != NULL);
    static char names[1000][16];
    for (int i = 0; i < 1000; i++) {
        snprintf(names[i], sizeof(names[i]), "k%d", i);
        /* seven keys share each hash */
        crm_key key = text_key(names[i], (uint64_t)(i / 7));
        CHECK(crm_identity_put(c.map, &key, &objects[i], &before) == 0);
    }
    /* an integer is another key than an opaque one with its hash */
    crm_key number = int_key(3);
    CHECK(crm_identity_put(c.map, &number, &objects[5000], &before) == 0);
    CHECK(crm_identity_len(c.map) == 1001);
    for (int i = 0; i < 1000; i++) {
        char copy[16];
        strcpy(copy, names[i]);
        crm_key key = text_key(copy, (uint64_t)(i / 7));
        void *value;
        CHECK(crm_identity_get(c.map, &key, &value) == 1);
        CHECK(value == &objects[i]);
    }
    crm_key other = text_key("other", 5);
    void *value;
    CHECK(crm_identity_get(c.map, &other, &value) == 0 && value == NULL);
    /* a comparison that fails is reported and changes nothing */
    c.compared = 0;
    c.fail_at = 1;
    CHECK(crm_identity_get(c.map, &other, &value) == -1);
    c.compared = 0;
    CHECK(crm_identity_put(c.map, &other, &objects[6000], &before) == -1);
    c.fail_at = 0;
    CHECK(crm_identity_len(c.map) == 1001);
    /* removal compares addresses, never keys */
    c.compared = 0;
    for (int i = 0; i < 1000; i += 2) {
        crm_key key = text_key(names[i], (uint64_t)(i / 7));
        CHECK(crm_identity_remove(c.map, &key, &objects[i]));
    }
    CHECK(c.compared == 0 && crm_identity_len(c.map) == 501);
    /* a comparison that changes the map */
    c.empty_at = 1;
    CHECK(crm_identity_get(c.map, &other, &value) == 0);
    CHECK(crm_identity_len(c.map) == 0);
    crm_identity_free(c.map);
}

static void
test_reserve(void)
{
    crm_identity *map = crm_identity_new(NULL, NULL);
    CHECK(map != NULL && crm_identity_reserve(map, 10000, true) == 0);
    for (int i = 0; i < 10000; i++) {
        crm_key key = int_key(i);
        CHECK(crm_identity_put(map, &key, &objects[i], &before) == 0);
    }
    CHECK(crm_identity_reserve(map, SIZE_MAX / 2, true) == -1);
    CHECK(crm_identity_len(map) == 10000);
    for (int i = 0; i < 10000; i++) {
        crm_key key = int_key(i);
        CHECK(crm_identity_remove(map, &key, &objects[i]));
    }
    CHECK(crm_identity_len(map) == 0);
    CHECK(crm_identity_get_int(map, 1) == NULL);
    CHECK(crm_identity_reserve(map, 10000, false) == 0);
    for (int i = 0; i < 10000; i++) {
        crm_key key = {.hash = (uint64_t)i, .u.p = &objects[i]};
        void *found;
        CHECK(crm_identity_put(map, &key, &objects[i], &before) == 0);
        CHECK(crm_identity_get(map, &key, &found) == 1 && found == &objects[i]);
    }
    CHECK(crm_identity_len(map) == 10000);
    crm_identity_free(map);
    crm_identity_free(NULL);
}

int
main(void)
{
    check_keys(dense);
    check_keys(strided);
    check_keys(high_bits);
    check_keys(negative);
    check_keys(scattered);
    test_opaque();
    test_reserve();
    return 0;
}
