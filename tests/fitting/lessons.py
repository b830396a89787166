"""Measure the effect of corrected kinds on held-out authors: python tests/fitting/lessons.py LABELS.

Some labelled notes of an author whom the model never saw are used as corrections; the other notes are scored before and
after. The corrected notes are `any` notes, those with a `wrong` kind, the likeliest hidden `claims` answered by yes or
no, `half` of the latter two, or the likeliest hidden claims all answered by `no`, true or not.
"""

import sys
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from kinds import READING_SCALE, SETS, examples_of, four_kinds, held_out_readings, read_examples_of, readings
from learner import Example, calibrated, fisher_information, folds_of, held_out, trained
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from kb.kinds.classify import CLAIMS, KINDS, READ_KINDS, likeliest_kind
from kb.learning import Example as Corrected
from kb.learning import LinearModel, adaptation_to, load
from kb.learning.linear import softmax

COUNTS = (1, 3, 12, 24, 48)
SELECTIONS = ("any", "wrong", "claims", "half", "no")
MIN_NOTES = 100  # labelled notes of an author
MIN_CLAIM = 0.3  # probability of a claim to be answered
FOUR = ("question", "statement", "impression", "label")

Probabilities = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Notes:
    """The labelled notes of an author, or of several, with the probabilities of models that never saw them."""

    examples: Sequence[Example]
    predicted: Probabilities
    model_name: str
    model: LinearModel  # without vectors
    is_by_one: bool = True

    @property
    def shown(self) -> list[str]:
        """The kinds that are shown."""
        return [_shown(own, self.model_name) for own in self.predicted]

    def corrected(self, selection: str, count: int) -> Mapping[int, tuple[str, ...]]:
        """Return the kinds that `count` corrected notes may have, by index; none if few wrong notes would remain."""
        labels, shown = [one.label for one in self.examples], self.shown
        wrong = [at for at in np.random.default_rng(0).permutation(len(labels)) if shown[at] != labels[at]]
        if selection in ("wrong", "half") and len(wrong) < 2 * count:
            return {}
        if selection == "half":
            claims = self.corrected("claims", count // 2)
            return {**{at: (labels[at],) for at in wrong[: count - len(claims)]}, **claims}
        if selection in ("any", "wrong"):
            chosen = wrong if selection == "wrong" else np.random.default_rng(0).permutation(len(labels))
            return {int(at): (labels[at],) for at in chosen[:count]}
        best = [max((own[KINDS.index(claim)], claim) for claim in CLAIMS) for own in self.predicted]
        asked = [at for at, (share, _) in enumerate(best) if share >= MIN_CLAIM and shown[at] not in CLAIMS]
        asked.sort(key=lambda at: -best[at][0])
        return {
            at: (claim,)
            if labels[at] == claim and selection != "no"
            else tuple(kind for kind in KINDS if kind != claim)
            for at in asked[:count]
            for claim in [best[at][1]]
        }

    def scored(self, selection: str, count: int) -> tuple[list[str], list[str], list[str]]:
        """Return the labels of the notes that were not corrected, and their kinds before and after."""
        corrected = self.corrected(selection, count)
        if not corrected:
            return [], [], []
        return self.taught({at: (kinds, 1.0) for at, kinds in corrected.items()}, corrected)

    def taught(
        self, lesson: Mapping[int, tuple[tuple[str, ...], float]], left_out: Collection[int]
    ) -> tuple[list[str], list[str], list[str]]:
        """Return the labels of the notes that are not left out, and their kinds before and after a lesson.

        The lesson has the kinds that some notes may have, and their weights, by index.
        """
        learned = [Corrected(tuple(self.examples[at].features), *one) for at, one in lesson.items()]
        rest = [at for at in range(len(self.examples)) if at not in left_out]
        change = adaptation_to(self.model, learned).scores([self.examples[at].features for at in rest])
        with_thresholds = LinearModel(KINDS, [], np.zeros((1, len(KINDS))), load(self.model_name).thresholds)
        before = self.predicted[rest]
        after = with_thresholds.capped(before, softmax(np.log(before + 1e-12) + change))
        shown = self.shown
        return (
            [self.examples[at].label for at in rest],
            [shown[at] for at in rest],
            [_shown(own, self.model_name) for own in after],
        )


def main(folder: Path) -> None:
    """Print a table of the figures before and after, by model, set of reports, and number and selection of notes."""
    lines = [
        "| model | notes | corrected | authors | four kinds, macro-F1 | advice | problem | others changed |",
        "| --- " * 8 + "|",
    ]
    for (name, of), libraries in held_out_libraries(folder).items():
        own = [notes for notes in libraries if notes.is_by_one]
        for selection, count in product(SELECTIONS, COUNTS):
            scored = [one for one in (notes.scored(selection, count) for notes in own) if one[0]]
            cells = [name, of, f"{count} {selection}", str(len(scored)), *(_figures(scored) if scored else "----")]
            lines.append(f"| {' | '.join(cells)} |")
    sys.stdout.write("\n".join(lines) + "\n")


def held_out_libraries(folder: Path) -> Mapping[tuple[str, str], Sequence[Notes]]:
    """Return libraries by model and set of reports: authors of enough notes, and all authors of a fold together."""
    both = [*held_out_readings(list(readings(folder)))]
    examples = [one for reading, _ in both for one in examples_of(reading) if one.label]
    seen = [one for reading, scores in both for one in read_examples_of(reading, scores) if one.label]
    folds = folds_of([one.author for one in examples])
    models = [
        _informed([one for one, own in zip(examples, folds, strict=True) if own != fold])
        for fold in range(max(folds) + 1)
    ]
    by_model = {"kinds": calibrated(held_out(examples, KINDS), examples, KINDS)}
    by_model[READ_KINDS] = calibrated(held_out(seen, KINDS, READING_SCALE), seen, KINDS)
    rows_of = defaultdict[tuple[str, str | int], list[int]](list)
    for row, one in enumerate(examples):
        rows_of[one.kind, one.author].append(row)
        rows_of[one.kind, folds[row]].append(row)
    return {
        (name, of): [
            Notes([examples[row] for row in rows], predicted[rows], name, models[folds[rows[0]]], isinstance(by, str))
            for (kind, by), rows in rows_of.items()
            if kind == of and len(rows) >= MIN_NOTES
        ]
        for name, predicted in by_model.items()
        for of in SETS
    }


def _informed(examples: Sequence[Example]) -> LinearModel:
    """Return a model of the examples that knows how much they say about each of its weights."""
    model = trained(examples, KINDS)
    return LinearModel(KINDS, *model.weights(), {}, information=fisher_information(model, examples))


def _shown(predicted: Probabilities, name: str) -> str:
    return likeliest_kind(dict(zip(KINDS, predicted.tolist(), strict=True)), load(name).thresholds)[0]


def _figures(scored: Sequence[tuple[list[str], list[str], list[str]]]) -> list[str]:
    labels, before, after = ([kind for one in scored for kind in one[at]] for at in range(3))
    four = [four_kinds(kind) for kind in labels]
    f1 = [f1_score(four, [four_kinds(kind) for kind in each], labels=FOUR, average="macro") for each in (before, after)]
    changed = [sum(b != a for b, a in zip(*one[1:], strict=True)) for one in scored]
    return [
        f"{f1[0]:.3f} → {f1[1]:.3f}",
        *(claim_cells(claim, labels, before, after) for claim in CLAIMS),
        f"{np.mean(changed):.1f}, at most {max(changed)}",
    ]


def claim_cells(claim: str, labels: Sequence[str], before: Sequence[str], after: Sequence[str]) -> str:
    """Return precision and recall of a claim before and after."""
    cells = []
    for shown in (before, after):
        hits = sum(label == kind == claim for label, kind in zip(labels, shown, strict=True))
        cells.append(f"{hits / max(shown.count(claim), 1):.3f} / {hits / max(labels.count(claim), 1):.3f}")
    return " → ".join(cells)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
