/* moment.c: dates and times as numbers and text.  See moment.h. */
#include "moment.h"

void
crm_moment_set_days(crm_moment *m, int64_t days)
{
    /* Years are counted from March, so that the leap day comes last. */
    int64_t z = days + 306;
    int64_t era = z / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    m->day = (int)(doy - (153 * mp + 2) / 5 + 1);
    m->month = (int)(mp < 10 ? mp + 3 : mp - 9);
    m->year = (int)(yoe + era * 400 + (m->month <= 2));
}

int64_t
crm_moment_days(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400;
    int64_t yoe = y - era * 400;
    int64_t mp = month > 2 ? month - 3 : month + 9;
    int64_t doy = (153 * mp + 2) / 5 + day - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 306;
}

void
crm_moment_set_micros(crm_moment *m, int64_t micros)
{
    m->micro = (int)(micros % CRM_SECOND);
    int64_t seconds = micros / CRM_SECOND;
    m->second = (int)(seconds % 60);
    m->minute = (int)(seconds / 60 % 60);
    m->hour = (int)(seconds / 3600);
}

/* `count` decimal digits at p, or -1. */
static int
digits(const char *p, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        unsigned d = (unsigned char)p[i] - (unsigned)'0';
        if (d > 9) {
            return -1;
        }
        value = value * 10 + (int)d;
    }
    return value;
}

int
crm_moment_scan_date(crm_moment *m, const char *text, size_t len)
{
    if (len != 10) {
        return 0;
    }
    m->year = digits(text, 4);
    m->month = digits(text + 5, 2);
    m->day = digits(text + 8, 2);
    return text[4] == '-' && text[7] == '-' && m->year > 0 && m->month > 0 &&
           m->day > 0;
}

int
crm_moment_scan_time(crm_moment *m, const char *text, size_t len)
{
    if (len != 8 && len != 15) {
        return 0;
    }
    m->hour = digits(text, 2);
    m->minute = digits(text + 3, 2);
    m->second = digits(text + 6, 2);
    m->micro = len == 15 ? digits(text + 9, 6) : 0;
    return text[2] == ':' && text[5] == ':' && m->hour >= 0 && m->hour < 24 &&
           m->minute >= 0 && m->second >= 0 && m->micro >= 0 &&
           (len == 8 || text[8] == '.');
}

int
crm_moment_scan(crm_moment *m, const char *text, size_t len)
{
    return len >= 19 && text[10] == ' ' && crm_moment_scan_date(m, text, 10) &&
           crm_moment_scan_time(m, text + 11, len - 11);
}
