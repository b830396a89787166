"""Settings of all tests: no Hypothesis deadline, and no folder of the user."""

import contextlib
import ctypes
import gc
import os
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from kb import translation
from kb.knowledge_base import KnowledgeBase

# How long an example takes tells of the machine's load, not of our code.
settings.register_profile("new", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# A run is judged by what was changed since the last one: it has the same examples. `make soak` looks for new ones.
settings.register_profile("same", settings.get_profile("new"), derandomize=True)
settings.load_profile("same")

# MB of its own that a worker process may hold after a file of tests. The largest of two workers reached 760.
_MAX_HELD = 900
_STATUS = Path("/proc/self/status")  # on Linux


def pytest_configure(config: pytest.Config) -> None:
    """Keep indexes and compiled words in a cache of this run, which its worker processes inherit."""
    for name in ("KB_ENGINE", "KB_INDEX", "KB_LIBRARY", "KB_TOKEN", "KB_EMBEDDING_KEY", "KB_MODEL_KEY"):
        os.environ.pop(name, None)
    os.environ["LC_ALL"] = "C.UTF-8"  # the terminal speaks English; what is about Japanese asks for it
    os.environ["KB_EMBEDDING"] = "none"  # a vector takes as long as a test; what is about them brings its own model
    if not hasattr(config, "workerinput"):
        cache = tempfile.TemporaryDirectory(prefix="kb-tests-")
        config.add_cleanup(cache.cleanup)
        os.environ["XDG_CACHE_HOME"] = cache.name


@pytest.fixture(autouse=True)
def english() -> None:
    """Begin each test in English; a page or a command before it may have chosen a language."""
    translation._current.set(None)  # noqa: SLF001
    os.environ.pop("LANGUAGE", None)


@pytest.fixture
def indexed(tmp_path: Path) -> Callable[[Mapping[str, str]], KnowledgeBase]:
    """Return a function that opens and indexes a library of reports, given by their file names."""

    def of(reports: Mapping[str, str]) -> KnowledgeBase:
        library = tmp_path / "library"
        library.mkdir()
        for name, text in reports.items():
            (library / name).write_text(text, "utf-8")
        knowledge_base = KnowledgeBase.open(library, tmp_path / "index")
        knowledge_base.indexer.sync()
        return knowledge_base

    return of


@pytest.fixture
def seconds() -> Iterator[None]:
    """Let a test fail that waits for more than thirty seconds, say for a pipe."""

    def late(*_: object) -> None:
        pytest.fail("it waited for thirty seconds")  # no Exception, which the code may handle

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(30)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Compile the words of AWS before the worker processes begin: each would, with 700 MB at the same time."""
    from kb.pipeline.reports import Tools  # noqa: PLC0415  # once its cache is that of this run

    Tools().analyzer.morphemes("")


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Fail with the last test of a file after which this process holds too much memory of its own.

    Mapped files, such as Sudachi's dictionary, do not count: the processes share them.
    """
    if (nextitem is None or nextitem.path != item.path) and _STATUS.exists() and _held() > _MAX_HELD / 2:
        gc.collect()
        with contextlib.suppress(OSError, AttributeError):  # of another C library
            ctypes.CDLL("libc.so.6").malloc_trim(0)  # the C library keeps what was freed
        if (held := _held()) > _MAX_HELD:
            pytest.fail(f"after {item.path.name} this process holds {held} MB, more than {_MAX_HELD}", pytrace=False)


def _held() -> int:
    """Return the MB of memory that this process shares with no file."""
    return int(_STATUS.read_text().partition("RssAnon:")[2].split()[0]) // 1024
