"""An export or archive that comes again: which file it takes the place of, and what was told of its reports goes on."""

from collections import Counter
from collections.abc import Sequence

from kb.library.files import Library, ReportFile

# An export of today holds what that of last year held, but for what was edited since.
_SAME = 0.5


def older(library: Library, files: Sequence[ReportFile]) -> str | None:
    """Return the export or archive of a library that holds an older state of these reports, None for new ones."""
    digests = {file.digest for file in files}
    held, again = Counter[str](), Counter[str]()
    for entry in library.scan().files:
        if entry.container is not None:
            held[entry.container] += 1
            again[entry.container] += entry.digest in digests
    found = max(held, key=lambda container: again[container] / held[container], default=None)
    return found if found is not None and again[found] >= _SAME * held[found] else None


def carry_over(library: Library, before: Sequence[ReportFile], after: Sequence[ReportFile]) -> None:
    """Tell of each report what was told of it where it stood before, in another place of the same file."""
    places = {file.digest: file.source for file in after}
    given = library.configuration()[0].given
    told = {file: given[file.source] for file in before if file.source in given}
    moved = {file: places[file.digest] for file in told if places.get(file.digest, file.source) != file.source}
    forgotten = dict.fromkeys(file.source for file in moved)
    library.tell_all(forgotten | {place: told[file] for file, place in moved.items()})
