/* timecodec.c: dates and times.  See timecodec.h. */
#include "timecodec.h"

#include <datetime.h>

#include "plain/moment.h"

int
crm_time_init(void)
{
    /* Of the whole process: not set to NULL, when this module is loaded once
     * more and fails, for those that use it. */
    if (PyDateTimeAPI == NULL) {
        PyDateTime_IMPORT;
    }
    return PyDateTimeAPI == NULL ? -1 : 0;
}

/* ---- typed cells ------------------------------------------------------ */

/* Why a date or moment of the database is none of Python's. */
static PyObject *
out_of_range(const char *what, int64_t value)
{
    PyErr_Format(
        PyExc_OverflowError, "%s too %s", what,
        value < 0 ? "small (before year 1)" : "large (after year 10K)");
    return NULL;
}

/* The same moment with its offset from UTC in the place of its zone. */
static PyObject *
with_offset(PyObject *local)
{
    PyObject *offset = PyObject_CallMethod(local, "utcoffset", NULL);
    PyObject *zone = offset == NULL ? NULL : PyTimeZone_FromOffset(offset);
    PyObject *fixed = NULL;
    if (zone != NULL) {
        fixed = PyDateTimeAPI->DateTime_FromDateAndTime(
            PyDateTime_GET_YEAR(local), PyDateTime_GET_MONTH(local),
            PyDateTime_GET_DAY(local), PyDateTime_DATE_GET_HOUR(local),
            PyDateTime_DATE_GET_MINUTE(local),
            PyDateTime_DATE_GET_SECOND(local),
            PyDateTime_DATE_GET_MICROSECOND(local), zone,
            PyDateTimeAPI->DateTimeType);
    }
    Py_XDECREF(offset);
    Py_XDECREF(zone);
    return fixed;
}

/* A moment in UTC, as of an item of core->zones, or in UTC if that is NULL. */
static PyObject *
from_utc(int64_t value, PyObject *item)
{
    crm_moment m = {0};
    crm_moment_set_days(&m, value / CRM_DAY);
    crm_moment_set_micros(&m, value % CRM_DAY);
    PyObject *utc = PyDateTimeAPI->DateTime_FromDateAndTime(
        m.year, m.month, m.day, m.hour, m.minute, m.second, m.micro,
        PyDateTime_TimeZone_UTC, PyDateTimeAPI->DateTimeType);
    if (utc == NULL || item == NULL) {
        return utc;
    }
    PyObject *local =
        PyObject_CallMethod(utc, "astimezone", "O", PyTuple_GET_ITEM(item, 1));
    Py_DECREF(utc);
    if (local == NULL || PyTuple_GET_ITEM(item, 2) != Py_True) {
        return local;
    }
    PyObject *fixed = with_offset(local);
    Py_DECREF(local);
    return fixed;
}

static PyObject *
zoned(crm_core *core, const crm_cell *cell)
{
    crm_zoned value;
    memcpy(&value, cell->u.p, sizeof(value));
    if (cell->tag == CRM_MOMENT) {
        if (value.micros < 0 || value.micros / CRM_DAY > CRM_MAX_DAYS) {
            return out_of_range("timestamp", value.micros);
        }
        PyObject *item =
            core->zones != NULL && value.zone < PyList_GET_SIZE(core->zones)
                ? PyList_GET_ITEM(core->zones, value.zone)
                : NULL;
        return from_utc(value.micros, item);
    }
    crm_moment m = {0};
    if (value.micros < 0 || value.micros >= CRM_DAY) {
        PyErr_SetString(PyExc_OverflowError,
                        "time not supported by Python: hour 24");
        return NULL;
    }
    crm_moment_set_micros(&m, value.micros);
    PyObject *delta = PyDelta_FromDSU(0, value.zone, 0);
    PyObject *zone = delta == NULL ? NULL : PyTimeZone_FromOffset(delta);
    PyObject *time = zone == NULL ? NULL
                                  : PyDateTimeAPI->Time_FromTime(
                                        m.hour, m.minute, m.second, m.micro,
                                        zone, PyDateTimeAPI->TimeType);
    Py_XDECREF(delta);
    Py_XDECREF(zone);
    return time;
}

static PyObject *
timedelta(const crm_cell *cell)
{
    crm_interval value;
    memcpy(&value, cell->u.p, sizeof(value));
    int64_t days = value.days + value.micros / CRM_DAY;
    int64_t rest = value.micros % CRM_DAY;
    if (days < -999999999 || days > 999999999) {
        PyErr_SetString(PyExc_OverflowError, "interval too large");
        return NULL;
    }
    return PyDelta_FromDSU((int)days, (int)(rest / CRM_SECOND),
                           (int)(rest % CRM_SECOND));
}

