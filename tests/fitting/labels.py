"""What careful readers found in reports, as the fits want it: event, day, talks and who spoke, by author."""

import csv
import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kb.report.model import Report

_ALIKE = 0.9


@dataclass(slots=True)
class Labelled:
    """A report as a reader found it; each talk is its title and who speaks."""

    event: str = ""
    held_on: str = ""
    talks: list[tuple[str, frozenset[str]]] = field(default_factory=list)


def labelled_talks(folder: Path) -> dict[str, Labelled]:
    """Return the labels of each report by its path under `folder`, and of its extracted text where that is there."""
    reports: defaultdict[str, Labelled] = defaultdict(Labelled)
    with (folder / "gold" / "talks.tsv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            told = {key: "" if value in ("-", None) else value for key, value in row.items()}
            report = reports[told["doc"]]
            if told["row"] == "event":
                report.event = told["title"]
                report.held_on = told["start"]
            else:
                names = frozenset(folded(name) for name in told["speakers"].split(";") if name.strip())
                report.talks.append((told["title"], names))
    texts = {f"notes_text/{doc.removeprefix('notes/')}.txt": report for doc, report in reports.items()}
    return {**reports, **{doc: report for doc, report in texts.items() if (folder / doc).exists()}}


def author_of(doc: str) -> str:
    """Return who wrote a report: the folder that it lies in."""
    return doc.split("/")[1]


def folded(text: str | None) -> str:
    """Return a title or name without white space, width, case, brackets and quotes."""
    folded_text = unicodedata.normalize("NFKC", text or "").lower()
    return re.sub(r"[\s「」『』【】〈〉《》()\[\]\"'“”・:：|｜/-]", "", folded_text)


def alike(one: str, other: str) -> bool:
    """Tell whether two titles are the same but for a slip."""
    one, other = folded(one), folded(other)
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    return bool(one and other) and (one == other or matcher.ratio() >= _ALIKE)


def f1(counts: Sequence[int]) -> float:
    """Return F1 of (hits, wanted, found)."""
    return 2 * counts[0] / max(counts[1] + counts[2], 1)


def compared(report: Report, labels: Labelled) -> dict[str, tuple[int, int, int]]:
    """Return (hits, wanted, found) of a report's event, talks and, in the talks found, speakers."""
    wanted, found = folded(labels.event), folded(report.event)
    left = list(report.talks)
    speakers = [0, 0, 0]
    for title, names in labels.talks:
        talk = next((talk for talk in left if alike(talk.title, title)), None)
        if talk:
            left.remove(talk)
            told = {folded(name) for name in talk.speakers}
            speakers = [a + b for a, b in zip(speakers, (len(names & told), len(names), len(told)), strict=True)]
    return {
        "events": (int(bool(found) and (wanted in found or found in wanted)), 1, 1),
        "talks": (len(report.talks) - len(left), len(labels.talks), len(report.talks)),
        "speakers": (speakers[0], speakers[1], speakers[2]),
    }


def summed(counts: Iterable[tuple[int, int, int]]) -> tuple[int, int, int]:
    """Return the sums of (hits, wanted, found)."""
    hits, wanted, found = zip(*counts, strict=True)
    return sum(hits), sum(wanted), sum(found)
