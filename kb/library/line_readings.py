"""Readings by assistants as files: in `readings/` beside kb.toml, one for each report, a line for each line read.

Each line is a JSON object (`LineReading`), so that people can read, merge and delete it.
"""

from collections.abc import Iterator, Mapping

import msgspec

from index.messages import Message, translatable
from kb.report.model import LineReading
from kb.report.problems import FileProblem
from kb.storage.walk import readings_path

_decoder = msgspec.json.Decoder(LineReading)


def readings_in(data: bytes) -> dict[str, LineReading]:
    """Return the readings in a file by the keys of their lines, without invalid lines; the last of a line counts."""
    return {one.of: one for _, _, one in _decoded(data) if isinstance(one, LineReading)}


def kind_readings(data: bytes) -> list[LineReading]:
    """Return the readings in a file that say the kind of a note, from which the kinds of others may be learned."""
    return [one for one in readings_in(data).values() if one.kind and not one.undone]


def problems_in(data: bytes, source: str) -> Iterator[FileProblem]:
    """Yield a problem for each invalid line."""
    for number, _, one in _decoded(data):
        if isinstance(one, Message):
            yield FileProblem(readings_path(source), number, one)


def with_readings(data: bytes, changed: Mapping[str, LineReading | None]) -> bytes:
    """Return a file with some readings replaced or added, and those that are None taken out.

    Invalid lines stay as they are.
    """
    lines = dict[object, bytes]()
    for number, line, one in _decoded(data):
        lines[one.of if isinstance(one, LineReading) else number] = line
    for of, reading in changed.items():
        if reading is None:
            lines.pop(of, None)
        else:
            lines[of] = msgspec.json.encode(reading)
    return b"".join(line + b"\n" for line in lines.values())


def _decoded(data: bytes) -> Iterator[tuple[int, bytes, LineReading | Message]]:
    """Yield the number and the bytes of each line that is not empty, with its reading or why it has none."""
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip():
            try:
                yield number, line, _decoder.decode(line)
            # Not only MsgspecError: bytes may be no UTF-8, and a value may be nested too deep.
            except (msgspec.MsgspecError, ValueError, RecursionError) as error:
                yield number, line, translatable("not used: {0}; correct or delete the line", str(error))
