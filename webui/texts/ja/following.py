"""What the page says of what is new: what syncs changed, feeds, saved searches."""

from datetime import datetime

UPDATES = "更新"
UPDATES_HOW = "最近20回の索引の更新で、何が加わり、なくなり、変わったか。索引とともに残すもので、索引を作り直すと新しく始まります。"
UPDATES_LINK = "最近の更新"
NO_UPDATES = "まだ更新の記録がありません。"
WHAT_DID_IT = "変えたもの"
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
