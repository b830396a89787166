"""What the lines of a talk tell: its title, who speaks, its track and time, by a tagger that reads them together."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from index.text import letters
from kb.learning import Features, load_tagger
from kb.talks.bylines import habit_of
from kb.talks.heading import TalkHeading, read_heading
from kb.talks.lines import Line
from kb.talks.names import names_in
from kb.talks.speakers import names_told
from kb.talks.tokens import Hint, Token, features_of_tokens, habits_of, spans, tokens_of
from kb.talks.words import folded

LABELS = ("O", "B-title", "I-title", "B-speaker", "I-speaker", "B-affiliation", "I-affiliation", "track", "time")
_FURTHER = 3  # lines below the title in which who speaks stands as a rule
_BEFORE, _FURTHER_TEXT = 80, 100  # characters of a line above and below that are read
_CLOCK = re.compile(r"(\d{1,2})\s*[:：時]\s*(\d{2})?")
_AFTERNOON = re.compile(r"午後|p\.?m", re.IGNORECASE)
_NOON, _HOUR = 12, 60
_LIKELY, _PERHAPS = 0.7, 0.4
_BRACKETS = (("【", "】"), ("「", "」"), ("『", "』"), ("[", "]"), ("(", ")"), ("（", "）"))
_AROUND = " \t\u3000@＠-–—:：/／|｜・,、"


@dataclass(frozen=True, slots=True)
class Context:
    """The lines of a talk that are read together: which they are, their pieces, and the features of each piece."""

    lines: tuple[int, ...]
    tokens: tuple[tuple[Token, ...], ...]
    features: list[list[Features]]


@dataclass(frozen=True, slots=True)
class TalkText:
    """A talk as its lines tell it; who may speak as well, but is not sure, is in `perhaps`."""

    title: str
    track: str | None
    start: str | None
    end: str | None
    speakers: tuple[str, ...]
    perhaps: tuple[tuple[int, str, float], ...] = ()


def contexts_of(lines: Sequence[Line], talks: Sequence[int]) -> list[Context]:
    """Return what is read of each talk, by the index of its title's line."""
    habit = habit_of([lines[i].text for i in talks])
    every = frozenset(talks)
    own = {i: tokens_of(lines[i].text) for i in talks}
    habits = habits_of([*own.values()])
    return [_context(lines, i, every, habit, habits) for i in talks]


def _context(
    lines: Sequence[Line], i: int, talks: Collection[int], habit: str | None, habits: Mapping[str, str]
) -> Context:
    places = [0]
    if i and i - 1 not in talks and len(lines[i - 1].text) <= _BEFORE:
        places.insert(0, -1)
    for place in range(1, _FURTHER + 1):
        if i + place >= len(lines) or i + place in talks or _begins_another(lines[i], lines[i + place]):
            break
        places.append(place)
    read = []
    for place in places:
        line = lines[i + place]
        text = line.text if place == 0 else line.text[:_FURTHER_TEXT]
        hints = [*_hints(text, read_heading(text, habit) if place == 0 else None)]
        tokens = tokens_of(text)
        read.append((str(place), "h" if line.level else line.type, tokens, hints))
    return Context(
        tuple(i + p for p in places),
        tuple(tuple(one[2]) for one in read),
        [list(line) for line in features_of_tokens(read, habits)],
    )


def _begins_another(title: Line, line: Line) -> bool:
    """Tell whether a line below a title is about something else: the next row, or a heading below what is none."""
    return line.type == title.type == "table" or (line.level > 0 and not title.level)


def _hints(text: str, read: TalkHeading | None) -> Iterator[Hint]:
    """Yield where patterns see a title, a track and names."""
    if read:
        at = text.find(read.title)
        behind = at + len(read.title)
        if at >= 0:
            yield at, behind, "whole" if read.title == text else "title"
        for name in read.speakers:
            begin = max(text.find(name, behind), text.find(name))
            if begin >= 0:
                yield begin, begin + len(name), "speaker"
        if read.track and (begin := text.find(read.track)) >= 0:
            yield begin, begin + len(read.track), "track"
    for how, name in names_told(text):
        if (begin := text.find(name)) >= 0:
            yield begin, begin + len(name), how


def talk_texts(lines: Sequence[Line], talks: Sequence[int]) -> list[TalkText]:
    """Return what the lines of each talk tell, by the index of its title's line."""
    contexts = contexts_of(lines, talks)
    tagger = load_tagger("spans")
    habit = habit_of([lines[i].text for i in talks])
    tagged = iter(tagger.tagged([line for context in contexts for line in context.features]))
    found = []
    for i, context in zip(talks, contexts, strict=True):
        told = [next(tagged) for _ in context.lines]
        labels = [[LABELS[at] for at in path] for path, _ in told]
        shares = [likely[range(len(path)), path].tolist() for path, likely in told]
        every = spans([lines[j].text for j in context.lines], context.tokens, labels, shares)
        named = [(name, context.lines[at], text, share) for name, at, text, share in every]
        found.append(_talk_text(lines, i, read_heading(lines[i].text, habit), named, context))
    return found


def _talk_text(
    lines: Sequence[Line], i: int, read: TalkHeading, told: Sequence[tuple[str, int, str, float]], context: Context
) -> TalkText:
    names = [(line, name, likely) for label, line, text, likely in told if label == "speaker" and (name := _name(text))]
    # Who is named beside somebody who surely speaks speaks as well.
    beside = {line for line, _, likely in names if likely >= _LIKELY}
    sure = tuple(dict.fromkeys(name for line, name, likely in names if line in beside and likely >= _PERHAPS))
    if not sure:
        sure = read.speakers or next(
            (tuple(names_in(name)) for j in context.lines if j > i for _, name in names_told(lines[j].text)), ()
        )
    titles = (text for label, line, text, _ in told if label == "title" and line == i and _is_balanced(text))
    title = next(titles, read.title)
    if read.title.endswith(title) and read.title.startswith(("[", "【")):
        title = read.title  # a tag before a title is a part of it
    track = next((text.strip("【】[]()（） ") for label, _, text, _ in told if label == "track"), read.track)
    times = [text for label, _, text, _ in told if label == "time"]
    start, end = _clocks(times[0]) if times and not read.start else (read.start, read.end)
    perhaps = tuple(
        (lines[line].number, name, likely) for line, name, likely in names if not sure and likely >= _PERHAPS
    )
    return TalkText(title.strip(_AROUND) or read.title, track or None, start, end, tuple(sure), perhaps)


def _is_balanced(text: str) -> bool:
    """Tell whether a text has as many closing brackets of each sort as opening ones: 「Keynote】基調講演」 is cut wrongly."""
    return all(text.count(opening) == text.count(closing) for opening, closing in _BRACKETS)


def _name(text: str) -> str:
    name = text.strip(_AROUND)
    return "" if letters(name) in folded("sites") | folded("no_names") or len(names_in(name)) == 0 else name


def _clocks(text: str) -> tuple[str | None, str | None]:
    later = _NOON if _AFTERNOON.search(text) else 0
    clocks = [(int(hour), int(minute or 0)) for hour, minute in _CLOCK.findall(text)[:2]]
    told = [f"{hour + later * (hour < _NOON):02d}:{minute:02d}" for hour, minute in clocks if minute < _HOUR]
    return (told[0] if told else None), (told[1] if len(told) > 1 else None)
