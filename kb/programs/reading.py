"""The answers of the tools that write: an assistant reads reports, part by part."""

from contextlib import suppress

from index.engine import WriterBusyError
from kb.knowledge_base import KnowledgeBase
from kb.programs.answers import Record
from kb.programs.arguments import NextToRead, PutReadings, UndoReadings

NOTHING_LEFT = "Every line of every report has been read. There is nothing left to do."


def next_to_read(kb: KnowledgeBase, arguments: NextToRead, _root: str | None) -> Record:
    """Return the next part that is unread. Raises SearchIndexError, LibraryError."""
    _sync(kb)
    part = kb.readings.next_part(arguments.assistant)
    return part.record() if part else {"nothing": NOTHING_LEFT}


def put_readings(kb: KnowledgeBase, arguments: PutReadings, _root: str | None) -> Record:
    """Keep what an assistant says of a part; return how much. Raises RefusedReadingsError, LibraryError."""
    record = kb.readings.put(arguments.assistant, arguments.part, arguments)
    _sync(kb)
    return record


def undo_readings(kb: KnowledgeBase, arguments: UndoReadings, _root: str | None) -> Record:
    """Take out what an assistant said of a part; return how much. Raises RefusedReadingsError, LibraryError."""
    record = kb.readings.undo(arguments.assistant, arguments.part)
    _sync(kb)
    return record


def _sync(kb: KnowledgeBase) -> None:
    with suppress(WriterBusyError):  # the other process indexes it
        kb.indexer.sync()
