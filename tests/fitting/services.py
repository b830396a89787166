"""Fits which services a note inherits, measures them by authors left out, and how right the named ones are.

Usage: python tests/fitting/services.py FOLDER, which holds the `notes` that `data/labels/notes.tsv` tells of.
"""

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labels import f1, labelled, summed, with_bullets
from learner import Example, calibrated, claim_figures, fitted, left_out, write

from kb.readers.formats import read_outline
from kb.report.model import Report
from kb.services import domain
from kb.services.inheritance import Candidate
from kb.services.tagger import CLAIM, MODEL, candidates
from kb.talks import report_of

Named = frozenset[str]
Place = tuple[int, int]  # a report's number, and a line of it
_CLAIMS = ("other", CLAIM)
_BARS = [bar / 100 for bar in range(20, 80)]
_FEW = 5  # an author with fewer labels has no figure of their own


@dataclass(frozen=True, slots=True)
class Read:
    """A report, and by line which services a reader found its notes to name and to inherit."""

    kind: str  # `notes` by others, or `written` for this
    author: str
    report: Report
    services: Mapping[int, tuple[Named, Named]]


def main(folder: Path) -> None:
    """Fit on all authors, measure on each left out, and write the weights with their figures."""
    every = everything(folder)
    known, examples, places = domain(), list[Example](), list[tuple[Place, Candidate]]()
    labels = dict[Place, tuple[Named, Named, Named]]()  # named, inherited, and named beyond doubt by the program
    for number, one in enumerate(every):
        for note, (own, found) in zip(one.report.notes, candidates(one.report, known), strict=True):
            if note.line in one.services:
                explicit, inherited = one.services[note.line]
                labels[number, note.line] = (explicit, inherited, own)
                for candidate in found:
                    label = _CLAIMS[candidate.service in explicit | inherited]
                    examples.append(Example(candidate.features, label, one.author, str(number), one.kind))
                    places.append(((number, note.line), candidate))
    likely = calibrated(left_out(examples, _CLAIMS), examples, _CLAIMS)[:, 1]

    def told(bar: float) -> dict[str, dict[Place, tuple[Named, Named]]]:
        """Return (wanted, found) of each note by whether it names or inherits them."""
        named = {place: set(own) for place, (_, _, own) in labels.items()}
        inherited = {place: set[str]() for place in labels}
        for (place, candidate), share in zip(places, likely, strict=True):
            if share >= bar:
                (named if candidate.nearest == "part" else inherited)[place].add(candidate.service)
        return {
            "named": {place: (labels[place][0], frozenset(own)) for place, own in named.items()},
            "inherited": {place: (labels[place][1] - named[place], frozenset(own)) for place, own in inherited.items()},
        }

    bar = max(_BARS, key=lambda bar: f1(summed(_counts(every, told(bar)["inherited"]).values())))
    figures = {
        f"{what}, {kind}, author left out": _figures(_counts(every, found, kind))
        for kind in ("notes", "written")
        for what, found in told(bar).items()
    }
    right = [example.label == CLAIM for example in examples]
    figures["candidates, author left out"] = claim_figures(likely, right, bar)
    write(MODEL, fitted(examples, _CLAIMS, {CLAIM: bar}), figures)


def everything(folder: Path) -> list[Read]:
    """Return the reports whose bullets are labelled, as kb reads them."""
    return [
        Read(
            one.kind,
            one.author,
            report_of(read_outline(one.file.read_bytes(), one.file.name)),
            {line: (_slugs(own.explicit), _slugs(own.inherited)) for line, own in one.bullets.items()},
        )
        for one in with_bullets(labelled(folder))
    ]


def _slugs(cell: str) -> Named:
    """Return the slugs of the services in a cell, a name that the catalogue does not know as it is."""
    names = [name.strip() for name in cell.split(",") if name.strip() not in ("", "-")]
    known = [domain().catalogue.find(name) for name in names]
    return frozenset(service.slug if service else name for service, name in zip(known, names, strict=True))


def _counts(
    every: Sequence[Read], told: Mapping[Place, tuple[Named, Named]], kind: str | None = None
) -> dict[str, tuple[int, int, int]]:
    """Return (hits, wanted, found) of each author."""
    counts = defaultdict[str, list[tuple[int, int, int]]](list)
    for (number, _), (wanted, found) in told.items():
        if kind in (None, every[number].kind):
            counts[every[number].author].append((len(wanted & found), len(wanted), len(found)))
    return {author: summed(own) for author, own in counts.items()}


def _figures(counts: Mapping[str, tuple[int, int, int]]) -> dict[str, float]:
    hits, wanted, found = summed(counts.values())
    scores = [f1(own) for own in counts.values() if own[1] >= _FEW]
    return {
        "precision": hits / max(found, 1),
        "recall": hits / max(wanted, 1),
        "F1": f1((hits, wanted, found)),
        "mean of authors": sum(scores) / len(scores),
        "worst author": min(scores),
        "labels": float(wanted),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
