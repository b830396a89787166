"""Whoosh itself, which writes; its files are read without it (`whoosh_files`). The one module that imports whoosh.

Whoosh is given terms, never text: none of its analyzers, parsers and scorers is used, and nothing of ours is pickled.
What it unpickles of its own runs no code (`unpickling`). Whoosh as published reads what is written here.
"""

import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from index.whoosh_engine.unpickling import confine

with warnings.catch_warnings():
    # Compiling Whoosh warns of its regular expressions and of `is` with a literal; the last two it would import late.
    warnings.simplefilter("ignore", SyntaxWarning)
    warnings.simplefilter("ignore", DeprecationWarning)
    import whoosh.columns
    import whoosh.fields
    import whoosh.filedb.filestore
    import whoosh.formats
    import whoosh.index
    import whoosh.lang.porter2
    import whoosh.legacy
    from whoosh.codec import whoosh3

__all__ = ["create", "whoosh3"]

confine(module for name, module in list(sys.modules.items()) if name.partition(".")[0] == "whoosh")
# What is stored lies there as it is, in zlib's frame with its sum: to inflate twenty notes takes longer than to find
# them.
whoosh3.STORED_COLUMN = whoosh.columns.PickleColumn(whoosh.columns.CompressedBytesColumn(level=0))
whoosh.legacy.toc_loaders.clear()  # older tables of contents are unpickled in a way of their own; ours are never old


def create(folder: Path, field_names: Iterable[str], stored_names: Iterable[str]) -> Any:  # noqa: ANN401  # untyped
    """Make an index in an empty folder, and return what writes to it."""
    schema = whoosh.fields.Schema(
        **{name: whoosh.fields.FieldType(whoosh.formats.Existence(), None) for name in field_names},
        **{name: whoosh.fields.STORED() for name in stored_names},
    )
    codec = whoosh3.W3Codec()
    codec.length_stats = False  # nothing asks Whoosh for lengths
    return whoosh.index.create_in(str(folder), schema).writer(codec=codec)
