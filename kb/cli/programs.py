"""The command that answers other programs: mcp."""

from kb.cli.group import cli, with_knowledge_base
from kb.cli.output import bring_up_to_date_or_tell, in_words, say
from kb.knowledge_base import KnowledgeBase


@cli.command()
@with_knowledge_base
def mcp(kb: KnowledgeBase) -> None:
    """Answer other programs on stdin and stdout, the index brought up to the library first.

    It speaks the Model Context Protocol (MCP): an assistant starts it by itself, once it is told the command. Nothing
    can be changed by it. `kb serve` answers the same at /mcp.

    \b
    Example: kb mcp --library ~/reports
    """
    from index.engine import WriterBusyError
    from kb.programs.server import over_stdio

    try:
        bring_up_to_date_or_tell(kb)
    except WriterBusyError as error:  # what that other process publishes is answered as soon as it does
        say(f"kb: {in_words(error)}", err=True)
    over_stdio(kb)
