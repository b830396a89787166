"""Long lists a page at a time: which part of a list is shown, and where its other pages are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import quote, urlencode

from werkzeug.datastructures import MultiDict

from index.urls import whole_number
from webui.view import pager

_Item = TypeVar("_Item")
_LAST = 999_999  # page: a higher number is that of none

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

    def url(self, number: int) -> str:
        """Return the address of a page."""
        return address(self.path, *self.kept, *((("page", str(number)),) if number > 1 else ()))

    @property
    def numbers(self) -> Iterator[int | None]:
        """The numbers of the pages to turn to; None where some are left out."""
        return pager.numbers(self.number, self.pages)


def paged(path: str, items: Sequence[_Item], number: int, size: int, *, kept: Pairs = ()) -> Page[_Item]:
    """Return a page of so many items; one beyond the last is the last."""
    number = min(number, pages_of(len(items), size))
    first = (number - 1) * size
    return page_of(path, items[first : first + size], len(items), number, size, kept=kept)


def page_of(path: str, items: Sequence[_Item], total: int, number: int, size: int, *, kept: Pairs = ()) -> Page[_Item]:
    """Return a page of which the items are known already."""
    return Page(path, kept, tuple(items), total, number, pages_of(total, size), (number - 1) * size + 1)


def pages_of(total: int, size: int) -> int:
    """Return how many pages of a size so many items have."""
    return max(1, -(-total // size))


def asked_page(args: MultiDict[str, str]) -> int:
    """Return the number of the page that an address asks for, 1 where it names none."""
    return whole_number(args.get("page", ""), _LAST) or 1


def address(path: str, *pairs: tuple[str, str]) -> str:
    """Return an address with what stands after it, values that say nothing left out."""
    told = urlencode([(key, value) for key, value in pairs if value], quote_via=quote)
    return f"{path}?{told}" if told else path
