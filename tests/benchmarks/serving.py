"""The page over HTTP beside Datasette on FTS5 and Groonga, in one run: python tests/benchmarks/serving.py [NOTES].

Each server runs in a process of its own over the same generated notes, and is asked by one client and by eight. Nothing
is found by similarity: to make so many vectors beside would take the processor for half an hour.
"""

import gzip
import importlib.util
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from html import unescape
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple
from urllib.parse import quote

from comparing import circumstances, resident
from generated import notes, word, write_library
from groonga import Groonga
from rivals import Fts5
from shapes import FACETS

DOCUMENT = Path(__file__).parents[2] / "docs/performance.md"
BEGIN, END = "<!-- served: begin -->\n", "<!-- served: end -->\n"
REQUESTS, CLIENTS, PATIENCE = 40, 8, 3600  # of each page; seconds until a server has indexed everything
CRAWLED = 1_000
LINK, GZIPPED = re.compile(r'<a\b[^>]* href="(/(?!add|sync|todo|saved|export|cite)[^"#]*)'), b"\x1f\x8b"
SERVICES = ("s3", "lambda", "ecs", "sqs", "dynamodb", "ec2", "rds", "sns", "iam", "vpc", "eks", "efs", "kms", "waf")
# Over 100,000 notes on an idle machine.
BOUNDS = {  # milliseconds, the median of one client
    "kb, a service's own page": 10,
    "kb, the pages of several services": 25,
    "kb, talks on a service": 20,
    "kb, lines of a report": 40,
}
MEMORY_BOUND = 300  # MB that the server holds
FACETED = "&".join(f"_facet={group}" for group in ("kind", "event", "year", "talk", "speaker"))


class Measured(NamedTuple):
    """What a page costs: milliseconds of one client and of the server's processor, and what eight clients get."""

    median: float
    p95: float
    processor: float
    rate: float  # pages a second
    kilobytes: float


def pages(reports: Sequence[str], speakers: Sequence[str], events: Sequence[str]) -> Mapping[str, Callable[[int], str]]:
    """Return the address of the n-th request of each page; the arguments are addresses of some pages."""
    return {
        "start page": lambda _: "/",
        "a word": lambda n: f"/?q={word(40 + n)}",
        "a word, a service, a year": lambda n: f"/?q={word(5 + n)}&service=s3&year=2018",
        "all notes": lambda _: "/?q=",
        "a service's own page": lambda _: "/service/s3",
        "the pages of several services": lambda n: f"/service/{SERVICES[n % len(SERVICES)]}",
        "the time line of a service": lambda _: "/timeline?service=s3",
        "all talks": lambda n: f"/talks?page={n % 30 + 1}",
        "talks on a service": lambda _: "/talks?service=s3",
        "an event": lambda n: events[n % len(events)],
        "a speaker": lambda n: speakers[n % len(speakers)],
        "a report": lambda n: reports[n % len(reports)],
        "lines of a report": lambda n: reports[n % len(reports)].replace("/report/", "/lines/"),
        "problems of a service": lambda _: "/pairs?service=s3",
        "suggestions": lambda _: "/suggest?q=lam",
    }


def main() -> None:
    size = int((*sys.argv[1:], "10000")[0])
    with tempfile.TemporaryDirectory(prefix="kb-serve-") as place:
        folder = Path(place)
        rows, memory, mapped = own(folder, size)
        if importlib.util.find_spec("datasette"):
            rows["Datasette on FTS5, a word"] = datasette(folder, size)
        if shutil.which("groonga"):
            rows["Groonga, JSON of a word"] = groonga(folder, size)
    publish(size, rows, f"{memory:.0f} MB, {mapped:.0f} of which are files that processes share, most the dictionary")
    sys.stderr.writelines(f"warning: {one}\n" for one in exceeded(rows, memory))


def exceeded(rows: Mapping[str, Measured], memory: float) -> Iterator[str]:
    """Yield a message for each page, and for the memory, that exceeds its bound."""
    for name, bound in BOUNDS.items():
        if rows[name].median > bound:
            yield f"{name}: {rows[name].median:.1f} ms, more than {bound}"
    if memory > MEMORY_BOUND:
        yield f"the server holds {memory:.0f} MB, more than {MEMORY_BOUND}"


def own(folder: Path, size: int) -> tuple[dict[str, Measured], float, float]:
    """Return the figures of each of our pages, the megabytes that the server holds, and those of mapped files."""
    write_library(folder / "library", size)
    (folder / "library" / "kb.toml").write_text('[embedding]\nmodel = "none"\n', "utf-8")
    places = ("--library", str(folder / "library"), "--index", str(folder / "index"))
    command = [sys.executable, "-c", "from webui.command import main; main()", "serve", *places, "--port"]
    with serving(lambda port: [*command, str(port)]) as (port, process):
        reports, speakers, events = (
            re.findall(rf'href="(/{one}/[^"?#]+)"', listed(port, f"/{one}s")) for one in ("report", "speaker", "event")
        )
        rows = {f"kb, {CRAWLED:,} addresses, each once": crawled(port, process)}
        rows |= {
            f"kb, {name}": measured(port, process, page) for name, page in pages(reports, speakers, events).items()
        }
        memory, mapped = resident(str(process)), resident(str(process), "RssFile")
    return rows, memory, mapped


