"""Addresses of the search page: the whole state of a search as a URL, in one canonical order, and back."""

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
_NOW = {"some": "near", "likeness": "near"}  # what older addresses refuse, as it is called now
EVERY = "service"  # the group of which all selected values can be wanted
PAGE_SIZE = 20
_BARE_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(/|$)", re.IGNORECASE)
UNDO_KEY = "done"  # of what was done before one came to a page, which its frame shows; no part of a search
LAST_PAGE = 10_000
MOST_VALUES = 32  # each is a chip with an address of all, and an address may be 16 kB long
LONGEST_VALUE = 200  # characters; slugs have 60 at most, and speakers are named in fewer

_NO_NAMES = frozenset(("", ".", ".."))  # of what a path leads through


class Unread(NamedTuple):
    """A part of an address that means nothing here; the rest of the address was followed.

    One of no key (None; an address may have an empty one) tells how many values were left out, as there are too many.
    """

    key: str | None
    value: str


def query_of(pairs: Iterable[tuple[str, str]]) -> tuple[Query, tuple[Unread, ...]]:
    """Return the search that an address asks for, and the parts of the address that were not understood.

    Keys of groups may repeat; of `q`, `sort` and `page` the last one counts. Of values, read or not, the first
    `MOST_VALUES` count: the last of those unread is of no key then, and how many were left out as its value.
    """
    query, page = Query(limit=PAGE_SIZE), 1
    unread, taken, left_out = list[Unread](), 0, 0
    for key, value in pairs:
        if key in ("lang", UNDO_KEY):  # `webui.http.language` reads the one, the frame of the page the other
            continue
        if (changed := _with_single(query, key, value)) is not None:
            query = changed
        elif key == "page" and (number := whole_number(value, LAST_PAGE)):
            page = number
        elif taken >= MOST_VALUES:
            left_out += 1
        elif key in GROUPS and 0 < len(value) <= LONGEST_VALUE:
            query = query.select(key, *sorted({*query.selected(key), value}))
            taken += 1
        elif value:
            unread.append(Unread(key[:LONGEST_VALUE], value[:LONGEST_VALUE]))
            taken += 1
    if left_out:
        unread.append(Unread(None, str(left_out)))
    return replace(query, offset=(page - 1) * PAGE_SIZE), tuple(unread)


def _with_single(query: Query, key: str, value: str) -> Query | None:
    """Return a search with a part that an address has but once, None where the part is none of these."""
    match key:
        case "q":
            return replace(query, text=value.strip()[: MAX_CHARACTERS + 1])  # one too many, so that the cut is noticed
        case "sort" if value in SORTS:
            return replace(query, sort=SORTS[value])
        case "match" if value in ("any", "all"):
            return replace(query, match_all=(EVERY,) if value == "all" else ())
        case "without" if (value := _NOW.get(value, value)) in STEPS:
            return replace(query, without=tuple(step for step in STEPS if step in {*query.without, value}))
        case "typing" if value == "1":  # sent by the script, and no part of the address that is shown
            return replace(query, typing=True)
    return None


def resolved(query: Query, catalogue: Catalogue) -> Query:
    """Return a search with each of its services by slug, whichever of its names the address had."""
    services = [(catalogue.find(name), name) for name in query.selected("service")]
    same_page = query.select("service", *(service.slug if service else name for service, name in services))
    return replace(same_page, offset=query.offset)


def pairs_of(query: Query) -> tuple[tuple[str, str], ...]:
    """Return a search as the keys and values of its address: words, groups in their order, the rest."""
    chosen = dict(query.selections)
    pairs = [("q", query.text)] if query.text else []
    pairs += [(group, value) for group in GROUPS if group in chosen for value in sorted(chosen[group])]
    if query.match_all:
        pairs.append(("match", "all"))
    pairs += [("without", step) for step in query.without]
    if query.sort != "relevance":
        pairs.append(("sort", next(name for name, sort in SORTS.items() if sort == query.sort)))
    if page_of(query) > 1:
        pairs.append(("page", str(page_of(query))))
    return tuple(pairs)


def address_of(query: Query) -> str:
    """Return the address of a search. That of all notes is `/?q=`: a bare `/` is the start page."""
    return "/?" + urlencode(pairs_of(query) or (("q", ""),), quote_via=quote)


@lru_cache(10_000)  # a page of results has a hundred of them, and the next one most of the same
def page_address(what: str, identifier: str) -> str:
    """Return the address of the page of a `note`, `talk`, `report`, `service` or `speaker`.

    What a speaker said who is named as no path can be is searched for: to a browser `..` leads out of a folder.
    """
    if what == "speaker" and not _NO_NAMES.isdisjoint(identifier.split("/")):
        return address_of(Query().select("speaker", identifier))
    return f"/{what}/{quote(identifier)}"


def page_of(query: Query) -> int:
    """Return the number of the page that a search shows, counted from 1."""
    return query.offset // PAGE_SIZE + 1


def at_page(query: Query, page: int) -> Query:
    """Return the search at another page."""
    return replace(query, offset=(page - 1) * PAGE_SIZE)


def web_address(url: str) -> str | None:
    """Return an address that a page may link to, a bare host as https; None for any scheme but http and https."""
    if _BARE_HOST.match(url):
        url = f"https://{url}"
    return url if web_parts(url) else None
