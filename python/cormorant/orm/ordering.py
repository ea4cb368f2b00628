"""The order of a flush: a graph of saves, deletes and relationship processing.

The steps of a flush are nodes: saving and deleting the objects of a mapper, and,
for each relationship that takes part, processing it for saved and for deleted
parents. Edges say what must come first. Nodes are taken in layers, each layer
sorted by name, so that the order of statements is the same in every process.

If the graph has a cycle (a class that refers to itself, two that refer to each
other), its nodes are replaced by nodes of single objects.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .. import _core, exc
from .base import MANYTOMANY, MANYTOONE, ONETOMANY
from .dependency import rekeyed
from .flushinfo import MapperInfo, RelationInfo, relations_of

if TYPE_CHECKING:
    from .unitofwork import UOWTransaction

_RANK = {
    "delete": "DeleteAll",
    "post": "PostUpdateAll",
    "pre": "PostUpdateAll",
    "process": "ProcessAll",
    "undo": "ProcessAll",
    "save": "SaveUpdateAll",
}


class Node:
    """One step: kind "save", "delete" (of a mapper), "process" or "undo" (of a
    relationship, for saved or deleted parents), "post" or "pre" (UPDATE of what
    relationships with post_update changed in the saved, or the deleted, objects of a
    mapper); `obj` if it is about one object.

    Equal steps of a flush are one object: they come from `Nodes`.
    """

    __slots__ = ("kind", "obj", "sort_key", "subject")

    def __init__(self, kind: str, subject: Any, obj: Any = None) -> None:
        self.kind = kind
        self.subject = subject
        self.obj = obj
        self.sort_key = (_RANK[kind], subject.sort_key, kind in ("undo", "pre"))


class Nodes:
    """Makes each node once."""

    __slots__ = ("_made",)

    def __init__(self, made: Iterable[Node] = ()) -> None:
        self._made = {(node.kind, id(node.subject), id(node.obj)): node for node in made}

    def get(self, kind: str, subject: Any, obj: Any = None) -> Node:
        """The node of a step."""
        key = (kind, id(subject), id(obj))
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = Node(kind, subject, obj)
        return found


Edge = tuple[Node, Node]


class Plan:
    """The steps of a flush over certain mappers and relationships."""

    __slots__ = ("active", "cyclic", "edges", "infos", "nodes")

    def __init__(self, infos: tuple[MapperInfo, ...], active: frozenset[RelationInfo]) -> None:
        self.infos = infos
        self.active = active
        made = Nodes()
        nodes: dict[Node, None] = {}
        self.edges: set[Edge] = set()
        for info in infos:
            self.edges.add((made.get("save", info), made.get("delete", info)))
        for relation in sorted(active, key=_by_name):
            self.edges.update(_edges_of(made, relation))
            nodes[made.get("process", relation)] = None
            nodes[made.get("undo", relation)] = None
        for first, then in self.edges:
            nodes[first] = nodes[then] = None
        ordered = sorted(nodes, key=_by_name)
        self.cyclic = _on_cycles(ordered, self.edges)
        self.nodes: list[Node] = ordered
        if not self.cyclic:
            self.nodes = [node for layer in layers(ordered, self.edges) for node in layer]


def _by_name(node: Node | RelationInfo) -> Any:
    return node.sort_key


def _edges_of(made: Nodes, relation: RelationInfo) -> Iterator[Edge]:
    """What must come before what because of a relationship."""
    parent, child = relation.parent, relation.target
    save_parent, delete_parent = made.get("save", parent), made.get("delete", parent)
    save_child, delete_child = made.get("save", child), made.get("delete", child)
    process, undo = made.get("process", relation), made.get("undo", relation)
    if relation.post_update:
        # The keys come when both rows are there, and go before either does.
        holder = parent if relation.direction is MANYTOONE else child
        post, pre = made.get("post", holder), made.get("pre", holder)
        yield save_parent, process
        yield save_child, process
        yield process, post
        if relation.direction is MANYTOONE:
            yield process, pre
        else:
            yield save_child, undo
        yield undo, pre
        yield pre, delete_parent
        yield pre, delete_child
    elif relation.direction is MANYTOMANY:
        # Association rows need both ends while they exist.
        yield save_parent, process
        yield save_child, process
        yield process, delete_child
        yield undo, save_parent
        yield undo, save_child
        yield undo, delete_parent
        yield undo, delete_child
    elif relation.direction is MANYTOONE:
        # The parent takes the key of the child.
        yield save_child, process
        yield process, save_parent
        yield save_parent, delete_child
        yield delete_parent, delete_child
    else:
        # The child takes the key of the parent.
        yield save_parent, process
        yield process, save_child
        yield process, delete_child
        yield save_child, delete_parent
        yield delete_child, delete_parent
        yield undo, save_child
        yield undo, delete_child


def layers(nodes: Iterable[Node], edges: Iterable[Edge]) -> Iterator[list[Node]]:
    """Nodes in layers: each only needs nodes of the layers before it."""
    todo = list(nodes)
    waiting = {node: 0 for node in todo}
    after: dict[Node, list[Node]] = {node: [] for node in todo}
    for first, then in edges:
        if first in waiting and then in waiting:
            after[first].append(then)
            waiting[then] += 1
    position = {node: i for i, node in enumerate(todo)}
    ready = [node for node in todo if not waiting[node]]
    done = 0
    while ready:
        yield ready
        done += len(ready)
        following = []
        for node in ready:
            for then in after[node]:
                waiting[then] -= 1
                if not waiting[then]:
                    following.append(then)
        ready = sorted(following, key=position.__getitem__)
    if done < len(todo):
        waits = [node for node in todo if waiting[node]]
        left = set(waits)
        left = _on_cycles(waits, {(a, b) for a, b in edges if a in left and b in left})
        raise exc.CircularDependencyError(
            "Circular dependency detected.",
            [_Text(_describe(node)) for node in waits if node in left],
            {(_describe(a), _describe(b)) for a, b in edges if a in left and b in left},
        )


class _Text(str):
    """Text whose repr is itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _describe(node: Node) -> str:
    shown = "" if node.obj is None else f"<{type(node.obj).__name__} at {id(node.obj):#x}>"
    if node.kind in ("save", "delete"):
        kind = "SaveUpdate" if node.kind == "save" else "Delete"
        return f"{kind}State({shown})" if shown else f"{kind}All({node.subject})"
    processor = {ONETOMANY: "OneToManyDP", MANYTOONE: "ManyToOneDP", MANYTOMANY: "ManyToManyDP"}
    rule = f"{processor[node.subject.direction]}({node.subject})"
    deleting = f"delete={node.kind == 'undo'}"
    return (
        f"ProcessState({rule}, {shown}, {deleting})" if shown else f"ProcessAll({rule}, {deleting})"
    )


