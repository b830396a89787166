"""The kb.toml file: read, and rewritten with one table changed and all comments kept."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import reduce
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

from msgspec.structs import replace

from index.datafiles import one_line, place
from index.messages import message_of, translatable
from kb.library.configuration import Configuration, parse
from kb.library.tables import ENCODING, ConfigurationError, LessonTable, SavedSearch
from kb.readers.archives import MAX_REPORT_BYTES
from kb.readers.containers import TooLongError, file_bytes, unopened
from kb.report.model import Claim, Correction, CorrectionSet, MetadataOverride, TalkCorrection
from kb.report.names import Same
from kb.report.problems import FileProblem

# The header line of a table, and of a saved search, in any spelling that TOML allows.
_TABLE = re.compile(r"[ \t]*\[")
_SEARCHES = re.compile(r"""[ \t]*\[\[[ \t]*["']?searches["']?[ \t]*\]\]""")


def read_configuration(path: Path) -> tuple[Configuration, str, tuple[FileProblem, ...]]:
    """Return the configuration in a kb.toml, its SHA-256, and its problems; an invalid file counts as empty."""
    try:
        data = configuration_bytes(path)
    except ConfigurationError as error:
        return Configuration(), "", (FileProblem(path.name, None, message_of(error)),)
    if data is None:
        return Configuration(), "", ()
    digest = hashlib.sha256(data).hexdigest()
    try:
        configuration = parse(data)
    except ConfigurationError as error:
        message = translatable("not used: {0}; fix it, the reports are indexed without it", error)
        return Configuration(), digest, (FileProblem(path.name, None, message),)
    return configuration, digest, tuple(_unused(configuration, path.name))


def configuration_bytes(path: Path) -> bytes | None:
    """Return the bytes of a kb.toml, None if it is missing. Raises ConfigurationError if it cannot be read."""
    try:
        return file_bytes(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(unopened(path, error)) from error
    except TooLongError as error:
        megabytes = MAX_REPORT_BYTES >> 20
        raise ConfigurationError("longer than {0} MB; take out what no report needs", megabytes) from error


def _unused(configuration: Configuration, name: str) -> Iterator[FileProblem]:
    """Yield a problem for each unused part of a kb.toml: an invalid correction or date."""
    for table, key, error in configuration.invalid:
        message = translatable("not used: {0}; correct it, the rest of kb.toml holds", error)
        yield FileProblem(name, line_of(configuration.text, table, key), message)
    lines = [(number, line.replace(" ", "")) for number, line in enumerate(configuration.text.split("\n"), start=1)]
    for source, key, date in configuration.no_dates:
        written = tuple(f"{key}={quote}{date}{quote}" for quote in ("'", '"'))
        line = next((one for one in lines if any(text in one[1] for text in written)), (None, ""))
        if line in lines:  # an equal date further below has a line of its own
            lines.remove(line)
        message = translatable(
            "not used: {0} {1} {2!r} is not a date; write 2018, 2018-03 or 2018-03-10",
            place("reports", source),
            key,
            date,
        )
        yield FileProblem(name, line[0], message)


def line_of(text: str, *path: str) -> int | None:
    """Return the number of the line in a kb.toml on which a table begins, None if it is written another way."""
    *tables, key = path
    headers = {f"[{'.'.join((*tables, one))}]".replace(" ", "") for one in (key, f'"{key}"', f"'{key}'")}
    lines = enumerate(text.split("\n"), start=1)
    return next((number for number, line in lines if line.partition("]")[0].replace(" ", "") + "]" in headers), None)


def with_override(data: bytes, source: str, override: MetadataOverride | None) -> bytes:
    """Return a kb.toml with the metadata of a report; None removes it."""
    override = override or MetadataOverride()
    values = {"event": override.event, "date": override.held_on, "url": override.url, "published": override.published}
    texts: dict[str, Any] = {key: one_line(value) or None for key, value in values.items()}
    return _with_values(data, ("reports", source), texts | {"former": list(override.former) or None})


def with_moved(data: bytes, source: str, to: str, override: MetadataOverride) -> bytes:
    """Return a kb.toml with the metadata of a report under its new source; comments in its table stay."""
    import tomlkit

    name = "|".join(re.escape(one) for one in (f'"{source}"', f"'{source}'", source))
    header = re.compile(rf"^([ \t]*\[[ \t]*reports[ \t]*\.[ \t]*)(?:{name})(?=[ \t]*\])", re.MULTILINE)
    key = tomlkit.item(to).as_string()
    text, times = header.subn(lambda match: match[1] + key, data.decode(ENCODING))
    if times != 1:  # written another way
        text = with_override(data, source, None).decode()
    return with_override(text.encode(), to, override)


def with_overrides(overrides: Mapping[str, MetadataOverride | None]) -> Callable[[bytes, object], bytes]:
    """Return a change for `Folder.configure` that writes the metadata of several reports, in this order."""
    return lambda data, _: reduce(lambda before, one: with_override(before, *one), overrides.items(), data)


def with_corrections(data: bytes, before: Configuration, corrections: CorrectionSet) -> bytes:
    """Return a kb.toml with several corrections. What was learned from a kind that they take out is forgotten."""
    taught = [note for note, one in before.corrections.items() if one.of_kind][: before.lesson.corrections]
    lost = sum(note in corrections.notes and not corrections.notes[note].of_kind for note in taught)
    data = with_lesson(data, replace(before.lesson, corrections=before.lesson.corrections - lost)) if lost else data
    data = reduce(lambda known, one: with_correction(known, *one), corrections.notes.items(), data)
    return reduce(lambda known, one: with_talk(known, *one), corrections.talks.items(), data)


def with_correction(data: bytes, note: str, correction: Correction) -> bytes:
    """Return a kb.toml with the correction of a note."""
    values = {
        "add": list(correction.adds) or None,
        "remove": list(correction.removes) or None,
        "kind": correction.kind,
        **{claim: False if claim in correction.denied else None for claim in get_args(Claim)},
        "no_answer_to": list(correction.no_answer_to) or None,
    }
    return _with_values(data, ("notes", note), values)


def with_lesson(data: bytes, lesson: LessonTable) -> bytes:
    """Return a kb.toml with what is learned from corrections of kinds; no table if that is nothing."""
    values = {
        "corrections": lesson.corrections or None,
        "readings_until": lesson.readings_until or None,
        "strength": lesson.strength if lesson.learns else None,
    }
    return _with_values(data, ("lessons", "kinds"), values)


def with_talk(data: bytes, talk: str, correction: TalkCorrection) -> bytes:
    """Return a kb.toml with the correction of a talk, or of a line that may be a talk."""
    names = [one_line(name) for name in correction.speakers or ()]
    nobody = False if correction.speakers == () else None
    title = one_line(correction.title) or None
    values = {"talk": correction.talk, "title": title, "speakers": names or None, "speaker": nobody}
    return _with_values(data, ("talks", talk), values)


def with_shown(data: bytes, table: Same, name: str, shown: str | None) -> bytes:
    """Return a kb.toml in which an event's or a person's name is shown under another one; None: under itself."""
    return _with_values(data, (table,), {one_line(name): one_line(shown) or None})


def with_different(data: bytes, table: Same, name: str, others: Sequence[str]) -> bytes:
    """Return a kb.toml that lists these names as different events or people than a name."""
    names = [one_line(text) for text in (name, *others)]
    return _with_values(data, ("different", table), {names[0]: names[1:] or None})


def with_seen(data: bytes, feed: str, posts: Sequence[str]) -> bytes:
    """Return a kb.toml with the posts of a feed that were seen."""
    import tomlkit

    seen = tomlkit.array().multiline(multiline=True)
    seen.extend(posts)
    return _with_values(data, ("feeds", feed), {"seen": seen or None})


def with_search(data: bytes, search: SavedSearch, place: int | None = None) -> bytes:
    """Return a kb.toml with one more search, at a place in their order or last."""
    import tomlkit

    text = data.decode(ENCODING)
    added = {"name": search.name, "address": search.address}
    searches: Any = [*tomlkit.parse(text).get("searches", [])]
    searches.insert(len(searches) if place is None else place, added)
    block = "[[searches]]\n" + "".join(f"{key} = {tomlkit.item(value).as_string()}\n" for key, value in added.items())
    lines = text.splitlines(keepends=True)
    spans = _spans(lines)
    if place is not None and place < len(spans):
        lines.insert(spans[place][0], f"{block}\n")
    elif spans:
        lines.insert(spans[-1][1], f"\n{block}")
    else:
        lines = [f"{text.rstrip()}\n\n{block}".lstrip()]
    return _with_searches(text, "".join(lines), searches)


def without_search(data: bytes, place: int) -> bytes:
    """Return a kb.toml without the search at a place."""
    import tomlkit

    text = data.decode(ENCODING)
    searches: Any = [*tomlkit.parse(text)["searches"]]
    del searches[place]
    lines = text.splitlines(keepends=True)
    spans = _spans(lines)
    if place < len(spans):
        begin, end = spans[place]
        before = begin > 0 and not lines[begin - 1].strip()
        after = not before and end < len(lines) and not lines[end].strip()
        del lines[begin - before : end + after]
    return _with_searches(text, "".join(lines), searches)


def _spans(lines: Sequence[str]) -> Sequence[tuple[int, int]]:
    """Return the range of lines of each table of a search, without comments below it.

    tomlkit counts such comments as a part of the table, and would remove them with it.
    """
    headers = [number for number, line in enumerate(lines) if _TABLE.match(line)]
    spans = []
    for begin, end in pairwise((*headers, len(lines))):
        if _SEARCHES.match(lines[begin]):
            own = (number for number in range(begin, end) if lines[number].lstrip()[:1] not in ("", "#"))
            spans.append((begin, max(own) + 1))
    return spans


def _with_searches(text: str, changed: str, searches: Sequence[Any]) -> bytes:
    """Return the changed kb.toml if it has these searches; else replace its list of searches with them."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    with suppress(TOMLKitError):
        if tomlkit.parse(changed).unwrap().get("searches", []) == searches:
            return _ended(changed)
    document = tomlkit.parse(text)  # it has searches = [{…}, {…}], or a text that looks like a table
    document.pop("searches", None)
    if searches:
        document.append("searches", tomlkit.item(list(searches)))
    return _ended(document.as_string())


def _with_values(data: bytes, path: Sequence[str], values: Mapping[str, Any]) -> bytes:
    """Return a kb.toml with values in the table at a path; None removes a key, and an empty table goes.

    Other keys and comments stay as written.
    """
    import tomlkit

    document = tomlkit.parse(data.decode(ENCODING))
    tables: list[Any] = [document]
    for depth, name in enumerate(path, start=1):
        tables.append(tables[-1].setdefault(name, tomlkit.table(is_super_table=depth < len(path))))
    for key, value in values.items():
        if value is None:
            tables[-1].pop(key, None)
        elif str(tables[-1].get(key)) != str(value):  # a date may be written without quotes
            tables[-1][key] = value
    for parent, name, table in reversed([*zip(tables, path, tables[1:], strict=False)]):
        if not table and table.as_string().strip() in ("", "{}"):  # a comment stays
            parent.pop(name)
    return _ended(document.as_string())


def _ended(text: str) -> bytes:
    text = text.rstrip("\n")
    return f"{text}\n".encode() if text else b""
