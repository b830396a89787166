"""Measures which notes are shown as one point, against pairs that a careful reader judged.

They are the strongest candidates among private reports, by their ids alone (points.tsv), judged before it was looked at
what is shown: `tests/fitting/points.py ../shared`. Vectors of 24,000 notes take a while the first time.
"""

import csv
import sys
import tempfile
from collections import Counter
from pathlib import Path

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.points import Points, points_of
from kb.report.model import Note
from kb.search.gisting import Gists

JUDGED = Path(__file__).with_suffix(".tsv")
INDEX = Path(tempfile.gettempdir()) / "kb-points-index"
_GROUND = 2000  # notes whose mean is taken from the vectors


def main(folder: Path, index: Path = INDEX) -> None:
    """Print how many pairs of each judgement are shown as one point, offered to a person, and neither."""
    knowledge_base = KnowledgeBase.open(folder / "notes", index)
    knowledge_base.keeper.sync()
    knowledge_base.keeper.embed()
    with JUDGED.open(encoding="utf-8") as rows:
        judged = {(row["one"], row["other"]): row["judged"] for row in csv.DictReader(rows, delimiter="\t")}
    for by_meaning in (True, False):
        counts = Counter(_pairs(knowledge_base, judged, by_meaning=by_meaning))
        lines = [
            ", ".join((shown, *(f"{one} {counts[shown, one]}" for one in ("same", "related", "other"))))
            for shown in ("point", "offered", "neither")
        ]
        sys.stdout.write("\n".join(["by meaning" if by_meaning else "by words alone", *lines, ""]))


def _pairs(
    knowledge_base: KnowledgeBase, judged: dict[tuple[str, str], str], *, by_meaning: bool
) -> list[tuple[str, str]]:
    """Return what becomes of each pair, with how it was judged."""
    snapshot = knowledge_base.collection.snapshot()
    assert snapshot is not None
    ids = sorted({note for pair in judged for note in pair})
    notes = {id_: knowledge_base.browser.note(id_) for id_ in ids}
    ground = [hit.id for hit in snapshot.reader.search(Query(sort="new", limit=_GROUND)).hits]
    cosines = snapshot.reader.likeness(ids, [*ids, *ground]) if by_meaning else ()
    place = {id_: number for number, id_ in enumerate(ids)}

    def cosine(one: Note, other: Note) -> float | None:
        return cosines[place[one.id]][place[other.id]] if cosines else None

    gists = Gists(knowledge_base.collection.tools)

    def become(one: str, other: str) -> Points:
        return points_of((notes[one], notes[other]), gists.of, cosine)

    return [(_told(become(*pair)), judgement) for pair, judgement in judged.items()]


def _told(points: Points) -> str:
    return "point" if len(points.points) == 1 else "offered" if points.candidates else "neither"


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
