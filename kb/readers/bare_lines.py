"""What a bare line of a page says of itself by its shape: a sentence, a date, who speaks, a quoted tweet."""

import re

from index import datafiles

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
