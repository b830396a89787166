"""Fits what tells notes that say the same, and measures which are shown as one point.

It reads pairs that careful readers judged (points.tsv, by their ids alone): the strongest candidates of private
reports, and of the bundled ones with a second taker beside them. Folders of planted reports may stand behind:
`tests/fitting/points.py ../shared FOLDER…`. They hold `reports/` and `cases.json`, in which notes, by file and text,
say the same (`same`, `takers`), contradict each other (`contradiction`), or neither (`two services`, `related`). With
them the weights are fitted anew, cases left out in turn. Vectors of 24,000 notes take a while the first time.
"""

import csv
import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import TypeAlias

from regression import fitted, written

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.points import points_of
from kb.points.comparing import SURE, Compared, comparable, differ, evidence, likely, needed, weights
from kb.report.model import Note
from kb.search.answers import UnknownIdError
from kb.search.gisting import Gists

JUDGED = Path(__file__).with_suffix(".tsv")
ROOT = Path(__file__).parents[2]
WEIGHTS = ROOT / "kb/points/point_weights.toml"
INDEX = Path(tempfile.gettempdir()) / "kb-points-index"
_GROUND = 2000  # notes whose mean is taken from the vectors
_SHARES = {"planted": 1.0, "samples": 3.0, "private": 8.0}  # what a pair counts: of the real ones few say the same
_FOLDS = 5
_TELLING = ("advice", "problem", "statement")
_SAME = ("same", "takers")

Pair: TypeAlias = frozenset[str]


@dataclass(frozen=True)
class Example:
    """Two notes that may say the same: what speaks for it, whether they do, and in which fold they are left out."""

    source: str
    told: Mapping[str, float]
    same: bool
    fold: int


def main(shared: Path, *planted: Path) -> None:
    """Print what becomes of judged pairs and of planted cases; fit anew where there are planted ones."""
    with JUDGED.open(encoding="utf-8") as rows:
        judged = {frozenset((row["one"], row["other"])): row["judged"] for row in csv.DictReader(rows, delimiter="\t")}
    private = _opened(shared / "notes", INDEX)
    if planted:
        _fit([*_real(private, shared, judged), *(example for folder in planted for example in _planted(folder))])
    for folder in planted:
        _tell_cases(folder)
    for by_meaning in (True, False):
        counts = Counter(_become(private, judged, by_meaning=by_meaning))
        lines = [
            ", ".join((shown, *(f"{one} {counts[shown, one]}" for one in ("same", "related", "other"))))
            for shown in ("point", "offered", "neither")
        ]
        sys.stdout.write("\n".join(["by meaning" if by_meaning else "by words alone", *lines, ""]))


def _opened(library: Path, index: Path) -> KnowledgeBase:
    knowledge_base = KnowledgeBase.open(library, index)
    knowledge_base.keeper.sync()
    knowledge_base.keeper.embed()
    return knowledge_base


def _notes(knowledge_base: KnowledgeBase, source: str) -> Sequence[Note]:
    """Return all notes of a library that tell something; of the private one, which is large, those of its guides."""
    if source == "private":
        guides = map(knowledge_base.guides.of, knowledge_base.collection.catalogue.services)
        return list({note.id: note for guide in guides for point in guide.points for note in point.notes}.values())
    return [note for note in _all(knowledge_base) if note.kind in _TELLING]


def _all(knowledge_base: KnowledgeBase) -> Sequence[Note]:
    snapshot = knowledge_base.collection.snapshot()
    assert snapshot is not None
    return [snapshot.note(hit.stored) for hit in snapshot.reader.search(Query(limit=100_000)).hits]


# ---- what is learned from


def _real(private: KnowledgeBase, shared: Path, judged: Mapping[Pair, str]) -> Iterator[Example]:
    same = {pair for pair, judgement in judged.items() if judgement == "same"}
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "library"
        shutil.copytree(ROOT / "data/samples", library)
        for seed in (shared / "seeds").iterdir():
            shutil.copy(seed, library)
        samples = _opened(library, Path(folder) / "index")
        for source, knowledge_base in (("samples", samples), ("private", private)):
            yield from _examples(source, knowledge_base, {pair: _fold(pair) for pair in same})


def _planted(folder: Path) -> Iterator[Example]:
    knowledge_base, cases = _opened_cases(folder)
    same = {
        frozenset(pair): number % _FOLDS
        for kind in _SAME
        for number, case in enumerate(cases[kind])
        for pair in combinations(case, 2)
    }
    aside = {frozenset(case) for case in cases["contradiction"]}
    yield from _examples("planted", knowledge_base, same, aside)


def _examples(
    source: str, knowledge_base: KnowledgeBase, same: Mapping[Pair, int], aside: Collection[Pair] = ()
) -> Iterator[Example]:
    """Yield the pairs of notes that are weighed."""
    gists = Gists(knowledge_base.collection.tools)
    notes = [note for note in _notes(knowledge_base, source) if gists.of(note).says_something]
    compared = [Compared.of(note, gists.of(note)) for note in notes]
    rows = _cosines(knowledge_base, [note.id for note in notes])
    for (at, one), (to, other) in combinations(enumerate(compared), 2):
        pair = frozenset((one.note.id, other.note.id))
        if pair in aside or one.letters == other.letters or not comparable(one, other):
            continue
        if differ(one, other) or needed(one, other) >= 1:
            continue
        told = evidence(one, other, rows[at][to])
        if told["shared"]:
            yield Example(source, told, pair in same, same.get(pair, _fold(pair)))


