"""Readers: from the bytes of a file to an outline that covers every line."""
