"""What a rule is: a class with ``check``, or a constraint that msgspec itself enforces."""

# ruff: noqa: ARG002  every rule has the same method

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Protocol, TypeAlias, runtime_checkable

import msgspec

from ..context import RuleContext

EXTRA_KEY = "glueful_validation"
"""Under this key of ``Meta.extra`` stands the ``NativeRule`` that names the constraints of the same ``Meta``."""


class Failure(msgspec.Struct, frozen=True):
    """Why a rule does not hold, where that is more than its own code says."""

    code: str
    params: Mapping[str, Any] = {}
    message: str | None = None
    """A message of its own instead of the catalogue's; must not contain the value."""


Verdict: TypeAlias = bool | Failure


@runtime_checkable
class Rule(Protocol):
    """Something that must hold for a value, beyond its type: ``Annotated[str, MyRule()]``.

    A rule runs after the type and its constraints hold, on the decoded value; not for None, not for a field that was
    not sent. A class may set, besides:

    * ``message``: its message, ``{name}`` stands for a parameter. As an attribute of the class it is used where no
    catalogue
      has the code; of an instance, it wins over the catalogues;
    * ``params``: a mapping of what it was declared with, for the message and the answer;
    * ``applies_to``: the Python types it can judge, checked at boot;
    * ``sees_absent``: True to run also for None and absent fields;
    * ``max_values``: how many values of one request it judges, for a rule that takes milliseconds; more are an error;
    * ``siblings(field)``: names of other fields of the same object that it looks at, checked at boot;
    * ``schema``: JSON Schema keywords that say the same, for OpenAPI; without it the rule is published by code and
      ``params`` in the keyword ``x-rules``;
    * ``object_schema(field, around)``: the same for the object around the field, for a rule that looks at other fields.
    """

    code: str
    """Lower-case words joined by underscores; what the answer and the catalogue call it."""

    def check(self, value: Any, context: RuleContext) -> Verdict | Awaitable[Verdict]:
        """Whether the rule holds.

        Args:
            value: as decoded: a ``datetime.date``, not its text.
            context: the request and the object around the value.

        Returns:
            True if it holds; False if not; a ``Failure`` to say more. May be ``async def``.
        """
        ...


@runtime_checkable
class Transform(Protocol):
    """Changes a value before the rules see it: ``Annotated[str, Trim()]``. Constraints of msgspec have run before.

    A class may set ``code`` and ``params`` as a rule does, to say in the document what is done.
    """

    def transform(self, value: Any) -> Any:
        """The value to go on with; equal input must give equal output."""
        ...


RuleFactory: TypeAlias = Callable[..., Rule | Transform | msgspec.Meta]
"""Makes a rule from the arguments of the pipe form, each a string: ``Iban`` for ``"iban"``, or a function."""


class FieldsAround(Protocol):
    """The fields of an object, as its schema knows them."""

    def json_name(self, field: str) -> str:
        """Name in JSON of a field by its declared name."""
        ...

    def default(self, field: str) -> Any:
        """What stands for a field that is not sent; ``ABSENT`` for nothing."""
        ...


class NativeRule(msgspec.Struct, frozen=True):
    """The name that constraints of a ``msgspec.Meta`` go by in answers."""

    code: str
    params: Mapping[str, Any] = {}
    message: str | None = None


def native(
    code: str,
    *,
    params: Mapping[str, Any] | None = None,
    message: str | None = None,
    schema: Mapping[str, Any] | None = None,
    **constraints: Any,
) -> msgspec.Meta:
    """A rule that msgspec enforces while it decodes, so that it costs a valid request next to nothing.

    Args:
        code: what the answer calls it.
        params: for the message and the answer.
        message: instead of the catalogue's.
        schema: JSON Schema keywords beyond those that follow from ``constraints``.
        constraints: what ``msgspec.Meta`` takes: ``ge``, ``pattern``, ``min_length`` …
    """
    return msgspec.Meta(
        **constraints,
        extra_json_schema=dict(schema) if schema else None,
        extra={EXTRA_KEY: NativeRule(code, params or {}, message)},
    )


def native_rule(meta: msgspec.Meta) -> NativeRule | None:
    """The name that the constraints of ``meta`` go by, None for a plain ``msgspec.Meta``."""
    named = (meta.extra or {}).get(EXTRA_KEY)
    return named if isinstance(named, NativeRule) else None


class ConstraintRule(Rule):
    """A native rule where msgspec does not decode: on values that are decoded already.

    Args:
        meta: what ``native`` made, or a plain ``msgspec.Meta``.
    """

    def __init__(self, meta: msgspec.Meta) -> None:
        named = native_rule(meta) or NativeRule("invalid")
        self.meta = meta
        self.code = named.code
        self.params = named.params
        self.message = named.message

    def check(self, value: Any, context: RuleContext) -> bool:
        """Whether msgspec accepts the value with these constraints; a value of another kind fails."""
        try:
            msgspec.convert(value, Annotated[type(value), self.meta])
        except (msgspec.ValidationError, TypeError):
            return False
        return True
