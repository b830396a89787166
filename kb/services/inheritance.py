"""Which services a text passes down to what stands under it, and how far: a label all, a sentence its topics."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kb.services.senses import Naming

# 「EC2より」, 「EC2と比べて」, 「EC2ではなく」: what something is only measured against.
_MEASURED_AGAINST = re.compile(r"\s*(?:より|[とに]比べ|と違|と異な|ではなく|じゃなく|でなく|以外)")
# 「ECSとEKSの違い」: what follows may be about either.
_COMPARISON = re.compile(r"比較|違い|使い分け|どちら|どっち|(?<![A-Za-z])vs(?![A-Za-z])", re.IGNORECASE)
# 「Lambdaを使う」, 「Lambda関数は」, 「ECSにした」: what a sentence speaks of; not a place or means (「S3に置いた」).
_TOPIC = re.compile(
    r"[\sA-Za-z0-9ァ-ヶー一-龠の]{0,12}(?:は|が|も|って|なら|だと|の場合|使(?=[いうえおっわ])|に(?:した|する|決め|移))"
    r"|[\sA-Za-z0-9ァ-ヶー一-龠]{0,12}を"  # not 「Lambdaのコードを」: that speaks of code
)
_SENTENCE_SIGN = re.compile(r"[。、，!！]|[-=]>|[→⇒]")
_FULL_STOP = re.compile(r"[。.]\s*$")
_NOUN_END = re.compile(r"(?:[^ぁ-ん]|について|こと|もの|とき|ため|まとめ|とは|など|たち|づくり|つらみ|使い方)$")
# 「AuroraからPostgresに移行」 says something although it ends in a noun; where a verb comes between, 「Lambdaで作るサイト」,
# or the noun only names a thing, 「ECSの利用での注意点」, it does not.
_STATEMENT = re.compile(
    r"(?<=[^ぁ-ん])(?:は|が|を|に|で|から|へ)(?!の|つい|関|対|おけ|よる)(?:(?![うくぐすつぬぶむるたい][^ぁ-ん]).)*$"
)
# Brackets and marks that end a label. Atomic, for 「」「」「」 can be taken apart in exponentially many ways: the longest
# bracket is as good as any shorter, for what is left after it is the end of what would be left after those.
_CLOSING = re.compile(r"(?:(?>[(（「『【][^()（）]*[)）」』】])|[\s:：?？])+$")
_CONNECTORS = re.compile(r"[\s,、/／・&＆+＋()（）と:：]+")
_LONGEST_LABEL = 40
_LONGEST_LABEL_WITH_CLOSING = 1_000  # from here on `_CLOSING` takes too long, as its time grows with the square
# 「Lambdaを例に」, 「SQSで学ぶ」, 「(例: S3)」: what a title takes to show something else by.
_EXAMPLE = re.compile(
    r"\s*(?:など)?(?:を|の)?(?:例|題材|ケース)(?:に|と)|\s*(?:で|から)(?:学ぶ|学んだ|理解する|わかる|分かる|考える|見る|知る)"
)
_FOR_EXAMPLE_LENGTH = 8  # characters that it may be long
_FOR_EXAMPLE = re.compile(r"(?:例|たとえば|例えば)\s*[:：、]?\s*$")
# Who speaks, where the slides are, thanks and reactions tell of the talk, not of its subject.
_ASIDE = re.compile(
    r"\s*(?:自己紹介|会社紹介|登壇者|発表者|スピーカー|講師|資料|スライド|X投稿|プロフィール|経歴|所属|ハッシュタグ|感想|所感|余談|告知|宣伝"
    r"|https?://\S+\s*$|.{1,20}(?:さん|氏)。?\s*$)"
    r"|.*(?:ありがとうござ|お疲れ(?:様|さま)|頑張(?:る|ろう|りた)|がんば(?:る|ろう|りた)|(?:楽し|面白|おもしろ|凄|すご)(?:かった|い)(?:です)?(?:[。!！ー〜w笑]|$)"
    r"|勉強になった|参考になった|(?:気になる|聞きたい|試したい|使ってみたい|やってみたい)(?:[。!！ー〜]|$))"
)


@dataclass(frozen=True, slots=True)
class Legacy:
    """What a text passes down: the first naming of each service, and to how many levels below it (None: all)."""

    namings: tuple[Naming, ...] = ()
    levels: int | None = None


def legacy(text: str, namings: Sequence[Naming], *, heading: bool = False) -> Legacy:
    """Return what a text passes down. A heading is a label unless it is a sentence with a full stop."""
    kept = tuple(
        naming
        for naming in namings
        if not _MEASURED_AGAINST.match(text, naming.end)
        and not _EXAMPLE.match(text, naming.end)
        and not _FOR_EXAMPLE.search(text, max(0, naming.begin - _FOR_EXAMPLE_LENGTH), naming.begin)
    )
    if not kept or _COMPARISON.search(text):
        return Legacy()
    if _FULL_STOP.search(text) or not (heading or is_label(text)):
        return Legacy(_first_of_each(naming for naming in kept if _TOPIC.match(text, naming.end)), levels=1)
    return Legacy(_first_of_each(kept), levels=None if heading or is_bare(text, namings) else 2)


def _first_of_each(namings: Iterable[Naming]) -> tuple[Naming, ...]:
    first: dict[str, Naming] = {}
    for naming in namings:
        first.setdefault(naming.service, naming)
    return tuple(first.values())


def is_label(text: str) -> bool:
    """Tell whether a text is a topic with no statement of its own, as far as its form tells."""
    if len(text) > _LONGEST_LABEL_WITH_CLOSING:
        return False
    core = _CLOSING.sub("", text)
    if len(core) > _LONGEST_LABEL or _SENTENCE_SIGN.search(core) or not _NOUN_END.search(core):
        return False
    return not _STATEMENT.search(core)


def is_aside(text: str) -> bool:
    """Tell whether a text is beside the subject, so that neither it nor what stands under it inherits: 「登壇者: …」."""
    return _ASIDE.match(text[:_LONGEST_LABEL_WITH_CLOSING]) is not None


def introduces(text: str) -> bool:
    """Tell whether a paragraph leads over to the list that follows it: 「気になったのは、」, 「手順:」, a bare topic."""
    return text.rstrip().endswith(("、", "，", ":", "：")) or is_label(text)


def is_bare(text: str, namings: Sequence[Naming]) -> bool:
    """Tell whether a label is nothing but services: 「EC2とEBS」, but not 「EC2の起動方法」."""
    rest, place = "", 0
    for naming in namings:
        rest += text[place : naming.begin]
        place = naming.end
    return not _CONNECTORS.sub("", rest + text[place:])
