"""Dated facts: what has changed since a note was taken."""
