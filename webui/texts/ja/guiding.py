"""What the pages say of guides and time lines."""

from kb.texts.ja import UNDATED

GUIDE = "手引き"
WHOLE_GUIDE = "手引き（全部・印刷用）"
ADVISED = "助言"
SAID_TOO = "同じことを言うメモ"
CHANGED = "変わったこと"
CHRONICLE = "年表"
CHRONICLE_HOW = {"talks": "セッション", "changes": "サービスの変更"}
EVERYTHING = "すべてのメモ"
SEARCH_THESE = "これらのメモを検索"
NOTHING_BY_YEAR = "年の分かるものがありません。"


def said(talks: int) -> str:
    """Return how many talks say so."""
    return f"{talks:,}つのセッションが言う"


def days(since: str | None, until: str | None) -> str:
    """Return from which year to which something was said."""
    return "–".join(dict.fromkeys(day[:4] for day in (since, until) if day)) or UNDATED


def compared(compared: int, notes: int) -> str:
    """Return how many of the notes on a service its guide tells."""
    return f"メモ {notes:,}件のうち、助言・課題・事実の {compared:,}件です。同じことは一度だけ載せています。"


def chronicle_of(name: str) -> str:
    """Return the title of a time line."""
    return f"{name} の年表"


def on_service(count: int) -> str:
    """Return how many notes are on a service, beside how many were found by its name as a word."""
    return f"このサービスのメモ {count:,}件"


def in_year(year: str, talks: int, changes: int) -> str:
    """Return what a year of a time line has."""
    told = ((talks, "セッション"), (changes, "変更"))
    return f"{year}年: " + "、".join(f"{what} {count:,}件" for count, what in told if count)
