"""What kind of note each note is, how sure that is, and what corrections of kinds teach about the other notes."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, get_args

import msgspec
from msgspec.structs import replace

from kb.kinds.features import Analysis, features
from kb.kinds.pairs import paired
from kb.learning import Example, LinearModel, load, step_towards
from kb.report.identity import own_part
from kb.report.model import Claim, Correction, Kind, Note, Report
from kb.report.problems import Finding

if TYPE_CHECKING:
    from index.embedder import Vectors

KINDS: tuple[Kind, ...] = get_args(Kind)
CLAIMS: tuple[Claim, ...] = get_args(Claim)
WITH_VECTORS = "kinds_with_vectors"
DOZEN = 12
"""Corrections: fewer teach nothing, and all notes are classified anew once so many more have come."""

_MOST_TAUGHT = 240  # corrections, the last ones, that are learned from: a step takes time by their square
_NO_CORRECTION = Correction()
_NO_CORRECTIONS: Mapping[str, Correction] = MappingProxyType({})
# A writer who calls it a trouble is believed, as one who writes 「Q:」 is: 「課題: 同じ通知が二度届く」.
_CALLED_TROUBLE = re.compile(r"\W{0,2}(?:課題|問題点?|欠点|弱点|デメリット|反省点?|悩み)\s*[:：]\s*\S")
_STATEMENTS: tuple[Kind, ...] = ("statement", *CLAIMS)
_RATHER = 0.5  # how likely a note must be advice or a problem to be asked about
_MOST_ASKED, _LONGEST_ASKED = 20, 200  # notes of a report that are asked about, and characters of each


def classify(
    report: Report,
    analysis: Analysis,
    corrections: Mapping[str, Correction] = _NO_CORRECTIONS,
    vectors: "Vectors | None" = None,
    step: LinearModel | None = None,
) -> Report:
    """Return the report with the kind of every note, as learned or as told by hand, its remedies and answers.

    `analysis` holds the morphemes of each text, `corrections` are by note id, `vectors` those of the notes, (notes,
    dimensions), of the model that `vector_model` names, `step` is what corrections of others teach (`Lesson.step`).
    """
    model = load("kinds" if vectors is None else WITH_VECTORS)
    rows = model.probabilities(features(report, analysis), vectors, step).tolist()
    probabilities = {note.id: dict(zip(KINDS, row, strict=True)) for note, row in zip(report.notes, rows, strict=True)}
    notes = [
        _classified(note, probabilities[note.id], model.thresholds, corrections.get(note.id, _NO_CORRECTION))
        for note in report.notes
    ]
    return replace(report, notes=paired(notes, analysis, probabilities))


def vector_model() -> str:
    """Return the name of the model whose vectors `classify` takes (`index.embedder.Embedder.name`)."""
    return load(WITH_VECTORS).vectors_of


def reasons(report: Report, analysis: Analysis) -> dict[str, list[tuple[str, float]]]:
    """Return what speaks most for the kind of each note, and against it where negative, by the note's id."""
    model, examples = load("kinds"), features(report, analysis)
    return {note.id: model.reasons(own, note.kind) for note, own in zip(report.notes, examples, strict=True)}


def uncertain_claims(report: Report) -> list[Finding]:
    """Return the notes that are rather advice or a problem, not surely enough to be called so; the likeliest first."""
    claims = ((claim, getattr(note, claim), note) for note in report.notes for claim in CLAIMS if note.kind != claim)
    asked = sorted((one for one in claims if one[1] >= _RATHER), key=lambda one: (-one[1], one[2].line))
    return [
        Finding(claim, note.line, note.text[:_LONGEST_ASKED], share, own_part(note.id))
        for claim, share, note in asked[:_MOST_ASKED]
    ]


def _classified(
    note: Note, probabilities: Mapping[Kind, float], thresholds: Mapping[str, float], correction: Correction
) -> Note:
    override = correction.kind
    if not override and _CALLED_TROUBLE.match(note.text) and "problem" not in correction.denied:
        override = "problem"
    if override:
        advice, problem = float(override == "advice"), float(override == "problem")
        return replace(note, kind=override, sure=1.0, advice=advice, problem=problem)
    left = max(1 - sum(probabilities[kind] for kind in correction.denied), 1e-9)
    allowed = {kind: 0.0 if kind in correction.denied else share / left for kind, share in probabilities.items()}
    kind, sure = likeliest_kind(allowed, thresholds)
    return replace(note, kind=kind, sure=round(sure, 2), **{claim: round(allowed[claim], 3) for claim in CLAIMS})


def likeliest_kind(probabilities: Mapping[Kind, float], thresholds: Mapping[str, float]) -> tuple[Kind, float]:
    """Return the kind to show and its probability.

    Advice and problems are statements; from their thresholds on they nearly always hold, and are called by their names.
    """
    for claim in CLAIMS:
        if probabilities[claim] >= thresholds[claim]:
            return claim, probabilities[claim]
    four = {kind: share for kind, share in probabilities.items() if kind not in _STATEMENTS}
    four["statement"] = sum(probabilities[kind] for kind in _STATEMENTS)
    return max(four.items(), key=lambda item: item[1])


class Lesson(msgspec.Struct, frozen=True, dict=True):
    """Notes whose kind a person told, or one that they are not of: they teach the kinds of a library's other notes."""

    examples: tuple[Example, ...] = ()

    @property
    def key(self) -> str:
        """What identifies it: the SHA-256 of its examples, "" where there are none."""
        return hashlib.sha256(msgspec.json.encode(self.examples)).hexdigest() if self.examples else ""

    @property
    def counts(self) -> Mapping[str, int]:
        """How many notes were told to be of each kind, and under `no …` how many not to be."""
        return Counter(
            one.labels[0]
            if len(one.labels) == 1
            else " ".join(["no", *(kind for kind in KINDS if kind not in one.labels)])
            for one in self.examples
        )

    @cached_property
    def step(self) -> LinearModel | None:
        """What it changes of the weights that tell kinds; None where nothing is taught."""
        return step_towards(load("kinds"), self.examples) if self.examples else None


def lesson_labels(corrections: Mapping[str, Correction]) -> Mapping[str, tuple[Kind, ...]]:
    """Return of which kinds each note may be that is learned from, by its id: whole dozens, the last of them."""
    labels = {
        note: (one.kind,) if one.kind else tuple(kind for kind in KINDS if kind not in one.denied)
        for note, one in corrections.items()
        if one.kind or one.denied
    }
    chosen = [*labels][: len(labels) // DOZEN * DOZEN][-_MOST_TAUGHT:]
    return {note: labels[note] for note in chosen}


def lesson_features(
    report: Report, analysis: Analysis, corrections: Mapping[str, Correction]
) -> Mapping[str, tuple[str, ...]]:
    """Return the features of each note whose kind is corrected, by its own part of its id."""
    corrected = {note for note, one in corrections.items() if one.kind or one.denied}
    if not corrected:
        return {}
    examples = zip(report.notes, features(report, analysis), strict=True)
    return {own_part(note.id): tuple(own) for note, own in examples if note.id in corrected}
