"""Talks that have no heading: a list of the sessions somebody heard, of their slides, or a link to a session's page."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from index.text import letters
from kb.report.outline import Block
from kb.talks.heading import read_heading
from kb.talks.words import LINE, any_of, folded

_LIST = ("bullet", "numbered")
_LEADS_IN = re.compile(any_of("lead_in"), re.IGNORECASE)
_OF_SESSIONS = re.compile(rf"(?:セッション|講演|トーク|talk|sessions?|{any_of('labels', whole=True)})", re.IGNORECASE)
_SENTENCE = re.compile(r"。|(?:ます|ました|です|でした)[！!]?$")
_FEWEST = 2
_SHORTEST, _LONGEST = 4, 100  # letters of a title
_SESSIONS_PAGE = re.compile(r"/(?:sessions?|talks?|proposals?|presentations?|timetable)(?:[/?#]|$)", re.IGNORECASE)
_PAGE = re.compile(r"(?P<title>.+?)\s+[-–|｜]\s+(?P<site>[^-–|｜]+)")


def listed_talks(heading: Block | None, blocks: Sequence[Block], event: str) -> list[Block]:
    """Return the blocks under a heading that each stand for a talk of an event, in file order."""
    return sorted({*_linked(blocks, event), *_bulleted(heading, blocks)}, key=lambda block: block.first_line)


def talk_text(block: Block) -> str:
    """Return the words that stand for a talk: a link to a session's page ends in the name of the site."""
    match = _PAGE.fullmatch(block.text[:LINE]) if block.type in ("paragraph", "link") else None
    return match["title"] if match else block.text


def _bulleted(heading: Block | None, blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield the outermost items of the lists that a line or heading right above says to be of talks."""
    lead = heading
    shown = (block for block in blocks if block.type != "blank")
    for listed, run in groupby(shown, key=lambda block: block.type in _LIST):
        items = list(run)
        if not listed:
            lead = items[-1]
        else:
            yield from _announced(items) or _paged(items) or (_sessions(items) if lead and _leads_in(lead) else ())


def _leads_in(lead: Block) -> bool:
    """Tell whether a list of talks stands below a line; a heading says so as a whole or it is a talk's own."""
    if lead.type == "heading":
        return letters(lead.text) in folded("materials") or _OF_SESSIONS.search(lead.text[:LINE]) is not None
    return _LEADS_IN.search(lead.text[:LINE]) is not None


def _announced(items: Sequence[Block]) -> list[Block]:
    """Return the outermost items of a list if most begin with a time or track, or name a speaker, as talks do."""
    outermost = [item for item in items if not item.depth]
    marked = [item for item in outermost if _is_announced(item.text)]
    return marked if len(marked) >= _FEWEST and 2 * len(marked) > len(outermost) else []


def _paged(items: Sequence[Block]) -> list[Block]:
    """Return the outermost items of a list if most are nothing but a link to the page of a session."""
    outermost = [item for item in items if not item.depth]
    paged = [item for item in outermost if len(item.links) == 1 and _SESSIONS_PAGE.search(item.links[0])]
    paged = [item for item in paged if item.text not in item.links and len(letters(item.text)) <= _LONGEST]
    return paged if len(paged) >= _FEWEST and 2 * len(paged) > len(outermost) else []


def _is_announced(text: str) -> bool:
    read = read_heading(text)
    return read.marked and _SHORTEST <= len(letters(read.title)) <= _LONGEST and not _SENTENCE.search(read.title)


def _sessions(items: Sequence[Block]) -> list[Block]:
    """Return the outermost items of a list if most link to something by a title, or have notes under them."""
    none = folded("materials") | folded("particulars") | folded("asides")
    sessions = [item for item in items if not item.depth and letters(item.text) not in none]
    noted = {item for item, following in pairwise(items) if following.depth}
    shown = sum(1 for item in sessions if item in noted or (item.links and item.text not in item.links))
    return sessions if 2 * shown > len(sessions) else []


def _linked(blocks: Sequence[Block], event: str) -> Iterator[Block]:
    """Yield paragraphs that are but a link to a session's page: its title, then the site, named as events are."""
    words = set(event.casefold().split())
    for block in blocks:
        match = (
            _PAGE.fullmatch(block.text[:LINE])
            if block.type in ("paragraph", "link") and len(block.links) == 1
            else None
        )
        if match and words <= set(match["site"].casefold().split()):
            yield block
