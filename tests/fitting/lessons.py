"""Measures what corrections of kinds teach, on authors left out: python tests/fitting/lessons.py LABELS.

Of an author whom the model never saw some labelled notes are told as corrections, and the others are scored before and
after: `any` notes, those that are shown `wrong`, the likeliest `claims` that are not shown, answered by yes or no, or
half of these and half of those.
"""

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
from kinds import SETS, examples_of, four_kinds, readings, sentence_vectors
from learner import Example, calibrated, folds_of, left_out, trained
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from index.embedding import bundled
from kb.kinds.classify import CLAIMS, KINDS, WITH_VECTORS, likeliest_kind
from kb.learning import Example as Told
from kb.learning import LinearModel, adaptation_to, load
from kb.learning.linear import softmax
from kb.storage.caches import cache_folder

COUNTS = (12, 24, 48)
WAYS = ("any", "wrong", "claims", "half")
FEW = 100  # labelled notes below which an author is not asked
UNLIKELY = 0.3  # a claim that nobody is asked about
FOUR = ("question", "statement", "impression", "label")

Shares = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Notes:
    """The labelled notes of an author, and how likely each kind of each is by a model that never saw the author."""

    examples: Sequence[Example]
    likely: Shares
    told_by: str
    model: LinearModel  # of words alone

    @property
    def shown(self) -> list[str]:
        """The kind that each is shown as."""
        return [_shown(own, self.told_by) for own in self.likely]

    def corrected(self, way: str, count: int) -> Mapping[int, tuple[str, ...]]:
        """Return so many notes with the kinds that they are told to be of; none where hardly any wrong one is left."""
        labels, shown = [one.label for one in self.examples], self.shown
        wrong = [at for at in np.random.default_rng(0).permutation(len(labels)) if shown[at] != labels[at]]
        if way in ("wrong", "half") and len(wrong) < 2 * count:
            return {}
        if way == "half":
            claims = self.corrected("claims", count // 2)
            return {**{at: (labels[at],) for at in wrong[: count - len(claims)]}, **claims}
        if way != "claims":
            chosen = wrong if way == "wrong" else np.random.default_rng(0).permutation(len(labels))
            return {int(at): (labels[at],) for at in chosen[:count]}
        best = [max((own[KINDS.index(claim)], claim) for claim in CLAIMS) for own in self.likely]
        asked = [at for at, (share, _) in enumerate(best) if share >= UNLIKELY and shown[at] not in CLAIMS]
        asked.sort(key=lambda at: -best[at][0])
        return {
            at: (claim,) if labels[at] == claim else tuple(kind for kind in KINDS if kind != claim)
            for at in asked[:count]
            for claim in [best[at][1]]
        }

    def scored(self, way: str, count: int) -> tuple[list[str], list[str], list[str]]:
        """Return the labels of the notes that were not corrected, and their kinds before and after."""
        corrected = self.corrected(way, count)
        if not corrected:
            return [], [], []
        told = [Told(tuple(self.examples[at].features), kinds) for at, kinds in corrected.items()]
        rest = [at for at in range(len(self.examples)) if at not in corrected]
        moved = adaptation_to(self.model, told).scores([self.examples[at].features for at in rest])
        claiming = LinearModel(KINDS, [], np.zeros((1, len(KINDS))), load(self.told_by).thresholds)
        after = claiming.capped(self.likely[rest], softmax(np.log(self.likely[rest] + 1e-12) + moved))
        shown = self.shown
        return (
            [self.examples[at].label for at in rest],
            [shown[at] for at in rest],
            [_shown(own, self.told_by) for own in after],
        )


def main(folder: Path) -> None:
    """Print a table of what is right before and after, by what told the kinds, whose notes, which were corrected."""
    every = list(readings(folder))
    found = [one for reading in every for one in examples_of(reading)]
    passages = [note.passage for reading in every for note in reading.report.notes]
    examples = [one for one in found if one.label]
    folds = folds_of([one.author for one in examples])
    models = [
        trained([one for one, own in zip(examples, folds, strict=True) if own != fold], KINDS)
        for fold in range(max(folds) + 1)
    ]
    told_by = {"kinds": calibrated(left_out(examples, KINDS), examples, KINDS)}
    if model := bundled(cache_folder("model")):
        kept = [passage for one, passage in zip(found, passages, strict=True) if one.label]
        seen = [replace(one, vector=own) for one, own in zip(examples, sentence_vectors(model, kept), strict=True)]
        told_by[WITH_VECTORS] = calibrated(left_out(seen, KINDS), seen, KINDS)
    authors = defaultdict[tuple[str, str], list[int]](list)
    for row, one in enumerate(examples):
        authors[one.kind, one.author].append(row)
    lines = [
        "| told by | notes | corrected | of authors | four kinds, macro-F1 | advice | problem |",
        "| --- " * 7 + "|",
    ]
    for name, likely in told_by.items():
        for of in SETS:
            own = [
                Notes([examples[row] for row in rows], likely[rows], name, models[folds[rows[0]]])
                for (kind, _), rows in authors.items()
                if kind == of and len(rows) >= FEW
            ]
            for way, count in product(WAYS, COUNTS):
                scored = [one for one in (notes.scored(way, count) for notes in own) if one[0]]
                told = [name, of, f"{count} {way}", str(len(scored)), *(_figures(scored) if scored else "---")]
                lines.append(f"| {' | '.join(told)} |")
    sys.stdout.write("\n".join(lines) + "\n")


def _shown(likely: Shares, name: str) -> str:
    return likeliest_kind(dict(zip(KINDS, likely.tolist(), strict=True)), load(name).thresholds)[0]


def _figures(scored: Sequence[tuple[list[str], list[str], list[str]]]) -> list[str]:
    labels, before, after = ([kind for one in scored for kind in one[at]] for at in range(3))
    wanted = [four_kinds(kind) for kind in labels]
    told = [
        f1_score(wanted, [four_kinds(kind) for kind in each], labels=FOUR, average="macro") for each in (before, after)
    ]
    return [f"{told[0]:.3f} → {told[1]:.3f}", *(_claim(claim, labels, before, after) for claim in CLAIMS)]


def _claim(claim: str, labels: Sequence[str], before: Sequence[str], after: Sequence[str]) -> str:
    """Return precision and recall of a claim before and after."""
    told = []
    for shown in (before, after):
        right = sum(one == other == claim for one, other in zip(labels, shown, strict=True))
        told.append(f"{right / max(shown.count(claim), 1):.3f} / {right / max(labels.count(claim), 1):.3f}")
    return " → ".join(told)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
