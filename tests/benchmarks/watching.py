"""How soon a change is found, and what searches beside it take: python tests/benchmarks/watching.py [NOTES].

A library of generated notes is served and watched. Told are the seconds from writing a file to finding what it says, of
one that changed and of a thousand that came at once, and what a page takes while nothing happens and beside those.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from threading import Event, Thread
from time import perf_counter

from generated import word, write_library
from serving import asked, serving

from index.query import Query
from kb.knowledge_base import KnowledgeBase

CHANGES, AT_ONCE, PAGES = 8, 1000, 300
KB = (sys.executable, "-c", "from webui.command import main; main()")
PATIENCE = 600  # seconds until a thousand files must be found


def main() -> None:
    size = int((*sys.argv[1:], "30000")[0])
    with tempfile.TemporaryDirectory(prefix="kb-watch-") as place:
        library, index = Path(place, "library"), Path(place, "index")
        write_library(library, size)
        places = ("--library", str(library), "--index", str(index))
        with watching(places):
            tell("kb watch: a changed file is found", [found_after(library, index, f"w{n}") for n in range(CHANGES)])
        with serving([*KB, "serve", *places, "--port"]) as (port, _):
            tell("kb serve: a changed file is found", [found_after(library, index, f"s{n}") for n in range(CHANGES)])
            tell("a page while nothing happens", list(pages(port, PAGES)))
            before = generations(index)
            with beside(port) as seconds:
                last = all_found_after(library, index)
            tell(f"a page beside a sync of {AT_ONCE} files", seconds)
            tell(f"{AT_ONCE} files that came at once are found", [last])
            sys.stdout.write(f"generations published meanwhile: {generations(index) - before}\n")


def found_after(library: Path, index: Path, name: str) -> float:
    """Return the seconds after which a note with a word of its own is found that is added to a report."""
    report = min(library.glob("*.md"))
    report.write_text(f"{report.read_text('utf-8')}- 合言葉{name}\n", "utf-8")
    return _until_found(library, index, f"合言葉{name}", 1)


def all_found_after(library: Path, index: Path) -> float:
    """Return the seconds after which the notes of all files are found that are written at once."""
    for number in range(AT_ONCE):
        (library / f"new-{number}.md").write_text(f"# 新しい会{number}\n\n- 一斉に来た\n- {word(number)}\n", "utf-8")
    return _until_found(library, index, "一斉に来た", AT_ONCE)


def _until_found(library: Path, index: Path, text: str, count: int) -> float:
    began = perf_counter()
    searcher = KnowledgeBase.open(library, index).searcher
    while searcher.search(Query(f'"{text}"', limit=1)).total < count:
        time.sleep(0.02)
        if perf_counter() - began > PATIENCE:
            raise TimeoutError(text)
    return perf_counter() - began


def generations(index: Path) -> int:
    """Return how many generations were published so far."""
    return int((index / "CURRENT").read_text("ascii").strip().removeprefix("gen-"))


def pages(port: int, count: int) -> Iterator[float]:
    """Ask for so many pages with a word, and yield the seconds that each took."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    for number in range(count):
        began = perf_counter()
        asked(connection, f"/?q={word(40 + number % 100)}")
        yield perf_counter() - began


@contextmanager
def beside(port: int) -> Iterator[list[float]]:
    """Ask for pages, one after the other, while something else is done; give the seconds that each took."""
    seconds = list[float]()
    done = Event()

    def ask() -> None:
        while not done.is_set():
            seconds.extend(pages(port, 1))

    asking = Thread(target=ask)
    asking.start()
    yield seconds
    done.set()
    asking.join()


@contextmanager
def watching(places: Sequence[str]) -> Iterator[None]:
    """Run `kb watch`, which has begun once this goes on."""
    process = subprocess.Popen([*KB, "watch", *places], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        for line in process.stdout or ():
            if line.startswith("Watching"):
                break
        time.sleep(1)  # until the system tells of changes
        yield
    finally:
        process.terminate()
        process.wait()


def tell(name: str, seconds: Sequence[float]) -> None:
    times = sorted(seconds)
    late = times[min(len(times) * 99 // 100, len(times) - 1)]
    sys.stdout.write(f"{name:44s} {1e3 * median(times):8.0f} ms median {1e3 * late:8.0f} ms p99 of {len(times)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
