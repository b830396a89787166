"""What the pictures say: services by years, timetables, the shape of a report, services together."""

from kb.texts import ja

HEAT_MAP = "サービスと年"
SHAPE = "レポートの形"
SHAPE_HOW = "左から右へ、始めから終わりまで。棒が高いほどメモが多く、押すとそこへ移ります。"
TOGETHER = "一緒に語られるサービス"
TOGETHER_HOW = "同じメモが名指しているもの。押すと、どちらも名指すメモへ移ります。"
TIMETABLE = "タイムテーブル"
NO_TRACK = "トラックなし"

_LONGEST = 60  # characters of a note that a mark tells


def mark(kind: str, count: int, first: str) -> str:
    """Return what a mark along a report says: how many notes of a kind, and how the first begins."""
    return f"{kind} {count:,}件: {first[:_LONGEST]}"


def timetable(day: str | None) -> str:
    """Return the heading of a timetable, with its day where there are several."""
    return f"{TIMETABLE} {ja.day(day)}" if day else TIMETABLE
