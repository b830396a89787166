"""What kind of note each note is, and how sure that is: what all evidence comes to by the fitted weights."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from index import datafiles
from kb.kinds.evidence import KINDS, Evidence, evidence
from kb.kinds.rules import Analysis
from kb.report.model import Correction, Kind, Note, Report

_NO_CORRECTIONS: Mapping[str, Correction] = MappingProxyType({})
_STATEMENTS: tuple[Kind, ...] = ("statement", "advice", "problem")
# A writer who calls it a trouble is believed, as one who writes 「Q:」 is: 「課題: 同じ通知が二度届く」.
_CALLED_TROUBLE = re.compile(r"\W{0,2}(?:課題|問題点?|欠点|弱点|デメリット|反省点?|悩み)\s*[:：]\s*\S")


def classify(report: Report, analysis: Analysis, corrections: Mapping[str, Correction] = _NO_CORRECTIONS) -> Report:
    """Return the report with the kind of every note set, as likely or as told by hand; `corrections` are by note id."""
    notes = zip(report.notes, likely(evidence(report, analysis)), strict=True)
    return replace(report, notes=tuple(_classified(note, how, corrections.get(note.id)) for note, how in notes))


def likely(told: Sequence[Evidence]) -> list[dict[Kind, float]]:
    """Return for each note how likely each kind is, by what its evidence says."""
    known, table = weights()
    rows, says, begins = list[int](), list[float](), list[int]()  # of all notes one after the other: arrays are dear
    for one in told:
        begins.append(len(rows))
        pieces = [(0, 1.0), *((known[name], value) for name, value in one.items() if name in known)]
        rows += [row for row, _ in pieces]
        says += [value for _, value in pieces]
    points = np.add.reduceat(table[rows] * np.array(says)[:, None], begins) if told else table[:0]
    shares = np.exp(points - points.max(axis=1, keepdims=True, initial=-np.inf))
    shares /= shares.sum(axis=1, keepdims=True)
    return [dict(zip(KINDS, row, strict=True)) for row in shares.tolist()]


def settled(how_likely: Mapping[Kind, float], bars: Mapping[Kind, float]) -> tuple[Kind, float]:
    """Return the kind to show and how sure it is.

    Advice and problems are statements; from their bars on they nearly always hold, and are called by their own names.
    """
    for kind, bar in bars.items():
        if how_likely[kind] >= bar:
            return kind, how_likely[kind]
    four = {kind: share for kind, share in how_likely.items() if kind not in _STATEMENTS}
    four["statement"] = sum(how_likely[kind] for kind in _STATEMENTS)
    return max(four.items(), key=lambda item: item[1])


def _classified(note: Note, how_likely: Mapping[Kind, float], correction: Correction | None) -> Note:
    # Readers labelled bullets. A writer's own voice between lists says 「ぜひご覧ください」, which advises nothing.
    own_bars = {} if note.type == "paragraph" else bars()
    told = correction.kind if correction else None
    if told is None and _CALLED_TROUBLE.match(note.text):
        told = "problem"
    kind, sure = (told, 1.0) if told else settled(how_likely, own_bars)
    advice = float(kind == "advice") if sure == 1.0 else how_likely["advice"]
    return replace(note, kind=kind, sure=round(sure, 2), advice=round(advice, 3))


@cache
def weights() -> tuple[dict[str, int], NDArray[np.float64]]:
    """Return the row of each piece of evidence, and rows of weights, a column a kind; the first always counts."""
    data: dict[str, list[float]] = datafiles.table("kb.kinds", "kind_weights.toml")["weights"]
    always = data.pop("always")
    return {name: row for row, name in enumerate(data, start=1)}, np.array([always, *data.values()])


@cache
def bars() -> dict[Kind, float]:
    """Return how likely advice and problems must be to be called so."""
    bars_: dict[Kind, float] = datafiles.table("kb.kinds", "kind_weights.toml")["bars"]
    return bars_
