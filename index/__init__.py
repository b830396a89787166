"""A small search engine for Japanese text: fields, facets and terms, and nothing about what the text is."""
