"""Declarative classes: what a class statement maps."""

import gc
import subprocess
import sys
import threading
import weakref
from typing import Annotated, Any, ClassVar, NewType

import pytest

import cormorant
from cormorant import (
    Column,
    Enum,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    _core,
    exc,
    func,
    inspect,
)
from cormorant.orm import (
    ColumnProperty,
    DeclarativeBase,
    DeclarativeBaseNoMeta,
    Mapped,
    add_mapped_attribute,
    aliased,
    as_declarative,
    column_property,
    configure_mappers,
    declarative_base,
    declared_attr,
    deferred,
    has_inherited_table,
    mapped_column,
    registry,
    relationship,
    synonym,
    synonym_for,
)
from cormorant.orm.exc import MappedAnnotationError


@pytest.fixture
def Base():
    return declarative_base()


def test_import_is_lazy():
    """Importing the package loads neither drivers nor the loading side of the ORM."""
    code = (
        "import sys, cormorant.orm; from cormorant.orm import declarative_base; "
        "print([m for m in sys.modules if m.startswith('cormorant.orm.')])"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    for module in ("session", "query", "loading", "context", "unitofwork"):
        assert f"cormorant.orm.{module}'" not in out


def test_moved_function_warns():
    from cormorant.ext import declarative

    with pytest.warns(exc.MovedIn20Warning, match=r"``declarative_base\(\)`` function is now"):
        old = declarative.declarative_base()

    class User(old):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)

    assert inspect(User).local_table is User.__table__


def test_the_core_knows_slots_in_order(Base):
    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        name = Column(String)
        posts = relationship("Post")

    class Post(Base):
        __tablename__ = "posts"
        id = Column(Integer, primary_key=True)
        user_id = Column(ForeignKey("users.id"))
        user = relationship(User, overlaps="posts")

    manager = inspect(User).class_manager
    assert manager is User.__cormorant_manager__
    assert manager.names["id"] == inspect(User).attrs.id.slot
    assert {prop.slot for prop in inspect(User).attrs} == {0, 1, 2}
    assert manager.configure is None
    assert inspect(Post).attrs.user.fk_slot == inspect(Post).attrs.user_id.slot
    assert inspect(User).primary_key_slots == (inspect(User).attrs.id.slot,)


def test_construction_configures(Base):
    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        posts = relationship("Post", back_populates="user")

    class Post(Base):
        __tablename__ = "posts"
        id = Column(Integer, primary_key=True)
        user_id = Column(ForeignKey("users.id"))
        user = relationship("User", back_populates="posts")

    assert not inspect(User).configured
    post = Post()
    user = User(posts=[post])
    assert post.user is user
    assert inspect(User).configured

    class Tag(Base):
        __tablename__ = "tags"
        id = Column(Integer, primary_key=True)
        user_id = Column(ForeignKey("users.id"))
        user = relationship("User", backref="tags")

    # the back reference of the new class is there for the next object of the old one
    tag = Tag()
    assert User(tags=[tag]).tags == [tag]
    assert tag.user.tags == [tag]


def test_configuration_from_many_threads(Base):
    classes = []
    for number in range(20):
        body = {
            "__tablename__": f"t{number}",
            "id": Column(Integer, primary_key=True),
            "other_id": Column(ForeignKey(f"t{(number + 1) % 20}.id")),
            "other": relationship(f"C{(number + 1) % 20}", backref=f"back{number}"),
        }
        classes.append(type(Base)(f"C{number}", (Base,), body))
    errors: list[BaseException] = []
    barrier = threading.Barrier(8)

    def work(start):
        try:
            barrier.wait()
            for step in range(20):
                obj = classes[(start + step) % 20]()
                assert obj.other is None
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert all(inspect(cls).configured for cls in classes)


def test_classes_can_be_collected():
    def make():
        Base = declarative_base()

        class User(Base):
            __tablename__ = "users"
            id = Column(Integer, primary_key=True)
            posts = relationship("Post", back_populates="user")

        class Post(Base):
            __tablename__ = "posts"
            id = Column(Integer, primary_key=True)
            user_id = Column(ForeignKey("users.id"))
            user = relationship("User", back_populates="posts")

        User(posts=[Post()])
        return weakref.ref(User), weakref.ref(inspect(Post))

    user, mapper = make()
    gc.collect()
    gc.collect()
    assert user() is None
    assert mapper() is None


