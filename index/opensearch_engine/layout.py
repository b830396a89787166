"""The fields of an index, and a document as the JSON stored in it.

Texts are cut into terms here, so a cluster needs no Japanese analysis. It knows a term by a hash of its kind and text.
`finds` has the terms that find a document, `weights` a number for each term, of which a score is made (`rank_feature`).
"""

import json
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
from msgspec import Struct

from index.query_ast import Key
from index.ranking import MIN_LENGTH, WEIGHTS, length_strength
from index.schema import MAX_EXACT_LENGTH, Document, Schema, TextField, check_fields
from index.text import folded, folded_name

VERSION = 4  # of this layout; an index of another version is written anew
# Words. The folder engine takes the mean of a generation; here a document's weights must not depend on other documents.
_MEAN_LENGTH = 13.0
_MAX_WORD_LENGTH = 200  # characters of a word that is offered as a correction or completion
_HASH = 9  # bytes; ten million terms collide once in a hundred million indexes
_RANK_FEATURE_BITS = 0xFFFF8000  # of a 32-bit float, which a `rank_feature` keeps; so do the reasons of a score
_KEYWORD = {"type": "keyword", "doc_values": False}
_SORTED = {"type": "keyword"}
_FOLDED = {**_KEYWORD, "ignore_above": 8000}  # characters of a facet value that can be found by a part of it
_STORED = {"type": "keyword", "index": False, "doc_values": False}
_LETTERS: Mapping[str, Any] = {"type": "text", "norms": False}


@lru_cache(100_000)
def token(text: str, kind: str) -> str:
    """Return the name of a text in the index."""
    data = f"{kind} {text}".encode("utf-8", "surrogatepass")
    return urlsafe_b64encode(blake2b(data, digest_size=_HASH).digest()).decode()


def token_of(key: Key) -> str:
    """Return the name of a query's term in the index."""
    return token(key.text, key.kind)


class Row(Struct, frozen=True):
    """A document as JSON without its run and position, and the words it adds to the vocabulary."""

    fields: dict[str, Any]
    words: frozenset[Key]


class Layout:
    """How the documents of a schema are stored in an index."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.version = f"{VERSION} {schema!r}"  # marks an index with this layout

    def settings(self, shards: int) -> Mapping[str, Any]:
        """Return the settings and fields of a new index, which has no replicas while it is filled."""
        tokenizers = {name: {"type": "ngram", "min_gram": size, "max_gram": size}
                      for name, size in (("ones", 1), ("pairs", 2))}  # fmt: skip
        fields = {
            "key": _SORTED, "run": _SORTED, "rank": {"type": "long"}, "place": {"type": "integer"},
            "born": {"type": "long"}, "date": _SORTED, "boost": {"type": "float"}, "length": {"type": "float"},
            "factor": {"type": "float"}, "whole": _KEYWORD, "belongs": _KEYWORD, "stored": _STORED, "record": _STORED,
            "text": _STORED, "passage": _SORTED, "model": _SORTED, "scale": {"type": "float"},
            "vector": {"type": "binary", "doc_values": True}, "finds": _KEYWORD, "weights": {"type": "rank_features"},
            "literal": {**_LETTERS, "analyzer": "pairs",
                        "fields": {"one": {**_LETTERS, "analyzer": "ones", "index_options": "docs"}}},
            "in": {"properties": {text.name: _KEYWORD for text in self.schema.texts}},
            "facet": {"properties": dict.fromkeys(self.schema.facets, _SORTED)},
            "folded": {"properties": dict.fromkeys(self.schema.facets, _FOLDED)},
            "word": _SORTED, "sound": _SORTED, "long": {"type": "integer"},
        }  # fmt: skip
        analyzers = {name: {"type": "custom", "tokenizer": name} for name in tokenizers}
        return {
            "settings": {
                "index": {"number_of_shards": shards, "number_of_replicas": 0, "refresh_interval": "-1"},
                "analysis": {"analyzer": analyzers, "tokenizer": tokenizers},
            },
            "mappings": {"dynamic": "strict", "properties": fields},
        }

    def row(self, document: Document) -> Row:
        """Return a document as JSON. Raises ValueError for a field that the schema does not have."""
        check_fields(document, self.schema)
        length = max((_length(document, text) for text in self.schema.texts if text.length), default=0)
        whole = folded_name(document.literal)
        fields: dict[str, Any] = {
            "key": document.id,
            "stored": sendable(document.stored),
            "boost": document.boost,
            "length": float(length),
            "factor": document.boost * (1 + WEIGHTS["length"] * float(length_strength(length))),
            "literal": _encodable(folded(document.literal)),
            "belongs": list(document.parents),
            "facet": {group: list(values) for group, values in document.facets.items()},
            "folded": {group: [folded_name(value) for value in values] for group, values in document.facets.items()},
        }
        if document.date is not None:
            fields["date"] = document.date
        if len(whole) <= MAX_EXACT_LENGTH:
            fields["whole"] = token(whole, "whole")
        if document.passage:
            fields |= {"passage": token(document.passage, "passage"), "text": sendable(document.passage)}
        terms, words = self._terms(document)
        return Row({**fields, **terms}, words)

    def _terms(self, document: Document) -> tuple[dict[str, Any], frozenset[Key]]:
        """Return the fields with the terms of a document, and its words and sounds that find it."""
        weights, finds, within, vocabulary = dict[str, float](), dict[str, None](), dict[str, list[str]](), set[Key]()
        for text in self.schema.texts:
            keys = [Key(term.text, term.kind) for term in document.texts.get(text.name, ())]
            weight = text.weight / _norm(_length(document, text), text)
            for name, count in Counter(map(token_of, keys)).items():
                weights[name] = weights.get(name, 0.0) + weight * count
            words = dict.fromkeys(key for key in keys if key.kind in ("word", "sound"))
            if words:
                within[text.name] = [*map(token_of, words)]
            if not text.score_only:
                finds |= dict.fromkeys(map(token_of, keys))
                vocabulary |= {
                    Key(_encodable(one.text), one.kind) for one in words if len(one.text) <= _MAX_WORD_LENGTH
                }
        bits = np.array([*weights.values()], np.float32).view(np.uint32) & _RANK_FEATURE_BITS
        kept = dict(zip(weights, bits.view(np.float32).tolist(), strict=True))
        return {"finds": list(finds), "weights": kept, "in": within}, frozenset(vocabulary)


def _length(document: Document, text: TextField) -> int:
    return sum(term.kind == "word" for term in document.texts.get(text.name, ())) if text.length else 0


def _norm(length: int, text: TextField) -> float:
    """Return the divisor of frequencies in a text of `length` words (`index.ranking`)."""
    return 1 - text.length + text.length * max(length, MIN_LENGTH) / _MEAN_LENGTH if length else 1.0


def sendable(text: str) -> str:
    """Return a text as JSON, with lone surrogates, which cannot be sent, as escapes."""
    return json.dumps(text, ensure_ascii=_encodable(text) != text)


def received(text: str) -> str:
    """Return the text that was made sendable. Raises ValueError if it was not."""
    return str(json.loads(text))


def _encodable(text: str) -> str:
    """Return a text with its lone surrogates replaced by question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
