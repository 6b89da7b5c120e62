"""What a user gets from `create_app` and `Kernel`."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import svcs
from glueful_hookspecs import (
    Hooks,
    Plugin,
    Stage,
    Staged,
    current_application,
    hookimpl,
)
from glueful_kernel import Kernel, Services, StartupFailed, create_app, service
from glueful_kernel.dispatch import Dispatcher
from glueful_kernel.errors import ContributionConflict, HookFailed
from litestar import Litestar, Request, get, post, websocket_listener
from litestar.di import NamedDependency, Provide
from litestar.enums import ScopeType
from litestar.exceptions import NotAuthorizedException, WebSocketDisconnect
from litestar.middleware import ASGIMiddleware
from litestar.testing import TestClient
from structlog.testing import capture_logs


@get("/ping", sync_to_thread=False)
def ping() -> dict[str, bool]:
    return {"ok": True}


def make(*plugins: object, handlers: Any = (ping,), settings: Any = None, **options: Any) -> Litestar:
    return create_app(handlers, plugins=plugins, only=[], settings=settings or {}, **options)


def test_an_application_needs_nothing_but_handlers() -> None:
    with TestClient(make()) as client:
        assert client.get("/ping").json() == {"ok": True}


def test_an_existing_litestar_application_adopts_glueful_with_one_line() -> None:
    app = Litestar([ping], plugins=[Kernel({}, only=[])])

    with TestClient(app) as client:
        assert client.get("/ping").json() == {"ok": True}
    assert isinstance(app.plugins.get(Kernel), Kernel)


class GreetingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    greeting: str = "hello"


class GreetingPlugin(Plugin[GreetingSettings]):
    @hookimpl
    def glueful_routes(self) -> list[Any]:
        @get("/greet", sync_to_thread=False)
        def greet() -> str:
            return self.settings.greeting

        return [greet]


def test_a_plugin_adds_a_route() -> None:
    with TestClient(make(GreetingPlugin(GreetingSettings("moin")))) as client:
        assert client.get("/greet").text == "moin"


def test_two_kernels_in_one_process_share_nothing() -> None:
    one, two = make(GreetingPlugin(GreetingSettings("one"))), make(GreetingPlugin(GreetingSettings("two")))

    with TestClient(one) as first, TestClient(two) as second:
        assert (first.get("/greet").text, second.get("/greet").text) == ("one", "two")


class Tagging(ASGIMiddleware):
    def __init__(self, tag: str) -> None:
        self.tag = tag

    async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
        scope["state"].setdefault("tags", []).append(self.tag)
        await next_app(scope, receive, send)


def test_middlewares_run_by_stage_and_then_by_plugin() -> None:
    class One(Plugin):
        name = "one"

        @hookimpl
        def glueful_middleware(self) -> list[Staged]:
            return [Staged(Stage.APP, Tagging("one app")), Staged(Stage.TRACE, Tagging("one trace"))]

    class Two(Plugin):
        name = "two"

        @hookimpl
        def glueful_middleware(self) -> list[Staged]:
            return [Staged(Stage.APP, Tagging("two app")), Staged(Stage.IDENTIFY, Tagging("two identify"))]

    @get("/tags", middleware=[Tagging("route")], sync_to_thread=False)
    def tags(request: Request[Any, Any, Any]) -> list[str]:
        found: list[str] = request.scope["state"]["tags"]
        return found

    with TestClient(make(One(), Two(), handlers=[tags], middleware=[Tagging("application")])) as client:
        assert client.get("/tags").json() == [
            "one trace",
            "two identify",
            "one app",
            "two app",
            "application",
            "route",
        ]


def test_outer_stages_see_requests_that_match_no_route_and_their_errors_are_answered() -> None:
    class Refusing(ASGIMiddleware):
        async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
            raise NotAuthorizedException("not you")

    class Door(Plugin):
        @hookimpl
        def glueful_middleware(self) -> list[Staged]:
            return [Staged(Stage.EDGE, Refusing())]

    with TestClient(make(Door())) as client:
        response = client.get("/absent")

    assert (response.status_code, response.json()["detail"]) == (401, "not you")


def test_a_websocket_that_an_outer_stage_refuses_is_closed_with_the_status() -> None:
    class Refusing(ASGIMiddleware):
        scopes = (ScopeType.WEBSOCKET,)

        async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
            raise NotAuthorizedException("not you")

    class Door(Plugin):
        @hookimpl
        def glueful_middleware(self) -> list[Staged]:
            return [Staged(Stage.IDENTIFY, Refusing())]

    @websocket_listener("/talk")
    async def talk(data: str) -> str:
        return data

    with (
        TestClient(make(Door(), handlers=[talk])) as client,
        pytest.raises(WebSocketDisconnect) as refused,
        client.websocket_connect("/talk"),
    ):
        pass

    assert (refused.value.code, refused.value.detail) == (4401, "not you")


def test_request_observers_hear_the_start_and_the_end_of_every_request() -> None:
    heard: list[tuple[Any, ...]] = []

    class Observer(Plugin):
        @hookimpl
        def glueful_request_started(self, scope: Any) -> None:
            heard.append(("started", scope["path"]))

        @hookimpl
        async def glueful_request_finished(self, scope: Any, status: int, duration_seconds: float) -> None:
            assert duration_seconds > 0
            heard.append(("finished", scope.get("path_template"), status))

    with TestClient(make(Observer())) as client:
        client.get("/ping")
        client.get("/absent")

    assert heard == [
        ("started", "/ping"),
        ("finished", "/ping", 200),
        ("started", "/absent"),
        ("finished", None, 404),
    ]


def test_a_failing_observer_never_breaks_the_request_and_is_logged_by_name() -> None:
    class Clumsy(Plugin):
        @hookimpl
        def glueful_request_started(self) -> None:
            raise RuntimeError("boom")

    with TestClient(make(Clumsy())) as client, capture_logs() as lines:
        assert client.get("/ping").status_code == 200

    assert [line["plugin"] for line in lines] == ["clumsy"]


def test_a_stream_that_breaks_is_a_failed_request() -> None:
    failures: list[str] = []

    class Observer(Plugin):
        @hookimpl
        def glueful_request_failed(self, error: BaseException) -> None:
            failures.append(type(error).__name__)

    from litestar.response import Stream

    @get("/stream", sync_to_thread=False)
    def stream() -> Stream:
        async def lines() -> AsyncIterator[bytes]:
            yield b"one"
            raise RuntimeError("boom")

        return Stream(lines)

    with (
        TestClient(make(Observer(), handlers=[stream]), raise_server_exceptions=False) as client,
        pytest.raises(Exception, match=r"."),
    ):
        client.get("/stream").raise_for_status()
        raise AssertionError(failures)

    assert len(failures) == 1


def test_bodies_are_limited_unless_a_route_says_otherwise() -> None:
    @post("/small")
    async def small(request: Request[Any, Any, Any]) -> int:
        return len(await request.body())

    @post("/large", request_max_body_size=3_000_000)
    async def large(request: Request[Any, Any, Any]) -> int:
        return len(await request.body())

    with TestClient(make(handlers=[small, large])) as client:
        assert client.post("/small", content=b"x" * 1_000_000).text == "1000000"
        assert client.post("/small", content=b"x" * 1_000_001).status_code == 413
        assert client.post("/large", content=b"x" * 2_000_000).text == "2000000"


class Database:
    def __init__(self) -> None:
        self.is_open = True

    async def close(self) -> None:
        self.is_open = False


class DatabasePlugin(Plugin):
    def __init__(self) -> None:
        super().__init__()
        self.opened: list[Database] = []

    @hookimpl
    def glueful_services(self, services: svcs.Registry) -> None:
        database = Database()
        self.opened.append(database)
        services.register_value(Database, database, on_registry_close=database.close, ping=lambda _: None)


def test_services_reach_handlers_and_are_closed_at_shutdown_and_open_again_at_the_next_start() -> None:
    @get("/open", dependencies={"database": service(Database)})
    async def is_open(database: NamedDependency[Database]) -> bool:
        return database.is_open

    @get("/hooks")
    async def hooks(services: Services) -> bool:
        return isinstance(services.get_abstract(Hooks), Dispatcher)

    plugin = DatabasePlugin()
    app = make(plugin, handlers=[is_open, hooks])

    for _ in range(2):
        with TestClient(app) as client:
            assert client.get("/open").json() is True
            assert client.get("/hooks").status_code == 200
    assert [database.is_open for database in plugin.opened] == [False, False]


def test_two_plugins_with_one_service_are_a_conflict_unless_declared() -> None:
    class Other(DatabasePlugin):
        name = "other"

    with pytest.raises(ContributionConflict) as caught:
        make(DatabasePlugin(), Other())
    assert (caught.value.plugin, caught.value.other) == ("other", "database")

    class Replacing(Other):
        overrides = frozenset({f"{Database.__module__}.Database"})

    app = make(DatabasePlugin(), Replacing())
    assert len(app.plugins.get(Kernel).overridden) == 1


def test_two_plugins_with_one_route_are_a_conflict() -> None:
    class Other(GreetingPlugin):
        name = "other"

    with pytest.raises(ContributionConflict, match="GET /greet"):
        make(GreetingPlugin(), Other())


def test_the_applications_own_dependencies_win() -> None:
    class Colour(Plugin):
        @hookimpl
        def glueful_dependencies(self) -> dict[str, Provide]:
            return {"colour": Provide(lambda: "red", sync_to_thread=False)}

    @get("/colour", sync_to_thread=False)
    def colour(colour: NamedDependency[str]) -> str:
        return colour

    with TestClient(make(Colour(), handlers=[colour])) as client:
        assert client.get("/colour").text == "red"
    own = {"colour": Provide(lambda: "blue", sync_to_thread=False)}
    with TestClient(make(Colour(), handlers=[colour], dependencies=own)) as client:
        assert client.get("/colour").text == "blue"


def test_plugins_start_in_order_and_stop_in_reverse() -> None:
    events: list[str] = []

    def member(title: str, *, fails: bool = False) -> Plugin[Any]:
        class Member(Plugin):
            name = title

            @hookimpl
            async def glueful_startup(self, app: Litestar) -> None:
                assert current_application() is app
                events.append(f"start {title}")
                if fails:
                    raise RuntimeError("boom")

            @hookimpl
            def glueful_shutdown(self) -> None:
                events.append(f"stop {title}")

        return Member()

    with TestClient(make(member("a"), member("b"))):
        pass
    assert events == ["start a", "start b", "stop b", "stop a"]

    events.clear()
    app = make(member("a"), member("b", fails=True), member("c"))

    async def start() -> None:
        async with app.lifespan():
            raise AssertionError("must not start")

    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(start())
    assert caught.group_contains(StartupFailed, match="b: could not start: RuntimeError: boom")
    assert events == ["start a", "start b", "stop b", "stop a"]


def test_a_contribution_of_the_wrong_type_names_the_plugin() -> None:
    class Wrong(Plugin):
        @hookimpl
        def glueful_middleware(self) -> list[Any]:
            return [Tagging("not staged")]

    with pytest.raises(HookFailed, match="wrong: glueful_middleware"):
        make(Wrong())


def test_the_last_resort_cannot_take_others_middleware_out() -> None:
    from glueful_kernel.errors import ContributionRemoved

    class Quota(Plugin):
        @hookimpl
        def glueful_middleware(self) -> list[Staged]:
            return [Staged(Stage.QUOTA, Tagging("quota"))]

    class Sly(Plugin):
        @hookimpl
        def glueful_configure(self, app_config: Any) -> None:
            app_config.middleware.clear()

    with pytest.raises(ContributionRemoved, match="Tagging"):
        make(Quota(), Sly())


@pytest.mark.parametrize("stage", [None, Stage.EDGE, Stage.APP])
def test_an_error_in_an_exception_handler_is_answered_by_the_application(stage: Stage | None) -> None:
    class Tags(Plugin):
        @hookimpl
        def glueful_middleware(self) -> list[Staged]:
            return [Staged(stage, Tagging("tag"))] if stage else []

    def broken(*_: Any) -> Any:
        raise LookupError("no template")

    @get("/fail", exception_handlers={KeyError: broken}, sync_to_thread=False)
    def fail() -> None:
        raise KeyError

    with TestClient(make(Tags(), handlers=[fail]), raise_server_exceptions=True) as client:
        response = client.get("/fail")
    assert (response.status_code, response.json()["detail"]) == (500, "Internal Server Error")
