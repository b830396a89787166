"""Requests and responses: addresses, language, uploads, undo log and security."""
