"""What makes vectors of texts: the model that comes along, one behind an address, what is known by heart."""

from index.embedding.bundled_model import bundled
from index.embedding.endpoint import Endpoint
from index.embedding.known import Known, learn

__all__ = ["Endpoint", "Known", "bundled", "learn"]
