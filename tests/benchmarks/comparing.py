"""This engine beside others on the same generated notes, in one run: python tests/benchmarks/comparing.py [NOTES ...].

Each engine indexes in a process of its own, and answers in another that opens the index cold. It writes what it
measured into docs/performance.md, between the marks there, and draws docs/performance.svg. 1,000,000 notes only where
asked for.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from math import log10
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from generated import notes
from rivals import RIVALS, Rival
from shapes import Asked, shapes

DOCUMENT = Path(__file__).parents[2] / "docs/performance.md"
DRAWING = DOCUMENT.with_suffix(".svg")
QUERIES, ASKED = 30, 3  # of each shape; times, of which the shortest counts: the machine does other work too
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"

Figures = Mapping[str, Any]


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or [10_000]
    measured: dict[int, dict[str, Figures]] = {}
    for size in sizes:
        measured[size] = {}
        for name, entry in RIVALS.items():
            if not entry.is_there:
                sys.stdout.write(f"{name}: skipped, {entry.without}\n")
                continue
            with tempfile.TemporaryDirectory(prefix="kb-bench-") as folder:
                written = in_process("write", name, size, folder)
                asked = in_process("ask", name, size, folder)
            measured[size][name] = {**written, **asked}
            sys.stdout.write(f"{size:>9,} {name:14s} {json.dumps(measured[size][name])}\n")
            sys.stdout.flush()
        publish(measured)


def publish(measured: Mapping[int, Mapping[str, Figures]]) -> None:
    """Write what was measured so far into the document, and draw it."""
    told = "\n".join(part for size, figures in measured.items() for part in tables(size, figures))
    before, _, rest = DOCUMENT.read_text("utf-8").partition(BEGIN)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{circumstances()}\n\n{told}\n{END}{rest.partition(END)[2]}", "utf-8")
    DRAWING.write_text(drawing(measured), "utf-8")


def in_process(what: str, name: str, size: int, folder: str) -> Figures:
    """Return the figures of a step, done in a process of its own."""
    command = [sys.executable, __file__, f"--{what}", name, str(size), folder]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    figures: Figures = json.loads(told.splitlines()[-1])
    return figures


def write(name: str, size: int, folder: Path) -> Figures:
    """Index notes, and return how fast and how large that is. What it costs to make the notes is taken off."""
    began = process_time()
    for _ in notes(size):
        pass
    making = process_time() - began
    began, wall = process_time(), perf_counter()
    RIVALS[name].make(folder).write(notes(size))
    seconds, wall = process_time() - began - making, perf_counter() - wall - making
    bytes_ = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return {"notes a second": round(size / (wall if name == "Groonga" else seconds)), "MB": round(bytes_ / 1e6, 1)}


def ask(name: str, size: int, folder: Path) -> Figures:
    """Open an index and ask it everything; return milliseconds and megabytes."""
    every = shapes(notes(size), QUERIES)
    rival = RIVALS[name].make(folder)
    before = resident()
    began = perf_counter()
    rival.open()
    rival.ask(Asked(every["rare word"][-1].words, facets=True))
    first = 1e3 * (perf_counter() - began)
    times, found = {}, {}
    for shape, queries in every.items():
        found[shape] = [rival.ask(query) for query in queries]
        rounds = [[timed(rival, query) for query in queries] for _ in range(ASKED)]
        seconds = [min(times) for times in zip(*rounds, strict=True)]
        times[shape] = [round(median(seconds), 3), round(sorted(seconds)[int(len(seconds) * 0.95)], 3)]
    memory = resident() - before + (child_memory() if name == "Groonga" else 0)
    totals = {shape: sum(counts) for shape, counts in found.items()}
    return {"open and first": round(first, 1), "memory": round(memory), "times": times, "found": totals}


def timed(rival: Rival, query: Asked) -> float:
    """Return how many milliseconds an answer takes."""
    began = perf_counter()
    rival.ask(query)
    return 1e3 * (perf_counter() - began)


def resident(process: str = "self", part: str = "VmRSS") -> float:
    """Return the megabytes that a process holds, or a part of them."""
    lines = Path(f"/proc/{process}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1e3 for line in lines if line.startswith(part))


def child_memory() -> float:
    """Return the megabytes that this process's children hold."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii").split()
    return sum(map(resident, children))


