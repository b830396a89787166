"""Finds, writes and caches files, whatever their content."""
