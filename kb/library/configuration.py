"""The configuration of a library, as kb.toml has it: metadata, corrections, a domain, a model, an engine."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from os.path import commonprefix
from typing import TYPE_CHECKING, get_args

import msgspec
from msgspec.structs import asdict

from index.datafiles import place, quoted
from index.messages import message_of, translatable
from index.text import skeleton
from index.urls import web_parts
from kb.library import tables
from kb.library.tables import ConfigurationError
from kb.report.identity import event_key
from kb.report.model import Claim, Correction, Kind, MetadataOverride, TalkCorrection
from kb.report.names import Same, SameNames, person_key
from kb.translation import in_every_language
from kb.wording import KINDS

if TYPE_CHECKING:
    from kb.services import Catalogue, Domain

NO_MODEL = "none"
NO_DOMAIN = "none"
_MAX_NAME = 100  # characters; the longest name of the catalogue has 56, and all misspellings of a name are generated
# Sudachi's builder takes seconds for each 100,000 characters in a trie of words, and minutes for 500,000; 20,000 words
# of six kanji have 100,000.
_MAX_TRIE = 200_000  # characters


@dataclass(frozen=True, slots=True)
class Configuration:
    """The values of a kb.toml, whose tables `docs/reference/kb_toml.md` describes.

    `overrides` are the metadata of reports by source, `corrections` and `talks` are by the ids of notes and talks.
    `events` and `people` are the names of events and people that are one, `different` those that are not.
    `lesson` is what corrections of kinds teach about other notes, `keep_not_found` whether searches that find nothing
    are kept.
    `own_domain` is None unless the file names a domain or extends one with categories, services or words. `no_dates`
    are impossible dates, which are dropped, each with its source and key. `invalid` are the invalid corrections, which
    are dropped. `text` is the whole file.
    """

    overrides: Mapping[str, MetadataOverride] = field(default_factory=dict)
    own_domain: "Domain | None" = None
    corrections: Mapping[str, Correction] = field(default_factory=dict)
    talks: Mapping[str, TalkCorrection] = field(default_factory=dict)
    events: SameNames = field(default_factory=lambda: SameNames(event_key))
    people: SameNames = field(default_factory=lambda: SameNames(person_key))
    different: tables.DifferentTable = field(default_factory=tables.DifferentTable)
    lesson: tables.LessonTable = field(default_factory=tables.LessonTable)
    ignore: tuple[str, ...] = ()
    keep_not_found: bool = True
    feeds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    embedding: tables.Embedding = field(default_factory=tables.Embedding)
    searches: tuple[tables.SavedSearch, ...] = ()
    engine: tables.EngineAddress | None = None
    no_dates: tuple[tuple[str, str, str], ...] = ()
    invalid: tuple[tables.Invalid, ...] = ()
    text: str = field(default="", compare=False, repr=False)

    def override(self, source: str) -> MetadataOverride:
        """Return the metadata override of a report, an empty one without any."""
        return self.overrides.get(source, MetadataOverride())

    @property
    def unlearned(self) -> int:
        """The number of corrections of kinds that the lesson does not have yet."""
        return max(0, sum(one.of_kind for one in self.corrections.values()) - self.lesson.corrections)

    def names(self, table: Same) -> SameNames:
        """Return the names of events or of people that are one."""
        return self.events if table == "events" else self.people

    def others(self, table: Same, name: str) -> tuple[str, ...]:
        """Return the names that kb.toml lists below this one as different events or people."""
        said: Mapping[str, tuple[str, ...]] = getattr(self.different, table)
        return said.get(name, ())

    def are_different(self, table: Same, one: str, other: str) -> bool:
        """Return whether kb.toml says that two names are different events or people, in either order."""
        return other in self.others(table, one) or one in self.others(table, other)

    @property
    def domain(self) -> "Domain":
        """The domain of the library; the tables of a domain are read on first use."""
        from kb.services import domain

        return self.own_domain or domain()

    @property
    def domain_digest(self) -> str:
        """The SHA-256 of the tables about the domain."""
        import tomllib

        table = tomllib.loads(self.text)
        about_domain = {key: table.get(key) for key in ("domain", "categories", "services", "words")}
        return hashlib.sha256(json.dumps(about_domain).encode()).hexdigest()


@lru_cache(2)  # it is parsed often, and one of a thousand corrections takes a tenth of a second
def parse(data: bytes) -> Configuration:
    """Return the configuration in the bytes of a kb.toml, without its invalid corrections.

    Raises ConfigurationError for any other mistake.
    """
    if not data:
        return Configuration()  # tomllib takes time to load
    read, invalid = tables.read(data)
    base = Configuration(own_domain=_own_domain(read))
    corrections: dict[str, Correction] = {}
    for note, table in read.notes.items():
        try:
            corrections[note] = _correction(note, table, base.domain.catalogue)
        except ConfigurationError as error:
            invalid = (*invalid, ("notes", note, message_of(error)))
    return replace(
        base,
        overrides={source: table.override() for source, table in read.reports.items()},
        corrections=corrections,
        talks={talk: table.correction() for talk, table in read.talks.items()},
        events=_same_names("events", SameNames(event_key, read.events)),
        people=_same_names("people", SameNames(person_key, read.people)),
        different=read.different,
        lesson=read.lessons.get("kinds", base.lesson),
        ignore=read.ignore,
        keep_not_found=read.keep_not_found,
        feeds={feed: table.seen for feed, table in read.feeds.items()},
        embedding=_embedding(read.embedding),
        searches=_searches(read.searches),
        engine=_engine(read.engine),
        no_dates=tuple((source, *date) for source, table in read.reports.items() for date in table.no_dates()),
        invalid=invalid,
        text=data.decode(tables.ENCODING),
    )


def parse_whole(data: bytes) -> Configuration:
    """Return the configuration in the bytes of a kb.toml. Raises ConfigurationError, for an invalid correction too."""
    configuration = parse(data)
    for _, _, message in configuration.invalid:
        raise ConfigurationError(message)
    return configuration


def _embedding(table: tables.Embedding) -> tables.Embedding:
    """Return the table if it is valid: texts are sent to an address only if both address and model are there."""
    if table.url and not web_parts(table.url):
        raise ConfigurationError(
            "[embedding] url cannot be {0}; write one like http://127.0.0.1:8080/v1", quoted(table.url)
        )
    if bool(table.url) != (table.model not in ("", NO_MODEL)):
        raise ConfigurationError('[embedding] needs both url and model, or model = "{0}" for none', NO_MODEL)
    return table


def _engine(table: tables.EngineAddress | None) -> tables.EngineAddress | None:
    """Return the table if its addresses are valid. Credentials come from the environment, never from a library."""
    if table and not (table.urls and all(map(web_parts, table.urls))):
        raise ConfigurationError(
            "[engine] url cannot be {0}; write one like https://search.example.com:9200", quoted(table.url)
        )
    return table


def _correction(note: str, table: tables.NoteTable, catalogue: "Catalogue") -> Correction:
    where = place("notes", note)
    slugs: dict[str, tuple[str, ...]] = {}
    for key, names in (("add", table.add), ("remove", table.remove)):
        services = [(name, catalogue.find(name)) for name in names]
        if unknown := [name for name, service in services if service is None]:
            raise ConfigurationError("{0} {1}: no service is called {2}", where, key, quoted(unknown[0]))
        slugs[key] = tuple(service.slug for _, service in services if service)
    kinds = {name: kind for kind in get_args(Kind) for name in (kind, *in_every_language(KINDS[kind]))}
    if table.kind is not None and table.kind not in kinds:
        from index.terms import nearest

        near = [translatable(" (did you mean {0}?)", quoted(kinds[name])) for name in nearest(table.kind, kinds, 1)]
        known = ", ".join(get_args(Kind))
        raise ConfigurationError(
            "{0} kind cannot be {1}{2}; write one of {3}", where, quoted(table.kind), next(iter(near), ""), known
        )
    kind = kinds[table.kind] if table.kind else None
    denied = tuple(claim for claim in get_args(Claim) if getattr(table, claim) is False)
    return Correction(slugs["add"], slugs["remove"], kind, denied, table.no_answer_to)


def _same_names(table: str, names: SameNames) -> SameNames:
    if circle := names.circle():
        one, other = map(quoted, circle)
        raise ConfigurationError(
            "{0}: {1} and {2} lead to each other, or are one name; take one out", place(table), one, other
        )
    return names


def _searches(saved: tuple[tables.SavedSearch, ...]) -> tuple[tables.SavedSearch, ...]:
    """Return the saved searches with stripped names and addresses. Raises ConfigurationError for invalid ones."""
    if len(saved) > tables.MAX_SEARCHES:
        raise ConfigurationError("more than {0} [[searches]]; take some out", tables.MAX_SEARCHES)
    searches = tuple(
        tables.SavedSearch(one.name.strip(), one.address.strip().removeprefix("/").removeprefix("?")) for one in saved
    )
    for number, search in enumerate(searches, start=1):
        if missing := next((key for key in ("name", "address") if not getattr(search, key)), None):
            raise ConfigurationError(
                "{0} has no {1}; write {2}", place("searches", number), missing, tables.SEARCH_EXAMPLE
            )
    name, times = next(iter(Counter(search.name for search in searches).most_common(1)), ("", 0))
    if times > 1:
        raise ConfigurationError("two [[searches]] have the name {0}; give one of them another", quoted(name))
    return searches


def _own_domain(read: tables.ConfigurationTables) -> "Domain | None":
    """Return the domain that a kb.toml names or extends, None if it does neither."""
    if read.domain is None and not read.extends_domain:
        return None
    from kb.services import CatalogueError, Domain, ServiceTable, domain, domain_names, service_of

    known = (*domain_names(), NO_DOMAIN)
    if read.domain not in (None, *known):
        raise ConfigurationError("domain cannot be {0}; write one of {1}", quoted(read.domain), ", ".join(known))
    names = list(_domain_names(read))
    for path, name in names:
        if not skeleton(name) or len(name) > _MAX_NAME:
            where = place(*path, table=False)
            raise ConfigurationError(
                "{0} cannot be {1}; a name has 1 to {2} characters", where, quoted(name), _MAX_NAME
            )
    if _characters(name for _, name in names) > _MAX_TRIE:
        raise ConfigurationError(
            "[words] and [services] hold more than {0:,} characters, beginnings that words have in common "
            "counted once; take out what no report uses",
            _MAX_TRIE,
        )
    base = Domain() if read.domain == NO_DOMAIN else domain(read.domain) if read.domain else domain()
    if not read.extends_domain:
        return base
    owners = base.catalogue.owners
    added = [
        service_of(slug, table.category, msgspec.convert(table, ServiceTable, from_attributes=True), owners)
        for slug, table in read.services.items()
    ]
    try:
        return base.extended(added, read.categories, read.words)
    except CatalogueError as error:
        raise ConfigurationError("{0} {1}", place("services", error.slug), error.message) from error


def _domain_names(read: tables.ConfigurationTables) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield each name in the tables of the domain, with its place in kb.toml."""
    yield from ((("categories", slug), name) for slug, label in read.categories.items() for name in (slug, label))
    yield from ((("words", word), name) for word, others in read.words.items() for name in (word, *others))
    for slug, service in read.services.items():
        yield ("services", slug), slug
        for key, value in asdict(service).items():
            names = (value,) if isinstance(value, str) else value or ()
            yield from ((("services", slug, key), name) for name in names)


def _characters(names: Iterable[str]) -> int:
    """Return the number of characters in a trie of names."""
    ordered = sorted({"", *names})
    shared = (commonprefix(both) for both in pairwise(ordered))  # noqa: RUF071  # no paths
    return sum(map(len, ordered)) - sum(map(len, shared))
