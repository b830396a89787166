"""What the corrections of a library teach, out of the reports that hold the corrected notes."""

from kb.kinds import Lesson, lesson_labels
from kb.learning import Example
from kb.library.contents import Contents
from kb.library.files import ReportFile, Scan
from kb.report.problems import UnreadableError
from kb.search.finishing import Finisher


def lesson_of(scan: Scan, held: Contents | None, finisher: Finisher) -> Lesson:
    """Return what the kb.toml of a library teaches; notes of reports that the index does not hold teach nothing yet."""
    files = {file.source: file for file in scan.files}
    found = (
        (_features(files[entry.source], note.rpartition("/")[2], finisher), kinds)
        for note, kinds in lesson_labels(scan.configuration.corrections).items()
        for entry in (held.reports_of_id(note.rpartition("/")[0]) if held else ())
        if entry.source in files
    )
    return Lesson(tuple(Example(features, kinds) for features, kinds in found if features))


def _features(file: ReportFile, note: str, finisher: Finisher) -> tuple[str, ...] | None:
    try:
        return finisher.taught(file, note)
    except UnreadableError:
        return None
