"""What `kb --help` tells, and how texts are laid out in columns: as click does it, but without click.

To import click takes longer than all the rest of it.
"""

import re
import shutil
import textwrap
from collections.abc import Iterator, Sequence

from kb.translation import _, languages

MOST_COLUMNS, _FEWEST_COLUMNS = 110, 50
_MOST_TERM = 30  # columns of a name that its meaning stands beside; of a longer one it stands below
STYLE = r"\[(?:[0124]|3[136])m"  # what kb.cli.terminal has click.style write: bold, dim, underlined, three colours
# What a line begins with, under whose end it goes on: its indent, and the sign and number of a list.
_HEAD = rf"(?:\x1b{STYLE})* *(?:(?:\d+ +)?[•→] )?"
# What stays on one line: a word of Latin letters or a Japanese character, with the marks that may end or begin no line.
_PIECES = rf"\x1b{STYLE}|[（「『【]*(?:[!-~]+|.)[、。，．・）」』】！？ーっゃゅょッャュョ…]*"
_JAPANESE = re.compile("[\u3000-\u9fff\uff00-\uffef]")
ABOUT = "Search what engineers noted at talks, by AWS service, topic and kind."
EXAMPLES = """\
kb sync                      index the reports
kb search 冪等 --service SQS   search them"""
LIBRARY = "The folder of reports (default: KB_LIBRARY, else data/reports, else the samples)."
INDEX = "Where the index lies (default: KB_INDEX, else the user's cache folder)."
LANGUAGE = "The language to speak (default: that of LC_ALL, LC_MESSAGES or LANG)."
OPTIONS = (
    ("--lang [{languages}]", LANGUAGE),
    ("--version", "Show the version and exit."),
    ("--library PATH", LIBRARY),
    ("--index PATH", INDEX),
    ("-h, --help", "Show this message and exit."),
)

# Where each command is registered, and what it is for.
COMMANDS = {
    "add": ("kb.cli.adding", "Put reports into the library and index them."),
    "check": ("kb.cli.keeping", "Tell what is wrong with the index, and with what is kept beside it."),
    "cite": ("kb.cli.showing", "Quote a note with its source, in Markdown."),
    "evaluate": ("kb.cli.measuring", "Score the search on judged queries."),
    "follow": ("kb.cli.adding", "Add the new posts of a feed that look like reports."),
    "guide": ("kb.cli.showing", "Tell what the notes on a service say together: each thing once."),
    "lint": ("kb.cli.reading", "Tell the author of reports what could not be understood, with line numbers."),
    "mcp": ("kb.cli.keeping", "Answer other programs on stdin and stdout."),
    "outline": ("kb.cli.reading", "Parse reports and show what each line was taken for."),
    "pairs": ("kb.cli.finding", "List problems with their remedies, or questions with their answers."),
    "read": ("kb.cli.reading", "Read reports and show their notes, tagged."),
    "remove": ("kb.cli.adding", "Take a report out of the library and the index, by its id."),
    "search": ("kb.cli.finding", "Search the notes for words; every word is wanted."),
    "services": ("kb.cli.finding", "List the services of the catalogue, with the number of notes on each."),
    "show": ("kb.cli.showing", "Show a note, a talk with its tree, or a report, by id."),
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
    commands = [(name, text) for name, (_where, text) in sorted(COMMANDS.items())]
    about = ("", *wrapped(_(ABOUT), columns - 2), "", *_(EXAMPLES).splitlines(), "")
    return "\n".join(
        (
            f"{_('Usage:')} kb [OPTIONS] COMMAND [ARGS]...",
            *(f"  {line}".rstrip() for line in about),
            f"{_('Options')}:",
            *table([(name.format(languages="|".join(languages())), _(text)) for name, text in OPTIONS], columns),
            "",
            f"{_('Commands')}:",
            *table([(name, _(text)) for name, text in commands], columns),
        )
    )


def table(rows: Sequence[tuple[str, str]], columns: int) -> Iterator[str]:
    """Yield the lines of names and what they mean, side by side."""
    left = min(max(len(name) for name, _text in rows), _MOST_TERM) + 2
    for name, text in rows:
        first, *others = wrapped(text, columns - left - 2) or ("",)
        if len(name) <= left - 2:
            yield f"  {name:{left}}{first}".rstrip()
        else:
            yield from (f"  {name}", f"  {'':{left}}{first}")
        yield from (f"  {'':{left}}{line}" for line in others)


def wrapped(text: str, columns: int) -> Sequence[str]:
    """Return a paragraph in lines of so many columns: English at its spaces, Japanese anywhere."""
    return wrapped_line(text, columns) if _JAPANESE.search(text) else textwrap.wrap(text, columns)


def wrapped_line(line: str, columns: int) -> Sequence[str]:
    """Return a line in parts of so many columns, two to a Japanese character; all but the first indented as it is."""
    from wcwidth import propagate_sgr, width

    head = re.match(_HEAD, line)
    begin = head.end() if head else 0
    parts, indent = [line[:begin]], " " * width(line[:begin])
    for piece in re.findall(_PIECES, line[begin:]):
        if width(parts[-1]) + width(piece) > columns and parts[-1] != indent:
            parts.append(indent)
        parts[-1] += piece if parts[-1] != indent or len(parts) == 1 else piece.lstrip(" ")
    return propagate_sgr(parts)
