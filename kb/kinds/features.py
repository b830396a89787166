"""What is true of a note that may tell its kind, and of two notes that may belong together: names for the learner.

| table | what its names tell |
| --- | --- |
| characters | how the text begins and ends |
| morphemes | its words in their normal form, in pairs, and their parts of speech |
| sentences | how each sentence ends, without asides, politeness and what only rounds it off |
| shape | length, scripts, signs, figures |
| place | sort of block, depth, what stands under it, where in its list |
| above | the words of what it stands under |
| neighbours | how the notes right before, after and under it begin and end |
"""

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from index.analysis import Morpheme
from kb.report.model import Note, Report

Analysis = Mapping[str, Sequence[Morpheme]]
"""The morphemes of each text."""

READ_SO_FAR = 400
"""How many characters of a note are looked at: what kind it is shows in its beginning."""

_MOST_WORDS, _MOST_SENTENCES = 120, 6  # of a text that are looked at
_SIGNS = "→⇒：:？?！!。、…「『（(※・＝=>#@%"
_ENDS_A_SENTENCE = frozenset("→⇒：:=＝>？?！!。．")
_OPENING, _CLOSING = frozenset("(（"), frozenset(")）")
# What only rounds a sentence off: 「上限を決めますね」 says 「決める」.
_ROUNDING = frozenset(("です", "だ", "ます", "ね", "よ", "とか", "など", "こと", "と", "思う", "言う", "らしい", "た"))
_MAY_ROUND = frozenset(("助動詞", "助詞", "動詞", "名詞"))
_NOMINAL = frozenset(("名詞", "接頭辞", "接尾辞", "記号"))
_PREDICATES = frozenset(("動詞", "形容詞", "助動詞"))
_WORD_ABOVE = re.compile(r"[ァ-ヶー]{2,}|[一-鿿]{2,}|[A-Za-z]{2,}")
_WORD_RIGHT_ABOVE = re.compile(r"[ァ-ヶー]{2,}|[一-鿿]{2,}|[A-Za-z]{2,}|[ぁ-ん]{2,}")
_LONG_ABOVE = 80  # characters of a heading that are looked at
_STEPS_ABOVE = 4  # crumbs whose words are features
_SENTENCE_END = re.compile(r"[。！？!?]")
_DIGIT = re.compile(r"\d")
_SCRIPTS = str.maketrans(
    {chr(code): "h" for code in range(0x3041, 0x3097)}
    | {chr(code): "k" for code in range(0x30A1, 0x30FD)}
    | {chr(code): "c" for code in range(0x4E00, 0xA000)}
    | {chr(code): "a" for code in (*range(0x41, 0x5B), *range(0x61, 0x7B))}
    | {chr(code): "0" for code in range(0x30, 0x3A)}
)
_REPEATED = re.compile(r"(.)\1+")


def features(report: Report, analysis: Analysis) -> Iterator[list[str]]:
    """Yield what is true of each note of a report, in their order; `analysis` holds the morphemes of each text."""
    lists = NoteLists(report.notes)
    for note in report.notes:
        own = text_features(note.text, analysis[note.text])
        yield [*own, *_place(note, lists), *_above(note), *_neighbours(note, lists)]


class NoteLists:
    """Which notes stand under a note, and which beside it, in reading order."""

    def __init__(self, notes: Sequence[Note]) -> None:
        self.by_id = {note.id: note for note in notes}
        self.below: defaultdict[str, list[Note]] = defaultdict(list)
        self._beside: defaultdict[object, list[Note]] = defaultdict(list)
        self._at: dict[str, int] = {}
        for note in notes:
            if note.parent in self.by_id:
                self.below[note.parent].append(note)
            beside = self.beside(note)
            self._at[note.id] = len(beside)
            beside.append(note)

    def beside(self, note: Note) -> list[Note]:
        """Return the notes of its list: under the same note or, without one, the same headings."""
        above = note.parent or tuple(crumb.line for crumb in note.trail)
        return self._beside[note.talk and note.talk.id, above]

    def at(self, note: Note) -> int:
        """Return the place of a note in its list."""
        return self._at[note.id]

    def previous(self, note: Note) -> Note | None:
        """Return the note right before a note in its list."""
        at = self.at(note)
        return self.beside(note)[at - 1] if at else None

    def parent(self, note: Note) -> Note | None:
        """Return the note that a note stands under."""
        return self.by_id.get(note.parent or "")


