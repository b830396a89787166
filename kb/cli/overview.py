"""What `kb --help` tells: in the form that click gives to the help of commands, but without click.

To import click takes longer than all the rest of it.
"""

import shutil
import textwrap
from collections.abc import Iterable, Iterator

MOST_COLUMNS, _FEWEST_COLUMNS = 110, 50
ABOUT = "Search what engineers noted at talks, by AWS service, topic and kind."
EXAMPLES = """\
kb sync                      index the reports
kb search 冪等 --service SQS   search them"""
LIBRARY = "The folder of reports (default: KB_LIBRARY, else data/reports, else the samples)."
INDEX = "Where the index lies (default: KB_INDEX, else the user's cache folder)."
_OPTIONS = (
    ("--version", "Show the version and exit."),
    ("--library PATH", LIBRARY),
    ("--index PATH", INDEX),
    ("-h, --help", "Show this message and exit."),
)

# Where each command is registered, and what it is for.
COMMANDS = {
    "add": ("kb.cli.keeping", "Put reports into the library and index them."),
    "check": ("kb.cli.keeping", "Tell what is wrong with the index, and with what is kept beside it."),
    "cite": ("kb.cli.finding", "Quote a note with its source, in Markdown."),
    "evaluate": ("kb.cli.measuring", "Score the search on judged queries."),
    "follow": ("kb.cli.following", "Add the new posts of a feed that look like reports."),
    "guide": ("kb.cli.guiding", "Tell what the notes on a service say together: each thing once."),
    "lint": ("kb.cli.reading", "Tell the author of reports what could not be understood, with line numbers."),
    "mcp": ("kb.cli.programs", "Answer other programs on stdin and stdout."),
    "outline": ("kb.cli.reading", "Parse reports and show what each line was taken for."),
    "pairs": ("kb.cli.finding", "List problems with their remedies, or questions with their answers."),
    "read": ("kb.cli.reading", "Read reports as a sync would and show their notes, tagged."),
    "remove": ("kb.cli.keeping", "Take a report out of the library and the index, by its id."),
    "search": ("kb.cli.finding", "Search the notes for words; every word is wanted."),
    "services": ("kb.cli.finding", "List the services of the catalogue, with the number of notes on each."),
    "show": ("kb.cli.finding", "Show a note, a talk with its tree, or a report, by id."),
    "status": (
        "kb.cli.keeping",
        "Tell where library and index are, what is in them, and which files could not be read.",
    ),
    "sync": ("kb.cli.keeping", "Bring the index up to the library."),
    "watch": ("kb.cli.keeping", "Keep the index up to the library, until Ctrl+C."),
}


def overview() -> str:
    """Return what `kb` is for, its options and its commands, in the columns of the terminal."""
    columns = max(min(shutil.get_terminal_size().columns, MOST_COLUMNS) - 2, _FEWEST_COLUMNS)
    about = textwrap.wrap(ABOUT, columns - 2)
    commands = ((name, text) for name, (_, text) in sorted(COMMANDS.items()))
    told = ("", *about, "", *EXAMPLES.splitlines(), "")
    return "\n".join(
        (
            "Usage: kb [OPTIONS] COMMAND [ARGS]...",
            *(f"  {line}".rstrip() for line in told),
            "Options:",
            *_table(_OPTIONS, columns),
            "",
            "Commands:",
            *_table(commands, columns),
        )
    )


def _table(rows: Iterable[tuple[str, str]], columns: int) -> Iterator[str]:
    """Yield the lines of names and what they mean, side by side."""
    rows = list(rows)
    left = max(len(name) for name, _ in rows) + 2
    for name, text in rows:
        first, *others = textwrap.wrap(text, columns - left - 2)
        yield f"  {name:{left}}{first}"
        yield from (f"  {'':{left}}{line}" for line in others)
