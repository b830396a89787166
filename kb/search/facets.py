"""The facets of notes, one value each: adding one touches this file, and the format number of indexes.

Documents, counts, labels, the search box, addresses, the page, the command, the suggestions and the tools of programs
all read it here; a test adds one and finds it everywhere.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import force_setattr

from index.text import folded_name
from kb.report.identity import digest, slug
from kb.report.model import Note, Via
from kb.translation import NOTES, _, in_every_language, in_language, languages, marked, pgettext
from kb.wording import KINDS, STATES, VIAS

if TYPE_CHECKING:
    from kb.library.contents import Contents
    from kb.services import Catalogue

Role: TypeAlias = Literal["page", "table", "suggestion"]
"""Where a facet is shown: `page` in addresses and counts of the page, `table` in `kb search --facets`, `suggestion`
while one types."""

T = TypeVar("T")

_YEAR = re.compile("(?:19|20)[0-9]{2}")

UNDATED = "undated"
"""The year of notes of which no day is known: to choose a year must not hide them without a word."""


class Listed(Struct, frozen=True):
    """How a facet is listed among the filters of the page: in which place, with how many values, closed at first.

    What narrows a search most with the fewest values comes first; what has long names, as many as reports, is closed
    until one looks for them. Nobody reads thousands of values (4,000 make 200 kB), and with these a first visit to a
    large library takes some 22 kB.
    """

    place: int
    most: int = 30
    closed: bool = False


class Facet(Struct, frozen=True):
    """One way to narrow notes down.

    `key` is a word: its option, its key in addresses. `label` is a noun in each language; `values` are those
    of a note. What values are called stands in `value_labels`, by language, where they are a few that are always the
    same, else `labels` gives it where it is not the value itself. `words` ask for it in the search box, by `names`
    (folded) of its values where those are known beforehand, else by what a value contains (A finds ALL too: such values
    want `names` and `find`); `find` gives the value of one such name. `order` is that of its counts:
    the commonest first, the newest first with the undated last, or as `labels` has them. `option_help` is the help of
    its option of `kb search`, None for no option; `tool_help` that of the argument of programs' searches.
    """

    key: str
    label: str
    values: "Callable[[Note, Catalogue], Iterable[str]]"
    roles: frozenset[Role] = frozenset()
    listed: Listed | None = None
    value_labels: Mapping[str, str] = {}
    labels: "Callable[[Catalogue, Contents | None], Mapping[str, str]]" = lambda _catalogue, _contents: {}
    names: "Callable[[Catalogue], Mapping[str, str]] | None" = None
    find: "Callable[[Catalogue, str], str | None] | None" = None
    words: tuple[str, ...] = ()
    order: Literal["commonest", "newest", "labels"] = "commonest"
    option_help: str | None = None
    tool_help: str | None = None

    def __post_init__(self) -> None:
        """Derive `labels`, `find` and, where there are no others, `names` from what values are always called."""
        if self.value_labels:
            texts = tuple(self.value_labels.items())
            names = self.names or (lambda _catalogue: _value_names(texts))
            force_setattr(self, "labels", lambda _catalogue, _contents: _labels(texts))
            force_setattr(self, "names", names)
            force_setattr(self, "find", lambda catalogue, name: names(catalogue).get(folded_name(name)))


def _services(note: Note, via: Via | None = None) -> Iterable[str]:
    return dict.fromkeys(mention.service for mention in note.services if via in (None, mention.via))


@cache
def _labels(texts: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """Return the labels of values in the notes' language, as JSON has them."""
    return {value: in_language(NOTES, _, text) for value, text in texts}


