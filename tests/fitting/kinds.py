"""Fit the models of kinds, remedies and answers: python tests/fitting/kinds.py LABELS."""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from labels import Bullet, Labelled, also_labelled, labelled, with_bullets
from learner import (
    Example,
    calibrated,
    claim_figures,
    draw_reliability,
    fisher_information,
    fitted,
    held_out,
    probabilities,
    threshold_for,
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
from kb.pipeline.reports import AnalysedTexts, Tools, morphemes_of
from kb.readers.formats import read_outline
from kb.report.model import Note, Report
from kb.storage.caches import cache_folder
from kb.talks import report_of

CALLED = {"experience": "statement", "fact": "statement"}
# The required precision on held-out authors. Two readers of the collected notes agree on .86 of advice and .62 of
# remedies, so that remedies are measured on the written reports only.
PRECISION = {
    "kinds": {"notes": 0.75, "written": 0.9},
    "remedies": {"written": 0.9},
    "answers": {"notes": 0.8, "written": 0.9},
}
SETS = ("notes", "written")
YES_OR_NO = ("no", "yes")
MIN_NOTES = 50  # of an author with a figure
Target = Callable[[Bullet], str]
CandidatesOf = Callable[[Note, NoteTree, KindProbabilities], Sequence[tuple[Note, str]]]


@dataclass(frozen=True, slots=True)
class Reading:
    """A report as kb reads it, with a reader's labels."""

    author: str
    kind: str
    report: Report
    analysis: Analysis
    labels: dict[int, Bullet]  # by the line of the note


def readings(folder: Path) -> Iterator[Reading]:
    """Yield the labelled reports: the collected ones in `folder`/notes and `folder`/gold/dev, and the written ones."""
    tools = Tools()

    def read(one: Labelled) -> Reading:
        report = report_of(read_outline(one.file.read_bytes(), one.file.name))
        author = one.author.split("__")[0]  # without the repository: an author may have several
        return Reading(author, one.kind, report, morphemes_of(report, AnalysedTexts(tools)), one.bullets)

    reports = with_bullets(labelled(folder))
    collected = [one for one in reports if one.kind == "notes"]
    return map(read, [*collected, *also_labelled(folder / "gold" / "dev"), *reports[len(collected) :]])


def main(folder: Path) -> None:
    """Fit on all reports, measure on held-out authors and on the other set, and write the models with their figures."""
    every = list(readings(folder))
    notes = [note for reading in every for note in reading.report.notes]
    examples = [one for reading in every for one in examples_of(reading)]
    predicted, thresholds = _fit_kinds("kinds", examples)
    model = bundled(cache_folder("model"))
    if model:
        labelled = [(one, note.passage) for one, note in zip(examples, notes, strict=True) if one.label]
        vectors = sentence_vectors(model, [passage for _, passage in labelled])
        _fit_kinds(
            WITH_VECTORS,
            [replace(one, vector=own) for (one, _), own in zip(labelled, vectors, strict=True)],
            model.name,
        )
    by_note = {note.id: dict(zip(KINDS, row, strict=True)) for note, row in zip(notes, predicted.tolist(), strict=True)}
    answers: CandidatesOf = lambda note, lists, _: question_candidates(note, lists)  # noqa: E731
    _fit_pairs("remedies", every, by_note, thresholds, problem_candidates, target=lambda label: label.pair)
    _fit_pairs("answers", every, by_note, thresholds, answers, target=lambda label: label.question)


def sentence_vectors(model: Bundled, texts: Sequence[str]) -> Vectors:
    """Return the vectors of texts, cached because they take minutes."""
    file = cache_folder("model") / "fitting_vectors.npz"
    precompute(Precomputed(model, file), texts, file)
    return Precomputed(model, file).passages(texts)


def _fit_kinds(
    name: str, examples: Sequence[Example], vectors_of: str = ""
) -> tuple[NDArray[np.float64], dict[str, float]]:
    """Fit and write a model; return the probabilities of held-out authors, and the thresholds."""
    predicted = calibrated(held_out(examples, KINDS), examples, KINDS)
    thresholds = {
        kind: _threshold(predicted[:, KINDS.index(kind)], [one.label == kind for one in examples], examples, "kinds")
        for kind in ("advice", "problem")
    }
    figures = {}
    for own, other in (SETS, SETS[::-1]):
        figures[f"{own}, authors left out"] = _kinds(predicted, examples, thresholds, own)
        tested = [one for one in examples if one.kind == other]
        untuned = probabilities(trained([one for one in examples if one.kind == own], KINDS), tested)
        figures[f"{other}, fitted on {own} alone"] = _kinds(untuned, tested, thresholds, other)
    model = fitted(examples, KINDS, thresholds)
    information = fisher_information(model, examples) if model.vector_weights is None else None
    write(name, model, figures, vectors_of, information)
    rows = [row for row, one in enumerate(examples) if one.label]
    draw_reliability(
        name,
        {
            kind: (predicted[rows, column], [examples[row].label == kind for row in rows])
            for column, kind in enumerate(KINDS)
        },
    )
    return predicted, thresholds


def examples_of(reading: Reading) -> Iterator[Example]:
    """Yield the notes of a report as examples, with an empty label if nobody labelled them."""
    for note, own in zip(reading.report.notes, features(reading.report, reading.analysis), strict=True):
        label = reading.labels.get(note.line)
        kind = CALLED.get(label.kind, label.kind) if label else ""
        yield Example(own, kind if kind in KINDS else "", reading.author, reading.report.source, reading.kind)


def _threshold(
    predicted: NDArray[np.float64], correct: Sequence[bool], examples: Sequence[Example], claim: str
) -> float:
    """Return the threshold with the required precision in each set of reports."""
    thresholds = []
    for name, precision in PRECISION[claim].items():
        rows = [row for row, one in enumerate(examples) if one.kind == name and one.label]
        thresholds.append(threshold_for(predicted[rows], [correct[row] for row in rows], precision))
    return max(thresholds)


def _kinds(
    predicted: NDArray[np.float64], examples: Sequence[Example], thresholds: dict[str, float], of: str
) -> dict[str, float]:
    """Return the figures of the four kinds, also by author, and of advice and problems from their thresholds on."""
    rows = [row for row, one in enumerate(examples) if one.label and one.kind == of]
    labels = [four_kinds(examples[row].label) for row in rows]
    unreachable = {"advice": 2.0, "problem": 2.0}
    shown = [likeliest_kind(dict(zip(KINDS, predicted[row].tolist(), strict=True)), unreachable)[0] for row in rows]
    by_author: defaultdict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        by_author[examples[row].author].append(place)
    own = [
        float(np.mean([labels[place] == shown[place] for place in places]))
        for places in by_author.values()
        if len(places) >= MIN_NOTES
    ]
    figures = {
        "four kinds, macro-F1": float(f1_score(labels, shown, average="macro")),
        "four kinds, accuracy": float(accuracy_score(labels, shown)),
        "four kinds, accuracy, mean of authors": float(np.mean(own)),
        "four kinds, accuracy, worst author": min(own),
    }
    for kind, threshold in thresholds.items():
        correct = [examples[row].label == kind for row in rows]
        claims = claim_figures(predicted[rows, KINDS.index(kind)], correct, threshold)
        figures |= {f"{kind}, {name}": value for name, value in claims.items()}
    return figures


def four_kinds(kind: str) -> str:
    return "statement" if kind in ("advice", "problem") else kind


def _fit_pairs(
    claim: str,
    every: Sequence[Reading],
    kind_probabilities: KindProbabilities,
    kind_thresholds: dict[str, float],
    candidates_of: CandidatesOf,
    *,
    target: Target,
) -> None:
    """Fit which note replies to which, on the kinds predicted for held-out authors."""
    examples, missed = [], dict.fromkeys(SETS, 0)
    for reading in every:
        notes = [
            structs.replace(note, kind=likeliest_kind(kind_probabilities[note.id], kind_thresholds)[0])
            for note in reading.report.notes
        ]
        tree = NoteTree(notes)
        for note in notes:
            label = reading.labels.get(note.line)
            if label is None:
                continue
            line = str(note.line) if target(label) == "self" else target(label)
            candidates = candidates_of(note, tree, kind_probabilities)
            missed[reading.kind] += line != "-" and line not in {str(other.line) for other, _ in candidates}
            examples += [
                Example(
                    pair_features(note, other, relation, reading.analysis),
                    YES_OR_NO[str(other.line) == line],
                    reading.author,
                    reading.report.source,
                    reading.kind,
                )
                for other, relation in candidates
            ]
    predicted = calibrated(held_out(examples, YES_OR_NO), examples, YES_OR_NO)[:, 1]
    threshold = _threshold(predicted, [one.label == "yes" for one in examples], examples, claim)
    figures = {}
    for name in SETS:
        rows = [row for row, one in enumerate(examples) if one.kind == name]
        claims = claim_figures(predicted[rows], [examples[row].label == "yes" for row in rows], threshold)
        figures[f"{name}, authors left out"] = claims | {"never asked about": float(missed[name])}
    write(claim, fitted(examples, YES_OR_NO, {"yes": threshold}), figures)
    draw_reliability(claim, {claim: (predicted, [one.label == "yes" for one in examples])})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
