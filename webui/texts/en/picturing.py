"""What the pictures say in English: services by years, timetables."""

from kb.texts import en

HEAT_MAP = "Services by year"
TIMETABLE = "Timetable"
NO_TRACK = "No track"


def timetable(day: str | None) -> str:
    """Return the heading of a timetable, with its day where there are several."""
    return f"{TIMETABLE} {en.day(day)}" if day else TIMETABLE
