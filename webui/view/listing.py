"""Long lists: pages of items, links to other pages, and columns to sort by."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote, urlencode

from werkzeug.datastructures import MultiDict

from index.urls import whole_number
from kb.translation import _
from webui import wording

_Item = TypeVar("_Item")
_MAX_PAGE = 999_999  # no list has a higher page number
_NEIGHBOURS = 2  # pages offered on either side of the current one
_MISSING = (None, "", ())  # values of a column that sort last
SORT = "sort"
"""The key of the order in an address."""

Pairs = tuple[tuple[str, str], ...]
"""Keys and values of an address, in their order."""


@dataclass(frozen=True, slots=True)
class Page(Generic[_Item]):
    """A page of a list of `total` items; `number` and `first`, the number of its first item, count from 1.

    `kept` are the other parts of its address. A list without items has one page.
    """

    path: str
    kept: Pairs
    items: tuple[_Item, ...]
    total: int
    number: int
    pages: int
    first: int

    @property
    def last(self) -> int:
        """The number of its last item."""
        return self.first + len(self.items) - 1

    def url(self, number: int) -> str:
        """Return the address of a page."""
        return address(self.path, *self.kept, *((("page", str(number)),) if number > 1 else ()))

    @property
    def numbers(self) -> Iterator[int | None]:
        """The page numbers to offer, None for a gap."""
        return numbers(self.number, self.pages)


def paged(path: str, items: Sequence[_Item], number: int, size: int, *, kept: Pairs = ()) -> Page[_Item]:
    """Return a page of `size` items, the last page if `number` is too high."""
    number = min(number, _pages_of(len(items), size))
    first = (number - 1) * size
    return page_of(path, items[first : first + size], len(items), number, size, kept=kept)


def page_of(path: str, items: Sequence[_Item], total: int, number: int, size: int, *, kept: Pairs = ()) -> Page[_Item]:
    """Return a page of these items, which are part of a list of `total`."""
    return Page(path, kept, tuple(items), total, number, _pages_of(total, size), (number - 1) * size + 1)


def _pages_of(total: int, size: int) -> int:
    return max(1, -(-total // size))


def numbers(page: int, pages: int) -> Iterator[int | None]:
    """Yield the numbers of the first and last page and of those near the current `page`, None for a gap."""
    offered = sorted({1, pages, *range(max(page - _NEIGHBOURS, 1), min(page + _NEIGHBOURS, pages) + 1)})
    for before, number in zip((0, *offered), offered, strict=False):
        if number - before == 2:  # noqa: PLR2004  # the number of one page takes no more room than the mark of a gap
            yield number - 1
        elif number - before > 1:
            yield None
        yield number


def asked_page(args: MultiDict[str, str]) -> int:
    """Return the page number in an address, by default 1."""
    return whole_number(args.get("page", ""), _MAX_PAGE) or 1


def address(path: str, *pairs: tuple[str, str]) -> str:
    """Return an address with a query string of the pairs that have a value."""
    query = urlencode([(key, value) for key, value in pairs if value], quote_via=quote)
    return f"{path}?{query}" if query else path


@dataclass(frozen=True, slots=True)
class Column(Generic[_Item]):
    """A column of a list: the value of an item to sort by, the text of an item, and how to sort.

    The first click on a column of days or numbers sorts it in descending order.
    """

    value: Callable[[_Item], Any]
    shown: Callable[[_Item], str] = str
    sort: Literal["text", "day", "number"] = "text"


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a column: the address that sorts by it, its current order (`aria-sort`), and how it is sorted."""

    label: str
    url: str
    order: Literal["ascending", "descending"] | None
    sort: str


def number_column(count: Callable[[_Item], int]) -> Column[_Item]:
    """Return a column of numbers."""
    return Column(count, lambda item: f"{count(item):,}", "number")


def ordered(items: Sequence[_Item], columns: Mapping[str, Column[_Item]], order: str) -> list[_Item]:
    """Return items sorted by a column, descending after a `-`; items without a value come last."""
    value = columns[order.removeprefix("-")].value
    known = [item for item in items if value(item) not in _MISSING]
    unknown = [item for item in items if value(item) in _MISSING]
    return [*sorted(known, key=value, reverse=order.startswith("-")), *unknown]


def headings(
    path: str, columns: Mapping[str, Column[_Item]], order: str, default: str, kept: Mapping[str, str]
) -> Iterator[Heading]:
    """Yield the head of each column; the head of the sorted column reverses the order.

    `default` is the order of an address without one, `kept` are the other parts of the address.
    """
    for name, column in columns.items():
        orders = (name, f"-{name}") if column.sort == "text" else (f"-{name}", name)
        next_order = orders[1] if order == orders[0] else orders[0]
        yield Heading(
            label=_(wording.COLUMNS[name]),
            url=address(path, *kept.items(), (SORT, "" if next_order == default else next_order)),
            order=None if order not in orders else "descending" if order.startswith("-") else "ascending",
            sort=column.sort,
        )
