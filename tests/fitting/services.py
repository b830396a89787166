"""Measures services by author, and what each rule of naming and inheriting gives to whom; nothing of them is fitted.

Usage: python tests/fitting/services.py FOLDER. A rule is switched off and all is tagged again: whom did it help, and
which mentions does it decide in reports that nobody has labelled? The names of the catalogue are facts and stay.
"""

import csv
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

from labels import f1, summed
from msgspec.structs import replace

from kb.readers.formats import read_outline
from kb.report.model import Report
from kb.services import domain
from kb.services.senses import Naming
from kb.services.tagger import _Source as tagger_source  # to be made otherwise
from kb.services.tagger import tag
from kb.talks import report_of
from kb.texts import ja

Counts = tuple[int, int, int]  # hits, wanted, found
Labels = Mapping[int, Mapping[str, frozenset[str] | None]]  # by line and way; None where two readers differ
_WAYS = ("explicit", "inherited")
_FEW = 5  # an author with fewer labels of a way has no figure of their own
_NEVER = re.compile(r"(?!)")

# What is put in the place of each rule to switch it off.
RULES: Mapping[str, Mapping[str, object]] = {
    "measured against (「EC2より」)": {"inheritance._MEASURED_AGAINST": _NEVER},
    "a comparison passes nothing down": {"inheritance._COMPARISON": _NEVER},
    "what a sentence speaks of": {"inheritance._TOPIC": _NEVER},
    "by example (「Lambdaを例に」)": {"inheritance._EXAMPLE": _NEVER, "inheritance._FOR_EXAMPLE": _NEVER},
    "beside the subject": {"tagger.is_aside": lambda _: False},
    "a statement that ends in a noun": {"inheritance._STATEMENT": _NEVER},
    "a paragraph leads over to its list": {"tagger.introduces": lambda _: False},
    "below a heading of names alone no talk counts": {"tagger.is_bare": lambda *_: False},
    "a note picks one of several": {"tagger._Source": lambda *parts, **_: tagger_source(*parts)},
    "named in passing (DLQ)": {"senses.Naming": lambda *parts: Naming(*parts[:3])},
    "listed among services (Polly、Translate)": {"senses.Namer._is_listed": lambda *_: False},
    "another cloud's (cloud run)": {"senses.Namer._is_ours": lambda *_: True},
    "an abbreviation as a word (Sam)": {"senses._is_like_a_word": lambda *_: False},
    "a digit behind a name (Graviton4)": {"matcher._is_numbered": lambda *_: False},
    "in AWS's own addresses": {"matcher.Matcher._unread": lambda _, match: match.span()},
    "slips in long names": {"senses.misspellings": lambda _: ()},
}


def main(folder: Path) -> None:
    """Print how right services are by author, then for each rule whom it helps and whom it costs."""
    documents = _documents(folder / "gold" / "dev")
    others = _reports(folder / "notes")
    whole, elsewhere = _measured(documents), _mentions(others)
    for way in _WAYS:
        scores = {author: f1(counts[way]) for author, counts in whole.items() if counts[way][1] >= _FEW}
        worst = min(scores, key=scores.__getitem__)
        sys.stdout.write(
            f"{way}: F1 {f1(summed(counts[way] for counts in whole.values())):.3f}, mean of {len(scores)} authors "
            f"{sum(scores.values()) / len(scores):.3f}, worst {scores[worst]:.3f} ({worst})\n"
        )
    for author, counts in sorted(whole.items()):
        sys.stdout.write(f"  {author:12s} {'  '.join(f'{way} {f1(counts[way]):.3f} {counts[way]}' for way in _WAYS)}\n")
    sys.stdout.write("\nEach rule switched off: errors more (what it saves) or fewer (what it costs), by author\n")
    for name, switches in RULES.items():
        with ExitStack() as switched:
            for place, instead in switches.items():
                switched.enter_context(patch(f"kb.services.{place}", instead))
            without, now = _measured(documents), _mentions(others)
        decided = Counter(author for author, *_ in elsewhere ^ now)
        changes = {
            author: change
            for author in sorted(whole)
            if (change := sum(_errors(without[author][way]) - _errors(whole[author][way]) for way in _WAYS))
        }
        helped = sum(change > 0 for change in changes.values())
        told = ", ".join(f"{author} {change:+d}" for author, change in changes.items())
        sys.stdout.write(
            f"  {name:48s} helps {helped}, costs {len(changes) - helped}: {told or '-'}; elsewhere decides "
            f"{decided.total()} mentions of {len(decided)} authors\n"
        )


def _documents(folder: Path) -> list[tuple[str, Report, Labels]]:
    """Return author, report and labels of each labelled document."""
    slugs = _slugs()
    authors = dict(row for row in csv.reader((folder / "authors.tsv").open(encoding="utf-8"), delimiter="\t"))
    labels: defaultdict[str, dict[int, dict[str, frozenset[str] | None]]] = defaultdict(dict)
    with (folder / "labels.tsv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            labels[row["doc"]][int(row["line"])] = {way: _wanted(row[way], slugs) for way in _WAYS}
    found = []
    for doc, wanted in labels.items():
        file = next(file for file in folder.glob(f"{doc}.*"))
        found.append((authors[doc], report_of(read_outline(file.read_bytes(), file.name)), wanted))
    return found


def _reports(folder: Path) -> list[tuple[str, Report]]:
    """Return author and report of each file in a folder of authors' folders."""
    files = (file for file in sorted(folder.rglob("*.*")) if file.suffix in (".md", ".rst", ".txt"))
    return [
        (file.relative_to(folder).parts[0], report_of(read_outline(file.read_bytes(), file.name)))
        for file in files
        if file.parent != folder
    ]


def _mentions(reports: Sequence[tuple[str, Report]]) -> set[tuple[str, str, str, str, str]]:
    """Return (author, text, service, way, why) of every mention."""
    known = replace(domain())
    return {
        (author, note.text, mention.service, mention.via, ja.why(mention.why))
        for author, report in reports
        for note in tag(report, known).notes
        for mention in note.services
    }


def _slugs() -> Callable[[str], str]:
    catalogue = domain().catalogue

    def slug(name: str) -> str:
        service = catalogue.find(name)
        return service.slug if service else name

    return slug


def _wanted(cell: str, slug: Callable[[str], str]) -> frozenset[str] | None:
    if cell == "?":
        return None
    return frozenset(slug(name.strip()) for name in cell.split(",") if name.strip() not in ("", "-"))


def _measured(documents: Sequence[tuple[str, Report, Labels]]) -> dict[str, dict[str, Counts]]:
    """Return (hits, wanted, found) of each author and way, by a namer that is made anew."""
    known = replace(domain())
    every: defaultdict[str, defaultdict[str, list[Counts]]] = defaultdict(lambda: defaultdict(list))
    for author, report, labels in documents:
        notes = {note.line: note for note in tag(report, known).notes}
        for line, wanted in labels.items():
            for way in _WAYS:
                names = wanted[way]
                if names is not None:
                    services = notes[line].services if line in notes else ()
                    found = {mention.service for mention in services if mention.via == way}
                    every[author][way].append((len(names & found), len(names), len(found)))
    return {author: {way: summed(counts[way]) for way in _WAYS} for author, counts in every.items()}


def _errors(counts: Counts) -> int:
    hits, wanted, found = counts
    return wanted + found - 2 * hits


if __name__ == "__main__":
    main(Path(sys.argv[1]))
