"""Sudachi's dictionary with additional words, compiled by Sudachi's tool and stored by fingerprint."""

import hashlib
import io
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

import sudachidict_core
from sudachipy import Config, Dictionary, SplitMode, Tokenizer

from index.analysis import morphemes
from index.analysis.morphemes import LexiconEntry, Morpheme, morphemes_of
from index.datafiles import versions
from index.text import KATAKANA, folded_for_sudachi

_SYSTEM = Path(sudachidict_core.__file__).parent / "resources" / "system.dic"
# Connection ids and costs from Sudachi's guide to user dictionaries. The tokenizer prefers words of lower cost.
_PROPER_NOUN = ("4786", ("名詞", "固有名詞", "一般", "*", "*", "*"))
_COMMON_NOUN = ("5146", ("名詞", "普通名詞", "一般", "*", "*", "*"))
_WORD_COST = "1000"
_ESCAPED = {ord(sign): f"\\u{ord(sign):04x}" for sign in ',"\\'}  # Sudachi's reader splits some texts in quotes
_NOT_LOOKED_UP = ("-1", "-1", "0")  # connection ids of -1 keep a unit out of the trie, so that no text has it alone


@lru_cache(2)  # a larger cache would keep a dictionary for each former kb.toml
def load(words: tuple[LexiconEntry, ...], folder: Path | None) -> Dictionary:
    """Return Sudachi's dictionary (200 MB, mapped into memory) with these words; the last two are cached.

    The compiled words are stored in `folder`; if it is None or not writable, for this process only. Raises
    CalledProcessError if Sudachi's tool cannot compile them.
    """
    if not words:
        return Dictionary(dict="core")
    return Dictionary(config=Config(system="core", user=[str(_compiled(words, folder))]))


def _compiled(words: Sequence[LexiconEntry], folder: Path | None) -> Path:
    """Return the file of the compiled words; compile it (2.5 seconds) if it does not exist."""
    libraries = versions(("sudachipy", "sudachidict-core"))
    # The fingerprint covers the words and the code, because building the lexicon takes longer than a search.
    fingerprint = repr((tuple(libraries.values()), words)).encode()
    fingerprint += b"".join(Path(file).read_bytes() for file in (__file__, morphemes.__file__))
    name = f"user-{hashlib.sha256(fingerprint).hexdigest()[:16]}"
    if folder is not None:
        if (stored := _stored(folder, name)) is not None:
            return stored
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return _compile(_lexicon(words, folder), folder, name)
        except OSError:
            pass  # the folder is not writable: each process compiles for itself
    return _compile(_lexicon(words, None), Path(_process_folder().name), name)


def _stored(folder: Path, name: str) -> Path | None:
    """Return the stored file if it is undamaged: its name ends with the SHA-256 of its bytes. Delete damaged ones."""
    for path in sorted(folder.glob(f"{name}-*.dic")):
        try:
            if hashlib.sha256(path.read_bytes()).hexdigest() == path.stem.rpartition("-")[2]:
                return path
            path.unlink(missing_ok=True)
        except OSError:
            continue  # another process deleted it, or we have no right to
    return None


@cache
def _process_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="kb-dictionary-")


def _compile(lexicon: str, folder: Path, name: str) -> Path:
    import subprocess  # noqa: PLC0415  # only compiling needs it

    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        source, compiled = Path(scratch) / "words.csv", Path(scratch) / "words.dic"
        source.write_text(lexicon, encoding="utf-8")
        # A child process compiles: it takes 700 MB, of which 500 would stay, and blocks other threads for seconds.
        command = [sys.executable, "-P", "-m", "sudachipy.command_line", "ubuild"]
        command += ["-s", str(_SYSTEM), "-o", str(compiled), str(source)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)  # noqa: S603
        data = compiled.read_bytes()
        with compiled.open("r+b") as file:
            os.fsync(file.fileno())
        # Another process may write the same file: either one is complete.
        return compiled.replace(folder / f"{name}-{hashlib.sha256(data).hexdigest()}.dic")


class _Unit(NamedTuple):
    """A unit of an additional word, with its own units."""

    surface: str
    meaning: tuple[str, ...]  # part of speech, reading and normalised form
    units: tuple["_Unit", ...] = ()


