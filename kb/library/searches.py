"""Saved searches in kb.toml: a name, and the address of a search as the page has it after its question mark."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from kb.library.tables import ConfigurationError, check_keys, quoted, shown

MOST_SEARCHES = 50
LONGEST_NAME = 100  # characters
LONGEST_ADDRESS = 2000
_EXAMPLE = '[[searches]] with lines name = "…" and address = "q=…&service=sqs"'


class SavedSearch(Struct, frozen=True):
    """A search that is kept by a name; its address is in the order that the page gives it."""

    name: str
    address: str


def saved_searches(tables: object) -> tuple[SavedSearch, ...]:
    """Return the searches that `searches` of a kb.toml tells. Raises ConfigurationError."""
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ConfigurationError(f'"searches" must be tables: {_EXAMPLE}')
    searches = tuple(_search(table, number) for number, table in enumerate(tables, start=1))
    names = [search.name for search in searches]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ConfigurationError(f"two [[searches]] have the name {quoted(twice)}; give one of them another")
    if len(searches) > MOST_SEARCHES:
        raise ConfigurationError(f"more than {MOST_SEARCHES} [[searches]]; take some out")
    return searches


def _search(table: Mapping[str, Any], number: int) -> SavedSearch:
    where = f"[[searches]] number {number}"
    check_keys(where, table, {"name": str, "address": str})
    for key, most in (("name", LONGEST_NAME), ("address", LONGEST_ADDRESS)):
        value = table.get(key, "").strip()
        if not value:
            raise ConfigurationError(f"{where} has no {shown(key)}; write {_EXAMPLE}")
        if len(value) > most:
            raise ConfigurationError(f"{where} {key} cannot be {quoted(value)}; it has at most {most} characters")
    return SavedSearch(table["name"].strip(), table["address"].strip().removeprefix("/").removeprefix("?"))
