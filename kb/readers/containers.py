"""Files that hold many reports: what stands in them, each under a source of its own, as if it were a file.

A post of an export is `export.txt#3`, the third in it; a file of an archive `talks.zip!/2018/memo.md`; both may meet:
`talks.zip!/export.txt#3`. Lines are counted in the post or file itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from index.sentences import said, told_by
from kb.readers.archives import Budget, archive_of, unpacked
from kb.readers.exports import LeftOut, TooManyError, export_ending, posts_of
from kb.report.problems import FileProblem

_DEEPEST = 1  # Notion packs its archive into another; deeper ones are made to do harm


@dataclass(frozen=True, slots=True)
class Member:
    """One report that a file holds: the source that it goes by, and its bytes."""

    source: str
    data: bytes = field(repr=False)


def opened(data: bytes, source: str) -> tuple[Member | FileProblem, ...]:
    """Return what a file holds: itself, or each report in it and what of it is not read, in the file's order.

    An archive that is damaged, too large or made to do harm is refused whole, as one problem.
    """
    try:
        return tuple(_opened(data, source, Budget(), 0))
    except TooManyError as error:
        return (FileProblem(source, None, told_by(error)),)


def container_ending(data: bytes) -> str | None:
    """Return the ending that a file of its kind has where it is an export or archive, None for any other."""
    archive = archive_of(data)
    return archive.endings[0] if archive else export_ending(data)


def _opened(data: bytes, source: str, budget: Budget, depth: int) -> Iterator[Member | FileProblem]:
    archive = archive_of(data)
    posts = None if archive else posts_of(data)
    if archive is None and posts is None:
        yield Member(source, data)
    elif archive and depth > _DEEPEST:
        yield FileProblem(source, None, said("an archive too deep in others; unpack it"))
    else:
        files = [(f"!/{name}", content) for name, content in unpacked(archive, data, budget)] if archive else ()
        for name, content in (*files, *((f"#{number}", post) for number, post in enumerate(posts or (), start=1))):
            if isinstance(content, LeftOut):
                yield FileProblem(source + name, None, content.reason)
            elif archive:
                yield from _opened(content, source + name, budget, depth + 1)
            else:
                yield Member(source + name, content)