def test_type_annotations():
    Name = Annotated[str, mapped_column(String(40), index=True)]
    Key = Annotated[int, mapped_column(primary_key=True)]
    Parent = Annotated[int, mapped_column(ForeignKey("things.id"))]
    UserId = NewType("UserId", int)

    class Base(DeclarativeBase):
        type_annotation_map = {str: Text, Annotated[str, "short"]: String(3), UserId: Integer}

    class Thing(Base):
        __tablename__ = "things"
        id: Mapped[Key]
        name: Mapped[Name]
        parent: Mapped[Parent | None]
        code: Mapped[Annotated[str, "short"]]
        text: Mapped[str]
        owner: Mapped[UserId]
        always: ClassVar[str] = "x"

    columns = Thing.__table__.c
    assert columns.id.primary_key
    assert columns.name.type.length == 40
    assert columns.name.index
    assert columns.parent.nullable
    assert [fk.target_fullname for fk in columns.parent.foreign_keys] == ["things.id"]
    assert columns.code.type.length == 3
    assert isinstance(columns.text.type, Text)
    assert isinstance(columns.owner.type, Integer)
    assert Thing.always == "x"
    assert "always" not in columns


def test_annotated_column_is_copied_for_each_class():
    Key = Annotated[int, mapped_column(primary_key=True)]

    class Base(DeclarativeBase):
        pass

    class One(Base):
        __tablename__ = "one"
        id: Mapped[Key]

    class Two(Base):
        __tablename__ = "two"
        id: Mapped[Key]

    assert One.__table__.c.id is not Two.__table__.c.id


def test_enum_and_literal():
    import enum
    from typing import Literal

    class Colour(enum.Enum):
        red = 1

    class Base(DeclarativeBase):
        pass

    class Thing(Base):
        __tablename__ = "things"
        id: Mapped[int] = mapped_column(primary_key=True)
        colour: Mapped[Colour]
        size: Mapped[Literal["s", "m"]]

    assert isinstance(Thing.__table__.c.colour.type, Enum)
    assert Thing.__table__.c.size.type.enums == ["s", "m"]


def test_unresolvable_annotation():
    class Base(DeclarativeBase):
        pass

    with pytest.raises(MappedAnnotationError, match="Could not locate"):

        class Thing(Base):
            __tablename__ = "things"
            id: Mapped[int] = mapped_column(primary_key=True)
            what: Mapped[object]


def test_base_without_metaclass():
    class Base(DeclarativeBaseNoMeta):
        pass

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)

    add_mapped_attribute(User, "name", Column(String))
    assert inspect(User).attrs.keys() == ["id", "name"]
    assert User(name="x").name == "x"


def test_as_declarative():
    @as_declarative()
    class Base:
        @declared_attr.directive
        def __tablename__(cls):
            return cls.__name__.lower()

        id = Column(Integer, primary_key=True)

    class Thing(Base):
        pass

    assert Thing.__table__.name == "thing"
    assert not has_inherited_table(Thing)


def test_registry_mapped_keeps_super():
    mapper_registry = registry()

    class Hello:
        def hello(self):
            return "hello"

    @mapper_registry.mapped
    class Thing(Hello):
        __tablename__ = "things"
        id = Column(Integer, primary_key=True)

        def hello(self):
            return super().hello() + "!"

    assert Thing(id=3).hello() == "hello!"
    assert isinstance(Thing(), Thing)


def test_map_imperatively():
    mapper_registry = registry()
    table = Table("t", mapper_registry.metadata, Column("id", Integer, primary_key=True))

    class Plain:
        pass

    class Based(_core.Entity):
        pass

    for cls in Plain, Based:
        mapper = mapper_registry.map_imperatively(cls, table)
        assert mapper.local_table is table
        assert cls(id=4).id == 4


def test_a_mixin_before_the_base_hides_no_attributes(Base):
    class Named:
        name = Column(String)

    class User(Named, Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)

    user = User(id=1, name="a")
    user.plain = 3
    assert {k: v for k, v in user.__dict__.items() if k[0] != "_"} == {
        "id": 1,
        "name": "a",
        "plain": 3,
    }


