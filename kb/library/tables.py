"""The tables of kb.toml: an invalid file is an error of one line."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeAlias, get_args

from msgspec import Meta, Struct

from index.datafiles import TableError, Text, Texts, converted, quoted
from index.messages import Message, MessageError, message_of
from kb.report.dates import DateError, is_date, parse_date
from kb.report.model import Claim, MetadataOverride, TalkCorrection, TalkOverride

ENCODING = "utf-8-sig"  # some editors write a byte order mark
MAX_EVENT = 200  # characters; the longest in real reports has 48, and each note and filter shows it
MAX_TITLE = 200  # characters, as many as are read of a line
MAX_SEARCHES = 50
MAX_SEARCH_NAME = 100  # characters
MAX_SEARCH_ADDRESS = 2000  # characters
SEARCH_EXAMPLE = '[[searches]] with lines name = "…" and address = "q=…&service=sqs"'
_HOW_SHOWN = f"the name that it is shown under, of at most {MAX_EVENT} characters"
_Shown = Annotated[Text, Meta(min_length=1, max_length=MAX_EVENT, description=_HOW_SHOWN)]

# tomllib stores a list of keys for each part of a dotted key: a key of 40 kB takes gigabytes. Ours have three parts.
_TOO_DEEP = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){16}""")
# Earlier versions wrote impossible days, and digits of any script.
_LIKE_A_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


class ConfigurationError(MessageError, ValueError):
    """An invalid kb.toml; the message names the table, the key and the values it may have."""


class Embedding(Struct, frozen=True, forbid_unknown_fields=True):
    """The model that makes vectors: one at an address, no model if its name is "none", else the bundled one."""

    url: Text | None = None
    model: Text = ""


class SavedSearch(Struct, frozen=True, forbid_unknown_fields=True):
    """A search saved under a name; `address` is the query string of its page."""

    name: Annotated[Text, Meta(max_length=MAX_SEARCH_NAME, description=f"at most {MAX_SEARCH_NAME} characters")]
    address: Annotated[
        Text, Meta(max_length=MAX_SEARCH_ADDRESS, description=f"at most {MAX_SEARCH_ADDRESS} characters")
    ]


class EngineAddress(Struct, frozen=True, forbid_unknown_fields=True):
    """A cluster that searches instead of the index on this machine: its nodes, and the name of the index there.

    `region` is that of Amazon's service; `shards` and `replicas` are the settings of new indexes.
    """

    # msgspec crashes on two `Text`.
    url: Annotated[str | tuple[str, ...], Meta(description="an address, or a list of them")]
    index: Annotated[
        str, Meta(pattern=r"\A[a-z0-9][a-z0-9_-]{0,199}\Z", description="a name of small letters, figures and -")
    ]
    region: Text = ""
    shards: Annotated[int, Meta(ge=1, le=100, description="a number from 1 to 100")] = 1
    replicas: Annotated[int, Meta(ge=0, le=100, description="a number from 0 to 100")] = 1

    @property
    def urls(self) -> tuple[str, ...]:
        """The addresses of the nodes."""
        return (self.url,) if isinstance(self.url, str) else self.url


class ReportTable(Struct, forbid_unknown_fields=True):
    """The metadata of a report."""

    event: Annotated[Text, Meta(max_length=MAX_EVENT, description=f"at most {MAX_EVENT} characters")] | None = None
    date: Any = None  # a text, or a date of TOML
    published: Any = None
    url: Text | None = None
    former: Texts = ()

    def __post_init__(self) -> None:
        for key in ("date", "published"):
            day = getattr(self, key)
            if day is None:
                continue
            if not isinstance(day, str | dt.date):
                message = f"{key} cannot be {quoted(day)}; write 2018, 2018-03 or 2018-03-10"
                raise ValueError(message)  # noqa: TRY004  # as below
            try:
                setattr(self, key, parse_date(str(day)))
            except DateError as error:
                if not _LIKE_A_DATE.fullmatch(str(day)):
                    raise ValueError(f"{key}: {error}") from error
                setattr(self, key, str(day))

    def override(self) -> MetadataOverride:
        """Return the metadata override, without impossible dates."""
        date, published = (day if day and is_date(day) else None for day in (self.date, self.published))
        return MetadataOverride(self.event or None, date, self.url, published, self.former)

    def no_dates(self) -> Iterator[tuple[str, str]]:
        """Yield the key and text of each impossible date, such as 2018-02-30."""
        for key in ("date", "published"):
            day = getattr(self, key)
            if day is not None and not is_date(day):
                yield key, day


class NoteTable(Struct, forbid_unknown_fields=True):
    """The correction of a note; services go by any of their names."""

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


class TalkTable(Struct, forbid_unknown_fields=True):
    """The correction of a line and of the talk that it begins."""

    talk: Annotated[TalkOverride, Meta(description='true, false, or "ends" if the talk above ends there')] | None = None
    title: Annotated[Text, Meta(max_length=MAX_TITLE, description=f"at most {MAX_TITLE} characters")] | None = None
    speakers: Texts | None = None
    speaker: Annotated[bool, Meta(description="false, where nobody speaks who is named there")] | None = None

    def __post_init__(self) -> None:
        if self.speaker:
            raise ValueError('speaker cannot be true; write who speaks: speakers = ["…"]')
        if self.speaker is False and self.speakers:
            raise ValueError("speaker = false says that nobody speaks, and speakers who does; write one of them")

    def correction(self) -> TalkCorrection:
        """Return the correction."""
        return TalkCorrection(self.talk, () if self.speaker is False else self.speakers, self.title)


