"""Kana and the keys they are typed with: for names typed with the input method left on (ふぁrがて is fargate), or off."""

from functools import cache
from itertools import islice, product
from string import ascii_lowercase

from index import datafiles
from index.text import hiragana, katakana

_CONSONANTS = "".join(set(ascii_lowercase) - set("aiueo"))
_MOST_SPELLINGS = 64  # six kana with two spellings each; every spelling is looked up


def typed(text: str) -> tuple[str, ...]:
    """Return what the keys of a text in kana and letters spell, commonest first; nothing if it holds anything else."""
    choices: list[list[str]] = []
    rest = hiragana(text)
    while rest:
        if rest[0] == "っ" and len(rest) > 1 and (following := _first_keys(rest[1:])):
            choices.append([keys[0] for keys in following[:1]])
            rest = rest[1:]
            continue
        kana = next((rest[:length] for length in (2, 1) if rest[:length] in _keys()), None)
        if kana is None and not (rest[0].isascii() and rest[0].isalnum()):
            return ()
        choices.append(_keys()[kana] if kana else [rest[0]])
        rest = rest[len(kana or " ") :]
    return tuple(dict.fromkeys(map("".join, islice(product(*choices), _MOST_SPELLINGS))))


def kana(letters: str) -> str | None:
    """Return the katakana that letters would have given with the input method on, None where they give no kana."""
    given, rest = "", letters.casefold()
    while rest:
        if len(rest) > 1 and rest[0] == rest[1] and rest[0] not in "aiueon":
            given, rest = given + "っ", rest[1:]
            continue
        length = next((length for length in (4, 3, 2, 1) if rest[:length] in _kana_by_keys()), None)
        if length is None:
            return None
        given, rest = given + _kana_by_keys()[rest[:length]], rest[length:]
    return katakana(given)


def begun(text: str) -> tuple[str, ...]:
    """Return the katakana that a text begins, its last letters being keys not yet at their end; nothing for no kana.

    らm may become らま, らみ, らむ; what is typed with the input method off is read as if it were on.
    """
    given = hiragana(text)
    typed = given.rstrip(_CONSONANTS if given.isascii() else ascii_lowercase)
    whole = kana(typed) if given.isascii() else katakana(typed)
    if whole is None or typed == given:
        return (whole,) if whole else ()
    keys = given[len(typed) :]
    return tuple(
        dict.fromkeys(whole + katakana(end) for spelled, end in _kana_by_keys().items() if spelled.startswith(keys))
    )


def _first_keys(text: str) -> list[str]:
    return next(
        (_keys()[text[:length]] for length in (2, 1) if text[:length] in _keys()),
        [text[0]] if text[0].isascii() else [],
    )


@cache
def _keys() -> dict[str, list[str]]:
    return {kana: keys for kana, *keys in map(str.split, datafiles.lines("index", "kana_keys.txt"))}


@cache
def _kana_by_keys() -> dict[str, str]:
    return {keys: kana for kana, spellings in _keys().items() for keys in spellings}
