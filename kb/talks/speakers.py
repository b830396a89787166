"""Who speaks: names out of headings, out of lines and tables that say so, and out of the first words about a talk."""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from index.text import letters
from kb.report.outline import Block
from kb.talks.words import LINE, any_of, words

SHORTEST_TITLE = 6  # letters by which a talk is found in a timetable

_LABELLED = re.compile(rf"(?:{any_of('speakers')})\s*[:：]\s*(\S.*)?$", re.IGNORECASE)
_LABEL = re.compile(rf"(?:{any_of('speakers')})", re.IGNORECASE)
_HATENA_LINK = re.compile(r"\[https?://[^\]\s]*?:title=([^\]]*)\]")
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
_CELL_END = re.compile(r" \| |\t+")
_SITE = re.compile(r"\s*(?:[|｜/／-]\s*)(?:Twitter|X|GitHub|Facebook)$", re.IGNORECASE)
_PROFILE = re.compile(
    r"(?P<name>[^@＠]{0,40}?)\s*[(（\[]?\s*[@＠](?P<handle>\w+)\s*[)）\]]?\s*(?P<title>さん|氏)?", re.ASCII
)
_PERSON = re.compile(r"(?P<name>[^@＠。、！？!?:：]{1,30})\s?(?:さん|氏|sann)$")
_OPENING = 3  # blocks
_FIRST_WORDS = 80  # characters of each


def names_in(text: str) -> tuple[str, ...]:
    """Return the names that a list of speakers holds, without honorific, company, handle sign or role."""
    names = (_name(part) for part in _SEPARATOR.split(_DETAILS.sub(r"\1", _HATENA_LINK.sub(r"\1", text))))
    return tuple(dict.fromkeys(name for name in names if name and not _COMPANY.search(name)))


def speakers_of(blocks: Sequence[Block], heading: str = "") -> tuple[str, ...]:
    """Return who speaks as the lines of a talk tell, or its first sub-`heading`.

    A line or table that says so, else a line that is nothing but a person, else who its first words name.
    """
    if told := next(_labelled(blocks), None) or next(filter(None, map(_in_table, blocks)), None):
        return told
    opening = [block for block in blocks if block.type not in ("blank", "table")][:_OPENING]
    lines = [_HATENA_LINK.sub(r"\1", text) for text in (heading, *(block.text for block in opening))]
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


def speakers_by_title(blocks: Sequence[Block]) -> dict[str, tuple[str, ...]]:
    """Return who speaks as the timetables of a report tell, by the letters of the title beside them."""
    told: dict[str, tuple[str, ...]] = {}
    for table in (block for block in blocks if block.type == "table"):
        header, *rows = _rows(table)
        column = next((at for at, cell in enumerate(header) if _LABEL.fullmatch(cell.strip())), None)
        for row in rows:
            if column is not None and column < len(row) == len(header):
                title = max((letters(cell) for at, cell in enumerate(row) if at != column), key=len, default="")
                told[title] = names_in(row[column])
    return {title: names for title, names in told.items() if len(title) >= SHORTEST_TITLE and names}


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


def _in_table(block: Block) -> tuple[str, ...]:
    """Return the names in the column of a table, or beside the cell, that says who speaks."""
    rows = _rows(block) if block.type == "table" else []
    for number, row in enumerate(rows[:-1] if len(rows) > 1 else []):
        for column, cell in enumerate(row):
            if _LABEL.fullmatch(cell.strip()) and column < len(rows[number + 1]):
                return names_in(rows[number + 1][column])
    return ()


def _rows(table: Block) -> list[list[str]]:
    """Return the cells of a table by row; those of extracted text are parted by tabs."""
    return [_CELL_END.split(row) for row in table.text.split("\n")]


def _person(text: str) -> tuple[str, ...]:
    """Return the name in a line that is nothing but a person: an honorific or a handle shows it."""
    text = _SITE.sub("", text[:LINE].strip())
    if match := _PROFILE.fullmatch(text):
        return names_in(f"{match['name']}さん") or (match["handle"],)
    match = _PERSON.fullmatch(text)
    named = names_in(match["name"]) if match else ()
    return named if named and not named[0].endswith(words("nobody")) else ()


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
