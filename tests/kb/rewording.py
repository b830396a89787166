"""Another note taker's words for the same things, by rules: synonyms, clauses in another order, what is left out."""

import re
from random import Random

SYNONYMS = [
    ("サーバーレス|サーバレス|serverless", "Serverless"), ("Lambda|lambda", "ラムダ"), ("重要|大事", "大切"),
    ("必要", "欠かせない"), ("できる", "可能"), ("利用する|使う", "活用する"), ("使って", "用いて"), ("テスト", "検証"),
    ("監視", "モニタリング"), ("確認", "チェック"), ("設計", "デザイン"), ("構成", "アーキテクチャ"), ("問題", "課題"),
    ("学ぶ|勉強", "習得"), ("今後", "これから"), ("一番", "もっとも"), ("考え方", "発想"), ("コスト", "費用"), ("起動", "立ち上げ"),
    ("便利", "ありがたい"), ("大変", "骨が折れる"), ("簡単", "易しい"), ("失敗する", "うまくいかない"), ("同時", "並行"),
    ("開発", "作り方"), ("処理", "仕事"), ("システム", "仕組み"), ("管理", "面倒を見ること"), ("安全", "セキュア"), ("採用", "選択"),
    ("苦労", "てこずり"), ("ファイル", "オブジェクト"), ("試験", "テスト"), ("経験", "体験"), ("予測", "先読み"), ("書き込み", "ライト"),
    ("しましょう|したほうがいい", "すべき"), ("ちゃんと", "きちんと"), ("嫌です|いやです|嫌", "避けたい"), ("多い", "目立つ"),
    ("変更", "手直し"), ("定義", "決め"), ("複雑", "込み入った"), ("方法", "やり方"), ("把握", "理解"), ("利用", "使用"),
]  # fmt: skip
FILLERS = re.compile(r"という|的な|よね|だよね|とか(?=[、。]|$)|ですってこと|について|結構|本当に|つまり|それでも|など")
CLAUSES = re.compile(r"(?<=[、。])")
ENDINGS = ["とのこと", "らしい", "、という話", "（なるほど）", "！"]


def reworded(text: str, random: Random) -> str:
    """Return a text as somebody else may have noted it; never as it was."""
    choices = [_synonyms, _without_brackets, _without_fillers, _turned, _shortened]
    random.shuffle(choices)
    other = text
    for change in choices[:3]:
        other = change(other) or other
    return other if other != text else text + random.choice(ENDINGS)


def _synonyms(text: str) -> str:
    for pattern, other in SYNONYMS:
        text = re.sub(pattern, other, text)
    return text


def _without_brackets(text: str) -> str:
    return re.sub(r"[(（][^()（）]*[)）]", "", text)


def _without_fillers(text: str) -> str:
    return FILLERS.sub("", text)


def _turned(text: str) -> str:
    """Return a text whose first clause comes last."""
    first, *rest = CLAUSES.split(text)
    return "".join(rest) + first


def _shortened(text: str) -> str:
    """Return the first half of a long text, up to the end of a clause."""
    clauses = CLAUSES.split(text)
    return "".join(clauses[: max(1, (len(clauses) + 1) // 2)]).rstrip("、")
