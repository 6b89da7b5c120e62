"""Changes made to a value between decoding and the rules, so that what is compared and stored has one form."""

import unicodedata
from typing import Literal

from .rule import Transform


class Trim(Transform):
    """Takes white space off both ends."""

    code = "trim"

    def transform(self, value: str) -> str:
        """``" a "`` becomes ``"a"``."""
        return value.strip()


class Lowercase(Transform):
    """Lower case, as Unicode folds it: equal names become equal strings."""

    code = "lowercase"

    def transform(self, value: str) -> str:
        """``"ÄB"`` becomes ``"äb"``."""
        return unicodedata.normalize("NFC", value.casefold())


class Normalized(Transform):
    """One Unicode normal form (UAX #15), so that two spellings of one name are one string.

    Args:
        form: ``"NFC"`` keeps look and meaning; ``"NFKC"`` also folds compatibility characters, as for identifiers.
    """

    code = "normalized"

    def __init__(self, form: Literal["NFC", "NFKC"] = "NFC") -> None:
        self.form = form
        self.params = {"form": form}

    def transform(self, value: str) -> str:
        """``"e" + combining acute`` becomes ``"é"``."""
        return unicodedata.normalize(self.form, value)
