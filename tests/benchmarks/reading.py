"""How many bullets a second are read on one core, and how large files fare: python tests/benchmarks/reading.py.

Each figure is the best of three runs, from bytes to talks and notes, without any analysis. The sizes run in a process
each, which tells its peak of memory.
"""

import resource
import sys
from contextlib import suppress
from multiprocessing import get_context
from time import process_time

from kb.readers.formats import read_outline
from kb.report.problems import UnreadableError
from kb.talks import report_of

BULLETS, RUNS = 10_000, 3
WORDS = "SQSは順番を守らないので、番号を付けて冪等に作る"


def bullets(count: int, mark: str, indent: int) -> str:
    return "".join(f"{'  ' * (number % 4 + indent)}{mark}{number} {WORDS}\n" for number in range(count))


def links(count: int) -> str:
    return "".join(
        f"{'  ' * (number % 4)}- {number} **大事**な[資料](https://example.com/{number})\n" for number in range(count)
    )


SPEEDS = {
    "extracted text": bullets(BULLETS, "• ", 1),
    "Markdown": bullets(BULLETS, "- ", 0),
    "Markdown, a link and emphasis in each": links(BULLETS),
}
SIZES = {
    "a line of 10 MB, extracted text": lambda: "  • " + "あ" * 3_400_000,
    "a line of 10 MB, Markdown": lambda: "- " + "あ" * 3_400_000,
    "5,000 levels, extracted text": lambda: "".join(f"{'  ' * depth}  • {depth}\n" for depth in range(5000)),
    "5,000 levels, Markdown": lambda: "".join(f"{'  ' * depth}- {depth}\n" for depth in range(5000)),
    "5,000 levels, HTML": lambda: "<html>" + "<ul><li>x" * 5000 + "</ul>" * 5000,
    "100,000 bullets, extracted text": lambda: bullets(100_000, "• ", 1),
    "100,000 bullets, Markdown": lambda: bullets(100_000, "- ", 0),
    "100,000 bullets, HTML": lambda: "<html><ul>" + f"<li>{WORDS}</li>\n" * 100_000 + "</ul>",
    "100,000 bullets, reStructuredText": lambda: ".. _a:\n\n" + bullets(100_000, "* ", 0).replace("  ", ""),
    "100,000 elements of code, HTML": lambda: "<html>" + "<pre>x</pre>" * 100_000,
    "100,000 marks, reStructuredText": lambda: ".. _a:\n\n" + ("a_ " * 1000 + "\n\n") * 100,
    "1 MB of entities, HTML": lambda: "<html><p>" + "&amp;" * 200_000,
    "1 MB of entities, Markdown": lambda: "- " + "&amp;" * 200_000,
    "1 MB of brackets, Markdown": lambda: "# x\n" + ("- " + "[" * 499 + "\n") * 2000,
    "100 kB of quotation marks": lambda: "- " + '"' * 100_000,
    "40 kB of dotted keys, TOML": lambda: "+++\ntitle = 1\na" + ".a" * 20_000 + " = 1\n+++\n- x",
    "100,000 comments, HTML": lambda: "<!---->" * 100_000 + "<html><p>x",
}


def main() -> None:
    for name, text in SPEEDS.items():
        sys.stdout.write(f"{name:40s} {BULLETS / min(seconds(text) for _ in range(RUNS)):9,.0f} bullets/s\n")
    for name in SIZES:
        with get_context("spawn").Pool(1) as pool:
            taken, peak = pool.apply(size, (name,))
        sys.stdout.write(f"{name:40s} {taken:9.2f} s {peak:5d} MB\n")


def seconds(text: str) -> float:
    data = text.encode()
    start = process_time()
    with suppress(UnreadableError):  # past a limit: that it is refused soon is what counts
        report_of(read_outline(data, "report"))
    return process_time() - start


def size(name: str) -> tuple[float, int]:
    taken = seconds(SIZES[name]())
    return taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    sys.exit(main())
