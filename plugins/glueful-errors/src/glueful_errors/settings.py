"""Settings of glueful-errors: section ``[errors]``, environment ``GLUEFUL_ERRORS__<FIELD>``."""

from typing import Annotated, Literal

import msgspec


class ErrorsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How errors are answered and reported."""

    type_base_url: str = ""
    """URI that the code of a problem is appended to for its ``type``, for example ``https://docs.example.com/problems/``.
    Empty: ``type`` is ``about:blank``."""
    max_errors: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 100
    """Greatest number of entries in ``errors``; further ones are left out."""
    do_not_report: tuple[str, ...] = ()
    """Exception classes, as ``package.module.Name``, that are answered but not logged; subclasses included."""
    challenge: str = "Bearer"
    """``WWW-Authenticate`` of a 401 that names none (RFC 9110 section 11.6.1 demands one); empty sends none."""
    request_id_header: Literal["problems", "always"] = "problems"
    """Which responses carry ``X-Request-ID``. ``always`` adds a middleware at stage ``TRACE``."""
