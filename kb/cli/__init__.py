"""The commands: what is typed becomes a question to the knowledge base, its answer becomes lines or JSON."""

from kb.cli import finding, keeping, measuring, reading
from kb.cli.group import cli, with_knowledge_base
from kb.cli.output import bring_up_to_date

__all__ = ["bring_up_to_date", "cli", "finding", "keeping", "measuring", "reading", "with_knowledge_base"]
