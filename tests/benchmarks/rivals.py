"""Five engines that do the same work over generated notes: index them, open, and answer eight shapes of query.

Each answers with how many notes are found, having fetched 20 of them and counted six facets where that is asked.
"""

import importlib
import importlib.util
import shutil
import sqlite3
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, get_args

from generated import GeneratedNote
from groonga import Groonga
from shapes import FACETS, SHOWN, Asked, stored, values

from index.engine import Publication


class Rival(Protocol):
    """An engine in a folder."""

    def write(self, notes: Iterable[GeneratedNote]) -> None:
        """Index notes, in one go."""

    def open(self) -> None:
        """Open what was written."""

    def ask(self, asked: Asked) -> int:
        """Return how many notes are found."""


class Kb:
    """This engine, or what `make` makes instead of the one in a folder."""

    def __init__(self, folder: Path, make: Callable[..., Any] | None = None) -> None:
        import index.whoosh_engine.reader  # noqa: F401, PLC0415  # what it imports counts in no figure
        from index.analysis import Analyzer, dictionary  # noqa: F401, PLC0415
        from index.query import StepName  # noqa: PLC0415
        from index.query_parser import QueryParser  # noqa: PLC0415
        from index.query_words import QueryWords  # noqa: PLC0415
        from index.schema import Schema, TextField  # noqa: PLC0415
        from index.whoosh_engine import WhooshEngine  # noqa: PLC0415

        schema = Schema((TextField("text", 1.0, length=0.75),), FACETS)
        self.engine = (make or WhooshEngine)(folder, schema, lambda _meta: QueryParser(QueryWords(Analyzer())))
        self._literally = get_args(StepName)

    def write(self, notes: Iterable[GeneratedNote]) -> None:
        self.engine.publish(Publication({"notes": map(self.document, notes)}, ["notes"], {}))

    @staticmethod
    def document(note: GeneratedNote) -> Any:  # noqa: ANN401
        from index.analysis import Term  # noqa: PLC0415
        from index.schema import Document  # noqa: PLC0415

        text, begin, terms = note.text, 0, []
        for one in text.split():
            terms.append(Term(one, begin, begin + len(one)))
            begin += len(one) + 1
        facets = {group: own for group, own in values(note).items() if own}
        return Document(str(note.number), {"text": tuple(terms)}, facets, str(note.year), stored(note), text)

    def open(self) -> None:
        self.engine.meta()

    def ask(self, asked: Asked, **told: Any) -> int:  # noqa: ANN401  # of a query
        from index.query import Query  # noqa: PLC0415

        between = {"all": " ", "any": " OR ", "phrase": " "}[asked.mode]
        text = between.join(asked.words)
        query = Query(
            f'"{text}"' if asked.mode == "phrase" else text,
            limit=SHOWN,
            facets=FACETS if asked.facets else (),
            without=self._literally,
            **told,
        )
        return self.engine.search(query.select("service", asked.service) if asked.service else query).total


