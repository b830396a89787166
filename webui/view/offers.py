"""What the words in the search box may be the beginning of, with the addresses that it leads to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from index.query import Query
from kb.search.search_box import WORD, Suggestion
from kb.search.searching import Searcher
from webui.address import address_of, page_address, turned_to


@dataclass(frozen=True, slots=True)
class Offer:
    """A suggestion and the address that it leads to."""

    suggestion: Suggestion
    url: str


def offers(searcher: Searcher, query: Query) -> Iterator[Offer]:
    """Yield what the last word of a search may mean, each with its address.

    A talk has a page; a word and a speaker take the place of what is typed; anything else is selected instead of it.
    """
    *words, begun = query.text.split() or [""]
    kept = replace(turned_to(query, 1), text=" ".join(words))
    for suggestion in searcher.suggest(begun):
        yield Offer(suggestion, _address(suggestion, words, kept))


def _address(suggestion: Suggestion, words: Sequence[str], kept: Query) -> str:
    group, value = suggestion.group, suggestion.value
    if group == "talk":
        return page_address("talk", value)
    if group in (WORD, "speaker"):
        meant = value if group == WORD else f'speaker:"{value}"'
        return address_of(replace(kept, text=" ".join((*words, meant))))
    return address_of(kept.select(group, *sorted({*kept.selected(group), value})))
