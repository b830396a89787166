"""Addresses of the search page: the whole state of a search as a URL, in one canonical order, and back."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple, get_args
from urllib.parse import quote, urlencode

from index.query import Query, StepName
from kb.search.facets import keys
from kb.search.searching import SORTS
from kb.services import Catalogue

GROUPS = keys("page")
STEPS: tuple[StepName, ...] = get_args(StepName)
EVERY = "service"  # the group of which all selected values can be wanted
PAGE_SIZE = 20
LAST_PAGE = 10_000


class Unread(NamedTuple):
    """A part of an address that means nothing here; the rest of the address was followed."""

    key: str
    value: str


def query_of(pairs: Iterable[tuple[str, str]]) -> tuple[Query, tuple[Unread, ...]]:
    """Return the search that an address asks for, and the parts of the address that were not understood.

    Keys of groups may repeat; of `q`, `sort` and `page` the last one counts.
    """
    query = Query(limit=PAGE_SIZE)
    page, unread = 1, []
    for key, value in pairs:
        if key == "q":
            query = replace(query, text=value.strip())
        elif key in GROUPS and value:
            query = query.select(key, *sorted({*query.selected(key), value}))
        elif key == "sort" and value in SORTS:
            query = replace(query, sort=SORTS[value])
        elif key == "match" and value in ("any", "all"):
            query = replace(query, every=(EVERY,) if value == "all" else ())
        elif key == "without" and value in STEPS:
            query = replace(query, without=tuple(step for step in STEPS if step in {*query.without, value}))
        elif key == "typing" and value == "1":  # told by the script, and no part of the address that is shown
            query = replace(query, typing=True)
        elif key == "page" and value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= LAST_PAGE:
            page = int(value)
        elif value:
            unread.append(Unread(key, value))
    return replace(query, offset=(page - 1) * PAGE_SIZE), tuple(unread)


def resolved(query: Query, catalogue: Catalogue) -> Query:
    """Return a search with each of its services by slug, whichever of its names the address had."""
    services = [(catalogue.find(name), name) for name in query.selected("service")]
    same_page = query.select("service", *(service.slug if service else name for service, name in services))
    return replace(same_page, offset=query.offset)


def pairs_of(query: Query) -> tuple[tuple[str, str], ...]:
    """Return a search as the keys and values of its address: words, groups in their order, the rest."""
    pairs = [("q", query.text)] if query.text else []
    pairs += [(group, value) for group in GROUPS for value in sorted(query.selected(group))]
    if query.every:
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
    """Return the address of the page of a `note`, `talk`, `report` or `service`."""
    return f"/{what}/{quote(identifier)}"


def page_of(query: Query) -> int:
    """Return the number of the page that a search shows, counted from 1."""
    return query.offset // PAGE_SIZE + 1


def turned_to(query: Query, page: int) -> Query:
    """Return the search at another page."""
    return replace(query, offset=(page - 1) * PAGE_SIZE)
