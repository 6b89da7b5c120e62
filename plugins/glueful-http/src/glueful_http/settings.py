"""Settings of section ``[http]``."""

import msgspec


class HttpSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the client may go, and how much it waits and reads."""

    timeout_seconds: float = 15.0
    """A whole request at most, from the first question to DNS to the last byte of the answer."""
    connect_timeout_seconds: float = 5.0
    """DNS, connection and TLS handshake at most, for each address."""
    max_response_bytes: int = 1_048_576
    """How much of a body is read; the rest is cut off and the connection closed."""
    max_connections: int = 100
    """Connections of one process."""
    keepalive_seconds: float = 30.0
    """How long an idle connection is kept for the next request to the same host."""
    require_https: bool | None = None
    """Refuse ``http:``. None: outside development."""
    allowed_ports: tuple[int, ...] = (80, 443)
    """Ports that a URL may name."""
    allow_localhost: bool = False
    """Allow 127.0.0.0/8 and ::1 on any port; for development, where alone it is accepted."""
    allowed_networks: tuple[str, ...] = ()
    """Networks that may be reached although they are not public: ``["10.20.0.0/16"]`` for receivers of one's own."""
    ca_file: str | None = None
    """PEM file of the certificate authorities that are trusted instead of the public ones. The environment
    (``SSL_CERT_FILE`` and proxy variables) is never read."""
    user_agent: str = "Glueful"
