"""Comments on an article."""

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.exceptions import PermissionDeniedException
from litestar.params import FromPath, JSONBody

from .articles import find_article
from .models import Comment, User
from .requests import NewComment
from .sign_in import SIGNED_IN
from .views import CommentResponse, CommentsResponse, comment_view, followed_by


class CommentController(Controller):
    path = "/articles/{slug:str}/comments"
    tags = ["Comments"]

    @get()
    async def list_all(self, slug: FromPath[str], reader: NamedDependency[User | None]) -> CommentsResponse:
        article = await find_article(slug)
        comments = await Comment.where(article_id=article).order_by("-created_at", "-id").with_("author").limit(100)
        followed = await followed_by(reader, [comment.author.loaded for comment in comments])
        return CommentsResponse([comment_view(comment, followed) for comment in comments])

    @post(status_code=200, **SIGNED_IN)
    async def create(
        self, slug: FromPath[str], data: JSONBody[NewComment], user: NamedDependency[User]
    ) -> CommentResponse:
        article = await find_article(slug)
        comment = await Comment.create(article_id=article.pk, author_id=user.pk, body=data.comment.body)
        await comment.load("author")
        return CommentResponse(comment_view(comment, set()))

    @delete("/{comment_id:int}", **SIGNED_IN)
    async def remove(self, slug: FromPath[str], comment_id: FromPath[int], user: NamedDependency[User]) -> None:
        article = await find_article(slug)
        comment = await Comment.where(id=comment_id, article_id=article).first_or_fail()
        if comment.author_id != user.pk:
            raise PermissionDeniedException("this comment is not yours")
        await comment.delete()
