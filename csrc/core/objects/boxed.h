/* boxed.h: states of objects whose classes do not derive from Entity.
 *
 * A class that was there before it was mapped has objects of a layout of its
 * own.  Their state lies in a box: an object of the core with the same members
 * as an Entity, which the object owns in its instance dict, under
 * "_sa_instance_state".  So the collector sees what the state holds, and the
 * state goes when the object goes.
 *
 * The box borrows its object.  It has a weak reference as well: the object's
 * memory can be gone a moment before the box is (its dict lives on), and then
 * the weak reference is dead.
 *
 * All functions need the GIL.
 */
#ifndef CRM_BOXED_H
#define CRM_BOXED_H

#include "entity.h"

/* The boxed state of an object, borrowed; NULL without an exception if it has
 * none. */
crm_state *crm_box_state(crm_core *core, PyObject *obj);
/* The value of an attribute of an object without a state, from before its class
 * was mapped: new reference, NULL with UnmappedInstanceError if it has none. */
PyObject *crm_box_plain_value(crm_core *core, PyObject *obj, PyObject *name);
/* A new object of a boxed class: see crm_entity_new(). */
PyObject *crm_box_new(crm_manager *manager, crm_state **state);

/* Gives a freshly mapped class of this kind what its objects inherit from
 * Entity otherwise: 0, or -1 with an exception. */
int crm_box_prepare_class(crm_core *core, PyTypeObject *cls);

/* adopt(obj): completes the mapping of its class and gives it its state. */
PyObject *crm_box_adopt(PyObject *module, PyObject *obj);
/* construct(obj, kwargs): sets attributes by name, as Entity.__init__ does;
 * gives whether the object has a state, without which nothing is set. */
PyObject *crm_box_construct(PyObject *module, PyObject *const *args,
                            Py_ssize_t nargs);

int crm_box_init(crm_core *core, PyObject *module);

#endif /* CRM_BOXED_H */
