"""Updates the catalogues with the texts of the code: `make texts`, after each change of a text.

A new text gets an empty `msgstr` in kb.po; a test fails until it is filled.
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
KEYWORDS = {"_": None, "marked": None, "translatable": None, "ngettext": (1, 2), "pgettext": (CONTEXT, 2),
            "npgettext": (CONTEXT, 2, 3)}  # fmt: skip
METHODS = [("**/templates/**", "jinja2"), ("**.py", "python")]
STEPS = ("reading", "writing", "embedding")  # of a sync
FAULTS = (errno.ENOENT, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EISDIR, errno.ENOTDIR,
          errno.EROFS, errno.ELOOP, errno.EIO, errno.EADDRINUSE, errno.EADDRNOTAVAIL)  # fmt: skip
Text = tuple[str | None, str | tuple[str, str]]
"""A text of a catalogue: its context, and its forms for one and for many where it has both."""
SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # so that the same texts make the same bytes


def wanted() -> set[Text]:
    """Return every text that may be shown: those of the code, the help, click and the system."""
    ours = (text for room in ("kb", "index", "webui") for text in marked(ROOT / room))
    faults = map(os.strerror, FAULTS)
    others = {*helps(), *STEPS, *MESSAGES.values(), *faults} - {""}
    return {*ours, *marked(Path(click.__file__).parent), *((None, text) for text in others)}


def marked(folder: Path) -> Iterator[Text]:
    """Yield the texts in calls of gettext below a folder."""
    for _file, _line, text, _comments, context in extract_from_dir(str(folder), METHODS, keywords=KEYWORDS):
        forms = (text,) if isinstance(text, str) else tuple(form for form in text if form)
        yield context, forms[0] if len(forms) == 1 else (forms[0], forms[1])


def helps() -> Iterator[str]:
    """Yield the texts of the help of `kb`, its commands and their options."""
    yield from (summary for _module, summary in COMMANDS.values())
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        yield from (paragraph for paragraph in paragraphs(command) if "Example" not in paragraph)
        yield from (param.help for param in command.params if isinstance(param, click.Option) and param.help)


def catalogue(language: str) -> Catalog:
    with po(language).open("rb") as file:
        return read_po(file, locale=language)


def po(language: str) -> Path:
    return Path(LOCALE) / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def compiled(known: Catalog) -> bytes:
    """Return a catalogue in the binary format of gettext."""
    file = io.BytesIO()
    write_mo(file, known)
    return file.getvalue()


def updated(known: Catalog, language: str) -> Catalog:
    """Return a catalogue of every text, with the translations of a known one."""
    about = "# The texts of the code; `make texts` adds new ones and removes unused ones."
    new = Catalog(language, header_comment=about, creation_date=SOME_DAY, revision_date=SOME_DAY, fuzzy=False)
    for context, text in sorted(wanted(), key=lambda one: (str(one[1]), one[0] or "")):
        entry = known.get(text[0] if isinstance(text, tuple) else text, context)
        new.add(text, entry.string if entry else None, context=context)
    return new


def forms(text: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the forms of a text: one, or singular and plural."""
    return text if isinstance(text, tuple) else (text or "",)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w*)[^}]*\}", text))


def main() -> None:
    for folder in Path(LOCALE).iterdir():
        known = updated(catalogue(folder.name), folder.name)
        with po(folder.name).open("wb") as file:
            write_po(file, known, width=100)
        po(folder.name).with_suffix(".mo").write_bytes(compiled(known))
        where = po(folder.name).relative_to(ROOT)
        for message in known:
            ids, strings = forms(message.id), forms(message.string)
            if ids[0] and not all(strings):
                print(f"{where} lacks a msgstr for: {ids[0]}")
            for unknown in placeholders("".join(strings)) - placeholders("".join(ids)):
                print(f"{where} has an unknown {{{unknown}}} in: {strings[0]}")


if __name__ == "__main__":
    main()
