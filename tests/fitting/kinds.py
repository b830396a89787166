"""Fits what tells the kind of a note, and which remedies or answers which: python tests/fitting/kinds.py LABELS."""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from labels import Bullet, Labelled, also_labelled, labelled, with_bullets
from learner import (
    Example,
    calibrated,
    claim_figures,
    draw_reliability,
    fitted,
    left_out,
    probabilities,
    threshold,
    trained,
    write,
)
from msgspec import structs
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score

from index.embedder import Vectors
from index.embedding import Precomputed, bundled, precompute
from index.embedding.bundled_model import Bundled
from kb.kinds.classify import KINDS, WITH_VECTORS, likeliest_kind
from kb.kinds.features import Analysis, NoteTree, features
from kb.kinds.pairs import KindProbabilities, pair_features, problem_candidates, question_candidates
from kb.pipeline.reports import Tools, morphemes_of
from kb.readers.formats import read_outline
from kb.report.model import Note, Report
from kb.storage.caches import cache_folder
from kb.talks import report_of

CALLED = {"experience": "statement", "fact": "statement"}
# Of what is shown so much is right, on authors left out. Two readers of notes by others agree on .86 of advice, and on
# .62 of remedies, so that these are held to what was written alone.
PRECISION = {
    "kinds": {"notes": 0.75, "written": 0.9},
    "remedies": {"written": 0.9},
    "answers": {"notes": 0.8, "written": 0.9},
}
SETS = ("notes", "written")
YES_OR_NO = ("no", "yes")
FEW = 50  # notes below which an author has no figure of their own
Wanted = Callable[[Bullet], str]
Near = Callable[[Note, NoteTree, KindProbabilities], Iterable[tuple[Note, str]]]


@dataclass(frozen=True, slots=True)
class Reading:
    """A report as kb reads it, the analysis of its texts, and what a reader found, by the line of the note."""

    author: str
    kind: str
    report: Report
    analysis: Analysis
    labels: dict[int, Bullet]


def readings(folder: Path) -> Iterator[Reading]:
    """Yield every labelled report: those by others lie in `folder`/notes and, with labels, in `folder`/gold/dev."""
    tools = Tools()

    def read(one: Labelled) -> Reading:
        report = report_of(read_outline(one.file.read_bytes(), one.file.name))
        author = one.author.split("__")[0]  # who has several repositories is one author
        return Reading(author, one.kind, report, morphemes_of(report, tools), one.bullets)

    reports = with_bullets(labelled(folder))
    by_others = [one for one in reports if one.kind == "notes"]
    return map(read, [*by_others, *also_labelled(folder / "gold" / "dev"), *reports[len(by_others) :]])


def main(folder: Path) -> None:
    """Fit on all, measure on authors left out and on the other set, and write the models with their figures."""
    every = list(readings(folder))
    notes = [note for reading in every for note in reading.report.notes]
    examples = [one for reading in every for one in examples_of(reading)]
    likely, bars = _fit_kinds("kinds", examples)
    model = bundled(cache_folder("model"))
    if model:
        labelled = [(one, note.passage) for one, note in zip(examples, notes, strict=True) if one.label]
        vectors = sentence_vectors(model, [passage for _, passage in labelled])
        _fit_kinds(
            WITH_VECTORS,
            [replace(one, vector=own) for (one, _), own in zip(labelled, vectors, strict=True)],
            model.name,
        )
    told = {note.id: dict(zip(KINDS, row, strict=True)) for note, row in zip(notes, likely.tolist(), strict=True)}
    answers: Near = lambda note, lists, _: question_candidates(note, lists)  # noqa: E731
    _fit_pairs("remedies", every, told, bars, problem_candidates, wanted=lambda label: label.pair)
    _fit_pairs("answers", every, told, bars, answers, wanted=lambda label: label.question)


def sentence_vectors(model: Bundled, texts: Sequence[str]) -> Vectors:
    """Return the vectors of texts as an index keeps them; they take minutes, so that those once made are kept."""
    file = cache_folder("model") / "fitting_vectors.npz"
    precompute(Precomputed(model, file), texts, file)
    return Precomputed(model, file).passages(texts)


