"""One file a page: each translates an address to a question, and the answer to what a template shows."""
