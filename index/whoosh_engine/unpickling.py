"""Pickles that run no code: what Whoosh unpickles may name a few harmless things and nothing else.

Whoosh pickles its table of contents, its directories, its posting blocks and stored values; a doctored file would run
any code when it is opened. Every name through which its modules unpickle is confined to what stands here.
"""

import io
import pickle
from collections.abc import Iterable
from types import ModuleType, SimpleNamespace
from typing import Any, BinaryIO

# All that an index of ours names. None of them does anything but hold what it is given.
_HARMLESS = frozenset(
    {
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


class _Unpickler(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str) -> Any:  # noqa: ANN401  # pickle's own signature
        if (module_name, global_name) not in _HARMLESS:
            raise pickle.UnpicklingError(f"it names {module_name}.{global_name}, which no index of ours does")
        return super().find_class(module_name, global_name)


def load(file: BinaryIO) -> Any:  # noqa: ANN401  # whatever was pickled
    """Return the next pickled object of a file. Raises UnpicklingError where it names what it must not."""
    return _Unpickler(file).load()


def loads(data: bytes) -> Any:  # noqa: ANN401
    """Return a pickled object. Raises UnpicklingError where it names what it must not."""
    return _Unpickler(io.BytesIO(data)).load()


def loads_each(pickles: Iterable[bytes]) -> list[Any]:
    """Return pickled objects. Raises UnpicklingError where one names what it must not.

    A reader that can be peeked into is read at once: an opcode at a time takes thrice as long.
    """
    every = list(pickles)
    unpickler = _Unpickler(io.BufferedReader(io.BytesIO(b"".join(every))))
    return [unpickler.load() for _ in every]


def confine(modules: Iterable[ModuleType]) -> None:
    """Have modules unpickle through `load` and `loads`, under whatever name they imported pickle's own."""
    confined = SimpleNamespace(**{**vars(pickle), "load": load, "loads": loads, "Unpickler": _Unpickler})
    substitutes = ((pickle.load, load), (pickle.loads, loads), (pickle, confined))
    for module in modules:
        for name, value in list(vars(module).items()):
            for own, substitute in substitutes:
                if value is own:
                    setattr(module, name, substitute)
