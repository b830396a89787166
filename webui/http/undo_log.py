"""The undo log: the last changes made on pages, shown on the next page, where they can be undone."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode, urlunsplit

from flask import Response, make_response, redirect, request

from index.urls import url_parts
from kb.library.file_changes import FileChange
from kb.translation import _
from kb.wording import listed
from webui.http.address import UNDO_KEY

_MAX_ENTRIES = 100  # people undo at once
_UP_TO_DATE = "/todo"  # shows corrections before the index has them
_Change = TypeVar("_Change")


@dataclass(frozen=True, slots=True)
class Undo(Generic[_Change]):
    """A change that was made, and the function that undoes it and returns the opposite change: undone, that redoes it.

    `detail` returns an additional sentence for the page about the change.
    """

    revert: Callable[[_Change], _Change]
    change: _Change
    detail: Callable[[_Change], str] = lambda _change: ""


@dataclass(frozen=True, slots=True)
class UndoEntry:
    """A change and its undo, or its redo if `undone`; None if it cannot be undone.

    `text` describes the change, `detail` the last step. `anchor` is the element of the page that was changed. `without`
    is the page to show once a change is undone that made a page, which is gone then.
    """

    key: str
    text: str
    undo: Undo[Any] | None
    detail: str = ""
    undone: bool = False
    anchor: str = ""
    without: str = ""


class UndoLog:
    """The last changes made on a server, shared by its threads and lost when it stops."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, UndoEntry] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: str) -> UndoEntry | None:
        """Return the entry of a key, None if it is unknown."""
        with self._lock:
            return self._entries.get(key)

    def of_request(self) -> UndoEntry | None:
        """Return the entry that the address of this request names, None if it names no known one."""
        return self.find(request.args.get(UNDO_KEY, ""))

    def redirect_back(self, entry: UndoEntry, back: str, anchor: str | None = None, *, synced: bool = True) -> Response:
        """Redirect to a page that shows an entry; while a sync runs (not `synced`), by way of its page.

        `anchor` is by default that of the entry.
        """
        anchor = entry.anchor if anchor is None else anchor
        back = back.partition("#")[0] + (f"#{quote(anchor)}" if anchor else "")
        if synced or (back.partition("?")[0] == _UP_TO_DATE and not entry.undone):
            return make_response(redirect(after(back, entry.key), 303))
        return waiting(back, entry.key)

    def undo(self, key: str) -> UndoEntry | None:
        """Undo a change, or redo it, once; return the new entry, or None if that is impossible.

        After an error the entry stays and may be undone later.
        """
        with self._lock:
            entry = self._entries.pop(key, None)  # the first of two requests gets it
        if entry is None or entry.undo is None:
            return None
        try:
            opposite = entry.undo.revert(entry.undo.change)
        except BaseException:
            self._put(entry)
            raise
        redo = replace(entry.undo, change=opposite)
        return self.add(entry.text, redo, undone=not entry.undone, anchor=entry.anchor, without=entry.without)

    def explain(self, entry: UndoEntry, detail: str) -> UndoEntry:
        """Return an entry with another last sentence, empty to keep it as it is."""
        entry = replace(entry, detail=detail) if detail else entry
        self._put(entry)
        return entry

    def add(
        self, text: str, undo: Undo[Any] | None, *, undone: bool = False, anchor: str = "", without: str = ""
    ) -> UndoEntry:
        """Add a change and return its entry."""
        detail = undo.detail(undo.change) if undo else ""
        entry = UndoEntry(secrets.token_urlsafe(8), text, undo, detail, undone, anchor, without)
        self._put(entry)
        return entry

    def _put(self, entry: UndoEntry) -> None:
        with self._lock:
            self._entries[entry.key] = entry
            if len(self._entries) > _MAX_ENTRIES:
                self._entries.popitem(last=False)


def still_kept(changes: list[FileChange]) -> str:
    """Return a sentence with the names of the backups that changes made."""
    names = dict.fromkeys(name for change in changes for name in change.kept)
    return _("What was there is kept as {files}.", files=listed(names)) if names else ""


def waiting(back: str, key: str = "") -> Response:
    """Redirect to the page of the running sync, which leads back when it ends (`awaited`)."""
    return make_response(redirect(f"/sync?{urlencode([*([(UNDO_KEY, key)] if key else []), ('back', back)])}", 303))


def awaited() -> str | None:
    """Return the path to go back to after a sync, or None."""
    back = request.args.get("back", "")
    return back if _is_own_path(back) else None


def after(address: str, key: str) -> str:
    """Return an address with the key of an undo entry, which replaces any other."""
    address, _, anchor = address.partition("#")
    path, _, query = address.partition("?")
    kept = [pair for pair in query.split("&") if pair and not pair.startswith(f"{UNDO_KEY}=")]
    return f"{path}?{'&'.join([*kept, urlencode({UNDO_KEY: key})])}" + (f"#{anchor}" if anchor else "")


def came_from(otherwise: str) -> str:
    """Return the address of the own page that a form was opened from, else `otherwise`."""
    address = request.form.get("back") or request.args.get("back")
    if address is None and (parts := url_parts(request.referrer or "")) and parts.netloc == request.host:
        address = urlunsplit(("", "", parts.path, parts.query, ""))
    parts = url_parts(address) if address and _is_own_path(address) else None
    return address if address and parts and parts.path != request.path else otherwise


def _is_own_path(address: str) -> bool:
    """Return whether an address is a path of this server; // and /\\ begin another host for a browser."""
    return address.startswith("/") and address[1:2] not in ("/", "\\") and address.isprintable()