def datasette(folder: Path, size: int) -> Measured:
    """Return the figures of Datasette's page of the notes with a word, best first, and their facets."""

    def page(n: int) -> str:
        found = f"select rowid from texts where texts match '{word(40 + n)}' order by rank limit 20"
        return f"/notes/notes?_where={quote(f'id in ({found})')}&_size=20&{FACETED}"

    Fts5(folder).write(notes(size))
    limits = ("--setting", "sql_time_limit_ms", "60000", "--setting", "facet_time_limit_ms", "60000")
    command = [sys.executable, "-m", "datasette", "serve", str(folder / "notes.db"), *limits, "-p"]
    with serving(lambda port: [*command, str(port)]) as (port, process):
        return measured(port, process, page)


def groonga(folder: Path, size: int) -> Measured:
    """Return the figures of Groonga's answer with the same notes and facets, which no page is made of yet."""

    def page(n: int) -> str:
        shown = "limit=20&output_columns=stored&sort_keys=-_score&cache=no"
        return f"/d/select?table=Notes&match_columns=text&query={word(40 + n)}&{shown}&drilldown={','.join(FACETS)}"

    Groonga(folder).write(notes(size))
    command = ["groonga", "--protocol", "http", "-s"]
    with serving(lambda port: [*command, "-p", str(port), str(folder / "notes.grn")], "/d/status") as (port, process):
        return measured(port, process, page)


def publish(size: int, rows: Mapping[str, Measured], memory: str) -> None:
    """Write the figures into the document."""
    table = "\n".join(
        f"| {name} | {row.median:.1f} | {row.p95:.1f} | {row.processor:.1f} | {row.rate:.0f} | {row.kilobytes:.0f} |"
        for name, row in rows.items()
    )
    told = (
        f"\n{circumstances().split(';')[0]}; {size:,} notes, {REQUESTS} requests of each page after as many to warm "
        f"up; the server held {memory}.\n\n"
        "| | one client, ms (median) | 95th percentile | by the server's processor, ms (mean) "
        f"| {CLIENTS} clients, pages a second | kB as sent |\n|---|---|---|---|---|---|\n{table}\n\n"
    )
    sys.stdout.write(told)
    before, _, rest = DOCUMENT.read_text("utf-8").partition(BEGIN)
    DOCUMENT.write_text(f"{before}{BEGIN}{told}{END}{rest.partition(END)[2]}", "utf-8")


@contextmanager
def serving(command: Callable[[int], Sequence[str]], ready: str = "/") -> Iterator[tuple[int, int]]:
    """Start a server at a free port, wait until it answers, and yield the port and the process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command(port), stdout=quiet, stderr=quiet, env=os.environ)
    try:
        for _ in range(2 * PATIENCE):
            if process.poll() is not None:
                raise RuntimeError(f"{process.args} ended with {process.returncode}")
            try:
                asked(HTTPConnection("127.0.0.1", port, timeout=PATIENCE), ready)
            except ConnectionError:
                time.sleep(0.5)
            else:
                break
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def measured(port: int, process: int, page: Callable[[int], str]) -> Measured:
    """Return the figures of a page."""
    connection = HTTPConnection("127.0.0.1", port)
    warm = [asked(connection, page(n)) for n in range(REQUESTS)]
    seconds = []
    used = processor_seconds(process)
    for n in range(REQUESTS):
        began = perf_counter()
        asked(connection, page(n))
        seconds.append(perf_counter() - began)
    used = processor_seconds(process) - used

    def several(client: int) -> None:
        own = HTTPConnection("127.0.0.1", port)
        for n in islice(range(client, client + REQUESTS), REQUESTS // 2):
            asked(own, page(n % REQUESTS))

    began = perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(several, range(CLIENTS)))
    rate = CLIENTS * (REQUESTS // 2) / (perf_counter() - began)
    ordered = sorted(seconds)
    return Measured(
        median=1e3 * median(ordered),
        p95=1e3 * ordered[int(len(ordered) * 0.95)],
        processor=1e3 * used / REQUESTS,
        rate=rate,
        kilobytes=median(warm) / 1e3,
    )


def crawled(port: int, process: int) -> Measured:
    """Return the figures of pages as a crawler meets them: those that the start page leads to, none of them twice."""
    waiting, known, seconds, sizes = ["/"], {"/"}, list[float](), list[int]()
    connection, used = HTTPConnection("127.0.0.1", port), processor_seconds(process)
    chosen = random.Random(1)  # noqa: S311 - which pages come first
    while waiting and len(seconds) < CRAWLED:
        address = waiting.pop(chosen.randrange(len(waiting)))
        began = perf_counter()
        connection.request("GET", address, headers={"Accept": "text/html", "Accept-Encoding": "gzip"})
        body = connection.getresponse().read()
        seconds.append(perf_counter() - began)
        sizes.append(len(body))
        text = gzip.decompress(body).decode() if body[:2] == GZIPPED else body.decode()
        links = {unescape(link) for link in LINK.findall(text)} - known
        known |= links
        waiting += sorted(links)
    ordered = sorted(seconds)
    return Measured(
        median=1e3 * median(ordered),
        p95=1e3 * ordered[int(len(ordered) * 0.95)],
        processor=1e3 * (processor_seconds(process) - used) / len(ordered),
        rate=len(ordered) / sum(ordered),
        kilobytes=median(sizes) / 1e3,
    )


def processor_seconds(process: int) -> float:
    """Return the processor time that a process took so far."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def listed(port: int, address: str) -> str:
    """Return a page as its text."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", address, headers={"Accept": "text/html"})
    return connection.getresponse().read().decode()


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
