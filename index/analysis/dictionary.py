"""Sudachi's dictionary with additional words, compiled by Sudachi's tool and stored by fingerprint."""

import hashlib
import io
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from pathlib import Path

import sudachidict_core
from sudachipy import Config, Dictionary, Morpheme, SplitMode

from index.analysis.morphemes import LexiconEntry
from index.datafiles import versions
from index.text import KATAKANA, folded_for_sudachi

_SYSTEM = Path(sudachidict_core.__file__).parent / "resources" / "system.dic"
# Connection ids and costs from Sudachi's guide to user dictionaries. The tokenizer prefers words of lower cost.
_PROPER_NOUN = ("4786", ("名詞", "固有名詞", "一般", "*", "*", "*"))
_COMMON_NOUN = ("5146", ("名詞", "普通名詞", "一般", "*", "*", "*"))
_WORD_COST, _UNIT_COST = "1000", "32767"


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
    # The fingerprint covers the words and this file, because building the lexicon takes longer than a search.
    fingerprint = repr((tuple(libraries.values()), words)).encode() + Path(__file__).read_bytes()
    name = f"user-{hashlib.sha256(fingerprint).hexdigest()[:16]}"
    if folder is not None:
        if (stored := _stored(folder, name)) is not None:
            return stored
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return _compile(_lexicon(words), folder, name)
        except OSError:
            pass  # the folder is not writable: each process compiles for itself
    return _compile(_lexicon(words), Path(_process_folder().name), name)


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


def _lexicon(words: Iterable[LexiconEntry]) -> str:
    """Return the words as a Sudachi lexicon (CSV). A unit's cost is so high that it is never chosen by itself."""
    by_surface = {folded_for_sudachi(word.surface): word for word in words}  # the last of those that fold alike
    units = list(dict.fromkeys(unit for word in by_surface.values() for unit in word.units))
    places = {unit: f"U{number}" for number, unit in enumerate(units)}
    import csv  # noqa: PLC0415  # only compiling needs it

    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    alone = load((), None).tokenizer(SplitMode.A)
    lines.writerows(
        _unit_line(unit, by_surface.get(folded_for_sudachi(unit)), list(alone.tokenize(unit))) for unit in units
    )
    lines.writerows(_word_line(word, "/".join(places[unit] for unit in word.units)) for word in by_surface.values())
    return out.getvalue()


def _word_line(word: LexiconEntry, units: str) -> Sequence[str]:
    connection, speech = _PROPER_NOUN if word.name else _COMMON_NOUN
    reading = word.reading or (word.surface if KATAKANA.fullmatch(word.surface) else "")
    meaning = (*speech, reading, word.normalized or word.surface)
    return _line(word.surface, (connection, connection, _WORD_COST), meaning, units)


def _unit_line(unit: str, word: LexiconEntry | None, alone: Sequence[Morpheme]) -> Sequence[str]:
    """Return the line of a unit with its meaning as a single word: an additional word, or Sudachi's."""
    connection, speech = _COMMON_NOUN
    meaning = (*speech, word.reading if word else "", (word and word.normalized) or unit)
    if word is None and len(alone) == 1:
        meaning = (*alone[0].part_of_speech(), alone[0].reading_form(), alone[0].normalized_form())
    return _line(unit, (connection, connection, _UNIT_COST), meaning, "")


def _line(surface: str, cost: Sequence[str], meaning: Sequence[str], units: str) -> Sequence[str]:
    """Return a line of the lexicon; `meaning` is part of speech, reading and normalised form."""
    split = ("C", units, units) if units else ("A", "*", "*")  # the split mode of the whole, the units in A, in B
    return (folded_for_sudachi(surface), *cost, surface, *meaning, "*", *split, "*", "*")
