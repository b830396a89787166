"""The page over HTTP beside Datasette on SQLite FTS5, in one run: python tests/benchmarks/serving.py [NOTES].

Each server runs in a process of its own over the same generated notes, and is asked by one client and by eight.
"""

import importlib.util
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter
from urllib.parse import quote

from comparing import circumstances, resident
from generated import notes, word, write_library
from rivals import Fts5

DOCUMENT = Path(__file__).parents[2] / "docs/performance.md"
BEGIN, END = "<!-- served: begin -->\n", "<!-- served: end -->\n"
REQUESTS, CLIENTS, PATIENCE = 40, 8, 3600  # of each page; seconds until a server has indexed everything
PAGES: Mapping[str, Callable[[int], str]] = {
    "start page": lambda _: "/",
    "a word": lambda n: f"/?q={word(40 + n)}",
    "a word, a service, a year": lambda n: f"/?q={word(5 + n)}&service=s3&year=2018",
    "all notes": lambda _: "/?q=",
    "suggestions": lambda _: "/suggest?q=lam",
}
FACETED = "&".join(f"_facet={group}" for group in ("kind", "event", "year", "talk", "speaker"))


def main() -> None:
    size = int((*sys.argv[1:], "10000")[0])
    rows = []
    with tempfile.TemporaryDirectory(prefix="kb-serve-") as place:
        folder = Path(place)
        write_library(folder / "library", size)
        kb = [sys.executable, "-c", "from webui.command import main; main()"]
        places = ("--library", str(folder / "library"), "--index", str(folder / "index"))
        with serving([*kb, "serve", *places, "--port"]) as (port, process):
            rows += [(f"kb, {name}", *measured(port, page)) for name, page in PAGES.items()]
            memory = resident(str(process))
        if importlib.util.find_spec("datasette"):
            Fts5(folder).write(notes(size))
            command = [sys.executable, "-m", "datasette", "serve", str(folder / "notes.db"), "--setting"]
            with serving(
                [*command, "sql_time_limit_ms", "60000", "--setting", "facet_time_limit_ms", "60000", "-p"]
            ) as (
                port,
                _,
            ):
                rows.append(("Datasette on FTS5, a word", *measured(port, datasette_page)))
    table = "\n".join(
        f"| {name} | {one:.1f} | {p95:.1f} | {rate:.0f} | {kilobytes:.0f} |" for name, one, p95, rate, kilobytes in rows
    )
    told = (
        f"\n{circumstances().split(';')[0]}; {size:,} notes, {REQUESTS} requests of each page; the server held "
        f"{memory:.0f} MB after all of them.\n\n"
        f"| | one client, ms (median) | 95th percentile | {CLIENTS} clients, pages a second | kB as sent |\n"
        f"|---|---|---|---|---|\n{table}\n\n"
    )
    sys.stdout.write(told)
    before, _, rest = DOCUMENT.read_text("utf-8").partition(BEGIN)
    DOCUMENT.write_text(f"{before}{BEGIN}{told}{END}{rest.partition(END)[2]}", "utf-8")


def datasette_page(n: int) -> str:
    """Return the address of the same page: the notes with a word, best first, and their facets."""
    found = f"select rowid from texts where texts match '{word(40 + n)}' order by rank limit 20"
    return f"/notes/notes?_where={quote(f'id in ({found})')}&_size=20&{FACETED}"


@contextmanager
def serving(command: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Start a server at a free port, wait until it answers, and yield the port and the process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen([*command, str(port)], stdout=quiet, stderr=quiet, env=os.environ)
    try:
        for _ in range(2 * PATIENCE):
            if process.poll() is not None:
                raise RuntimeError(f"{command} ended with {process.returncode}")
            try:
                asked(HTTPConnection("127.0.0.1", port, timeout=PATIENCE), "/")
            except ConnectionError:
                time.sleep(0.5)
            else:
                break
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def measured(port: int, page: Callable[[int], str]) -> tuple[float, float, float, float]:
    """Return milliseconds (median and 95th percentile) with one client, pages a second with eight, and kB."""
    connection = HTTPConnection("127.0.0.1", port)
    warm = [asked(connection, page(n)) for n in range(REQUESTS)]
    seconds = []
    for n in range(REQUESTS):
        began = perf_counter()
        asked(connection, page(n))
        seconds.append(perf_counter() - began)

    def several(client: int) -> None:
        own = HTTPConnection("127.0.0.1", port)
        for n in islice(range(client, client + REQUESTS), REQUESTS // 2):
            asked(own, page(n % REQUESTS))

    began = perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(several, range(CLIENTS)))
    rate = CLIENTS * (REQUESTS // 2) / (perf_counter() - began)
    ordered = sorted(seconds)
    return 1e3 * median(ordered), 1e3 * ordered[int(len(ordered) * 0.95)], rate, median(warm) / 1e3


def asked(connection: HTTPConnection, address: str) -> int:
    """Ask for a page as a browser does, and return its bytes as sent. Raises RuntimeError where it is none."""
    connection.request("GET", address, headers={"Accept": "text/html", "Accept-Encoding": "gzip"})
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise RuntimeError(f"{address}: {response.status}")
    return len(body)


if __name__ == "__main__":
    main()
