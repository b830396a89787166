"""How long a sync takes after one change, beside a full one: python tests/benchmarks/syncing.py [REPORTS [NOTES]].

The library is generated: notes of the samples again and again, each with words of others put in, as many to a report as
asked for (100), in as many reports (1,000).
"""

import random
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from kb.knowledge_base import KnowledgeBase
from kb.library.files import Library
from kb.library.places import SAMPLES
from kb.pipeline.reports import Tools, finish_report
from kb.readers.formats import read_outline
from kb.report.model import Correction


def main() -> None:
    reports, notes = map(int, (*sys.argv[1:3], *("1000", "100")[len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory() as folder:
        library, index = Path(folder, "library"), Path(folder, "index")
        library.mkdir()
        generate(library, reports, notes)
        full = tell("a full sync", library, index, 0.0)
        changes = {
            "nothing changed": lambda: None,
            "a report changed": lambda: change(library / "report-0001.md"),
            "a report added": lambda: (library / "new.md").write_text("# New\n\n- 冪等にする\n", encoding="utf-8"),
            "a report moved": lambda: (library / "report-0002.md").rename(library / "moved.md"),
            "a report removed": (library / "report-0003.md").unlink,
            "a tag corrected": lambda: correct(library, index),
            "a word added that one report has": lambda: add(library, '[words]\n"一つ足した" = ["ふがほげ"]\n'),
            "the word taken away": lambda: add(library, ""),
        }
        for name, act in changes.items():
            act()
            tell(name, library, index, full)


def generate(library: Path, reports: int, notes: int) -> None:
    """Write so many reports of so many notes, two talks to a report."""
    rng = random.Random(2018)  # noqa: S311  # the same library each time
    tools = Tools()
    samples = [finish_report(read_outline(file.data, file.source), tools) for file in Library(SAMPLES).scan().files]
    texts = [note.text for one in samples for note in one.report.notes]
    words = sorted({m.surface for one in samples for ms in one.morphemes.values() for m in ms if m.is_content})
    for number in range(1, reports + 1):
        lines = [f"# 勉強会{number % 300} レポート{number}", ""]
        for place in range(notes):
            if place % max(1, notes // 2) == 0:
                lines += ["", f"## {rng.choice(words)}と{rng.choice(words)}の話", ""]
            lines.append(f"- {rng.choice(texts)} {rng.choice(words)}と{rng.choice(words)}")
        (library / f"report-{number:04}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def change(report: Path) -> None:
    report.write_text(report.read_text(encoding="utf-8") + "- 一つ足した\n", encoding="utf-8")


def correct(library: Path, index: Path) -> None:
    kb = KnowledgeBase.open(library, index)
    kb.corrector.note(kb.browser.report(kb.browser.reports()[-1].id)[1][0].id, lambda _: Correction(adds=("sqs",)))


def add(library: Path, told: str) -> None:
    configuration = library / "kb.toml"
    before = configuration.read_text(encoding="utf-8").partition("[words]")[0]
    configuration.write_text(before + told, encoding="utf-8")


def tell(name: str, library: Path, index: Path, full: float) -> float:
    """Print how long a sync took, opening included, and which share that is of a full one; return its seconds."""
    started = perf_counter()
    kb = KnowledgeBase.open(library, index)
    outcome = kb.indexer.sync()
    seconds = perf_counter() - started
    share = f"{100 * seconds / full:6.2f} %" if full else f"{outcome.notes / seconds:6.0f} notes a second"
    sys.stdout.write(f"{name:32s} {seconds:8.2f} s  {share}\n")
    sys.stdout.flush()
    return seconds


if __name__ == "__main__":
    sys.exit(main())
