/* Every day of the calendar, and texts that are none. */
#include "plain/moment.h"

#include <string.h>

#include "check.h"

static int
days_of(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

static void
test_days(void)
{
    int year = 1, month = 1, day = 1;
    for (int64_t days = 0; days <= CRM_MAX_DAYS; days++) {
        crm_moment m = {0};
        crm_moment_set_days(&m, days);
        CHECK(m.year == year && m.month == month && m.day == day);
        if (++day > days_of(year, month)) {
            day = 1;
            if (++month > 12) {
                month = 1;
                year++;
            }
        }
    }
    CHECK(year == 10000);
}

static int
scan(const char *text)
{
    crm_moment m = {0};
    return crm_moment_scan(&m, text, strlen(text));
}

static void
test_texts(void)
{
    crm_moment m = {0};
    CHECK(crm_moment_scan(&m, "2024-02-29 23:59:58.000123", 26));
    CHECK(m.year == 2024 && m.month == 2 && m.day == 29 && m.hour == 23 &&
          m.minute == 59 && m.second == 58 && m.micro == 123);
    CHECK(crm_moment_scan(&m, "0001-01-01 00:00:00", 19) && m.micro == 0);
    CHECK(!scan("") && !scan("2024-02-29") && !scan("2024-02-29T23:59:58"));
    CHECK(!scan("2024-02-29 23:59:58.123") && !scan("2024-02-2x 23:59:58"));
    CHECK(!scan("0000-01-01 00:00:00") && !scan("2024/02/29 23:59:58"));
    CHECK(!scan("2024-02-29 23:59:58,123456") && !scan("2024-02-29 23.59:58"));
    crm_moment_set_micros(&m, CRM_DAY - 1);
    CHECK(m.hour == 23 && m.minute == 59 && m.second == 59 &&
          m.micro == 999999);
}

int
main(void)
{
    test_days();
    test_texts();
    return 0;
}
