"""The entry point of `kb`: the commands of `kb.cli`, and those that serve or write the page."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from kb.cli.commands import COMMANDS, overview, use_language

COMMANDS["export-site"] = ("webui.site.exporting", "Write the page into a folder as files.")
COMMANDS["serve"] = ("webui.server", "Serve the page on this machine.")


def main(words: Sequence[str] | None = None) -> None:
    """Run a command, by default that of the process."""
    if words is None:
        _open_closed_streams()
        _ensure_utf8()
        words = sys.argv[1:]
    if list(words) in (["-h"], ["--help"]):
        use_language(words)
        with suppress(OSError, UnicodeEncodeError):  # click handles a closed pipe and output in ASCII
            sys.stdout.write(f"{overview()}\n")
            sys.stdout.flush()
            return
    from kb.cli.group import cli

    cli(words, prog_name="kb")


def _open_closed_streams() -> None:
    """Open the null device for each standard stream that the caller closed (`>&-`), also for child processes.

    Otherwise the next file that is opened takes the number of the stream.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(null, True)  # noqa: FBT003  # positional only
            setattr(sys, name, os.fdopen(null, mode, encoding="utf-8"))


def _ensure_utf8() -> None:
    """Start again in UTF-8 mode if the locale is ASCII (LC_ALL=C, PYTHONUTF8=0), which garbles words and file names."""
    if sys.getfilesystemencoding() == "ascii" and not sys.flags.utf8_mode and sys.executable:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606  # the same program