def _on_cycles(nodes: list[Node], edges: set[Edge]) -> set[Node]:
    """Nodes that lie on a cycle."""
    after: dict[Node, list[Node]] = {node: [] for node in nodes}
    found: set[Node] = set()
    for first, then in edges:
        if first == then:
            found.add(first)
        after[first].append(then)
    for component in _components(after):
        if len(component) > 1:
            found.update(component)
    return found


def _components(after: dict[Node, list[Node]]) -> Iterator[list[Node]]:
    """The strongly connected components of a graph (Tarjan's algorithm, without recursion)."""
    index: dict[Node, int] = {}
    low: dict[Node, int] = {}
    stack: list[Node] = []
    on_stack: set[Node] = set()
    path: list[tuple[Node, Iterator[Node]]] = []

    def enter(node: Node) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        on_stack.add(node)
        path.append((node, iter(after[node])))

    for root in after:
        if root not in index:
            enter(root)
        while path:
            node, following = path[-1]
            for then in following:
                if then not in index:
                    enter(then)
                    break
                if then in on_stack:
                    low[node] = min(low[node], index[then])
            else:
                path.pop()
                if path:
                    before = path[-1][0]
                    low[before] = min(low[before], low[node])
                if low[node] == index[node]:
                    component: list[Node] = []
                    while not component or component[-1] != node:
                        component.append(stack.pop())
                    on_stack.difference_update(component)
                    yield component


