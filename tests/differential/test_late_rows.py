"""Results whose rows are fetched after their session has let its objects go."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


def users(p: Any) -> Any:
    class User(p.Base):
        __tablename__ = "user"
        id = p.Column(p.Integer, primary_key=True)
        posts = p.relationship("Post")

    class Post(p.Base):
        __tablename__ = "post"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("user.id"))

    s = p.session()
    s.add_all([User(id=1, posts=[Post(id=1), Post(id=2)]), User(id=2), User(id=3)])
    s.commit()
    s.close()
    return s, User


@program
def objects(p: Any) -> None:
    s, User = users(p)
    for let_go in (s.close, s.expunge_all, s.reset, s.rollback, s.commit):
        for statement in (
            p.select(User),
            p.select(User.id, User),
            p.select(User).options(p.selectinload(User.posts)),
            p.select(User).options(p.joinedload(User.posts)),
            p.select(User.id),
            p.select(User).where(User.id == 9),
        ):
            result = s.execute(statement)
            let_go()
            p.error(lambda result=result: len(result.unique().all()))
        s.expunge_all()
    result = s.execute(p.select(User).order_by(User.id))
    p.show(result.fetchone()[0].id)
    s.close()
    p.show(result.fetchone()[0].id)
    again = s.scalars(p.select(User).order_by(User.id))
    p.show([user.id for user in again])


@program
def rows_made_before(p: Any) -> None:
    s, User = users(p)
    options = {"prebuffer_rows": True}
    for statement in (p.select(User), p.select(User, User.id), p.select(User.id)):
        result = s.execute(statement.order_by(User.id), execution_options=options)
        s.close()
        for row in result:
            p.show([p.inspect(i).detached if isinstance(i, User) else i for i in row])
    result = s.scalars(p.select(User).order_by(User.id), execution_options=options)
    s.expunge_all()
    p.show([user.id for user in result.unique()])
    result = s.execute(p.select(User).order_by(User.id), execution_options=options)
    p.show(result.fetchmany(2)[1][0].id, result.scalars().first().id, result.closed)


@pytest.mark.parametrize("run", program.registered)
def test_late_rows(run: Any) -> None:
    compare(run)


def test_results_of_asynchronous_sessions() -> None:
    """They have all objects from the start."""

    def run(p: Any) -> None:
        class User(p.Base):
            __tablename__ = "user"
            id = p.Column(p.Integer, primary_key=True)

        async def main() -> None:
            asyncio_ = p.module("ext.asyncio")
            engine = asyncio_.create_async_engine("sqlite+aiosqlite://")
            async with engine.begin() as connection:
                await connection.run_sync(p.Base.metadata.create_all)
            async with asyncio_.AsyncSession(engine) as s:
                s.add_all([User(id=1), User(id=2)])
                await s.commit()
            async with asyncio_.AsyncSession(engine) as s:
                one = await s.execute(p.select(User).order_by(User.id))
                two = await s.scalars(p.select(User).order_by(User.id))
            users = one.scalars().all()
            p.show([user.id for user in users], [p.inspect(user).detached for user in users])
            p.show([user.id for user in two])
            await engine.dispose()

        asyncio.run(main())

    compare(run, sql=False)
