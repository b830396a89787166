"""The Japanese words for what notes, tags and searches are: kinds, facets, what a search did."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from kb.translation import translate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from index.engine import Coverage, Reason
    from index.messages import Message
    from kb.report.difference import Fate, Item, Sort
    from kb.report.model import Why
    from kb.report.problems import ProblemGroup
    from kb.services import Change, Service

KINDS = {
    "advice": "助言",
    "problem": "課題",
    "question": "質問",
    "statement": "事実・事例",
    "impression": "感想",
    "label": "見出し",
}
WHY = {"here": "{words}", "above": "「{words}」 {line}行目", "talk": "「{words}」 セッション名", "hand": "手で追加"}
STATES = {"unsolved": "未解決", "solved": "対策あり", "unanswered": "未回答", "answered": "回答あり"}
VIAS = {"explicit": "明示", "inherited": "継承"}
STEPS = {
    "keyboard": "「{text}」を「{instead}」として探しました",
    "sound": "「{text}」を「{instead}」として探しました",
    "spelling": "「{text}」を「{instead}」として探しました",
    "function": "「{text}」を除いて探しました",
    "parts": "「{text}」は語の一部でも探しました",
    "related": "「{text}」は近い意味の語でも探しました",
}
NOTICES = {
    "cut": "長すぎるので「{text}」からあとは使いませんでした",
    "too many words": "語が多すぎるので「{text}」からあとは使いませんでした",
    "too deep": "括弧が深すぎるので一部を無視しました",
    "unclosed": "対になっていない「{text}」を無視しました",
    "as words": "「{text}」は普通の語として探しました",
    "no likeness": "意味の近さでは探せませんでした: {text}",
    "literally": "「{text}」をそのままの文字として探しました",
}
SIMILAR = "意味が近い"
ANSWERS = "答え"
NO_ANSWER = "この問いに確かに答えるメモは見つかりませんでした。"
NEAR = "意味が近いメモ"
NO_NOTE_SAYS_IT = "言葉を含むメモはありません。"
NOTHING_SIMILAR = "ほかのレポートに似たメモはありません"
FIELDS = {"text": "本文", "trail": "パンくず", "talk": "セッション名", "services": "サービス名", "below": "下位のメモ"}
SIGNALS = {
    "nearness": "隣り合う言葉",
    "coverage": "言葉の揃い方",
    "exact": "全文の一致",
    "likeness": SIMILAR,
    "around": "まわりのメモも近い",
    "length": "メモの長さ",
    "boost": "種別",
}
GUIDE_PARTS = {"advice": "助言", "solved": "対策のある課題", "unsolved": "未解決の課題", "cases": "事実・事例"}
GUIDE_CHANGES = "変わったこと"
REMEDY = "対策"
TALK = "セッション"
NO_EVENT = "イベント不明"
UNDATED = "日付不明"
SAMPLES_SHOWN = "見本を表示中"
_BECAME = {
    "announced": "発表",
    "no_new_customers": "新規の受付を終了",
    "reopened": "新規の受付を再開",
    "closed": "終了",
}
COMPARED = {
    "report": "レポート",
    "note": "メモ",
    "tag": "タグ",
    "kind": "種別",
    "pair": "課題と対策",
    "mark": "その後の変更",
}
FATES = {"came": "追加", "went": "削除", "changed": "変更"}
CHANGED = {
    "id": "アドレス",
    "title": "題名",
    "event": "イベント",
    "held_on": "日付",
    "published": "投稿日",
    "url": "元の記事",
    "source": "ファイル",
    "talks": "セッション",
    "text": "本文",
    "trail": "パンくず",
    "talk": "セッション",
    "attached": "表・コード",
}
PAIRS = {"remedy_of": "対策", "answers": "回答"}
NOTHING_DIFFERS = "変わるものはありません"
FIRST_SYNC = "索引を初めて作りました"


def day(held_on: str | None) -> str:
    """Return a date of any precision as people write it: 2018年, 2018年3月, 2018年3月10日."""
    if not held_on:
        return UNDATED
    return "".join(f"{int(part)}{unit}" for part, unit in zip(held_on.split("-"), "年月日", strict=False))


def on(name: str, held_on: str | None) -> str:
    """Return what something is called and its day."""
    return f"{name}（{day(held_on)}）" if name else day(held_on)


def listed(names: Iterable[str | None]) -> str:
    """Return those names in a row that are known."""
    return "、".join(filter(None, names))


def since(change: "Change") -> str:
    """Return what holds since a change: 2018年10月以降は最大15分."""
    return change.statement


def changed(statement: str) -> str:
    """Return what has changed since a note."""
    return f"その後の変更: {statement}"


def category(slug: str, label: str) -> str:  # noqa: ARG001 (as in English)
    """Return what a category is called: as a catalogue labels it."""
    return label


def learned(sort: str, count: int) -> str:
    """Return of how many corrections of a sort is learned: 助言 12件、助言でない 3件."""
    *no, kinds = sort.split(" ", 1)
    return f"{'・'.join(KINDS[one] for one in kinds.split())}{'でない' if no else ''} {count}件"


def history(service: "Service", name: Callable[[str], str]) -> str:
    """Return what became of a service: its former names, what it came from, its stages, its heir."""
    past = [f"旧称 {former.name}（{former.until}まで）" for former in service.former]
    if service.split_from:
        past.append(f"{name(service.split_from)}から独立")
    past += [f"{stage.on}に{_BECAME[stage.what]}" for stage in service.stages]
    if service.superseded_by:
        past.append(f"後継 {name(service.superseded_by)}")
    return "、".join(past)


def in_words(sentence: "Message | str") -> str:
    """Return what an error says, or what is wrong with a file; a text stays as it is."""
    return translate(sentence)


def in_files(group: "ProblemGroup") -> str:
    """Return how often and where something is wrong: ×52（14件のファイル: a.rst:3、b.rst:7、c.rst:1 ほか11件）."""
    left = group.files - len(group.places)
    listed = "、".join(group.places) + (f" ほか{left:,}件" if left else "")
    return f"×{len(group.problems):,}（{group.files:,}件のファイル: {listed}）"


def coverage(coverage: "Coverage | None") -> str:
    """Return how many notes can be found by likeness."""
    if coverage is None:
        return "意味検索: なし（言葉だけで探します）"
    return f"意味検索: {coverage.documents:,}件中 {coverage.embedded:,}件"


def why(why: "Why") -> str:
    """Return why a note bears a service: the words that name it, and where they stand if not in the note."""
    return WHY[why.where].format(words=why.words, line=why.line)


def reason(reason: "Reason") -> str:
    """Return which word of a query was found where, or what else helped, and how much it counted.

    言葉: 冪等（本文） 3.21点 · 意味が近い: 0.62 1.10点
    """
    as_term = f"→「{reason.term}」" if reason.term != reason.word else ""
    places = "・".join(FIELDS.get(field, field) for field in reason.fields)
    if reason.signal == "words":
        found = f"言葉: {reason.word}{as_term}（{places}）"
    elif reason.cosine is not None:
        found = f"{SIGNALS[reason.signal]}: {reason.cosine:.2f}"
    else:
        found = SIGNALS[reason.signal]
    return f"{found} {reason.points:.2f}点"


def said(talks: int, since: str | None, until: str | None, speakers: Iterable[str]) -> str:
    """Return how many talks say so, from when to when, and who: 3つのセッションが言う・2018–2024.

    That only one does is not said of each.
    """
    days = "–".join(dict.fromkeys(day[:4] for day in (since, until) if day))
    many = f"{talks}つのセッションが言う" if talks > 1 else ""
    return "・".join(filter(None, (many, days or UNDATED, "、".join(speakers))))


def compared(compared: int, notes: int) -> str:
    """Return how many of the notes on a service its guide tells."""
    return f"{notes:,}件のメモのうち、助言・課題・事実の {compared:,}件。同じことは一度だけ"


def same(words: float | None, cosine: float | None) -> str:
    """Return how alike notes are that say the same."""
    shares = [("言葉", words), ("意味", cosine)]
    return " · ".join(f"{name} {share:.2f}" for name, share in shares if share is not None)


def meant(instead: str, count: int) -> str:
    """Return what may be meant instead of a word of the query."""
    return f"もしかして「{instead}」（{count:,}件）"


def alone(word: str, count: int) -> str:
    """Return how many notes a word of the query finds by itself: those that have it, or are about what it names."""
    return f"「{word}」だけなら {count:,}件"


def without(condition: str, count: int) -> str:
    """Return how many notes there would be without a condition of the query."""
    return f"「{condition}」を外すと {count:,}件"


def similar(cosine: float, services: Iterable[str]) -> str:
    """Return in what a note is like another."""
    return "・".join([*(f"同じサービス: {name}" for name in services), f"{SIMILAR}: {cosine:.2f}"])


def counts(counts: "Mapping[Sort, Mapping[Fate, int]]") -> str:
    """Return how much came, went and changed: レポート 変更1 · タグ 追加2、変更1."""
    by_fate = ("、".join(f"{FATES[fate]}{count:,}" for fate, count in every.items()) for every in counts.values())
    return " · ".join(f"{COMPARED[sort]} {one}" for sort, one in zip(counts, by_fate, strict=True))


def item(item: "Item", name: str) -> str:
    """Return what came, went or changed of a note, beside its text; `name` is what the service or change is called."""
    match item.sort:
        case "tag":
            vias = "→".join(VIAS[via] for via in (item.before, item.after) if via)
            return f"{name}（{vias}）"
        case "kind":
            return f"{KINDS[item.before]}→{KINDS[item.after]}"
        case "pair":
            return PAIRS[item.value]
        case "mark":
            return name
        case _:
            return CHANGED.get(item.value, "")


def left_out(count: int) -> str:
    """Return how much more there is than is listed."""
    return f"他{count:,}件"
