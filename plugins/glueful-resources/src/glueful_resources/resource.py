"""The classes that handlers declare and return."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

import msgspec
from glueful_hookspecs import Principal

from .collection import ResourceCollection

if TYPE_CHECKING:
    from litestar.connection import Request

M = TypeVar("M")
Rename = str | Mapping[str, str] | None


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in brackets behind the class of a resource; ``UNSET`` is what the base class says."""

    name: str | msgspec.UnsetType | None = msgspec.UNSET
    wrap: str | msgspec.UnsetType | None = msgspec.UNSET
    wrap_many: str | msgspec.UnsetType | None = msgspec.UNSET
    rename: Rename | msgspec.UnsetType = msgspec.UNSET
    includes: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    sparse: bool | msgspec.UnsetType = msgspec.UNSET
    additional: type[msgspec.Struct] | msgspec.UnsetType | None = msgspec.UNSET

    def over(self, base: "Options") -> "Options":
        """These options where they are set, else those of ``base``; a name is never inherited."""
        own = {name: value for name, value in msgspec.structs.asdict(self).items() if value is not msgspec.UNSET}
        return msgspec.structs.replace(base, **{"name": None, **own})


DEFAULTS = Options(name=None, rename=None, includes=(), sparse=False, additional=None)


class Resource(Generic[M]):
    """What of a row leaves, and how: ``class UserResource(Resource[User]): id: int; email: str``.

    Every annotation is a field with that type; ``field``, ``computed``, ``when…`` and ``links`` say more about
    one. Names that begin with an underscore and ``ClassVar`` are no fields.

    A relation of the model is declared as another resource, ``author: AuthorResource`` or ``list[CommentResource]``: it
    is always there, and loaded for all rows at once if the handler has not done so. ``when_loaded()`` changes that.

    An instance is a row on its way out: ``return UserResource(user)``. While a response is made, ``self`` in methods is
    one instance for all rows of the class, without ``row``.

    Class arguments:
        name: for ``fields[name]=``; by default the plural of the class's name: ``users``.
        wrap: member that holds one resource, None for none; by default the setting ``wrap``.
        wrap_many: member that holds a list; by default the same as ``wrap``.
        rename: ``"camel"``, ``"pascal"``, ``"kebab"``, or field to name in JSON; as in msgspec.
        includes: paths that ``include=`` may name, ``("posts", "posts.comments")``; none by default.
        sparse: whether ``fields[…]=`` may choose fields. Then none of them is ``required`` in the schema.
        additional: a Struct of the members beside the wrapped data, which ``additional(...)`` fills in.

    Args:
        row: what is shown; None where the handler's annotation allows it.
        context: what methods find in ``self.context``, also those of nested resources.
    """

    options: ClassVar[Options] = DEFAULTS

    def __init_subclass__(
        cls,
        *,
        name: str | msgspec.UnsetType | None = msgspec.UNSET,
        wrap: str | msgspec.UnsetType | None = msgspec.UNSET,
        wrap_many: str | msgspec.UnsetType | None = msgspec.UNSET,
        rename: Rename | msgspec.UnsetType = msgspec.UNSET,
        includes: Iterable[str] | msgspec.UnsetType = msgspec.UNSET,
        sparse: bool | msgspec.UnsetType = msgspec.UNSET,
        additional: type[msgspec.Struct] | msgspec.UnsetType | None = msgspec.UNSET,
        **options: Any,
    ) -> None:
        super().__init_subclass__(**options)
        paths = includes if includes is msgspec.UNSET else tuple(includes)
        cls.options = Options(
            name=name,
            wrap=wrap,
            wrap_many=wrap_many,
            rename=rename,
            includes=paths,
            sparse=sparse,
            additional=additional,
        ).over(cls.options)

    if TYPE_CHECKING:
        request: "Request[Any, Any, Any]"

    def __init__(self, row: M | None, /, **context: Any) -> None:
        self.row = row
        self.context = context
        self.members: dict[str, Any] = {}

    @classmethod
    def collection(cls, rows: Any, /, **context: Any) -> "ResourceCollection[Self]":
        """Several rows on their way out.

        Args:
            rows: a list, or a query of the ORM that has not run: it then reads only the columns that are shown, where
                nothing else needs the whole row.
            context: as in the class.
        """
        return ResourceCollection(cls, rows, context)

    def additional(self, **members: Any) -> Self:
        """Put members beside the wrapped data: ``additional(meta={"version": "1.0"})``.

        Raises:
            TypeError: the class declares ``additional``, and a member is not in it; when the response is made.
        """
        self.members.update(members)
        return self

    @property
    def principal(self) -> Principal | None:
        """Who is calling; None for nobody."""
        user = self.request.scope.get("user")
        return user if isinstance(user, Principal) else None

    async def prepare(self, rows: Sequence[M]) -> None:
        """Look up what computed fields need, once a response for all rows of this class at whatever place.

        Override it and store the result on ``self``: ``self.followed = set(await …)``.

        Args:
            rows: the rows, each once; their declared relations are loaded.
        """
