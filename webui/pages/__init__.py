"""A file for each page, or a few on one subject: from an address to a question, and from the answer to a template."""
