"""Which library and which index the commands are about, and what came of asking that."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Places:
    """Which library and which index the commands are about, and whether an older generation of that answered."""

    library: "Path | None" = None
    index: "Path | None" = None
    older_answered: bool = False


def places() -> Places:
    """Return those of the command that is being run."""
    return click.get_current_context().ensure_object(Places)
