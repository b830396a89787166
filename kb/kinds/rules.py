"""The first rule that fits a sentence of a note, by what it says and where it stands: what speaks most for its kind."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from index.analysis import Morpheme
from kb.kinds.sentences import READ_SO_FAR, Sentence, is_title, main_clause, sentences
from kb.kinds.table import Rule, rules_on, table
from kb.report.model import Kind, Note, Report

Analysis = Mapping[str, Sequence[Morpheme]]
"""The morphemes of each text."""

_JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")
_LOWER_CASE = re.compile(r"[a-z]")
_ADDRESS = re.compile(r"https?:\S+")
# A number of something: with a unit, a counter or a noun behind it, or alone behind a colon or a word; not a date, a
# chapter or a version. No number has more than 30 digits; without that limit 「1,1,1,…」 takes the square of its length.
_FIGURE = re.compile(
    r"(?<![A-Za-z0-9.第])\d[\d,.]{0,30}\s*"
    r"(?:[%％+/]|(?:[KMGTkm]?i?[Bb](?:ps)?|[km]|ms|sec|USD|v?CPU|cores?|nodes?|[KM]?lines?)(?![A-Za-z])"
    r"|つ|か月|ヶ月|くらい|ぐらい|(?![年月日章版期号目代世])[一-龠]|[ァ-ヶ]{2})"
    r"|^\d+の|[:：ぁ-龠]\s*\d[\d,.]*$"
)
# 「記事の題 | サイト名」, 「記事の題 - サイト名」: what a browser shows of a page, pasted.
_PAGE_TITLE = re.compile(r"^[^=]+\s[|｜]\s|^[^=]{8,}\s[-–—]\s[^-–—。、]{2,30}$")
# 「15-A-4 題」, 「A-3: 題」: as a conference numbers its talks.
_CODE = re.compile(r"^\W{0,2}(?:\d{1,2}-[A-Z]-\d|[A-Z]{1,4}-?\d{1,3}[\s:：】\]）)])")
_WHO = re.compile(
    r"^\W{0,2}(?:登壇者|発表者|スピーカー|講師|司会|モデレータ|パネリスト"
    r"|(?:登壇|資料|スライド|動画|タイトル|題名|テーマ|場所|会場|日時|主催|ハッシュタグ)\s*[:：])"
)
# What stands between a term and what is told of it.
_DEFINING = tuple(":：=＝ …・.")


@dataclass(frozen=True, slots=True)
class Finding:
    """What rules find in a note: the one that decides, where it and its last sentence stand, the patterns in it."""

    rule: Rule
    places: frozenset[str]
    patterns: frozenset[str]


def findings(report: Report, analysis: Analysis) -> dict[str, Finding]:
    """Return what the rules find in each note, by the note's id."""
    children = Counter(note.parent for note in report.notes)
    found: dict[str, Finding] = {}
    for note in report.notes:
        said = sentences(note.text, analysis[note.text])
        main = [sentence for sentence in said if not sentence.aside]
        places = set(_places(note, said, main))
        if children[note.id]:
            places.add("children")
        if note.parent in found:
            places.add(f"under {found[note.parent].rule.kind}")
            if children[note.parent] == 1:
                places.add("only child")
        views = list(_views(main, places)) or [(places, frozenset[str]())]
        patterns = frozenset[str]().union(*(patterns for _, patterns in views))
        found[note.id] = Finding(_deciding(note, views), frozenset(views[-1][0]), patterns)
    return found


def kind_of(sentence: Sentence) -> Kind | None:
    """Return the kind that a sentence would have if it were a note of its own and said enough for a rule, or None."""
    return _kind_of(sentence, table().book.names_in(sentence.words))


def _kind_of(sentence: Sentence, patterns: frozenset[str]) -> Kind | None:
    rules = [rule for rule in rules_on(patterns) if rule.fits_alone]
    places = {"last", *_sentence_places(sentence)} | ({"bare"} if sentence.bare else set()) if rules else set()
    return next((rule.kind for rule in rules if rule.fits(places)), None)


def _deciding(note: Note, views: Sequence[tuple[set[str], frozenset[str]]]) -> Rule:
    """Return the first rule that fits a view of a note; the last rule of the table fits all."""
    fitting = (
        next(rule for rule in rules_on(patterns) if rule.fits(places) and rule.allows(note))
        for places, patterns in views
    )
    return min(fitting, key=lambda rule: rule.number)


def _views(main: Sequence[Sentence], places: set[str]) -> Iterator[tuple[set[str], frozenset[str]]]:
    """Yield, for each sentence that is no aside, the places it stands at and the patterns in it."""
    arrows = [number for number, sentence in enumerate(main) if sentence.leads_on]
    patterns = [table().book.names_in(sentence.words) for sentence in main]
    kinds: list[Kind | None] = [*map(_kind_of, main, patterns)] if len(main) > 1 else [None]
    problems = kinds.count("problem")
    # One arrow leads from a problem to its remedy; 「A -> B -> C」 are steps.
    remedied_from = arrows[0] if len(arrows) == 1 and "problem" in kinds[: arrows[0] + 1] else len(main)
    for number, sentence in enumerate(main):
        at = places.union(_sentence_places(sentence))
        if number == len(main) - 1:
            at.add("last")
        if problems > (kinds[number] == "problem"):
            at.add("beside a problem")
        if number > remedied_from:
            at.add("after a problem")
        yield at, patterns[number]


def _sentence_places(sentence: Sentence) -> Iterator[str]:
    if sentence.marks.startswith(("?", "？")):
        yield "asked"
    if sentence.bare:
        yield "noun phrase"
    before = frozenset[str]()
    for word in main_clause(sentence.words):
        if "を" in word:
            yield "object"
        if ("が" in word and "<格助詞>" in word) or ("は" in word and "<係助詞>" in word and "<格助詞>" not in before):
            yield "subject"
        before = word


def _places(note: Note, said: Sequence[Sentence], main: Sequence[Sentence]) -> Iterator[str]:
    """Yield the places where a note stands by itself; of what is said in it `main` is what is no aside."""
    text = note.text[:READ_SO_FAR]
    if not main:
        yield "aside" if said else "wordless"
    elif all(is_title(sentence.words) for sentence in main):
        yield "title"
    if any(sentence.aside and not sentence.bare for sentence in said):
        yield "aside statement"
    if len(main) > 1 and main[0].marks.startswith(_DEFINING):
        yield "defined"
    told = {
        "marked Q": note.kind == "question",
        "bare": all(sentence.bare for sentence in main),
        "flow": any(sentence.leads_on for sentence in main),
        "figure": _FIGURE.search(_ADDRESS.sub("", text) if "://" in text else text) is not None,
        "coded": _has_code(note),
        "who speaks": _WHO.match(text) is not None,
        "page title": bool(main) and "<名詞>" in main[-1].words[-1] and _PAGE_TITLE.search(text) is not None,
        "under a name": note.parent is not None and _is_name(note.trail[-1].text[:READ_SO_FAR]),
    }
    yield from (place for place, holds in told.items() if holds)


def _has_code(note: Note) -> bool:
    """Tell whether a note begins with the code of a talk; 「S3 に置く」 begins with a service."""
    code = _CODE.match(note.text)
    named = (mention.why.words for mention in note.services if mention.why.where == "here")
    return code is not None and not any(name in code[0] for name in named)


def _is_name(text: str) -> bool:
    """Tell whether a text looks like the name of a product: no Japanese, and not a mere abbreviation."""
    return not _JAPANESE.search(text) and _LOWER_CASE.search(text) is not None
