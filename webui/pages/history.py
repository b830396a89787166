"""更新: what the last syncs changed, each with what did it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request

from kb.knowledge_base import KnowledgeBase
from kb.report.difference import Difference, Item, ReportDifference
from kb.search.announcing import item_name
from webui.view.answers import respond
from webui.view.listing import Page, asked_page, paged

_SIZE = 20  # reports of a page
_FIRST = 10  # things of a report that are shown before one asks for the rest


@dataclass(frozen=True, slots=True)
class Changed:
    """What came, went and changed of a report: the first of it, and the rest."""

    report: ReportDifference
    first: tuple[Item, ...]
    rest: tuple[Item, ...]


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the pages of what the last syncs changed."""
    blueprint = Blueprint("history", __name__)
    announcer = knowledge_base.announcer

    @blueprint.get("/updates")
    def every() -> Response:
        found = announcer.differences()
        return respond(
            "updates.html",
            lambda: {"updates": [{"key": key, **_brief(one)} for key, one in found.items()]},
            updates=found,
            moment=datetime.fromisoformat,
        )

    @blueprint.get("/updates/<key>")
    def one(key: str) -> Response:
        difference = announcer.difference(key)
        part = paged(f"/updates/{key}", difference.reports, asked_page(request.args), _SIZE)
        return respond(
            "update.html",
            lambda: {"key": key, **asdict(difference)},
            difference=difference,
            part=_shown(part),
            name=lambda item: item_name(item, knowledge_base.collection.domain),
            moment=datetime.fromisoformat,
        )

    return blueprint


def _brief(difference: Difference) -> dict[str, Any]:
    """Return a difference as JSON without what it lists."""
    return {"at": difference.at, "first": difference.first, "counts": difference.counts}


def _shown(part: Page[ReportDifference]) -> Page[Changed]:
    changed = (Changed(report, report.items[:_FIRST], report.items[_FIRST:]) for report in part.items)
    return Page(part.path, part.kept, tuple(changed), part.total, part.number, part.pages, part.first)
