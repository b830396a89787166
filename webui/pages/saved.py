"""Saved searches: stored by name in kb.toml, listed with the number of notes that are new to this browser."""

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
from kb.search.collection import Cached
from kb.translation import _
from webui import wording
from webui.http.address import address_of, at_page, pairs_of, query_of, resolved
from webui.http.responses import respond, wants_json
from webui.http.undo_log import Undo, UndoLog, came_from
from webui.http.uploads import RefusedError
from webui.pages.updating import Updater

_Change: TypeAlias = tuple[SavedSearch, int | None]  # a saved search and None, or a deleted one and its position
_SPECIAL = re.compile(r"[%&+#;\x00-\x1f\x7f]")  # characters with a meaning in an address
COOKIE = "kb_seen"
_MAX_AGE = 365 * 24 * 3600  # seconds
_KEY = 8  # hexadecimal digits of the digest of an address
_SEEN = re.compile(rf"([0-9a-f]{{{_KEY}}})\.([0-9]{{14}})")  # 20261126T102030 without the T
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)")


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved search: its number of notes, of new ones (None if this browser never opened it) and of likely ones."""

    name: str
    url: str
    total: int
    new: int | None
    likely: int = 0


class SavedSearches:
    """The saved searches of a knowledge base, counted once a generation; new notes are counted for each request."""

    def __init__(self, knowledge_base: KnowledgeBase) -> None:
        self._knowledge_base = knowledge_base
        self._counts = Cached(knowledge_base.collection, self._count)

    def __call__(self) -> tuple[Saved, ...]:
        """Return the saved searches in the order of kb.toml."""
        updates = self._knowledge_base.updates
        return tuple(
            replace(saved, new=updates.new_since(query, moment)) if (moment := seen_until(saved.url)) else saved
            for saved, query in self._counted()
        )

    def holds(self, address: str) -> bool:
        """Return whether the search of an address is saved."""
        return any(saved.url == address for saved, _ in self._counted())

    def _counted(self) -> tuple[tuple[Saved, Query], ...]:
        return self._counts(tuple(self._knowledge_base.corrector.searches()))

    def _count(self, searches: tuple[SavedSearch, ...]) -> tuple[tuple[Saved, Query], ...]:
        catalogue = self._knowledge_base.collection.catalogue
        queries = [
            at_page(resolved(query_of(parse_qsl(search.address))[0], catalogue), 1)  # invalid parts are ignored
            for search in searches
        ]
        answers = self._knowledge_base.searcher.each(*(replace(query, limit=0) for query in queries))
        return tuple(
            (Saved(search.name, address_of(query), answer.total, None, answer.likely), query)
            for search, query, answer in zip(searches, queries, answers, strict=True)
        )


def pages(knowledge_base: KnowledgeBase, saved: SavedSearches, updater: Updater, undo_log: UndoLog) -> Blueprint:
    """Return the pages that list, save and delete searches."""
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
        saving: _Change = (search, None)
        undo_entry = undo_log.add(_("Saved the search “{name}”.", name=search.name), Undo(revert, saving))
        return undo_log.redirect_back(undo_entry, came_from("/"), synced=updater.update())

    @blueprint.post("/saved/remove")
    def delete() -> Response:
        name = request.form.get("name", "")
        deletion: _Change | None = corrector.delete_search(name)
        if deletion is None:
            raise ChangedSinceError
        undo_entry = undo_log.add(_("Removed the search “{name}”.", name=name), Undo(revert, deletion))
        return undo_log.redirect_back(undo_entry, came_from("/"), synced=updater.update())

    def revert(change: _Change) -> _Change:
        search, place = change
        if place is not None:
            corrector.save_search(search, place)
            return search, None
        deletion = corrector.delete_search(search.name, search.address)
        if deletion is None:
            raise ChangedSinceError
        return deletion

    return blueprint


def _form(saved: SavedSearches, refused: RefusedError | None = None) -> dict[str, object]:
    """Return the values of the page: the searches, and the form as it was sent with its refused field."""
    return {
        "searches": saved(),
        "address": request.values.get("address", ""),
        "name": request.values.get("name", ""),
        "back": request.values.get("back", "/"),
        "refused": refused,
    }


def _search_of_form(knowledge_base: KnowledgeBase) -> SavedSearch:
    """Return the search of the form. Raises RefusedError."""
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
    """Return an address as people write it, in which only special characters are escaped."""
    return "&".join(
        f"{key}={_SPECIAL.sub(lambda found: quote(found[0], safe=''), value).replace(' ', '+')}" for key, value in pairs
    )


def seen_until(address: str) -> str | None:
    """Return the moment in UTC at which this browser last opened a search, None if never."""
    digits = _read(request).get(_key(address))
    return _MOMENT.sub(r"\1-\2-\3T\4:\5:\6Z", digits) if digits else None


def remember_seen(response: Response, address: str, moment: str) -> None:
    """Set the cookie that this browser opened a search at a moment."""
    known = {_key(address): re.sub(r"\D", "", moment), **_read(request)}
    known[_key(address)] = re.sub(r"\D", "", moment)
    cookie = "-".join(f"{key}.{digits}" for key, digits in list(known.items())[:MAX_SEARCHES])
    response.set_cookie(COOKIE, cookie, max_age=_MAX_AGE, samesite="Lax", httponly=True, secure=request.is_secure)


def _key(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()[:_KEY]


def _read(asked: Request) -> Mapping[str, str]:
    return dict(_SEEN.findall(asked.cookies.get(COOKIE, "")[: MAX_SEARCHES * 30]))
