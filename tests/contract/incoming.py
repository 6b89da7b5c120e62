"""What the bakery takes in: every rule, every kind of type, in bodies of every kind."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple

from glueful_validation import (
    Alpha,
    AlphaDash,
    AlphaNumeric,
    Between,
    Confirmed,
    Date,
    DecimalBounds,
    Different,
    Digits,
    Distinct,
    Email,
    EndsWith,
    Errors,
    Exists,
    Failure,
    File,
    FormRequest,
    GreaterThan,
    Image,
    In,
    Ip,
    Json,
    Length,
    LessThan,
    Lowercase,
    Max,
    MaxLength,
    Min,
    MinLength,
    MultipleOf,
    NamedColumn,
    Normalized,
    NotIn,
    PasswordStrength,
    Regex,
    RequiredIf,
    RequiredWith,
    RequiredWithout,
    Rule,
    RuleContext,
    Same,
    Slug,
    StartsWith,
    Transform,
    Trim,
    Unique,
    Url,
    Username,
    Uuid,
    native,
    pattern,
)
from litestar.datastructures import UploadFile
from msgspec import UNSET, Meta, Struct, UnsetType
from tables import Baker, Grain

Maybe = UnsetType


class Price(NamedTuple):
    cents: Annotated[int, Meta(ge=0, le=100_000)]
    currency: Literal["eur", "usd"] = "eur"


class Size(Struct, array_like=True, forbid_unknown_fields=True):
    width: Annotated[float, Meta(ge=0, le=100)]
    height: int | float = 1


class Delivery(Struct, tag="delivery"):
    street: Annotated[str, Length(1, 40)]


class Collection(Struct, tag="collection", forbid_unknown_fields=True):
    hour: Annotated[int, Meta(ge=6, le=18)]


class Words(Struct, forbid_unknown_fields=True):
    """Rules for text that JSON Schema can say."""

    alpha: Annotated[str, Alpha(), MaxLength(9)] | Maybe = UNSET
    alpha_dash: Annotated[str, AlphaDash(), MaxLength(9)] | Maybe = UNSET
    alpha_numeric: Annotated[str, AlphaNumeric(), MaxLength(9)] | Maybe = UNSET
    digits: Annotated[str, Digits(4)] | Maybe = UNSET
    email: Annotated[str, Email()] | Maybe = UNSET
    ends_with: Annotated[str, EndsWith(".de", ".fr"), MaxLength(20)] | Maybe = UNSET
    ip: Annotated[str, Ip(4)] | Maybe = UNSET
    not_in: Annotated[str, NotIn("root", "admin"), MaxLength(20)] | Maybe = UNSET
    own_pattern: Annotated[str, pattern("colour", "#[0-9a-f]{6}")] | Maybe = UNSET
    regex: Annotated[str, Regex("^[a-f]{2,5}$")] | Maybe = UNSET
    slug: Annotated[str, Slug(), MaxLength(40)] | Maybe = UNSET
    starts_with: Annotated[str, StartsWith("http:", "ftp:"), MaxLength(20)] | Maybe = UNSET
    url: Annotated[str, Url()] | Maybe = UNSET
    username: Annotated[str, Username()] | Maybe = UNSET
    uuid: Annotated[str, Uuid(4)] | Maybe = UNSET


class Amounts(Struct, forbid_unknown_fields=True, rename="camel"):
    """Rules for numbers, sizes and presence that JSON Schema can say."""

    between: Annotated[int, Between(-3, 7)] | Maybe = UNSET
    chosen: Annotated[int, In(1, 2, 5)] | Maybe = UNSET
    distinct: Annotated[list[int], Distinct(), MaxLength(4)] | Maybe = UNSET
    greater_than: Annotated[float, GreaterThan(0.5), LessThan(9)] | Maybe = UNSET
    items: Annotated[list[Annotated[int, Max(4)]], MinLength(1), MaxLength(4)] | Maybe = UNSET
    members: Annotated[dict[str, bool], MaxLength(2)] | Maybe = UNSET
    minimum: Annotated[int, Min(4)] | None = None
    multiple_of: Annotated[int, MultipleOf(3), Between(0, 99)] | Maybe = UNSET
    odd_one: Annotated[int, native("odd_one", ge=1, le=9, schema={"description": "A small one."})] | Maybe = UNSET


class Needs(Struct, forbid_unknown_fields=True):
    """Rules about which fields are there."""

    kind: Literal["guest", "master"] = "guest"
    licence: Annotated[Annotated[str, MaxLength(20)] | None, RequiredIf("kind", "master")] = None
    phone: Annotated[str, Digits()] | None = None
    country: Annotated[Literal["de", "fr"] | None, RequiredWith("phone")] = None
    street: Annotated[str, Length(1, 9)] | None = None
    box: Annotated[Annotated[int, Between(1, 9)] | None, RequiredWithout("street")] = None


class Kinds(Struct, forbid_unknown_fields=True):
    """Types of which JSON has no kind of its own, and several at once."""

    amount: int | float | None = None
    picture: Annotated[bytes, MaxLength(30)] | Maybe = UNSET
    counts: dict[int, int | float] | Maybe = UNSET
    day: dt.date | Maybe = UNSET
    exact: Decimal | Maybe = UNSET
    grains: set[Grain] | Maybe = UNSET
    moment: dt.datetime | Maybe = UNSET
    moment_somewhere: Annotated[dt.datetime, Meta(tz=True)] | Maybe = UNSET
    opens: dt.time | Maybe = UNSET
    pair: tuple[int, Grain] | Maybe = UNSET
    price: Price | Maybe = UNSET
    serial: uuid.UUID | Maybe = UNSET
    size: Size | Maybe = UNSET
    span: dt.timedelta | Maybe = UNSET
    way: Delivery | Collection | None = None


class Leavened(Rule):
    """A rule of the application's own."""

    code = "leavened"
    message = "must be leavened"
    applies_to = (str,)

    def check(self, value: str, context: RuleContext) -> bool | Failure:
        return True if "yeast" in value else Failure("leavened", {"with": "yeast"})


