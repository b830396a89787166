"""The title, speakers, track and time of each talk, by sequence labelling of its lines.

Input: the line of a talk's title, the line above it and up to three below, as tokens with features (`tokens.py`).
Model: a conditional random field, which gives each token a BIO label.
Output: the labelled spans; for parts without a label, the matches of patterns (`talk_patterns.py`).
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from index.text import letters
from kb.learning import Features, load_crf
from kb.talks.lines import Line
from kb.talks.talk_patterns import TalkHeading, byline_style, names_in, read_heading, speaker_names
from kb.talks.tokens import Hint, LineTokens, Token, features_of_tokens, tokens_of, usual_separators
from kb.talks.words import folded, words

LABELS = ("O", "B-title", "I-title", "B-speaker", "I-speaker", "B-affiliation", "I-affiliation", "track", "time")
_SPEAKER = [LABELS.index("B-speaker"), LABELS.index("I-speaker")]
_MAX_LINES_BELOW = 3  # lines below the title; speakers are rarely named further down
_MAX_LINE_ABOVE, _MAX_LINE_BELOW = 80, 100  # characters
_CLOCK = re.compile(r"(\d{1,2})\s*[:：時]\s*(\d{2})?")
_AFTERNOON = re.compile(r"午後|p\.?m", re.IGNORECASE)
_NOON, _MINUTES = 12, 60
_MIN_SPEAKER = 0.7  # probability of a speaker; half of those from 0.4 on are wrong
_MIN_POSSIBLE_SPEAKER = 0.4
_MIN_BY_PATTERN = 0.05  # probability of a speaker whom a pattern finds, too
# Between a name and another name or the company of the same person: 山田 花子 (@hanako), Taiga Jo / Google Cloud
_SAME_PERSON = re.compile(r"(?:\s?(?:さん|氏|様|先生))?\s*(?:[(（\[]\s*[@＠]?|[@＠]|(?<=\s)[/／|｜](?=\s))\s*")
_LISTED = re.compile(r"(?:\s?(?:さん|氏|様))?\s*(?:[・、,，&＆と]|and)\s*")  # between the names of two persons
_BRACKETS = (("【", "】"), ("「", "」"), ("『", "』"), ("[", "]"), ("(", ")"), ("（", "）"))
_DIGIT = re.compile(r"\d")
_NO_SPEAKERS = folded("sites") | folded("no_names")
_NOBODY = tuple(word for word in words("nobody") if len(word) > 1)  # 部 and 社 end names, too: 阿部
_TRIM = " \t\u3000@＠-–—:：/／|｜・,、"


@dataclass(frozen=True, slots=True)
class Context:
    """The lines of a talk that are labelled together."""

    lines: tuple[int, ...]  # indices
    tokens: tuple[tuple[Token, ...], ...]
    features: list[list[Features]]  # of each token of each line
    heading: TalkHeading  # the title's line as patterns read it


@dataclass(frozen=True, slots=True)
class TalkText:
    """The title, track, times and speakers of a talk, as text."""

    title: str
    track: str | None
    start: str | None
    end: str | None
    speakers: tuple[str, ...]
    candidates: tuple[tuple[int, str, float], ...] = ()  # possible speakers: line number, name, probability


class Span(NamedTuple):
    """A part of a line with one label."""

    label: str
    line: int  # index
    begin: int
    text: str
    probability: float  # of its least probable token


def talk_texts(lines: Sequence[Line], talks: Sequence[int]) -> list[TalkText]:
    """Return the text of each talk, by the index of its title's line."""
    contexts = contexts_of(lines, talks)
    predictions = iter(load_crf("spans").predict([line for context in contexts for line in context.features]))
    texts = []
    for i, context in zip(talks, contexts, strict=True):
        spans, of_speakers = list[Span](), dict[int, list[float]]()
        for j, tokens in zip(context.lines, context.tokens, strict=True):
            path, marginals = next(predictions)
            probabilities = marginals[range(len(path)), path].tolist()
            spans += _spans(j, lines[j].text, tokens, [LABELS[at] for at in path], probabilities)
            of_speakers[j] = marginals[:, _SPEAKER].sum(axis=1).tolist()
        texts.append(_talk_text(lines, i, context, spans, of_speakers))
    return texts


