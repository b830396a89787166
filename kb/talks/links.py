"""The slides and videos of a talk: where its blocks link to places that hold such, or say that they do."""

import re
from collections.abc import Iterable, Iterator

from kb.report.outline import Block
from kb.talks.words import any_of, words

_PLACES = "|".join(map(re.escape, (*words("slides"), *words("videos"))))
_ADDRESS = re.compile(rf"(?:https?:)?//(?:[\w-]+\.)*?(?:{_PLACES})(?:[/?#][^\s\"'<>)\]]*)?")
_SPEAKERDECK_EMBED = re.compile(r"speakerdeck-embed[^>]{0,200}data-id=[\"']([0-9a-f]+)")
_MATERIAL = re.compile(rf"(?:{any_of('materials')})\s*(?:[:：]|$)", re.IGNORECASE)


def materials_of(blocks: Iterable[Block]) -> tuple[str, ...]:
    """Return the addresses of slides and videos in the blocks of a talk, in file order."""
    return tuple(dict.fromkeys(address for block in blocks for address in _materials(block)))


def _materials(block: Block) -> Iterator[str]:
    """Yield the addresses in one block; in HTML that no reader takes apart they are those of embedded players."""
    for text in (*block.links, block.text):
        yield from (_whole(match[0]) for match in _ADDRESS.finditer(text))
    yield from (f"https://speakerdeck.com/player/{match[1]}" for match in _SPEAKERDECK_EMBED.finditer(block.text))
    if _MATERIAL.match(block.text):
        yield from block.links


def _whole(address: str) -> str:
    return f"https:{address}" if address.startswith("//") else address
