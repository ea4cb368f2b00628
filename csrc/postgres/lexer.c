/* lexer.c: as much of SQL's lexical structure as it takes to see where a
 * statement ends and of what kind it is (PostgreSQL's manual, 4.1). */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "pg_driver.h"

typedef enum {
    T_END,
    T_WORD,
    T_PARAM, /* $1 */
    T_OTHER, /* a single character, or a quoted thing */
} token_kind;

typedef struct {
    token_kind kind;
    const char *start;
    const char *end;
} token;

static const char *
skip_comment(const char *p)
{
    int depth = 0;
    do {
        if (p[0] == '/' && p[1] == '*') {
            depth++;
            p += 2;
        }
        else if (p[0] == '*' && p[1] == '/') {
            depth--;
            p += 2;
        }
        else if (*p == '\0') {
            return p;
        }
        else {
            p++;
        }
    } while (depth > 0);
    return p;
}

/* What the server takes for a space, whatever the locale. */
static bool
is_space(char c)
{
    return c == ' ' || ('\t' <= c && c <= '\r');
}

/* The end of the line in which p is. */
static const char *
skip_line(const char *p)
{
    return p + strcspn(p, "\r\n");
}

static const char *
skip_space(const char *p)
{
    for (;;) {
        if (is_space(*p)) {
            p++;
        }
        else if (p[0] == '-' && p[1] == '-') {
            p = skip_line(p);
        }
        else if (p[0] == '/' && p[1] == '*') {
            p = skip_comment(p);
        }
        else {
            return p;
        }
    }
}

/* The end of what begins with the quote at p; a doubled quote goes on. */
static const char *
skip_quoted(const char *p, bool escapes)
{
    char quote = *p++;
    for (; *p != '\0'; p++) {
        if (escapes && *p == '\\' && p[1] != '\0') {
            p++;
        }
        else if (*p == quote) {
            if (p[1] != quote) {
                return p + 1;
            }
            p++;
        }
    }
    return p;
}

/* The end of a string with escapes whose quote is at p.  It goes on in a quote
 * that follows on another line. */
static const char *
skip_escaped(const char *p)
{
    for (;;) {
        const char *end = skip_quoted(p, true);
        bool line = false;
        for (p = end; is_space(*p) || (p[0] == '-' && p[1] == '-');) {
            line |= *p == '\n' || *p == '\r';
            p = *p == '-' ? skip_line(p) : p + 1;
        }
        if (*p != '\'' || !line) {
            return end;
        }
    }
}

static bool
in_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* The end of $tag$ … $tag$ if that begins at p, else NULL. */
static const char *
skip_dollars(const char *p)
{
    const char *q = p + 1;
    if (isdigit((unsigned char)*q)) {
        return NULL;
    }
    while (in_word(*q)) {
        q++;
    }
    if (*q != '$') {
        return NULL;
    }
    size_t len = (size_t)(q - p) + 1;
    for (q++; *q != '\0'; q++) {
        if (*q == '$' && strncmp(q, p, len) == 0) {
            return q + len;
        }
    }
    return q;
}

static token
next_token(const char *p)
{
    p = skip_space(p);
    token t = {T_OTHER, p, p};
    const char *dollars;
    if (*p == '\0') {
        t.kind = T_END;
    }
    else if ((*p == 'e' || *p == 'E') && p[1] == '\'') {
        t.end = skip_escaped(p + 1);
    }
    else if (in_word(*p) && !isdigit((unsigned char)*p)) {
        t.kind = T_WORD;
        while (in_word(*t.end) || *t.end == '$') {
            t.end++;
        }
    }
    else if (*p == '\'' || *p == '"') {
        t.end = skip_quoted(p, false);
    }
    else if (*p == '$' && (dollars = skip_dollars(p)) != NULL) {
        t.end = dollars;
    }
    else if (*p == '$' && isdigit((unsigned char)p[1])) {
        t.kind = T_PARAM;
        t.end++;
        while (isdigit((unsigned char)*t.end)) {
            t.end++;
        }
    }
    else if (isdigit((unsigned char)*p)) {
        while (in_word(*t.end)) {
            t.end++;
        }
    }
    else {
        t.end++;
    }
    return t;
}

static bool
is_char(const token *t, char c)
{
    return t->kind == T_OTHER && *t->start == c && t->end == t->start + 1;
}

static bool
is_word(const token *t, const char *word)
{
    size_t len = (size_t)(t->end - t->start);
    return t->kind == T_WORD && strlen(word) == len &&
           strncasecmp(t->start, word, len) == 0;
}

static bool
changes_rows(const token *t)
{
    return is_word(t, "insert") || is_word(t, "update") ||
           is_word(t, "delete") || is_word(t, "merge") || is_word(t, "into");
}

/* What a query begins with. */
static bool
is_query(const token *t)
{
    return is_word(t, "select") || is_word(t, "values") ||
           is_word(t, "table") || is_word(t, "with");
}

/* What is known of an INSERT … VALUES (…) RETURNING … on the way through it. */
typedef struct {
    enum {
        BEFORE,
        AFTER_WORD,
        INSIDE,
        AFTER,
        UNFIT
    } where;
    int depth; /* of parentheses */
    const char *word, *from, *to;
} values_state;

