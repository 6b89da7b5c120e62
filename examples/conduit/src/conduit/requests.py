"""What clients send: types that validate themselves."""

from typing import Annotated

from glueful_validation import Email
from msgspec import UNSET, Meta, Struct, UnsetType

Username = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[\w.-]+$")]
Address = Annotated[str, Meta(max_length=254), Email()]
Password = Annotated[str, Meta(min_length=8, max_length=200)]
Title = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(min_length=1, max_length=100_000)]
TagName = Annotated[str, Meta(min_length=1, max_length=64)]
Bio = Annotated[str, Meta(max_length=5_000)]
Image = Annotated[str, Meta(max_length=2_000)]


class Credentials(Struct):
    email: str
    password: str


class SignIn(Struct):
    user: Credentials


class NewUser(Struct):
    username: Username
    email: Address
    password: Password


class SignUp(Struct):
    user: NewUser


class UserChange(Struct):
    """What is absent stays as it is."""

    username: Username | UnsetType = UNSET
    email: Address | UnsetType = UNSET
    password: Password | UnsetType = UNSET
    bio: Bio | UnsetType | None = UNSET
    image: Image | UnsetType | None = UNSET


class ChangeUser(Struct):
    user: UserChange


class ArticleText(Struct, rename="camel"):
    title: Title
    description: Text
    body: Text
    tag_list: Annotated[list[TagName], Meta(max_length=50)] = []


class NewArticle(Struct):
    article: ArticleText


class ArticleChange(Struct):
    title: Title | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    body: Text | UnsetType = UNSET


class ChangeArticle(Struct):
    article: ArticleChange


class CommentText(Struct):
    body: Text


class NewComment(Struct):
    comment: CommentText
