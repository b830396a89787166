"""Fits what tells notes that say the same, or contradict each other, and measures which are shown as one point.

It reads planted reports (`planting.py`), the bundled ones with a second taker beside them, and pairs of private reports
that careful readers judged (points.tsv, by their ids alone), where these are. Of each planted library it tells how its
guides come out: of those learned from by the weights of all else, of those kept apart, and of folders of other planted
reports behind the first argument, by those that are written at last. Vectors take a while the first time.

`tests/fitting/points.py ../shared [--told] [FOLDER…]`; with `--told` nothing is fitted.
"""

import csv
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from math import fsum
from pathlib import Path
from typing import TypeAlias

from planting import PLANTED, SAME, every_note, opened, opened_cases, outcomes, write_library
from regression import fitted, written

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
from kb.points.lore import stances
from kb.report.model import Note
from kb.search.answers import UnknownIdError
from kb.search.gathering import on_service
from kb.search.gisting import Gists

JUDGED = Path(__file__).with_suffix(".tsv")
ROOT = Path(__file__).parents[2]
WEIGHTS = ROOT / "kb/points/point_weights.toml"
INDEXES = Path(tempfile.gettempdir()) / "kb-points"
_SHARES = {"tables": 1.0, "libraries": 3.0, "samples": 3.0, "private": 1.0}  # what a pair counts
_CONTRARY = 0.25  # of a table, where a note contradicts four: so much counts each where it is learned what is the same
_RIDGE, _RIDGE_OF_STANCES = 1.0, 30.0
_FOLDS = 5
_BY = {"meaning": True, "words": False}

Pair: TypeAlias = frozenset[str]
Weights: TypeAlias = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Example:
    """Two notes: what is told of them, their stances, how they stand to each other, and what they are left out with."""

    source: str
    told: Mapping[str, float]
    stances: frozenset[str]
    stand: Outcome | None
    fold: str


def main(shared: Path, *others: str) -> None:
    """Print what becomes of planted cases and of judged pairs; fit the weights anew before."""
    with JUDGED.open(encoding="utf-8") as rows:
        judged = {frozenset((row["one"], row["other"])): row["judged"] for row in csv.DictReader(rows, delimiter="\t")}
    private = opened(shared / "notes", INDEXES / "private") if (shared / "notes").is_dir() else None
    libraries = sorted((PLANTED / "libraries").iterdir())
    if "--told" not in others:
        examples = [*_real(private, shared, judged), *_planted(libraries)]
        for library in libraries:
            _write(_weights([one for one in examples if one.fold != library.name]), {})
            _tell_cases(library)
        figures = _left_out_in_turn(examples)
        _write(_weights(examples), figures)
    for folder in (*sorted((PLANTED / "kept").iterdir()), *(Path(one) for one in others if one != "--told")):
        _tell_cases(folder)
    for by, by_meaning in _BY.items() if private else ():
        counts = Counter(_become(private, judged, by_meaning=by_meaning))
        lines = [
            ", ".join((shown, *(f"{one} {counts[shown, one]}" for one in ("same", "related", "other"))))
            for shown in ("point", "offered", "neither")
        ]
        sys.stdout.write("\n".join([f"private, by {by}", *lines, ""]))


# ---- what is learned from


def _real(private: KnowledgeBase | None, shared: Path, judged: Mapping[Pair, str]) -> Iterator[Example]:
    same: dict[Pair, Outcome] = {pair: "same" for pair, judgement in judged.items() if judgement == "same"}
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "library"
        shutil.copytree(ROOT / "data/samples", library)
        for seed in (shared / "seeds").glob("*"):
            shutil.copy(seed, library)
        samples = opened(library, Path(folder) / "index")
        yield from _examples("samples", samples, _compared_of(samples), same)
    if private:
        services = private.collection.catalogue.services
        snapshot = private.collection.snapshot()
        assert snapshot is not None
        guides = {note.id: note for one in services for note in on_service(one, snapshot).notes}
        yield from _examples("private", private, list(guides.values()), same)


