"""Which changes a note has been overtaken by: about its service, of what it says, and after its day."""

import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kb.report.model import Note

_DATA = Path(__file__).parents[1] / "domains/aws/changes"
_SENTENCE_END = re.compile(r"[。!?\n]")


@dataclass(frozen=True, slots=True)
class Change:
    """One dated fact; `domains/aws/changes/README.md` tells what each field is."""

    id: str
    services: tuple[str, ...]
    says: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]
    old: str
    new: str
    changed_on: str
    source: str
    checked_on: str
    marks: str
    near: str

    @property
    def statement(self) -> str:
        """What a reader is told: 「2018年10月以降は最大15分」."""
        year, month = self.changed_on.split("-")[:2]
        return f"{year}年{int(month)}月以降は{self.new}"

    def overtakes(self, note: Note) -> bool:
        """Tell whether a note on one of the services says what no longer holds, and may be from before the change.

        Dates are compared as far as both are known: a note of 2018 may be from before 2018-10-10.
        An undated note is never marked.
        """
        if note.held_on is None or note.held_on >= self.changed_on:
            return False
        return any(map(self._is_said_in, _SENTENCE_END.split(unicodedata.normalize("NFKC", note.text).lower())))

    def _is_said_in(self, sentence: str) -> bool:
        return all(one.search(sentence) for one in self.says) and not any(one.search(sentence) for one in self.unless)


def changes_for(note: Note) -> tuple[Change, ...]:
    """Return what has changed since a note, in the order of the tables; the note itself stays as it is."""
    changes = dict.fromkeys(change for mention in note.services for change in _by_service().get(mention.service, ()))
    return tuple(change for change in changes if change.overtakes(note))


@cache
def all_changes() -> tuple[Change, ...]:
    """Return every change of the tables of the domain."""
    tables = (tomllib.loads(path.read_text("utf-8")) for path in sorted(_DATA.glob("*.toml")))
    return tuple(_change(name, row) for table in tables for name, row in table.items())


@cache
def _by_service() -> Mapping[str, tuple[Change, ...]]:
    found: dict[str, list[Change]] = defaultdict(list)
    for change in all_changes():
        for service in change.services:
            found[service].append(change)
    return {service: tuple(changes) for service, changes in found.items()}


def _change(name: str, row: Mapping[str, Any]) -> Change:
    fields = {key: value for key, value in row.items() if key not in ("services", "says", "unless")}
    return Change(
        id=name,
        services=tuple(row["services"]),
        says=tuple(map(re.compile, row["says"])),
        unless=tuple(map(re.compile, row.get("unless", ()))),
        **fields,
    )
