"""Two users and a few articles, so that there is something to see."""

from argon2 import PasswordHasher

from .articles import slug_of
from .models import Article, Tag, User

EMAIL, PASSWORD = "reader@example.org", "read-only-1"


async def plant() -> None:
    """Insert them, unless they are there."""
    if await User.where(email=EMAIL).exists():
        return
    hashed = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1).hash(PASSWORD)
    reader = await User.create(username="reader", email=EMAIL, password=hashed, bio="Reads.")
    writer = await User.create(username="writer", email="writer@example.org", password=hashed, bio="Writes.")
    tags = [await Tag.create(name=name) for name in ("glueful", "litestar", "plugins")]
    for number, title in enumerate(("Everything is a plugin", "Small rooms", "Fail closed, fail loud"), 1):
        article = await Article.create(
            author_id=writer.pk, slug=slug_of(title), title=title, description=f"Part {number}", body=f"{title}. " * 20
        )
        await article.tags.attach(*tags[:number])
    await reader.following.attach(writer)
