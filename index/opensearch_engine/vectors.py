"""Vectors of documents on a cluster: how they lie there, and which are nearest a text, told there by a script.

It looks at every document that may be found, so that nothing is guessed, and needs no plugin. What it tells in single
precision chooses documents; how like these are is told here, from their vectors, as everywhere.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from index.opensearch_engine.filters import Filter
from index.similarity import SHORT, Centring, Quantised, quantised

_COSINE = """
BytesRef numbers = doc['vector'].value;
byte[] own = numbers.bytes;
int begin = numbers.offset;
String asked = params.asked;
String mean = params.mean;
int product = 0;
int toMean = 0;
for (int at = 0; at < numbers.length; at++) {
  int one = own[begin + at];
  product += one * (asked.charAt(at) - 128);
  toMean += one * (mean.charAt(at) - 128);
}
double scale = doc['scale'].value;
double square = 1 - 2 * toMean * scale * params.meanScale + params.meanSquare;
double length = Math.sqrt(Math.max(square, params.least));
double cosine = (product * scale * params.askedScale - params.apart) / (length * params.far);
return cosine >= params.below ? 0 : Math.max(0, 1 + cosine);
"""
_SLACK = 1e-4  # of a cosine in single precision: what lies at a bound is judged here
_PADDING = "=="  # a cluster leaves it out; more than is needed does no harm
_FIELDS = ("key", "vector", "scale")


def nearest(frame: Centring, asked: Quantised, among: Filter, size: int, below: float = 2.0) -> Mapping[str, Any]:
    """Return the search for the documents that are nearest what is asked, those whose cosine is below a bound first."""
    mean = quantised(frame.mean.astype(np.float32)[None])
    params = {
        "asked": _characters(asked),
        "askedScale": float(asked.scales[0]),
        "apart": float(frame.mean @ asked.floats[0]),
        "far": float(frame.far(asked)[0]),
        "mean": _characters(mean),
        "meanScale": float(mean.scales[0]),
        "meanSquare": float(frame.mean @ frame.mean),
        "least": SHORT**2,
        "below": below + _SLACK,
        "size": frame.size,  # answers are kept by what was asked, and another is due when more documents have a vector
    }
    return {
        "size": size,
        "track_total_hits": False,
        "query": {"script_score": {"query": among, "script": {"source": _COSINE, "params": params}}},
        "sort": [{"_score": "desc"}, {"rank": "asc"}, {"place": "asc"}],
        **with_vectors(),
    }


def with_vectors(*fields: str) -> Mapping[str, Any]:
    """Return the part of a search that says that each hit is to come with its vector and some fields, and no more."""
    return {"_source": False, "stored_fields": "_none_", "docvalue_fields": [*_FIELDS, *fields]}


def stored_vector(vectors: Quantised, row: int, model: str) -> Mapping[str, Any]:
    """Return the fields that hold a vector."""
    numbers = b64encode(vectors.numbers[row].tobytes()).decode("ascii")
    return {"vector": numbers, "scale": float(vectors.scales[row]), "model": model}


def read_vectors(hits: Sequence[Mapping[str, Any]]) -> Quantised:
    """Return the vectors of hits that all have one."""
    encoded = (value_of(hit, "vector") + _PADDING for hit in hits)
    numbers = [np.frombuffer(b64decode(one), np.int8) for one in encoded]
    scales = np.array([value_of(hit, "scale") for hit in hits], np.float32).astype(np.float64)
    return Quantised(np.stack(numbers) if numbers else np.empty((0, 0), np.int8), scales)


def value_of(hit: Mapping[str, Any], field: str) -> Any:  # noqa: ANN401  # a text or a number
    """Return the first value of a field of a hit, None where it has none."""
    values = hit.get("fields", {}).get(field)
    return values[0] if values else None


def _characters(vectors: Quantised) -> str:
    """Return the numbers of the first vector as characters, which a script reads faster than numbers."""
    return bytes((vectors.numbers[0].astype(np.int16) + 128).astype(np.uint8)).decode("latin-1")
