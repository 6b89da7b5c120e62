"""Columns that many models have."""

import datetime as dt

from piccolo.columns import Timestamptz

from .model.model import Model


def utc_now() -> dt.datetime:
    """Now, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


class Timestamps(Model, abstract=True):
    """``created_at`` and ``updated_at``, in UTC, which ``create`` and ``update`` do not take."""

    guarded = frozenset({"created_at", "updated_at"})
    not_replicated = frozenset({"created_at", "updated_at"})

    created_at = Timestamptz()
    updated_at = Timestamptz(auto_update=utc_now)
