"""Many claims of 直すところ answered by one press, and taken back by one."""

from collections.abc import Sequence
from functools import partial
from typing import get_args

from flask import Blueprint, Response, request
from msgspec.structs import asdict, replace

from kb.knowledge_base import KnowledgeBase
from kb.report.model import Claim, TalkCorrection
from webui.pages.correcting import correction_of, denied, said_of, undoing_change
from webui.pages.todo import tasks
from webui.pages.updating import Updater
from webui.received import RefusedError, tell_refusals
from webui.texts import texts
from webui.undo_log import Undo, UndoLog, came_from

_MOST = 100  # of a request


def pages(knowledge_base: KnowledgeBase, updater: Updater, undo_log: UndoLog) -> Blueprint:
    """Return what takes answers to many claims."""
    blueprint = Blueprint("answering", __name__)
    corrector = knowledge_base.corrector

    def talk(about: str, *, holds: bool) -> Undo:
        ids = corrector.ids_of_talk(about)
        before = corrector.talk(ids, partial(replace, talk=holds))
        after = replace(before, talk=holds)
        return undoing_change(partial(corrector.talk, ids), asdict, lambda told: TalkCorrection(**told), before, after)

    def kind(about: str, claim: Claim, *, holds: bool) -> Undo:
        change = partial(replace, kind=claim, denied=()) if holds else partial(denied, claim=claim)
        before = corrector.note(about, change)
        return undoing_change(partial(corrector.note, about), said_of, correction_of, before, change(before))

    @blueprint.post("/todo/answers")
    def answer() -> Response:
        what, holds = request.form.get("what", ""), request.form.get("answer") == "yes"
        claim = next((one for one in get_args(Claim) if one == what), None)
        known = {task.about for task in tasks(knowledge_base)[claim or "talk"]} if claim or what == "talk" else set()
        every = [about for about in dict.fromkeys(request.form.getlist("about")) if about in known][:_MOST]
        if not every:
            raise RefusedError(texts.NOTHING_CHOSEN, "about")
        undos = [kind(about, claim, holds=holds) if claim else talk(about, holds=holds) for about in every]
        undo_entry = undo_log.keep(texts.answered(len(every), holds=holds), _together(undos))
        return undo_log.told(undo_entry, came_from("/todo"), settled=updater.update(0))

    tell_refusals(blueprint)
    return blueprint


def _together(undos: Sequence[Undo]) -> Undo:
    """Return what takes back several what was done, the last first."""

    def undo() -> tuple[str, Undo]:
        return "", _together([one()[1] for one in reversed(undos)])

    return undo
