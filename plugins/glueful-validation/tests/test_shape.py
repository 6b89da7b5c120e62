"""The second pass finds errors exactly where msgspec refuses, for generated types and values."""

import datetime as dt
import enum
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, TypedDict
from uuid import UUID

import msgspec
import pytest
from glueful_validation import ValidationSettings
from glueful_validation.bodies import JSONReader
from glueful_validation.pointer import to_pointer
from glueful_validation.shape.compiler import _Compiler, compile_tree
from glueful_validation.shape.walk import Walk
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Meta


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


LIST: Any = list
TUPLE: Any = tuple
DICT: Any = dict
TYPED_DICT: Any = TypedDict


class Typed(NamedTuple):
    """A type, and a strategy for JSON that mostly conforms to it."""

    annotation: Any
    values: st.SearchStrategy[Any]


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
    st.sampled_from(["red", "2026-01-31", "2026-01-31T12:00:00Z", "12:00:00", "PT1H", "1.5", "aGk=", str(UUID(int=5))]),
)
arbitrary_json = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)
leaves = st.sampled_from(
    [
        Typed(int, st.integers(-5, 5)),
        Typed(Annotated[int, Meta(ge=0, lt=4)], st.integers(-1, 5)),
        Typed(float, st.floats(-5, 5) | st.integers(-5, 5)),
        Typed(Annotated[float, Meta(gt=0, multiple_of=0.5)], st.sampled_from([0, 0.5, 0.7, 2])),
        Typed(bool, st.booleans()),
        Typed(str, texts),
        Typed(Annotated[str, Meta(min_length=1, max_length=3)], texts),
        Typed(Annotated[str, Meta(pattern="^[a-c]*(?![\\s\\S])")], st.text("abcd", max_size=3)),
        Typed(None, st.none()),
        Typed(Any, arbitrary_json),
        Typed(Literal["a", "b"], st.sampled_from(["a", "b", "c"])),
        Typed(Literal[1, 2], st.integers(0, 3)),
        Typed(Colour, st.sampled_from(["red", "green"])),
        Typed(Level, st.integers(0, 3)),
        Typed(dt.date, st.sampled_from(["2026-01-31", "2026-02-31", "1"])),
        Typed(dt.datetime, st.sampled_from(["2026-01-31T00:00:00Z", "2026-01-31T00:00:00", "x"])),
        Typed(
            Annotated[dt.datetime, Meta(tz=True)],
            st.sampled_from(["2026-01-31T00:00:00Z", "2026-01-31T00:00:00"]),
        ),
        Typed(dt.time, st.sampled_from(["12:00:00", "25:00:00"])),
        Typed(dt.timedelta, st.sampled_from(["PT1H", "P1D", "x"])),
        Typed(UUID, st.sampled_from([str(UUID(int=1)), "x"])),
        Typed(Decimal, st.sampled_from(["1.5", 2, 1.5, "x"])),
        Typed(bytes, st.sampled_from(["aGk=", "!"])),
        Typed(Annotated[set[int], Meta(min_length=2, max_length=3)], st.lists(st.integers(0, 3), max_size=5)),
        Typed(frozenset[str], st.lists(texts, max_size=3)),
        Typed(set[tuple[int, ...]], st.lists(st.lists(st.integers(0, 1), max_size=2), max_size=3)),
    ]
)


@st.composite
def structs(draw: st.DrawFn, inner: st.SearchStrategy[Typed]) -> Typed:
    fields = draw(st.lists(st.tuples(inner, st.sampled_from(["required", "default", "unset"])), min_size=1, max_size=4))
    declared: list[Any] = []
    required, optional = {}, {}
    for index, (typed, kind) in enumerate(fields):
        name = f"field_{index}"
        encoded = f"field{index}"
        if kind == "required":
            declared.append((name, typed.annotation))
            required[encoded] = typed.values
        elif kind == "default":
            declared.append((name, typed.annotation, None))
            optional[encoded] = typed.values
        else:
            declared.append(
                (
                    name,
                    typed.annotation | msgspec.UnsetType if isinstance(typed.annotation, type) else typed.annotation,
                    msgspec.UNSET,
                )
            )
            optional[encoded] = typed.values
    options: dict[str, Any] = {
        "forbid_unknown_fields": draw(st.booleans()),
        "array_like": draw(st.sampled_from([False, False, False, True])),
        "tag": draw(st.sampled_from([None, None, "kind"])),
    }
    cls = msgspec.defstruct("Generated", declared, rename="camel", kw_only=True, **options)
    if options["array_like"]:
        values = st.tuples(*required.values()).map(list)
        if options["tag"]:
            values = values.map(lambda items: ["kind", *items])
        return Typed(cls, values)
    extra = st.dictionaries(texts, scalars, max_size=1)
    body = st.fixed_dictionaries(required, optional=optional)
    return Typed(cls, st.tuples(extra, body).map(lambda pair: {**pair[0], **pair[1]}))