class Squeezed(Transform):
    """A change of the application's own."""

    code = "squeezed"

    def transform(self, value: str) -> str:
        return " ".join(value.split())


class Order(Struct, forbid_unknown_fields=True):
    """Rules that JSON Schema cannot say."""

    name: Annotated[str, Normalized("NFKC"), Trim(), Lowercase(), Squeezed(), StartsWith("a"), MaxLength(20)] = "a"
    recipe: Annotated[str, Leavened()] | Maybe = UNSET
    options: Annotated[str, Json()] | Maybe = UNSET
    password: Annotated[str | None, PasswordStrength(), Confirmed()] = None
    password_confirmation: str | None = None
    mail: Annotated[str, Email()] | Maybe = UNSET
    mail_again: Annotated[str | UnsetType, Same("mail")] = UNSET
    other_mail: Annotated[str | UnsetType, Different("mail")] = UNSET
    sold_from: Annotated[dt.date, Date(after=dt.date(2000, 1, 1))] | None = None
    sold_until: Annotated[dt.date | None, Date(after="sold_from", or_equal=True)] = None
    price: Annotated[Decimal, DecimalBounds(0, 99, places=2)] = Decimal(1)
    codes: Annotated[set[int], Length(1, 3)] | Maybe = UNSET


class NewBaker(FormRequest, forbid_unknown_fields=True):
    handle: Annotated[str, Username(), Length(3, 40), Unique(Baker.handle)]
    email: Annotated[str, Email()]
    motto: Annotated[str, Trim(), MaxLength(200)] | None = None

    @classmethod
    def prepare(cls, data: Any) -> Any:
        return data

    def rules(self) -> dict[str, Any]:
        return {"email": "not_in:root@example.org"}

    def after(self, errors: Errors) -> None:
        if self.motto == self.email:
            errors.add("motto", "motto_is_email", "must not be your e-mail address")


class BakerChange(Struct, forbid_unknown_fields=True):
    email: Annotated[str, Email()] | UnsetType = UNSET
    motto: Annotated[str, MaxLength(200)] | UnsetType | None = UNSET


class NewLoaf(Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=40, pattern="^[a-z ]+$")]
    baker: Annotated[int, Between(1, 2**31 - 1), Exists(Baker.id), Meta(examples=[1, 2, 3])]
    grams: Annotated[int, Between(1, 5_000)]
    grain: Grain = Grain.RYE
    labels: Annotated[list[Annotated[str, Slug(), MaxLength(20)]], MaxLength(5), Distinct()] = []


class Batch(Struct, forbid_unknown_fields=True):
    loaves: Annotated[list[NewLoaf], Meta(min_length=1, max_length=10)]
    note: Annotated[str, MaxLength(50)] | None = None


class Photo(Struct):
    title: Annotated[str, Length(1, 20)]
    picture: Annotated[UploadFile, Image(max_size=10_000)]
    notes: Annotated[UploadFile, File(types=["text/plain", "image/*"])]


class Visit(Struct):
    """A form as browsers send it."""

    day: dt.date
    guests: Annotated[int, Between(1, 9)] = 1
    wishes: Annotated[list[Annotated[str, Digits(2)]], MaxLength(3)] = []


BY_RULES: dict[str, Any] = {
    "handle": ["required", "string", Exists(NamedColumn("bakers", "handle"))],
    "name": "required|string|min:2|max:20",
    "tags": "array|max:3",
    "tags.*": "slug|max:9",
    "address.city": "required|string|max:20",
}
