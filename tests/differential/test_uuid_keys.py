"""UUIDs as keys: objects are found, sorted, related and written by them as by SQLAlchemy, whatever
class or text they come in."""

from __future__ import annotations

import pickle
import uuid
import weakref
from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()
in_files = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_uuid_keys(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


@pytest.mark.sqlite_only
@pytest.mark.parametrize("run", in_files.registered)
def test_uuids_in_files(run: Any) -> None:
    peer, _ = compare(run)
    assert peer.error is None


def number(n: int) -> uuid.UUID:
    """UUIDs whose order is not that in which they are made."""
    return uuid.UUID(int=n * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128))


class OwnUUID(uuid.UUID):
    """As drivers have classes of their own."""


def owners(p: Any) -> Any:
    class Owner(p.Base):
        __tablename__ = "owner"
        id = p.Column(p.Uuid, primary_key=True)
        name = p.Column(p.String)
        parts = p.relationship("Part", back_populates="owner", order_by="Part.name")

    class Part(p.Base):
        __tablename__ = "part"
        id = p.Column(p.Uuid, primary_key=True)
        name = p.Column(p.String)
        owner_id = p.Column(p.ForeignKey("owner.id"))
        owner = p.relationship("Owner", back_populates="parts")

    s = p.session()
    s.add_all([Owner(id=number(n), name=f"o{n}") for n in range(1, 6)])
    s.flush()
    s.add_all([Part(id=number(n), name=f"p{n}", owner_id=number(n % 4 + 1)) for n in range(10, 24)])
    s.commit()
    return Owner, Part, s


@program
def objects_by_key(p: Any) -> None:
    Owner, _, s = owners(p)
    found = s.query(Owner).order_by(Owner.name).all()
    p.show([(type(obj.id) is uuid.UUID, obj.id, str(obj.id), obj.id.is_safe) for obj in found])
    p.show([s.get(Owner, obj.id) is obj for obj in found])
    p.show(s.get(Owner, uuid.UUID(str(found[0].id))) is found[0])
    p.show(s.get(Owner, OwnUUID(int=found[1].id.int)) is found[1])
    p.show(s.get(Owner, number(99)))
    p.show([hash(obj.id) == hash(uuid.UUID(int=obj.id.int)) for obj in found])
    p.show([p.inspect(obj).identity for obj in found])
    p.show(sorted(obj.id for obj in found))
    s.expire_all()
    p.show([obj.name for obj in found])
    again = s.query(Owner).order_by(Owner.name).all()
    p.show([a is b for a, b in zip(found, again, strict=True)])
    p.show([weakref.ref(obj.id)() is obj.id for obj in found])
    p.show(pickle.loads(pickle.dumps(found[0].id)) == found[0].id)
    key = found[0].id
    del found, again
    s.expunge_all()
    p.show(s.get(Owner, key).id == key)


@program
def related_objects(p: Any) -> None:
    Owner, Part, s = owners(p)
    for option in (p.joinedload, p.selectinload, p.subqueryload, p.immediateload, p.lazyload):
        s.expunge_all()
        loaded = s.query(Owner).options(option(Owner.parts)).order_by(Owner.name)
        p.show([(obj.name, [part.name for part in obj.parts]) for obj in loaded])
        s.expunge_all()
        loaded = s.query(Part).options(option(Part.owner)).order_by(Part.name)
        p.show([(part.name, part.owner.name, part.owner_id) for part in loaded])


@program
def changes_in_the_order_of_keys(p: Any) -> None:
    Owner, Part, s = owners(p)
    for part in s.query(Part).order_by(Part.name):
        part.name += "x" * (part.id.int % 3)
    s.flush()
    first, second = s.query(Owner).order_by(Owner.name).limit(2)
    for part in list(first.parts):
        second.parts.append(part)
    s.flush()
    p.show([(part.name, part.owner_id) for part in s.query(Part).order_by(Part.name)])
    for part in list(second.parts):
        s.delete(part)
    s.commit()
    p.show(s.query(Part).count())
    s.merge(Owner(id=number(1), name="merged"))
    s.merge(Owner(id=number(77), name="new"))
    s.commit()
    p.show(s.query(Owner.id, Owner.name).order_by(Owner.name).all())


