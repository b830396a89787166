"""Every text of the page that a reader sees, in Japanese and in this one place. Templates know it as `t`."""

import re
from collections.abc import Iterable, Mapping
from datetime import date

SITE = "セッションメモ"
SITE_PURPOSE = "勉強会・カンファレンスのセッションメモを、AWSサービスと言葉で探す"
SKIP = "検索結果へ移動"
SEARCH_LABEL = "メモを検索"
SEARCH_EXAMPLE = "例: SQS 冪等"
EXAMPLES = ("SQS 冪等", "Lambda タイムアウト", "監視 通知", "コスト 削減", "コンテナ 移行", "DynamoDB 設計")
KIND_EXAMPLES = {"advice": "助言だけを読む", "problem": "課題だけを読む", "question": "質問だけを読む"}
SEARCH = "検索"
ALL_NOTES = "すべてのメモ"
MAIN_NAVIGATION = "主なページ"
REPORTS = "レポート"
SAMPLES_SHOWN = "見本を表示中"
SAMPLES_HOW = "自分のレポートを data/reports に置いて kb sync を実行すると、そちらを検索します。"
FILTERS = "絞り込み"
APPLY = "この条件で絞り込む"
CLEAR_ALL = "条件をすべて解除"
SORT = "並び替え"
SORTS = {"relevance": "関連度", "new": "新しい順"}
PREVIOUS = "前へ"
NEXT = "次へ"
PAGES = "ページ"
PERMALINK = "このメモへのリンク"
SOURCE = "出典"
ORIGINAL = "元の記事"
LINKS = "資料"
SPEAKERS = "登壇者"
NO_TALK = "セッションの外"
NO_EVENT = "イベント不明"
UNDATED = "日付不明"
BACK_HOME = "最初のページへ"
NEWEST_REPORTS = "新しいレポート"
TRY = "検索の例"
SERVICE_MAP = "サービスの地図"
SERVICE_MAP_HINT = "数字はメモの件数。多いほど濃く示します。"
ALL_REPORTS = "すべてのレポート"
EXPLICIT_ONLY = "明示のみ"
WHOLE_CATEGORY = "この分類すべて"
SORT_NOW = "並び替える"
CLOSE = "閉じる"
EXPORT_NAME = "session-notes"
EXPORT_CSV = "CSV"
EXPORT_MARKDOWN = "Markdown"
EXPORT = "この結果を保存"
COLUMNS = ("メモ", "種別", "サービス", "パンくず", "セッション", "イベント", "日付", "ファイル", "行", "アドレス")
CHILDREN = "下位のメモ"
CITATION = "引用"
CITE = "引用"
CITE_LABEL = "引用をコピー"
COPIED = "コピーしました"
PROBLEM = "課題"
REMEDY = "対策"
QUESTION = "質問"
ANSWER = "回答"
IN_TALK = "セッション全体で読む"
IN_REPORT = "レポート全体で読む"

GROUPS = {
    "service": "サービス",
    "category": "分類",
    "kind": "種別",
    "event": "イベント",
    "year": "年",
    "talk": "セッション",
    "report": "レポート",
    "via": "タグの付き方",
}
VIA = {"explicit": "明示", "inherited": "継承"}
VIA_MEANING = {"explicit": "このメモの言葉「{why}」から", "inherited": "上位の言葉から: {why}"}

NO_HITS = "見つかりませんでした"
NO_HITS_ADVICE = "言葉を減らすか、条件を外してみてください。"
LOOSENED = "すべての言葉を含むメモはないため、一部の言葉を含むメモを表示しています。"
PAST_THE_END = "このページにはメモがありません。"
EMPTY_LIBRARY = "まだレポートがありません"
EMPTY_LIBRARY_HOW = "レポート（Markdown、HTML、テキスト）を次のフォルダに置いて、kb sync を実行してください。"

ERRORS = {
    400: "アドレスの条件が分かりませんでした。",
    403: "この操作は許可されていません。",
    404: "お探しのページはありません。",
    405: "このアドレスではその操作はできません。",
    411: "送るデータの長さ（Content-Length）が必要です。",
    413: "送られたデータが大きすぎます。",
    415: "この形式のデータは受け取れません。",
    500: "内部で問題が起きました。もう一度試しても直らないときは、kb serve の表示を確認してください。",
    503: "いまは索引を読めません。kb status を確認してください。",
}
UNKNOWN_NOTE = (
    "このメモは今のレポートにはありません。書き換えられたか、消された可能性があります。レポートはこちらです。"
)
UNKNOWN_ID = "「{id}」というものはありません。"


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


