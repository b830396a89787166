"""The library's kb.toml: what was told by hand, each mistake in it told with its table, its key and the remedy."""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, get_args

from msgspec import Meta, Struct

from index.sentences import said
from index.tables import Text, Texts, place, quoted
from index.urls import web_parts
from kb.library.own_domain import Categories, Services, Words, own_domain
from kb.library.searches import SavedSearch, SavedSearches, saved_searches
from kb.library.tables import ENCODING, ConfigurationError, told
from kb.report.dates import is_date
from kb.report.model import Claim, Correction, Kind, MetadataOverride, ToldTalk
from kb.texts import ja

if TYPE_CHECKING:
    from kb.services import Catalogue, Domain

CONFIGURATION = "kb.toml"
NO_MODEL = "none"
LONGEST_EVENT = 200  # characters: the longest of real reports has 48, and each note and filter shows it
_AS_A_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")  # what we wrote ourselves once, of whatever day and digits


class Embedding(Struct, frozen=True, forbid_unknown_fields=True):
    """The model that finds by similarity: one behind an address, none where it is called so, else what comes along."""

    url: Text | None = None
    model: Text = ""


class EngineAddress(Struct, frozen=True):
    """The cluster that searches in place of the index of this machine: its nodes, and its index there.

    `region` is that of Amazon's service; `shards` and `replicas` are what new indexes are made with.
    """

    urls: tuple[str, ...] = ()
    index: str = ""
    region: str = ""
    shards: int = 1
    replicas: int = 1


class _Engine(Struct, forbid_unknown_fields=True):
    url: Annotated[
        str | tuple[str, ...], Meta(description="an address, or a list of them")
    ]  # msgspec dies of two `Text`
    index: Annotated[
        str, Meta(pattern=r"\A[a-z0-9][a-z0-9_-]{0,199}\Z", description="a name of small letters, figures and -")
    ]
    region: Text = ""
    shards: Annotated[int, Meta(ge=1, le=100, description="a number from 1 to 100")] = 1
    replicas: Annotated[int, Meta(ge=0, le=100, description="a number from 0 to 100")] = 1


class _Report(Struct, forbid_unknown_fields=True):
    event: Annotated[Text, Meta(max_length=LONGEST_EVENT, description=f"at most {LONGEST_EVENT} characters")] | None = (
        None
    )
    date: Any = None  # a text, or a date as TOML has it
    published: Any = None
    url: Text | None = None
    former: Texts = ()

    def __post_init__(self) -> None:
        for key in ("date", "published"):
            day = getattr(self, key)
            if day is None:
                continue
            if not isinstance(day, str | dt.date) or not (is_date(str(day)) or _AS_A_DATE.fullmatch(str(day))):
                raise ValueError(f"{key} cannot be {quoted(day)}; write 2018, 2018-03 or 2018-03-10")
            setattr(self, key, str(day))

    def given(self) -> MetadataOverride:
        """Return what is told of a file, but for dates that are none."""
        date, published = (day if day and is_date(day) else None for day in (self.date, self.published))
        return MetadataOverride(self.event, date, self.url, published, self.former)

    def no_dates(self) -> Iterator[tuple[str, str]]:
        """Yield each date that is none, with its key: it is left out, and the rest of a library's kb.toml holds."""
        for key in ("date", "published"):
            day = getattr(self, key)
            if day is not None and not is_date(day):
                yield key, day


class _Note(Struct, forbid_unknown_fields=True):
    add: Texts = ()
    remove: Texts = ()
    kind: Text | None = None
    advice: Annotated[bool, Meta(description="false, where it is none")] | None = None
    problem: Annotated[bool, Meta(description="false, where it is none")] | None = None
    no_answer_to: Texts = ()

    def __post_init__(self) -> None:
        for claim in get_args(Claim):
            if getattr(self, claim):
                raise ValueError(f'{claim} cannot be true; write kind = "{claim}"')

    @property
    def denied(self) -> tuple[Claim, ...]:
        """The kinds that the note is not of."""
        return tuple(claim for claim in get_args(Claim) if getattr(self, claim) is False)


