/* floor.c: what libpq alone needs for a query: the floor of any driver.
 *
 * Usage: floor CONNINFO SQL RUNS [FIRST]
 * Runs a query RUNS times with binary results and prints the seconds of all of
 * them.  With FIRST the query is prepared once and executed with FIRST,
 * FIRST + 1, … as its integer parameter, the first time in one round trip with
 * BEGIN.
 */
#include <libpq-fe.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double
now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
check(PGresult *result)
{
    int ok = PQresultStatus(result) == PGRES_TUPLES_OK ||
             PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!ok) {
        fputs(PQresultErrorMessage(result), stderr);
    }
    PQclear(result);
    return ok;
}

int
main(int argc, char **argv)
{
    if (argc < 4) {
        return 2;
    }
    PGconn *pg = PQconnectdb(argv[1]);
    int runs = atoi(argv[3]);
    if (PQstatus(pg) != CONNECTION_OK) {
        fputs(PQerrorMessage(pg), stderr);
        return 1;
    }
    if (argc > 4 && (!check(PQprepare(pg, "q", argv[2], 0, NULL)) ||
                     !check(PQexec(pg, "BEGIN")))) {
        return 1;
    }
    double began = now();
    for (int i = 0; i < runs; i++) {
        PGresult *result;
        if (argc > 4) {
            uint32_t key = __builtin_bswap32((uint32_t)(atoi(argv[4]) + i));
            const char *values[1] = {(const char *)&key};
            const int lengths[1] = {4}, formats[1] = {1};
            result = PQexecPrepared(pg, "q", 1, values, lengths, formats, 1);
        }
        else {
            result = PQexecParams(pg, argv[2], 0, NULL, NULL, NULL, NULL, 1);
        }
        if (!check(result)) {
            return 1;
        }
    }
    printf("%.9f\n", now() - began);
    PQfinish(pg);
    return 0;
}
