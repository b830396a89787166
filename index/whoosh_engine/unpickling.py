"""Pickles that run no code: what Whoosh unpickles may name a few harmless things and nothing else.

Whoosh pickles its table of contents, its directories, its posting blocks and stored values; a doctored file would run
any code when it is opened. Every name through which its modules unpickle is confined to what stands here.
"""

import io
import pickle
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType, SimpleNamespace
from typing import Any, BinaryIO

# All that an index of ours names. None of them does anything but hold what it is given.
_HARMLESS = frozenset(
    {
        ("__builtin__", "bytes"),  # as protocol 2 names it, of which Whoosh's sorting on disk makes use
        ("builtins", "int"),
        ("collections", "defaultdict"),
        ("whoosh.codec.whoosh3", "W3Codec"),
        ("whoosh.codec.whoosh3", "W3Segment"),
        ("whoosh.fields", "FieldType"),
        ("whoosh.fields", "STORED"),
        ("whoosh.fields", "Schema"),
        ("whoosh.formats", "Existence"),
    }
)


def _latin(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"it asks for the codec {encoding}, which no index of ours does")
    return text.encode("latin1")


# Pickles of the second protocol know no bytes. Whoosh sorts a large index by way of such, and they tell bytes as a call.
_BYTES: Mapping[tuple[str, str], Callable[..., bytes]] = {
    ("_codecs", "encode"): _latin,
    ("__builtin__", "bytes"): lambda: b"",
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str) -> Any:  # noqa: ANN401  # pickle's own signature
        if (module_name, global_name) in _BYTES:
            return _BYTES[module_name, global_name]
        if (module_name, global_name) not in _HARMLESS:
            raise pickle.UnpicklingError(f"it names {module_name}.{global_name}, which no index of ours does")
        return super().find_class(module_name, global_name)


def load(file: BinaryIO) -> Any:  # noqa: ANN401  # whatever was pickled
    """Return the next pickled object of a file. Raises UnpicklingError where it names what it must not."""
    return _Unpickler(file).load()


def loads(data: bytes) -> Any:  # noqa: ANN401
    """Return a pickled object. Raises UnpicklingError where it names what it must not."""
    return _Unpickler(io.BytesIO(data)).load()


def confine(modules: Iterable[ModuleType]) -> None:
    """Have modules unpickle through `load` and `loads`, under whatever name they imported pickle's own."""
    confined = SimpleNamespace(**{**vars(pickle), "load": load, "loads": loads, "Unpickler": _Unpickler})
    substitutes = ((pickle.load, load), (pickle.loads, loads), (pickle, confined))
    for module in modules:
        for name, value in list(vars(module).items()):
            for own, substitute in substitutes:
                if value is own:
                    setattr(module, name, substitute)