def _planted(libraries: Sequence[Path]) -> Iterator[Example]:
    for library in libraries:
        knowledge_base, cases = opened_cases(library, _index(library))
        yield from _examples("libraries", knowledge_base, _compared_of(knowledge_base), outcomes(cases), library.name)
    for table in sorted((PLANTED / "tables").iterdir()):
        library = INDEXES / f"library of {table.stem}"
        shutil.rmtree(library, ignore_errors=True)
        write_library(table, library)
        knowledge_base, cases = opened_cases(library, _index(library))
        yield from _examples("tables", knowledge_base, _compared_of(knowledge_base), outcomes(cases), table.stem)


def _index(library: Path) -> Path:
    return INDEXES / "-".join(library.resolve().parts[1:])


def _compared_of(knowledge_base: KnowledgeBase) -> Sequence[Note]:
    return [note for note in every_note(knowledge_base) if note.kind != "label"]


def _examples(
    source: str,
    knowledge_base: KnowledgeBase,
    notes: Sequence[Note],
    stand: Mapping[Pair, Outcome],
    fold: str = "",
) -> Iterator[Example]:
    """Yield the pairs of notes that are weighed."""
    gists = Gists(knowledge_base.collection.tools)
    notes = [note for note in notes if gists.of(note).says_something]
    compared = [Compared.of(note, gists.of(note)) for note in notes]
    rows = _cosines(knowledge_base, [note.id for note in notes])
    for (at, one), (to, other) in combinations(enumerate(compared), 2):
        if one.letters == other.letters or not comparable(one, other) or not of_one_thing(one, other):
            continue
        told = evidence(one, other, rows[at][to])
        if told["shared"] and not differ(one, other):
            pair = frozenset((one.note.id, other.note.id))
            apart = one.gist.stances ^ other.gist.stances
            yield Example(source, told, apart, stand.get(pair), fold or f"{source} {_fold(pair)}")


def _fold(pair: Pair) -> int:
    return sum(map(ord, "".join(sorted(pair)))) % _FOLDS


def _cosines(knowledge_base: KnowledgeBase, ids: Sequence[str]) -> Sequence[Sequence[float]]:
    snapshot = knowledge_base.collection.snapshot()
    return snapshot.reader.likeness(ids, ids, "place") if snapshot else ()


# ---- the weights


def _weights(examples: Sequence[Example]) -> Weights:
    """Return the weights of stances, and of each outcome, where there are vectors and by words alone.

    Only of what was planted is it known what contradicts what.
    """
    planted = [one for one in examples if one.source in ("tables", "libraries")]
    known: Weights = {"stances": _weights_of_stances([one for one in planted if one.stand])}
    for what, some in (("same", examples), ("contradicts", planted)):
        for by, by_meaning in _BY.items():
            known[f"{what} by {by}"] = fitted(
                [_known_of(one, known["stances"], by_meaning=by_meaning) for one in some],
                [one.stand == what for one in some],
                [_share(one, what) for one in some],
                _RIDGE,
            )
    return known


def _weights_of_stances(examples: Sequence[Example]) -> dict[str, float]:
    """Return how much each stance tells that notes on one thing contradict each other, beside all else of them."""
    words = sorted(stances())
    known = fitted(
        [
            {word: float(word in one.stances) for word in words} | {k: v for k, v in one.told.items() if k != "stance"}
            for one in examples
        ],
        [one.stand == "contradicts" for one in examples],
        [_SHARES[one.source] for one in examples],
        _RIDGE_OF_STANCES,
    )
    return {word: known[word] for word in words}


def _known_of(one: Example, known: Mapping[str, float], *, by_meaning: bool) -> dict[str, float]:
    told = {name: value for name, value in one.told.items() if by_meaning or "cosine" not in name}
    return {**told, "stance": fsum(known[word] for word in one.stances)}


