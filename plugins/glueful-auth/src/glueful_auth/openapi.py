"""What the OpenAPI document says of access tokens."""

from collections.abc import Sequence

from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

NAME = "accessToken"


def describe(config: OpenAPIConfig, schemes: Sequence[str]) -> None:
    """Add the security scheme ``accessToken``; routes name it with ``security=[{"accessToken": []}]``.

    Args:
        config: changed in place.
        schemes: accepted words before the token; any but Bearer can only be described as a header.
    """
    if "bearer" in {scheme.lower() for scheme in schemes}:
        scheme = SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")
    else:
        text = f"`Authorization: {schemes[0]} <token>`"
        scheme = SecurityScheme(type="apiKey", name="Authorization", security_scheme_in="header", description=text)
    given = config.components if isinstance(config.components, list) else [config.components]
    config.components = [*given, Components(security_schemes={NAME: scheme})]
