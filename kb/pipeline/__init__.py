"""What does a report say? The way of one file to a finished report, and what only the whole library tells."""
