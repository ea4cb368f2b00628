"""Point 8: what echo=True prints."""

import re

from ..differential.harness import normalise


def program(p):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

    engine = p.engine(echo=True)
    p.Base.metadata.create_all(engine)
    with p.Session(engine) as session:
        session.add(User(name="one"))
        session.commit()
        session.add_all([User(name="two"), User(name="three")])
        session.commit()
        session.query(User).filter(User.name.in_(["one", "two"])).all()
        session.query(User).filter(User.name.in_(["one"])).all()
        session.execute(p.text("SELECT :x"), {"x": "y" * 2000})
        session.rollback()
    with engine.begin() as connection:
        connection.execute(User.__table__.insert(), [{"name": str(n)} for n in range(30)])
        connection.exec_driver_sql("SELECT 1")


def test_echo_prints_what_sqlalchemy_prints(capsys):
    from ..differential.harness import PACKAGES, Outcome, Peer

    printed = {}
    for package in PACKAGES:
        peer = Peer(package, Outcome())
        try:
            program(peer)
        finally:
            peer.close()
        text = capsys.readouterr().out
        text = re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ", "STAMP ", text, flags=re.M)
        text = re.sub(r"\[(generated in|cached since) \S+s", r"[\1 Ts", text)
        printed[package] = normalise(text).splitlines()
    assert any(
        line.startswith("STAMP INFO PKG.engine.Engine SELECT") for line in printed["sqlalchemy"]
    )
    assert printed["cormorant"] == printed["sqlalchemy"]
