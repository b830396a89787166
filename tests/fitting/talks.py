"""Fits what speaks for a heading being a talk, and measures it on authors left out; `make fit` runs it."""

import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from labels import Labelled, alike, author_of, compared, f1, labelled_talks, summed
from regression import fitted, shares, written

from kb.readers.formats import read_outline
from kb.report.outline import Outline
from kb.talks import evidence, report_of
from kb.talks.candidates import Place, places_of
from kb.talks.event import event_of
from kb.talks.parts import parts_of
from kb.talks.wording import roles_by_words

WEIGHTS = Path("kb/talks/talk_weights.toml")
_TITLES_BELOW = 3  # blocks in which the title of a talk whose heading is a time and a person stands


def main(folder: Path) -> None:
    """Fit on all authors, measure on each left out, and write the weights with their figures."""
    labels = labelled_talks(folder)
    outlines = {doc: read_outline((folder / doc).read_bytes(), doc) for doc in labels}
    examples = {doc: _examples(outline, labels[doc]) for doc, outline in outlines.items()}
    figures = {}
    for name, docs in (
        ("as written", [doc for doc in labels if not doc.startswith("notes_text")]),
        ("extracted text", [doc for doc in labels if doc.startswith("notes_text")]),
    ):
        figures[f"{name}, author left out"] = _figures(
            docs, labels, outlines, lambda author: _fit(examples, {doc for doc in labels if author_of(doc) != author})
        )
        weights = _fit(examples, set(labels))
        figures[f"{name}, author fitted"] = _figures(docs, labels, outlines, lambda _, known=weights: known)
    what = f"Fitted on {len(labels)} texts by {len(set(map(author_of, labels)))} authors"
    WEIGHTS.write_text(written(what, datetime.now(UTC).date(), figures, _fit(examples, set(labels))), "utf-8")


def _examples(outline: Outline, labels: Labelled) -> list[tuple[Place, bool]]:
    """Return the headings of a report, and whether each is a talk."""
    event, parts = event_of(outline), parts_of(outline.blocks)
    wanted = [title for title, _ in labels.talks]
    examples = []
    for place in places_of(parts, roles_by_words(parts, outline.title), event.name if event else None):
        texts = [place.own.read.title, place.own.part.text]
        if place.own.read.start:
            texts += [block.text for block in place.own.part.blocks[:_TITLES_BELOW]]
        title = next((title for title in wanted for text in texts if alike(text, title)), None)
        if title is not None:
            wanted.remove(title)
        examples.append((place, title is not None))
    return examples


def _fit(examples: Mapping[str, Sequence[tuple[Place, bool]]], docs: set[str]) -> dict[str, dict[str, float]]:
    """Return the weights of evidence alone, then of all of it together with what its like say by those."""
    known = [doc for doc in examples if doc in docs and examples[doc]]
    labels = [label for doc in known for _, label in examples[doc]]
    counts = shares([author_of(doc) for doc in known for _ in examples[doc]])
    told = {doc: [evidence.told_alone(place) for place, _ in examples[doc]] for doc in known}
    alone = fitted([one for doc in known for one in told[doc]], labels, counts)
    together = []
    for doc in known:
        points = [evidence.weighted(one, alone) for one in told[doc]]
        together += evidence.told_together([place for place, _ in examples[doc]], told[doc], points)
    return {"alone": alone, "together": fitted(together, labels, counts)}


def _figures(
    docs: Sequence[str],
    labels: Mapping[str, Labelled],
    outlines: Mapping[str, Outline],
    weights_for: Callable[[str], dict[str, dict[str, float]]],
) -> dict[str, float]:
    """Return F1 over all reports, its mean over authors, and the worst author's; and how many dates were guessed."""
    by_author: dict[str, list[dict[str, tuple[int, int, int]]]] = {}
    guessed = Counter[str]()
    for author in sorted(set(map(author_of, docs))):
        weights = evidence.weights()
        weights.update(weights_for(author))
        for doc in (doc for doc in docs if author_of(doc) == author):
            report = report_of(outlines[doc])
            by_author.setdefault(author, []).append(compared(report, labels[doc]))
            guessed["dates"] += bool(report.held_on) and not labels[doc].held_on
    figures = {"dates guessed": float(guessed["dates"])}
    for key in ("events", "talks", "speakers"):
        counts = {author: summed(one[key] for one in found) for author, found in by_author.items()}
        scores = [f1(count) for count in counts.values() if count[1]]
        figures[key] = f1(summed(counts.values()))
        figures[f"{key}, mean of authors"] = sum(scores) / len(scores)
        figures[f"{key}, worst author"] = min(scores)
    return figures


if __name__ == "__main__":
    main(Path(sys.argv[1]))
