"""Pages of rows: by offset, and by keyset with a signed cursor."""

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from ..engines import ROUTER
from ..model.codecs import held
from ..model.errors import CursorInvalid, CursorOrder
from ..model.plan import Plan
from .predicates import Beyond

if TYPE_CHECKING:
    from .builder import Query

T = TypeVar("T")
MAXIMUM_PAGE_SIZE = 100
_SIGNATURE_BYTES = 16
_MAXIMUM_CURSOR = 4_096


class Page(msgspec.Struct, Generic[T], kw_only=True):
    """One page of a result."""

    items: list[T]
    total: int
    """Number of all rows."""
    page: int
    """From 1."""
    per_page: int

    @property
    def pages(self) -> int:
        """Number of pages."""
        return -(-self.total // self.per_page)

    def __iter__(self) -> Any:
        return iter(self.items)


class UncountedPage(msgspec.Struct, Generic[T], kw_only=True):
    """One page of a result whose rows were not counted."""

    items: list[T]
    has_more: bool
    """Whether there is a further page."""
    page: int
    """From 1."""
    per_page: int

    def __iter__(self) -> Any:
        return iter(self.items)


class CursorPage(msgspec.Struct, Generic[T], kw_only=True):
    """One page of a result that is walked by cursors."""

    items: list[T]
    next_cursor: str | None
    """Of the page after this one; None on the last."""
    previous_cursor: str | None
    """Of the page before this one; None on the first."""
    per_page: int

    def __iter__(self) -> Any:
        return iter(self.items)


def page_size(wanted: int) -> int:
    """A page size within 1 and ``MAXIMUM_PAGE_SIZE``."""
    return min(max(wanted, 1), MAXIMUM_PAGE_SIZE)


async def keyset_page(query: "Query[Any]", cursor: str | None, size: int, bound_to: str) -> "CursorPage[Any]":
    """See ``Query.cursor_paginate``."""
    plan = query.plan
    names = [name for name, _ in query.orders]
    orders = query.orders if plan.key in names else (*query.orders, (plan.key, False))
    for name, _ in orders:
        if plan.columns[name]._meta.null:
            raise CursorOrder(query.model.__name__, name)
    # The text of the clauses, not their values: those of a filter such as `published_at <= now` differ at every call.
    purpose = repr((query.sql(is_ordered=False)[0], orders, bound_to))
    is_backward, values = (False, []) if cursor is None else _read(cursor, purpose, len(orders))
    walked = tuple((name, is_descending ^ is_backward) for name, is_descending in orders)
    step = query.altered(orders=walked).limit(size + 1)
    if values:
        known = [_known(plan, name, value) for (name, _), value in zip(orders, values, strict=True)]
        beyond = Beyond([(plan.quoted[name], down) for name, down in walked], known)
        step = step.altered(predicates=(*step.predicates, beyond))
    found = await step.get()
    has_more = len(found) > size
    del found[size:]
    if is_backward:
        found.reverse()

    def mark(row: Any, *, backward: bool) -> str:
        return _written(purpose, backward, [plan.encode(name, row.__dict__[name]) for name, _ in orders])

    has_next, has_previous = (bool(found), has_more) if is_backward else (has_more, bool(values) and bool(found))
    return CursorPage(
        items=found,
        next_cursor=mark(found[-1], backward=False) if has_next else None,
        previous_cursor=mark(found[0], backward=True) if has_previous else None,
        per_page=size,
    )


def _known(plan: Plan, name: str, value: Any) -> Any:
    # PostgreSQL's driver wants the type of the column, which the cursor holds as text.
    if plan.dialect != "postgres" or not isinstance(value, str):
        return value
    kind = held(plan.columns[name]).value_type
    return value if kind is str else msgspec.convert(value, kind, strict=False)


def _written(purpose: str, is_backward: bool, values: list[Any]) -> str:
    content = msgspec.msgpack.encode([is_backward, *values])
    return base64.urlsafe_b64encode(_signature(purpose, content) + content).rstrip(b"=").decode()


def _read(cursor: str, purpose: str, width: int) -> tuple[bool, list[Any]]:
    try:
        if len(cursor) > _MAXIMUM_CURSOR:
            raise CursorInvalid
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise CursorInvalid from None
    signature, content = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _signature(purpose, content)):
        raise CursorInvalid
    is_backward, *values = msgspec.msgpack.decode(content)
    if len(values) != width:
        raise CursorInvalid
    return is_backward, values


def _signature(purpose: str, content: bytes) -> bytes:
    key = ROUTER.engine.signing_key
    return hmac.digest(key, purpose.encode() + b"\0" + content, hashlib.sha256)[:_SIGNATURE_BYTES]
