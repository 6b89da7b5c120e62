"""The official plugins: names that are reserved for them, and what to install for a name that is asked for."""

from typing import NamedTuple


class Official(NamedTuple):
    """An official plugin."""

    distribution: str
    summary: str
    is_essential: bool = False
    """It enforces access: its failure stops the start, even if it cannot be imported to say so itself."""


OFFICIAL: dict[str, Official] = {
    "auth": Official("glueful-auth", "principals, passwords, access tokens", is_essential=True),
    "apikeys": Official("glueful-apikeys", "API keys with scopes and rotation", is_essential=True),
    "cache": Official("glueful-cache", "response cache and conditional requests"),
    "edge": Official("glueful-edge", "request hygiene before routing", is_essential=True),
    "email": Official("glueful-email", "e-mail notifications"),
    "errors": Official("glueful-errors", "errors as RFC 9457 problem details"),
    "health": Official("glueful-health", "liveness and readiness"),
    "http": Official("glueful-http", "the outbound HTTP client", is_essential=True),
    "make": Official("glueful-make", "generators for code"),
    "mfa": Official("glueful-mfa", "second factors", is_essential=True),
    "oauth": Official("glueful-oauth", "OAuth 2 authorization server", is_essential=True),
    "observability": Official("glueful-observability", "traces and metrics"),
    "orm": Official("glueful-orm", "models, relations, transactions, migrations"),
    "payments": Official("glueful-payments", "payment gateways"),
    "push": Official("glueful-push", "push notifications"),
    "queue": Official("glueful-queue", "background jobs"),
    "ratelimit": Official("glueful-ratelimit", "rate limits and quotas", is_essential=True),
    "rbac": Official("glueful-rbac", "roles and permissions", is_essential=True),
    "redis": Official("glueful-redis", "Redis, and its embedded stand-in"),
    "resources": Official("glueful-resources", "responses as resources", is_essential=True),
    "search": Official("glueful-search", "search engines"),
    "social": Official("glueful-social", "social login"),
    "validation": Official("glueful-validation", "every error of a request in one answer", is_essential=True),
    "versioning": Official("glueful-versioning", "API versions and deprecation"),
    "webhooks": Official("glueful-webhooks", "signed webhooks with retries"),
}


def is_official(name: str, distribution: str | None) -> bool:
    """Whether a plugin is what the catalogue says it is."""
    official = OFFICIAL.get(name)
    return official is not None and official.distribution == distribution


def is_essential(name: str) -> bool:
    """Whether the catalogue says that an application must not serve without this plugin once it is installed."""
    official = OFFICIAL.get(name)
    return official is not None and official.is_essential
