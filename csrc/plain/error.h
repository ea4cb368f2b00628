/* error.h: how a driver says what failed.  Plain C, no Python.h; compiled into
 * each driver.  Needs no GIL, allocates nothing, cannot fail.
 */
#ifndef CRM_ERROR_H
#define CRM_ERROR_H

#include <stddef.h>

#include "driver.h"

/* Fills *err with a class and a formatted text, and nothing else.  Returns
 * CRM_FAIL. */
int crm_fail(crm_error *err, crm_error_class cls, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Sets the message alone: `len` bytes of UTF-8, cut on a character where they
 * are too many. */
void crm_error_set_message(crm_error *err, const char *text, size_t len);

#endif /* CRM_ERROR_H */
