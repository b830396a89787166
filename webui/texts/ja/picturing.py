"""What the pictures say: services by years, timetables."""

from kb.texts import ja

HEAT_MAP = "サービスと年"
TIMETABLE = "タイムテーブル"
NO_TRACK = "トラックなし"


def timetable(day: str | None) -> str:
    """Return the heading of a timetable, with its day where there are several."""
    return f"{TIMETABLE} {ja.day(day)}" if day else TIMETABLE
