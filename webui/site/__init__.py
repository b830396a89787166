"""A static site: the pages as files, for any web server."""
