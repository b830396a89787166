"""The `kb` command itself: the commands of kb.cli, plus those that serve the page and write it as files."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from kb.cli.language import speak
from kb.cli.overview import COMMANDS, overview

COMMANDS["export-site"] = (
    "webui.site.exporting",
    "Write the page into a folder as files, which any web server shows.",
)
COMMANDS["serve"] = ("webui.server", "Serve the page on this machine, the index brought up to the library first.")


def main(words: Sequence[str] | None = None) -> None:
    """Run the command of these words, by default those that were typed."""
    if words is None:
        _open_streams()
        _speak_utf8()
        words = sys.argv[1:]
    if list(words) in (["-h"], ["--help"]):
        speak(words)
        with suppress(OSError, UnicodeEncodeError):  # a closed pipe, or one said to take ASCII: click knows what to do
            sys.stdout.write(f"{overview()}\n")
            sys.stdout.flush()
            return
    from kb.cli.group import cli

    cli(words, prog_name="kb")


def _open_streams() -> None:
    """Have each stream that the caller closed (`>&-`) lead nowhere: else the next file that is opened takes its number.

    So do those of the processes that this one starts.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(nowhere, True)  # noqa: FBT003  # by position alone
            setattr(sys, name, os.fdopen(nowhere, mode, encoding="utf-8"))


def _speak_utf8() -> None:
    """Begin again in UTF-8 where words and the names of files are said to be ASCII (LC_ALL=C, PYTHONUTF8=0).

    Python reads them otherwise as bytes that mean nothing, and finds nothing.
    """
    if sys.getfilesystemencoding() == "ascii" and not sys.flags.utf8_mode and sys.executable:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606  # what runs already
