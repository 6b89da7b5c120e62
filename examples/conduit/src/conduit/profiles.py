"""Other users: see one, follow one."""

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from .models import User
from .resources import ProfileResource
from .sign_in import SIGNED_IN


async def find_user(username: str) -> User:
    """The user of a name, or 404."""
    return await User.where(username=username).first_or_fail()


class ProfileController(Controller):
    path = "/profiles/{username:str}"
    tags = ["Profile"]

    @get()
    async def show(self, username: FromPath[str]) -> ProfileResource:
        return ProfileResource(await find_user(username))

    @post("/follow", status_code=200, **SIGNED_IN)
    async def follow(self, username: FromPath[str], user: NamedDependency[User]) -> ProfileResource:
        await user.following.attach(found := await find_user(username))
        return ProfileResource(found)

    @delete("/follow", status_code=200, **SIGNED_IN)
    async def unfollow(self, username: FromPath[str], user: NamedDependency[User]) -> ProfileResource:
        await user.following.detach(found := await find_user(username))
        return ProfileResource(found)
