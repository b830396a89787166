"""All files of a site: pages and feeds as one comes to them from the start page, and what the search looks in."""

from collections import deque
from collections.abc import Callable, Iterator
from datetime import date
from http import HTTPStatus

from flask import render_template

from kb.knowledge_base import KnowledgeBase
from kb.pipeline.understanding import Progress
from webui.app import create_app
from webui.security import Access
from webui.site.notes import NotesFile
from webui.site.rewriting import HERE, Rewriter
from webui.texts import LANGUAGES
from webui.view.feed import MIMETYPE

_SEARCH, _NOTES = "search/index.html", "search/notes.json"


class SiteError(RuntimeError):
    """The server gave no page where one of its pages leads."""


def files(
    knowledge_base: KnowledgeBase,
    *,
    root: str | None,
    language: str,
    progress: Progress,
    today: Callable[[], date] = date.today,
) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a site: where each stands in it, and its bytes.

    The pages are those that a stranger sees. `root` is the address at which they will stand, which feeds want: without
    it there are none. Raises SiteError.
    """
    app = create_app(knowledge_base, access=Access(frozenset({HERE.partition("//")[2]})), today=today)
    app.add_url_rule("/search", "site.search", lambda: render_template("site_search.html"))
    asked = app.test_client(use_cookies=False)
    said = LANGUAGES[language]
    folders = {report.source for report in knowledge_base.browser.reports() if "/" in report.source}
    rewriter = Rewriter(root, folders, said.made_on(today()))
    known = {"index.html", _SEARCH}
    left = deque((("index.html", "/"), (_SEARCH, "/search")))

    def wanted(file: str, address: str) -> None:
        if file not in known:
            known.add(file)
            left.append((file, address.partition("#")[0]))

    while left:
        progress("pages", len(known) - len(left), len(known))
        file, address = left.popleft()
        with asked.get(address, base_url=HERE, headers={"Accept": "text/html", "Accept-Language": language}) as answer:
            if answer.status_code != HTTPStatus.OK:
                raise SiteError(f"{address} was answered with {answer.status}, though another page leads there")
            data = answer.data
        if answer.mimetype == "text/html":
            data = rewriter.page(data, file, wanted)
        elif answer.mimetype == MIMETYPE:
            data = rewriter.feed(data)
        yield file, data
    yield _NOTES, NotesFile(knowledge_base, rewriter.places, said).data(_SEARCH)
