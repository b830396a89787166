"""The lines of a text, and the web addresses written out in one."""

import re

# U+000B, U+000C, U+0085, U+2028 and U+2029 end no line: `str.splitlines` is of no use here.
_LINE_END = re.compile(r"\r\n|\r|\n")
# The characters that RFC 3986 allows: Japanese goes on right after an address, without a space.
_ADDRESS = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")


def split_lines(text: str) -> list[str]:
    """Return the lines of `text` without their ends: LF, CRLF or CR and nothing else; a final end opens no line."""
    lines = _LINE_END.split(text)
    return lines if lines[-1] else lines[:-1]


def addresses(text: str) -> tuple[str, ...]:
    """Return the web addresses written out in `text`, without the punctuation of the sentence around them."""
    return tuple(address.rstrip(".,;:!?'") for address in _ADDRESS.findall(text))
