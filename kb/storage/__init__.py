"""Which files are there, and how is one written whole or not at all? It knows nothing of what they say."""