def _spans(
    line: int, text: str, tokens: Sequence[Token], labels: Sequence[str], probabilities: Sequence[float]
) -> Iterator[Span]:
    """Yield the spans of a line: successive tokens of one label, up to the next `B-`."""
    span_label, begin, end, lowest = "O", 0, 0, 1.0
    for token, bio_label, probability in zip(tokens, labels, probabilities, strict=True):
        label = bio_label.removeprefix("B-").removeprefix("I-")
        if label == span_label and not bio_label.startswith("B-"):
            end, lowest = token.end, min(lowest, probability)
        else:
            if span_label != "O":
                yield Span(span_label, line, begin, text[begin:end].strip(), lowest)
            span_label, begin, end, lowest = label, token.begin, token.end, probability
    if span_label != "O":
        yield Span(span_label, line, begin, text[begin:end].strip(), lowest)


def _talk_text(
    lines: Sequence[Line],
    i: int,
    context: Context,
    spans: Sequence[Span],
    of_speakers: Mapping[int, Sequence[float]],
) -> TalkText:
    """Return the text of a talk; `of_speakers` are the probabilities of each line's tokens to be of a speaker."""
    heading = context.heading
    named = [(span, span.text.strip(_TRIM)) for span in spans if span.label == "speaker"]
    named = [(span, name) for span, name in named if _may_be_speaker(name)]
    possible = [(span, name) for span, name in named if span.probability >= _MIN_POSSIBLE_SPEAKER]
    speakers = tuple(dict.fromkeys(_sure_speakers(lines, possible)))
    if not speakers:
        tokens = dict(zip(context.lines, context.tokens, strict=True))
        by_patterns = [(i, heading.speakers)]
        by_patterns += ((j, names_in(name)) for j in context.lines if j > i for _, name in speaker_names(lines[j].text))
        likely = (
            tuple(
                name
                for name in names
                if _may_be_speaker(name) and _is_likely(lines[j].text, name, tokens[j], of_speakers[j])
            )
            for j, names in by_patterns
        )
        speakers = next(filter(None, likely), ())
    by_label = {label: [span.text for span in spans if span.label == label] for label in ("track", "time")}
    titles = (span.text for span in spans if span.label == "title" and span.line == i)
    # A title with an unbalanced bracket was cut wrongly: 「Keynote】基調講演」.
    balanced = (text for text in titles if all(text.count(left) == text.count(right) for left, right in _BRACKETS))
    title = next(balanced, heading.title)
    if heading.title.endswith(title) and heading.title.startswith(("[", "【")):
        title = heading.title  # a tag before a title is a part of it
    inner = read_heading(title)
    if inner.title and _DIGIT.search(inner.track or ""):
        title = inner.title  # a number or code is not: GH-1, LT2
    track = by_label["track"][0].strip("【】[]()（） ") if by_label["track"] else heading.track
    start, end = heading.start, heading.end
    if by_label["time"] and not start:
        start, end = _clocks(by_label["time"][0])
    candidates = () if speakers else tuple((lines[s.line].number, name, s.probability) for s, name in possible)
    return TalkText(title.strip(_TRIM) or heading.title, track or None, start, end, speakers, candidates)


def _may_be_speaker(name: str) -> bool:
    return letters(name) not in _NO_SPEAKERS and bool(names_in(name)) and not name.endswith(_NOBODY)