def _fit_kinds(
    name: str, examples: Sequence[Example], vectors_of: str = ""
) -> tuple[NDArray[np.float64], dict[str, float]]:
    """Fit and write a model; return how likely it makes each kind of authors left out, and its thresholds."""
    likely = calibrated(left_out(examples, KINDS), examples, KINDS)
    bars = {
        kind: _bar(likely[:, KINDS.index(kind)], [one.label == kind for one in examples], examples, "kinds")
        for kind in ("advice", "problem")
    }
    figures = {}
    for own, other in (SETS, SETS[::-1]):
        figures[f"{own}, authors left out"] = _kinds(likely, examples, bars, own)
        tested = [one for one in examples if one.kind == other]
        found = probabilities(trained([one for one in examples if one.kind == own], KINDS), tested)
        figures[f"{other}, fitted on {own} alone"] = _kinds(found, tested, bars, other)
    write(name, fitted(examples, KINDS, bars), figures, vectors_of)
    rows = [row for row, one in enumerate(examples) if one.label]
    draw_reliability(
        name,
        {
            kind: (likely[rows, column], [examples[row].label == kind for row in rows])
            for column, kind in enumerate(KINDS)
        },
    )
    return likely, bars


def examples_of(reading: Reading) -> Iterator[Example]:
    """Yield every note of a report; what nobody labelled has no label."""
    told_of_notes = features(reading.report, reading.analysis)
    for note, told in zip(reading.report.notes, told_of_notes, strict=True):
        label = reading.labels.get(note.line)
        kind = CALLED.get(label.kind, label.kind) if label else ""
        yield Example(told, kind if kind in KINDS else "", reading.author, reading.report.source, reading.kind)


def _bar(likely: NDArray[np.float64], right: Sequence[bool], examples: Sequence[Example], claim: str) -> float:
    """Return the threshold with which what is shown is right often enough, in each set of reports."""
    bars = []
    for name, precision in PRECISION[claim].items():
        rows = [row for row, one in enumerate(examples) if one.kind == name and one.label]
        bars.append(threshold(likely[rows], [right[row] for row in rows], precision))
    return max(bars)


def _kinds(
    likely: NDArray[np.float64], examples: Sequence[Example], bars: dict[str, float], of: str
) -> dict[str, float]:
    """Return how right the kinds are: of four, by author, and advice and problems from their thresholds on."""
    rows = [row for row, one in enumerate(examples) if one.label and one.kind == of]
    wanted = [four_kinds(examples[row].label) for row in rows]
    no_bars = {"advice": 2.0, "problem": 2.0}
    found = [likeliest_kind(dict(zip(KINDS, likely[row].tolist(), strict=True)), no_bars)[0] for row in rows]
    by_author: defaultdict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        by_author[examples[row].author].append(place)
    own = [
        float(np.mean([wanted[place] == found[place] for place in places]))
        for places in by_author.values()
        if len(places) >= FEW
    ]
    figures = {
        "four kinds, macro-F1": float(f1_score(wanted, found, average="macro")),
        "four kinds, accuracy": float(accuracy_score(wanted, found)),
        "four kinds, accuracy, mean of authors": float(np.mean(own)),
        "four kinds, accuracy, worst author": min(own),
    }
    for kind, bar in bars.items():
        right = [examples[row].label == kind for row in rows]
        told = claim_figures(likely[rows, KINDS.index(kind)], right, bar)
        figures |= {f"{kind}, {name}": value for name, value in told.items()}
    return figures


def four_kinds(kind: str) -> str:
    return "statement" if kind in ("advice", "problem") else kind


def _fit_pairs(
    claim: str,
    every: Sequence[Reading],
    likely: KindProbabilities,
    bars: dict[str, float],
    near: Near,
    *,
    wanted: Wanted,
) -> None:
    """Fit which note replies to which, on kinds as they are told of authors left out."""
    examples, missed = [], dict.fromkeys(SETS, 0)
    for reading in every:
        notes = [structs.replace(note, kind=likeliest_kind(likely[note.id], bars)[0]) for note in reading.report.notes]
        lists = NoteTree(notes)
        for note in notes:
            label = reading.labels.get(note.line)
            if label is None:
                continue
            right = str(note.line) if wanted(label) == "self" else wanted(label)
            asked = list(near(note, lists, likely))
            missed[reading.kind] += right != "-" and right not in {str(other.line) for other, _ in asked}
            examples += [
                Example(
                    pair_features(note, other, how, reading.analysis),
                    YES_OR_NO[str(other.line) == right],
                    reading.author,
                    reading.report.source,
                    reading.kind,
                )
                for other, how in asked
            ]
    found = calibrated(left_out(examples, YES_OR_NO), examples, YES_OR_NO)[:, 1]
    bar = _bar(found, [one.label == "yes" for one in examples], examples, claim)
    figures = {}
    for name in SETS:
        rows = [row for row, one in enumerate(examples) if one.kind == name]
        told = claim_figures(found[rows], [examples[row].label == "yes" for row in rows], bar)
        figures[f"{name}, authors left out"] = told | {"never asked about": float(missed[name])}
    write(claim, fitted(examples, YES_OR_NO, {"yes": bar}), figures)
    draw_reliability(claim, {claim: (found, [one.label == "yes" for one in examples])})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
