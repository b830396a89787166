"""How documents lie in an index of a cluster: fields, and a document as JSON, its terms made by us.

A term is known there by the hash of its kind and text: of one length, whatever it holds; with a mark where it stands
only in fields that find nothing. Its frequencies in a document stand packed in one number, those in the field whose
length matters apart, so that the points of a term can be worked out exactly whatever the mean length is (`scoring`).
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from math import gcd
from typing import Any

from index.engine import SearchIndexError
from index.messages import translatable
from index.query_ast import Key
from index.schema import MAX_EXACT_LENGTH, Document, Schema, TextField, check_fields
from index.text import folded, folded_name

VERSION = 3  # of what is written here; an index of another is made anew
PACK = 8192  # what a frequency in the field with a length is multiplied by: Lucene's own hold 24 bits
_MOST_OWN, _MOST_OTHER = 2047, PACK - 1
_LONGEST_VALUE = 8000  # characters of a facet value that can be looked for by a part of it
_LONGEST_WORD = 200  # characters of a word that may be a slip of another
_SCORE_ONLY = "~"  # what the name of a term ends with that stands only where it finds nothing
_HASH = 9  # bytes: ten million words meet by chance once in a hundred million indexes
_KEYWORD = {"type": "keyword", "doc_values": False}
_SORTED = {"type": "keyword"}
_KEPT = {"type": "keyword", "index": False, "doc_values": False}
_LETTERS: Mapping[str, Any] = {"type": "text", "norms": False}


@lru_cache(100_000)
def token(text: str, kind: str) -> str:
    """Return what a term is called in the index."""
    data = f"{kind} {text}".encode("utf-8", "surrogatepass")
    return urlsafe_b64encode(blake2b(data, digest_size=_HASH).digest()).decode()


def token_of(key: Key) -> str:
    """Return what the term of a query is called in documents that it finds, and in a field."""
    return token(key.text, key.kind)


def tokens_of(key: Key) -> tuple[str, str]:
    """Return what the term of a query is called in documents that have it: in those it finds, and in others."""
    return token_of(key), token_of(key) + _SCORE_ONLY


@dataclass(frozen=True, slots=True)
class Row:
    """A document as it lies in the index but for where it stands; `words` are what a text may begin or be a slip of.

    `length` is that of its text with a length, as it counts, None where there is none.
    """

    fields: dict[str, Any]
    words: frozenset[Key]
    length: float | None


class Layout:
    """How the documents of a schema lie in an index."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        measured = [text for text in schema.texts if text.length]
        if len(measured) > 1:
            raise SearchIndexError(
                translatable("a cluster can rank by the length of one text field, and the schema has more")
            )
        self.measured: TextField | None = measured[0] if measured else None
        others = [round(text.weight * 1000) for text in schema.texts if not text.length]
        self.unit = gcd(*others) / 1000 if others else 1.0  # that all other weights are multiples of

    def settings(self, shards: int) -> Mapping[str, Any]:
        """Return what an index is made with."""
        fields = {
            "key": _SORTED, "run": _SORTED, "rank": {"type": "long"}, "place": {"type": "integer"},
            "born": {"type": "long"}, "date": _SORTED, "boost": {"type": "float"}, "length": {"type": "float"},
            "whole": _KEYWORD, "belongs": _KEYWORD, "stored": _KEPT, "record": _KEPT, "text": _KEPT,
            "passage": _SORTED, "model": _SORTED, "scale": {"type": "float"},
            "vector": {"type": "binary", "doc_values": True},
            "terms": {**_LETTERS, "analyzer": "terms", "index_options": "freqs", "similarity": "frequency"},
            "literal": {**_LETTERS, "analyzer": "pairs",
                        "fields": {"one": {**_LETTERS, "analyzer": "ones", "index_options": "docs"}}},
            "in": {"properties": {text.name: _KEYWORD for text in self.schema.texts}},
            "facet": {"properties": dict.fromkeys(self.schema.facets, _SORTED)},
            "folded": {"properties": {group: {**_KEYWORD, "ignore_above": _LONGEST_VALUE}
                                      for group in self.schema.facets}},
            "word": _SORTED, "sound": _SORTED, "long": {"type": "integer"},
        }  # fmt: skip
        return {
            "settings": {
                "index": {"number_of_shards": shards, "number_of_replicas": 0, "refresh_interval": "-1"},
                "similarity": {"frequency": {"type": "scripted", "script": {"source": "return doc.freq;"}}},
                "analysis": _ANALYSIS,
            },
            "mappings": {
                "dynamic": "strict",
                "_meta": {"kb": self.version},
                "properties": fields,
            },
        }  # fmt: skip

    @property
    def version(self) -> str:
        """What an index of this layout is marked with."""
        return f"{VERSION} {self.schema!r}"

    def row(self, document: Document) -> Row:
        """Return a document as JSON. Raises ValueError for a field that the schema has not."""
        check_fields(document, self.schema)
        measured = document.texts.get(self.measured.name, ()) if self.measured else ()
        length = float(sum(term.kind == "word" for term in measured)) or None
        fields: dict[str, Any] = {
            "key": document.id,
            "stored": sendable(document.stored),
            "boost": document.boost,
            "literal": _clean(folded(document.literal)),
            "belongs": list(document.parents),
            "facet": {group: list(values) for group, values in document.facets.items()},
            "folded": {group: [folded_name(value) for value in values] for group, values in document.facets.items()},
            **self._terms(document),
        }
        whole = folded_name(document.literal)
        optional = {
            "date": document.date,
            "length": length,
            "whole": token(whole, "whole") if len(whole) <= MAX_EXACT_LENGTH else None,
            "passage": token(document.passage, "passage") if document.passage else None,
            "text": sendable(document.passage) if document.passage else None,
        }
        fields |= {name: value for name, value in optional.items() if value is not None}
        return Row(fields, self._words(document), length)

    def _terms(self, document: Document) -> dict[str, Any]:
        own, other, finds = dict[str, int](), dict[str, int](), set[str]()
        within: dict[str, list[str]] = {}
        for text in self.schema.texts:
            terms = document.texts.get(text.name, ())
            names = [token(term.text, term.kind) for term in terms]
            counts, step = (own, 1) if text == self.measured else (other, round(text.weight / self.unit))
            for name in names:
                counts[name] = counts.get(name, 0) + step
            if not text.score_only:
                finds.update(names)
            own_words = dict.fromkeys(
                name for name, term in zip(names, terms, strict=True) if term.kind in ("word", "sound")
            )
            if own_words:
                within[text.name] = list(own_words)
        packed = (
            f"{name if name in finds else name + _SCORE_ONLY}"
            f"|{min(own.get(name, 0), _MOST_OWN) * PACK + min(other.get(name, 0), _MOST_OTHER)}"
            for name in {**own, **other}
        )
        return {"terms": " ".join(packed), "in": within}

    def _words(self, document: Document) -> frozenset[Key]:
        finding = (document.texts.get(text.name, ()) for text in self.schema.texts if not text.score_only)
        words = {Key(term.text, term.kind) for terms in finding for term in terms if term.kind in ("word", "sound")}
        return frozenset(Key(_clean(word.text), word.kind) for word in words if len(word.text) <= _LONGEST_WORD)