def plan_of(infos: tuple[MapperInfo, ...], active: frozenset[RelationInfo]) -> Plan:
    """The plan of a flush over these mappers and relationships, made once."""
    ordered = tuple(sorted(infos, key=lambda info: info.sort_key))
    # Kept by one of the classes, so that it goes with them.
    plans = ordered[0].plans
    key = (ordered, active)
    plan = plans.get(key)
    if plan is None:
        if len(plans) >= 100:
            plans.clear()
        plan = plans[key] = Plan(ordered, active)
    return plan


# ---- objects one by one ------------------------------------------------------


def per_object_layers(
    flush: UOWTransaction, plan: Plan
) -> Iterator[list[tuple[Node, list[Any] | None]]]:
    """Layers of a plan whose cyclic nodes are replaced by nodes of single objects.

    Each layer is a list of (node, objects): None means all objects of the node.
    """
    cyclic = plan.cyclic
    _take_followers(flush, plan)
    made = Nodes(plan.nodes)
    nodes: dict[Node, None] = {}
    edges: set[Edge] = set()
    expansion: dict[Node, list[Node]] = {node: [] for node in cyclic}
    in_cycle = {node.subject for node in cyclic if node.kind in ("save", "delete")}

    for node in plan.nodes:
        if node not in cyclic and not _is_replaced(node, in_cycle):
            nodes[node] = None
    for node in plan.nodes:
        if node in cyclic and node.kind in ("save", "delete"):
            singles = [made.get(node.kind, node.subject, o) for o in _objects_of(flush, node)]
            nodes.update(dict.fromkeys(singles))
            expansion[node] = singles
    for info in in_cycle:
        # Of one table, inserts come before deletes.
        saves = expansion.get(made.get("save", info), ())
        for gone in expansion.get(made.get("delete", info), ()):
            edges.update((saved, gone) for saved in saves)
    for info in plan.infos:
        for relation in relations_of(info):
            if relation in plan.active and relation.parent in in_cycle:
                _expand(flush, relation, in_cycle, made, nodes, edges, expansion)
    for first, then in plan.edges:
        if first in cyclic and then in cyclic:
            continue
        if _is_replaced(first, in_cycle) or _is_replaced(then, in_cycle):
            continue
        for a in expansion[first] if first in cyclic else (first,):
            for b in expansion[then] if then in cyclic else (then,):
                edges.add((a, b))
    ordered = sorted(nodes, key=_by_name)
    for layer in layers(ordered, edges):
        yield _gather(layer)


def _take_followers(flush: UOWTransaction, plan: Plan) -> None:
    """Children of parents whose keys change are written where they are saved one by one, though it
    is the database that would change their rows (passive_updates)."""
    saved = {node.subject for node in plan.cyclic if node.kind == "save"}
    for relation in plan.active:
        if (
            relation.direction is not ONETOMANY
            or relation.post_update
            or relation.parent not in saved
            or relation.target not in saved
        ):
            continue
        work = flush.work.get(relation.parent)
        for parent in rekeyed(relation, relation.of(work.updates)) if work is not None else ():
            for child in _core.history(parent, relation.slot)[1]:
                if child is None or flush.is_deleted(child):
                    continue
                if _core.session_of(child) is flush.session:
                    flush.register_update(child)


def _is_replaced(node: Node, in_cycle: set[Any]) -> bool:
    """True for relationship nodes that are done per object: those of such parents."""
    return node.kind in ("process", "undo") and node.subject.parent in in_cycle


def _objects_of(flush: UOWTransaction, node: Node) -> list[Any]:
    work = flush.work.get(node.subject)
    if work is None:
        return []
    return work.deletes if node.kind == "delete" else [*work.new, *work.updates]