class LessonTable(Struct, frozen=True, forbid_unknown_fields=True):
    """The part of corrections and readings that is learned, and which part of the change is used.

    A person's `corrections` are learned in their order; what assistants read, if they read it until a time.
    """

    corrections: Annotated[int, Meta(ge=0, description="a number")] = 0
    readings_until: Annotated[str, Meta(max_length=30, description="a time like 2026-12-01T09:00:00Z")] = ""
    strength: Annotated[float, Meta(gt=0, le=1, description="a number above 0, at most 1")] = 1.0

    @property
    def learns(self) -> bool:
        """Whether anything is learned."""
        return bool(self.corrections or self.readings_until)


class FeedTable(Struct, forbid_unknown_fields=True):
    """A feed that is followed."""

    seen: Texts = ()


class DifferentTable(Struct, frozen=True, forbid_unknown_fields=True):
    """Names that look like one and are not: by one of them, the others."""

    events: Annotated[dict[Text, Texts], Meta(description='lists like "A" = ["B"] below [different.events]')] = {}
    people: Annotated[dict[Text, Texts], Meta(description='lists like "A" = ["B"] below [different.people]')] = {}


class OwnServiceTable(Struct, forbid_unknown_fields=True):
    """A service of the library's own; the keys have the meanings of a catalogue."""

    name: Text
    category: Text
    short_name: Text | None = None
    aliases: Texts = ()
    features: Texts = ()
    common: Texts = ()
    ambiguous: Texts = ()
    context: Texts = ()
    against: Texts = ()


class ConfigurationTables(Struct, forbid_unknown_fields=True):
    """The whole of kb.toml."""

    domain: Annotated[Text, Meta(description='the name of a domain in quotes, or "none"')] | None = None
    ignore: Annotated[
        tuple[Annotated[str, Meta(min_length=1)], ...], Meta(description='patterns of files: ignore = ["drafts/**"]')
    ] = ()
    keep_not_found: Annotated[bool, Meta(description="true or false")] = True
    embedding: Annotated[Embedding, Meta(description='[embedding], with lines url = "…" and model = "…"')] = Embedding()
    engine: Annotated[EngineAddress, Meta(description='[engine], with lines url = "…" and index = "…"')] | None = None
    reports: Annotated[dict[str, ReportTable], Meta(description='tables like [reports."name"]')] = {}
    talks: Annotated[dict[str, TalkTable], Meta(description='tables like [talks."id"]')] = {}
    notes: Annotated[dict[str, NoteTable], Meta(description='tables like [notes."id"]')] = {}
    events: Annotated[
        dict[Text, _Shown], Meta(description='lines like "JAWS DAYS 18" = "JAWS DAYS 2018" below [events]')
    ] = {}
    people: Annotated[dict[Text, _Shown], Meta(description='lines like "hanako_y" = "山田 花子" below [people]')] = {}
    different: Annotated[
        DifferentTable, Meta(description='[different.events] or [different.people], with lines like "A" = ["B"]')
    ] = DifferentTable()
    lessons: Annotated[dict[str, LessonTable], Meta(description="the table [lessons.kinds]")] = {}
    feeds: Annotated[dict[str, FeedTable], Meta(description='tables like [feeds."https://…"]')] = {}
    searches: Annotated[tuple[SavedSearch, ...], Meta(description=SEARCH_EXAMPLE)] = ()
    categories: Annotated[dict[Text, Text], Meta(description='lines like house = "社内" below [categories]')] = {}
    services: Annotated[
        dict[Text, OwnServiceTable],
        Meta(description='tables like [services.portal], with name = "…" and category = "…"'),
    ] = {}
    words: Annotated[
        dict[Text, Texts],
        Meta(description='lists of other spellings, as "冪等" = ["べきとう", "idempotent"] below [words]'),
    ] = {}

    @property
    def extends_domain(self) -> bool:
        """Whether there are own categories, services or words."""
        return bool(self.categories or self.services or self.words)


Invalid: TypeAlias = tuple[str, str, Message]
"""An invalid correction in kb.toml: the name of its table, its key there, and the error."""
_CORRECTIONS = ("reports", "talks", "notes")


def read(data: bytes) -> tuple[ConfigurationTables, tuple[Invalid, ...]]:
    """Return the tables in the bytes of a kb.toml, and its invalid corrections, which are left out.

    Raises ConfigurationError for any other mistake.
    """
    import tomllib

    try:
        text = data.decode(ENCODING)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigurationError("line {0} is not UTF-8; save the file as UTF-8", line) from error
    if deep := _TOO_DEEP.search(text):
        line = text.count("\n", 0, deep.start()) + 1
        raise ConfigurationError("line {0} has a key of more than 16 parts; put names with dots in quotes", line)
    try:
        tables = tomllib.loads(text)
        try:
            return converted(tables, ConfigurationTables), ()
        except TableError:
            invalid = tuple(_invalid(tables))
            for table, key, _ in invalid:
                del tables[table][key]
            return converted(tables, ConfigurationTables), invalid
    except (tomllib.TOMLDecodeError, TableError) as error:
        raise ConfigurationError(message_of(error)) from error
    except ValueError as error:
        raise ConfigurationError("a number has more digits than Python reads; put it in quotes") from error
    except RecursionError as error:
        raise ConfigurationError("lists or tables are nested too deeply; no key holds more than a list") from error


def _invalid(tables: Mapping[str, Any]) -> Iterator[Invalid]:
    """Yield each correction that is not valid by itself."""
    for table in _CORRECTIONS:
        corrections = tables.get(table)
        for key, one in corrections.items() if isinstance(corrections, dict) else ():
            try:
                converted({table: {key: one}}, ConfigurationTables)
            except TableError as error:
                yield table, key, message_of(error)
