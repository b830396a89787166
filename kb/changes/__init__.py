"""Dated facts: what has changed since a note was taken. The facts stand in `data/`, and how they were checked."""

from kb.changes.changes import Change, all_changes, changes_for

__all__ = ["Change", "all_changes", "changes_for"]
