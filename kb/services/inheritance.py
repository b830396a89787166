"""Which services a text passes down to what stands under it: a label all it names, a sentence its topics."""

import re
from collections.abc import Sequence

from kb.services.senses import Naming

# 「EC2より」, 「EC2と比べて」, 「EC2ではなく」: what something is only measured against.
_MEASURED_AGAINST = re.compile(r"\s*(?:より|[とに]比べ|[とに]比較|と違|と異な|ではなく|じゃなく|でなく|以外)")
# 「ECSとEKSの違い」: what follows may be about either.
_COMPARISON = re.compile(r"比較|違い|どちら|どっち|(?<![A-Za-z])vs(?![A-Za-z])", re.IGNORECASE)
# 「Lambdaを使う」, 「Lambda関数は」: what a sentence speaks of; not the place or the means (「S3に置いた」).
_TOPIC = re.compile(r"[\sA-Za-z0-9ァ-ヶー一-龠]{0,12}(?:は|が|を|も|って)")
_SENTENCE_SIGN = re.compile(r"[。、，!！]|[-=]>|[→⇒]")
_LABEL_END = re.compile(r"(?:[^ぁ-ん]|について|こと|もの|とき|ため|まとめ|とは|など|たち|づくり|つらみ|使い方)$")
_CLOSING = re.compile(r"(?:[(（「『【][^()（）]*[)）」』】]|[\s:：?？])+$")
_LONGEST_LABEL = 40


def passes_down(text: str, namings: Sequence[Naming], *, heading: bool = False) -> tuple[Naming, ...]:
    """Return those of a text's namings that hold for what stands under it. A heading is a label whatever it says."""
    kept = tuple(naming for naming in namings if not _MEASURED_AGAINST.match(text, naming.end))
    if not kept or _COMPARISON.search(text):
        return ()
    if heading or is_label(text):
        return kept
    return tuple(naming for naming in kept if _TOPIC.match(text, naming.end))


def is_label(text: str) -> bool:
    """Tell whether a text is a bare topic with no statement of its own, as far as its form tells."""
    core = _CLOSING.sub("", text)
    return len(core) <= _LONGEST_LABEL and not _SENTENCE_SIGN.search(core) and bool(_LABEL_END.search(core))


def introduces(text: str) -> bool:
    """Tell whether a paragraph leads over to the list that follows it: 「気になったのは、」, 「手順:」, a bare topic."""
    return text.rstrip().endswith(("、", "，", ":", "：")) or is_label(text)