PyObject *
crm_time_from_cell(crm_core *core, const crm_cell *cell)
{
    crm_moment m = {0};
    int64_t value = cell->u.i;
    switch (cell->tag) {
        case CRM_INTERVAL:
            return timedelta(cell);
        case CRM_TIMETZ:
        case CRM_MOMENT:
            return zoned(core, cell);
        case CRM_DATE:
            if (value < 0 || value > CRM_MAX_DAYS) {
                return out_of_range("date", value);
            }
            crm_moment_set_days(&m, value);
            return PyDate_FromDate(m.year, m.month, m.day);
        case CRM_TIME:
            if (value < 0 || value >= CRM_DAY) {
                PyErr_SetString(PyExc_OverflowError,
                                "time not supported by Python: hour 24");
                return NULL;
            }
            crm_moment_set_micros(&m, value);
            return PyTime_FromTime(m.hour, m.minute, m.second, m.micro);
        case CRM_TIMESTAMP:
            if (value < 0 || value / CRM_DAY > CRM_MAX_DAYS) {
                return out_of_range("timestamp", value);
            }
            if (cell->flags & CRM_CELL_UTC) {
                return from_utc(value, NULL);
            }
            crm_moment_set_days(&m, value / CRM_DAY);
            crm_moment_set_micros(&m, value % CRM_DAY);
            return PyDateTime_FromDateAndTime(m.year, m.month, m.day, m.hour,
                                              m.minute, m.second, m.micro);
        default:
            PyErr_SetString(PyExc_SystemError, "not a date or time cell");
            return NULL;
    }
}

/* ---- text to object --------------------------------------------------- */

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
    crm_moment m = {0};
    switch (kind) {
        case CRM_TIME_DATETIME:
            if (crm_moment_scan(&m, text, len)) {
                return PyDateTime_FromDateAndTime(m.year, m.month, m.day,
                                                  m.hour, m.minute, m.second,
                                                  m.micro);
            }
            break;
        case CRM_TIME_DATE:
            if (crm_moment_scan_date(&m, text, len)) {
                return PyDate_FromDate(m.year, m.month, m.day);
            }
            break;
        case CRM_TIME_TIME:
            if (crm_moment_scan_time(&m, text, len)) {
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

static int64_t
micros_of_day(int hour, int minute, int second, int micro)
{
    return ((hour * INT64_C(60) + minute) * 60 + second) * CRM_SECOND + micro;
}

/* utcoffset() of a datetime or time in microseconds: 1, or 0 if it has none; -1
 * with an exception. */
static int
offset_of(PyObject *value, int64_t *offset)
{
    PyObject *delta = PyObject_CallMethod(value, "utcoffset", NULL);
    if (delta == NULL) {
        return -1;
    }
    int found = PyDelta_Check(delta);
    if (found) {
        *offset = (PyDateTime_DELTA_GET_DAYS(delta) * INT64_C(86400) +
                   PyDateTime_DELTA_GET_SECONDS(delta)) *
                      CRM_SECOND +
                  PyDateTime_DELTA_GET_MICROSECONDS(delta);
    }
    Py_DECREF(delta);
    return found;
}

static int64_t
days_of(PyObject *date)
{
    return crm_moment_days(PyDateTime_GET_YEAR(date),
                           PyDateTime_GET_MONTH(date),
                           PyDateTime_GET_DAY(date));
}

static int
datetime_to_cell(PyObject *value, crm_cell *cell)
{
    int64_t offset = 0;
    cell->tag = CRM_TIMESTAMP;
    cell->u.i = days_of(value) * CRM_DAY +
                micros_of_day(PyDateTime_DATE_GET_HOUR(value),
                              PyDateTime_DATE_GET_MINUTE(value),
                              PyDateTime_DATE_GET_SECOND(value),
                              PyDateTime_DATE_GET_MICROSECOND(value));
    if (PyDateTime_DATE_GET_TZINFO(value) == Py_None) {
        return 1;
    }
    int aware = offset_of(value, &offset);
    if (aware > 0) {
        cell->flags = CRM_CELL_UTC;
        cell->u.i -= offset;
    }
    return aware < 0 ? -1 : 1;
}

/* The cell of bytes made here. */
static int
made_cell(crm_cell *cell, crm_tag tag, const void *made, Py_ssize_t len,
          PyObject **keep)
{
    PyObject *bytes = PyBytes_FromStringAndSize(made, len);
    if (bytes == NULL) {
        return -1;
    }
    cell->tag = (uint8_t)tag;
    cell->len = (uint32_t)len;
    cell->u.p = PyBytes_AS_STRING(bytes);
    *keep = bytes;
    return 1;
}

int
crm_time_to_cell(PyObject *value, crm_cell *cell, PyObject **keep)
{
    if (PyDelta_Check(value)) {
        crm_interval interval = {
            PyDateTime_DELTA_GET_SECONDS(value) * CRM_SECOND +
                PyDateTime_DELTA_GET_MICROSECONDS(value),
            PyDateTime_DELTA_GET_DAYS(value)};
        return made_cell(cell, CRM_INTERVAL, &interval, sizeof(interval), keep);
    }
    if (PyDateTime_Check(value)) {
        return datetime_to_cell(value, cell);
    }
    if (PyDate_Check(value)) {
        cell->tag = CRM_DATE;
        cell->u.i = days_of(value);
        return 1;
    }
    if (PyTime_Check(value)) {
        cell->tag = CRM_TIME;
        cell->u.i = micros_of_day(PyDateTime_TIME_GET_HOUR(value),
                                  PyDateTime_TIME_GET_MINUTE(value),
                                  PyDateTime_TIME_GET_SECOND(value),
                                  PyDateTime_TIME_GET_MICROSECOND(value));
        int64_t offset = 0;
        int aware = PyDateTime_TIME_GET_TZINFO(value) == Py_None
                        ? 0
                        : offset_of(value, &offset);
        if (aware > 0) {
            crm_zoned time = {cell->u.i, (int32_t)(offset / CRM_SECOND), 0};
            return made_cell(cell, CRM_TIMETZ, &time, sizeof(time), keep);
        }
        return aware < 0 ? -1 : 1;
    }
    return 0;
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
