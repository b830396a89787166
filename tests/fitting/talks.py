"""Fit and measure the models of events, line roles and talk spans; `make fit` runs this."""

import difflib
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest.mock import patch

from labels import Labelled, LabelledTalk, compared, f1, folded, labelled, summed
from learner import Example, fitted, fitted_crf, folds_of, held_out, write

from index.text import letters
from kb.learning import ConditionalRandomField, Features, LinearModel
from kb.readers.formats import read_outline
from kb.report.outline import Outline
from kb.talks import report_of
from kb.talks.event import LABELS as EVENT_LABELS
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
_MIN_TITLE = 6  # letters by which a title is found if its line is unknown
# Inverse regularisation: the lines of an author are alike, so strong weights fit authors rather than talks.
ALONE, TOGETHER = 0.06, 0.03
# Thresholds of probabilities.
TALK = 0.55
TALK_BESIDE_TALKS = 0.3
ROW = 0.7  # of a table: of the less likely ones in unlabelled reports, ten of eighteen were wrong
EVENT = 0.45
_MIN_SIMILARITY = 0.85  # of two spellings of one name


LabelledLine = tuple[list[Features], list[str]]


@dataclass(slots=True)
class Text:
    """A report with its labels, and the examples in it."""

    labels: Labelled
    outline: Outline
    lines: list[Line]
    chosen: list[int]
    examples: list[Example]
    labelled_lines: list[LabelledLine]
    names: list[Example]
    together: list[Example] = field(default_factory=list)


Models = dict[str, LinearModel | ConditionalRandomField]


def main(folder: Path) -> None:
    """Fit on all authors, measure on held-out authors and on the other set, and write the models with their figures."""
    texts = read(folder)
    add_features_together(texts)
    figures = {
        f"{name}, {kind}": values
        for name, split in {"author left out": _by_authors, "other set": _by_sets}.items()
        for kind, values in measured(split(texts)).items()
    }
    for name, model in models(texts).items():
        write(name, model, figures)


def read(folder: Path) -> list[Text]:
    """Return the reports with their examples; their events are predicted by models that never saw them."""
    reports = labelled(folder)
    outlines = [read_outline(one.file.read_bytes(), one.file.name) for one in reports]
    names = [_names(outline, own) for outline, own in zip(outlines, reports, strict=True)]
    folds = folds_of([one.author for one in reports], FOLDS)
    texts = []
    for fold in range(FOLDS):
        models_: Models = {"event": _event(text for text, own in zip(names, folds, strict=True) if own != fold)}
        with using(models_):
            texts += [
                _text(reports[n], outlines[n], names[n], event_of(outlines[n]))
                for n, own in enumerate(folds)
                if own == fold
            ]
    return sorted(texts, key=lambda text: str(text.labels.file))


def _event(texts: Iterable[Sequence[Example]]) -> LinearModel:
    return fitted([name for text in texts for name in text], EVENT_LABELS, {"event": EVENT})


def _names(outline: Outline, labels: Labelled) -> list[Example]:
    """Return the candidates for the name of the event as examples."""
    event = letters(_plain(labels.event))

    def is_event(name: str) -> bool:
        similarity = difflib.SequenceMatcher(None, event, name, autojunk=False).ratio()
        return bool(event) and (event == name or similarity >= _MIN_SIMILARITY)

    return [
        Example(name.features, EVENT_LABELS[is_event(name.letters)], labels.author, str(labels.file), labels.kind)
        for name in event_names(outline)
    ]


def _text(labels: Labelled, outline: Outline, names: list[Example], event: str | None) -> Text:
    lines = lines_of(outline.blocks)
    of_number = defaultdict[int, list[int]](list)
    for i, line in enumerate(lines):
        of_number[line.number].append(i)
    for i, line in enumerate(lines):  # a heading of HTML goes over several lines
        for number in range(line.number, outline.blocks[line.block].last_line + 1):
            if number not in of_number:
                of_number[number].append(i)
            elif number > line.number:
                break
    at = {number: own[0] for number, own in of_number.items()}
    roles = {at[number]: _ROLES[role] for number, role in labels.headings.items() if number in at}
    talks = defaultdict[int, list[LabelledTalk]](list)
    for talk in labels.talks:
        title = folded(talk.title[1])
        own = of_number[talk.title[0]]
        i = next((i for i in own if title in folded(lines[i].text)), own[0] if own else None)
        if i is None and len(title) >= _MIN_TITLE:
            i = next((i for i, line in enumerate(lines) if i not in talks and title in folded(line.text)), None)
        if i is not None:
            talks[i].append(talk)
            roles[i] = "talk"
    chosen, line_features = features_of(outline, lines, event)
    examples = [
        Example(features, roles.get(i, "none"), labels.author, str(labels.file), labels.kind)
        for i, features in zip(chosen, line_features, strict=True)
    ]
    read_by_reader = [n for n, i in enumerate(chosen) if lines[i].number <= labels.last]
    labelled_lines = [
        line
        for i, context in zip(sorted(talks), contexts_of(lines, sorted(talks)), strict=True)
        for line in zip(context.features, _bio_labels(lines, context, talks[i]), strict=False)
    ]
    return Text(
        labels,
        outline,
        lines,
        [chosen[n] for n in read_by_reader],
        [examples[n] for n in read_by_reader],
        labelled_lines,
        names,
    )


