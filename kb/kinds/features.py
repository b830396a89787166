"""The features of notes, by which their kinds and pairs are learned.

Input: the notes of a report, and the morphemes of their texts. Output: the names of each note's features:

| features of | say |
| --- | --- |
| characters | how the text begins and ends |
| morphemes | its words in their normal form, in pairs, and their parts of speech |
| sentences | how each sentence ends, without parentheses, politeness and closing words |
| shape | length, scripts, signs, digits |
| place | type of block, depth, number of notes below, position in its list |
| above | the words of its headings, parents and talk |
| neighbours | how the notes directly before, after and below begin and end |

Their names are keys of the weight files in `kb/learning`.
"""

import itertools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from index.analysis import Morpheme
from kb.report.model import Note, Report

Analysis = Mapping[str, Sequence[Morpheme]]
"""The morphemes of each text."""

MAX_TEXT = 400  # characters of a note; the beginning shows its kind
_MAX_WORDS, _MAX_SENTENCES = 120, 6  # of a text
_MAX_HEADING = 80  # characters
_MAX_CRUMBS = 4  # innermost steps of the trail
_MAX_CHILDREN = 3  # notes below
_SIGNS = "→⇒：:？?！!。、…「『（(※・＝=>#@%"
_SENTENCE_CLOSERS = frozenset("→⇒：:=＝>？?！!。．")
_OPENING, _CLOSING = frozenset("(（"), frozenset(")）")
# Closing words say little: 「上限を決めますね」 says 「決める」.
_CLOSING_WORDS = frozenset(
    ("です", "だ", "ます", "ね", "よ", "とか", "など", "こと", "と", "思う", "言う", "らしい", "た")
)
_CLOSING_PARTS = frozenset(("助動詞", "助詞", "動詞", "名詞"))
_NOMINAL = frozenset(("名詞", "接頭辞", "接尾辞", "記号"))
_PREDICATES = frozenset(("動詞", "形容詞", "助動詞"))
_HEADING_WORD = re.compile(r"[ァ-ヶー]{2,}|[一-鿿]{2,}|[A-Za-z]{2,}")
_PARENT_WORD = re.compile(r"[ァ-ヶー]{2,}|[一-鿿]{2,}|[A-Za-z]{2,}|[ぁ-ん]{2,}")
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


class NoteTree:
    """The parents, children and siblings of the notes of a report."""

    def __init__(self, notes: Sequence[Note]) -> None:
        self._by_id = {note.id: note for note in notes}
        self._children: defaultdict[str, list[Note]] = defaultdict(list)
        self._places: dict[str, tuple[list[Note], int]] = {}
        lists: defaultdict[object, list[Note]] = defaultdict(list)
        for note in notes:
            if note.parent in self._by_id:
                self._children[note.parent].append(note)
            above = note.parent or tuple(crumb.line for crumb in note.trail)
            siblings = lists[note.talk and note.talk.id, above]
            self._places[note.id] = siblings, len(siblings)
            siblings.append(note)

    def place(self, note: Note) -> tuple[Sequence[Note], int]:
        """Return a note's list, which is below the same parent or the same headings, and the note's index in it."""
        return self._places[note.id]

    def previous(self, note: Note) -> Note | None:
        """Return the sibling directly before a note."""
        siblings, position = self._places[note.id]
        return siblings[position - 1] if position else None

    def next(self, note: Note) -> Note | None:
        """Return the sibling directly after a note."""
        siblings, position = self._places[note.id]
        return siblings[position + 1] if position + 1 < len(siblings) else None

    def parent(self, note: Note) -> Note | None:
        """Return the note that a note is nested in."""
        return self._by_id.get(note.parent or "")

    def children(self, note: Note) -> Sequence[Note]:
        """Return the notes that are nested directly in a note."""
        return self._children.get(note.id, ())


def features(report: Report, analysis: Analysis) -> Iterator[list[str]]:
    """Yield the features of each note of a report, in reading order."""
    tree = NoteTree(report.notes)
    for note in report.notes:
        own = text_features(note.text, analysis[note.text])
        yield [*own, *_place(note, tree), *_above(note), *_neighbours(note, tree)]


def shape_features(report: Report) -> Iterator[list[str]]:
    """Yield what a sentence model hardly sees of each note: how it ends, its signs and its place, in reading order."""
    tree = NoteTree(report.notes)
    for note in report.notes:
        text = unicodedata.normalize("NFKC", note.text[:MAX_TEXT].strip())
        place = (f"type {note.type}", f"below it {min(len(tree.children(note)), 4)}")
        talk = () if note.talk else ("outside of talks",)
        yield [
            *(f"ends {text[-length:]}" for length in (1, 2)),
            *(f"has {sign}" for sign in "?!→:" if sign in text),
            f"length {min(len(text) // 8, 8)}",
            *place,
            *talk,
        ]


