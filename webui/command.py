"""The `kb` command itself: the commands of kb.cli, plus the one that serves the page."""

from kb.cli import cli as main

__all__ = ["main"]

main.later["serve"] = ("webui.serving", "Serve the page on this machine, the index brought up to the library first.")