class Fts5:
    """SQLite's full text search, bm25, facets by GROUP BY."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "notes.db"

    def write(self, notes: Iterable[GeneratedNote]) -> None:
        self.open()
        single = FACETS[1:]
        self._db.executescript(
            f"CREATE VIRTUAL TABLE texts USING fts5(text, content='', tokenize='unicode61');"
            f"CREATE TABLE notes(id INTEGER PRIMARY KEY, stored TEXT, {', '.join(single)});"
            "CREATE TABLE services(service, note INTEGER, PRIMARY KEY(service, note)) WITHOUT ROWID;"
            "CREATE INDEX of_note ON services(note);"
        )
        for note in notes:
            own = values(note)
            self._db.execute("INSERT INTO texts(rowid, text) VALUES(?, ?)", (note.number, note.text))
            row = (note.number, stored(note), *(own[group][0] for group in single))
            self._db.execute("INSERT INTO notes VALUES(?, ?, ?, ?, ?, ?, ?)", row)
            self._db.executemany("INSERT INTO services VALUES(?, ?)", [(one, note.number) for one in own["service"]])
        self._db.execute("INSERT INTO texts(texts) VALUES('optimize')")
        self._db.commit()

    def open(self) -> None:
        self._db = sqlite3.connect(self._file)

    def ask(self, asked: Asked) -> int:
        joined = {"all": " AND ", "any": " OR ", "phrase": " "}[asked.mode].join(asked.words)
        match = f'"{joined}"' if asked.mode == "phrase" else joined
        found = "SELECT rowid AS id FROM texts WHERE texts MATCH :match" if match else "SELECT id FROM notes"
        if asked.service:
            found += f" AND {'rowid' if match else 'id'} IN (SELECT note FROM services WHERE service = :service)"
        given = {"match": match, "service": asked.service}
        total = self._db.execute(f"SELECT count(*) FROM ({found})", given).fetchone()[0]
        best = f"{found} ORDER BY rank LIMIT {SHOWN}" if match else f"{found} ORDER BY id LIMIT {SHOWN}"
        self._db.execute(f"SELECT stored FROM notes JOIN ({best}) USING (id)", given).fetchall()
        for group in FACETS if asked.facets else ():
            table = (
                f"services JOIN ({found}) ON note = id" if group == "service" else f"notes JOIN ({found}) USING (id)"
            )
            self._db.execute(f"SELECT {group}, count(*) FROM {table} GROUP BY 1", given).fetchall()
        return int(total)


class Tantivy:
    """Tantivy through its own Python package."""

    def __init__(self, folder: Path) -> None:
        importlib.import_module("tantivy")
        self._folder = folder

    def write(self, notes: Iterable[GeneratedNote]) -> None:
        import tantivy  # noqa: PLC0415

        builder = tantivy.SchemaBuilder().add_text_field("text", stored=False)
        for group in FACETS:
            builder.add_text_field(group, fast=True, tokenizer_name="raw", index_option="basic")
        builder.add_text_field("stored", stored=True, index_option="basic", tokenizer_name="raw")
        writer = tantivy.Index(builder.build(), str(self._folder)).writer(64_000_000, 1)
        for note in notes:
            own = {group: list(values) for group, values in values(note).items() if values}
            # The term of a stored text would be as long as the text: it is cut to the number, which is what is needed.
            writer.add_document(tantivy.Document(text=note.text, stored=str(note.number) + " " + note.text, **own))
        writer.commit()
        writer.wait_merging_threads()

    def open(self) -> None:
        import tantivy  # noqa: PLC0415

        self._index = tantivy.Index.open(str(self._folder))
        self._searcher = self._index.searcher()

    def ask(self, asked: Asked) -> int:
        import tantivy  # noqa: PLC0415

        between, sign = {"all": (" ", "+"), "any": (" ", ""), "phrase": (" ", "")}[asked.mode]
        text = between.join(sign + word for word in asked.words)
        if asked.mode == "phrase":
            text = f'"{text}"'
        query = self._index.parse_query(text, ["text"]) if text else tantivy.Query.all_query()
        if asked.service:
            only = tantivy.Query.term_query(self._index.schema, "service", asked.service)
            query = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, query), (tantivy.Occur.Must, tantivy.Query.const_score_query(only, 0.0))]
            )
        result = self._searcher.search(query, limit=SHOWN, count=True)
        for _, address in result.hits:
            self._searcher.doc(address)
        if asked.facets:
            counts = {group: {"terms": {"field": group, "size": 65_000}} for group in FACETS}
            self._searcher.aggregate(query, counts)
        return int(result.count)


class StockWhoosh:
    """Whoosh as it comes: its own fields, scoring and grouping."""

    def __init__(self, folder: Path) -> None:
        warnings.simplefilter("ignore")  # of its regular expressions
        importlib.import_module("whoosh.index")
        self._folder = str(folder)

    def write(self, notes: Iterable[GeneratedNote]) -> None:
        from whoosh import analysis, fields, index  # noqa: PLC0415

        schema = fields.Schema(text=fields.TEXT(analyzer=analysis.SpaceSeparatedTokenizer()), stored=fields.STORED())
        for group in FACETS:
            schema.add(group, fields.KEYWORD())
        writer = index.create_in(self._folder, schema).writer(limitmb=256)
        for note in notes:
            own = {group: " ".join(each) for group, each in values(note).items() if each}
            writer.add_document(text=note.text, stored=stored(note), **own)
        writer.commit()

    def open(self) -> None:
        from whoosh import index  # noqa: PLC0415

        self._searcher = index.open_dir(self._folder).searcher()

    def ask(self, asked: Asked) -> int:
        from whoosh import query, sorting  # noqa: PLC0415

        terms = [query.Term("text", word) for word in asked.words]
        wanted: Any = {
            "all": lambda: query.And(terms),
            "any": lambda: query.Or(terms),
            "phrase": lambda: query.Phrase("text", list(asked.words)),
        }[asked.mode]()
        if not terms:
            wanted = query.Every()
        groups = sorting.Facets()
        for group in FACETS if asked.facets else ():
            groups.add_field(group, allow_overlap=group == "service")
        only = query.Term("service", asked.service) if asked.service else None
        found = self._searcher.search(wanted, limit=SHOWN, filter=only, groupedby=groups if asked.facets else None)
        for hit in found:
            hit["stored"]
        for group in FACETS if asked.facets else ():
            found.groups(group)
        return len(found)


@dataclass(frozen=True, slots=True)
class Entry:
    """A rival: its class, what must be there for it, and why it is skipped where that is not."""

    make: type
    module: str = ""
    command: str = ""
    without: str = ""

    @property
    def is_there(self) -> bool:
        """Whether it can take part here."""
        return not (
            (self.module and importlib.util.find_spec(self.module) is None)
            or (self.command and shutil.which(self.command) is None)
        )


RIVALS: dict[str, Entry] = {
    "kb": Entry(Kb),
    "tantivy-py": Entry(Tantivy, module="tantivy", without="the package tantivy is not installed"),
    "SQLite FTS5": Entry(Fts5),
    "Groonga": Entry(Groonga, command="groonga", without="Debian's package groonga-bin is not installed"),
    "stock Whoosh": Entry(StockWhoosh),
}
