"""Saved searches: kept in kb.toml by a name, listed with what is new in each since this browser opened it last."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias
from urllib.parse import parse_qsl, quote

from flask import Blueprint, Request, Response, make_response, render_template, request

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.library.file_changes import ChangedSinceError
from kb.library.tables import MAX_SEARCH_ADDRESS, MAX_SEARCH_NAME, MAX_SEARCHES, SavedSearch
from kb.translation import _
from webui import wording
from webui.http.address import address_of, at_page, pairs_of, query_of, resolved
from webui.http.responses import respond, wants_json
from webui.http.undo_log import UndoLog, came_from, undoing
from webui.http.uploads import RefusedError, handle_refusals
from webui.pages.updating import Updater
from webui.view.cached import Cached

_Done: TypeAlias = tuple[SavedSearch, int | None]  # a search that was saved, or with its place one that was forgotten
_MEANING = re.compile(r"[%&+#;\x00-\x1f\x7f]")  # what an address reads as something else than itself
COOKIE = "kb_seen"
_A_YEAR = 365 * 24 * 3600  # seconds
_KEY = 8  # hexadecimal digits of the digest of an address
_SEEN = re.compile(rf"([0-9a-f]{{{_KEY}}})\.([0-9]{{14}})")  # 20261126T102030 without the T
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)")


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
        self._counts = Cached(knowledge_base, self._count)

    def __call__(self) -> tuple[Saved, ...]:
        """Return them in the order of kb.toml."""
        return tuple(replace(saved, new=self._new(query)) for saved, query in self._counted())

    def holds(self, address: str) -> bool:
        """Tell whether the search of an address is saved."""
        return any(saved.url == address for saved, _ in self._counted())

    def _counted(self) -> tuple[tuple[Saved, Query], ...]:
        return self._counts(tuple(self._knowledge_base.corrector.searches()))

    def _count(self, searches: tuple[SavedSearch, ...]) -> tuple[tuple[Saved, Query], ...]:
        queries = [query_at(search.address, self._knowledge_base) for search in searches]
        answers = self._knowledge_base.searcher.each(*(replace(query, limit=0) for query in queries))
        return tuple(
            (Saved(search.name, address_of(query), answer.total, None), query)
            for search, query, answer in zip(searches, queries, answers, strict=True)
        )

    def _new(self, query: Query) -> int | None:
        moment = seen_until(address_of(query))
        return None if moment is None else self._knowledge_base.updates.new_since(query, moment)


def query_at(address: str, knowledge_base: KnowledgeBase) -> Query:
    """Return the search of an address as kb.toml has it; parts that mean nothing are left out."""
    query, _ = query_of(parse_qsl(address))
    return at_page(resolved(query, knowledge_base.collection.catalogue), 1)


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
            search = _search_of_form(knowledge_base)
        except RefusedError as error:
            if wants_json():
                raise
            return make_response(render_template("saved.html", **_form(saved, error)), 422)
        corrector.save_search(search)
        done: _Done = (search, None)
        undo = undoing(turned, done)
        undo_entry = undo_log.add(_("Saved the search “{name}”.", name=search.name), undo)
        return undo_log.redirect_back(undo_entry, came_from("/"), synced=updater.update())

    @blueprint.post("/saved/remove")
    def forget() -> Response:
        name = request.form.get("name", "")
        gone: _Done | None = corrector.delete_search(name)
        if gone is None:
            raise ChangedSinceError
        undo_entry = undo_log.add(_("Removed the search “{name}”.", name=name), undoing(turned, gone))
        return undo_log.redirect_back(undo_entry, came_from("/"), synced=updater.update())

    def turned(done: _Done) -> _Done:
        search, place = done
        if place is not None:
            corrector.save_search(search, place)
            return search, None
        gone = corrector.delete_search(search.name, search.address)
        if gone is None:
            raise ChangedSinceError
        return gone

    handle_refusals(blueprint)
    return blueprint


def _form(saved: SavedSearches, refused: RefusedError | None = None) -> dict[str, object]:
    """Return what the page shows: the searches, and the form as it was sent, with what of it was refused."""
    return {
        "searches": saved(),
        "address": request.values.get("address", ""),
        "name": request.values.get("name", ""),
        "back": request.values.get("back", "/"),
        "refused": refused,
    }


def _search_of_form(knowledge_base: KnowledgeBase) -> SavedSearch:
    """Return the search that a form names. Raises RefusedError where it cannot be saved."""
    name, address = (" ".join(request.form.get(key, "").split()) for key in ("name", "address"))
    pairs = parse_qsl(address.removeprefix("/").removeprefix("?"))
    query, unread = query_of(pairs)
    if unread or not pairs:
        raise RefusedError(
            wording.unread(unread) or _("There is nothing to search for. Save a search with words or filters."),
            "address",
        )
    if not name or not name.isprintable() or len(name) > MAX_SEARCH_NAME:
        raise RefusedError(_("A name has 1 to {most} characters.", most=MAX_SEARCH_NAME), "name")
    searches = knowledge_base.corrector.searches()
    if any(one.name == name for one in searches):
        raise RefusedError(_("A search is saved as “{name}” already. Choose another name.", name=name), "name")
    if len(searches) >= MAX_SEARCHES:
        raise RefusedError(_("At most {most} searches can be saved. Remove one first.", most=MAX_SEARCHES), "name")
    kept = readable(pairs_of(at_page(resolved(query, knowledge_base.collection.catalogue), 1)))
    if len(kept) > MAX_SEARCH_ADDRESS:
        raise RefusedError(_("This search has too many filters to be saved. Take some off."), "address")
    return SavedSearch(name, kept)


def readable(pairs: Iterable[tuple[str, str]]) -> str:
    """Return an address as people write it, with no more escaped than would be read as something else."""
    return "&".join(
        f"{key}={_MEANING.sub(lambda one: quote(one[0], safe=''), value).replace(' ', '+')}" for key, value in pairs
    )


def seen_until(address: str) -> str | None:
    """Return up to which moment, in UTC, this browser has seen a search; None where it never opened it."""
    digits = _read(request).get(_key(address))
    return _MOMENT.sub(r"\1-\2-\3T\4:\5:\6Z", digits) if digits else None


def remember_seen(response: Response, address: str, moment: str) -> None:
    """Have the browser remember that it has seen a search up to a moment."""
    known = {_key(address): re.sub(r"\D", "", moment), **_read(request)}
    known[_key(address)] = re.sub(r"\D", "", moment)
    cookie = "-".join(f"{key}.{digits}" for key, digits in list(known.items())[:MAX_SEARCHES])
    response.set_cookie(COOKIE, cookie, max_age=_A_YEAR, samesite="Lax", httponly=True, secure=request.is_secure)


def _key(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()[:_KEY]


def _read(asked: Request) -> Mapping[str, str]:
    return dict(_SEEN.findall(asked.cookies.get(COOKIE, "")[: MAX_SEARCHES * 30]))
