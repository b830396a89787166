"""The facets of notes, one value each: adding one touches this file alone.

Documents, counts, labels, the search box, addresses, the page, the command and the suggestions all read it here.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from index.text import folded_name
from kb.report.identity import digest, slug
from kb.texts import ja

if TYPE_CHECKING:
    from kb.library.contents import Contents
    from kb.report.model import Note, Via
    from kb.services import Catalogue

Role: TypeAlias = Literal["page", "list", "table", "suggestion"]
"""Where a facet is shown: `page` in addresses and counts of the page, `list` as a list of filters of its own there,
`table` in `kb search --facets`, `suggestion` while one types."""

_YEAR = re.compile("(?:19|20)[0-9]{2}")
_TWO = 2

UNDATED = "undated"
"""The year of notes of which no day is known: to choose a year must not hide them without a word."""


class Facet(Struct, frozen=True):
    """One way to narrow notes down.

    `values` are those of a note; `labels` what values are called where that is not the value itself. `words` ask for it
    in the search box, by `names` (folded) of its values where those are known beforehand, else by what a value
    contains; `find` gives the value of one such name. `order` is that of its counts: the commonest first, the newest
    first with the undated last, or as `labels` has them. `option` is the help of its option of `kb search`.
    """

    key: str
    label: str
    values: "Callable[[Note, Catalogue], Iterable[str]]"
    roles: frozenset[Role] = frozenset()
    labels: "Callable[[Catalogue, Contents | None], Mapping[str, str]]" = lambda _catalogue, _contents: {}
    names: "Callable[[Catalogue], Mapping[str, str]] | None" = None
    find: "Callable[[Catalogue, str], str | None] | None" = None
    words: tuple[str, ...] = ()
    order: Literal["commonest", "newest", "labels"] = "commonest"
    option: str | None = None


def _services(note: "Note", via: "Via | None" = None) -> Iterable[str]:
    return dict.fromkeys(mention.service for mention in note.services if via in (None, mention.via))


def _service_names(catalogue: "Catalogue") -> Mapping[str, str]:
    return {
        folded_name(name): service.slug for service in catalogue.services for name in (*service.names, service.slug)
    }


def _service_called(catalogue: "Catalogue", name: str) -> str | None:
    service = catalogue.find(name)
    return service.slug if service else None


def _keys_and_labels(labels: Mapping[str, str]) -> Mapping[str, str]:
    return {folded_name(name): key for key, label in labels.items() for name in (key, label)}


def _years(_catalogue: "Catalogue") -> Mapping[str, str]:
    """Return every year that an event may have by what it is called: 2018, 2018年."""
    named = {folded_name(f"{year}{unit}"): str(year) for year in range(1900, 2100) for unit in ("", "年")}
    return named | {folded_name(name): UNDATED for name in (UNDATED, ja.UNDATED)}


@lru_cache(1000)  # they are those of each note of a talk
def _names(event: str | None, speakers: tuple[str, ...]) -> tuple[str, ...]:
    """Return what an event and its speakers may be called, folded as names are, each once.

    An event is called without its year too, and one of three words or more without the first: re:Invent, of AWS.
    """
    return tuple(dict.fromkeys((*_called(event), *(folded_name(slug(speaker)) for speaker in speakers))))


def _called(event: str | None) -> Iterator[str]:
    if event:
        words = slug(event).split("-")
        dated = [words, words[:-1]] if len(words) > 1 and _YEAR.fullmatch(words[-1]) else [words]
        for called in dated:
            yield folded_name("".join(called))
        if len(dated[-1]) > _TWO:
            yield from (folded_name("".join(called[1:])) for called in dated)


def place(note: "Note") -> str:
    """Return what a note stands in: its talk, or its report where it stands outside of talks."""
    return note.talk.id if note.talk else note.report


def _section(note: "Note") -> str:
    """Return what the notes have in common that stand below the same headings and notes of a place."""
    return digest(note.report, place(note), *(crumb.text for crumb in note.trail), length=12)


FACETS = (
    Facet(
        "service",
        "サービス",
        lambda note, _catalogue: _services(note),
        roles=frozenset(("page", "list", "table", "suggestion")),
        labels=lambda catalogue, _contents: {service.slug: service.name for service in catalogue.services},
        names=_service_names,
        find=_service_called,
        words=("service", "サービス"),
        option="Slug, name or alias: sqs, 'Amazon SQS', ラムダ. Repeatable.",
    ),
    Facet(
        "category",
        "分類",
        lambda note, catalogue: dict.fromkeys(catalogue.by_slug[slug].category for slug in _services(note)),
        roles=frozenset(("page", "table")),
        labels=lambda catalogue, _contents: catalogue.categories,
        names=lambda catalogue: _keys_and_labels(catalogue.categories),
        find=lambda catalogue, name: _keys_and_labels(catalogue.categories).get(folded_name(name)),
        option="Slug or Japanese name of a category of services. Repeatable.",
    ),
    Facet(
        "kind",
        "種別",
        lambda note, _catalogue: (note.kind,),
        roles=frozenset(("page", "list", "table")),
        labels=lambda _catalogue, _contents: ja.KINDS,
        names=lambda _catalogue: _keys_and_labels(ja.KINDS),
        find=lambda _catalogue, name: _keys_and_labels(ja.KINDS).get(folded_name(name)),
        words=("kind", "種別"),
        order="labels",
        option=f"One of {', '.join(ja.KINDS)}, or its Japanese name. Repeatable.",
    ),
    Facet(
        "event",
        "イベント",
        lambda note, _catalogue: (slug(note.event),) if note.event else (),
        roles=frozenset(("page", "list", "table", "suggestion")),
        labels=lambda _catalogue, contents: contents.events if contents else {},
        words=("event", "イベント"),
        option="Name or slug of an event, or a part of it. Repeatable.",
    ),
    Facet(
        "year",
        "年",
        lambda note, _catalogue: (note.held_on[:4] if note.held_on else UNDATED,),
        roles=frozenset(("page", "list", "table")),
        labels=lambda _catalogue, _contents: {UNDATED: ja.UNDATED},
        names=_years,
        find=lambda catalogue, name: _years(catalogue).get(folded_name(name)),
        words=("year", "年"),
        order="newest",
        option=f"Year of the event, or {UNDATED}. Repeatable.",
    ),
    Facet(
        "talk",
        "セッション",
        lambda note, _catalogue: (note.talk.id,) if note.talk else (),
        roles=frozenset(("page", "list", "table", "suggestion")),
        labels=lambda _catalogue, contents: contents.talk_titles if contents else {},
        option="Id of a talk. Repeatable.",
    ),
    Facet(
        "speaker",
        "登壇者",
        lambda note, _catalogue: note.talk.speakers if note.talk else (),
        roles=frozenset(("page", "list", "suggestion")),
        words=("speaker", "登壇者", "発表者"),
        option="Name of a speaker, or a part of it. Repeatable.",
    ),
    Facet(
        "report",
        "レポート",
        lambda note, _catalogue: (note.report,),
        roles=frozenset(("page",)),
        labels=lambda _catalogue, contents: contents.report_titles if contents else {},
    ),
    Facet(
        "via",
        "タグの付き方",
        lambda note, _catalogue: (via for via in ja.VIAS if any(mention.via == via for mention in note.services)),
        roles=frozenset(("page",)),
        labels=lambda _catalogue, _contents: ja.VIAS,
        names=lambda _catalogue: _keys_and_labels(ja.VIAS),
        find=lambda _catalogue, name: _keys_and_labels(ja.VIAS).get(folded_name(name)),
        words=("via", "経路", "タグ"),
        order="labels",
        option="explicit: the note itself names the service.",
    ),
    Facet(
        "state",
        "状態",
        lambda note, _catalogue: note.states,
        roles=frozenset(("page",)),
        labels=lambda _catalogue, _contents: ja.STATES,
        names=lambda _catalogue: _keys_and_labels(ja.STATES),
        find=lambda _catalogue, name: _keys_and_labels(ja.STATES).get(folded_name(name)),
        words=("state", "状態"),
        order="labels",
        option=f"Of problems and questions: one of {', '.join(ja.STATES)}, or its Japanese name. Repeatable.",
    ),
    Facet("service_explicit", "サービス", lambda note, _catalogue: _services(note, "explicit")),
    Facet("service_inherited", "サービス", lambda note, _catalogue: _services(note, "inherited")),
    Facet("name", "名", lambda note, _catalogue: _names(note.event, note.talk.speakers if note.talk else ())),
    Facet("section", "節", lambda note, _catalogue: (_section(note),)),
    Facet("place", "場所", lambda note, _catalogue: (place(note),)),
)
BY_KEY: Mapping[str, Facet] = {facet.key: facet for facet in FACETS}


def keys(role: Role) -> tuple[str, ...]:
    """Return the keys of the facets that have a role, in their order."""
    return tuple(facet.key for facet in FACETS if role in facet.roles)


def options() -> tuple[Facet, ...]:
    """Return the facets that `kb search` has an option for."""
    return tuple(facet for facet in FACETS if facet.option)


def values_of(note: "Note", catalogue: "Catalogue") -> dict[str, tuple[str, ...]]:
    """Return the values of a note by facet, facets without one left out."""
    every = ((facet.key, tuple(facet.values(note, catalogue))) for facet in FACETS)
    return {key: values for key, values in every if values}
