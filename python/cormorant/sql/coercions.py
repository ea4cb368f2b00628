"""What a program passes, made into the construct that its place needs.

One function per place ("role"): a WHERE criterion, a column of a SELECT, a FROM. Each raises
ArgumentError for what cannot stand there.
"""

from __future__ import annotations

import collections.abc
import types
from typing import Any, NoReturn, cast

from .. import exc, util
from ..inspection import inspect
from . import elements
from .base import ClauseElement, SchemaEventTarget, Visitable
from .sqltypes import INTEGERTYPE, NULLTYPE


def resolve(element: Any) -> Any:
    """The construct behind an element: itself, or what ``__clause_element__`` gives; None
    if it is no SQL construct at all."""
    if isinstance(element, ClauseElement):
        return element
    for _ in range(20):
        get = getattr(element, "__clause_element__", None)
        if get is None or isinstance(element, type):
            return None
        element = get()
        if isinstance(element, ClauseElement):
            return element
    return None


def _no_method(element: Any) -> None:
    """Refuse a method whose call was forgotten: ``select_from(select(t).subquery)``."""
    if isinstance(element, types.MethodType) and not hasattr(element, "__clause_element__"):
        raise exc.ArgumentError(f"Method {element} may not be passed as a SQL expression")


def resolve_entity(element: Any) -> Any:
    """As resolve(), and mapped classes and other inspectable things give their construct, and
    functions that of what they give."""
    if isinstance(element, types.FunctionType):  # select(lambda: …)
        return resolve_entity(element())
    _no_method(element)
    if isinstance(element, type):
        mapper = element.__dict__.get("__mapper__")
        if mapper is not None:
            return mapper.__clause_element__()
    elif hasattr(element, "__clause_element__"):
        # the usual case of resolve()
        found = element.__clause_element__()
        if isinstance(found, ClauseElement):
            return found
    found = resolve(element)
    if found is not None:
        return found
    insp = inspect(element, raiseerr=False)
    get = getattr(insp, "__clause_element__", None)
    if insp is not None and get is not None:
        if getattr(insp, "is_instance", False):
            return None
        return resolve(get())
    return None


def _got(element: Any) -> str:
    return f"{element!r}"


def _fail(element: Any, expected: str, advice: str = "", code: str | None = None) -> NoReturn:
    raise exc.ArgumentError(f"{expected} expected, got {_got(element)}.{advice}", code=code)


def _fail_resolved(
    element: Any, found: Any, expected: str, advice: str = "", code: str | None = None
) -> NoReturn:
    """Refuse the construct behind an element; the error names both, where they are two."""
    if found is not element:
        insp = inspect(element, raiseerr=False)
        if insp is None or insp is element:  # an alias of a class is no construct itself
            got = f"{found!r} object resolved from {element!r} object"
            raise exc.ArgumentError(f"{expected} expected, got {got}.{advice}", code=code)
    _fail(element, expected, advice, code)


def _no_text(element: str, column: bool = False) -> NoReturn:
    if column:
        hint = "or use column(%r) for more specificity" % element
        raise exc.ArgumentError(
            f"Textual column expression {_short(element)} should be "
            f"explicitly declared with text({_short(element)}), {hint}"
        )
    raise exc.ArgumentError(
        f"Textual SQL expression {_short(element)} should be "
        f"explicitly declared as text({_short(element)})"
    )


def _short(text: str) -> str:
    return repr(text if len(text) <= 100 else text[:97] + "...")


_ROW_ADVICE = (
    " To create a column expression from a FROM clause row as a whole, "
    "use the .table_valued() method."
)
_VALUES_ADVICE = (
    " To create a column expression from a VALUES clause, use the .scalar_values() method."
)


def _as_expression(original: Any, element: ClauseElement, expected: str) -> Any:
    """A construct as a column expression."""
    if element._is_column or element.__visit_name__ in _EXPRESSIONS:
        return element
    if element._is_select_base:
        util.warn(
            "implicitly coercing SELECT object to scalar subquery; "
            "please use the .scalar_subquery() method to produce a scalar subquery.",
        )
        return element.scalar_subquery()  # type: ignore[attr-defined]
    if element.__visit_name__ == "subquery":
        return _as_expression(original, element.element, expected)  # type: ignore[attr-defined]
    advice = ""
    if element is original and element._is_from_clause and "element" in expected:
        advice = _VALUES_ADVICE if element.__visit_name__ == "values" else _ROW_ADVICE
    _fail_resolved(original, element, expected, advice)


