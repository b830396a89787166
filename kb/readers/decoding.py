"""Bytes to text: detects the encoding of a file, and refuses files that cannot hold a report."""

import codecs
import re
from dataclasses import dataclass

from index.messages import Message, translatable

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_JIS_ESCAPE = re.compile(rb"\x1b(?:\$[@B]|\([IJ])")
# Encoding -> the codecs to try, the strict one first. Python's euc_jp and iso2022_jp lack the vendor characters (①, ㈱)
# that their JIS X 0213 siblings have; shift_jis lacks them too, and cp932 has them.
_CODECS = {
    "iso2022_jp": ("iso2022_jp", "iso2022_jp_3", "iso2022_jp_2004"),
    "utf-8": ("utf-8",),
    "cp932": ("cp932",),
    "euc_jp": ("euc_jp", "euc_jis_2004"),
}
_NOT_TEXT = bytes(sorted({*range(32), 127} - set(b"\t\n\v\f\r\x1b")))
# The codecs by the charset that a page names. Charsets without Japanese are a server's default, and are ignored.
_BY_CHARSET = {
    **_CODECS,
    **dict.fromkeys(("shift_jis", "x-sjis", "windows-31j"), _CODECS["cp932"]),
    **{name: (name,) for name in ("utf-16", "utf-16-le", "utf-16-be")},
}
# A tenth of compressed bytes are control characters; in notes pasted from a terminal fewer than one in fifty are.
_MAX_CONTROL_SHARE = 0.02
_MAX_BROKEN_SHARE = 0.1  # of characters; with more, a text is not worth reading
_JAPANESE = re.compile("[\u3041-\u3096\u30a1-\u30fc、。「」]")
# Japanese text decoded by the wrong codec has these: half-width kana, private use, replacement.
_MOJIBAKE = re.compile("[\uff61-\uff9f\ue000-\uf8ff\ufffd\x80-\x9f]")

_OFFICE = translatable("save it as a web page (.html) or as text, and add that")
_DOCUMENT = translatable("a document of a word processor; {0}", _OFFICE)
_SLIDES = translatable("slides; copy what they say into a text file, and add that")
_SPREADSHEET = translatable("a spreadsheet; copy the notes in it into a text file, and add that")
_PICTURE = translatable("a picture; write what it says into a text file, and add that")
_RECORDING = translatable("a recording; write what is said into a text file, and add that")
_BEGINNINGS = (
    (rb"\s{0,1024}%PDF-", translatable("a PDF; copy its text into a text file, and add that")),
    (rb"\x89PNG|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP|II\*\x00|MM\x00\*|BM.{4}\x00{4}|\x00\x00\x01\x00", _PICTURE),
    (rb"....ftyp(?:heic|heix|hevc|mif1|msf1|avif)", _PICTURE),
    (
        rb"....ftyp|ID3[\x02-\x04]\0|OggS\0|fLaC\0|RIFF....(?:WAVE|AVI )|\x1aE\xdf\xa3|\xff[\xf1\xf3\xf9\xfb]",
        _RECORDING,
    ),
    (rb"\{\\rtf", _DOCUMENT),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", translatable("a file of an older Office; {0}", _OFFICE)),
)
# Office programs write zips with parts of these names; archives of reports have none of them.
_ZIPPED = (
    (b"word/document.xml", _DOCUMENT),
    (b"application/vnd.oasis.opendocument.text", _DOCUMENT),
    (b"ppt/presentation.xml", _SLIDES),
    (b"application/vnd.oasis.opendocument.presentation", _SLIDES),
    (b"xl/workbook.", _SPREADSHEET),
    (b"application/vnd.oasis.opendocument.spreadsheet", _SPREADSHEET),
    (b"Index/Document.iwa", translatable("a document of iWork; {0}", _OFFICE)),
    (b"application/epub+zip", translatable("a book; copy the notes in it into a text file, and add that")),
)
_ZIP = b"PK\x03\x04"
_JSON = re.compile(r"""\{\s*(?:"[^"\n]*"\s*:|\}\s*\Z)|\[\s*(?:\{\s*["}]|\[\s*")""")
_JSON_END = re.compile(r"[}\]]\s*\Z")
_XML = re.compile(r"(?:<\?xml\b(?!.*<html\b)|<(?:rss|feed|opml|rdf:RDF|svg)\b)", re.IGNORECASE | re.DOTALL)
_OF_JSON = translatable("JSON that is not a supported export; export the notes as Markdown, text or HTML, and add that")
_OF_XML = translatable(
    "XML that is not a page; export the posts as Movable Type or save them as web pages (.html), and add that"
)
_BY_ENDING = {".csv": _SPREADSHEET, ".tsv": _SPREADSHEET, ".json": _OF_JSON, ".jsonl": _OF_JSON, ".ipynb": _OF_JSON}
_BEGINNING = 2000  # characters; a page has begun by then


