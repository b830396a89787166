"""Who speaks, as the lines of a talk tell: those that say so, those that are nothing but a person, the first words."""

import re
from collections.abc import Iterator

from kb.talks.names import names_in
from kb.talks.words import LINE, any_of, words

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
_FIRST_WORDS = 80  # characters of each


def names_told(text: str) -> Iterator[tuple[str, str]]:
    """Yield the names that a line below a talk's heading tells by its words, each with how it does."""
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


def _person(text: str) -> tuple[str, ...]:
    """Return the name in a line that is nothing but a person: an honorific or a handle shows it."""
    text = _SITE.sub("", text[:LINE].strip())
    if match := _PROFILE.fullmatch(text):
        return names_in(f"{match['name']}さん") or (match["handle"],)
    match = _PERSON.fullmatch(text)
    named = names_in(match["name"]) if match else ()
    return named if named and not named[0].endswith(words("nobody")) else ()
