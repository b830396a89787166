"""Talks that have no heading: a list of the sessions somebody heard, of their slides, or a link to a session's page."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from index.text import letters
from kb.report.outline import Block
from kb.talks.words import LINE, any_of, folded

_LIST = ("bullet", "numbered")
_LEADS_IN = re.compile(any_of("lead_in"), re.IGNORECASE)
_PAGE = re.compile(r"(?P<title>.+?)\s+[-–|｜]\s+(?P<site>[^-–|｜]+)")


def listed_talks(heading: Block | None, blocks: Sequence[Block], event: str) -> frozenset[Block]:
    """Return the blocks under a heading that each stand for a talk of an event."""
    return frozenset((*_linked(blocks, event), *_bulleted(heading, blocks)))


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
        elif lead and _leads_in(lead):
            yield from _sessions(items)


def _leads_in(lead: Block) -> bool:
    """Tell whether a list of talks stands below a line; a heading says so as a whole or it is a talk's own."""
    if lead.type == "heading":
        return letters(lead.text) in folded("materials") | folded("groups") | folded("labels")
    return _LEADS_IN.search(lead.text[:LINE]) is not None


def _sessions(items: Sequence[Block]) -> list[Block]:
    """Return the outermost items of a list if most link to something by a title, or have notes under them."""
    sessions = [item for item in items if not item.depth and letters(item.text) not in folded("materials")]
    noted = {item for item, following in pairwise(items) if following.depth}
    shown = sum(1 for item in sessions if item in noted or (item.links and item.text not in item.links))
    return sessions if 2 * shown > len(sessions) else []


def _linked(blocks: Sequence[Block], event: str) -> Iterator[Block]:
    """Yield paragraphs that are nothing but a link to a session's page: its title, then the site, named as events are."""
    words = set(event.casefold().split())
    for block in blocks:
        match = (
            _PAGE.fullmatch(block.text[:LINE])
            if block.type in ("paragraph", "link") and len(block.links) == 1
            else None
        )
        if match and words <= set(match["site"].casefold().split()):
            yield block
