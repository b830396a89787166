"""Brings a library into its index: sync, worker processes, additions, corrections, and the difference of each sync."""
