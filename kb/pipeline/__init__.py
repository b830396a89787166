"""From the bytes of a file to a finished report, and what only the whole library decides about it."""
