"""Random mappings: what test_random_models.py runs its random sessions on.

A mapping is data, made of a random number and the same for both packages: `Mapping.random()`
makes it, `build()` the classes of a package. What a field has by default is what a class or a
relationship has that says nothing, so that a mapping can be reduced field by field.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any


@dataclass
class ColumnSpec:
    """A column that is no key. `n` is a number, `name` a text; all classes have these two."""

    name: str
    text: bool = False
    default: str = ""
    onupdate: str = ""
    nullable: bool = True
    deferred: bool = False
    active_history: bool = False


@dataclass
class ClassSpec:
    """A class; `key` says what its primary key is, `base` and `how` what it inherits."""

    name: str
    key: str = "int"
    base: str = ""
    how: str = ""
    columns: list[ColumnSpec] = field(default_factory=list)
    version: str = ""
    eager_defaults: Any = "auto"
    expression: bool = False
    batch: bool = True


@dataclass
class SideSpec:
    """One of the two attributes of a relationship."""

    cascade: str | None = None
    passive_deletes: Any = False
    passive_updates: bool = True
    single_parent: bool = False
    post_update: bool = False
    viewonly: bool = False
    order_by: bool = False
    collection: str = "list"
    lazy: str = "select"
    active_history: bool = False


@dataclass
class RelationSpec:
    """A relationship: `parent` is the class that is referred to, or one of a many-to-many.

    `parent` has the attribute `r<number>`, `child` the attribute `q<number>`, if there is one.
    `link`: back_populates, backref, or nothing.
    """

    number: int
    kind: str
    parent: str
    child: str
    forward: SideSpec | None
    backward: SideSpec | None
    link: str = ""
    nullable: bool = True
    identifying: bool = False
    ondelete: str | None = None
    onupdate: str | None = None


class _Dice(random.Random):
    def chance(self, likelihood: float) -> bool:
        return self.random() < likelihood


_CASCADES = (
    *(None, None, None, "all", "all", "all, delete-orphan", "all, delete-orphan", "save-update"),
    *("merge", "save-update, merge, delete", "save-update, delete", "delete", "", "merge, expunge"),
    *("save-update, merge, refresh-expire", "save-update, delete-orphan, delete"),
)


def _columns(dice: _Dice, prefix: str, amount: int) -> list[ColumnSpec]:
    made = []
    for number in range(amount):
        column = ColumnSpec(f"{prefix}{number}", text=dice.chance(0.3))
        if dice.chance(0.5):
            column.default = dice.choice(("python", "call", "sql", "server", "server", "computed"))
        if column.default != "computed":
            if dice.chance(0.25):
                column.onupdate = dice.choice(("python", "call", "sql", "fetched"))
            column.nullable = dice.chance(0.9) or not column.default
        column.deferred = dice.chance(0.15)
        column.active_history = dice.chance(0.1)
        made.append(column)
    return made


def _side(dice: _Dice, many: bool, toward_one: bool) -> SideSpec:
    side = SideSpec()
    side.cascade = dice.choice(_CASCADES) if not toward_one or dice.chance(0.3) else None
    orphans = side.cascade is not None and "orphan" in side.cascade
    side.single_parent = (toward_one or dice.chance(0.1)) and orphans
    if not toward_one and dice.chance(0.25):
        deletes = side.cascade is not None and ("delete" in side.cascade or "all" in side.cascade)
        side.passive_deletes = True if deletes else dice.choice((True, "all"))
    side.passive_updates = dice.chance(0.75)
    side.post_update = dice.chance(0.1)
    side.active_history = dice.chance(0.1) and not toward_one
    if many:
        side.collection = dice.choice(("list", "list", "list", "set", "dict"))
        side.order_by = dice.chance(0.7)
    if dice.chance(0.1):
        side.lazy = "raise_on_sql"
    return side


@dataclass
class Mapping:
    """Classes and the relationships between them."""

    classes: list[ClassSpec]
    relations: list[RelationSpec]
    enforced: bool = False

    @classmethod
    def random(cls, seed: int) -> Mapping:
        dice = _Dice(seed)
        classes: list[ClassSpec] = []
        for name in "ABCDE"[: dice.choice((2, 2, 3, 3, 4, 5))]:
            made = ClassSpec(name)
            roots = [c for c in classes if not c.base]
            if roots and dice.chance(0.25):
                made.base = dice.choice(roots).name
                made.how = dice.choice(("single", "joined", "joined", "concrete"))
                made.columns = _columns(dice, name.lower(), dice.randrange(2))
                for column in made.columns if made.how == "single" else ():
                    # SQLAlchemy reads what the server fills of these by another statement
                    if column.default in ("sql", "server", "computed"):
                        column.default = "call"
                    if column.onupdate in ("sql", "fetched"):
                        column.onupdate = "call"
            else:
                kinds = ("int", "int", "int", "int", "natural", "composite", "call", "dependent")
                made.key = dice.choice(kinds if classes else kinds[:-1])
                made.columns = _columns(dice, name.lower(), dice.randrange(3))
                if dice.chance(0.2):
                    made.version = dice.choice(("counter", "counter", "generated", "manual"))
                made.expression = dice.chance(0.15)
            made.eager_defaults = dice.choice(("auto", "auto", "auto", True, False))
            made.batch = dice.chance(0.95)
            classes.append(made)
        relations: list[RelationSpec] = []
        numbers = itertools.count()
        for made in classes:
            if made.key == "dependent" and not made.base:
                fitting = [c for c in classes[: classes.index(made)] if c.how != "concrete"]
                for _ in range(dice.choice((1, 1, 2))):
                    parent = dice.choice(fitting)
                    relation = cls._relation(dice, next(numbers), parent, made)
                    relation.kind, relation.identifying = "one-many", True
                    relations.append(relation)
        for _ in range(dice.choice((1, 2, 2, 3, 3, 4))):
            parent, child = dice.choice(classes), dice.choice(classes)
            relations.append(cls._relation(dice, next(numbers), parent, child))
        for relation in relations:
            versioned = next(c for c in classes if c.name == relation.child)
            versioned = next((c for c in classes if c.name == versioned.base), versioned)
            if versioned.version == "manual":
                # SQLAlchemy refuses to write several rows so, of which it reads the versions
                for side in (relation.forward, relation.backward):
                    if side is not None:
                        side.post_update = False
        return cls(classes, relations, enforced=dice.chance(0.4))

    @staticmethod
    def _relation(dice: _Dice, number: int, parent: ClassSpec, child: ClassSpec) -> RelationSpec:
        kind = dice.choice(("one-many", "one-many", "one-many", "many-many", "one-one"))
        forward = _side(dice, kind != "one-one", False)
        backward = _side(dice, kind == "many-many", kind != "many-many")
        link = dice.choice(("back_populates", "back_populates", "back_populates", "backref", ""))
        relation = RelationSpec(number, kind, parent.name, child.name, forward, backward, link)
        if dice.chance(0.25):
            relation.link = ""
            if dice.chance(0.5):
                relation.forward = None
            else:
                relation.backward = None
        elif relation.link == "" and dice.chance(0.7):
            dice.choice((forward, backward)).viewonly = True
        relation.nullable = dice.chance(0.85) or child.how == "single"
        relation.ondelete = dice.choice((None, None, "CASCADE", "SET NULL"))
        relation.onupdate = dice.choice((None, "CASCADE"))
        return relation

    # -- what follows of the specifications

    def named(self, name: str) -> ClassSpec:
        return next(c for c in self.classes if c.name == name)

    def root(self, spec: ClassSpec) -> ClassSpec:
        return self.named(spec.base) if spec.base else spec

    def key(self, spec: ClassSpec) -> list[tuple[str, bool]]:
        """Names of the columns of the primary key, and whether each is a text."""
        spec = self.root(spec)
        if spec.key == "natural":
            return [("code", True)]
        if spec.key == "composite":
            return [("x", False), ("y", False)]
        if spec.key == "dependent":
            found = []
            parents = [r for r in self.relations if r.child == spec.name and r.identifying]
            for relation in parents:
                for name, text in self.key(self.named(relation.parent)):
                    found.append((f"k{relation.number}_{name}", text))
            return found if len(parents) > 1 else [*found, ("num", False)]
        return [("id", False)]

    def relations_of(self, spec: ClassSpec) -> list[tuple[str, str, SideSpec, RelationSpec]]:
        """The attributes of a class that are relationships: name, target, side."""
        names = {spec.name}
        if spec.base and spec.how != "concrete":
            names.add(spec.base)
        found = []
        for relation in self.relations:
            if relation.parent in names and relation.forward is not None:
                found.append((f"r{relation.number}", relation.child, relation.forward, relation))
            if relation.child in names and relation.backward is not None:
                found.append((f"q{relation.number}", relation.parent, relation.backward, relation))
        return found

    def columns_of(self, spec: ClassSpec) -> list[ColumnSpec]:
        inherited = self.named(spec.base).columns if spec.base else []
        return [*inherited, *spec.columns]

    def kinds_of(self, name: str) -> list[str]:
        """A class and those below it."""
        return [name, *(c.name for c in self.classes if c.base == name and c.how != "concrete")]


class _Builder:
    """Makes the classes of a mapping in one package."""

    def __init__(self, sa: Any, orm: Any, mapping: Mapping) -> None:
        self.sa, self.orm, self.mapping = sa, orm, mapping
        self.base: Any = orm.declarative_base()
        self.made: dict[str, Any] = {}

    def column(self, spec: ColumnSpec) -> Any:
        sa = self.sa
        options: dict[str, Any] = {}
        args: list[Any] = []
        value: Any = "d" if spec.text else 3
        if spec.default == "python":
            options["default"] = value
        elif spec.default == "call":
            options["default"] = lambda: value
        elif spec.default == "sql":
            options["default"] = sa.literal_column("'l'" if spec.text else "1 + 1")
        elif spec.default == "server":
            options["server_default"] = "s" if spec.text else "5"
        elif spec.default == "computed":
            args.append(sa.Computed("name || 'c'" if spec.text else "n + 1", persisted=True))
        changed: Any = "u" if spec.text else 8
        if spec.onupdate == "python":
            options["onupdate"] = changed
        elif spec.onupdate == "call":
            options["onupdate"] = lambda: changed
        elif spec.onupdate == "sql":
            options["onupdate"] = sa.literal_column("'w'" if spec.text else "4 + 5")
        elif spec.onupdate == "fetched":
            options["server_onupdate"] = sa.FetchedValue()
        if spec.deferred:
            options["deferred"] = True
        if spec.active_history:
            options["active_history"] = True
        kind = sa.String(20) if spec.text else sa.Integer
        return self.orm.mapped_column(kind, *args, nullable=spec.nullable, **options)

    def key_columns(self, spec: ClassSpec) -> dict[str, Any]:
        """Those that no relationship brings."""
        sa, column = self.sa, self.orm.mapped_column
        made = {}
        count = itertools.count(100)  # of each table: which is written first is up to a set
        for name, text in self.mapping.key(spec):
            if name.startswith("k"):
                continue
            options: dict[str, Any] = {"autoincrement": False} if name in ("x", "y", "num") else {}
            if spec.key == "call":
                options["default"] = lambda: next(count)
            made[name] = column(sa.String(20) if text else sa.Integer, primary_key=True, **options)
        return made

    def foreign_key(self, relation: RelationSpec) -> tuple[dict[str, Any], Any]:
        sa = self.sa
        parent = self.mapping.named(relation.parent)
        table = (self.mapping.root(parent) if parent.how == "single" else parent).name.lower()
        key = self.mapping.key(parent)
        letter = "k" if relation.identifying else "f"
        names = [f"{letter}{relation.number}_{name}" for name, _ in key]
        made = {
            own: self.orm.mapped_column(
                sa.String(20) if text else sa.Integer,
                nullable=relation.nullable and not relation.identifying,
                primary_key=relation.identifying,
                **({"autoincrement": False} if relation.identifying else {}),
            )
            for own, (_, text) in zip(names, key, strict=True)
        }
        constraint = sa.ForeignKeyConstraint(
            names,
            [f"{table}.{name}" for name, _ in key],
            name=f"fk{relation.number}",
            ondelete=relation.ondelete,
            onupdate=relation.onupdate,
        )
        return made, constraint

    def side(self, relation: RelationSpec, side: SideSpec, forward: bool) -> Any:
        return self.orm.relationship(
            relation.child if forward else relation.parent, **self.options(relation, side, forward)
        )

    def options(self, relation: RelationSpec, side: SideSpec, forward: bool) -> dict[str, Any]:
        options = self.alone(side)
        parent, child = self.mapping.named(relation.parent), self.mapping.named(relation.child)
        target = child if forward else parent
        if relation.kind == "many-many":
            options["secondary"] = f"link{relation.number}"
            if parent.name == child.name:
                near, far = ("a_", "b_") if forward else ("b_", "a_")
                for join, letter in (("primaryjoin", near), ("secondaryjoin", far)):
                    options[join] = self.joined(relation, parent, letter)
        else:
            letter = "k" if relation.identifying else "f"
            names = [f"{letter}{relation.number}_{name}" for name, _ in self.mapping.key(parent)]
            options["foreign_keys"] = f"[{', '.join(f'{child.name}.{n}' for n in names)}]"
            pairs = [
                f"{parent.name}.{name} == {child.name}.{own}"
                for (name, _), own in zip(self.mapping.key(parent), names, strict=True)
            ]
            options["primaryjoin"] = f"and_({', '.join(pairs)})"
            if self.mapping.root(parent) is self.mapping.root(child):
                names = names if forward else [name for name, _ in self.mapping.key(parent)]
                remote = child.name if forward else parent.name
                options["remote_side"] = f"[{', '.join(f'{remote}.{n}' for n in names)}]"
            if forward and relation.kind == "one-one":
                options["uselist"] = False
        if side.order_by:
            ordered = ", ".join(f"{target.name}.{name}" for name, _ in self.mapping.key(target))
            options["order_by"] = f"[{ordered}]"
        if relation.forward is not None and relation.backward is not None:
            other = f"{'q' if forward else 'r'}{relation.number}"
            if relation.link == "back_populates":
                options["back_populates"] = other
            elif relation.link == "backref" and forward:
                # it has the joins of this one turned round
                back = self.alone(relation.backward)
                if relation.backward.order_by:
                    key = self.mapping.key(parent)
                    back["order_by"] = [f"{parent.name}.{name}" for name, _ in key]
                    back["order_by"] = f"[{', '.join(back['order_by'])}]"
                if "remote_side" in options:
                    names = [f"{parent.name}.{name}" for name, _ in self.mapping.key(parent)]
                    back["remote_side"] = f"[{', '.join(names)}]"
                options["backref"] = self.orm.backref(other, **back)
        return options

    def alone(self, side: SideSpec) -> dict[str, Any]:
        """The arguments that say nothing of the other side."""
        options: dict[str, Any] = {}
        plain = SideSpec()
        for name in ("cascade", "passive_deletes", "passive_updates", "single_parent"):
            if getattr(side, name) != getattr(plain, name):
                options[name] = getattr(side, name)
        for name in ("post_update", "viewonly", "lazy", "active_history"):
            if getattr(side, name) != getattr(plain, name):
                options[name] = getattr(side, name)
        if side.viewonly:
            for name in ("cascade", "passive_deletes", "passive_updates", "post_update"):
                options.pop(name, None)
            for name in ("single_parent", "active_history"):
                options.pop(name, None)
        if side.collection == "set":
            options["collection_class"] = set
        elif side.collection == "dict":
            options["collection_class"] = self.orm.attribute_keyed_dict("name")
        return options

    def joined(self, relation: RelationSpec, spec: ClassSpec, letter: str) -> str:
        table = f"link{relation.number}"
        pairs = [
            f"{spec.name}.{name} == {table}.c.{letter}{name}" for name, _ in self.mapping.key(spec)
        ]
        return f"and_({', '.join(pairs)})"

    def association(self, relation: RelationSpec) -> None:
        sa = self.sa
        columns: list[Any] = []
        for letter, name in (("a_", relation.parent), ("b_", relation.child)):
            spec = self.mapping.named(name)
            table = (self.mapping.root(spec) if spec.how == "single" else spec).name.lower()
            key = self.mapping.key(spec)
            for column, text in key:
                kind = sa.String(20) if text else sa.Integer
                columns.append(
                    sa.Column(f"{letter}{column}", kind, primary_key=True, autoincrement=False)
                )
            columns.append(
                sa.ForeignKeyConstraint(
                    [f"{letter}{column}" for column, _ in key],
                    [f"{table}.{column}" for column, _ in key],
                    ondelete=relation.ondelete,
                    onupdate=relation.onupdate,
                )
            )
        sa.Table(f"link{relation.number}", self.base.metadata, *columns)

    def cls(self, spec: ClassSpec) -> None:
        sa, orm, mapping = self.sa, self.orm, self.mapping
        inherits = bool(spec.base) and spec.how != "concrete"
        own: dict[str, Any] = {}
        args: dict[str, Any] = {}
        constraints: list[Any] = []
        if spec.how != "single":
            own["__tablename__"] = spec.name.lower()
        if not inherits:
            own.update(self.key_columns(mapping.root(spec)))
            own["name"] = orm.mapped_column(sa.String(20))
            own["n"] = orm.mapped_column(sa.Integer)
            if spec.base:
                for column in mapping.named(spec.base).columns:
                    own[column.name] = self.column(column)
        elif spec.how == "joined":
            base = self.made[spec.base]
            names = [name for name, _ in mapping.key(spec)]
            for name, text in mapping.key(spec):
                kind = sa.String(20) if text else sa.Integer
                own[name] = orm.mapped_column(kind, primary_key=True, autoincrement=False)
            table = spec.base.lower()
            constraints.append(
                sa.ForeignKeyConstraint(
                    names, [f"{table}.{name}" for name in names], onupdate="CASCADE"
                )
            )
            pairs = [own[name].column == base.__table__.c[name] for name in names]
            args["inherit_condition"] = sa.and_(*pairs)
        for column in spec.columns:
            own[column.name] = self.column(column)
        for relation in mapping.relations:
            owners = {spec.name}
            if spec.how == "concrete" and relation.identifying:
                owners.add(spec.base)
            if relation.child in owners and relation.kind != "many-many":
                made, constraint = self.foreign_key(relation)
                own.update(made)
                if spec.name == relation.child:
                    constraints.append(constraint)
            if relation.parent == spec.name and relation.forward is not None:
                own[f"r{relation.number}"] = self.side(relation, relation.forward, True)
            ours = relation.child == spec.name and relation.backward is not None
            if ours and not (relation.link == "backref" and relation.forward is not None):
                assert relation.backward is not None
                own[f"q{relation.number}"] = self.side(relation, relation.backward, False)
        if spec.how == "concrete":
            args["concrete"] = True
        elif inherits:
            args["polymorphic_identity"] = spec.name
        elif len(mapping.kinds_of(spec.name)) > 1:
            own["kind"] = orm.mapped_column(sa.String(5))
            args.update(polymorphic_on="kind", polymorphic_identity=spec.name)
        if spec.version:
            options = {"server_default": "1"} if spec.version == "manual" else {}
            own["version"] = orm.mapped_column(sa.Integer, nullable=False, **options)
            args["version_id_col"] = own["version"]
            if spec.version == "generated":
                args["version_id_generator"] = lambda version: (version or 0) + 10
            elif spec.version == "manual":
                args["version_id_generator"] = False
        if spec.eager_defaults != "auto":
            args["eager_defaults"] = spec.eager_defaults
        if not spec.batch:
            args["batch"] = False
        if args:
            own["__mapper_args__"] = args
        if constraints and spec.how != "single":
            own["__table_args__"] = tuple(constraints)
        bases = (self.made[spec.base],) if spec.base else (self.base,)
        made = self.made[spec.name] = type(spec.name, bases, own)
        if spec.how == "single":
            for constraint in constraints:  # there is no place for it in such a class
                made.__table__.append_constraint(constraint)
        if spec.expression:
            made.more = orm.column_property(made.__table__.c.n + 1)


def build(sa: Any, orm: Any, mapping: Mapping) -> SimpleNamespace:
    """The classes of a mapping in a package, configured."""
    builder = _Builder(sa, orm, mapping)
    try:
        for relation in mapping.relations:
            if relation.kind == "many-many":
                builder.association(relation)
        for spec in mapping.classes:
            builder.cls(spec)
        builder.base.registry.configure()
    except BaseException:
        builder.base.registry.dispose()
        raise
    return SimpleNamespace(base=builder.base, classes=builder.made)
