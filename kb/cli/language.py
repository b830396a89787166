"""Which language the terminal speaks: the one that `--lang` asks for, else that of the environment.

English sentences stand where they are said, in `_()`; `kb/texts/catalogues` has them in Japanese, with those of click.
Labels, and what the page says too, are those of `texts`.
"""

import os
from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise

from kb.texts import CATALOGUES, DOMAIN

LANGUAGES = ("ja", "en")
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")  # in the order that POSIX gives them; the first that is set counts
_STATE = "LANGUAGE"  # what gettext looks at before these, and the programs that we start


def speak(words: Sequence[str]) -> None:
    """Speak the language that words ask for by `--lang`, else that of the environment."""
    parts = [part for word in words for part in (word.split("=", 1) if word.startswith("--") else (word,))]
    asked = next((after for word, after in pairwise(parts) if word == "--lang"), None)
    locale = next(filter(None, map(os.environ.get, _VARIABLES)), "")
    os.environ[_STATE] = asked if asked in LANGUAGES else "ja" if locale.startswith("ja") else "en"
    if spoken() != "en":
        import gettext

        gettext.bindtextdomain(DOMAIN, CATALOGUES)
        gettext.textdomain(DOMAIN)


def spoken() -> str:
    """Return the language that is spoken."""
    return "ja" if os.environ.get(_STATE) == "ja" else "en"


def _(english: str) -> str:
    """Return a sentence in the language that is spoken; English waits for no catalogue."""
    if spoken() == "en":
        return english
    import gettext

    return gettext.gettext(english)


def ngettext(one: str, many: str, count: int) -> str:
    """Return a sentence about one or many things in the language that is spoken."""
    if spoken() == "en":
        return one if count == 1 else many
    import gettext

    return gettext.ngettext(one, many, count)


class _Spoken:
    """The labels of the language that is spoken; the other's are not imported."""

    def __getattr__(self, name: str) -> object:
        return getattr(import_module(f"kb.texts.{spoken()}"), name)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from kb.texts import ja as texts
else:
    texts = _Spoken()

__all__ = ["LANGUAGES", "_", "ngettext", "speak", "spoken", "texts"]
