"""Accounts: sign up, sign in, show and change one's own."""

from glueful_auth import AccessTokens, Passwords
from glueful_kernel import service
from litestar import Controller, get, post, put
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.exceptions import NotAuthorizedException
from litestar.params import JSONBody
from msgspec import UNSET, structs

from .models import User
from .requests import ChangeUser, SignIn, SignUp
from .resources import UserResource
from .sign_in import SIGNED_IN


class UserController(Controller):
    tags = ["User and Authentication"]
    dependencies = {"passwords": service(Passwords)}
    cache_control = CacheControlHeader(no_store=True)

    @post("/users/login", status_code=200)
    async def sign_in(
        self, data: JSONBody[SignIn], passwords: NamedDependency[Passwords], tokens: NamedDependency[AccessTokens]
    ) -> UserResource:
        user = await User.where(email=data.user.email).first()
        check = await passwords.verify(data.user.password, user.password if user else None)
        if user is None or not check:
            raise NotAuthorizedException("email or password is wrong")
        if check.new_hash:
            await user.update(password=check.new_hash)
        return UserResource(user, token=tokens.issue(str(user.pk)))

    @post("/users")
    async def sign_up(
        self, data: JSONBody[SignUp], passwords: NamedDependency[Passwords], tokens: NamedDependency[AccessTokens]
    ) -> UserResource:
        new = data.user
        user = await User.create(username=new.username, email=new.email, password=await passwords.hash(new.password))
        return UserResource(user, token=tokens.issue(str(user.pk)))

    @get("/user", **SIGNED_IN)
    async def show(self, user: NamedDependency[User], tokens: NamedDependency[AccessTokens]) -> UserResource:
        return UserResource(user, token=tokens.issue(str(user.pk)))

    @put("/user", **SIGNED_IN)
    async def change(
        self,
        data: JSONBody[ChangeUser],
        user: NamedDependency[User],
        passwords: NamedDependency[Passwords],
        tokens: NamedDependency[AccessTokens],
    ) -> UserResource:
        given = {name: value for name, value in structs.asdict(data.user).items() if value is not UNSET}
        changes = {name: "" if value is None else value for name, value in given.items()}
        if "password" in changes:
            changes["password"] = await passwords.hash(changes["password"])
        await user.update(**changes)
        return UserResource(user, token=tokens.issue(str(user.pk)))
