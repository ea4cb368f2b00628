/* wire.h: numbers as the server sends them, the highest byte first.  Plain C.
 */
#ifndef CRM_PG_WIRE_H
#define CRM_PG_WIRE_H

#include <stdint.h>
#include <string.h>

static inline uint16_t
crm_pg_get16(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;
    return (uint16_t)(b[0] << 8 | b[1]);
}

static inline uint32_t
crm_pg_get32(const char *p)
{
    uint32_t value;
    memcpy(&value, p, 4);
    return __builtin_bswap32(value);
}

static inline uint64_t
crm_pg_get64(const char *p)
{
    uint64_t value;
    memcpy(&value, p, 8);
    return __builtin_bswap64(value);
}

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "get32 and get64 turn bytes around"
#endif

#endif /* CRM_PG_WIRE_H */
