/* statements.c: the prepared statements of a connection.  See statements.h. */
#include "statements.h"

static crm_entry **
bucket_of(crm_statements *statements, uint64_t plan)
{
    return &statements->buckets[plan % CRM_STATEMENTS_BUCKETS];
}

crm_statements *
crm_statements_new(const crm_driver *driver)
{
    crm_statements *statements = PyMem_Calloc(1, sizeof(*statements));
    if (statements == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    statements->driver = driver;
    return statements;
}

static void
unlink_entry(crm_statements *statements, crm_entry *entry)
{
    if (entry->newer != NULL) {
        entry->newer->older = entry->older;
    }
    else {
        statements->newest = entry->older;
    }
    if (entry->older != NULL) {
        entry->older->newer = entry->newer;
    }
    else {
        statements->oldest = entry->newer;
    }
    entry->newer = entry->older = NULL;
}

static void
link_newest(crm_statements *statements, crm_entry *entry)
{
    entry->older = statements->newest;
    if (entry->older != NULL) {
        entry->older->newer = entry;
    }
    else {
        statements->oldest = entry;
    }
    statements->newest = entry;
}

static void
take_out(crm_statements *statements, crm_entry *entry)
{
    unlink_entry(statements, entry);
    crm_entry **at = bucket_of(statements, entry->plan);
    while (*at != entry) {
        at = &(*at)->chain;
    }
    *at = entry->chain;
    statements->count--;
}

static void
drop_keep(PyObject **keep, size_t nkeep)
{
    for (size_t i = 0; i < nkeep; i++) {
        Py_XDECREF(keep[i]);
    }
    PyMem_Free(keep);
}

/* Frees an entry that is out of the table. */
static void
free_entry(crm_statements *statements, crm_entry *entry)
{
    statements->driver->finalize(entry->stmt);
    Py_XDECREF(entry->columns);
    drop_keep(entry->keep, entry->nkeep);
    PyMem_Free(entry);
}

void
crm_statements_free(crm_statements *statements)
{
    if (statements == NULL) {
        return;
    }
    while (statements->newest != NULL) {
        crm_entry *entry = statements->newest;
        take_out(statements, entry);
        free_entry(statements, entry);
    }
    PyMem_Free(statements);
}

crm_entry *
crm_statements_get(crm_statements *statements, uint64_t plan)
{
    crm_entry *entry = *bucket_of(statements, plan);
    while (entry != NULL && (entry->plan != plan || entry->run != 0)) {
        entry = entry->chain;
    }
    if (entry != NULL && statements->newest != entry) {
        unlink_entry(statements, entry);
        link_newest(statements, entry);
    }
    return entry;
}

/* Makes place for one more entry in the table. */
static void
evict(crm_statements *statements)
{
    crm_entry *entry = statements->oldest;
    while (entry != NULL && statements->count >= CRM_STATEMENTS_MAX) {
        crm_entry *newer = entry->newer;
        if (entry->run == 0) {
            take_out(statements, entry);
            free_entry(statements, entry);
        }
        entry = newer;
    }
}

crm_entry *
crm_statements_add(crm_statements *statements, uint64_t plan, crm_stmt *stmt)
{
    crm_entry *entry = PyMem_Calloc(1, sizeof(*entry));
    if (entry == NULL) {
        statements->driver->finalize(stmt);
        PyErr_NoMemory();
        return NULL;
    }
    entry->plan = plan;
    entry->stmt = stmt;
    evict(statements);
    crm_entry **bucket = bucket_of(statements, plan);
    entry->chain = *bucket;
    *bucket = entry;
    statements->count++;
    link_newest(statements, entry);
    return entry;
}

crm_entry *
crm_statements_find(crm_statements *statements, const crm_stmt *stmt)
{
    /* Nearly always the newest. */
    crm_entry *entry = statements->newest;
    while (entry != NULL && entry->stmt != stmt) {
        entry = entry->older;
    }
    return entry;
}

void
crm_statements_idle(crm_statements *statements, crm_entry *entry)
{
    PyObject **keep = entry->keep;
    size_t nkeep = entry->nkeep;
    entry->keep = NULL;
    entry->nkeep = 0;
    entry->run = 0;
    statements->abandoned -= entry->abandoned;
    entry->abandoned = false;
    /* Last, because it may run user code. */
    drop_keep(keep, nkeep);
}

void
crm_statements_end_runs(crm_statements *statements)
{
    /* User code may change the list: start again after each. */
    crm_entry *entry = statements->newest;
    while (entry != NULL) {
        if (entry->run != 0 && entry->abandoned) {
            statements->driver->reset_stmt(entry->stmt);
            crm_statements_idle(statements, entry);
            entry = statements->newest;
        }
        else {
            entry = entry->older;
        }
    }
}