NO_VALUES = (SchemaEventTarget, Visitable)
_NO_LITERALS = (ClauseElement, *NO_VALUES)


def no_part_of_a_schema(element: Any) -> None:
    """Refuse what would be bound as a value and is none: a default, an Index."""
    if isinstance(element, NO_VALUES):
        _fail(element, "SQL expression element")


def _bound(element: Any, name: str | None, type_: Any) -> Any:
    """A value as a parameter; what is none, as a mapped class, is refused."""
    no_part_of_a_schema(element)
    try:
        return elements.BindParameter(name, element, type_, unique=True)
    except exc.ArgumentError:
        _fail(element, "SQL expression element")


def expect_check(element: Any) -> Any:
    """The condition of a CHECK constraint."""
    if element is None or element is True or element is False:
        return expect_where(element)
    found = resolve(element)
    expected = "SQL expression element for DDL constraint"
    if found is None:
        _fail(element, expected)
    if not (found._is_column or found.__visit_name__ in _EXPRESSIONS):
        _fail_resolved(element, found, expected)
    return found


def expect_ddl_column(element: Any) -> Any:
    """A column or an expression that a constraint or an index is of."""
    found: Any = element if isinstance(element, ClauseElement) else resolve(element)
    expected = "String column name or column expression for DDL constraint"
    if found is None:
        _fail(element, expected)
    if not (found._is_column or found._is_text_clause):
        _fail_resolved(element, found, expected)
    return found


_IN_RIGHT = "IN expression list, SELECT construct, or bound parameter object"
_IN_RIGHT_SIDES = frozenset(["clauselist", "textclause", "tuple", "grouping"])
_EXPRESSIONS = frozenset(["textclause", "expression_clauselist", "text_clause"])
_LISTS = _EXPRESSIONS | {"clauselist"}


def _ungrouped(element: Any) -> Any:
    while element.__class__ is elements.Grouping:
        element = element.element
    return element


def expect_operand(element: Any, expr: Any, operator: Any, type_: Any = None) -> Any:
    """The other side of an operator: a construct, or a value to bind."""
    if not isinstance(element, ClauseElement):
        found = resolve(element)
        if found is None:
            if isinstance(element, NO_VALUES):
                _fail(element, "SQL expression element or literal value")
            try:
                return expr._bind_param(operator, element, type_=type_)
            except exc.ArgumentError:
                _fail(element, "SQL expression element or literal value")
        original, element = element, found
    else:
        original = element
    if element._is_column:
        if element.type is NULLTYPE and _ungrouped(element)._is_bind_parameter:
            other = type_ or expr.type
            if other is not NULLTYPE:
                element = element._with_binary_element_type(other)
        return element
    return _as_expression(original, element, "SQL expression element or literal value")


def expect_expr(element: Any, type_: Any = None, name: str | None = None) -> Any:
    """A column expression, or a value to bind."""
    if isinstance(element, ClauseElement):
        if element._is_column:
            return element
        return _as_expression(element, element, "SQL expression element")
    found = resolve(element)
    if found is not None:
        return _as_expression(element, found, "SQL expression element")

    if element is None and (type_ is None or not type_.should_evaluate_none):
        return elements.NULL
    return _bound(element, name, type_)


def expect_function_arg(element: Any, name: str | None, type_: Any = None) -> Any:
    """An argument of a function: values are bound under the function's name."""
    if isinstance(element, ClauseElement):
        if element._is_column:
            return element
        return _as_expression(element, element, "SQL expression element")
    found = resolve(element)
    if found is not None:
        return _as_expression(element, found, "SQL expression element")

    if element is None:
        return elements.NULL
    return _bound(element, name, type_)