def notes(count: int) -> str:
    """Return a number of notes with its unit."""
    return f"{count:,}件"


def hits(total: int, conditions: list[str]) -> str:
    """Return the one line that tells how many notes were found, and for what."""
    return notes(total) + (f"（{'、'.join(conditions)}）" if conditions else "")


def unread(parts: Iterable[tuple[str, str]]) -> str:
    """Return the notice that parts of an address mean nothing here."""
    return "次の条件に当てはまるものはありません: " + "、".join(
        f"{GROUPS.get(key, key)}「{value}」" for key, value in parts
    )


def window(first: int, last: int, total: int) -> str:
    """Return which part of the found notes a page shows."""
    return f"{total:,}件中 {first:,}〜{last:,}件"


def more(count: int) -> str:
    """Return the text that unfolds the rest of a list."""
    return f"他 {count:,} 件を表示"


def below(count: int) -> str:
    """Return the text that unfolds what stands under a note."""
    return f"下位のメモ {count:,}件"


def value(group: str, label: str) -> str:
    """Return what a value of a group is called: years get their unit."""
    return f"{label}年" if group == "year" else label


def find_value(group: str) -> str:
    """Return the name of the box that looks for a value of a group."""
    return f"{group}を探す"


def show_results(count: int) -> str:
    """Return the text of the button that closes the filters on a phone."""
    return f"{count:,}件を見る"


def sessions(count: int) -> str:
    """Return a number of talks with its unit."""
    return f"{count:,}セッション"


def track(name: str) -> str:
    """Return a track in the brackets that people write around it."""
    return f"【{name}】"


def taker(number: int) -> str:
    """Return what tells two reports of one talk apart."""
    return f"記録 {number}"


def lines(taken: Mapping[str, int]) -> str:
    """Return how many lines a report has, and for what they were taken."""
    told = "、".join(f"{BLOCKS[block]} {taken[block]:,}" for block in BLOCKS if taken.get(block))
    return f"{sum(taken.values()):,}行（{told}）"


def line_range(first: int, last: int) -> str:
    """Return which lines a block takes."""
    return f"{first}" if first == last else f"{first}〜{last}"


def filters(count: int) -> str:
    """Return the text of the button that opens the filters, with how many are set."""
    return f"{FILTERS}（{count}）" if count else FILTERS


def contents(reports: int, talks: int, notes: int) -> str:
    """Return what is in here, in one line."""
    return f"{reports:,}レポート・{talks:,}セッション・{notes:,}メモ"


def without(count: int) -> str:
    """Return what a chip says of its removal."""
    return f"外すと {count:,}件"


def more_of_talk(count: int) -> str:
    """Return the text of the link to the other found notes of a talk."""
    return f"このセッションの他 {count:,}件"


def source_line(source: str, line: int) -> str:
    """Return where a note stands in its file."""
    return f"{source} {line}行目"


def why(via: str, words: str) -> str:
    """Return why a note carries a tag."""
    return VIA_MEANING[via].format(why=words)


def day(held_on: str | None) -> str:
    """Return a date of any precision as people write it: 2018年, 2018年3月, 2018年3月10日."""
    if not held_on:
        return UNDATED
    return "".join(f"{int(part)}{unit}" for part, unit in zip(held_on.split("-"), "年月日", strict=False))


def age(held_on: str | None, today: date) -> str:
    """Return how long ago a date was, no more precisely than it is known: 8年前, 3か月前, 今年; empty if undated."""
    if not held_on:
        return ""
    year, month, day_of_month = (int(part) for part in (held_on + "-00-00").split("-")[:3])
    if not month:
        return f"{today.year - year}年前" if year < today.year else "今年"
    months = (today.year - year) * 12 + (today.month - month) - (today.day < day_of_month)
    years = months // 12
    if years > 0:
        return f"{years}年前"
    return f"{months}か月前" if months > 0 else "今月"


def day_and_age(held_on: str | None, today: date) -> str:
    """Return a date and its age as one text: 2018年・8年前."""
    return "・".join(filter(None, (day(held_on), age(held_on, today))))


def time_of_day(start: str | None, end: str | None) -> str:
    """Return when a talk was given: 11:10〜12:00."""
    return "〜".join(filter(None, (start, end)))


def host(url: str) -> str:
    """Return an address as short as a reader wants it: its host."""
    return re.sub(r"^[a-z]+://(www\.)?", "", url).split("/")[0]
