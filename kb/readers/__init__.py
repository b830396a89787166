"""Readers turn the bytes of a file into an outline that covers every line."""
