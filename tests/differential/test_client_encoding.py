"""Programs that change the encoding of their connection: texts are what they were all the same.

psycopg is the peer: psycopg2 does not see what SQL sets, and stores other texts.
"""

from __future__ import annotations

from typing import Any

import pytest

from .. import postgres
from . import harness
from .harness import Peer, Programs

pytestmark = pytest.mark.skipif(postgres.scratch() is None, reason="no PostgreSQL server")

program = Programs()
OTHER = "SET client_encoding TO LATIN1"


@pytest.mark.parametrize("function", program.registered)
def test_client_encoding(function: Any) -> None:
    def on(p: Peer) -> None:
        function(p, p.engine(f"postgresql+psycopg:{postgres.scratch()}"))

    with harness.on_database("postgresql"):
        harness.compare(on, sql=False)


@program
def statements(p: Peer, engine: Any) -> None:
    with engine.connect() as conn:
        conn.execute(p.text("CREATE TEMP TABLE words (word text)"))
        conn.execute(p.text(OTHER))
        conn.execute(p.text("INSERT INTO words VALUES (:word)"), {"word": "é"})
        conn.execute(p.text("INSERT INTO words VALUES ('ü')"))
        conn.execute(p.text(OTHER))
        conn.execute(p.text("INSERT INTO words VALUES (:word)"), [{"word": "ä"}, {"word": "ö"}])
        conn.execute(p.text(OTHER))
        p.show(conn.scalars(p.text("SELECT word || ' ß' FROM words ORDER BY word")).all())
        p.show(conn.scalar(p.text("SELECT sum(length(word)) FROM words")))
        conn.commit()
        conn.execute(p.text(OTHER))
        conn.rollback()
        p.show(conn.scalar(p.text("SELECT length('é')")))


@program
def in_a_failed_transaction(p: Peer, engine: Any) -> None:
    with engine.connect() as conn:
        conn.execute(p.text(OTHER))
        nested = conn.begin_nested()
        try:
            conn.execute(p.text("SELECT 'é'::int"))
        except p.exc.DBAPIError as error:
            p.show(str(error.orig).partition("\n")[0])
        nested.rollback()
        p.show(conn.scalar(p.text("SELECT length('é')")))


@program
def objects(p: Peer, engine: Any) -> None:
    class Word(p.Base):
        __tablename__ = "words"
        id = p.Column(p.Integer, primary_key=True)
        text = p.Column(p.String(1))

    p.Base.metadata.create_all(engine)
    with p.orm.Session(engine) as session:
        session.execute(p.text(OTHER))
        session.add_all([Word(text=letter) for letter in "éüäöß"])
        session.flush()
        session.execute(p.text(OTHER))
        p.show(session.scalars(p.select(Word.text).where(Word.text == "ß")).all())
        session.execute(p.text(OTHER))
        session.get(Word, 1).text = "ø"
        session.commit()
        p.show(session.scalars(p.select(Word.text).order_by(Word.id)).all())


@program
def cursors(p: Peer, engine: Any) -> None:
    raw = engine.raw_connection()
    cursor = raw.cursor()
    cursor.execute("CREATE TEMP TABLE words (word text)")
    cursor.execute(OTHER)
    cursor.executemany("INSERT INTO words VALUES (%s)", [("é",), ("ü",)])
    cursor.execute(OTHER)
    cursor.execute("INSERT INTO words VALUES ('ä'); INSERT INTO words VALUES ('ö')")
    cursor.execute(f"{OTHER}; INSERT INTO words VALUES ('a')")
    cursor.execute("SELECT word, length(word) FROM words ORDER BY word")
    p.show([tuple(row) for row in cursor.fetchall()])
    raw.close()
