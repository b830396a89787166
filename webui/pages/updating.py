"""Bringing the index up to the library while the page answers: how far it is, and what the last syncs changed."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, make_response, redirect, request

from index.engine import Coverage, SearchIndexError
from index.messages import Message, message_of
from kb.indexing.news import item_name
from kb.indexing.outcomes import SyncOutcome
from kb.knowledge_base import KnowledgeBase
from kb.pipeline.reports import Progress as Reporting
from kb.report.problems import LibraryError, grouped
from kb.translation import _, marked, ngettext
from webui import wording
from webui.http.responses import respond, wants_json
from webui.http.undo_log import UndoEntry, UndoLog, after, awaited, came_from, waiting
from webui.view.listing import asked_page, paged

_STEPS = {
    "": marked("Looking at the library"),
    "reading": marked("Reading"),
    "writing": marked("Writing the index"),
    "embedding": marked("Learning meanings"),
}
_MIN_MINUTES = 90  # seconds from which on a time is shown in minutes
_SOON = 30.0  # seconds between two looks at one pace
_log = logging.getLogger(__name__)
PATIENCE = 2.0  # seconds that an answer waits for an update before it shows its progress instead
_REPORTS = 20  # of a page
_ITEMS = 10  # of a report that are shown before one asks for the rest


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an update is: its step with what is done of how much, then its outcome or what stopped it."""

    running: bool = False
    step: str = ""
    done: int = 0
    total: int = 0
    outcome: SyncOutcome | None = None
    error: Message | None = None

    def record(self) -> dict[str, Any]:
        """Return it as JSON."""
        ended = {"error": self.error and str(self.error), "outcome": self.outcome and self.outcome.record()}
        return {**asdict(replace(self, error=None, outcome=None)), **ended}


class Updater:
    """Runs one update at a time, in a thread of its own; one asked for meanwhile follows it. Shared by threads.

    `failure` is what stopped the last one, None where that was done.
    """

    def __init__(self, sync: Callable[[Reporting], SyncOutcome], failure: Message | None = None) -> None:
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

        That is in seconds, PATIENCE by default. It is False too where that failed, as `failure` says.
        """
        with self._lock:
            self._wanted.set()
            if self._idle.is_set():
                self._idle.clear()
                self.progress = Progress(running=True)
                threading.Thread(target=self._run, name="update", daemon=True).start()
        return self._idle.wait(PATIENCE if patience is None else patience) and self.failure is None

    def _run(self) -> None:
        while True:
            self._wanted.clear()
            ended = self._once()
            with self._lock:
                self.failure = ended.error
                if not self._wanted.is_set():
                    self.progress = ended
                    self._idle.set()
                    return

    def _once(self) -> Progress:
        try:
            return Progress(outcome=self._sync(self._step))
        except Exception as error:  # noqa: BLE001  # shown on the page; a dead thread would start no other update
            if not self._ended:
                traced = None if isinstance(error, (LibraryError, SearchIndexError, OSError)) else error
                _log.error("the index could not be updated: %s", error, exc_info=traced)
            return Progress(error=message_of(error))

    def _step(self, step: str, done: int, total: int) -> None:
        self.progress = replace(self.progress, step=step, done=done, total=total)


class Pace:
    """How fast vectors are made, by looks at how many there are, one soon after the other; shared by threads."""

    def __init__(self) -> None:
        self._first: tuple[float, int] | None = None  # the moment of the first look, and how many there were
        self._last = 0.0
        self._lock = threading.Lock()

    def seconds_left(self, known: Coverage) -> float | None:
        """Return how long it is until all notes have theirs, None before that is known."""
        now = time.monotonic()
        with self._lock:
            if self._first is None or known.embedded < self._first[1] or now > self._last + _SOON:
                self._first = now, known.embedded
            self._last = now
            then, embedded = self._first
        made = known.embedded - embedded
        return (now - then) / made * (known.documents - known.embedded) if made else None


def _step_text(progress: Progress) -> str:
    """Return the step of an update, and its progress."""
    step = _(_STEPS[progress.step]) if progress.step in _STEPS else progress.step
    if not progress.total:
        return step
    return _("{step} ({done:,}/{total:,})", step=step, done=progress.done, total=progress.total)


def _outcome_text(outcome: SyncOutcome) -> str:
    return ngettext(
        "Reports: {outcome.new:,} new, {outcome.changed:,} changed, {outcome.gone:,} gone, "
        "{outcome.unchanged:,} unchanged. {count:,} note searchable by words in {outcome.seconds:.1f} s.",
        "Reports: {outcome.new:,} new, {outcome.changed:,} changed, {outcome.gone:,} gone, "
        "{outcome.unchanged:,} unchanged. {count:,} notes searchable by words in {outcome.seconds:.1f} s.",
        outcome.notes,
        outcome=outcome,
    )


def _time_left(seconds: float) -> str:
    if seconds >= _MIN_MINUTES:
        return _("About {minutes:.0f} minutes left.", minutes=seconds / 60)
    return _("About {seconds:.0f} seconds left.", seconds=seconds)


def pages(knowledge_base: KnowledgeBase, updater: Updater, undo_log: UndoLog) -> Blueprint:
    """Return the page of the update, and those of what the last syncs changed."""
    blueprint = Blueprint("updating", __name__)
    pace, update_feed = Pace(), knowledge_base.updates

    @blueprint.post("/sync")
    def start() -> Response:
        settled, back = updater.update(), came_from("/sync")
        if back == "/sync":
            return make_response(redirect(back, 303))
        return undo_log.redirect_back(_undo_entry(), back) if settled else waiting(back)

    def _undo_entry() -> UndoEntry:
        if known := undo_log.of_request():
            return known
        outcome = updater.progress.outcome
        wrong = outcome.problems if outcome else ()
        title = _("Files that could not be read, and notices")
        besides = f"{title} {wording.by_cause(len(wrong), len(grouped(wrong)))}" if wrong else ""
        return undo_log.add(
            _outcome_text(outcome) if outcome else _("The index could not be updated; the previous one answers."),
            None,
            besides,
        )

    @blueprint.get("/sync")
    def show() -> Response:
        progress, back = updater.progress, awaited()
        if back and not progress.running and not wants_json():
            return make_response(redirect(after(back, _undo_entry().key), 303))
        known = knowledge_base.indexer.coverage() if knowledge_base.browser.reports() else None
        lacking = known if known and known.embedded < known.documents else None
        left = pace.seconds_left(lacking) if lacking else None
        return respond(
            "sync.html",
            progress.record,
            progress=progress,
            lacking=lacking,
            left=left,
            step_text=_step_text,
            outcome_text=_outcome_text,
            time_left=_time_left,
        )

    @blueprint.get("/updates")
    def updates() -> Response:
        listed = update_feed.differences()
        return respond(
            "updates.html",
            lambda: {
                "updates": [
                    {"key": key, "at": one.at, "first": one.first, "counts": one.counts} for key, one in listed.items()
                ]
            },
            updates=listed,
            moment=datetime.fromisoformat,
        )

    @blueprint.get("/updates/<key>")
    def update(key: str) -> Response:
        difference = update_feed.difference(key)
        return respond(
            "update.html",
            lambda: {"key": key, **asdict(difference)},
            difference=difference,
            part=paged(f"/updates/{key}", difference.reports, asked_page(request.args), _REPORTS),
            most_items=_ITEMS,
            name=lambda item: item_name(item, knowledge_base.collection.domain),
            moment=datetime.fromisoformat,
        )

    return blueprint
