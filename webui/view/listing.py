"""Long lists: which part of one is shown and where its other pages are, and the columns that it may be ordered by."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote, urlencode

from werkzeug.datastructures import MultiDict

from index.urls import whole_number
from kb.translation import _
from webui import wording

_Item = TypeVar("_Item")
_LAST = 999_999  # page: a higher number is that of none
_NEAR = 2  # pages offered on either side of the one that is shown
_NOTHING = (None, "", ())  # what tells of nothing; none is a number
SORT = "sort"
"""The key of the order in an address."""

Pairs = tuple[tuple[str, str], ...]
"""Keys and values of an address, in their order."""


@dataclass(frozen=True, slots=True)
class Page(Generic[_Item]):
    """A part of a list of `total` items: page `number`, from 1, of `pages`, the items from number `first` on.

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
        """The numbers of the pages to turn to; None where some are left out."""
        return numbers(self.number, self.pages)


def paged(path: str, items: Sequence[_Item], number: int, size: int, *, kept: Pairs = ()) -> Page[_Item]:
    """Return a page of so many items; one beyond the last is the last."""
    number = min(number, _pages_of(len(items), size))
    first = (number - 1) * size
    return page_of(path, items[first : first + size], len(items), number, size, kept=kept)


def page_of(path: str, items: Sequence[_Item], total: int, number: int, size: int, *, kept: Pairs = ()) -> Page[_Item]:
    """Return a page of which the items are known already."""
    return Page(path, kept, tuple(items), total, number, _pages_of(total, size), (number - 1) * size + 1)


def _pages_of(total: int, size: int) -> int:
    return max(1, -(-total // size))


def numbers(page: int, pages: int) -> Iterator[int | None]:
    """Yield the numbers of the first page, of those near this one and of the last; None where some are left out."""
    offered = sorted({1, pages, *range(max(page - _NEAR, 1), min(page + _NEAR, pages) + 1)})
    for before, number in zip((0, *offered), offered, strict=False):
        if number - before == 2:  # noqa: PLR2004  # one page left out takes no more room than what tells of it
            yield number - 1
        elif number - before > 1:
            yield None
        yield number


def asked_page(args: MultiDict[str, str]) -> int:
    """Return the number of the page that an address asks for, 1 where it names none."""
    return whole_number(args.get("page", ""), _LAST) or 1


def address(path: str, *pairs: tuple[str, str]) -> str:
    """Return an address with what stands after it, values that say nothing left out."""
    query = urlencode([(key, value) for key, value in pairs if value], quote_via=quote)
    return f"{path}?{query}" if query else path


@dataclass(frozen=True, slots=True)
class Column(Generic[_Item]):
    """A column of a list: what of an item it is ordered by, how that is shown, and of what sort it is.

    Of days and numbers the latest and the greatest are asked first.
    """

    value: Callable[[_Item], Any]
    shown: Callable[[Any], str] = str
    sort: Literal["text", "day", "number"] = "text"


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a column: the address of the list ordered by it, which way it is (`aria-sort`), and its sort."""

    label: str
    url: str
    order: Literal["ascending", "descending"] | None
    sort: str


def number_column(count: Callable[[_Item], int]) -> Column[_Item]:
    """Return a column of numbers."""
    return Column(count, "{:,}".format, "number")


def ordered(items: Sequence[_Item], columns: Mapping[str, Column[_Item]], order: str) -> list[_Item]:
    """Return items by a column, after a `-` the last first; of which nothing is known there stand last either way."""
    value = columns[order.removeprefix("-")].value
    known = [item for item in items if value(item) not in _NOTHING]
    unknown = [item for item in items if value(item) in _NOTHING]
    return [*sorted(known, key=value, reverse=order.startswith("-")), *unknown]


def headings(
    path: str, columns: Mapping[str, Column[_Item]], order: str, usual: str, kept: Mapping[str, str]
) -> Iterator[Heading]:
    """Yield the head of each column; one that the list is ordered by already leads to the other way round.

    `usual` is the order of the list where its address names none, `kept` are the other parts of the address.
    """
    for name, column in columns.items():
        ways = (name, f"-{name}") if column.sort == "text" else (f"-{name}", name)
        wanted = ways[1] if order == ways[0] else ways[0]
        yield Heading(
            label=_(wording.COLUMNS[name]),
            url=address(path, *kept.items(), (SORT, "" if wanted == usual else wanted)),
            order=None if order not in ways else "descending" if order.startswith("-") else "ascending",
            sort=column.sort,
        )
