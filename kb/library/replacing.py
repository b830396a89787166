"""An export or archive that comes again: which file it takes the place of, and what was told of its reports goes on."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from kb.library.files import Library, ReportFile
from kb.report.identity import normalized
from kb.report.model import MetadataOverride
from kb.report.problems import UnreadableError

# An export of today holds what that of last year held, but for what was edited since.
_SAME = 0.5
_NUMBER = re.compile(r"#\d+$")  # how the source of a post in an export ends


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


def carried_over(
    given: Mapping[str, MetadataOverride], before: Sequence[ReportFile], after: Sequence[ReportFile]
) -> Mapping[str, MetadataOverride]:
    """Return what is told of the reports in a file once another state of it is there, by where they stand then.

    A report goes by its bytes; one that was edited by its name in an archive, and by its title in an export, where its
    number is that of another post once one is written before it: what was told of one is never told of another.
    """
    stood = {file.source: file for file in before}
    stands = {file.source: file for file in after}
    places = {file.digest: file.source for file in after}
    edited = [file for file in after if file.digest not in {file.digest for file in before}]
    carried: dict[str, MetadataOverride] = {}
    for place, told in given.items():
        file, now = stood.get(place), stands.get(place)
        if file is None or (now and now.digest == file.digest):
            carried[place] = told
        elif file.digest in places:
            carried[places[file.digest]] = told
        elif not _NUMBER.search(place):
            carried[place] = told
        elif title := _title(file):
            carried |= {found.source: told for found in edited if _title(found) == title}
    return carried


def _title(file: ReportFile) -> str | None:
    """Return the title of the report that a file holds, None where it holds none."""
    from kb.readers.formats import read_outline
    from kb.talks import report_of

    try:
        return normalized(report_of(read_outline(file.data, file.source)).title)
    except UnreadableError:
        return None
