"""The numbers of pages that a long list offers."""

from collections.abc import Iterator

_NEAR = 2  # pages offered on either side of the one that is shown


def numbers(page: int, pages: int) -> Iterator[int | None]:
    """Yield the numbers of the first page, of those near this one and of the last; None where some are left out."""
    offered = sorted({1, pages, *range(max(page - _NEAR, 1), min(page + _NEAR, pages) + 1)})
    for before, number in zip((0, *offered), offered, strict=False):
        if number - before == 2:  # noqa: PLR2004  # one page left out takes no more room than what tells of it
            yield number - 1
        elif number - before > 1:
            yield None
        yield number
