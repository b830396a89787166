"""Finds missing or ambiguous metadata in a report, and words it for the author."""

import re
from collections.abc import Iterator, Mapping

from index.messages import translatable
from kb.report.model import MetadataOverride, Report
from kb.report.outline import Outline
from kb.report.problems import FileProblem, Finding, Missing
from kb.services import Domain
from kb.talks import Candidates, possible_day, report_with_candidates, title_id

# One to four capitalised words after an owner's name; no name of a service has more.
_WORDS = r"[ \u3000]+([A-Z][A-Za-z0-9-]*(?: [A-Z][A-Za-z0-9-]*){0,3})"


MESSAGES: Mapping[Missing, str] = {  # {0} is the text of the finding
    "event": "no event is named; name it in the title, as in 「JAWS DAYS 2018 に参加した」",
    "date": "no date; say near the top when the event was, as in 「日時: 2018-03-10」",
    "talk": "「{0}」 is not read as a talk; if it is one, begin it with its track or time, 【A】11:10~12:00:",
    "speaker": "「{0}」 may be the speaker; if so, write a line 「登壇者: {0}」 below the talk's heading",
    "service": "「{0}」 looks like a service that the catalogue does not know",
}


def lint(outline: Outline, report: Report, domain: Domain) -> tuple[FileProblem, ...]:
    """Return the warnings and findings for the author of a report, those about the whole report first, then by line."""
    _, candidates = report_with_candidates(outline, MetadataOverride(event=report.event))
    problems = [FileProblem(outline.source, warning.line, warning.message) for warning in outline.warnings]
    own_id = title_id(outline, report.event)
    if own_id and report.notes and not (report.talks or candidates.talks):
        message = translatable(
            'no talk; if the report is about one, write talk = true below [talks."{0}"] in kb.toml', own_id
        )
        problems.append(FileProblem(outline.source, None, message))
    for finding in findings(outline, report, domain, candidates):
        message = translatable(MESSAGES[finding.what], finding.text)
        problems.append(FileProblem(outline.source, finding.line, message))
    return tuple(sorted(problems, key=lambda problem: problem.line or 0))


def findings(outline: Outline, report: Report, domain: Domain, candidates: Candidates) -> Iterator[Finding]:
    """Yield the findings about a whole report, then those about talks, speakers and services, each by line.

    `candidates` are the talks and speakers that the report leaves out.
    """
    if report.event is None:
        yield Finding("event")
    if report.held_on is None:
        yield Finding("date", *(possible_day(outline, report.published) or ()))
    for talk in candidates.talks:
        yield Finding("talk", talk.line.number, talk.line.text, round(talk.probability, 3), talk.id)
    have_speakers = {talk.line for talk in report.talks if talk.speakers}
    for speaker in candidates.speakers:
        if speaker.talk not in have_speakers:
            yield Finding("speaker", speaker.line, speaker.name, round(speaker.probability, 3))
    yield from _unknown_services(outline, report, domain)


def _unknown_services(outline: Outline, report: Report, domain: Domain) -> Iterator[Finding]:
    """Yield each name once that looks like that of a service and is not in the catalogue."""
    if not domain.catalogue.owners:
        return
    owners = "|".join(map(re.escape, domain.catalogue.owners))
    service_like = re.compile(rf"(?<![A-Za-z0-9])(?:{owners}){_WORDS}")
    names: set[str] = set()
    texts = [
        *((block.first_line, block.text) for block in outline.blocks if block.type == "heading"),
        *((note.line, note.text) for note in report.notes),
    ]
    for line, text in sorted(texts):
        for match in service_like.finditer(text):
            name, words = match[0], match[1].split()
            if name not in names:
                names.add(name)
                # Its first words may be a known name, as in 「Amazon EC2 Fleet」.
                beginnings = [" ".join(words[: length + 1]) for length in range(len(words))]
                if not any(text in domain.disambiguation.alike or domain.catalogue.find(text) for text in beginnings):
                    yield Finding("service", line, name)