static void
follow_values(values_state *v, const token *t)
{
    char c = t->kind == T_OTHER ? *t->start : '\0';
    switch (v->where) {
        case BEFORE:
            if (v->depth == 0 && is_word(t, "values")) {
                v->where = AFTER_WORD;
                v->word = t->start;
            }
            else if (t->kind == T_PARAM || is_word(t, "select")) {
                v->where = UNFIT;
            }
            break;
        case AFTER_WORD:
            v->where = c == '(' ? INSIDE : UNFIT;
            v->from = t->start;
            break;
        case INSIDE:
            /* What a subquery finds is another thing for each row.  (WITH may
             * be of a type, and a query with it has another of these words.) */
            if (is_query(t) && !is_word(t, "with")) {
                v->where = UNFIT;
            }
            else if (c == ')' && v->depth == 1) {
                v->where = AFTER;
                v->to = t->end;
            }
            break;
        case AFTER:
            /* ON CONFLICT, or parameters elsewhere */
            if (t->kind == T_PARAM || is_word(t, "on")) {
                v->where = UNFIT;
            }
            break;
        case UNFIT:
            break;
    }
    v->depth += c == '(' ? 1 : c == ')' ? -1 : 0;
}

const char *
crm_pg_scan(crm_stmt *stmt, const char *sql)
{
    token t = next_token(sql);
    token first = t;
    values_state values = {.where = BEFORE};
    const char *rest = NULL;
    stmt->kind = is_word(&t, "insert")   ? CRM_PG_INSERT
                 : is_word(&t, "select") ? CRM_PG_SELECT
                                         : CRM_PG_OTHER;
    token query = t;
    while (is_char(&query, '(')) {
        query = next_token(query.end);
    }
    stmt->reads = is_query(&query);
    const char *last = NULL;
    for (; t.kind != T_END; t = next_token(t.end)) {
        if (t.kind == T_OTHER && *t.start == ';') {
            token after = next_token(t.end);
            while (is_char(&after, ';')) {
                after = next_token(after.end); /* nothing between them */
            }
            if (after.kind != T_END) {
                rest = after.start;
            }
            break;
        }
        if (stmt->reads && t.start != first.start && changes_rows(&t)) {
            stmt->reads = false;
        }
        if (stmt->kind == CRM_PG_INSERT) {
            if (values.where == AFTER && last == values.to && *t.start == ',') {
                values.where = UNFIT; /* another row */
            }
            follow_values(&values, &t);
        }
        last = t.end;
    }
    if (values.where == AFTER) {
        stmt->values_word = (size_t)(values.word - sql);
        stmt->values_from = (size_t)(values.from - sql);
        stmt->values_to = (size_t)(values.to - sql);
    }
    return rest;
}

const char *
crm_pg_next_param(const char *p, const char *end)
{
    for (token t = next_token(p); t.kind != T_END && t.start < end;
         t = next_token(t.end)) {
        if (t.kind == T_PARAM) {
            return t.start;
        }
    }
    return end;
}

const char *
crm_pg_next_token(const char *p)
{
    return skip_space(p);
}

/* ---- types that parameters are cast to --------------------------------- */

/* Goes on behind the words at *t, of which `words` has some in a row; false if
 * they are others. */
static bool
skip_words(token *t, const char *const *words)
{
    token at = *t;
    for (; *words != NULL; words++) {
        if (!is_word(&at, *words)) {
            return false;
        }
        at = next_token(at.end);
    }
    *t = at;
    return true;
}

/* Goes on behind (1) or (1, 2), if that is there; false if it is no such. */
static bool
skip_modifiers(token *t)
{
    if (!is_char(t, '(')) {
        return true;
    }
    do {
        *t = next_token(t->end);
        if (t->kind != T_OTHER || !isdigit((unsigned char)*t->start)) {
            return false;
        }
        *t = next_token(t->end);
    } while (is_char(t, ','));
    if (!is_char(t, ')')) {
        return false;
    }
    *t = next_token(t->end);
    return true;
}

static bool
is_name(const token *t)
{
    return t->kind == T_WORD || (t->kind == T_OTHER && *t->start == '"');
}

/* Goes on behind the name of a type that is no array; false if it is none, or
 * one that is not known to be. */
static bool
skip_type(token *t)
{
    static const char *const two[][3] = {
        {"double", "precision", NULL},
        {"character", "varying", NULL},
        {"bit", "varying", NULL},
    };
    static const char *const zone[][4] = {
        {"with", "time", "zone", NULL},
        {"without", "time", "zone", NULL},
    };
    for (size_t i = 0; i < sizeof(two) / sizeof(*two); i++) {
        if (skip_words(t, two[i])) {
            return skip_modifiers(t);
        }
    }
    bool timed = is_word(t, "time") || is_word(t, "timestamp");
    if (!is_name(t)) {
        return false;
    }
    *t = next_token(t->end);
    if (is_char(t, '.')) {
        *t = next_token(t->end);
        if (!is_name(t)) {
            return false;
        }
        *t = next_token(t->end);
    }
    if (!skip_modifiers(t)) {
        return false;
    }
    if (timed && !skip_words(t, zone[0])) {
        (void)skip_words(t, zone[1]);
    }
    return true;
}

const char *
crm_pg_skip_param(const char *param, const char **type, size_t *type_len)
{
    token t = next_token(param);
    const char *end = t.end;
    *type = NULL;
    *type_len = 0;
    if (t.kind != T_PARAM) {
        return NULL;
    }
    t = next_token(end);
    if (!is_char(&t, ':')) {
        return t.start;
    }
    t = next_token(t.end);
    if (!is_char(&t, ':')) {
        return NULL;
    }
    t = next_token(t.end);
    *type = t.start;
    if (!skip_type(&t)) {
        return NULL;
    }
    for (token each = next_token(*type); each.start < t.start;
         each = next_token(each.end)) {
        end = each.end;
    }
    *type_len = (size_t)(end - *type);
    return t.start;
}
