"""Tag texts with the services of the default domain."""

import re

from kb.report.model import Crumb, Note, NoteType, Report, Talk
from kb.services import domain
from kb.services.tagger import tag
from kb.translation import in_language
from kb.wording import why

DOMAIN = domain()
CATALOGUE = DOMAIN.catalogue


def read(text: str, title: str | None = None, report: str = "r") -> Report:
    """Return a report of a text: bullets with two spaces a level, headings with `#`, and paragraphs."""
    talk = Talk("event/talk", title, 1) if title else None
    notes: list[Note] = []
    headings: list[Crumb] = []
    parents: list[Crumb] = []

    def add(line: int, kind: NoteType, depth: int, words: str) -> None:
        trail = (*headings, *parents[:depth])
        notes.append(Note(f"r/{line}", "r", "r.md", line, kind, depth, words, trail, talk=talk))

    for line, written in enumerate(text.split("\n"), start=1):
        if bullet := re.fullmatch(r"( *)(?:[-•]|\d+\.) (.*)", written):
            depth = len(bullet[1]) // 2
            add(line, "bullet", depth, bullet[2])
            parents[depth:] = [Crumb(bullet[2], line, notes[-1].id)]
        elif heading := re.fullmatch(r"(#+) (.*)", written):
            headings[len(heading[1]) - 1 :] = [Crumb(heading[2], line)]
        elif written:
            parents = []
            add(line, "paragraph", 0, written)
    return Report("r", "r.md", report, None, None, (talk,) if talk else (), tuple(notes))


def tags(text: str, title: str | None = None, report: str = "r") -> list[list[str]]:
    """Return the services of each note as `slug`, or `slug < why` if it is inherited."""
    return [
        [m.service if m.via == "explicit" else f"{m.service} < {in_language('ja', why, m.why)}" for m in note.services]
        for note in tag(read(text, title, report), DOMAIN).notes
    ]
