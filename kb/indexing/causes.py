"""What made a report be understood otherwise than before: its file, a table of kb.toml, rule files, other reports."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from index.text import skeleton
from kb.library.configuration import Configuration
from kb.library.contents import Contents, ReportEntry
from kb.report.difference import Cause
from kb.report.identity import report_part
from kb.report.model import MetadataOverride

_MOST_RULES = 10  # files that are named; where more are others, it is another version of kb


class Causes:
    """What decides how reports are understood, before and now: the causes of all that differs."""

    def __init__(self, before: Contents, after: Contents, names: Callable[[str, str], str | None]) -> None:
        """`names` gives the texts of a report as names are looked for in them, by its source and digest."""
        self._before, self._after, self._names = before, after, names
        self._old, self._new = before.parsed_configuration, after.parsed_configuration
        self._rules = tuple(_rules(before, after))
        learned = str(sum(after.learned.values()) or "")
        self._learned = (Cause("learned", learned),) if before.lesson != after.lesson else ()
        self._tables = _tables(self._old, self._new)

    def of(self, before: ReportEntry | None, after: ReportEntry | None) -> tuple[Cause, ...]:
        """Return why a report came, went or is otherwise; where nothing of its own did it, other reports did."""
        entry = after or before
        if entry is None:
            return ()
        tables = (Cause("told", table) for table in self._tables_of(entry, before, after))
        found = (*self._of_file(entry, before, after), *tables, *self._rules, *self._learned)
        return tuple(dict.fromkeys(found)) or (Cause("others"),)

    def _of_file(self, entry: ReportEntry, before: ReportEntry | None, after: ReportEntry | None) -> Iterator[Cause]:
        old, new = self._before.files.get(entry.source), self._after.files.get(entry.source)
        if before and after and before.vectors != after.vectors and old == new:
            yield Cause("vectors")
        if new is None:
            yield Cause("removed", entry.source)
        elif old is None:
            yield Cause("moved" if before and after else "added", entry.source)
        elif old != new:
            yield Cause("edited", entry.source)

    def _tables_of(self, entry: ReportEntry, before: ReportEntry | None, after: ReportEntry | None) -> Iterator[str]:
        """Yield the tables of kb.toml that differ and are about a report, its notes, its talks or what it names."""
        old, new, source = self._old, self._new, entry.source
        if old.overrides.get(source, MetadataOverride()) != new.overrides.get(source, MetadataOverride()):
            yield f'[reports."{source}"]'
        if old.ignore != new.ignore and not (before and after):
            yield "ignore"
        ids = {*(self._before.ids_of(before.id) if before else ()), *(self._after.ids_of(after.id) if after else ())}
        for note in dict.fromkeys((*old.corrections, *new.corrections)):
            if old.corrections.get(note) != new.corrections.get(note) and report_part(note) in ids:
                yield f'[notes."{note}"]'
        yield from (f'[talks."{talk}"]' for talk in entry.asked if old.talks.get(talk) != new.talks.get(talk))
        if before and after and self._tables:
            texts, tables = self._names(source, entry.digest), self._tables.items()
            named = [table for table, names in tables if texts and any(skeleton(name) in texts for name in names)]
            yield from named or self._tables  # where it is not known which it names, any may be why


def _tables(old: Configuration, new: Configuration) -> Mapping[str, tuple[str, ...]]:
    """Return the tables and keys of the domain that differ between two kb.toml, each with the names it is about."""
    before, after = tomllib.loads(old.text), tomllib.loads(new.text)
    tables: dict[str, tuple[str, ...]] = {}
    for group in ("domain", "categories", "services", "words"):
        was, now = before.get(group, {}), after.get(group, {})
        if not (isinstance(was, dict) and isinstance(now, dict)):
            tables |= {group: ()} if was != now else {}
            continue
        for name in dict.fromkeys((*was, *now)):
            if was.get(name) != now.get(name):
                table, about = _table(group, name, was.get(name), now.get(name))
                tables[table] = about
    return tables


def _table(group: str, name: str, was: Any, now: Any) -> tuple[str, tuple[str, ...]]:  # noqa: ANN401  # what TOML holds
    """Return what a table, or an entry of one, is called, and the names that it is about."""
    if group != "services":
        return f'[{group}] "{name}"', (name, *_names((was, now)))
    before, after = was or {}, now or {}
    keys = [key for key in dict.fromkeys((*before, *after)) if before.get(key) != after.get(key)]
    shown = f" {', '.join(keys)}" if before and after else ""
    return f"[services.{name}]{shown}", tuple(_names([table.get(key) for key in keys for table in (before, after)]))


def _names(held: object) -> Iterator[str]:
    """Yield each text that a value of TOML holds."""
    if isinstance(held, str):
        yield held
    elif isinstance(held, list | tuple):
        for one in held:
            yield from _names(one)


def _rules(before: Contents, after: Contents) -> Iterator[Cause]:
    """Yield the files of code and data that are others than those the index was made by."""
    if before.code == after.code:
        return
    every = dict.fromkeys((*before.rules, *after.rules))
    changed = [name for name in every if before.rules.get(name) != after.rules.get(name)]
    if len(changed) in range(1, _MOST_RULES + 1):
        yield from (Cause("rules", name) for name in changed)
    else:
        yield Cause("rules")
