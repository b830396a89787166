"""Bytes to text: which encoding a file is in, told from its bytes alone."""

import codecs
import re
from dataclasses import dataclass

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_JIS_ESCAPE = re.compile(rb"\x1b(?:\$[@B]|\([IJ])")
# What the codec is called to people -> the codecs to try, the strict one first: Python's own euc_jp and iso2022_jp lack
# the vendor characters (①, ㈱) that their JIS X 0213 siblings know; shift_jis lacks them too and cp932 has them.
_CODECS = {
    "iso2022_jp": ("iso2022_jp", "iso2022_jp_3", "iso2022_jp_2004"),
    "utf-8": ("utf-8",),
    "cp932": ("cp932",),
    "euc_jp": ("euc_jp", "euc_jis_2004"),
}
_NOT_TEXT = bytes(sorted({*range(32), 127} - set(b"\t\n\v\f\r\x1b")))
# How pages name their encoding; one that no Japanese text can be in is a server's default, and tells nothing.
_TOLD = {
    **_CODECS,
    **dict.fromkeys(("shift_jis", "x-sjis", "windows-31j"), _CODECS["cp932"]),
    **{name: (name,) for name in ("utf-16", "utf-16-le", "utf-16-be")},
}
# Compressed bytes hold a tenth of control characters; notes pasted from a terminal stay below one in fifty.
_BINARY_SHARE = 0.02
# One broken character in ten is no longer a text with a scratch.
_BROKEN_SHARE = 0.1
_JAPANESE = re.compile("[\u3041-\u3096\u30a1-\u30fc、。「」]")
# What Japanese turns into in the wrong encoding: half-width kana, private use, replacement.
_MOJIBAKE = re.compile("[\uff61-\uff9f\ue000-\uf8ff\ufffd\x80-\x9f]")


@dataclass(frozen=True, slots=True)
class DecodedText:
    """A file's text, the encoding it was in, and how many characters could not be decoded (they read U+FFFD)."""

    text: str
    encoding: str
    broken: int = 0


def decode(data: bytes) -> DecodedText | None:
    """Return the text of `data`, or None where it is no text: a binary file, or mostly broken characters."""
    for mark, codec in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _readable(_as(codec, (codec,), data))
    if len(data.translate(None, _NOT_TEXT)) < len(data) * (1 - _BINARY_SHARE):
        return None
    if _JIS_ESCAPE.search(data) and data.isascii():
        return _readable(_as("iso2022_jp", _CODECS["iso2022_jp"], data))
    try:
        return DecodedText(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        candidates = [_as(name, _CODECS[name], data) for name in ("utf-8", "cp932", "euc_jp")]
    return _readable(max(candidates, key=_looks_japanese))


def telling_its_encoding(data: bytes, charset: str) -> bytes:
    """Return `data`, in UTF-8 with its mark where it is a text in `charset` and its bytes alone would not tell that."""
    found = decode(data)
    codecs_told = _TOLD.get(_codec_name(charset), ())
    if not codecs_told or (found and not found.broken and found.encoding.startswith("utf")):
        return data
    told = _as(charset, codecs_told, data)
    if told.broken or (found and told.text == found.text):
        return data
    return codecs.BOM_UTF8 + told.text.encode()


def _codec_name(charset: str) -> str:
    """Return what Python calls an encoding; a name that it does not know stays as it is."""
    try:
        return codecs.lookup(charset).name
    except LookupError:
        return charset.lower()


def _as(name: str, names: tuple[str, ...], data: bytes) -> DecodedText:
    for codec in names:
        try:
            return DecodedText(data.decode(codec), name)
        except UnicodeDecodeError:
            continue
    text = data.decode(names[0], errors="replace").removeprefix("\ufeff")
    return DecodedText(text, name, text.count("\ufffd"))


def _looks_japanese(decoded: DecodedText) -> int:
    return len(_JAPANESE.findall(decoded.text)) - 2 * len(_MOJIBAKE.findall(decoded.text))


def _readable(decoded: DecodedText) -> DecodedText | None:
    return None if decoded.broken > _BROKEN_SHARE * len(decoded.text) else decoded
