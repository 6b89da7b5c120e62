"""The tables, and how they belong together."""

from glueful_orm import BelongsToMany, Model, Timestamps, belongs_to, belongs_to_many
from piccolo.columns import ForeignKey, Integer, Text, Varchar
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique


class User(Timestamps):
    username = Varchar(length=64, unique=True)
    email = Varchar(length=254, unique=True)
    password = Varchar(length=255)
    bio = Text(default="")
    image = Varchar(length=2_000, default="")

    hidden = frozenset({"password"})

    following: BelongsToMany["User"] = belongs_to_many(
        "User", through="Follow", key="follower_id", other_key="followed_id"
    )
    favorites: BelongsToMany["Article"] = belongs_to_many(
        "Article", through="Favorite", key="user_id", other_key="article_id"
    )


class Article(Timestamps):
    author_id = ForeignKey(User, on_delete=OnDelete.cascade, null=False, index=True)
    slug = Varchar(length=255, unique=True)
    title = Varchar(length=255)
    description = Text()
    body = Text()

    author = belongs_to(User, key="author_id")
    tags: BelongsToMany["Tag"] = belongs_to_many("Tag", through="ArticleTag", key="article_id", other_key="tag_id")


class Comment(Timestamps):
    article_id = ForeignKey(Article, on_delete=OnDelete.cascade, index=True)
    author_id = ForeignKey(User, on_delete=OnDelete.cascade, null=False)
    body = Text()

    author = belongs_to(User, key="author_id")


class Tag(Model):
    name = Varchar(length=64, unique=True)


class ArticleTag(Model):
    article_id = ForeignKey(Article, on_delete=OnDelete.cascade)
    tag_id = ForeignKey(Tag, on_delete=OnDelete.cascade, index=True)
    position = Integer(default=0)

    article_tags_once = Unique(["article_id", "tag_id"])


class Favorite(Model):
    user_id = ForeignKey(User, on_delete=OnDelete.cascade)
    article_id = ForeignKey(Article, on_delete=OnDelete.cascade, index=True)

    favorites_once = Unique(["user_id", "article_id"])


class Follow(Model):
    follower_id = ForeignKey(User, on_delete=OnDelete.cascade)
    followed_id = ForeignKey(User, on_delete=OnDelete.cascade, index=True)

    follows_once = Unique(["follower_id", "followed_id"])
