"""Data files that lie beside the code: tables in TOML, and lists with one entry a line."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

from index.tables import TableError, converted

T = TypeVar("T")


def table(folder: str | Traversable, name: str, of: type[T] = dict[str, Any]) -> T:  # type: ignore[assignment]
    """Return what a TOML file of a package or folder says. Raises TableError, with the file, where it cannot say it."""
    import tomllib  # noqa: PLC0415  # a search needs lists alone

    file = (files(folder) if isinstance(folder, str) else folder) / name
    try:
        return converted(tomllib.loads(file.read_text("utf-8")), of)
    except TableError as error:
        raise TableError(f"{file}: {error}") from error


def lines(package: str, name: str) -> tuple[str, ...]:
    """Return the entries of a list of a package: a line each, without empty lines and those that begin with #."""
    every = (files(package) / name).read_text("utf-8").splitlines()
    return tuple(line for line in every if line and not line.startswith("#"))
