"""The management API: an owner's own endpoints, and for administrators all of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TypeAlias

from glueful_hookspecs import Principal
from glueful_http import RequestFailed
from litestar import Controller, Request, Router, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter, SkipValidation
from litestar.status_codes import HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT

from .catalogue import DECLARED
from .errors import EndpointRefused, EventUndeclared, KeyUnfit, PatternInvalid, SubscriptionInvalid
from .guards import webhooks_scope
from .history import MOST_EVENTS, PulledEvent
from .keys import Ed25519Key, SigningKey
from .service import Webhooks
from .settings import WebhookSettings
from .subscriptions import check_text
from .tables import DeliveryStatus, WebhookEndpoint
from .views import (
    DeliveryDetails,
    DeliveryView,
    EndpointChange,
    EndpointView,
    EndpointWithKey,
    EventTypeView,
    NewEndpoint,
    Resent,
    Sent,
    Since,
    attempt_view,
    delivery_view,
    endpoint_view,
)

Current: TypeAlias = NamedDependency[SkipValidation[Webhooks]]
Owner: TypeAlias = NamedDependency[str | None]
Limit: TypeAlias = Annotated[int, QueryParameter(ge=1, le=MOST_EVENTS)]
After: TypeAlias = Annotated[int, QueryParameter(ge=0, le=2**53)]
EndpointId: TypeAlias = Annotated[str, QueryParameter(pattern="^(ep_[0-9a-f]{32})?$")]
DeliveryId: TypeAlias = Annotated[str, QueryParameter(pattern="^(dlv_[0-9a-f]{32})?$")]
Status: TypeAlias = FromQuery[DeliveryStatus | None]


@contextmanager
def refusals(field: str = "url") -> Iterator[None]:
    """Answer what a caller can mend with 422, and say which field it is."""
    try:
        yield
    except RequestFailed as error:
        raise EndpointRefused("url", error) from None
    except SubscriptionInvalid as error:
        raise EndpointRefused(error.field, error) from None
    except (EventUndeclared, PatternInvalid) as error:
        raise EndpointRefused("events", error) from None
    except KeyUnfit as error:
        raise EndpointRefused(field, error) from None


def shown(key: SigningKey) -> str:
    """The part of a key that its receiver needs."""
    return key.public.text if isinstance(key, Ed25519Key) else key.text


class EndpointController(Controller):
    """Endpoints."""

    tags = ["Webhooks"]  # noqa: RUF012 - Litestar's way

    @get("/")
    async def list_endpoints(
        self, owner: Owner, after: EndpointId = "", limit: Limit = MOST_EVENTS
    ) -> list[EndpointView]:
        """Endpoints by id; ``after`` is the last id that the caller has."""
        query = WebhookEndpoint.where(id__gt=after).order_by("id").limit(limit)
        return [endpoint_view(row) for row in await (query if owner is None else query.where(owner=owner))]

    @post("/")
    async def subscribe(self, data: JSONBody[NewEndpoint], webhooks: Current, owner: Owner) -> EndpointWithKey:
        """Make an endpoint; the answer has its key, which is not shown again."""
        with refusals():
            endpoint, key = await webhooks.subscribe(
                data.events,
                data.url,
                owner=owner or "",
                description=data.description,
                filters=data.filters,
                headers=data.headers,
                rate_per_minute=data.rate_per_minute,
                asymmetric=data.asymmetric,
            )
        return EndpointWithKey(endpoint_view(endpoint), shown(key))

    @get("/catalogue")
    async def catalogue(self) -> list[EventTypeView]:
        """The events that can be subscribed to."""
        return [EventTypeView(name, DECLARED[name].summary) for name in sorted(DECLARED)]

    @get("/{endpoint_id:str}")
    async def show(self, endpoint_id: FromPath[str], webhooks: Current, owner: Owner) -> EndpointView:
        """One endpoint."""
        return endpoint_view(await webhooks.subscriptions.find(endpoint_id, owner=owner))

    @patch("/{endpoint_id:str}")
    async def change(
        self, endpoint_id: FromPath[str], data: JSONBody[EndpointChange], webhooks: Current, owner: Owner
    ) -> EndpointView:
        """Change what is given."""
        with refusals():
            found = await webhooks.subscriptions.update(endpoint_id, owner=owner, **data.given())
        return endpoint_view(found)

    @delete("/{endpoint_id:str}")
    async def unsubscribe(self, endpoint_id: FromPath[str], webhooks: Current, owner: Owner) -> None:
        """Delete an endpoint and its deliveries."""
        await webhooks.subscriptions.unsubscribe(endpoint_id, owner=owner)

    @post("/{endpoint_id:str}/rotate", status_code=200)
    async def rotate(self, endpoint_id: FromPath[str], webhooks: Current, owner: Owner) -> EndpointWithKey:
        """Make a new key; the old one signs as well for a while."""
        key = await webhooks.subscriptions.rotate(endpoint_id, owner=owner)
        endpoint = await webhooks.subscriptions.find(endpoint_id, owner=owner)
        return EndpointWithKey(endpoint_view(endpoint), shown(key))

    @post("/{endpoint_id:str}/enable", status_code=HTTP_204_NO_CONTENT)
    async def enable(self, endpoint_id: FromPath[str], webhooks: Current, owner: Owner) -> None:
        """Call an endpoint again; what waited is sent by ``recover``."""
        await webhooks.subscriptions.enable(endpoint_id, owner=owner)

    @post("/{endpoint_id:str}/disable", status_code=HTTP_204_NO_CONTENT)
    async def disable(self, endpoint_id: FromPath[str], webhooks: Current, owner: Owner) -> None:
        """Call an endpoint no more."""
        await webhooks.subscriptions.disable(endpoint_id, owner=owner)

    @post("/{endpoint_id:str}/test", status_code=HTTP_202_ACCEPTED)
    async def test(self, endpoint_id: FromPath[str], webhooks: Current, owner: Owner) -> Sent:
        """Send ``webhook.test``, the way that every event goes."""
        return Sent(await webhooks.test(endpoint_id, owner=owner))

    @post("/{endpoint_id:str}/recover", status_code=HTTP_202_ACCEPTED)
    async def recover(
        self, endpoint_id: FromPath[str], data: JSONBody[Since], webhooks: Current, owner: Owner
    ) -> Resent:
        """Send what failed, or waits since the endpoint was disabled."""
        await webhooks.subscriptions.find(endpoint_id, owner=owner)
        return Resent(await webhooks.history.recover(endpoint_id, data.since))

    @post("/{endpoint_id:str}/replay", status_code=HTTP_202_ACCEPTED)
    async def replay(
        self, endpoint_id: FromPath[str], data: JSONBody[Since], webhooks: Current, owner: Owner
    ) -> Resent:
        """Send everything again, also what was delivered."""
        await webhooks.subscriptions.find(endpoint_id, owner=owner)
        return Resent(await webhooks.history.replay(endpoint_id, data.since))

    @get("/{endpoint_id:str}/stats")
    async def stats(self, endpoint_id: FromPath[str], webhooks: Current, owner: Owner) -> dict[str, int]:
        """Number of deliveries by status."""
        await webhooks.subscriptions.find(endpoint_id, owner=owner)
        return await webhooks.history.stats(endpoint_id)

    @get("/{endpoint_id:str}/events")
    async def events(
        self,
        endpoint_id: FromPath[str],
        webhooks: Current,
        owner: Owner,
        after: After = 0,
        limit: Limit = MOST_EVENTS,
    ) -> list[PulledEvent]:
        """The endpoint's stream behind a sequence: whoever missed events pulls them."""
        await webhooks.subscriptions.find(endpoint_id, owner=owner)
        return await webhooks.history.events(endpoint_id, after, limit)

    @get("/{endpoint_id:str}/deliveries")
    async def deliveries(
        self,
        endpoint_id: FromPath[str],
        webhooks: Current,
        owner: Owner,
        status: Status = None,
        before: DeliveryId = "",
        limit: Limit = MOST_EVENTS,
    ) -> list[DeliveryView]:
        """Deliveries, the newest first; ``before`` is the last id that the caller has."""
        await webhooks.subscriptions.find(endpoint_id, owner=owner)
        query = webhooks.history.deliveries(owner=owner, endpoint_id=endpoint_id, status=status, before=before or None)
        return [delivery_view(row) for row in await query.limit(limit)]


