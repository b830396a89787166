"""A sync and the making of vectors in processes of their own, so that searches beside keep their pace and memory."""

import atexit
import logging
import multiprocessing
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Event, Lock, Thread

from index.embedder import EmbeddingError
from index.engine import SearchIndexError
from index.messages import Message, message_of, translatable
from kb.indexing.outcomes import SyncOutcome
from kb.indexing.staging import end_with_parent
from kb.knowledge_base import KnowledgeBase
from kb.pipeline.reports import Progress

_log = logging.getLogger(__name__)
_LOWEST = 19  # of priorities: whoever searches comes first
_starting = Lock()  # for one half started complains when we end; once we end it is kept, so that none is started
_running: set[BaseProcess] = set()  # daemons would be ended by themselves, but may have no processes of their own


def sync_in_worker(knowledge_base: KnowledgeBase, progress: Progress) -> SyncOutcome:
    """Bring the index up to the library as `Indexer.sync` does, and turn to it.

    Raises SearchIndexError with whatever stopped the process.
    """
    here, there = multiprocessing.Pipe(duplex=False)
    process = _started(_sync, *knowledge_base.collection.chosen, there)
    there.close()  # so that only the process itself holds it, and its end is seen
    try:
        outcome = _outcome(here, progress)
    finally:
        here.close()
        Thread(target=_let_end, args=(process,), name="tidy", daemon=True).start()
    knowledge_base.collection.follow()
    return outcome


def embed_in_worker(knowledge_base: KnowledgeBase) -> Callable[[], None]:
    """Have the vectors made that notes lack, beside whatever is done here; what is returned tells that there are more.

    A process makes them, which gives way to all others and ends with us.
    """
    changed = Event()
    changed.set()
    Thread(target=_embed_again, args=(knowledge_base, changed), name="embed", daemon=True).start()
    return changed.set


def _embed_again(knowledge_base: KnowledgeBase, changed: Event) -> None:
    while True:
        changed.wait()
        changed.clear()
        try:
            if knowledge_base.indexer.has_vectors_to_make():
                _let_end(_started(_embed, *knowledge_base.collection.chosen))
        except Exception:  # noqa: BLE001  # whatever it is, it must not end the thread: the next change begins anew
            _log.exception("notes cannot be found by likeness")


def _embed(library: Path | None, index: Path | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(os, "nice"):
        os.nice(_LOWEST)
    end_with_parent()
    try:
        KnowledgeBase.open(library, index).indexer.embed()
    except (EmbeddingError, SearchIndexError, OSError) as error:  # an index that cannot be written, among others
        _log.warning("%s; notes are found by their words alone", error)


def _started(target: Callable[..., None], *args: object) -> BaseProcess:
    """Return a process that runs a function, and ends with us."""
    process = multiprocessing.get_context("spawn").Process(target=target, args=args)  # a fork would copy held locks
    with _starting:
        process.start()
        _running.add(process)
    return process


@atexit.register
def _end_all() -> None:
    """End what still runs; what it made is kept, and the next one goes on."""
    _starting.acquire()  # for good: a thread may want to start one yet
    for process in tuple(_running):
        process.terminate()


def _let_end(process: BaseProcess) -> None:
    process.join()
    _running.discard(process)


def _outcome(here: Connection, progress: Progress) -> SyncOutcome:
    """Return what the process did, and call `progress` until then. Raises SearchIndexError with what stopped it."""
    while True:
        try:
            message = here.recv()
        except EOFError as error:
            raise SearchIndexError(translatable("the process that updated the index was killed; try again")) from error
        if isinstance(message, SyncOutcome):
            return message
        if isinstance(message, str | Message):
            raise SearchIndexError(message)
        progress(*message)


def _sync(library: Path | None, index: Path | None, there: Connection) -> None:
    """Sync, and send through a pipe how far that is (step, done, total), what it did, or the error that stopped it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches it too, but who waits for it ends it

    def progress(step: str, done: int, total: int) -> None:
        there.send((step, done, total))

    try:
        indexer = KnowledgeBase.open(library, index).indexer
        there.send(indexer.sync(progress).brief())
        indexer.tidy()  # who waited has gone on
    except Exception as error:  # noqa: BLE001  # it crosses to who waits there, who raises it
        with suppress(OSError):  # nobody waits any more
            there.send(message_of(error))
