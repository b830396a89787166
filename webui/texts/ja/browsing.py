"""What the pages say that are read rather than searched: lists, events, speakers, years, pairs, places."""

from collections.abc import Iterable, Sequence

from kb.search.facets import UNDATED as NO_YEAR
from kb.texts import ja

EVENTS = "イベント"
YEARS = "年"
PLACES = {
    "/?q=": "メモ",
    "/reports": "レポート",
    "/events": "イベント",
    "/talks": "セッション",
    "/speakers": "登壇者",
    "/years": "年",
    "/pairs": "課題と対策",
    "/add": "取り込み",
}
LISTS = {"reports": "レポート", "events": "イベント", "talks": "セッション", "speakers": "登壇者"}
COLUMN_LABELS = {
    "name": "名前",
    "event": "イベント",
    "date": "日付",
    "speakers": "登壇者",
    "time": "時刻",
    "reports": "レポート",
    "talks": "セッション",
    "notes": "メモ",
}
SERIES = "シリーズ"
PAIRS = "課題と対策"
PATH = "現在の位置"
NAMED = "名前"
SERVICE = "サービス"
WORDS = "言葉"
NARROW = "絞り込む"
NOTHING_LISTED = "当てはまるものはありません。"
NO_PAIRS = "当てはまる課題や質問はありません。"
BY_YEARS = {
    "notes": "年ごとのメモの数",
    "reports": "年ごとのレポートの数",
    "events": "年ごとのイベントの数",
    "talks": "年ごとのセッションの数",
    "speakers": "年ごとの登壇者の数",
}
ALL_PROBLEMS = "すべての課題"
STATE = "状態"
FACTS = "事実・事例"
CONTENTS = "目次"
AROUND = "レポートの中の位置"
BEFORE = "前のメモ"
AFTER = "次のメモ"
READ_ALL = "このイベントのメモ"
NOTE = "メモ"
BY_SPEAKER = "この登壇者のメモ"
BY_YEAR = "年で見る"


_COUNTED = {
    "notes": "メモ {:,}件",
    "reports": "{:,}レポート",
    "events": "{:,}イベント",
    "talks": "{:,}セッション",
    "speakers": "{:,}人",
}


def reports(count: int) -> str:
    """Return a number of reports with its unit."""
    return f"{count:,}レポート"


def events(count: int) -> str:
    """Return a number of events with its unit."""
    return f"{count:,}イベント"


def noted(count: int) -> str:
    """Return a number of notes beside other numbers."""
    return f"メモ {count:,}件"


def note_takers(count: int) -> str:
    """Return how many reports tell of a talk, where they are several."""
    return f"記録 {count:,}本" if count > 1 else ""


def other(count: int) -> str:
    """Return the text of the link to the rest of a list."""
    return f"他 {count:,}件"


def names(people: Iterable[str]) -> str:
    """Return names in a row."""
    return "、".join(people)


def year(value: str) -> str:
    """Return a year as people write it, or that there is none."""
    return ja.UNDATED if value == NO_YEAR else f"{value}年"


def span(years: Sequence[str]) -> str:
    """Return from which year to which something goes, given those that are known, in order."""
    return "〜".join(dict.fromkeys((years[0], years[-1]))) + "年" if years else ja.UNDATED


def bar(value: str, count: int, unit: str) -> str:
    """Return what a bar of a drawing says, of notes, reports, events, talks or speakers."""
    return f"{year(value)} {_COUNTED[unit].format(count)}"


def series(name: str, times: int) -> str:
    """Return a series and how often it was held."""
    return f"{name}（全{times:,}回）"


def number_of(number: int, total: int) -> str:
    """Return which note of its report one is."""
    return f"{total:,}件中 {number:,}番目"


def unknown_service_of(name: str) -> str:
    """Return that a list is not narrowed, for nothing is called so."""
    return f"「{name}」というサービスは知られていないため、絞り込んでいません。"
