"""What commands have in common: lines and JSON to print, progress while work is long."""

import errno
import re
import shutil
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from index.messages import Message, message_of, os_message, translatable
from kb import wording
from kb.cli import health
from kb.cli.options import WRONG_USE, places
from kb.cli.overview import STYLE, wrapped_line
from kb.translation import _, translate

if TYPE_CHECKING:
    from kb.indexing.outcomes import SyncOutcome
    from kb.knowledge_base import KnowledgeBase
    from kb.pipeline.reports import Progress

# What a terminal would obey: control characters but tab and newline, and marks that turn the direction of writing.
# A report or a file name that holds them could set the title, fill the clipboard (OSC 52) or hide its text.
_OBEYED = "\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069"
_UNSAFE = re.compile(rf"[{_OBEYED}]|\x1b(?!{STYLE})")
_STYLED = re.compile(rf"\x1b{STYLE}")
_PLAIN = "\x1b[0m"

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # what the system says of a full disk, a user's share, a file
STOPPED = 128 + 2  # what a shell tells of who was stopped by SIGINT, 2


class OutputError(OSError):
    """What was to be printed cannot be written: a full disk, not a fault of the input."""


def say(text: str, *, err: bool = False) -> None:
    """Print a text of whatever origin: the terminal obeys nothing in it but colours, and they end with the text.

    Raises OutputError where it cannot be written, BrokenPipeError where nobody reads any more.
    """
    try:
        click.echo(_safe(text), err=err)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(_("the output cannot be written ({why})").format(why=_(str(error.strerror)))) from error


def in_words(error: Exception) -> str:
    """Return what an error says in the language that is spoken."""
    return translate(_sentence_of(error))


def _sentence_of(error: Exception) -> Message:
    """Return what an error says; of one that the system raised, its file first."""
    if isinstance(error, OSError) and error.strerror:
        what = os_message(error)
        sentence = translatable("{0}: {1}", error.filename, what) if error.filename else what
        return translatable("{0}; make room and run it again", sentence) if error.errno in _NO_ROOM else sentence
    return message_of(error)


def lines(every: Iterable[str], *, err: bool = False) -> None:
    """Print lines, on stderr where they are about the work and not its result."""
    for line in every:
        say(line, err=err)


def results(every: Iterable[str]) -> None:
    """Print the lines of an answer: on a terminal in its width, through its pager where they are more than it shows."""
    if not sys.stdout.isatty():
        lines(every)
        return
    size = shutil.get_terminal_size()
    shown = [part for line in every for part in wrapped_line(_safe(line), size.columns)]
    if len(shown) < size.lines:
        lines(shown)
    else:
        click.echo_via_pager(f"{line}\n" for line in shown)


def _safe(text: str) -> str:
    """Return a text without what a terminal would obey, colours apart, which end with it."""
    safe = _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return safe + _PLAIN if _STYLED.search(safe) and not safe.endswith(_PLAIN) else safe


def print_json(records: Iterable[dict[str, Any]]) -> None:
    """Print one JSON object a line; what a terminal would obey is escaped, which JSON reads as the same."""
    from kb.search.records import as_json

    for record in records:
        say(as_json(record))


def bring_up_to_date(kb: "KnowledgeBase", sync: "Callable[[Progress], SyncOutcome] | None" = None) -> "SyncOutcome":
    """Sync, in whatever way, showing progress and telling on stderr what is wrong with files, by its cause."""
    with ProgressBar() as progress:
        outcome = (sync or kb.indexer.sync)(progress)
    places().older_answered = False
    lines(health.gathered_lines(outcome.problems), err=True)
    return outcome


def bring_up_to_date_or_tell(
    kb: "KnowledgeBase", sync: "Callable[[Progress], SyncOutcome] | None" = None
) -> "SyncOutcome | Message":
    """Sync as `bring_up_to_date` does; where the index cannot be written but answers, say so and return why.

    Raises SearchIndexError or OSError where nothing would answer.
    """
    from index.engine import SearchIndexError

    try:
        return bring_up_to_date(kb, sync)
    except (SearchIndexError, OSError) as error:
        held = kb.collection.contents()
        if held is None or held.library != kb.collection.library.name:  # nor is another library's shown for this one
            raise
        say(_("kb: {why}; what the index held before answers").format(why=in_words(error)), err=True)
        return _sentence_of(error)


def embed(kb: "KnowledgeBase") -> None:
    """Make the vectors that notes lack, showing progress; exits where that is stopped, or the model makes none."""
    from index.embedder import EmbeddingError

    try:
        with ProgressBar() as progress:
            kb.indexer.embed(progress)
    except KeyboardInterrupt:
        stopped = _("kb: stopped; no vector is lost ({coverage}); the others: {how}")
        coverage = wording.coverage(kb.indexer.coverage())
        say(stopped.format(coverage=coverage, how=health.makes_vectors()), err=True)
        click.get_current_context().exit(STOPPED)
    except EmbeddingError as error:
        say(health.without_vectors(error), err=True)
        click.get_current_context().exit(WRONG_USE)


def make_ready(kb: "KnowledgeBase") -> None:
    """Index a library that has no index of this version of kb; tell of damage, and of what has changed since."""
    if kb.collection.needs_index():
        say(_("kb: indexing the library first"), err=True)
        bring_up_to_date_or_tell(kb)
    elif damage := kb.collection.damage():
        say(f"kb: {kb.collection.index}: {translate(damage)}", err=True)
        places().older_answered = True
    elif not kb.indexer.status().up_to_date:
        say(_("kb: the library has changed since it was indexed; run `kb sync`"), err=True)
    contents = kb.collection.contents()
    if not (contents and contents.reports):
        say(f"kb: {health.empty_line(kb)}", err=True)


_EMBEDDING = "embedding"  # the step that goes on where it was broken off, and may take hours


class ProgressBar:
    """Shows how far work is on stderr: a bar with rate and what is left where somebody watches.

    In a pipe it is silent, but for a line at each tenth of the vectors.
    """

    def __init__(self) -> None:
        self._bar: Any = None
        self._step = ""
        self._begun = self._tenth = -1

    def __enter__(self) -> "Progress":
        return self._tell

    def __exit__(self, *_error: object) -> None:
        self._end()

    def _tell(self, step: str, done: int, total: int) -> None:
        if not sys.stderr.isatty():
            self._say(step, done, total)
            return
        if step != self._step:
            self._end()
            self._step, self._begun = step, done if step == _EMBEDDING else 0  # what was done before tells no rate
            self._bar = click.progressbar(
                length=total - self._begun, label=_(step), file=sys.stderr, show_pos=True, item_show_func=self._rate
            )
        self._bar.length = total - self._begun  # more may have come
        self._bar.update(done - self._begun - self._bar.pos)

    def _rate(self, _item: object) -> str | None:
        seconds = self._bar.time_per_iteration if self._bar else 0
        return f"{1 / seconds:,.1f}/s" if seconds else None

    def _say(self, step: str, done: int, total: int) -> None:
        tenth = 10 * done // total if total else 0
        if step == _EMBEDDING and tenth != self._tenth:
            self._tenth = tenth
            say(_("vectors: {done:,} of {total:,} notes").format(done=done, total=total), err=True)

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.render_finish()
            self._bar = None
