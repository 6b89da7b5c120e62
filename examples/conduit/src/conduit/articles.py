"""Articles: lists, one article, favourites."""

import re
import secrets
from typing import Annotated
from unicodedata import normalize

from glueful_orm import Query, transaction
from glueful_resources import ResourceCollection
from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.exceptions import PermissionDeniedException
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, structs

from .models import Article, ArticleTag, Favorite, Tag, User
from .requests import ChangeArticle, NewArticle
from .resources import ArticleResource, ArticleSummary
from .sign_in import SIGNED_IN

Limit = FromQuery[Annotated[int, Meta(ge=1, le=100)]]
Offset = FromQuery[Annotated[int, Meta(ge=0, le=1_000_000)]]


async def find_article(slug: str) -> Article:
    """The article of a slug, or 404."""
    return await Article.where(slug=slug).first_or_fail()


async def own_article(slug: str, user: User) -> Article:
    """The user's own article, or 403."""
    article = await find_article(slug)
    if article.author_id != user.pk:
        raise PermissionDeniedException("this article is not yours")
    return article


class ArticleController(Controller):
    path = "/articles"
    tags = ["Articles"]

    @get()
    async def list_all(
        self,
        tag: FromQuery[str | None] = None,
        author: FromQuery[str | None] = None,
        favorited: FromQuery[str | None] = None,
        limit: Limit = 20,
        offset: Offset = 0,
    ) -> ResourceCollection[ArticleSummary]:
        query = Article.query()
        if tag is not None:
            tagged = await Tag.where(name=tag).first()
            query = query.where(id__in=await ArticleTag.where(tag_id=tagged).pluck("article_id") if tagged else [])
        if author is not None:
            query = query.where(author_id__in=await User.where(username=author).pluck("id"))
        if favorited is not None:
            fans = await User.where(username=favorited).pluck("id")
            query = query.where(id__in=await Favorite.where(user_id__in=fans).pluck("article_id"))
        return await self._page(query, limit, offset)

    @get("/feed", **SIGNED_IN)
    async def feed(
        self, user: NamedDependency[User], limit: Limit = 20, offset: Offset = 0
    ) -> ResourceCollection[ArticleSummary]:
        authors = [followed.pk for followed in await user.following]
        return await self._page(Article.where(author_id__in=authors), limit, offset)

    @staticmethod
    async def _page(query: Query[Article], limit: int, offset: int) -> ResourceCollection[ArticleSummary]:
        found = query.order_by("-created_at", "-id").limit(limit).offset(offset)
        return ArticleSummary.collection(found).additional(articles_count=await query.count())

    @post(**SIGNED_IN)
    async def create(self, data: JSONBody[NewArticle], user: NamedDependency[User]) -> ArticleResource:
        new = data.article
        async with transaction():
            article = await Article.create(
                author_id=user.pk,
                slug=slug_of(new.title),
                title=new.title,
                description=new.description,
                body=new.body,
            )
            tags = [await Tag.first_or_create(name=name) for name in dict.fromkeys(new.tag_list)]
            await article.tags.attach(*tags)
        return ArticleResource(article)

    @get("/{slug:str}")
    async def show(self, slug: FromPath[str]) -> ArticleResource:
        return ArticleResource(await find_article(slug))

    @put("/{slug:str}", **SIGNED_IN)
    async def change(
        self, slug: FromPath[str], data: JSONBody[ChangeArticle], user: NamedDependency[User]
    ) -> ArticleResource:
        article = await own_article(slug, user)
        changes = {name: value for name, value in structs.asdict(data.article).items() if value is not UNSET}
        if changes.get("title", article.title) != article.title:
            changes["slug"] = slug_of(changes["title"])
        await article.update(**changes)
        return ArticleResource(article)

    @delete("/{slug:str}", **SIGNED_IN)
    async def remove(self, slug: FromPath[str], user: NamedDependency[User]) -> None:
        await (await own_article(slug, user)).delete()

    @post("/{slug:str}/favorite", status_code=200, tags=["Favorites"], **SIGNED_IN)
    async def favor(self, slug: FromPath[str], user: NamedDependency[User]) -> ArticleResource:
        article = await find_article(slug)
        await user.favorites.attach(article)
        return ArticleResource(article)

    @delete("/{slug:str}/favorite", status_code=200, tags=["Favorites"], **SIGNED_IN)
    async def unfavor(self, slug: FromPath[str], user: NamedDependency[User]) -> ArticleResource:
        article = await find_article(slug)
        await user.favorites.detach(article)
        return ArticleResource(article)


def slug_of(title: str) -> str:
    """A readable and unique name for an address: the title in ASCII words, and eight random characters."""
    plain = normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = "-".join(re.findall(r"[a-z0-9]+", plain))[:200]
    return f"{words or 'article'}-{secrets.token_hex(4)}"
