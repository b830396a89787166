"""Data files that lie beside the code: tables in TOML, and lists with one entry a line."""

from importlib.resources import files
from typing import Any


def table(package: str, name: str) -> dict[str, Any]:
    """Return what a TOML file of a package says."""
    import tomllib  # noqa: PLC0415  # a search needs lists alone

    return tomllib.loads((files(package) / name).read_text("utf-8"))


def lines(package: str, name: str) -> tuple[str, ...]:
    """Return the entries of a list of a package: a line each, without empty lines and those that begin with #."""
    every = (files(package) / name).read_text("utf-8").splitlines()
    return tuple(line for line in every if line and not line.startswith("#"))


def tables(package: str) -> dict[str, dict[str, Any]]:
    """Return what each TOML file of a package says, by the file's name without its ending, in their order."""
    every = (file.name for file in files(package).iterdir())
    return {name.removesuffix(".toml"): table(package, name) for name in sorted(every) if name.endswith(".toml")}
