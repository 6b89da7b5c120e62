"""Static files: what is meant to be public is served, nothing else, and never with an error of ours."""

import os
from pathlib import Path
from typing import Any

import pytest
from glueful_edge import StaticFilesUnknown
from glueful_edge.plugin import EdgePlugin
from glueful_kernel import create_app
from litestar import Litestar, get
from litestar.file_system import BaseLocalFileSystem
from litestar.static_files import StaticFilesConfig, create_static_files_router
from litestar.testing import TestClient


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder ``public`` beside a ``secret``, with everything that may lie in it."""
    public = tmp_path / "public"
    for path, text in {
        "public/a.txt": "a",
        "public/deep/b.txt": "b",
        "public/.env": "PASSWORD=hunter2",
        "public/.git/config": "hunter2",
        "public/.well-known/security.txt": "Contact:",
        "public/.well-known/.htpasswd": "hunter2",
        "secret/key": "hunter2",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    (public / "out").symlink_to(tmp_path / "secret")
    (public / "key").symlink_to(tmp_path / "secret/key")
    (public / "inside").symlink_to(public / "a.txt")
    (public / "env").symlink_to(public / ".env")
    (public / "loop").symlink_to(public / "loop")
    os.mkfifo(public / "pipe")
    return public


def make(*routers: Any, **options: Any) -> Litestar:
    return create_app(routers, plugins=[EdgePlugin()], only=[], settings={}, **options)


def client(folder: Path, **options: Any) -> TestClient[Litestar]:
    return TestClient(make(create_static_files_router("/static", [folder], **options)))


REFUSED = [
    "/static/.env",
    "/static/.git/config",
    "/static/deep/.hidden",
    "/static/.well-known/.htpasswd",
    "/static/out/key",
    "/static/key",
    "/static/inside",
    "/static/env",
    "/static/loop",
    "/static/pipe",
    "/static/deep",
    "/static/absent",
    "/static/a.txt/b",
    "/static/" + "a" * 300,
    "/static/a.txt%00.png",
    "/static/%00",
    "/static/..%2f..%2fsecret/key",
    "/static/%2e%2e/secret/key",
    "/static/..%5csecret",
    "/static//a.txt",
    "/static/%ff",
]


@pytest.mark.parametrize("path", REFUSED)
def test_what_is_not_public_is_not_found(folder: Path, path: str) -> None:
    with client(folder) as http:
        for method in ("GET", "HEAD"):
            response = http.request(method, path)
            assert (response.status_code, "hunter2" in response.text) == (404, False)


def test_what_is_public_is_served(folder: Path) -> None:
    with client(folder) as http:
        assert http.get("/static/a.txt").text == "a"
        assert http.get("/static/deep/b.txt").text == "b"
        assert http.get("/static/.well-known/security.txt").text == "Contact:"
        assert (http.head("/static/a.txt").status_code, http.head("/static/a.txt").text) == (200, "")


def test_a_route_says_in_its_opt_that_dot_files_or_symbolic_links_are_public(folder: Path) -> None:
    with client(folder, opt={"static_dot_files": True}) as http:
        assert http.get("/static/.git/config").status_code == 200
        assert http.get("/static/key").status_code == 404
    with client(folder, opt={"static_symlinks": True}) as http:
        assert http.get("/static/out/key").status_code == 200
        assert http.get("/static/.env").status_code == 404


def test_a_folder_that_is_itself_reached_by_a_link_is_served(folder: Path) -> None:
    """As a release that is switched by a link ``current``."""
    (folder.parent / "current").symlink_to(folder)
    for resolve in (True, False):
        with client(folder.parent / "current", resolve_symlinks=resolve) as http:
            assert http.get("/static/a.txt").text == "a"
            assert http.get("/static/key").status_code == 404


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_litestars_older_way_is_restricted_as_well(folder: Path) -> None:
    app = make(static_files_config=[StaticFilesConfig("/static", [folder])])
    with TestClient(app) as http:
        assert http.get("/static/a.txt").text == "a"
        for path in REFUSED:
            assert http.get(path).status_code == 404


def test_pages_of_a_folder_are_served_with_their_index_and_404(folder: Path) -> None:
    (folder / "index.html").write_text("home")
    (folder / "404.html").write_text("lost")
    with TestClient(make(create_static_files_router("/", [folder], html_mode=True))) as http:
        assert http.get("/").text == "home"
        assert (http.get("/.env").status_code, http.get("/.env").text) == (404, "lost")


def test_another_file_system_is_restricted_by_its_names(folder: Path) -> None:
    class Elsewhere(BaseLocalFileSystem):
        """Whose folders are not on this machine."""

        async def info(self, path: Any, **_: Any) -> Any:
            return await super().info(str(path).replace("/elsewhere", str(folder)))

        async def open(self, file: Any, *args: Any, **options: Any) -> Any:
            return await super().open(str(file).replace("/elsewhere", str(folder)), *args, **options)

    with TestClient(make(create_static_files_router("/static", ["/elsewhere"], file_system=Elsewhere()))) as http:
        assert http.get("/static/a.txt").text == "a"
        assert http.get("/static/.env").status_code == 404


def test_a_disk_that_fails_is_our_error_and_no_missing_file(folder: Path) -> None:
    class Broken(BaseLocalFileSystem):
        async def info(self, path: Any, **_: Any) -> Any:
            raise OSError(5, "Input/output error", str(path))

    with client(folder, file_system=Broken()) as http:
        assert http.get("/static/a.txt").status_code == 500


def test_elsewhere_a_path_with_two_readings_stays_a_bad_request(folder: Path) -> None:
    with client(folder) as http:
        assert http.get("/other/%00").status_code == 400


def test_one_router_in_two_applications_is_restricted_in_both(folder: Path) -> None:
    router = create_static_files_router("/static", [folder])
    for _ in range(2):
        with TestClient(make(router)) as http:
            assert (http.get("/static/a.txt").text, http.get("/static/.env").status_code) == ("a", 404)


def test_static_files_that_are_made_in_an_unknown_way_stop_the_start() -> None:
    """A Litestar that keeps its files elsewhere would serve them without any rule."""

    @get("/{name:str}", sync_to_thread=False)
    def unknown() -> None: ...

    unknown.fn.__module__ = create_static_files_router.__module__

    with pytest.raises(StaticFilesUnknown, match="cannot be restricted"):
        make(unknown)
