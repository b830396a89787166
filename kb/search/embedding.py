"""Which model finds notes by similarity: the one that comes along, one behind an address, or none."""

import os
from typing import TYPE_CHECKING

from kb.library.configuration import NO_MODEL
from kb.library.places import SAMPLE_VECTORS
from kb.storage.caches import cache_folder

if TYPE_CHECKING:
    from index.embedder import Embedder, EmbedderMaker
    from kb.library.configuration import Configuration


def embedder_of(configuration: "Configuration") -> "EmbedderMaker":
    """Return what gives the model that a kb.toml tells; KB_EMBEDDING=none switches any off."""

    def made() -> "Embedder | None":
        told = configuration.embedding
        if NO_MODEL in (told.model, os.environ.get("KB_EMBEDDING")):
            return None
        from index.embedding import Endpoint, Known, bundled

        if told.url:
            return Endpoint(told.url, told.model, os.environ.get("KB_EMBEDDING_KEY"))
        model = bundled(cache_folder("model"))
        return Known(model, SAMPLE_VECTORS) if model else None

    return made
