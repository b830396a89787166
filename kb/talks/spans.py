"""What the lines of a talk tell: its title, who speaks, its track and time, by a tagger that reads them together."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from index.text import letters
from kb.learning import Features, load_crf
from kb.talks.heading import TalkHeading, byline_style, read_heading
from kb.talks.lines import Line
from kb.talks.speakers import names_in, speaker_names
from kb.talks.tokens import Hint, LineTokens, Token, features_of_tokens, tokens_of, usual_separators
from kb.talks.words import folded

LABELS = ("O", "B-title", "I-title", "B-speaker", "I-speaker", "B-affiliation", "I-affiliation", "track", "time")
_FURTHER = 3  # lines below the title in which who speaks stands as a rule
_BEFORE, _FURTHER_TEXT = 80, 100  # characters of a line above and below that are read
_CLOCK = re.compile(r"(\d{1,2})\s*[:：時]\s*(\d{2})?")
_AFTERNOON = re.compile(r"午後|p\.?m", re.IGNORECASE)
_NOON, _HOUR = 12, 60
_SURE, _PERHAPS = 0.7, 0.4  # probabilities that somebody speaks, and that somebody beside such a one does
_BRACKETS = (("【", "】"), ("「", "」"), ("『", "』"), ("[", "]"), ("(", ")"), ("（", "）"))
_NO_SPEAKERS = folded("sites") | folded("no_names")
_TRIM = " \t\u3000@＠-–—:：/／|｜・,、"


@dataclass(frozen=True, slots=True)
class Context:
    """The lines of a talk that are read together, by their index, and how patterns read the first, its title."""

    lines: tuple[int, ...]
    tokens: tuple[tuple[Token, ...], ...]
    features: list[list[Features]]  # of each token of each line
    heading: TalkHeading


@dataclass(frozen=True, slots=True)
class TalkText:
    """A talk as its lines tell it; `candidates` may speak as well: each the number of a line, a name, how likely."""

    title: str
    track: str | None
    start: str | None
    end: str | None
    speakers: tuple[str, ...]
    candidates: tuple[tuple[int, str, float], ...] = ()


class Span(NamedTuple):
    """A part of a line with one label, and the probability of its least likely token; `line` is an index."""

    label: str
    line: int
    text: str
    probability: float


def contexts_of(lines: Sequence[Line], talks: Sequence[int]) -> list[Context]:
    """Return what is read of each talk, by the index of its title's line."""
    style = byline_style([lines[i].text for i in talks])
    separators = usual_separators([tokens_of(lines[i].text) for i in talks])
    every = frozenset(talks)
    return [_context(lines, i, every, read_heading(lines[i].text, style), separators) for i in talks]


def _context(
    lines: Sequence[Line], i: int, talks: Collection[int], heading: TalkHeading, separators: Mapping[str, str]
) -> Context:
    above = [i - 1] if i and i - 1 not in talks and len(lines[i - 1].text) <= _BEFORE else []
    read = []
    for j in [*above, *range(i, min(i + _FURTHER + 1, len(lines)))]:
        line, is_title = lines[j], j == i
        below_row, below_text = line.type == lines[i].type == "table", line.level > 0 and not lines[i].level
        if j > i and (j in talks or below_row or below_text):
            break  # the next row, or a heading below what is none, is about something else
        text = line.text if is_title else line.text[:_FURTHER_TEXT]
        named = ((text.find(name), name, how) for how, name in speaker_names(text))
        hints = [*_title_hints(text, heading)] if is_title else []
        hints += [(begin, begin + len(name), how) for begin, name, how in named if begin >= 0]
        read.append(LineTokens(j - i, "h" if line.level else line.type, tuple(tokens_of(text)), tuple(hints)))
    return Context(
        tuple(i + line.place for line in read),
        tuple(line.tokens for line in read),
        [list(features_of_tokens(line, separators)) for line in read],
        heading,
    )