def containers(inner: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
    def array(typed: Typed) -> Typed:
        return Typed(LIST[typed.annotation], st.lists(typed.values, max_size=3))

    def short(typed: Typed) -> Typed:
        return Typed(
            Annotated[LIST[typed.annotation], Meta(min_length=1, max_length=2)], st.lists(typed.values, max_size=3)
        )

    def pair(typed: tuple[Typed, Typed]) -> Typed:
        return Typed(
            TUPLE[typed[0].annotation, typed[1].annotation], st.tuples(typed[0].values, typed[1].values).map(list)
        )

    def mapping(typed: Typed) -> Typed:
        return Typed(
            Annotated[DICT[Annotated[str, Meta(max_length=2)], typed.annotation], Meta(max_length=2)],
            st.dictionaries(st.text("ab", max_size=3), typed.values, max_size=3),
        )

    def optional(typed: Typed) -> Typed:
        try:
            return Typed(typed.annotation | None, st.none() | typed.values)
        except TypeError:
            return typed

    def typed_dict(typed: Typed) -> Typed:
        cls = TYPED_DICT("Generated", {"a": typed.annotation}, total=False)
        return Typed(cls, st.fixed_dictionaries({}, optional={"a": typed.values, "b": scalars}))

    return st.one_of(
        inner.map(array),
        inner.map(short),
        st.tuples(inner, inner).map(pair),
        inner.map(mapping),
        inner.map(optional),
        inner.map(typed_dict),
        structs(inner),
        st.tuples(structs(inner)).map(
            lambda one: Typed(one[0].annotation | int | str, one[0].values | st.integers(0, 3) | texts)
        ),
    )


types = st.recursive(leaves, containers, max_leaves=5).filter(lambda typed: is_supported(typed.annotation))


def is_supported(annotation: Any) -> bool:
    try:
        msgspec.json.Decoder(annotation)
    except TypeError:
        return False
    return True


def spoilt(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values of which one part has been replaced by something else."""

    @st.composite
    def spoil(draw: st.DrawFn) -> Any:
        return replaced(draw, draw(values))

    def replaced(draw: st.DrawFn, value: Any) -> Any:
        if not isinstance(value, list | dict) or not value or draw(st.integers(0, 3)) == 0:
            return draw(arbitrary_json)
        step = draw(st.sampled_from(sorted(value) if isinstance(value, dict) else range(len(value))))
        copy = value.copy()
        copy[step] = replaced(draw, value[step])
        return copy

    return values | spoil()


@st.composite
def cases(draw: st.DrawFn) -> tuple[Any, Any]:
    typed = draw(types)
    return typed.annotation, draw(spoilt(typed.values))


def is_accepted(body: bytes, annotation: Any) -> bool:
    try:
        msgspec.json.decode(body, type=annotation)
    except msgspec.ValidationError:
        return False
    return True


@settings(max_examples=1500, deadline=None)
@given(cases())
def test_there_are_errors_exactly_when_msgspec_refuses(case: tuple[Any, Any]) -> None:
    annotation, value = case
    body = msgspec.json.encode(value)
    plain = msgspec.json.decode(body)
    walk = Walk(1000)

    conforms = compile_tree(annotation, "body").collect(plain, (), walk)

    assert conforms is (not walk.errors)
    assert conforms is is_accepted(body, annotation), walk.errors


@settings(max_examples=500, deadline=None)
@given(cases())
def test_going_straight_to_what_msgspec_refuses_finds_what_a_look_at_every_value_finds(case: tuple[Any, Any]) -> None:
    annotation, value = case
    plain = msgspec.json.decode(msgspec.json.encode([value] * 3))
    straight, slow = Walk(1000), Walk(1000)
    compiler = _Compiler(lambda item: (item,))
    tree = compiler.node(LIST[annotation], "body", ())
    compiler.settle()

    tree.collect(plain, (), straight)
    for node in compiler.nodes:
        node.is_unnamed = True
    tree.collect(plain, (), slow)

    assert sorted(straight.errors, key=repr) == sorted(slow.errors, key=repr)


def resolve(data: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        data = data[int(name)] if isinstance(data, list) else data[name]
    return data


@settings(max_examples=500, deadline=None)
@given(cases())
def test_every_pointer_resolves_in_the_body_or_names_a_missing_member(case: tuple[Any, Any]) -> None:
    annotation, value = case
    plain = msgspec.json.decode(msgspec.json.encode(value))
    walk = Walk(1000)

    compile_tree(annotation, "body").collect(plain, (), walk)

    for error in walk.errors:
        if error.code == "required":
            parent = resolve(plain, to_pointer(error.path[:-1]))
            assert error.path[-1] not in parent
        else:
            resolve(plain, to_pointer(error.path))


@pytest.mark.parametrize(
    ("body", "errors"), [([0, 0, 0, 1], []), ([1, 1], ["min_length"]), ([1, 2, 3, 4], ["max_length"])]
)
@pytest.mark.parametrize("has_prepare", [False, True])
def test_a_set_is_as_large_as_its_different_items(body: Any, errors: list[str], has_prepare: bool) -> None:
    annotation = list[tuple[Decimal, Annotated[set[int], Meta(min_length=2, max_length=3)]]]
    prepare = (lambda plain: plain) if has_prepare else None
    reader = JSONReader(annotation, compile_tree(annotation, "body"), ValidationSettings(), None, 64, prepare)

    read = reader.read(msgspec.json.encode([["1.5", body], ["x", body]]))

    assert [error.code for error in read.errors] == [*errors, "decimal", *errors]
    assert [item.path for item in read.pending] == [(0, 0)]
