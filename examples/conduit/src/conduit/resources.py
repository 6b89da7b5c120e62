"""What clients get: responses, declared over models."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from glueful_resources import Resource, computed
from msgspec import Struct

from .models import Article, Comment, Favorite, Follow, User


def reader(resource: Resource[Any]) -> int:
    """The key of the signed-in user; 0 for a stranger."""
    return int(resource.principal.id) if resource.principal else 0


class UserResource(Resource[User], wrap="user"):
    """The signed-in user's own account."""

    email: str
    username: str
    bio: str
    image: str

    @computed
    def token(self, _user: User) -> str:
        return str(self.context["token"])


class ProfileResource(Resource[User], wrap="profile"):
    """A user as others see one."""

    username: str
    bio: str
    image: str

    async def prepare(self, rows: Sequence[User]) -> None:
        mine = Follow.where(follower_id=reader(self), followed_id__in=[user.pk for user in rows])
        self._followed = set(await mine.pluck("followed_id") if self.principal else [])

    @computed
    def following(self, user: User) -> bool:
        return user.pk in self._followed


class ArticlesCount(Struct, rename="camel"):
    articles_count: int


class ArticleSummary(Resource[Article], rename="camel", wrap="articles", additional=ArticlesCount):
    """An article of a list."""

    slug: str
    title: str
    description: str
    created_at: dt.datetime
    updated_at: dt.datetime
    author: ProfileResource

    async def prepare(self, rows: Sequence[Article]) -> None:
        of_these = Favorite.where(article_id__in=[article.pk for article in rows])
        self._favorites = await of_these.count_by("article_id")
        mine = of_these.where(user_id=reader(self))
        self._favorited = set(await mine.pluck("article_id") if self.principal else [])

    @computed(loads=["tags"])
    def tag_list(self, article: Article) -> list[str]:
        return sorted(tag.name for tag in article.tags)

    @computed
    def favorited(self, article: Article) -> bool:
        return article.pk in self._favorited

    @computed
    def favorites_count(self, article: Article) -> int:
        return self._favorites.get(article.pk, 0)


class ArticleResource(ArticleSummary, wrap="article", additional=None):
    """One article, whole."""

    body: str


class CommentResource(Resource[Comment], rename="camel", wrap="comment", wrap_many="comments"):
    id: int
    created_at: dt.datetime
    updated_at: dt.datetime
    body: str
    author: ProfileResource


class TagList(Struct):
    tags: list[str]
