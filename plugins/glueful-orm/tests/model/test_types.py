"""What a type checker knows of a user's code."""

import subprocess
import sys
from pathlib import Path

SOURCE = """
from glueful_orm import HasMany, HasManyThrough, HasOne, Model
from glueful_orm import belongs_to, belongs_to_many, has_many, has_many_through, has_one
from piccolo.columns import ForeignKey, Integer, Varchar


class User(Model):
    name = Varchar()
    age = Integer()
    posts: HasMany["Post"] = has_many("Post", key="author_id")
    first_post: HasOne["Post"] = has_one("Post", key="author_id")
    comments: HasManyThrough["Post"] = has_many_through("Post", through="User", key="a", other_key="b")


class Post(Model):
    title = Varchar()
    author_id = ForeignKey(User)
    author = belongs_to(User, key="author_id")
    editor_id = ForeignKey(User, null=True)
    editor = belongs_to(User, key="editor_id", null=True)
    readers = belongs_to_many(User, through="Reading", key="post_id", other_key="user_id")


async def use() -> None:
    reveal_type(await User.find(1))
    reveal_type(await User.find_or_fail(1))
    reveal_type(await User.create(name="x"))
    reveal_type(User.where(User.age > 3))
    reveal_type(await User.where(User.age > 3).order_by("-age"))
    reveal_type(await User.where(age__gt=3).first())
    user = await User.find_or_fail(1)
    reveal_type(user.name)
    reveal_type(user.age)
    reveal_type(user.posts)
    reveal_type(await user.posts)
    reveal_type(await user.posts.create(title="x"))
    reveal_type(user.posts.where(title="x"))
    reveal_type(await user.posts.where(title="x").get())
    reveal_type(await User.query().paginate())
    reveal_type((await User.paginate()).items)
    reveal_type(await User.query().cursor_paginate())
    reveal_type(await User.query().with_count("posts").where_has("posts").first_or_fail())
    post = await Post.query().first_or_fail()
    reveal_type(await post.author)
    reveal_type(await post.editor)
    reveal_type(await user.first_post)
    reveal_type(await post.readers)
    reveal_type(await user.comments)
    async for chunk in User.query().chunk():
        reveal_type(chunk)
    async for one in User.where(User.age > 3):
        reveal_type(one)
    reveal_type(await User.query().paginate(count=False))
    reveal_type(await User.query().dicts())
    reveal_type(await user.posts.first())
    reveal_type(await user.increment("age"))
    reveal_type(await user.fresh())
    reveal_type(user.replicate())
    reveal_type(await post.readers.create({"name": "x"}))
"""

EXPECTED = [
    "user.User | None",
    "user.User",
    "user.User",
    "glueful_orm.query.builder.Query[user.User]",
    "list[user.User]",
    "user.User | None",
    "str",
    "int",
    "glueful_orm.relations.keyed.Children[user.Post, list[user.Post]]",
    "list[user.Post]",
    "user.Post",
    "glueful_orm.query.builder.Query[user.Post]",
    "list[user.Post]",
    "glueful_orm.query.pagination.Page[user.User]",
    "list[user.User]",
    "glueful_orm.query.pagination.CursorPage[user.User]",
    "user.User",
    "user.User",
    "user.User | None",
    "user.Post | None",
    "list[user.User]",
    "list[user.Post]",
    "list[user.User]",
    "user.User",
    "glueful_orm.query.pagination.UncountedPage[user.User]",
    "list[dict[str, Any]]",
    "user.Post | None",
    "user.User",
    "user.User | None",
    "user.User",
    "user.User",
]


def test_mypy_strict_reveals_the_types_of_a_users_code(tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text(SOURCE)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", str(tmp_path), "user.py"]

    output = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout

    lines = output.replace("builtins.", "").splitlines()
    assert [line for line in lines if "error:" in line] == []
    assert [line.split('"', 1)[1].rstrip('"') for line in lines if "Revealed type" in line] == EXPECTED
