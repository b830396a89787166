"""Marks by which authors say what a note is: `Q:`, 【課題】, `対策：`, an arrow. They decide before any model.

A mark begins a note: its word stands before a colon or in brackets, half-width or full-width, perhaps with a number.

| mark | the note is | and replies to |
| --- | --- | --- |
| `question`, `problem` | that kind | |
| `answer` | | the last marked question before it, by its number if it has one, else a question above or before it |
| `remedy` | | a problem above it, the last one in its list, or else the statement above or before it |
| `response` | | a problem above or before it. 対応 also names what works, 改善 what got better, an arrow what follows |
| `label` | that kind: the text is only addresses, a date, times | |

"Before it" skips other replies, so that each of several remedies in a row replies to the problem. A mark of a problem
or remedy without a text (`課題:`) marks each note directly below it.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from msgspec import Struct

from kb.kinds.features import NoteTree
from kb.report.model import Kind, Note

MarkName: TypeAlias = Literal["question", "problem", "answer", "remedy", "response", "label"]

# The words of each mark, and the signs that end them outside of brackets: `A.` and `A)` are common, 「課題.」 is not.
_WORDS: Mapping[MarkName, tuple[str, str]] = {
    "question": ("Q|質問|Question", ":.、)"),
    "answer": ("A|回答|答え?|Answer", ":.、)"),
    "problem": ("課題|問題点?|欠点|弱点|デメリット|反省点?|悩み|困りごと|懸念点?", ":"),
    "remedy": ("対策|対応策|解決[策法]?|解決方法|改善[策案]|対処[法策]?|回避策", ":"),
    "response": ("対応|改善", ":"),
}
_BULLETS = r"[\s「・■□●○◆◇▼★☆*#]*"
_MARKS = {
    name: re.compile(
        rf"{_BULLETS}(?:[【\[(「『〔<《]\s*(?:{words})\s*(?P<inside>\d*)\s*[】\])」』〕>》]\s*:?"
        rf"|(?:{words})\s*(?P<outside>\d*)\s*[{signs}])\s*(?P<text>\S?)"
    )
    for name, (words, signs) in _WORDS.items()
}
# 「→ コンテナにする」 says nothing without the note before. U+FE0F asks for ➡ as an emoji.
_ARROW = r"(?:[-ー=]{1,2}[>＞]|[→⇒➡⇨]\ufe0f?)"
_ARROW_FIRST = re.compile(rf"\s*{_ARROW}")
_ARROW_INSIDE = re.compile(rf"\S\s*{_ARROW}\s*\S")
_OWN_REPLY: Mapping[Kind, re.Pattern[str]] = {
    "problem": re.compile(rf"[\s。、/>→⇒](?:{_WORDS['remedy'][0]})\s*\d*\s*:\s*\S"),
    "question": re.compile(rf"[\s。、/>→⇒?](?:{_WORDS['answer'][0]})\s*\d*\s*:\s*\S"),
}
_OPTION = re.compile(r"\W?B\W")  # follows (A) in a list of choices
_KINDS: Mapping[MarkName, Kind] = {"question": "question", "problem": "problem", "label": "label"}
_LABEL = re.compile(
    r"[\s(\[<-]*(?:(?:https?://|www\.)[!-~]+|\d{1,2}:\d{2}|\d{1,2}時(?:\d{1,2}分|半)?|\d{4}[-/.]\d{1,2}[-/.]\d{1,2})"
    r"(?:[\s,、。)\]>~〜–-]|から|まで|(?:https?://|www\.)[!-~]+|\d{1,2}:\d{2}|\d{1,2}時(?:\d{1,2}分|半)?)*"
)
# The kind of note that a note with a mark replies to.
_REPLIED: Mapping[MarkName, Kind] = {"answer": "question", "remedy": "problem", "response": "problem"}
_PASSED_DOWN = frozenset[MarkName](("problem", "remedy", "response"))
_MAX_BEGIN = 40  # characters in which a mark ends
_MAX_TEXT = 400  # characters in which a note may have its own reply


class Mark(Struct, frozen=True):
    """A mark of a note, with its number; `bare` if the note has no other text."""

    name: MarkName
    number: str = ""
    bare: bool = False

    @property
    def kind(self) -> Kind | None:
        """The kind that the mark gives a note, None if it gives none."""
        return None if self.bare else _KINDS.get(self.name)


def mark_of(text: str) -> Mark | None:
    """Return the mark at the beginning of a text, None without one."""
    if _LABEL.fullmatch(unicodedata.normalize("NFKC", text[:_MAX_TEXT])):
        return Mark("label")
    without = without_arrow(text)
    begin = unicodedata.normalize("NFKC", without[:_MAX_BEGIN])
    for name, pattern in _MARKS.items():
        if found := pattern.match(begin):
            return Mark(name, found["inside"] or found["outside"] or "", bare=not found["text"])
    return Mark("response") if without != text else None


def marks_of(notes: Sequence[Note]) -> Mapping[str, Mark]:
    """Return the marks of the notes of a report by id, in reading order."""
    marks: dict[str, Mark] = {}
    for note in notes:
        above = marks.get(note.parent or "")
        if mark := mark_of(note.text):
            marks[note.id] = mark
        elif above and above.bare and above.name in _PASSED_DOWN:
            marks[note.id] = Mark(above.name)
    return marks


def marked_replies(notes: Sequence[Note], marks: Mapping[str, Mark]) -> Iterator[tuple[Note, Note]]:
    """Yield each note that is marked as a reply, with the note that it replies to; `notes` have their kinds."""
    tree = NoteTree(notes)
    questions: dict[object, Note] = {}  # the last marked one of each section, and the last with each number
    problems: dict[int, Note] = {}  # the last marked one of each list
    last: dict[int, Note] = {}  # the last note of each list that is no reply

    def before(place: Note, kind: Kind) -> Note | None:
        """Return the note before a place in its list, without replies in between, or its parent, if of a kind."""
        previous = last.get(id(tree.place(place)[0]))
        is_bare = previous is not None and previous.id in marks and marks[previous.id].bare
        below = tree.children(previous)[-1:] if previous and is_bare else ()
        return next((one for one in (*below, previous, tree.parent(place)) if one and one.kind == kind), None)

    for note in notes:
        mark, siblings = marks.get(note.id), id(tree.place(note)[0])
        section = note.talk and note.talk.id, tuple(crumb.line for crumb in note.trail if crumb.note is None)
        if mark is None or mark.name not in _REPLIED:
            last[siblings] = note
            if mark and mark.kind == note.kind == "question":
                questions[section] = questions[section, mark.number] = note
            elif mark and mark.kind == note.kind == "problem":
                problems[siblings] = note
        elif not mark.bare:
            above = tree.parent(note)
            is_passed_down = above and above.id in marks and marks[above.id].bare and marks[above.id].name in _REPLIED
            place = above if above and is_passed_down else note
            other = before(place, _REPLIED[mark.name])
            if mark.name == "answer":
                marked = questions.get((section, mark.number), questions.get(section))
                other = None if _is_option(note, tree) else marked or other
            elif mark.name == "remedy" and not other:
                other = problems.get(id(tree.place(place)[0])) or before(place, "statement")
            if other:
                yield note, other


def _is_option(note: Note, tree: NoteTree) -> bool:
    """Return whether a note is the first of some choices: (A), (B)."""
    siblings, position = tree.place(note)
    following = siblings[position + 1 : position + 2]
    return any(_OPTION.match(unicodedata.normalize("NFKC", one.text[:3])) for one in following)


def has_own_reply(note: Note, marks: Mapping[str, Mark]) -> bool:
    """Return whether a problem or question has its reply in its own text: 「課題: 遅い → 分ける」, 「Q: 何回? A: 三回」.

    Without a mark, an arrow shows no remedy: of 780 labelled notes with one inside, one in five has a remedy.
    """
    if note.kind not in _OWN_REPLY:
        return False
    text = unicodedata.normalize("NFKC", note.text[:_MAX_TEXT])
    is_marked = note.id in marks and marks[note.id].kind == note.kind
    return bool(_OWN_REPLY[note.kind].search(text) or (is_marked and _ARROW_INSIDE.search(text)))


def begins_with_arrow(text: str) -> bool:
    """Return whether a text begins with an arrow."""
    return _ARROW_FIRST.match(text) is not None


def without_arrow(text: str) -> str:
    """Return a text without the arrow at its beginning."""
    arrow = _ARROW_FIRST.match(text)
    return text[arrow.end() :].lstrip() if arrow else text
