"""Fits what tells notes that say the same, or contradict each other, and measures which are shown as one point.

It reads pairs that careful readers judged (points.tsv, by their ids alone): the strongest candidates of private
reports, and of the bundled ones with a second taker beside them. Folders of planted reports may stand behind:
`tests/fitting/points.py ../shared FOLDER…`. They hold `reports/` and `cases.json`, in which notes, by file and text,
say the same (`same`, `takers`), contradict each other (`contradiction`), or neither (`two services`, `related`). With
them the weights are fitted anew, after it was told of each folder how its guides come out by the weights of all else.
Vectors of 24,000 notes take a while the first time.
"""

import csv
import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import TypeAlias

from regression import fitted, written

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.points import points_of
from kb.points.comparing import (
    Compared,
    Outcome,
    comparable,
    contradict,
    differ,
    evidence,
    likely,
    of_one_thing,
    say_the_same,
    weights,
)
from kb.report.model import Note
from kb.search.answers import UnknownIdError
from kb.search.gathering import on_service
from kb.search.gisting import Gists

JUDGED = Path(__file__).with_suffix(".tsv")
ROOT = Path(__file__).parents[2]
WEIGHTS = ROOT / "kb/points/point_weights.toml"
INDEX = Path(tempfile.gettempdir()) / "kb-points-index"
_SHARES = {"planted": 1.0, "samples": 3.0, "private": 1.0}  # what a pair counts
_FOLDS = 5
# What of the evidence is weighed. Of sameness no `share`: it would speak against short notes of the same words.
_WEIGHED: Mapping[Outcome, Sequence[str]] = {
    "same": (
        *("shared", "meet", "service", "talk", "elsewhere", "cosine", "claim", "alike"),
        *("figures", "denied", "contrary"),
    ),
    "contradicts": (
        *("shared", "share", "cosine", "figures", "denied", "contrary"),
        *("against", "shared against", "cosine against"),
    ),
}
_OF_MEANING = ("cosine", "cosine against")
_SAME = ("same", "takers")

Pair: TypeAlias = frozenset[str]


@dataclass(frozen=True)
class Example:
    """Two notes: what is told of them, how they stand to each other, and with what they are left out."""

    source: str
    told: Mapping[str, float]
    stand: Outcome | None
    fold: str


def main(shared: Path, *planted: Path) -> None:
    """Print what becomes of judged pairs and of planted cases; fit anew where there are planted ones."""
    with JUDGED.open(encoding="utf-8") as rows:
        judged = {frozenset((row["one"], row["other"])): row["judged"] for row in csv.DictReader(rows, delimiter="\t")}
    private = _opened(shared / "notes", INDEX)
    if planted:
        examples = [*_real(private, shared, judged), *(example for folder in planted for example in _planted(folder))]
        for folder in planted:
            _write([example for example in examples if example.fold != folder.name], {})
            _tell_cases(folder)
        _write(examples, _left_out_in_turn(examples))
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
    """Return the notes of a library that are compared; of the private one, which is large, those of its guides."""
    snapshot = knowledge_base.collection.snapshot()
    assert snapshot is not None
    if source == "private":
        services = knowledge_base.collection.catalogue.services
        return list({note.id: note for one in services for note in on_service(one, snapshot).notes}.values())
    return [note for note in _all(knowledge_base) if note.kind != "label"]


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
            yield from _examples(source, knowledge_base, dict.fromkeys(same, "same"))


def _planted(folder: Path) -> Iterator[Example]:
    knowledge_base, cases = _opened_cases(folder)
    stand: dict[Pair, Outcome] = {
        frozenset(pair): "contradicts" if kind == "contradiction" else "same"
        for kind in (*_SAME, "contradiction")
        for case in cases[kind]
        for pair in combinations(case, 2)
    }
    yield from _examples("planted", knowledge_base, stand, folder.name)


