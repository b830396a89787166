"""Lines in the columns of a terminal, two to a Japanese character."""

import re
from collections.abc import Sequence

STYLE = r"\[(?:[0124]|3[136])m"  # what kb.cli.terminal has click.style write: bold, dim, underlined, three colours
# What a line begins with, under whose end it goes on: its indent, and the sign and number of a list.
_HEAD = re.compile(rf"(?:\x1b{STYLE})* *(?:(?:\d+ +)?[•→] )?")
# What stays on one line: a word of Latin letters or a Japanese character, with the marks that may end or begin no line.
_PIECES = re.compile(rf"\x1b{STYLE}|[（「『【]*(?:[!-~]+|.)[、。，．・）」』】！？ーっゃゅょッャュョ…]*")


def wrapped(line: str, columns: int) -> Sequence[str]:
    """Return a line in parts of so many columns, all but the first indented as it is."""
    from wcwidth import propagate_sgr, width

    head = _HEAD.match(line)
    begin = head.end() if head else 0
    parts, indent = [line[:begin]], " " * width(line[:begin])
    for piece in _PIECES.findall(line, begin):
        if width(parts[-1]) + width(piece) > columns and parts[-1] != indent:
            parts.append(indent)
        parts[-1] += piece if parts[-1] != indent or len(parts) == 1 else piece.lstrip(" ")
    return propagate_sgr(parts)
