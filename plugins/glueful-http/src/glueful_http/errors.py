"""Why a request is not sent, and why one fails."""

from enum import StrEnum
from typing import ClassVar

from glueful_hookspecs import GluefulError


class FailureKind(StrEnum):
    """What went wrong with a request, for records and retries."""

    REFUSED = "refused"
    """The URL may not be called; nothing was sent."""
    UNREACHABLE = "unreachable"
    """No address of the host may be reached: there is none, it is not public, or nobody answers there."""
    TLS = "tls"
    """The handshake failed, or the certificate is not valid for the host."""
    TIMEOUT = "timeout"
    """The answer was not complete in time."""
    BROKEN = "broken"
    """The connection ended before the answer did."""
    PROTOCOL = "protocol"
    """The answer is not HTTP, or exceeds its limits."""


class RequestFailed(GluefulError):
    """A request has no answer. Says nothing that tells which private addresses exist."""

    code = "http.request_failed"
    kind: ClassVar[FailureKind]


class UrlRefused(RequestFailed):
    """The URL is malformed, or goes where the settings do not allow.

    Args:
        problem: what is wrong with it, after "the URL".
    """

    code = "http.url_refused"
    kind = FailureKind.REFUSED

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(what=f"the URL {problem}", fix="use an https URL of a host on the public Internet")


class HostUnreachable(RequestFailed):
    """No connection: the name is unknown, it has an address that is not allowed, or nobody accepts."""

    code = "http.host_unreachable"
    kind = FailureKind.UNREACHABLE

    def __init__(self) -> None:
        super().__init__(
            what="the host cannot be reached",
            fix="check its name, and that it accepts connections from the public Internet",
        )


class TlsFailed(RequestFailed):
    """No trusted TLS connection."""

    code = "http.tls_failed"
    kind = FailureKind.TLS

    def __init__(self) -> None:
        super().__init__(
            what="the TLS connection failed",
            fix="use a certificate of a public authority that is valid for the host, and TLS 1.2 or later",
        )


class RequestTimedOut(RequestFailed):
    """No complete answer in time."""

    code = "http.timed_out"
    kind = FailureKind.TIMEOUT

    def __init__(self) -> None:
        super().__init__(what="the answer did not come in time", fix="answer first, and work afterwards")


class ConnectionBroken(RequestFailed):
    """The connection ended before the answer did."""

    code = "http.connection_broken"
    kind = FailureKind.BROKEN

    def __init__(self) -> None:
        super().__init__(what="the connection was closed before the answer ended", fix="look at the server's log")


class AnswerInvalid(RequestFailed):
    """What came back is not HTTP/1.1, or its head is larger than 100 KiB."""

    code = "http.answer_invalid"
    kind = FailureKind.PROTOCOL

    def __init__(self) -> None:
        super().__init__(what="the answer is not valid HTTP", fix="check what listens on the port of the URL")


class LocalhostOutsideDevelopment(GluefulError):
    """``http.allow_localhost`` is set where users are served."""

    code = "http.localhost_outside_development"

    def __init__(self) -> None:
        super().__init__(
            what="http.allow_localhost is set outside development: users could reach what listens on this machine",
            fix="remove http.allow_localhost, or name the networks that are meant in http.allowed_networks",
        )


class NetworkInvalid(GluefulError):
    """An entry of ``http.allowed_networks`` is no network."""

    code = "http.network_invalid"

    def __init__(self, text: str) -> None:
        super().__init__(
            what=f"http.allowed_networks: {text!r} is not a network", fix='write it as "10.20.0.0/16" or "fd12::/48"'
        )
