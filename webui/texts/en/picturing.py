"""What the pictures say in English: services by years, timetables, the shape of a report, services together."""

from kb.texts import en

HEAT_MAP = "Services by year"
SHAPE = "Shape of the report"
SHAPE_HOW = "From its beginning on the left to its end. The higher a bar the more notes; it leads there."
TOGETHER = "Named together with"
TOGETHER_HOW = "Named by the same notes. Each leads to the notes that name both."
TIMETABLE = "Timetable"
NO_TRACK = "No track"

_LONGEST = 60  # characters of a note that a mark tells


def mark(kind: str, count: int, first: str) -> str:
    """Return what a mark along a report says: how many notes of a kind, and how the first begins."""
    return f"{kind} {count:,}: {first[:_LONGEST]}"


def timetable(day: str | None) -> str:
    """Return the heading of a timetable, with its day where there are several."""
    return f"{TIMETABLE} {en.day(day)}" if day else TIMETABLE
