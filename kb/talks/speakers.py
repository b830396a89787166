"""Who speaks: names out of headings, out of lines and tables that say so, and out of the first words about a talk."""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from kb.report.outline import Block
from kb.talks.names import HATENA_LINK, names_in
from kb.talks.timetable import speakers_in
from kb.talks.words import LINE, any_of, words

_LABELLED = re.compile(rf"(?:{any_of('speakers')})\s*[:：]\s*(\S.*)?$", re.IGNORECASE)
# Of katakana and capitals alone are companies' names as a rule, so they are left out.
_MENTION = re.compile(
    r"((?:(?<![ァ-ヶー一-鿿々])[一-鿿々]|(?<![一-鿿々])[一-鿿々]{2,5}?)(?:\s?[一-鿿々]{1,3})??"
    r"|(?=\w*[a-z])[A-Za-z0-9_]{2,20}(?:\s[A-Z][a-z]+)?)\s?"
    r"(?:さん|氏|准教授|教授)(?=の|による|から|が|より|は|、|。|\s|$|[？?！!(（@＠])"
)
_SAID = re.compile(r"(?:登壇者|発表者|スピーカー|講師|講演者|話し手)は、?\s*([^。、]{2,40}?\s?(?:さん|氏)|[@＠]\w+)")
_BY = re.compile(r"[Bb]y\s+(\S{2,30}(?:\s\S{1,20}){0,2})")
# A whole name, of two words, says of brackets behind it that they hold a company or a handle.
_WHOLE_NAME = r"[一-鿿々]{1,4}[ 　][一-鿿々ぁ-んァ-ヶー]{1,5}|[A-Z][a-z]+(?: [A-Z][\w.'-]*){1,2}"
_NAME_AND_COMPANY = re.compile(rf"({_WHOLE_NAME})\s*(?:[(（@＠]|[/／|｜]\s)[^。]{{1,40}}")
_SITE = re.compile(r"\s*(?:[|｜/／-]\s*)(?:Twitter|X|GitHub|Facebook)$", re.IGNORECASE)
_PROFILE = re.compile(
    r"(?P<name>[^@＠]{0,40}?)\s*[(（\[]?\s*[@＠](?P<handle>\w+)\s*[)）\]]?\s*(?P<title>さん|氏)?", re.ASCII
)
_PERSON = re.compile(r"(?P<name>[^@＠。、！？!?:：]{1,30})\s?(?:さん|氏|sann)$")
_OPENING = 3  # blocks
_FIRST_WORDS = 80  # characters of each


def speakers_of(blocks: Sequence[Block], heading: str = "") -> tuple[str, ...]:
    """Return who speaks as the lines of a talk tell, or its first sub-`heading`.

    A line or table that says so, else a line that is nothing but a person, else who its first words name.
    """
    if told := next(_labelled(blocks), None) or next(filter(None, map(speakers_in, blocks)), None):
        return told
    opening = [block for block in blocks if block.type not in ("blank", "table")][:_OPENING]
    lines = [HATENA_LINK.sub(r"\1", text) for text in (heading, *(block.text for block in opening))]
    if told := next(filter(None, map(_person, lines)), None):
        return told
    written = [heading, *(block.text[:LINE] for block in opening if block.depth is None and block.type != "code")]
    for match in filter(None, (_NAME_AND_COMPANY.fullmatch(text) or _BY.fullmatch(text) for text in written)):
        return names_in(match[1])
    said = (match[1] for text in lines for match in _SAID.finditer(text[:LINE]))
    if told := next(filter(None, map(names_in, said)), None):
        return told
    mentions = (match[1] for text in lines[1:] for match in _MENTION.finditer(text[:_FIRST_WORDS]))
    return next((names_in(name) for name in mentions if not name.endswith(words("nobody"))), ())


def _labelled(blocks: Sequence[Block]) -> Iterator[tuple[str, ...]]:
    """Yield the names behind each label, or in the list right below it."""
    for index, block in enumerate(blocks):
        match = _LABELLED.match(block.text[:LINE])
        if match and match[1]:
            yield names_in(match[1])
        elif match and block.depth is not None:
            yield tuple(name for item in _below(blocks, index) for name in names_in(item.text))


def _below(blocks: Sequence[Block], index: int) -> Iterator[Block]:
    """Return the items of a list that stand below the one at `index`."""
    depth = blocks[index].depth or 0
    return takewhile(lambda item: (item.depth or 0) > depth, blocks[index + 1 :])


def _person(text: str) -> tuple[str, ...]:
    """Return the name in a line that is nothing but a person: an honorific or a handle shows it."""
    text = _SITE.sub("", text[:LINE].strip())
    if match := _PROFILE.fullmatch(text):
        return names_in(f"{match['name']}さん") or (match["handle"],)
    match = _PERSON.fullmatch(text)
    named = names_in(match["name"]) if match else ()
    return named if named and not named[0].endswith(words("nobody")) else ()
