"""1,000 posts with nested authors, as Structs and as models of glueful-orm, and by hand as plain dicts."""

import datetime as dt
from typing import Any

import msgspec
from glueful_orm import Model, belongs_to
from piccolo.columns import ForeignKey, Integer, Text, Timestamptz, Varchar

ROWS = 1_000
EPOCH = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class Author(msgspec.Struct):
    id: int
    name: str
    email: str
    joined_at: dt.datetime
    password: str = "secret"


class Post(msgspec.Struct):
    id: int
    title: str
    body: str
    rating: int
    created_at: dt.datetime
    author: Author


class AuthorModel(Model, tablename="bench_authors"):
    name = Varchar()
    email = Varchar()
    joined_at = Timestamptz()
    password = Varchar()

    hidden = frozenset({"password"})


class PostModel(Model, tablename="bench_posts"):
    author_id = ForeignKey(AuthorModel, null=False, default=None)
    title = Varchar()
    body = Text()
    rating = Integer()
    created_at = Timestamptz()

    author = belongs_to(AuthorModel, key="author_id")


def structs() -> list[Post]:
    return [
        Post(
            number,
            f"Post number {number}",
            "Some text of a usual length, long enough to matter. " * 2,
            number % 5,
            EPOCH + dt.timedelta(minutes=number),
            Author(number, f"Author {number}", f"author{number}@example.org", EPOCH + dt.timedelta(hours=number)),
        )
        for number in range(ROWS)
    ]


def models() -> list[PostModel]:
    """As ``with_("author")`` would have hydrated them."""
    found = []
    for post in structs():
        one = PostModel.__new__(PostModel)
        one.__dict__ = {name: getattr(post, name) for name in ("id", "title", "body", "rating", "created_at")}
        one.__dict__["author_id"] = post.author.id
        author = AuthorModel.__new__(AuthorModel)
        author.__dict__ = msgspec.structs.asdict(post.author)
        one._related = {"author": author}
        found.append(one)
    return found


def by_hand(posts: list[Post]) -> list[dict[str, Any]]:
    """What a user writes without a library."""
    return [
        {
            "id": post.id,
            "title": post.title,
            "body": post.body,
            "rating": post.rating,
            "created_at": post.created_at,
            "author": {
                "id": post.author.id,
                "name": post.author.name,
                "email": post.author.email,
                "joined_at": post.author.joined_at,
            },
        }
        for post in posts
    ]


def by_hand_of_models(posts: list[Any]) -> list[dict[str, Any]]:
    """The same for models."""
    return [
        {
            "id": post.id,
            "title": post.title,
            "body": post.body,
            "rating": post.rating,
            "created_at": post.created_at,
            "author": {
                "id": post.author.loaded.id,
                "name": post.author.loaded.name,
                "email": post.author.loaded.email,
                "joined_at": post.author.loaded.joined_at,
            },
        }
        for post in posts
    ]
