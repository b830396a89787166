"""Syncs in the background: the updater, the page of its progress, and the pages of the last changes."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal

from flask import Blueprint, Response, make_response, redirect, request

from index.engine import Coverage, SearchIndexError
from index.messages import Message, message_of
from kb.indexing.news import item_name
from kb.indexing.outcomes import SyncOutcome
from kb.knowledge_base import KnowledgeBase
from kb.pipeline.reports import Progress as ReportProgress
from kb.report.problems import LibraryError, grouped
from kb.translation import _, marked, ngettext
from webui import wording
from webui.http.responses import respond, wants_json, without_folders
from webui.http.undo_log import UndoEntry, UndoLog, after, awaited, came_from, waiting
from webui.view.listing import asked_page, paged

_STEPS = {
    "": marked("Looking at the library"),
    "reading": marked("Reading"),
    "classifying": marked("Classifying the notes"),
    "writing": marked("Writing the index"),
    "embedding": marked("Learning meanings"),
}
_MIN_MINUTES = 90  # seconds; longer times are shown in minutes
_MAX_PAUSE = 30.0  # seconds between two observations of one embedding run
_log = logging.getLogger(__name__)
PATIENCE = 2.0  # seconds that a response waits for an update before it shows its progress instead
_REPORTS = 20  # on a page
_ITEMS = 10  # of a report that are not folded


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of an update: the items `done` of a step, then the outcome or the error."""

    running: bool = False
    step: str = ""
    done: int = 0
    total: int = 0
    outcome: SyncOutcome | None = None
    error: Message | None = None

    def record(self) -> dict[str, Any]:
        """Return the progress as JSON."""
        ended = {"error": self.error and str(self.error), "outcome": self.outcome and self.outcome.record()}
        return {**asdict(replace(self, error=None, outcome=None)), **ended}


class Updater:
    """Runs one update at a time in a thread; a request meanwhile starts another one after it. Thread-safe.

    `failure` is the error of the last update, None if it succeeded. `unwatched` is why the library is not watched, None
    if it is or need not be.
    """

    def __init__(self, sync: Callable[[ReportProgress], SyncOutcome], failure: Message | None = None) -> None:
        self.failure = failure and without_folders(failure)
        self.progress = Progress(error=self.failure)
        self.unwatched: Message | None = None
        self._sync = sync
        self._lock = threading.Lock()
        self._requested = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._ended = False

    def end(self) -> None:
        """Log no more errors: a running update ends with the server, and the next start repeats it."""
        self._ended = True

    def report_watching(self, failure: Message | None) -> None:
        """Log why the library cannot be watched, or that it is watched again (None), and keep it for /readyz."""
        self.unwatched = failure
        _log.warning("%s", failure or "the library is watched again")

    def update(self, patience: float | None = None) -> bool:
        """Start an update; return whether it succeeds within `patience` seconds, PATIENCE by default."""
        with self._lock:
            self._requested.set()
            if self._idle.is_set():
                self._idle.clear()
                self.progress = Progress(running=True)
                threading.Thread(target=self._run, name="update", daemon=True).start()
        return self._idle.wait(PATIENCE if patience is None else patience) and self.failure is None

    def _run(self) -> None:
        while True:
            self._requested.clear()
            ended = self._once()
            with self._lock:
                self.failure = ended.error
                if not self._requested.is_set():
                    self.progress = ended
                    self._idle.set()
                    return

    def _once(self) -> Progress:
        def report(step: str, done: int, total: int) -> None:
            self.progress = replace(self.progress, step=step, done=done, total=total)

        try:
            return Progress(outcome=self._sync(report))
        except Exception as error:  # noqa: BLE001  # shown on the page; a dead thread would start no other update
            if not self._ended:
                traced = None if isinstance(error, (LibraryError, SearchIndexError, OSError)) else error
                _log.error("the index could not be updated: %s", error, exc_info=traced)
            return Progress(error=without_folders(message_of(error)))


def staleness(knowledge_base: KnowledgeBase, updater: Updater) -> Literal["", "away", "damaged", "behind"]:
    """Return why the answers may be out of date, empty if they are current or there are none."""
    try:
        if knowledge_base.collection.away():
            return "away"
        damage = knowledge_base.collection.damage()
    except SearchIndexError:  # the page itself reports it
        return ""
    return "damaged" if damage else "behind" if updater.failure else ""


class Pace:
    """Estimates the end of embedding from repeated observations of the number of vectors. Thread-safe."""

    def __init__(self) -> None:
        self._first: tuple[float, int] | None = None  # time and number of vectors of the first observation
        self._last = 0.0
        self._lock = threading.Lock()

    def seconds_left(self, coverage: Coverage) -> float | None:
        """Return the seconds until all notes have vectors, None until the speed is known."""
        now = time.monotonic()
        with self._lock:
            if self._first is None or coverage.embedded < self._first[1] or now > self._last + _MAX_PAUSE:
                self._first = now, coverage.embedded
            self._last = now
            then, embedded = self._first
        made = coverage.embedded - embedded
        return (now - then) / made * (coverage.documents - coverage.embedded) if made else None


def _step_text(progress: Progress) -> str:
    step = _(_STEPS[progress.step]) if progress.step in _STEPS else progress.step
    if not progress.total:
        return step
    return _("{step} ({done:,}/{total:,})", step=step, done=progress.done, total=progress.total)


def kinds_read(updater: Updater, corrected: str) -> str:
    """Return that the last update gave other notes than the corrected one another kind, empty if it gave none."""
    outcome = updater.progress.outcome
    reports = outcome.difference.reports if outcome and outcome.difference else ()
    others = {item.note for report in reports for item in report.items if item.sort == "kind"} - {corrected}
    if not others:
        return ""
    return ngettext(
        "The sentence model has read its report meanwhile, and {count:,} other note has another kind.",
        "The sentence model has read its report meanwhile, and {count:,} other notes have another kind.",
        len(others),
    )


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
    """Return the page of the running update, and the pages of the changes by the last updates."""
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
            return undo_log.explain(known, kinds_read(updater, known.anchor) if known.anchor else "")
        outcome = updater.progress.outcome
        problems = outcome.problems if outcome else ()
        title = _("Files that could not be read, and notices")
        detail = f"{title} {wording.by_cause(len(problems), len(grouped(problems)))}" if problems else ""
        text = _outcome_text(outcome) if outcome else _("The index could not be updated; the previous one answers.")
        return undo_log.explain(undo_log.add(text, None), detail)

    @blueprint.get("/sync")
    def show() -> Response:
        progress, back = updater.progress, awaited()
        if back and not progress.running and not wants_json():
            return make_response(redirect(after(back, _undo_entry().key), 303))
        coverage = knowledge_base.indexer.coverage() if knowledge_base.browser.reports() else None
        lacking = coverage if coverage and coverage.embedded < coverage.documents else None
        return respond(
            "sync.html",
            progress.record,
            progress=progress,
            lacking=lacking,
            left=pace.seconds_left(lacking) if lacking else None,
            step_text=_step_text,
            outcome_text=_outcome_text,
            time_left=_time_left,
        )

    @blueprint.get("/updates")
    def updates() -> Response:
        differences = update_feed.differences()
        return respond(
            "updates.html",
            lambda: {
                "updates": [
                    {"key": key, "at": one.at, "first": one.first, "read": one.read, "counts": one.counts}
                    for key, one in differences.items()
                ]
            },
            updates=differences,
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
