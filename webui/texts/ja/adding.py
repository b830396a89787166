"""What the page says of what is added, corrected, taken back, updated and saved, and of what is new."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from kb.indexing.outcomes import Added, SyncOutcome
from webui.texts.ja.browsing import BLOCKS
from webui.texts.ja.labels import MANY_SUMMED, STEPS
from webui.texts.shared_ja import KINDS

_MINUTES = 90  # seconds from which on something is told in minutes
UPDATES = "更新"
UPDATES_HOW = "最近20回の索引の更新で、何が加わり、なくなり、変わったか。索引とともに残すもので、索引を作り直すと新しく始まります。"
UPDATES_LINK = "最近の更新"
NO_UPDATES = "まだ更新の記録がありません。"
SEE_UPDATE = "何が変わったか"
FEED = "フィード"
FEED_HOW = "新しく見つかるメモ、対策が見つかった課題、その後の変更。言葉どおりに見つかるものだけを知らせます。"
SAVED = "保存した検索"
SAVED_HOW = "検索は kb.toml に残り、最初のページに並びます。新着は、このブラウザーで前に開いてからの件数です。"
NO_SAVED = "保存した検索はありません。検索結果の下の「この検索を保存」で加えられます。"
SAVE_SEARCH = "この検索を保存"
SEARCH_NAME = "名前"
SEARCH_ADDRESS = "検索のアドレス"
SAVE_IT = "保存"
IS_SAVED = "保存した検索です"
FORGET = "外す"
NO_SEARCH = "何を探すかがありません。言葉か条件のある検索を保存してください。"
WRONG_NAME = "名前は1〜{most}文字で書いてください。"
LONG_SEARCH = "この検索は条件が多すぎて保存できません。条件を減らしてください。"
TOO_MANY_SEARCHES = "検索は{most}件まで保存できます。どれかを外してから保存してください。"


def size(count: int) -> str:
    """Return a number of bytes as people read it."""
    return f"{max(count / 1000, 1):,.0f} kB"


def lines(taken: Mapping[str, int]) -> str:
    """Return how many lines a report has, and for what they were taken."""
    told = "、".join(f"{BLOCKS[block]} {taken[block]:,}" for block in BLOCKS if taken.get(block))
    return f"{sum(taken.values()):,}行（{told}）"


def line_range(first: int, last: int) -> str:
    """Return which lines a block takes."""
    return f"{first}" if first == last else f"{first}〜{last}"


def tags(count: int) -> str:
    """Return a number of service tags with its unit."""
    return f"タグ {count:,}件"


def replaces(source: str) -> str:
    """Return the notice that a report is there already."""
    return f"同じレポートがあります。保存すると {source} を差し替えます。今のファイルは別の名前で残します。"


def still_kept(kept: Sequence[str]) -> str:
    """Return under which names what was there before is kept; nothing where nothing was."""
    return f"それまでのファイルは {'、'.join(kept)} として残してあります。" if kept else ""


def replaces_another(source: str | None) -> str:
    """Return what is said where a report would take the place of another file than was shown, or no more of any."""
    now = (
        f"今保存すると、次のファイルを差し替えます: {source}" if source else "今保存すると、新しいファイルになります。"
    )
    return f"確認している間に、ライブラリが変わりました。{now}"


def changed_since(source: str | None, kept: str | None) -> str:
    """Return why something cannot be changed or taken back; `kept` is where lies what it was to be again."""
    where = f"戻す内容は {kept} にあります。" if kept else ""
    return f"{source or '直した内容'} はその後に変わったため、そのままにしました。{where}今の内容を見て、やり直してください。"


def gone_since(source: str, kept: str) -> str:
    """Return why a file cannot be what it was again."""
    return f"{source} を元に戻せません。{kept} がないか、中身が変わっています。"


def became(added: Added, source: str) -> str:
    """Return what became of a file that was sent; `source` is where it stands in the library."""
    if added.unchanged:
        return f"同じものがすでにあります（{source}）。"
    taken = f"{source} を差し替えました。" if added.replaced else f"{source} に加えました。"
    return taken if added.report else f"{taken}レポート {added.reports:,}件。"


def many_taken(taken: int, files: int) -> str:
    """Return how many of many files were taken in."""
    return MANY_SUMMED.format(files=f"{files:,}", taken=f"{taken:,}")


def reports_inside(count: int) -> str:
    """Return how many reports an export or archive holds, nothing of it being kept yet."""
    return f"まだ保存していません。このファイルには {count:,}件のレポートが入っています。"


def not_shown(count: int) -> str:
    """Return how many more there are of what is listed."""
    return f"ほかに {count:,}件（ここには表示していません）。"


def step(name: str, done: int, total: int) -> str:
    """Return how far an update is."""
    return f"{STEPS.get(name, name)}（{done:,}/{total:,}）" if total else STEPS.get(name, name)


def time_left(seconds: float) -> str:
    """Return how long something takes yet."""
    return f"あと約{seconds / 60:.0f}分。" if seconds >= _MINUTES else f"あと約{seconds:.0f}秒。"


def by_cause(problems: int, causes: int) -> str:
    """Return how much is wrong, and for how many causes."""
    return f"{problems:,}件（原因 {causes:,}種類）"


def outcome(outcome: SyncOutcome) -> str:
    """Return what an update did."""
    return (
        f"レポート: 新規 {outcome.new:,}、変更 {outcome.changed:,}、削除 {outcome.gone:,}、変更なし {outcome.unchanged:,}。"
        f"メモ {outcome.notes:,}件を言葉で探せます（{outcome.seconds:.1f}秒）。"
    )


def wrong_tag(name: str) -> str:
    """Return the text of the button that takes a tag off."""
    return f"{name} を外す"


def tagged(name: str, *, taken_off: bool) -> str:
    """Return what is said after a tag was added or taken off."""
    return f"「{name}」を外しました。" if taken_off else f"「{name}」を付けました。"


def kind_told(kind: str | None) -> str:
    """Return what is said after the kind of a note was changed."""
    return f"種別を「{KINDS[kind]}」にしました。" if kind else "種別を自動に戻しました。"


def kind_denied(claim: str) -> str:
    """Return what is said after it was told that a note is not of a kind."""
    return f"「{KINDS[claim]}」ではないことにしました。"


def answered(count: int, *, holds: bool) -> str:
    """Return what is said after so many claims were answered at once."""
    return f"{count:,}件に「{'はい' if holds else 'いいえ'}」と答えました。"


def choose(text: str) -> str:
    """Return what the box is called that chooses a claim."""
    return f"選ぶ: {text}"


def no_answer_to(query: str) -> str:
    """Return what is said after it was told that a note does not answer a search."""
    return f"「{query}」の答えとしては示さないことにしました。"


def talk_told(title: str, *, is_talk: bool) -> str:
    """Return what is said after it was told whether something is a talk."""
    return f"「{title}」をセッションにしました。" if is_talk else f"「{title}」をセッションではないことにしました。"


def no_speaker(name: str) -> str:
    """Return what is said after it was told that somebody does not speak in a talk."""
    return f"「{name}」を登壇者から外しました。"


def is_no_speaker(name: str) -> str:
    """Return what the button that tells so is called where it is read out."""
    return f"{name} は登壇者ではない"


def learned(count: int) -> str:
    """Return from how many corrections the kinds of other notes are told."""
    return f"種別の訂正{count:,}件から、ほかのメモの種別も学んでいます。"


def likely(share: float) -> str:
    """Return how likely a claim is, from 0 to 1."""
    return f"確からしさ {share:.0%}"


def put_right(title: str) -> str:
    """Return what is said after a report or a talk was put right."""
    return f"「{title}」の情報を直しました。"


def removed(title: str) -> str:
    """Return what is said after a report was taken out."""
    return f"「{title}」をライブラリから外しました。"


def undone(text: str) -> str:
    """Return what is said after something was taken back; `text` is what was said of it."""
    return f"元に戻しました: {text}"


def unknown_kind(name: str) -> str:
    """Return what is said of a kind that there is not."""
    return f"「{name}」という種別はありません。"


def unknown_service(name: str) -> str:
    """Return why a tag cannot be added."""
    return f"「{name}」というサービスは知られていません。"


def left_alone(count: int) -> str:
    """Return that files are taken for no reports."""
    return f"レポートとして扱っていないファイルが{count:,}個あります（README や、kb.toml の ignore に合うもの）。"


def moment(at: datetime) -> str:
    """Return when something was, by the clock of the server."""
    local = at.astimezone()
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"


def new(count: int) -> str:
    """Return how much is new in a saved search."""
    return f"新着 {count:,}件"


def name_taken(name: str) -> str:
    """Return why a search cannot be saved."""
    return f"「{name}」という名前の検索がすでにあります。別の名前にしてください。"


def search_saved(name: str) -> str:
    """Return what is said after a search was saved."""
    return f"検索「{name}」を保存しました。"


def search_forgotten(name: str) -> str:
    """Return what is said after a saved search was taken out."""
    return f"検索「{name}」を外しました。"


def forget(name: str) -> str:
    """Return what the button that takes a saved search out is called."""
    return f"検索「{name}」を外す"


def remedied(problem: str) -> str:
    """Return the title of the entry that tells of a problem's remedy."""
    return f"対策: {problem}"


def outdated(statement: str, notes: int) -> str:
    """Return the title of the entry that tells of a change that has overtaken notes."""
    return f"その後の変更: {statement}（メモ {notes:,}件）"
