"""How many notes a second are tagged, classified and paired on one core, beyond the analysis.

Usage: python tests/benchmarks/tagging.py [REPORT…]. Without reports it takes the bundled samples. Each step is the best
of five runs over all notes. Then each step once on texts that nobody writes: none may take more than a few seconds.
"""

import resource
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from time import process_time

from index.analysis import Analyzer
from kb.kinds import classify
from kb.kinds.features import MAX_TEXT
from kb.readers.formats import read_outline
from kb.report.model import Crumb, Note, Report
from kb.services import domain
from kb.services.tagger import tag
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

    steps: dict[str, Callable[[], object]] = {
        "analysis (Sudachi)": lambda: [analyzer.morphemes(text) for text in texts],
        "tagging": lambda: [tag(report, known) for report in reports],
        "classifying": lambda: [classify(report, analysis) for report in reports],
    }
    taken = {name: best(step) for name, step in steps.items()}
    taken["all but the analysis"] = sum(taken.values()) - taken["analysis (Sudachi)"]
    sys.stdout.write(f"{notes} notes of {len(reports)} reports\n")
    for name, seconds in taken.items():
        sys.stdout.write(f"{name:24s} {notes / seconds:9,.0f} notes/s {1e6 * seconds / notes:6.1f} µs each\n")

    hostile(analyzer)


def hostile(analyzer: Analyzer) -> None:
    """Print what each step takes for one note of a megabyte and more, and for 100,000 bullets."""
    domain_ = domain()
    label = "Lambda、" * 100_000
    texts = {
        "AWS Lambda x 100,000": ["AWS Lambda " * 100_000],
        "Lambda、 x 100,000": [label],
        "10 MB of one letter": ["a" * 10_000_000],
        "10 MB of opening brackets": ["「" * 3_300_000],
        "10 MB of sentences": ["遅い。" * 1_100_000],
        "10 MB of spaces": [f"S3{' ' * 10_000_000}EC2"],
        "100,000 bullets": [f"S3 を{number}個使うと遅い" for number in range(100_000)],
        "100,000 bullets under a label": [label, *(f"{number}個使うべき" for number in range(100_000))],
    }
    for name, own in texts.items():
        top = Crumb(label, 1, "r/0")
        notes = (
            Note(f"r/{at}", "r", "r.md", at, "bullet", 0, text, (top,) if at and len(own) > 1 else (), held_on="2016")
            for at, text in enumerate(own)
        )
        report = Report("r", "r.md", "t", None, None, (), tuple(notes))
        analysis = {text: analyzer.morphemes(text[:MAX_TEXT]) for text in own}
        taken = [process_time()]
        for step in (
            lambda report: tag(report, domain_),
            lambda report, analysis=analysis: classify(report, analysis),
            lambda report: [domain_.changes_for(note) for note in report.notes],
        ):
            report = step(report)
            taken.append(process_time())
        seconds = [after - before for before, after in pairwise(taken)]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        sys.stdout.write(f"{name:30s} tagging {seconds[0]:5.2f} s  kinds and pairs {seconds[1]:5.2f} s  ")
        sys.stdout.write(f"changes {seconds[2]:5.2f} s  {peak:,} MB at most so far\n")


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
