"""What a page of results tells beside its notes: what was done with the query, and which searches lead on."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from index.query import Query
from kb.search.answering import is_question
from kb.search.answers import Answer, Found
from kb.search.searching import Searcher, without_a_word
from webui.address import Unread, address_of
from webui.texts import texts
from webui.view.facets import Chip
from webui.view.offers import offers

_MOST_OFFERS = 3


@dataclass(frozen=True, slots=True)
class Way:
    """A search that leads on: what it is called, and its address."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence about the search, and the searches that it offers."""

    text: str
    ways: tuple[Way, ...] = ()


def told(query: Query, answer: Answer, quoted: tuple[Found, ...], unread: tuple[Unread, ...]) -> Iterator[Told]:
    """Yield what a reader should know of how the query was taken; all of it stands in one place of the page."""
    if answer.near and not answer.total:
        yield Told(texts.NO_NOTE_SAYS_IT)
    if answer.near and not quoted and is_question(query.text):
        yield Told(texts.NO_ANSWER)
    if unread:
        yield Told(texts.unread(unread))
    for notice in answer.notices:
        yield Told(texts.notice(notice.name, notice.text))
    for step in answer.steps:
        refused = replace(query, without=(*query.without, step.name), offset=0)
        yield Told(texts.step_taken(step.name, step.text, step.instead), (Way(texts.REFUSE_STEP, address_of(refused)),))
    if query.without:
        restored = Way(texts.RESTORE_STEPS, address_of(replace(query, without=(), offset=0)))
        yield Told(texts.STEPS_REFUSED, (restored,))
    others = (*_meant(query, answer), *(_parts(query, answer) if answer.total else ()))
    if others:
        yield Told("", others)


def ways_out(query: Query, answer: Answer, chips: tuple[Chip, ...], searcher: Searcher) -> tuple[Way, ...]:
    """Return, where nothing is found, the searches that find something.

    First what may be meant, then the search without one thing that was asked, then each word alone; that of a condition
    of many values without the whole group.
    """
    if answer.total:
        return ()
    ways = [
        *_meant(query, answer),
        *_begun(query, searcher),
        *(Way(texts.leave_out(chip.label, chip.without), chip.url) for chip in chips if chip.without),
        *(Way(texts.shared.without(word, n), address_of(less)) for word, less, n in without_a_word(query, searcher)),
        *(Way(texts.freed(g, n), address_of(query.select(g))) for g, n in answer.freed.items() if n),
        *_parts(query, answer),
    ]
    return tuple({way.url: way for way in reversed(ways)}.values())[::-1]


def _parts(query: Query, answer: Answer) -> Iterator[Way]:
    """Yield, where little is found by several words or conditions, what each has to do with it.

    That of a word asks for it alone, that of a condition for all the rest; those that find nothing lead nowhere.
    """
    words, conditions = answer.words, answer.conditions
    if len(words) + len(conditions) > 1:
        ways = [(texts.shared.alone(one.word, one.count), one.word, one.count) for one in words]
        ways += [(texts.shared.without(one.condition, one.count), one.rest, one.count) for one in conditions]
        yield from (Way(label, address_of(replace(query, text=text, offset=0))) for label, text, n in ways if n)


def _begun(query: Query, searcher: Searcher) -> Iterator[Way]:
    """Yield what a single word may be a reading or the beginning of: the service of its alias, in any kana."""
    if query.text and not query.selections and not query.text.split()[1:]:
        for offer in islice(offers(searcher, query), _MOST_OFFERS):
            yield Way(texts.shared.meant(offer.suggestion.label, offer.suggestion.notes), offer.url)


def _meant(query: Query, answer: Answer) -> Iterator[Way]:
    """Yield each word that may be meant instead of one as typed."""
    for one in answer.meant:
        instead = replace(query, text=query.text.replace(one.word, one.meant), offset=0)
        yield Way(texts.shared.meant(one.meant, one.count), address_of(instead))
