"""What was done last on a page: said where one comes back to, and taken back on demand."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar
from urllib.parse import quote, urlencode, urlunsplit

from flask import Response, make_response, redirect, request

from index.urls import url_parts
from kb.library.file_changes import FileChange
from webui.http.address import UNDO_KEY
from webui.texts import texts

_MOST = 100  # remembered: who takes something back does so at once
_KNOWS_AT_ONCE = "/todo"  # which shows what was put right though the index does not yet
_Done = TypeVar("_Done")


class Undo(Protocol):
    """What takes back something that was done."""

    def __call__(self) -> tuple[str, "Undo"]:
        """Take it back; return what is to be said of that besides, and what does it again."""
        ...


@dataclass(frozen=True, slots=True)
class UndoEntry:
    """Something that was done, in words; `undo` takes it back, or does it again where it was `taken_back`.

    `besides` is said beside it of what was done last; `anchor` is what it was done to, where its page shows that.
    Where `undo` is None it cannot be taken back.
    """

    key: str
    text: str
    undo: Undo | None
    besides: str = ""
    taken_back: bool = False
    anchor: str = ""


class UndoLog:
    """The last hundred things done by a server, shared by its threads. It forgets them at its end; they stay done."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, UndoEntry] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: str) -> UndoEntry | None:
        """Return the entry of a key, None for one that is forgotten."""
        with self._lock:
            return self._entries.get(key)

    def of_request(self) -> UndoEntry | None:
        """Return the entry that the address of this request comes after, None where it names none that is known."""
        return self.find(request.args.get(UNDO_KEY, ""))

    def lead_back(self, entry: UndoEntry, back: str, anchor: str | None = None, *, settled: bool = True) -> Response:
        """Lead back to a page of ours that says what was done; while an update runs, by the page of that.

        `anchor` is by default what it was done to.
        """
        anchor = entry.anchor if anchor is None else anchor
        back = back.partition("#")[0] + (f"#{quote(anchor)}" if anchor else "")
        if settled or (back.partition("?")[0] == _KNOWS_AT_ONCE and not entry.taken_back):
            return make_response(redirect(after(back, entry.key), 303))
        return waiting(back, entry.key)

    def take_back(self, key: str) -> UndoEntry | None:
        """Take back what was done, or do it again, once; return what was done by that, None where it cannot be done.

        What is refused by an error is kept, and may be taken back later.
        """
        with self._lock:
            entry = self._entries.pop(key, None)  # of two who press the button, one gets it
        if entry is None or entry.undo is None:
            return None
        try:
            besides, again = entry.undo()
        except BaseException:
            self._put(entry)
            raise
        return self.keep(entry.text, again, besides, taken_back=not entry.taken_back, anchor=entry.anchor)

    def keep(
        self, text: str, undo: Undo | None, besides: str = "", *, taken_back: bool = False, anchor: str = ""
    ) -> UndoEntry:
        """Return what was done as an entry that can be found by its key, and taken back, until a hundred follow."""
        entry = UndoEntry(secrets.token_urlsafe(8), text, undo, besides, taken_back, anchor)
        self._put(entry)
        return entry

    def _put(self, entry: UndoEntry) -> None:
        with self._lock:
            self._entries[entry.key] = entry
            if len(self._entries) > _MOST:
                self._entries.popitem(last=False)


def undoing(turn: Callable[[_Done], _Done], done: _Done, besides: Callable[[_Done], str] = lambda _: "") -> Undo:
    """Return what takes back something that was done: `turn` does, and returns what is to be taken back then."""

    def undo() -> tuple[str, Undo]:
        turned = turn(done)
        return besides(turned), undoing(turn, turned, besides)

    return undo


def still_kept(changes: list[FileChange]) -> str:
    """Return under which names lies what was there before files were changed."""
    return texts.still_kept(tuple(dict.fromkeys(name for change in changes for name in change.kept)))


def waiting(back: str, key: str = "") -> Response:
    """Lead to the page of the update that is running, which leads back once it is done (`awaited`)."""
    return make_response(redirect(f"/sync?{urlencode([*([(UNDO_KEY, key)] if key else []), ('back', back)])}", 303))


def awaited() -> str | None:
    """Return the page of ours that the page of an update is to lead back to, None where it is to lead nowhere."""
    back = request.args.get("back", "")
    return back if _is_ours(back) else None


def after(address: str, key: str) -> str:
    """Return an address that names what was done before it, by its key, in place of anything earlier."""
    address, _, anchor = address.partition("#")
    path, _, query = address.partition("?")
    kept = [pair for pair in query.split("&") if pair and not pair.startswith(f"{UNDO_KEY}=")]
    return f"{path}?{'&'.join([*kept, urlencode({UNDO_KEY: key})])}" + (f"#{anchor}" if anchor else "")


def came_from(otherwise: str) -> str:
    """Return the address of the page of ours that a form was opened from, else another.

    The form itself remembers it when it is sent.
    """
    address = request.form.get("back") or request.args.get("back")
    if address is None and (parts := url_parts(request.referrer or "")) and parts.netloc == request.host:
        address = urlunsplit(("", "", parts.path, parts.query, ""))
    here = url_parts(address) if address and _is_ours(address) else None
    return address if address and here and here.path != request.path else otherwise


def _is_ours(address: str) -> bool:
    """Tell whether an address is a path here: a browser takes // and /\\ for the beginning of another host."""
    return address.startswith("/") and address[1:2] not in ("/", "\\") and address.isprintable()
