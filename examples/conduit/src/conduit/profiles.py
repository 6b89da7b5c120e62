"""Other users: see one, follow one."""

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from .models import User
from .sign_in import SIGNED_IN
from .views import ProfileResponse, followed_by, profile_view


class ProfileController(Controller):
    path = "/profiles/{username:str}"
    tags = ["Profile"]

    @get()
    async def show(self, username: FromPath[str], reader: NamedDependency[User | None]) -> ProfileResponse:
        return await self._profile(username, reader)

    @post("/follow", status_code=200, **SIGNED_IN)
    async def follow(self, username: FromPath[str], user: NamedDependency[User]) -> ProfileResponse:
        await user.following.attach(await User.where(username=username).first_or_fail())
        return await self._profile(username, user)

    @delete("/follow", status_code=200, **SIGNED_IN)
    async def unfollow(self, username: FromPath[str], user: NamedDependency[User]) -> ProfileResponse:
        await user.following.detach(await User.where(username=username).first_or_fail())
        return await self._profile(username, user)

    @staticmethod
    async def _profile(username: str, reader: User | None) -> ProfileResponse:
        found = await User.where(username=username).first_or_fail()
        return ProfileResponse(profile_view(found, await followed_by(reader, [found])))
