"""What the page says where it is a site of files: of its search, and when it was made."""

from datetime import date

from kb.texts import ja

SITE_SEARCH = "メモを探す"
SITE_SEARCH_HOW = "すべての言葉を含むメモを、新しい順に示します。引用符の中はそのままの並び、「-」を付けた言葉は含まないものを探します。"
SITE_SEARCH_AWAY = "この検索には JavaScript と Web サーバーが要ります。一覧からもたどれます。"
SITE_SEARCH_MORE = "続きを表示"
SITE_SEARCH_NARROW = "絞り込み"
SITE_SEARCH_NONE = "見つかりません。言葉を減らすか、条件を外してください。"


def made_on(day: date) -> str:
    """Return when a site was made, from which ages are counted."""
    return f"{ja.day(day.isoformat())}に書き出したページです"
