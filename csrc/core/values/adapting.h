/* adapting.h: values of classes that the core does not know, as the program has
 * told a driver's own module to store them.
 *
 * Both need the GIL, may run code of the program, and return a new reference:
 * what the value becomes, or the value itself if nothing was told of it; NULL
 * with an exception, that of an adapter for instance.
 */
#ifndef CRM_ADAPTING_H
#define CRM_ADAPTING_H

#include "core/core.h"

/* As sqlite3.register_adapter() and __conform__() say, if the program has
 * imported sqlite3. */
PyObject *crm_sqlite_adapted(PyObject *value);
/* As the adapters of psycopg2 and psycopg say: see
 * cormorant/dialects/postgresql/adaptation.py. */
PyObject *crm_postgresql_adapted(crm_core *core, PyObject *value);

#endif /* CRM_ADAPTING_H */