def text_features(text: str, morphemes: Sequence[Morpheme]) -> list[str]:
    """Return what is true of a text by itself, each feature once."""
    text = text.strip()[:READ_SO_FAR]
    words = [one for one in morphemes[:_MOST_WORDS] if one.part_of_speech[0] != "空白" and one.end <= READ_SO_FAR]
    ends = (f"ends {text[-length:]}" for length in (1, 2, 3, 4, 6))
    begins = (f"begins {text[:length]}" for length in (1, 2, 3))
    return [*dict.fromkeys((*ends, *begins, *_morphemes(words), *_sentences(words), *_shape(text)))]


def _morphemes(words: Sequence[Morpheme]) -> Iterator[str]:
    normal = [word.normalized for word in words]
    yield from (f"word {one}" for one in normal)
    yield from (f"words {one} {other}" for one, other in itertools.pairwise(normal))
    forms = ["^", *(_form(word.part_of_speech) for word in words), "$"]
    yield from (f"forms {one} {other}" for one, other in itertools.pairwise(forms))
    yield from (f"word+form {one} {form}" for one, form in zip(normal, forms[2:-1], strict=False))
    yield f"last form {forms[-2]}"
    yield f"last forms {' '.join(forms[-3:-1])}"
    yield f"last three forms {' '.join(forms[-4:-1])}"
    last = [word for word in words if word.part_of_speech[0] != "補助記号"][-3:]
    if last:
        yield f"last word {last[-1].normalized} {_form(last[-1].part_of_speech)}"
        yield f"last words {' '.join(word.normalized for word in last[-2:])}"
        yield f"last three words {' '.join(word.normalized for word in last)}"


def _sentences(words: Sequence[Morpheme]) -> Iterator[str]:
    sentences = list(_cut(words))[:_MOST_SENTENCES]
    for number, (sentence, mark) in enumerate(sentences):
        where = "last" if number == len(sentences) - 1 else "first" if number == 0 else "inner"
        while len(sentence) > 1 and (
            sentence[-1].normalized in _ROUNDING and sentence[-1].part_of_speech[0] in _MAY_ROUND
        ):
            if sentence.pop().normalized == "た":
                yield "past"
        normal = [word.normalized for word in sentence[-3:]]
        parts = [word.part_of_speech[0] for word in sentence]
        particles = {(word.part_of_speech[1], word.normalized) for word in sentence}
        yield f"says {normal[-1]}"
        yield f"{where} says {normal[-1]}"
        yield f"{where} form {_form(sentence[-1].part_of_speech)}"
        yield f"{where} mark {mark}"
        if len(sentence) > 1:
            yield f"says {normal[-2]} {normal[-1]}"
            yield f"says <{_form(sentence[-2].part_of_speech)}> {normal[-1]}"
            yield f"says {normal[-2]} <{_form(sentence[-1].part_of_speech)}>"
        if len(sentence) > 2:  # noqa: PLR2004
            yield f"says {' '.join(normal)}"
        if _NOMINAL.issuperset(parts):
            yield f"{where} bare"
        if _PREDICATES.isdisjoint(parts):
            yield f"{where} without predicate"
        if any(part == "係助詞" for part, _ in particles):
            yield f"{where} topic"
        yield from (f"{where} {case}" for case in ("を", "が") if ("格助詞", case) in particles)
    yield f"sentences {min(len(sentences), 5)}"


