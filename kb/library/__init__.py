"""The folder of reports and its kb.toml: the only source of truth, and where it lies."""
