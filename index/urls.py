"""Parses URLs and numbers written by anybody: a value if valid, else None, never an error."""

from urllib.parse import SplitResult, urlsplit


def url_parts(text: str) -> SplitResult | None:
    """Return the parts of a URL, or None if it is malformed.

    `urlsplit` raises ValueError for an open bracket, and for an invalid port only when it is read.
    """
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts


def web_parts(text: str) -> SplitResult | None:
    """Return the parts of an http or https URL with a host, else None."""
    parts = url_parts(text)
    return parts if parts and parts.scheme in ("http", "https") and parts.hostname else None


def whole_number(text: str, maximum: int) -> int | None:
    """Return the number that a text of ASCII digits is, or None if it is anything else or exceeds the maximum."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(maximum))):  # int() fails over 4,300 digits
        return None
    number = int(text)
    return number if number <= maximum else None
