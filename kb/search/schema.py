"""Which fields and facets the documents of the index have."""

from index.schema import Schema, TextField
from kb.search.facets import FACETS

SCHEMA = Schema(
    texts=(
        TextField("text", 1.0, length=0.75),
        TextField("trail", 0.7),
        TextField("talk", 0.3, score_only=True),
        TextField("services", 0.6),
        TextField("attached", 0.3),
        TextField("below", 0.3, score_only=True),
    ),
    facets=tuple(facet.key for facet in FACETS),
    titles=("talk", "talk"),
    names="name",
    sections="section",
)
