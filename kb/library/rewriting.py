"""The library's kb.toml as a file: read, and written anew with one table changed and all its comments kept."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

from index.datafiles import CONTROL, place
from index.messages import os_message, translatable
from kb.library.configuration import Configuration, parse
from kb.library.tables import ENCODING, ConfigurationError, SavedSearch
from kb.report.model import Claim, Correction, MetadataOverride, TalkCorrection
from kb.report.problems import FileProblem

# A line that begins a table, and one that begins a saved search, as TOML lets them be written.
_TABLE = re.compile(r"[ \t]*\[")
_SEARCHES = re.compile(r"""[ \t]*\[\[[ \t]*["']?searches["']?[ \t]*\]\]""")


def read_configuration(path: Path) -> tuple[Configuration, str, tuple[FileProblem, ...]]:
    """Return what a kb.toml says, its SHA-256, and what is wrong with it: a file that cannot be used says nothing."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Configuration(), "", ()
    except OSError as error:
        message = translatable("cannot be opened ({0}); {1}", os_message(error), translatable("check its permissions"))
        return Configuration(), "", (FileProblem(path.name, None, message),)
    digest = hashlib.sha256(data).hexdigest()
    try:
        configuration = parse(data)
    except ConfigurationError as error:
        message = translatable("not used: {0}; mend it, the reports are indexed without it", error)
        return Configuration(), digest, (FileProblem(path.name, None, message),)
    return configuration, digest, tuple(_left_out(configuration, path.name))


def _left_out(configuration: Configuration, name: str) -> Iterator[FileProblem]:
    """Yield what is not used of a kb.toml: dates that no calendar has, with their lines, and tables of before."""
    if configuration.has_points:
        yield FileProblem(
            name, None, translatable("[points] means nothing any more, no notes are joined by hand; take it out")
        )
    lines = [(number, line.replace(" ", "")) for number, line in enumerate(configuration.text.split("\n"), start=1)]
    for source, key, date in configuration.no_dates:
        written = tuple(f"{key}={quote}{date}{quote}" for quote in ("'", '"'))
        line = next((one for one in lines if any(each in one[1] for each in written)), (None, ""))
        if line in lines:  # the next one that is written so stands further below
            lines.remove(line)
        message = translatable(
            "not used: {0} {1} {2!r} is no day there is; write 2018, 2018-03 or 2018-03-10",
            place("reports", source),
            key,
            date,
        )
        yield FileProblem(name, line[0], message)


def with_override(data: bytes, source: str, override: MetadataOverride | None) -> bytes:
    """Return a kb.toml with the metadata of a report, else as it is; None takes them out."""
    override = override or MetadataOverride()
    values = {"event": override.event, "date": override.held_on, "url": override.url, "published": override.published}
    texts: dict[str, Any] = {key: CONTROL.sub(" ", value or "").strip() or None for key, value in values.items()}
    return _with_table(data, "reports", source, texts | {"former": list(override.former) or None})


def with_overrides(overrides: Mapping[str, MetadataOverride | None]) -> Callable[[bytes, object], bytes]:
    """Return what writes the metadata of several reports into a kb.toml, in this order (`Library.configure`)."""
    return lambda data, _: reduce(lambda before, one: with_override(before, *one), overrides.items(), data)


def with_correction(data: bytes, note: str, correction: Correction) -> bytes:
    """Return a kb.toml with the correction of a note, else as it is."""
    values = {
        "add": list(correction.adds) or None,
        "remove": list(correction.removes) or None,
        "kind": correction.kind,
        **{claim: False if claim in correction.denied else None for claim in get_args(Claim)},
        "no_answer_to": list(correction.no_answer_to) or None,
    }
    return _with_table(data, "notes", note, values)


def with_talk(data: bytes, talk: str, correction: TalkCorrection) -> bytes:
    """Return a kb.toml with the correction of a talk, or of a line that may be one, else as it is."""
    names = [CONTROL.sub(" ", name).strip() for name in correction.speakers or ()]
    nobody = False if correction.speakers == () else None
    return _with_table(data, "talks", talk, {"talk": correction.talk, "speakers": names or None, "speaker": nobody})


def with_seen(data: bytes, feed: str, posts: Sequence[str]) -> bytes:
    """Return a kb.toml with the posts of a feed that were seen, else as it is."""
    import tomlkit

    seen = tomlkit.array().multiline(multiline=True)
    seen.extend(posts)
    return _with_table(data, "feeds", feed, {"seen": seen or None})


def with_search(data: bytes, search: SavedSearch, place: int | None = None) -> bytes:
    """Return a kb.toml with one more search, at a place among the others or last, else as it is."""
    import tomlkit

    text = data.decode(ENCODING)
    added = {"name": search.name, "address": search.address}
    every: Any = [*tomlkit.parse(text).get("searches", [])]
    every.insert(len(every) if place is None else place, added)
    block = "[[searches]]\n" + "".join(f"{key} = {tomlkit.item(value).as_string()}\n" for key, value in added.items())
    lines = text.splitlines(keepends=True)
    spans = _spans(lines)
    if place is not None and place < len(spans):
        lines.insert(spans[place][0], f"{block}\n")
    elif spans:
        lines.insert(spans[-1][1], f"\n{block}")
    else:
        lines = [f"{text.rstrip()}\n\n{block}".lstrip()]
    return _with_searches(text, "".join(lines), every)


def without_search(data: bytes, place: int) -> bytes:
    """Return a kb.toml without the search at a place, else as it is."""
    import tomlkit

    text = data.decode(ENCODING)
    every: Any = [*tomlkit.parse(text)["searches"]]
    del every[place]
    lines = text.splitlines(keepends=True)
    spans = _spans(lines)
    if place < len(spans):
        begin, end = spans[place]
        before = begin > 0 and not lines[begin - 1].strip()
        after = not before and end < len(lines) and not lines[end].strip()
        del lines[begin - before : end + after]
    return _with_searches(text, "".join(lines), every)


def _spans(lines: Sequence[str]) -> Sequence[tuple[int, int]]:
    """Return where the tables of searches begin and end in the lines of a kb.toml, comments below left out.

    tomlkit takes those for a part of the table above, and they would go with it.
    """
    headers = [number for number, line in enumerate(lines) if _TABLE.match(line)]
    spans = []
    for begin, end in pairwise((*headers, len(lines))):
        if _SEARCHES.match(lines[begin]):
            own = (number for number in range(begin, end) if lines[number].lstrip()[:1] not in ("", "#"))
            spans.append((begin, max(own) + 1))
    return spans


def _with_searches(text: str, changed: str, every: Sequence[Any]) -> bytes:
    """Return a kb.toml as it was changed, if it holds these searches then; else written anew as far as it has to be."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        if tomlkit.parse(changed).unwrap().get("searches", []) == every:
            return _ended(changed)
    except TOMLKitError:
        pass
    document = tomlkit.parse(text)  # they are one list, searches = [{…}, {…}], or a text has what looks like a table
    document.pop("searches", None)
    if every:
        document.append("searches", tomlkit.item(list(every)))
    return _ended(document.as_string())


def _with_table(data: bytes, group: str, name: str, values: Mapping[str, Any]) -> bytes:
    """Return a kb.toml whose table of a group has these values, None for no such key; others stay as written."""
    import tomlkit

    document = tomlkit.parse(data.decode(ENCODING))
    tables: Any = document.setdefault(group, tomlkit.table(is_super_table=True))
    table: Any = tables.setdefault(name, tomlkit.table())
    for key, value in values.items():
        if value is None:
            table.pop(key, None)
        elif str(table.get(key)) != str(value):  # a date may be written without quotes
            table[key] = value
    if not table:
        tables.pop(name)
    if not tables:
        document.pop(group)
    return _ended(document.as_string())


def _ended(text: str) -> bytes:
    """Return a text that ends with one line break, as bytes."""
    text = text.rstrip("\n")
    return f"{text}\n".encode() if text else b""
