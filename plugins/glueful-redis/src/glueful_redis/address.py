"""Where Redis is: a URL, taken apart without importing a client."""

from dataclasses import dataclass, field
from typing import Any, Literal, Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from glueful_hookspecs import Secret

Kind = Literal["single", "sentinel", "cluster"]

SCHEMES: dict[str, tuple[Kind, bool]] = {
    "redis": ("single", False),
    "rediss": ("single", True),
    "unix": ("single", False),
    "redis+sentinel": ("sentinel", False),
    "rediss+sentinel": ("sentinel", True),
    "redis+cluster": ("cluster", False),
    "rediss+cluster": ("cluster", True),
}
TLS_OPTIONS = {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs", "ssl_check_hostname"}
SENTINEL_OPTIONS = {"sentinel_username", "sentinel_password"}
UNIX_OPTIONS = {"username", "password"}
CERTIFICATE_CHECKS = {"none", "optional", "required"}
BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Address:
    """One server, the sentinels of one, or the nodes of a cluster. Its text shows no credentials.

    Attributes:
        kind: what stands there.
        nodes: hosts and ports; empty for a socket file.
        path: the socket file, or empty.
        database: number of the database; 0 in a cluster.
        service: what the sentinels call the server.
        is_tls: whether connections are encrypted.
        credentials: ``username`` and ``password``, where given.
        sentinel_credentials: the same for the sentinels.
        tls: keyword arguments ``ssl_…`` of a connection.
    """

    kind: Kind
    nodes: tuple[tuple[str, int], ...] = ()
    path: str = ""
    database: int = 0
    service: str = ""
    is_tls: bool = False
    credentials: dict[str, str] = field(default_factory=dict, repr=False)
    sentinel_credentials: dict[str, str] = field(default_factory=dict, repr=False)
    tls: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, url: Secret) -> Self:
        """Take a URL apart.

        Raises:
            ValueError: it has another form than ``RedisSettings.url`` describes; the text shows no credentials.
        """
        try:
            parts = urlsplit(url.reveal())
        except ValueError:
            raise ValueError("url is not a URL") from None
        if parts.scheme not in SCHEMES:
            raise ValueError(f"url begins with none of {', '.join(f'{scheme}://' for scheme in SCHEMES)}")
        kind, is_tls = SCHEMES[parts.scheme]
        options = _options(parts, kind, is_tls=is_tls)
        user, _, hosts = parts.netloc.rpartition("@")
        username, _, password = user.partition(":")
        credentials = {
            name: value
            for name, value in (
                ("username", unquote(username) or options.get("username", "")),
                ("password", unquote(password) or options.get("password", "")),
            )
            if value
        }
        path = [unquote(part) for part in parts.path.split("/") if part]
        database = options.get("db")
        if parts.scheme == "unix":
            if hosts or not path:
                raise ValueError("url names no socket file: write unix:///path/to/redis.sock")
            return cls(kind, path=unquote(parts.path), database=_database(database), credentials=credentials)
        service = ""
        if kind == "sentinel":
            if not path:
                raise ValueError("url names no service: write redis+sentinel://host:26379/service")
            service = path.pop(0)
        if len(path) > 1 or (path and database is not None):
            raise ValueError("url has more than a database number after the host")
        number = _database(path[0] if path else database)
        if kind == "cluster" and number:
            raise ValueError("url names a database: a cluster has database 0 only")
        default_port = 26379 if kind == "sentinel" else 6379
        nodes = tuple(_node(host, default_port) for host in hosts.split(","))
        if kind == "single" and len(nodes) > 1:
            raise ValueError("url names several hosts: write redis+sentinel:// or redis+cluster://")
        return cls(
            kind,
            nodes=nodes,
            database=number,
            service=service,
            is_tls=is_tls,
            credentials=credentials,
            sentinel_credentials={name[9:]: options[name] for name in SENTINEL_OPTIONS if name in options},
            tls={name: options[name] for name in TLS_OPTIONS if name in options},
        )

    def __str__(self) -> str:
        hosts = ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.nodes)
        scheme = "unix" if self.path else f"redis{'s' * self.is_tls}{'' if self.kind == 'single' else f'+{self.kind}'}"
        end = "".join(f"/{part}" for part in (self.service, self.database or "") if part)
        return f"{scheme}://{hosts}{self.path or end}"


def _options(parts: SplitResult, kind: Kind, *, is_tls: bool) -> dict[str, Any]:
    allowed = {"db"} | (TLS_OPTIONS if is_tls else set()) | (SENTINEL_OPTIONS if kind == "sentinel" else set())
    if parts.scheme == "unix":
        allowed |= UNIX_OPTIONS
    options: dict[str, Any] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name not in allowed:
            raise ValueError(
                f"url has the option {name[:64]!r}; with {parts.scheme}:// there are {', '.join(sorted(allowed))}, and "
                "timeouts and sizes are settings of section [redis]"
            )
        options[name] = value
    if (checks := options.get("ssl_cert_reqs")) is not None and checks not in CERTIFICATE_CHECKS:
        raise ValueError(f"url: ssl_cert_reqs is none of {', '.join(sorted(CERTIFICATE_CHECKS))}")
    if (checks := options.get("ssl_check_hostname")) is not None:
        if checks.lower() not in BOOLEANS:
            raise ValueError("url: ssl_check_hostname is neither true nor false")
        options["ssl_check_hostname"] = BOOLEANS[checks.lower()]
    return options


def _database(text: str | None) -> int:
    if text is None:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError("url: the database is not a number")
    return int(text)


def _node(text: str, default_port: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        port = parts.port
    except ValueError:
        raise ValueError("url: a port is not a number from 1 to 65535") from None
    if not parts.hostname:
        raise ValueError("url names no host")
    return parts.hostname, port or default_port
