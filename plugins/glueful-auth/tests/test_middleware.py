"""Who is calling, over HTTP."""

from typing import Any

import pytest
from glueful_auth import AccessTokens, AuthSettings, Unauthenticated
from glueful_auth.errors import SecretMissing
from glueful_auth.plugin import AuthPlugin
from glueful_hookspecs import Plugin, Principal, PrincipalKind, Secret, hookimpl
from litestar.testing import TestClient

KEY = Secret("k" * 32)


def test_without_a_credential_a_caller_is_nobody(client: Any) -> None:
    assert client.get("/public").json() == {"user": None}
    response = client.get("/me")
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")


def test_with_a_token_a_caller_is_somebody(client: Any, bearer: Any) -> None:
    assert client.get("/public", headers=bearer()).json() == {"user": "7"}
    assert client.get("/me", headers=bearer(scopes=frozenset({"a"}))).json() == {"user": "7", "scopes": ["a"]}


def test_row_the_scheme_is_known_in_any_case(client: Any, bearer: Any) -> None:
    token = bearer()["authorization"].removeprefix("Bearer ")

    for scheme in ("bearer", "BEARER", "BeArEr"):
        assert client.get("/me", headers={"authorization": f"{scheme} {token}"}).status_code == 200


@pytest.mark.parametrize("path", ["/public", "/me"])
@pytest.mark.parametrize("value", ["Bearer", "Bearer ", "Bearer x.y.z", "Bearer a b", "Basic dXNlcjpwYXNz", "x", ""])
def test_an_invalid_or_unknown_credential_is_a_refusal_also_where_none_is_needed(
    client: Any, path: str, value: str
) -> None:
    response = client.get(path, headers={"authorization": value})

    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")


async def test_row_two_credentials_are_a_refusal(application: Any, bearer: Any) -> None:
    """Raw ASGI: the in-process client would join the two headers into one."""
    header = (b"authorization", bearer()["authorization"].encode())
    messages: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {"type": "http", "method": "GET", "path": "/me", "query_string": b"", "headers": [header, header]}
    await application()(scope, receive, send)

    assert messages[0]["status"] == 400


def test_row_two_credentials_in_one_header_are_a_refusal(client: Any, bearer: Any) -> None:
    header = bearer()["authorization"]

    assert client.get("/me", headers={"authorization": f"{header}, {header}"}).status_code == 401


def test_row_a_token_in_the_query_is_not_looked_at(client: Any, bearer: Any) -> None:
    token = bearer()["authorization"].removeprefix("Bearer ")

    assert client.get("/me", params={"access_token": token}).status_code == 401


def test_what_a_caller_may_see_stays_out_of_shared_caches(client: Any, bearer: Any) -> None:
    response = client.get("/me", headers=bearer())

    assert response.headers["cache-control"] == "private, no-store"
    assert "Authorization" in response.headers["vary"]


def test_absent_scopes_grant_nothing(client: Any, bearer: Any) -> None:
    assert client.get("/orders").status_code == 401
    response = client.get("/orders", headers=bearer(scopes=frozenset({"orders:write"})))
    assert response.status_code == 403
    assert response.headers["www-authenticate"] == 'Bearer error="insufficient_scope", scope="orders:read"'
    assert client.get("/orders", headers=bearer(scopes=frozenset({"orders:read"}))).json() == [1]


def test_an_expired_token_is_told_from_an_invalid_one(application: Any) -> None:
    old = AccessTokens(AuthSettings(secret=KEY), clock=lambda: 1_600_000_000.0).issue("7")

    with TestClient(application(AuthSettings(secret=KEY))) as client:
        response = client.get("/me", headers={"authorization": f"Bearer {old}"})

    assert (response.status_code, response.json()["detail"]) == (401, "The access token has expired.")


class KeyPlugin(Plugin):
    """API keys in a header of their own."""

    @hookimpl(optionalhook=True)
    def glueful_authenticators(self) -> list[Any]:
        class KeyAuthenticator:
            headers = frozenset({b"x-api-key"})

            async def authenticate(self, connection: Any) -> Principal | None:
                key = connection.headers.get("x-api-key")
                if key is None:
                    return None
                if key != "open sesame":
                    raise Unauthenticated
                return Principal(id="machine", kind=PrincipalKind.API_KEY)

        return [KeyAuthenticator()]


def test_another_plugin_adds_an_authenticator(application: Any, bearer: Any) -> None:
    with TestClient(application(AuthSettings(secret=KEY), KeyPlugin())) as client:
        assert client.get("/me", headers={"x-api-key": "open sesame"}).json()["user"] == "machine"
        assert client.get("/public", headers={"x-api-key": "wrong"}).status_code == 401
        assert client.get("/me", headers=bearer()).json()["user"] == "7"
        assert client.get("/me", headers={"x-api-key": "open sesame", **bearer()}).status_code == 400


def test_row_a_start_without_a_secret_is_refused_outside_development(application: Any) -> None:
    with pytest.raises(ExceptionGroup) as caught, TestClient(application(AuthSettings())):
        pass

    assert caught.group_contains(SecretMissing) or "auth.secret is not set" in repr(caught.value.exceptions)


def test_a_missing_secret_is_not_fit_for_production() -> None:
    (finding,) = AuthPlugin().glueful_production_findings()

    assert finding.code == "auth.secret_missing"
    assert AuthPlugin(AuthSettings(secret=KEY)).glueful_production_findings() == []


def test_in_development_each_start_makes_its_own_secret(application: Any, bearer: Any) -> None:
    with TestClient(application(AuthSettings(), debug=True)) as client:
        assert client.get("/public").status_code == 200
        assert client.get("/me", headers=bearer()).status_code == 401


def test_a_guard_denies_where_nobody_identified_the_caller() -> None:
    from glueful_auth import authenticated
    from litestar import get
    from litestar.testing import create_test_client

    @get("/me", guards=[authenticated], sync_to_thread=False)
    def me() -> None: ...

    with create_test_client([me]) as client:
        assert client.get("/me").status_code == 401


def test_a_guard_without_scopes_cannot_be_made() -> None:
    from glueful_auth import requires_scope

    with pytest.raises(ValueError, match="at least one"):
        requires_scope()


def test_realworlds_scheme_is_a_setting(application: Any, bearer: Any) -> None:
    settings = AuthSettings(secret=KEY, schemes=("Token", "Bearer"))
    token = bearer()["authorization"].removeprefix("Bearer ")

    with TestClient(application(settings)) as client:
        assert client.get("/me", headers={"authorization": f"Token {token}"}).json()["user"] == "7"
        assert client.get("/me", headers={"authorization": f"Bearer {token}"}).json()["user"] == "7"
        assert client.get("/me").status_code == 401


def test_the_openapi_document_names_the_scheme(client: Any) -> None:
    schemes = client.get("/schema/openapi.json").json()["components"]["securitySchemes"]

    assert schemes["accessToken"] == {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
