"""Settings: a section for each plugin, from TOML and then the environment, decoded into its Struct."""

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_origin

import msgspec
from glueful_hookspecs import Secret
from glueful_registry import nearest

from .errors import SettingsError, SettingsFileError, UnknownSetting

PREFIX = "GLUEFUL_"
SettingsSource = Mapping[str, Any] | str | Path | None


class KernelSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section ``[kernel]``."""

    environment: Literal["production", "development", "test"] = "production"
    """``development`` shows details of errors to clients; ``production`` never does."""
    max_body_bytes: int = 1_000_000
    """Greatest request body, unless a route sets ``request_max_body_size``."""


class PluginsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section ``[plugins]``."""

    on_error: Literal["stop", "quarantine"] = "stop"
    """Whether a plugin that cannot start stops the application, or is left out with all that require it."""
    disabled: tuple[str, ...] = ()
    """Names of installed plugins that are not started."""
    safe_mode: bool = False
    """Start official plugins only."""


class Settings:
    """Raw settings with the source of every value; sections are decoded one by one.

    Args:
        source: a nested mapping (used alone, for tests and one-file applications), the path of a TOML file, or None for
            ``GLUEFUL_CONFIG``, else ``glueful.toml``, else ``[tool.glueful]`` of ``pyproject.toml``.
        environ: the environment, by default the process's; not read when ``source`` is a mapping.

    Raises:
        SettingsFileError: the file does not exist, cannot be read or is not TOML.
    """

    def __init__(self, source: SettingsSource = None, environ: Mapping[str, str] | None = None) -> None:
        self._sources: dict[str, str] = {}
        if isinstance(source, Mapping):
            self.sections = {name: self._copy(value, name, "settings=") for name, value in source.items()}
            self._environ: Mapping[str, str] = {}
        else:
            self._environ = os.environ if environ is None else environ
            self.sections = self._read(source)
        self._apply_environment()

    def _read(self, source: str | Path | None) -> dict[str, Any]:
        named = source or self._environ.get("GLUEFUL_CONFIG")
        path = Path(named or "glueful.toml")
        table = ("tool", "glueful") if path.name == "pyproject.toml" else ()
        if not named and not path.exists():
            path, table = Path("pyproject.toml"), ("tool", "glueful")
            if not path.exists():
                return {}
        try:
            data: Any = tomllib.loads(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsFileError(str(path), getattr(error, "strerror", None) or str(error)) from error
        for key in table:
            data = data.get(key, {})
        return {name: self._copy(value, name, str(path)) for name, value in data.items()}

    def _copy(self, value: Any, path: str, source: str) -> Any:
        self._sources[path] = source
        if isinstance(value, Mapping):
            return {str(key): self._copy(item, f"{path}.{key}", source) for key, item in value.items()}
        return value

    def _apply_environment(self) -> None:
        for variable in sorted(self._environ):
            if not variable.startswith(PREFIX) or "__" not in variable:
                continue
            section, *fields = variable.removeprefix(PREFIX).lower().split("__")
            target: Any = self.sections.setdefault(self._section_name(section), {})
            path = self._section_name(section)
            for field in fields[:-1]:
                target = target.setdefault(field, {})
                path = f"{path}.{field}"
                if not isinstance(target, dict):
                    raise SettingsError(path, variable, "is a single value, not a table")
            target[fields[-1]] = self._environ[variable]
            self._sources.setdefault(path, variable)
            self._sources[f"{path}.{fields[-1]}"] = variable

    def _section_name(self, name: str) -> str:
        """Environment variables cannot hold a dash: match ``rate_limit`` with a section ``rate-limit``."""
        return next((known for known in self.sections if known.replace("-", "_") == name), name)

    def source_of(self, path: str) -> str:
        """The file or variable that a dotted path, or the nearest table around it, came from; else ``default``."""
        while path:
            if path in self._sources:
                return self._sources[path]
            path = path.rpartition(".")[0]
        return "default"

    def decode(self, section: str, settings_type: type[msgspec.Struct]) -> msgspec.Struct:
        """Decode a section.

        Raises:
            SettingsError: a value is missing or of the wrong type; UnknownSetting for an unknown key.
        """
        name = next((known for known in self.sections if known.replace("-", "_") == section.replace("-", "_")), section)
        raw = self.sections.get(name, {})
        if not isinstance(raw, dict):
            raise SettingsError(name, self.source_of(name), "must be a table")
        self._refuse_near_misses(section, settings_type)
        value = self._prepare(raw, settings_type, name)
        try:
            return msgspec.convert(value, settings_type, strict=False, dec_hook=_decode_special)
        except msgspec.ValidationError as error:
            problem, _, pointer = str(error).partition(" - at `$.")
            path = f"{name}.{pointer.rstrip('`')}" if pointer else name
            raise SettingsError(path, self.source_of(path), problem[0].lower() + problem[1:]) from error

    def _prepare(self, raw: dict[str, Any], settings_type: type[msgspec.Struct], path: str) -> dict[str, Any]:
        fields = {field.encode_name: field for field in msgspec.structs.fields(settings_type)}
        prepared: dict[str, Any] = {}
        for key, value in raw.items():
            where = f"{path}.{key}"
            if key not in fields:
                raise UnknownSetting(where, self.source_of(where), sorted(fields))
            kind = fields[key].type
            if isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, msgspec.Struct):
                prepared[key] = self._prepare(value, kind, where)
            elif isinstance(value, str) and self.source_of(where).startswith(PREFIX):
                prepared[key] = _from_variable(value, kind, where, self.source_of(where))
            else:
                prepared[key] = value
        return prepared

    def _refuse_near_misses(self, section: str, settings_type: type[msgspec.Struct]) -> None:
        """``GLUEFUL_ORM_URL`` lacks an underscore; ignoring it would start with the wrong database."""
        for field in settings_type.__struct_encode_fields__:
            wanted = f"{PREFIX}{section.replace('-', '_')}__{field}".upper()
            missed = wanted.replace("__", "_", 1)
            if missed != wanted and missed in self._environ:
                raise UnknownSetting(f"{section}.{field}", missed, [field], suggestion=wanted)

    def check_sections(self, known: Sequence[str]) -> None:
        """Refuse a section that belongs to no installed plugin.

        Raises:
            UnknownSetting: with the nearest known section.
        """
        names = {name.replace("-", "_") for name in known}
        for section in self.sections:
            if section.replace("-", "_") not in names:
                raise UnknownSetting(section, self.source_of(section), sorted(known), nearest(section, sorted(known)))

    def describe(self, section: str, value: msgspec.Struct) -> Iterator[tuple[str, str, str]]:
        """Path, shown value and source of every field; a ``Secret`` shows itself masked."""
        for field in msgspec.structs.fields(value):
            path, item = f"{section}.{field.encode_name}", getattr(value, field.name)
            if isinstance(item, msgspec.Struct):
                yield from self.describe(path, item)
            else:
                yield path, repr(item), self._sources.get(path, "default")


def _from_variable(value: str, kind: Any, path: str, source: str) -> Any:
    """Variables are text: JSON for tables and lists, or a comma-separated list."""
    if value[:1] in "[{" and value and kind is not str:
        try:
            return msgspec.json.decode(value)
        except msgspec.DecodeError as error:
            raise SettingsError(path, source, f"is not valid JSON: {error}") from error
    if get_origin(kind) in (tuple, list, set, frozenset):
        return [item.strip() for item in value.split(",") if item.strip()]
    return value


def _decode_special(kind: type, value: Any) -> Any:
    if isinstance(value, kind):
        return value
    if issubclass(kind, Secret | Path) and isinstance(value, str):
        return kind(value)
    raise TypeError(f"Expected `{kind.__name__}`, got `{type(value).__name__}`")
