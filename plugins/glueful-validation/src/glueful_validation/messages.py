"""Errors put into words: a catalogue for each language, chosen by ``Accept-Language``."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .locales import CATALOGUES

_PLACEHOLDER = re.compile(r"\{([a-z_]+)(?::([^|{}]*)\|([^|{}]*))?\}")
_RANGE = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*[qQ]\s*=\s*([01](?:\.[0-9]{0,3})?)\s*)?")
MAX_VALUES = 10
"""Values of a list that a message names."""
MAX_ACCEPT_LANGUAGE = 512
"""Characters of ``Accept-Language`` that are looked at."""

Catalogue = Mapping[str, str]


class Messages:
    """The catalogues of one application.

    In a message ``{min}`` stands for the parameter ``min``, and ``{min:item|items}`` for the first word if that is 1,
    else for the second. A code may have variants, which are looked for first: ``min_length.items`` for arrays,
    ``min_length.members`` for objects, ``length.exact`` where least and most are equal, ``unknown.nearest`` where
    there is a parameter ``nearest``.

    Args:
        default_locale: where ``Accept-Language`` names no language that there is.
        additions: catalogues by locale, later ones win; a code stands for its variants as well.
    """

    def __init__(self, default_locale: str = "en", additions: Iterable[Mapping[str, Catalogue]] = ()) -> None:
        merged: dict[str, dict[str, str]] = {locale: dict(catalogue) for locale, catalogue in CATALOGUES.items()}
        for addition in additions:
            for locale, catalogue in addition.items():
                known = merged.setdefault(locale, {})
                for name in [name for name in known if name.partition(".")[0] in catalogue]:
                    del known[name]
                known.update(catalogue)
        self.default_locale = default_locale
        self._catalogues: Mapping[str, Catalogue] = merged
        self._locales = {locale.lower(): locale for locale in merged}

    @property
    def locales(self) -> list[str]:
        """Languages that there are."""
        return list(self._catalogues)

    def locale_for(self, accept_language: str | None) -> str:
        """The best locale for ``Accept-Language`` (RFC 9110 section 12.5.4, lookup of RFC 4647 section 3.4).

        Args:
            accept_language: the field's value; what cannot be read in it is skipped.
        """
        if not accept_language:
            return self.default_locale
        wanted = []
        for position, item in enumerate(accept_language[:MAX_ACCEPT_LANGUAGE].split(",")):
            if (match := _RANGE.fullmatch(item)) and (quality := float(match[2] or 1)) > 0:
                wanted.append((-quality, position, match[1].lower()))
        for _, _, wish in sorted(wanted):
            tag = wish
            while tag and tag != "*":
                if tag in self._locales:
                    return self._locales[tag]
                tag = tag.rpartition("-")[0]
        return self.default_locale

    def text(
        self,
        code: str,
        params: Mapping[str, Any],
        locale: str,
        declared: str | None = None,
        default: str | None = None,
        variant: str = "",
    ) -> str:
        """The message for an error.

        Args:
            code: the rule.
            params: fill the placeholders.
            locale: from ``locale_for``; a code that it lacks is taken from its language, then from English.
            declared: a message that was declared with the rule; wins.
            default: for a code that no catalogue has.
            variant: ``"items"`` for a value that is an array, ``"members"`` for an object.
        """
        template = declared
        names = _names(code, params, variant)
        while template is None and locale:
            template = self._find(locale, names)
            locale = locale.rpartition("-")[0]
        if template is None:
            template = self._find("en", names) or default or self._catalogues["en"]["invalid"]
        return _PLACEHOLDER.sub(lambda match: _filled(match, params), template)

    def _find(self, locale: str, names: Iterable[str]) -> str | None:
        catalogue = self._catalogues.get(locale, {})
        return next((catalogue[name] for name in names if name in catalogue), None)


def _names(code: str, params: Mapping[str, Any], variant: str) -> list[str]:
    """Names of a message, the most precise first."""
    names = [f"{code}.{variant}", code] if variant else [code]
    if "min" in params and params["min"] == params.get("max"):
        names = [precise for name in names for precise in (f"{name}.exact", name)]
    return [f"{code}.nearest", *names] if "nearest" in params else names


def _filled(match: re.Match[str], params: Mapping[str, Any]) -> str:
    name, one, many = match.groups()
    if name not in params:
        return match[0]
    value = params[name]
    if many is not None:
        return str(one if value == 1 else many)
    if isinstance(value, list | tuple):
        return ", ".join([*map(str, value[:MAX_VALUES]), *(["…"] if len(value) > MAX_VALUES else [])])
    return str(value)
