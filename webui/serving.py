"""The command that serves the page: serve."""

import ipaddress
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import click

from index.messages import Message
from index.query import Query
from kb.cli.group import cli
from kb.cli.health import outcome_lines
from kb.cli.language import _
from kb.cli.options import allow_private, with_knowledge_base
from kb.cli.output import bring_up_to_date_or_tell, lines, say
from kb.knowledge_base import KnowledgeBase
from kb.library.watching import changes
from kb.pipeline.reports import Progress
from kb.search.answers import SyncOutcome
from kb.worker import embed_in_worker, sync_in_worker
from webui import server
from webui.app import create_app
from webui.http.security import Access
from webui.pages.updating import Updater

_SHORTEST_TOKEN = 16  # characters


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Another if it is taken.")
@click.option("--name", multiple=True, help="A name that browsers reach this server by, besides localhost. Repeatable.")
@click.option("--watch/--no-watch", default=None, help="Take up changed reports at once (default: for this machine).")
@click.option("--allow-fetch", is_flag=True, help="Whoever may write may have pages fetched by their address.")
@allow_private
@with_knowledge_base
def serve(
    kb: KnowledgeBase,
    host: str,
    port: int,
    name: tuple[str, ...],
    *,
    watch: bool | None,
    allow_fetch: bool,
    allow_private: bool,
) -> None:
    """Serve the page on this machine, the index brought up to the library first.

    Where the index cannot be written, what it holds is served, and each page says that it is older.

    Beyond this machine anyone who reaches it can read; writing needs the token in KB_TOKEN, at least 16 characters.

    \b
    Examples: kb serve --port 8080
              KB_TOKEN=$(openssl rand -hex 16) kb serve --host 0.0.0.0 --name notes.example.com
    """
    access = _access(host, name)
    try:
        listening = server.listen(host, port)
    except OSError as error:
        message = _("cannot listen at {host}:{port}: {why}; choose another --host or --port")
        raise click.UsageError(message.format(host=host, port=port, why=_(str(error.strerror)))) from error
    bound_port = listening.getsockname()[1]
    if port not in (0, bound_port):
        say(_("Port {port} is taken; using {taken}.").format(port=port, taken=bound_port))
    # What it takes to read a whole library goes with the process that reads it: of 100,000 notes 30 MB.
    sync = partial(sync_in_worker, kb) if kb.collection.needs_index() else None
    synced = bring_up_to_date_or_tell(kb, sync)
    if isinstance(synced, SyncOutcome):
        lines(outcome_lines(synced, kb, "beside"))
    shown_host = f"[{host}]" if ":" in host else host
    fetcher = None
    if allow_fetch:
        from kb.fetching import Fetcher  # noqa: PLC0415  # for httpx takes its time and 5 MB

        fetcher = Fetcher(allow_private=allow_private)
    updater = Updater(partial(_sync, kb, embed_in_worker(kb)), synced if isinstance(synced, Message) else None)
    if _is_loopback(host) if watch is None else watch:
        threading.Thread(target=_follow, args=(kb, updater), name="watch", daemon=True).start()
    warming = threading.Thread(target=_warm, args=(kb,), name="warm", daemon=True)
    warming.start()
    server.serve(
        create_app(kb, access=access, updater=updater, fetcher=fetcher),
        listening,
        lambda: say(_("Serving {address} - stop with Ctrl+C").format(address=f"http://{shown_host}:{bound_port}/")),
    )
    updater.end()
    warming.join()  # a process that ended while the model was loaded aborted, once


def _sync(kb: KnowledgeBase, changed: Callable[[], None], progress: Progress) -> SyncOutcome:
    """Bring the index up to the library, then have vectors made."""
    outcome = sync_in_worker(kb, progress)
    changed()
    return outcome


def _warm(kb: KnowledgeBase) -> None:
    """Search once, so that the first who does so does not wait for the sentence model, which takes half a second."""
    with suppress(Exception):  # whoever searches sees what is wrong
        kb.searcher.search(Query("メモ", limit=1))


def _follow(kb: KnowledgeBase, updater: Updater) -> None:
    """Have the index brought up to the library whenever something changes there."""
    for _changed in changes(lambda: kb.collection.watched):
        updater.update(patience=0)


def _access(host: str, names: tuple[str, ...]) -> Access:
    """Return whom a server at this host trusts. Raises UsageError where it would let strangers write."""
    given = os.environ.get("KB_TOKEN")
    token = given.strip() if given else None
    if token is not None and len(token) < _SHORTEST_TOKEN:
        message = _("KB_TOKEN is shorter than {least} characters; choose a longer one")
        raise click.UsageError(message.format(least=_SHORTEST_TOKEN))
    if _is_loopback(host):
        return Access(frozenset({"localhost", *names}), token)
    if token is None:
        message = _(
            "{host} can be reached from other machines: set KB_TOKEN to a secret of at least {least} characters, "
            "which writing will need, or listen at 127.0.0.1"
        )
        raise click.UsageError(message.format(host=host, least=_SHORTEST_TOKEN))
    return Access(frozenset({"localhost", host, socket.gethostname(), socket.getfqdn(), *names}), token)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
