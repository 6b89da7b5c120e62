"""The responses of one operation: from what its handler returned to a document."""

from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from litestar.response import Response

from .annotations import Announced, AnyResource
from .application import ApplicationResources
from .codegen import Generated, generate
from .collection import CursorCollection, PagedCollection, ResourceCollection, ResourceStream
from .declaration import FieldPlan
from .document import Document
from .envelope import Envelope
from .errors import ResourceMismatch
from .loading import complete
from .nodes import Node, NodeBuilder
from .offers import offer_of
from .resource import Resource
from .selection import EVERYTHING, Selection, read
from .streaming import stream

if TYPE_CHECKING:
    from litestar.connection import Request

    from .fields import Visible


Answer: TypeAlias = Document | Coroutine[Any, Any, Document]


class Compiled(NamedTuple):
    """One selection of an operation, ready to run."""

    root: Node
    generated: Generated
    resources: tuple[AnyResource, ...]
    """Those whose methods take part."""


class Making(NamedTuple):
    """One response while it is made."""

    compiled: Compiled
    selves: dict[AnyResource, Any]
    calls: tuple[Any, ...]


class OperationResources:
    """Makes the responses of one operation.

    Args:
        announced: what the handler's annotation announces.
        application: settings, shapes and sources.
        place: the operation, for errors.

    Raises:
        ResourceError: a resource cannot be what it says.
    """

    def __init__(self, announced: Announced, application: ApplicationResources, place: str) -> None:
        self.announced = announced
        self.application = application
        self.resource = announced.resource
        shapes = list(application.reachable(self.resource))
        guards = (guard for shape in shapes for plan in shape.fields for guard in plan.guards)
        self._guards: tuple[Visible, ...] = tuple(dict.fromkeys(guards))
        self.offer = offer_of(self.resource, application)
        self.envelope = Envelope(announced, application, place)
        self._source = application.shape_of(self.resource).source
        self._compiled: dict[tuple[Any, ...], Compiled] = {}
        self._compile(EVERYTHING, frozenset(self._guards), is_mapping=False)

    def respond(self, data: Any, request: "Request[Any, Any, Any]") -> Answer:
        """The document of what the handler returned; to be awaited where something has to be looked up first.

        Raises:
            SelectionInvalid: the query asks for what is not offered.
            ResourceMismatch: the handler returned something else than it announces.
        """
        response = None
        if isinstance(data, Response):
            response, data = data, data.content
        visible = frozenset(guard for guard in self._guards if guard(request)) if self._guards else frozenset()
        selection = EVERYTHING
        if self.offer.fields or self.offer.includes:
            selection = read(request.scope["query_string"], self.offer, lambda plan: visible.issuperset(plan.guards))
        if self.announced.shape == "one":
            return self._one(data, request, selection, visible, response)
        if self.announced.shape == "stream":
            return self._stream(data, request, selection, visible, response)
        return self._many(data, request, selection, visible, response)

    # --- one row ---

    def _one(self, data: Any, request: Any, selection: Selection, visible: Any, response: Any) -> Answer:
        context: dict[str, Any] = {}
        members: dict[str, Any] = {}
        row = data
        if isinstance(data, Resource):
            if type(data) is not self.resource:
                raise ResourceMismatch(self.resource.__name__, type(data).__name__)
            row, context, members = data.row, data.context, data.members
        if row is None:
            if not self.announced.is_optional:
                raise ResourceMismatch(self.resource.__name__, "None")
            return Document(body=self.envelope.one(None, members), response=response)
        self._check(row)
        making = self._making(self._compile(selection, visible, is_mapping=False), request, context)
        if making.compiled.root.has_work:
            return self._one_completed(making, row, members, response)
        return Document(body=self.envelope.one(self._make_one(making, row), members), response=response)

    async def _one_completed(self, making: Making, row: Any, members: Any, response: Any) -> Document:
        await complete(making.compiled.root, [row], making.selves)
        return Document(body=self.envelope.one(self._make_one(making, row), members), response=response)

    @staticmethod
    def _make_one(making: Making, row: Any) -> Any:
        return making.compiled.generated.one(row, making.calls)

    # --- several rows ---

    def _many(self, data: Any, request: Any, selection: Selection, visible: Any, response: Any) -> Answer:
        collection = data
        if not isinstance(data, ResourceCollection):
            collection = ResourceCollection(self.resource, data, {})
        elif data.resource is not self.resource:
            raise ResourceMismatch(self.resource.__name__, data.resource.__name__)
        rows = collection.rows
        if self._is_query(rows) or isinstance(collection, PagedCollection | CursorCollection):
            return self._queried(collection, request, selection, visible, response)
        page = self._page(rows)
        rows = self._listed(rows if page is None else page.items)
        making = self._making(self._compile(selection, visible, is_mapping=False), request, collection.context)
        if making.compiled.root.has_work:
            return self._many_completed(making, rows, page, collection.members, request, response)
        return self._wrapped(making, rows, page, collection.members, request, response)

    async def _many_completed(
        self, making: Making, rows: Any, page: Any, members: Any, request: Any, response: Any
    ) -> Document:
        await complete(making.compiled.root, rows, making.selves)
        return self._wrapped(making, rows, page, members, request, response)

    def _wrapped(self, making: Making, rows: Any, page: Any, members: Any, request: Any, response: Any) -> Document:
        made = making.compiled.generated.many(rows, making.calls)
        body, headers = self.envelope.many(made, page, members, request)
        return Document(body=body, headers=headers, response=response)

    async def _queried(
        self, collection: Any, request: Any, selection: Selection, visible: Any, response: Any
    ) -> Document:
        source, query = self._source, collection.rows
        if source is None or not self._is_query(query):
            raise ResourceMismatch(f"a query of {self.resource.__name__}'s model", type(query).__name__)
        kind = {PagedCollection: "page", CursorCollection: "cursor"}.get(type(collection), "many")
        if kind != self.announced.shape:
            raise ResourceMismatch(f"{self.announced.shape} of {self.resource.__name__}", kind)
        compiled = self._compile(selection, visible, is_mapping=False)
        page, limit = None, self.application.settings.max_page_size
        names = compiled.root.own_columns
        if isinstance(collection, CursorCollection):
            page = await source.cursor_page(query, collection.cursor, min(collection.per_page, limit))
            rows, is_mapping = page.items, False
        elif isinstance(collection, PagedCollection):
            size = min(collection.per_page, limit)
            total = await source.count(query)
            window = source.window(query, size, (collection.page - 1) * size)
            rows, is_mapping = await source.fetch(window, names)
            page = self.envelope.page(total, collection.page, size)
        else:
            rows, is_mapping = await source.fetch(query, names)
        if is_mapping:
            compiled = self._compile(selection, visible, is_mapping=True)
        making = self._making(compiled, request, collection.context)
        if compiled.root.has_work:
            await complete(compiled.root, rows, making.selves)
        return self._wrapped(making, rows, page, collection.members, request, response)

    def _stream(self, data: Any, request: Any, selection: Selection, visible: Any, response: Any) -> Document:
        if not isinstance(data, ResourceStream):
            data = ResourceStream(self.resource, data, {})
        elif data.resource is not self.resource:
            raise ResourceMismatch(self.resource.__name__, data.resource.__name__)
        making = self._making(self._compile(selection, visible, is_mapping=False), request, data.context)

        async def make(rows: list[Any]) -> list[Any]:
            if making.compiled.root.has_work:
                await complete(making.compiled.root, rows, making.selves)
            return making.compiled.generated.many(rows, making.calls)

        batch = self.application.settings.stream_batch
        rows = data.rows
        if self._source is not None and self._is_query(rows):
            rows = self._source.stream(rows, batch)
        chunks, media_type = stream(rows, make, batch, request)
        return Document(chunks=chunks, media_type=media_type, headers={"Vary": "Accept"}, response=response)

    # --- shared ---

    def _is_query(self, rows: Any) -> bool:
        model = None if self._source is None else self._source.model_of(rows)
        if model is None:
            return False
        wanted = self.application.shape_of(self.resource).model
        if not issubclass(model, wanted):
            raise ResourceMismatch(f"a query of {wanted.__name__}", f"one of {model.__name__}")
        return True

    def _page(self, rows: Any) -> Any:
        """``rows`` if they are a page; it has to be of the kind that is announced."""
        wanted = {"page": "total", "cursor": "next_cursor"}.get(self.announced.shape)
        is_page = hasattr(rows, "items") and hasattr(rows, "per_page")
        if is_page is not (wanted is not None) or (wanted is not None and not hasattr(rows, wanted)):
            kind = {"page": "a page", "cursor": "a page by keyset"}.get(self.announced.shape, "a list")
            raise ResourceMismatch(f"{kind} of {self.resource.__name__}", type(rows).__name__)
        return rows if is_page else None

    def _listed(self, rows: Any) -> list[Any]:
        if not isinstance(rows, Iterable) or isinstance(rows, str | bytes | dict):
            raise ResourceMismatch(f"several rows for {self.resource.__name__}", type(rows).__name__)
        listed = rows if isinstance(rows, list) else list(rows)
        if listed and isinstance(listed[0], Resource):
            if any(type(one) is not self.resource or one.context or one.members for one in listed):
                raise ResourceMismatch(
                    f"a list of {self.resource.__name__}", "others, or some with a context of their own"
                )
            listed = [one.row for one in listed]
        if listed:
            self._check(listed[0])
        return listed

    def _check(self, row: Any) -> None:
        model = self.application.shape_of(self.resource).model
        if self._source is not None and not isinstance(row, model):
            raise ResourceMismatch(f"{self.resource.__name__} of {model.__name__}", type(row).__name__)

    def _making(self, compiled: Compiled, request: Any, context: dict[str, Any]) -> Making:
        selves = {}
        for resource in compiled.resources:
            made = selves[resource] = resource(None, **context)
            made.request = request
        return Making(compiled, selves, compiled.generated.bind(selves))

    def _compile(self, selection: Selection, visible: "frozenset[Visible]", *, is_mapping: bool) -> Compiled:
        key = (selection, visible, is_mapping)
        compiled = self._compiled.get(key)
        if compiled is not None:
            return compiled

        def is_visible(plan: FieldPlan) -> bool:
            return visible.issuperset(plan.guards)

        settings = self.application.settings
        root = NodeBuilder(self.application.shape_of, selection, is_visible, settings.max_depth).build(self.resource)
        generated = generate(root, self.application.links.template, is_mapping=is_mapping)
        prepared = (node.shape.resource for node in root.all() if node.shape.has_prepare)
        resources = dict.fromkeys([*(owner for owner, _ in generated.calls), *prepared])
        compiled = Compiled(root, generated, tuple(resources))
        if len(self._compiled) >= settings.compiled_selections:
            # The oldest selection goes, not what is answered to everybody who selects nothing.
            self._compiled.pop(next((k for k in self._compiled if k[0] != EVERYTHING), next(iter(self._compiled))))
        self._compiled[key] = compiled
        return compiled