def _lexicon(words: Sequence[LexiconEntry], folder: Path | None) -> str:
    """Return the words as a Sudachi lexicon (CSV): first the units, which the words refer to by number."""
    import csv  # noqa: PLC0415  # only compiling needs it

    found = _Units(words, folder)
    numbers: dict[_Unit, str] = {}

    def references(units: Sequence[_Unit]) -> str:
        for unit in units:
            references(unit.units)
            numbers.setdefault(unit, f"U{len(numbers)}")
        return "/".join(numbers[unit] for unit in units)

    lines = []
    for key, word in found.words.items():
        connection = (_PROPER_NOUN if word.name else _COMMON_NOUN)[0]
        units = references(found.of(key))
        lines.append(_line(word.surface, (connection, connection, _WORD_COST), found.meaning(key), units))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows(_line(unit.surface, _NOT_LOOKED_UP, unit.meaning, references(unit.units)) for unit in [*numbers])
    writer.writerows(lines)
    return out.getvalue()


class _Units:
    """The units of additional words, by folded surface. Of words that fold alike the last counts."""

    def __init__(self, words: Sequence[LexiconEntry], folder: Path | None) -> None:
        self.words = {folded_for_sudachi(word.surface): word for word in words}
        self._simple = tuple(word for word in words if not word.compound)
        self._folder = folder
        self._alone = load((), None).tokenizer(SplitMode.A)
        self._found: dict[str, tuple[_Unit, ...]] = {}

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        """The tokenizer without compounds; most libraries have compiled its words before they add own ones."""
        return load(self._simple, self._folder).tokenizer(SplitMode.C)

    def of(self, key: str) -> tuple[_Unit, ...]:
        """Return the units of a word, none if it has only one."""
        if key not in self._found:
            word = self.words[key]
            units = tuple(self._inside(key, word) if word.compound else map(self._unit, word.units))
            # Sudachi places a unit by the length of its folded surface; folding may join what two units hold apart.
            whole = "".join(folded_for_sudachi(unit.surface) for unit in units) == key
            self._found[key] = units if whole else ()
        return self._found[key]

    def meaning(self, key: str) -> tuple[str, ...]:
        """Return the meaning of a word. A compound without a reading is read as its units are."""
        word = self.words[key]
        reading = word.reading or (word.surface if KATAKANA.fullmatch(word.surface) else "")
        if word.compound and not reading:
            readings = "".join(unit.meaning[-2] for unit in self.of(key))
            reading = readings if KATAKANA.fullmatch(readings) else ""
        return (*(_PROPER_NOUN if word.name else _COMMON_NOUN)[1], reading, word.normalized or word.surface)

    def _inside(self, key: str, compound: LexiconEntry) -> Iterator[_Unit]:
        """Yield the units of a compound: the longest compounds inside it, and the morphemes around them."""
        found = list(morphemes_of(compound.surface, self._tokenizer, {}))
        if len(found) == 1:
            found = list(found[0].units)
        begin = 0
        while begin < len(found):
            ends = range(len(found), begin, -1)
            keys = ((end, folded_for_sudachi("".join(one.surface for one in found[begin:end]))) for end in ends)
            inner = ((end, each) for end, each in keys if each != key and each in self.words)
            end, each = next(((end, each) for end, each in inner if self.words[each].compound), (begin + 1, ""))
            yield _Unit(self.words[each].surface, self.meaning(each), self.of(each)) if each else _as_unit(found[begin])
            begin = end

    def _unit(self, surface: str) -> _Unit:
        """Return a unit with its meaning as a single word: an additional word, or Sudachi's."""
        word, alone = self.words.get(folded_for_sudachi(surface)), list(self._alone.tokenize(surface))
        meaning = (*_COMMON_NOUN[1], word.reading if word else "", (word and word.normalized) or surface)
        if word is None and len(alone) == 1:
            meaning = (*alone[0].part_of_speech(), alone[0].reading_form(), alone[0].normalized_form())
        return _Unit(surface, meaning)


def _as_unit(morpheme: Morpheme) -> _Unit:
    meaning = (*morpheme.part_of_speech, morpheme.reading, morpheme.normalized)
    return _Unit(morpheme.surface, meaning, tuple(map(_as_unit, morpheme.units)))


def _line(surface: str, cost: Sequence[str], meaning: Sequence[str], units: str) -> Sequence[str]:
    """Return a line of the lexicon; `meaning` is part of speech, reading and normalised form."""
    split = ("C", units, units) if units else ("A", "*", "*")  # the split mode of the whole, the units in A, in B
    texts = (text.translate(_ESCAPED) for text in (folded_for_sudachi(surface), surface, *meaning))
    folded, written, *meant = texts
    return (folded, *cost, written, *meant, "*", *split, "*", "*")
