"""Stores notes as documents of an index, and answers queries about them."""
