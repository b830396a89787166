"""What only the whole library tells of a report: whether another file holds the same post, and which id is left for it."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from kb.report.identity import normalized
from kb.report.model import Report
from kb.report.problems import FileProblem
from kb.understanding import FinishedReport

# Two files of one event and title hold the same post if they share so many notes, also as Markdown and as a page;
SAME_POST = 0.9
# and one is an edited version of the other, not somebody else's report, if they share so many.
SAME_REPORT = 0.3


@dataclass(frozen=True, slots=True)
class RelatedReports:
    """The reports of a library, each post once and under an id of its own, and the files that are copies of another."""

    reports: tuple[FinishedReport, ...]
    problems: tuple[FileProblem, ...]


def relate(every: Iterable[FinishedReport]) -> RelatedReports:
    """Return the reports of a library, given in its order, as they stand beside each other."""
    reports: list[FinishedReport] = []
    problems: list[FileProblem] = []
    alike: defaultdict[str, list[Report]] = defaultdict(list)
    for finished in every:
        report, others = finished.report, alike[finished.report.id]
        twin = next((other for other in others if overlap(other, report) >= SAME_POST), None)
        if twin:
            problems.append(FileProblem(report.source, None, f"the same post as {twin.source}; indexed once"))
            continue
        others.append(report)
        reports.append(finished if len(others) == 1 else _with_id(finished, f"{report.id}-{len(others)}"))
    return RelatedReports(tuple(reports), tuple(problems))


def overlap(one: Report, other: Report) -> float:
    """Return which share of the shorter report's notes stand in the other too: 1.0 for two copies, 0.0 for strangers."""
    texts = [Counter(normalized(note.text) for note in report.notes) for report in (one, other)]
    shorter = min(text.total() for text in texts)
    return (texts[0] & texts[1]).total() / shorter if shorter else 1.0


def _with_id(finished: FinishedReport, report_id: str) -> FinishedReport:
    """Return a report under another id, its notes too."""
    old = finished.report.id

    def moved(note_id: str | None) -> str | None:
        return note_id and report_id + note_id.removeprefix(old)

    notes = tuple(
        replace(
            note,
            id=report_id + note.id.removeprefix(old),
            report=report_id,
            trail=tuple(replace(crumb, note=moved(crumb.note)) for crumb in note.trail),
            remedy_of=moved(note.remedy_of),
            answers=moved(note.answers),
        )
        for note in finished.report.notes
    )
    return replace(finished, report=replace(finished.report, id=report_id, notes=notes))