_ANALYSIS: Mapping[str, Any] = {
    "analyzer": {
        "terms": {"type": "custom", "tokenizer": "whitespace", "filter": ["frequencies"]},
        "pairs": {"type": "custom", "tokenizer": "pairs"},
        "ones": {"type": "custom", "tokenizer": "ones"},
    },
    "filter": {"frequencies": {"type": "delimited_term_freq", "delimiter": "|"}},
    "tokenizer": {
        "pairs": {"type": "ngram", "min_gram": 2, "max_gram": 2},
        "ones": {"type": "ngram", "min_gram": 1, "max_gram": 1},
    },
}


_MARK = "\ufdd0"  # a character of Unicode that no text has: it is for programs among themselves
_UNSENDABLE = re.compile(f"[\ud800-\udfff{_MARK}]")
_SENT = re.compile(f"{_MARK}([0-9a-f]{{4}})")


def sendable(text: str) -> str:
    """Return a text as it can be sent: halves of surrogate pairs, which no JSON may hold, as their number."""
    return _UNSENDABLE.sub(lambda found: f"{_MARK}{ord(found[0]):04x}", text)


def received(text: str) -> str:
    """Return the text that was made sendable."""
    return _SENT.sub(lambda found: chr(int(found[1], 16)), text)


def _clean(text: str) -> str:
    """Return a text without halves of surrogate pairs, which no JSON may hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
