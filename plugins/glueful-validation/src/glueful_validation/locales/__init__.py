"""Messages by language and code. ``{name}`` stands for a parameter of the rule."""

from .de import GERMAN
from .en import ENGLISH
from .es import SPANISH
from .fr import FRENCH

CATALOGUES = {"en": ENGLISH, "de": GERMAN, "es": SPANISH, "fr": FRENCH}
