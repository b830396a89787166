"""Writing a segment: documents to Whoosh's files and to columns, those of another segment taken in."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from index.schema import Document, Schema
from index.whoosh_engine import columns, term_writer
from index.whoosh_engine.column_names import KEYS
from index.whoosh_engine.columns import ColumnsWriter
from index.whoosh_engine.generations import Segment
from index.whoosh_engine.rows import STORED, field_names, figure_columns, row, value_columns
from index.whoosh_engine.term_store import TermStore
from index.whoosh_engine.term_writer import TermWriter


class SegmentWriter:
    """Writes documents, one after the other."""

    def __init__(self, terms: TermWriter, columns_writer: ColumnsWriter, schema: Schema) -> None:
        self._terms = terms
        self._columns = columns_writer
        self._schema = schema

    def add(self, document: Document) -> None:
        """Write a document."""
        written = row(document, self._schema)
        self._terms.add(written)
        self._columns.add(written.values, written.figures, written.keys, written.links, written.literal)

    def take_in(self, segment: Segment) -> None:
        """Write the documents of a segment that are meant. Raises DamageError on damage."""
        live = np.ones(segment.size, np.bool_)
        live[list(segment.dead)] = False
        with closing(TermStore(segment.folder, segment.size)) as store:
            self._terms.take_in(store, live)
        self._columns.take_in(columns.read(segment.folder), live)


@contextmanager
def writing(folder: Path, schema: Schema) -> Iterator[SegmentWriter]:
    """Make a folder and write to it what is written within; on any failure its content is of no use."""
    columns_writer = ColumnsWriter(value_columns(schema), figure_columns(schema), KEYS)
    with term_writer.writing(folder, field_names(schema), STORED) as terms:
        yield SegmentWriter(terms, columns_writer, schema)
    columns_writer.write(folder)