def text_features(text: str, morphemes: Sequence[Morpheme]) -> list[str]:
    """Return the features of a text by itself, each once."""
    text = text.strip()[:MAX_TEXT]
    words = [word for word in morphemes[:_MAX_WORDS] if word.part_of_speech[0] != "空白" and word.end <= MAX_TEXT]
    ends = (f"ends {text[-length:]}" for length in (1, 2, 3, 4, 6))
    begins = (f"begins {text[:length]}" for length in (1, 2, 3))
    return [*dict.fromkeys((*ends, *begins, *_morphemes(words), *_sentences(words), *_shape(text)))]


def _morphemes(words: Sequence[Morpheme]) -> Iterator[str]:
    normal = [word.normalized for word in words]
    yield from (f"word {word}" for word in normal)
    yield from (f"words {first} {second}" for first, second in itertools.pairwise(normal))
    forms = ["^", *(_form(word.part_of_speech) for word in words), "$"]
    yield from (f"forms {first} {second}" for first, second in itertools.pairwise(forms))
    yield from (f"word+form {word} {form}" for word, form in zip(normal, forms[2:-1], strict=False))
    yield f"last form {forms[-2]}"
    yield f"last forms {' '.join(forms[-3:-1])}"
    yield f"last three forms {' '.join(forms[-4:-1])}"
    last = [word for word in words if word.part_of_speech[0] != "補助記号"][-3:]
    if last:
        yield f"last word {last[-1].normalized} {_form(last[-1].part_of_speech)}"
        yield f"last words {' '.join(word.normalized for word in last[-2:])}"
        yield f"last three words {' '.join(word.normalized for word in last)}"


def _sentences(words: Sequence[Morpheme]) -> Iterator[str]:
    sentences = list(_split_sentences(words))[:_MAX_SENTENCES]
    for number, (sentence, mark) in enumerate(sentences):
        where = "last" if number == len(sentences) - 1 else "first" if number == 0 else "inner"
        while len(sentence) > 1 and (
            sentence[-1].normalized in _CLOSING_WORDS and sentence[-1].part_of_speech[0] in _CLOSING_PARTS
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


def _split_sentences(words: Sequence[Morpheme]) -> Iterator[tuple[list[Morpheme], str]]:
    """Yield the words of each sentence and the mark that ends it, without the words in parentheses."""
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
        elif sentence and (word.part_of_speech[1] == "句点" or word.surface in _SENTENCE_CLOSERS):
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
    """Return the sequence of scripts in a text: クラスタ化 is kc."""
    return _REPEATED.sub(r"\1", text.translate(_SCRIPTS))


def _place(note: Note, tree: NoteTree) -> Iterator[str]:
    siblings, position = tree.place(note)
    yield f"type {note.type}"
    yield f"depth {min(note.depth, 4)}"
    yield f"below it {min(len(tree.children(note)), 4)}"
    yield f"in a list of {min(len(siblings), 4)}"
    yield "first" if position == 0 else "last" if position == len(siblings) - 1 else "between"
    if note.talk is None:
        yield "outside of talks"
    if note.parent:
        yield "under a note"


def _above(note: Note) -> Iterator[str]:
    title = note.talk.title if note.talk else ""
    parent = (note.trail[-1].text if note.trail else title).strip()
    yield from (f"above ends {parent[-length:]}" for length in (1, 2, 3))
    yield from _words("above has", parent[:_MAX_HEADING], _PARENT_WORD)
    for crumb in note.trail[-_MAX_CRUMBS:]:
        yield from _words("under", crumb.text[:_MAX_HEADING], _HEADING_WORD)
    yield from _words("in a talk on", title[-20:], _HEADING_WORD)


@lru_cache(4096)  # a heading has many notes below it
def _words(name: str, text: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
    return tuple(f"{name} {word}" for word in dict.fromkeys(pattern.findall(text)))


def _neighbours(note: Note, tree: NoteTree) -> Iterator[str]:
    siblings, position = tree.place(note)
    for name, neighbour in (("before", position - 1), ("after", position + 1)):
        if 0 <= neighbour < len(siblings):
            text = siblings[neighbour].text.strip()
            yield from (f"{name} ends {text[-length:]}" for length in (1, 2, 3))
            yield f"{name} begins {text[:1]}"
            yield f"{name} length {min(len(text) // 10, 5)}"
        else:
            yield f"nothing {name}"
    for child in tree.children(note)[:_MAX_CHILDREN]:
        text = child.text.strip()
        yield f"below ends {text[-2:]}"
        yield f"below begins {text[:1]}"
