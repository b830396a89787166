"""Bringing the index up to the library while the page goes on answering, and the page that shows how far it is."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from flask import Blueprint, Response, make_response, redirect

from index.engine import Coverage, SearchIndexError
from index.sentences import Sentence, said, told_by
from kb.knowledge_base import KnowledgeBase
from kb.pipeline.understanding import Progress as Telling
from kb.report.problems import LibraryError, grouped
from kb.search.answers import SyncOutcome
from webui.texts import texts
from webui.undo_log import UndoEntry, UndoLog, after, awaited, came_from, waiting
from webui.view.answers import respond, wants_json

_SOON = 30.0  # seconds between two looks that tell of one pace
_log = logging.getLogger(__name__)
PATIENCE = 2.0  # seconds that an answer waits for an update before it shows its progress instead


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an update is: its step with what is done of how much, then its outcome or what stopped it."""

    running: bool = False
    step: str = ""
    done: int = 0
    total: int = 0
    outcome: SyncOutcome | None = None
    error: Sentence | None = None

    def record(self) -> dict[str, Any]:
        """Return it as JSON."""
        told = {"error": self.error and str(self.error), "outcome": self.outcome and self.outcome.record()}
        return {**asdict(replace(self, error=None, outcome=None)), **told}


class Updater:
    """Runs one update at a time, awaited by a thread of its own; one asked for meanwhile follows it.

    `failure` is what stopped the last one, None where that was done.
    """

    def __init__(self, sync: Callable[[Telling], SyncOutcome], failure: Sentence | None = None) -> None:
        self.progress = Progress(error=failure)
        self.failure = failure
        self._sync = sync
        self._lock = threading.Lock()
        self._wanted = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._ended = False

    def end(self) -> None:
        """Say nothing more: an update that is running ends with the server, and the next start does it."""
        self._ended = True

    def update(self, patience: float | None = None) -> bool:
        """Have the index brought up to the library as it is now; return whether that was done within the patience.

        It is told in seconds, PATIENCE by default.
        """
        with self._lock:
            self._wanted.set()
            if self._idle.is_set():
                self._idle.clear()
                self.progress = Progress(running=True)
                threading.Thread(target=self._run, name="update", daemon=True).start()
        return self._idle.wait(PATIENCE if patience is None else patience)

    def _run(self) -> None:
        while True:
            self._wanted.clear()
            ended = self._once()
            self.failure = ended.error
            with self._lock:
                if not self._wanted.is_set():
                    self.progress = ended
                    self._idle.set()
                    return

    def _once(self) -> Progress:
        try:
            return Progress(outcome=self._sync(self._tell))
        except Exception as error:  # noqa: BLE001  # shown on the page; a dead thread would start no other update
            if not self._ended:
                traced = None if isinstance(error, (LibraryError, SearchIndexError, OSError)) else error
                _log.error("the index could not be updated: %s", error, exc_info=traced)
            return Progress(error=told_by(error) if str(error) else said("{0}", repr(error)))

    def _tell(self, step: str, done: int, total: int) -> None:
        self.progress = replace(self.progress, step=step, done=done, total=total)


class Pace:
    """How fast vectors are made, as looks at how many there are tell, one soon after the other."""

    def __init__(self) -> None:
        self._first: tuple[float, int] | None = None
        self._last = 0.0

    def seconds_left(self, known: Coverage) -> float | None:
        """Return how long it is until all notes have theirs, None before that can be told."""
        now = time.monotonic()
        if self._first is None or known.embedded < self._first[1] or now > self._last + _SOON:
            self._first = now, known.embedded
        self._last = now
        then, embedded = self._first
        made = known.embedded - embedded
        return (now - then) / made * (known.documents - known.embedded) if made else None


def pages(updater: Updater, knowledge_base: KnowledgeBase, undo_log: UndoLog) -> Blueprint:
    """Return the page of the update."""
    blueprint = Blueprint("updating", __name__)
    pace = Pace()

    @blueprint.post("/sync")
    def start() -> Response:
        settled, back = updater.update(), came_from("/sync")
        if back == "/sync":
            return make_response(redirect(back, 303))
        return undo_log.told(_undo_entry(), back) if settled else waiting(back)

    def _undo_entry() -> UndoEntry:
        if known := undo_log.shown():
            return known
        outcome = updater.progress.outcome
        wrong = outcome.problems if outcome else ()
        besides = f"{texts.PROBLEMS} {texts.by_cause(len(wrong), len(grouped(wrong)))}" if wrong else ""
        return undo_log.keep(texts.outcome(outcome) if outcome else texts.UPDATE_FAILED, None, besides)

    @blueprint.get("/sync")
    def show() -> Response:
        progress, back = updater.progress, awaited()
        if back and not progress.running and not wants_json():
            return make_response(redirect(after(back, _undo_entry().key), 303))
        known = knowledge_base.keeper.coverage() if knowledge_base.browser.reports() else None
        lacking = known if known and known.embedded < known.documents else None
        left = pace.seconds_left(lacking) if lacking else None
        return respond("sync.html", progress.record, progress=progress, lacking=lacking, left=left)

    return blueprint
