"""Correcting in place which services a note is about and its kind: the page's hand on the library's kb.toml."""

from dataclasses import replace
from functools import partial
from typing import get_args

from flask import Blueprint, Response, make_response, redirect, request

from kb.knowledge_base import KnowledgeBase
from kb.report.model import Correction, Kind
from webui.address import page_address
from webui.pages.updating import Updater
from webui.received import RefusedError, tell_refusals
from webui.texts import texts


def pages(knowledge_base: KnowledgeBase, updater: Updater) -> Blueprint:
    """Return the address that corrections are sent to."""
    blueprint = Blueprint("correcting", __name__)

    @blueprint.post("/correct/<path:note_id>")
    def correct(note_id: str) -> Response:
        note = knowledge_base.browser.note(note_id)
        add, remove = _named("add"), _named("remove")
        change = partial(corrected, add=add, remove=remove)
        if "kind" in request.form:
            change = partial(replace, kind=_kind())
        knowledge_base.corrector.note(note.id, change)
        return make_response(redirect(page_address("note", note_id) if updater.update() else "/sync", 303))

    def _named(field: str) -> str | None:
        """Return the slug of the service that a field of the form names in any way; None where it is empty."""
        name = request.form.get(field, "").strip()
        service = knowledge_base.collection.catalogue.find(name) if name else None
        if name and service is None:
            raise RefusedError(texts.unknown_service(name))
        return service.slug if service else None

    def _kind() -> Kind | None:
        """Return the kind that the form names; None, where it is empty, leaves it to the evidence."""
        name = request.form["kind"].strip()
        kind = next((kind for kind in get_args(Kind) if kind == name), None)
        if name and kind is None:
            raise RefusedError(texts.unknown_kind(name))
        return kind

    tell_refusals(blueprint)
    return blueprint


def corrected(known: Correction, add: str | None, remove: str | None) -> Correction:
    """Return a correction with one service more that the note is, and one more that it is not about."""
    adds = dict.fromkeys((*known.adds, *([add] if add else ())))
    removes = dict.fromkeys((*known.removes, *([remove] if remove else ())))
    return replace(
        known,
        adds=tuple(slug for slug in adds if slug != remove),
        removes=tuple(slug for slug in removes if slug != add),
    )
