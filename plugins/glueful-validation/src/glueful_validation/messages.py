"""Errors put into words: a catalogue for each language, chosen by ``Accept-Language``."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .locales import CATALOGUES

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_RANGE = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*[qQ]\s*=\s*([01](?:\.[0-9]{0,3})?)\s*)?")
MAX_ACCEPT_LANGUAGE = 512
"""Characters of ``Accept-Language`` that are looked at."""

Catalogue = Mapping[str, str]


class Messages:
    """The catalogues of one application.

    Args:
        default_locale: where ``Accept-Language`` names no language that there is.
        additions: catalogues by locale, later ones win.
    """

    def __init__(self, default_locale: str = "en", additions: Iterable[Mapping[str, Catalogue]] = ()) -> None:
        merged: dict[str, dict[str, str]] = {locale: dict(catalogue) for locale, catalogue in CATALOGUES.items()}
        for addition in additions:
            for locale, catalogue in addition.items():
                merged.setdefault(locale, {}).update(catalogue)
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
    ) -> str:
        """The message for an error.

        Args:
            code: the rule.
            params: fill the placeholders.
            locale: from ``locale_for``; a code that it lacks is taken from its language, then from English.
            declared: a message that was declared with the rule; wins.
            default: for a code that no catalogue has.
        """
        template = declared
        while template is None and locale:
            template = self._catalogues.get(locale, {}).get(code)
            locale = locale.rpartition("-")[0]
        if template is None:
            english = self._catalogues["en"]
            template = english.get(code) or default or english["invalid"]
        return _PLACEHOLDER.sub(lambda match: _word(params.get(match[1], match[0])), template)


def _word(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
