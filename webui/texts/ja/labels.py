"""The labels of the page: what stands on it whatever was found."""

from kb.readers.formats import LABELS
from kb.search.facets import FACETS
from kb.search.search_box import WORD
from kb.translation import _, in_language
from webui.texts import shared_ja as ja

FORMATS = "、".join({"text": "テキスト"}.get(label, label) for label in LABELS)
LANGUAGE, LANGUAGE_NAME = "ja", "日本語"
SITE = "セッションメモ"
SITE_PURPOSE = "勉強会・カンファレンスのセッションメモを、AWSサービスと言葉で探す"
SKIP = "本文へ移動"
SKIP_TO_RESULTS = "検索結果へ移動"
SEARCH_LABEL = "メモを検索"
FOR_EXAMPLE = "例: {example}"
EXAMPLES = ("SQS 冪等", "Lambda タイムアウト", "監視 通知", "コスト 削減", "コンテナ 移行", "DynamoDB 設計")
WHY_HERE = (
    "言葉が違っていても、略称・かな・打ち間違い・近い意味から見つかります（grepとの違い）。",
    "サービスごとにまとまり、その後の変更もいっしょに分かります（Wikiの検索との違い）。",
    "誰が、いつ、どのセッションで話したかが付いてきます（ノートとの違い）。",
)
KIND_EXAMPLES = {"advice": "助言だけを読む", "problem": "課題だけを読む", "question": "質問だけを読む"}
SEARCH = "検索"
SYNTAX_TITLE = "検索の書き方"
SYNTAX = (
    ('"{phrase}"', "引用符の中は、そのままの並び"),
    ("{service} -{other}", "「-」を付けた言葉は含まない"),
    ("{service} OR {other}", "どれかを含む。( ) でまとめられる"),
    ("サービス:{slug} 種別:{kind_label}", "その項目が合うもの。イベント:、登壇者:、状態: も"),
    ("年:{year}", "その年のもの。以前:{year}、以降:{year} も"),
)
PHRASES = ("結果整合性", "コールドスタート", "ベストプラクティス")
RECENT = "最近"
FORGET_RECENT = "最近の検索を消す"
SUGGESTIONS = "候補"
MAIN_NAVIGATION = "主なページ"
MENU = "メニュー"
REPORTS = "レポート"
SAMPLES_SHOWN = "見本を表示中"
SAMPLES_HOW = "自分のレポートを取り込むと、そちらを検索します。"
AWAY = "クラスターが応答しません"
AWAY_HOW = "応答が戻るまで、このコンピューターに残っている索引で答えています。新しいメモは含まれないことがあります。"
OLDER_ANSWERS = "索引が壊れています"
OLDER_ANSWERS_HOW = "その前の内容で答えています。kb sync を実行すると作り直します。"
FILTERS = "絞り込み"
APPLY = "この条件で絞り込む"
BY_CATEGORY = "分類で選ぶ"
CLEAR_ALL = "条件をすべて解除"
SORT = "並び替え"
SORTS = {"relevance": "関連度", "new": "新しい順", "old": "古い順", "advice": "助言らしい順"}
KEYS = "キー操作"
KEYS_HOW = {
    "/": "検索の言葉を入れる（空なら、最近の検索から選べる）",
    "j・↓": "次のメモへ（↓は検索欄からか、メモを選んでいるとき）",
    "k・↑": "前のメモへ（↑はメモを選んでいるとき）",
    "Enter": "選んだメモのページを開く",
    "Esc": "候補・メニュー・絞り込みを閉じる",
    "?": "この一覧を開く",
}
PREVIOUS = "前へ"
NEXT = "次へ"
PAGES = "ページ"
PERMALINK = "このメモのページ"
NOTE_MENU = "このメモの一致の理由・引用・リンク"
SOURCE = "出典"
ORIGINAL = "元の記事"
PUBLISHED = "投稿日"
LINKS = "資料"
SPEAKERS = "登壇者"
NO_EVENT = "イベント不明"
UNDATED = "日付不明"
BACK_HOME = "最初のページへ"
NEWEST_REPORTS = "新しいレポート"
TRY = "検索の例"
SERVICE_MAP = "サービスの地図"
SERVICE_MAP_HINT = "数字は、そのサービスについてのメモ（継承を含む）の件数。多いほど強い色で示します。"
ALL_REPORTS = "すべてのレポート"
EXPLICIT_ONLY = "明示のみ"
SORT_NOW = "並び替える"
CLOSE = "閉じる"
CHILDREN = "下位のメモ"
PROBLEM = "課題"
REMEDY = "対策"
QUESTION = "質問"
ANSWER = "回答"
IN_TALK = "セッション全体で読む"
IN_REPORT = "レポート全体で読む"

