"""The types as msgspec and glueful-validation have them."""

from typing import Annotated

import msgspec
from glueful_validation import Email, Length, Min


class Small(msgspec.Struct):
    """Two fields."""

    name: Annotated[str, Length(1, 50)]
    age: Annotated[int, Min(0)]


class Address(msgspec.Struct):
    """Three strings."""

    street: str
    city: str
    zip: Annotated[str, Length(5, 5)]


class User(msgspec.Struct):
    """Rules, a list and an object inside."""

    name: Annotated[str, Length(1, 50)]
    email: Annotated[str, Email()]
    age: Annotated[int, Min(0)]
    tags: list[str]
    address: Address


TYPES = {"/small": Small, "/nested": User, "/many": list[User]}
