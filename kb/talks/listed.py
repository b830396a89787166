"""Talks that have no heading: a list of the sessions somebody heard, of their slides, or a link to a session's page."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from kb.outline import Block
from kb.talks.words import any_of, fold, folded

_LIST = ("bullet", "numbered")
_LEADS_IN = re.compile(any_of("lead_in"), re.IGNORECASE)
_PAGE = re.compile(r"(?P<title>.+?)\s+[-–|｜]\s+(?P<site>[^-–|｜]+)")


def listed_talks(heading: Block | None, blocks: Sequence[Block], event: str) -> frozenset[Block]:
    """Return the blocks under a heading that each stand for a talk of an event."""
    return frozenset((*_linked(blocks, event), *_bulleted(heading, blocks)))


def talk_text(block: Block) -> str:
    """Return the words that stand for a talk: a link to a session's page ends in the name of the site."""
    match = _PAGE.fullmatch(block.text) if block.type in ("paragraph", "link") else None
    return match["title"] if match else block.text


def _bulleted(heading: Block | None, blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield the items that stand for talks in the lists below a line, or right below a heading, that leads to such."""
    lead = heading
    shown = (block for block in blocks if block.type != "blank")
    for listed, run in groupby(shown, key=lambda block: block.type in _LIST):
        items = list(run)
        if not listed:
            lead = items[-1]
        elif lead and lead.type == "heading":
            yield from _of_slides(items) if fold(lead.text) in folded("materials") else ()
        elif lead and _LEADS_IN.search(lead.text):
            yield from _of_sessions(items)


def _of_slides(items: Sequence[Block]) -> Iterator[Block]:
    """Yield the outermost items that link to slides by their title."""
    return (item for item in items if not item.depth and item.links and fold(item.text) not in folded("materials"))


def _of_sessions(items: Sequence[Block]) -> list[Block]:
    """Return the outermost items of a list if notes stand under most of them."""
    sessions = [item for item in items if not item.depth]
    noted = sum(1 for item, following in pairwise(items) if not item.depth and following.depth)
    return sessions if 2 * noted > len(sessions) else []


def _linked(blocks: Sequence[Block], event: str) -> Iterator[Block]:
    """Yield paragraphs that are nothing but a link to a session's page: its title, then the site, named as the event."""
    words = set(event.casefold().split())
    for block in blocks:
        match = _PAGE.fullmatch(block.text) if block.type in ("paragraph", "link") and len(block.links) == 1 else None
        if match and words <= set(match["site"].casefold().split()):
            yield block