def expect_where(element: Any) -> Any:
    """A criterion of WHERE, HAVING, ON, AND or OR."""
    if isinstance(element, elements.ColumnElement):
        return element
    found = element if isinstance(element, ClauseElement) else resolve(element)
    if found is None:
        if element is None:
            return elements.NULL
        if element is True:
            return elements.TRUE
        if element is False:
            return elements.FALSE
        if isinstance(element, str):
            _no_text(element)
        if isinstance(element, types.FunctionType):  # where(lambda: …)
            return expect_where(element())
        _no_method(element)
        _fail(element, "SQL expression for WHERE/HAVING role")
    if found._is_column:
        return found
    return _as_expression(element, found, "SQL expression for WHERE/HAVING role")


def expect_on(element: Any) -> Any:
    """An ON clause. A relationship attribute is left to the ORM."""
    if isinstance(element, elements.ColumnElement) or getattr(element, "is_attribute", False):
        return element
    found = element if isinstance(element, ClauseElement) else resolve(element)
    expected = "ON clause, typically a SQL expression or ORM relationship attribute"
    if found is not None:
        return found if found._is_column else _as_expression(element, found, expected)
    if isinstance(element, (bool, types.FunctionType, types.MethodType)):
        return expect_where(element)
    _fail(element, expected)


def expect_columns(element: Any) -> list[Any]:
    """What stands for itself among the columns of a SELECT, or what a function gives of that:
    one or several."""
    if isinstance(element, types.FunctionType):
        given = element()
        return [expect_column(e) for e in (given if isinstance(given, (list, tuple)) else [given])]
    return [expect_column(element)]


def expect_column(element: Any) -> Any:
    """What select() takes: a column, a FROM, a mapped class, text()."""
    found: Any
    if isinstance(element, ClauseElement):
        found = element
    else:
        found = resolve_entity(element)
        if found is None:
            if element == "*":
                return elements.ColumnClause("*", is_literal=True)
            if isinstance(element, str):
                _no_text(element, column=True)
            if element is None or element is True or element is False:
                return expect_where(element)
            import numbers  # seldom asked for, and nobody else imports it

            if isinstance(element, numbers.Number):  # True and False were asked for above
                return elements.ColumnClause(str(element), is_literal=True)
            advice = ""
            if isinstance(element, list):
                advice = f" Did you mean to say select({', '.join(map(repr, element))})?"
            _fail(
                element, "Column expression, FROM clause, or other columns clause element", advice
            )
    if found._is_select_base:
        _fail(
            element,
            "Column expression, FROM clause, or other columns clause element",
            f" To create a FROM clause from a {type(found)} object, use the .subquery() method.",
            code="89ve",
        )
    if not (found._is_column or found._is_from_clause or found._is_text_clause):
        if found.__visit_name__ in _LISTS:
            return found
        _fail_resolved(
            element, found, "Column expression, FROM clause, or other columns clause element"
        )
    return found


def expect_from(element: Any, allow_select: bool = False) -> Any:
    """A FROM: a table, an alias, a subquery, a mapped class."""
    found: Any = element if isinstance(element, ClauseElement) else resolve_entity(element)
    if found is None:
        if isinstance(element, str):
            _no_text(element)
        _fail(element, "FROM expression, such as a Table or alias() object")
    if found._is_from_clause or found._is_function or found._is_text_clause:
        return found
    if found._is_select_base:
        util.warn_deprecated(
            "Implicit coercion of SELECT and textual SELECT constructs into FROM clauses is "
            "deprecated; please call .subquery() on any Core select or ORM Query object in order "
            "to produce a subquery object.",
            version="1.4",
        )
        return found._implicit_subquery
    _fail_resolved(element, found, "FROM expression, such as a Table or alias() object")


def expect_join_target(element: Any) -> Any:
    """The right side of a join; a relationship attribute is left to the ORM."""
    if isinstance(element, types.FunctionType):  # join(lambda: …)
        return expect_join_target(element())
    if isinstance(element, ClauseElement):
        found = element
    elif getattr(element, "is_attribute", False):
        return element
    else:
        found = resolve_entity(element)
        if found is None:
            _fail(
                element,
                "Join target, typically a FROM expression, or ORM relationship attribute",
            )
    if not (found._is_from_clause or found._is_function or found._is_text_clause):
        _fail_resolved(
            element,
            found,
            "Join target, typically a FROM expression, or ORM relationship attribute",
        )
    return found


