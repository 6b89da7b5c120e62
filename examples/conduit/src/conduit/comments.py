"""Comments on an article."""

from glueful_resources import ResourceCollection
from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.exceptions import PermissionDeniedException
from litestar.params import FromPath, JSONBody

from .articles import find_article
from .models import Comment, User
from .requests import NewComment
from .resources import CommentResource
from .sign_in import SIGNED_IN


class CommentController(Controller):
    path = "/articles/{slug:str}/comments"
    tags = ["Comments"]

    @get()
    async def list_all(self, slug: FromPath[str]) -> ResourceCollection[CommentResource]:
        article = await find_article(slug)
        return CommentResource.collection(Comment.where(article_id=article).order_by("-created_at", "-id").limit(100))

    @post(status_code=200, **SIGNED_IN)
    async def create(
        self, slug: FromPath[str], data: JSONBody[NewComment], user: NamedDependency[User]
    ) -> CommentResource:
        article = await find_article(slug)
        comment = await Comment.create(article_id=article.pk, author_id=user.pk, body=data.comment.body)
        return CommentResource(comment)

    @delete("/{comment_id:int}", **SIGNED_IN)
    async def remove(self, slug: FromPath[str], comment_id: FromPath[int], user: NamedDependency[User]) -> None:
        article = await find_article(slug)
        comment = await Comment.where(id=comment_id, article_id=article).first_or_fail()
        if comment.author_id != user.pk:
            raise PermissionDeniedException("this comment is not yours")
        await comment.delete()
