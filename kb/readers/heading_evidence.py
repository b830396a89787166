"""What speaks for a bare line of an extracted text having been a heading, and against it.

Nothing marks headings there but how they stand and how they are put. Each piece of evidence has a weight in
`heading_weights.toml`, fitted by `make fit`; then the lines of one text are judged again by what its other lines are.
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
    """A line that may be a heading, and what is around it: `after` is its matter, below bylines, dates and links."""

    text: str
    before: Role
    below: Role
    after: Role
    next: str  # the text directly below
    recent: tuple[str, ...]  # the lines shortly above
    repeated: bool
    byline: bool  # it may be nothing but who speaks
    apart: bool  # no other line stands directly above


# What may stand after the last word of a sentence.
_CLOSING = r"[))」』】\]♪★☆]*"
_POLITE = r"(?:です|ます|ました|でした|ません|でしょう|ましょう|ください|下さい|(?:です|ます)[かねよ]|ませんか)[。!！?？♪…\s]*"
_POLITE_END = re.compile(_POLITE + _CLOSING + "$")
_SENTENCE_END = re.compile(
    r"(?:[。．、，,…⤴↓→]|\.{2,}|[a-z]{3}\.|[^A-Za-z]w+|[（(]?笑[)）]?)[!！]*" + _CLOSING + "$",
)
_DATE = re.compile(r"(?:19|20)\d\d\s*[-/.年]\s*\d{1,2}")
_DATE_WORDS = re.compile(
    r"(?:19|20)\d\d\s*[-/.年]\s*\d{1,2}\s*(?:[-/.月]\s*\d{1,2}日?)?|\d{1,2}[:：]\d\d|[（(]?[月火水木金土日](?:曜日?)?[）)]"
    r"|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\b|開催|日時|日付|公開|更新|date|posted|updated|[\W\d_]",
    re.IGNORECASE,
)
_HASHTAG = re.compile(r"(?:(?:ハッシュ)?タグ|twitter|hashtag)?[^\w#＃]{0,3}(?:は)?\s*[#＃]\w+", re.IGNORECASE)
# What else stands below the title of an event: 「於 …」, 「会場: …」, 「… にて」.
_VENUE = re.compile(r"にて$|^(?:於|場所|会場|日時|主催|参加費|定員|URL|出典|引用元?)[\s:：]+\S")
# Twitter's own markup of a quoted tweet ends `— name (@handle) date`.
_TWEET_SIGNATURE = re.compile(r"[—–―-]+\s*\S.*[（(]@\w+[）)]")
_TWEET = re.compile(r"pic\.twitter\.com|\bt\.co/|(?:twitter|x)\.com/\S+/status")
_FOOTNOTE = re.compile(r"\[\d+\]|\*\d+|※|\^|注\d*[:：]|脚注")
_ROLE = re.compile(
    r"(?:スピーカー|発表者|登壇者?|講師|講演者?|司会|モデレーター?|Speakers?|Presenter|by)\s*[:：]", re.IGNORECASE
)
_HANDLE = re.compile(r"@\[[^\]]*\]|@\w+|https?://\S+|[/|｜]\s*(?:Twitter|X)\s*$")
_IN_BRACKETS = re.compile(r"[（(][^（）()]*[）)]")
_HONORIFIC = re.compile(r"(?:さん|氏|様|先生)\s*[!！]?\s*$")
_NO_NAME = re.compile("[をはがで。、]|さん")
_LONGEST_NAME = 20  # characters; with more, it is a title that ends with a handle
_SECTION_NAMES = datafiles.lines("kb.readers", "section_names.txt")
_LONGEST_SECTION = 20  # characters up to which a line that begins with the name of a section is one
# Titles as pages have them, ` - Speaker Deck`, ` | 何々ブログ`; what Flickr, GitHub and shops put under what they embed.
_SITE = re.compile(
    r"\s(?:[-–—|｜·:]|//|from)\s*(?:Speaker ?Deck|SlideShare|Docswell|connpass|YouTube|Qiita|Zenn|note|GitHub|Google"
    r"|Doorkeeper|\S{0,24}(?:ブログ|日記|blog)|[\w.-]+\.(?:com|jp|org|net|io))\s*$"
    r"|\sfrom\s+\S+(?:\s\S+){0,2}$|^Image from|Pull Request #\d+|^posted with|^(?:GitHub - )?[\w.-]+/[\w.-]+:\s",
    re.IGNORECASE,
)
# A talk or section announced: 【A】, [S1], ■, 第2部, LT1:, SRV314:, 3. …, 10:20 …, Q1.
_MARK = re.compile(
    r"【[^】]+】|\[[^\]\d][^\]]*\]|〈[^〉]+〉|[■●◆◇□▼▽★☆]|#{1,6}\s|第\s*[0-9一二三四五六七八九十]+"
    r"|(?:LT|Session|セッション|Part|Day|Track|Step|Room|No\.?|Vol\.?)\s*#?[0-9]+|[A-Z]{2,4}-?\d{2,4}[:：\s]"
    r"|[0-9０-９]{1,2}[.．、)）:：]\s*\S|[0-9]{1,2}[:：][0-9]{2}|Q[0-9.:：&＆]",
    re.IGNORECASE,
)
_ANCHOR = re.compile(r"\{#[^{}]*\}$")  # Markdown's own name of a heading, where the page shows it
_BY = re.compile(r"\s[/／]\s|\bby\s")
_SUBJECT = re.compile("[はが]")
_HIRAGANA = re.compile("[\u3041-\u3096]")
_WORD, _WORDS, _CLAUSE, _PARAGRAPH = 6, 8, 25, 90  # characters
_BYLINE = re.compile(r"(?:\s[-–—]\s*|[(（\s])[@＠]\w+(?:さん)?[)）]?$|\s[@＠]\s\S|さん[)）]?$|氏$")
_TITLED = re.compile(r"\S\s*[-–—「」『』]\s*|\S\s+[(（]?[@＠]|の話")
_LEFTOVER = re.compile(r"^(?:\{%|\[\^|!\[|<|:::|#\S+\s)|%\}$|\s·\s|pic\.|\.(?:jpe?g|png|gif|pdf)\b")
_CODE = re.compile(
    r"[{};]\s*$|^(?:do|end|else|if|return|import|\$|//|>)\b|[\w)]\(.*\);?$|\s[=|]{1,2}\s|<\w+>|\$\(|=>|->"
)
_MATERIAL = re.compile(
    r"(?:(?:発表|登壇)?(?:スライド|資料)|動画|アーカイブ|slides?|video|URL|リンク|ソース)\s*[:：]", re.IGNORECASE
)
_LABELLED = re.compile(r"[^\s:：]{1,12}\s*[:：]\s*\S")
_CUT_OFF = re.compile(r"[てでにをがはもとや]$|(?:から|ので|けど|しかし|そして|また|ため|など|ところ)$")
_QUOTED = re.compile(r"[「『\"“].+[」』\"”]")
_NOUN = re.compile(r"[一-鿿ァ-ヶー]$")
_YEAR = re.compile(r"(?:19|20)\d\d")
_TIMED = re.compile(r"(?:[【\[][^】\]]{1,12}[】\]]\s*)?\d{1,2}[:：]\d{2}")
_SHORTEST_ECHO = 8
_FEW = 1  # other lines that begin and end alike by chance
_STEP, _MOST_STEPS = 8, 4  # characters by which the lengths of lines are alike
_ALIKE = 0.8  # share of the shorter text's pairs of characters
_NOT_WORDS = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")


def _is_marked(line: Candidate) -> bool:
    return _MARK.match(line.text) is not None or _ANCHOR.search(line.text) is not None


EVIDENCE: Mapping[str, Callable[[Candidate], bool]] = {
    "a list below": lambda line: line.after == "item",
    "prose below": lambda line: line.after == "prose",
    "a name below": lambda line: line.below == "byline",
    "the title of a slide below": lambda line: _echoes(line.next, line.text),
    "a list above": lambda line: line.before == "item",
    "another short line above": lambda line: line.before == "short",
    "another short line above, a list below": lambda line: (line.before, line.after) == ("short", "item"),
    "the same, of some words": lambda line: (line.before, line.after) == ("short", "item") and len(line.text) > _WORDS,
    "marked as a talk or section": _is_marked,
    "a time, perhaps after a track": lambda line: _TIMED.match(line.text) is not None,
    "a usual name of sections": lambda line: begins_section(line.text),
    "a question": lambda line: line.text.endswith(("?", "？")),
    "title / speaker": lambda line: _BY.search(line.text) is not None,
    "a word or two": lambda line: len(line.text) <= _WORD,
    "as long as a clause": lambda line: len(line.text) > _CLAUSE and not _is_marked(line),
    "as long as a paragraph": lambda line: len(line.text) > _PARAGRAPH and not _is_marked(line),
    "mostly hiragana": lambda line: 2 * len(_HIRAGANA.findall(line.text)) > len(line.text),
    "a subject": lambda line: _SUBJECT.search(line.text) is not None,
    "a sentence inside": lambda line: "。" in line.text[:-1],
    "the end of a sentence": lambda line: is_sentence(line.text) and not is_polite(line.text),
    "a polite end": lambda line: is_polite(line.text),
    "a card of another page": lambda line: is_link_card(line.text),
    "a line above once more": lambda line: any(_echoes(line.text, earlier) for earlier in line.recent),
    "said before": lambda line: line.repeated,
    "who speaks, after a title": lambda line: _BYLINE.search(line.text) is not None,
    "a person": lambda line: line.byline,
    "a person, without a title": lambda line: line.byline and _TITLED.search(line.text) is None,
    "left over from a page": lambda line: _LEFTOVER.search(line.text) is not None,
    "code": lambda line: _CODE.search(line.text) is not None,
    "a colon at the end": lambda line: line.text.endswith((":", "：")),
    "a label and a colon": lambda line: _LABELLED.match(line.text) is not None,
    "the label of slides or a video": lambda line: _MATERIAL.match(line.text) is not None,
    "prose on both sides": lambda line: (line.before, line.after) == ("prose", "prose"),
    "cut off": lambda line: _CUT_OFF.search(line.text) is not None,
    "a comma": lambda line: "、" in line.text,
    "quoted": lambda line: _QUOTED.fullmatch(line.text) is not None,
    "begins in brackets": lambda line: line.text.startswith(("(", "（", "→", "※", "…", "・", "-")),
    "Latin alone": lambda line: line.text.isascii(),
    "a line directly above": lambda line: not line.apart,
    "a short line below": lambda line: line.below == "short",
    "nothing below": lambda line: line.after == "edge",
    "prose above": lambda line: line.before == "prose",
    "another thing above": lambda line: line.before in ("aside", "other"),
    "a link, date or person below": lambda line: line.below in ("aside", "byline"),
    "a date or year": lambda line: _YEAR.search(line.text) is not None,
    "a noun at the end": lambda line: _NOUN.search(line.text) is not None,
}


def scores_of(candidates: Sequence[Candidate]) -> list[float]:
    """Return for each line of one text the log-odds of its being a heading."""
    alone, together = weights()["alone"], weights()["together"]
    features = [features_of(line) for line in candidates]
    scores = [score(one, alone) for one in features]
    return [score(one, together) for one in features_together(candidates, features, scores)]


def features_of(line: Candidate) -> dict[str, float]:
    """Return what each piece of evidence says of a line by itself."""
    return {name: float(holds(line)) for name, holds in EVIDENCE.items()}


def features_together(
    candidates: Sequence[Candidate], features: Sequence[Mapping[str, float]], scores: Sequence[float]
) -> list[dict[str, float]]:
    """Return what all evidence says of each line, given its own features and the score by these alone."""
    likely = [math.tanh(each / 2) for each in scores]
    forms = [_form(line.text) for line in candidates]
    places = [(line.before, line.after, min(len(line.text) // _STEP, _MOST_STEPS)) for line in candidates]
    by_form, by_place = _means_of_others(forms, likely), _means_of_others(places, likely)
    often, edge = Counter(forms), [0.0]
    before, after = edge + likely[:-1], likely[1:] + edge
    page = {"all lines": fmean(likely) if likely else 0.0, "how many lines": math.log10(1 + len(likely))}
    return [
        {
            **own,
            **page,
            "lines like it": by_form[index],
            "its like begin and end so": float(often[forms[index]] > 1 + _FEW),
            "lines of its length and place": by_place[index],
            "the line before": before[index],
            "the line after": after[index],
            "how far down": index / len(likely),
        }
        for index, own in enumerate(features)
    ]


def _means_of_others(groups: Sequence[Hashable], values: Sequence[float]) -> list[float]:
    """Return for each value the mean of the others in its group, 0 for none."""
    sums, sizes = defaultdict[Hashable, float](float), Counter(groups)
    for group, value in zip(groups, values, strict=True):
        sums[group] += value
    return [
        (sums[group] - value) / (sizes[group] - 1) if sizes[group] > 1 else 0.0
        for group, value in zip(groups, values, strict=True)
    ]


def score(features: Mapping[str, float], weights_of: Mapping[str, float]) -> float:
    """Return the sum of features by their weights; one without a weight adds nothing."""
    return weights_of.get("always", 0.0) + sum(value * weights_of.get(name, 0.0) for name, value in features.items())


@cache
def weights() -> dict[str, dict[str, float]]:
    """Return the fitted weights: of evidence alone, and of all of it together."""
    return datafiles.table("kb.readers", "heading_weights.toml")


def _form(text: str) -> str:
    """Return how a line begins, as kinds of characters, and whether somebody is named at its end."""
    begin = re.sub(r"[A-Za-z]+", "a", _DIGITS.sub("0", text[:4]))
    begin = re.sub(r"[ぁ-んァ-ヶー一-鿿]", "字", begin)[:3]
    return f"{begin} {_BYLINE.search(text) is not None} {text.endswith(('?', '？'))} {text[-1:] in '」』'}"


def _echoes(text: str, earlier: str) -> bool:
    """Tell whether `text` says what `earlier` did, perhaps more; titles of a series differ in numbers alone."""
    if len(earlier) < _SHORTEST_ECHO or len(text) < _ALIKE * len(earlier):
        return False
    if text != earlier and _DIGITS.sub("", text) == _DIGITS.sub("", earlier):
        return False
    pairs, others = _pairs(text), _pairs(earlier)
    return len(pairs & others) > _ALIKE * min(len(pairs), len(others))


def _pairs(text: str) -> set[str]:
    letters = _NOT_WORDS.sub("", text.casefold())
    return {letters[at : at + 2] for at in range(len(letters) - 1)}


def is_polite(text: str) -> bool:
    """Tell whether `text` ends as spoken prose does (です, ます …)."""
    return _POLITE_END.search(text) is not None


def is_sentence(text: str) -> bool:
    """Tell whether `text` ends with the mark of a sentence or goes on in the next line."""
    return _SENTENCE_END.search(text) is not None


def is_particular(text: str) -> bool:
    """Tell whether `text` is nothing but a date, a hashtag or a place: what stands below the title of an event."""
    is_date = _DATE.search(text) is not None and not _DATE_WORDS.sub("", text)
    return is_date or _HASHTAG.fullmatch(text) is not None or _VENUE.search(text) is not None


def is_tweet(text: str, following: str) -> bool:
    """Tell whether `text` is a quoted tweet or its signature `— name (@handle) date`, perhaps in the line below."""
    signed = any(_TWEET_SIGNATURE.match(line) for line in (text, following))
    return signed or _TWEET.search(text) is not None


def is_section_name(text: str) -> bool:
    """Tell whether `text` is no more than what sections of a report are commonly called."""
    return text.casefold() in _SECTION_NAMES


def begins_section(text: str) -> bool:
    """Tell whether `text` is short and begins with what sections of a report are commonly called."""
    return len(text) <= _LONGEST_SECTION and text.casefold().startswith(_SECTION_NAMES)


def is_footnote(text: str) -> bool:
    """Tell whether `text` begins as footnotes do."""
    return _FOOTNOTE.match(text) is not None


def is_link_card(text: str) -> bool:
    """Tell whether `text` is the title of another page with its site: what an embedded card leaves behind."""
    return _SITE.search(text) is not None


def is_byline(text: str) -> bool:
    """Tell whether `text` is a person's name and little else: …さん, …氏, a handle, or a role before it."""
    if _ROLE.match(text):
        return True
    without_handle = _HANDLE.sub("", text)
    bare = _IN_BRACKETS.sub("", without_handle).strip()
    name = _HONORIFIC.sub("", bare).strip()
    marked = without_handle != text or name != bare
    return marked and len(name) <= _LONGEST_NAME and not _NO_NAME.search(name)
