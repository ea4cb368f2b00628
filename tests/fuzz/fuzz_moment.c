/* Dates and times: what is scanned is what was written; days and civil dates
 * follow one another. */
#include "plain/moment.h"

#include <stdio.h>
#include <string.h>

#include "../c/check.h"

static void
check_date(const crm_moment *m, const char *text)
{
    char again[64];
    snprintf(again, sizeof(again), "%04d-%02d-%02d", m->year, m->month, m->day);
    CHECK(strlen(again) == 10 && memcmp(again, text, 10) == 0);
}

static void
check_time(const crm_moment *m, const char *text, size_t len)
{
    char again[64];
    snprintf(again, sizeof(again), "%02d:%02d:%02d.%06d", m->hour, m->minute,
             m->second, m->micro);
    CHECK(strlen(again) == 15 && memcmp(again, text, len) == 0);
}

static void
check_text(const char *text, size_t len)
{
    crm_moment m = {0};
    if (crm_moment_scan_date(&m, text, len)) {
        check_date(&m, text);
    }
    if (crm_moment_scan_time(&m, text, len)) {
        check_time(&m, text, len);
    }
    if (crm_moment_scan(&m, text, len)) {
        check_date(&m, text);
        check_time(&m, text + 11, len - 11);
    }
}

static int
days_of(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

static void
check_days(int64_t days)
{
    crm_moment m = {0}, next = {0};
    crm_moment_set_days(&m, days);
    CHECK(m.year >= 1 && m.year <= 9999 && m.month >= 1 && m.month <= 12);
    CHECK(m.day >= 1 && m.day <= days_of(m.year, m.month));
    if (days == CRM_MAX_DAYS) {
        CHECK(m.year == 9999 && m.month == 12 && m.day == 31);
        return;
    }
    crm_moment_set_days(&next, days + 1);
    if (++m.day > days_of(m.year, m.month)) {
        m.day = 1;
        if (++m.month > 12) {
            m.month = 1;
            m.year++;
        }
    }
    CHECK(m.year == next.year && m.month == next.month && m.day == next.day);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Of exactly this size, so that a byte read too far is seen. */
    char *text = malloc(size == 0 ? 1 : size);
    CHECK(text != NULL);
    memcpy(text, data, size);
    check_text(text, size);
    free(text);
    uint64_t number = 0;
    memcpy(&number, data, size < 8 ? size : 8);
    check_days((int64_t)(number % (CRM_MAX_DAYS + 1)));
    crm_moment m = {0};
    int64_t micros = (int64_t)(number % (uint64_t)CRM_DAY);
    crm_moment_set_micros(&m, micros);
    CHECK(((m.hour * INT64_C(60) + m.minute) * 60 + m.second) * CRM_SECOND +
              m.micro ==
          micros);
    CHECK(m.minute < 60 && m.second < 60 && m.micro < CRM_SECOND);
    return 0;
}
