"""The command export-site, which writes the pages, and the data of their search, as files for any web server."""

import hashlib
import os
import shutil
import time
import unicodedata
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from contextvars import copy_context
from datetime import date
from http import HTTPStatus
from itertools import chain
from pathlib import Path
from typing import Any

import click
import msgspec
from flask import render_template

from index.urls import web_parts
from kb.cli.group import NamedPath, cli, with_knowledge_base
from kb.cli.output import ProgressBar, echo
from kb.cli.syncing import ensure_index
from kb.knowledge_base import KnowledgeBase
from kb.pipeline.reports import Progress
from kb.report.model import Note
from kb.search.facets import BY_KEY
from kb.storage.caches import cache_folder
from kb.storage.safe_files import locked, read_regular
from kb.translation import NOTES, _, in_language, languages
from kb.wording import day, event_day, listed
from webui import wording
from webui.app import create_app
from webui.http.address import GROUPS, page_address
from webui.http.security import Access
from webui.pages.feeds import MIMETYPE
from webui.site.rewriting import HERE, Place, Places, Rewriter, link

_SEARCH, _NOTES = "search/index.html", "search/notes.json"
_LIST = ".kb-site"  # lists the files of a site, each after its SHA-256
_PLAIN = ".nojekyll"  # makes GitHub Pages serve every file as it is
_NEW, _OLD = "new", "old"  # the sites in the folder of a running export
_MAX_NAMED = 3  # files in an error message


class SiteError(RuntimeError):
    """A page of the server links to an address without a page."""


def files(
    knowledge_base: KnowledgeBase,
    *,
    root: str | None,
    language: str,
    progress: Progress,
    today: Callable[[], date] = date.today,
) -> Iterator[tuple[str, bytes]]:
    """Yield the path and bytes of each file of a site, with the pages that a visitor without write access sees.

    `root` is the future address of the site; feeds need it for absolute links. Raises SiteError.
    """
    app = create_app(knowledge_base, access=Access(frozenset({HERE.partition("//")[2]})), today=today)
    app.add_url_rule("/search", "site.search", lambda: render_template("site_search.html"))
    client = app.test_client(use_cookies=False)
    folders = {report.source for report in knowledge_base.browser.reports() if "/" in report.source}
    made = in_language(language, lambda: _("These pages were made on {day}", day=day(today().isoformat())))
    rewriter = Rewriter(root, folders, made)
    known = {"index.html", _SEARCH}
    queue = deque((("index.html", "/"), (_SEARCH, "/search")))

    def add(file: str, address: str) -> None:
        if file not in known:
            known.add(file)
            queue.append((file, address.partition("#")[0]))

    while queue:
        progress("pages", len(known) - len(queue), len(known))
        file, address = queue.popleft()
        headers = {"Accept": "text/html", "Accept-Language": language}
        # A request sets the language of its context, which must not become that of the command.
        with copy_context().run(client.get, address, base_url=HERE, headers=headers) as answer:
            if answer.status_code != HTTPStatus.OK:
                raise SiteError(f"{address} was answered with {answer.status}, though another page leads there")
            data = answer.data
        if answer.mimetype == "text/html":
            data = rewriter.page(data, file, add)
        elif answer.mimetype == MIMETYPE:
            data = rewriter.feed(data)
        yield file, data
    yield _NOTES, in_language(language, _NotesFile(knowledge_base, rewriter.places).data, _SEARCH)


