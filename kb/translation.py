"""Texts in the reader's language. The code holds them in English; `locale/LANGUAGE/LC_MESSAGES/kb.po` translates them.

A folder of `locale` is a language: menus, `--lang` and `Accept-Language` offer it without a change of the code.
"""

import os
from contextvars import ContextVar

TYPE_CHECKING = False  # importing typing takes as long as the rest of `kb --help`
if TYPE_CHECKING:
    from collections.abc import Callable
    from gettext import GNUTranslations
    from typing import ParamSpec, TypeVar

    from index.messages import Message

    P = ParamSpec("P")
    T = TypeVar("T")

LOCALE = os.path.join(os.path.dirname(__file__), "locale")  # noqa: PTH118, PTH120  # pathlib is slow to import, too
DOMAIN = "kb"  # the name of a catalogue's file
SOURCE = "en"  # the language of the texts in the code, which needs no catalogue
NOTES = "ja"  # the language of the notes, and of the names in `data` and kb.toml
_VARIABLE = "LANGUAGE"  # the language of the process; the processes that it starts inherit it

_current: "ContextVar[str | None]" = ContextVar("language", default=None)
_catalogues: "dict[str, GNUTranslations]" = {}
_languages: "dict[str, tuple[str, ...]]" = {}  # by folder


def languages() -> tuple[str, ...]:
    """Return the languages that have a catalogue, then that of the code."""
    if LOCALE not in _languages:  # reading a folder takes as long as translating a page
        found = (name for name in os.listdir(LOCALE) if os.path.isfile(_file(name)))  # noqa: PTH113, PTH208
        _languages[LOCALE] = (*sorted(found), SOURCE)
    return _languages[LOCALE]


def language() -> str:
    """Return the current language: that of the request or command, else that of the process."""
    if current := _current.get():
        return current
    inherited = os.environ.get(_VARIABLE, SOURCE)
    return inherited if inherited in languages() else SOURCE


def set_language(name: str, *, of_process: bool = False) -> None:
    """Make a language the current one of this context, or of the whole process and those that it starts."""
    _current.set(name)
    if of_process:
        os.environ[_VARIABLE] = name


def in_language(name: str, call: "Callable[P, T]", *args: "P.args", **kwargs: "P.kwargs") -> "T":
    """Call a function with another current language, and return its result."""
    token = _current.set(name)
    try:
        return call(*args, **kwargs)
    finally:
        _current.reset(token)


def in_every_language(text: str) -> tuple[str, ...]:
    """Return a text in each language. Readers may write such a name in any of them."""
    return tuple(in_language(name, _, text) for name in languages())


def language_name(name: str) -> str:
    """Return the name of a language in that language."""
    return in_language(name, lambda: pgettext("the name of this language", "English"))


def _(text: str, /, **values: object) -> str:
    """Return a text in the current language; values replace its `{placeholders}`."""
    name = language()
    found = text if name == SOURCE else _catalogue(name).gettext(text)
    return found.format(**values) if values else found


def pgettext(context: str, text: str, /, **values: object) -> str:
    """Return a text that has other translations in other contexts."""
    name = language()
    found = text if name == SOURCE else _catalogue(name).pgettext(context, text)
    return found.format(**values) if values else found


def ngettext(one: str, many: str, count: int, /, **values: object) -> str:
    """Return the form of a text for a number, which replaces `{count}`."""
    name = language()
    found = (one if count == 1 else many) if name == SOURCE else _catalogue(name).ngettext(one, many, count)
    return found.format(count=count, **values)


def npgettext(context: str, one: str, many: str, count: int, /, **values: object) -> str:
    """Return the form for a number of a text that has other translations in other contexts."""
    name = language()
    found = (one if count == 1 else many) if name == SOURCE else _catalogue(name).npgettext(context, one, many, count)
    return found.format(count=count, **values)


def marked(text: str) -> str:
    """Return a text as it is. The call marks it for the catalogue; `_` translates it where it is shown."""
    return text


def translate(message: "Message | str") -> str:
    """Return a message in the current language; a text stays as it is."""
    return message if isinstance(message, str) else message.translated(_)


def _catalogue(name: str) -> "GNUTranslations":
    if name not in _catalogues:
        from gettext import GNUTranslations  # noqa: PLC0415  # not needed for English

        with open(_file(name), "rb") as file:  # noqa: PTH123
            _catalogues[name] = GNUTranslations(file)
    return _catalogues[name]


def _file(name: str) -> str:
    return os.path.join(LOCALE, name, "LC_MESSAGES", f"{DOMAIN}.mo")  # noqa: PTH118
