"""Words that Sudachi shall know beyond its own, compiled by its own tool and kept by fingerprint."""

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
from index.installed import versions
from index.text import KATAKANA, folded_for_sudachi

_SYSTEM = Path(sudachidict_core.__file__).parent / "resources" / "system.dic"
# Connection ids and costs as Sudachi's guide to user dictionaries gives them for nouns; lower is chosen more readily.
_PROPER_NOUN = ("4786", ("名詞", "固有名詞", "一般", "*", "*", "*"))
_COMMON_NOUN = ("5146", ("名詞", "普通名詞", "一般", "*", "*", "*"))
_CHOSEN, _ONLY_AS_A_UNIT = "1000", "32767"


@lru_cache(2)  # what is in use is held by its analyzer; more would keep those of every kb.toml that there ever was
def load(words: tuple[LexiconEntry, ...], folder: Path | None) -> Dictionary:
    """Return Sudachi's dictionary (200 MB, mapped into memory) with these words; the last two are kept.

    The compiled words are kept in `folder`, or for this process alone where it is None or cannot be written. Raises
    CalledProcessError where Sudachi's tool cannot compile them.
    """
    if not words:
        return Dictionary(dict="core")
    return Dictionary(config=Config(system="core", user=[str(_compiled(words, folder))]))


def _compiled(words: Sequence[LexiconEntry], folder: Path | None) -> Path:
    """Return the file of the compiled words, making it (2.5 seconds) if it is not there yet."""
    known = versions(("sudachipy", "sudachidict-core"))
    # Of the words and of this code, not of the lexicon that it makes of them: that takes longer than a search.
    made_of = repr((tuple(known.values()), words)).encode() + Path(__file__).read_bytes()
    name = f"user-{hashlib.sha256(made_of).hexdigest()[:16]}"
    if folder is not None:
        if (whole := _whole(folder, name)) is not None:
            return whole
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return _compile(_lexicon(words), folder, name)
        except OSError:
            pass  # a folder that cannot be written to costs the compilation each time, no more
    return _compile(_lexicon(words), Path(_process_folder().name), name)


def _whole(folder: Path, name: str) -> Path | None:
    """Return the compiled words that are as they were written: their name ends with the SHA-256 of what is in them."""
    for path in sorted(folder.glob(f"{name}-*.dic")):
        try:
            if hashlib.sha256(path.read_bytes()).hexdigest() == path.stem.rpartition("-")[2]:
                return path
            path.unlink(missing_ok=True)
        except OSError:
            continue  # another process removed it, or we may not; it is passed over either way
    return None


@cache
def _process_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="kb-dictionary-")


def _compile(lexicon: str, folder: Path, name: str) -> Path:
    import subprocess  # noqa: PLC0415  # for who makes the file

    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        source, compiled = Path(scratch) / "words.csv", Path(scratch) / "words.dic"
        source.write_text(lexicon, encoding="utf-8")
        # By itself: it takes 700 MB, of which a process keeps 500, and lets no other thread run for seconds.
        command = [sys.executable, "-P", "-m", "sudachipy.command_line", "ubuild"]
        command += ["-s", str(_SYSTEM), "-o", str(compiled), str(source)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)  # noqa: S603
        data = compiled.read_bytes()
        with compiled.open("r+b") as file:
            os.fsync(file.fileno())
        # Another process may make the same file: either is whole.
        return compiled.replace(folder / f"{name}-{hashlib.sha256(data).hexdigest()}.dic")


def _lexicon(words: Iterable[LexiconEntry]) -> str:
    """Return the words as lines of Sudachi's lexicon; each unit is a line of its own that is never chosen by itself."""
    by_surface = {folded_for_sudachi(word.surface): word for word in words}  # of two that fold alike the later one
    units = list(dict.fromkeys(unit for word in by_surface.values() for unit in word.units))
    places = {unit: f"U{number}" for number, unit in enumerate(units)}
    import csv  # noqa: PLC0415  # for who makes the file

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
    return _line(word.surface, (connection, connection, _CHOSEN), meaning, units)


def _unit_line(unit: str, word: LexiconEntry | None, alone: Sequence[Morpheme]) -> Sequence[str]:
    """Return the line of a unit, which is to be what it is alone: a word to know, or what Sudachi makes of it."""
    connection, speech = _COMMON_NOUN
    meaning = (*speech, word.reading if word else "", (word and word.normalized) or unit)
    if word is None and len(alone) == 1:
        meaning = (*alone[0].part_of_speech(), alone[0].reading_form(), alone[0].normalized_form())
    return _line(unit, (connection, connection, _ONLY_AS_A_UNIT), meaning, "")


def _line(surface: str, cost: Sequence[str], meaning: Sequence[str], units: str) -> Sequence[str]:
    """Return a line of the lexicon; `meaning` is part of speech, reading and normal form."""
    parted = ("C", units, units) if units else ("A", "*", "*")  # the mode it is whole in, its units in A, in B
    return (folded_for_sudachi(surface), *cost, surface, *meaning, "*", *parted, "*", "*")