class _NotesFile:
    """The search data of a site: every note, newest first, with shared values and places stored once.

    A note is a list of its address, text, place, values, trail and attached text. `names` maps the names of services
    to values, so that a name finds the notes that mention the service.
    """

    def __init__(self, knowledge_base: KnowledgeBase, places: Places) -> None:
        self._knowledge_base = knowledge_base
        self._places = places
        self._values: dict[tuple[str, str], int] = {}
        self._names: defaultdict[str, list[int]] = defaultdict(list)
        self._note_places: dict[tuple[str, str], int] = {}
        self._facts: list[str] = []
        self._notes: list[msgspec.Raw] = []

    def data(self, here: str) -> bytes:
        """Return the bytes of the file, with links relative to the page `here`."""
        for report in self._knowledge_base.browser.reports():
            _, notes = self._knowledge_base.browser.report(report.id)
            for note in notes:
                self._notes.append(msgspec.Raw(msgspec.json.encode(self._row(note, report.title, here))))
        return msgspec.json.encode(self._record(here))

    def _record(self, here: str) -> dict[str, Any]:
        contents = self._knowledge_base.collection.contents()
        labels = {group: self._knowledge_base.searcher.labels(group, contents) for group in GROUPS}
        return {
            "groups": {group: wording.facet_label(group) for group in GROUPS},
            "values": [
                (group, value, wording.value_name(group, value, labels[group].get(value, value)))
                for group, value in self._values
            ],
            "names": self._names,
            "places": [
                (self._link(address, here), title, facts)
                for (address, title), facts in zip(self._note_places, self._facts, strict=True)
            ],
            "notes": self._notes,
        }

    def _row(self, note: Note, title: str, here: str) -> tuple[object, ...]:
        catalogue = self._knowledge_base.collection.catalogue
        place = (page_address("talk", note.talk.id), note.talk.title) if note.talk else None
        place = place or (page_address("report", note.report), title)
        if place not in self._note_places:
            self._note_places[place] = len(self._note_places)
            self._facts.append(listed((note.event or _("event unknown"), event_day(note))))
        return (
            self._link(page_address("note", note.id), here),
            note.text,
            self._note_places[place],
            [self._value(group, value) for group in GROUPS for value in BY_KEY[group].values(note, catalogue)],
            [crumb.text for crumb in note.trail],
            *(("\n".join(note.attached),) if note.attached else ()),
        )

    def _value(self, group: str, value: str) -> int:
        if (group, value) not in self._values:
            number = self._values[group, value] = len(self._values)
            service = self._knowledge_base.collection.catalogue.by_slug.get(value) if group == "service" else None
            if service:
                names = (*service.names, *service.short_name.split())
                for name in {unicodedata.normalize("NFKC", one).lower() for one in names}:  # as the script folds words
                    self._names[name].append(number)
        return self._values[group, value]

    def _link(self, address: str, here: str) -> str:
        place = self._places.of(address)
        return link(place, here) if isinstance(place, Place) else ""


@cli.command("export-site")
@click.argument("folder", type=NamedPath(file_okay=False, path_type=Path))
@click.option(
    "--url", help="The future address of the site; with it the site has feeds, and quotations have their address."
)
@click.option("--lang", type=click.Choice(languages()), default=NOTES, show_default=True, help="Its language.")
@with_knowledge_base
def export_site(kb: KnowledgeBase, folder: Path, url: str | None, lang: str) -> None:
    """Write the page into a folder as files, which any web server shows.

    GitHub Pages does, for example. Nobody can write there, and the files say nothing about this machine.

    An earlier site is replaced once the new one is complete. A folder with other files is left alone.

    \b
    Examples: kb export-site ~/notes-site
              kb export-site docs --url https://me.github.io/notes/ --lang en
    """
    folder = folder.resolve()
    parts = web_parts(url) if url else None
    if url is not None and (parts is None or parts.query or parts.fragment):
        message = _("{0} is no address of a folder on the web").format(repr(url))
        raise click.BadParameter(message, param_hint="--url")
    if folder.is_relative_to(kb.collection.library.path.resolve()):
        message = _("{0} lies in the library, whose files are reports").format(folder)
        raise click.BadParameter(message, param_hint="FOLDER")
    if any(folder.is_relative_to(own.resolve()) for own in (kb.collection.index, cache_folder())):
        message = _("{0} lies in the index or a cache of kb, which remove files; name another").format(folder)
        raise click.BadParameter(message, param_hint="FOLDER")
    _check(folder)
    ensure_index(kb)
    if not kb.browser.reports():
        raise click.UsageError(_("the library holds no report; add one before you show it"))
    root = f"{url.rstrip('/')}/" if url else None
    begun = time.monotonic()
    try:
        with ProgressBar() as progress:
            written, size = replace(folder, files(kb, root=root, language=lang, progress=progress))
    except SiteError as error:
        message = _("{0}; nothing was changed. If a sync ran meanwhile, run it again").format(error)
        raise click.ClickException(message) from error
    message = _("{files:,} files ({size:,.1f} MB) in {folder}, in {seconds:,.1f} s")
    echo(message.format(files=written, size=size / 1e6, folder=folder, seconds=time.monotonic() - begun))


