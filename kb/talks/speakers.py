"""Who speaks: the names in a list of speakers, and those that a line below a talk's title tells by its words."""

import re
from collections.abc import Iterator
from itertools import takewhile

from kb.talks.lines import LINE, without_link_marks
from kb.talks.words import any_of, words

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

_LABELLED = re.compile(rf"(?:{any_of('speakers')})\s*[:：]\s*(\S.*)?$", re.IGNORECASE)
# Of katakana and capitals alone are companies' names as a rule, so they are left out.
_MENTION = re.compile(
    r"((?:(?<![ァ-ヶー一-鿿々])[一-鿿々]|(?<![一-鿿々])[一-鿿々]{2,5}?)(?:\s?[一-鿿々]{1,3})??"
    r"|(?=\w*[a-z])[A-Za-z0-9_]{2,20}(?:\s[A-Z][a-z]+)?)\s?"
    r"(?:さん|氏|准教授|教授)(?=の|による|から|が|より|は|、|。|\s|$|[？?！!(（@＠])"
)
_SAID = re.compile(r"(?:登壇者|発表者|スピーカー|講師|講演者|話し手)は、?\s*([^。、]{2,40}?\s?(?:さん|氏)|[@＠]\w+)")
# What somebody did there says of any name before it, in whatever letters, that it is one.
_SPOKE = re.compile(
    r"(?:最初は|次は|続いて|こちらは)?\s*([^\s、。「」]{1,20}(?:\s[^\s、。「」]{1,12})?)\s*(?:さん|氏)(?:の|による)"
    r"\s?(?:発表|講演|基調講演|セッション|お?話|トーク|プレゼン|登壇|LT)"
)
_BY = re.compile(r"[Bb]y\s+(\S{2,30}(?:\s\S{1,20}){0,2})")
# A whole name, of two words, says of brackets behind it that they hold a company or a handle.
_WHOLE_NAME = r"[一-鿿々]{1,4}[ 　][一-鿿々ぁ-んァ-ヶー]{1,5}|[A-Z][a-z]+(?: [A-Z][\w.'-]*){1,2}"
_NAME_AND_COMPANY = re.compile(rf"({_WHOLE_NAME})\s*(?:[(（@＠]|[/／|｜]\s)[^。]{{1,40}}")
_SITE = re.compile(r"\s*(?:[|｜/／-]\s*)(?:Twitter|X|GitHub|Facebook)$", re.IGNORECASE)
_PROFILE = re.compile(
    r"(?P<name>[^@＠]{0,40}?)\s*[(（\[]?\s*[@＠](?P<handle>\w+)\s*[)）\]]?\s*(?P<title>さん|氏)?", re.ASCII
)
_PERSON = re.compile(r"(?P<name>[^@＠。、！？!?:：]{1,30})\s?(?:さん|氏|sann)$")
_FIRST_WORDS = 80  # characters of a line in which somebody is introduced


def names_in(text: str) -> tuple[str, ...]:
    """Return the names that a list of speakers holds, without honorific, company, handle sign or role."""
    names = map(_name, _SEPARATOR.split(_DETAILS.sub(r"\1", without_link_marks(text))))
    return tuple(dict.fromkeys(name for name in names if name and not _COMPANY.search(name)))


def _name(part: str) -> str:
    """Return the words at the end that make a name: Japanese ones of up to three letters, or Latin ones alone."""
    parts = _COMPANY_BEFORE.sub("", _AFTER_NAME.sub("", part)).strip(" \t　@＠-–:：*").split()[::-1]
    if not parts:
        return ""
    if _ASCII.fullmatch(parts[0]):
        kept = list(takewhile(_ASCII.fullmatch, parts))
    else:
        short = takewhile(lambda part: _SHORT_NAME.fullmatch(part) and not _POSITION.search(part), parts)
        kept = list(short) or parts[:1]
    name = " ".join(reversed(kept))
    return _POSITION.split(name)[-1] if _POSITION.search(name) else name


def speaker_names(text: str) -> Iterator[tuple[str, str]]:
    """Yield the names that a line below a talk's title tells by its words, each after the way in which it does."""
    line = text[:LINE]
    for how, match in (
        ("label", _LABELLED.match(line)),
        ("name and company", _NAME_AND_COMPANY.fullmatch(line)),
        ("by", _BY.fullmatch(line)),
        ("said", _SAID.search(line)),
    ):
        if match and match[1]:
            yield from ((how, name) for name in names_in(match[1]))
    yield from (("person", name) for name in _person(line))
    if match := _SPOKE.match(line):
        yield from (("spoke", name) for name in names_in(f"{match[1]}さん"))
    if (match := _MENTION.search(line[:_FIRST_WORDS])) and not match[1].endswith(words("nobody")):
        yield from (("mention", name) for name in names_in(match[1]))


def _person(line: str) -> tuple[str, ...]:
    """Return the name in a line that is nothing but a person: an honorific or a handle shows it."""
    line = _SITE.sub("", line.strip())
    if match := _PROFILE.fullmatch(line):
        return names_in(f"{match['name']}さん") or (match["handle"],)
    match = _PERSON.fullmatch(line)
    named = names_in(match["name"]) if match else ()
    return named if named and not named[0].endswith(words("nobody")) else ()
