"""直すところ: what reports do not tell, or not plainly, as lists to work through."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from flask import Blueprint, Response, request

from kb.knowledge_base import KnowledgeBase
from kb.library.contents import ReportEntry
from kb.report.model import Talk
from kb.report.problems import Missing
from webui.view.answers import respond
from webui.view.kept import Kept
from webui.view.listing import asked_page, paged

_ORDER: tuple[Missing, ...] = ("date", "event", "speaker", "talk", "service")
_PAGE_SIZE = 20


@dataclass(frozen=True, slots=True)
class Task:
    """Something to put right: what is missing in which report, on which line, and the words that may tell it.

    `talk` is the one of which nobody is known to speak; `text` may then be who does.
    """

    report: ReportEntry
    line: int | None = None
    text: str = ""
    talk: Talk | None = None


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the page of what is to be put right."""
    blueprint = Blueprint("todo", __name__)
    every = Kept(knowledge_base, lambda: tasks(knowledge_base))

    @blueprint.app_context_processor
    def counted() -> dict[str, object]:
        return {"to_put_right": lambda: {what: len(found) for what, found in every().items() if found}}

    @blueprint.get("/todo")
    def show() -> Response:
        found = every()
        asked = request.args.get("what")
        what = next((one for one in _ORDER if one == asked), next((one for one in _ORDER if found[one]), _ORDER[0]))
        part = paged("/todo", found[what], asked_page(request.args), _PAGE_SIZE, kept=(("what", what),))
        return respond(
            "todo.html",
            lambda: {"what": what, "total": part.total, "tasks": part.items},
            what=what,
            counts={one: len(found[one]) for one in _ORDER},
            part=part,
        )

    return blueprint


def tasks(knowledge_base: KnowledgeBase) -> Mapping[Missing, tuple[Task, ...]]:
    """Return what is to be put right, by what is missing, of the newest reports first."""
    told = knowledge_base.collection.tools.configuration.speakers
    found: dict[Missing, list[Task]] = {what: [] for what in _ORDER}
    for entry in knowledge_base.browser.reports():
        for doubt in entry.doubts:
            if doubt.what != "speaker":
                found[doubt.what].append(Task(entry, doubt.line, doubt.text))
        found["speaker"] += _without_speaker(entry, told)
    return {what: tuple(every) for what, every in found.items()}


def _without_speaker(entry: ReportEntry, told: Mapping[str, object]) -> Iterator[Task]:
    """Yield the talks of a report of which nobody is known to speak, nor was told to."""
    names = [(doubt.line or 0, doubt.text) for doubt in entry.doubts if doubt.what == "speaker"]
    for talk, after in pairwise((*entry.talks, None)):
        if talk and not talk.speakers and talk.id not in told:
            inside = (name for line, name in names if talk.line <= line and (after is None or line < after.line))
            yield Task(entry, talk.line, next(inside, ""), talk)
