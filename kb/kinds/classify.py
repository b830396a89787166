"""The kind of each note, and how a library's corrections change the kinds of its other notes.

Input: a report, the morphemes of its texts, and what the sentence model reads in its notes, if there is one.
Model: a logistic regression over six kinds, of the readings of a note and those around it (`kb.kinds.readings`).
Without a sentence model another one decides, of the words of the notes (`kb.kinds.features`).
Output: the kind of each note, whether it is likely advice or a problem, and the probabilities of these three.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import TypeAlias, get_args

import msgspec
import numpy as np
from msgspec.structs import replace

from kb.kinds.features import Analysis, features, shape_features
from kb.kinds.marks import marks_of
from kb.kinds.pairs import paired
from kb.kinds.readings import READ, Scores, in_context
from kb.learning import Example, LinearModel, adaptation_to, load, scores_by
from kb.report.identity import own_part
from kb.report.model import Claim, Correction, Kind, LineReading, Note, Report
from kb.report.problems import Finding

WordScores: TypeAlias = tuple[bytes, ...]
"""The scores of a report's notes, (notes, kinds) in float64: by their words, and by a lesson, if any.

With them, a report is classified again without the features of its notes.
"""

KINDS: tuple[Kind, ...] = get_args(Kind)
CLAIMS: tuple[Claim, ...] = get_args(Claim)
READ_KINDS = "kinds_read"

MAX_LESSON = 240  # notes, the latest; the time of an adaptation grows with their square
# Of a note that an assistant read; one that a person corrected weighs 1. A larger weight gains no more where the
# sentence model reads, and loses more for the author who gains least (`tests/fitting/assistants.py`).
READING_WEIGHT = 0.25
_NO_CORRECTION = Correction()
_STATEMENTS: tuple[Kind, ...] = ("statement", *CLAIMS)
_MAX_FINDINGS = 20  # likely notes of a report that a person is asked about
_MAX_QUOTED = 200  # characters of each of these notes


def classify(
    report: Report,
    analysis: Analysis,
    corrections: Mapping[str, Correction] = {},
    readings: Scores | None = None,
    scores: WordScores = (),
    *,
    assisted: Mapping[str, LineReading] = {},
) -> Report:
    """Return the report with the kinds, remedies and answers of its notes.

    `analysis` holds the morphemes of each text, `corrections` are by note id. `readings` are what the sentence model
    reads in the notes, (notes, READ). `scores` are those of `word_scores`: with readings, only a lesson needs them.
    `assisted` is what assistants read in the notes, by note id: it wins over marks and models.
    """
    scores = scores if scores or readings is not None else word_scores(report, analysis)
    words, *adapted = (np.frombuffer(one).reshape(-1, len(KINDS)) for one in scores or (b"",))
    model, seen = load("kinds"), None
    if readings is not None:
        model, seen = load(READ_KINDS), in_context(report.notes, readings)
        words = model.scores(shape_features(report))
    rows = model.probabilities_of(words, seen, *adapted).tolist()
    probabilities = {note.id: dict(zip(KINDS, row, strict=True)) for note, row in zip(report.notes, rows, strict=True)}
    marks = marks_of(report.notes)
    own = [False] * len(rows) if readings is None else (readings[:, READ.index("own")] > 0).tolist()
    notes = []
    for note, is_own in zip(report.notes, own, strict=True):
        correction, said = corrections.get(note.id, _NO_CORRECTION), assisted.get(note.id)
        kind = correction.kind
        if not kind and said and said.kind not in correction.denied:
            kind = said.kind
        if not kind and (mark := marks.get(note.id)) and mark.kind not in correction.denied:
            kind = mark.kind
        classified = _classified(note, probabilities[note.id], model, correction, kind)
        about = (said and said.about) or ("event" if is_own else "matter")
        if about != "matter" or said:
            is_by_person = correction.kind or (said and said.kind in correction.denied)
            read_by = said.by if said and not is_by_person else ""
            classified = replace(classified, about=about, changes=said and said.changes, read_by=read_by)
        notes.append(classified)
        if correction.of_kind:  # a person's word: no remedy is sought for what is no problem
            probabilities[note.id] = {kind: float(kind == classified.kind) for kind in KINDS}
    return replace(report, notes=paired(notes, analysis, probabilities, marks, readings, assisted=assisted))


def word_scores(report: Report, analysis: Analysis, adaptation: LinearModel | None = None) -> WordScores:
    """Return what the words of each note say about its kind; `adaptation` is that of a `Lesson`."""
    models = [load("kinds"), *([adaptation] if adaptation else ())]
    return tuple(scores.tobytes() for scores in scores_by(models, features(report, analysis)))


def reasons(report: Report, analysis: Analysis) -> dict[str, list[tuple[str, float]]]:
    """Return the features that say most for each note's kind or, if negative, against it, by note id."""
    model = load("kinds")
    return {
        note.id: model.reasons(own, note.kind)
        for note, own in zip(report.notes, features(report, analysis), strict=True)
    }


