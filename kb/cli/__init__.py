"""The commands: what is typed becomes a question to the knowledge base, its answer becomes lines or JSON."""
