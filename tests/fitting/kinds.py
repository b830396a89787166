"""Fits what speaks for each kind of note, and measures it on authors left out; `make fit` runs it."""

import csv
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from regression import fitted_kinds, shares, written

from kb.kinds.classify import settled
from kb.kinds.evidence import KINDS, Evidence, evidence
from kb.readers.formats import read_outline
from kb.report.model import Kind
from kb.talks import report_of
from kb.understanding import Tools, analyse

WEIGHTS = Path("kb/kinds/kind_weights.toml")
_FEWEST_AUTHORS = 3  # whose notes a piece of evidence is seen in; what only one or two do is their habit
_FREE, _TRUSTED, _OTHERS = (
    0.01,
    0.5,
    8.0,
)  # how small the weights shall be: of the constant, of the rules' kind, of the rest
_PRECISION = 0.85  # which advice and problems must reach on authors left out, to be called so; a stranger's reach less
_NAMED = ("advice", "problem")
_FEW_NOTES = 15  # an author with fewer has no figure of their own
_CALLED = {"experience": "statement", "fact": "statement"}


@dataclass(frozen=True, slots=True)
class Example:
    """A note that a reader labelled."""

    author: str
    told: Evidence
    kind: Kind


def main(folder: Path) -> None:
    """Fit on all authors, measure on each left out, and write the weights with their figures."""
    examples = _examples(folder / "gold" / "dev")
    authors = sorted({example.author for example in examples})
    left_out = np.empty((len(examples), len(KINDS)))
    for author in authors:
        known = [example for example in examples if example.author != author]
        own = [number for number, example in enumerate(examples) if example.author == author]
        left_out[own] = _likely(_fit(known), [examples[number] for number in own])
    bars = {kind: _bar(left_out[:, KINDS.index(kind)], [one.kind == kind for one in examples]) for kind in _NAMED}
    everything = _fit(examples)
    figures = {
        "author left out": _figures(left_out, examples, bars),
        "author fitted": _figures(_likely(everything, examples), examples, bars),
    }
    what = f"Fitted on {len(examples)} notes by {len(authors)} authors.\n# The kinds are {', '.join(KINDS)}"
    WEIGHTS.write_text(written(what, datetime.now(UTC).date(), figures, {"bars": bars, "weights": everything}), "utf-8")


def _examples(folder: Path) -> list[Example]:
    authors = dict(row for row in csv.reader((folder / "authors.tsv").open(encoding="utf-8"), delimiter="\t"))
    labels: defaultdict[str, dict[int, str]] = defaultdict(dict)
    with (folder / "labels.tsv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            labels[row["doc"]][int(row["line"])] = _CALLED.get(row["kind"], row["kind"])
    tools, examples = Tools(), []
    for doc, kinds in labels.items():
        file = next(file for file in folder.glob(f"{doc}.*"))
        finished = analyse(report_of(read_outline(file.read_bytes(), file.name)), tools)
        for note, told in zip(finished.report.notes, evidence(finished.report, finished.morphemes), strict=True):
            kind = next((kind for kind in KINDS if kind == kinds.get(note.line)), None)
            if kind:
                examples.append(Example(authors[doc], told, kind))
    return examples


def _fit(examples: Sequence[Example]) -> dict[str, list[float]]:
    """Return the weights of each piece of evidence that enough authors have, a weight a kind."""
    seen: defaultdict[str, set[str]] = defaultdict(set)
    for example in examples:
        for name in example.told:
            seen[name].add(example.author)
    names = sorted(name for name, authors in seen.items() if len(authors) >= _FEWEST_AUTHORS)
    ridges = [_FREE, *(_TRUSTED if name.startswith("kind ") else _OTHERS for name in names)]
    kinds = [KINDS.index(example.kind) for example in examples]
    table = _table(names, examples)
    weights = fitted_kinds(table, kinds, shares([example.author for example in examples]), ridges)
    return dict(zip(["always", *names], np.round(weights, 3).tolist(), strict=True))


def _table(names: Sequence[str], examples: Sequence[Example]) -> NDArray[np.float64]:
    return np.array([[1.0, *(example.told.get(name, 0.0) for name in names)] for example in examples])


def _likely(weights: dict[str, list[float]], examples: Sequence[Example]) -> NDArray[np.float64]:
    """Return how likely each kind of each note is by these weights."""
    points = _table(list(weights)[1:], examples) @ np.array(list(weights.values()))
    shares_ = np.exp(points - points.max(axis=1, keepdims=True))
    return np.asarray(shares_ / shares_.sum(axis=1, keepdims=True))


def _bar(likely: NDArray[np.float64], labels: Sequence[bool]) -> float:
    """Return how likely a kind must be, so that of the notes above enough are of it."""
    order = np.argsort(-likely)
    right = np.array(labels)[order].cumsum() / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(right >= _PRECISION)
    return float(np.ceil(likely[order][enough[-1]] * 100) / 100) if len(enough) else 1.0


def _figures(likely: NDArray[np.float64], examples: Sequence[Example], bars: dict[Kind, float]) -> dict[str, float]:
    """Return how right the kinds are over all notes, by author, and how right advice and problems are."""
    found = [settled(dict(zip(KINDS, row, strict=True)), bars)[0] for row in likely.tolist()]
    pairs = [(_four(one.kind), _four(kind)) for one, kind in zip(examples, found, strict=True)]
    by_author: defaultdict[str, list[bool]] = defaultdict(list)
    for example, (wanted, kind) in zip(examples, pairs, strict=True):
        by_author[example.author].append(wanted == kind)
    right = [sum(own) / len(own) for own in by_author.values() if len(own) >= _FEW_NOTES]
    four = [kind for kind in KINDS if kind not in _NAMED]
    figures = {
        "four kinds, macro-F1": sum(_scores(pairs, kind)[2] for kind in four) / len(four),
        "four kinds, accuracy": sum(wanted == kind for wanted, kind in pairs) / len(pairs),
        "four kinds, accuracy, mean of authors": sum(right) / len(right),
        "four kinds, accuracy, worst author": min(right),
    }
    named = [(one.kind, kind) for one, kind in zip(examples, found, strict=True)]
    for kind in _NAMED:
        figures[f"{kind}, precision"], figures[f"{kind}, recall"], _ = _scores(named, kind)
    return figures


def _four(kind: Kind) -> Kind:
    return "statement" if kind in _NAMED else kind


def _scores(pairs: Sequence[tuple[Kind, Kind]], kind: Kind) -> tuple[float, float, float]:
    """Return precision, recall and F1 of a kind among (wanted, found)."""
    hits = sum(wanted == found == kind for wanted, found in pairs)
    wanted, found = (sum(pair[at] == kind for pair in pairs) for at in (0, 1))
    return hits / max(found, 1), hits / max(wanted, 1), 2 * hits / max(wanted + found, 1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
