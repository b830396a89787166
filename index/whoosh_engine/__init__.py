"""The embedded engine: an index in a folder, kept by Whoosh. The one door to whoosh."""
