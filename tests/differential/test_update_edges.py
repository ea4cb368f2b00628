"""What UPDATEs read back and fill, and in which order keys are written."""

from __future__ import annotations

import enum
from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


@program
def server_versions(p: Any) -> None:
    class Versioned(p.Base):
        __tablename__ = "version_table"
        id = p.Column(p.Integer, primary_key=True)
        version_id = p.Column(p.Integer, nullable=False, server_default="1")
        value = p.Column(p.String)
        __mapper_args__ = {
            "version_id_col": version_id,
            "version_id_generator": False,
            "eager_defaults": True,
        }

    s = p.session()
    a, b = Versioned(value="a"), Versioned(value="b")
    s.add(a)
    s.flush()
    s.add(b)
    s.flush()
    p.show(a.version_id, b.version_id)
    a.value = "a2"
    a.version_id = 2
    s.flush()
    s.commit()
    a.value = "a3"
    a.version_id = p.literal(1) + 2
    s.flush()
    p.show(a.version_id)
    b.value = "b2"
    b.version_id = 7
    a.value = "a4"
    a.version_id = 8
    s.flush()
    s.execute(p.text("update version_table set version_id=20"))
    a.value = "a5"
    p.error(s.flush)
    s.rollback()
    s.delete(a)
    s.flush()
    s.commit()


@program
def sql_versions(p: Any) -> None:
    class Versioned(p.Base):
        __tablename__ = "version_table"
        id = p.Column(p.Integer, primary_key=True)
        version_id = p.Column(p.Integer, nullable=False, default=p.text("1"), onupdate=p.text("2"))
        value = p.Column(p.String)
        __mapper_args__ = {"version_id_col": version_id, "version_id_generator": False}

    s = p.session()
    a = Versioned(value="a")
    s.add(a)
    s.flush()
    p.show(a.version_id)
    s.add_all([Versioned(value="b"), Versioned(value="c")])
    s.flush()
    a.value = "x"
    s.flush()
    p.show(a.version_id)
    s.commit()
    s.delete(a)
    s.flush()


@program
def post_update_with_onupdate(p: Any) -> None:
    made = [0]

    def make() -> int:
        made[0] += 1
        return made[0]

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        favorite_b_id = p.Column(p.ForeignKey("b.id", name="fav", use_alter=True))
        bs = p.relationship("B", primaryjoin="A.id == B.a_id")
        favorite_b = p.relationship("B", primaryjoin="A.favorite_b_id == B.id", post_update=True)
        updated = p.Column(p.Integer, onupdate=make)
        updated_db = p.Column(p.Integer, onupdate=p.text("3 + 4"))

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        a_id = p.Column(p.ForeignKey("a.id", name="a_fk"))

    s = p.session()
    a1, b1 = A(), B()
    a1.bs.append(b1)
    a1.favorite_b = b1
    s.add(a1)
    s.flush()
    p.show(a1.updated, made)
    a1.favorite_b = None
    a1.updated = 5
    s.flush()
    p.show(a1.updated)
    a1.favorite_b = b1
    s.flush()
    p.show(a1.updated)
    s.commit()
    p.show(a1.updated)
    s.delete(a1)
    s.flush()
    p.show(made, "updated" in a1.__dict__)


@program
def synonyms_as_properties(p: Any) -> None:
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

        def _get_name(self) -> Any:
            return "User:" + self.name

        def _set_name(self, name: Any) -> None:
            self.name = name + ":User"

        syn_name = p.synonym("name", descriptor=property(_get_name, _set_name))

    s = p.session()
    u = User(syn_name="some name")
    p.show(u.syn_name, u.name)
    s.add(u)
    s.flush()
    u.syn_name = "other"
    s.commit()
    p.show(u.syn_name)


@program
def unsortable_keys(p: Any) -> None:
    class E(enum.Enum):
        one = 1
        two = 2

    class T(p.Base):
        __tablename__ = "t"
        id = p.Column(p.Enum(E), primary_key=True)
        data = p.Column(p.String)

    s = p.session()
    a, b = T(id=E.one, data="a"), T(id=E.two, data="b")
    s.add_all([a, b])
    s.flush()
    s.commit()
    a.data, b.data = "c", "d"
    p.error(s.flush)
    s.rollback()
    s.delete(a)
    s.delete(b)
    p.error(s.flush)


@pytest.mark.parametrize("run", program.registered)
def test_programs(run: Any) -> None:
    compare(run)
