"""Evidence that an unmarked line is a heading, and the shapes of lines: a sentence, a date, a speaker, a tweet.

Extracted text has no heading marks. Two logistic regressions, fitted by `make fit`, weigh the evidence
(`heading_weights.toml`): the first scores each line by itself, the second also by the scores of the lines around it.
`heading_evidence.toml` has the evidence that is a pattern.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean
from typing import Literal

from index import datafiles

Role = Literal["item", "short", "prose", "byline", "aside", "other", "edge"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line that may be a heading, and its surroundings."""

    text: str
    before: Role  # of the line above
    below: Role  # of the line below
    after: Role  # of the first line below that is no byline, date or link
    next: str  # the text directly below
    recent: tuple[str, ...]  # the lines shortly above
    repeated: bool
    byline: bool  # may be only a speaker's name
    apart: bool  # a blank line is directly above


# The start of a talk or section: 【A】, [S1], ■, 第2部, LT1:, SRV314:, 3. …, 10:20 …, Q1.
_MARK = re.compile(
    r"【[^】]+】|\[[^\]\d][^\]]*\]|〈[^〉]+〉|[■●◆◇□▼▽★☆]|#{1,6}\s|第\s*[0-9一二三四五六七八九十]+"
    r"|(?:LT|Session|セッション|Part|Day|Track|Step|Room|No\.?|Vol\.?)\s*#?[0-9]+|[A-Z]{2,4}-?\d{2,4}[:：\s]"
    r"|[0-9０-９]{1,2}[.．、)）:：]\s*\S|[0-9]{1,2}[:：][0-9]{2}|Q[0-9.:：&＆]",
    re.IGNORECASE,
)
_ANCHOR = re.compile(r"\{#[^{}]*\}$")  # Markdown's id of a heading, where the page shows it
_HIRAGANA = re.compile("[\u3041-\u3096]")
_WORD, _WORDS, _CLAUSE, _PARAGRAPH = 6, 8, 25, 90  # characters
_BYLINE = re.compile(r"(?:\s[-–—]\s*|[(（\s])[@＠]\w+(?:さん)?[)）]?$|\s[@＠]\s\S|さん[)）]?$|氏$")
_TITLED = re.compile(r"\S\s*[-–—「」『』]\s*|\S\s+[(（]?[@＠]|の話")
_SECTION_NAMES = datafiles.lines("kb.readers", "section_names.txt")
_LONGEST_SECTION = 20  # characters; a longer line is no section name, whatever it begins with
_SHORTEST_ECHO = 8  # characters
_CHANCE_MATCHES = 1  # other lines of the same form that may be a coincidence
_LENGTH_STEP, _MAX_LENGTH_STEP = 8, 4  # lines are grouped by length in steps of 8 characters, up to 4 steps
_SAME_SHARE = 0.8  # of the bigrams of the shorter of two texts
_NOT_WORDS = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")


def _is_marked(line: Candidate) -> bool:
    return _MARK.match(line.text) is not None or _ANCHOR.search(line.text) is not None


PATTERNS: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in datafiles.table("kb.readers", "heading_evidence.toml", dict[str, str]).items()
}
"""The evidence in the text of a line by itself."""
EVIDENCE: Mapping[str, Callable[[Candidate], bool]] = {
    "a list below": lambda line: line.after == "item",
    "prose below": lambda line: line.after == "prose",
    "a name below": lambda line: line.below == "byline",
    "the title of a slide below": lambda line: _echoes(line.next, line.text),
    "a list above": lambda line: line.before == "item",
    "a short line above": lambda line: line.before == "short",
    "a short line above, a list below": lambda line: (line.before, line.after) == ("short", "item"),
    "a short line above, a list below, several words": lambda line: (
        (line.before, line.after) == ("short", "item") and len(line.text) > _WORDS
    ),
    "marked as a talk or section": _is_marked,
    "a common section name": lambda line: (
        len(line.text) <= _LONGEST_SECTION and line.text.casefold().startswith(_SECTION_NAMES)
    ),
    "a word or two": lambda line: len(line.text) <= _WORD,
    "as long as a clause": lambda line: len(line.text) > _CLAUSE and not _is_marked(line),
    "as long as a paragraph": lambda line: len(line.text) > _PARAGRAPH and not _is_marked(line),
    "mostly hiragana": lambda line: 2 * len(_HIRAGANA.findall(line.text)) > len(line.text),
    "the end of a sentence": lambda line: is_sentence(line.text) and not is_polite(line.text),
    "a polite end": lambda line: is_polite(line.text),
    "a repetition of a recent line": lambda line: any(_echoes(line.text, earlier) for earlier in line.recent),
    "a repetition of any line above": lambda line: line.repeated,
    "a speaker after a title": lambda line: _BYLINE.search(line.text) is not None,
    "a person": lambda line: line.byline,
    "a person, without a title": lambda line: line.byline and _TITLED.search(line.text) is None,
    "prose on both sides": lambda line: (line.before, line.after) == ("prose", "prose"),
    "only ASCII": lambda line: line.text.isascii(),
    "a line directly above": lambda line: not line.apart,
    "a short line below": lambda line: line.below == "short",
    "nothing below": lambda line: line.after == "edge",
    "prose above": lambda line: line.before == "prose",
    "something else above": lambda line: line.before in ("aside", "other"),
    "a link, date or person below": lambda line: line.below in ("aside", "byline"),
}


