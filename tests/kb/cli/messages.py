"""The sentences that a catalogue has to have, and how it is brought up to them: `make texts`, whenever one is new.

What nobody has put into Japanese yet has an empty `msgstr` in kb.po then, which a test wants to be filled.
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
from kb.cli.group import cli, paragraphs
from kb.cli.overview import ABOUT, COMMANDS, EXAMPLES, OPTIONS
from kb.pipeline.lint import MESSAGES
from kb.texts import CATALOGUES, DOMAIN

ROOT = Path(__file__).parents[3]
KEYWORDS = {"_": None, "ngettext": (1, 2), "translatable": None}
STEPS = ("reading", "writing", "embedding")  # of a sync
FAULTS = (errno.ENOENT, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EISDIR, errno.ENOTDIR,
          errno.EROFS, errno.ELOOP, errno.EIO, errno.EADDRINUSE, errno.EADDRNOTAVAIL)  # fmt: skip
Text = str | tuple[str, str]
SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # of what is made anew from the same sentences each byte is the same


def wanted() -> set[Text]:
    """Return every sentence that may be said: ours, those of the help, those of click and of the system."""
    ours = (said for room in ("kb", "index", "webui") for said in marked(ROOT / room))
    faults = map(os.strerror, FAULTS)
    return {*ours, *marked(Path(click.__file__).parent), *helps(), *STEPS, *MESSAGES.values(), *faults} - {""}


def marked(folder: Path) -> Iterator[Text]:
    """Yield the sentences that stand in calls of gettext below a folder; those with a plural as two."""
    every = extract_from_dir(str(folder), [("**.py", "python")], keywords=KEYWORDS)
    yield from (said[0] if said[1:] and said[1] is None else said for _file, _line, said, _comments, _context in every)


def helps() -> Iterator[str]:
    """Yield what the help of `kb`, its commands and their options says."""
    yield from (ABOUT, EXAMPLES, *(text for _, text in (*OPTIONS, *COMMANDS.values())))
    for name in COMMANDS:
        command = cli.commands.get(name) or (cli.get_command(click.Context(cli), name), cli.commands[name])[1]
        yield from (one for one in paragraphs(command) if "Example" not in one)
        yield from (param.help for param in command.params if isinstance(param, click.Option) and param.help)


def catalogue(language: str) -> Catalog:
    with po(language).open("rb") as file:
        return read_po(file, locale=language)


def po(language: str) -> Path:
    return Path(CATALOGUES) / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def compiled(known: Catalog) -> bytes:
    """Return a catalogue as gettext reads it."""
    file = io.BytesIO()
    write_mo(file, known)
    return file.getvalue()


def brought_up(known: Catalog, language: str) -> Catalog:
    """Return a catalogue of what is wanted, with what is known of it."""
    about = "# What stands in English in the code; `make texts` adds what is new, and takes out what is gone."
    new = Catalog(language, header_comment=about, creation_date=SOME_DAY, revision_date=SOME_DAY, fuzzy=False)
    for said in sorted(wanted(), key=str):
        one = known.get(said[0] if isinstance(said, tuple) else said)
        new.add(said, one.string if one else None)
    return new


def forms(text: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """Return a sentence as its forms: that of one and that of many, where it has both; None for an empty one."""
    return text if isinstance(text, tuple) else (text or "",)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w*)[^}]*\}", text))


def main() -> None:
    for folder in Path(CATALOGUES).iterdir():
        known = brought_up(catalogue(folder.name), folder.name)
        with po(folder.name).open("wb") as file:
            write_po(file, known, width=100)
        po(folder.name).with_suffix(".mo").write_bytes(compiled(known))
        for message in known:
            ids, strings = forms(message.id), forms(message.string)
            where = po(folder.name).relative_to(ROOT)
            if ids[0] and not all(strings):
                print(f"{where} wants a msgstr for: {ids[0]}")
            for unknown in placeholders("".join(strings)) - placeholders("".join(ids)):
                print(f"{where} names {{{unknown}}}, which is not there, in: {strings[0]}")


if __name__ == "__main__":
    main()