def circumstances() -> str:
    """Return when and on what it was measured."""
    load = os.getloadavg()[0]
    return (
        f"{date.today()}, Python {platform.python_version()}, {os.cpu_count()} cores, load {load:.1f}; "  # noqa: DTZ011
        f"{QUERIES} queries of each shape, each asked {ASKED} times of which the shortest counts, milliseconds: "
        "median / 95th percentile."
    )


def tables(size: int, measured: Mapping[str, Figures]) -> Sequence[str]:
    """Return the tables of one size in Markdown: what was measured, and the medians as ratios to this engine's."""
    names = list(measured)
    head = f"| | {' | '.join(names)} |\n|---|{'---|' * len(names)}"
    rows = [
        f"| {label} | {' | '.join(f'{measured[name][key]:,}' for name in names)} |"
        for key, label in (
            ("notes a second", "indexed, notes a second of one core"),
            ("MB", "index, MB"),
            ("open and first", "open and first query, ms"),
            ("memory", "memory over the imports, MB"),
        )
    ]
    shown = measured[names[0]]["times"]
    times = [
        f"| {shape} | {' | '.join('{:.2f} / {:.2f}'.format(*measured[name]['times'][shape]) for name in names)} |"
        for shape in shown
    ]
    medians = {shape: [measured[name]["times"][shape][0] for name in names] for shape in shown}
    ratios = [
        f"| {shape} | {' | '.join(f'{each / every[0]:.2f}' for each in every)} |" for shape, every in medians.items()
    ]
    return [
        f"### {size:,} notes\n\n{head}\n" + "\n".join((*rows, *times)) + "\n",
        f"As ratios of the medians ({names[0]} = 1; above 1 is slower):\n\n{head}\n" + "\n".join(ratios) + "\n",
    ]


def drawing(measured: Mapping[int, Mapping[str, Figures]]) -> str:
    """Return a log-log plot of the typical page: milliseconds over notes, a line an engine."""
    width, height, left, bottom = 560, 320, 60, 270
    sizes = sorted(measured)

    def x(size: int) -> float:
        return left + (log10(size) - 4) / 2 * 380

    def y(milliseconds: float) -> float:
        return bottom - (log10(max(milliseconds, 0.05)) + 1.3) / 4.6 * 240

    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-size="12" fill="#555">']
    lines += [
        f'<path d="M{left} {y(t):.0f}h380" stroke="#ccc"/><text x="8" y="{y(t) + 4:.0f}">{t:g} ms</text>'
        for t in (0.1, 1, 10, 100, 1000)
    ]
    lines += [f'<text x="{x(s) - 20:.0f}" y="{bottom + 20}">{s:,}</text>' for s in (10_000, 100_000, 1_000_000)]
    colours = ("#d33", "#27a", "#2a6", "#a6a", "#963")
    for name, colour in zip(RIVALS, colours, strict=True):
        points = [
            (x(size), y(measured[size][name]["times"]["typical page"][0])) for size in sizes if name in measured[size]
        ]
        if points:
            path = " ".join(f"{a:.0f},{b:.0f}" for a, b in points)
            dots = "".join(f'<circle cx="{a:.0f}" cy="{b:.0f}" r="3" fill="{colour}"/>' for a, b in points)
            lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{dots}')
            lines.append(f'<text x="{points[-1][0] + 8:.0f}" y="{points[-1][1] + 4:.0f}" fill="{colour}">{name}</text>')
    lines.append(f'<text x="{left}" y="{height - 8}">notes; typical page: one word, 20 notes, six facets</text></svg>')
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    steps = {"--write": write, "--ask": ask}
    if sys.argv[1:2] and sys.argv[1] in steps:
        step, engine, count, where = sys.argv[1:]
        sys.stdout.write(json.dumps(steps[step](engine, int(count), Path(where))) + "\n")
    else:
        main()
