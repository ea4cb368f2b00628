/* The pointer set against a plain array that says what should be in it. */
#include "plain/ptrset.h"
#include "check.h"

#define N 5000

static int objects[N];

static void
test_random(size_t range, int rounds)
{
    crm_ptrset set;
    crm_ptrset_init(&set);
    int order[N] = {0}; /* when each was added, 0: not there */
    int clock = 0;
    size_t count = 0;
    unsigned state = 99;
    for (int round = 0; round < rounds; round++) {
        size_t i = next_random(&state) % range;
        CHECK(crm_ptrset_has(&set, &objects[i]) == (order[i] != 0));
        switch (next_random(&state) % 5) {
            case 0:
            case 1:
            case 2:
                CHECK(crm_ptrset_add(&set, &objects[i]) == (order[i] == 0));
                if (order[i] == 0) {
                    order[i] = ++clock;
                    count++;
                }
                break;
            default:
                CHECK(crm_ptrset_remove(&set, &objects[i]) == (order[i] != 0));
                count -= order[i] != 0;
                order[i] = 0;
        }
        CHECK(set.count == count);
    }
    size_t pos = 0, seen = 0;
    int last = 0;
    for (int *item; (item = crm_ptrset_next(&set, &pos)) != NULL; seen++) {
        CHECK(order[item - objects] > last);
        last = order[item - objects];
    }
    CHECK(seen == count);
    crm_ptrset_clear(&set);
    CHECK(set.count == 0);
    crm_ptrset_free(&set);
}

static void
test_many(void)
{
    crm_ptrset set;
    crm_ptrset_init(&set);
    CHECK(!crm_ptrset_has(&set, NULL) && !crm_ptrset_remove(&set, objects));
    for (int i = 0; i < N; i++) {
        CHECK(crm_ptrset_add(&set, &objects[i]) == 1);
    }
    /* holes are reused, however often the set is half emptied */
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < N; i += 2) {
            CHECK(crm_ptrset_remove(&set, &objects[i]));
        }
        for (int i = 0; i < N; i += 2) {
            CHECK(crm_ptrset_add(&set, &objects[i]) == 1);
        }
    }
    CHECK(set.count == N && set.cap <= 4 * N);
    for (int i = 0; i < N; i++) {
        CHECK(crm_ptrset_remove(&set, &objects[i]));
    }
    CHECK(set.count == 0 && set.used == 0);
    crm_ptrset_free(&set);
}

int
main(void)
{
    test_random(6, 20000);
    test_random(40, 50000);
    test_random(N, 20000);
    test_many();
    return 0;
}
