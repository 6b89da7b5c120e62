"""What clients send: types that validate themselves."""

from collections.abc import Mapping
from typing import Annotated, Any

from glueful_validation import Email, FormRequest, Length, MaxLength, PasswordStrength, Unique, Username
from msgspec import UNSET, Struct, UnsetType

from .models import User

Name = Annotated[str, Username(1, 64)]
Address = Annotated[str, Email()]
Password = Annotated[str, MaxLength(200), PasswordStrength()]
Title = Annotated[str, Length(1, 200)]
Text = Annotated[str, Length(1, 100_000)]


class Credentials(Struct):
    email: str
    password: str


class SignIn(Struct):
    user: Credentials


class NewUser(Struct):
    username: Annotated[Name, Unique(User.username)]
    email: Annotated[Address, Unique(User.email)]
    password: Password


class SignUp(Struct):
    user: NewUser


class UserChange(Struct):
    """What is absent stays as it is."""

    username: Name | UnsetType = UNSET
    email: Address | UnsetType = UNSET
    password: Password | UnsetType = UNSET
    bio: Annotated[str, MaxLength(5_000)] | UnsetType | None = UNSET
    image: Annotated[str, MaxLength(2_000)] | UnsetType | None = UNSET


class ChangeUser(FormRequest):
    user: UserChange

    def rules(self) -> Mapping[str, Any]:
        own = int(self.principal.id) if self.principal else None
        return {f"user.{column}": Unique(getattr(User, column)).ignore(own) for column in ("username", "email")}


class ArticleText(Struct, rename="camel"):
    title: Title
    description: Text
    body: Text
    tag_list: Annotated[list[Annotated[str, Length(1, 64)]], MaxLength(50)] = []


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