def likely_claims(report: Report) -> list[Finding]:
    """Return the notes that are likely advice or a problem, but not surely, the likeliest first."""
    likely = [(note.likely, getattr(note, note.likely), note) for note in report.notes if note.likely]
    likely.sort(key=lambda item: (-item[1], item[2].line))
    return [
        Finding(claim, note.line, note.text[:_MAX_QUOTED], probability, own_part(note.id))
        for claim, probability, note in likely[:_MAX_FINDINGS]
    ]


def _classified(
    note: Note,
    probabilities: Mapping[Kind, float],
    model: LinearModel,
    correction: Correction,
    known: Kind | None,
) -> Note:
    """Return the note with its kind: the one that is `known`, or the most probable that no correction denies."""
    if known:
        advice, problem = float(known == "advice"), float(known == "problem")
        return replace(note, kind=known, likely=None, sure=1.0, advice=advice, problem=problem)
    remaining = max(1 - sum(probabilities[kind] for kind in correction.denied), 1e-9)
    allowed = {kind: 0.0 if kind in correction.denied else share / remaining for kind, share in probabilities.items()}
    kind, sure = likeliest_kind(allowed, model.thresholds)
    likely = None if kind in CLAIMS else likely_claim(allowed, model.likely)
    shares = {claim: round(allowed[claim], 3) for claim in CLAIMS}
    return replace(note, kind=kind, likely=likely, sure=round(sure, 2), **shares)


def likely_claim(probabilities: Mapping[Kind, float], likely: Mapping[str, float]) -> Claim | None:
    """Return the claim that a note likely is, the more probable of two; `likely` is `ModelTable.likely`."""
    claims = [claim for claim in CLAIMS if probabilities[claim] >= likely.get(claim, 2.0)]
    return max(claims, key=probabilities.__getitem__, default=None)


def likeliest_kind(probabilities: Mapping[Kind, float], thresholds: Mapping[str, float]) -> tuple[Kind, float]:
    """Return the kind to show and its probability.

    Advice and problems are statements, too. Return advice or problem only from its threshold on, where precision is
    high.
    """
    for claim in CLAIMS:
        if probabilities[claim] >= thresholds[claim]:
            return claim, probabilities[claim]
    four = {kind: share for kind, share in probabilities.items() if kind not in _STATEMENTS}
    four["statement"] = sum(probabilities[kind] for kind in _STATEMENTS)
    return max(four.items(), key=lambda item: item[1])


class Lesson(msgspec.Struct, frozen=True, dict=True):
    """The corrected notes of a library as training examples: they change how its other notes are classified.

    Notes that an assistant read are examples, too, whether or not kb read them alike. They weigh less.
    `strength` is the part of that change that is used: a whole one may change too many notes (`max_changed`).
    """

    examples: tuple[Example, ...] = ()
    strength: float = 1.0

    @property
    def key(self) -> str:
        """The SHA-256 of the examples and the strength, "" if there are no examples."""
        content = (self.examples, self.strength)
        return hashlib.sha256(msgspec.json.encode(content)).hexdigest() if self.examples else ""

    @property
    def counts(self) -> Mapping[str, int]:
        """The number of notes corrected to each kind.

        The keys `no …` count notes for which a kind was denied, `read` those that assistants read.
        """
        return Counter(
            "read"
            if example.weight < 1
            else example.labels[0]
            if len(example.labels) == 1
            else " ".join(["no", *(kind for kind in KINDS if kind not in example.labels)])
            for example in self.examples
        )

    @cached_property
    def adaptation(self) -> LinearModel | None:
        """The changes of the weights of `kinds`; None without examples."""
        return adaptation_to(load("kinds"), self.examples, self.strength) if self.examples else None


def max_changed(corrections: int) -> int:
    """Return how many other notes a number of corrections may give another kind.

    On strangers' reports, a step within this bound keeps most of its gain (`tests/fitting/lessons.py`).
    """
    return max(3, 2 * corrections)


def lesson_labels(corrections: Mapping[str, Correction], count: int | None = None) -> Mapping[str, tuple[Kind, ...]]:
    """Return the kinds that each corrected note may have, by its id: the latest of the first `count`, or of all."""
    labels = {
        note: (correction.kind,) if correction.kind else tuple(kind for kind in KINDS if kind not in correction.denied)
        for note, correction in corrections.items()
        if correction.of_kind
    }
    chosen = [*labels][:count][-MAX_LESSON:]
    return {note: labels[note] for note in chosen}


def lesson_features(
    report: Report,
    analysis: Analysis,
    corrections: Mapping[str, Correction],
    assisted: Mapping[str, LineReading] = {},
) -> Mapping[str, tuple[str, ...]]:
    """Return the features of each note whose kind is corrected, by the note's own part of its id.

    Those of other notes that an assistant read are by the key of the line.
    """
    keys = {note: one.of for note, one in assisted.items()}
    keys |= {note: own_part(note) for note, correction in corrections.items() if correction.of_kind}
    if not keys:
        return {}
    return {
        keys[note.id]: tuple(own)
        for note, own in zip(report.notes, features(report, analysis), strict=True)
        if note.id in keys
    }
