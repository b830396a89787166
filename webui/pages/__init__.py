"""The routes: a module for each page, or for a few on one subject, from the address to the template."""
