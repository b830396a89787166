"""Saved searches in kb.toml: a name, and the address of a search as the page has it after its question mark."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from index.sentences import said
from index.tables import Text, place, quoted
from kb.library.tables import ConfigurationError

MOST_SEARCHES = 50
LONGEST_NAME = 100  # characters
LONGEST_ADDRESS = 2000
_EXAMPLE = '[[searches]] with lines name = "…" and address = "q=…&service=sqs"'


class SavedSearch(Struct, frozen=True, forbid_unknown_fields=True):
    """A search that is kept by a name; its address is in the order that the page gives it."""

    name: Annotated[Text, Meta(max_length=LONGEST_NAME, description=f"at most {LONGEST_NAME} characters")]
    address: Annotated[Text, Meta(max_length=LONGEST_ADDRESS, description=f"at most {LONGEST_ADDRESS} characters")]


SavedSearches = Annotated[tuple[SavedSearch, ...], Meta(description=_EXAMPLE)]


def saved_searches(told: Sequence[SavedSearch]) -> tuple[SavedSearch, ...]:
    """Return searches as they are told in kb.toml, trimmed. Raises ConfigurationError for nameless and equal ones."""
    if len(told) > MOST_SEARCHES:
        raise ConfigurationError(said("more than {0} [[searches]]; take some out", MOST_SEARCHES))
    searches = tuple(
        SavedSearch(one.name.strip(), one.address.strip().removeprefix("/").removeprefix("?")) for one in told
    )
    for number, search in enumerate(searches, start=1):
        if missing := next((key for key in ("name", "address") if not getattr(search, key)), None):
            raise ConfigurationError(said("{0} has no {1}; write {2}", place("searches", number), missing, _EXAMPLE))
    name, times = next(iter(Counter(search.name for search in searches).most_common(1)), ("", 0))
    if times > 1:
        raise ConfigurationError(said("two [[searches]] have the name {0}; give one of them another", quoted(name)))
    return searches
