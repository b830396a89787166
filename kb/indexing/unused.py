"""Corrections in kb.toml that apply to nothing, each with the report, talk or note that is probably meant."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import PurePosixPath

from msgspec.structs import replace

from index.terms import nearest
from kb.library.configuration import Configuration
from kb.library.contents import Contents, Unused
from kb.library.files import Scan
from kb.library.moves import is_below
from kb.library.rewriting import line_of
from kb.report.identity import digest, own_part, report_part, talk_id
from kb.report.model import Correction, MetadataOverride, Note, Talk, TalkCorrection
from kb.report.problems import UnreadableError
from kb.search.collection import Snapshot

_TITLE = re.compile(r"-([0-9a-f]{4})(?:-[0-9a-f]{8})?$")  # the digits of the title in the id of a report
_MAX_COMPARED = 100  # characters of a text


class UnusedCorrections:
    """Finds the corrections of kb.toml that apply to nothing in the contents of the next generation.

    `before` is the generation before: it has the texts of notes and talks that are gone. `notes_of` returns the notes
    of the report of a source under their final ids.
    """

    def __init__(
        self,
        contents: Contents,
        scan: Scan,
        before: Snapshot | None,
        notes_of: Callable[[str], Sequence[Note]],
    ) -> None:
        self._contents, self._scan, self._before, self._notes_of = contents, scan, before, notes_of
        self._sources = dict.fromkeys(file.source for file in scan.files)
        unread = [source for source in self._sources if source not in contents.ids]
        self._unread = (*unread, *scan.left_alone, *(problem.source for problem in scan.problems))
        self._applied = {one for entry in contents.reports for one in contents.applied_ids(entry)}
        earlier = before.contents.unused if before else ()
        self._earlier: dict[tuple[str, str], str] = {(one.table, one.key): one.text for one in earlier}

    def all(self) -> tuple[Unused, ...]:
        """Return the unused corrections by table, each table in the order of kb.toml."""
        configuration = self._scan.configuration
        found = chain(self._reports(configuration), self._talks(configuration), self._notes(configuration))
        return tuple(replace(one, line=line_of(configuration.text, one.table, one.key)) for one in found)

    def _reports(self, configuration: Configuration) -> Iterator[Unused]:
        for source, override in configuration.overrides.items():
            is_known = source in self._sources or is_below(source, self._unread)
            if override != MetadataOverride() and not is_known:
                yield Unused("reports", source, self._near_source(source))

    def _near_source(self, source: str) -> str:
        """Return a source inside this one, else the only one of this name, else the most similar one."""
        name = PurePosixPath(source).name
        inside = [one for one in self._sources if is_below(one, [source])]
        named = [one for one in self._sources if PurePosixPath(one).name == name]
        return next(iter([*inside[:1], *(named if len(named) == 1 else nearest(source, self._sources, 1))]), "")

    def _talks(self, configuration: Configuration) -> Iterator[Unused]:
        if not configuration.talks:
            return
        own_ids = {
            talk_id(entry.own_event or entry.event, talk.written_title): talk
            for entry in self._contents.reports
            for talk in entry.talks
        }
        for key, correction in configuration.talks.items():
            if (
                correction != TalkCorrection()
                and key not in self._applied
                and not self._was_in_unread(key, of_talk=True)
            ):
                near = self._near_talk(key, own_ids)
                yield Unused("talks", key, near, own_ids[near].title if near else "")

    def _near_talk(self, key: str, own_ids: dict[str, Talk]) -> str:
        """Return the id of the talk of this title at another event, else of the most similar title at this event."""
        if same := [one for one in own_ids if own_part(one) == own_part(key)]:
            return (*nearest(key, same, 1), *same)[0]
        known = self._before.contents if self._before else self._contents
        was = known.canonical_talk(key)
        title = known.talks[was].title if was else self._earlier.get(("talks", key), "")
        titles = {talk.title: one for one, talk in own_ids.items() if report_part(one) == report_part(key)}
        return next((titles[one] for one in nearest(title, titles, 1)), "") if title else ""

    def _notes(self, configuration: Configuration) -> Iterator[Unused]:
        for key, correction in configuration.corrections.items():
            if correction != Correction() and key not in self._applied and not self._was_in_unread(key):
                near = self._near_note(key)
                yield Unused("notes", key, near.id, near.text) if near else Unused("notes", key)

    def _near_note(self, key: str) -> Note | None:
        """Return the note with the most similar text in the report, or this note of a report with a similar id."""
        part, own = report_part(key), own_part(key)
        with suppress(UnreadableError):
            if reports := self._contents.reports_of_id(part):
                text = self._text_before(key)
                texts = {note.text[:_MAX_COMPARED]: note for entry in reports for note in self._notes_of(entry.source)}
                return next((texts[one] for one in nearest(text, texts, 1)), None) if text else None
            title = _TITLE.search(part)
            same = [one.id for one in self._contents.reports if title and digest(one.title, length=4) == title[1]]
            likely = dict.fromkeys((*nearest(part, same, 1), *same, *nearest(part, self._contents.by_id, 1)))
            notes = (note for one in likely for note in self._notes_of(self._contents.by_id[one].source))
            return next((note for note in notes if own_part(note.id) == own), None)
        return None

    def _text_before(self, key: str) -> str:
        """Return the text of a note in the generation before, else that of the note proposed for it then."""
        if self._before is None:
            return ""
        reports = self._before.contents.reports_of_id(report_part(key))
        ids = (f"{entry.id}/{own_part(key)}" for entry in reports)
        stored = next(filter(None, map(self._before.reader.stored, ids)), None)
        return self._before.note(stored).text if stored else self._earlier.get(("notes", key), "")

    def _was_in_unread(self, key: str, *, of_talk: bool = False) -> bool:
        """Return whether a correction is one of a report whose file cannot be read now."""
        if self._before is None or not self._unread:
            return False
        known = self._before.contents
        entries = (
            known.reports_of_talk.get(known.canonical_talk(key) or "", ())
            if of_talk
            else known.reports_of_id(report_part(key))
        )
        return any(is_below(entry.source, self._unread) for entry in entries)
