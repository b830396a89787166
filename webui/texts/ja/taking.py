"""What the page says of notes that are taken away: saved, quoted, printed."""

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


def sheet_bound(shown: int, total: int) -> str:
    """Return that a sheet shows the first notes of many."""
    return f"{total:,}件のうち先頭の{shown:,}件です。全部は Markdown か CSV で保存できます。"
