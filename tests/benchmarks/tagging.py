"""How many notes a second are tagged, classified and paired on one core, beyond the analysis: python tests/benchmarks/tagging.py [REPORT…].

Without reports it takes the bundled samples. Each step is the best of five runs over all notes.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time

from index.analysis import Analyzer
from kb.kinds import classify, pair
from kb.readers.formats import read_outline
from kb.services import domain, tag
from kb.talks import report_of

SAMPLES = Path(__file__).parents[2] / "data/samples"
RUNS = 5


def main() -> None:
    paths = [Path(argument) for argument in sys.argv[1:]] or sorted(SAMPLES.glob("*.*"))
    paths = [path for path in paths if path.suffix in (".md", ".txt", ".markdown", ".html")]
    reports = [report_of(read_outline(path.read_bytes(), path.name)) for path in paths]
    notes = sum(len(report.notes) for report in reports)
    analyzer, known = Analyzer(), domain()
    texts = [note.text for report in reports for note in report.notes]
    analysis = dict(zip(texts, map(analyzer.morphemes, texts), strict=True))

    classified = [classify(report, analysis) for report in reports]
    steps: dict[str, Callable[[], object]] = {
        "analysis (Sudachi)": lambda: [analyzer.morphemes(text) for text in texts],
        "tagging": lambda: [tag(report, known) for report in reports],
        "classifying": lambda: [classify(report, analysis) for report in reports],
        "pairing": lambda: [pair(report, analysis) for report in classified],
    }
    taken = {name: best(step) for name, step in steps.items()}
    taken["all but the analysis"] = sum(taken.values()) - taken["analysis (Sudachi)"]
    sys.stdout.write(f"{notes} notes of {len(reports)} reports\n")
    for name, seconds in taken.items():
        sys.stdout.write(f"{name:24s} {notes / seconds:9,.0f} notes/s {1e6 * seconds / notes:6.1f} µs each\n")


def best(step: Callable[[], object]) -> float:
    step()
    times = []
    for _ in range(RUNS):
        start = process_time()
        step()
        times.append(process_time() - start)
    return min(times)


if __name__ == "__main__":
    main()
