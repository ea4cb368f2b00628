/* address.h: addresses of ipaddress without its Python code, which runs five
 * frames and more for each.
 *
 * An IPv4Address or IPv6Address holds an int (Lib/ipaddress.py).  Where its
 * class keeps that elsewhere than in __slots__, and for networks and
 * interfaces, which hold more, the standard library is called.  All functions
 * need the GIL.
 */
#ifndef CRM_ADDRESS_H
#define CRM_ADDRESS_H

#include "core/core.h"

#include "plain/cell.h"

/* The object of an INET cell: a new reference, or NULL with an exception. */
PyObject *crm_address_new(crm_core *core, const crm_cell *cell);

/* Whether a value is an address, or a network, of ipaddress: 1 and its text, a
 * new str; 0; -1 with an exception. */
int crm_address_text(crm_core *core, PyObject *value, PyObject **text,
                     bool *network);

#endif /* CRM_ADDRESS_H */
