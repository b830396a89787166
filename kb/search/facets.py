"""The facets of notes: adding one touches this file, and the format number of indexes.

Documents, counts, labels, the search box, addresses, pages, commands, suggestions and programs read `FACETS`. A test
adds a facet and finds it in all of these.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar, get_args

from msgspec import Struct
from msgspec.structs import force_setattr

from index.query import Query
from index.text import folded_name
from kb.report.dates import HasDays, day_of, names_in_eras
from kb.report.identity import before_edition, digest, series, slug
from kb.report.model import Claim, Note, Via
from kb.translation import NOTES, _, in_every_language, in_language, languages, marked, pgettext
from kb.wording import KINDS, STATES, VIAS

if TYPE_CHECKING:
    from kb.library.configuration import Configuration
    from kb.library.contents import Contents
    from kb.services import Catalogue

Role: TypeAlias = Literal["page", "table", "suggestion"]
"""Where a facet is shown: `page` in addresses and counts of the page, `table` in `kb search --facets`, `suggestion`
while one types."""

T = TypeVar("T")

_YEAR = re.compile("(?:19|20)[0-9]{2}")

_LIKELY: Mapping[str, str] = {claim: f"likely {claim}" for claim in get_args(Claim)}

UNDATED = "undated"
"""The year of notes without a day of an event or post, so that readers see how many a year leaves out."""


class Listed(Struct, frozen=True):
    """A facet among the filters of the page: its place, its number of values, and whether it is closed at first.

    The first facets narrow a search most with the fewest values; those with as many long names as reports are closed.
    Nobody reads thousands of values (4,000 make 200 kB). With these numbers a large library takes some 22 kB.
    """

    place: int
    most: int = 30
    closed: bool = False


class Facet(Struct, frozen=True):
    """A property of notes that a search can select.

    - `key`: the word for it in options and addresses.
    - `label`: its name for people; empty if it has no role.
    - `values`: returns the values of a note.
    - `value_labels`: the label of each value, if the values are fixed; else `labels` returns those that differ from
      the value.
    - `words`: the fields of the search box that select it. There `names` returns the values by folded name. Without
      `names`, a value is selected by a part of it: A selects ALL, too.
    - `merged`: returns the values of names that kb.toml shows under others, by folded name.
    - `find`: returns the value of a name.
    - `likely`: for values that a note may likely have, an additional value of the notes that only likely have it. With
      it they are sorted last and counted; readers never see it.
    - `order`: how its values are sorted: `commonest` first, `newest` first (undated last), or as `labels` lists them.
    - `option_help`: the help of its option of `kb search`, None for no option.
    - `tool_help`: the description of its argument in the searches of programs.
    """

    key: str
    label: str
    values: "Callable[[Note, Catalogue], Iterable[str]]"
    roles: frozenset[Role] = frozenset()
    listed: Listed | None = None
    value_labels: Mapping[str, str] = {}
    labels: "Callable[[Catalogue, Contents | None], Mapping[str, str]]" = lambda _catalogue, _contents: {}
    names: "Callable[[Catalogue], Mapping[str, str]] | None" = None
    merged: "Callable[[Configuration], Mapping[str, str]]" = lambda _configuration: {}
    find: "Callable[[Catalogue, str], str | None] | None" = None
    words: tuple[str, ...] = ()
    likely: Mapping[str, str] = {}
    order: Literal["commonest", "newest", "labels"] = "commonest"
    option_help: str | None = None
    tool_help: str | None = None

    def __post_init__(self) -> None:
        """Derive `labels` and `names` from the labels of fixed values, and `find` from `names`, unless given."""
        if self.value_labels:
            texts = tuple(self.value_labels.items())
            force_setattr(self, "labels", lambda _catalogue, _contents: _labels(texts))
            force_setattr(self, "names", self.names or (lambda _catalogue: _value_names(texts)))
        if (names := self.names) and not self.find:
            force_setattr(self, "find", lambda catalogue, name: names(catalogue).get(folded_name(name)))


def _services(note: Note, via: Via | None = None) -> Iterable[str]:
    return dict.fromkeys(mention.service for mention in note.services if via in (None, mention.via))


def _kinds(note: Note) -> tuple[str, ...]:
    return (note.kind, note.likely, _LIKELY[note.likely]) if note.likely else (note.kind,)


@cache
def _labels(texts: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """Return the labels of values in the notes' language, as JSON has them."""
    return {value: in_language(NOTES, _, text) for value, text in texts}