@dataclass(frozen=True, slots=True)
class DecodedText:
    """The text of a file, its encoding, and the number of `broken` characters, which became U+FFFD."""

    text: str
    encoding: str
    broken: int = 0


def decode(data: bytes) -> DecodedText | None:
    """Return the text of `data`, or None for a binary file or mostly broken characters."""
    for mark, codec in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _readable(_as(codec, (codec,), data))
    if len(data.translate(None, _NOT_TEXT)) < len(data) * (1 - _MAX_CONTROL_SHARE):
        return None
    if _JIS_ESCAPE.search(data) and data.isascii():
        return _readable(_as("iso2022_jp", _CODECS["iso2022_jp"], data))
    try:
        return DecodedText(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        candidates = [_as(name, _CODECS[name], data) for name in ("utf-8", "cp932", "euc_jp")]
    return _readable(max(candidates, key=_japanese_score))


def to_utf8(data: bytes, charset: str) -> bytes:
    """Return `data` re-encoded as UTF-8 if it is a text in `charset` that `decode` would not recognise.

    A byte order mark then marks it as UTF-8. Other data is returned unchanged.
    """
    try:
        codec = codecs.lookup(charset).name
    except LookupError:
        codec = charset.lower()
    guessed, candidates = decode(data), _BY_CHARSET.get(codec, ())
    if not candidates or (guessed and not guessed.broken and guessed.encoding.startswith("utf")):
        return data
    declared = _as(charset, candidates, data)
    if declared.broken or (guessed and declared.text == guessed.text):
        return data
    return codecs.BOM_UTF8 + declared.text.encode()


def binary_refusal(data: bytes) -> Message | None:
    """Return the kind of a binary file and what to do, or None for a possible text or archive."""
    if data.startswith(_ZIP):
        return next((message for part, message in _ZIPPED if part in data), None)
    return next((message for beginning, message in _BEGINNINGS if re.match(beginning, data, re.DOTALL)), None)


def text_refusal(text: str, ending: str) -> Message | None:
    """Return the kind of a text made for programs and what to do, or None for other texts.

    `ending` is that of the file name.
    """
    if ending in _BY_ENDING:
        return _BY_ENDING[ending]
    beginning = text[:_BEGINNING].lstrip("\ufeff \t\r\n")
    if _JSON.match(beginning) and _JSON_END.search(text[-_BEGINNING:]):
        return _OF_JSON
    return _OF_XML if _XML.match(beginning) else None


def _as(name: str, names: tuple[str, ...], data: bytes) -> DecodedText:
    for codec in names:
        try:
            return DecodedText(data.decode(codec), name)
        except UnicodeDecodeError:
            continue
    text = data.decode(names[0], errors="replace").removeprefix("\ufeff")
    return DecodedText(text, name, text.count("\ufffd"))


def _japanese_score(decoded: DecodedText) -> int:
    return len(_JAPANESE.findall(decoded.text)) - 2 * len(_MOJIBAKE.findall(decoded.text))


def _readable(decoded: DecodedText) -> DecodedText | None:
    return None if decoded.broken > _MAX_BROKEN_SHARE * len(decoded.text) else decoded
