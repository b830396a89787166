"""Output of the commands: plain lines that also read well in a pipe, JSON, errors, progress and the parts of a note."""

import errno
import os
import re
import shutil
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from index.messages import Message, message_of, translatable
from kb import wording
from kb.translation import _, marked, translate

if TYPE_CHECKING:
    from kb.library.contents import ReportEntry
    from kb.report.model import Note, Report, Talk
    from kb.search.directory import TalkEntry
    from kb.search.facets import Facet
    from kb.search.results import FoundEvent, FoundTalk
    from kb.services import Catalogue, Change

_STYLE = r"\x1b\[(?:[0124]|3[136])m"  # what click.style writes here: bold, dim, underline, three colours, reset
_RESET = "\x1b[0m"
_STYLED = re.compile(_STYLE)
# Control characters except tab and newline, and marks that turn the direction of writing. In a report or a file name
# they could set the title of the terminal, fill the clipboard (OSC 52) or hide text.
_UNSAFE = re.compile(rf"(?!{_STYLE})[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

# Matches the indent, number and bullet of a line. Wrapped parts are aligned below its end.
_INDENT = rf"(?:{_STYLE})* *(?:(?:\d+ +)?[•→] )?"
# An unbreakable piece of a line: a Latin word or a Japanese character, with its brackets and punctuation.
_PIECE = re.compile(rf"{_STYLE}|[（「『【]*(?:[!-~]+|.)[、。，．・）」』】！？ーっゃゅょッャュョ…]*")

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # no space, no quota, no room in one file
_MAX_SNIPPET = 200  # characters of a note in a list of hits; `kb show` prints it whole
_MAX_LISTED = 30  # known values that an error lists
_EMBEDDING = "embedding"  # a step that may take hours, and resumes
_TENTHS = {  # the steps of hours, with the line for each tenth
    _EMBEDDING: marked("vectors: {done:,} of {total:,} notes"),
    "asking the model": marked("read by the model: {done:,} of {total:,} parts"),
}
_MAX_SECONDS = 10  # of one thing; a rate below 0.1/s says less than the time left
_CLEAR_LINE = "\r\x1b[K"


class OutputError(OSError):
    """The output cannot be written, for instance to a full disk; the input is not at fault."""


def echo(text: str, *, err: bool = False) -> None:
    """Print a text of any origin; control characters are escaped, and colours end with the text.

    Raises OutputError if it cannot be written, BrokenPipeError if the reader closed the pipe.
    """
    try:
        click.echo(_escaped(text), err=err)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(_("the output cannot be written ({why})", why=_(str(error.strerror)))) from error


def echo_lines(lines: Iterable[str], *, err: bool = False) -> None:
    """Print lines; on stderr if they are about the work rather than its result."""
    for line in lines:
        echo(line, err=err)


def page_lines(lines: Iterable[str]) -> None:
    """Print the lines of an answer; on a terminal wrapped to its width, and in a pager if there are too many."""
    if not sys.stdout.isatty():
        echo_lines(lines)
        return
    size = shutil.get_terminal_size()
    parts = [part for line in lines for part in wrapped(_escaped(line), size.columns)]
    if len(parts) < size.lines:
        echo_lines(parts)
    else:
        os.environ.setdefault("LESSCHARSET", "utf-8")  # less trusts the locale, which may not be installed
        click.echo_via_pager(f"{part}\n" for part in parts)


def print_json(records: Iterable[Mapping[str, Any]]) -> None:
    """Print one JSON object a line; control characters are escaped as JSON does."""
    from kb.search.records import as_json

    for record in records:
        echo(as_json(record))


def wrapped(line: str, columns: int, indent: str = _INDENT) -> Sequence[str]:
    """Return a line in parts of at most `columns` columns, of which a Japanese character takes two.

    The parts after the first start below the end of what the regular expression `indent` matches.
    """
    from wcwidth import propagate_sgr, width

    start = re.match(indent, line)
    begin = start.end() if start else 0
    parts, hanging = [line[:begin]], " " * width(line[:begin])
    for piece in _PIECE.findall(line[begin:]):
        if width(parts[-1]) + width(piece) > columns and parts[-1] != hanging:
            parts.append(hanging)
        parts[-1] += piece if parts[-1] != hanging or len(parts) == 1 else piece.lstrip(" ")
    return propagate_sgr(parts)


def _escaped(text: str) -> str:
    safe = _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return safe + _RESET if _STYLED.search(safe) and not safe.endswith(_RESET) else safe


def error_text(error: Exception) -> str:
    """Return the message of an error in the current language."""
    return translate(error_message(error))


def error_message(error: Exception) -> Message:
    """Return the message of an error, and what to do on a full disk."""
    message = message_of(error)
    is_full = isinstance(error, OSError) and error.errno in _DISK_FULL
    return translatable("{0}; make room and run it again", message) if is_full else message


class ProgressBar:
    """Shows progress on stderr: on a terminal a bar with rate and time left, else a line for each tenth of long steps.

    As a context manager it returns the function that reports progress.
    """

    def __init__(self) -> None:
        self._bar: Any = None
        self._step = ""
        self._done_before = self._tenth = -1

    def __enter__(self) -> Callable[[str, int, int], None]:
        return self._report

    def __exit__(self, *_error: object) -> None:
        self._close()

    def note(self, line: str) -> None:
        """Print a line on stderr, in place of the bar; its next update draws the bar below."""
        if self._bar is not None:
            click.echo(_CLEAR_LINE, nl=False, err=True)
        echo(line, err=True)

    def _report(self, step: str, done: int, total: int) -> None:
        if not sys.stderr.isatty():
            tenth = 10 * done // total if total else 0
            if step in _TENTHS and tenth != self._tenth:
                self._tenth = tenth
                echo(_(_TENTHS[step], done=done, total=total), err=True)
            return
        if step != self._step:
            self._close()
            self._step = step
            self._done_before = done if step == _EMBEDDING else 0  # would falsify the rate
            self._bar = click.progressbar(
                length=total - self._done_before,
                label=_(step),
                file=sys.stderr,
                show_pos=True,
                item_show_func=self._rate,
            )
            self._bar.render_progress()  # the first update may be minutes away
        self._bar.length = total - self._done_before  # the total may grow
        self._bar.update(done - self._done_before - self._bar.pos)

    def _rate(self, _item: object) -> str | None:
        seconds = self._bar.time_per_iteration if self._bar else 0
        return f"{1 / seconds:,.1f}/s" if 0 < seconds < _MAX_SECONDS else None

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.render_finish()
            self._bar = None


def tree_lines(
    notes: Iterable["Note"],
    catalogue: "Catalogue",
    reasons: Mapping[str, Iterable[tuple[str, float]]] = {},
) -> Iterator[str]:
    """Yield notes as a tree, talk by talk, each with its line, kind and services.

    `reasons` are the weighted features of the kind by note id; with them the probability of the kind is shown.
    """
    talk: Talk | None = None
    headings: list[str] = []
    for number, note in enumerate(notes):
        if note.talk != talk or not number:
            talk, headings = note.talk, []
            yield ""
            yield click.style(_place_name(note), bold=True)
        under = [crumb.text for crumb in note.trail if crumb.note is None]
        if under != headings:
            headings = under
            yield click.style(f"  {' > '.join(headings)}", underline=True)
        names = [catalogue.name(m.service) + ("" if m.via == "explicit" else "*") for m in note.services]
        about = click.style(f"  [{', '.join([wording.kind(note), *names])}]", fg="cyan")
        yield f"{note.line:5d} {'  ' * note.depth}• {note.text}{about}"
        if note.id in reasons:
            features = " · ".join(f"{name} {weight:+.1f}" for name, weight in reasons[note.id])
            yield click.style(f"{'':5} {'  ' * note.depth}  {note.sure:.0%}: {features}", dim=True)


def place_line(note: "Note") -> str:
    """Return the event of a note, and its talk or the title of its report."""
    return click.style(f"{event_line(note)} {_place_name(note)}", dim=True)


def event_line(one: "Note | Report | ReportEntry | TalkEntry | FoundEvent | FoundTalk") -> str:
    """Return an event and its date."""
    return f"{one.event or _('event unknown')} ({wording.iso_day(one)})"


def talk_line(talk: "Talk") -> str:
    """Return the track, the times and the title of a talk."""
    track = f"【{talk.track}】" if talk.track else ""
    times = "~".join(time for time in (talk.start, talk.end) if time)
    return f"{track}{times}{' ' if times else ''}{talk.title}"


def _place_name(note: "Note") -> str:
    return talk_line(note.talk) if note.talk else note.report_title


def passage(text: str, marks: tuple[tuple[int, int], ...]) -> str:
    """Return the passage of a text around its first marked range, with marked ranges in bold."""
    from index.analysis import snippet

    begin, end = snippet(text, marks, _MAX_SNIPPET)
    parts, last = ["…" if begin else ""], begin
    for start, stop in marks:
        if begin <= start and stop <= end:
            parts += [text[last:start], click.style(text[start:stop], bold=True)]
            last = stop
    return "".join([*parts, text[last:end], "…" if end < len(text) else ""])


def change_line(change: "Change") -> str:
    """Return a dated change and its source."""
    since = wording.since(change)
    return f"{since} ({change.source})" if change.source else since


def facet_name(facet: "Facet") -> str:
    """Return the name of a facet within a sentence."""
    return _(facet.label).lower()


def no_value(facet: "Facet", name: str, near: Collection[str], known: Collection[str]) -> str:
    """Return that a facet has no such value, with values of similar names, else all values if these are few."""
    if near:
        return _("no {facet} is called {name!r}", facet=facet_name(facet), name=name) + do_you_mean(near)
    if len(known) > _MAX_LISTED:
        return _("no {facet} is called {name!r}; `kb services` lists them", facet=facet_name(facet), name=name)
    return _("{name!r} is none of {names}", name=name, names=", ".join(known))


def do_you_mean(names: Iterable[str]) -> str:
    """Return the question whether similar names are meant; empty without names."""
    near = ", ".join(names)
    return _("; do you mean {names}?", names=near) if near else ""
