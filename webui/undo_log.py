"""What was done last on a page: told where one comes back to, and taken back on demand."""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar
from urllib.parse import quote, urlencode, urlunsplit

from flask import Response, make_response, redirect, request

from index.urls import url_parts
from kb.library.file_changes import FileChange
from webui.address import UNDO_KEY
from webui.texts import texts

_MOST = 100  # what was done remembered: who takes one back does so at once
_KNOWS_AT_ONCE = "/todo"  # what is told, though the index does not yet
_Done = TypeVar("_Done")


class Undo(Protocol):
    """What takes back something that was done."""

    def __call__(self) -> tuple[str, "Undo"]:
        """Take it back; return what is to be told of that besides, and what does it again."""
        ...


@dataclass(frozen=True, slots=True)
class UndoEntry:
    """Something that was done, in words; `undo` takes it back, or does it again where it was `taken_back`.

    `besides` is told beside it of what was done last; `anchor` is what it was done to, where its page shows that.
    """

    key: str
    text: str
    undo: Undo | None
    besides: str = ""
    taken_back: bool = False
    anchor: str = ""


class UndoLog:
    """The last what was done of a server. It forgets them when it ends; what they did stays."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, UndoEntry] = OrderedDict()

    def find(self, key: str) -> UndoEntry | None:
        """Return a deed, None for one that is forgotten."""
        return self._known.get(key)

    def shown(self) -> UndoEntry | None:
        """Return the deed that the address of this request comes after, if it is known."""
        return self.find(request.args.get(UNDO_KEY, ""))

    def told(self, undo_entry: UndoEntry, back: str, anchor: str | None = None, *, settled: bool = True) -> Response:
        """Lead back to a page of ours and tell there what was done; while an update runs, by the page of that."""
        anchor = undo_entry.anchor if anchor is None else anchor
        back = back.partition("#")[0] + (f"#{quote(anchor)}" if anchor else "")
        if settled or back.partition("?")[0] == _KNOWS_AT_ONCE:
            return make_response(redirect(after(back, undo_entry.key), 303))
        return waiting(back, undo_entry.key)

    def take_back(self, key: str) -> UndoEntry | None:
        """Take back a deed, or do it again, once; return what was done by that, None where it cannot be done.

        A deed that is refused is kept, and may be taken back later.
        """
        undo_entry = self._known.pop(key, None)  # of two who press the button, one gets it
        if undo_entry is None or undo_entry.undo is None:
            return None
        try:
            besides, again = undo_entry.undo()
        except BaseException:
            self._known[key] = undo_entry
            raise
        return self.keep(
            undo_entry.text, again, besides, taken_back=not undo_entry.taken_back, anchor=undo_entry.anchor
        )

    def keep(
        self, text: str, undo: Undo | None, besides: str = "", *, taken_back: bool = False, anchor: str = ""
    ) -> UndoEntry:
        """Keep what was done, to be told and taken back."""
        undo_entry = UndoEntry(secrets.token_urlsafe(8), text, undo, besides, taken_back, anchor)
        self._known[undo_entry.key] = undo_entry
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return undo_entry


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
    """Return an address that says which deed it comes after, in place of an earlier one."""
    address, _, anchor = address.partition("#")
    path, _, query = address.partition("?")
    kept = [pair for pair in query.split("&") if pair and not pair.startswith(f"{UNDO_KEY}=")]
    return f"{path}?{'&'.join([*kept, urlencode({UNDO_KEY: key})])}" + (f"#{anchor}" if anchor else "")


def came_from(otherwise: str) -> str:
    """Return the address of the page of ours that a form was opened from, else another.

    The form itself remembers it when it is sent.
    """
    told = request.form.get("back") or request.args.get("back")
    if told is None and (parts := url_parts(request.referrer or "")):
        told = urlunsplit(("", "", parts.path, parts.query, "")) if parts.netloc == request.host else None
    here = url_parts(told) if told and _is_ours(told) else None
    return told if told and here and here.path != request.path else otherwise


def _is_ours(address: str) -> bool:
    """Tell whether an address is a path here: a browser takes // and /\\ for the beginning of another host."""
    return address.startswith("/") and address[1:2] not in ("/", "\\") and address.isprintable()
