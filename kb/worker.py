"""A sync, and the making of vectors, in a process of its own: searches keep their speed and memory meanwhile."""

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

from msgspec.structs import replace

from index.embedder import EmbeddingError
from index.engine import SearchIndexError
from index.messages import Message, message_of
from kb.indexing.outcomes import SyncOutcome
from kb.indexing.staging import end_with_parent
from kb.knowledge_base import KnowledgeBase
from kb.pipeline.reports import Progress

_log = logging.getLogger(__name__)
_LOWEST_PRIORITY = 19  # of `os.nice`: searches come first
# Held while a worker starts. At exit it is taken and never released, because a half-started worker would print an
# error.
_starting = Lock()
_running: set[BaseProcess] = set()  # not daemons: daemons end with the parent, but may not start processes


def sync_in_worker(knowledge_base: KnowledgeBase, progress: Progress) -> SyncOutcome:
    """Sync in a worker process as `Indexer.sync` does, then follow the new configuration of the library.

    Raises SearchIndexError with the error that stopped the worker.
    """
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = _start(_sync, *knowledge_base.collection.chosen, sender)
    sender.close()  # so that the pipe ends when the worker does
    try:
        while not isinstance(message := receiver.recv(), SyncOutcome):
            if isinstance(message, str | Message):
                raise SearchIndexError(message)
            progress(*message)
    except EOFError as error:
        raise SearchIndexError("the process that updated the index was killed; try again") from error
    finally:
        receiver.close()
        Thread(target=_join, args=(process,), name="tidy", daemon=True).start()
    knowledge_base.collection.follow()
    return message


def embed_in_worker(knowledge_base: KnowledgeBase) -> Callable[[], None]:
    """Start a thread that makes missing vectors in a worker process; return a function that triggers it again.

    The worker has the lowest priority and ends with this process.
    """
    changed = Event()
    changed.set()

    def embed_after_changes() -> None:
        while changed.wait():
            changed.clear()
            try:
                if knowledge_base.indexer.has_vectors_to_make():
                    _join(_start(_embed, *knowledge_base.collection.chosen))
            except Exception:  # noqa: BLE001  # no error may end the thread: the next change is another try
                _log.exception("notes cannot be found by similarity")

    Thread(target=embed_after_changes, name="embed", daemon=True).start()
    return changed.set


def _embed(library: Path | None, index: Path | None) -> None:
    """Make the missing vectors. Runs in a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(os, "nice"):
        os.nice(_LOWEST_PRIORITY)
    end_with_parent()
    try:
        KnowledgeBase.open(library, index).indexer.embed()
    except (EmbeddingError, SearchIndexError, OSError) as error:  # for one, of an index folder that is read-only
        _log.warning("%s; notes are found by their words alone", error)


def _sync(library: Path | None, index: Path | None, sender: Connection) -> None:
    """Sync, and send each progress (step, done, total), then the outcome or an error. Runs in a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the worker, too; the parent process ends it

    try:
        indexer = KnowledgeBase.open(library, index).indexer
        outcome = indexer.sync(lambda *progress: sender.send(progress))
        sender.send(replace(outcome, difference=outcome.difference and outcome.difference.bounded()))
        indexer.tidy()  # the parent process does not wait for this
    except Exception as error:  # noqa: BLE001  # whatever it is, the parent process raises it
        with suppress(OSError):  # the parent process has ended
            sender.send(message_of(error))


def _start(target: Callable[..., None], *args: object) -> BaseProcess:
    """Start a worker process that ends with this one."""
    process = multiprocessing.get_context("spawn").Process(target=target, args=args)  # a fork would copy held locks
    with _starting:
        process.start()
        _running.add(process)
    return process


def _join(process: BaseProcess) -> None:
    process.join()
    _running.discard(process)


@atexit.register
def _end_workers() -> None:
    """End running workers; what they have stored stays, and the next worker goes on from there."""
    _starting.acquire()  # never released: another thread may still want to start a process
    for process in tuple(_running):
        process.terminate()
