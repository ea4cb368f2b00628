/* timecodec.c: dates and times.  See timecodec.h. */
#include "timecodec.h"

#include <datetime.h>

#define SECOND   INT64_C(1000000)
#define DAY      (INT64_C(86400) * SECOND)
#define MAX_DAYS 3652058 /* 9999-12-31, in days since 0001-01-01 */

int
crm_time_init(void)
{
    PyDateTime_IMPORT;
    return PyDateTimeAPI == NULL ? -1 : 0;
}

typedef struct {
    int year, month, day, hour, minute, second, micro;
} moment;

/* ---- typed cells ------------------------------------------------------ */

/* Civil date of days since 0001-01-01. */
static void
set_days(moment *m, int64_t days)
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

static void
set_micros(moment *m, int64_t micros)
{
    m->micro = (int)(micros % SECOND);
    int64_t seconds = micros / SECOND;
    m->second = (int)(seconds % 60);
    m->minute = (int)(seconds / 60 % 60);
    m->hour = (int)(seconds / 3600);
}

PyObject *
crm_time_from_cell(const crm_cell *cell)
{
    moment m = {0};
    int64_t value = cell->u.i;
    switch (cell->tag) {
        case CRM_DATE:
            if (value < 0 || value > MAX_DAYS) {
                break;
            }
            set_days(&m, value);
            return PyDate_FromDate(m.year, m.month, m.day);
        case CRM_TIME:
            if (value < 0 || value >= DAY) {
                break;
            }
            set_micros(&m, value);
            return PyTime_FromTime(m.hour, m.minute, m.second, m.micro);
        case CRM_TIMESTAMP:
            if (value < 0 || value / DAY > MAX_DAYS) {
                break;
            }
            set_days(&m, value / DAY);
            set_micros(&m, value % DAY);
            return PyDateTime_FromDateAndTime(m.year, m.month, m.day, m.hour,
                                              m.minute, m.second, m.micro);
        default:
            PyErr_SetString(PyExc_SystemError, "not a date or time cell");
            return NULL;
    }
    PyErr_SetString(PyExc_OverflowError, "date value out of range");
    return NULL;
}

/* ---- text to object --------------------------------------------------- */

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

/* YYYY-MM-DD of 10 bytes; 0 if it is not that. */
static int
scan_date(moment *m, const char *p)
{
    m->year = digits(p, 4);
    m->month = digits(p + 5, 2);
    m->day = digits(p + 8, 2);
    return p[4] == '-' && p[7] == '-' && m->year > 0 && m->month > 0 &&
           m->day > 0;
}

/* HH:MM:SS or HH:MM:SS.ffffff; 0 if it is not that. */
static int
scan_time(moment *m, const char *p, size_t len)
{
    if (len != 8 && len != 15) {
        return 0;
    }
    m->hour = digits(p, 2);
    m->minute = digits(p + 3, 2);
    m->second = digits(p + 6, 2);
    m->micro = len == 15 ? digits(p + 9, 6) : 0;
    return p[2] == ':' && p[5] == ':' && m->hour >= 0 && m->minute >= 0 &&
           m->second >= 0 && m->micro >= 0 && (len == 8 || p[8] == '.');
}

static PyTypeObject *
class_of(crm_time_kind kind)
{
    switch (kind) {
        case CRM_TIME_DATETIME:
            return PyDateTimeAPI->DateTimeType;
        case CRM_TIME_DATE:
            return PyDateTimeAPI->DateType;
        default:
            return PyDateTimeAPI->TimeType;
    }
}

PyObject *
crm_time_parse(crm_time_kind kind, const char *text, size_t len)
{
    moment m = {0};
    switch (kind) {
        case CRM_TIME_DATETIME:
            if (len >= 19 && text[10] == ' ' && scan_date(&m, text) &&
                scan_time(&m, text + 11, len - 11)) {
                return PyDateTime_FromDateAndTime(m.year, m.month, m.day,
                                                  m.hour, m.minute, m.second,
                                                  m.micro);
            }
            break;
        case CRM_TIME_DATE:
            if (len == 10 && scan_date(&m, text)) {
                return PyDate_FromDate(m.year, m.month, m.day);
            }
            break;
        case CRM_TIME_TIME:
            if (scan_time(&m, text, len)) {
                return PyTime_FromTime(m.hour, m.minute, m.second, m.micro);
            }
            break;
    }
    PyObject *str = PyUnicode_DecodeUTF8(text, (Py_ssize_t)len, NULL);
    if (str == NULL) {
        return NULL;
    }
    PyObject *value = PyObject_CallMethod((PyObject *)class_of(kind),
                                          "fromisoformat", "O", str);
    Py_DECREF(str);
    return value;
}

/* ---- object to text --------------------------------------------------- */

static char *
put(char *p, int value, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        p[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return p + count;
}

static char *
put_date(char *p, PyObject *value)
{
    p = put(p, PyDateTime_GET_YEAR(value), 4);
    *p++ = '-';
    p = put(p, PyDateTime_GET_MONTH(value), 2);
    *p++ = '-';
    return put(p, PyDateTime_GET_DAY(value), 2);
}

static char *
put_clock(char *p, int hour, int minute, int second, int micro)
{
    p = put(p, hour, 2);
    *p++ = ':';
    p = put(p, minute, 2);
    *p++ = ':';
    p = put(p, second, 2);
    *p++ = '.';
    return put(p, micro, 6);
}

static PyObject *
ascii(const char *text, const char *end)
{
    return PyUnicode_FromKindAndData(PyUnicode_1BYTE_KIND, text, end - text);
}

PyObject *
crm_time_format(crm_time_kind kind, PyObject *value)
{
    char text[32];
    char *p = text;
    switch (kind) {
        case CRM_TIME_DATETIME:
            if (PyDateTime_Check(value)) {
                p = put_date(p, value);
                *p++ = ' ';
                p = put_clock(p, PyDateTime_DATE_GET_HOUR(value),
                              PyDateTime_DATE_GET_MINUTE(value),
                              PyDateTime_DATE_GET_SECOND(value),
                              PyDateTime_DATE_GET_MICROSECOND(value));
                return ascii(text, p);
            }
            if (PyDate_Check(value)) {
                p = put_date(p, value);
                *p++ = ' ';
                p = put_clock(p, 0, 0, 0, 0);
                return ascii(text, p);
            }
            PyErr_SetString(PyExc_TypeError,
                            "SQLite DateTime type only accepts Python "
                            "datetime and date objects as input.");
            return NULL;
        case CRM_TIME_DATE:
            if (PyDate_Check(value)) {
                return ascii(text, put_date(p, value));
            }
            PyErr_SetString(PyExc_TypeError,
                            "SQLite Date type only accepts Python date "
                            "objects as input.");
            return NULL;
        default:
            if (PyTime_Check(value)) {
                p = put_clock(p, PyDateTime_TIME_GET_HOUR(value),
                              PyDateTime_TIME_GET_MINUTE(value),
                              PyDateTime_TIME_GET_SECOND(value),
                              PyDateTime_TIME_GET_MICROSECOND(value));
                return ascii(text, p);
            }
            PyErr_SetString(PyExc_TypeError,
                            "SQLite Time type only accepts Python time "
                            "objects as input.");
            return NULL;
    }
}

PyObject *
crm_time_adapt(PyObject *value)
{
    if (PyDateTime_CheckExact(value)) {
        return PyObject_CallMethod(value, "isoformat", "s", " ");
    }
    if (PyDate_CheckExact(value)) {
        return PyObject_CallMethod(value, "isoformat", NULL);
    }
    return NULL;
}
