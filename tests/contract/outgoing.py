"""What the bakery answers: every way to declare a field."""

import datetime as dt
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from glueful_resources import (
    Links,
    Resource,
    computed,
    field,
    has_role,
    has_scope,
    links,
    merge_when,
    route,
    when,
    when_aggregated,
    when_counted,
    when_exists_loaded,
    when_has,
    when_loaded,
    when_not_null,
    when_pivot_loaded,
)
from msgspec import Struct
from tables import Baker, Grain, Loaf, Shelf


class Private(Resource[Baker]):
    """For the baker alone."""

    email: str


class BakerResource(Resource[Baker], includes=("loaves", "loaves.baker")):
    """Who bakes."""

    id: int
    handle: str
    motto: str = when_not_null()
    created_at: dt.datetime
    email_of_staff: str = field("email", visible_if=has_role("staff"))
    email_of_clerks: str = field("email", visible_if=has_scope("bakers:email"))
    loaves: list["LoafResource"] = when_loaded(limit=50)
    loaves_count: int = when_counted("loaves")
    loaves_exists: bool = when_exists_loaded("loaves")
    heaviest: int | None = when_aggregated("loaves", "max", "grams")
    links: Links = links(self=route("bakers.show", key="id"), all=route("bakers"))

    def is_first(self, baker: Baker) -> bool:
        return bool(baker.pk == 1)

    private: Private = merge_when(is_first)
    founder: str = when(is_first, "handle")


class ShelfResource(Resource[Shelf], name="shelves"):
    label: str
    position: int = when_pivot_loaded()


class LoafResource(Resource[Loaf], name="loaves", rename="camel", includes=("baker", "shelves")):
    id: int
    name: str
    grain: Grain
    price: Decimal
    grams: int
    is_sold_out: bool
    baker: BakerResource = when_loaded()
    shelves: list[ShelfResource] = when_loaded()

    @computed
    def per_kilo(self, loaf: Loaf) -> float:
        return float(loaf.price) * 1_000 / loaf.grams


class ChosenLoaf(LoafResource, name="loaves", sparse=True):
    """The same, with the fields that a request chooses."""


class About(Struct):
    serial: uuid.UUID


class OfferResource(Resource[Loaf], name="offers", wrap="offer", wrap_many="offers", additional=About):
    """A loaf and its baker, always; knows how many loaves each baker has."""

    name: str
    baker: BakerResource
    changed_at: dt.datetime = field("updated_at")

    async def prepare(self, rows: Sequence[Loaf]) -> None:
        self._counts = await Loaf.where(baker_id__in=[loaf.baker_id for loaf in rows]).count_by("baker_id")

    @computed
    def others(self, loaf: Loaf) -> int:
        return self._counts[loaf.baker_id] - 1


class PlainBaker(Resource[dict[str, Any]], name="names", wrap=None):
    """A row that is no model."""

    handle: str
    motto: str | None = when_has()
