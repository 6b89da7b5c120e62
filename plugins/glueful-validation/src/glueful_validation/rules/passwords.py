"""Password strength as NIST SP 800-63B-4 section 3.1.1 wants it: length and guessability, not composition."""

from importlib import import_module
from typing import Any

from ..context import RuleContext
from .fields import is_sent
from .rule import Failure, Rule, Verdict

MAX_SCORED_LENGTH = 40
"""Characters that are scored: zxcvbn takes time that grows faster than the length."""
_RARE_DISGUISES = str.maketrans("([{<|+", ")]}>\\=")
"""Symbols that zxcvbn tries as a letter, though hardly anybody writes them for one. Every symbol that may be one of
several letters multiplies its work: with these, 72 characters took 6 seconds."""


class PasswordStrength(Rule):
    """A password that is long enough and hard to guess, estimated by zxcvbn.

    Args:
        min_length: least number of characters; 8 where it is one of two factors, 15 where it is the only one.
        score: 0 to 4; 3 withstands about 10^10 guesses against a slow hash.
        unlike: names of fields of the same object that make a password easy to guess.
        message: instead of the catalogue's.
    """

    code = "password_strength"
    applies_to = (str,)
    max_values = 100

    def __init__(
        self,
        min_length: int = 8,
        *,
        score: int = 3,
        unlike: tuple[str, ...] = ("email", "username", "name"),
        message: str | None = None,
    ) -> None:
        self.min_length = min_length
        self.score = score
        self.unlike = unlike
        self.message = message
        strength = {"rule": self.code, "score": score, "unlike": list(unlike)}
        self.schema: dict[str, Any] = {"minLength": min_length, "format": "password", "x-rules": [strength]}

    def check(self, value: str, context: RuleContext) -> Verdict:
        """Whether both hold; the failure says which."""
        if len(value) < self.min_length:
            return Failure("min_length", {"min": self.min_length}, self.message)
        zxcvbn: Any = import_module("zxcvbn").zxcvbn
        related = [context.sibling(name) for name in self.unlike if name != context.field]
        inputs = [item[:MAX_SCORED_LENGTH] for item in related if is_sent(item) and isinstance(item, str)]
        scored = value[:MAX_SCORED_LENGTH].translate(_RARE_DISGUISES)
        return bool(zxcvbn(scored, user_inputs=inputs)["score"] >= self.score)
