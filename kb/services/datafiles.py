"""Reads the data files of the catalogue: one TOML file for the categories and one for each category's services."""

from collections.abc import Mapping
from typing import TypedDict, cast

from index import datafiles


class ToldName(TypedDict):
    """A former name as a data file tells it."""

    name: str
    until: str


class _Required(TypedDict):
    name: str


class Told(_Required, total=False):
    """A service as a data file tells it. What the keys mean is told in the README.md beside it."""

    short_name: str
    aliases: list[str]
    features: list[str]
    former: list[ToldName]
    closed: str
    superseded_by: str
    split_from: str
    common: list[str]
    ambiguous: list[str]
    shared: list[str]
    context: list[str]
    against: list[str]


class Words(TypedDict):
    """The words around the names of services."""

    ours: list[str]
    others: list[str]
    no_services: list[str]


def categories() -> Mapping[str, str]:
    """Return the label of each category by its slug, in the order in which they are shown."""
    return cast("Mapping[str, str]", _read("categories"))


def services(category: str) -> Mapping[str, Told]:
    """Return what is told of the services of a category, by slug."""
    return cast("Mapping[str, Told]", _read(category))


def words() -> Words:
    """Return the words around the names of services."""
    return cast("Words", _read("words"))


def _read(name: str) -> Mapping[str, object]:
    return datafiles.table("kb.domains.aws.services", f"{name}.toml")
