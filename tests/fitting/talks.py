"""Fits what lines of a report are and what those of talks tell, and measures it; `make fit` runs it."""

import difflib
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest.mock import patch

import learner
from labels import Labelled, LabelledTalk, compared, f1, folded, labelled, summed
from learner import Example, fitted, fitted_tagger, folds_of, left_out, write

from index.text import letters
from kb.learning import ConditionalRandomField, Features, LinearModel
from kb.readers.formats import read_outline
from kb.report.outline import Outline
from kb.talks import report_of
from kb.talks.event import LABELS as EVENT
from kb.talks.event import event_names, event_of
from kb.talks.features import features_of
from kb.talks.lines import Line, lines_of
from kb.talks.roles import ROLES, Role, features_together
from kb.talks.spans import LABELS, Context, contexts_of

FOLDS = 5
_ROLES: dict[str, Role] = {
    "part": "part",
    "group": "group",
    "event": "event",
    "site": "own",
    "topic": "own",
    "own": "own",
}
_MARKUP = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|[*`]|</?\w+>")
_KNOWN = 6  # letters by which a title is found again where its line is not known
SURE = 0.6
BESIDE = 0.4
ROW = 0.75  # of a table: of unsure ones on reports that nobody had looked at ten of eighteen were wrong
NAMED = 0.45
_SAME_NAME = 0.85  # of the letters of two names that are one but for a slip


TaggedLine = tuple[list[Features], list[str]]


@dataclass(slots=True)
class Text:
    """A report with its labels, and what is learned from it."""

    labels: Labelled
    outline: Outline
    lines: list[Line]
    chosen: list[int]
    examples: list[Example]
    tagged: list[TaggedLine]
    names: list[Example]
    together: list[Example] = field(default_factory=list)


Models = dict[str, LinearModel | ConditionalRandomField]


def main(folder: Path) -> None:
    """Fit on all authors, measure on each left out and on the other set, and write the weights with their figures."""
    learner.FOLDS = FOLDS
    texts = read(folder)
    tell_together(texts)
    figures = {
        f"{name}, {what}": values
        for name, tell in {"author left out": _by_authors, "other set": _by_sets}.items()
        for what, values in measured(tell(texts)).items()
    }
    for name, model in models(texts).items():
        write(name, model, figures)


def read(folder: Path) -> list[Text]:
    """Return the reports with what is learned from them; their events are told by models that never saw them."""
    reports = labelled(folder)
    outlines = [read_outline(one.file.read_bytes(), one.file.name) for one in reports]
    names = [_names(outline, own) for outline, own in zip(outlines, reports, strict=True)]
    folds = folds_of([one.author for one in reports])
    texts = []
    for fold in range(FOLDS):
        known: Models = {"event": _event(text for text, own in zip(names, folds, strict=True) if own != fold)}
        with using(known):
            texts += [
                _text(reports[n], outlines[n], names[n], event_of(outlines[n]))
                for n, own in enumerate(folds)
                if own == fold
            ]
    return sorted(texts, key=lambda text: str(text.labels.file))


def _event(texts: Iterable[Sequence[Example]]) -> LinearModel:
    return fitted([name for text in texts for name in text], EVENT, {"event": NAMED})


def _names(outline: Outline, labels: Labelled) -> list[Example]:
    """Return what may be the name of the event, and whether it is."""
    event = letters(_plain(labels.event))

    def is_event(name: str) -> bool:
        alike = difflib.SequenceMatcher(None, event, name, autojunk=False).ratio()
        return bool(event) and (event == name or alike >= _SAME_NAME)

    return [
        Example(name.features, EVENT[is_event(name.letters)], labels.author, str(labels.file), labels.kind)
        for name in event_names(outline)
    ]


def _text(labels: Labelled, outline: Outline, names: list[Example], event: str | None) -> Text:
    lines = lines_of(outline.blocks)
    at = dict[int, int]()
    of_number = defaultdict[int, list[int]](list)
    for i, line in enumerate(lines):
        at.setdefault(line.number, i)
        of_number[line.number].append(i)
    roles = {at[number]: _ROLES[role] for number, role in labels.headings.items() if number in at}
    talks = defaultdict[int, list[LabelledTalk]](list)
    for talk in labels.talks:
        title = folded(talk.title[1])
        own = of_number[talk.title[0]]
        i = next((i for i in own if title in folded(lines[i].text)), own[0] if own else None)
        if i is None and len(title) >= _KNOWN:
            i = next((i for i, line in enumerate(lines) if i not in talks and title in folded(line.text)), None)
        if i is not None:
            talks[i].append(talk)
            roles[i] = "talk"
    chosen, told = features_of(outline, lines, event)
    examples = [
        Example(features, roles.get(i, "none"), labels.author, str(labels.file), labels.kind)
        for i, features in zip(chosen, told, strict=True)
    ]
    kept = [n for n, i in enumerate(chosen) if lines[i].number <= labels.last]
    tagged = [
        line
        for i, context in zip(sorted(talks), contexts_of(lines, sorted(talks)), strict=True)
        for line in zip(context.features, _wanted(lines, context, talks[i]), strict=False)
    ]
    return Text(labels, outline, lines, [chosen[n] for n in kept], [examples[n] for n in kept], tagged, names)


def _plain(text: str) -> str:
    """Return words without the marks of Markdown around them."""
    return _MARKUP.sub(lambda match: match[1] or "", text).strip()


def _wanted(lines: Sequence[Line], context: Context, talks: Sequence[LabelledTalk]) -> list[list[str]]:
    """Return the label of each piece of a talk's lines; none where its title is not found in them."""
    spans = defaultdict[int, list[tuple[str, str]]](list)
    for talk in talks:
        for name, told in (
            ("time", talk.time), ("track", talk.track), ("affiliation", talk.affiliations),
            ("speaker", talk.speakers), ("title", (talk.title,)),
        ):  # fmt: skip
            for line, text in told:
                spans[line].append((name, _plain(text)))
    wanted, titled = list[list[str]](), False
    for i, tokens in zip(context.lines, context.tokens, strict=True):
        text, own = lines[i].text, ["O"] * len(tokens)
        titles = [
            (begin, begin + len(words))
            for name, words in spans[lines[i].number]
            if name == "title" and (begin := text.find(words)) >= 0
        ]
        titled = titled or bool(titles)
        for name, words in spans[lines[i].number]:
            begin = text.find(words)
            for first, last in titles if name != "title" else ():
                if first <= begin < last and text.find(words, last) >= 0:
                    begin = text.find(words, last)
            if begin < 0 or not words:
                continue
            inside = [
                n
                for n, token in enumerate(tokens)
                if min(token.end, begin + len(words)) - max(token.begin, begin) > (token.end - token.begin) / 2
            ]
            for nth, n in enumerate(inside):
                own[n] = name if name in LABELS else f"{'I' if nth else 'B'}-{name}"
        wanted.append(own)
    return wanted if titled else []


def models(texts: Sequence[Text]) -> Models:
    """Return what is learned of texts."""
    return {
        "lines": fitted([one for text in texts for one in text.examples], ROLES),
        "lines_together": fitted(
            [one for text in texts for one in text.together],
            ROLES,
            {"talk": SURE, "talk beside talks": BESIDE, "row": ROW},
        ),
        "spans": fitted_tagger([one for text in texts for one in text.tagged], LABELS),
        "event": _event(text.names for text in texts),
    }


def tell_together(texts: Sequence[Text]) -> None:
    """Add what lines are among others, each by how likely models that never saw its author take them for talks."""
    likely, begin = left_out([one for text in texts for one in text.examples], ROLES), 0
    for text in texts:
        own = likely[begin : begin + len(text.chosen)]
        begin += len(text.chosen)
        features = features_together(text.lines, text.chosen, own)
        text.together = [replace(one, features=each) for one, each in zip(text.examples, features, strict=True)]


def _by_authors(texts: Sequence[Text]) -> Iterator[tuple[Models, list[Text]]]:
    """Yield what is learned of some authors, and the texts of the others."""
    folds = folds_of([text.labels.author for text in texts])
    for fold in range(FOLDS):
        known = [text for text, own in zip(texts, folds, strict=True) if own != fold]
        yield models(known), [text for text, own in zip(texts, folds, strict=True) if own == fold]


def _by_sets(texts: Sequence[Text]) -> Iterator[tuple[Models, list[Text]]]:
    """Yield what is learned of one set, and the texts of the other."""
    for kind in ("written", "notes"):
        yield (
            models([text for text in texts if text.labels.kind == kind]),
            [text for text in texts if text.labels.kind != kind],
        )


def measured(rounds: Iterable[tuple[Models, list[Text]]]) -> dict[str, dict[str, float]]:
    """Return by set how right reports are that are made with what is learned of others."""
    counts: dict[str, dict[str, list]] = defaultdict(lambda: defaultdict(list))
    for known, texts in rounds:
        with using(known):
            for text in texts:
                counts[text.labels.kind][text.labels.author].append(compared(report_of(text.outline), text.labels))
    figures = {}
    for kind, authors in counts.items():
        figures[kind] = dict[str, float]()
        for key in ("talks", "titles", "speakers", "events", "days"):
            every = [summed(one[key] for one in own) for own in authors.values()]
            hits, wanted, found = summed(every)
            scores = [f1(one) for one in every if one[1] or one[2]]
            figures[kind] |= {
                key: f1((hits, wanted, found)),
                f"{key}, precision": hits / max(found, 1),
                f"{key}, recall": hits / max(wanted, 1),
                f"{key}, mean of authors": sum(scores) / len(scores),
                f"{key}, worst author": min(scores),
            }
    return figures


def using(known: Models) -> ExitStack:
    """Return a context in which kb uses these models."""
    stack = ExitStack()
    stack.enter_context(patch("kb.talks.roles.load", known.__getitem__))
    stack.enter_context(patch("kb.talks.event.load", known.__getitem__))
    stack.enter_context(patch("kb.talks.spans.load_crf", known.__getitem__))
    return stack


if __name__ == "__main__":
    main(Path(sys.argv[1]))
