"""The command export-site, which writes the pages as files for any web server."""

import os
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from http import HTTPStatus
from itertools import chain
from pathlib import Path

import click
from flask import render_template

from index.urls import web_parts
from kb.cli.group import NamedPath, cli, with_knowledge_base
from kb.cli.output import ProgressBar, echo
from kb.cli.syncing import ensure_index
from kb.knowledge_base import KnowledgeBase
from kb.pipeline.reports import Progress
from kb.translation import NOTES, _, in_language, languages
from webui import wording
from webui.app import create_app
from webui.http.security import Access
from webui.pages.feeds import MIMETYPE
from webui.site.notes_file import NotesFile
from webui.site.rewriting import HERE, Rewriter

_SEARCH, _NOTES = "search/index.html", "search/notes.json"
_LIST = ".kb-site"  # lists the files of a site, each after its length in bytes
_PLAIN = ".nojekyll"  # makes GitHub Pages serve every file as it is
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
    rewriter = Rewriter(root, folders, in_language(language, _made_on, today()))
    known = {"index.html", _SEARCH}
    queue = deque((("index.html", "/"), (_SEARCH, "/search")))

    def add(file: str, address: str) -> None:
        if file not in known:
            known.add(file)
            queue.append((file, address.partition("#")[0]))

    while queue:
        progress("pages", len(known) - len(queue), len(known))
        file, address = queue.popleft()
        with client.get(address, base_url=HERE, headers={"Accept": "text/html", "Accept-Language": language}) as answer:
            if answer.status_code != HTTPStatus.OK:
                raise SiteError(f"{address} was answered with {answer.status}, though another page leads there")
            data = answer.data
        if answer.mimetype == "text/html":
            data = rewriter.page(data, file, add)
        elif answer.mimetype == MIMETYPE:
            data = rewriter.feed(data)
        yield file, data
    yield _NOTES, in_language(language, NotesFile(knowledge_base, rewriter.places).data, _SEARCH)


def _made_on(day: date) -> str:
    return _("These pages were made on {day}", day=wording.day(day.isoformat()))


@cli.command("export-site")
@click.argument("folder", type=NamedPath(file_okay=False, path_type=Path))
@click.option("--url", help="The address at which it will stand; with it there are feeds, and quotations have theirs.")
@click.option("--lang", type=click.Choice(languages()), default=NOTES, show_default=True, help="Its language.")
@with_knowledge_base
def export_site(kb: KnowledgeBase, folder: Path, url: str | None, lang: str) -> None:
    """Write the page into a folder as files, which any web server shows.

    So does GitHub Pages. Nobody can write there, and nothing is told of this machine.

    A site that was written before is replaced once the new one is whole. A folder with anything else is left alone.

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
        message = _("{0} holds what no export wrote, or what was changed since: {1}; name another")
        raise click.UsageError(message.format(folder, named))


def foreign_files(folder: Path) -> Iterator[str]:
    """Yield the files of a folder that no export wrote, or whose length has changed since."""
    try:
        listed = (folder / _LIST).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        listed = []
    own: dict[str, int | None] = {_LIST: None} if listed else {}
    own |= {name: int(length) for length, _, name in (line.partition(" ") for line in listed) if length.isdecimal()}
    for place, folders, names in os.walk(folder):
        linked = (name for name in folders if Path(place, name).is_symlink())
        for path in (Path(place, name) for name in (*names, *linked)):
            name = path.relative_to(folder).as_posix()
            if name not in own or own[name] not in (None, path.lstat().st_size):
                yield name


def replace(folder: Path, files: Iterable[tuple[str, bytes]]) -> tuple[int, int]:
    """Write files to a temporary folder, then swap it in for `folder`; return their number and bytes.

    Raises UsageError if the folder has files that no export wrote.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as temporary:
        new, old = Path(temporary, "new"), Path(temporary, "old")
        lengths: dict[str, int] = {}
        for name, data in chain(((_PLAIN, b""),), files):
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            (new / name).write_bytes(data)
            lengths[name] = len(data)
        (new / _LIST).write_text("".join(f"{length} {name}\n" for name, length in lengths.items()), "utf-8")
        _check(folder)  # again, because writing took minutes
        if folder.exists():
            folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise
    return len(lengths), sum(lengths.values())
