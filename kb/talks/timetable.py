"""The tables of a report: which titles stand in them, and who speaks beside one."""

import re
from collections.abc import Iterable, Mapping

from index.text import letters
from kb.report.outline import Block
from kb.talks.names import names_in
from kb.talks.words import any_of

_LABEL = re.compile(rf"(?:{any_of('speakers')})", re.IGNORECASE)
_CELL_END = re.compile(r" \| |\t+")
_SHORTEST = 6  # letters by which a title is known again


def titles_in(blocks: Iterable[Block]) -> tuple[str, ...]:
    """Return the letters of all cells of tables that may hold a title."""
    cells = (letters(cell) for block in blocks if block.type == "table" for row in _rows(block) for cell in row)
    return tuple(cell for cell in cells if len(cell) >= _SHORTEST)


def is_one_of(title: str, told: Iterable[str]) -> bool:
    """Tell whether a title is among those `told`, where either may say a little more than the other."""
    return _known(title, told) is not None


def speakers_beside(title: str, timetable: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return who speaks about `title` as a timetable tells, where either may say a little more than the other."""
    told = _known(title, timetable)
    return timetable[told] if told else ()


def speakers_by_title(blocks: Iterable[Block]) -> dict[str, tuple[str, ...]]:
    """Return who speaks as the timetables of a report tell, by the letters of the title beside them."""
    told: dict[str, tuple[str, ...]] = {}
    for table in (block for block in blocks if block.type == "table"):
        header, *rows = _rows(table)
        column = next((at for at, cell in enumerate(header) if _LABEL.fullmatch(cell.strip())), None)
        for row in rows:
            if column is not None and column < len(row) == len(header):
                title = max((letters(cell) for at, cell in enumerate(row) if at != column), key=len, default="")
                told[title] = names_in(row[column])
    return {title: names for title, names in told.items() if len(title) >= _SHORTEST and names}


def speakers_in(block: Block) -> tuple[str, ...]:
    """Return the names in the column of a table, or beside the cell, that says who speaks."""
    rows = _rows(block) if block.type == "table" else []
    for number, row in enumerate(rows[:-1] if len(rows) > 1 else []):
        for column, cell in enumerate(row):
            if _LABEL.fullmatch(cell.strip()) and column < len(rows[number + 1]):
                return names_in(rows[number + 1][column])
    return ()


def _known(title: str, told: Iterable[str]) -> str | None:
    own = letters(title)
    return next((one for one in told if one in own or own in one), None) if len(own) >= _SHORTEST else None


def _rows(table: Block) -> list[list[str]]:
    """Return the cells of a table by row; those of extracted text are parted by tabs."""
    return [_CELL_END.split(row) for row in table.text.split("\n")]