def _fold(pair: Pair) -> int:
    return sum(map(ord, "".join(sorted(pair)))) % _FOLDS


def _cosines(knowledge_base: KnowledgeBase, ids: Sequence[str]) -> Sequence[Sequence[float]]:
    snapshot = knowledge_base.collection.snapshot()
    assert snapshot is not None
    ground = [hit.id for hit in snapshot.reader.search(Query(sort="new", limit=_GROUND)).hits]
    return snapshot.reader.likeness(ids, [*ids, *ground])


def _fit(examples: Sequence[Example]) -> None:
    """Write the weights of all examples, with how right those of the others were on each fold."""
    figures: dict[str, dict[str, float]] = {}
    learned: dict[str, Mapping[str, float]] = {}
    for name in ("by_meaning", "by_words"):
        used = [_told(example, by_meaning=name == "by_meaning") for example in examples]
        learned[name] = _weights(examples, used)
        shown: Counter[tuple[str, bool]] = Counter()
        for fold in range(_FOLDS):
            others = [at for at, example in enumerate(examples) if example.fold != fold]
            known = _weights([examples[at] for at in others], [used[at] for at in others])
            for example, told in zip(examples, used, strict=True):
                if example.fold == fold and likely(told, known) >= SURE:
                    shown[example.source, example.same] += 1
        figures[name] = {
            f"{source}, {what}": float(count)
            for source in _SHARES
            for what, count in (
                ("say the same", sum(one.same for one in examples if one.source == source)),
                ("shown", shown[source, True] + shown[source, False]),
                ("shown and right", shown[source, True]),
            )
        }
    what = "Pairs of notes, cases left out in turn"
    text = written(what, datetime.now(UTC).date(), figures, learned)
    weights.cache_clear()
    WEIGHTS.write_text(text.replace("make fit", "tests/fitting/points.py"), "utf-8")


def _told(example: Example, *, by_meaning: bool) -> dict[str, float]:
    return {name: value for name, value in example.told.items() if by_meaning or name != "cosine"}


def _weights(examples: Sequence[Example], used: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return fitted(used, [one.same for one in examples], [_SHARES[one.source] for one in examples])


# ---- what is shown


def _opened_cases(folder: Path) -> tuple[KnowledgeBase, Mapping[str, Sequence[Sequence[str]]]]:
    """Return a planted library and its cases, as the ids of their notes."""
    knowledge_base = _opened(folder / "reports", folder.parent / f"{folder.name}-index")
    ids = {(Path(note.source).name, note.text): note.id for note in _all(knowledge_base)}
    cases = json.loads((folder / "cases.json").read_text("utf-8"))
    return knowledge_base, {
        kind: [[ids[note["report"], note["text"]] for note in case] for case in some] for kind, some in cases.items()
    }


def _tell_cases(folder: Path) -> None:
    """Print of how many cases all is as it should be in the guides, and how many pairs are joined."""
    knowledge_base, cases = _opened_cases(folder)
    guides = [knowledge_base.guides.of(service) for service in knowledge_base.collection.catalogue.services]
    points = [{note.id for note in point.notes} for guide in guides for point in guide.points]
    joined = {frozenset(pair) for point in points for pair in combinations(sorted(point), 2)}
    against = {frozenset(note.id for note in one.notes) for guide in guides for one in guide.contradictions}
    for kind, some in cases.items():
        pairs = [[frozenset(pair) for pair in combinations(case, 2)] for case in some]
        wanted = joined if kind in _SAME else against
        right = sum(
            all(pair in wanted for pair in case) if kind in (*_SAME, "contradiction") else joined.isdisjoint(case)
            for case in pairs
        )
        together = sum(pair in joined for case in pairs for pair in case)
        sys.stdout.write(f"{kind}: {right} of {len(some)} right; {together} pairs are one point\n")
    told = {frozenset(pair) for kind in _SAME for case in cases[kind] for pair in combinations(case, 2)}
    sys.stdout.write(f"{len(joined - told)} of {len(joined)} pairs that are one point were not planted so\n")


def _become(
    knowledge_base: KnowledgeBase, judged: Mapping[Pair, str], *, by_meaning: bool
) -> Iterator[tuple[str, str]]:
    """Yield what becomes of each judged pair, with how it was judged."""
    snapshot = knowledge_base.collection.snapshot()
    assert snapshot is not None
    notes = {id_: note for pair in judged for id_ in pair if (note := _note(knowledge_base, id_))}
    rows = _cosines(knowledge_base, ids := sorted(notes))
    place = {id_: number for number, id_ in enumerate(ids)}
    gists = Gists(knowledge_base.collection.tools)

    def cosine(one: Note, other: Note) -> float | None:
        return rows[place[one.id]][place[other.id]] if by_meaning else None

    for pair, judgement in judged.items():
        if pair <= notes.keys():
            points = points_of((notes[id_] for id_ in pair), gists.of, cosine)
            yield "point" if len(points.points) == 1 else "offered" if points.candidates else "neither", judgement


def _note(knowledge_base: KnowledgeBase, id_: str) -> Note | None:
    try:
        return knowledge_base.browser.note(id_)
    except UnknownIdError:
        return None  # of another library


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
