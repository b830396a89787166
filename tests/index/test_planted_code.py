"""A doctored index runs no code, wherever a pickle is planted in its files."""

import builtins
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from index.analysis import Analyzer
from index.engine import Publication, SearchIndexError
from index.query import Query
from index.query_parser import QueryParser
from index.query_words import QueryWords
from index.schema import Document, Schema, TextField
from index.whoosh_engine import WhooshEngine
from index.whoosh_engine.whoosh_writer import whoosh3  # imports all modules of Whoosh that write

ANALYZER = Analyzer()
LEAST_SITES = 7  # schema, segments, directory and options of a compound file, extras of a table, two for postings
LEAST_READ = 5  # of them; our reader does not unpickle the others


class Payload:
    """An object that creates a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, str]]:
        return builtins.open, (str(self._marker), "w")


class Planting:
    """Replaces `pickle`, plants a payload at one call site, and records all call sites."""

    def __init__(self, site: tuple[str, int] | None, marker: Path) -> None:
        self.sites: set[tuple[str, int]] = set()
        self._site = site
        self._payload = Payload(marker)

    def dumps(self, value: object, protocol: int | None = None) -> bytes:
        frame: Any = sys._getframe(1)  # noqa: SLF001
        if frame.f_code.co_name in ("dump", "write_pickle"):  # the caller of a shared helper
            frame = frame.f_back
        if frame.f_code.co_name == "write_pickle":
            frame = frame.f_back
        site = (Path(frame.f_code.co_filename).name, frame.f_lineno)
        self.sites.add(site)
        return pickle.dumps(self._payload if site == self._site else value, protocol)

    def dump(self, value: object, file: Any, protocol: int | None = None) -> None:  # noqa: ANN401
        file.write(self.dumps(value, protocol))


def answers(folder: Path, planting: Planting) -> bool:
    """Write an index with the payload, and return whether it answers."""
    engine = WhooshEngine(
        folder,
        Schema((TextField("own", 1.0, length=0.75),), ("year",)),
        lambda _meta: QueryParser(QueryWords(ANALYZER)),
    )
    with pytest.MonkeyPatch.context() as patch:
        for module in [module for name, module in sys.modules.items() if name.partition(".")[0] == "whoosh"]:
            for name, value in list(vars(module).items()):
                if value is pickle.dump or value is pickle.dumps:
                    patch.setattr(module, name, planting.dump if value is pickle.dump else planting.dumps)
                elif isinstance(value, SimpleNamespace) and hasattr(value, "dumps"):
                    patch.setattr(value, "dumps", planting.dumps)
        try:
            for count in (1, 40):
                terms = ANALYZER.terms(ANALYZER.morphemes("監視 キュー"))
                notes = [
                    Document(f"{count}/{n}", {"own": terms}, {"year": ("2018",)}, "2018", "x") for n in range(count)
                ]
                engine.publish(Publication({str(count): notes}, ["1", "40"][: 1 + count // 40], {}))
        except (SearchIndexError, pickle.UnpicklingError):
            return False  # Whoosh reads some of what it writes
    try:
        return engine.search(Query("監視", facets=("year",))).total == 41 and engine.snapshot().stored("40/7") == "x"
    except SearchIndexError:
        return False


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_planted_pickle_runs_nowhere(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    clean = Planting(None, marker)
    whole = answers(tmp_path / "clean", clean)
    sites = sorted(clean.sites)

    doctored = [answers(tmp_path / f"index-{number}", Planting(site, marker)) for number, site in enumerate(sites)]

    assert (whole, len(sites) >= LEAST_SITES, marker.exists()) == (True, True, False), sites
    assert doctored.count(False) >= LEAST_READ, sites


def test_no_module_of_whoosh_unpickles_by_itself() -> None:
    own = [pickle, pickle.load, pickle.loads]
    modules = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "whoosh"}
    assert whoosh3.__name__ in modules
    left = [(name, key) for name, module in modules.items() for key, value in vars(module).items() if value in own]

    assert (left, sys.modules["whoosh.legacy"].toc_loaders) == ([], {})