@cache
def _value_names(texts: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """Return values by their key and by their label in each language."""
    return {folded_name(name): value for value, text in texts for name in (value, *in_every_language(text))}


def _keys_and_labels(labels: Mapping[str, str]) -> Mapping[str, str]:
    return {folded_name(name): key for key, label in labels.items() for name in (key, label)}


@cache
def _years() -> Mapping[str, str]:
    """Return the years that an event may have by their names in each language: 2018, 2018年."""
    forms = [in_language(name, pgettext, "date", "{year}") for name in languages()]
    named = {folded_name(form.format(year=year)): str(year) for year in range(1900, 2100) for form in forms}
    return named | {folded_name(name): UNDATED for name in (UNDATED, *in_every_language(marked("undated")))}


@lru_cache(1000)  # they are those of each note of a talk
def _names(event: str | None, speakers: tuple[str, ...]) -> tuple[str, ...]:
    """Return what an event and its speakers may be called, folded as names are, each once.

    An event is called without its year too, and one of three words or more without the first: re:Invent, of AWS.
    """
    words = slug(event).split("-") if event else []
    dated = [words, words[:-1]] if len(words) > 1 and _YEAR.fullmatch(words[-1]) else [words]
    called = [words for words in dated if words]
    if dated[-1][2:]:
        called += [words[1:] for words in dated]
    names = (*("".join(words) for words in called), *map(slug, speakers))
    return tuple(dict.fromkeys(map(folded_name, names)))


def place(note: Note) -> str:
    """Return what a note stands in: its talk, or its report where it stands outside of talks."""
    return note.talk.id if note.talk else note.report


def by_place(items: Iterable[T], note_of: Callable[[T], Note]) -> dict[str, list[T]]:
    """Return what has a note by what that stands in, places and items in the order in which they come."""
    places: dict[str, list[T]] = {}
    for item in items:
        places.setdefault(place(note_of(item)), []).append(item)
    return places


FACETS = (
    Facet(
        "service",
        marked("Service"),
        lambda note, _catalogue: _services(note),
        roles=frozenset(("page", "table", "suggestion")),
        listed=Listed(4, 36),
        labels=lambda catalogue, _contents: {service.slug: service.name for service in catalogue.services},
        names=lambda catalogue: {
            folded_name(name): service.slug for service in catalogue.services for name in (*service.names, service.slug)
        },
        find=lambda catalogue, name: service.slug if (service := catalogue.find(name)) else None,
        words=("service", "サービス"),
        option_help="Slug, name or alias: sqs, 'Amazon SQS', ラムダ. Repeatable.",
        tool_help="Only notes about one of these services: slugs, names or aliases, as sqs, 'Amazon SQS', ラムダ.",
    ),
    Facet(
        "category",
        marked("Category"),
        lambda note, catalogue: dict.fromkeys(catalogue.by_slug[slug].category for slug in _services(note)),
        roles=frozenset(("page", "table")),
        labels=lambda catalogue, _contents: catalogue.categories,
        names=lambda catalogue: _keys_and_labels(catalogue.categories),
        find=lambda catalogue, name: _keys_and_labels(catalogue.categories).get(folded_name(name)),
        option_help="Slug or Japanese name of a category of services. Repeatable.",
    ),
    Facet(
        "kind",
        marked("Kind"),
        lambda note, _catalogue: (note.kind,),
        roles=frozenset(("page", "table")),
        listed=Listed(1),
        value_labels=KINDS,
        words=("kind", "種別"),
        order="labels",
        option_help=f"One of {', '.join(KINDS)}, or its Japanese name. Repeatable.",
        tool_help="Only notes of one of these kinds: advice, problem, question, statement, impression, label.",
    ),
    Facet(
        "event",
        marked("Event"),
        lambda note, _catalogue: (slug(note.event),) if note.event else (),
        roles=frozenset(("page", "table", "suggestion")),
        listed=Listed(3, 16),
        labels=lambda _catalogue, contents: contents.events if contents else {},
        words=("event", "イベント"),
        option_help="Name or slug of an event, or a part of it. Repeatable.",
        tool_help="Only notes of events whose name contains this, as 'JAWS DAYS 2018'.",
    ),
    Facet(
        "year",
        marked("Year"),
        lambda note, _catalogue: (note.held_on[:4] if note.held_on else UNDATED,),
        roles=frozenset(("page", "table")),
        listed=Listed(2),
        value_labels={UNDATED: marked("undated")},
        names=lambda _catalogue: _years(),
        words=("year", "年"),
        order="newest",
        option_help=f"Year of the event, or {UNDATED}. Repeatable.",
        tool_help="Only notes of events of these years, as '2018'; 'undated' for those without.",
    ),
    Facet(
        "talk",
        marked("Talk"),
        lambda note, _catalogue: (note.talk.id,) if note.talk else (),
        roles=frozenset(("page", "table", "suggestion")),
        listed=Listed(5, 12, closed=True),
        labels=lambda _catalogue, contents: contents.talk_titles if contents else {},
        option_help="Id of a talk. Repeatable.",
    ),
    Facet(
        "speaker",
        marked("Speaker"),
        lambda note, _catalogue: note.talk.speakers if note.talk else (),
        roles=frozenset(("page", "suggestion")),
        listed=Listed(6, 12, closed=True),
        words=("speaker", "登壇者", "発表者"),
        option_help="Name of a speaker, or a part of it. Repeatable.",
        tool_help="Only notes of talks by speakers whose name contains this.",
    ),
    Facet(
        "report",
        marked("Report"),
        lambda note, _catalogue: (note.report,),
        roles=frozenset(("page",)),
        labels=lambda _catalogue, contents: contents.report_titles if contents else {},
    ),
    Facet(
        "via",
        marked("Tagged"),
        lambda note, _catalogue: (via for via in VIAS if any(mention.via == via for mention in note.services)),
        roles=frozenset(("page",)),
        value_labels=VIAS,
        words=("via", "経路", "タグ"),
        order="labels",
        option_help="explicit: the note itself names the service.",
    ),
    Facet(
        "state",
        marked("State"),
        lambda note, _catalogue: note.states,
        roles=frozenset(("page",)),
        value_labels=STATES,
        words=("state", "状態"),
        order="labels",
        option_help=f"Of problems and questions: one of {', '.join(STATES)}, or its Japanese name. Repeatable.",
        tool_help="Only problems that are solved or unsolved, questions that are answered or unanswered.",
    ),
    Facet("service_explicit", marked("Service"), lambda note, _catalogue: _services(note, "explicit")),
    Facet("service_inherited", marked("Service"), lambda note, _catalogue: _services(note, "inherited")),
    Facet(
        "name",
        marked("Names"),
        lambda note, _catalogue: _names(note.event, note.talk.speakers if note.talk else ()),
    ),
    Facet(  # what stands below the same headings and notes of a place
        "section",
        marked("Section"),
        lambda note, _catalogue: (digest(note.report, place(note), *(crumb.text for crumb in note.trail), length=12),),
    ),
    Facet("place", marked("Place"), lambda note, _catalogue: (place(note),)),
)
BY_KEY: Mapping[str, Facet] = {facet.key: facet for facet in FACETS}


def keys(role: Role) -> tuple[str, ...]:
    """Return the keys of the facets that have a role, in their order."""
    return tuple(facet.key for facet in FACETS if role in facet.roles)


def options() -> tuple[Facet, ...]:
    """Return the facets that `kb search` has an option for."""
    return tuple(facet for facet in FACETS if facet.option_help)


def values_of(note: Note, catalogue: "Catalogue") -> dict[str, tuple[str, ...]]:
    """Return the values of a note by facet, facets without one left out."""
    every = ((facet.key, tuple(facet.values(note, catalogue))) for facet in FACETS)
    return {key: values for key, values in every if values}
