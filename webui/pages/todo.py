"""The page of open questions: missing dates, events and speakers, likely claims to confirm, and searches in vain."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import get_args

from flask import Blueprint, Response, make_response, redirect, request
from msgspec import to_builtins
from msgspec.structs import replace

from kb.indexing.outcomes import LessonPreview
from kb.knowledge_base import KnowledgeBase
from kb.library.configuration import Configuration
from kb.library.contents import ReportEntry, Unused
from kb.report.dates import date_or_none
from kb.report.model import Claim, Correction, Talk, TalkCorrection
from kb.report.problems import FileProblem, Missing
from kb.search.collection import Cached
from kb.translation import _, marked, ngettext
from webui.http.responses import respond
from webui.http.security import Access
from webui.http.undo_log import Undo, UndoLog, came_from
from webui.http.uploads import RefusedError
from webui.pages.assisted import ReadLine, ShownLines, lines_read
from webui.pages.merging import CAUSES, OpenProposals
from webui.pages.panel import denied
from webui.pages.updating import Updater
from webui.view.listing import asked_page, paged

_ORDER: tuple[Missing, ...] = ("date", "event", "speaker", "talk", "advice", "problem", "service")
_SEARCHED = "searched"  # the list of searches that found nothing
_ASSISTANT = "assistant"  # the list of what assistants read differently
_MISTAKES = "mistakes"  # the list of mistakes in kb.toml, and of its corrections without effect
_TITLES = {
    "date": marked("Reports without a date"),
    "event": marked("Reports without an event"),
    "speaker": marked("Talks without a speaker"),
    "talk": marked("Lines that may be talks"),
    "advice": marked("Notes that may be advice"),
    "problem": marked("Notes that may be problems"),
    "service": marked("Unknown services"),
    "events": marked("Events that may be one"),
    "people": marked("People who may be one"),
    _SEARCHED: marked("Searched and not found"),
    _ASSISTANT: marked("Read by an assistant"),
    _MISTAKES: marked("Without effect in kb.toml"),
}
_ALIKE = marked(
    "Names that are alike. Yes (y): the right name is shown for both, and all addresses still lead there."
    " No (n): they stay two. u undoes the last answer."
)
_INSTRUCTIONS = {
    "date": marked(
        "Write the day of the event as 2018, 2018-03, 2018-03-10 or 10 March 2018."
        " If the day that is shown is right, y is enough."
    ),
    "event": marked("Write which event a report is about."),
    "speaker": marked(
        "Write the speakers with commas between them. If nobody speaks, leave it empty and press Correct."
    ),
    "talk": marked("The likeliest talks first: answer each by yes (y) or no (n); u undoes the last answer."),
    "advice": marked("The likeliest advice first: answer each by yes (y) or no (n); u undoes the last answer."),
    "problem": marked("The likeliest problems first: answer each by yes (y) or no (n); u undoes the last answer."),
    "service": marked(
        "Words that look like the name of a service. Add it under [services] in kb.toml to have it as a tag."
    ),
    "events": _ALIKE,
    "people": _ALIKE,
    _SEARCHED: marked(
        "The latest searches that found neither a note nor a talk: perhaps what to note next. They leave the list once"
        " they find something. They are kept on this machine and sent nowhere; with keep_not_found = false in kb.toml"
        " none is kept."
    ),
    _ASSISTANT: marked(
        "What assistants read differently from kb, newest first. It holds until you take it back or correct it; an"
        " assistant is not asked again about what you took back."
    ),
    _MISTAKES: marked(
        "Mistakes in kb.toml, and corrections in it that apply to no report, talk or note: it was edited, moved or"
        " removed. Correct kb.toml, then update the index."
    ),
}
_CONSEQUENCES = {
    "talk": marked(
        "Yes: the notes below this line become notes of this talk. No: they stay with the talk above, or the report."
    ),
    "advice": marked(
        "Yes: it is listed with the sure advice. No: it is not listed as advice any more."
        " Other notes keep their kinds until you let kb learn from the answers."
    ),
    "problem": marked(
        "Yes: it is listed with the sure problems and their remedies. No: it is not listed as a problem any more."
        " Other notes keep their kinds until you let kb learn from the answers."
    ),
}
_PAGE_SIZE = 20
_MAX_ANSWERS = 100  # in one request


@dataclass(frozen=True, slots=True)
class Task:
    """A missing piece of a report, or a claim to confirm, on a line with its text.

    `talk` is a talk without speakers, and `text` then a likely speaker. A claim has the id `about` and the probability
    `likely`.
    """

    what: Missing
    report: ReportEntry
    line: int | None = None
    text: str = ""
    talk: Talk | None = None
    likely: float = 0.0
    about: str = ""

    @property
    def key(self) -> str:
        """A key that stays the same while other tasks are done."""
        return f"{self.report.id}:{self.line or ''}"

    @property
    def day(self) -> str | None:
        """The day of the event that the text may name, None if it names none."""
        return date_or_none(self.text, self.report.published) if self.what == "date" else None

    def is_done(self, configuration: Configuration) -> bool:
        """Return whether kb.toml has the correction already, even if the index does not."""
        of_file = configuration.override(self.report.source)
        of_line = configuration.talks.get(self.about, TalkCorrection())
        of_note = configuration.corrections.get(self.about, Correction())
        return {
            "date": of_file.held_on is not None,
            "event": of_file.event is not None,
            "speaker": of_line.speakers is not None,
            "talk": of_line.talk is not None,
        }.get(self.what, of_note.kind is not None or self.what in of_note.denied)


def pages(knowledge_base: KnowledgeBase, access: Access, proposed: OpenProposals) -> Blueprint:
    """Return the page of tasks; templates get their numbers from `tasks_left`."""
    blueprint = Blueprint("todo", __name__)
    cached_tasks = Cached(knowledge_base.collection, lambda: tasks(knowledge_base))
    cached_lines = lines_read(knowledge_base)
    unlearned = Cached(knowledge_base.collection, lambda _digest: knowledge_base.indexer.unlearned())

    def open_tasks() -> Mapping[Missing, list[Task]]:
        configuration = knowledge_base.collection.library.configuration()[0]
        return {what: [task for task in own if not task.is_done(configuration)] for what, own in cached_tasks().items()}

    def numbers(found: Mapping[Missing, list[Task]]) -> dict[str, int]:
        same: dict[str, int] = {table: len(own) for table, own in proposed().items()}
        wrong = len(mistakes(knowledge_base))
        return {
            **{what: len(own) for what, own in found.items()},
            **same,
            _SEARCHED: len(knowledge_base.not_found.all()),
            **({_MISTAKES: wrong} if wrong else {}),  # rare: no empty list is shown
        }

    @blueprint.app_context_processor
    def template_functions() -> dict[str, object]:
        return {
            "tasks_left": lambda: sum(numbers(open_tasks()).values()),
            "was_read": lambda: any(entry.read_by for entry in knowledge_base.browser.reports()),
        }

    @blueprint.get("/todo")
    def show() -> Response:
        found, read = open_tasks(), cached_lines()
        counts = {**numbers(found), _ASSISTANT: len(read)}
        requested = request.args.get("what", "")
        what = requested if requested in counts else next((one for one in counts if counts[one]), _ORDER[0])
        missed = knowledge_base.not_found.listed(may_write=access.may_keep(request)) if what == _SEARCHED else ()
        counts |= numbers(found)  # without the searches that find something by now
        contents = knowledge_base.collection.contents()
        folder, report, by = (request.args.get(key, "") for key in ("folder", "report", "by"))
        tasks_of: Sequence[Task | ReadLine] = next((own for one, own in found.items() if one == what), [])
        if what == _ASSISTANT:
            tasks_of = [line for line in read if by in ("", line.reading.by)]
        listed = [task for task in tasks_of if report in ("", task.report.id) and folder in ("", task.report.folder)]
        pairs = [one for table, own in proposed().items() if table == what for one in own]
        kept = (("what", what), ("folder", folder), ("report", report), ("by", by))
        faults = mistakes(knowledge_base) if what == _MISTAKES else ()
        part = paged("/todo", [*listed, *pairs, *faults], asked_page(request.args), _PAGE_SIZE, kept=kept)
        shown = ShownLines(knowledge_base, [item for item in part.items if isinstance(item, ReadLine)])
        items = missed or [_record(item) for item in part.items]
        return respond(
            "todo.html",
            lambda: {"what": what, "total": counts[what] if missed else part.total, "tasks": items},
            what=what,
            counts=counts,
            missed=missed,
            part=part,
            folder=folder,
            by=by,
            of_report=next((task.report for task in listed), None) if report else None,
            folders=Counter(task.report.folder for task in tasks_of),
            assistants=sorted({line.reading.by for line in read}),
            shown=shown,
            learned=sum(contents.learned.values()) if contents else 0,
            unlearned=unlearned(knowledge_base.collection.library.configuration()[1]),
            titles=_TITLES,
            instructions=_INSTRUCTIONS,
            consequences=_CONSEQUENCES,
            causes=CAUSES,
        )

    return blueprint


def mistakes(knowledge_base: KnowledgeBase) -> tuple[FileProblem | Unused, ...]:
    """Return the mistakes in kb.toml, and its corrections that apply to nothing in the newest generation."""
    contents = knowledge_base.collection.contents()
    return (*knowledge_base.collection.library.configuration()[2], *(contents.unused if contents else ()))


def _record(item: object) -> object:
    """Return an item of the list for JSON."""
    if isinstance(item, ReadLine):
        return item.record
    problem = item.problem if isinstance(item, Unused) else item
    return problem.record() if isinstance(problem, FileProblem) else problem


def tasks(knowledge_base: KnowledgeBase) -> Mapping[Missing, tuple[Task, ...]]:
    """Return all tasks: claims by their probability, others by their report, newest first, proposals first."""
    found: dict[Missing, list[Task]] = {what: [] for what in _ORDER}
    for entry in knowledge_base.browser.reports():
        for finding in entry.findings:
            if finding.what != "speaker":
                about = f"{entry.id}/{finding.about}" if finding.what in ("advice", "problem") else finding.about
                found[finding.what].append(
                    Task(finding.what, entry, finding.line, finding.text, likely=finding.likely, about=about)
                )
        found["speaker"] += _without_speaker(entry)
    return {what: tuple(sorted(own, key=lambda task: (-task.likely, not task.text))) for what, own in found.items()}


def _without_speaker(entry: ReportEntry) -> Iterator[Task]:
    """Yield a task for each talk without speakers, with the first likely name before the next talk.

    If an assistant read the talk, nobody speaks in it.
    """
    names = [finding for finding in entry.findings if finding.what == "speaker"]
    for talk, after in pairwise((*entry.talks, None)):
        if talk and not talk.speakers and not talk.read_by:
            inside = (
                one for one in names if talk.line <= (one.line or 0) and (after is None or (one.line or 0) < after.line)
            )
            name = next(inside, None)
            text, likely = (name.text, name.likely) if name else ("", 0.0)
            yield Task("speaker", entry, talk.line, text, talk, likely, talk.id)


def answers(knowledge_base: KnowledgeBase, updater: Updater, undo_log: UndoLog) -> Blueprint:
    """Return the routes that apply one answer to many claims and learn from answers, each with one undo for all."""
    blueprint = Blueprint("answers", __name__)
    corrector = knowledge_base.corrector
    cached_lesson = Cached(knowledge_base.collection, lambda _digest: knowledge_base.indexer.preview_lesson())

    def preview() -> LessonPreview | None:
        return cached_lesson(knowledge_base.collection.library.configuration()[1])

    @blueprint.get("/todo/lesson")
    def show_lesson() -> Response:
        lesson = preview()
        return respond("lesson.html", lambda: {"lesson": to_builtins(lesson)}, lesson=lesson)

    @blueprint.post("/todo/lesson")
    def learn() -> Response:
        lesson = preview()
        shown = (request.form.get("corrections"), request.form.get("readings_until", ""))
        learned = (str(lesson.lesson.corrections), lesson.lesson.readings_until) if lesson else ()
        if lesson is None or lesson.too_many or shown != learned:
            return make_response(redirect("/todo/lesson", 303))  # what was shown is not what would be learned now
        undo = Undo(corrector.lesson, corrector.lesson(lesson.lesson))
        count = len(lesson.changes)
        text = ngettext(
            "Learned: the kind of {count:,} other note changes.",
            "Learned: the kinds of {count:,} other notes change.",
            count,
        )
        return undo_log.redirect_back(undo_log.add(text, undo), "/todo", synced=updater.update())

    @blueprint.post("/todo/answers")
    def answer() -> Response:
        what, is_yes = request.form.get("what", ""), request.form.get("answer") == "yes"
        claim = next((one for one in get_args(Claim) if one == what), None)
        known = {task.about for task in tasks(knowledge_base)[claim or "talk"]} if claim or what == "talk" else set()
        ids = [about for about in dict.fromkeys(request.form.getlist("about")) if about in known][:_MAX_ANSWERS]
        if not ids:
            raise RefusedError(_("Nothing is chosen. Choose what to answer."), "about")
        with corrector.together():
            if claim:
                change = partial(replace, kind=claim, denied=()) if is_yes else partial(denied, claim=claim)
                edits = [corrector.note(about, change) for about in ids]
            else:
                change_talk = partial(replace, talk=is_yes)
                edits = [corrector.talk(corrector.own_talk_ids(about), change_talk) for about in ids]
        count = len(ids)
        text = _("{count:,} answered: yes.", count=count) if is_yes else _("{count:,} answered: no.", count=count)
        undo_entry = undo_log.add(text, Undo(corrector.revert, edits))
        return undo_log.redirect_back(undo_entry, came_from("/todo"), synced=updater.update(0))

    @blueprint.post("/todo/searched")
    def forget() -> Response:
        text = request.form.get("text", "")
        knowledge_base.not_found.remove(text)
        said = _("“{text}” was removed. It is listed again after another search that finds nothing.", text=text)
        return undo_log.redirect_back(undo_log.add(said, None), came_from("/todo"))

    return blueprint
