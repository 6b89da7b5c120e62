"""The models of the process by name, for relations that name their target as text."""

from typing import Any

MODELS: dict[str, type[Any]] = {}
