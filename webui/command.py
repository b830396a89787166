"""The `kb` command itself: the commands of kb.cli, plus the one that serves the page."""

import click

from kb.cli import bring_up_to_date, with_knowledge_base
from kb.cli import cli as main
from kb.knowledge_base import KnowledgeBase
from kb.terminal import outcome_lines
from webui.app import create_app
from webui.server import listen
from webui.server import serve as run

__all__ = ["main"]


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Another if it is taken.")
@with_knowledge_base
def serve(kb: KnowledgeBase, host: str, port: int) -> None:
    """Serve the page on this machine, the index brought up to the library first.

    \b
    Example: kb serve --port 8080
    """
    try:
        listening = listen(host, port)
    except OSError as error:
        raise click.UsageError(
            f"cannot listen at {host}:{port}: {error.strerror}; choose another --host or --port"
        ) from error
    taken = listening.getsockname()[1]
    if port not in (0, taken):
        click.echo(f"Port {port} is taken; using {taken}.")
    for line in outcome_lines(bring_up_to_date(kb), kb):
        click.echo(line)
    run(create_app(kb), listening, lambda: click.echo(f"Serving http://{host}:{taken}/ - stop with Ctrl+C"))
