"""Fit the model of inherited services, and measure it and the named services on held-out authors.

Usage: python tests/fitting/services.py FOLDER; its `notes` are the reports that `data/labels/notes.tsv` labels.
"""

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labels import f1, labelled, summed, with_bullets
from learner import Example, calibrated, claim_figures, fitted, held_out, write

from kb.readers.formats import read_outline
from kb.report.model import Report
from kb.services import domain
from kb.services.inheritance import Candidate
from kb.services.tagger import CLAIM, MODEL, candidates
from kb.talks import report_of

Named = frozenset[str]
Place = tuple[int, int]  # a report's number, and a line of it
_CLAIMS = ("other", CLAIM)
_THRESHOLDS = [hundredths / 100 for hundredths in range(20, 80)]
_MIN_LABELS = 5  # of an author with a figure


@dataclass(frozen=True, slots=True)
class Read:
    """A report with a reader's labels."""

    kind: str  # `notes`, which were collected, or `written` for the purpose
    author: str
    report: Report
    services: Mapping[int, tuple[Named, Named]]  # named and inherited services, by line


def main(folder: Path) -> None:
    """Fit on all authors, measure on held-out authors, and write the model with its figures."""
    every = labelled_reports(folder)
    domain_, examples, places = domain(), list[Example](), list[tuple[Place, Candidate]]()
    labels = dict[Place, tuple[Named, Named, Named]]()  # named, inherited, and named as kb finds it
    for number, one in enumerate(every):
        for note, (named, inheritable) in zip(one.report.notes, candidates(one.report, domain_), strict=True):
            if note.line in one.services:
                explicit, inherited = one.services[note.line]
                labels[number, note.line] = (explicit, inherited, named)
                for candidate in inheritable:
                    label = _CLAIMS[candidate.service in explicit | inherited]
                    examples.append(Example(candidate.features, label, one.author, str(number), one.kind))
                    places.append(((number, note.line), candidate))
    predicted = calibrated(held_out(examples, _CLAIMS), examples, _CLAIMS)[:, 1]

    def results(threshold: float) -> dict[str, dict[Place, tuple[Named, Named]]]:
        """Return the labelled and the found services of each note, named and inherited."""
        named = {place: set(own) for place, (_, _, own) in labels.items()}
        inherited = {place: set[str]() for place in labels}
        for (place, candidate), share in zip(places, predicted, strict=True):
            if share >= threshold:
                (named if candidate.nearest == "part" else inherited)[place].add(candidate.service)
        return {
            "named": {place: (labels[place][0], frozenset(own)) for place, own in named.items()},
            "inherited": {place: (labels[place][1] - named[place], frozenset(own)) for place, own in inherited.items()},
        }

    threshold = max(_THRESHOLDS, key=lambda value: f1(summed(_counts(every, results(value)["inherited"]).values())))
    figures = {
        f"{what}, {kind}, author left out": _figures(_counts(every, found, kind))
        for kind in ("notes", "written")
        for what, found in results(threshold).items()
    }
    correct = [example.label == CLAIM for example in examples]
    figures["candidates, author left out"] = claim_figures(predicted, correct, threshold)
    write(MODEL, fitted(examples, _CLAIMS, {CLAIM: threshold}), figures)


def labelled_reports(folder: Path) -> list[Read]:
    """Return the reports with labelled bullets, as kb reads them."""
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
    """Return the slugs of the services in a cell; an unknown name stays as it is."""
    names = [name.strip() for name in cell.split(",") if name.strip() not in ("", "-")]
    services = [domain().catalogue.find(name) for name in names]
    return frozenset(service.slug if service else name for service, name in zip(services, names, strict=True))


def _counts(
    every: Sequence[Read], results: Mapping[Place, tuple[Named, Named]], kind: str | None = None
) -> dict[str, tuple[int, int, int]]:
    """Return (hits, labelled, found) of each author."""
    counts = defaultdict[str, list[tuple[int, int, int]]](list)
    for (number, _), (labels, found) in results.items():
        if kind in (None, every[number].kind):
            counts[every[number].author].append((len(labels & found), len(labels), len(found)))
    return {author: summed(own) for author, own in counts.items()}


def _figures(counts: Mapping[str, tuple[int, int, int]]) -> dict[str, float]:
    hits, labelled_count, found = summed(counts.values())
    scores = [f1(own) for own in counts.values() if own[1] >= _MIN_LABELS]
    return {
        "precision": hits / max(found, 1),
        "recall": hits / max(labelled_count, 1),
        "F1": f1((hits, labelled_count, found)),
        "mean of authors": sum(scores) / len(scores),
        "worst author": min(scores),
        "labels": float(labelled_count),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
