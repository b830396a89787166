"""Readings by assistants: lines are handed out to them in parts, and what they say is kept beside kb.toml."""
