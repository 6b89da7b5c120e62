"""Settings of section ``[validation]``."""

from collections.abc import Mapping

import msgspec


class ValidationSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits and messages.

    The size of bodies is limited by ``max_body_bytes`` of the section ``[kernel]``, and for one route by Litestar's
    ``request_max_body_size``.
    """

    max_depth: int = 64
    """Greatest nesting of arrays and objects in a body; for one route ``@limits(depth=...)``."""
    max_errors: int = 100
    """How many errors one answer lists."""
    max_string_length: int = 65_536
    """Greatest number of characters of a string without a ``MaxLength`` of its own."""
    max_form_fields: int = 1_000
    """Greatest number of fields of a form or query string."""
    validate_only: bool = True
    """Whether ``Prefer: validate-only`` is honoured (RFC 7240): 204 or 422, and the handler is not called."""
    locale: str = "en"
    """Language of the messages where ``Accept-Language`` names none that there is a catalogue for."""
    messages: Mapping[str, Mapping[str, str]] = {}
    """Messages of the application's own, by locale and code: ``{"en": {"unique": "is already registered"}}``."""
