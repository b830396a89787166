"""The commands: what is typed becomes a question to the knowledge base, its answer becomes lines or JSON."""

from kb.cli.group import cli, with_knowledge_base

__all__ = ["cli", "with_knowledge_base"]
