"""The sentences of the page, made of what was found."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from index.engine import Reason
from index.messages import Message
from index.text import folded
from index.urls import url_parts
from kb.pipeline.alignment import Row
from kb.report.model import Why
from webui.texts.ja.labels import (
    FILTERS,
    GROUPS,
    IS_ADVICE,
    IS_LABEL,
    NOTICES,
    SPEAKS,
    STANDS_IN,
    STEPS_TAKEN,
    VALUES,
    WHY,
)
from webui.texts.shared_ja import day, in_words

ERRORS = {
    400: "要求の内容が分かりませんでした。",
    401: "書き込みには鍵が要ります。",
    403: "このページの外からの操作は受け付けません。",
    404: "お探しのページはありません。",
    405: "このアドレスではその操作はできません。",
    411: "送るデータの長さ（Content-Length）が必要です。",
    413: "送られたデータが大きすぎます。",
    415: "この形式のデータは受け取れません。",
    422: "送られた内容を使えませんでした。",
    429: "いまは受け付けられません。少し待ってからもう一度お試しください。",
    500: "内部で問題が起きました。もう一度試しても直らないときは、kb serve の表示を確認してください。",
    503: "いまは索引を読めません。kb status を確認してください。",
}
UNKNOWN_NOTE = (
    "このメモは今のレポートにはありません。書き換えられたか、消された可能性があります。レポートはこちらです。"
)
SEVERAL_REPORTS = "このアドレスに当たるレポートが複数あります。次のどれかを選んでください。"
UNKNOWN_ID = "「{id}」というものはありません。"


def notes(count: int) -> str:
    """Return a number of notes with its unit."""
    return f"{count:,}件"


def tally(count: int) -> str:
    """Return a number of notes where a list of them stands."""
    return notes(count)


def hits(total: int, conditions: list[str]) -> str:
    """Return the one line that tells how many notes were found, and for what."""
    return notes(total) + (f"（{'、'.join(conditions)}）" if conditions else "")


def unread(parts: Sequence[tuple[str | None, str]]) -> str:
    """Return the notice that parts of an address mean nothing here; one of no key is how many were left out."""
    unknown = "、".join(f"{GROUPS.get(key, key)}「{value}」" for key, value in parts if key is not None)
    told = [f"次の条件に当てはまるものはありません: {unknown}"] if unknown else []
    told += [f"条件が多すぎるため、後の {int(value):,}個は使いませんでした。" for key, value in parts if key is None]
    return "　".join(told)


def window(first: int, last: int, total: int) -> str:
    """Return which part of the found notes a page shows."""
    return f"{total:,}件中 {first:,}〜{last:,}件"


def more(count: int) -> str:
    """Return the text that unfolds the rest of a list."""
    return f"他 {count:,} 件を表示"


def left_out(count: int) -> str:
    """Return what tells that a list of filters has more values than the page lists."""
    return f"他 {count:,} 件は省略。言葉や他の条件で絞ると現れます。"


def below(count: int) -> str:
    """Return the text that unfolds what stands under a note."""
    return f"下位のメモ {count:,}件"


def value(group: str, value: str, label: str) -> str:
    """Return what a value of a group is called: years get their unit."""
    return f"{value}年" if group == "year" and value.isdigit() else VALUES.get((group, value), label)


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


def note_taker(number: int) -> str:
    """Return what tells two reports of one talk apart."""
    return f"記録 {number}"


def aligned(rows: Sequence[Row]) -> str:
    """Return how many things several takers of a talk noted, and how many each of them alone."""
    told = [[number for number, note in enumerate(row.notes, start=1) if note] for row in rows]
    alone = Counter(numbers[0] for numbers in told if len(numbers) == 1)
    together = f"共通 {notes(len(told) - alone.total())}"
    return "、".join(
        [together, *(f"{note_taker(number)}だけ {notes(count)}" for number, count in sorted(alone.items()))]
    )


def all_of(label: str, count: int) -> str:
    """Return the text of the link to a whole list, of which the first are shown."""
    return f"{label} {notes(count)}をすべて見る"


def sure(likely: float) -> str:
    """Return how sure it is that a note is of its kind."""
    return f"確かさ {likely:.0%}"


def step_taken(name: str, text: str, instead: str) -> str:
    """Return what was done to find more."""
    return STEPS_TAKEN[name].format(text=text, instead=instead)


def notice(name: str, text: Message | str) -> str:
    """Return what of a query could not be taken as typed."""
    return NOTICES[name].format(text=in_words(text))


def why_found(reasons: Sequence[Reason], kind: str) -> Iterator[str]:
    """Yield in words why a note of a kind was found: which words stand where, then what else speaks for it."""
    by_place: dict[tuple[str, ...], list[str]] = {}
    for one in reasons:
        if one.signal == "words" and one.fields:
            as_term = "" if folded(one.term) == folded(one.word) else f"（{one.term}）"
            by_place.setdefault(one.fields, []).append(f"「{one.word}」{as_term}")
    for places, words in by_place.items():
        yield f"{'と'.join(STANDS_IN[place] for place in places)}に{''.join(words)}がある"
    for one in reasons:
        if one.signal in SPEAKS:
            yield SPEAKS[one.signal]
        elif one.signal == "boost" and (one.points < 0 or kind == "advice"):
            yield IS_LABEL if one.points < 0 else IS_ADVICE


def freed(group: str, count: int) -> str:
    """Return which condition leaves nothing, and what its removal finds."""
    return f"「{GROUPS[group]}」の条件を外すと {notes(count)}"


def filters(count: int) -> str:
    """Return the text of the button that opens the filters, with how many are set."""
    return f"{FILTERS}（{count}）" if count else FILTERS


def contents(reports: int, talks: int, notes: int) -> str:
    """Return what is in here, in one line."""
    return f"{reports:,}レポート・{talks:,}セッション・{notes:,}メモ"


def without(count: int) -> str:
    """Return what a chip says of its removal."""
    return f"外すと {count:,}件"


def leave_out(condition: str, count: int) -> str:
    """Return what is found without a condition."""
    return f"「{condition}」を外すと {notes(count)}"


def titled(count: int) -> str:
    """Return what stands above the talks that are found by their titles."""
    return f"名前に言葉を含むセッション {count:,}"


def said_in(found: int, count: int) -> str:
    """Return how many notes of a talk that is found by its title have the words too."""
    return f"メモ {notes(count)}、うち言葉を含むもの {notes(found)}"


def page(number: int) -> str:
    """Return what the link to a page of a list is called."""
    return f"{number:,}ページ"


def page_of_service(name: str) -> str:
    """Return the text of the link to the page of a service."""
    return f"{name} のページ"


def more_of_talk(count: int) -> str:
    """Return the text of the link to the other found notes of a talk."""
    return f"このセッションの他 {count:,}件"


def source_line(source: str, line: int) -> str:
    """Return where a note stands in its file."""
    return f"{source} {line}行目"


def why(told: Why) -> str:
    """Return why a note carries a tag."""
    return WHY[told.where].format(words=told.words, line=told.line)


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
    parts = url_parts(url)
    return ((parts and parts.hostname) or url).removeprefix("www.")
