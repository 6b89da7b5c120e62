"""The bodies that every contestant gets."""

from typing import Any

import msgspec

ADDRESS = {"street": "1 Main Street", "city": "London", "zip": "12345"}
USER: dict[str, Any] = {
    "name": "Ada Lovelace",
    "email": "ada@example.org",
    "age": 36,
    "tags": ["a", "b", "c"],
    "address": ADDRESS,
}
WRONG: dict[str, Any] = {
    "name": "",
    "email": "ada",
    "age": "36",
    "tags": "a",
    "address": {"street": 1, "city": "London"},
}

BODIES: dict[str, tuple[str, bytes]] = {
    "small": ("/small", msgspec.json.encode({"name": "Ada", "age": 36})),
    "nested": ("/nested", msgspec.json.encode(USER)),
    "1,000 items": ("/many", msgspec.json.encode([USER] * 1_000)),
    "small, invalid": ("/small", msgspec.json.encode({"name": "", "age": "36"})),
    "nested, invalid": ("/nested", msgspec.json.encode(WRONG)),
    "1,000 items, one invalid": ("/many", msgspec.json.encode([*[USER] * 999, WRONG])),
}
"""Path and body by name."""
