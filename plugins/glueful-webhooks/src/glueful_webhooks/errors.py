"""What can go wrong with webhooks, for callers, receivers and operators."""

from collections.abc import Sequence
from typing import ClassVar

from glueful_hookspecs import GluefulError
from litestar.exceptions import ClientException, NotAuthorizedException, NotFoundException, PermissionDeniedException
from litestar.status_codes import HTTP_409_CONFLICT, HTTP_422_UNPROCESSABLE_ENTITY


class SignatureInvalid(NotAuthorizedException):
    """A received webhook is not signed by one of the keys, or not now: 401.

    Args:
        reason: what is wrong, without anything secret.
    """

    code: ClassVar[str] = "webhooks.signature_invalid"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The webhook is not accepted: {reason}.", headers={"WWW-Authenticate": "Signature"})


class KeyUnfit(GluefulError):
    """A signing key has the wrong form. It is never shown."""

    code = "webhooks.key_unfit"

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(
            what=f"the webhook key {problem}",
            fix="use whsec_ and the base64 of 24 to 64 random bytes, or whpk_ (whsk_) and that of an Ed25519 key",
        )


class SealBroken(GluefulError):
    """A stored secret cannot be decrypted."""

    code = "webhooks.seal_broken"

    def __init__(self, place: str) -> None:
        self.place = place
        super().__init__(
            what=f"the stored secret {place} cannot be decrypted",
            fix="put the key that encrypted it back into webhooks.encryption_keys, after the new one",
        )


class EncryptionKeyMissing(GluefulError):
    """There is no key, or a short one, for encrypting stored secrets."""

    code = "webhooks.encryption_key_missing"

    def __init__(self) -> None:
        super().__init__(
            what="webhooks.encryption_keys is not set, or has a key of less than 32 characters",
            fix="GLUEFUL_WEBHOOKS__ENCRYPTION_KEYS=$(python -c 'import json, secrets; "
            "print(json.dumps([secrets.token_urlsafe(48)]))')",
        )


class EventDeclaredTwice(GluefulError):
    """Two types declare one event."""

    code = "webhooks.event_declared_twice"

    def __init__(self, name: str, first: str, second: str) -> None:
        self.name = name
        super().__init__(
            what=f"the event {name} is declared by {first} and by {second}", fix="give one of them another name"
        )


class EventUndeclared(GluefulError):
    """No such event stands in the catalogue."""

    code = "webhooks.event_undeclared"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name = name
        super().__init__(
            what=f"{name[:128]!r} is no declared event" + (f"; there are {', '.join(known[:20])}" if known else ""),
            fix="declare it: @webhook_event(...) above the Struct of its payload",
        )


class PatternInvalid(GluefulError):
    """The name or pattern of an event has the wrong form."""

    code = "webhooks.pattern_invalid"

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        super().__init__(
            what=f"{pattern[:128]!r} is no name or pattern of events", fix='write "user.created", "user.*" or "*"'
        )


class PayloadInvalid(GluefulError):
    """A payload is not of the type that its event declares, or is too large."""

    code = "webhooks.payload_invalid"

    def __init__(self, event: str, problem: str) -> None:
        self.event = event
        super().__init__(what=f"the payload of {event}: {problem}", fix="send what the event catalogue declares")


class SubscriptionInvalid(GluefulError):
    """An endpoint cannot be made as it was asked for.

    Args:
        field: what is wrong.
        problem: why.
    """

    code = "webhooks.subscription_invalid"

    def __init__(self, field: str, problem: str) -> None:
        self.field = field
        super().__init__(what=f"{field} {problem}", fix=f"correct {field}")


class WebhooksNotBound(GluefulError):
    """``Webhook`` was used where no application runs, or several do."""

    code = "webhooks.not_bound"

    def __init__(self) -> None:
        super().__init__(
            what="Webhook was used outside a running application with glueful-webhooks",
            fix="use it in a handler, a job or a command, or take the service Webhooks of the application meant",
        )


class EndpointNotFound(NotFoundException):
    """There is no such endpoint, or it is another owner's: 404."""

    code: ClassVar[str] = "webhooks.endpoint_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such webhook endpoint.")


class DeliveryNotFound(NotFoundException):
    """There is no such delivery, or it is another owner's: 404."""

    code: ClassVar[str] = "webhooks.delivery_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such webhook delivery.")


class EndpointsExhausted(ClientException):
    """The owner has as many endpoints as are allowed: 409."""

    status_code = HTTP_409_CONFLICT
    code: ClassVar[str] = "webhooks.endpoints_exhausted"

    def __init__(self, limit: int) -> None:
        super().__init__(f"There are {limit} webhook endpoints already; delete one first.")


class EndpointIsDisabled(ClientException):
    """The endpoint is not called while it is disabled: 409."""

    status_code = HTTP_409_CONFLICT
    code: ClassVar[str] = "webhooks.endpoint_disabled"

    def __init__(self) -> None:
        super().__init__("The webhook endpoint is disabled; enable it first.")


class WebhooksScopeMissing(PermissionDeniedException):
    """The caller's credential lacks the scope for webhooks: 403."""

    code: ClassVar[str] = "webhooks.scope_missing"

    def __init__(self, scope: str) -> None:
        challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
        super().__init__("The credential lacks a scope.", headers={"WWW-Authenticate": challenge})


class OwnerUnknown(PermissionDeniedException):
    """The caller's credential does not say for whom it manages webhooks: 403."""

    code: ClassVar[str] = "webhooks.owner_unknown"

    def __init__(self, claim: str) -> None:
        super().__init__(f"The credential lacks the claim {claim}.")


class FieldProblem:
    """One entry of ``errors[]``."""

    def __init__(self, field: str, code: str, message: str) -> None:
        self.pointer, self.location, self.code, self.message = f"/{field}", "body", code, message
        self.params: dict[str, object] = {}


class EndpointRefused(ClientException):
    """An endpoint cannot be made or changed as it was asked for: 422.

    Args:
        field: what is wrong.
        error: why.
    """

    status_code = HTTP_422_UNPROCESSABLE_ENTITY
    code: ClassVar[str] = "webhooks.endpoint_refused"

    def __init__(self, field: str, error: GluefulError) -> None:
        self.errors = [FieldProblem(field, error.code, error.what)]
        super().__init__(f"The webhook endpoint is refused: {error.what}.")


class CommandRefused(GluefulError):
    """A command cannot do what was asked for."""

    code = "webhooks.command_refused"

    def __init__(self, problem: str) -> None:
        super().__init__(what=problem.rstrip("."), fix="look at `glueful webhooks list` and `deliveries`")


class DatabaseNotMigrated(GluefulError):
    """The tables are not there."""

    code = "webhooks.not_migrated"

    def __init__(self) -> None:
        super().__init__(what="the database has no tables for webhooks", fix="glueful db migrate")
