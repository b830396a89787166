"""The language of the terminal: that of `--lang`, else that of the environment."""

import os
from collections.abc import Sequence
from itertools import pairwise

from kb.translation import DOMAIN, LOCALE, SOURCE, languages, set_language

_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")  # in the order of POSIX; the first that is set counts


def speak(words: Sequence[str]) -> None:
    """Make the language that the words of a command ask for that of the process."""
    parts = [part for word in words for part in (word.split("=", 1) if word.startswith("--") else (word,))]
    requested = next((after for word, after in pairwise(parts) if word == "--lang"), None)
    locale = next(filter(None, map(os.environ.get, _VARIABLES)), "")
    preferred = (requested, locale.partition(".")[0], locale[:2])
    chosen = next((name for name in preferred if name in languages()), SOURCE)
    set_language(chosen, of_process=True)
    if chosen != SOURCE:  # for click, which asks gettext itself
        import gettext

        gettext.bindtextdomain(DOMAIN, LOCALE)
        gettext.textdomain(DOMAIN)