INTAKE = "取り込み"
INTAKE_TITLE = "レポートを取り込む"
INTAKE_HOW = "ファイルを選ぶか、本文を貼り付けてください。保存する前に、どう読み取るかを確認できます。"
INTAKE_FILE = f"ファイル（{FORMATS}）"
INTAKE_FOLDER = "またはフォルダごと（いくつも選んだときは、確認せずに取り込みます）"
MANY_TAKEN = "まとめて取り込み"
MANY_SUMMED = "{files}ファイルのうち {taken}ファイルを取り込みました。"
NOT_SENT = "送れませんでした。"
NOT_TAKEN = "取り込めませんでした。"
STILL_UPDATING = "索引を更新しています"
TAKE_MORE = "続けて取り込む"
INTAKE_TEXT = "または本文"
INTAKE_PLACEHOLDER = "ここに貼り付け、またはファイルをドロップ"
INTAKE_ADDRESS = "または記事のアドレス"
BOOKMARKLET = "メモに取り込む"
BOOKMARKLET_TITLE = "見ているページから取り込む"
BOOKMARKLET_HOW = (
    "次のリンクをブックマークバーにドラッグしておくと、ほかのサイトで記事を開いているときに押すだけで、そのページを見えているまま"
    "ここへ送れます。サイトによっては、送ることが禁じられています。"
)
PROPOSED = "送られたページ"
PROPOSED_HOW = "ほかのサイトから送られました。まだ読み取りも保存もしていません。自分で送ったページであれば、読み取りを確認してください。"
NO_ADDRESS = "アドレス不明"
INTAKE_READ = "読み取りを確認"
NOTHING_GIVEN = "ファイルも本文もありません。どちらかを入れてください。"
UNREADABLE = "この内容はレポートとして読めませんでした。"
UNWRITABLE = "ライブラリに書き込めませんでした。"
LONG_EVENT = "イベント名が200文字を超えています。"
WRONG_DATE = "日付は 2018、2018-03、2018-03-10 のいずれかの形で書いてください。"
PREVIEW = "読み取りの確認"
PREVIEW_HOW = "まだ保存していません。イベントと日付は直せます。"
DATE = "日付"
DATE_FORMS = "2018、2018-03、2018-03-10 のいずれか"
SAVE = "ライブラリに保存"
READ_AGAIN = "この内容で読み直す"
START_OVER = "やめる"
REMOVAL = "差し替え・取り外し"
REMOVAL_HOW = "同じレポートを取り込むと差し替わります。差し替えたファイルと外したファイルは、別の名前で残し、その名前をお知らせします。"
REMOVE_REPORT = "ライブラリから外す"
UPDATE = "索引の更新"
UPDATE_HOW = "ライブラリのフォルダに置いた変更を、検索に反映します。"
UPDATE_NOW = "索引を更新"
UPDATE_FAILED = "索引を更新できませんでした。前の索引で検索を続けます。"
PROBLEMS = "読めなかったファイル・注意"
PROBLEMS_NEXT = "読めたところは、もう探せます。残りは、ファイルを直してから索引を更新してください。"
REST_IS_SAVED = "読めたところだけを保存します。"
TAKE_THEM_AGAIN = "直してから、もう一度取り込んでください。"
ALL_PLACES = "すべて見る"
VECTORS_FOLLOW = "残りはサーバーが続けて準備します。言葉での検索はもう使えます。"
STEPS = {
    "": "ライブラリを見ています",
    "reading": "読み込んでいます",
    "writing": "索引を書いています",
    "embedding": "意味を調べています",
}
CORRECT = "タグと種別を直す"
CORRECT_HOW = "直した内容はライブラリの kb.toml に残り、読み直しても保たれます。"
TODO = "直すところ"
TODO_WHAT = {
    "date": "日付不明のレポート",
    "event": "イベント不明のレポート",
    "speaker": "登壇者不明のセッション",
    "talk": "セッションかもしれない行",
    "advice": "助言かもしれないメモ",
    "problem": "課題かもしれないメモ",
    "service": "知られていないサービス",
}
TODO_HOW = {
    "date": "イベントの日付を 2018、2018-03、2018-03-10 のいずれかの形で書いてください。",
    "event": "何のイベントのレポートかを書いてください。",
    "speaker": "登壇者の名前を、いくつかあれば「、」で区切って書いてください。誰もいなければ、空のまま「直す」を押してください。",
    "talk": "セッションらしい行から順に並べています。はい（y）かいいえ（n）で答えてください。u で元に戻せます。",
    "advice": "助言らしいメモから順に並べています。はい（y）かいいえ（n）で答えてください。u で元に戻せます。",
    "problem": "課題らしいメモから順に並べています。はい（y）かいいえ（n）で答えてください。u で元に戻せます。",
    "service": "サービスの名前らしい言葉です。サービスであれば、kb.toml の [services] に加えるとタグになります。",
}
ANSWER_CHANGES = {
    "talk": "はい: この行より下のメモがこのセッションのメモになります。いいえ: 上のセッションかレポートのメモのままです。",
    "advice": "はい: 助言として、絞り込み・サービスのページ・手引きに出ます。種別の答えが12件たまるごとに、ほかのメモの種別も学び直します。",
    "problem": "はい: 課題として、絞り込み・サービスのページ・「課題と対策」に出ます。種別の答えが12件たまるごとに、ほかのメモの種別も学び直します。",
}
CHOSEN_ARE = "選んだものはすべて"
CHOOSE_ALL = "このページをすべて選ぶ"
THIS_REPORT_ALONE = "このレポートだけ"
FOLDER = "フォルダ"
ALL_FOLDERS = "すべて"
NO_SERVICE_NAMED = "サービスの名前を書いてください。"
NOTHING_CHOSEN = "どれも選ばれていません。答えるものを選んでください。"
NOTHING_TO_DO = "直すところはありません。"
YES = "はい"
NO = "いいえ"
NO_TALK_AT_ALL = "セッションではない"
NO_SPEAKER = "登壇者ではない"
NOT_OF_KIND = {"advice": "助言ではない", "problem": "課題ではない"}
NEAR_SERVICES = "もしかして"
CORRECT_SPEAKERS = "登壇者を直す"
SPEAKERS_FIELD = "登壇者（、で区切る。いなければ空にする）"
BETWEEN_NAMES = "、"
CORRECT_REPORT = "イベント・日付・アドレスを直す"
PUT_RIGHT = "直す"
DO_NOTHING = "直さずに戻る"
UNDO = "元に戻す"
REDO = "やり直す"
UNDO_FORGOTTEN = "この操作は、もう元に戻せません。直した内容は、それぞれのページから変えられます。"
LONG_NAME = "100文字を超える名前があります。名前のあいだを「、」で区切ってください。"
WRONG_ADDRESS = "アドレスは http:// か https:// で始めて書いてください。"
ADD_TAG = "サービスを付ける"
ADD = "付ける"
KIND = "種別"
NO_KIND = "自動"
CHANGE_KIND = "変える"
KEY = "書き込みの鍵"
KEY_HOW = "このページは他の機械からも読めるため、取り込みや訂正には鍵（KB_TOKEN）が要ります。"
KEY_FIELD = "鍵"
KEY_GIVE = "鍵を使う"
WRONG_KEY = "鍵が違います。"