def scores_of(candidates: Sequence[Candidate]) -> list[float]:
    """Return the log-odds that each candidate of one text is a heading."""
    alone, together = weights()["alone"], weights()["together"]
    features = [features_of(line) for line in candidates]
    scores = [score(of_line, alone) for of_line in features]
    return [score(of_line, together) for of_line in features_together(candidates, features, scores)]


def features_of(line: Candidate) -> dict[str, float]:
    """Return the features of a line by itself: 1 for each piece of evidence that holds, else 0."""
    in_text = {name: float(pattern.search(line.text) is not None) for name, pattern in PATTERNS.items()}
    return in_text | {name: float(holds(line)) for name, holds in EVIDENCE.items()}


def features_together(
    candidates: Sequence[Candidate], features: Sequence[Mapping[str, float]], scores: Sequence[float]
) -> list[dict[str, float]]:
    """Return the second model's features: a line's own, and the first model's scores of nearby and similar lines."""
    likely = [math.tanh(score / 2) for score in scores]
    forms = [_form(line.text) for line in candidates]
    steps = [min(len(line.text) // _LENGTH_STEP, _MAX_LENGTH_STEP) for line in candidates]
    places = [(line.before, line.after, step) for line, step in zip(candidates, steps, strict=True)]
    by_form, by_place = _means_of_others(forms, likely), _means_of_others(places, likely)
    form_counts, edge = Counter(forms), [0.0]
    before, after = edge + likely[:-1], likely[1:] + edge
    page = {
        "mean score of all lines": fmean(likely) if likely else 0.0,
        "logarithm of the number of lines": math.log10(1 + len(likely)),
    }
    return [
        {
            **own,
            **page,
            "score of lines of the same form": by_form[index],
            "several lines of the same form": float(form_counts[forms[index]] > 1 + _CHANCE_MATCHES),
            "score of lines of the same length and surroundings": by_place[index],
            "score of the line before": before[index],
            "score of the line after": after[index],
            "position in the text": index / len(likely),
        }
        for index, own in enumerate(features)
    ]


def _means_of_others(groups: Sequence[Hashable], values: Sequence[float]) -> list[float]:
    """Return for each value the mean of the other values in its group, 0 if there is no other."""
    sums, sizes = defaultdict[Hashable, float](float), Counter(groups)
    for group, value in zip(groups, values, strict=True):
        sums[group] += value
    return [
        (sums[group] - value) / (sizes[group] - 1) if sizes[group] > 1 else 0.0
        for group, value in zip(groups, values, strict=True)
    ]


def score(features: Mapping[str, float], weights_of: Mapping[str, float]) -> float:
    """Return the weighted sum of features. A feature without a weight adds nothing."""
    return weights_of.get("always", 0.0) + sum(value * weights_of.get(name, 0.0) for name, value in features.items())


@cache
def weights() -> dict[str, dict[str, float]]:
    """Return the fitted weights of lines `alone`, and `together` with their neighbours."""
    return datafiles.table("kb.readers", "heading_weights.toml")


def _form(text: str) -> str:
    """Return the kinds of characters that a line begins with, and whether it ends with a person, question or quote."""
    begin = re.sub(r"[A-Za-z]+", "a", _DIGITS.sub("0", text[:4]))
    begin = re.sub(r"[ぁ-んァ-ヶー一-鿿]", "字", begin)[:3]
    return f"{begin} {_BYLINE.search(text) is not None} {text.endswith(('?', '？'))} {text[-1:] in '」』'}"


def _echoes(text: str, earlier: str) -> bool:
    """Return whether `text` repeats `earlier`, perhaps with more words.

    Titles that differ only in numbers belong to a series, and do not repeat each other.
    """
    if len(earlier) < _SHORTEST_ECHO or len(text) < _SAME_SHARE * len(earlier):
        return False
    if text != earlier and _DIGITS.sub("", text) == _DIGITS.sub("", earlier):
        return False
    bigrams, earlier_bigrams = _bigrams(text), _bigrams(earlier)
    return len(bigrams & earlier_bigrams) > _SAME_SHARE * min(len(bigrams), len(earlier_bigrams))


def _bigrams(text: str) -> set[str]:
    letters = _NOT_WORDS.sub("", text.casefold())
    return {letters[at : at + 2] for at in range(len(letters) - 1)}


# The characters that may follow the last word of a sentence.
_CLOSING = r"[)）」』】\]♪★☆]*"
_POLITE = r"(?:です|ます|ました|でした|ません|でしょう|ましょう|ください|下さい|(?:です|ます)[かねよ]|ませんか)[。!！?？♪…\s]*"
_POLITE_END = re.compile(_POLITE + _CLOSING + "$")
_SENTENCE_END = re.compile(r"(?:[。．、，,…⤴↓→]|\.{2,}|[a-z]{3}\.|[^A-Za-z]w+|[（(]?笑[)）]?)[!！]*" + _CLOSING + "$")
_DATE = re.compile(r"(?:19|20)\d\d\s*[-/.年]\s*\d{1,2}")
_DATE_WORDS = re.compile(
    r"(?:19|20)\d\d\s*[-/.年]\s*\d{1,2}\s*(?:[-/.月]\s*\d{1,2}日?)?|\d{1,2}[:：]\d\d|[（(]?[月火水木金土日](?:曜日?)?[）)]"
    r"|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\b|開催|日時|日付|公開|更新|date|posted|updated|[\W\d_]",
    re.IGNORECASE,
)
_HASHTAG = re.compile(r"(?:(?:ハッシュ)?タグ|twitter|hashtag)?[^\w#＃]{0,3}(?:は)?\s*[#＃]\w+", re.IGNORECASE)
# Facts below the title of an event: 「於 …」, 「会場: …」, 「… にて」.
_VENUE = re.compile(r"にて$|^(?:於|場所|会場|日時|主催|参加費|定員|URL|出典|引用元?)[\s:：]+\S")
# Twitter ends a quoted tweet with `— name (@handle) date`.
_TWEET_SIGNATURE = re.compile(r"[—–―-]+\s*\S.*[（(]@\w+[）)]")
_TWEET = re.compile(r"pic\.twitter\.com|\bt\.co/|(?:twitter|x)\.com/\S+/status")
_ROLE = re.compile(
    r"(?:スピーカー|発表者|登壇者?|講師|講演者?|司会|モデレーター?|Speakers?|Presenter|by)\s*[:：]", re.IGNORECASE
)
_HANDLE = re.compile(r"@\[[^\]]*\]|@\w+|https?://\S+|[/|｜]\s*(?:Twitter|X)\s*$")
_IN_BRACKETS = re.compile(r"[（(][^（）()]*[）)]")
_HONORIFIC = re.compile(r"(?:さん|氏|様|先生)\s*[!！]?\s*$")
_NO_NAME = re.compile("[をはがで。、]|さん")
_LONGEST_NAME = 20  # characters; a longer line is a title that ends with a handle


def is_polite(text: str) -> bool:
    """Return whether `text` ends politely, as spoken prose does (です, ます …)."""
    return _POLITE_END.search(text) is not None


def is_sentence(text: str) -> bool:
    """Return whether `text` ends with the mark of a sentence, or continues in the next line."""
    return _SENTENCE_END.search(text) is not None


def is_particular(text: str) -> bool:
    """Return whether `text` is only a date, hashtag or place, as below the title of an event."""
    is_date = _DATE.search(text) is not None and not _DATE_WORDS.sub("", text)
    return is_date or _HASHTAG.fullmatch(text) is not None or _VENUE.search(text) is not None


def is_tweet(text: str, following: str) -> bool:
    """Return whether `text` is a quoted tweet, or it or the `following` line is the signature of a tweet."""
    signed = any(_TWEET_SIGNATURE.match(line) for line in (text, following))
    return signed or _TWEET.search(text) is not None


def is_section_name(text: str) -> bool:
    """Return whether `text` is a common section name."""
    return text.casefold() in _SECTION_NAMES


def is_byline(text: str) -> bool:
    """Return whether `text` is little more than a person's name: …さん, …氏, a handle, or a role before it."""
    if _ROLE.match(text):
        return True
    without_handle = _HANDLE.sub("", text)
    bare = _IN_BRACKETS.sub("", without_handle).strip()
    name = _HONORIFIC.sub("", bare).strip()
    marked = without_handle != text or name != bare
    return marked and len(name) <= _LONGEST_NAME and not _NO_NAME.search(name)
