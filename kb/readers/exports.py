"""Exports: a file of many posts or pages, cut into them; each is then read by the reader of its kind."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from index.sentences import Sentence, said

MOST_POSTS = 10_000  # twenty-seven years of a post a day
_BEGINNING = 4000  # bytes in which a Movable Type export has come to its first body
_KEY = rb"(?:AUTHOR|TITLE|BASENAME|STATUS|ALLOW COMMENTS|CONVERT BREAKS|DATE|CATEGORY|PRIMARY CATEGORY|IMAGE|TAGS): ?"
_MOVABLE_TYPE = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s{0,99}" + _KEY + rb"[^\n]*\n(?:[^\n]*\n){0,50}?-----\r?\nBODY:", re.DOTALL
)
# Eight hyphens are a rule of Markdown too: they end a post where another begins, or nothing.
_POST_END = re.compile(rb"^--------[ \t]*\r?\n(?=\s*(?:\Z|" + _KEY + rb"))", re.MULTILINE)
_OF_READERS = re.compile(rb"^-----[ \t]*\r?\n(?:COMMENT|PING):[ \t]*\r?\n", re.MULTILINE)
_DRAFT = re.compile(rb"^STATUS: *Draft\b", re.MULTILINE | re.IGNORECASE)
_BODY = re.compile(rb"^-----[ \t]*\r?$", re.MULTILINE)


class TooManyError(ValueError):
    """A file holds more than any blog or archive of reports does; the message says so and what to do."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A post that is not read, and why."""

    reason: Sentence


def posts_of(data: bytes) -> list[bytes | LeftOut] | None:
    """Return the posts of an export, each as a file of its own would hold it; None for any other file.

    Raises TooManyError.
    """
    if _MOVABLE_TYPE.match(data[:_BEGINNING]):
        return list(_movable_type(data))
    pages = _cosense_pages(data)
    if pages is None:
        return None
    _refuse_too_many(len(pages))
    return [_page(page) for page in pages]


def export_ending(data: bytes) -> str | None:
    """Return the ending that a file of its kind has where it is an export, None for any other."""
    if _MOVABLE_TYPE.match(data[:_BEGINNING]):
        return ".txt"
    return None if _cosense_pages(data) is None else ".json"


def _movable_type(data: bytes) -> Iterator[bytes | LeftOut]:
    """Yield each post without the comments of its readers, which are not its author's words."""
    posts = [post for post in _POST_END.split(data) if post.strip(b"\xef\xbb\xbf \t\r\n")]
    _refuse_too_many(len(posts))
    for post in posts:
        body = _BODY.search(post)
        if _DRAFT.search(post, 0, body.start() if body else len(post)):
            yield LeftOut(said("is a draft; it is read when it is published and exported again"))
        else:
            yield _OF_READERS.split(post, maxsplit=1)[0]


def _cosense_pages(data: bytes) -> list[dict[str, Any]] | None:
    if b'"pages"' not in data or not data[:_BEGINNING].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return None
    try:
        export = json.loads(data)
    except (ValueError, RecursionError):
        return None
    pages = export.get("pages") if isinstance(export, dict) else None
    known = isinstance(pages, list) and all(isinstance(page, dict) and "lines" in page for page in pages)
    return pages if known else None


def _page(page: Mapping[str, Any]) -> bytes:
    """Return a page as its own JSON, of which line n is line n of the page."""
    lines = page["lines"] if isinstance(page["lines"], list) else []
    texts = [str(line.get("text", "")) if isinstance(line, dict) else str(line) for line in lines]
    told = {key: page[key] for key in ("created",) if isinstance(page.get(key), int)}
    head = json.dumps(told)[:-1] + (", " if told else "")
    body = ",\n".join(json.dumps(text, ensure_ascii=False) for text in texts)
    return f'{head}"lines": [{body}]}}'.encode("utf-8", "replace")


def _refuse_too_many(count: int) -> None:
    if count > MOST_POSTS:
        raise TooManyError(said("holds more than {0:,} posts; divide it", MOST_POSTS))
