"""Dated changes, and which notes they make outdated: older notes on the service with one of the outdated claims."""

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from msgspec import Struct
from msgspec.structs import asdict

from index import datafiles
from index.datafiles import TableError, Text, Texts
from index.text import folded_for_sudachi
from kb.report.dates import day_of
from kb.report.model import Note
from kb.services.catalogue import Service

# A claim and its denial are in one sentence.
_SENTENCE = re.compile(r"[^。!?\n]+[。!?\n]?")
_WORD = re.compile(r"<(\w+)(?::([^<>]*))?>")  # a reference to `claims.toml` in a pattern: <cannot>, <limit:5分>
# Characters of a note. The longest one in the collected reports has 2,300; a pattern such as 「直接.*起動」 takes time in
# the square of a sentence's length.
_MAX_NOTE = 3_000
# Units as people abbreviate them: 256K, 300sec.
_UNIT = re.compile("(?<=[kmg])b|秒|分")
_UNITS = {"b": "(?:i?b)?(?![a-z])", "秒": "(?:秒|s(?:ec)?(?![a-z]))", "分": "(?:分|min)"}
_NOW = {  # in Japanese and in English
    "no_new_customers": ("新しくは使い始められない", "takes no new customers"),
    "reopened": ("また新しく使い始められる", "takes new customers again"),
    "closed": ("使えない（サービスの終了）", "cannot be used any more (the service has ended)"),
}


class ClaimWords(Struct, frozen=True, forbid_unknown_fields=True):
    """The named patterns of `claims.toml`, which explains them."""

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
    """A change as a table of a domain; the README.md in its folder explains the keys."""

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
    since: Text = ""  # the day or year from which notes are outdated; the claims of earlier notes are valid again


class Change(ChangeTable, frozen=True, kw_only=True):
    """A dated change."""

    id: str  # the name of its table

    @property
    def statement(self) -> str:
        """The change as a sentence, such as 「2018年10月以降は最大15分」."""
        year, month = (*self.changed_on.split("-")[:2], "")[:2]
        return f"{year}年{f'{int(month)}月' if month else ''}以降は{self.new}"

    def overtakes(self, note: Note) -> bool:
        """Return whether a note on one of the services has an outdated claim and may be older than the change.

        Its day is the event's, else the post's. Days are compared in their common precision: a note of 2018 may precede
        2018-10-10. A note without a day is never outdated.
        """
        day = day_of(note)
        if day is None or not self.since[: len(day)] <= day < self.changed_on:
            return False
        text = _folded(note.text[:_MAX_NOTE])
        if self.names:
            return any(pattern(name).search(text) for name in self.names) and not pattern("<ending>").search(text)
        if not self.claims:
            is_named = any(mention.via == "explicit" and mention.service in self.services for mention in note.services)
            return is_named and not pattern("<ending>").search(text)
        return any(map(self._has_claim, _SENTENCE.findall(text)))

    def _has_claim(self, sentence: str) -> bool:
        return (
            _any_of(self.claims).search(sentence) is not None
            and not any(pattern(exception).search(sentence) for exception in self.unless)
            and not sentence.endswith("?")
            and not pattern(_words()["denied"]).search(sentence)
        )


_folded = lru_cache(1)(folded_for_sudachi)  # of the note whose changes are looked at


@cache  # compiled on first use: all patterns of a domain take a third of the start of a command
def pattern(text: str) -> re.Pattern[str]:
    """Return the compiled pattern of a claim, which may refer to `claims.toml`: `<cannot>`, `<near>`, `<limit:5分>`.

    Raises TableError for an invalid regular expression.
    """
    try:
        return re.compile(_WORD.sub(_expanded, text))
    except re.error as error:
        raise TableError(f"the claim {datafiles.quoted(text)} is no regular expression: {error}") from error


@cache
def _any_of(claims: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern(claim).pattern})" for claim in claims))


def unknown_words(claims: Iterable[str]) -> list[str]:
    """Return the names that claims refer to and `claims.toml` lacks."""
    return [word[1] for claim in claims for word in _WORD.finditer(claim) if word[1] not in {"limit", *_words()}]


def lifecycle(services: Iterable[Service]) -> Iterator[Change]:
    """Yield a change for the last stage of each service; it makes each older note outdated that names the service."""
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


def _expanded(word: re.Match[str]) -> str:
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