class _Talk(Struct, forbid_unknown_fields=True):
    talk: Annotated[bool, Meta(description="true or false")] | None = None
    speakers: Texts | None = None
    speaker: Annotated[bool, Meta(description="false, where nobody speaks who is named there")] | None = None

    def __post_init__(self) -> None:
        if self.speaker:
            raise ValueError('speaker cannot be true; write who speaks: speakers = ["…"]')
        if self.speaker is False and self.speakers:
            raise ValueError("speaker = false says that nobody speaks, and speakers who does; write one of them")

    def told(self) -> ToldTalk:
        """Return what is told of a line and its talk."""
        return ToldTalk(self.talk, () if self.speaker is False else self.speakers)


class _Feed(Struct, forbid_unknown_fields=True):
    seen: Texts = ()


class _File(Struct, forbid_unknown_fields=True):
    """All that kb.toml may hold."""

    domain: Annotated[Text, Meta(description='the name of a domain in quotes, or "none"')] | None = None
    ignore: Annotated[
        tuple[Annotated[str, Meta(min_length=1)], ...], Meta(description='patterns of files: ignore = ["drafts/**"]')
    ] = ()
    embedding: Annotated[Embedding, Meta(description='[embedding], with lines url = "…" and model = "…"')] = Embedding()
    engine: Annotated[_Engine, Meta(description='[engine], with lines url = "…" and index = "…"')] | None = None
    reports: Annotated[dict[str, _Report], Meta(description='tables like [reports."name"]')] = {}
    talks: Annotated[dict[str, _Talk], Meta(description='tables like [talks."id"]')] = {}
    notes: Annotated[dict[str, _Note], Meta(description='tables like [notes."id"]')] = {}
    points: object = None  # told which notes say the same; nothing is made of it any more
    feeds: Annotated[dict[str, _Feed], Meta(description='tables like [feeds."https://…"]')] = {}
    searches: SavedSearches = ()
    categories: Categories = {}
    services: Services = {}
    words: Words = {}


@dataclass(frozen=True, slots=True)
class Configuration:
    """What kb.toml says: what was given by hand for each file, corrections by note id, and of talks by theirs.

    domain = "none"                    [categories]                  [services.batch-portal]
    ignore = ["staged segments/**"]             house = "社内"                name = "Batch Portal"
                                                                     category = "house"
    [reports."2018/jaws-days.md"]      [words]                       aliases = ["バッチポータル"]
    event = "JAWS DAYS 2018"           "冪等" = ["idempotent"]
    date = "2018-03-10"                                              [notes."jaws-days-2018-b2af/6cf728ff"]
    url = "https://example.com/"                                     add = ["sqs"]
    published = "2018-03-12"                                         remove = ["sns"]
                                                                     kind = "advice"
    [embedding]
    url = "http://127.0.0.1:8080/v1"
    model = "bge-m3"

    [engine]
    url = "https://search.example.com:9200"
    index = "talk-notes"

    [feeds."https://example.com/feed"]                               [talks."jaws-days-2018/3f2a90"]
    seen = ["https://example.com/entry/1"]                           talk = true
                                                                     speakers = ["山田 花子"]

    [[searches]]
    name = "キューの話"
    address = "q=冪等&service=sqs"

    A note with `no_answer_to = ["…"]` is not quoted above what these searches find. A line that is told to be no talk
    (`talk = false`) is a topic of what stands above. Nobody speaks where `speaker = false` or `speakers = []`. A note
    with `advice = false` or `problem = false` is of another kind. `ignore` are patterns of files that are no reports,
    with `/` between folders. Own categories, services and words come to those of the domain, which is the usual one
    where none is named; `own_domain` is None where neither is told.
    `no_dates` are dates that are none, left out, each with its file and its key; `has_points` tells that a table of
    earlier versions is there, left out too. `text` is all of it as it was written.
    """

    given: Mapping[str, MetadataOverride] = field(default_factory=dict)
    own_domain: "Domain | None" = None
    corrections: Mapping[str, Correction] = field(default_factory=dict)
    talks: Mapping[str, ToldTalk] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    feeds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    embedding: Embedding = field(default_factory=Embedding)
    searches: tuple[SavedSearch, ...] = ()
    engine: EngineAddress | None = None
    no_dates: tuple[tuple[str, str, str], ...] = ()
    has_points: bool = False
    text: str = field(default="", compare=False, repr=False)

    @property
    def domain(self) -> "Domain":
        """What notes can be about; that of a field is read when it is first asked for."""
        from kb.services import domain

        return self.own_domain or domain()

    @property
    def domain_digest(self) -> str:
        """The SHA-256 of what is told of the domain."""
        import tomllib

        table = tomllib.loads(self.text)
        told = {key: table.get(key) for key in ("domain", "categories", "services", "words")}
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


