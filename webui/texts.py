"""Every text of the page that a reader sees, in Japanese and in this one place. Templates know it as `t`."""

import re
from collections.abc import Iterable
from datetime import date

SITE = "セッションメモ"
SITE_PURPOSE = "勉強会・カンファレンスのセッションメモを、AWSサービスと言葉で探す"
SKIP = "検索結果へ移動"
SEARCH_LABEL = "メモを検索"
SEARCH_EXAMPLE = "例: SQS 冪等"
SEARCH = "検索"
ALL_NOTES = "すべてのメモ"
MAIN_NAVIGATION = "主なページ"
REPORTS = "レポート"
SERVICES = "サービス"
SAMPLES_SHOWN = "見本を表示中"
SAMPLES_HOW = "自分のレポートを data/reports に置いて kb sync を実行すると、そちらを検索します。"
RESULTS = "検索結果"
FILTERS = "絞り込み"
APPLY = "この条件で絞り込む"
CLEAR_ALL = "条件をすべて解除"
REMOVE = "外す"
SORT = "並び替え"
SORTS = {"relevance": "関連度", "new": "新しい順"}
PREVIOUS = "前へ"
NEXT = "次へ"
PAGES = "ページ"
PERMALINK = "このメモへのリンク"
WHY_TAG = "タグの理由"
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
CHILDREN = "下位のメモ"
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
