"""The catalogues of texts: `make texts` adds new texts to each `kb.po`, drops unused ones, and compiles it.

A new text has an empty `msgstr`, which is reported, and for Japanese fails a test. A new folder gets its first `kb.po`.
"""

import errno
import io
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

import webui.command  # noqa: F401 (it adds `serve`)
from kb.cli.commands import COMMANDS
from kb.cli.group import cli, paragraphs
from kb.pipeline.lint import MESSAGES
from kb.translation import DOMAIN, LOCALE

ROOT = Path(__file__).parents[3]
CONTEXT = (1, "c")
ERRORS = (
    *("AwayError", "ClusterError", "ConfigurationError", "DamageError", "DateError", "EmbeddingError"),
    *("LibraryError", "ModelServerError", "SearchIndexError", "TooLongError", "TooManyError"),
)
"""The subclasses of `index.messages.MessageError` that are raised with a text."""
KEYWORDS = {**dict.fromkeys(("_", "marked", "translatable", *ERRORS)), "ngettext": (1, 2), "pgettext": (CONTEXT, 2),
            "npgettext": (CONTEXT, 2, 3)}  # fmt: skip
METHODS = [("**/templates/**", "jinja2"), ("**.py", "python")]
STEPS = ("reading", "classifying", "writing", "embedding")  # of a sync
SYSTEM_ERRORS = (
    *(errno.ENOENT, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EISDIR, errno.ENOTDIR),
    *(errno.EROFS, errno.ELOOP, errno.EIO, errno.EADDRINUSE, errno.EADDRNOTAVAIL),
)
ABOUT = "# The texts of code and templates; `make texts` adds new ones and drops unused ones."
DATE = datetime(2026, 1, 1, tzinfo=UTC)  # the same in every run, so that equal texts make equal files
Text = tuple[str | None, str | tuple[str, str]]
"""A context, and a text or its forms for one and for many."""


def required_texts() -> set[Text]:
    """Return every text that may be shown: those of our code, of the help, of click and of the system's errors."""
    own = (text for folder in ("kb", "index", "webui") for text in extracted(ROOT / folder))
    others = {*help_texts(), *STEPS, *MESSAGES.values(), *map(os.strerror, SYSTEM_ERRORS)} - {""}
    return {*own, *extracted(Path(click.__file__).parent), *((None, text) for text in others)}


def extracted(folder: Path) -> Iterator[Text]:
    """Yield the texts in the calls of gettext below a folder."""
    for _file, _line, text, _comments, context in extract_from_dir(str(folder), METHODS, keywords=KEYWORDS):
        parts = (text,) if isinstance(text, str) else tuple(filter(None, text))
        yield context, parts[0] if len(parts) == 1 else (parts[0], parts[1])


def help_texts() -> Iterator[str]:
    """Yield the help of the commands and of their options."""
    yield from (summary for _module, summary in COMMANDS.values())
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        yield from (paragraph for paragraph in paragraphs(command) if "Example" not in paragraph)
        yield from (param.help for param in command.params if isinstance(param, click.Option) and param.help)


def po(language: str) -> Path:
    return Path(LOCALE) / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def catalogue(language: str) -> Catalog:
    """Return the catalogue of a language, an empty one if it has none yet."""
    if not po(language).exists():
        return Catalog(language)
    with po(language).open("rb") as file:
        return read_po(file, locale=language)


def compiled(texts: Catalog) -> bytes:
    """Return a catalogue in the format that gettext reads."""
    file = io.BytesIO()
    write_mo(file, texts)
    return file.getvalue()


def updated(known: Catalog, language: str) -> Catalog:
    """Return a catalogue of the required texts with the known translations."""
    new = Catalog(language, header_comment=ABOUT, creation_date=DATE, revision_date=DATE, fuzzy=False)
    for context, text in sorted(required_texts(), key=lambda one: (str(one[1]), one[0] or "")):
        entry = known.get(text[0] if isinstance(text, tuple) else text, context)
        new.add(text, entry.string if entry else None, context=context)
    return new


def forms(text: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the forms of a text for one and for many, or its only form."""
    return text if isinstance(text, tuple) else (text or "",)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w*)[^}]*\}", text))


def main() -> None:
    for folder in Path(LOCALE).iterdir():
        file = po(folder.name)
        known = updated(catalogue(folder.name), folder.name)
        file.parent.mkdir(exist_ok=True)
        with file.open("wb") as stream:
            write_po(stream, known, width=100)
        file.with_suffix(".mo").write_bytes(compiled(known))
        for message in known:
            texts, translations = forms(message.id), forms(message.string)
            if texts[0] and not all(translations):
                print(f"{file.relative_to(ROOT)}: no msgstr for: {texts[0]}")
            for name in placeholders("".join(translations)) - placeholders("".join(texts)):
                print(f"{file.relative_to(ROOT)}: {{{name}}} is not in the msgid of: {translations[0]}")


if __name__ == "__main__":
    main()
