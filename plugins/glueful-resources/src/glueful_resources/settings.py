"""Settings of section ``[resources]``."""

import msgspec


class ResourcesSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How resources are wrapped, and how far a request may reach."""

    wrap: str = "data"
    """The member that holds a resource, or a list of them, where the class does not say otherwise; empty for none."""
    base_url: str = ""
    """Put before every link, ``"https://api.example.com"``; empty for links that start with a slash. Never taken from
    the request: its ``Host`` is the client's."""
    page_parameter: str = "page"
    """The query parameter that links to other pages change."""
    cursor_parameter: str = "cursor"
    """The query parameter that links to other pages of a keyset change."""
    max_page_size: int = 100
    """Greatest number of rows of a page that ``paginate`` and ``cursor_paginate`` of a collection read."""
    max_depth: int = 5
    """Greatest number of resources inside one another: relations of the last one are not shown."""
    max_include_depth: int = 3
    """Greatest number of relations in a path of ``include``; 3 allows ``posts.comments.author``."""
    stream_batch: int = 500
    """Rows that a stream holds at a time."""
    compiled_selections: int = 256
    """Selections of fields for which one operation keeps its generated code."""

    def __post_init__(self) -> None:
        for name in ("max_page_size", "max_depth", "max_include_depth", "stream_batch", "compiled_selections"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