def _as_selected(element: Any) -> Any:
    """A Query as the SELECT that it runs, whose columns have the names of their tables, too."""
    made = getattr(element, "_labelled_statement", None)
    return element if made is None else made()


def expect_select(element: Any, dml: bool = False) -> Any:
    """A member of a UNION, or (`dml`) the SELECT of an INSERT."""
    found = element if isinstance(element, ClauseElement) else resolve(_as_selected(element))
    if found is None or not found._is_select_base:
        if dml:
            if found is not None and found._is_from_clause:
                return cast(Any, found).select()
            _fail(element, "SELECT statement or equivalent textual object")
        advice = ""
        if found is not None and (found._is_from_clause or found._is_text_clause):
            advice = " To SELECT from any FROM clause, use the .select() method."
        _fail(element, "SELECT construct for inclusion in a UNION or other set construct", advice)
    return found


def expect_statement(element: Any) -> Any:
    """Something that can be executed."""
    found = element
    if not isinstance(element, ClauseElement):
        found = resolve_entity(_as_selected(element))
    if found is None:
        if isinstance(element, str):
            _no_text(element)
        _fail(element, "Executable SQL or text() construct")
    if not found.supports_execution:
        _fail(element, "Executable SQL or text() construct")
    return found


def expect_selecting(element: Any) -> Any:
    """What gives rows of its own accord: a SELECT or text."""
    found = expect_statement(element)
    if found.is_dml:
        _fail(element, "SELECT construct or equivalent text() construct")
    return found


def expect_executed(element: Any) -> Any:
    """What Session.execute() was given: something that can be executed. One that stands for
    such, as a Query does, is deprecated."""
    found = expect_statement(element)
    if found is not element:
        util.warn_deprecated(
            f"Object {element!r} should not be used directly in a SQL statement context, such as "
            "passing to methods such as session.execute().  This usage will be disallowed in a "
            "future release.  Please use Core select() / update() / delete() etc. with "
            "Session.execute() and other statement execution methods.",
            version="1.4",
        )
    return found


def expect_by(element: Any, role: str) -> Any:
    """An expression of ORDER BY or GROUP BY; a string names a label."""

    found: Any = element if isinstance(element, ClauseElement) else resolve_entity(element)
    if isinstance(found, elements.ColumnClause):
        return found
    if found is None:
        if isinstance(element, str):
            return elements._textual_label_reference(element)
        _fail(element, f"{role} expression")
    if not found._is_column:
        if found.__visit_name__ in _LISTS:
            return found
        if found._is_from_clause and role == "GROUP BY":
            return elements.ClauseList(*found._select_iterable)
        return _as_expression(element, found, f"{role} expression")
    if role == "ORDER BY" and (
        isinstance(found, elements.Label) or found.__visit_name__ == "unary"
    ):
        return elements._label_reference(found)
    return found


def expect_order_by(element: Any) -> Any:
    """An expression of ORDER BY."""
    return expect_by(element, "ORDER BY")


def expect_group_by(element: Any) -> Any:
    """An expression of GROUP BY."""
    return expect_by(element, "GROUP BY")


def expect_by_of(element: Any) -> Any:
    """What asc(), desc() and nulls_first() modify; a string names a label."""

    found = element if isinstance(element, ClauseElement) else resolve(element)
    if found is None:
        if isinstance(element, str):
            return elements._textual_label_reference(element)
        if element is None:
            return elements.NULL
        _fail(element, "GROUP BY / OF / etc. expression")
    if found.__visit_name__ in _LISTS:
        return found
    return _as_expression(element, found, "GROUP BY / OF / etc. expression")


def expect_limit(value: Any, name: str) -> Any:
    """A row count for LIMIT or OFFSET: an expression or an integer, which is bound."""
    if value is None:
        return None
    if value.__class__ is int:
        return elements.OffsetLimitParam._quick("param", value, INTEGERTYPE)
    found = value if isinstance(value, ClauseElement) else resolve(value)
    if found is not None:
        if not found._is_column:
            _fail_resolved(value, found, "LIMIT / OFFSET expression")
        return found
    if isinstance(value, NO_VALUES):
        _fail(value, "LIMIT / OFFSET expression")
    return elements.OffsetLimitParam._quick("param", util.asint(value), INTEGERTYPE)


