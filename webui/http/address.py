"""Addresses of pages: the whole state of a search as a URL with a canonical order, and back."""

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple, get_args
from urllib.parse import quote, urlencode

from index.query import Query, StepName
from index.query_parser import MAX_CHARACTERS
from index.urls import web_parts, whole_number
from kb.search.facets import keys
from kb.search.searcher import SORTS
from kb.services import Catalogue

GROUPS = keys("page")
STEPS: tuple[StepName, ...] = get_args(StepName)
MATCH_ALL = "service"  # the group with the option that all selected values must match
PAGE_SIZE = 20
_BARE_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(/|$)", re.IGNORECASE)
UNDO_KEY = "done"  # names an undo entry to show; not part of a search
LAST_PAGE = 10_000
MAX_VALUES = 32  # each is a chip that repeats all in its address, which may have 16 kB
MAX_VALUE_LENGTH = 200  # characters; slugs have at most 60

_SPECIAL_SEGMENTS = frozenset(("", ".", ".."))  # browsers resolve these in a path


class Unread(NamedTuple):
    """A part of an address that was ignored; a key of None means that too many values, `value`, were ignored."""

    key: str | None
    value: str


def query_of(pairs: Iterable[tuple[str, str]]) -> tuple[Query, tuple[Unread, ...]]:
    """Return the search of an address, and the parts of the address that were ignored.

    Keys of groups may repeat; of `q`, `sort` and `page` the last one counts. Only the first `MAX_VALUES` values count.
    """
    query, page = Query(limit=PAGE_SIZE), 1
    unread, taken, left_out = list[Unread](), 0, 0
    for key, value in pairs:
        if key in ("lang", UNDO_KEY):  # read by `webui.http.language` and the page's frame
            continue
        if (changed := _with_single(query, key, value)) is not None:
            query = changed
        elif key == "page" and (number := whole_number(value, LAST_PAGE)):
            page = number
        elif taken >= MAX_VALUES:
            left_out += 1
        elif key in GROUPS and 0 < len(value) <= MAX_VALUE_LENGTH:
            query = query.select(key, *sorted({*query.selected(key), value}))
            taken += 1
        elif value:
            unread.append(Unread(key[:MAX_VALUE_LENGTH], value[:MAX_VALUE_LENGTH]))
            taken += 1
    if left_out:
        unread.append(Unread(None, str(left_out)))
    return replace(query, offset=(page - 1) * PAGE_SIZE), tuple(unread)


def _with_single(query: Query, key: str, value: str) -> Query | None:
    """Return a search with a key that occurs only once in an address; None for other keys."""
    match key:
        case "q":
            return replace(
                query, text=value.strip()[: MAX_CHARACTERS + 1]
            )  # one more, so that the parser reports the cut
        case "sort" if value in SORTS:
            return replace(query, sort=SORTS[value])
        case "match" if value in ("any", "all"):
            return replace(query, match_all=(MATCH_ALL,) if value == "all" else ())
        case "without" if value in STEPS:
            return replace(query, without=tuple(step for step in STEPS if step in {*query.without, value}))
        case "typing" if value == "1":  # sent by the script; not in the address that people see
            return replace(query, typing=True)
    return None


def resolved(query: Query, catalogue: Catalogue) -> Query:
    """Return a search with the slugs of its services in place of their names."""
    services = [(catalogue.find(name), name) for name in query.selected("service")]
    same_page = query.select("service", *(service.slug if service else name for service, name in services))
    return replace(same_page, offset=query.offset)


def pairs_of(query: Query) -> tuple[tuple[str, str], ...]:
    """Return the keys and values of a search's address: words, groups in their order, the rest."""
    selected = dict(query.selections)
    pairs = [("q", query.text)] if query.text else []
    pairs += [(group, value) for group in GROUPS if group in selected for value in sorted(selected[group])]
    if query.match_all:
        pairs.append(("match", "all"))
    pairs += [("without", step) for step in query.without]
    if query.sort != "relevance":
        pairs.append(("sort", next(name for name, sort in SORTS.items() if sort == query.sort)))
    if page_of(query) > 1:
        pairs.append(("page", str(page_of(query))))
    return tuple(pairs)


def address_of(query: Query) -> str:
    """Return the address of a search; `/?q=` finds all notes, because `/` is the start page."""
    return "/?" + urlencode(pairs_of(query) or (("q", ""),), quote_via=quote)


@lru_cache(10_000)  # a page of results has a hundred, and most are on the next page too
def page_address(what: str, identifier: str) -> str:
    """Return the address of the page of a `note`, `talk`, `report`, `service` or `speaker`.

    A speaker whose name cannot be part of a path gets the address of a search.
    """
    if what == "speaker" and not _SPECIAL_SEGMENTS.isdisjoint(identifier.split("/")):
        return address_of(Query().select("speaker", identifier))
    return f"/{what}/{quote(identifier)}"


def page_of(query: Query) -> int:
    """Return the page number of a search, counted from 1."""
    return query.offset // PAGE_SIZE + 1


def at_page(query: Query, page: int) -> Query:
    """Return a search at another page."""
    return replace(query, offset=(page - 1) * PAGE_SIZE)


def web_address(url: str) -> str | None:
    """Return a link target for an address, https for a bare host; None for schemes other than http and https."""
    if _BARE_HOST.match(url):
        url = f"https://{url}"
    return url if web_parts(url) else None
