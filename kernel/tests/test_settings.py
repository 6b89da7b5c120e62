"""Settings: TOML, then the environment; what is wrong is named with where it came from."""

from pathlib import Path
from typing import Literal

import msgspec
import pytest
from glueful_hookspecs import Secret
from glueful_kernel import SettingsError
from glueful_kernel.errors import SettingsFileError, UnknownSetting
from glueful_kernel.settings import Settings


class Pool(msgspec.Struct, frozen=True):
    size: int = 5


class DemoSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    url: str = "sqlite"
    retries: int = 3
    mode: Literal["auto", "off"] = "auto"
    hosts: tuple[str, ...] = ()
    pool: Pool = Pool()
    password: Secret | None = None
    folder: Path | None = None


def toml(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "glueful.toml"
    path.write_text(text)
    return path


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = toml(tmp_path, '[demo]\nurl = "file"\nretries = 7\n')

    settings = Settings(path, environ={"GLUEFUL_DEMO__URL": "variable"})

    assert settings.decode("demo", DemoSettings) == DemoSettings(url="variable", retries=7)
    sources = {name: source for name, _, source in settings.describe("demo", DemoSettings())}
    assert sources["demo.url"] == "GLUEFUL_DEMO__URL"
    assert sources["demo.retries"] == str(path)
    assert sources["demo.mode"] == "default"


def test_variables_reach_numbers_lists_and_nested_tables() -> None:
    environ = {
        "GLUEFUL_DEMO__RETRIES": "9",
        "GLUEFUL_DEMO__HOSTS": "a.example, b.example",
        "GLUEFUL_DEMO__POOL__SIZE": "20",
        "GLUEFUL_DEMO__FOLDER": "uploads",
    }

    decoded = Settings(environ=environ).decode("demo", DemoSettings)

    assert decoded == DemoSettings(retries=9, hosts=("a.example", "b.example"), pool=Pool(20), folder=Path("uploads"))


def test_a_mapping_is_used_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLUEFUL_DEMO__URL", "variable")

    assert Settings({"demo": {"retries": 1}}).decode("demo", DemoSettings) == DemoSettings(retries=1)


def test_an_unknown_key_names_the_nearest_and_its_file(tmp_path: Path) -> None:
    path = toml(tmp_path, "[demo]\nretrys = 7\n")

    with pytest.raises(UnknownSetting) as caught:
        Settings(path, environ={}).decode("demo", DemoSettings)

    assert caught.value.suggestion == "retries"
    assert str(caught.value) == f"demo.retrys ({path}): there is no such setting\n  fix: did you mean retries?"


def test_an_unknown_variable_is_named_as_it_was_written() -> None:
    with pytest.raises(UnknownSetting) as caught:
        Settings(environ={"GLUEFUL_DEMO__UURL": "x"}).decode("demo", DemoSettings)

    assert caught.value.source == "GLUEFUL_DEMO__UURL"
    assert caught.value.suggestion == "url"


def test_a_single_underscore_is_refused_rather_than_ignored() -> None:
    with pytest.raises(UnknownSetting) as caught:
        Settings(environ={"GLUEFUL_DEMO_URL": "postgres://…"}).decode("demo", DemoSettings)

    assert caught.value.suggestion == "GLUEFUL_DEMO__URL"


@pytest.mark.parametrize(
    ("text", "key", "problem"),
    [
        ("retries = 'many'", "demo.retries", "expected `int`, got `str`"),
        ("mode = 'sometimes'", "demo.mode", "invalid enum value 'sometimes'"),
        ("pool = {size = 'big'}", "demo.pool.size", "expected `int`, got `str`"),
    ],
)
def test_a_wrong_type_names_key_and_file(tmp_path: Path, text: str, key: str, problem: str) -> None:
    path = toml(tmp_path, f"[demo]\n{text}\n")

    with pytest.raises(SettingsError) as caught:
        Settings(path, environ={}).decode("demo", DemoSettings)

    assert (caught.value.key, caught.value.source, caught.value.problem) == (key, str(path), problem)


def test_a_section_that_belongs_to_no_plugin_is_refused() -> None:
    with pytest.raises(UnknownSetting) as caught:
        Settings({"demoo": {}}).check_sections(["demo", "kernel"])

    assert caught.value.suggestion == "demo"


def test_a_section_that_is_no_table_is_refused() -> None:
    with pytest.raises(SettingsError, match="must be a table"):
        Settings({"demo": 3}).decode("demo", DemoSettings)


def test_a_file_that_does_not_exist_or_is_not_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsFileError, match="No such file"):
        Settings(tmp_path / "absent.toml", environ={})
    with pytest.raises(SettingsFileError, match=r"glueful\.toml"):
        Settings(toml(tmp_path, "[demo"), environ={})


def test_the_table_of_pyproject_serves_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.glueful.demo]\nretries = 4\n")
    monkeypatch.chdir(tmp_path)

    assert Settings(environ={}).decode("demo", DemoSettings) == DemoSettings(retries=4)


def test_a_secret_never_prints(tmp_path: Path) -> None:
    settings = Settings(toml(tmp_path, '[demo]\npassword = "hunter2"\n'), environ={})

    decoded = settings.decode("demo", DemoSettings)

    assert isinstance(decoded, DemoSettings)
    assert decoded.password is not None
    assert decoded.password.reveal() == "hunter2"
    assert "hunter2" not in repr(decoded) + str(list(settings.describe("demo", decoded)))
