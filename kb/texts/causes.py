"""What is wrong with a file, in Japanese: clause by clause, as the readers tell it in English (`causes.toml`)."""

import re
from functools import cache

from index import datafiles


def in_japanese(cause: str) -> str:
    """Return a cause that is told in English (`slides.pdf: a PDF; copy …`) in Japanese; as it is where it is not known.

    What stands before the cause, a file and a line, stays.
    """
    parts = cause.split(": ")
    for begin in range(len(parts)):
        told = [_clause(clause) for clause in ": ".join(parts[begin:]).split("; ")]
        if all(told):
            return ": ".join([*parts[:begin], "。".join(map(str, told)) + "。"])
    return cause


def _clause(clause: str) -> str | None:
    matches = ((known.fullmatch(clause), japanese) for known, japanese in _known())
    return next((match.expand(japanese) for match, japanese in matches if match), None)


@cache
def _known() -> tuple[tuple[re.Pattern[str], str], ...]:
    tables = datafiles.table("kb.texts", "causes.toml", dict[str, dict[str, str]]).values()
    return tuple((re.compile(clause), japanese) for table in tables for clause, japanese in table.items())