def _examples(
    source: str, knowledge_base: KnowledgeBase, stand: Mapping[Pair, Outcome], fold: str | None = None
) -> Iterator[Example]:
    """Yield the pairs of notes that are weighed."""
    gists = Gists(knowledge_base.collection.tools)
    notes = [note for note in _notes(knowledge_base, source) if gists.of(note).says_something]
    compared = [Compared.of(note, gists.of(note)) for note in notes]
    rows = _cosines(knowledge_base, [note.id for note in notes])
    for (at, one), (to, other) in combinations(enumerate(compared), 2):
        pair = frozenset((one.note.id, other.note.id))
        if one.letters == other.letters or not comparable(one, other) or not of_one_thing(one, other):
            continue
        told = evidence(one, other, rows[at][to])
        if told["shared"] and not differ(one, other):
            yield Example(source, told, stand.get(pair), fold or f"{source} {_fold(pair)}")


def _fold(pair: Pair) -> int:
    return sum(map(ord, "".join(sorted(pair)))) % _FOLDS


def _cosines(knowledge_base: KnowledgeBase, ids: Sequence[str]) -> Sequence[Sequence[float]]:
    snapshot = knowledge_base.collection.snapshot()
    assert snapshot is not None
    return snapshot.reader.likeness(ids, ids, "place")


def _write(examples: Sequence[Example], figures: Mapping[str, Mapping[str, float]]) -> None:
    """Write the weights of examples."""
    text = written("Pairs of notes, what is left out told by all else", datetime.now(UTC).date(), figures, {})
    for what, tables in _weights(examples).items():
        for name, table in tables.items():
            lines = (f'"{key}" = {value}' for key, value in table.items())
            text += "\n".join(["", f"[{what}.{name}]", *lines, ""])
    WEIGHTS.write_text(text.replace("make fit", "tests/fitting/points.py"), "utf-8")
    weights.cache_clear()


def _weights(examples: Sequence[Example]) -> Mapping[Outcome, Mapping[str, Mapping[str, float]]]:
    """Return the weights of each outcome, where there are vectors and by words alone.

    Only of what was planted is it known what contradicts what.
    """
    of_each = {"same": examples, "contradicts": [one for one in examples if one.source == "planted"]}
    return {
        what: {
            name: fitted(
                [
                    {key: one.told[key] for key in names if by_meaning or key not in _OF_MEANING}
                    for one in of_each[what]
                ],
                [one.stand == what for one in of_each[what]],
                [_SHARES[one.source] for one in of_each[what]],
            )
            for name, by_meaning in (("by_meaning", True), ("by_words", False))
        }
        for what, names in _WEIGHED.items()
    }


def _left_out_in_turn(examples: Sequence[Example]) -> Mapping[str, Mapping[str, float]]:
    """Return how many pairs are shown, and how many of them rightly, of each fold by the weights of all others."""
    shown: dict[str, Counter[tuple[str, str, bool]]] = {"by_meaning": Counter(), "by_words": Counter()}
    for fold in {one.fold for one in examples}:
        known = _weights([one for one in examples if one.fold != fold])
        for one in examples:
            for name, counts in shown.items() if one.fold == fold else ():
                same, contrary = (likely(what, one.told, known[what][name]) for what in _WEIGHED)
                if contradict(one.told, same, contrary):
                    counts[one.source, "contradicts", one.stand == "contradicts"] += 1
                elif say_the_same(one.told, same):
                    counts[one.source, "same", one.stand == "same"] += 1
    return {name: dict(_told(examples, counts)) for name, counts in shown.items()}


def _told(examples: Sequence[Example], shown: Mapping[tuple[str, str, bool], int]) -> Iterator[tuple[str, float]]:
    for source in _SHARES:
        for verb, what in (("say the same", "same"), ("contradict", "contradicts")):
            right, wrong = (shown[source, what, held] for held in (True, False))
            every = sum(one.source == source and one.stand == what for one in examples)
            yield f"{source}, {verb}", float(every)
            yield f"{source}, {verb}, shown", float(right + wrong)
            yield f"{source}, {verb}, shown and right", float(right)


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