@cache
def _value_names(texts: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    return {folded_name(name): value for value, text in texts for name in (value, *in_every_language(text))}


@cache
def _years() -> Mapping[str, str]:
    """Return years by their names in each language: 2018, 2018年, 平成30年."""
    forms = [in_language(name, pgettext, "date", "{year}") for name in languages()]
    named = {folded_name(form.format(year=year)): str(year) for year in range(1900, 2100) for form in forms}
    named |= {folded_name(name): str(year) for year in range(1927, 2100) for name in names_in_eras(year)}
    return named | {folded_name(name): UNDATED for name in (UNDATED, *in_every_language(marked("undated")))}


@lru_cache(1000)  # all notes of an event have the same names
def called(event: str) -> tuple[str, ...]:
    """Return what an event may be called, folded and without gaps: its name, and that of its series.

    A series of three words or more is also called without the first: re:Invent, of AWS. Two words or more before a year
    or number are a name, too: PyCon JP 2015 in TOKYO.
    """
    names = [slug(name).split("-") for name in (event, series(event))]
    names += [words[1:] for words in names] if names[1][2:] else []
    before = slug(before_edition(event)).split("-")
    names += [before] if before[1:] else []
    folded = [folded_name("".join(words)) for words in names]
    # A query has no particles: 鍵の会 is searched as 鍵 and 会.
    return tuple(dict.fromkeys((*folded, *(name.replace("の", "") for name in folded))))


def year(one: HasDays) -> str:
    """Return the year of the event, else of the post, or UNDATED."""
    known = day_of(one)
    return known[:4] if known else UNDATED


def place(note: Note) -> str:
    """Return the id of a note's talk, or of its report outside of talks."""
    return note.talk.id if note.talk else note.report


def by_place(items: Iterable[T], note_of: Callable[[T], Note]) -> dict[str, list[T]]:
    """Return items grouped by the place of their note, places and items in their order."""
    places: dict[str, list[T]] = {}
    for item in items:
        places.setdefault(place(note_of(item)), []).append(item)
    return places


def by_strength(query: Query, items: Iterable[T], note_of: Callable[[T], Note]) -> tuple[list[T], list[T]]:
    """Return the items whose note surely is of a selected kind, and those whose note only likely is."""
    sure, likely = list[T](), list[T]()
    for item in items:
        (likely if note_of(item).likely in query.selected("kind") else sure).append(item)
    return sure, likely


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
        names=lambda catalogue: {
            folded_name(name): key for key, label in catalogue.categories.items() for name in (key, label)
        },
        option_help="Slug or Japanese name of a category of services. Repeatable.",
    ),
    Facet(
        "kind",
        marked("Kind"),
        lambda note, _catalogue: _kinds(note),
        roles=frozenset(("page", "table")),
        listed=Listed(1),
        value_labels=KINDS,
        words=("kind", "種別"),
        likely=_LIKELY,
        order="labels",
        option_help=f"One of {', '.join(KINDS)}, or its Japanese name; sure ones first, then likely ones. Repeatable.",
        tool_help="Only notes of one of these kinds: advice, problem, question, statement, impression, label. Those "
        "that only are `likely` come last.",
    ),
    Facet(
        "event",
        marked("Event"),
        lambda note, _catalogue: (slug(note.event),) if note.event else (),
        roles=frozenset(("page", "table", "suggestion")),
        listed=Listed(3, 16),
        labels=lambda _catalogue, contents: contents.events if contents else {},
        merged=lambda configuration: {
            folded_name(name): slug(configuration.events.shown(name)) for name in configuration.events.said
        },
        words=("event", "イベント"),
        option_help="Name or slug of an event, or a part of it. Repeatable.",
        tool_help="Only notes of events whose name contains this, as 'JAWS DAYS 2018'.",
    ),
    Facet(
        "year",
        marked("Year"),
        lambda note, _catalogue: (year(note),),
        roles=frozenset(("page", "table")),
        listed=Listed(2),
        value_labels={UNDATED: marked("undated")},
        names=lambda _catalogue: _years(),
        words=("year", "年"),
        order="newest",
        option_help=f"Year of the event, else of the post, or {UNDATED}. Repeatable.",
        tool_help="Only notes of events of these years, as '2018', else of posts; 'undated' for those without.",
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
        merged=lambda configuration: {
            folded_name(name): configuration.people.shown(name) for name in configuration.people.said
        },
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
    Facet("service_explicit", "", lambda note, _catalogue: _services(note, "explicit")),
    Facet("service_inherited", "", lambda note, _catalogue: _services(note, "inherited")),
    Facet(
        "name",
        "",
        lambda note, _catalogue: dict.fromkeys(
            (
                *(called(note.event) if note.event else ()),
                *(folded_name(slug(name)) for name in (note.talk.speakers if note.talk else ())),
            )
        ),
    ),
    Facet(  # notes below the same headings and notes of a place
        "section",
        "",
        lambda note, _catalogue: (digest(note.report, place(note), *(crumb.text for crumb in note.trail), length=12),),
    ),
    Facet("place", "", lambda note, _catalogue: (place(note),)),
)
BY_KEY: Mapping[str, Facet] = {facet.key: facet for facet in FACETS}


def keys(role: Role) -> tuple[str, ...]:
    """Return the keys of the facets that have a role, in their order."""
    return tuple(facet.key for facet in FACETS if role in facet.roles)


def options() -> tuple[Facet, ...]:
    """Return the facets that `kb search` has an option for."""
    return tuple(facet for facet in FACETS if facet.option_help)


def values_of(note: Note, catalogue: "Catalogue") -> dict[str, tuple[str, ...]]:
    """Return the values of a note by facet, without facets that have none."""
    return {facet.key: values for facet in FACETS if (values := tuple(facet.values(note, catalogue)))}