def _sure_speakers(lines: Sequence[Line], possible: Sequence[tuple[Span, str]]) -> Iterator[str]:
    """Yield the names of probable speakers and of those who are listed with one, each person once."""
    lists, line, end = list[list[tuple[Span, str]]](), -1, 0
    for span, name in possible:
        between = lines[line].text[end : span.begin] if span.line == line else None
        if between is not None and _SAME_PERSON.fullmatch(between):
            continue
        if between is None or not _LISTED.fullmatch(between):
            lists.append([])
        lists[-1].append((span, name))
        line, end = span.line, span.begin + len(span.text)
    for listed in lists:
        if any(span.probability >= _MIN_SPEAKER for span, _ in listed):
            yield from (name for _, name in listed)


def _is_likely(text: str, name: str, tokens: Sequence[Token], of_speaker: Sequence[float]) -> bool:
    """Return whether the model does not rule out a name that a pattern found in a line."""
    begin = text.find(name)
    inside = [
        probability
        for token, probability in zip(tokens, of_speaker, strict=True)
        if token.begin < begin + len(name) and begin < token.end and not token.text.isspace()
    ]
    return begin >= 0 and min(inside, default=0.0) >= _MIN_BY_PATTERN


def contexts_of(lines: Sequence[Line], talks: Sequence[int]) -> list[Context]:
    """Return the context of each talk, by the index of its title's line."""
    style = byline_style([lines[i].text for i in talks])
    separators = usual_separators([tokens_of(lines[i].text) for i in talks])
    titles = frozenset(talks)
    return [_context(lines, i, titles, read_heading(lines[i].text, style), separators) for i in talks]


def _context(
    lines: Sequence[Line], i: int, titles: Collection[int], heading: TalkHeading, separators: Mapping[str, str]
) -> Context:
    above = [i - 1] if i and i - 1 not in titles and len(lines[i - 1].text) <= _MAX_LINE_ABOVE else []
    read = []
    for j in [*above, *range(i, min(i + _MAX_LINES_BELOW + 1, len(lines)))]:
        line, is_title = lines[j], j == i
        is_next_row = line.type == lines[i].type == "table"
        is_heading_below_text = line.level > 0 and not lines[i].level
        if j > i and (j in titles or is_next_row or is_heading_below_text):
            break  # it is about something else
        text = line.text if is_title else line.text[:_MAX_LINE_BELOW]
        names = ((text.find(name), name, pattern) for pattern, name in speaker_names(text))
        hints = [*_title_hints(text, heading)] if is_title else []
        hints += [(begin, begin + len(name), pattern) for begin, name, pattern in names if begin >= 0]
        read.append(LineTokens(j - i, "h" if line.level else line.type, tuple(tokens_of(text)), tuple(hints)))
    return Context(
        tuple(i + line.place for line in read),
        tuple(line.tokens for line in read),
        [list(features_of_tokens(line, separators)) for line in read],
        heading,
    )


def _title_hints(text: str, heading: TalkHeading) -> Iterator[Hint]:
    """Yield the places of the title, the speakers and the track that patterns find."""
    begin = text.find(heading.title)
    end = begin + len(heading.title)
    if begin >= 0:
        yield begin, end, "whole" if heading.title == text else "title"
    for name in heading.speakers:
        begin = max(text.find(name, end), text.find(name))
        if begin >= 0:
            yield begin, begin + len(name), "speaker"
    if heading.track and (begin := text.find(heading.track)) >= 0:
        yield begin, begin + len(heading.track), "track"


def _clocks(text: str) -> tuple[str | None, str | None]:
    """Return the first two times of a text as `HH:MM`."""
    offset = _NOON if _AFTERNOON.search(text) else 0
    clocks = [(int(hour), int(minute or 0)) for hour, minute in _CLOCK.findall(text)[:2]]
    times = [f"{hour + offset * (hour < _NOON):02d}:{minute:02d}" for hour, minute in clocks if minute < _MINUTES]
    return (times[0] if times else None), (times[1] if len(times) > 1 else None)
