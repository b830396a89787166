"""The library, a folder of reports with its kb.toml: the only source of truth."""
