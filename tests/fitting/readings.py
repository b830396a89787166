"""What careful readers found in the notes of reports (`data/labels`), beside the notes as kb reads them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kb.kinds.features import Analysis
from kb.pipeline.understanding import Tools, analyse
from kb.readers.formats import read_outline
from kb.report.model import Report
from kb.talks import report_of

LABELS = Path("data/labels")


@dataclass(frozen=True, slots=True)
class Label:
    """A row `B` of the labels; a cell with nothing is `-`."""

    explicit: str
    inherited: str
    kind: str
    pair: str
    question: str
    about: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A report as kb reads it, the analysis of its texts, and what a reader found, by the line of the note."""

    author: str
    kind: str  # `notes` by others, or `written`
    report: Report
    analysis: Analysis
    labels: dict[int, Label]


def readings(folder: Path) -> Iterator[Reading]:
    """Yield every labelled report: those by others lie in `folder`/notes and, with labels, in `folder`/gold/dev."""
    tools = Tools()

    def read(author: str, kind: str, file: Path, labels: dict[int, Label]) -> Reading:
        finished = analyse(report_of(read_outline(file.read_bytes(), file.name)), tools)
        return Reading(author, kind, finished.report, finished.morphemes, labels)

    documents = dict(line.split("\t") for line in (LABELS / "documents.tsv").read_text("utf-8").splitlines())
    for number, labels in _by_document((LABELS / "notes.tsv").read_text("utf-8"), at=2).items():
        path = documents[number]
        yield read(path.split("__")[0], "notes", folder / "notes" / path, labels)
    dev = folder / "gold" / "dev"
    authors = dict(line.split("\t") for line in (dev / "authors.tsv").read_text("utf-8").splitlines())
    for name, labels in _by_document((dev / "labels.tsv").read_text("utf-8"), at=1).items():
        yield read(authors[name], "notes", next(dev.glob(f"{name}.*")), labels)
    for file in sorted((LABELS / "reports").glob("*.labels.tsv")):
        name = file.name.split(".")[0]
        report = next(one for one in file.parent.glob(f"{name}.*") if one != file)
        rows = (line.split("\t") for line in file.read_text("utf-8").split("\n"))
        yield read(name, "written", report, {int(row[1]): _label(row[2:]) for row in rows if row[0] == "B"})


def _by_document(table: str, at: int) -> dict[str, dict[int, Label]]:
    """Return the labels of bullets by document and line, which stands `at` a column; those of others name the row."""
    found: defaultdict[str, dict[int, Label]] = defaultdict(dict)
    for row in (line.split("\t") for line in table.split("\n")[1:] if line):
        if at == 1 or row[1] == "B":
            found[row[0]][int(row[at])] = _label(row[at + 1 if at == 1 else at + 2 :])
    return found


def _label(cells: list[str]) -> Label:
    return Label(*([cell.strip() or "-" for cell in cells] + ["-"] * 6)[:6])