def _cut(words: Sequence[Morpheme]) -> Iterator[tuple[list[Morpheme], str]]:
    """Yield each sentence with the mark that ends it; what stands in parentheses is left out."""
    sentence: list[Morpheme] = []
    depth = 0
    for word in words:
        if word.part_of_speech[0] != "補助記号":
            if not depth:
                sentence.append(word)
        elif word.surface in _OPENING:
            depth += 1
        elif word.surface in _CLOSING:
            depth = max(0, depth - 1)
        elif sentence and (word.part_of_speech[1] == "句点" or word.surface in _ENDS_A_SENTENCE):
            yield sentence, word.surface
            sentence = []
    if sentence:
        yield sentence, "$"


@lru_cache(4096)
def _form(part_of_speech: tuple[str, ...]) -> str:
    """Return part of speech and inflection: 動詞-一般-終止形-一般."""
    return "-".join(part_of_speech[at] for at in (0, 1, 5) if part_of_speech[at] != "*")


def _shape(text: str) -> Iterator[str]:
    yield f"length {min(len(text) // 6, 12)}"
    yield f"shape begins {_scripts(text[:30])[:8]}"
    yield f"shape ends {_scripts(text[-8:])}"
    yield from (f"has {sign}" for sign in _SIGNS if sign in text)
    if _DIGIT.search(text):
        yield "has a figure"
    if "http" in text:
        yield "has an address"
    yield f"full stops {min(len(_SENTENCE_END.findall(text)), 4)}"


def _scripts(text: str) -> str:
    """Return which scripts follow one another: クラスタ化 is kc."""
    return _REPEATED.sub(r"\1", text.translate(_SCRIPTS))


def _place(note: Note, lists: NoteLists) -> Iterator[str]:
    beside, below, at = lists.beside(note), lists.below.get(note.id, ()), lists.at(note)
    yield f"type {note.type}"
    yield f"depth {min(note.depth, 4)}"
    yield f"below it {min(len(below), 4)}"
    yield f"in a list of {min(len(beside), 4)}"
    yield "first" if at == 0 else "last" if at == len(beside) - 1 else "between"
    if note.talk is None:
        yield "outside of talks"
    if note.parent:
        yield "under a note"


def _above(note: Note) -> Iterator[str]:
    yield from _words_right_above(note.trail[-1].text if note.trail else note.talk.title if note.talk else "")
    for crumb in note.trail[-_STEPS_ABOVE:]:
        yield from _words_above(crumb.text)
    if note.talk:
        yield from _words_of_title(note.talk.title)


@lru_cache(4096)  # a heading stands above many notes
def _words_right_above(text: str) -> tuple[str, ...]:
    text = text.strip()
    words = dict.fromkeys(_WORD_RIGHT_ABOVE.findall(text[:_LONG_ABOVE]))
    ends = (f"above ends {text[-length:]}" for length in (1, 2, 3))
    return (*ends, *(f"above has {word}" for word in words))


@lru_cache(4096)
def _words_above(text: str) -> tuple[str, ...]:
    return tuple(f"under {word}" for word in dict.fromkeys(_WORD_ABOVE.findall(text[:_LONG_ABOVE])))


@lru_cache(4096)
def _words_of_title(title: str) -> tuple[str, ...]:
    return tuple(f"in a talk on {word}" for word in dict.fromkeys(_WORD_ABOVE.findall(title[-20:])))


def _neighbours(note: Note, lists: NoteLists) -> Iterator[str]:
    beside, at = lists.beside(note), lists.at(note)
    for name, neighbour in (("before", at - 1), ("after", at + 1)):
        if 0 <= neighbour < len(beside):
            text = beside[neighbour].text.strip()
            yield from (f"{name} ends {text[-length:]}" for length in (1, 2, 3))
            yield f"{name} begins {text[:1]}"
            yield f"{name} length {min(len(text) // 10, 5)}"
        else:
            yield f"nothing {name}"
    for child in lists.below.get(note.id, ())[:3]:
        text = child.text.strip()
        yield f"below ends {text[-2:]}"
        yield f"below begins {text[:1]}"
