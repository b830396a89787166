"""The list of commands, the help of `kb` itself, and the language of both; without click, whose import takes longer."""

import os
from collections.abc import Sequence
from itertools import pairwise

from kb.translation import DOMAIN, LOCALE, SOURCE, _, languages, marked, set_language

_LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")  # in the order of POSIX; the first that is set counts

LIBRARY = marked("Reports folder (default: KB_LIBRARY, data/reports or samples).")
INDEX = marked("Index folder (default: KB_INDEX, else the user's cache).")
LANGUAGE = marked("Language (default: that of LC_ALL, LC_MESSAGES or LANG).")
COMMANDS = {
    "add": ("kb.cli.adding", "Put reports into the library and index them."),
    "check": ("kb.cli.keeping", "Check the index for damage, and kb.toml for mistakes."),
    "cite": ("kb.cli.showing", "Quote a note with its source, in Markdown."),
    "evaluate": ("kb.cli.reading", "Score the search on judged queries."),
    "follow": ("kb.cli.adding", "Add the new posts of a feed that look like reports."),
    "guide": ("kb.cli.showing", "Show what the notes on a service say, each thing once."),
    "lint": ("kb.cli.reading", "Show the author of a report what could not be understood."),
    "mcp": ("kb.cli.keeping", "Answer other programs on stdin and stdout."),
    "outline": ("kb.cli.reading", "Parse reports and show the block of each line."),
    "pairs": ("kb.cli.finding", "List problems with remedies, or questions with answers."),
    "read": ("kb.cli.reading", "Read reports and show their notes, tagged."),
    "remove": ("kb.cli.adding", "Take a report out of the library and the index, by its id."),
    "search": ("kb.cli.finding", "Search the notes for words; every word is required."),
    "services": ("kb.cli.finding", "List the services with the number of notes on each."),
    "show": ("kb.cli.showing", "Show a note, a talk with its tree, or a report, by id."),
    "status": ("kb.cli.keeping", "Show library and index, their contents and unreadable files."),
    "sync": ("kb.cli.keeping", "Update the index from the library."),
    "watch": ("kb.cli.keeping", "Update the index after each change, until Ctrl+C."),
}
"""The module of each command, which is imported when the command runs, and its summary: the first words of its help."""


def use_language(words: Sequence[str]) -> None:
    """Set the language of the process: that of `--lang` among the words of a command, else that of the locale."""
    parts = [part for word in words for part in (word.split("=", 1) if word.startswith("--") else (word,))]
    requested = next((after for word, after in pairwise(parts) if word == "--lang"), None)
    locale = next(filter(None, map(os.environ.get, _LOCALE_VARIABLES)), "")
    preferred = (requested, locale.partition(".")[0], locale[:2])
    chosen = next((name for name in preferred if name in languages()), SOURCE)
    set_language(chosen, of_process=True)
    if chosen != SOURCE:  # for click, which asks gettext itself
        import gettext

        gettext.bindtextdomain(DOMAIN, LOCALE)
        gettext.textdomain(DOMAIN)


def overview() -> str:
    """Return the help of `kb`, for a terminal of 80 columns."""
    about = _("Search what engineers noted at talks, by AWS service, topic and kind.")
    options = {
        "--lang [{}]".format("|".join(languages())): _(LANGUAGE),
        "--version": _("Show the version and exit."),
        "--library PATH": _(LIBRARY),
        "--index PATH": _(INDEX),
        "-h, --help": _("Show this message and exit."),
    }
    return "\n".join(
        (
            _("Usage:") + " kb [OPTIONS] COMMAND [ARGS]...\n",
            f"  {about}\n",
            "  kb sync                       " + _("index the reports"),
            "  kb search 冪等 --service SQS  " + _("search them") + "\n",
            _("Options") + ":",
            *(f"  {name:14}  {text}" for name, text in options.items()),
            "\n" + _("Commands") + ":",
            *(f"  {name:11}  {_(summary)}" for name, (_module, summary) in sorted(COMMANDS.items())),
        )
    )
