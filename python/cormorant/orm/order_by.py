"""Reading ORDER BY: what a clause orders by, and labels that it names."""

from __future__ import annotations

from typing import Any

from .. import exc as sa_exc
from ..sql import visitors
from ..sql.elements import Label, UnaryExpression, _label_reference


def is_column_expression(expression: Any) -> bool:
    return not expression._is_text_clause and hasattr(expression, "type")


def without_modifiers(clause: Any) -> Any:
    """What is ordered by, without DESC and the like."""
    while True:
        if (
            isinstance(clause, UnaryExpression) and clause.modifier is not None
        ) or clause.__visit_name__ == "label_reference":
            clause = clause.element
        else:
            return clause


def resolve_label(clause: Any, names: dict[str, Any]) -> Any:
    """A label named by a string, as the label itself."""

    def replace(element: Any) -> Any:
        if element.__visit_name__ == "textual_label_reference":
            found = names.get(element.element)
            if found is None:
                raise sa_exc.CompileError(
                    "Can't resolve label reference for ORDER BY / GROUP BY / DISTINCT etc. "
                    f"Textual SQL expression {element.element!r} should be explicitly declared "
                    f"as text({element.element!r})"
                )
            return found
        return None

    found = visitors.replaced(clause, replace)
    if found is not clause and isinstance(found, Label):
        return _label_reference(found)
    return found
