"""Which bare line of an extracted text was a heading on its page: nothing marks it but how it stands and how it is put."""

import re

_BRACKETED = re.compile(r"【[^】]+】")
# A sentence ends so; a heading does not.
_SENTENCE_END = re.compile(r"(?:[。、!!,，.]|です|ます|ました|でした|ません|でしょう)[))」♪]*$")
_LONGEST = 40


def is_heading(lines: list[str], index: int) -> bool:
    """Tell whether the line at `index`, which is neither blank nor item nor link, is a heading."""
    text = lines[index].strip()
    if _BRACKETED.match(text):
        return True
    before = lines[index - 1].strip() if index else ""
    after = lines[index + 1].strip() if index + 1 < len(lines) else ""
    alone = _is_edge(before) and _is_edge(after)
    return alone and bool(after or _more(lines, index)) and len(text) <= _LONGEST and not _SENTENCE_END.search(text)


def _is_edge(neighbour: str) -> bool:
    return not neighbour or neighbour.startswith("•")


def _more(lines: list[str], index: int) -> bool:
    return any(line.strip() for line in lines[index + 1 :])
