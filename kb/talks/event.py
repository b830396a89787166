"""The event that a report is about, by a tagger that reads its first lines, or by its number where that is unsure."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from kb.learning import Features, load_tagger
from kb.report.outline import Outline
from kb.talks.event_words import NUMBERED, Event, event_by_words
from kb.talks.lines import LINE, lines_of
from kb.talks.tokens import Hint, Token, features_of_tokens, habits_of, spans, tokens_of
from kb.talks.words import any_of

LABELS = ("O", "B-event", "I-event")
_BEGINS = LABELS.index("B-event")
_LINES, _BLOCKS = 10, 40  # in which an event is named, if anywhere
_TITLES = ("event", "title", "subject")
_LONGEST = 80  # characters of a line that are read
_TELLING = 3  # letters of a word that says something in a file's name
_FAR = 5  # places of lines that are told apart
_HINTS: Mapping[str, re.Pattern[str]] = {
    "event word": re.compile(any_of("event"), re.IGNORECASE),
    "going": re.compile(any_of("going")),
    "reporting": re.compile(any_of("reporting")),
    "numbered": NUMBERED,
    "date": re.compile(r"(?:20\d\d\s*[-/.年]\s*)?\d{1,2}\s*[-/.月]\s*\d{1,2}日?(?:\s*[(（][^)）]{1,5}[)）])?"),
    "when": re.compile(any_of("when"), re.IGNORECASE),
    "another day": re.compile(any_of("other_days")),
    "quoted": re.compile(r"[「『【][^」』】]{3,60}[」』】]"),
    "hashtag": re.compile(r"#\w+"),
    "time": re.compile(r"\d{1,2}[:：]\d\d"),
}


@dataclass(frozen=True, slots=True)
class Opening:
    """The lines in which an event is named as a rule, their pieces, and the features of each piece."""

    lines: tuple[str, ...]
    tokens: tuple[tuple[Token, ...], ...]
    features: list[list[Features]]


def event_of(outline: Outline) -> Event | None:
    """Return the event that a report is about, or None where nothing names one surely."""
    given = dict(outline.metadata).get("event", "").strip()
    if given:
        return Event(given, visited=True)
    opening, tagger = opening_of(outline), load_tagger("event")
    told = tagger.tagged(opening.features)
    labels = [[LABELS[at] for at in path] for path, _ in told]
    shares = [likely[range(len(path)), path].tolist() for path, likely in told]
    named = [(share, name) for _, _, name, share in spans(opening.lines, opening.tokens, labels, shares)]
    share, name = max(named, key=lambda one: one[0], default=(0.0, ""))
    if name and share >= tagger.thresholds["event"]:
        return Event(name, visited=True)
    begins = max((likely[:, _BEGINS].max() for _, likely in told if len(likely)), default=0.0)
    event = event_by_words(outline) if begins >= tagger.thresholds["numbered"] else None
    return event if event and NUMBERED.search(event.name) else None


def opening_of(outline: Outline) -> Opening:
    """Return what is read of an outline to find its event."""
    lines = list(_lines(outline))
    tokens = [tuple(tokens_of(text)) for _, text in lines]
    counts = Counter(word for own in tokens for word in {token.text.lower() for token in own})
    file, pattern = outline.source.lower(), event_by_words(outline)
    rows = [
        (str(min(place, _FAR)), sort, own, [*_hints(text, pattern)])
        for place, ((sort, text), own) in enumerate(zip(lines, tokens, strict=True))
    ]
    features = features_of_tokens(rows, habits_of([]))
    for token, one in zip(chain(*tokens), chain(*features), strict=True):
        word = token.text.lower()
        one.extend(["repeated"] if len(word) > 1 and counts[word] > 1 else ())
        one.extend(["in the file's name"] if len(word) >= _TELLING and word in file else ())
    return Opening(tuple(text for _, text in lines), tuple(tokens), [list(line) for line in features])


def _lines(outline: Outline) -> Iterator[tuple[str, str]]:
    metadata = dict(outline.metadata)
    titles = [(f"metadata {key}", metadata[key][:LINE]) for key in _TITLES if metadata.get(key)]
    yield from titles or ([("title", outline.title[:LINE])] if outline.title else [])
    front = next((block for block in outline.blocks if block.type == "front-matter"), None)
    if front and "title" not in metadata:
        yield from (("front matter", line[:LINE]) for line in front.text.split("\n")[:_LINES] if line.strip())
    for line in lines_of(outline.blocks[:_BLOCKS])[:_LINES]:
        yield f"h{line.level}" if line.level else line.type, line.text[:_LONGEST]


def _hints(text: str, pattern: Event | None) -> Iterator[Hint]:
    for name, one in _HINTS.items():
        yield from ((match.start(), match.end(), name) for match in one.finditer(text))
    if pattern and (begin := text.find(pattern.name)) >= 0:
        yield begin, begin + len(pattern.name), "pattern, visited" if pattern.visited else "pattern"
