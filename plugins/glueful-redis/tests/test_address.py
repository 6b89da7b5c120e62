"""URLs, in all forms."""

import pytest
from glueful_hookspecs import Secret
from glueful_redis import RedisSettings
from glueful_redis.address import Address


@pytest.mark.parametrize(
    ("url", "kind", "nodes", "database"),
    [
        ("redis://localhost", "single", (("localhost", 6379),), 0),
        ("redis://user:p%40ss@cache.example:6380/3", "single", (("cache.example", 6380),), 3),
        ("rediss://:secret@[::1]:6379?db=2", "single", (("::1", 6379),), 2),
        ("redis+sentinel://a,b:26380,c/main/4", "sentinel", (("a", 26379), ("b", 26380), ("c", 26379)), 4),
        ("rediss+cluster://user:secret@a:7000,b:7001", "cluster", (("a", 7000), ("b", 7001)), 0),
    ],
)
def test_a_url_names_hosts_and_a_database(
    url: str, kind: str, nodes: tuple[tuple[str, int], ...], database: int
) -> None:
    address = Address.parse(Secret(url))

    assert (address.kind, address.nodes, address.database) == (kind, nodes, database)


def test_a_url_may_name_a_socket_file() -> None:
    address = Address.parse(Secret("unix:///run/redis/redis.sock?db=1&password=secret"))

    assert (address.path, address.database, address.credentials) == (
        "/run/redis/redis.sock",
        1,
        {"password": "secret"},
    )


def test_credentials_are_decoded_and_never_shown() -> None:
    address = Address.parse(
        Secret("rediss+sentinel://us%3Aer:p%40ss@a:1,b:2/main/3?sentinel_password=other&ssl_check_hostname=false")
    )

    assert address.credentials == {"username": "us:er", "password": "p@ss"}
    assert address.sentinel_credentials == {"password": "other"}
    assert address.tls == {"ssl_check_hostname": False}
    assert str(address) == "rediss+sentinel://a:1,b:2/main/3"
    assert "ss@" not in repr(address)
    assert "other" not in repr(address)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://localhost", "url begins with none of"),
        ("localhost:6379", "url begins with none of"),
        ("redis://", "url names no host"),
        ("redis://hunter2@", "url names no host"),
        ("redis://host:hunter2", "a port is not a number"),
        ("redis://host:99999", "a port is not a number"),
        ("redis://[::1", "url is not a URL"),
        ("redis://host/hunter2", "the database is not a number"),
        ("redis://host/1/2", "more than a database number"),
        ("redis://host/1?db=2", "more than a database number"),
        ("redis://a,b/0", "several hosts"),
        ("redis://host?socket_timeout=5", "timeouts and sizes are settings"),
        ("redis://host?ssl_cert_reqs=none", "option 'ssl_cert_reqs'"),
        ("rediss://host?ssl_cert_reqs=hunter2", "ssl_cert_reqs is none of"),
        ("rediss://host?ssl_check_hostname=hunter2", "neither true nor false"),
        ("redis+sentinel://host:26379", "url names no service"),
        ("redis+cluster://host/1", "a cluster has database 0 only"),
        ("unix://host/path", "url names no socket file"),
        ("unix://", "url names no socket file"),
    ],
)
def test_a_wrong_url_is_refused_at_boot_without_being_quoted(url: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as caught:
        RedisSettings(url=Secret(url))

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"prefix": ""}, "prefix is not"),
        ({"prefix": "a b"}, "prefix is not"),
        ({"prefix": "a*"}, "prefix is not"),
        ({"timeout_seconds": 0.0}, "timeout_seconds is not greater than 0"),
        ({"poll_seconds": float("nan")}, "poll_seconds is not greater than 0"),
        ({"max_connections": 0}, "max_connections is less than 1"),
    ],
)
def test_settings_have_bounds(settings: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        RedisSettings(**settings)  # type: ignore[arg-type]
