"""What the pages say of guides, points and time lines."""

from kb.texts.ja import UNDATED

GUIDE = "手引き"
WHOLE_GUIDE = "手引き（全部・印刷用）"
ADVISED = "助言"
SAID_TOO = "同じことを言うメモ"
CONFIRMED = "人が確かめた要点"
SAME = "同じ"
APART = "別のこと"
CONFIRM = "同じで正しい"
SPLIT = "別のことなので分ける"
CONTRADICTIONS = "食い違って見えるもの"
CONTRADICTIONS_HOW = "どちらが正しいかは示していません。条件や時期の違いかもしれません。"
DIFFERS = {"figures": "数が違う", "denied": "一方が打ち消している", "judged": "見立てが逆のようだ"}
CANDIDATES = "同じかもしれないもの"
CANDIDATES_HOW = "言葉や意味が近いメモです。同じことなら、ひとつの要点にまとめられます。"
CORRECT_POINT = "要点を直す"
JOIN_FIELD = "同じことを言うメモ（アドレスか ID）"
JOIN = "まとめる"
ALONE = "ほかに同じことを言うメモはありません。"
NO_NOTE_GIVEN = "メモが選ばれていません。アドレスか ID を入れてください。"
JOIN_ITSELF = "そのメモ自身です。ほかのメモのアドレスを入れてください。"
CHANGED = "変わったこと"
CHRONICLE = "年表"
CHRONICLE_HOW = {"talks": "セッション", "points": "初めて言われた要点", "changes": "サービスの変更"}
EVERYTHING = "すべてのメモ"
SEARCH_THESE = "これらのメモを検索"
NEW_POINTS = "初めて言われたこと"
NOTHING_BY_YEAR = "年の分かるものがありません。"


def said(talks: int) -> str:
    """Return how many independent talks say a point."""
    return f"{talks:,}つのセッションが言う"


def days(since: str | None, until: str | None) -> str:
    """Return from which year to which a point was said."""
    return "–".join(dict.fromkeys(day[:4] for day in (since, until) if day)) or UNDATED


def compared(compared: int, notes: int) -> str:
    """Return how many of the notes on a service its guide tells."""
    return f"メモ {notes:,}件のうち、助言・課題・事実の {compared:,}件を要点にまとめています。"


def points(count: int) -> str:
    """Return a number of points with its unit."""
    return f"{count:,}件"


def point_in(service: str, notes: int) -> str:
    """Return that a note stands with others as one point in the guide of a service."""
    return f"{service} の手引きの要点（メモ {notes:,}件）"


def joined(text: str) -> str:
    """Return that a note was told to say the same as others."""
    return f"「{text[:30]}」の要点をまとめました。"


def parted(text: str) -> str:
    """Return that a note was told to say something else."""
    return f"「{text[:30]}」を別の要点にしました。"


def unknown_note(name: str) -> str:
    """Return that no note has the id or address that was given."""
    return f"「{name[:60]}」というメモはありません。メモのページのアドレスを貼り付けてください。"


def chronicle_of(name: str) -> str:
    """Return the title of a time line."""
    return f"{name} の年表"


def in_year(year: str, talks: int, points: int, changes: int) -> str:
    """Return what a year of a time line has."""
    told = ((talks, "セッション"), (points, "新しい要点"), (changes, "変更"))
    return f"{year}年: " + "、".join(f"{what} {count:,}件" for count, what in told if count)
