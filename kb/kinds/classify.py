"""What kind of note each note is, how sure that is, and what replies to what."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, get_args

from msgspec.structs import replace

from kb.kinds.features import Analysis, features
from kb.kinds.pairs import paired
from kb.learning import LinearModel, load
from kb.report.model import Claim, Correction, Kind, Note, Report
from kb.report.problems import Finding

if TYPE_CHECKING:
    from index.embedder import Vectors

KINDS: tuple[Kind, ...] = get_args(Kind)
CLAIMS: tuple[Claim, ...] = get_args(Claim)
WITH_VECTORS = "kinds_with_vectors"
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
    dimensions), of the model that `vectors_weighed` names, `step` is what corrections of others teach (`Lesson.step`).
    """
    model = load("kinds" if vectors is None else WITH_VECTORS)
    probabilities = model.probabilities(features(report, analysis), vectors, step).tolist()
    likely = {
        note.id: dict(zip(KINDS, own, strict=True)) for note, own in zip(report.notes, probabilities, strict=True)
    }
    notes = [
        _classified(note, likely[note.id], model.thresholds, corrections.get(note.id, _NO_CORRECTION))
        for note in report.notes
    ]
    return replace(report, notes=paired(notes, analysis, likely))


def claims_unsure(report: Report) -> list[Finding]:
    """Return the notes that are rather advice or a problem, not surely enough to be called so; the likeliest first."""
    likely = ((claim, getattr(note, claim), note) for note in report.notes for claim in CLAIMS if note.kind != claim)
    asked = sorted((one for one in likely if one[1] >= _RATHER), key=lambda one: (-one[1], one[2].line))
    return [
        Finding(claim, note.line, note.text[:_LONGEST_ASKED], share, note.id.rpartition("/")[2])
        for claim, share, note in asked[:_MOST_ASKED]
    ]


def vectors_weighed() -> str:
    """Return the model whose vectors tell kinds too, by its name (`index.embedder.Embedder.name`)."""
    return load(WITH_VECTORS).vectors_of


def reasons(report: Report, analysis: Analysis) -> dict[str, list[tuple[str, float]]]:
    """Return what speaks most for the kind of each note, and against it where negative, by the note's id."""
    model, told = load("kinds"), features(report, analysis)
    return {note.id: model.reasons(own, note.kind) for note, own in zip(report.notes, told, strict=True)}


def settled(likely: Mapping[Kind, float], thresholds: Mapping[str, float]) -> tuple[Kind, float]:
    """Return the kind to show and how sure it is.

    Advice and problems are statements; from their thresholds on they nearly always hold, and are called by their names.
    """
    for kind in CLAIMS:
        if likely[kind] >= thresholds[kind]:
            return kind, likely[kind]
    four = {kind: share for kind, share in likely.items() if kind not in _STATEMENTS}
    four["statement"] = sum(likely[kind] for kind in _STATEMENTS)
    return max(four.items(), key=lambda item: item[1])


def _classified(
    note: Note, likely: Mapping[Kind, float], thresholds: Mapping[str, float], correction: Correction
) -> Note:
    told = correction.kind
    if not told and _CALLED_TROUBLE.match(note.text) and "problem" not in correction.denied:
        told = "problem"
    if told:
        return replace(note, kind=told, sure=1.0, advice=float(told == "advice"), problem=float(told == "problem"))
    left = max(1 - sum(likely[kind] for kind in correction.denied), 1e-9)
    likely = {kind: 0.0 if kind in correction.denied else share / left for kind, share in likely.items()}
    kind, sure = settled(likely, thresholds)
    claims = {claim: round(likely[claim], 3) for claim in CLAIMS}
    return replace(note, kind=kind, sure=round(sure, 2), **claims)
