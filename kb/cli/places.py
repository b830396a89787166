"""Which library and which index the commands are about, and what came of asking that."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

FOUND_NOTHING = 1
WRONG_USE = 2
AN_OLDER_ANSWERED = 3  # the index is damaged, and what was asked was answered from the generation before


@dataclass
class Places:
    """Which library and which index the commands are about, and whether an older generation of that answered."""

    library: "Path | None" = None
    index: "Path | None" = None
    older_answered: bool = False


def places() -> Places:
    """Return those of the command that is being run."""
    return click.get_current_context().ensure_object(Places)
