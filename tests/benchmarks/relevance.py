"""How the search compares with simpler ones on the judged queries: python tests/benchmarks/relevance.py.

All are given the same texts, a note with its trail and the title of its talk, and find notes with any of the words.
"""

import re
import sqlite3
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from whoosh import analysis, fields, index, qparser

from index.analysis import Analyzer
from kb.evaluation import MEASURES, evaluate, read_queries, score
from kb.library.files import Library
from kb.library.places import EVALUATION, SAMPLES
from kb.pipeline.reports import Tools, finish_report
from kb.readers.formats import read_outline

Search = Callable[[str], Sequence[str]]
DEPTH = 10


def main() -> None:
    tools = Tools()
    every = [finish_report(read_outline(file.data, file.source), tools) for file in Library(SAMPLES).scan().files]
    notes = [note for one in every for note in one.report.notes]
    names = [f"{note.source}:{note.line}" for note in notes]
    texts = [
        "\n".join((note.text, *(crumb.text for crumb in note.trail), note.talk.title if note.talk else ""))
        for note in notes
    ]
    queries = read_queries(EVALUATION)
    with tempfile.TemporaryDirectory() as folder:
        compared = {
            "character bigrams": score(queries, stock_whoosh(Path(folder, "a"), names, texts, bigrams)),
            "stock Whoosh, Sudachi C": score(queries, stock_whoosh(Path(folder, "b"), names, texts, sudachi_words)),
            "SQLite FTS5 trigram": score(queries, sqlite_trigrams(names, texts)),
            "kb": evaluate(),
        }
    sys.stdout.write(f"| search | {' | '.join(MEASURES)} | answered of {compared['kb'].without_answer} without |\n")
    sys.stdout.write(f"| --- |{' --- |' * (len(MEASURES) + 1)}\n")
    for name, reached in compared.items():
        figures = " | ".join(f"{reached.measures[measure]:.3f}" for measure in MEASURES)
        sys.stdout.write(f"| {name} | {figures} | {len(reached.answered_all_the_same)} |\n")


def bigrams(text: str) -> Iterator[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return (gram for gram in map("".join, pairwise(folded)) if gram.isalnum())


def sudachi_words(text: str) -> Iterator[str]:
    return (morpheme.normalized for morpheme in Analyzer().morphemes(text) if morpheme.surface.strip())


def stock_whoosh(
    folder: Path, names: Sequence[str], texts: Sequence[str], words: Callable[[str], Iterator[str]]
) -> Search:
    """Return Whoosh's own BM25F and query parser over words that are handed to it parted by spaces."""
    folder.mkdir()
    content = fields.TEXT(analyzer=analysis.SpaceSeparatedTokenizer())
    made = index.create_in(folder, fields.Schema(name=fields.ID(stored=True), content=content))
    writer = made.writer()
    for name, text in zip(names, texts, strict=True):
        writer.add_document(name=name, content=" ".join(words(text)))
    writer.commit()
    searcher = made.searcher()
    parser = qparser.QueryParser("content", made.schema, plugins=[qparser.WhitespacePlugin()], group=qparser.OrGroup)

    def search(text: str) -> Sequence[str]:
        return [hit["name"] for hit in searcher.search(parser.parse(" ".join(words(text))), limit=DEPTH)]

    return search


def sqlite_trigrams(names: Sequence[str], texts: Sequence[str]) -> Search:
    """Return SQLite's full-text search; its trigrams cannot find words of one or two characters."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE notes USING fts5(name UNINDEXED, content, tokenize='trigram')")
    database.executemany("INSERT INTO notes VALUES (?, ?)", zip(names, texts, strict=True))

    def search(text: str) -> Sequence[str]:
        grams = dict.fromkeys(text[place : place + 3] for place in range(len(text) - 2))
        asked = " OR ".join(f'"{gram}"' for gram in grams if re.fullmatch(r"\w{3}", gram))
        rows = (
            database.execute("SELECT name FROM notes WHERE notes MATCH ? ORDER BY rank LIMIT ?", (asked, DEPTH))
            if asked
            else ()
        )
        return [name for (name,) in rows]

    return search


if __name__ == "__main__":
    sys.exit(main())
