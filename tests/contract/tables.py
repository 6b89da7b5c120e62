"""The tables of the bakery."""

from enum import Enum

from glueful_orm import BelongsToMany, HasMany, Model, Timestamps, belongs_to, belongs_to_many, has_many
from piccolo.columns import Boolean, ForeignKey, Integer, Numeric, Text, Varchar


class Grain(Enum):
    RYE = "rye"
    WHEAT = "wheat"


class Baker(Timestamps):
    handle = Varchar(length=40, unique=True)
    email = Varchar(length=254)
    password = Varchar(length=80, default="$argon2$hidden")
    motto = Text(null=True, default=None)

    hidden = frozenset({"password"})

    loaves: HasMany["Loaf"] = has_many("Loaf", key="baker_id")


class Loaf(Timestamps):
    baker_id = ForeignKey(Baker, null=False, default=None)
    name = Varchar(length=40)
    grain = Varchar(length=10, choices=Grain, default=Grain.RYE)
    price = Numeric(digits=(8, 2))
    grams = Integer(default=500)
    is_sold_out = Boolean(default=False)

    baker = belongs_to(Baker, key="baker_id")
    shelves: BelongsToMany["Shelf"] = belongs_to_many("Shelf", through="Place", key="loaf_id", other_key="shelf_id")


class Shelf(Model):
    label = Varchar(length=20)


class Place(Model):
    loaf_id = ForeignKey(Loaf)
    shelf_id = ForeignKey(Shelf)
    position = Integer(default=0)


TABLES = [Baker, Loaf, Shelf, Place]
