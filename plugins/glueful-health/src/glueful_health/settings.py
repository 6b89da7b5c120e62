"""Settings of section ``[health]``."""

import msgspec


class HealthSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the report is served."""

    path: str = "/health"
    """``<path>/live`` and ``<path>/ready``."""
