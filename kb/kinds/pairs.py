"""Which note remedies which problem, and which answers which question.

A remedy says so: it stands behind an arrow, under a label such as 対策, gives the trouble as its reason, or is advice
under the problem. What stands under a question answers it; in a part of questions and answers, what follows it does.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from msgspec.structs import replace

from index.analysis import Morpheme
from kb.kinds.patterns import Pattern, PatternBook, pattern, stands_at
from kb.kinds.rules import kind_of
from kb.kinds.sentences import READ_SO_FAR, Sentence, sentences
from kb.report.model import Kind, Note, Report, State

_QUESTIONS = re.compile(r"質問|質疑|Q\s*[&＆]\s*A|FAQ", re.IGNORECASE)
_ASKED = re.compile(r"[?？]|^\W*Q\d*[.:：]|なぜ|何|なに|なん|どう|どこ|どれ|どの|誰|いつ|いくつ")
_REMEDIES = ("対策", "解決", "解決策", "対応", "対応策", "対処", "対処法", "改善", "改善策", "回避", "回避策")
_LABELLED = re.compile(rf"\s*[【\[(（]?(?:{'|'.join(_REMEDIES)})(?:方法)?\s*[】\])）:：]")
# What one of the signs in a note itself begins with; most notes have none, and are not cut into sentences for it.
_SIGNS = re.compile(r"[-ー=]{1,2}[>＞]|[→⇒➡⇨]|策|工夫|対処|解決|回避|改善|ので|んで|から|防|避|しか")
_FEW = 3  # sentences up to which a note that gives trouble as a reason is taken to tell what was done about it
_REMEDY = 0.5  # how likely a remedy is advice at least: of 41 that careful readers found, 20 are
_LIKELY = 0.3  # how likely advice must be where it is said to be against a problem: less than to be called so

ARROW_FIRST = re.compile(r"\s*(?:[-ー=]{1,2}[>＞]|[→⇒➡⇨])")
"""How a note begins that goes on from another."""

PROBLEMS: tuple[State, State] = ("solved", "unsolved")
QUESTIONS: tuple[State, State] = ("answered", "unanswered")
"""What a problem and what a question may be: settled, or open."""

_Reply: TypeAlias = Callable[[Note], str | None]  # what a note replies to


@dataclass(frozen=True, slots=True)
class Pair:
    """A problem and its remedies, or a question and its answers. A note that holds both is among its own replies."""

    note: Note
    replies: tuple[Note, ...]
    is_open: bool  # 未解決: nothing replies to it, nor to a note that stands under it


def problems(notes: Sequence[Note]) -> tuple[Pair, ...]:
    """Return the problems among notes, each with its remedies, in reading order."""
    return _pairs(notes, *PROBLEMS, lambda note: note.remedy_of)


def questions(notes: Sequence[Note]) -> tuple[Pair, ...]:
    """Return the questions among notes, each with its answers, in reading order."""
    return _pairs(notes, *QUESTIONS, lambda note: note.answers)


def _pairs(notes: Sequence[Note], settled: State, unsettled: State, replies_to: _Reply) -> tuple[Pair, ...]:
    replies: dict[str | None, list[Note]] = defaultdict(list)
    for note in notes:
        replies[replies_to(note)].append(note)
    return tuple(
        Pair(note, tuple(replies[note.id]), unsettled in note.states)
        for note in notes
        if settled in note.states or unsettled in note.states
    )


def pair(report: Report, analysis: Mapping[str, Sequence[Morpheme]]) -> Report:
    """Return the report with `remedy_of` and `answers` set on what remedies or answers, and `states` on what they do.

    Kinds are known. `analysis` holds the morphemes of each note's text, by the text.
    """
    return replace(report, notes=tuple(_with_states(tuple(_paired(report.notes, analysis)))))


def _with_states(notes: Sequence[Note]) -> Iterator[Note]:
    remedied = _states(notes, "problem", *PROBLEMS, lambda note: note.remedy_of)
    answered = _states(notes, "question", *QUESTIONS, lambda note: note.answers)
    for note in notes:
        states = tuple(found[note.id] for found in (remedied, answered) if note.id in found)
        yield replace(note, states=states) if states else note


def _states(
    notes: Sequence[Note], kind: Kind, settled: State, unsettled: State, replies_to: _Reply
) -> Mapping[str, State]:
    """Return the state of each note of a kind, and of each that another replies to, by id."""
    asked = {reply for note in notes if (reply := replies_to(note))}
    done = set(asked)
    for note in reversed(notes):  # a problem is solved when one under it is
        if note.id in done and note.parent:
            done.add(note.parent)
    return {
        note.id: settled if note.id in done else unsettled for note in notes if note.kind == kind or note.id in asked
    }


def _paired(notes: Sequence[Note], analysis: Mapping[str, Sequence[Morpheme]]) -> Iterator[Note]:
    family, questions = _Family(notes, analysis), _Questions()
    for note in notes:
        remedied = None
        if note.kind not in ("question", "label"):
            signed = _SIGNS.search(note.text, 0, READ_SO_FAR) and _holds_both(family.sentences(note))
            remedied = note.id if signed else _remedied(note, family)
        questions.take(note)
        answered = note.answers or _answered(note, family, questions)
        advice = max(note.advice, _REMEDY) if remedied else note.advice
        if (remedied, answered, advice) == (note.remedy_of, note.answers, note.advice):
            yield note  # as nearly all are: to make each anew takes a sixth of the time
        else:
            yield replace(note, remedy_of=remedied, answers=answered, advice=advice)


class _Family:
    """Who stands above, before and under whom in a report."""

    def __init__(self, notes: Sequence[Note], analysis: Mapping[str, Sequence[Morpheme]]) -> None:
        self._analysis = analysis
        self._telling: dict[str, bool] = {}
        self._by_id = {note.id: note for note in notes}
        self._beside: dict[str, list[Note]] = defaultdict(list)
        self._previous: dict[str, Note] = {}
        self._over_problems = {note.parent for note in notes if note.kind == "problem"}
        for note in notes:
            beside = self._beside[_place(note)]
            if beside:
                self._previous[note.id] = beside[-1]
            beside.append(note)

    def parent(self, note: Note) -> Note | None:
        """Return the bullet a note stands under."""
        return self._by_id.get(note.parent or "")

    def children(self, note: Note) -> Sequence[Note]:
        """Return the notes right under a note."""
        return self._beside.get(note.id, ())

    def has_problem(self, note: Note) -> bool:
        """Tell whether a problem stands right under a note."""
        return note.id in self._over_problems

    def sentences(self, note: Note) -> Sequence[Sentence]:
        """Return the sentences of a note that are no asides."""
        return [one for one in sentences(note.text, self._analysis[note.text]) if not one.aside]

    def tells_trouble(self, note: Note) -> bool:
        """Tell whether a note is called a problem, or states what would be one by the rules; asked of few notes."""
        if note.id not in self._telling:
            told = (kind_of(sentence) == "problem" for sentence in self.sentences(note))
            self._telling[note.id] = note.kind == "problem" or (note.kind not in ("question", "label") and any(told))
        return self._telling[note.id]

    def previous(self, note: Note) -> Note | None:
        """Return the note right before a note and beside it."""
        return self._previous.get(note.id)


def _place(note: Note) -> str:
    """Return what notes that stand beside each other have in common: the bullet, heading or talk above them."""
    if note.parent:
        return note.parent
    heading = f"line {note.trail[-1].line}" if note.trail else ""
    return f"{note.talk.id if note.talk else ''} {heading}"


# ---- remedies


def _patterns(*texts: str) -> tuple[Pattern, ...]:
    return tuple(map(pattern, texts))


_BECAUSE = _patterns("の だ<連用形-一般>", "だ から", "から<接続助詞>", "だから")
_SIGNED = PatternBook()
_SIGNED.add("because", "has", _BECAUSE)
_SIGNED.add("can", "ends", _patterns("<可能>", "<可能> た"))  # 「改行が消えるので、すり抜けられた」 remedies nothing
_SIGNED.add("is done", "ends", _patterns("れる|られる ない"))  # 「課金されないので便利」 tells no trouble
_SIGNED.add("so that", "has", _patterns("防ぐ 為|よう", "避ける 為|よう"))
_SIGNED.add("remedy", "ends", _patterns("対策|解決策|対処法|回避策|改善策", "工夫|対処|解決|回避|改善 方法|策"))
_SIGNED.add("remedying", "has", _patterns("解決|回避|対処|対策|解消|改善", "防ぐ|避ける", "代わり", "問題 無い"))


def _holds_both(main: Sequence[Sentence]) -> bool:
    """Tell whether a note tells a problem and what helps against it."""
    if arrows := [number for number, sentence in enumerate(main) if sentence.leads_on]:
        # One arrow leads from a problem to its remedy; 「A -> B -> C」 are steps.
        before, after = main[: arrows[0] + 1], main[arrows[0] + 1 :]
        helps = any(not one.bare and kind_of(one) not in ("problem", "impression") for one in after)
        return len(arrows) == 1 and helps and any(kind_of(one) == "problem" for one in before)
    if any("remedy" in _SIGNED.names_in(sentence.words) for sentence in main[1:-1]):
        return True
    if len(main) > _FEW:
        return False
    return any(_gives_trouble_as_reason(one) or "so that" in _SIGNED.names_in(one.words) for one in main)


def _helps(note: Note) -> bool:
    return note.kind == "advice" or note.advice >= _LIKELY


def _gives_trouble_as_reason(sentence: Sentence) -> bool:
    """Tell whether a sentence gives a problem as the reason for what it says: 「遅いのでキャッシュする」, not 「遅いので嫌だ」."""
    signs = _SIGNED.names_in(sentence.words)
    if "because" not in signs or "can" in signs or kind_of(sentence) in ("problem", "impression"):
        return False
    for at in range(1, len(sentence.words)):
        if any(stands_at(one, sentence.words, at) for one in _BECAUSE):
            reason = sentence._replace(words=sentence.words[:at], marks="", bare=False)
            if "is done" not in _SIGNED.names_in(reason.words) and kind_of(reason) == "problem":
                return True
    return False


def _remedied(note: Note, family: _Family) -> str | None:
    """Return the problem that a note remedies: one right before it if it says so, or the one it stands under."""
    parent, told = family.parent(note), note
    labelled = parent is not None and parent.text.endswith(_REMEDIES)
    if labelled and parent:
        told, parent = parent, family.parent(parent)
    marked = labelled or ARROW_FIRST.match(note.text) or _LABELLED.match(note.text)
    previous = family.previous(told)
    if not (marked or _helps(note)):
        return None
    if previous and (marked or _says_so(family.sentences(note))) and family.tells_trouble(previous):
        return previous.id
    return parent.id if parent and not family.has_problem(parent) and family.tells_trouble(parent) else None


def _says_so(main: Sequence[Sentence]) -> bool:
    return any("remedying" in _SIGNED.names_in(sentence.words) for sentence in main)


# ---- answers


class _Questions:
    """The question last asked at each place of a report where questions are answered by what follows them."""

    def __init__(self) -> None:
        self._asking: dict[str, bool] = {}
        self._asked: dict[str, Note] = {}

    def take(self, note: Note) -> None:
        """Take in the next note of the report."""
        place = _place(note)
        if place not in self._asking:
            self._asking[place] = any(_QUESTIONS.search(crumb.text[:READ_SO_FAR]) for crumb in note.trail)
        if note.kind == "label" and _QUESTIONS.search(note.text):
            self._asking[place] = True
        elif note.kind == "question":
            self._asked[place] = note

    def asked_before(self, note: Note) -> Note | None:
        """Return the question that a note follows, in a part of questions and answers."""
        return self._asked.get(_place(note)) if self._asking.get(_place(note)) else None

    def is_asked(self, note: Note) -> bool:
        """Tell whether a question wants an answer: 「目的になっていないか」 over its details is rather a point to check."""
        return _ASKED.search(note.text) is not None or self._asking[_place(note)]


def _answered(note: Note, family: _Family, questions: _Questions) -> str | None:
    """Return the question that a note answers: the one it stands under, or in a part of questions the one before it."""
    if note.kind in ("question", "label"):
        return None
    above, asked = family.parent(note), questions.asked_before(note)
    while above and above.kind == "label":
        above = family.parent(above)
    if above and above.kind == "question":
        return above.id if questions.is_asked(above) else None
    return asked.id if asked and not family.children(asked) else None
