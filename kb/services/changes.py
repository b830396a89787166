"""A dated change, and which notes it has overtaken: about its service, of what it claims, and from before its day."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from msgspec import Struct
from msgspec.structs import asdict

from index import datafiles
from index.datafiles import TableError, Text, Texts
from index.text import folded_for_sudachi
from kb.report.model import Note
from kb.services.catalogue import Service

# A claim, and what takes it back, stand in one sentence.
_SENTENCE = re.compile(r"[^。!?\n]+[。!?\n]?")
_WORD = re.compile(r"<(\w+)(?::([^<>]*))?>")  # of `claims.toml`, in a pattern: <cannot>, <limit:5分>
# A pattern such as 「直接.*起動」 takes time that grows with the square of a sentence. The longest note that we have seen has
# 2,300 characters, so a note is read so far and no further.
_READ_SO_FAR = 3_000
# How units are written in haste: 256K, 300sec.
_UNIT = re.compile("(?<=[kmg])b|秒|分")
_UNITS = {"b": "(?:i?b)?(?![a-z])", "秒": "(?:秒|s(?:ec)?(?![a-z]))", "分": "(?:分|min)"}
_NOW = {  # in Japanese and in English
    "no_new_customers": ("新しくは使い始められない", "takes no new customers"),
    "reopened": ("また新しく使い始められる", "takes new customers again"),
    "closed": ("使えない（サービスの終了）", "cannot be used any more (the service has ended)"),
}


class ClaimWords(Struct, frozen=True, forbid_unknown_fields=True):
    """The words that claims of changes are made of; `claims.toml` explains them."""

    near: str
    cannot: str
    lacking: str
    by_hand: str
    limit_before: str
    not_a_limit: str
    limit_after: str
    ending: str
    denied: str


class ChangeTable(Struct, frozen=True, forbid_unknown_fields=True):
    """A dated fact as a table has it; README.md beside the tables of a domain explains each field."""

    services: Texts
    old: Text
    new: Text
    changed_on: Text
    marks: Text
    near: Text
    claims: Texts = ()
    unless: Texts = ()
    names: Texts = ()
    source: Text | None = None
    checked_on: Text | None = None
    english: Text = ""  # `new` in English
    since: Text = ""  # notes from before this day or year say what was so then and is so again


class Change(ChangeTable, frozen=True, kw_only=True):
    """One dated fact, by the id that its table has for a name."""

    id: str

    @property
    def statement(self) -> str:
        """The change as a sentence: 「2018年10月以降は最大15分」."""
        year, month = (*self.changed_on.split("-")[:2], "")[:2]
        return f"{year}年{f'{int(month)}月' if month else ''}以降は{self.new}"

    def overtakes(self, note: Note) -> bool:
        """Tell whether a note on one of the services claims what no longer holds, and may be from before the change.

        Its day is that of the event, else that of the post. Days are compared as far as both are known: a note of 2018
        may be from before 2018-10-10. A note without a day is never marked.
        """
        day = note.held_on or note.published
        if day is None or not self.since[: len(day)] <= day < self.changed_on:
            return False
        text = folded_for_sudachi(note.text[:_READ_SO_FAR])
        if self.names:
            return any(pattern(name).search(text) for name in self.names) and not pattern("<ending>").search(text)
        if not self.claims:
            named = any(one.via == "explicit" and one.service in self.services for one in note.services)
            return named and not pattern("<ending>").search(text)
        return any(map(self._is_claimed_in, _SENTENCE.findall(text)))

    def _is_claimed_in(self, sentence: str) -> bool:
        return (
            any(pattern(claim).search(sentence) for claim in self.claims)
            and not any(pattern(one).search(sentence) for one in self.unless)
            and not sentence.endswith("?")
            and not pattern(_words()["denied"]).search(sentence)
        )


@cache  # those of a domain take a third of the start of a command that shows no note of before a change
def pattern(text: str) -> re.Pattern[str]:
    """Return the pattern of a claim, with words from `claims.toml`: `<cannot>`, `<near>`, `<limit:5分>`.

    Raises TableError for a claim that is no regular expression.
    """
    try:
        return re.compile(_WORD.sub(_written_out, text))
    except re.error as error:
        raise TableError(f"the claim {datafiles.quoted(text)} is no regular expression: {error}") from error


def unknown_words(claims: Iterable[str]) -> list[str]:
    """Return the words of `claims.toml` that claims use and that stand there not."""
    return [word[1] for claim in claims for word in _WORD.finditer(claim) if word[1] not in {"limit", *_words()}]


def lifecycle(services: Iterable[Service]) -> Iterator[Change]:
    """Yield what became of services: of each its last stage, which holds today and overtakes all that name it."""
    for service in services:
        stages = [stage for stage in service.stages if stage.what in _NOW]
        if not stages:
            continue
        last = stages[-1]
        new, english = _NOW[last.what]
        yield Change(
            id=f"{service.slug}-{last.what.replace('_', '-')}",
            services=(service.slug,),
            old="使える",
            new=new,
            english=english,
            changed_on=last.on,
            marks=f"{service.name}を使う",
            near="",
            source=last.source,
            since=stages[0].on[:4] if last.what == "reopened" else "",
        )


def _written_out(word: re.Match[str]) -> str:
    words = _words()
    if word[1] == "limit":
        number = rf"(?<![\d.])(?:{_UNIT.sub(lambda unit: _UNITS[unit[0]], word[2])})"
        before, after = words["limit_before"], pattern(words["limit_after"]).pattern
        return rf"(?:{before}{number}{words['not_a_limit']}|{number}{after})"
    return words[word[1]]


@cache
def _words() -> dict[str, str]:
    table = asdict(datafiles.table("kb.services", "claims.toml", ClaimWords))
    return {name: "".join(line.strip() for line in words.splitlines()) for name, words in table.items()}