def expect_part(element: Any) -> Any:
    """A part of a statement that is written as it is: text, or an expression."""
    if isinstance(element, str):
        return elements.TextClause(element)
    if element is None:
        return elements.NULL
    found = element if isinstance(element, ClauseElement) else resolve(element)
    expected = "statement sub-expression element"
    if found is None:
        _fail(element, expected)
    if not (found._is_column or found.__visit_name__ in _EXPRESSIONS):
        _fail_resolved(element, found, expected)
    return found


def expect_in(expr: Any, other: Any, operator: Any) -> Any:
    """The right side of IN: a list, a SELECT, a bind parameter, text()."""
    found: Any = other if isinstance(other, ClauseElement) else resolve(other)
    expected = _IN_RIGHT
    if found is None:
        if isinstance(other, (str, bytes)) or not isinstance(other, (collections.abc.Iterable,)):
            _fail(other, expected)
        values = list(other)
        for value in values:
            if isinstance(value, _NO_LITERALS) or hasattr(value, "__clause_element__"):
                return _in_list(expr, values, operator)
        return expr._bind_param(operator, values, expanding=True)
    if found._is_bind_parameter:
        if not found.expanding:
            found = found._clone(maintain_key=True)
            found.expanding = True
        found.expand_op = operator
        if found.type is NULLTYPE:
            found = found._with_binary_element_type(expr.type)
        return found
    if found._is_select_base:
        return found.scalar_subquery()
    if found is not other and found.__visit_name__ == "clauselist":  # the columns of a table
        _fail(found, "SQL expression element or literal value")
    if found.__visit_name__ in _IN_RIGHT_SIDES:
        return found.self_group(against=operator)
    if found._is_column and found._wraps_column is not None and found.type._is_array:
        return found
    if found.__visit_name__ == "values":
        return cast(Any, found).scalar_values()
    if not hasattr(other, "_aliased_insp") and (found._is_from_clause or found._is_function):
        util.warn(
            f"Coercing {type(found).__name__} object into a select() for use in IN(); "
            "please pass a select() construct explicitly",
        )
        return found.select().scalar_subquery()
    _fail_resolved(other, found, expected)


def _in_list(expr: Any, values: list[Any], operator: Any) -> Any:
    """IN over a list of which some members are SQL."""

    clauses = []
    for value in values:
        found = resolve(value)
        if found is None:
            if isinstance(value, NO_VALUES):
                _fail(values, _IN_RIGHT)
            clauses.append(expr._bind_param(operator, value))
        elif found._is_column:
            clauses.append(found)
        else:
            _fail(values, _IN_RIGHT)
    return elements.ClauseList(*clauses).self_group(against=operator)


def expect_dml_table(element: Any) -> Any:
    """The table of INSERT, UPDATE, DELETE."""
    found = element if isinstance(element, ClauseElement) else resolve_entity(element)
    if found is not None and found._is_join and found._annotations:
        # A class that inherits by joined tables is changed in its own.
        entity = found._annotations.get("parententity")
        found = found if entity is None or not entity.is_mapper else entity._dml_table
    if found is None or not (
        found._is_table or found._is_join or found.__visit_name__ in ("table", "cte", "alias")
    ):
        if found is not None and found._is_select_base:
            raise exc.ArgumentError(
                "subject table for an INSERT, UPDATE or DELETE expected, got "
                f"{_got(element)}. To create a FROM clause from a {type(element)!r} object, use "
                "the .subquery() method.",
                code="89ve",
            )
        _fail(element, "subject table for an INSERT, UPDATE or DELETE")
    return found


def expect_dml_column(element: Any) -> Any:
    """A key of values(): a name or a column."""
    if isinstance(element, str):
        return element
    found = resolve(element)
    if found is None or not found._is_column:
        _fail(element, "SET/VALUES column expression or string key")
    return found
