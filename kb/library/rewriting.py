"""The library's kb.toml as a file: read, and written anew with something told by hand and all its comments."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kb.library.configuration import Configuration, parse
from kb.library.searches import SavedSearch
from kb.library.tables import CONTROL, ENCODING, ConfigurationError
from kb.report.model import Correction, Given, PointCorrection
from kb.report.problems import FileProblem

if TYPE_CHECKING:
    from tomlkit import TOMLDocument


_TABLE = re.compile(r"[ \t]*\[")
_SEARCHES = re.compile(r"""[ \t]*\[\[[ \t]*["']?searches["']?[ \t]*\]\]""")


def read_configuration(path: Path) -> tuple[Configuration, str, tuple[FileProblem, ...]]:
    """Return what a kb.toml says, its SHA-256, and what is wrong with it: then nothing is said."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Configuration(), "", ()
    except OSError as error:
        message = f"cannot be opened ({error.strerror}); check its permissions"
        return Configuration(), "", (FileProblem(path.name, None, message),)
    digest = hashlib.sha256(data).hexdigest()
    try:
        return parse(data), digest, ()
    except ConfigurationError as error:
        message = f"not used: {error}; mend it, the reports are indexed without it"
        return Configuration(), digest, (FileProblem(path.name, None, message),)


def with_given(data: bytes, source: str, given: Given | None) -> bytes:
    """Return a kb.toml that tells this of a file and otherwise stays as it is; None forgets the file."""
    given = given or Given()
    texts = {"event": given.event, "date": given.held_on, "url": given.url, "published": given.published}
    named: dict[str, Any] = {key: CONTROL.sub(" ", value or "").strip() or None for key, value in texts.items()}
    return _with_table(data, "reports", source, named | {"former": list(given.former) or None})


def with_correction(data: bytes, note: str, correction: Correction) -> bytes:
    """Return a kb.toml that corrects the services and kind of a note so and otherwise stays as it is."""
    adds, removes = list(correction.adds) or None, list(correction.removes) or None
    told = {"add": adds, "remove": removes, "kind": correction.kind}
    return _with_table(data, "notes", note, told)


def with_speakers(data: bytes, talk: str, speakers: Sequence[str] | None) -> bytes:
    """Return a kb.toml that tells who speaks in a talk and otherwise stays as it is; None forgets the talk."""
    names = None if speakers is None else [CONTROL.sub(" ", name).strip() for name in speakers]
    return _with_table(data, "talks", talk, {"speakers": names})


def with_points(data: bytes, points: Mapping[str, PointCorrection]) -> bytes:
    """Return a kb.toml that tells this of the points that notes stand in and otherwise stays as it is."""
    for note, told in points.items():
        data = _with_table(data, "points", note, {"same": list(told.same) or None, "apart": list(told.apart) or None})
    return data


def with_seen(data: bytes, feed: str, posts: Sequence[str]) -> bytes:
    """Return a kb.toml that tells which posts of a feed were seen and otherwise stays as it is."""
    import tomlkit

    seen = tomlkit.array().multiline(multiline=True)
    seen.extend(posts)
    return _with_table(data, "feeds", feed, {"seen": seen or None})


def with_search(data: bytes, search: SavedSearch, place: int | None = None) -> bytes:
    """Return a kb.toml that keeps a search, last or at a place, and otherwise stays as it is."""
    import tomlkit

    document = tomlkit.parse(data.decode(ENCODING))
    tables: Any = document.setdefault("searches", tomlkit.aot())
    is_list = not isinstance(tables, tomlkit.items.AoT)  # searches = [{…}, {…}]
    table: Any = tomlkit.inline_table() if is_list else tomlkit.table()
    table.update({"name": search.name, "address": search.address})
    if not is_list:
        table.add(tomlkit.nl())
    tables.insert(len(tables) if place is None else place, table)
    return _written(document)


def without_search(data: bytes, place: int) -> bytes:
    """Return a kb.toml without the search at a place, that otherwise stays as it is.

    Its lines are taken out: tomlkit takes the comments below a table for a part of it.
    """
    import tomlkit

    document = tomlkit.parse(data.decode(ENCODING))
    tables: Any = document["searches"]
    others = [table for number, table in enumerate(tables.unwrap()) if number != place]
    left = tomlkit.parse(_without_lines(data.decode(ENCODING), place))
    if left.unwrap().get("searches", []) != others:  # they are one list: searches = [{…}, {…}]
        del tables[place]
        left = document
    return _written(left)


def _without_lines(text: str, place: int) -> str:
    """Return a kb.toml without the lines of the search at a place, as far as it has tables of them."""
    lines = text.splitlines(keepends=True)
    headers = [number for number, line in enumerate(lines) if _TABLE.match(line)]
    own = [number for number in headers if _SEARCHES.match(lines[number])]
    if place >= len(own):
        return text
    begin = own[place]
    end = next((number for number in headers if number > begin), len(lines))
    while _is_between(lines[end - 1]):
        end -= 1
    if begin and not lines[begin - 1].strip() and not "".join(lines[end : end + 1]).strip():
        begin -= 1
    return "".join(lines[:begin] + lines[end:])


def _is_between(line: str) -> bool:
    """Tell whether a line of a TOML file is blank or a comment."""
    return line.lstrip()[:1] in ("", "#")


def _with_table(data: bytes, group: str, name: str, told: Mapping[str, Any]) -> bytes:
    """Return a kb.toml whose table of a group says this, None left out; what stays the same stays written as it is."""
    import tomlkit

    document = tomlkit.parse(data.decode(ENCODING))
    tables: Any = document.setdefault(group, tomlkit.table(is_super_table=True))
    table: Any = tables.setdefault(name, tomlkit.table())
    for key, value in told.items():
        if value is None:
            table.pop(key, None)
        elif str(table.get(key)) != str(value):  # a date may be written without quotes
            table[key] = value
    if not table:
        tables.pop(name)
    if not tables:
        document.pop(group)
    return _written(document)


def _written(document: "TOMLDocument") -> bytes:
    text = document.as_string().rstrip("\n")
    return f"{text}\n".encode() if text else b""
