"""The library's kb.toml, written anew with something told by hand, and no comment of its author lost."""

from collections.abc import Mapping
from typing import Any

from kb.library.configuration import CONTROL, ENCODING
from kb.report.model import Correction, Given


def with_given(data: bytes, source: str, given: Given | None) -> bytes:
    """Return a kb.toml that tells this of a file and otherwise stays as it is; None forgets the file."""
    told = {"event": given.event, "date": given.held_on, "url": given.url} if given else {}
    named = {key: CONTROL.sub(" ", value).strip() for key, value in told.items() if value}
    return _with_table(data, "reports", source, {key: value for key, value in named.items() if value})


def with_correction(data: bytes, note: str, correction: Correction) -> bytes:
    """Return a kb.toml that corrects the services and kind of a note so and otherwise stays as it is."""
    told = {"add": list(correction.adds), "remove": list(correction.removes), "kind": correction.kind}
    return _with_table(data, "notes", note, {key: values for key, values in told.items() if values})


def _with_table(data: bytes, group: str, name: str, told: Mapping[str, Any]) -> bytes:
    import tomlkit

    document = tomlkit.parse(data.decode(ENCODING))
    tables: Any = document.setdefault(group, tomlkit.table(is_super_table=True))
    tables.pop(name, None)
    if told:
        table = tomlkit.table()
        table.update(told)
        tables[name] = table
    if not tables:
        document.pop(group)
    text = tomlkit.dumps(document).rstrip("\n")
    return f"{text}\n".encode() if text else b""
