/* error.c: how a driver says what failed. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
crm_error_set_message(crm_error *err, const char *text, size_t len)
{
    if (len >= sizeof(err->message)) {
        len = sizeof(err->message) - 1;
        while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80) {
            len--;
        }
    }
    memcpy(err->message, text, len);
    err->message[len] = '\0';
}

int
crm_fail(crm_error *err, crm_error_class cls, const char *format, ...)
{
    char text[2 * sizeof(err->message)];
    memset(err, 0, sizeof(*err));
    err->cls = cls;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    crm_error_set_message(err, text, strlen(text));
    return CRM_FAIL;
}
