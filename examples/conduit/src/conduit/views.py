"""What clients get: responses, made from models."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from msgspec import Struct

from .models import Article, Comment, Favorite, Follow, User


class UserView(Struct):
    email: str
    token: str
    username: str
    bio: str
    image: str


class UserResponse(Struct):
    user: UserView


class Profile(Struct):
    username: str
    bio: str
    image: str
    following: bool


class ProfileResponse(Struct):
    profile: Profile


class ArticleSummary(Struct, rename="camel"):
    slug: str
    title: str
    description: str
    tag_list: list[str]
    created_at: dt.datetime
    updated_at: dt.datetime
    favorited: bool
    favorites_count: int
    author: Profile


class ArticleView(ArticleSummary, kw_only=True):
    body: str


class ArticleResponse(Struct):
    article: ArticleView


class ArticlesResponse(Struct, rename="camel"):
    articles: list[ArticleSummary]
    articles_count: int


class CommentView(Struct, rename="camel"):
    id: int
    created_at: dt.datetime
    updated_at: dt.datetime
    body: str
    author: Profile


class CommentResponse(Struct):
    comment: CommentView


class CommentsResponse(Struct):
    comments: list[CommentView]


class TagsResponse(Struct):
    tags: list[str]


def user_view(user: User, token: str) -> UserResponse:
    """The signed-in user's own account."""
    return UserResponse(UserView(user.email, token, user.username, user.bio, user.image))


async def followed_by(reader: User | None, authors: Sequence[User]) -> set[int]:
    """Which of the authors the reader follows: one statement, none for a stranger."""
    if reader is None or not authors:
        return set()
    query = Follow.where(follower_id=reader.pk, followed_id__in={author.pk for author in authors})
    return set(await query.pluck("followed_id"))


def profile_view(user: User, followed: set[int]) -> Profile:
    """A user as others see one."""
    return Profile(user.username, user.bio, user.image, user.pk in followed)


class Standing(NamedTuple):
    """How articles stand with everybody, and with the reader."""

    followed: set[int]
    favorited: set[int]
    favorites: dict[int, int]


async def standing_of(articles: Sequence[Article], reader: User | None) -> Standing:
    """Three statements for any number of articles, one for a stranger."""
    of_these = Favorite.where(article_id__in=[article.pk for article in articles])
    favorites = await of_these.count_by("article_id")
    favorited = set(await of_these.where(user_id=reader).pluck("article_id")) if reader else set()
    return Standing(await followed_by(reader, [article.author.loaded for article in articles]), favorited, favorites)


async def article_summaries(articles: Sequence[Article], reader: User | None) -> list[ArticleSummary]:
    """Articles of a list; their authors and tags are loaded."""
    standing = await standing_of(articles, reader)
    return [ArticleSummary(**_shared(article, standing)) for article in articles]


async def article_view(article: Article, reader: User | None) -> ArticleResponse:
    """One article, whole."""
    await article.load("author", "tags")
    standing = await standing_of([article], reader)
    return ArticleResponse(ArticleView(**_shared(article, standing), body=article.body))


def _shared(article: Article, standing: Standing) -> dict[str, Any]:
    return {
        "slug": article.slug,
        "title": article.title,
        "description": article.description,
        "tag_list": sorted(tag.name for tag in article.tags),
        "created_at": article.created_at,
        "updated_at": article.updated_at,
        "favorited": article.pk in standing.favorited,
        "favorites_count": standing.favorites.get(article.pk, 0),
        "author": profile_view(article.author.loaded, standing.followed),
    }


def comment_view(comment: Comment, followed: set[int]) -> CommentView:
    """One comment; its author is loaded."""
    author = profile_view(comment.author.loaded, followed)
    return CommentView(comment.pk, comment.created_at, comment.updated_at, comment.body, author)