def _share(one: Example, what: str) -> float:
    many = one.source == "tables" and one.stand == "contradicts" and what == "same"
    return _SHARES[one.source] * (_CONTRARY if many else 1)


def _write(known: Weights, figures: Mapping[str, Mapping[str, float]]) -> None:
    text = written("Pairs of notes, what is left out told by all else", datetime.now(UTC).date(), figures, {})
    for name, table in known.items():
        text += "\n".join(["", f'["{name}"]', *(f'"{key}" = {value}' for key, value in table.items()), ""])
    WEIGHTS.write_text(text, "utf-8")
    weights.cache_clear()


def _left_out_in_turn(examples: Sequence[Example]) -> Mapping[str, Mapping[str, float]]:
    """Return how many pairs are shown, and how many of them rightly, of each fold by the weights of all others."""
    shown: dict[str, Counter[tuple[str, str, bool]]] = {by: Counter() for by in _BY}
    for fold in sorted({one.fold for one in examples}):
        known = _weights([one for one in examples if one.fold != fold])
        for one in (one for one in examples if one.fold == fold):
            for by, by_meaning in _BY.items():
                told = _known_of(one, known["stances"], by_meaning=by_meaning)
                same, contrary = (likely(what, told, known[f"{what} by {by}"]) for what in ("same", "contradicts"))
                if contradict(told, same, contrary):
                    shown[by][one.source, "contradicts", one.stand == "contradicts"] += 1
                elif say_the_same(told, same):
                    shown[by][one.source, "same", one.stand == "same"] += 1
    return {by: dict(_told(examples, counts)) for by, counts in shown.items()}


def _told(examples: Sequence[Example], shown: Mapping[tuple[str, str, bool], int]) -> Iterator[tuple[str, float]]:
    for source in _SHARES:
        for verb, what in (("say the same", "same"), ("contradict", "contradicts")):
            right, wrong = (shown[source, what, held] for held in (True, False))
            every = sum(one.source == source and one.stand == what for one in examples)
            yield f"{source}, {verb}", float(every)
            yield f"{source}, {verb}, shown", float(right + wrong)
            yield f"{source}, {verb}, shown and right", float(right)


# ---- what is shown


def _tell_cases(folder: Path) -> None:
    """Print of how many cases all is as it should be in the guides, and how many pairs are joined."""
    knowledge_base, cases = opened_cases(folder, _index(folder))
    guides = [knowledge_base.guides.of(service) for service in knowledge_base.collection.catalogue.services]
    points = [{note.id for note in point.notes} for guide in guides for point in guide.points]
    joined = {frozenset(pair) for point in points for pair in combinations(sorted(point), 2)}
    against = {frozenset(note.id for note in one.notes) for guide in guides for one in guide.contradictions}
    lines, stand = [folder.name], outcomes(cases)
    for kind, some in cases.items():
        pairs = [[frozenset(pair) for pair in combinations(case, 2)] for case in some]
        wanted = joined if kind in SAME else against
        right = sum(
            all(pair in wanted for pair in case) if kind in (*SAME, "contradiction") else joined.isdisjoint(case)
            for case in pairs
        )
        together = sum(pair in joined for case in pairs for pair in case)
        lines.append(f"{kind} {right} of {len(some)} right, {together} pairs one point")
    rightly = [
        sum(stand.get(pair) == what for pair in some) for what, some in (("same", joined), ("contradicts", against))
    ]
    lines += [f"of {len(joined)} pairs joined {rightly[0]} right", f"of {len(against)} set against {rightly[1]}"]
    sys.stdout.write("; ".join(lines) + "\n")


def _become(
    knowledge_base: KnowledgeBase, judged: Mapping[Pair, str], *, by_meaning: bool
) -> Iterator[tuple[str, str]]:
    """Yield what becomes of each judged pair, with how it was judged."""
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
    main(Path(sys.argv[1]), *sys.argv[2:])