def _title_hints(text: str, heading: TalkHeading) -> Iterator[Hint]:
    """Yield where patterns see a title, who speaks, and a track."""
    at = text.find(heading.title)
    behind = at + len(heading.title)
    if at >= 0:
        yield at, behind, "whole" if heading.title == text else "title"
    for name in heading.speakers:
        begin = max(text.find(name, behind), text.find(name))
        if begin >= 0:
            yield begin, begin + len(name), "speaker"
    if heading.track and (begin := text.find(heading.track)) >= 0:
        yield begin, begin + len(heading.track), "track"


def talk_texts(lines: Sequence[Line], talks: Sequence[int]) -> list[TalkText]:
    """Return what the lines of each talk tell, by the index of its title's line."""
    contexts = contexts_of(lines, talks)
    tagged = iter(load_crf("spans").predict([line for context in contexts for line in context.features]))
    found = []
    for i, context in zip(talks, contexts, strict=True):
        spans = list[Span]()
        for j, tokens in zip(context.lines, context.tokens, strict=True):
            path, probabilities = next(tagged)
            shares = probabilities[range(len(path)), path].tolist()
            spans += _spans(j, lines[j].text, tokens, [LABELS[at] for at in path], shares)
        found.append(_talk_text(lines, i, context, spans))
    return found


def _spans(
    line: int, text: str, tokens: Sequence[Token], labels: Sequence[str], probabilities: Sequence[float]
) -> Iterator[Span]:
    """Yield what is labelled in a line: tokens of one label up to where another of it begins."""
    name, begin, end, least = "O", 0, 0, 1.0
    for token, label, share in zip(tokens, labels, probabilities, strict=True):
        own = label.removeprefix("B-").removeprefix("I-")
        if own == name and not label.startswith("B-"):
            end, least = token.end, min(least, share)
        else:
            if name != "O":
                yield Span(name, line, text[begin:end].strip(), least)
            name, begin, end, least = own, token.begin, token.end, share
    if name != "O":
        yield Span(name, line, text[begin:end].strip(), least)


def _talk_text(lines: Sequence[Line], i: int, context: Context, spans: Sequence[Span]) -> TalkText:
    heading = context.heading
    named = [(span, span.text.strip(_TRIM)) for span in spans if span.label == "speaker"]
    named = [(span, name) for span, name in named if letters(name) not in _NO_SPEAKERS and names_in(name)]
    # Who is named beside somebody who surely speaks speaks as well.
    sure_lines = {span.line for span, _ in named if span.probability >= _SURE}
    likely = [(span, name) for span, name in named if span.probability >= _PERHAPS]
    speakers = tuple(dict.fromkeys(name for span, name in likely if span.line in sure_lines)) or heading.speakers
    if not speakers:
        told = (names_in(name) for j in context.lines if j > i for _, name in speaker_names(lines[j].text))
        speakers = next(told, ())
    by_label = {label: [span.text for span in spans if span.label == label] for label in ("track", "time")}
    titles = (span.text for span in spans if span.label == "title" and span.line == i)
    # A title with a bracket that is open or only closed is cut wrongly: 「Keynote】基調講演」.
    balanced = (text for text in titles if all(text.count(one) == text.count(other) for one, other in _BRACKETS))
    title = next(balanced, heading.title)
    if heading.title.endswith(title) and heading.title.startswith(("[", "【")):
        title = heading.title  # a tag before a title is a part of it
    track = by_label["track"][0].strip("【】[]()（） ") if by_label["track"] else heading.track
    start, end = heading.start, heading.end
    if by_label["time"] and not start:
        start, end = _clocks(by_label["time"][0])
    candidates = () if speakers else tuple((lines[s.line].number, name, s.probability) for s, name in likely)
    return TalkText(title.strip(_TRIM) or heading.title, track or None, start, end, speakers, candidates)


def _clocks(text: str) -> tuple[str | None, str | None]:
    """Return the first times of a text as `HH:MM`."""
    later = _NOON if _AFTERNOON.search(text) else 0
    clocks = [(int(hour), int(minute or 0)) for hour, minute in _CLOCK.findall(text)[:2]]
    times = [f"{hour + later * (hour < _NOON):02d}:{minute:02d}" for hour, minute in clocks if minute < _HOUR]
    return (times[0] if times else None), (times[1] if len(times) > 1 else None)