def _expand(
    flush: UOWTransaction,
    relation: RelationInfo,
    in_cycle: set[Any],
    made: Nodes,
    nodes: dict[Node, None],
    edges: set[Edge],
    expansion: dict[Node, list[Node]],
) -> None:
    """Nodes and edges of a relationship, parent by parent."""
    from .dependency import full_history, holds_other

    work = flush.work.get(relation.parent)
    if work is None:
        return
    for kind, objects in (("process", [*work.new, *work.updates]), ("undo", work.deletes)):
        parent_kind = "save" if kind == "process" else "delete"
        whole = made.get(kind, relation)
        for obj in relation.of(objects):
            if kind == "undo" and not relation.passive_deletes:
                groups = full_history(obj, relation, every=True)
            elif kind == "process" and _core.peek(obj, relation.slot) is _core.NO_VALUE:
                continue  # what waits for it to be loaded is left to the other side
            else:
                groups = _core.history(obj, relation.slot)
            if not any(groups) and not (kind == "undo" and holds_other(obj, relation)):
                continue
            step = made.get(kind, relation, obj)
            nodes[step] = None
            if whole in expansion:
                expansion[whole].append(step)
            parent = made.get(parent_kind, relation.parent, obj)
            if relation.target in in_cycle:
                children = list(_nodes_of_members(flush, relation, made, groups))
            else:
                children = [made.get(each, relation.target) for each in ("save", "delete")]
            if relation.post_update:
                edges.update(_post_update_edges(made, relation, kind, step, parent, children))
            else:
                edges.update(_object_edges(relation, kind, step, parent, children))


def _nodes_of_members(
    flush: UOWTransaction, relation: RelationInfo, made: Nodes, groups: Iterable[Iterable[Any]]
) -> Iterator[Node]:
    """The nodes that write the members of a history."""
    for member in itertools.chain.from_iterable(groups):
        if member is None:
            continue
        flags = _core.state_flags(member)
        if flags & _core.STATE_TO_DELETE:
            yield made.get("delete", relation.target, member)
        elif _takes_part(flush, member, flags):
            yield made.get("save", relation.target, member)


def _takes_part(flush: UOWTransaction, obj: Any, flags: int) -> bool:
    flush._track()
    return bool(flags & _core.STATE_NEW) or id(obj) in flush.registered


def _post_update_edges(
    made: Nodes, relation: RelationInfo, kind: str, step: Node, parent: Node, children: list[Node]
) -> Iterator[Edge]:
    holder = relation.parent if relation.direction is MANYTOONE else relation.target
    post, pre = made.get("post", holder), made.get("pre", holder)
    if kind == "process":
        yield parent, step
        yield step, post
        yield step, pre
        for child in children:
            yield (pre, child) if child.kind == "delete" else (child, step)
    else:
        yield step, pre
        yield pre, parent
        for child in children:
            yield (pre, child) if child.kind == "delete" else (child, step)


def _object_edges(
    relation: RelationInfo, kind: str, step: Node, parent: Node, children: list[Node]
) -> Iterator[Edge]:
    direction = relation.direction
    if direction is MANYTOMANY:
        yield (parent, step) if kind == "process" else (step, parent)
    elif direction is MANYTOONE:
        if kind == "process":
            yield step, parent
    elif kind == "process":
        yield parent, step
    else:
        yield step, parent
    for child in children:
        deleted = child.kind == "delete"
        if direction is MANYTOMANY:
            if kind == "undo" or deleted:
                yield step, child
            else:
                yield child, step
        elif direction is MANYTOONE:
            if kind == "process":
                if not deleted:
                    yield child, step
            elif deleted:
                yield parent, child
        elif kind == "process":
            yield step, child
        else:
            yield step, child
            yield child, parent


def _gather(layer: list[Node]) -> list[tuple[Node, list[Any] | None]]:
    """Objects of one kind and subject are done together."""
    found: dict[tuple[str, Any], tuple[Node, list[Any] | None]] = {}
    for node in layer:
        if node.obj is None:
            found[node.kind, node.subject] = (node, None)
            continue
        entry = found.setdefault((node.kind, node.subject), (node, []))
        if entry[1] is not None:
            entry[1].append(node.obj)
    return list(found.values())
