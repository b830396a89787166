"""Who speaks: names out of headings, out of lines that say so, and out of the first words about a talk."""

import re
from collections.abc import Sequence

from kb.report.outline import Block
from kb.talks.words import LINE, any_of, words

_LABELLED = re.compile(rf"(?:{any_of('speakers')})\s*[:：]\s*(\S.*)", re.IGNORECASE)
# Brackets after an honorific, or with more than a word in them, tell where somebody works; 「(Max)」 is part of a name.
_DETAILS = re.compile(r"((?:さん|氏|様))\s*[(（][^)）]*[)）]|\s*[(（][^)）]*[@＠,，、\s][^)）]*[)）]")
_SEPARATOR = re.compile(r"\s*(?:[、,，&＆]|・(?=[A-Za-z@])|(?<=さん)と|(?<=氏)と)\s*")
_AFTER_NAME = re.compile(r"(?:さん|氏|様).*|\s*[/／].*", re.DOTALL)
_COMPANY = re.compile(any_of("companies"))
_COMPANY_BEFORE = re.compile(r"(?:[^　]*[A-Za-z社][^　]*|[^　]{4,})　+")
# Of katakana and capitals alone are companies' names as a rule, so they are left out.
_MENTION = re.compile(
    r"([一-鿿々]{1,5}(?:\s?[一-鿿々]{1,3})?|(?=\w*[a-z])[A-Za-z0-9_]{2,20}(?:\s[A-Z][a-z]+)?)\s?(?:さん|氏)"
    r"(?=の|による|から|が|より|は|、|。|\s|$|[？?！!(（@＠])"
)
_OPENING = 3  # blocks
_FIRST_WORDS = 80  # characters of each


def names_in(text: str) -> tuple[str, ...]:
    """Return the names that a list of speakers holds, without honorific, company, handle sign or role."""
    names = (_name(part) for part in _SEPARATOR.split(_DETAILS.sub(r"\1", text)))
    return tuple(dict.fromkeys(name for name in names if name and not _COMPANY.search(name)))


def speakers_of(blocks: Sequence[Block]) -> tuple[str, ...]:
    """Return who speaks as the lines of a talk tell: a line that says so, else who its first words name."""
    labelled = (match[1] for block in blocks if (match := _LABELLED.match(block.text[:LINE])))
    if told := next(labelled, None):
        return names_in(told)
    opening = [block.text for block in blocks if block.type in ("bullet", "numbered", "paragraph")][:_OPENING]
    mentions = (match[1] for text in opening for match in _MENTION.finditer(text[:_FIRST_WORDS]))
    return next(((name,) for name in mentions if not name.endswith(words("nobody"))), ())


def _name(part: str) -> str:
    return _COMPANY_BEFORE.sub("", _AFTER_NAME.sub("", part)).strip(" \t　@＠-–:：]")
