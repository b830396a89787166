"""Saved searches: kept in kb.toml by a name, listed with what is new in each since it was last opened here."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias
from urllib.parse import parse_qsl, quote

from flask import Blueprint, Response, make_response, render_template, request

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.library.file_changes import ChangedSinceError
from kb.library.tables import LONGEST_ADDRESS, LONGEST_NAME, MOST_SEARCHES, SavedSearch
from webui.address import address_of, pairs_of, query_of, resolved, turned_to
from webui.pages.updating import Updater
from webui.received import RefusedError, tell_refusals
from webui.seen import seen
from webui.texts import texts
from webui.undo_log import UndoLog, came_from, undoing
from webui.view.answers import respond, wants_json
from webui.view.kept import Kept

_Done: TypeAlias = tuple[SavedSearch, int | None]  # a search that was saved, or with its place one that was forgotten
_MEANING = re.compile(r"[%&+#;\x00-\x1f\x7f]")  # what an address reads as something else than itself


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved search as it is listed: how many notes it finds, and how many are new here, None before it was opened."""

    name: str
    url: str
    total: int
    new: int | None


class SavedSearches:
    """The saved searches of a knowledge base, counted once a generation; what is new is asked for each browser."""

    def __init__(self, knowledge_base: KnowledgeBase) -> None:
        self._knowledge_base = knowledge_base
        self._counted = Kept(knowledge_base, self._count)

    def __call__(self) -> tuple[Saved, ...]:
        """Return them in the order of kb.toml."""
        return tuple(replace(saved, new=self._new(query)) for saved, query in self._counted())

    def holds(self, address: str) -> bool:
        """Tell whether the search of an address is saved."""
        return any(saved.url == address for saved, _ in self._counted())

    def _count(self) -> tuple[tuple[Saved, Query], ...]:
        searches = self._knowledge_base.corrector.searches()
        queries = [query_at(search.address, self._knowledge_base) for search in searches]
        totals = [
            answer.total for answer in self._knowledge_base.searcher.each(*(replace(q, limit=0) for q in queries))
        ]
        return tuple(
            (Saved(search.name, address_of(query), total, None), query)
            for search, query, total in zip(searches, queries, totals, strict=True)
        )

    def _new(self, query: Query) -> int | None:
        moment = seen(address_of(query))
        return None if moment is None else self._knowledge_base.announcer.new_since(query, moment)


def query_at(address: str, knowledge_base: KnowledgeBase) -> Query:
    """Return the search of an address as kb.toml has it; parts that mean nothing are left out."""
    query, _ = query_of(parse_qsl(address))
    return turned_to(resolved(query, knowledge_base.collection.catalogue), 1)


def pages(knowledge_base: KnowledgeBase, saved: SavedSearches, updater: Updater, undo_log: UndoLog) -> Blueprint:
    """Return the pages that list searches, save them and forget them."""
    blueprint = Blueprint("saved", __name__)
    corrector = knowledge_base.corrector

    @blueprint.get("/saved")
    def listed() -> Response:
        return respond("saved.html", lambda: {"searches": saved()}, **_form(saved))

    @blueprint.post("/saved")
    def save() -> Response:
        try:
            search = _told(knowledge_base)
        except RefusedError as error:
            if wants_json():
                raise
            return make_response(render_template("saved.html", **_form(saved, error)), 422)
        corrector.save(search)
        done: _Done = (search, None)
        undo = undoing(turned, done)
        undo_entry = undo_log.keep(texts.search_saved(search.name), undo)
        return undo_log.told(undo_entry, came_from("/"), settled=updater.update())

    @blueprint.post("/saved/remove")
    def forget() -> Response:
        name = request.form.get("name", "")
        gone: _Done | None = corrector.forget(name)
        undo = gone and undoing(turned, gone)
        undo_entry = undo_log.keep(texts.search_forgotten(name), undo)
        return undo_log.told(undo_entry, came_from("/"), settled=updater.update())

    def turned(done: _Done) -> _Done:
        search, place = done
        if place is not None:
            corrector.save(search, place)
            return search, None
        gone = corrector.forget(search.name, search.address)
        if gone is None:
            raise ChangedSinceError
        return gone

    tell_refusals(blueprint)
    return blueprint


def _form(saved: SavedSearches, refused: RefusedError | None = None) -> dict[str, object]:
    """Return what the page shows: the searches, and the form with what was told, and what of that was refused."""
    return {
        "searches": saved(),
        "address": request.values.get("address", ""),
        "name": request.values.get("name", ""),
        "back": request.values.get("back", "/"),
        "refused": refused,
    }


def _told(knowledge_base: KnowledgeBase) -> SavedSearch:
    """Return the search that a form tells. Raises RefusedError."""
    name, address = (" ".join(request.form.get(key, "").split()) for key in ("name", "address"))
    pairs = parse_qsl(address.removeprefix("/").removeprefix("?"))
    query, unread = query_of(pairs)
    if unread or not pairs:
        raise RefusedError(texts.unread(unread) or texts.NO_SEARCH, "address")
    if not name or not name.isprintable() or len(name) > LONGEST_NAME:
        raise RefusedError(texts.WRONG_NAME.format(most=LONGEST_NAME), "name")
    searches = knowledge_base.corrector.searches()
    if any(one.name == name for one in searches):
        raise RefusedError(texts.name_taken(name), "name")
    if len(searches) >= MOST_SEARCHES:
        raise RefusedError(texts.TOO_MANY_SEARCHES.format(most=MOST_SEARCHES), "name")
    kept = readable(pairs_of(turned_to(resolved(query, knowledge_base.collection.catalogue), 1)))
    if len(kept) > LONGEST_ADDRESS:
        raise RefusedError(texts.LONG_SEARCH, "address")
    return SavedSearch(name, kept)


def readable(pairs: Iterable[tuple[str, str]]) -> str:
    """Return an address as people write it, with no more escaped than would be read as something else."""
    return "&".join(
        f"{key}={_MEANING.sub(lambda one: quote(one[0], safe=''), value).replace(' ', '+')}" for key, value in pairs
    )