class DeliveryController(Controller):
    """Deliveries."""

    path = "/deliveries"
    tags = ["Webhooks"]  # noqa: RUF012 - Litestar's way

    @get("/")
    async def list_deliveries(
        self,
        webhooks: Current,
        owner: Owner,
        status: Status = None,
        before: DeliveryId = "",
        limit: Limit = MOST_EVENTS,
    ) -> list[DeliveryView]:
        """Deliveries to all endpoints, the newest first; ``before`` is the last id that the caller has."""
        query = webhooks.history.deliveries(owner=owner, status=status, before=before or None).limit(limit)
        return [delivery_view(row) for row in await query]

    @get("/{delivery_id:str}")
    async def show(self, delivery_id: FromPath[str], webhooks: Current, owner: Owner) -> DeliveryDetails:
        """A delivery with its attempts."""
        row = await webhooks.history.delivery(delivery_id, owner=owner)
        attempts = await webhooks.history.attempts(delivery_id)
        return DeliveryDetails(delivery_view(row), [attempt_view(one) for one in attempts[-MOST_EVENTS:]])

    @post("/{delivery_id:str}/retry", status_code=HTTP_202_ACCEPTED)
    async def retry(self, delivery_id: FromPath[str], webhooks: Current, owner: Owner) -> Resent:
        """Deliver once more, at once."""
        await webhooks.history.retry(delivery_id, owner=owner)
        return Resent(1)


def management_routes(settings: WebhookSettings, webhooks: Callable[[], Webhooks]) -> Router:
    """The API below ``settings.path``.

    Args:
        settings: path, scopes, and the claim that names the owner.
        webhooks: gives those of the running application.
    """

    async def current() -> Webhooks:
        # A function of its own: Litestar copies what it is given, and would copy the plugin behind a method.
        return webhooks()

    async def owner(request: Request[Any, Any, Any]) -> str | None:
        principal: Principal = request.user
        if settings.admin_scope in principal.scopes:
            chosen: str | None = request.query_params.get("owner")
            with refusals():
                check_text("owner", chosen or "")
            return chosen
        return owner_of(principal, settings.owner_claim)

    return Router(
        path=settings.path,
        route_handlers=[EndpointController, DeliveryController],
        guards=[webhooks_scope(settings.scope, settings.admin_scope)],
        dependencies={"webhooks": Provide(current), "owner": Provide(owner)},
    )


def owner_of(principal: Principal, claim: str | None) -> str:
    """Whose endpoints a caller manages: a claim's value, such as the tenant's, or the caller's own id.

    Raises:
        OwnerUnknown: the claim is missing, empty or no text.
    """
    from .errors import OwnerUnknown

    if claim is None:
        return principal.id
    value = principal.claims.get(claim)
    if not isinstance(value, str) or not value:
        raise OwnerUnknown(claim)
    return value