@lru_cache(2)  # a library's is asked for again and again, and one of a thousand corrections takes a tenth of a second
def parse(data: bytes) -> Configuration:
    """Return what the bytes of a kb.toml say. Raises ConfigurationError."""
    file = told(data, _File)
    own = Configuration(own_domain=own_domain(file.domain, file.categories, file.services, file.words))
    return replace(
        own,
        given={source: one.given() for source, one in file.reports.items()},
        corrections={note: _correction(note, one, own.domain.catalogue) for note, one in file.notes.items()},
        talks={talk: one.told() for talk, one in file.talks.items()},
        ignore=file.ignore,
        feeds={feed: one.seen for feed, one in file.feeds.items()},
        embedding=_embedding(file.embedding),
        searches=saved_searches(file.searches),
        engine=_engine(file.engine) if file.engine else None,
        no_dates=tuple((source, *told) for source, one in file.reports.items() for told in one.no_dates()),
        has_points=file.points is not None,
        text=data.decode(ENCODING),
    )


def _embedding(told: Embedding) -> Embedding:
    """Return which model is told. Anything is sent to an address only where both it and the model are named."""
    if told.url and not web_parts(told.url):
        raise ConfigurationError(
            said("[embedding] url cannot be {0}; write one like http://127.0.0.1:8080/v1", quoted(told.url))
        )
    if bool(told.url) != (told.model not in ("", NO_MODEL)):
        raise ConfigurationError(said('[embedding] needs both url and model, or model = "{0}" for none', NO_MODEL))
    return told


def _engine(told: _Engine) -> EngineAddress:
    """Return which cluster is told; credentials are none of a library's, and come from the environment."""
    urls = (told.url,) if isinstance(told.url, str) else told.url
    if not urls or not all(map(web_parts, urls)):
        raise ConfigurationError(
            said("[engine] url cannot be {0}; write one like https://search.example.com:9200", quoted(told.url))
        )
    return EngineAddress(urls, told.index, told.region, told.shards, told.replicas)


def _correction(note: str, told: _Note, known: "Catalogue") -> Correction:
    where = place("notes", note)
    slugs: dict[str, tuple[str, ...]] = {}
    for key, names in (("add", told.add), ("remove", told.remove)):
        services = [(name, known.find(name)) for name in names]
        if unknown := [name for name, service in services if service is None]:
            raise ConfigurationError(said("{0} {1}: no service is called {2}", where, key, quoted(unknown[0])))
        slugs[key] = tuple(service.slug for _, service in services if service)
    kinds = {name: kind for kind in get_args(Kind) for name in (kind, ja.KINDS[kind])}
    if told.kind is not None and told.kind not in kinds:
        raise ConfigurationError(
            said("{0} kind cannot be {1}; write one of {2}", where, quoted(told.kind), ", ".join(get_args(Kind)))
        )
    kind = kinds[told.kind] if told.kind else None
    return Correction(slugs["add"], slugs["remove"], kind, told.denied, told.no_answer_to)