def _check(folder: Path) -> None:
    """Raise UsageError if a folder has files that no export wrote."""
    foreign = sorted(foreign_files(folder))
    if foreign:
        named = ", ".join(foreign[:_MAX_NAMED]) + (", …" if len(foreign) > _MAX_NAMED else "")
        message = _("{0} holds what no export wrote, or what was changed since: {1}; name another, or remove that")
        raise click.UsageError(message.format(folder, named))


def foreign_files(folder: Path) -> Iterator[str]:
    """Yield the files of a folder that no export wrote, or that have changed since.

    Raises OSError if a folder cannot be listed. A forged list can only give up files whose content its writer knew.
    """
    try:
        lines = read_regular(folder / _LIST).decode().split("\n")
    except (OSError, UnicodeDecodeError):
        lines = []
    own = {name: digest for digest, _, name in (line.partition(" ") for line in lines) if digest}
    unlisted: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=unlisted.append):
        linked = (name for name in folders if Path(place, name).is_symlink())
        for path in (Path(place, name) for name in (*names, *linked)):
            name = path.relative_to(folder).as_posix()
            is_list = bool(own) and name == _LIST
            if path.is_symlink() or not (is_list or (name in own and own[name] == _digest(path))):
                yield name
    if unlisted and folder.exists():
        raise unlisted[0]


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file, empty if it cannot be read."""
    try:
        return hashlib.sha256(read_regular(path)).hexdigest()
    except OSError:
        return ""


def replace(folder: Path, files: Iterable[tuple[str, bytes]]) -> tuple[int, int]:
    """Write files to a folder next to `folder`, then swap it in; return their number and bytes.

    Another export into the same folder waits. If the process is killed amid the swap, the next export puts the earlier
    site back. Raises UsageError if the folder has files that no export wrote.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    new, old = _work_folder(folder) / _NEW, _work_folder(folder) / _OLD
    digests: dict[str, str] = {}
    size = 0
    with locked(folder.parent):
        _recover(folder)
        try:
            for name, data in chain(((_PLAIN, b""),), files):
                (new / name).parent.mkdir(parents=True, exist_ok=True)
                (new / name).write_bytes(data)
                digests[name] = hashlib.sha256(data).hexdigest()
                size += len(data)
            (new / _LIST).write_text("".join(f"{digest} {name}\n" for name, digest in digests.items()), "utf-8")
            _check(folder)  # again, because writing took minutes
            if folder.exists():
                folder.rename(old)
            new.rename(folder)
        finally:
            _recover(folder)
    return len(digests), size


def _work_folder(folder: Path) -> Path:
    """Return the folder that has the new site of an export, and then the earlier one, until the export ends."""
    return folder.with_name(f".{folder.name}.kb-export")


def _recover(folder: Path) -> None:
    """Put back the site that an export moved away without finishing, and remove what the export left.

    Raises UsageError if the files are not those of an export.
    """
    work = _work_folder(folder)
    if not os.path.lexists(work):
        return
    if work.is_symlink() or {path.name for path in work.iterdir()} - {_NEW, _OLD}:
        raise click.UsageError(_("{0} is in the way of an export; rename it").format(work))
    if not folder.exists() and (work / _NEW).exists() and (work / _OLD).exists():
        (work / _OLD).rename(folder)
    shutil.rmtree(work)
