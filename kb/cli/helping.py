"""The help of commands in the language that is spoken, in the columns of the terminal."""

from collections.abc import Iterable
from copy import copy
from inspect import cleandoc

import click

from kb.cli.language import _
from kb.cli.overview import table, wrapped

_AS_IT_IS = "\b\n"  # what click begins a paragraph with whose lines stay


class Formatter(click.HelpFormatter):
    """Lays help out as click does, but Japanese by the columns that it takes."""

    def write_text(self, text: str) -> None:
        """Write paragraphs."""
        indent = " " * self.current_indent
        told = (
            paragraph.removeprefix(_AS_IT_IS).splitlines()
            if paragraph.startswith(_AS_IT_IS)
            else wrapped(" ".join(paragraph.split()), self.width - len(indent))
            for paragraph in text.split("\n\n")
        )
        self.write("\n\n".join("\n".join(f"{indent}{line}" for line in lines) for lines in told) + "\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], *_columns: int) -> None:
        """Write names and what they mean, side by side."""
        self.write("\n".join(table(list(rows), self.width)) + "\n")


class Context(click.Context):
    """What a command is run in: its help is laid out by our formatter."""

    formatter_class = Formatter


def told(command: click.Command) -> click.Command:
    """Return a command whose help, and that of its options, is in the language that is spoken."""
    spoken = copy(command)
    spoken.context_class = Context
    spoken.help = "\n\n".join(map(_said, paragraphs(command)))
    spoken.params = [_spoken(param) for param in command.params]
    return spoken


def paragraphs(command: click.Command) -> list[str]:
    """Return the paragraphs of a command's help, each on one line but for examples."""
    every = cleandoc(command.help or "").split("\n\n")
    return [one if one.startswith(_AS_IT_IS) else " ".join(one.split()) for one in every]


def _said(paragraph: str) -> str:
    """Return a paragraph in the language that is spoken; of examples their heading, which is as wide in each."""
    if paragraph.startswith(_AS_IT_IS):
        return paragraph.replace("Examples:", _("Examples:")).replace("Example:", _("Example:"))
    return _(paragraph)


def _spoken(param: click.Parameter) -> click.Parameter:
    spoken = copy(param)
    if isinstance(spoken, click.Option) and spoken.help:
        spoken.help = _(spoken.help)
    return spoken
