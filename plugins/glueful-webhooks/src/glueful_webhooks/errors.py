"""What can go wrong with webhooks, for callers, receivers and operators."""

from typing import ClassVar

from glueful_hookspecs import GluefulError
from litestar.exceptions import NotAuthorizedException


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
