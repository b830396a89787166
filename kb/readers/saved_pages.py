"""Pages that a browser saved as one file, MHTML or Apple's webarchive: the page inside, in the encoding it came in."""

import email
import plistlib
import re
import struct
from typing import Any
from xml.parsers.expat import ExpatError

from index.messages import translatable
from kb.readers.decoding import DecodedText, decode

# The head of a message in MIME, as Chrome, Edge, Firefox and Internet Explorer write it.
_MIME = re.compile(
    rb"\A\s{0,99}(?:[A-Za-z][\w-]*:[^\n]*\n(?:[ \t][^\n]*\n)*){0,40}?"
    rb"Content-Type:\s*(?:multipart/(?:related|alternative|mixed)|text/html)\b",
    re.IGNORECASE,
)
_VERSION = re.compile(rb"^MIME-Version:", re.IGNORECASE | re.MULTILINE)
_HEAD = 8000  # bytes
_BINARY = b"bplist00"
_PLIST = re.compile(rb"\A" + _BINARY + rb"|\A\s*<\?xml[^>]*>\s*<!DOCTYPE plist\b")
_DAMAGED = translatable("a saved page that is damaged; save it again, as a web page (.html)")
_PLIST_ERRORS = (
    plistlib.InvalidFileException, ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError,
    RecursionError, MemoryError, struct.error, ExpatError,
)  # fmt: skip


class DamagedPageError(ValueError):
    """A saved page in which none can be found; the message says what to do."""


def page_in_mhtml(data: bytes) -> DecodedText | None:
    """Return the page in an MHTML file, None for any other file. Raises DamagedPageError."""
    if not (_MIME.match(data[:_HEAD]) and _VERSION.search(data[:_HEAD])):
        return None
    try:
        parts = email.message_from_bytes(data).walk()
        page = next(part for part in parts if part.get_content_type() == "text/html")
        payload = page.get_payload(decode=True)
        if isinstance(payload, bytes):
            return _text(payload, page.get_content_charset())
    except (LookupError, ValueError, TypeError, AttributeError, RecursionError, StopIteration) as error:
        raise DamagedPageError(_DAMAGED) from error
    raise DamagedPageError(_DAMAGED)


def page_in_webarchive(data: bytes) -> DecodedText | None:
    """Return the page in a webarchive of Safari, None for any other file. Raises DamagedPageError."""
    if not (_PLIST.match(data[:_HEAD]) and b"WebMainResource" in data):
        return None
    try:
        objects = int.from_bytes(data[-24:-16], "big")  # as a binary list says; plistlib makes room for them
        if data.startswith(_BINARY) and objects > len(data):
            raise DamagedPageError(_DAMAGED)
        main: dict[str, Any] = plistlib.loads(data)["WebMainResource"]
        return _text(bytes(main["WebResourceData"]), main.get("WebResourceTextEncodingName"))
    except _PLIST_ERRORS as error:
        raise DamagedPageError(_DAMAGED) from error


def _text(page: bytes, encoding: str | None) -> DecodedText:
    """Return the text of a page in the encoding it says to be in, if it is, else in the one its bytes tell."""
    guessed = decode(page)
    try:
        return DecodedText(page.decode(encoding or ""), encoding or "")
    except (LookupError, UnicodeDecodeError):
        if guessed is None:
            raise DamagedPageError(_DAMAGED) from None
        return guessed
