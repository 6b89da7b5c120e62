"""SQLAlchemy 2's asyncio ORM, one session for each piece of work."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
from contestant import Concurrent, Values
from sqlalchemy import DateTime, Double, ForeignKey, event, insert, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    age: Mapped[int]
    score: Mapped[float] = mapped_column(Double)
    is_active: Mapped[bool]
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    books: Mapped[list["Book"]] = relationship()


class Book(Base):
    __tablename__ = "book"

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey(Author.id))
    title: Mapped[str]
    pages: Mapped[int]
    rating: Mapped[float] = mapped_column(Double)


class SQLAlchemy(Concurrent):
    timestamp = "DATETIME"

    async def open(self, url: str) -> None:
        scheme, _, rest = url.partition(":")
        driver = "sqlite+aiosqlite" if scheme == "sqlite" else "postgresql+asyncpg"
        self.engine = create_async_engine(f"{driver}:{rest}", pool_size=10, max_overflow=0)
        if scheme == "sqlite":
            event.listen(self.engine.sync_engine, "connect", lambda db, _: db.execute("PRAGMA synchronous=NORMAL"))
        self.session = async_sessionmaker(self.engine, expire_on_commit=False)

    async def close(self) -> None:
        await self.engine.dispose()

    async def insert_in_transaction(self, rows: Sequence[Values]) -> None:
        async with self.session.begin() as session:
            for row in rows:
                session.add(Author(**row))
                await session.flush()

    async def insert(self, row: Values) -> None:
        async with self.session.begin() as session:
            session.add(Author(**row))

    async def insert_bulk(self, rows: Sequence[Values]) -> None:
        async with self.session.begin() as session:
            await session.execute(insert(Author), rows)

    async def fetch_dicts(self) -> list[dict[str, Any]]:
        async with self.engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(select(Author.__table__))).mappings()]

    async def fetch_objects(self) -> Sequence[Author]:
        async with self.session() as session:
            return (await session.scalars(select(Author))).all()

    async def get(self, key: int) -> Author | None:
        async with self.session() as session:
            return await session.get(Author, key)

    async def eager(self, highest: int) -> int:
        async with self.session() as session:
            statement = select(Author).where(Author.id <= highest).options(selectinload(Author.books))
            found = (await session.scalars(statement)).all()
        return sum(len(author.books) for author in found)

    async def load(self, highest: int) -> Any:
        self.kept = self.session()
        return (await self.kept.scalars(select(Author).where(Author.id <= highest))).all()

    async def update_each(self, authors: Sequence[Author]) -> None:
        for author in authors:
            author.age += 1
            await self.kept.flush()
        await self.kept.commit()
        await self.kept.close()

    async def json(self) -> bytes:
        return msgspec.json.encode(await self.fetch_dicts())

    async def page(self, above: int) -> Sequence[Author]:
        async with self.session() as session:
            return (await session.scalars(select(Author).where(Author.id > above).order_by(Author.id).limit(20))).all()


contestant = SQLAlchemy