GROUPS = {**{facet.key: in_language(LANGUAGE, _, facet.label) for facet in FACETS}, WORD: "言葉"}
VALUES = {
    (facet.key, value): in_language(LANGUAGE, _, label)
    for facet in FACETS
    for value, label in facet.value_labels.items()
}
VIA = ja.VIAS
WHY = {
    "here": "このメモの言葉「{words}」から",
    "above": "上位の言葉から: 「{words}」 {line}行目",
    "talk": "セッション名の言葉「{words}」から",
    "hand": "手で追加",
}

NO_HITS = "見つかりませんでした"
NO_HITS_ADVICE = "言葉を減らすか、条件を外してみてください。"
WAYS_OUT = "こちらなら見つかります。"
TRY_INSTEAD = "たとえば"
STILL_TYPING = "「{text}」で始まる言葉はまだ見つかりません。Enterでこのまま検索します。"
REFUSE_STEP = "これをやめる"
STEPS_TAKEN = {
    "keyboard": "「{text}」を、入力モードの違いとみて「{instead}」で探しました。",
    "sound": "「{text}」を、「{instead}」と読む言葉で探しました。",
    "spelling": "「{text}」を、打ち間違いとみて「{instead}」で探しました。",
    "function": "「{text}」を除いて探しました。",
    "parts": "「{text}」は、その一部を含むメモも探しました。",
    "related": "「{text}」は、近い意味の言葉も探しました。",
}
NOTICES = {
    "cut": "長すぎるため、512文字より後は使いませんでした。",
    "too many words": "言葉が多すぎるため、33個目からは使いませんでした。",
    "too deep": "括弧が深すぎるため、9段目からは使いませんでした。",
    "unclosed": "「{text}」には対になる引用符や括弧がないため、使いませんでした。",
    "as words": "「{text}」は条件として使えないため、言葉として探しました。",
    "literally": "「{text}」を、そのままの文字の並びとして探しました。",
    "no likeness": "意味の近さでは探せなかったため、言葉だけで探しました（{text}）。",
}
WHY_FOUND = "一致の理由"
WHY_KIND = "種別の理由"
WHY_TALK = "セッションとした理由"
WHY_HOW = "多くのレポートから学んだ特徴のうち、判断を強く左右したものです。＋はそう読む理由、－は反する理由です。"
FEATURE = "特徴"
WEIGHT = "重み"
STANDS_IN = {
    "text": "このメモ",
    "trail": "上の見出し",
    "talk": "セッション名",
    "services": "サービスの名前",
    "attached": "添えられたもの",
    "below": "下のメモ",
}
SPEAKS = {
    "nearness": "探した言葉が隣り合っています",
    "characters": "探した文字の並びがあります",
    "exact": "探した言葉だけのメモです",
    "likeness": "意味が近いメモです",
    "around": "同じ話題のほかのメモも、意味が近い",
}
IS_ADVICE = "助言なので、前に出しています"
IS_LABEL = "見出しなので、後ろにしています"
ALIGNED = "記録を並べる"
HOW_SIMILAR = "近さ"
SIMILAR_ELSEWHERE = "ほかのレポートの似たメモ"
NEAR = ja.NEAR
ANSWERS = ja.ANSWERS
NO_ANSWER = ja.NO_ANSWER
OTHER_SEARCHES = "ほかの探し方"
NO_ANSWER_HERE = "違う"
NO_NOTE_SAYS_IT = ja.NO_NOTE_SAYS_IT
STEPS_REFUSED = "読み替えの一部をやめています。"
RESTORE_STEPS = "元に戻す"
MATCH = "複数のサービスを選んだとき"
MATCHES = {"any": "いずれか", "all": "すべて"}
PAST_THE_END = "このページにはメモがありません。"
EMPTY_LIBRARY = "まだレポートがありません"
EMPTY_LIBRARY_HOW = "最初のレポートを取り込むと、そのメモをここで探せます。"
EMPTY_LIBRARY_FOLDER = f"または、レポート（{FORMATS}）を次のフォルダに置いて、索引を更新してください。"
NO_INDEX = "索引がありません"
NO_INDEX_HOW = "索引を更新すると、次のフォルダにあるレポートを探せます。"
