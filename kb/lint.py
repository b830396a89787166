"""What could not be understood of a report, told to its author line by line."""

import re
from collections.abc import Iterator

from kb.report.model import Report
from kb.report.outline import Outline
from kb.report.problems import FileProblem
from kb.services import Domain
from kb.talks import headings_without_talk, possible_speakers

# One to four words in capitals behind an owner's name; no service's name has more.
_WORDS = r"[ \u3000]+([A-Z][A-Za-z0-9-]*(?: [A-Z][A-Za-z0-9-]*){0,3})"


def lint(outline: Outline, report: Report, domain: Domain) -> tuple[FileProblem, ...]:
    """Return what an author may want to put right in a report, in file order; what is about all of it comes first."""
    told = (
        *((warning.line, warning.message) for warning in outline.warnings),
        *_without_talk(outline, report),
        *_without_speaker(outline, report),
        *_unknown_services(outline, report, domain),
    )
    problems = (FileProblem(outline.source, line, message) for line, message in told)
    return (*_missing(outline, report), *sorted(problems, key=lambda problem: problem.line or 0))


def _missing(outline: Outline, report: Report) -> Iterator[FileProblem]:
    if report.event is None:
        message = "no event is named; name it in the title, as in 「JAWS DAYS 2018 に参加した」, or in kb.toml"
        yield FileProblem(outline.source, None, message)
    if report.held_on is None:
        message = "no date; say near the top when the event was, as in 「日時: 2018-03-10」, or in kb.toml"
        yield FileProblem(outline.source, None, message)


def _without_talk(outline: Outline, report: Report) -> Iterator[tuple[int, str]]:
    """Yield the headings that may be meant as talks; without an event the missing event explains them all."""
    for heading in headings_without_talk(outline, report) if report.event else ():
        message = (
            f"「{heading.text}」 is taken for no talk; if it is one, begin it with its track or time: 【A】11:10~12:00:"
        )
        yield heading.first_line, message


def _without_speaker(outline: Outline, report: Report) -> Iterator[tuple[int, str]]:
    """Yield the lines of talks that nobody speaks in which may name who does."""
    for line, name in possible_speakers(outline, report):
        yield line, f"「{name}」 may be who speaks; if so, write a line 「登壇者: {name}」 below the talk's heading"


def _unknown_services(outline: Outline, report: Report, domain: Domain) -> Iterator[tuple[int, str]]:
    """Yield each word once that looks like a service's name and is none that the catalogue knows."""
    if not domain.catalogue.owners:
        return
    owners = "|".join(map(re.escape, domain.catalogue.owners))
    service_like = re.compile(rf"(?<![A-Za-z0-9])(?:{owners}){_WORDS}")
    seen: set[str] = set()
    texts = [
        *((block.first_line, block.text) for block in outline.blocks if block.type == "heading"),
        *((note.line, note.text) for note in report.notes),
    ]
    for line, text in sorted(texts):
        for match in service_like.finditer(text):
            name = match[0]
            if name not in seen and not _is_known(match[1].split(), domain):
                yield line, f"「{name}」 looks like a service that the catalogue does not know"
            seen.add(name)


def _is_known(words: list[str], domain: Domain) -> bool:
    """Tell whether words, the first of them at least, name a service or something that is known to be none."""
    beginnings = [" ".join(words[:length]) for length in range(1, len(words) + 1)]
    return any(beginning in domain.lore.alike or domain.catalogue.find(beginning) for beginning in beginnings)