def _plain(text: str) -> str:
    """Return a text without Markdown."""
    return _MARKUP.sub(lambda match: match[1] or "", text).strip()


def _bio_labels(lines: Sequence[Line], context: Context, talks: Sequence[LabelledTalk]) -> list[list[str]]:
    """Return the label of each token of a talk's lines; an empty list if they do not have its title."""
    spans = defaultdict[int, list[tuple[str, str]]](list)
    for talk in talks:
        for name, places in (
            ("time", talk.time), ("track", talk.track), ("affiliation", talk.affiliations),
            ("speaker", talk.speakers), ("title", (talk.title,)),
        ):  # fmt: skip
            for line, text in places:
                spans[line].append((name, _plain(text)))
    bio_labels, titled = list[list[str]](), False
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
        bio_labels.append(own)
    return bio_labels if titled else []


def models(texts: Sequence[Text]) -> Models:
    """Return the models of texts."""
    return {
        "lines": fitted([one for text in texts for one in text.examples], ROLES, strength=ALONE),
        "lines_together": fitted(
            [one for text in texts for one in text.together],
            ROLES,
            {"talk": TALK, "talk beside talks": TALK_BESIDE_TALKS, "row": ROW},
            strength=TOGETHER,
        ),
        "spans": fitted_crf([one for text in texts for one in text.labelled_lines], LABELS),
        "event": _event(text.names for text in texts),
    }


def add_features_together(texts: Sequence[Text]) -> None:
    """Add the examples of the second model of roles, by the predictions of the first for held-out authors."""
    predicted, begin = held_out([one for text in texts for one in text.examples], ROLES, strength=ALONE), 0
    for text in texts:
        own = predicted[begin : begin + len(text.chosen)]
        begin += len(text.chosen)
        features = features_together(text.lines, text.chosen, own)
        text.together = [replace(one, features=each) for one, each in zip(text.examples, features, strict=True)]


def _by_authors(texts: Sequence[Text]) -> Iterator[tuple[Models, list[Text]]]:
    """Yield models of some authors, and the texts of the others."""
    folds = folds_of([text.labels.author for text in texts], FOLDS)
    for fold in range(FOLDS):
        training = [text for text, own in zip(texts, folds, strict=True) if own != fold]
        yield models(training), [text for text, own in zip(texts, folds, strict=True) if own == fold]


def _by_sets(texts: Sequence[Text]) -> Iterator[tuple[Models, list[Text]]]:
    """Yield the models of one set, and the texts of the other."""
    for kind in ("written", "notes"):
        yield (
            models([text for text in texts if text.labels.kind == kind]),
            [text for text in texts if text.labels.kind != kind],
        )


def measured(rounds: Iterable[tuple[Models, list[Text]]]) -> dict[str, dict[str, float]]:
    """Return the figures of reports made with models of other reports, by set."""
    counts: dict[str, dict[str, list]] = defaultdict(lambda: defaultdict(list))
    for models_, texts in rounds:
        with using(models_):
            for text in texts:
                counts[text.labels.kind][text.labels.author].append(compared(report_of(text.outline), text.labels))
    figures = {}
    for kind, authors in counts.items():
        figures[kind] = dict[str, float]()
        for key in ("talks", "titles", "speakers", "events", "days"):
            every = [summed(one[key] for one in own) for own in authors.values()]
            hits, relevant, retrieved = summed(every)
            scores = [f1(one) for one in every if one[1] or one[2]]
            figures[kind] |= {
                key: f1((hits, relevant, retrieved)),
                f"{key}, precision": hits / max(retrieved, 1),
                f"{key}, recall": hits / max(relevant, 1),
                f"{key}, mean of authors": sum(scores) / len(scores),
                f"{key}, worst author": min(scores),
            }
    return figures


def using(models_: Models) -> ExitStack:
    """Return a context in which kb uses these models."""
    stack = ExitStack()
    stack.enter_context(patch("kb.talks.roles.load", models_.__getitem__))
    stack.enter_context(patch("kb.talks.event.load", models_.__getitem__))
    stack.enter_context(patch("kb.talks.spans.load_crf", models_.__getitem__))
    return stack


if __name__ == "__main__":
    main(Path(sys.argv[1]))
