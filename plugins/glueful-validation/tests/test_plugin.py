"""The plugin in a kernel, with plugins that contribute to it."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
import pytest
from glueful_hookspecs import GluefulError, hookimpl
from glueful_kernel import create_app
from glueful_validation import NamedColumn, RuleError, Unique, ValidatedRequest, ValidationSettings, validate
from glueful_validation.plugin import ValidationPlugin
from litestar import Litestar, post
from litestar.params import JSONBody
from litestar.testing import TestClient


class Tables:
    """A plugin that owns the table of the fixture ``users``."""

    name = "tables"

    def __init__(self, users: Any) -> None:
        self.users = users

    @hookimpl
    def glueful_row_lookup(self) -> Any:
        return self.users


class Rules:
    """A plugin with a rule and a language."""

    name = "rules"

    @hookimpl
    def glueful_validation_rules(self) -> Mapping[str, Any]:
        return {"shout": Shout}

    @hookimpl
    def glueful_validation_messages(self) -> Mapping[str, Mapping[str, str]]:
        return {"en": {"shout": "must be loud"}, "nl": {"shout": "moet luid zijn", "required": "is verplicht"}}


class Shout:
    code = "shout"

    def check(self, value: str, context: Any) -> bool:
        return value.isupper()


class Quiet(Shout):
    def check(self, value: str, context: Any) -> bool:
        return value.islower()


class New(msgspec.Struct):
    email: Annotated[str, Unique(NamedColumn("users", "email"))]


@post("/users")
async def create(data: JSONBody[New]) -> None: ...


@post("/shouts")
@validate({"text": "required|string|shout"})
async def shout(data: ValidatedRequest) -> None: ...


def app(handlers: list[Any], *plugins: object, settings: ValidationSettings | None = None) -> Litestar:
    return create_app(handlers, plugins=[ValidationPlugin(settings), *plugins], only=[])


def test_row_lookups_of_other_plugins_answer_database_rules(users: Any) -> None:
    users.add(email="a@b.co")
    with TestClient(app([create], Tables(users))) as client:
        assert client.post("/users", json={"email": "a@b.co"}).json()["extra"][0]["code"] == "unique"
        assert client.post("/users", json={"email": "x@b.co"}).status_code == 201


def test_a_database_rule_without_a_lookup_stops_the_start() -> None:
    with pytest.raises(RuleError, match="no active plugin can look up rows"):
        app([create])


@pytest.mark.parametrize(
    ("language", "text", "message"),
    [
        ("", "quiet", "must be loud"),
        ("nl-BE, en;q=0.5", "quiet", "moet luid zijn"),
        ("nl", 1, "must be a string"),
        ("xx", "quiet", "must be loud"),
    ],
)
def test_rules_and_messages_of_other_plugins(language: str, text: Any, message: str) -> None:
    with TestClient(app([shout], Rules())) as client:
        response = client.post("/shouts", json={"text": text}, headers={"accept-language": language})

    assert response.json()["extra"][0]["message"] == message


def test_the_settings_have_the_last_word_on_messages() -> None:
    settings = ValidationSettings(locale="nl", messages={"nl": {"shout": "HARDER"}})

    with TestClient(app([shout], Rules(), settings=settings)) as client:
        assert client.post("/shouts", json={"text": "quiet"}).json()["extra"][0]["message"] == "HARDER"


def test_two_plugins_cannot_register_one_name() -> None:
    second = Rules()
    second.name = "second"

    with pytest.raises(
        GluefulError, match="second: 'shout' is already registered by rules\\n  fix: choose another name"
    ):
        app([shout], Rules(), second)


def test_a_name_that_is_built_in_cannot_be_registered() -> None:
    class Greedy:
        name = "greedy"

        @hookimpl
        def glueful_validation_rules(self) -> Mapping[str, Any]:
            return {"email": Shout}

    with pytest.raises(GluefulError, match="'email' is built in"):
        app([], Greedy())


def test_settings_come_from_the_kernel() -> None:
    application = create_app([shout], plugins=[Rules()], only=["validation"], settings={"validation": {"max_depth": 2}})

    with TestClient(application) as client:
        assert (
            client.post("/shouts", json={"text": [[1]]}).json()["detail"] == "The body is nested deeper than 2 levels."
        )


def test_losing_it_stops_the_start() -> None:
    assert ValidationPlugin.essential


def test_two_applications_share_nothing(users: Any) -> None:
    loud = Rules()
    loud.glueful_validation_rules = hookimpl(lambda: {"shout": Quiet})  # type: ignore[method-assign]

    with TestClient(app([shout], loud)) as one, TestClient(app([shout], Rules())) as other:
        assert one.post("/shouts", json={"text": "quiet"}).status_code == 201
        assert other.post("/shouts", json={"text": "quiet"}).status_code == 422
