"""Measure what notes that an assistant read teach on held-out authors: python tests/fitting/assistants.py LABELS.

An assistant reads a part of the notes of an author whom the model never saw, report by report, and errs in one of
twenty, or of ten. The latest of them teach the kinds of the other notes, which are scored before and after: `all` of
them, or those that `differ` from the kind shown, by weight. A person may have corrected 12 notes, each with a weight of
1: `wrong` ones, or the likeliest hidden claims all answered by `no`. A library is by one author or by those of a fold.
"""

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from kinds import four_kinds
from lessons import Notes, claim_cells, held_out_libraries
from sklearn.metrics import accuracy_score, f1_score

from kb.kinds.classify import CLAIMS, MAX_LESSON, READING_WEIGHT

SEEDS = 3
CORRECTED = 12  # notes, by a person


class Setting(NamedTuple):
    """A way to teach: which of the notes that are read, what share of a library, how often wrong, with which weight.

    `corrected` are the notes that a person corrected: none, or a selection of `Notes.corrected`.
    """

    which: Literal["all", "differ"] = "all"
    share: float = 0.1
    wrong: float = 0.05
    weight: float = READING_WEIGHT
    corrected: str = ""


SETTINGS = (
    *(Setting(weight=weight) for weight in (0.25, 0.5, 1.0)),
    *(Setting("differ", weight=weight) for weight in (0.25, 0.5, 1.0)),
    *(Setting(which, wrong=0.1) for which in ("all", "differ")),
    *(Setting(which, share=0.3) for which in ("all", "differ")),
    *(Setting(weight=weight, corrected=corrected) for corrected in ("no", "wrong") for weight in (0.0, READING_WEIGHT)),
)
# How an assistant errs: the kinds it says instead, and how often each.
ERRORS: Mapping[str, Mapping[str, float]] = {
    "statement": {"advice": 0.35, "problem": 0.35, "impression": 0.2, "label": 0.1},
    "advice": {"statement": 0.8, "problem": 0.2},
    "problem": {"statement": 0.8, "advice": 0.1, "impression": 0.1},
    "question": {"statement": 0.7, "label": 0.3},
    "impression": {"statement": 0.8, "problem": 0.2},
    "label": {"statement": 0.8, "question": 0.2},
}


def main(folder: Path) -> None:
    """Print a table of the figures before and after, by model, libraries and setting."""
    lines = [
        "| model | libraries | read | wrong | weight | 12 corrected | macro-F1 | worst | accuracy | advice | problem |",
        "| --- " * 11 + "|",
    ]
    for (name, of), libraries in held_out_libraries(folder).items():
        for by, is_by_one in (("an author", True), ("several", False)):
            own = [notes for notes in libraries if notes.is_by_one == is_by_one]
            for setting in SETTINGS if own and (of, is_by_one) != ("written", True) else ():  # those are one report
                which, share, wrong, weight, corrected = setting
                cells = [name, f"{len(own)}, {of} by {by}", f"{which} of {share}", wrong, weight, corrected or "-"]
                lines.append(f"| {' | '.join(map(str, [*cells, *_figures(own, setting)]))} |")
    sys.stdout.write("\n".join(lines) + "\n")


def _figures(libraries: Sequence[Notes], setting: Setting) -> list[str]:
    """Return the mean macro-F1 before and after, the largest loss of a library, the accuracy, and those of claims."""
    scored = [_scored(notes, setting, seed) for notes in libraries for seed in range(SEEDS)]
    by_library = np.array([[_rates(labels, kinds) for kinds in both] for labels, *both in scored])
    by_library = by_library.reshape(len(libraries), SEEDS, 2, 2).mean(axis=1)  # libraries, before and after, rates
    (f1, right), (f1_after, right_after) = by_library.mean(axis=0)
    labels, before, after = ([kind for one in scored for kind in one[at]] for at in range(3))
    return [
        f"{f1:.3f} → {f1_after:.3f}",
        f"{(by_library[:, 1, 0] - by_library[:, 0, 0]).min():+.3f}",
        f"{right:.3f} → {right_after:.3f}",
        *(claim_cells(claim, labels, before, after) for claim in CLAIMS),
    ]


def _rates(labels: Sequence[str], kinds: Sequence[str]) -> tuple[float, float]:
    """Return macro-F1 and accuracy of four kinds, of those that are among the labels."""
    four, shown = [four_kinds(kind) for kind in labels], [four_kinds(kind) for kind in kinds]
    f1 = f1_score(four, shown, labels=sorted(set(four)), average="macro", zero_division=0)
    return float(f1), float(accuracy_score(four, shown))


def _scored(notes: Notes, setting: Setting, seed: int) -> tuple[list[str], list[str], list[str]]:
    """Return the labels of the notes that nobody read or corrected, and their kinds before and after."""
    chance, shown = np.random.default_rng(seed), notes.shown
    by_report = defaultdict[str, list[int]](list)
    for at, one in enumerate(notes.examples):
        by_report[one.document].append(at)
    in_order = [at for name in chance.permutation(sorted(by_report)) for at in by_report[name]]
    read = {
        at: _said(notes.examples[at].label, setting.wrong, chance)
        for at in in_order[: int(setting.share * len(in_order))]
    }
    teaching = {at: kind for at, kind in read.items() if setting.which == "all" or kind != shown[at]}
    latest = [*teaching.items()][-MAX_LESSON:] if setting.weight else []
    corrected = notes.corrected(setting.corrected, CORRECTED) if setting.corrected else {}
    lesson = {at: ((kind,), setting.weight) for at, kind in latest} | {
        at: (kinds, 1.0) for at, kinds in corrected.items()
    }
    return notes.taught(lesson, read.keys() | corrected.keys())


def _said(label: str, wrong: float, chance: np.random.Generator) -> str:
    """Return the kind that an assistant says of a note with this label."""
    if chance.random() >= wrong:
        return label
    return str(chance.choice([*ERRORS[label]], p=[*ERRORS[label].values()]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