def test_a_base_that_gains_an_attribute_late(Base):
    """Slots of a base are the same in what inherits from it, whenever they were made."""

    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)

    class Manager(User):
        level = Column(Integer)

    User.late = Column(Integer)
    manager = Manager(level=1, late=2)
    assert (manager.level, manager.late) == (1, 2)
    assert User.late.property is Manager.late.property
    assert not hasattr(User(late=3), "level")


def test_clear_mappers():
    """In a process of its own, for it unmaps everything."""
    code = """
from cormorant import Column, Integer, inspect
from cormorant.orm import class_mapper, clear_mappers, declarative_base
from cormorant.orm.exc import UnmappedClassError

class User(declarative_base()):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)

clear_mappers()
assert inspect(User, raiseerr=False) is None
try:
    class_mapper(User)
except UnmappedClassError:
    print("unmapped")
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "unmapped\n"


def test_bases_related_to_each_other():
    shared = MetaData()
    One, Two = declarative_base(metadata=shared), declarative_base(metadata=shared)

    class A(One):
        __tablename__ = "a"
        id = Column(Integer, primary_key=True)

    class B(Two):
        __tablename__ = "b"
        id = Column(Integer, primary_key=True)
        a_id = Column(ForeignKey("a.id"))
        a = relationship(A, backref="bs")

    configure_mappers()
    b = B(a=A())
    assert b.a.bs == [b]


def test_property_kinds(Base):
    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        first = Column(String)
        last = Column(String)
        full = column_property(first + " " + last)
        lazy = deferred(Column(Text), group="big")
        price = mapped_column(Numeric(10, 2), deferred=True)
        nick = synonym("first")

        @synonym_for("last")
        @property
        def family(self):
            return self.last.upper()

    mapper = inspect(User)
    assert mapper.attrs.lazy.deferred
    assert mapper.attrs.lazy.group == "big"
    assert mapper.attrs.price.deferred
    user = User(first="a", last="b")
    user.nick = "c"
    assert user.first == "c"
    assert user.family == "B"
    assert str(User.family == "x") == "users.last = :last_1"
    assert mapper.synonyms.keys() == ["nick", "family"]
    assert user.full is None
    assert str(User.full.expression) == "users.first || :param_1 || users.last"


def test_mapper_collections_are_read_only(Base):
    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)

    attrs = inspect(User).attrs
    with pytest.raises(TypeError):
        attrs.id = 5
    with pytest.raises(AttributeError):
        attrs.nothing
    assert "id" in attrs
    assert len(attrs) == 1
    assert attrs["id"] is attrs.id
    assert dict(attrs.items()) == {"id": attrs.id}


def test_unmapped_column(Base):
    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)

    other = Table("others", Base.metadata, Column("id", Integer))
    with pytest.raises(cormorant.orm.exc.UnmappedColumnError):
        inspect(User).get_property_by_column(other.c.id)


def test_plain_attributes_stay_plain(Base):
    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        limit = 5
        things: ClassVar[list[Any]] = []

        @property
        def double(self):
            return self.id * 2

    assert User.limit == 5
    user = User(id=4)
    user.extra = "kept"
    assert user.double == 8
    assert user.extra == "kept"
    assert repr(user).startswith("<")
    assert "object at 0x" in repr(user)


def test_comparator_factory(Base):
    class Lower(ColumnProperty.Comparator):
        def __eq__(self, other):
            return func.lower(self.__clause_element__()) == func.lower(other)

    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        name = column_property(Column("name", String), comparator_factory=Lower)

    assert str(User.name == "X") == "lower(users.name) = lower(:lower_1)"
    assert str(aliased(User).name == "X") == "lower(users_1.name) = lower(:lower_1)"
    assert str(User.name.like("a")) == "users.name LIKE :name_1"


def test_bases_have_objects_too(Base):
    class Typed(DeclarativeBase):
        pass

    for base in (Base, Typed):
        assert repr(base()).startswith("<")
        with pytest.raises(TypeError, match="'x' is an invalid keyword argument"):
            base(x=1)


def test_constructors():
    def constructor(self, *args):
        self.args = args

    class Loud:
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.loud = True

    Custom, Mixed = (
        declarative_base(constructor=constructor),
        declarative_base(cls=Loud, constructor=None),
    )

    class A(Custom):
        __tablename__ = "a"
        id = Column(Integer, primary_key=True)

    class B(Mixed):
        __tablename__ = "b"
        id = Column(Integer, primary_key=True)

    assert A(4, 5).args == (4, 5)
    assert B(id=3).loud
