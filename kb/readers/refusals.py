"""Files that hold no report in a form that is read: what each of them is, and what to do with it instead."""

import re

from index.sentences import Sentence, said

_OFFICE = said("save it as a web page (.html) or as text, and add that")
_DOCUMENT = said("a document of a word processor; {0}", _OFFICE)
_SLIDES = said("slides; copy what they say into a text file, and add that")
_SPREADSHEET = said("a spreadsheet; copy the notes in it into a text file, and add that")
_PICTURE = said("a picture; write what it says into a text file, and add that")
_RECORDING = said("a recording; write what is said into a text file, and add that")
_BEGINNINGS = tuple(
    (re.compile(beginning, re.DOTALL), message)
    for beginning, message in (
        (rb"\s{0,1024}%PDF-", said("a PDF; copy its text into a text file, and add that")),
        (rb"\x89PNG|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP|II\*\x00|MM\x00\*|BM.{4}\x00{4}|\x00\x00\x01\x00", _PICTURE),
        (rb"....ftyp(?:heic|heix|hevc|mif1|msf1|avif)", _PICTURE),
        (
            rb"....ftyp|ID3[\x02-\x04]\0|OggS\0|fLaC\0|RIFF....(?:WAVE|AVI )|\x1aE\xdf\xa3|\xff[\xf1\xf3\xf9\xfb]",
            _RECORDING,
        ),
        (rb"\{\\rtf", _DOCUMENT),
        (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", said("a file of an older Office; {0}", _OFFICE)),
    )
)
# What office programs write are zips with parts of these names; an archive of reports holds none of them.
_ZIPPED = (
    (b"word/document.xml", _DOCUMENT),
    (b"application/vnd.oasis.opendocument.text", _DOCUMENT),
    (b"ppt/presentation.xml", _SLIDES),
    (b"application/vnd.oasis.opendocument.presentation", _SLIDES),
    (b"xl/workbook.", _SPREADSHEET),
    (b"application/vnd.oasis.opendocument.spreadsheet", _SPREADSHEET),
    (b"Index/Document.iwa", said("a document of iWork; {0}", _OFFICE)),
    (b"application/epub+zip", said("a book; copy the notes in it into a text file, and add that")),
)
_ZIP = b"PK\x03\x04"
_JSON = re.compile(r"""\{\s*(?:"[^"\n]*"\s*:|\}\s*\Z)|\[\s*(?:\{\s*["}]|\[\s*")""")
_JSON_END = re.compile(r"[}\]]\s*\Z")
_XML = re.compile(r"(?:<\?xml\b(?!.*<html\b)|<(?:rss|feed|opml|rdf:RDF|svg)\b)", re.IGNORECASE | re.DOTALL)
_OF_JSON = said("JSON that is no export which is read; export the notes as Markdown, text or HTML, and add that")
_OF_XML = said("XML that is no page; export the posts as Movable Type or save them as web pages (.html), and add that")
_BY_ENDING = {".csv": _SPREADSHEET, ".tsv": _SPREADSHEET, ".json": _OF_JSON, ".jsonl": _OF_JSON, ".ipynb": _OF_JSON}
_BEGINNING = 2000  # characters in which a page has begun


def binary_refusal(data: bytes) -> Sentence | None:
    """Return what a file is that no text stands in, and what to do; None for one that may be a text or an archive."""
    if data.startswith(_ZIP):
        return next((message for part, message in _ZIPPED if part in data), None)
    return next((message for beginning, message in _BEGINNINGS if beginning.match(data)), None)


def text_refusal(text: str, ending: str) -> Sentence | None:
    """Return what a text is that is made for programs, and what to do; `ending` is that of its file's name."""
    if ending in _BY_ENDING:
        return _BY_ENDING[ending]
    beginning = text[:_BEGINNING].lstrip("\ufeff \t\r\n")
    if _JSON.match(beginning) and _JSON_END.search(text[-_BEGINNING:]):
        return _OF_JSON
    return _OF_XML if _XML.match(beginning) else None
