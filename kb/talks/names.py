"""Names out of a list of speakers: without honorific, company, handle sign or role."""

import re
from collections.abc import Sequence
from itertools import takewhile

from kb.talks.words import any_of

HATENA_LINK = re.compile(r"\[https?://[^\]\s]*?:title=([^\]]*)\]")
# Brackets after an honorific or at the end tell where somebody works; before an honorific they are part of a name. A
# handle beside a name names nobody else.
_DETAILS = re.compile(
    r"((?:さん|氏|様))\s*[(（][^)）]*[)）]|\s*[(（\[［][^)）\]］]*[@＠,，、\s][^)）\]］]*[)）\]］]"
    r"|\s*[\[［][^\]］]*[\]］]|\s*[(（][^)）@＠]*[)）](?=\s*(?:$|[、,，&＆・]))|(?<=[^\s、,，&＆・])[(（\s]\s*[@＠]\w+[)）]?"
)
_SEPARATOR = re.compile(r"\s*(?:[、,，&＆]|・(?=[A-Za-z@])|(?<=さん)と|(?<=氏)と|\sand\s)\s*")
_AFTER_NAME = re.compile(r"\s?(?:さん|氏|様|准教授|教授|先生)(?![一-鿿]).*|\s*[/／|｜].*|\s+with\s.*|sann$", re.DOTALL)
_COMPANY = re.compile(any_of("companies"))
_POSITION = re.compile(any_of("positions"))
_COMPANY_BEFORE = re.compile(r"(?:[^　]*[A-Za-z社][^　]*|[^　]{4,})　+|.{2,30}の(?=[一-鿿々]{1,4}$)")
_SHORT_NAME = re.compile(r"[ぁ-ん]{1,5}|[ァ-ヶー]{1,3}|[一-鿿々]{1,3}")
_ASCII = re.compile(r"[\x21-\x7e]+")


def names_in(text: str) -> tuple[str, ...]:
    """Return the names that a list of speakers holds, without honorific, company, handle sign or role."""
    names = (_name(part) for part in _SEPARATOR.split(_DETAILS.sub(r"\1", HATENA_LINK.sub(r"\1", text))))
    return tuple(dict.fromkeys(name for name in names if name and not _COMPANY.search(name)))


def _name(part: str) -> str:
    name = _COMPANY_BEFORE.sub("", _AFTER_NAME.sub("", part)).strip(" \t　@＠-–:：*")
    return _without_company(name.split())


def _without_company(tokens: Sequence[str]) -> str:
    """Return the tokens at the end that make a name: Japanese ones of up to three letters, or Latin ones alone."""
    if not tokens:
        return ""
    if _ASCII.fullmatch(tokens[-1]):
        kept = list(takewhile(_ASCII.fullmatch, reversed(tokens)))
    else:
        kept = [tokens[-1]]
        kept += takewhile(_is_short_name, reversed(tokens[:-1])) if _is_short_name(tokens[-1]) else []
    name = " ".join(reversed(kept))
    return _POSITION.split(name)[-1] if _POSITION.search(name) else name


def _is_short_name(token: str) -> bool:
    return _SHORT_NAME.fullmatch(token) is not None and not _POSITION.search(token)