@program
def keys_of_several(p: Any) -> None:
    class Entry(p.Base):
        __tablename__ = "entry"
        a = p.Column(p.Uuid, primary_key=True)
        b = p.Column(p.Integer, primary_key=True, autoincrement=False)
        text = p.Column(p.String)
        up_a = p.Column(p.Uuid)
        up_b = p.Column(p.Integer)
        __table_args__ = (p.ForeignKeyConstraint(["up_a", "up_b"], ["entry.a", "entry.b"]),)
        up = p.relationship("Entry", remote_side=[a, b], backref="down")

    s = p.session()
    top = [Entry(a=number(n), b=n, text=f"top {n}") for n in range(3)]
    s.add_all([Entry(a=number(n), b=0, text=str(n), up=top[n % 3]) for n in range(3, 9)])
    s.commit()
    held = s.query(Entry).order_by(Entry.text).all()
    p.show([s.get(Entry, (obj.a, obj.b)) is obj for obj in held])
    p.show(s.get(Entry, (OwnUUID(int=held[0].a.int), held[0].b)) is held[0])
    p.show(s.get(Entry, (number(3), 7)))
    s.expunge_all()
    query = s.query(Entry).order_by(Entry.text)
    held = query.options(p.selectinload(Entry.down)).all()
    p.show([(entry.text, len(entry.down)) for entry in held])
    s.expunge_all()
    held = query.options(p.selectinload(Entry.up)).all()
    p.show([(entry.text, entry.up and entry.up.text) for entry in held])
    for entry in held:
        entry.text += "!"
    s.flush()
    del held, entry
    s.expunge_all()
    p.show(s.query(Entry).count())


@program
def keys_of_a_class_of_their_own(p: Any) -> None:
    Owner, Part, s = owners(p)
    own = OwnUUID(int=123456)
    s.add(Owner(id=own, name="own"))
    s.add_all([Part(id=OwnUUID(int=n), name=f"part {n}", owner_id=own) for n in range(3)])
    s.flush()
    held = s.query(Owner).filter_by(name="own").options(p.selectinload(Owner.parts)).one()
    p.show(type(held.id).__name__, [part.name for part in held.parts])
    parts = s.query(Part).filter_by(owner_id=own).options(p.selectinload(Part.owner)).all()
    p.show([part.owner is held for part in parts], s.get(Owner, uuid.UUID(int=123456)) is held)
    for part in parts:
        part.name += "!"
    s.commit()
    p.show(type(held.id).__name__, held.id == own)


@program
def keys_as_text(p: Any) -> None:
    class Named(p.Base):
        __tablename__ = "named"
        id = p.Column(p.Uuid(as_uuid=False), primary_key=True)
        name = p.Column(p.String)

    s = p.session()
    s.add_all([Named(id=str(number(n)), name=str(n)) for n in range(4)])
    s.commit()
    found = s.query(Named).order_by(Named.name).all()
    p.show([(obj.id, s.get(Named, obj.id) is obj) for obj in found])
    s.expunge_all()
    p.show(s.get(Named, str(number(2))).name)


@program
def what_is_no_uuid(p: Any) -> None:
    Owner, _, s = owners(p)
    for value in ("x", 5, object):
        try:
            s.add(Owner(id=value))
            s.flush()
        except Exception as error:
            p.show(type(error).__name__)
        s.rollback()


@in_files
def texts_that_the_file_holds(p: Any) -> None:
    class Named(p.Base):
        __tablename__ = "named"
        id = p.Column(p.Integer, primary_key=True)
        key = p.Column(p.Uuid)
        text = p.Column(p.Uuid(as_uuid=False))

    s = p.session()
    plain = number(5)
    forms = [plain.hex, str(plain), plain.hex.upper(), f"{{{plain}}}", plain.urn, f"{plain}"[:-1]]
    forms += [
        "",
        "x" * 32,
        "1" * 33,
        "-" * 36,
        "0" * 35 + "-",
        "\uff11" * 32,
        "+" + "1" * 31,
        "1_" * 16,
    ]
    for n, form in enumerate(forms):
        values = {"n": n + 1, "form": form}
        s.execute(p.text("INSERT INTO named VALUES (:n, :form, :form)"), values)
    for n in range(len(forms)):
        for column in (Named.key, Named.text):
            try:
                p.show(s.scalar(p.select(column).where(Named.id == n + 1)))
            except ValueError as error:
                p.show(type(error), str(error))
