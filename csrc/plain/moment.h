/* moment.h: dates and times of day as numbers, and the text SQLite stores of
 * them.  Plain C.
 */
#ifndef CRM_MOMENT_H
#define CRM_MOMENT_H

#include <stddef.h>
#include <stdint.h>

#define CRM_SECOND   INT64_C(1000000) /* in microseconds */
#define CRM_DAY      (INT64_C(86400) * CRM_SECOND)
#define CRM_MAX_DAYS 3652058 /* 9999-12-31, in days since 0001-01-01 */

typedef struct {
    int year, month, day, hour, minute, second, micro;
} crm_moment;

/* The civil date of 0 <= days <= CRM_MAX_DAYS since 0001-01-01. */
void crm_moment_set_days(crm_moment *m, int64_t days);
/* The time of day of 0 <= micros < CRM_DAY. */
void crm_moment_set_micros(crm_moment *m, int64_t micros);

/* Days since 0001-01-01 of a civil date (month 1-12, day 1-31, year >= 1). */
int64_t crm_moment_days(int year, int month, int day);

/* YYYY-MM-DD; 0 if the text is not that.  Month and day are not checked against
 * the calendar. */
int crm_moment_scan_date(crm_moment *m, const char *text, size_t len);
/* HH:MM:SS or HH:MM:SS.ffffff; 0 if the text is not that, or says hour 24 or
 * more, of which Python makes something from 3.14 on.  Other numbers can be out
 * of range. */
int crm_moment_scan_time(crm_moment *m, const char *text, size_t len);
/* Both, with a space between them. */
int crm_moment_scan(crm_moment *m, const char *text, size_t len);

#endif /* CRM_MOMENT_H */
