"""The `kb` command itself: the commands of kb.cli, plus the one that serves the page."""

import sys
from collections.abc import Sequence
from contextlib import suppress

from kb.cli.overview import COMMANDS, overview

COMMANDS["serve"] = ("webui.serving", "Serve the page on this machine, the index brought up to the library first.")


def main(words: Sequence[str] | None = None) -> None:
    """Run the command of these words, by default those that were typed."""
    words = sys.argv[1:] if words is None else words
    if list(words) in (["-h"], ["--help"]):
        with suppress(OSError, UnicodeEncodeError):  # a closed pipe, or one said to take ASCII: click knows what to do
            sys.stdout.write(f"{overview()}\n")
            sys.stdout.flush()
            return
    from kb.cli.group import cli

    cli(words, prog_name="kb")
