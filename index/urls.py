"""Addresses and what stands in them, as anybody may have written them: a value, or None for what is none."""

from urllib.parse import SplitResult, urlsplit


def url_parts(text: str) -> SplitResult | None:
    """Return the parts of an address; None where a bracket stays open, or its port is none.

    `urlsplit` raises an error for the one at once, and for the other when the port is asked for.
    """
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts


def web_parts(text: str) -> SplitResult | None:
    """Return the parts of an address of the web, None for any other: http or https, and a host."""
    parts = url_parts(text)
    return parts if parts and parts.scheme in ("http", "https") and parts.hostname else None


def whole_number(text: str, most: int) -> int | None:
    """Return a whole number in plain digits, None for what is none, or is more than there may be."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most))):  # int() raises an error above 4,300
        return None
    number = int(text)
    return number if number <= most else None
