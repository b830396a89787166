"""What makes vectors of texts: the model that comes along, one behind an address, or a file of precomputed vectors."""

from index.embedding.bundled_model import Precomputed, bundled, precompute
from index.embedding.endpoint import Endpoint

__all__ = ["Endpoint", "Precomputed", "bundled", "precompute"]
