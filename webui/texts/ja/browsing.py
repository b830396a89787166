"""What pages to read say: lists, events, services, guides, pictures, lines; and what is taken away."""

from collections.abc import Iterable, Sequence
from datetime import date

from kb.search.facets import UNDATED as NO_YEAR
from webui.texts import shared_ja as ja
from webui.texts.shared_ja import UNDATED

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
ADVICE = "助言らしい順"
ALL_BY_ADVICE = "すべてのメモを助言らしい順に見る"
SOLVED = "課題と対策"
UNSOLVED = "未解決の課題"
OPEN_PROBLEM = "未解決"
SOLVED_PROBLEM = "対策あり"
QUESTIONS = "質問"
TALKS = "セッション"
CHANGES = "その後の変更"
CHANGE_SOURCE = "出典"
SERVICE_NOTES = "このサービスのメモを検索"
NOTHING_NOTED = "このサービスのメモはまだありません。"
BLOCKS = {
    "heading": "見出し",
    "bullet": "箇条書き",
    "numbered": "番号付き",
    "paragraph": "段落",
    "code": "コード",
    "table": "表",
    "quote": "引用",
    "link": "リンク",
    "rule": "区切り線",
    "front-matter": "前書き",
    "blank": "空行",
    "unparsed": "読めなかった行",
}
LINES = "行ごとの読み取り"
LINES_HOW = "ファイルの各行を何として読んだかを示します。"
LINE = "行"
TAKEN_FOR = "読み方"
TEXT = "内容"
BECAME_TALK = "セッション"
TO_REPORT = "レポートへ戻る"
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
HEAT_MAP = "サービスと年"
SHAPE = "レポートの形"
SHAPE_HOW = "左から右へ、始めから終わりまで。棒が高いほどメモが多く、押すとそこへ移ります。"
TOGETHER = "一緒に語られるサービス"
TOGETHER_HOW = "同じメモが名指しているもの。押すと、どちらも名指すメモへ移ります。"
TIMETABLE = "タイムテーブル"
NO_TRACK = "トラックなし"
_LONGEST = 60  # characters of a note that a mark tells
EXPORT_NAME = "session-notes"
EXPORT_CSV = "CSV"
EXPORT_MARKDOWN = "Markdown"
EXPORT = "この結果を保存"
COLUMNS = (
    "メモ",
    "種別",
    "サービス",
    "パンくず",
    "セッション・レポート",
    "登壇者",
    "イベント",
    "日付",
    "ファイル",
    "行",
    "アドレス",
)
CITATION = "引用"
CITE = "引用"
CITE_LABEL = "引用をコピー"
COPIED = "コピーしました"
SHEET = "引用シート"
SHEET_CHOSEN = "選んだメモ"
SHEET_ONLY = "選んだメモだけにする"
SHEET_HOW = "印刷すると、引用と出典だけが紙に載ります。残したいメモだけを選べます。"
SHEET_SEARCH = "この検索を開く"
SHEET_NONE = "引用するメモがありません。"
CHOOSE = "このメモを選ぶ"
PRINT = "印刷"
SITE_SEARCH = "メモを探す"
SITE_SEARCH_HOW = "すべての言葉を含むメモを、新しい順に示します。引用符の中はそのままの並び、「-」を付けた言葉は含まないものを探します。"
SITE_SEARCH_AWAY = "この検索には JavaScript と Web サーバーが要ります。一覧からもたどれます。"
SITE_SEARCH_MORE = "続きを表示"
SITE_SEARCH_NARROW = "絞り込み"
SITE_SEARCH_NONE = "見つかりません。言葉を減らすか、条件を外してください。"


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


def mark(kind: str, count: int, first: str) -> str:
    """Return what a mark along a report says: how many notes of a kind, and how the first begins."""
    return f"{kind} {count:,}件: {first[:_LONGEST]}"


def timetable(day: str | None) -> str:
    """Return the heading of a timetable, with its day where there are several."""
    return f"{TIMETABLE} {ja.day(day)}" if day else TIMETABLE


def sheet_bound(shown: int, total: int) -> str:
    """Return that a sheet shows the first notes of many."""
    return f"{total:,}件のうち先頭の{shown:,}件です。全部は Markdown か CSV で保存できます。"


def made_on(day: date) -> str:
    """Return when a site was made, from which ages are counted."""
    return f"{ja.day(day.isoformat())}に書き出したページです"
