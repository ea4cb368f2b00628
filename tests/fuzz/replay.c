/* A main for the fuzz targets where there is no libFuzzer: each file of the
 * directories named is run as it is, cut at every length, and changed ROUNDS
 * times at random places; the sequence is the same in every run.
 * Usage: replay ROUNDS DIRECTORY... */
#include <dirent.h>
#include <stdint.h>
#include <string.h>

#include "../c/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Of those targets that have one. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

static unsigned long executions;

static void
run(const uint8_t *data, size_t size)
{
    /* an allocation of its own, so that reading beyond it is seen */
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    CHECK(copy != NULL);
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    executions++;
}

static void
run_changed(uint8_t *data, size_t size, unsigned rounds, unsigned *state)
{
    static const uint8_t edges[] = {0, 1, 0x7f, 0x80, 0xff, 0xfe};
    for (unsigned i = 0; i < rounds && size > 0; i++) {
        size_t at = next_random(state) % size;
        uint8_t kept[4];
        size_t width = 1 + next_random(state) % sizeof(kept);
        width = width > size - at ? size - at : width;
        memcpy(kept, data + at, width);
        for (size_t j = 0; j < width; j++) {
            unsigned random = next_random(state);
            data[at + j] = random % 2 ? edges[random / 2 % sizeof(edges)]
                                      : (uint8_t)(random >> 8);
        }
        run(data, size);
        if (i % 4 != 0) { /* some changes stay */
            memcpy(data + at, kept, width);
        }
    }
}

static void
run_file(const char *path, unsigned rounds, unsigned *state)
{
    static uint8_t data[1 << 16];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return;
    }
    size_t size = fread(data, 1, sizeof(data), file);
    fclose(file);
    for (size_t cut = 0; cut <= size; cut++) {
        run(data, cut);
    }
    run_changed(data, size, rounds, state);
}

int
main(int argc, char **argv)
{
    CHECK(argc > 2);
    if (LLVMFuzzerInitialize != NULL) {
        LLVMFuzzerInitialize(&argc, &argv);
    }
    unsigned rounds = (unsigned)strtoul(argv[1], NULL, 10), files = 0;
    unsigned state = 1;
    for (int i = 2; i < argc; i++) {
        DIR *directory = opendir(argv[i]);
        CHECK(directory != NULL);
        struct dirent *entry;
        while ((entry = readdir(directory)) != NULL) {
            char path[4096];
            snprintf(path, sizeof(path), "%s/%s", argv[i], entry->d_name);
            if (entry->d_name[0] != '.') {
                run_file(path, rounds, &state);
                files++;
            }
        }
        closedir(directory);
    }
    printf("%u files, %lu executions\n", files, executions);
    return files == 0;
}
